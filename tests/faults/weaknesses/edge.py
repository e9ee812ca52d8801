"""What anybody can do who only sends requests: 6, 14, 17, 24, 25 and 27."""

import contextlib
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .case import CouldNotBeTried, by_status, case
from .register import ITEM, TOWNSHIP, command, demo, leave_at_once, until

EVIL = "evil.example"
# Where the address under which the register is known stands.
NAMES_THE_ADDRESS = ["/", "/sitemap.xml", "/v1/catalog.jsonld", "/v1/changes.atom", f"/v1/items/{ITEM}/guide", f"/v1/items/{ITEM}/qr.svg"]
# Requests of strangers, and letters of their paths.
STRANGERS, LONG = 60, 16_000
SECRET = "faultsSECRETfaults"
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


# 6


@case("6", "X-Forwarded-Host chooses the host of what caches keep")
def forwarded_host(trial):
    return named(trial, {"X-Forwarded-Host": EVIL})


@case("6b", "Forwarded chooses the host of what caches keep")
def forwarded(trial):
    return named(trial, {"Forwarded": f"host={EVIL};proto=https"})


@case("6c", "Host chooses the host of what caches keep")
def host(trial):
    return named(trial, {"Host": EVIL})


@case("6d", "the start page names any host although its own is set")
def start_page(trial):
    with demo(trial, QINGDAN_PUBLIC_URL="https://qingdan.example") as register:
        answer = register.does("/", "GET", headers={"X-Forwarded-Host": EVIL, "Accept": "text/html"})
        seen = EVIL in answer.text()
        return seen, f"QINGDAN_PUBLIC_URL is set, the start page names {EVIL if seen else 'no other host'}"


def named(trial, headers):
    """Which answers that shared caches keep differ when somebody names another host."""
    with demo(trial) as register:
        chosen = []
        for path in NAMES_THE_ADDRESS:
            answer = register.does(path, "GET", headers=headers)
            differs = EVIL in answer.text() or path.endswith("qr.svg") and answer.body != register.does(path, "GET").body
            kept = "public" in (answer.headers["Cache-Control"] or "")
            if differs and kept:
                chosen.append(path.replace(ITEM, "{key}"))
        return bool(chosen), f"public and with {EVIL}: {', '.join(chosen) or 'none'} (of {len(NAMES_THE_ADDRESS)})"


# 14


@case("14", "strangers fill the trail: a bad token and a long path")
def long_paths(trial):
    return fills(trial, lambda register, number: register.ask(f"/v1/drafts/{number}{'A' * LONG}", who="x"))


@case("14b", "strangers fill the trail: another verb and place")
def long_paths_of_webhooks(trial):
    return fills(trial, lambda register, number: register.ask(f"/v1/webhooks/{number}{'A' * LONG}", "DELETE", who="x"))


@case("14c", "strangers fill the trail: names of nobody")
def names_of_nobody(trial):
    def sign_in(register, number):
        document = {"username": f"nobody{number}", "password": "a wrong one altogether"}
        return register.ask("/v1/sessions", "POST", document, address=f"127.0.1.{number + 1}")

    return fills(trial, sign_in)


def fills(trial, attempt):
    with demo(trial) as register:
        def size():
            return register.rows("SELECT count(*), sum(length(coalesce(subject, '')) + length(coalesce(detail, ''))) FROM audit")[0]

        before = size()
        statuses = {attempt(register, number).status for number in range(STRANGERS)}
        if not statuses <= {400, 401, 403, 404, 414, 429}:
            raise CouldNotBeTried(f"answers {statuses}")
        # Lines may be written after the answer.
        time.sleep(1)
        lines, grown = (now - then for now, then in zip(size(), before))
        # One line may tell of all of them.
        return lines > STRANGERS // 3, f"{STRANGERS} requests, answered {sorted(statuses)}: {lines} lines more, {grown / 1000:.0f} kB"


# 17


@case("17", "aborted requests are in no access log: a long poll")
def aborted_poll(trial):
    def poll(register):
        seq = register.ask("/v1").headers["Registry-Seq"]
        return f"GET /v1/changes?since={seq}&wait=30&kind=place HTTP/1.1\r\nHost: x\r\n\r\n".encode(), "wait=30"

    return aborted(trial, poll)


@case("17b", "aborted requests are in no access log: half a body")
def aborted_body(trial):
    def half(register):
        token = register.tokens["editor"]
        head = f"POST /v1/drafts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: 1000\r\n\r\n{{".encode(), '"POST"'

    return aborted(trial, half)


