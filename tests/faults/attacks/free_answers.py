"""Answers that take work and that a limit might not count: conditions that hold of anything, and tokens that hold nowhere."""

import asyncio
import itertools

NUMBER, TITLE, ADDRESSES = 5, "answers for nothing", 4
LINES = 2
# What costs most to compress, and should not be compressed anew, or where others wait for it.
COMPRESSED = {"Accept-Encoding": "br"}
CONDITIONS = [
    {"If-None-Match": "*"},
    {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"Authorization": "x"},
    {},
]


async def attack(attacker):
    await asyncio.gather(*(loop(attacker, number) for number in range(LINES)))


async def loop(attacker, number):
    line = attacker.line()
    for step in itertools.count(number):
        await line.ask(path(attacker.big.keys, step), COMPRESSED | CONDITIONS[step % len(CONDITIONS)])


def path(keys, step):
    """What costs the server more than one record does, hardly ever the same twice."""
    key = keys[step % len(keys)]
    return [
        f"/v1/items?q=n+g+{step % 97}&highlight=true&fields=embedded,materials&facets=category,organisation&limit=200",
        f"/v1/items/{key}/chart.png?scale=4",
        f"/v1/summary?year={1990 + step % 37}",
        f"/v1/items/{key}/guide",
        f"/v1/exports/items.csv?q={key}",
        "/sitemap.xml",
        "/openapi.json",
    ][step % 7]
