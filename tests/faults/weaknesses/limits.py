"""What one address may ask for, and for how long it keeps others out: 5, 9, 10, 18 and 28."""

import contextlib
import select
import time
from urllib.parse import quote

from .case import CouldNotBeTried, case
from .office import client_token
from .register import ITEM, demo, until

# Requests for one record a minute, in the cases of the limit, and what is asked for in the hope that it costs nothing.
LIMIT, FREE = 60, 150
SEARCH = f"/v1/items?q={quote('低保')}"
# The price of an export is a sixth of the default limit; before it was a single request.
EXPORTS = 30
# Connections that one address opens: more than a process has files unless somebody asks for more.
CONNECTIONS, POLLING_ADDRESSES = 1100, 5
# Seconds in which an honest reader must have an answer.
HONEST = 5
ATTACKER, OWNER = "127.0.0.2", "127.0.0.9"
# Seconds of wrong passwords, and addresses that they come from.
GUESSING, GUESSERS = 6, 8
LENGTH = 10737418240


@case("5", "If-None-Match: * makes any answer free")
def any_tag(trial):
    return free(trial, {"If-None-Match": "*"})


@case("5b", "a future If-Modified-Since makes any answer free")
def future_date(trial):
    return free(trial, {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"})


def free(trial, headers):
    with demo(trial, QINGDAN_RATE_LIMIT=str(LIMIT)) as register:
        statuses = [register.ask(SEARCH, headers=headers).status for _ in range(FREE)]
        refused = statuses.count(429)
        if not set(statuses) <= {200, 304, 429}:
            raise CouldNotBeTried(f"answers {sorted(set(statuses))}")
        return refused == 0, f"limit {LIMIT}: of {FREE} searches {statuses.count(304)} were answered by 304, {refused} by 429"


@case("5c", "Authorization: x opens a second bucket")
def second_bucket(trial):
    with demo(trial, QINGDAN_RATE_LIMIT=str(LIMIT)) as register:
        path = f"/v1/items/{ITEM}"
        if not until(20, lambda: register.ask(path).status == 429, every=0):
            raise CouldNotBeTried("the limit does not hold at all")
        statuses = [register.ask(path, headers={"Authorization": "x"}).status for _ in range(FREE)]
        more = len(statuses) - statuses.count(429)
        # A token may have come back to the bucket meanwhile.
        return more > FREE // 3, f"limit {LIMIT} used up: of {FREE} more with `Authorization: x` {more} were answered"


@case("18", "exports cost what a record costs")
def exports(trial):
    with demo(trial, QINGDAN_RATE_LIMIT=None) as register:
        statuses = [register.ask("/v1/exports/items.json").status for _ in range(EXPORTS)]
        if not set(statuses) <= {200, 429}:
            raise CouldNotBeTried(f"answers {sorted(set(statuses))}")
        given = statuses.count(200)
        return given == EXPORTS, f"of {EXPORTS} exports in a row {given} were given, {EXPORTS - given} refused"


@case("9", "a thousand idle connections lock everybody out", alone=True)
def idle_connections(trial):
    return locked_out(trial, [(ATTACKER, CONNECTIONS)], lambda register: b"")


@case("9b", "a thousand long polls lock everybody out", alone=True)
def long_polls(trial):
    def waiting(register):
        head = register.ask("/v1").headers["Registry-Seq"]
        return f"GET /v1/changes?since={head}&wait=60 HTTP/1.1\r\nHost: x\r\n\r\n".encode()

    each = CONNECTIONS // POLLING_ADDRESSES
    return locked_out(trial, [(f"127.0.0.{2 + number}", each) for number in range(POLLING_ADDRESSES)], waiting)


def locked_out(trial, addresses, first):
    with demo(trial, QINGDAN_RATE_LIMIT=None) as register, contextlib.ExitStack() as held:
        sent, opened = first(register), []
        for address, connections in addresses:
            for _ in range(connections):
                with contextlib.suppress(OSError):
                    line = held.enter_context(register.socket(address, 2))
                    line.sendall(sent)
                    opened.append(line)
        time.sleep(1)
        closed = select.poll()
        for line in opened:
            closed.register(line, select.POLLRDHUP)
        left = len(opened) - len(closed.poll(0))
        began = time.monotonic()
        try:
            told = str(register.ask(f"/v1/items/{ITEM}", address=OWNER, patience=HONEST).status)
        except OSError as failure:
            told = f"no answer ({type(failure).__name__})"
        if told != "200" and not told.startswith("no answer"):
            raise CouldNotBeTried(f"another reader: {told}")
        evidence = f"{len(opened)} connections of {len(addresses)} addresses, {left} left open; another reader: {told}"
        return told != "200", f"{evidence} after {time.monotonic() - began:.2f} s"


@case("10", "anybody locks an account by wrong passwords")
def locked_account(trial):
    with demo(trial) as register:
        def tries(password, address):
            return register.ask("/v1/sessions", "POST", {"username": "editor", "password": password}, address=address)

        return owner_kept_out(tries, register.passwords["editor"], 201)


@case("10b", "anybody locks a service client by wrong secrets")
def locked_client(trial):
    with demo(trial) as register:
        def tries(secret, address):
            return client_token(register, "integration", secret, address)

        return owner_kept_out(tries, register.passwords["integration"], 200)


def owner_kept_out(tries, right, welcome):
    """Whether the owner, who comes from elsewhere, is told to wait because somebody guesses."""
    ends, guesses = time.monotonic() + GUESSING, 0
    while time.monotonic() < ends:
        answer = tries("a wrong one altogether", f"127.0.0.{10 + guesses % GUESSERS}")
        guesses += answer.status in (400, 401)
    answer = tries(right, OWNER)
    if answer.status not in (welcome, 429):
        raise CouldNotBeTried(f"the owner: {answer.status} {answer.text()[:200]}")
    wait = f", to wait {answer.headers['Retry-After']} s" if answer.status == 429 else ""
    return answer.status == 429, f"after {guesses} wrong ones from {GUESSERS} addresses the owner, from elsewhere: {answer.status}{wait}"


@case("28", "a Content-Length of 10 GB is waited for")
def length_of_ten_gigabytes(trial):
    return announced(trial, "")


@case("28b", "a Content-Length of 10 GB is invited by 100 Continue")
def invited(trial):
    return announced(trial, "Expect: 100-continue\r\n")


def announced(trial, expecting):
    """A body of 10 GB that is announced and does not come: it must be refused at once, and never asked for."""
    with demo(trial) as register, register.socket(patience=HONEST) as line:
        token = register.tokens["editor"]
        line.sendall(
            f"POST /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: text/csv\r\n{expecting}"
            f"Content-Length: {LENGTH}\r\n\r\n".encode()
        )
        began, told = time.monotonic(), b""
        with contextlib.suppress(TimeoutError):
            while b"\r\n\r\n" not in told.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b""):
                piece = line.recv(4096)
                if not piece:
                    break
                told += piece
        statuses = [part.split(b" ")[0].decode() for part in told.split(b"HTTP/1.1 ")[1:]]
        took = time.monotonic() - began
        seen = not statuses or "100" in statuses
        if not seen and statuses != ["413"]:
            raise CouldNotBeTried(f"answers {statuses}")
        return seen, f"Content-Length: {LENGTH}: {', '.join(statuses) or 'no answer'} after {took:.1f} s"
