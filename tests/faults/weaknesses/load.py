"""A few requests that cost the machine far more than they should: 1, 2, 12 and 13."""

import contextlib
import json
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

from attacks.charts import PREVIEW, written
from attacks.past_states import forged
from big import AIR, DEMO, GENERATOR, XLSX_PARTS
from server import Server

from .case import CouldNotBeTried, case
from .register import DIVISION, FIRST_PASSWORD, UNLIMITED, Register, command, demo, leave_at_once

MEGABYTE = 1 << 20
# A register large enough for what grows with it to be felt, and as many publications after the first one as there are moments to ask for.
ITEMS, PUBLICATIONS = 1_500, 15
STAFF = {"wang": "editor", "li": "reviewer", "zhao": "reviewer", "sun": "publisher"}
# Processor time and memory that a few moments, and requests that are left, may take: before it was half a second and 60 MB each.
SECONDS_OF_MOMENTS, GROWTH_OF_MOMENTS = 1.5, 150 * MEGABYTE
# What the others' median may be in milliseconds, and what those who do not read may hold together: before it was seconds, and all of the
# first publication each.
MEDIAN, HELD = 100, 80 * MEGABYTE
LOOPS, SILENT, SECONDS_OF_LOOPS = 4, 20, 5
# How long a reader may wait while a chart is read, and what an import may take: before it was seconds, and hundreds of megabytes.
WAITING, IMPORTED, ALL_IMPORTED = 1.0, 150 * MEGABYTE, 400 * MEGABYTE
CSV_BYTES = 60_000_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHARED_STRINGS, WORKBOOK = "xl/sharedStrings.xml", "xl/workbook.xml"
PARTS = XLSX_PARTS | {
    SHARED_STRINGS: '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"></sst>',
    WORKBOOK: XLSX_PARTS[WORKBOOK].replace("</workbook>", "<definedNames></definedNames></workbook>"),
}
# What stands at the end of the list that is long.
LISTS = {SHARED_STRINGS: "</sst>", WORKBOOK: "</definedNames>"}
FROM_OTHERS = "127.0.0.2"


@contextlib.contextmanager
def large(trial, **settings):
    """A register of some thousand items in one publication, and small ones after it: prepared once, each case has a copy."""
    kept = trial.shared / "large"
    if not kept.exists():
        prepare(trial, kept)
    data = shutil.copytree(kept, trial.folder / "data")
    with Server(trial.binary, data, log=trial.folder / "server.log", **settings) as server:
        yield Register(trial, server)


def prepare(trial, kept):
    if not GENERATOR.exists():
        raise CouldNotBeTried(f"{GENERATOR} is missing: it makes the register, and lies beside the repository and not in it")
    data = trial.shared / "preparing"
    if data.exists():
        raise CouldNotBeTried("the register could not be prepared, as the first case that needs it tells")
    data.mkdir()
    for name, role in STAFF.items():
        created = ["user", "create", name, "--role", role, "--division", DIVISION, "--password-stdin"]
        command(trial.binary, data, *created, text=FIRST_PASSWORD)
    file = trial.shared / "register.json"
    file.write_bytes(subprocess.run([sys.executable, GENERATOR, str(ITEMS), DEMO], check=True, capture_output=True).stdout)
    command(trial.binary, data, "import", file, "--as", "wang", "--publish")
    with Server(trial.binary, data, log=trial.shared / "preparing.log", **UNLIMITED) as server:
        register = Register(trial, server)
        tokens = [register.own_password(name, FIRST_PASSWORD) for name in STAFF]
        register.tokens = dict(zip(["editor", "reviewer", "reviewer2", "publisher"], tokens))
        # What names a stored file could not be submitted: the file is not in what was loaded.
        key = next(item["code"] for item in json.loads(file.read_bytes())["items"] if not re.search("[0-9a-f]{64}", json.dumps(item)))
        for number in range(PUBLICATIONS):
            register.publish(register.amendment(key, summary=f"第{number + 1}次核对。"))
    data.rename(kept)


def head(register):
    return int(register.ask("/v1").headers["Registry-Seq"])


