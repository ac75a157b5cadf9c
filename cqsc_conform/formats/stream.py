"""The frames of a trace: what was said, by whom, when, one after the other in a file.

A frame is ``varint(µs since the frame before) | u8 direction | varint session | varint length |
bytes``; varints are little-endian groups of seven bits, as in MQTT, of at most nine octets.
From a device and from the kit the bytes are one MQTT packet as it went over the wire, less what
redaction masked; an event's bytes are a small JSON object with the member ``event``.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

__all__ = [
    "EVENT",
    "FROM_DEVICE",
    "FROM_KIT",
    "MAX_FRAME",
    "Frame",
    "FrameWriter",
    "StreamFault",
    "frame_places",
    "read_frames",
]

FROM_DEVICE: Final = 0
FROM_KIT: Final = 1
EVENT: Final = 2

MAX_FRAME = 16 * 2**20
"""The longest frame that is read or written, in bytes of its content."""

_LONG = 0x80
_TWO = 1 << 14
_MOST_OCTETS = 9
_SHIFTS = (7, 14, 21)
_USUAL = 8
"""The most octets before the bytes of a usual frame."""


class StreamFault(ValueError):  # noqa: N818 - it names what is wrong with a file
    """Says what is wrong with a stream file, and at which byte.

    Codes: ``ended`` (inside a frame), ``varint``, ``direction``, ``too_long``.
    """

    def __init__(self, code: str, offset: int) -> None:
        super().__init__(code, offset)
        self.code = code
        self.offset = offset


class Frame(NamedTuple):
    """One frame: ``at`` in µs since the trace's zero, ``session`` as the trace numbers them."""

    at: int
    direction: int
    session: int
    data: bytes


class FrameWriter:
    """Writes frames in the order of their times; an earlier time counts as the latest one."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def frame(self, at: int, direction: int, session: int, data: bytes | bytearray) -> bytes:
        """Write a frame whose time is ``at`` µs since the trace's zero.

        :raises StreamFault: ``direction``, ``too_long``.
        """
        size = len(data)
        if not 0 <= direction <= EVENT:
            raise StreamFault("direction", 0)
        if size > MAX_FRAME:
            raise StreamFault("too_long", 0)
        delta = at - self._last
        if delta <= 0:
            delta = 0
        else:
            self._last = at
        if delta < _LONG and session < _LONG <= size < _TWO:
            # What telemetry of one device looks like, without three calls.
            return bytes((delta, direction, session, size & 0x7F | _LONG, size >> 7)) + data
        head = varint(delta) + bytes((direction,)) + varint(session) + varint(size)
        return head + data


def varint(value: int) -> bytes:
    """Write a number that is not negative, seven bits an octet, the lowest first."""
    if value < _LONG:
        return bytes((value,))
    octets = bytearray()
    while value >= _LONG:
        octets.append(value & 0x7F | _LONG)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def read_frames(pieces: Iterable[bytes]) -> Iterator[Frame]:
    """Read frames from a file's bytes, cut anywhere; keeps no more than one frame and one piece.

    :raises StreamFault: as soon as the bytes are no stream.
    """
    rest, base, at = b"", 0, 0
    for piece in pieces:
        data = rest + piece if rest else piece
        place, size = 0, len(data)
        while True:
            head = _usual(data, place) if place + _USUAL <= size else None
            head = head or _head(data, place, base)
            if head is None:
                break
            delta, direction, session, start, length = head
            stop = start + length
            if stop > len(data):
                break
            at += delta
            yield Frame(at, direction, session, data[start:stop])
            place = stop
        rest = data[place:]
        base += place
    if rest:
        raise StreamFault("ended", base)


def frame_places(pieces: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    """Give where each frame of a file begins and ends, in bytes of the file.

    :raises StreamFault: as :func:`read_frames` does.
    """
    rest, base = b"", 0
    for piece in pieces:
        data = rest + piece
        place = 0
        while (head := _head(data, place, base)) is not None and head[3] + head[4] <= len(data):
            stop = head[3] + head[4]
            yield base + place, base + stop
            place = stop
        rest = data[place:]
        base += place
    if rest:
        raise StreamFault("ended", base)


def _usual(data: bytes, place: int) -> tuple[int, int, int, int, int] | None:
    """Read the numbers before most frames: seconds apart, of few sessions, of few octets."""
    delta = data[place]
    place += 1
    if delta >= _LONG:
        delta &= 0x7F
        for shift in _SHIFTS:
            octet = data[place]
            place += 1
            delta |= (octet & 0x7F) << shift
            if octet < _LONG:
                break
        else:
            return None
    direction, session, length = data[place], data[place + 1], data[place + 2]
    place += 3
    if length >= _LONG:
        more = data[place]
        place += 1
        if more >= _LONG:
            return None
        length = length & 0x7F | more << 7
    if direction > EVENT or session >= _LONG:
        return None
    return delta, direction, session, place, length


def _head(data: bytes, place: int, base: int) -> tuple[int, int, int, int, int] | None:
    """Read the numbers before a frame's bytes, or nothing where octets lack."""
    size = len(data)
    numbers = []
    for which in range(4):
        value = shift = 0
        begun = place
        while True:
            if place >= size:
                return None
            octet = data[place]
            place += 1
            value |= (octet & 0x7F) << shift
            if octet < _LONG:
                break
            shift += 7
            if place - begun >= _MOST_OCTETS:
                raise StreamFault("varint", base + begun)
        if which == 1 and value > EVENT:
            raise StreamFault("direction", base + begun)
        numbers.append(value)
    delta, direction, session, length = numbers
    if length > MAX_FRAME:
        raise StreamFault("too_long", base + place)
    return delta, direction, session, place, length
