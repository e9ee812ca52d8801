"""Big: 10,000 items loaded as one publication, and 300 small ones after it. Prepared once and kept."""

import asyncio
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from client import JSON, Connection
from server import Server, environment

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = ROOT.parent / "shared/data/gen_register.py"
DEMO = ROOT / "demo/items.json"
ITEMS, PUBLICATIONS = 10_000, 300
DIVISION = "350121"
# An account of each: who loads the register and drafts, who reviews, who publishes; and those that attack.
STAFF = {"wang": "editor", "li": "reviewer", "zhao": "reviewer", "sun": "publisher"}
ATTACKERS = ["attacker1", "attacker2", "attacker3"]
# The first one is given by an administrator, and may permit nothing but to be changed.
FIRST_PASSWORD, PASSWORD = "a first word for faults", "another word for faults"
# What is sent as imports: a csv of so many bytes, and a workbook of so many empty shared strings.
CSV_BYTES, STRINGS, STRING, AIR = 60_000_000, 50_000_000, b"<si/>", 3_000_000
XLSX_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="bin" ContentType="application/octet-stream"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="事项" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/worksheets/sheet1.xml": '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>',
}


@dataclass
class Big:
    """What is known of it."""

    data: Path  # The data directory
    first: int  # Last line of the first publication
    head: int  # Last line of the log; every line after the first publication is one by itself
    keys: list  # Codes of items
    csv: Path
    workbook: Path
    attackers = ATTACKERS
    password = PASSWORD

    def copy(self, folder):
        """One for a server to write to."""
        return Big(Path(shutil.copytree(self.data, folder / "data")), self.first, self.head, self.keys, self.csv, self.workbook)


def prepared(binary, cache):
    """Big as it is kept in `cache`, prepared by this binary where it is not there yet."""
    if not GENERATOR.exists():
        raise SystemExit(f"{GENERATOR} is missing: it makes the register, and lies beside the repository and not in it")
    home = cache / f"big-{digest()}"
    if not home.exists():
        say(f"preparing big in {home}: some minutes, once")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="preparing-") as folder:
            prepare(binary, Path(folder))
            os.rename(folder, home)
            os.mkdir(folder)  # For the `with` to remove.
    known = json.loads((home / "known.json").read_text())
    return Big(home / "data", known["first"], known["head"], known["keys"], home / "items.csv", home / "strings.xlsx")


def digest():
    """What decides what it is."""
    hashed = hashlib.sha256()
    for path in [GENERATOR, DEMO, Path(__file__), *sorted((ROOT / "migrations").rglob("*.sql"))]:
        hashed.update(path.read_bytes())
    return hashed.hexdigest()[:12]


def prepare(binary, folder):
    data = folder / "data"
    data.mkdir()

    def qingdan(*arguments, **more):
        return subprocess.run([binary, *arguments], env=environment(data), check=True, **more)

    for name, role in [*STAFF.items(), *((name, "editor") for name in ATTACKERS)]:
        created = ["user", "create", name, "--role", role, "--division", DIVISION, "--password-stdin"]
        qingdan(*created, input=FIRST_PASSWORD.encode(), stdout=subprocess.DEVNULL)
    register = folder / "register.json"
    with register.open("wb") as file:
        subprocess.run([sys.executable, GENERATOR, str(ITEMS), DEMO], stdout=file, check=True)
    say(f"importing {ITEMS} items")
    qingdan("import", register, "--as", "wang", "--publish")
    items = json.loads(register.read_bytes())["items"]
    say(f"{PUBLICATIONS} publications")
    with Server(binary, data, QINGDAN_RATE_LIMIT="off", QINGDAN_SIGN_IN_LIMIT="off") as server:
        first, head = asyncio.run(publish(server.port, items))
    write_csv(folder / "items.csv", qingdan("export", "items.csv", stdout=subprocess.PIPE).stdout)
    write_workbook(folder / "strings.xlsx")
    register.unlink()
    (data / "server.log").unlink()
    known = {"first": first, "head": head, "keys": [item["code"] for item in items]}
    (folder / "known.json").write_text(json.dumps(known))


