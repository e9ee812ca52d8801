"""A thousand connections of one address on which nothing happens."""

import asyncio
import select

from client import connected, head

NUMBER, TITLE, ADDRESSES = 9, "idle connections", 2
CONNECTIONS = 1000
# Connections that are made at the same time, and seconds between two looks at them.
AT_ONCE, BETWEEN_LOOKS = 50, 1


async def attack(attacker):
    """The first address says nothing. The others ask to be told of what comes, which takes a minute."""
    waiting = head("GET", f"/v1/changes?since={attacker.big.head}&wait=60", {}, None) if attacker.number else b""
    held, closed = {}, select.poll()
    while True:
        for at, _ in closed.poll(0):
            closed.unregister(at)
            held.pop(at).close()
            attacker.count("closed by the server")
        missing = min(AT_ONCE, CONNECTIONS - len(held))
        for made in await asyncio.gather(*(open_one(attacker, waiting) for _ in range(missing))):
            if made:
                held[made.fileno()] = made
                closed.register(made, select.POLLRDHUP)
        await asyncio.sleep(0.1 if missing == AT_ONCE else BETWEEN_LOOKS)


async def open_one(attacker, first):
    try:
        async with asyncio.timeout(BETWEEN_LOOKS):
            made = await connected(attacker.port, attacker.address)
            await asyncio.get_running_loop().sock_sendall(made, first)
        attacker.count("opened")
        return made
    except OSError:
        return attacker.count("no connection")
