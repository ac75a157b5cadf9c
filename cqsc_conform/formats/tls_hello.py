"""ClientHello messages (RFC 8446, RFC 5246), written byte by byte: no TLS library offers all."""

import ipaddress
from collections.abc import Iterable

from msgspec import Struct

from cqsc_conform.formats.tls_suites import FAMILIES, VERSIONS
from cqsc_conform.model.probe import Offer

__all__ = ["RANDOM_BYTES", "Hello", "client_hello", "hello_of"]

RANDOM_BYTES = 96
"""How much randomness a ClientHello takes: its random, a session id, a key share."""

_SSL3, _TLS10, _TLS12, _TLS13 = (
    VERSIONS[name] for name in ("SSL 3.0", "TLS 1.0", "TLS 1.2", "TLS 1.3")
)
_WEAK = ("null", "anon", "export", "rc4", "3des", "des")
_SECURE_RENEGOTIATION = 0x00FF
# Hellos of these lengths are swallowed by some load balancers (RFC 7685).
_SWALLOWED = range(256, 512)
# Weak curves too, or a server that has no other certificate would show none.
_GROUPS = (29, 23, 24, 25, 30, 21, 19, 256, 257, 258)
_X25519 = 29
_SCHEMES = (
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080A, 0x080B, 0x0804, 0x0805, 0x0806,
    0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0202, 0x0101, 0x0708,
)  # fmt: skip


class Hello(Struct, frozen=True):
    """What a ClientHello offers: numbers of versions, highest first, and of suites."""

    versions: tuple[int, ...]
    suites: tuple[int, ...]


def hello_of(offer: Offer) -> Hello:
    """Give the offer of a raw handshake by its name; KeyError where it is none."""
    older = (*FAMILIES["fs"], *FAMILIES["no-fs"])
    weak = tuple(suite for family in _WEAK for suite in FAMILIES[family])
    up_to_12 = tuple(VERSIONS[f"TLS 1.{minor}"] for minor in (2, 1, 0))
    if offer == "any":
        return Hello((_TLS13, *up_to_12), (*FAMILIES["tls1.3"], *older, *weak))
    if offer == "tls1.3":
        return Hello((_TLS13,), FAMILIES["tls1.3"])
    if offer == "ssl3":
        return Hello((_SSL3,), (*older, *weak))
    if offer in ("tls1.0", "tls1.1", "tls1.2"):
        return Hello((VERSIONS[f"TLS {offer[3:]}"],), (*older, *weak))
    return Hello(up_to_12, FAMILIES[offer.removeprefix("weak:")])


def client_hello(hello: Hello, host: str, random: bytes) -> bytes:
    """Write a ClientHello in its record; ``random`` is ``RANDOM_BYTES`` random bytes."""
    highest = max(hello.versions)
    modern = highest == _TLS13
    suites = (*hello.suites, _SECURE_RENEGOTIATION)
    body = min(highest, _TLS12).to_bytes(2, "big") + random[:32]
    body += _vector(random[32:64] if modern else b"", 1)
    body += _vector(_numbers(suites), 2) + b"\x01\x00"
    if highest != _SSL3:
        body += _extensions(hello, host, random[64:96], len(body))
    message = b"\x01" + _vector(body, 3)
    record = _SSL3 if highest == _SSL3 else _TLS10
    return b"\x16" + record.to_bytes(2, "big") + _vector(message, 2)


def _extensions(hello: Hello, host: str, share: bytes, before: int) -> bytes:
    highest = max(hello.versions)
    found = [
        _extension(0, _vector(b"\x00" + _vector(host.encode("ascii", "replace"), 2), 2))
        if not _is_address(host)
        else b"",
        _extension(10, _vector(_numbers(_GROUPS), 2)),
        _extension(11, b"\x01\x00"),
    ]
    if highest >= _TLS12:
        found.append(_extension(13, _vector(_numbers(_SCHEMES), 2)))
    if highest == _TLS13:
        found += [
            _extension(43, _vector(_numbers(hello.versions), 1)),
            _extension(45, b"\x01\x01"),
            _extension(51, _vector(_X25519.to_bytes(2, "big") + _vector(share, 2), 2)),
        ]
    written = b"".join(found)
    # The head of the message, and of the extensions.
    length = before + len(written) + 6
    if length in _SWALLOWED:
        written += _extension(21, bytes(max(0, _SWALLOWED.stop - length - 4)))
    return _vector(written, 2)


def _extension(number: int, content: bytes) -> bytes:
    return number.to_bytes(2, "big") + _vector(content, 2)


def _vector(content: bytes, size: int) -> bytes:
    return len(content).to_bytes(size, "big") + content


def _numbers(numbers: Iterable[int]) -> bytes:
    return b"".join(each.to_bytes(2, "big") for each in numbers)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