async def publish(port, items):
    """The small publications, each by four people; the last line of the log before and after them."""
    people = {name: Person(port, name) for name in [*STAFF, *ATTACKERS]}
    for person in people.values():
        await person.change_password()
    wang, li, zhao, sun = (people[name] for name in STAFF)
    first = await wang.head()
    # What names a stored file could not be submitted: the file is not in what was loaded.
    free = [item for item in items if not re.search("[0-9a-f]{64}", json.dumps(item))]
    for number, item in enumerate(random.Random(7).sample(free, PUBLICATIONS)):
        body = item | {"summary": f"{item['summary']}第{number + 1}次核对。"}
        record = {"kind": "item", "action": "amend", "key": item["code"], "body": body}
        draft = record | {"reason": "年度核对", "document": {"title": "关于开展年度核对的通知"}}
        _, answer = await wang.does("POST", "/v1/drafts", draft)
        at = "/v1/drafts/" + json.loads(answer.body)["id"]
        steps = [
            (wang, "submit", {}),
            (li, "approve", {"kind": "confidentiality"}),
            (zhao, "approve", {"kind": "legality"}),
            (sun, "publish", {}),
        ]
        for person, step, body in steps:
            _, answer = await person.does("POST", f"{at}/{step}", body, answer.headers["etag"])
    return first, await wang.head()


class Person:
    """An account that works over HTTP."""

    def __init__(self, port, name):
        self.port, self.name, self.connection, self.token = port, name, None, None

    async def asks(self, method, path, document=None, etag=None):
        if not (self.connection and self.connection.is_open):
            self.connection = await Connection.open(self.port, "127.0.0.1")
        headers = dict(JSON)
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if etag:
            headers["If-Match"] = etag
        body = None if document is None else json.dumps(document, ensure_ascii=False).encode()
        return await self.connection.ask(path, headers, method, body)

    async def does(self, method, path, document, etag=None):
        """The same where nothing else than success will do; a token that has ended is renewed."""
        answer = await self.asks(method, path, document, etag)
        if answer.status == 401 and self.token:
            await self.signs_in(PASSWORD)
            answer = await self.asks(method, path, document, etag)
        if answer.status >= 300:
            raise SystemExit(f"{self.name}: {method} {path}: {answer.status} {answer.body.decode()}")
        return self, answer

    async def signs_in(self, password):
        self.token = None
        _, answer = await self.does("POST", "/v1/sessions", {"username": self.name, "password": password})
        self.token = json.loads(answer.body)["access_token"]

    async def change_password(self):
        await self.signs_in(FIRST_PASSWORD)
        await self.does("PUT", "/v1/me/password", {"old_password": FIRST_PASSWORD, "password": PASSWORD})
        await self.signs_in(PASSWORD)

    async def head(self):
        return int((await self.asks("GET", "/v1")).headers["registry-seq"])


def write_csv(path, exported):
    """As many lines of what the register exports as a file to be imported may have."""
    path.write_bytes(exported[: exported.rindex(b"\r\n", 0, CSV_BYTES) + 2])


def write_workbook(path):
    """Strings that nobody has written, and as much that cannot be packed as keeps the whole from looking swollen."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in XLSX_PARTS.items():
            archive.writestr(name, text)
        archive.writestr("xl/media/image1.bin", random.Random(7).randbytes(AIR), zipfile.ZIP_STORED)
        with archive.open("xl/sharedStrings.xml", "w") as part:
            part.write(b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
            for _ in range(STRINGS // 100_000):
                part.write(STRING * 100_000)
            part.write(b"</sst>")


def say(text):
    print(f"== {text}", file=sys.stderr, flush=True)
