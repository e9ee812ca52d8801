"""Reads every JSON example of an OpenAPI document with the client that openapi-python-client generated, and writes it again.

    read_every_example.py OPENAPI PACKAGE

ends with 1 when an answer cannot be read, or comes out other than it went in; else it writes how many were read.
"""

import importlib
import json
import pkgutil
import sys

import httpx


def operations(package):
    """The module of each operation, by the operation's id."""
    api = importlib.import_module(f"{package}.api")
    for _, name, is_package in pkgutil.walk_packages(api.__path__, f"{package}.api."):
        if not is_package:
            yield name.rsplit(".", 1)[1], importlib.import_module(name)


def examples(document):
    """Id, status and example of each operation's answer."""
    for verbs in document["paths"].values():
        for operation in verbs.values():
            for status, response in operation["responses"].items():
                example = response.get("content", {}).get("application/json", {}).get("example")
                if example is not None:
                    yield operation["operationId"], int(status), example


def differences(sent, read, place=""):
    """Where two values differ. Instants are the same in `Z` and in `+00:00`."""
    if isinstance(sent, dict) and isinstance(read, dict):
        for name in sent.keys() | read.keys():
            yield from differences(sent.get(name), read.get(name), f"{place}/{name}")
    elif isinstance(sent, list) and isinstance(read, list) and len(sent) == len(read):
        for index, (one, other) in enumerate(zip(sent, read)):
            yield from differences(one, other, f"{place}/{index}")
    elif sent != read and not (isinstance(read, str) and read.replace("+00:00", "Z") == sent):
        yield f"{place}: {sent!r} was read as {read!r}"


def main(path, package):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    client = importlib.import_module(f"{package}.client").Client(base_url="http://register.invalid")
    modules = dict(operations(package))
    count, wrong = 0, []
    for name, status, example in examples(document):
        answer = httpx.Response(status, json=example)
        try:
            read = modules[name]._parse_response(client=client, response=answer).to_dict()
            wrong += [f"{name}{place}" for place in differences(example, read)]
        except Exception as error:  # of whatever kind: it is told with the operation's name
            wrong.append(f"{name}: {error!r}")
        count += 1
    print("\n".join(wrong) or f"{count} examples")
    sys.exit(1 if wrong else 0)


main(*sys.argv[1:])