class Cost:
    """Processor time and memory of a server from here on."""

    def __init__(self, server):
        self.server, self.began, self.idle = server, server.processor_time(), server.resident()
        server.forget_peak()

    def seconds(self):
        return self.server.processor_time() - self.began

    def growth(self):
        return self.server.resident() - self.idle

    def peak(self):
        return self.server.resident("VmHWM") - self.idle


def of_moments(cost, answers, growth):
    """Whether moments took what only a register folded anew for each of them takes."""
    seen = cost.seconds() > SECONDS_OF_MOMENTS or growth > GROWTH_OF_MOMENTS
    return seen, f"{answers}: {cost.seconds():.1f} s of processor, {growth / MEGABYTE:.0f} MB more"


@case("1", "past states end the process", alone=True)
def past_states(trial):
    return walk(trial, "/v1/items?limit=1&as_of={}")


@case("1b", "past states: the summary instead of a list", alone=True)
def past_states_of_the_summary(trial):
    return walk(trial, "/v1/summary?as_of={}")


def walk(trial, path):
    with large(trial) as register:
        top = head(register)
        cost = Cost(register.server)
        statuses = [register.ask(path.format(top - step)).status for step in range(1, 9)]
        if set(statuses) - {200, 429, 503}:
            raise CouldNotBeTried(f"answers {statuses}")
        return of_moments(cost, f"8 moments downwards, {statuses.count(200)} answered", cost.growth())


@case("1c", "past states: a cursor whose seq is forged", alone=True)
def forged_cursor(trial):
    with large(trial) as register:
        top = head(register)
        cursor = register.does("/v1/items?limit=1", "GET").json()["next"]
        register.does(f"/v1/items?limit=1&cursor={cursor}", "GET")
        answer = register.ask(f"/v1/items?limit=1&cursor={forged(cursor, top - 5)}")
        if answer.status not in (200, 400):
            raise CouldNotBeTried(f"{answer.status} {answer.text()[:200]}")
        of = answer.json()["seq"] if answer.status == 200 else None
        return of == top - 5, f"head {top}, forged to {top - 5}: {answer.status}{answer.code()}, the list of seq {of}"


