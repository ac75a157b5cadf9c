"""Writing a trace down as it happens: frames with their times, bounded, secrets masked."""

import json
from collections.abc import Callable, Sequence

from cqsc_conform.drivers.mqtt_mask import Hit, Mask, masked_bad
from cqsc_conform.formats.mqtt import Malformed, Packet
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, FROM_KIT, FrameWriter

__all__ = ["Recorder"]

_HELD = 64 * 1024
_MICRO = 1_000_000
_HEAD = 16
"""More octets than stand before the packet in any frame."""


class Recorder:
    """Holds the frames of one trace; ``full`` says which bound ended it.

    ``now`` tells monotonic seconds.  Belongs to one thread.
    """

    def __init__(
        self,
        sink: Callable[[bytes], None],
        now: Callable[[], float],
        *,
        max_packets: int,
        max_bytes: int,
        mask: Mask,
    ) -> None:
        self._sink = sink
        self._mask = mask
        self.masked = 0
        self._now = now
        self._frame_of = FrameWriter().frame
        self._held = bytearray()
        self._zero: float | None = None
        self._until = float("inf")
        self._at = 0
        self._left = max_bytes
        self._max_packets = max_packets
        self.packets = 0
        self.full: str | None = None
        self.over = False
        self.trouble: BaseException | None = None

    def begin(self, seconds: float) -> None:
        """Set the trace's zero, once: what comes more than ``seconds`` later is not kept."""
        if self._zero is None:
            self._zero = self._now()
            self._until = self._zero + seconds

    @property
    def seconds(self) -> float:
        """Tell how long was looked so far."""
        if self._zero is None:
            return 0.0
        return min(self._now(), self._until) - self._zero

    def tick(self) -> bool:
        """Read the clock for what comes now; False once nothing more is kept."""
        if self._zero is None:
            return False
        now = self._now()
        self._at = int((now - self._zero) * _MICRO)
        if now > self._until:
            self._end("deadline")
        return not self.over

    def packet(
        self, session: int, raw: bytes, packet: Packet | None = None, *, torn: bool = False
    ) -> None:
        """Keep a packet of a device, or its beginning, without what may not be written."""
        raw, hits = self._mask.packet(raw, packet, torn=torn)
        if hits:
            self._told(session, hits)
        self.device(session, raw)

    def device(self, session: int, raw: bytes | bytearray) -> None:
        """Keep what a device sent, at the time of the latest tick: that of its arrival.

        No secret may stand in it.
        """
        if self.over:
            return
        # The same as _frame, spelled out: this is called for every packet of a flood.
        frame = self._frame_of(self._at, FROM_DEVICE, session, raw)
        self._left -= len(frame)
        if self._left < 0:
            self._end("bytes")
            return
        self._held += frame
        if len(self._held) >= _HELD:
            self.flush()
        self.packets += 1
        if self.packets >= self._max_packets:
            self._end("packets")

    def devices(self, session: int, data: bytes, stops: Sequence[int]) -> int:
        """Keep packets that a device sent in one go; gives how many bytes of them were kept."""
        room = self._max_packets - self.packets
        if self.over or not stops:
            return 0
        short = room <= len(stops) or self._left < stops[-1] + _HEAD * len(stops)
        if short or self._mask.dirty(data[: stops[-1]]):
            done = 0
            for stop in stops:
                self.packet(session, data[done:stop])
                done = stop
                if self.over:
                    break
            return done
        first = stops[0]
        held, size = self._held, len(self._held)
        held += self._frame_of(self._at, FROM_DEVICE, session, data[:first])
        heads: dict[int, bytes] = {}
        done = first
        for stop in stops[1:]:
            length = stop - done
            head = heads.get(length)
            if head is None:
                # All came at one moment: only their lengths tell their frames apart.
                frame = self._frame_of(self._at, FROM_DEVICE, session, data[done:stop])
                head = heads[length] = frame[:-length]
            held += head
            held += data[done:stop]
            done = stop
        self._left -= len(held) - size
        self.packets += len(stops)
        if len(held) >= _HELD:
            self.flush()
        return done

    def kit(self, session: int, raw: bytes) -> None:
        """Keep what the kit sent."""
        if self.tick():
            raw, hits = self._mask.packet(raw)
            if hits:
                self._told(session, hits)
            self._frame(FROM_KIT, session, raw)

    def event(self, session: int, name: str, **said: str | float | None) -> None:
        """Keep what happened besides packets."""
        if not self.tick():
            return
        note = {
            "event": name,
            **{
                key: self._mask.text(value) if isinstance(value, str) else value
                for key, value in said.items()
                if value is not None
            },
        }
        self._frame(EVENT, session, json.dumps(note, ensure_ascii=True).encode())

    def bad(self, session: int, raw: bytes, fault: Malformed) -> None:
        """Keep what was no packet, and why."""
        self.packet(session, masked_bad(raw), torn=True)
        self.event(
            session, "rejected", rule=fault.rule, clause=fault.clause,
            at=fault.offset - fault.start,
            detail=fault.detail[:64],
        )  # fmt: skip

    def _told(self, session: int, hits: Sequence[Hit]) -> None:
        """Say before a frame what is masked in it."""
        self.masked += 1
        note = {"event": "masked", "spans": list(hits)}
        self._frame(EVENT, session, json.dumps(note, ensure_ascii=True).encode())

    def flush(self) -> None:
        """Hand over what is held; trouble in keeping ends the recording and stays noted."""
        if self._held and self.trouble is None:
            try:
                self._sink(bytes(self._held))
            except BaseException as trouble:  # noqa: BLE001 - raised again where the run waits
                self.trouble = trouble
                self.over = True
        self._held.clear()

    def _frame(self, direction: int, session: int, raw: bytes) -> None:
        frame = self._frame_of(self._at, direction, session, raw)
        self._left -= len(frame)
        if self._left < 0:
            self._end("bytes")
            return
        self._held += frame
        if len(self._held) >= _HELD:
            self.flush()

    def _end(self, why: str) -> None:
        self.full = self.full or why
        self.over = True