def aborted(trial, request):
    with demo(trial) as register:
        sent, mark = request(register)
        with register.socket() as line:
            line.sendall(sent)
            time.sleep(0.5)
            leave_at_once(line)
        is_told = until(5, lambda: mark in register.log_text())
        lines = [line for line in register.log_text().splitlines() if mark in line]
        status = json.loads(lines[0]).get("status") if lines else None
        return not is_told, f"reset after half a second: {f'a line with status {status}' if is_told else 'no line'}"


# 24


@case("24", "PostgreSQL: NUL in a filter is a 500")
def nul_in_filters(trial):
    of_the_trail = [f"audit?{name}" for name in ("actor", "action", "subject", "organisation")]
    names = {"editor": ["drafts?key", "drafts?author"], "auditor": of_the_trail}

    def ask(register):
        return {name: register.ask(f"/v1/{name}=%00", who=who) for who, asked in names.items() for name in asked}

    return on_postgres(trial, ask)


@case("24b", "PostgreSQL: NUL in a body is a 500")
def nul_in_bodies(trial):
    def ask(register):
        place = {"kind": "place", "action": "create", "body": {"code": "a\0b", "organisation": TOWNSHIP}}
        return {
            "a text": register.ask("/v1/drafts", "POST", register.amendment(summary="a\0b"), "editor"),
            "a code": register.ask("/v1/drafts", "POST", place, "editor2"),
            "a username": register.ask("/v1/sessions", "POST", {"username": "a\0b", "password": "a wrong one altogether"}),
        }

    return on_postgres(trial, ask)


def on_postgres(trial, ask):
    with postgres() as url:
        (trial.folder / "data").mkdir()
        command(trial.binary, trial.folder / "data", "keys", "log", "init", "--database-url", url)
        with demo(trial, DATABASE_URL=url) as register:
            statuses = {name: answer.status for name, answer in ask(register).items()}
            if not set(statuses.values()) <= {200, 201, 400, 401, 404, 422, 500}:
                raise CouldNotBeTried(f"answers {statuses}")
            return 500 in statuses.values(), ", ".join(f"{name}: {status}" for name, status in statuses.items())


@contextlib.contextmanager
def postgres():
    """A cluster of its own for as long as it is needed. PostgreSQL refuses to be root's."""
    if not POSTGRES:
        raise CouldNotBeTried("there is no PostgreSQL on this machine")
    owner = {}
    if os.geteuid() == 0:
        name = next(name for name in ("postgres", "nobody") if name in {user.pw_name for user in pwd.getpwall()})
        owner = {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}
    with contextlib.ExitStack() as ends:
        folder = Path(tempfile.mkdtemp(prefix="qingdan-postgres-"))
        ends.callback(shutil.rmtree, folder, ignore_errors=True)
        if owner:
            shutil.chown(folder, owner["user"])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        def run(program, *arguments):
            words = [POSTGRES[-1] / program, "-D", folder / "pg", *arguments]
            done = subprocess.run(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **owner)
            if done.returncode:
                raise CouldNotBeTried(f"{program}: {done.stderr.decode()[-300:]}")

        run("initdb", "--auth=trust", "--username=qingdan", "--encoding=UTF8", "--locale=C", "--no-sync")
        options = f"-F -p {port} -k {folder} -c listen_addresses=127.0.0.1"
        run("pg_ctl", "-w", "-l", folder / "log", "-o", options, "start")
        ends.callback(run, "pg_ctl", "-m", "immediate", "stop")
        yield f"postgres://qingdan@127.0.0.1:{port}/postgres"


# 25, 27


@case("25", "/metrics is public on the main port")
def metrics(trial):
    with demo(trial) as register:
        return by_status("/metrics", register.ask("/metrics"), {200}, {404})


@case("27", "?access_token= is logged in full")
def token_in_an_address(trial):
    return logged(trial, f"/v1/items?access_token={SECRET}", "access_token")


@case("27b", "other secrets in an address are logged in full")
def secrets_in_addresses(trial):
    return logged(trial, f"/v1/items?client_secret={SECRET}", "client_secret")


def logged(trial, path, mark):
    with demo(trial) as register:
        register.ask(path)
        if not until(5, lambda: mark in register.log_text()):
            raise CouldNotBeTried("the request is not in the log")
        line = next(line for line in register.log_text().splitlines() if mark in line)
        return SECRET in line, f"the log: {json.loads(line).get('path') or line[:200]}"
