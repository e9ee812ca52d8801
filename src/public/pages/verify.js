"use strict";
// Checks a bundle (…/proof) where it is read: the same as `qingdan verify proof`, with what browsers have built in.

class Unproven extends Error {
  constructor(step, ...said) {
    super(said[1]);
    this.step = step;
    this.said = said;
  }
}

const bytesOf = (text) => new TextEncoder().encode(text);
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

// Base64 as it is written in one way only; null where it is not.
function ofBase64(text) {
  if (typeof text !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  try {
    const read = atob(text);
    return btoa(read) === text ? Uint8Array.from(read, (one) => one.charCodeAt(0)) : null;
  } catch { return null; }
}

// Canonical JSON (RFC 8785), whose numbers and texts are those of this language.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

const isName = (name) => name !== "" && !/[\s\p{Cc}+]/u.test(name);

// A public key, NAME+ID+KEY.
async function keyOf(text) {
  const wrong = new Unproven("key", `不是日志公钥：${text}`, `this is no public key of a log: ${text}`);
  const [, name, id, encoded] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text.trim()) ?? [];
  const key = ofBase64(encoded);
  if (!key || key.length !== 33 || key[0] !== 1 || !isName(name)) throw wrong;
  if (hex(await sha256(joined(bytesOf(`${name}\n`), key))).slice(0, 8) !== id) throw wrong;
  return { name, id, public: await imported(key.slice(1)) };
}

async function imported(key) {
  try {
    return await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new Unproven("browser", "这个浏览器不能核验 Ed25519 签名，请换用新版浏览器，或者使用 qingdan verify proof。",
      "this browser cannot check Ed25519 signatures; use a current one, or qingdan verify proof.");
  }
}

function read(text) {
  const no = (chinese, english) => new Unproven("read", chinese, english);
  let bundle;
  try { bundle = JSON.parse(text); } catch { throw no("不是 JSON。", "it is not JSON."); }
  const names = ["body", "checkpoint", "inclusion", "index", "key", "kind", "leaf", "revision", "salt"];
  const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const fits = isObject(bundle) && Object.keys(bundle).sort().join() === names.join()
    && ["checkpoint", "key", "kind", "leaf"].every((name) => typeof bundle[name] === "string")
    && ["index", "revision"].every((name) => Number.isSafeInteger(bundle[name])) && bundle.index >= 0
    && Array.isArray(bundle.inclusion) && bundle.inclusion.every((hash) => ofBase64(hash)?.length === 32)
    && (bundle.body === null || isObject(bundle.body)) && (bundle.salt === null || typeof bundle.salt === "string");
  if (!fits) throw no("不是登记簿给出的存证。", "it is not a proof as a register answers it.");
  return bundle;
}

// The checkpoint of a signed note, when one of the keys signed it and nothing that claims to be theirs is forged.
async function opened(note, keys) {
  const no = (chinese, english) => new Unproven("signature", chinese, english);
  const unreadable = no("不是签名的检查点。", "it is not a signed checkpoint.");
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || /[\x00-\x09\x0b-\x1f]/.test(note) || !note.endsWith("\n")) throw unreadable;
  const [text, lines] = [note.slice(0, end + 1), note.slice(end + 2, -1).split("\n")];
  if (lines.length > 64) throw unreadable;
  let by = null;
  for (const line of lines) {
    const [, name, encoded] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = ofBase64(encoded);
    if (!bytes || bytes.length < 5 || !isName(name)) throw unreadable;
    const key = keys.find((one) => one.name === name && one.id === hex(bytes.slice(0, 4)));
    if (!key) continue;
    if (!await crypto.subtle.verify("Ed25519", key.public, bytes.slice(4), bytesOf(text))) {
      throw no("检查点的签名是伪造的，或者检查点被改动过。", "the signature is forged, or the checkpoint was altered.");
    }
    by = key;
  }
  if (!by) throw no("检查点没有所给公钥的签名。", "none of the given keys signed the checkpoint.");
  const [origin, size, root, ...more] = text.slice(0, -1).split("\n");
  const hash = ofBase64(root);
  if (!/^(0|[1-9][0-9]*)$/.test(size) || !Number.isSafeInteger(Number(size)) || hash?.length !== 32 || more.includes("")) {
    throw unreadable;
  }
  if (!keys.some((key) => key.name === origin)) throw no(`检查点属于另一日志：${origin}`, `it is of another log, ${origin}.`);
  return { origin, size: Number(size), root: hash, by };
}

