#!/usr/bin/env python3
"""How the service centre of a county keeps the items of its townships: a consumer of `GET /v1/changes`.

    county.py follow URL STORE          reads what is new at URL into the SQLite file STORE, and ends
    county.py watch URL STORE           goes on, and waits for what comes
    county.py list STORE                writes each item that can be handled as a line of JSON
    county.py show STORE CODE           writes what is known of one item: all of it, or how it ended

It follows openapi/MIRROR.md through the client that openapi-python-client generates from openapi/openapi.json, and keeps what a
counter needs: items, each as it is now. What has been read and how far are written in one transaction, so that it can be killed
and started again at any time. It ends with 3 when the register is not what it was and a person has to look.
"""

import hashlib
import json
import sqlite3
import sys
import time

import httpx
from qingdan_client.api.changes import list_changes
from qingdan_client.client import Client
from qingdan_client.models.action import Action
from qingdan_client.models.change import Change
from qingdan_client.models.change_page import ChangePage
from qingdan_client.models.item import Item
from qingdan_client.models.problem import Problem
from qingdan_client.types import Unset

REFUSED = 3
# Attempts that fail one after another before `follow` gives up; `watch` never does.
ATTEMPTS = 8
LONGEST_PAUSE = 60
# Seconds that the register may hold a question for which there is nothing new, and that an answer may take.
WAIT = 60
PATIENCE = WAIT + 15

# What an action makes of an item's status. The others leave it as it is.
STATUS = {
    Action.CREATE: "in_force",
    Action.REINSTATE: "in_force",
    Action.SUSPEND: "suspended",
    Action.CANCEL: "cancelled",
    Action.MERGE: "merged",
}
HANDLED = ("in_force", "suspended")

# `secure_delete`: an erased text is overwritten in the file, and not only forgotten.
SCHEMA = """
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS reader (seq INTEGER NOT NULL, published_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS items (
    code TEXT PRIMARY KEY, status TEXT NOT NULL, revision INTEGER NOT NULL, successor TEXT, reason TEXT,
    name TEXT, list TEXT, organisation TEXT, promised TEXT, body TEXT);
"""


class Refused(Exception):
    """The register is not what it was: a person has to look."""


class Unusable(Exception):
    """An answer that was cut, mixed up or a refusal for now; asking again may help, after so many seconds."""

    def __init__(self, why: str, after: float = 0):
        super().__init__(why)
        self.after = after


class Store:
    def __init__(self, path: str):
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.row_factory = sqlite3.Row
        self.database.executescript(SCHEMA)
        if self.database.execute("SELECT count(*) FROM reader").fetchone()[0] == 0:
            self.database.execute("INSERT INTO reader VALUES (0, '')")
        # Of the publication after `seq`, what has come of it: it goes on in the next page.
        self.gathered: list[Change] = []

    @property
    def seq(self) -> int:
        return self.database.execute("SELECT seq FROM reader").fetchone()[0]

    @property
    def since(self) -> int:
        """The last change that is here, applied or not."""
        return self.gathered[-1].seq if self.gathered else self.seq

    def take(self, page: ChangePage) -> None:
        """Takes a page. Each publication is applied whole, once its end has come."""
        if [change.seq for change in page.items] != list(range(self.since + 1, page.next_ + 1)):
            raise Unusable(f"not the changes from {self.since + 1} to {page.next_}")
        for change in page.items:
            self.gathered.append(change)
            if change.seq == change.publication:
                publication, self.gathered = self.gathered, []
                self.apply(publication)
        if page.ends_publication == bool(self.gathered):
            raise Unusable("the page does not end where it says")

    def apply(self, changes: list[Change]) -> None:
        seq, last = self.database.execute("SELECT seq, published_at FROM reader").fetchone()
        self.database.execute("BEGIN IMMEDIATE")
        try:
            for change in changes:
                seq += 1
                published_at = change.published_at.isoformat()
                if change.seq != seq or published_at < last:
                    raise Unusable(f"change {change.seq} where {seq} should be, or before its time")
                check_digest(change)
                if change.kind == "item":
                    self.apply_to_item(change)
                last = published_at
            self.database.execute("UPDATE reader SET seq = ?, published_at = ?", (seq, last))
            self.database.execute("COMMIT")
        except BaseException:
            self.database.execute("ROLLBACK")
            raise

    def apply_to_item(self, change: Change) -> None:
        if change.action is Action.ERASE:
            # Only the newest text is kept here. Until an amendment brings another, the item has none.
            self.write(change.key, None, "AND revision = ?", change.revision)
            return
        status, code = STATUS.get(change.action), change.key
        if change.action is Action.RENUMBER:
            code = given(change.successor)
            self.database.execute("UPDATE items SET code = ? WHERE code = ?", (code, change.key))
        if change.action is Action.CREATE:
            self.database.execute("INSERT INTO items (code, status, revision) VALUES (?, ?, 0)", (code, status))
        successor = None if change.action is Action.RENUMBER else given(change.successor)
        self.database.execute(
            "UPDATE items SET status = coalesce(?, status), revision = ?, successor = ?, reason = ? WHERE code = ?",
            (status, change.revision, successor, given(change.reason), code))
        # A counter has no use for the text of what has gone.
        self.write(code, None if status in ("cancelled", "merged") else change)

    def write(self, code: str, change: Change | None, condition: str = "", *values: int) -> None:
        """Writes the text of an item, or takes it away where it has none."""
        columns: tuple[str | None, ...] = (None,) * 5
        if change is not None and change.body:
            item = Item.from_dict(change.body.to_dict())
            columns = (item.name, item.list_.value, item.organisation, promised(item), text_of(change.body.to_dict()))
        self.database.execute(
            "UPDATE items SET name = ?, list = ?, organisation = ?, promised = ?, body = ? WHERE code = ? " + condition,
            (*columns, code, *values))

    def handled(self) -> list[sqlite3.Row]:
        """The items that can be handled, or will be again."""
        return self.database.execute(
            "SELECT code, status, name, list, organisation, promised FROM items WHERE status IN (?, ?) AND body IS NOT NULL"
            " ORDER BY code", HANDLED).fetchall()

    def item(self, code: str) -> sqlite3.Row | None:
        return self.database.execute("SELECT * FROM items WHERE code = ?", (code,)).fetchone()


