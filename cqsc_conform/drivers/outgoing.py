"""A request as bytes: exactly what the ask says, and what framing needs."""

import re

from cqsc_conform import __version__
from cqsc_conform.errors import Blame, ProbeFailed
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Headers

__all__ = ["SAFE", "head_of", "seeming", "wire_headers"]

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that may be sent again unasked (RFC 9110 section 9.2.1)."""

_AGENT = ("User-Agent", f"cqsc-conform/{__version__}")
_PLAIN = ("Accept-Encoding", "identity")
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"[!-~]+")
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([!-~]{1,2048})")
_HEADERS = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\r\n\0]*\r\n)*")


def wire_headers(ask: Ask, authority: str, credentials: Headers) -> Headers:
    """List the header fields in the order in which they leave.

    ``Host`` first, then the ask's own, then credentials, then what is missing of ``User-Agent``,
    ``Accept-Encoding: identity`` and ``Content-Length``.  What the ask gives is not given twice.
    """
    given = {name.lower() for name, _ in ask.headers}
    found = [_latin(pair) for pair in (*ask.headers, *credentials)]
    if "host" not in given:
        found.insert(0, ("Host", authority))
    if "user-agent" not in given:
        found.append(_AGENT)
    if "accept-encoding" not in given:
        found.append(_PLAIN)
    bodily = ask.body or ask.method in ("POST", "PUT", "PATCH")
    if bodily and not given & {"content-length", "transfer-encoding"}:
        found.append(("Content-Length", str(len(ask.body))))
    return tuple(found)


def _latin(pair: tuple[str, str]) -> tuple[str, str]:
    """Hold a field as latin-1 text of its bytes; what latin-1 lacks leaves as UTF-8."""
    name, value = pair
    if value.isascii():
        return pair
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return name, value.encode("utf-8", "surrogatepass").decode("latin-1")
    return pair


def head_of(method: str, target: str, headers: Headers) -> bytes:
    """Write the request line and the header lines.

    What would end a line early is refused: a value taken from evidence must not smuggle a
    second request to the target.

    :raises ProbeFailed: ``http.unsendable`` (kit), with ``part``.
    """
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if not _METHOD.fullmatch(method):
        raise ProbeFailed("http.unsendable", Blame.KIT, part="method")
    if not _TARGET.fullmatch(target):
        raise ProbeFailed("http.unsendable", Blame.KIT, part="target")
    if lines.count("\r\n") != len(headers) or not _HEADERS.fullmatch(lines):
        raise ProbeFailed("http.unsendable", Blame.KIT, part="headers")
    head = f"{method} {target} HTTP/1.1\r\n{lines}\r\n"
    return head.encode("latin-1")


def seeming(data: bytes) -> tuple[str, str]:
    """Read method and target off bytes that may be no request; both empty where they are none."""
    line = _LINE.match(data)
    return (line[1].decode(), line[2].decode()) if line else ("", "")
