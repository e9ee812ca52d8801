"""A register that is served, and those who work with it: over HTTP, from the command line, and in its files."""

import contextlib
import http.client
import json
import os
import socket
import sqlite3
import struct
import subprocess
import time
from dataclasses import dataclass

from server import Server, environment

from .case import CouldNotBeTried

# Seconds until a request is given up.
PATIENCE = 60
# What the demonstration register holds.
ITEM, PLACE, DIVISION = "11350121003619116B5000511001000", "yangli-hall", "350121"
TOWNSHIP, COUNTY_OFFICE = "11350121003619116B", "11350121003610146D"
# The first password is given by somebody else, and may permit nothing but to be changed.
FIRST_PASSWORD, PASSWORD = "a first word for faults", "another word for faults"
UNLIMITED = {"QINGDAN_RATE_LIMIT": "off", "QINGDAN_SIGN_IN_LIMIT": "off"}
DOCUMENT = {"title": "关于开展年度核对的通知"}


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)

    def text(self):
        return self.body.decode(errors="replace")

    def code(self):
        """Those of a problem document and of its first mistake, for the evidence."""
        with contextlib.suppress(ValueError, AttributeError):
            told = self.json()
            return "".join(f" {part['code']}" for part in [told, *told.get("errors", [])[:1]] if "code" in part)
        return ""


