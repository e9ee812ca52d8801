"""Tokens of another issuer: 21. The issuer is this program, which signs with RSA (RS256) as RFC 8017 §8.2.1 says."""

import base64
import functools
import hashlib
import json
import random
import time

from .case import CouldNotBeTried, case
from .register import demo

ISSUER, AUDIENCE, KID = "https://issuer.example", "qingdan-faults", "faults"
BITS, EXPONENT = 2048, 65537
# What stands before a digest of SHA-256 where it is signed.
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
# A role that the issuer gives, and a claim of one string in which its name is a part.
ROLE, MADE_OF_PARTS = "boss", "not a boss"


@case("21", "a claim of one string gives roles of its parts")
def parts_of_a_claim(trial):
    with accepting(trial) as register:
        must_accept(register)
        me = register.does("/v1/me", "GET", who=token(groups=MADE_OF_PARTS)).json()
        return bool(me["grants"]), f"`{MADE_OF_PARTS}` where `{ROLE}` is an editor: {len(me['grants'])} grants"


@case("21b", "ID and refresh tokens pass as access tokens")
def other_tokens(trial):
    with accepting(trial) as register:
        must_accept(register)
        statuses = {kind: register.ask("/v1/me", who=token(typ=kind)).status for kind in ("ID", "Refresh")}
        if not set(statuses.values()) <= {200, 401}:
            raise CouldNotBeTried(str(statuses))
        return 200 in statuses.values(), ", ".join(f"typ {kind}: {status}" for kind, status in statuses.items())


@case("21c", "the log does not say why a token was refused")
def reason_in_the_log(trial):
    with accepting(trial) as register:
        must_accept(register)
        before = len(register.log_text())
        refused = [register.ask("/v1/me", who=token(**wrong)).status for wrong in ({"aud": "somebody else"}, {"exp": 1})]
        if refused != [401, 401]:
            raise CouldNotBeTried(f"answers {refused}")
        time.sleep(1)
        lines = [json.loads(line) for line in register.log_text()[before:].splitlines()]
        said = [line["message"] for line in lines if line.get("level") in ("info", "warn", "error") and "token" in line.get("message", "")]
        return not said, f"the log: {'; '.join(said)[:200] or 'nothing of it'}"


def accepting(trial):
    jwks = trial.folder / "jwks.json"
    jwks.write_text(json.dumps({"keys": [public_key()]}))
    return demo(
        trial,
        QINGDAN_OIDC_ISSUER=ISSUER,
        QINGDAN_OIDC_AUDIENCE=AUDIENCE,
        QINGDAN_OIDC_JWKS=str(jwks),
        QINGDAN_OIDC_ROLES=f"{ROLE}=editor@350121",
    )


def must_accept(register):
    """That what is refused is not refused for another reason."""
    me = register.does("/v1/me", "GET", who=token(groups=[ROLE])).json()
    if not me["grants"]:
        raise CouldNotBeTried(f"the issuer's token is worth nothing: {me}")


def token(**claims):
    now = int(time.time())
    said = {"iss": ISSUER, "aud": AUDIENCE, "sub": "li", "iat": now, "exp": now + 300, "groups": [ROLE]} | claims
    signed = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": KID, "typ": "JWT"}, said))
    modulus, private = key()
    digest = DIGEST_INFO + hashlib.sha256(signed.encode()).digest()
    padded = b"\0\1" + b"\xff" * (BITS // 8 - 3 - len(digest)) + b"\0" + digest
    signature = pow(int.from_bytes(padded), private, modulus)
    return f"{signed}.{encoded(signature.to_bytes(BITS // 8))}"


def public_key():
    modulus, exponent = key()[0].to_bytes(BITS // 8), EXPONENT.to_bytes(3)
    return {"kty": "RSA", "kid": KID, "use": "sig", "alg": "RS256", "n": encoded(modulus), "e": encoded(exponent)}


def encoded(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


@functools.cache
def key():
    """Modulus and private exponent: for these tests alone, and the same each time."""
    chosen = random.Random(7)
    first, second = (prime(chosen) for _ in range(2))
    return first * second, pow(EXPONENT, -1, (first - 1) * (second - 1))


def prime(chosen):
    while True:
        # Two bits at its head, so that the product has all of its bits.
        number = chosen.getrandbits(BITS // 2) | (3 << (BITS // 2 - 2)) | 1
        if all(number % small for small in range(3, 2000, 2)) and (number - 1) % EXPONENT and is_prime(number, chosen):
            return number


def is_prime(number, chosen):
    """As Miller and Rabin ask it."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        power = pow(chosen.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True
