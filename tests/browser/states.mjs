// Brings a demonstration register into the states in which pages differ: an item that is suspended, one that was amended, one
// whose text was erased. Each step is drafted, approved twice and published, as people do it.
//
//     node states.mjs http://127.0.0.1:8080 FILE         the file holds what `serve --demo` printed: it has the tokens

import { readFileSync } from "node:fs";
import { PREPARED } from "./site.mjs";

const [base, printed] = process.argv.slice(2);
const tokens = new Map([...readFileSync(printed, "utf8").matchAll(/^token (\w+)=(\S+)$/gm)].map(([, who, token]) => [who, token]));

const told = { reason: "演示", document: { title: "关于调整权责清单的决定", number: "洋政〔2026〕31号", issuer: "洋里乡人民政府" } };

await publish({ action: "suspend", key: PREPARED.suspended });
await publish({ action: "amend", key: PREPARED.amended, base_revision: 1 }, { promised_limit: { value: 12, unit: "working_day" } });
await publish({ action: "cancel", key: PREPARED.erased });
await publish({ action: "erase", key: PREPARED.erased, revision: 1 });

/** From a draft, with what its text says otherwise, to a publication. */
async function publish(step, change) {
  const draft = await ask("editor", "POST", "/drafts", { kind: "item", ...told, ...step });
  const path = `/drafts/${draft.body.id}`;
  let { tag } = draft;
  if (change) ({ tag } = await ask("editor", "PATCH", path, { body: change }, tag));
  ({ tag } = await ask("editor", "POST", `${path}/submit`, {}, tag));
  ({ tag } = await ask("reviewer", "POST", `${path}/approve`, { kind: "confidentiality" }, tag));
  await ask("reviewer2", "POST", `${path}/approve`, { kind: "legality" }, tag);
  await ask("publisher", "POST", "/publications", { drafts: [draft.body.id] });
}

async function ask(who, method, path, body, tag) {
  const headers = {
    authorization: `Bearer ${tokens.get(who)}`,
    "content-type": "application/json",
    ...(tag && { "if-match": tag }),
    ...(path === "/publications" && { "idempotency-key": crypto.randomUUID() }),
  };
  const answer = await fetch(`${base}/v1${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path} answers ${answer.status}: ${await answer.text()}`);
  return { body: await answer.json(), tag: answer.headers.get("etag") };
}