class Register:
    """A server of a register, and what is known of it."""

    def __init__(self, trial, server, tokens=None, passwords=None):
        self.trial, self.server, self.port = trial, server, server.port
        self.tokens, self.passwords = tokens or {}, passwords or {}
        self.data, self.log = server.data, server.log

    def ask(self, path, method="GET", document=None, who=None, address="127.0.0.1", patience=PATIENCE, headers=None, body=None):
        """One request over a connection of its own; `who` is an account of the demonstration, or a token."""
        headers = dict(headers or {})
        if document is not None:
            body = json.dumps(document, ensure_ascii=False).encode()
            headers.setdefault("Content-Type", "application/json")
        if who:
            headers["Authorization"] = f"Bearer {self.tokens.get(who, who)}"
        line = http.client.HTTPConnection("127.0.0.1", self.port, patience, source_address=(address, 0))
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            line.close()

    def does(self, path, method="POST", document=None, who=None, **more):
        """The same where nothing else than success will do."""
        answer = self.ask(path, method, document, who, **more)
        if answer.status >= 300:
            raise CouldNotBeTried(f"{method} {path}: {answer.status} {answer.text()[:400]}")
        return answer

    def socket(self, address="127.0.0.1", patience=PATIENCE):
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), patience, (address, 0))

    def run(self, *arguments, text=None, check=True):
        """The command line, on the same data."""
        return command(self.trial.binary, self.data, *arguments, text=text, check=check)

    # Accounts

    def person(self, name, role, maker="admin", **where):
        """An account that an administrator makes, and whose owner has changed the password; its token."""
        self.does("/v1/users", document=new_person(name, role, **where), who=maker)
        return self.own_password(name, FIRST_PASSWORD)

    def own_password(self, name, given):
        first = self.sign_in(name, given)
        self.does("/v1/me/password", "PUT", {"old_password": given, "password": PASSWORD}, who=first)
        return self.sign_in(name, PASSWORD)

    def sign_in(self, name, password):
        return self.does("/v1/sessions", document={"username": name, "password": password}).json()["access_token"]

    def change_account(self, name, change):
        seen = self.does(f"/v1/users/{name}", "GET", who="admin")
        return self.does(f"/v1/users/{name}", "PATCH", change, "admin", headers={"If-Match": seen.headers["ETag"]})

    # Drafts

    def draft(self, content, who="editor"):
        return Draft(self, self.does("/v1/drafts", document=content, who=who), who)

    def body(self, path):
        """That of a published record, as a draft has it."""
        answered = self.does(path, "GET").json()
        return {name: value for name, value in answered.items() if name not in ("meta", "embedded", "links")}

    def amendment(self, key=ITEM, **changes):
        """What a draft says that changes an item."""
        body = self.body(f"/v1/items/{key}") | changes
        return {"kind": "item", "action": "amend", "key": key, "body": body, "reason": "年度核对", "document": DOCUMENT}

    def approved(self, content, who="editor"):
        draft = self.draft(content, who)
        draft.step("submit", {}, who)
        draft.step("approve", {"kind": "confidentiality"}, "reviewer")
        draft.step("approve", {"kind": "legality"}, "reviewer2")
        return draft

    def publish(self, content, who="editor"):
        return self.approved(content, who).step("publish", {}, "publisher")

    # Files

    def log_text(self):
        return self.log.read_text(errors="replace")

    def is_on_disk(self, text):
        """Whether a file of the database has it."""
        return any(text.encode() in file.read_bytes() for file in self.data.glob("qingdan.db*"))

    def rows(self, query, *values):
        with contextlib.closing(sqlite3.connect(f"file:{self.data / 'qingdan.db'}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()


class Draft:
    """A draft and the version of it that was seen last."""

    def __init__(self, register, answer, author):
        self.register, self.author, self.id, self.tag = register, author, answer.json()["id"], answer.headers["ETag"]

    @property
    def path(self):
        return f"/v1/drafts/{self.id}"

    def tries(self, step, document, who):
        answer = self.register.ask(f"{self.path}/{step}", "POST", document, who, headers={"If-Match": self.tag})
        self.tag = answer.headers["ETag"] if answer.status < 300 and answer.headers["ETag"] else self.tag
        return answer

    def step(self, step, document, who):
        answer = self.tries(step, document, who)
        if answer.status >= 300:
            raise CouldNotBeTried(f"{step}: {answer.status} {answer.text()[:400]}")
        return answer

    def seen(self, who=None):
        return self.register.ask(self.path, who=who or self.author).json()


def command(binary, data, *arguments, text=None, check=True):
    """Runs the command line as somebody at the machine would."""
    sent = None if text is None else text.encode()
    done = subprocess.run([binary, *map(str, arguments)], env=environment(data), input=sent, capture_output=True, timeout=PATIENCE)
    if check and done.returncode:
        raise CouldNotBeTried(f"qingdan {' '.join(map(str, arguments[:2]))}: {done.stderr.decode()[-300:]}")
    return done


def new_person(name, role, **where):
    grants = [{"role": role} | (where or {"division": DIVISION})]
    return {"username": name, "display_name": name, "password": FIRST_PASSWORD, "grants": grants}


@contextlib.contextmanager
def demo(trial, data=None, **settings):
    """The demonstration register, without limits of requests unless a setting says otherwise; `None` is the default."""
    data = data or trial.folder / "data"
    data.mkdir(exist_ok=True)
    chosen = {name: value for name, value in (UNLIMITED | settings).items() if value is not None}
    with Server(trial.binary, data, "--demo", log=trial.folder / "server.log", **chosen) as server:
        tokens, passwords = {}, {}
        for line in server.process.stdout:
            kind, _, rest = line.decode().strip().partition(" ")
            if kind in ("token", "password"):
                name, _, value = rest.partition("=")
                (tokens if kind == "token" else passwords)[name] = value
            if line.startswith(b"password integration="):
                break
        yield Register(trial, server, tokens, passwords)


def until(seconds, is_so, every=0.2):
    """Whether it is so before they are over."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if is_so():
            return True
        time.sleep(every)
    return is_so()


def leave_at_once(line):
    """Lets a connection end with a reset instead of an end once it is closed."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def others_may(path):
    """What other users may do with a file, as `ls` writes it; empty for nothing."""
    mode = os.stat(path).st_mode & 0o077
    return f"{path.name} {os.stat(path).st_mode & 0o777:o}" if mode else ""
