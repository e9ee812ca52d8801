"""Answers that take work and that a limit might not count: conditions that hold of anything, and tokens that hold nowhere."""

import asyncio
import itertools

NUMBER, TITLE, ADDRESSES = 5, "answers for nothing", 4
LINES = 2
CONDITIONS = [
    {"If-None-Match": "*"},
    {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"Authorization": "x"},
]


async def attack(attacker):
    await asyncio.gather(*(loop(attacker, number) for number in range(LINES)))


async def loop(attacker, number):
    line = attacker.line()
    for step in itertools.count(number):
        await line.ask(path(attacker.big.keys, step), CONDITIONS[step % len(CONDITIONS)])


def path(keys, step):
    """What costs the server more than one record does, never the same twice."""
    key = keys[step % len(keys)]
    return [
        f"/v1/items?q=%E5%8A%9E%E7%90%86+{step % 97}&highlight=true&facets=category&facets=organisation&limit=100",
        f"/v1/items/{key}/chart.png?scale=4",
        f"/v1/summary?year={1990 + step % 37}",
        f"/v1/items/{key}/guide",
        f"/v1/exports/items.csv?q={key}",
    ][step % 5]