// The root that a leaf and the hashes beside its way lead to (RFC 9162 §2.1.3.2); null where they lead to none.
async function rootOf(index, size, leaf, beside) {
  if (index >= size) return null;
  const half = (number) => Math.floor(number / 2);
  const node = (left, right) => sha256(joined(Uint8Array.of(1), left, right));
  let [at, last, hash] = [index, size - 1, leaf];
  for (const other of beside) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      hash = await node(other, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = await node(hash, other);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? hash : null;
}

// Checks all of a bundle with public keys as text; throws `Unproven` with the step that failed.
async function verify(text, keyTexts) {
  const bundle = read(text);
  const keys = await Promise.all(keyTexts.map(keyOf));
  const checkpoint = await opened(bundle.checkpoint, keys);
  const leaf = await sha256(joined(Uint8Array.of(0), bytesOf(bundle.leaf)));
  const root = await rootOf(bundle.index, checkpoint.size, leaf, bundle.inclusion.map(ofBase64));
  if (!root || hex(root) !== hex(checkpoint.root)) {
    throw new Unproven("inclusion", "该条目不在检查点所指的日志中。", "the line is not in the log of the checkpoint.");
  }
  let line = null;
  try { line = JSON.parse(bundle.leaf); } catch { /* told below */ }
  if (typeof line?.seq !== "number" || typeof line.by?.name !== "string" || typeof line.body_digest !== "string") {
    throw new Unproven("line", "叶子不是日志条目。", "its leaf is no line of a log.");
  }
  if (line.seq !== bundle.index + 1 || ["kind", "key", "revision"].some((name) => line[name] !== bundle[name])) {
    throw new Unproven("line", "日志条目说的是别的记录，或者别的修订。", "the line is about another record, or another revision of it.");
  }
  if (bundle.body === null && bundle.salt === null) return { line, checkpoint, isGenuine: false };
  const salt = /^[0-9a-f]{64}$/.test(bundle.salt ?? "") && Uint8Array.from(bundle.salt.match(/../g), (two) => parseInt(two, 16));
  const digest = salt && bundle.body && hex(await sha256(joined(salt, bytesOf(canonical(bundle.body)))));
  if (digest !== line.body_digest) throw new Unproven("text", "内容与公布时的不同。", "the text is not the one that was published.");
  return { line, checkpoint, isGenuine: true };
}

// What is told of a proven bundle, sentence by sentence; `terms` has the words of the page's language for kinds and actions.
function told({ line, checkpoint, isGenuine }, isIndependent, isEnglish, terms) {
  const say = (chinese, english) => (isEnglish ? english : chinese);
  const term = (words, value) => (words && Object.hasOwn(words, value) ? words[value] : value);
  const time = new Date(line.published_at).toLocaleString(say("zh-CN", "en-GB"), { timeZone: "Asia/Shanghai" });
  const [who, what, action] = [line.by.name, `${term(terms.kinds, line.kind)} ${line.key}`, term(terms.actions, line.action)];
  return [
    say(`${who}于 ${time}（北京时间）公布了${what} 的第 ${line.revision} 次修订（${action}）。`,
      `${who} published revision ${line.revision} of ${what} (${action}) at ${time}, China time.`),
    say(`这是日志 ${checkpoint.origin} 的第 ${line.seq} 条，共 ${checkpoint.size} 条，由密钥 ${checkpoint.by.id} 签名。`,
      `It is line ${line.seq} of the ${checkpoint.size} lines of the log ${checkpoint.origin}, signed by the key ${checkpoint.by.id}.`),
    isGenuine ? say("内容与公布时的一致。", "The text is the one that was published.")
      : say("存证中没有内容：已删除或未附，存证本身不能说明是哪一种。",
        "The text is not in the proof: it was erased, or left out; the proof cannot show which."),
    isIndependent ? say("所用的公钥是您自己提供的。", "The public key was yours.")
      : say("所用的公钥来自本服务器，所以这次核验仍然要信任本服务器。请从别处取得公钥再核验。",
        "The public key came from this server, so this still trusts the server. Bring the key from elsewhere to be independent of it."),
  ];
}

if (typeof document === "undefined") module.exports = { verify, canonical, told };
else document.addEventListener("DOMContentLoaded", () => {
  const at = (id) => document.getElementById(id);
  const isEnglish = document.documentElement.lang === "en";
  const say = (chinese, english) => (isEnglish ? english : chinese);
  const STEPS = {
    read: ["读取存证", "reading the proof"], key: ["读取公钥", "reading the public key"], browser: ["浏览器", "the browser"],
    signature: ["检查点的签名", "the signature of the checkpoint"], inclusion: ["条目在日志中", "the line in the log"],
    line: ["日志条目", "the line"], text: ["内容", "the text"], fetch: ["取存证", "fetching the proof"],
  };
  let turn = 0;

  function show(isGood, head, lines) {
    const title = document.createElement("p");
    title.className = `verdict ${isGood ? "good" : "bad"}`;
    title.textContent = `${isGood ? "✓" : "✗"} ${head}`;
    const list = document.createElement("ul");
    list.append(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
    at("result").replaceChildren(title, list);
  }

  async function check() {
    const mine = ++turn;
    const brought = at("key").value.trim();
    const keys = brought ? brought.split(/\s+/) : [...document.querySelectorAll("#keys code")].map((key) => key.textContent);
    try {
      if (!globalThis.crypto?.subtle) {
        throw new Unproven("browser", "浏览器只在 https 页面上提供核验所需的功能，请使用 qingdan verify proof。",
          "browsers offer what is needed on https pages only; use qingdan verify proof.");
      }
      const proven = await verify(at("bundle").value, keys);
      if (mine === turn) show(true, say("核验通过", "Proven"), told(proven, brought !== "", isEnglish, JSON.parse(at("result").dataset.terms)));
    } catch (error) {
      if (mine === turn) fail(error);
    }
  }

  function fail(error) {
    const step = STEPS[error.step] ?? [error.name, error.name];
    const [chinese, english] = error.said ?? [error.message, error.message];
    show(false, say("核验未通过", "Not proven"), [say(`步骤：${step[0]}`, `Step: ${step[1]}`), say(chinese, english)]);
  }

  async function load(file) {
    at("bundle").value = await file.text();
    await check();
  }

  async function fetched(path) {
    const url = new URL(path, location.origin);
    const no = (...said) => new Unproven("fetch", ...said);
    if (url.origin !== location.origin || !url.pathname.startsWith("/v1/") || !url.pathname.endsWith("/proof")) {
      throw no("只取本网站的存证地址。", "only proofs of this site are fetched.");
    }
    const answer = await fetch(url, { headers: { accept: "application/json" }, credentials: "omit" });
    if (!answer.ok) throw no(`服务器答复 ${answer.status}。`, `the server answered ${answer.status}.`);
    at("bundle").value = await answer.text();
    await check();
  }

  at("checker").addEventListener("submit", (event) => { event.preventDefault(); check(); });
  at("file").addEventListener("change", () => { if (at("file").files[0]) load(at("file").files[0]).catch(fail); });
  at("bundle").addEventListener("dragover", (event) => event.preventDefault());
  at("bundle").addEventListener("drop", (event) => {
    const file = event.dataTransfer.files[0];
    if (!file) return;
    event.preventDefault();
    load(file).catch(fail);
  });
  const path = new URLSearchParams(location.search).get("proof");
  if (path) fetched(path).catch(fail);
});
