"""Secrets found in bytes, whatever encoding they hide in, and masked in place.

Looked for are each secret raw, percent-encoded, escaped for JSON and for HTML (character by
character, in any mixture), in hex, and in Base64 at its three alignments, itself perhaps
percent-encoded or escaped.
"""

import base64
import re
from collections.abc import Iterator, Sequence

import msgspec

__all__ = ["MIN_SECRET", "Secret", "SecretFinder", "Span", "find_secrets", "mask"]

MIN_SECRET = 4
"""The length in bytes under which a secret would be found everywhere by chance."""

_MASK = b"*"
_SHORT_ESCAPES = {
    '"': '"', "\\": "\\", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t",
}  # fmt: skip
_NAMED_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_URL_SAFE = {"+": (b"-",), "/": (b"_",)}


class Secret(msgspec.Struct, frozen=True):
    """Holds a secret value under the name that may be shown for it."""

    name: str
    value: bytes

    def __repr__(self) -> str:
        return f"Secret(name={self.name!r})"


class Span(msgspec.Struct, frozen=True, order=True):
    """Marks the bytes from ``start`` up to ``end``, and whose secret they are.

    Where secrets overlap, ``name`` holds their names in order, joined by commas.
    """

    start: int
    end: int
    name: str


class SecretFinder:
    """Finds a set of secrets; made once, it searches many bodies.

    :raises ValueError: with a secret's name, when it has fewer than 4 bytes or nothing but the
        mask character.
    """

    __slots__ = ("_candidate", "_each")

    def __init__(self, secrets: Sequence[Secret]) -> None:
        for secret in secrets:
            if len(secret.value) < MIN_SECRET or not secret.value.strip(_MASK):
                raise ValueError(secret.name)
        variants = [(each.name, variant) for each in secrets for variant in _variants(each.value)]
        beginnings = dict.fromkeys(
            beginning for _, variant in variants for beginning in _beginnings(variant)
        )
        self._candidate = re.compile(b"|".join(beginnings)) if beginnings else None
        self._each = [(name, re.compile(_sequence(variant))) for name, variant in variants]

    def find(self, data: bytes) -> tuple[Span, ...]:
        """Find every occurrence of every secret, overlapping ones merged, in order."""
        spans: list[Span] = []
        at = self._candidate.search(data) if self._candidate else None
        while self._candidate and at:
            for name, pattern in self._each:
                if found := pattern.match(data, at.start()):
                    _add(spans, Span(*found.span(), name))
            at = self._candidate.search(data, at.start() + 1)
        return tuple(spans)


def find_secrets(data: bytes, secrets: Sequence[Secret]) -> tuple[Span, ...]:
    """Find secrets in one body, as :class:`SecretFinder` does for many.

    :raises ValueError: as there.
    """
    return SecretFinder(secrets).find(data)


def mask(data: bytes, spans: Sequence[Span]) -> bytes:
    """Replace the bytes of each span by as many ``*``."""
    masked = bytearray(data)
    for span in spans:
        start, end, _ = slice(span.start, span.end).indices(len(data))
        masked[start:end] = _MASK * max(end - start, 0)
    return bytes(masked)


_Unit = tuple[bytes, ...]
"""The regular expressions for one character, each beginning with a literal byte.

Escaped forms stand first and a unit never gives back what it took: a run of backslashes could
else be shared out among units in exponentially many ways.
"""


def _variants(value: bytes) -> Iterator[tuple[_Unit, ...]]:
    yield from dict.fromkeys(
        (
            ((re.escape(value),),),
            _text(value),
            _hex(value),
            *(_base64_text(core) for core in _base64_cores(value)),
            *_gb_18030(value),
        )
    )


def _text(value: bytes) -> tuple[_Unit, ...]:
    try:
        characters = value.decode()
    except UnicodeDecodeError:
        return tuple(_byte(byte) for byte in value)
    return tuple(_character(character) for character in characters)


def _byte(byte: int) -> _Unit:
    return (b"%" + _any_case(f"{byte:02x}"), re.escape(bytes([byte])))


def _character(character: str) -> _Unit:
    # Bytes of one character may be percent-encoded one by one.
    head, *tail = (_byte(byte) for byte in character.encode())
    rest = _sequence(tail)
    units = character.encode("utf-16-be").hex()
    escapes = [
        b"".join(rb"\\u" + _any_case(units[at : at + 4]) for at in range(0, len(units), 4)),
        b"&#0*%d;" % ord(character),
        b"&#[xX]0*" + _any_case(f"{ord(character):x}") + b";",
    ]
    if character in _SHORT_ESCAPES:
        escapes.append(rb"\\" + re.escape(_SHORT_ESCAPES[character].encode()))
    if character in _NAMED_ENTITIES:
        escapes.append(b"&%b;" % _NAMED_ENTITIES[character].encode())
    if character == " ":
        escapes.append(rb"\+")
    return (*escapes, *(first + rest for first in head))


def _sequence(units: Sequence[_Unit]) -> bytes:
    return b"".join(b"(?>" + b"|".join(unit) + b")" for unit in units)


def _hex(value: bytes) -> tuple[_Unit, ...]:
    return tuple(
        tuple(dict.fromkeys((digit.encode(), digit.upper().encode()))) for digit in value.hex()
    )


def _base64_text(core: bytes) -> tuple[_Unit, ...]:
    return tuple(
        (*_character(character), *_URL_SAFE.get(character, ())) for character in core.decode()
    )


def _base64_cores(value: bytes) -> Iterator[bytes]:
    """Give the characters that a secret alone decides, for each alignment in a longer text."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + value).rstrip(b"=")
        bits = 8 * (before + len(value))
        core = encoded[-(-8 * before // 6) : bits // 6]
        if core:
            yield core


def _gb_18030(value: bytes) -> Iterator[tuple[_Unit, ...]]:
    try:
        other = value.decode().encode("gb18030")
    except UnicodeError:
        return
    if other != value:
        yield tuple(_byte(byte) for byte in other)


def _any_case(digits: str) -> bytes:
    return b"".join(
        b"[%b%b]" % (digit.encode(), digit.upper().encode()) if digit.isalpha() else digit.encode()
        for digit in digits
    )


def _beginnings(variant: tuple[_Unit, ...]) -> Iterator[bytes]:
    """Spell out how a variant may begin.

    Each way begins with a literal byte, and that is what lets one search for all of them
    skip from byte to byte; a value that is one unit is its own beginning.
    """
    head, *tail = variant
    rest = _sequence(tail[: MIN_SECRET - 1])
    return (first + rest for first in head)


def _add(spans: list[Span], span: Span) -> None:
    """Put a span behind others that begin no later, merging it where it overlaps the last."""
    last = spans[-1] if spans else None
    if last is None or span.start >= last.end:
        spans.append(span)
        return
    known = span.name in last.name.split(",")
    name = last.name if known else f"{last.name},{span.name}"
    spans[-1] = Span(last.start, max(last.end, span.end), name)
