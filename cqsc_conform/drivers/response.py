"""One HTTP/1 response, kept as it came (RFC 9112)."""

import re

from cqsc_conform.drivers.framing import (
    Arrival,
    Stream,
    framing_of,
    headers_of,
    read_body,
    read_head,
)
from cqsc_conform.errors import Blame, ProbeFailed

__all__ = ["INTERIM_CAP", "read_response"]

INTERIM_CAP = 16

_STATUS = re.compile(rb"HTTP/(1\.\d) ([1-9]\d\d)(?: ([^\n]*?))?\r?(?:\n|\Z)")
_START = b"HTTP/1."
_SWITCHED = 101
_FINAL = 200
_BODILESS = frozenset({204, 304})
_SUCCESS = range(200, 300)


def _garbage(seen: bytes) -> ProbeFailed:
    if seen[:2] == b"\x15\x03":
        return ProbeFailed("http.speaks_tls", Blame.TARGET)
    return ProbeFailed("http.garbage", Blame.TARGET, seen=seen.decode("latin-1"))


def read_response(
    stream: Stream, method: str, header_cap: int, body_cap: int, into: Arrival
) -> None:
    """Read one final response into ``into``, which holds what was seen if this raises.

    :raises TimeoutError: the deadline came.
    :raises ConnectionError: the peer broke the connection before the headers were whole.
    :raises ProbeFailed: ``http.garbage``, ``http.closed``, ``http.header_cap``,
        ``http.interim_flood``, ``http.switched``, ``http.speaks_tls`` (target).
    """
    budget = header_cap
    while True:
        head = read_head(stream, budget, _START, _garbage)
        budget -= len(head)
        line = _STATUS.match(head)
        if line is None:
            raise _garbage(head)
        status = int(line[2])
        if status >= _FINAL:
            break
        if status == _SWITCHED:
            raise ProbeFailed("http.switched", Blame.TARGET)
        into.interim += 1
        if into.interim > INTERIM_CAP:
            raise ProbeFailed("http.interim_flood", Blame.TARGET, cap=INTERIM_CAP)
    into.version = line[1].decode()
    into.status = status
    into.reason = (line[3] or b"").decode("latin-1")
    if line.end() < len(head):
        into.headers, odd = headers_of(head[line.end() : -2 if head.endswith(b"\r\n") else -1])
        if odd:
            into.facts["malformed_header_lines"] = odd
    into.whole = True
    framing = framing_of(into)
    bodiless = method == "HEAD" or status in _BODILESS
    if not (bodiless or (method == "CONNECT" and status in _SUCCESS)):
        read_body(stream, framing, header_cap, body_cap, into)
