// Every public page in a browser: axe-core without violations (light, dark, phone), nothing wider than the window, no
// request to another host, the same text without JavaScript, a guide under 100 kB.
//
//     node pages.mjs http://127.0.0.1:8080 [PATH …]      without paths: the pages that the site links to, a sample of each sort

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { open, crawl } from "./site.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [base, ...given] = process.argv.slice(2);
const WINDOWS = [
  { name: "phone", width: 390, height: 844, dark: false },
  { name: "phone, dark", width: 390, height: 844, dark: true },
  { name: "desktop", width: 1280, height: 900, dark: false },
];
const GUIDE_LIMIT = 100_000;

const faults = [];
const fault = (path, text) => { faults.push(`${path}: ${text}`); console.log(`  ✗ ${path}: ${text}`); };

const browser = await open();
const paths = given.length ? given : await crawl(base);
let heaviest = { path: "", bytes: 0 };
for (const path of paths) {
  for (const window of WINDOWS) await look(path, window);
  // The one page that is a script: verify.mjs looks at it.
  if (new URL(path, base).pathname !== "/verify") await without_script(path);
}
await browser.close();
console.log(`${paths.length} pages in ${WINDOWS.length} windows; heaviest guide ${heaviest.bytes} bytes (${heaviest.path})`);
console.log(`${paths.length * WINDOWS.length} passed, ${faults.length} failed`);
process.exit(faults.length ? 1 : 0);

async function look(path, window) {
  const page = await browser.newPage();
  await page.setBypassCSP(true);
  await page.setViewport({ width: window.width, height: window.height, deviceScaleFactor: 1 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: window.dark ? "dark" : "light" }]);
  let bytes = 0;
  const session = await page.createCDPSession();
  await session.send("Network.enable");
  session.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !url.startsWith("data:")) fault(path, `asks another host: ${url}`);
  });
  page.on("console", (message) => { if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) fault(path, `console: ${message.text()}`); });
  await page.goto(base + path, { waitUntil: "load" });
  if (/\/guide(\?|$)/.test(path) && bytes > heaviest.bytes) heaviest = { path, bytes };
  if (/\/guide(\?|$)/.test(path) && bytes > GUIDE_LIMIT) fault(path, `${bytes} bytes`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (overflow > 0) fault(path, `${window.name}: ${overflow} px wider than the window`);
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of result.violations) {
    const where = violation.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).join(" | ");
    fault(path, `${window.name}: ${violation.id} (${violation.impact}, ${violation.nodes.length}×): ${violation.help}: ${where}`);
  }
  await page.close();
}

async function without_script(path) {
  const texts = [];
  for (const enabled of [true, false]) {
    const page = await browser.newPage();
    await page.setJavaScriptEnabled(enabled);
    await page.goto(base + path, { waitUntil: "domcontentloaded" });
    texts.push(await page.$eval("body", (body) => body.innerText));
    // The same facts for machines (schema.org) are data: no browser runs them.
    if ((await page.$$("script:not([type=\"application/ld+json\"])")).length) fault(path, "has a script");
    if (!(await page.evaluate(() => document.styleSheets.length))) fault(path, "has no style, or its own policy forbids it");
    await page.close();
  }
  if (texts[0] !== texts[1] || texts[0].length < 40) fault(path, "says something else without JavaScript");
}
