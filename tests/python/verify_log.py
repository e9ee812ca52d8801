"""A reader of the transparency log that knows nothing but the public specifications: RFC 6962 and RFC 9162 (trees and proofs),
RFC 8785 (canonical JSON), and C2SP's tlog-tiles, tlog-checkpoint, signed-note and tlog-proof. Only Ed25519 comes from a library.

    verify_log.py KEY … < orders

reads orders, one JSON object a line, and answers each with one line, `ok …` or `refused …`. It remembers every tree that it has
seen, as a client does that came back:

    {"do": "follow", "at": "http://…"}    the log as it is now: checkpoint, new tiles and entries, proofs
    {"do": "prove", "at": …, "pairs": [[m, n], …]}    proofs between sizes that it has seen
    {"do": "bundles", "at": …}            the bundle of every line, as JSON and as text, with the record's text
    {"do": "bundle", "bundle": {…}, "text": "…"}    bundles at hand, either of the two
"""

import base64
import hashlib
import http.client
import json
import struct
import sys
import urllib.parse
from decimal import Decimal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Refused(Exception):
    """What was shown is not to be believed."""


def must(condition, why):
    if not condition:
        raise Refused(why)


def unbase64(text, why):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(why) from None
    must(base64.b64encode(data).decode() == text, why)
    return data


# Trees, as RFC 6962 section 2.1 defines them.


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size):
    """The largest power of two that is smaller."""
    return 1 << ((size - 1).bit_length() - 1)


class Leaves:
    """The leaf hashes of a log, in order, and the definitions over D[a:b]."""

    def __init__(self, hashes=()):
        self.hashes = list(hashes)
        self.complete = {}

    def root(self, begin, end):
        if begin == end:
            return hashlib.sha256(b"").digest()
        if end - begin == 1:
            return self.hashes[begin]
        known = self.complete.get((begin, end))
        if known:
            return known
        middle = begin + split(end - begin)
        root = node_hash(self.root(begin, middle), self.root(middle, end))
        if (end - begin) & (end - begin - 1) == 0:
            self.complete[begin, end] = root
        return root

    def path(self, leaf, begin, end):
        """PATH(m, D[n]): section 2.1.1."""
        if end - begin == 1:
            return []
        middle = begin + split(end - begin)
        if leaf < middle:
            return self.path(leaf, begin, middle) + [self.root(middle, end)]
        return self.path(leaf, middle, end) + [self.root(begin, middle)]

    def subproof(self, old, begin, end, whole):
        """SUBPROOF(m, D[n], b): section 2.1.2; `old` counts from the beginning of the log."""
        if old == end:
            return [] if whole else [self.root(begin, end)]
        middle = begin + split(end - begin)
        if old <= middle:
            return self.subproof(old, begin, middle, whole) + [self.root(middle, end)]
        return self.subproof(old, middle, end, False) + [self.root(begin, middle)]


