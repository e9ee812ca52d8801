#!/usr/bin/env python3
"""Whether an implementation of the mirror algorithm (openapi/MIRROR.md) ends with what the register holds.

    conformance.py --qingdan ../../target/release/qingdan [--seed N] [--steps N] -- COMMAND …

starts a demonstration register of its own, publishes a random history on it, and meanwhile runs the implementation, which
has to understand three calls (see README.md):

    COMMAND follow URL STATE    COMMAND wake STATE < webhook    COMMAND dump STATE

through a proxy that loses, cuts and doubles answers and shortens pages, killing and restarting it and the register. It ends
with 0 when the implementation holds every record exactly as the register answers it, and erased texts nowhere.
"""

import argparse
import http.server
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

TOWNSHIP = "11350121003619116B"
DECISION = {"title": "关于调整权责清单的决定", "number": "洋政〔2026〕8号", "issuer": "洋里乡人民政府"}
REFUSED = 3
# Seconds after which something will never come. A busy machine is no fault.
LONG = 300
SECRET = "不该公开"
# Changes of a page that the implementation gets.
LONGEST_PAGE = 40
EVERY = "&".join(f"status={status}" for status in ("in_force", "suspended", "cancelled", "merged"))


class Failed(Exception):
    pass


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def line(meta, body):
    """A line of a dump."""
    return compact({"kind": meta["kind"], "key": meta["key"], "status": meta["status"], "revision": meta["revision"],
                    "seq": meta["seq"], "successor": meta.get("successor"), "body": body})


class Register:
    """A demonstration register in a process of its own."""

    def __init__(self, program, folder):
        self.program, self.folder, self.url = program, folder, None
        self.start("--demo")

    def start(self, *arguments):
        environment = os.environ | {"QINGDAN_DATA_DIR": self.folder, "QINGDAN_RATE_LIMIT": "off"}
        # Each time at another port: nobody can have taken it meanwhile.
        command = [self.program, "serve", "--listen", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.tokens = {}
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.url = line.split()[-1]
            elif line.startswith("token "):
                name, token = line.removeprefix("token ").strip().split("=", 1)
                self.tokens[name] = token
                if len(self.tokens) == 9:
                    return
        raise Failed("the register did not start")

    def stop(self):
        self.url = None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def restart(self):
        self.stop()
        self.start("--demo")

    def ask(self, method, path, who=None, body=None, tag=None):
        headers = {"Content-Type": "application/json"}
        if who:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        if tag:
            headers["If-Match"] = tag
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=sent, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=LONG) as answer:
            return json.load(answer)

    def step(self, draft, who, step, body):
        return self.ask("POST", f"/v1/drafts/{draft['id']}/{step}", who, body, f'"{draft["version"]}"')

    def approved(self, draft):
        draft = self.ask("POST", "/v1/drafts", "editor", draft)
        draft = self.step(draft, "editor", "submit", {})
        draft = self.step(draft, "reviewer", "approve", {"kind": "confidentiality"})
        return self.step(draft, "reviewer2", "approve", {"kind": "legality"})

    def publish(self, drafts):
        ids = [self.approved(draft)["id"] for draft in drafts]
        return self.ask("POST", "/v1/publications", "publisher", {"drafts": ids})

    def changes(self, since):
        return self.ask("GET", f"/v1/changes?since={since}")

    def seq(self):
        return self.ask("GET", "/v1")["seq"]

    def exported(self):
        """The same from the exports of every kind, without what was erased."""
        lines, seq = {}, self.seq()
        for kind in self.ask("GET", "/v1")["records"]:
            path = f"/v1/exports/{kind['link'].removeprefix('/v1/')}.ndjson?as_of={seq}&{EVERY}"
            with urllib.request.urlopen(self.url + path, timeout=LONG) as answer:
                records = [json.loads(line) for line in answer.read().decode().splitlines()]
            end = records.pop()
            if end != {"end": True, "count": len(records), "seq": seq}:
                raise Failed(f"{path} was cut: it ends with {end}")
            for record in records:
                meta = record.pop("meta")
                lines[meta["kind"], meta["key"]] = line(meta, record)
        return lines

    def lines(self, erased):
        """Every record as the register answers it, and those that were erased as it refuses them."""
        lines = {}
        for kind in self.ask("GET", "/v1")["records"]:
            path = f"{kind['link']}?limit=200&{EVERY}"
            while path:
                page = self.ask("GET", path)
                for row in page["items"]:
                    record = self.ask("GET", f"{kind['link']}/{row['code']}")
                    meta = record.pop("meta")
                    del record["embedded"], record["links"]
                    lines[meta["kind"], meta["key"]] = line(meta, record)
                following = page["next"]
                path = following and f"{kind['link']}?limit=200&{EVERY}&cursor={following}"
        for key in erased:
            try:
                self.ask("GET", f"/v1/places/{key}")
            except urllib.error.HTTPError as error:
                if error.code == 410:
                    lines["place", key] = None
        return lines


