"""A secret that the target echoes, in any position and form, is nowhere in the evidence."""

import base64
import os
from urllib.parse import quote

import pytest

from cqsc_conform.drivers.login import Fixed, Login
from cqsc_conform.formats.secrets import Secret, find_secrets
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.codec import encode
from cqsc_conform.model.evidence import Exchange, Unobserved
from hostile.peer import Peer
from hostile.zoo import ZOO

from .conftest import Make

ECHOES = sorted(name for name in ZOO if name.startswith("echo-"))
# A JSON number of the secret's digits is no form from which the secret can be read.
TELLING = [name for name in ECHOES if name != "echo-json-number"]


def forms(secret: bytes) -> list[bytes]:
    shifted = [base64.b64encode(b"\0" * n + secret + b"\0" * (2 - n)) for n in range(3)]
    cores = [each[(n * 8 + 5) // 6 : (n + len(secret)) * 8 // 6] for n, each in enumerate(shifted)]
    cores += [core.translate(bytes.maketrans(b"+/", b"-_")) for core in cores]
    fully = b"".join(b"%%%02x" % byte for byte in secret)
    return [secret, *cores, secret.hex().encode(), quote(secret, safe="").encode(), fully]


def nowhere(secret: bytes, seen: Exchange | Unobserved) -> None:
    response = seen.response if isinstance(seen, Exchange) else seen.partial
    texts = [encode(seen)] + ([response.body.data] if response else [])
    for text in texts:
        for form in forms(secret):
            assert form.lower() not in text.lower()
        assert find_secrets(text, [Secret("it", secret)]) == ()
        assert secret.decode().encode("utf-16-le") not in text


def logins(secret: str) -> dict[str, Login]:
    basic = base64.b64encode(f"tester:{secret}".encode()).decode()
    return {
        "bearer": Fixed("bearer", (("Authorization", f"Bearer {secret}"),)),
        "basic": Fixed("basic", (("Authorization", f"Basic {basic}"),)),
        "header": Fixed("key", (("X-Gateway", secret),)),
        "query": Fixed("key", (), f"ticket={quote(secret, safe='')}"),
    }


@pytest.mark.parametrize("shape", ["plain", "awkward"])
@pytest.mark.parametrize("name", TELLING)
def test_an_echoed_secret_is_nowhere(
    name: str, shape: str, zoo: dict[str, Peer], make: Make
) -> None:
    secret = os.urandom(12).hex() + ("x" if shape == "plain" else "/+=Z&?q#u o<te>'")
    known = (Secret("secret", secret.encode()),)
    driver = make(zoo[name].url, identities=logins(secret), secrets=known)
    for identity in logins(secret):
        for _ in range(2):
            seen = driver.perform(Ask("p/a.1", "o", "api", identity, "GET", "/a"))
            nowhere(secret.encode(), seen)
            assert seen.redactions


def test_the_digits_of_a_secret_are_a_number_like_any_other(
    zoo: dict[str, Peer], make: Make
) -> None:
    secret = os.urandom(12).hex()
    driver = make(
        zoo["echo-json-number"].url,
        identities=logins(secret),
        secrets=(Secret("secret", secret.encode()),),
    )
    nowhere(secret.encode(), driver.perform(Ask("p/a.1", "o", "api", "bearer", "GET", "/a")))