@case("1d", "past states: fourteen requests that are reset fold at once", alone=True)
def resets(trial):
    with large(trial) as register:
        top = head(register)
        cost = Cost(register.server)
        for step in range(1, 15):
            with register.socket() as line:
                line.sendall(f"GET /v1/items?limit=1&as_of={top - step} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                time.sleep(0.02)
                leave_at_once(line)
        time.sleep(5)
        return of_moments(cost, "14 moments, each reset after 20 ms", cost.peak())


@case("2", "loops on the feed slow every reader", alone=True)
def feed_loops(trial):
    with large(trial, **UNLIMITED) as register:
        path, ends = "/v1/changes?since=0", time.monotonic() + SECONDS_OF_LOOPS
        size = len(register.ask(path).body)

        def loop():
            while time.monotonic() < ends:
                register.ask(path, address=FROM_OTHERS, headers={"Accept-Encoding": "br"})

        loops = [threading.Thread(target=loop) for _ in range(LOOPS)]
        for thread in loops:
            thread.start()
        times = []
        while time.monotonic() < ends:
            began = time.monotonic()
            register.does("/v1/places/yangli-hall", "GET")
            times.append(time.monotonic() - began)
            time.sleep(0.05)
        for thread in loops:
            thread.join()
        median, worst = (1000 * function(times) for function in (statistics.median, max))
        return median > MEDIAN, f"a page of {size / MEGABYTE:.1f} MB, a reader's median {median:.0f} ms, worst {worst:.0f} ms"


@case("2b", "the feed: connections that do not read hold a publication each", alone=True)
def feed_not_read(trial):
    with large(trial, **UNLIMITED) as register, contextlib.ExitStack() as held:
        cost = Cost(register.server)
        for _ in range(SILENT):
            line = held.enter_context(socket.socket())
            # So that it lies with the server.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.bind((FROM_OTHERS, 0))
            line.connect(("127.0.0.1", register.port))
            line.sendall(b"GET /v1/changes?since=0 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(SECONDS_OF_LOOPS)
        return cost.growth() > HELD, f"{SILENT} connections that do not read: {cost.growth() / MEGABYTE:.0f} MB"


@case("12", "a Mermaid chain of 90,000 nodes", alone=True)
def mermaid_chain(trial):
    return charted(trial, *next(written()))


@case("12b", "a BPMN process of 50,000 tasks", alone=True)
def bpmn_tasks(trial):
    tasks = "".join(f'<task id="t{number}"/>' for number in range(50_000))
    opening = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:x"><process id="p">'
    return charted(trial, "application/bpmn+xml", f"{opening}{tasks}</process></definitions>".encode())


def charted(trial, media, chart):
    with demo(trial, QINGDAN_WORKERS="1") as register:
        began, told = time.monotonic(), []
        headers = {"Content-Type": media, "Accept": "image/svg+xml"}

        def send():
            told.append(register.ask(PREVIEW, "POST", who="editor", headers=headers, body=chart))

        sending = threading.Thread(target=send)
        sending.start()
        worst = 0
        while sending.is_alive():
            asked = time.monotonic()
            # Who waits for too long may be told so.
            register.ask("/v1/places/yangli-hall")
            worst = max(worst, time.monotonic() - asked)
            time.sleep(0.02)
        sending.join()
        if not told or told[0].status not in (200, 400, 413, 422, 503):
            raise CouldNotBeTried(f"the chart: {told and told[0].status}")
        took = time.monotonic() - began
        return worst > WAITING, f"{told[0].status} after {took:.1f} s, meanwhile a reader waited {1000 * worst:.0f} ms"


@case("13", "a workbook of empty shared strings", alone=True)
def shared_strings(trial):
    return imported(trial, workbook(trial, SHARED_STRINGS, b"<si/>", 10_000_000))


@case("13b", "a workbook of three million names", alone=True)
def names(trial):
    return imported(trial, workbook(trial, WORKBOOK, b'<definedName name="a">b</definedName>', 3_000_000))


@case("13c", "four csv of 60 MB at once", alone=True)
def large_tables(trial):
    with demo(trial) as register:
        table = register.does("/v1/exports/items.csv", "GET").body
        first, _, rows = table.partition(b"\r\n")
        file = first + b"\r\n" + rows * (CSV_BYTES // len(rows) + 1)
        return takes(register, "text/csv", file[: file.rindex(b"\r\n", 0, CSV_BYTES) + 2], "/v1/imports?kind=item", 4, ALL_IMPORTED)


def imported(trial, file):
    with demo(trial) as register:
        return takes(register, XLSX, file, "/v1/imports", 1, IMPORTED)


def takes(register, media, file, path, times, most):
    """What a file takes of memory that is sent several times at once."""
    cost = Cost(register.server)

    def send(_):
        return register.ask(path, "POST", who="editor", headers={"Content-Type": media}, body=file, patience=180)

    with ThreadPoolExecutor(times) as pool:
        statuses = [answer.status for answer in pool.map(send, range(times))]
    if not set(statuses) <= {201, 400, 413, 422, 503}:
        raise CouldNotBeTried(f"answers {statuses}")
    took = cost.peak()
    evidence = f"{len(file) / MEGABYTE:.1f} MB sent, answered {', '.join(map(str, statuses))}: {took / MEGABYTE:.0f} MB more at the peak"
    return took > most, evidence


def workbook(trial, part, piece, times):
    """One that ends a part with a piece that is repeated, and has as much that cannot be packed as keeps it from looking swollen."""
    path = trial.folder / "book.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            before, end, after = text.rpartition(LISTS[name]) if name == part else (text, "", "")
            with archive.open(name, "w") as file:
                file.write(before.encode())
                for _ in range(times // 100_000 if end else 0):
                    file.write(piece * 100_000)
                file.write((end + after).encode())
        archive.writestr("xl/media/image1.bin", random.Random(7).randbytes(AIR), zipfile.ZIP_STORED)
    return path.read_bytes()
