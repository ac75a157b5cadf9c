"""Single frames of a trace as a report reads them: decoded one by one, their content bounded."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct, structs

from cqsc_conform.formats.device import Topics
from cqsc_conform.formats.device_message import Message
from cqsc_conform.formats.mqtt import (
    Connect,
    Decoder,
    Direction,
    Malformed,
    Packet,
    PacketType,
    Publish,
    Version,
)
from cqsc_conform.formats.reading import as_text
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, Frame, varint
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.evidence import Trace

__all__ = [
    "CONNECT_HEAD",
    "PAYLOAD",
    "TRIMMED",
    "Kept",
    "Line",
    "Packets",
    "note_of",
    "topic_of",
    "trimmed",
]

PAYLOAD = 4096
"""The most bytes of a cited packet's payload that are kept; of a neighbour's, ``_BRIEF``."""

TRIMMED = 8192
"""The most bytes of a frame that are kept until it is known whether it is shown."""

CONNECT_HEAD = 0x10
"""The first byte of a CONNECT."""

_BRIEF = 240
_BYTES = 256
_CAP = 256 * 1024
_MOST_SESSIONS = 65_536
_LONG = 0x80
_LENGTH_OCTETS = 4
_TRUE = frozenset({"true", "1"})


class Line(Struct, frozen=True):
    """One frame: ``at`` in µs since the trace's zero, ``direction`` as in ``formats.stream``.

    ``kind`` is the packet's name in capitals, ``MALFORMED``, or the name of what happened, of
    which ``note`` holds the particulars.  ``size`` counts bytes on the wire, ``payload_size``
    those of the payload, of which ``packet`` keeps the beginning.  ``data`` is the beginning of
    a malformed packet.
    """

    number: int
    at: int
    session: int
    direction: int
    kind: str
    size: int
    packet: Packet | Malformed | None = None
    payload_size: int = 0
    late: bool = False
    data: bytes = b""
    note: Mapping[str, Any] = {}


class Packets:
    """Decodes frames of one trace, each by itself, by the version of its connection."""

    def __init__(self, trace: Trace, topics: Topics, charset: str) -> None:
        cap = trace.facts.get("packet_bytes")
        self._cap = cap if isinstance(cap, int) and cap > 0 else _CAP
        self._first: Version | None = None if trace.vantage == "peer" else 4
        self._versions: dict[int, Version] = {}
        self._topics = topics
        self._charset = charset

    def heed(self, frame: Frame) -> None:
        """Learn from a CONNECT which version its connection speaks."""
        if frame.direction == FROM_DEVICE:
            found = self.decode(frame)
            if len(self._versions) >= _MOST_SESSIONS:
                self._versions.clear()
            if isinstance(found, Connect):
                self._versions[frame.session] = found.version

    def decode(self, frame: Frame) -> Packet | Malformed | None:
        """Decode the one packet of a frame; none where its end lacks."""
        version = self._versions.get(frame.session, self._first)
        if frame.direction == FROM_DEVICE:
            # Each CONNECT begins anew, whatever came before on the same connection.
            version = None if frame.data[:1] == b"\x10" else version
            decoder = Decoder(version, Direction.TO_SERVER, max_packet=self._cap)
        else:
            decoder = Decoder(version or 4, Direction.TO_CLIENT, max_packet=1 << 24)
        found = next(iter(decoder.feed(frame.data)), None)
        return found if found is not None else decoder.finish()

    def late(self, packet: Publish) -> bool:
        """Tell whether a message, or one of its batch, calls itself back-fill."""
        message = Message(packet, self._topics.find(packet.topic), self._charset)
        return any(as_text(part.element("backfill")) in _TRUE for part in message.parts)

    def operation(self, topic: str) -> str:
        """Name the operation that a topic belongs to; empty where there is none."""
        return self._topics.find(topic)[0]

    def line(self, number: int, kept: "Kept", *, cited: bool) -> Line:
        """Read a frame for a report; the content of a cited one is kept further."""
        frame = kept.frame
        if frame.direction == EVENT:
            note = note_of(frame.data)
            return Line(
                number, frame.at, frame.session, EVENT, str(note.get("event", ""))[:40],
                kept.size, note=note,
            )  # fmt: skip
        found = self.decode(frame)
        if found is None or isinstance(found, Malformed):
            return Line(
                number, frame.at, frame.session, frame.direction, "MALFORMED", kept.size, found,
                data=frame.data[:_BYTES],
            )  # fmt: skip
        late, payload = False, 0
        if isinstance(found, Publish):
            late = frame.direction == FROM_DEVICE and self.late(found)
            payload = len(found.payload) + kept.gone
            found = structs.replace(found, payload=found.payload[: PAYLOAD if cited else _BRIEF])
        return Line(
            number, frame.at, frame.session, frame.direction,
            str(found.__struct_config__.tag), kept.size, found, payload, late,
        )  # fmt: skip


class Kept(NamedTuple):
    """A frame that may be shown: ``size`` bytes of which ``gone`` were cut off its body."""

    frame: Frame
    size: int
    gone: int = 0


def trimmed(frame: Frame) -> Kept:
    """Keep so much of a frame as is shown; a PUBLISH stays one, with less of its payload."""
    data = frame.data
    size = len(data)
    if size <= TRIMMED:
        return Kept(frame, size)
    at, shift, length = 1, 0, 0
    while at <= _LENGTH_OCTETS:
        length |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < _LONG:
            break
    gone = max(0, size - at - TRIMMED)
    if data[0] >> 4 != PacketType.PUBLISH or at + length != size or not gone:
        return Kept(frame._replace(data=data[:TRIMMED]), size)
    head = data[:1] + varint(TRIMMED)
    return Kept(frame._replace(data=head + data[at : at + TRIMMED]), size, gone)


def topic_of(data: bytes) -> bytes:
    """Take the topic out of a PUBLISH, without decoding it; empty where there is none."""
    at = 1
    while at <= _LENGTH_OCTETS and at < len(data) and data[at] >= _LONG:
        at += 1
    start = at + 3
    size = int.from_bytes(data[at + 1 : start], "big")
    return data[start : start + size]


def note_of(data: bytes) -> Mapping[str, Any]:
    """Read what happened besides packets; empty where it cannot be read."""
    try:
        found = read_json(data)
    except JsonFault:
        return {}
    return found if isinstance(found, dict) else {}