class History:
    """Random publications on places of the township: every action, single and in batches."""

    def __init__(self, register, chance):
        self.register, self.chance = register, chance
        self.places, self.count, self.secrets = {}, 0, 0

    def body(self, key, name):
        return {"code": key, "name": name, "organisation": TOWNSHIP, "division": "350121202", "address": "洋里乡洋里村",
                "phones": [{"kind": "phone", "value": f"0591-2600{self.chance.randrange(10000):04}"}],
                "valid_from": "2020-01-01", "hours": [{"days": [1, 2, 3, 4, 5], "from": "08:30", "until": "12:00"}]}

    def draft(self, action, key, **more):
        return {"kind": "place", "action": action, "key": key, "reason": "一致性测试", "document": DECISION, **more}

    def create(self):
        self.count += 1
        key = f"conformance-{self.count}"
        self.places[key] = {"status": "in_force", "revision": 1, "erased": False}
        return {"kind": "place", "action": "create", "reason": "一致性测试", "body": self.body(key, f"场所 {self.count}")}

    def change(self, key):
        place = self.places[key]
        allowed = {"in_force": ["amend", "amend", "suspend", "cancel", "renumber", "erase"],
                   "suspended": ["amend", "reinstate", "cancel"], "cancelled": ["reinstate"]}[place["status"]]
        if place["erased"] or not allowed:
            return None
        action = self.chance.choice(allowed)
        if action == "erase":
            return self.leak_and_erase(key)
        more = {}
        if action == "amend":
            more["body"] = self.body(key, f"场所 {self.chance.randrange(1000)}")
        if action == "renumber":
            self.count += 1
            new = f"conformance-{self.count}"
            more["body"] = self.body(new, f"场所 {self.count}")
            self.places[new] = self.places.pop(key)
        place["status"] = {"suspend": "suspended", "reinstate": "in_force", "cancel": "cancelled"}.get(action, place["status"])
        place["revision"] += 1
        return self.draft(action, key, **more)

    def leak_and_erase(self, key):
        """A text that should not have been public, and its erasure: of the newest revision, or of one before it."""
        place = self.places[key]
        self.secrets += 1
        self.register.publish([self.draft("amend", key, body=self.body(key, f"{SECRET} {self.secrets}"))])
        place["revision"] += 1
        leaked = place["revision"]
        if self.chance.random() < 0.5:
            self.register.publish([self.draft("amend", key, body=self.body(key, "改正"))])
            place["revision"] += 1
        else:
            place["erased"] = True
        return self.draft("erase", key, revision=leaked)

    def advance(self):
        drafts, touched = [], set()
        for _ in range(self.chance.choice([1, 1, 1, 2, 5])):
            free = [key for key in self.places if key not in touched]
            key = self.chance.choice(free) if free and self.chance.random() < 0.7 else None
            before = set(self.places)
            draft = self.change(key) if key else self.create()
            if draft:
                drafts.append(draft)
                touched |= {key} | (set(self.places) - before)
        if drafts:
            self.register.publish(drafts)

    def erased(self):
        return [key for key, place in self.places.items() if place["erased"]]


