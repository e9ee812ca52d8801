// The page that checks bundles, as people use it: by a link, by pasting, by opening a file, with a key of their own, altered, on a phone.
//
//     node verify.mjs http://127.0.0.1:8080

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "./site.mjs";

const base = process.argv[2];
const proof = "/v1/items/11350121003619116B5000511001000/revisions/1/proof";
const bundle = await (await fetch(base + proof)).text();
const key = (await (await fetch(`${base}/v1`)).json()).log.keys[0];
const altered = bundle.replace(/"salt":"./, (start) => start.slice(0, -1) + (start.endsWith("0") ? "1" : "0"));
const withoutText = JSON.stringify({ ...JSON.parse(bundle), body: null, salt: null });
const file = join(mkdtempSync(join(tmpdir(), "proof-")), "proof.json");
writeFileSync(file, bundle);

const browser = await open();
const page = await browser.newPage();
const troubles = [];
page.on("pageerror", (error) => troubles.push(String(error)));
page.on("console", (line) => line.type() === "error" && troubles.push(line.text()));
page.on("request", (request) => new URL(request.url()).origin === base || request.url().startsWith("data:") || troubles.push(`asked ${request.url()}`));
await page.setViewport({ width: 390, height: 844 });

await page.goto(`${base}/verify?proof=${proof}&lang=en`);
await expect("a link", "good", "is the one that was published", "still trusts the server");
await page.goto(`${base}/verify?proof=${proof}`);
await expect("a link, in Chinese", "good", "公布了事项 11350121003619116B5000511001000 的第 1 次修订（新增）", "内容与公布时的一致", "仍然要信任本服务器");
await fill("bundle", withoutText);
await expect("a bundle without its text, in Chinese", "good", "已删除或未附");
await page.goto(`${base}/verify?lang=en`);
await fill("bundle", altered);
await expect("an altered bundle", "bad", "Step: the text");
await fill("bundle", withoutText);
await expect("a bundle without its text", "good", "it was erased, or left out");
await fill("bundle", bundle, key);
await expect("a key of one's own", "good", "The public key was yours");
await fill("bundle", bundle, key.replace(/^[^+]+/, "other"));
await expect("a wrong key", "bad", "Step: reading the public key");
await fill("bundle", "{}");
await expect("no bundle", "bad", "Step: reading the proof");
await page.goto(`${base}/verify?lang=en`);
await (await page.$("#file")).uploadFile(file);
await expect("a file", "good", "is the one that was published");
const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
await browser.close();
if (wide) throw new Error("it is wider than a phone");
if (troubles.length) throw new Error(troubles.join("\n"));
console.log("bundles are verified in the browser by link, paste and file; altered ones are refused");

async function fill(id, text, own = "") {
  await page.evaluate((text, own) => {
    document.getElementById("result").replaceChildren();
    document.getElementById("bundle").value = text;
    document.getElementById("key").value = own;
  }, text, own);
  await page.click("button[type=submit]");
}

async function expect(what, verdict, ...texts) {
  await page.waitForSelector("#result .verdict", { timeout: 10_000 });
  const [found, said] = await page.$eval("#result", (result) => [result.querySelector(".verdict").className, result.innerText]);
  if (!found.split(" ").includes(verdict) || texts.some((text) => !said.includes(text))) throw new Error(`${what}: ${said}`);
  console.log(`  ${what}: ${said.split("\n")[0]}`);
}
