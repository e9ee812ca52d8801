// Pictures for people to look at: a page on a phone, on a desktop, and printed.
//
//     node look.mjs http://127.0.0.1:8080 FOLDER PATH …

import { mkdirSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { open } from "./site.mjs";

const [base, folder, ...paths] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await open();
for (const path of paths) {
  const name = path.replace(/^\//, "").replace(/[^\p{L}\p{N}]+/gu, "_") || "start";
  for (const [window, width, dark] of [["phone", 390, false], ["dark", 390, true], ["desktop", 1280, false]]) {
    const page = await browser.newPage();
    await page.setViewport({ width, height: 844, deviceScaleFactor: 1 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
    await page.goto(base + path, { waitUntil: "networkidle0" });
    await page.screenshot({ path: `${folder}/${name}-${window}.png`, fullPage: true });
    if (window === "desktop") writeFileSync(`${folder}/${name}.pdf`, await page.pdf({ preferCSSPageSize: true, printBackground: true }));
    await page.close();
  }
  execFileSync("pdftoppm", ["-r", "70", "-png", `${folder}/${name}.pdf`, `${folder}/${name}-print`]);
  console.log(name);
}
await browser.close();
