"""The lines of a recording of MQTT messages: one JSON object each, read one at a time.

``topic``; ``payload`` (a string, or any JSON value, kept as it is written) or ``payload_base64``;
``time`` (RFC 3339 with offset, or seconds or milliseconds of the epoch); ``qos`` and ``retain``
where they are known.  Other members are passed over.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import BinaryIO

import msgspec
from msgspec import Struct

from cqsc_conform.errors import KitError
from cqsc_conform.formats.instants import instant
from cqsc_conform.formats.mqtt import MQTT_3_1_1, EncodeFault, Publish, encode

__all__ = ["MAX_LINE", "lines", "read_line"]

MAX_LINE = 2**20
"""The longest line in bytes."""

_MILLISECONDS_FROM = 1e11
"""A number from here on is taken for milliseconds: as seconds it would lie beyond the year 5000."""
_LATEST = 4_102_444_800.0 * 10
_BOM = b"\xef\xbb\xbf"
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
"""What a file begins with that is no text in UTF-8."""


class _Line(Struct):
    topic: str
    time: str | float | None = None
    payload: msgspec.Raw = msgspec.Raw(b"")
    payload_base64: str | None = None
    qos: int = 0
    retain: bool = False


_NAMES = tuple(f'"{name}"'.encode() for name in _Line.__struct_fields__)
_decoder = msgspec.json.Decoder(_Line)
_text = msgspec.json.Decoder(str)


def lines(file: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    """Give the lines that are not blank, with their numbers; CRLF and a byte order mark may be.

    :raises KitError: ``mqtt.capture_line`` for a line beyond a mebibyte, ``mqtt.capture_packed``
        for a file that is compressed or in UTF-16.
    """
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if number == 1:
            for begins, what in _PACKED.items():
                if line.startswith(begins):
                    raise KitError("mqtt.capture_packed", where=name, what=what)
            line = line.removeprefix(_BOM)
        if len(line) > MAX_LINE:
            raise bad_line(name, number, "too_long")
        if not line.isspace() and line:
            yield number, line


def bad_line(name: str, number: int, part: str) -> KitError:
    """Say which line cannot be read, and what is wrong with it."""
    return KitError("mqtt.capture_line", where=f"{name}:{number}", part=part)


def read_line(name: str, number: int, line: bytes) -> tuple[float, bytes]:
    """Read a line as the epoch second of a message and its PUBLISH of MQTT 3.1.1.

    :raises KitError: ``mqtt.capture_line``; its ``part`` is ``shape``, ``twice`` (a member),
        ``qos``, ``payload`` or ``time``.
    """
    try:
        read = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad_line(name, number, "shape") from None
    if _twice(line):
        raise bad_line(name, number, "twice")
    if not 0 <= read.qos <= 2:  # noqa: PLR2004 - QoS 0 to 2
        raise bad_line(name, number, "qos")
    absent = (b"",) if read.payload_base64 is None else (b"", b"null")
    if (bytes(read.payload) in absent) == (read.payload_base64 is None):
        raise bad_line(name, number, "payload")
    at = _moment(read.time)
    if at is None:
        raise bad_line(name, number, "time")
    try:
        packet_id = 1 if read.qos else None
        publish = Publish(read.topic, _payload(read), read.qos, read.retain, packet_id=packet_id)
        return at, encode(publish, MQTT_3_1_1)
    except (EncodeFault, binascii.Error, ValueError):
        raise bad_line(name, number, "payload") from None


def _twice(line: bytes) -> bool:
    """Tell whether a member of the line that is read stands in it twice."""
    # What stands inside a payload is the device's affair; only a doubt is worth a second look.
    if b"\\u" not in line and all(line.count(each) < 2 for each in _NAMES):  # noqa: PLR2004 - twice
        return False
    try:
        pairs = json.loads(line, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return False
    names = [pair[0] for pair in pairs if pair[0] in _Line.__struct_fields__]
    return len(set(names)) != len(names)


def _payload(line: _Line) -> bytes:
    if line.payload_base64 is not None:
        return base64.b64decode(line.payload_base64, validate=True)
    raw = bytes(line.payload)
    # A string is the payload's text; anything else is the payload itself, as it is written.
    return _text.decode(raw).encode() if raw.startswith(b'"') else raw


def _moment(time: str | float | None) -> float | None:
    """Give the epoch second of a time, or None where it is none."""
    if isinstance(time, str):
        read = instant(time)
        return read if isinstance(read, float) and 0 <= read < _LATEST else None
    if time is None:
        return None
    at = time / 1000 if time >= _MILLISECONDS_FROM else time
    return float(at) if 0 <= at < _LATEST else None
