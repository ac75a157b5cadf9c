"""The forms in which a secret may come back, and where they stand in a text."""

import base64
import contextlib
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote, quote_plus

from cqsc_conform.formats.secrets import Secret

__all__ = ["MOST", "Needles", "Span", "bounded", "merged"]

Span = tuple[int, int, str]
"""Begin and end in a text, and the name of the secret."""

SHORTEST = 6
"""A shorter secret is masked where its name stands only: it would be found everywhere."""

BARE = 8
"""A secret shorter than this is found as a whole word only."""

TAIL = 6
"""How much of a secret at the torn end of a text is still worth hiding."""

MOST = 1000
"""The most places in one text that are masked one by one; from there on all of it is."""

_ESCAPED = re.compile(
    rb"(?i:(?<=\\)(?:u00|x)([2-7][0-9a-f])|%(?:25){0,3}([2-7][0-9a-f])|&#x0{0,4}([2-7][0-9a-f]);)"
    rb"|&#0{0,4}([0-9]{2,3});"
)
ESCAPES = 200_000
"""The most escaped characters that are undone in one text."""

_SLASHES = 8
"""The longest run of backslashes before an escape: JSON inside JSON inside JSON."""

_LAST_PRINTABLE = 0x7E
_SLASH = 0x5C
_MARKS = (b"\\u00", b"\\U00", b"\\x", b"%", b"&#")


class Needles:
    """All forms of a set of secrets, compiled once; frozen, so that threads may share it."""

    __slots__ = ("_folded", "_light", "_plain", "_short", "_tails", "_wide")

    def __init__(self, secrets: Sequence[Secret], light: Sequence[Secret] = ()) -> None:
        """Compile; of ``light`` secrets only the plain form is looked for."""
        self._light = [(secret.value, secret.name) for secret in light]
        plain: dict[bytes, str] = {}
        folded: dict[bytes, str] = {}
        wide: dict[bytes, str] = {}
        self._short: list[tuple[re.Pattern[bytes], str]] = []
        self._tails: list[tuple[bytes, str]] = []
        for secret in secrets:
            name, value = secret.name, secret.value
            if len(value) < SHORTEST:
                continue
            if len(value) < BARE:
                whole = rb"(?<![0-9A-Za-z])" + re.escape(value) + rb"(?![0-9A-Za-z])"
                self._short.append((re.compile(whole), name))
            else:
                plain[value] = name
            for form in _written(value):
                if form != value and len(form) >= SHORTEST:
                    plain.setdefault(form, name)
            folded.setdefault(value.hex().encode(), name)
            for code in ("utf-16-le", "utf-16-be"):
                wide.setdefault(value.decode("utf-8", "replace").encode(code), name)
            self._tails.append((value, name))
        # Longest first: the whole of a form is one span, not the parts of it.
        self._plain = sorted(plain.items(), key=lambda each: -len(each[0]))
        self._folded = sorted(folded.items(), key=lambda each: -len(each[0]))
        self._wide = list(wide.items())

    @property
    def any(self) -> bool:
        """Tell whether there is a secret to look for."""
        return bool(self._light or self._tails)

    def lightly(self, light: Sequence[Secret]) -> "Needles":
        """Give a set that looks for other light secrets."""
        other = object.__new__(Needles)
        for slot in self.__slots__:
            setattr(other, slot, getattr(self, slot))
        other._light = [(secret.value, secret.name) for secret in light]
        return other

    def spans(self, data: bytes, lower: bytes) -> list[Span]:
        """Find every form in ``data``, of which ``lower`` is the lower-case form."""
        found = [
            span
            for needle, name in self._light
            if needle in data
            for span in _all(data, needle, name)
        ]
        if not self._tails:
            return found
        found += self._literal(data, lower)
        for mark in _MARKS:
            if mark in data:
                found += self._unescaped(data)
                break
        return bounded(found, len(data))

    def torn(self, data: bytes) -> list[Span]:
        """Find the beginning of a secret that the end of a text cuts off."""
        for value, name in self._tails:
            for size in range(min(len(value) - 1, len(data)), TAIL - 1, -1):
                if data.endswith(value[:size]):
                    return [(len(data) - size, len(data), name)]
        return []

    def _literal(self, data: bytes, lower: bytes) -> Iterator[Span]:
        for needle, name in self._plain:
            if needle in data:
                yield from _all(data, needle, name)
        for needle, name in self._folded:
            if needle in lower:
                yield from _all(lower, needle, name)
        if b"\0" in data:
            for needle, name in self._wide:
                yield from _all(data, needle, name)
        for whole, name in self._short:
            for match in itertools.islice(whole.finditer(data), MOST + 1):
                yield match.start(), match.end(), name

    def _unescaped(self, data: bytes) -> list[Span]:
        """Find forms with any of their ASCII characters escaped for URL, JSON or HTML."""
        pieces: list[bytes] = []
        steps: list[tuple[int, int]] = [(0, 0)]
        at = size = 0
        for match in _ESCAPED.finditer(data):
            hexed = match[1] or match[2] or match[3]
            code = int(hexed, 16) if hexed else int(match[4])
            if code > _LAST_PRINTABLE:
                continue
            if len(pieces) > 2 * ESCAPES:
                # What cannot be read within bounds cannot be redacted, so none of it is kept.
                return [(0, len(data), "escapes beyond the bound")]
            begin = match.start()
            while match[1] and begin > at and data[begin - 1] == _SLASH:
                begin -= 1
                if match.start() - begin == _SLASHES:
                    break
            pieces += (data[at:begin], bytes((code,)))
            size += begin - at
            steps += ((size, begin), (size + 1, match.end()))
            size += 1
            at = match.end()
        if not at:
            return []
        pieces.append(data[at:])
        plain = b"".join(pieces)
        return [
            (_back(steps, begin), _back(steps, end), name)
            for begin, end, name in self._literal(plain, plain.lower())
        ]


