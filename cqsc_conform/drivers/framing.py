"""How HTTP/1 messages are delimited, read off a channel under bounds (RFC 9112)."""

import re
from collections.abc import Callable

from cqsc_conform.drivers.net import Channel
from cqsc_conform.errors import Blame, ProbeFailed
from cqsc_conform.model.evidence import Headers
from cqsc_conform.model.text import Scalar

__all__ = ["Arrival", "Stream", "framing_of", "headers_of", "read_body", "read_head"]

LINE_CAP = 8 * 1024
"""The longest chunk-size line, extensions included."""

_END = re.compile(rb"\n\r?\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
_LENGTH = re.compile(r"\d{1,15}")


Framing = tuple[list[str], list[str]]
"""The values of Content-Length, and the transfer codings, as they came."""

Stray = Callable[[bytes], ProbeFailed]


class Stream:
    """What came over a channel and was not read yet, under the deadline of one exchange."""

    __slots__ = ("at", "channel", "data", "deadline", "first_at", "now")

    def __init__(self, channel: Channel, now: Callable[[], float]) -> None:
        self.channel = channel
        self.now = now
        self.data = b""
        self.at = 0
        self.deadline = 0.0
        self.first_at: float | None = None

    def begin(self, deadline: float) -> None:
        """Start an exchange that ends by ``deadline``."""
        self.deadline = deadline
        self.first_at = None

    def more(self) -> bool:
        """Wait for more bytes; False at the end of the stream."""
        got = self.channel.recv(self.deadline)
        if self.first_at is None:
            self.first_at = self.now()
        if not got:
            return False
        self.data = got if self.at == len(self.data) else self.data[self.at :] + got
        self.at = 0
        return True

    def left(self) -> int:
        """Count the bytes that are here and were not read."""
        return len(self.data) - self.at


class Arrival:
    """A response as far as it came; ``whole`` says that status line and headers did.

    ``cut`` names why the body ended early: ``short`` (the peer left), ``cap`` (more than the
    bound), ``chunk`` (broken chunked framing), ``length`` (no usable Content-Length),
    ``deadline``.
    """

    __slots__ = (
        "body", "cut", "facts", "headers", "interim", "lasting", "reason", "status", "trailers",
        "version", "whole",
    )  # fmt: skip

    def __init__(self) -> None:
        self.status = 0
        self.reason = ""
        self.version = "1.1"
        self.headers: Headers = ()
        self.body = bytearray()
        self.cut: str | None = None
        self.trailers: Headers = ()
        self.interim = 0
        self.facts: dict[str, Scalar] = {}
        self.whole = False
        self.lasting = False


def headers_of(head: bytes) -> tuple[Headers, int]:
    """Split header lines, keeping order, case and repeats; count those that are malformed.

    A folded line joins the one before with a space (RFC 9112 section 5.2).  A line without a
    colon stays as a name without a value.
    """
    text = head.decode("latin-1")
    lines = text.split("\r\n")
    if text.count("\n") >= len(lines):
        lines = [line.removesuffix("\r") for line in text.split("\n")]
    found: list[tuple[str, str]] = []
    odd = 0
    for line in lines:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and found:
            odd += 1
            before, said = found.pop()
            found.append((before, (said + " " + line.strip(" \t")).strip(" ")))
            continue
        if not colon or not name or name[-1] in " \t":
            odd += 1
        found.append((name, value.strip(" \t")))
    return tuple(found), odd


def read_head(stream: Stream, cap: int, start: bytes, stray: Stray) -> bytes:
    """Read a start line and its header lines, without the empty line that ends them.

    :raises ProbeFailed: what ``stray`` makes of bytes that do not begin with ``start``;
        ``http.header_cap``, ``http.closed`` (target).
    """
    scan = stream.at
    while True:
        data = stream.data
        end = _END.search(data, scan)
        if end and end.end() - stream.at <= cap:
            head = data[stream.at : end.start() + 1]
            stream.at = end.end()
            return head
        size = stream.left()
        if not data.startswith(start[:size], stream.at):
            raise stray(data[stream.at : stream.at + cap])
        if size > cap:
            raise ProbeFailed("http.header_cap", Blame.TARGET, cap=cap)
        scan = max(size - 3, 0)
        if not stream.more():
            raise ProbeFailed("http.closed", Blame.TARGET, bytes=size)


def framing_of(into: Arrival) -> Framing:
    """Read what says where the body ends: lengths, transfer codings; sets ``lasting``."""
    lengths: list[str] = []
    codings: list[str] = []
    wishes = ""
    for name, value in into.headers:
        lower = name.lower().rstrip(" \t")
        if lower == "content-length":
            lengths += [part.strip() for part in value.split(",")]
        elif lower == "transfer-encoding":
            codings += [part.strip().lower() for part in value.split(",")]
        elif lower == "connection":
            wishes += f",{value.lower()}"
    into.lasting = "close" not in wishes and (into.version != "1.0" or "keep-alive" in wishes)
    return lengths, codings


def read_body(
    stream: Stream, framing: Framing, header_cap: int, body_cap: int, into: Arrival
) -> None:
    """Read a body to the end that its framing says, or to where it is cut.

    :raises TimeoutError: the deadline came; ``into.cut`` is ``deadline``.
    """
    lengths, codings = framing
    reader = _Reading(stream, body_cap, into)
    try:
        if codings:
            _coded(reader, codings, header_cap, both=bool(lengths))
        elif lengths:
            _counted(reader, lengths)
        else:
            into.lasting = False
            while reader.take(body_cap + 1):
                pass
    except ConnectionError:
        into.cut = "short"
    except TimeoutError:
        into.cut = "deadline"
        raise
    finally:
        into.lasting = into.lasting and into.cut is None


class _Reading:
    """Moves bytes from a stream into a body, never beyond its cap."""

    __slots__ = ("cap", "into", "stream")

    def __init__(self, stream: Stream, cap: int, into: Arrival) -> None:
        self.stream = stream
        self.cap = cap
        self.into = into

    def take(self, wanted: int) -> int:
        """Take up to ``wanted`` bytes, at least one while the cap allows; 0 at the end."""
        stream = self.stream
        if not stream.left() and not stream.more():
            return 0
        body = self.into.body
        taken = min(wanted, stream.left(), self.cap - len(body))
        if not taken:
            self.into.cut = "cap"
            return 0
        body += memoryview(stream.data)[stream.at : stream.at + taken]
        stream.at += taken
        return taken

    def exactly(self, wanted: int) -> bool:
        """Take ``wanted`` bytes, or say by ``cut`` why that many did not come."""
        while wanted:
            taken = self.take(wanted)
            if not taken:
                self.into.cut = self.into.cut or "short"
                return False
            wanted -= taken
        return True

    def line(self, cap: int) -> bytes | None:
        """Read a line with its end; None and ``cut`` where it is too long or the stream ends."""
        stream = self.stream
        while (end := stream.data.find(b"\n", stream.at)) < 0:
            if stream.left() > cap:
                self.into.cut = "chunk"
                return None
            if not stream.more():
                self.into.cut = "short"
                return None
        line = stream.data[stream.at : end + 1]
        stream.at = end + 1
        return line


def _counted(reader: _Reading, lengths: list[str]) -> None:
    if len(set(lengths)) != 1 or not _LENGTH.fullmatch(lengths[0]):
        reader.into.cut = "length"
        return
    reader.exactly(int(lengths[0]))


def _coded(reader: _Reading, codings: list[str], header_cap: int, *, both: bool) -> None:
    into = reader.into
    if both:
        into.facts["length_and_transfer_coding"] = True
        into.lasting = False
    if codings != ["chunked"]:
        # What lies under another transfer coding cannot be read, so it cannot be redacted.
        into.cut = "coding"
        return
    while (line := reader.line(LINE_CAP)) is not None:
        size = _CHUNK.fullmatch(line)
        if size is None:
            into.cut = "chunk"
            return
        length = int(size[1], 16)
        if not length:
            _trailers(reader, header_cap)
            return
        if not reader.exactly(length):
            return
        if reader.line(2) not in (b"\r\n", b"\n"):
            into.cut = into.cut or "chunk"
            return


def _trailers(reader: _Reading, cap: int) -> None:
    lines = b""
    while (line := reader.line(cap)) is not None:
        if line in (b"\r\n", b"\n"):
            if lines:
                reader.into.trailers, _ = headers_of(lines.rstrip(b"\r\n"))
            return
        lines += line
        if len(lines) > cap:
            reader.into.cut = "chunk"
            return
