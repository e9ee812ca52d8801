"""An honest reader: asks at its own pace for what readers ask for, from an address of its own, and stays below its limit."""

import asyncio
import itertools
import json
import random
import re
import time
from dataclasses import dataclass, field
from urllib.parse import quote

from client import FAILURES, Connection

ADDRESS = "127.0.1.1"
# Requests a second, whether or not earlier ones have been answered; the limit is 600 a minute by default.
RATE = 5
# Seconds after which a request has failed.
PATIENCE = 5
# What must be left of its allowance for it to go on.
RESERVE = 60
WORDS = ["低保", "dibao", "残疾 证明", "db", "生育"]


@dataclass
class Reading:
    """What a reader saw. Times are in seconds."""

    times: list = field(default_factory=list)
    slowest: tuple = (0, "")
    failures: list = field(default_factory=list)
    waited: int = 0  # Requests that it left out for its limit
    late: list = field(default_factory=list)  # How late it was itself

    def took(self, seconds, path):
        self.times.append(seconds)
        self.slowest = max(self.slowest, (seconds, path))

    def at(self, part):
        """The time under which this part of the requests stayed."""
        ordered = sorted(self.times) or [float("inf")]
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def read(big, port, seconds):
    return asyncio.run(Reader(big, port).read(seconds))


class Reader:
    def __init__(self, big, port):
        self.big, self.port, self.reading, self.kept, self.left = big, port, Reading(), [], None

    async def read(self, seconds):
        began, tasks = time.monotonic(), []
        for number, path in enumerate(itertools.islice(self.paths(), int(seconds * RATE))):
            due = began + number / RATE
            await asyncio.sleep(max(0, due - time.monotonic()))
            self.reading.late.append(time.monotonic() - due)
            if self.left is not None and self.left < RESERVE:
                # Its allowance grows again while it asks for nothing.
                self.reading.waited += 1
                self.left += 600 / 60 / RATE
                continue
            tasks.append(asyncio.create_task(self.ask(path, is_new=number % 2 == 0)))
        await asyncio.gather(*tasks)
        return self.reading

    def paths(self):
        """Mostly records, and lists, searches and guides among them."""
        chosen = random.Random(11)
        while True:
            for kind in "record record list record record search record record guide record".split():
                key = chosen.choice(self.big.keys)
                yield {
                    "record": f"/v1/items/{key}",
                    "list": "/v1/items?list=power&limit=20",
                    "search": f"/v1/items?q={quote(chosen.choice(WORDS))}&limit=10",
                    "guide": f"/v1/items/{key}/guide",
                }[kind]

    async def ask(self, path, is_new):
        """Half of the requests come over new connections, the others over those that are kept."""
        began, connection = time.monotonic(), None
        try:
            async with asyncio.timeout(PATIENCE):
                connection = self.kept.pop() if self.kept and not is_new else await Connection.open(self.port, ADDRESS)
                answer = await connection.ask(path)
            self.reading.took(time.monotonic() - began, path)
            left = re.search(r";r=(\d+)", answer.headers.get("ratelimit", ""))
            self.left = int(left[1]) if left else None
            if answer.status != 200:
                self.reading.failures.append(f"{answer.status} {path} {title(answer)}")
        except FAILURES as failure:
            self.reading.took(time.monotonic() - began, path)
            self.reading.failures.append(f"{type(failure).__name__} {path}")
        if connection and connection.is_open:
            if is_new:
                connection.close()
            else:
                self.kept.append(connection)


def title(answer):
    try:
        return json.loads(answer.body).get("code", "")
    except (ValueError, AttributeError):
        return ""