class Proxy:
    """Stands between the implementation and the register: loses, cuts and doubles answers, and gives shorter pages than are asked
    for, so that publications go on from one to the next."""

    def __init__(self, register, chance):
        proxy = self
        self.faults, self.last, self.chance, self.register = True, None, chance, register

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                proxy.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, handler):
        status, kind, body = self.fetch(handler.path)
        fault = self.chance.choice(["", "", "", "lost", "cut", "doubled"]) if self.faults else ""
        if fault == "lost":
            status, body = 503, b"{}"
        if fault == "doubled" and self.last:
            status, kind, body = self.last
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        handler.wfile.write(body[: len(body) // 2] if fault == "cut" else body)
        if status == 200:
            self.last = (status, kind, body)

    def fetch(self, path):
        register = self.register.url
        if register is None:
            return 502, "application/json", b"{}"
        if path.partition("?")[0] == "/v1/changes":
            path = self.shortened(path)
        try:
            with urllib.request.urlopen(register + path, timeout=LONG) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read()
        except OSError:
            return 502, "application/json", b"{}"

    def shortened(self, path):
        address, _, query = path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        asked["limit"] = min(int(asked.get("limit", LONGEST_PAGE)), self.chance.randint(1, LONGEST_PAGE))
        return f"{address}?{urllib.parse.urlencode(asked)}"


class Implementation:
    def __init__(self, command, state):
        self.command, self.state = command, state

    def start(self, url):
        return subprocess.Popen([*self.command, "follow", url, self.state], stderr=subprocess.DEVNULL)

    def follow(self, url):
        ended = subprocess.run([*self.command, "follow", url, self.state], timeout=LONG)
        if ended.returncode != 0:
            raise Failed(f"follow ended with {ended.returncode}")

    def wake(self, changes):
        hint = {"type": "changes.published", "timestamp": "2026-01-01T00:00:00Z", "data": {"changes": changes}}
        subprocess.run([*self.command, "wake", self.state], input=compact(hint).encode(), timeout=LONG, check=True)

    def dump(self):
        ended = subprocess.run([*self.command, "dump", self.state], capture_output=True, timeout=LONG, check=True)
        return ended.stdout.decode()


def compare(dumped, register, erased, what):
    if SECRET in dumped:
        raise Failed(f"{what}: an erased text is still there")
    held = {}
    for line in dumped.splitlines():
        record = json.loads(line)
        held[record["kind"], record["key"]] = None if record["status"] == "erased" else line
    must_be_equal(held, register.lines(erased), f"{what}, by the records")
    held = {name: line for name, line in held.items() if line is not None}
    must_be_equal(held, register.exported(), f"{what}, by the exports")


def must_be_equal(held, expected, what):
    wrong = sorted(name for name in held.keys() | expected.keys() if held.get(name, "") != expected.get(name, ""))
    for name in wrong[:5]:
        print(f"{name}:\n  held     {held.get(name, 'nothing')}\n  register {expected.get(name, 'nothing')}", file=sys.stderr)
    if wrong:
        raise Failed(f"{what}: {len(wrong)} records differ from the register")


def run(arguments, folder):
    chance = random.Random(arguments.seed)
    register = Register(arguments.qingdan, os.path.join(folder, "register"))
    try:
        history, proxy = History(register, chance), Proxy(register, random.Random(arguments.seed + 1))
        implementation = Implementation(arguments.command, os.path.join(folder, "state"))
        running, old = None, register.changes(0)["items"][:3]
        for step in range(arguments.steps):
            history.advance()
            match chance.choice(["start", "kill", "wake", "nothing", "restart" if step % 10 == 9 else "start"]):
                case "start" if running is None:
                    running = implementation.start(proxy.url)
                case "kill" if running is not None:
                    running.kill()
                    running.wait()
                    running = None
                case "wake":
                    implementation.wake(old)
                    old = chance.choice([old, old + old[::-1], register.changes(0)["items"][-2:]])
                case "restart":
                    register.restart()
            if running is not None and running.poll() is not None:
                if running.returncode not in (0, 1):
                    raise Failed(f"follow ended with {running.returncode}")
                running = None
        if running is not None:
            running.kill()
            running.wait()
        proxy.faults = False
        implementation.follow(proxy.url)
        compare(implementation.dump(), register, history.erased(), "after the history")
        register.restart()
        implementation.wake(old)
        implementation.follow(proxy.url)
        compare(implementation.dump(), register, history.erased(), "after a restart of the register")
        fresh = Implementation(arguments.command, os.path.join(folder, "fresh"))
        fresh.follow(register.url)
        if fresh.dump() != implementation.dump():
            raise Failed("who begins now holds something else than who followed")
        seq = register.seq()
        rewritten(register, implementation, folder)
        return seq
    finally:
        register.stop()


def rewritten(register, implementation, folder):
    """A register that was restored from an older copy: the implementation has to refuse it and keep what it has."""
    before = implementation.dump()
    other = Register(register.program, os.path.join(folder, "older"))
    try:
        ended = subprocess.run(
            [*implementation.command, "follow", other.url, implementation.state], timeout=LONG, stderr=subprocess.DEVNULL)
    finally:
        other.stop()
    if ended.returncode != REFUSED:
        raise Failed(f"a register with an older log was followed: {ended.returncode} instead of {REFUSED}")
    if implementation.dump() != before:
        raise Failed("a register with an older log changed what was held")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qingdan", required=True, help="the program")
    parser.add_argument("--seed", type=int, default=1, help="which history")
    parser.add_argument("--steps", type=int, default=40, help="how many publications, about")
    parser.add_argument("command", nargs="+", help="the implementation")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="conformance-")
    began = time.monotonic()
    try:
        seq = run(arguments, folder)
        print(f"conforms: {seq} changes, seed {arguments.seed}, {time.monotonic() - began:.1f} s")
    except Failed as failed:
        sys.exit(f"does not conform (seed {arguments.seed}): {failed}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