def check_inclusion(leaf, index, size, root, path):
    """RFC 9162 section 2.1.3.2."""
    must(index < size, "the leaf is outside the tree")
    fn, sn, r = index, size - 1, leaf
    for p in path:
        must(sn != 0, "the inclusion proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    must(sn == 0 and r == root, "the inclusion proof does not lead to the root")


def check_consistency(first, first_root, second, second_root, path):
    """RFC 9162 section 2.1.4.2, whose cases 0 < first < second it is about; the others are plain."""
    if first == second or first == 0:
        must(not path, "a proof where there is nothing to prove")
        must(first != second or first_root == second_root, "two trees of one size")
        must(first or first_root == hashlib.sha256(b"").digest(), "the empty tree has another root")
        return
    must(first < second, "the log has become shorter")
    if first & (first - 1) == 0:
        path = [first_root] + path
    must(path, "an empty consistency proof")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        must(sn != 0, "the consistency proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    must(fr == first_root and sr == second_root and sn == 0, "the trees are not consistent")


# Canonical JSON, RFC 8785.


def canonical(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return canonical_string(value)
    if isinstance(value, (int, float)):
        return canonical_number(float(value))
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
    return "{" + ",".join(f"{canonical_string(name)}:{canonical(member)}" for name, member in members) + "}"


SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def canonical_string(text):
    return '"' + "".join(SHORT.get(c) or (c if c >= " " else f"\\u{ord(c):04x}") for c in text) + '"'


def canonical_number(number):
    """As ECMAScript writes it: the shortest digits, with an exponent below 1e-6 and from 1e21 on."""
    must(number == number and abs(number) != float("inf"), "no number of JSON")
    if number == 0:
        return "0"
    if number < 0:
        return "-" + canonical_number(-number)
    parts = Decimal(repr(number)).normalize().as_tuple()
    digits, point = "".join(map(str, parts.digits)), len(parts.digits) + parts.exponent
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    rest = "." + digits[1:] if len(digits) > 1 else ""
    return f"{digits[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"


# Notes and checkpoints.


class Key:
    """A verifier key: name, hash in hex, and Base64 of algorithm and public key."""

    def __init__(self, text):
        self.name, number, key = text.split("+", 2)
        self.number, key = bytes.fromhex(number), base64.b64decode(key, validate=True)
        must(key[0] == 1 and len(key) == 33, "not a key of Ed25519")
        must(hashlib.sha256(self.name.encode() + b"\n" + key).digest()[:4] == self.number, "the key has another number")
        self.public = Ed25519PublicKey.from_public_bytes(key[1:])


def open_note(note, keys):
    must(all(c >= " " or c == "\n" for c in note), "a control character in a note")
    text, mark, signatures = note.rpartition("\n\n")
    must(mark and signatures.endswith("\n"), "no note")
    text, known = text + "\n", 0
    for line in signatures[:-1].split("\n"):
        must(line.startswith("\u2014 ") and line.count(" ") == 2, "no line of a signature")
        _, name, signature = line.split(" ")
        signature = unbase64(signature, "no signature")
        for key in keys:
            if (key.name, key.number) == (name, signature[:4]):
                try:
                    key.public.verify(signature[4:], text.encode())
                except InvalidSignature:
                    raise Refused("a forged signature") from None
                known += 1
    must(known, "no known key signed")
    return text


def open_checkpoint(note, keys):
    lines = open_note(note, keys).split("\n")
    must(len(lines) >= 4 and lines[-1] == "" and all(lines[:-1]), "no checkpoint")
    origin, size, root = lines[:3]
    must(any(key.name == origin for key in keys), "a checkpoint of another log")
    must(size.isascii() and size.isdigit() and str(int(size)) == size, "no size")
    root = unbase64(root, "no root")
    must(len(root) == 32, "no root")
    return int(size), root


# A register over HTTP.


class Register:
    def __init__(self, address):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=60)

    def get(self, path, kind, accept="*/*"):
        self.connection.request("GET", path, headers={"Accept": accept, "Accept-Encoding": "identity"})
        answer = self.connection.getresponse()
        body, found = answer.read(), answer.headers["Content-Type"]
        must(answer.status == 200, f"{path}: {answer.status}")
        must(found == kind, f"{path} is {found}")
        return body

    def json(self, path):
        return json.loads(self.get(path, "application/json"))

    def text(self, path, accept="*/*"):
        return self.get(path, "text/plain; charset=utf-8", accept).decode()

    def tile(self, level, begin, end):
        """The hashes or entries of D[begin:end] at a level, tile by tile."""
        for number in range(begin // 256, (end + 255) // 256):
            width = min(end - number * 256, 256)
            partial = f".p/{width}" if width < 256 else ""
            must(number < 1000, "a path of one group is all that is read here")
            yield number * 256, self.get(f"/v1/log/tile/{level}/{number:03}{partial}", "application/octet-stream")

    def hashes(self, level, begin, end):
        found = {}
        for first, data in self.tile(level, begin, end):
            must(len(data) % 32 == 0, "a part of a hash")
            found.update((first + at, data[at * 32 : at * 32 + 32]) for at in range(len(data) // 32))
        must(max(found, default=end - 1) == end - 1, "a tile has another width")
        return [found[at] for at in range(begin, end)]

    def entries(self, begin, end):
        found = {}
        for first, data in self.tile("entries", begin, end):
            while data:
                (length,) = struct.unpack(">H", data[:2])
                must(len(data) >= 2 + length, "a cut entry")
                found[first], data, first = data[2 : 2 + length], data[2 + length :], first + 1
        must(max(found, default=end - 1) == end - 1, "a bundle has another width")
        return [found[at] for at in range(begin, end)]

    def proof(self, query):
        return self.json(f"/v1/log/proof?{query}")


def hashes_of(proof):
    return [unbase64(text, "no hash") for text in proof["hashes"]]


class Client:
    def __init__(self, keys):
        self.keys, self.leaves, self.roots = keys, Leaves(), {0: hashlib.sha256(b"").digest()}

    @property
    def size(self):
        return len(self.leaves.hashes)

    def follow(self, order):
        register, before = Register(order["at"]), self.size
        size, root = open_checkpoint(register.text("/v1/log/checkpoint"), self.keys)
        must(size >= before, f"the log went back from {before} lines to {size}")
        proof = hashes_of(register.proof(f"from={before}&to={size}"))
        check_consistency(before, self.roots[before], size, root, proof)
        # The tile that the last known leaf is in comes again: it must be the same there.
        begin = before // 256 * 256
        hashes, entries = register.hashes(0, begin, size), register.entries(begin, size)
        must(hashes[: before - begin] == self.leaves.hashes[begin:], "a tile has changed")
        leaves = Leaves(self.leaves.hashes + hashes[before - begin :])
        leaves.complete = dict(self.leaves.complete)
        for at, entry in enumerate(entries, begin):
            must(leaf_hash(entry) == leaves.hashes[at], f"entry {at} is not the one that was hashed")
            line = json.loads(entry)
            must(line["seq"] == at + 1, f"entry {at} is line {line['seq']}")
            must(canonical(line).encode() == entry, f"entry {at} is not canonical")
        must(leaves.root(0, size) == root, "the leaves have another root than the checkpoint says")
        self.check_upper_tiles(register, leaves, size)
        must(proof == self.proof_of(leaves, before, size), "another consistency proof than the defined one")
        self.leaves, self.roots[size] = leaves, root
        for index in {0, size // 2, before, size - 1} & set(range(size)):
            self.included(register, index, size)
        return f"{size} lines"

    @staticmethod
    def proof_of(leaves, old, size):
        return leaves.subproof(old, 0, size, True) if 0 < old < size else []

    @staticmethod
    def check_upper_tiles(register, leaves, size):
        level, complete = 1, size // 256
        while complete:
            width = 256**level
            expected = [leaves.root(at * width, (at + 1) * width) for at in range(complete)]
            must(register.hashes(level, 0, complete) == expected, f"a tile of level {level} is not above those below it")
            level, complete = level + 1, complete // 256

    def included(self, register, index, size):
        proof = register.proof(f"seq={index + 1}&size={size}")
        path, leaf, root = hashes_of(proof), self.leaves.hashes[index], self.leaves.root(0, size)
        must((proof["index"], proof["size"]) == (index, size), "a proof of something else")
        must(unbase64(proof["leaf_hash"], "no hash") == leaf, "another leaf")
        must(unbase64(proof["root"], "no hash") == root, "another root")
        check_inclusion(leaf, index, size, root, path)
        must(path == self.leaves.path(index, 0, size), "another inclusion proof than the defined one")

    def prove(self, order):
        register = Register(order["at"])
        for old, size in order["pairs"]:
            proof = register.proof(f"from={old}&to={size}")
            roots = [unbase64(proof[name], "no hash") for name in ("from_root", "to_root")]
            must(roots == [self.leaves.root(0, old), self.leaves.root(0, size)], "other roots")
            check_consistency(old, roots[0], size, roots[1], hashes_of(proof))
            must(hashes_of(proof) == self.proof_of(self.leaves, old, size), "another proof than the defined one")
            if old < size:
                self.included(register, old, size)
        return f"{len(order['pairs'])} pairs"

    def bundles(self, order):
        register, texts = Register(order["at"]), 0
        for seq in range(1, self.size + 1):
            path = f"/v1/changes/{seq}/proof"
            index, leaf, has_text = self.check_bundle(register.json(path))
            must(index == seq - 1 and leaf == self.leaves.hashes[index], f"{path} is of another line")
            must(self.check_text(register.text(path, "text/plain")) == (index, leaf), f"{path}: two answers")
            texts += has_text
        lines, page = 0, register.json("/v1/changes?since=0&limit=1000")
        while page["items"]:
            for line in page["items"]:
                for name in ("affects", "body", "salt"):
                    line.pop(name, None)
                must(leaf_hash(canonical(line).encode()) == self.leaves.hashes[line["seq"] - 1], "the feed says otherwise")
                lines += 1
            page = register.json(f"/v1/changes?since={page['next']}&limit=1000")
        return f"{self.size} bundles, {texts} with their text, {lines} lines of the feed"

    def check_bundle(self, bundle):
        leaf, index = bundle["leaf"].encode(), bundle["index"]
        size, root = open_checkpoint(bundle["checkpoint"], self.keys)
        check_inclusion(leaf_hash(leaf), index, size, root, [unbase64(text, "no hash") for text in bundle["inclusion"]])
        line = json.loads(leaf)
        must(canonical(line).encode() == leaf, "the leaf is not canonical")
        must(line["seq"] == index + 1, "the leaf is of another line")
        must(all(bundle[name] == line[name] for name in ("kind", "key", "revision")), "the leaf is of another record")
        must((bundle["body"] is None) == (bundle["salt"] is None), "half of a text")
        if bundle["body"] is not None:
            salt = bytes.fromhex(bundle["salt"])
            must(len(salt) == 32 and salt.hex() == bundle["salt"], "no salt")
            digest = hashlib.sha256(salt + canonical(bundle["body"]).encode()).hexdigest()
            must(digest == line["body_digest"], "another text than the one that was published")
        return index, leaf_hash(leaf), bundle["body"] is not None

    def check_text(self, text):
        head, mark, checkpoint = text.partition("\n\n")
        must(mark, "no proof")
        first, extra, index, *hashes = head.split("\n")
        must(first == "c2sp.org/tlog-proof@v1", "no proof")
        must(extra.startswith("extra ") and index.startswith("index "), "no proof")
        index = index[len("index ") :]
        must(index.isascii() and index.isdigit() and str(int(index)) == index, "no index")
        leaf = leaf_hash(unbase64(extra[len("extra ") :], "no entry"))
        size, root = open_checkpoint(checkpoint, self.keys)
        check_inclusion(leaf, int(index), size, root, [unbase64(text, "no hash") for text in hashes])
        return int(index), leaf

    def bundle(self, order):
        if "text" in order:
            index, _ = self.check_text(order["text"])
            return f"line {index + 1}"
        index, _, has_text = self.check_bundle(order["bundle"])
        return f"line {index + 1} {'with' if has_text else 'without'} its text"


def main():
    client = Client([Key(text) for text in sys.argv[1:]])
    orders = {name: getattr(client, name) for name in ("follow", "prove", "bundles", "bundle")}
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = "ok " + orders[order["do"]](order)
        except Refused as refused:
            answer = f"refused {refused}"
        except (KeyError, TypeError, ValueError) as error:
            answer = f"refused what cannot be read: {error!r}"
        print(answer, flush=True)


if __name__ == "__main__":
    main()
