"""What is secret by the name under which it stands."""

import itertools
import re
from collections.abc import Iterator, Sequence

from cqsc_conform.drivers.needles import MOST, Span, bounded

__all__ = ["HeaderKind", "Members", "cookie_spans", "header_kind"]

HeaderKind = str
"""``scheme`` (all after the scheme), ``cookies``, ``set-cookie``, ``whole`` or empty."""

_NAMES = (
    "password", "passwd", "passphrase", "pwd", "secret", "token",
    "access token", "refresh token", "id token", "auth token", "session token",
    "client secret", "app secret", "user password", "old password", "new password",
    "secret key", "api key", "access key", "private key", "access key secret",
)  # fmt: skip
_BEGINS = "".join(sorted({name[0] for name in _NAMES})) + r"\\"
_STEMS = (b"pass", b"pwd", b"secret", b"token", b"api", b"access", b"private")
"""One of them is in every name of ``_NAMES``; most bodies hold none, and are passed at once."""
_HEADER = re.compile(
    r"(?:x-)?(?:[a-z0-9]+[-_])*(?:api[-_]?key|access[-_]?key|secret[-_]?key|app[-_]?key|token"
    r"|secret|password|passwd|session(?:[-_]?id)?)"
    r"|x-(?:[a-z0-9]+[-_])*key"
)
_HARMLESS = re.compile(r"page|next|cursor|continuation|idempotency|cache|surrogate")
_PAIR = re.compile(r"([^=;\s]+)=([^;]*)")
_UNQUOTED = re.compile(rb'[^"\\]*')
_SCALARS = re.compile(rb'"((?:[^"\\]++|\\.)*+)"?(\s*:)?|[{}\[\]]|-?\d[-+.\w]*')


def header_kind(name: str) -> HeaderKind:
    """Say how a header field's value is secret."""
    lower = name.lower().strip()
    if lower in ("authorization", "proxy-authorization"):
        return "scheme"
    if lower == "cookie":
        return "cookies"
    if lower == "set-cookie":
        return "set-cookie"
    if _HEADER.fullmatch(lower) and not _HARMLESS.search(lower):
        return "whole"
    return ""


def cookie_spans(value: str, *, first_only: bool) -> Iterator[Span]:
    """Find the values of cookies; of ``Set-Cookie`` the first pair only, the rest is attributes."""
    for match in _PAIR.finditer(value):
        if match[2]:
            yield match.start(2), match.end(2), f"cookie {match[1]}"
        if first_only:
            return


class Members:
    """Finds secret members in JSON, forms, queries and XML by name."""

    __slots__ = ("_form", "_json", "_stems", "_xml")

    def __init__(self, sensitive: Sequence[str]) -> None:
        """Compile; ``sensitive`` are names that the target file adds."""
        spelled = [re.escape(name).replace("\\ ", "[-_]?") for name in _NAMES]
        own = [re.escape(name) for name in sensitive]
        own += [re.escape(name.encode("unicode_escape").decode()) for name in sensitive]
        # The look at one letter first spares most places the whole list.
        firsts = {name[0] for each in sensitive if each for name in (each.lower(), each.upper())}
        begins = re.escape("".join(sorted(firsts))) + _BEGINS
        names = f"(?=[{begins}])({'|'.join((*spelled, *own))})".encode()
        flags = re.IGNORECASE
        self._json = re.compile(rb'"' + names + rb'\\*"\s*:\s*', flags)
        self._form = re.compile(
            rb"(?:\A|[?&;,\s])" + names + rb"=([^&;,\s\"'<>#]+)", flags
        )  # fmt: skip
        self._xml = re.compile(rb"<(?:\w{1,32}+:)?" + names + rb"(?:\s[^<>]*)?>([^<]+)", flags)
        self._stems = (*_STEMS, *(name.lower().encode() for name in sensitive))
        self._stems += tuple(
            name.encode("unicode_escape").lower() for name in sensitive if not name.isascii()
        )

    def spans(self, data: bytes, lower: bytes) -> list[Span]:
        """Find the values of secret members in ``data``; ``lower`` is its lower-case form."""
        for stem in self._stems:
            if stem in lower:
                break
        else:
            return []
        found: list[Span] = []
        at = 0
        while match := self._json.search(data, at):
            name = f"member {_shown(match[1])}"
            at = match.end()
            if data[at : at + 1] in (b"{", b"["):
                at = _inside(data, at, name, found)
            else:
                found += _json_value(data, at, name)
            if len(found) > MOST:
                break
        for pattern in (self._form, self._xml):
            for match in itertools.islice(pattern.finditer(data), MOST + 1):
                found.append((match.start(2), match.end(2), f"member {_shown(match[1])}"))
        return bounded(found, len(data))


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _json_value(data: bytes, at: int, name: str) -> Iterator[Span]:
    if data[at : at + 1] == b"\\":
        begin = data.find(b'"', at, at + 16) + 1
        inner = _UNQUOTED.match(data, begin) if begin else None
        if inner:
            yield begin, inner.end(), name
    elif match := _SCALARS.match(data, at):
        yield from _scalar(match, name)


def _inside(data: bytes, at: int, name: str, found: list[Span]) -> int:
    """Find every scalar of an object or array, whose members' names stay; give its end."""
    depth = 0
    for match in _SCALARS.finditer(data, at):
        token = match[0]
        if token in (b"{", b"["):
            depth += 1
        elif token in (b"}", b"]"):
            depth -= 1
            if not depth:
                return match.end()
        elif not match[2]:
            found += _scalar(match, name)
            if len(found) > MOST:
                break
    return len(data)


def _scalar(match: re.Match[bytes], name: str) -> Iterator[Span]:
    if match[1] is None:
        yield match.start(), match.end(), f"{name} as a number"
    elif match[1]:
        yield match.start(1), match.end(1), name
