// What the tests share: the browser, and which pages there are.

import puppeteer from "puppeteer-core";

/** A headless browser: `CHROMIUM`, or Debian's. */
export const open = () => puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"],
});

/** Pages of one sort look alike: so many of each are enough. */
const EACH = 3;

/** The pages that links lead to from the start page, in both languages, some of each sort. */
export async function crawl(base) {
  const seen = new Set(["/"]), kept = [], sorts = new Map(), queue = ["/", "/?lang=en"];
  while (queue.length) {
    const path = queue.shift();
    const answer = await fetch(base + path, { headers: { accept: "text/html" } });
    if (!(answer.headers.get("content-type") ?? "").startsWith("text/html") || path.startsWith("/docs")) continue;
    kept.push(path);
    for (const [, raw] of (await answer.text()).matchAll(/href="([^"]+)"/g)) {
      const url = new URL(raw.replaceAll("&amp;", "&"), base + path);
      const next = url.pathname + url.search;
      if (url.origin !== base || seen.has(next)) continue;
      seen.add(next);
      const sort = sort_of(url);
      const count = sorts.get(sort) ?? 0;
      sorts.set(sort, count + 1);
      if (count < EACH) queue.push(next);
    }
  }
  return kept;
}

function sort_of(url) {
  const parts = url.pathname.split("/").map((part) => (/^[0-9A-Z]{18,}$/.test(part) || /-/.test(part) && !/^(legal-instruments|clean-ups|fee-quote|code-lists)$/.test(part) ? "*" : part));
  return parts.join("/") + "?" + [...url.searchParams.keys()].sort().join("&");
}
