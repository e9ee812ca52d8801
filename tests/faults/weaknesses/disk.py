"""What others find on the machine, and what the command line leaves: 7, 8, 16 and 19."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import time

from .case import CouldNotBeTried, case
from .register import DOCUMENT, PLACE, TOWNSHIP, command, demo, leave_at_once, others_may, until

# In no word of the demonstration register.
MARKER = "wqzjxk"
# Seconds in which what was erased has to leave the disk, once nobody holds it.
SCRUBBED = 15
WEBHOOK = {"url": "https://hooks.example.gov.cn/qingdan"}


@case("7", "the database is readable by every user")
def open_files_of_a_new_register(trial):
    with demo(trial) as register:
        register.does("/v1/drafts", document=register.amendment(), who="editor")
        return told_open(register.data)


@case("7b", "what was open is not closed at the start")
def open_files_of_before(trial):
    with demo(trial) as register:
        data = register.data
    for path in [data, *data.rglob("*")]:
        # Keys that others may read are refused from the first.
        if "keys" not in path.parts:
            os.chmod(path, 0o755 if path.is_dir() else 0o644)
    with demo(trial, data):
        return told_open(data)


@case("7c", "secrets of webhooks stand in the database in clear")
def secrets_in_clear(trial):
    with demo(trial) as register:
        secret = register.does("/v1/webhooks", document=WEBHOOK, who="admin").json()["secret"]
        seen = any(register.is_on_disk(text) for text in (secret, secret.removeprefix("whsec_")))
        return seen, f"the secret of a webhook is {'in' if seen else 'nowhere in'} the files of the database"


def told_open(data):
    found = [told for path in [data, *sorted(data.rglob("*"))] if (told := others_may(path))]
    return bool(found), f"others may read {', '.join(found[:5])}" if found else "others may read nothing"


@case("8", "erased text stays while a reader holds a transaction")
def erased_while_read(trial):
    with demo(trial) as register:
        erasure = leak(register)
        with contextlib.closing(sqlite3.connect(register.data / "qingdan.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM changes").fetchall()
            erasure.step("publish", {}, "publisher")
            time.sleep(1)
            reader.execute("ROLLBACK")
        return left_on_disk(register)


@case("8b", "erased text stays when the publisher hangs up")
def erased_and_hung_up(trial):
    with demo(trial) as register:
        erasure = leak(register)
        request = (
            f"POST {erasure.path}/publish HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {register.tokens['publisher']}\r\n"
            f"If-Match: {erasure.tag}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
        )

        def is_erased():
            return register.ask("/v1/places/leck/revisions/1").status == 410

        def hang_up():
            with register.socket() as line:
                line.sendall(request.encode())
                # That it is heard, and not yet answered.
                time.sleep(0.01)
                leave_at_once(line)
            return until(1, is_erased)

        # Where they are not heard because they hang up so early, they try again.
        if not until(20, hang_up):
            raise CouldNotBeTried("the erasure did not come about")
        return left_on_disk(register)


def leak(register):
    """The draft that erases a text which another one has replaced."""
    body = register.body(f"/v1/places/{PLACE}") | {"code": "leck", "organisation": TOWNSHIP}
    content = {"kind": "place", "reason": "测试", "document": DOCUMENT}
    register.publish(content | {"action": "create", "body": body | {"name": MARKER}})
    register.publish(content | {"action": "amend", "key": "leck", "body": body})
    return register.approved(content | {"action": "erase", "key": "leck", "revision": 1})


def left_on_disk(register):
    began = time.monotonic()
    is_gone = until(SCRUBBED, lambda: not register.is_on_disk(MARKER), every=1)
    took = time.monotonic() - began
    return not is_gone, f"off the disk after {took:.0f} s" if is_gone else f"on the disk {took:.0f} s after the last who read it"


@case("16", "restoring beside a left-over -wal ruins the database")
def restore_beside_a_wal(trial):
    with demo(trial) as register:
        copy = trial.folder / "copy.db"
        register.run("backup", copy)
        for number in range(3):
            register.publish(register.amendment(summary=f"第{number + 1}次核对。"))
        os.kill(register.server.pid, signal.SIGKILL)
        register.server.process.wait()
        data = register.data
    # Somebody removes the register, but not what lies beside it, nor the keys, which would refuse the older copy.
    if not (data / "qingdan.db-wal").exists():
        raise CouldNotBeTried("the killed server left no -wal")
    (data / "qingdan.db").unlink()
    shutil.rmtree(data / "keys")
    restored = command(trial.binary, data, "restore", copy, check=False)
    verified = command(trial.binary, data, "verify", "log", check=False)
    told = (verified.stderr or verified.stdout).decode().strip().splitlines()[-1:]
    seen = restored.returncode == 0 and verified.returncode != 0 or b"malformed" in restored.stderr
    if not seen and restored.returncode:
        raise CouldNotBeTried(f"restore: {restored.stderr.decode()[-300:]}")
    return seen, f"restore ended with {restored.returncode}, verify log with {verified.returncode}: {' '.join(told)[:160]}"


@case("19", "keys rotate --revoke looks like a rotation")
def revoked_keys(trial):
    with demo(trial) as register:
        plain, revoked = told_by(register, "keys", "rotate"), told_by(register, "keys", "rotate", "--revoke")
        if not plain:
            raise CouldNotBeTried("a rotation leaves no line")
        return plain == revoked, f"rotate: {told(plain)}; rotate --revoke: {told(revoked)}"


@case("19b", "keys log add and retire leave no line")
def log_keys(trial):
    with demo(trial) as register:
        added = told_by(register, "keys", "log", "add")
        number = register.run("keys", "log", "show").stdout.decode().split("\n")[0].split("+")[1]
        retired = told_by(register, "keys", "log", "retire", number)
        return not added and not retired, f"add: {told(added)}; retire: {told(retired)}"


def told_by(register, *arguments):
    """The lines of the trail that a command leaves, without the names of keys, which differ: action, and what else is told."""
    before = register.rows("SELECT max(seq) FROM audit")[0][0]
    register.run(*arguments)
    lines = register.rows("SELECT action, detail FROM audit WHERE seq > ? ORDER BY seq", before)
    return [(action, sorted(json.loads(detail or "{}"))) for action, detail in lines]


def told(lines):
    return ", ".join(" ".join([action, *names]) for action, names in lines) or "nothing"
