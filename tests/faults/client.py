"""HTTP/1.1 as everything here speaks it, from an address of one's own: over asyncio's streams, for the reader and the attackers."""

import asyncio
import json
import select
import socket
from collections import Counter
from dataclasses import dataclass

HOST = "127.0.0.1"
# Seconds after which a request is given up.
PATIENCE = 30
# Seconds between two requests of one connection of an attacker, so that attackers do not need the machine themselves, and after
# a refusal.
PAUSE, PAUSE_AFTER_REFUSAL = 0.02, 0.25
# Bytes that a connection takes although nobody reads it.
SMALL_BUFFER = 4096
# The port is chosen when the connection is made: of one address there may then be more than there are ports.
IP_BIND_ADDRESS_NO_PORT = 24
JSON = {"Content-Type": "application/json"}
# What stands for no answer, in place of a status.
FAILURES = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ValueError)


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes


async def connected(port, address, receive_buffer=None):
    """A socket from `address` to the server."""
    made = socket.socket()
    try:
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        if receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(made, (HOST, port))
    except BaseException:
        made.close()
        raise
    return made


def head(method, path, headers, body):
    """The line and the headers of a request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", *(f"{name}: {value}" for name, value in headers.items())]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Connection:
    """A connection that is kept from one request to the next."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.is_open = reader, writer, True

    @classmethod
    async def open(cls, port, address):
        return cls(*await asyncio.open_connection(sock=await connected(port, address)))

    async def ask(self, path, headers=None, method="GET", body=None, keep=True):
        """One request. Without `keep` the answer's body is read and thrown away."""
        try:
            await self.send(head(method, path, headers or {}, body), body or b"")
            answer = await self.receive(method, keep)
        except BaseException:
            self.close()
            raise
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    async def send(self, first, body):
        self.writer.write(first)
        try:
            for at in range(0, len(body), 1 << 18):
                self.writer.write(body[at : at + (1 << 18)])
                await self.writer.drain()
        except OSError:
            # The server may have answered before it had everything.
            self.is_open = False

    async def receive(self, method, keep):
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ", 2)[1])
        pairs = (line.partition(":") for line in lines[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if method == "HEAD" or status in (204, 304):
            return Answer(status, headers, b"")
        kept = bytearray() if keep else None
        if headers.get("transfer-encoding") == "chunked":
            while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
                await self.take(size, kept)
                await self.reader.readexactly(2)
            await self.reader.readuntil(b"\r\n")
        else:
            await self.take(int(headers.get("content-length", 0)), kept)
        return Answer(status, headers, bytes(kept or b""))

    async def take(self, size, kept):
        while size:
            piece = await self.reader.read(min(size, 1 << 20))
            if not piece:
                raise asyncio.IncompleteReadError(b"", size)
            size -= len(piece)
            if kept is not None:
                kept += piece

    def close(self):
        self.is_open = False
        self.writer.transport.abort()


class Line:
    """A connection of an attacker that is opened again whenever it was closed."""

    def __init__(self, attacker):
        self.attacker, self.connection = attacker, None

    async def ask(self, path, headers=None, method="GET", body=None, keep=False, patience=PATIENCE):
        """One request, what came of it counted, and a pause. `None` where there was no answer."""
        answer = None
        try:
            async with asyncio.timeout(patience):
                if not (self.connection and self.connection.is_open):
                    self.connection = await Connection.open(self.attacker.port, self.attacker.address)
                answer = await self.connection.ask(path, headers, method, body, keep)
            self.attacker.count(answer.status)
        except FAILURES as failure:
            self.attacker.count("timed out" if isinstance(failure, TimeoutError) else "no answer")
        except asyncio.CancelledError:
            self.attacker.count("waiting at the end")
            raise
        went_through = answer and answer.status not in (429, 503)
        await asyncio.sleep(PAUSE if went_through else PAUSE_AFTER_REFUSAL)
        return answer


class Attacker:
    """One address from which something is tried, and what it got."""

    def __init__(self, big, port, address, number):
        self.big, self.port, self.address, self.number, self.got = big, port, address, number, Counter()

    def count(self, what):
        self.got[str(what)] += 1

    def line(self):
        return Line(self)

    async def reset(self, path, headers=None):
        """Asks, and is gone at once, with a reset and not with an end."""
        try:
            made = await connected(self.port, self.address)
        except OSError:
            return self.count("no connection")
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            await asyncio.get_running_loop().sock_sendall(made, head("GET", path, headers or {}, None))
            # So that it is being worked at.
            await asyncio.sleep(PAUSE)
            self.count("reset by us")
        except OSError:
            self.count("no connection")
        finally:
            made.close()

    async def hold(self, path, headers=None):
        """Asks, and does not read what is answered, until the server closes the connection."""
        made = None
        try:
            made = await connected(self.port, self.address, SMALL_BUFFER)
            await asyncio.get_running_loop().sock_sendall(made, head("GET", path, headers or {}, None))
            self.count("not read")
            closed = select.poll()
            closed.register(made, select.POLLRDHUP)
            while not closed.poll(0):
                await asyncio.sleep(1)
            self.count("closed by the server")
        except OSError:
            self.count("no connection")
        finally:
            if made:
                made.close()
        await asyncio.sleep(PAUSE_AFTER_REFUSAL)

    async def signed_in(self):
        """The header of an editor who has signed in, each attacker as another one."""
        editors = self.big.attackers
        document = {"username": editors[self.number % len(editors)], "password": self.big.password}
        while True:
            answer = await self.line().ask("/v1/sessions", JSON, "POST", json.dumps(document).encode(), keep=True)
            if answer and answer.status == 201:
                self.got.clear()  # That was no attack.
                return {"Authorization": "Bearer " + json.loads(answer.body)["access_token"]}
