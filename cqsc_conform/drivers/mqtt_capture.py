"""A recorded file in the place of a live device: messages as NDJSON, read as a trace.

A file of any size is read line by line; ``drivers.capture_lines`` says what a line holds.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from cqsc_conform.drivers.capture_lines import MAX_LINE, lines, read_line
from cqsc_conform.drivers.mqtt_mask import Mask
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, FrameWriter
from cqsc_conform.model.ask import ObserveAsk, PeerAsk
from cqsc_conform.model.evidence import Trace, Unobserved
from cqsc_conform.model.probe import Act
from cqsc_conform.model.world import Clock, rfc3339

__all__ = ["CaptureFile"]

_HELD = 64 * 1024
_MICRO = 1_000_000


class CaptureFile:
    """Stands where the MQTT peer would: each probe that watches is given the whole file."""

    def __init__(self, path: Path, clock: Clock, mask: Mask) -> None:
        self._path = path
        self._clock = clock
        self._mask = mask

    def peer(
        self, ask: PeerAsk, sink: Callable[[bytes], None], stop: Callable[[], bool]
    ) -> Trace | Unobserved:
        """Read the file as a trace of vantage ``capture``.

        A script cannot be acted out on a recording: ``mqtt.capture_script``; a file without a
        message is ``mqtt.capture_empty`` (both you).

        :raises KitError: ``mqtt.capture_line`` (at its line), ``mqtt.capture_packed``,
            ``mqtt.capture_unreadable``.
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
        count = late = written = masked = 0
        zero = last = 0.0
        ended, name = "file", str(self._path)
        for number, line in lines(file, name):
            at, raw = read_line(name, number, line)
            if not count:
                zero = last = at
            late += at < last
            last = max(last, at)
            count += 1
            moment = round((last - zero) * _MICRO)
            raw, hits = self._mask.packet(raw)
            if hits:
                masked += 1
                note = json.dumps({"event": "masked", "spans": hits}).encode()
                held += writer.frame(moment, EVENT, 1, note)
            held += writer.frame(moment, FROM_DEVICE, 1, raw)
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
            facts={
                "file": self._path.name,
                "out_of_order": late,
                "packet_bytes": MAX_LINE,
                "masked": masked,
            },
        )

    def _unobserved(self, ask: PeerAsk, code: str) -> Unobserved:
        at = rfc3339(self._clock.now())
        args = {"file": self._path.name}
        return Unobserved(
            id=ask.id, code=code, blame=Blame.YOU, at=at, endpoint=ask.endpoint, args=dict(args)
        )
