#!/usr/bin/env python3
"""The mirror algorithm of openapi/MIRROR.md in the Python standard library: the reference for `conformance.py`.

    follower.py follow URL STATE    reads everything that is published and ends with 0; 3 when it refuses to go on
    follower.py wake STATE          reads the body of a webhook from standard input: only a hint that there is news
    follower.py dump STATE          writes every record as one line of JSON, by kind and key

It may be killed at any moment and started again: what it has and how far it is are written in one transaction.
"""

import hashlib
import http.client
import json
import sqlite3
import sys
import time
import urllib.error
import urllib.request

REFUSED = 3
ATTEMPTS = 50

STATUS = {
    "create": "in_force",
    "reinstate": "in_force",
    "suspend": "suspended",
    "cancel": "cancelled",
    "merge": "merged",
}

SCHEMA = """
CREATE TABLE IF NOT EXISTS reader (seq INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, standing TEXT NOT NULL, successor TEXT);
CREATE TABLE IF NOT EXISTS keys (kind TEXT NOT NULL, key TEXT NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (kind, key));
CREATE TABLE IF NOT EXISTS revisions (
    record INTEGER NOT NULL, revision INTEGER NOT NULL, seq INTEGER NOT NULL UNIQUE, body TEXT, salt TEXT,
    PRIMARY KEY (record, revision));
"""


class Refused(Exception):
    """The source is not what it was: a person has to look."""


class Broken(Exception):
    """What arrived cannot be used; asking again may help."""


def canonical(value):
    """Canonical JSON (RFC 8785), for what bodies hold: texts, whole numbers, decimals, lists and objects."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(inner) for name, inner in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(inner) for inner in value) + "]"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def compact(value):
    """JSON with its members in the order in which they came."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def digest_of(body, salt):
    return hashlib.sha256(bytes.fromhex(salt) + canonical(body).encode()).hexdigest()


class Mirror:
    def __init__(self, path):
        self.store = sqlite3.connect(path, isolation_level=None)
        self.store.executescript("PRAGMA journal_mode = WAL;" + SCHEMA)
        if self.store.execute("SELECT count(*) FROM reader").fetchone()[0] == 0:
            self.store.execute("INSERT INTO reader VALUES (0)")
        # Of the publication after `seq`, what has come: it goes on in the next page. Who is killed asks for it again.
        self.gathered = []

    @property
    def seq(self):
        return self.store.execute("SELECT max(seq) FROM reader").fetchone()[0]

    @property
    def since(self):
        """The last change that is here, applied or not."""
        return self.gathered[-1]["seq"] if self.gathered else self.seq

    def take(self, page):
        """Takes a page. Each publication is applied whole, once its end has come."""
        changes = page["items"]
        for expected, change in enumerate(changes, self.since + 1):
            if change["seq"] != expected or change["publication"] < expected:
                raise Broken(f"change {change['seq']} where {expected} should be")
        ends = not changes or changes[-1]["seq"] == changes[-1]["publication"]
        if page["next"] != self.since + len(changes) or page["ends_publication"] != ends:
            raise Broken("the page does not end where it says")
        for change in changes:
            self.gathered.append(change)
            if change["seq"] == change["publication"]:
                publication, self.gathered = self.gathered, []
                self.apply_publication(publication)

    def apply_publication(self, changes):
        self.store.execute("BEGIN IMMEDIATE")
        try:
            for change in changes:
                self.apply_change(change)
            self.store.execute("UPDATE reader SET seq = ?", (changes[-1]["seq"],))
            self.store.execute("COMMIT")
        except BaseException:
            self.store.execute("ROLLBACK")
            raise

    def apply_change(self, change):
        body, salt, action = change["body"], change["salt"], change["action"]
        if body is not None and digest_of(body, salt) != change["body_digest"]:
            raise Broken(f"the body of change {change['seq']} does not fit its digest")
        kind, key = change["kind"], change["key"]
        known = self.store.execute("SELECT record FROM keys WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        if action == "erase":
            erased = (known[0], change["revision"])
            self.store.execute("UPDATE revisions SET body = NULL, salt = NULL WHERE record = ? AND revision = ?", erased)
            return
        if known is None:
            created = self.store.execute(
                "INSERT INTO records (kind, key, standing) VALUES (?, ?, ?)", (kind, key, STATUS[action]))
            record = created.lastrowid
            self.store.execute("INSERT INTO keys VALUES (?, ?, ?)", (kind, key, record))
        else:
            record = known[0]
        successor = change.get("successor")
        if action == "renumber":
            self.store.execute("UPDATE records SET key = ? WHERE id = ?", (successor, record))
            self.store.execute("INSERT INTO keys VALUES (?, ?, ?)", (kind, successor, record))
            successor = None
        if action in STATUS:
            self.store.execute("UPDATE records SET standing = ? WHERE id = ?", (STATUS[action], record))
        self.store.execute("UPDATE records SET successor = ? WHERE id = ?", (successor, record))
        text = None if body is None else compact(body)
        self.store.execute(
            "INSERT INTO revisions VALUES (?, ?, ?, ?, ?)", (record, change["revision"], change["seq"], text, salt))

    def lines(self):
        """Every record as it is now."""
        rows = self.store.execute("SELECT id, kind, key, standing, successor FROM records").fetchall()
        for record, kind, key, standing, successor in sorted(rows, key=lambda row: (row[1], row[2])):
            revision, seq, body = self.store.execute(
                "SELECT revision, seq, body FROM revisions WHERE record = ? ORDER BY revision DESC LIMIT 1", (record,)
            ).fetchone()
            status = "erased" if body is None else standing
            body = None if body is None else json.loads(body)
            yield compact({"kind": kind, "key": key, "status": status, "revision": revision, "seq": seq,
                           "successor": successor, "body": body})


def page_after(url, seq):
    request = urllib.request.Request(f"{url}/v1/changes?since={seq}&limit=20")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code in (400, 409):
            raise Refused(error.read().decode(errors="replace")) from error
        raise Broken(str(error)) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Broken(str(error)) from error


def follow(url, path):
    mirror = Mirror(path)
    failures = 0
    while True:
        try:
            page = page_after(url, mirror.since)
            if page["next"] < mirror.since or page["next"] == mirror.since < page["seq"]:
                raise Broken("an answer to another question")
            mirror.take(page)
            if page["next"] == page["seq"] == mirror.seq:
                return 0
            failures = 0
        except Refused as refused:
            print(f"refused: {refused}", file=sys.stderr)
            return REFUSED
        except (Broken, KeyError, TypeError) as broken:
            failures += 1
            if failures == ATTEMPTS:
                print(f"gives up: {broken}", file=sys.stderr)
                return 1
            time.sleep(min(0.01 * 2**failures, 0.5))


def main():
    match sys.argv[1:]:
        case ["follow", url, path]:
            sys.exit(follow(url.rstrip("/"), path))
        case ["wake", path]:
            # What a webhook says may be old, doubled or made up: the feed is asked, which says what is true.
            json.load(sys.stdin)
            Mirror(path)
        case ["dump", path]:
            for line in Mirror(path).lines():
                print(line)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
