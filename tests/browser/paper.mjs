// What hangs on a wall: guides and posters printed at 300 dpi, their QR read by zbar, its address followed to the guide. And booklets: every
// item stands on the page that the contents name.
//
//     node paper.mjs http://127.0.0.1:8080 CODE …         without codes: five items of the register

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "./site.mjs";

const [base, ...given] = process.argv.slice(2);
const items = (await (await fetch(`${base}/v1/items?limit=200`)).json()).items.map((item) => item.code);
const codes = given.length ? given : items.filter((_, place) => place % Math.ceil(items.length / 5) === 0);
const browser = await open();
let failed = 0, passed = 0;
for (const code of codes) {
  for (const sheet of ["guide", "poster", "poster?size=a4"]) {
    try {
      const address = await scan(`/v1/items/${code}/${sheet}`);
      await follow(code, address);
      passed += 1;
    } catch (error) {
      failed += 1;
      console.log(`  ✗ ${code} ${sheet}: ${error.message}`);
    }
  }
}
for (const office of (await (await fetch(`${base}/v1/organisations?limit=200`)).json()).items.slice(0, 3)) {
  try {
    await bound(`/organisations/${office.code}/booklet`);
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`  ✗ booklet of ${office.code}: ${error.message}`);
  }
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);

async function scan(path) {
  const page = await browser.newPage();
  await page.goto(base + path, { waitUntil: "networkidle0" });
  const folder = mkdtempSync(join(tmpdir(), "paper-"));
  writeFileSync(join(folder, "a.pdf"), await page.pdf({ preferCSSPageSize: true, printBackground: true }));
  await page.close();
  execFileSync("pdftoppm", ["-q", "-r", "300", "-gray", "-png", join(folder, "a.pdf"), join(folder, "p")]);
  const pages = readdirSync(folder).filter((name) => name.endsWith(".png"));
  const found = pages.flatMap((name) => {
    try {
      return execFileSync("zbarimg", ["-q", "--raw", "-Sdisable", "-Sqrcode.enable", join(folder, name)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim().split("\n");
    } catch { return []; }
  });
  const distinct = [...new Set(found)];
  if (distinct.length !== 1) throw new Error(`${pages.length} pages with ${distinct.length} codes`);
  console.log(`  ${path}: ${pages.length} page(s), ${distinct[0]}`);
  if (path.includes("poster") && pages.length !== 1) throw new Error(`a poster of ${pages.length} pages`);
  return distinct[0];
}

async function bound(path) {
  const page = await browser.newPage();
  await page.goto(base + path, { waitUntil: "networkidle0" });
  const promised = await page.$$eval(".contents li", (all) => all.map((li) => [`${li.value}. ${li.querySelector("a span").textContent.slice(0, 6)}`, Number(li.querySelector(".page").textContent)]));
  const file = join(mkdtempSync(join(tmpdir(), "booklet-")), "a.pdf");
  writeFileSync(file, await page.pdf({ preferCSSPageSize: true }));
  await page.close();
  const pages = execFileSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" }).split("\f");
  // The headings stand in the contents, too.
  const last_of_contents = Math.min(...promised.map(([, page]) => page)) - 1;
  for (const [heading, at] of promised) {
    const found = pages.findIndex((text, place) => place >= last_of_contents && text.includes(heading)) + 1;
    if (found !== at) throw new Error(`“${heading}” is on page ${found}, not ${at}`);
  }
  console.log(`  ${path}: ${pages.length - 1} pages, ${promised.length} items`);
}

async function follow(code, address) {
  const revision = (await (await fetch(`${base}/v1/items/${code}`)).json()).meta.revision;
  const url = new URL(address);
  if (url.pathname !== `/v1/items/${code}/check` || url.searchParams.get("revision") !== String(revision)) throw new Error(`leads to ${address}`);
  const page = await browser.newPage();
  await page.setJavaScriptEnabled(false);
  await page.setCacheEnabled(false);
  const answer = await page.goto(address);
  if (answer.status() !== 200) throw new Error(`${address} answers ${answer.status()}`);
  const links = await page.$$eval("a", (all) => all.map((a) => a.href));
  await page.close();
  if (!links.some((link) => new URL(link).pathname === `/v1/items/${code}/guide`)) throw new Error("no way to the guide");
}
