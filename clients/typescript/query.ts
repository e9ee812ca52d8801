// What the search page of a website asks of a register: a search with its facets, one item with its guide and what it costs, and
// problems told in the language of the page. The types come from openapi/openapi.json (`npm run generate`).
//
//     node query.js URL LANGUAGE TEXT [NAME=VALUE …]
//
// searches for TEXT, takes the first item found, and asks what it costs in the circumstances that are given by name.

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./register.js";

type Schemas = components["schemas"];
type Language = "zh-CN" | "en";
/** A register, asked in the language of the page. */
type Register = Client<paths>;

/** What a page shows in place of what it asked for. */
export class Trouble extends Error {
  constructor(readonly problem: Schemas["Problem"]) {
    super(problem.title);
  }

  /** One sentence for each field at fault, beside the field's name. */
  get fields(): { field: string; message: string }[] {
    return (this.problem.errors ?? []).map((error) => ({
      field: error.parameter ?? error.pointer ?? error.header ?? "",
      message: error.detail,
    }));
  }
}

export function registerAt(url: string, language: Language): Register {
  return createClient<paths>({
    baseUrl: url,
    headers: { "Accept-Language": language },
    // Figures of a fee are parameters of their own: `?months=13&low_income=false`.
    querySerializer: { array: { style: "form", explode: true }, object: { style: "form", explode: true } },
  });
}

/** What came, or the problem in its place: every answer of the register is one or the other. */
function expect<T>(answer: { data?: T; error?: Schemas["Problem"] }): T {
  if (answer.data !== undefined) return answer.data;
  if (answer.error !== undefined) throw new Trouble(answer.error);
  throw new Error("an answer without a body");
}

/** The first page of what was found, and how many there are of each sort. */
export async function search(register: Register, text: string): Promise<Schemas["ItemPage"]> {
  const answer = await register.GET("/v1/items", {
    params: { query: { q: text, facets: ["category", "charge"], highlight: true, limit: 5 } },
  });
  return expect(answer);
}

/** One item, whole. */
export async function item(register: Register, key: string): Promise<Schemas["ItemRecord"]> {
  return expect(await register.GET("/v1/items/{key}", { params: { path: { key } } }));
}

/** What an item costs, or what has to be known first: the fields of a form. */
export async function quote(
  register: Register,
  key: string,
  circumstances: Record<string, string>,
): Promise<Schemas["FeeQuote"] | Schemas["MissingParameter"][]> {
  const answer = await register.GET("/v1/items/{key}/fee-quote", {
    params: { path: { key }, query: { circumstances } },
    headers: { Accept: "application/json" },
  });
  if (answer.error?.code === "fee-parameter-missing") return answer.error.missing ?? [];
  const quoted = expect(answer);
  if (typeof quoted === "string") throw new Error("a page was not asked for");
  return quoted;
}

async function show(url: string, language: Language, text: string, circumstances: Record<string, string>) {
  const register = registerAt(url, language);
  const found = await search(register, text);
  const first = found.items[0];
  if (first === undefined) return { total: 0 };
  const whole = await item(register, first.code);
  const priced = await quote(register, whole.code, circumstances);
  return {
    total: found.total,
    names: found.items.map((row) => row.name),
    facets: Object.fromEntries(
      Object.entries(found.facets ?? {}).map(([field, counts]) => [field, counts.map(({ label, count }) => `${label} ${count}`)]),
    ),
    item: {
      name: whole.name,
      organisation: whole.embedded.organisation?.name,
      promised: whole.promised_limit && `${whole.promised_limit.value} ${whole.promised_limit.unit}`,
      guide: new URL(whole.links["guide"] ?? "", url).href,
    },
    quote: Array.isArray(priced)
      ? { asks: priced.map(({ parameter, label, type, unit }) => ({ parameter, label, type, unit })) }
      : { total: `${priced.total} ${priced.currency}`, statement: language === "en" ? priced.statement.en : priced.statement.zh },
  };
}

const [url, language, text, ...given] = process.argv.slice(2);
if (url === undefined || text === undefined || (language !== "zh-CN" && language !== "en")) {
  console.error("node query.js URL zh-CN|en TEXT [NAME=VALUE …]");
  process.exit(2);
}
const circumstances = Object.fromEntries(given.map((pair) => pair.split("=", 2) as [string, string]));
try {
  console.log(JSON.stringify(await show(url, language, text, circumstances)));
} catch (trouble) {
  if (!(trouble instanceof Trouble)) throw trouble;
  const { title, detail, code } = trouble.problem;
  console.log(JSON.stringify({ problem: { title, detail, code }, fields: trouble.fields }));
  process.exitCode = 1;
}
