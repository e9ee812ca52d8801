"""The register as it was, at one moment after another, so that nothing that is kept helps."""

import asyncio
import base64
import itertools
import json

NUMBER, TITLE, ADDRESSES = 1, "past states", 4
LIST = "/v1/items?limit=1"
# Requests that are left at the same time, and seconds until the next ones.
RESETS, BETWEEN_RESETS = 14, 2
# Exports of past states that are begun and not read.
HELD = 2


async def attack(attacker):
    exports = (held(attacker, number) for number in range(HELD))
    await asyncio.gather(descending(attacker), forged_cursors(attacker), resets(attacker), *exports)


def moments(attacker, begin):
    """Every line between the first publication and the last one, downwards, each attacker elsewhere."""
    big = attacker.big
    span = big.head - big.first
    return (big.first + (begin - step - attacker.number * span // ADDRESSES) % span for step in itertools.count())


async def descending(attacker):
    line = attacker.line()
    for moment in moments(attacker, -1):
        await line.ask(f"{LIST}&as_of={moment}")


async def forged_cursors(attacker):
    line, cursor = attacker.line(), None
    for moment in moments(attacker, 20):
        while not cursor:
            answer = await line.ask(LIST, keep=True)
            cursor = answer and answer.status == 200 and json.loads(answer.body)["next"]
        await line.ask(f"{LIST}&cursor={forged(cursor, moment)}")


def forged(cursor, moment):
    """The same place of the same walk, pinned to another moment."""
    plain = base64.urlsafe_b64decode(cursor + "===")
    rest = plain[plain.find(b".") :]
    return base64.urlsafe_b64encode(str(moment).encode() + rest).rstrip(b"=").decode()


async def resets(attacker):
    numbers = moments(attacker, 40)
    while True:
        await asyncio.gather(*(attacker.reset(f"{LIST}&as_of={next(numbers)}") for _ in range(RESETS)))
        await asyncio.sleep(BETWEEN_RESETS)


async def held(attacker, number):
    for moment in moments(attacker, 60 + 10 * number):
        await attacker.hold(f"/v1/exports/items.json?as_of={moment}")