def given(value):
    """A member that may be left out."""
    return None if isinstance(value, Unset) else value


def promised(item: Item) -> str | None:
    limit = given(item.promised_limit)
    return f"{limit.value} {limit.unit.value}" if limit else None


def text_of(value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def check_digest(change: Change) -> None:
    """Whether the body is the one that the log commits to: SHA-256 of the salt and the body's canonical JSON (RFC 8785)."""
    if not change.body:
        return
    salt = bytes.fromhex(str(change.salt))
    text = json.dumps(canonical(change.body.to_dict()), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    if hashlib.sha256(salt + text.encode()).hexdigest() != change.body_digest:
        raise Unusable(f"the body of change {change.seq} does not fit its digest")


def canonical(value):
    """Whole numbers are written without a point there."""
    if isinstance(value, dict):
        return {name: canonical(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [canonical(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def ask(client: Client, seq: int, wait: int) -> ChangePage:
    """What the register has published after `seq`."""
    try:
        answer = list_changes.sync_detailed(client=client, since=seq, limit=200, wait=wait)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise Unusable(repr(error)) from error
    if isinstance(answer.parsed, ChangePage):
        page = answer.parsed
        if page.next_ < seq or (page.next_ == seq and page.seq > seq and not wait):
            raise Unusable("an answer to another question")
        return page
    if isinstance(answer.parsed, Problem):
        problem = answer.parsed
        if problem.code == "ahead-of-log":
            raise Refused(f"{problem.title} ({problem.code}): {problem.detail}")
        raise Unusable(f"{problem.title} ({problem.code})", float(answer.headers.get("retry-after", 0)))
    raise Unusable(f"status {answer.status_code.value}")


def follow(client: Client, store: Store, forever: bool) -> None:
    failures = wait = 0
    while True:
        seq = store.seq
        try:
            page = ask(client, store.since, wait)
            store.take(page)
            if store.seq > seq:
                print(f"{seq} → {store.seq} of {page.seq}", flush=True)
            failures = 0
        except Unusable as unusable:
            failures += 1
            print(f"attempt {failures}: {unusable}", file=sys.stderr, flush=True)
            if failures == ATTEMPTS and not forever:
                raise
            time.sleep(max(unusable.after, min(0.1 * 2**failures, LONGEST_PAUSE)))
            continue
        if page.next_ >= page.seq:
            if not forever:
                return
            wait = WAIT


def main() -> None:
    match sys.argv[1:]:
        case [("follow" | "watch") as command, url, path]:
            client = Client(base_url=url.rstrip("/"), timeout=httpx.Timeout(PATIENCE))
            try:
                follow(client, Store(path), command == "watch")
            except Refused as refused:
                print(f"refused: {refused}", file=sys.stderr)
                sys.exit(REFUSED)
            except Unusable as unusable:
                sys.exit(f"gives up: {unusable}")
        case ["list", path]:
            for row in Store(path).handled():
                print(text_of(dict(row)))
        case ["show", path, code]:
            row = Store(path).item(code)
            if row is None:
                sys.exit(f"no item {code}")
            body = json.loads(row["body"]) if row["body"] else None
            print(text_of({**dict(row), "body": body}))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
