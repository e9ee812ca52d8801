"""The whole log from its beginning, compressed, again and again; and those who ask for it and do not read."""

import asyncio
import itertools
import select

from client import connected, head

NUMBER, TITLE, ADDRESSES = 2, "the feed", 5
# Connections of one address that do not read, and what each of them takes without being read.
SILENT, BUFFER = 4, 4096
COMPRESSED = {"Accept-Encoding": "br"}


async def attack(attacker):
    silent = (does_not_read(attacker, number) for number in range(SILENT))
    await asyncio.gather(loop(attacker), *silent)


def paths(number):
    """The first page under ever other names, so that no copy serves them all."""
    return (f"/v1/changes?since=0&limit={100 + (number * 211 + step) % 900}" for step in itertools.count())


async def loop(attacker):
    line = attacker.line()
    for path, same in zip(paths(attacker.number), itertools.cycle([True, False])):
        await line.ask("/v1/changes?since=0" if same else path, COMPRESSED, patience=120)


async def does_not_read(attacker, number):
    for path in paths(attacker.number * SILENT + number):
        made = None
        try:
            made = await connected(attacker.port, attacker.address, BUFFER)
            await asyncio.get_running_loop().sock_sendall(made, head("GET", path, {}, None))
            attacker.count("not read")
            closed = select.poll()
            closed.register(made, select.POLLRDHUP)
            while not closed.poll(0):
                await asyncio.sleep(1)
            attacker.count("closed by the server")
        except OSError:
            attacker.count("no connection")
            await asyncio.sleep(1)
        finally:
            if made:
                made.close()
