"""Files that are larger when they are read than when they are sent. Editors send them."""

import asyncio

NUMBER, TITLE, ADDRESSES = 13, "imports", 3
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PATIENCE = 120


async def attack(attacker):
    token, big = await attacker.signed_in(), attacker.big
    await asyncio.gather(
        loop(attacker, token | {"Content-Type": "text/csv"}, "/v1/imports?kind=item", big.csv.read_bytes()),
        loop(attacker, token | {"Content-Type": XLSX}, "/v1/imports", big.workbook.read_bytes()),
    )


async def loop(attacker, headers, path, file):
    line = attacker.line()
    while True:
        await line.ask(path, headers, "POST", file, patience=PATIENCE)
