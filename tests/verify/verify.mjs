// The script of the page /verify, run on every bundle of a register, and on each one with something altered.
//
//     node verify.mjs http://127.0.0.1:8080

import { createRequire } from "node:module";

const { told, verify } = createRequire(import.meta.url)("../../src/public/pages/verify.js");
const base = process.argv[2];
const json = async (path) => (await fetch(base + path)).json();
const keys = (await json("/v1")).log.keys;
const decoded = (text) => text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
const terms = async (page) => JSON.parse(decoded(/data-terms="([^"]*)"/.exec(await (await fetch(base + page)).text())[1]));
const [chinese, english] = [await terms("/verify"), await terms("/verify?lang=en")];
const last = (await json("/v1/summary")).seq;
const other = "other.example/v1/log+5e7d1e57+" + keys[0].split("+").slice(2).join("+");
const turned = (text, at) => text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
const flipped = (hash) => (hash[0] === "A" ? "B" : "A") + hash.slice(1);

// What is altered, and the step at which it is found out.
const LIES = {
  kind: [(it) => (it.kind += "s"), "line"],
  key: [(it) => (it.key = turned(it.key, 0)), "line"],
  revision: [(it) => (it.revision += 1), "line"],
  leaf: [(it) => (it.leaf = it.leaf.replace("\"published_at\":\"2", "\"published_at\":\"3")), "inclusion"],
  index: [(it) => (it.index += 1), "inclusion"],
  "index behind the end": [(it) => (it.index += 1_000_000), "inclusion"],
  "index of text": [(it) => (it.index = String(it.index)), "read"],
  inclusion: [(it) => (it.inclusion[0] = flipped(it.inclusion[0])), "inclusion"],
  "a hash too few": [(it) => it.inclusion.pop(), "inclusion"],
  "a hash too many": [(it) => it.inclusion.push(it.inclusion[0]), "inclusion"],
  "size of the checkpoint": [(it) => (it.checkpoint = it.checkpoint.replace(/\n([0-9]+)\n/, "\n1$1\n")), "signature"],
  "root of the checkpoint": [(it) => (it.checkpoint = it.checkpoint.replace(/\n([A-Za-z0-9+/]{43}=)\n/, (_, root) => `\n${flipped(root)}\n`)), "signature"],
  "name of the log": [(it) => (it.checkpoint = `x${it.checkpoint}`), "signature"],
  "no signature": [(it) => (it.checkpoint = it.checkpoint.split("\n\n")[0] + "\n\n"), "signature"],
  "no salt": [(it) => (it.salt = null), "text"],
  "no body": [(it) => (it.body = null), "text"],
  salt: [(it) => (it.salt = turned(it.salt, 5)), "text"],
  body: [(it) => (it.body[Object.keys(it.body)[0]] = "另"), "text"],
  "one more in the body": [(it) => (it.body.zz = null), "text"],
  "one more in the bundle": [(it) => (it.more = 1), "read"],
};

let [genuine, refused] = [0, 0];
for (let seq = 1; seq <= last; seq += 1) {
  const text = await (await fetch(`${base}/v1/changes/${seq}/proof`)).text();
  const proven = await verify(text, keys);
  if (proven.line.seq !== seq || !proven.isGenuine) throw new Error(`line ${seq} is not proven`);
  genuine += 1;
  if (seq % 50 !== 1 && seq !== last) continue;
  const erased = { ...JSON.parse(text), body: null, salt: null };
  const withoutText = await verify(JSON.stringify(erased), keys);
  if (withoutText.isGenuine) throw new Error("an erased text is genuine");
  mustSay(told(withoutText, false, false, chinese), "已删除或未附");
  mustSay(told(withoutText, false, true, english), "it was erased, or left out");
  const { kind, key, action } = proven.line;
  if (!chinese.kinds[kind] || !chinese.actions[action]) throw new Error(`${kind} or ${action} has no Chinese term`);
  const words = told(proven, true, false, chinese);
  mustSay(words, `公布了${chinese.kinds[kind]} ${key} 的第`, `（${chinese.actions[action]}）`, "内容与公布时的一致");
  const raw = words[0].replace(key, "").match(/[a-z_]{3,}/);
  if (raw) throw new Error(`${raw} in a Chinese sentence: ${words[0]}`);
  mustSay(told(proven, true, true, english), `of ${english.kinds[kind]} ${key} (${english.actions[action]})`);
  for (const [name, [alter, step]] of Object.entries(LIES)) {
    const lie = JSON.parse(text);
    alter(lie);
    await mustFail(name, JSON.stringify(lie), keys, step);
  }
  await mustFail("cut", text.slice(0, -2), keys, "read");
  await mustFail("an unknown key", text, [], "signature");
  await mustFail("a key with a wrong number", text, [other], "key");
}
if (genuine === 0) throw new Error("no line was checked");
console.log(`${genuine} bundles are proven, ${refused} altered ones are refused at the step that shows it`);

function mustSay(sentences, ...texts) {
  const missing = texts.find((text) => !sentences.join("\n").includes(text));
  if (missing) throw new Error(`${missing} is not in ${sentences.join("\n")}`);
}

async function mustFail(name, text, known, step) {
  const found = await verify(text, known).then(() => "none", (error) => error.step ?? error);
  if (found !== step) throw new Error(`${name}: refused at ${found} instead of ${step}`);
  refused += 1;
}
