// What the tests share: the browser, and which pages there are.

import puppeteer from "puppeteer-core";

/** A headless browser: `CHROMIUM`, or Debian's. */
export const open = () => puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"],
});

/** Pages of one sort look alike: so many of each are enough. */
const EACH = 3;

const OFFICE = "11350121003619116B5000";
/** The items that `states.mjs` brings into a state in which the demonstration register has none. */
export const PREPARED = { suspended: `${OFFICE}723001000`, amended: `${OFFICE}164001000`, erased: `${OFFICE}812001000` };

/** Pages to which no link leads, or too seldom for a sample: items and papers in all states, quotes that lack something, refusals. */
async function special(base) {
  const get = async (path) => (await fetch(base + path)).json();
  const codes = async (query) => (await get(`/v1/items?fields=code&limit=200&${query}`)).items.map((item) => item.code);
  const guide = (code) => `/v1/items/${code}/guide`, check = (code, revision) => `/v1/items/${code}/check?revision=${revision}`;
  const [cancelled] = await codes("status=cancelled"), [merged] = await codes("status=merged"), charged = await codes("charge=charged");
  const papers = await Promise.all(charged.map(async (code) => check(code, (await get(`/v1/items/${code}`)).meta.revision)));
  const verdicts = await Promise.all(papers.map(async (paper) => (await get(paper)).verdict));
  const quote = `/v1/items/${charged.at(-1)}/fee-quote`, { missing = [] } = await get(quote);
  const told = missing.map(({ parameter, values, min }) => `${parameter}=${values?.[0].value ?? min ?? 1}`);
  const paths = [
    ...[...Object.values(PREPARED), cancelled, merged].flatMap((code) => [guide(code), `/v1/items/${code}/poster`, check(code, 1)]),
    papers[verdicts.indexOf("in_force")], papers[verdicts.indexOf("outdated")], check(PREPARED.amended, 2), check(PREPARED.amended, 999),
    quote, `${quote}?${told[0]}`, `${quote}?${told.join("&")}`, `${quote}?${missing[0]?.parameter}=-1`,
    "/search?q=低保", "/search?q=飞机票", "/nothing", guide("nothing"), "/lists/power?category=nothing",
  ];
  return paths.filter(Boolean).flatMap((path) => [path, `${path}${path.includes("?") ? "&" : "?"}lang=en`]);
}

/** The pages that links lead to from the start page, in both languages, some of each sort, and the special ones. */
export async function crawl(base) {
  const queue = ["/", "/?lang=en", ...await special(base)];
  const seen = new Set(queue), kept = [], sorts = new Map();
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
