// Does the real mermaid package read what we write?
//
//     MERMAID_FOLDER=/tmp/charts cargo test -p qingdan-charts charts_for_the_real_parser   # writes .mmd files
//     node tests/browser/mermaid.mjs /tmp/charts
//     node tests/browser/mermaid.mjs http://127.0.0.1:8080                                 # every chart of a running register
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>");
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");
mermaid.initialize({ startOnLoad: false });

async function* charts(from) {
    if (!/^https?:/.test(from)) {
        for (const name of (await readdir(from)).filter((name) => name.endsWith(".mmd")).sort()) {
            yield [name, await readFile(join(from, name), "utf8")];
        }
        return;
    }
    for (let page = "/v1/items?limit=200"; page; ) {
        const list = await (await fetch(new URL(page, from))).json();
        for (const { code } of list.items) {
            const answer = await fetch(new URL(`/v1/items/${code}/chart.mmd`, from));
            if (answer.status !== 404) yield [code, await answer.text()];
        }
        page = list.next && `/v1/items?limit=200&cursor=${encodeURIComponent(list.next)}`;
    }
}

let read = 0;
let refused = 0;
for await (const [name, text] of charts(process.argv[2])) {
    try {
        await mermaid.parse(text);
        read += 1;
    } catch (error) {
        refused += 1;
        console.error(`${name}: ${String(error.message).slice(0, 400)}`);
    }
}
console.log(`${read} charts read by mermaid, ${refused} refused`);
process.exit(refused > 0 || read === 0 ? 1 : 0);
