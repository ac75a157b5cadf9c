"""A recorded file in the place of a live device: messages as NDJSON, read as a trace.

One JSON object a line: ``topic``; ``payload`` (a string, or any JSON value, kept as written) or
``payload_base64``; ``time`` (RFC 3339 with offset, or seconds of the epoch); ``qos`` and
``retain`` where they are known.  A file of any size is read line by line.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.mqtt import MQTT_3_1_1, EncodeFault, Publish, encode
from cqsc_conform.formats.stream import FROM_DEVICE, FrameWriter
from cqsc_conform.formats.times import read_date_time
from cqsc_conform.model.ask import ObserveAsk, PeerAsk
from cqsc_conform.model.evidence import Trace, Unobserved
from cqsc_conform.model.probe import Act
from cqsc_conform.model.world import Clock, rfc3339

__all__ = ["CaptureFile"]

MAX_LINE = 2**20
_HELD = 64 * 1024
_MICRO = 1_000_000
_MILLISECONDS_FROM = 1e11
"""A number from here on is taken for milliseconds: as seconds it would lie beyond the year 5000."""
_LATEST = 4_102_444_800.0 * 10


class _Line(Struct):
    topic: str
    time: str | float
    payload: msgspec.Raw = msgspec.Raw(b"")
    payload_base64: str | None = None
    qos: int = 0
    retain: bool = False


_decoder = msgspec.json.Decoder(_Line)
_text = msgspec.json.Decoder(str)


class CaptureFile:
    """Stands where the MQTT peer would: each probe that watches is given the whole file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def peer(
        self, ask: PeerAsk, sink: Callable[[bytes], None], stop: Callable[[], bool]
    ) -> Trace | Unobserved:
        """Read the file as a trace of vantage ``capture``.

        A script cannot be acted out on a recording: ``mqtt.capture_script``; a file without a
        message is ``mqtt.capture_empty`` (both you).

        :raises KitError: ``mqtt.capture_line`` (at its line), ``mqtt.capture_unreadable``.
        """
        if ask.script:
            return self._unobserved(ask, "mqtt.capture_script")
        try:
            with self._path.open("rb") as file:
                return self._read(ask, file, sink, stop)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise KitError("mqtt.capture_unreadable", where=str(self._path), why=why) from error

    def observe(
        self, ask: ObserveAsk, sink: Callable[[bytes], None], stop: Callable[[], bool]
    ) -> Trace | Unobserved:
        """Read the file as :meth:`peer` does: it stands for an observer, too."""
        script = tuple(Act(act="command", after=each.after) for each in ask.script)
        return self.peer(
            PeerAsk(
                id=ask.id,
                endpoint=ask.endpoint,
                seconds=ask.seconds,
                wait=ask.wait,
                max_packets=ask.max_packets,
                script=script,
            ),
            sink,
            stop,
        )

    def close(self) -> None:
        """Hold nothing between probes."""

    def _read(
        self,
        ask: PeerAsk,
        file: BinaryIO,
        sink: Callable[[bytes], None],
        stop: Callable[[], bool],
    ) -> Trace | Unobserved:
        writer, held = FrameWriter(), bytearray()
        count = late = written = 0
        zero = last = 0.0
        ended = "file"
        for number, line in self._lines(file):
            at, raw = self._frame(number, line)
            if not count:
                zero = last = at
            late += at < last
            last = max(last, at)
            count += 1
            held += writer.frame(round((last - zero) * _MICRO), FROM_DEVICE, 1, raw)
            if len(held) >= _HELD:
                written += len(held)
                sink(bytes(held))
                held.clear()
                if written > ask.trace_bytes or stop():
                    ended = "bytes" if written > ask.trace_bytes else "cancelled"
                    break
        if not count:
            return self._unobserved(ask, "mqtt.capture_empty")
        sink(bytes(held))
        return Trace(
            id=ask.id,
            kind="mqtt",
            vantage="capture",
            endpoint=ask.endpoint,
            since=rfc3339(datetime.fromtimestamp(zero, UTC)),
            seconds=round(last - zero, 6),
            packets=count,
            sessions=1,
            ended=ended,
            facts={"file": self._path.name, "out_of_order": late, "packet_bytes": MAX_LINE},
        )

    def _lines(self, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise self._bad(number, "too_long")
            if line.strip():
                yield number, line

    def _frame(self, number: int, line: bytes) -> tuple[float, bytes]:
        try:
            read = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise self._bad(number, "shape") from None
        if not 0 <= read.qos <= 2:  # noqa: PLR2004 - QoS 0 to 2
            raise self._bad(number, "qos")
        absent = (b"",) if read.payload_base64 is None else (b"", b"null")
        if (bytes(read.payload) in absent) == (read.payload_base64 is None):
            raise self._bad(number, "payload")
        at = _moment(read.time)
        if at is None:
            raise self._bad(number, "time")
        try:
            publish = Publish(
                read.topic, _payload(read), read.qos, read.retain,
                packet_id=1 if read.qos else None,
            )  # fmt: skip
            return at, encode(publish, MQTT_3_1_1)
        except (EncodeFault, binascii.Error, ValueError):
            raise self._bad(number, "payload") from None

    def _bad(self, number: int, part: str) -> KitError:
        return KitError("mqtt.capture_line", where=f"{self._path}:{number}", part=part)

    def _unobserved(self, ask: PeerAsk, code: str) -> Unobserved:
        at = rfc3339(self._clock.now())
        args = {"file": self._path.name}
        return Unobserved(
            id=ask.id, code=code, blame=Blame.YOU, at=at, endpoint=ask.endpoint, args=dict(args)
        )


def _payload(line: _Line) -> bytes:
    if line.payload_base64 is not None:
        return base64.b64decode(line.payload_base64, validate=True)
    raw = bytes(line.payload)
    # A string is the payload's text; anything else is the payload itself, as it is written.
    return _text.decode(raw).encode() if raw.startswith(b'"') else raw


def _moment(time: str | float) -> float | None:
    """Give the epoch second of a time, or None where it is none."""
    if isinstance(time, str):
        read = read_date_time(time)
        return read.timestamp() if isinstance(read, datetime) else None
    at = time / 1000 if time >= _MILLISECONDS_FROM else time
    return at if 0 <= at < _LATEST else None