def _written(value: bytes) -> Iterator[bytes]:
    """List the forms whose letters' case counts."""
    text = value.decode("utf-8", "surrogateescape")
    for safe in ("", "/"):
        yield quote(value, safe=safe).encode()
    yield quote_plus(value).encode()
    once = json.dumps(text, ensure_ascii=False)[1:-1]
    if once != text:
        yield once.encode("utf-8", "surrogateescape")
        yield json.dumps(once, ensure_ascii=False)[1:-1].encode("utf-8", "surrogateescape")
    with contextlib.suppress(UnicodeError):
        yield text.encode("gb18030")
    escaped = json.dumps(text)[1:-1]
    if escaped != once:
        yield escaped.encode()
    for shift in range(3):
        # Of a text in base64 only whole groups of six bits are the secret's own.
        bits = base64.b64encode(b"\0" * shift + value)
        first = (shift * 8 + 5) // 6
        last = (shift + len(value)) * 8 // 6
        core = bits[first:last]
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_"))


def _all(data: bytes, needle: bytes, name: str) -> Iterator[Span]:
    at = data.find(needle)
    for _ in range(MOST):
        if at < 0:
            return
        yield at, at + len(needle), name
        at = data.find(needle, at + len(needle))
    yield at if at >= 0 else len(data), len(data), name


def bounded(found: list[Span], size: int) -> list[Span]:
    """Keep the first ``MOST`` spans and, where there are more, mask all that follows."""
    if len(found) <= MOST:
        return found
    found.sort()
    begin, _, name = found[MOST]
    return [*found[:MOST], (begin, size, name)]


def _back(steps: list[tuple[int, int]], at: int) -> int:
    """Give the place in the escaped text of a place in the unescaped one."""
    low, high = 0, len(steps)
    while high - low > 1:
        middle = (low + high) // 2
        if steps[middle][0] <= at:
            low = middle
        else:
            high = middle
    here, there = steps[low]
    return there + at - here


def merged(found: list[Span]) -> list[Span]:
    """Sort spans, the longer first where two begin alike, and join what overlaps."""
    found.sort(key=lambda span: (span[0], -span[1]))
    out: list[Span] = []
    for begin, end, name in found:
        if out and begin < out[-1][1]:
            if end > out[-1][1]:
                out[-1] = (out[-1][0], end, out[-1][2])
        else:
            out.append((begin, end, name))
    return out
