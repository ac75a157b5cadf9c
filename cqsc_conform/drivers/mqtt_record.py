"""Writing a trace down as it happens: frames with their times, bounded, passwords masked."""

import json
from collections.abc import Callable, Sequence

from cqsc_conform.formats.mqtt import Auth, Connect, Malformed, Packet, PacketType
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, FROM_KIT, FrameWriter

__all__ = ["KEPT_OF_BAD", "Recorder", "masked", "masked_bad"]

KEPT_OF_BAD = 1024
"""The most octets that are kept of what is no packet, or not a whole one."""

_HELD = 64 * 1024
_MICRO = 1_000_000
_HEAD = 16
"""More octets than stand before the packet in any frame."""
_PASSWORD_FLAG = 0x40
_AUTHENTICATION_DATA = 0x16


def masked(raw: bytes, packet: Packet) -> bytes:
    """Mask the password of a CONNECT, and authentication data, by as many asterisks."""
    if isinstance(packet, Connect) and packet.password:
        size = len(packet.password)
        raw = raw[:-size] + b"*" * size
    if isinstance(packet, Connect | Auth) and packet.properties.authentication_data:
        data = packet.properties.authentication_data
        head = bytes((_AUTHENTICATION_DATA,)) + len(data).to_bytes(2, "big")
        raw = raw.replace(head + data, head + b"*" * len(data), 1)
    return raw


def masked_bad(raw: bytes) -> bytes:
    """Keep the beginning of what is no whole packet; of a CONNECT nothing behind its flags.

    Where the password begins cannot be told there.
    """
    raw = raw[:KEPT_OF_BAD]
    if not raw or raw[0] >> 4 != PacketType.CONNECT:
        return raw
    name = raw.find(b"MQTT", 0, 16)
    flags = name + len(b"MQTT") + 1
    if name < 0:
        return raw[:1] + b"*" * (len(raw) - 1)
    if flags < len(raw) and not raw[flags] & _PASSWORD_FLAG and raw[flags - 1] != 5:  # noqa: PLR2004 - only 5.0 has authentication data
        return raw
    return raw[: flags + 1] + b"*" * (len(raw) - flags - 1)


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
    ) -> None:
        self._sink = sink
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

    def device(self, session: int, raw: bytes | bytearray) -> None:
        """Keep what a device sent, at the time of the latest tick: that of its arrival."""
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
        if room <= len(stops) or self._left < stops[-1] + _HEAD * len(stops):
            done = 0
            for stop in stops:
                self.device(session, data[done:stop])
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
            self._frame(FROM_KIT, session, raw)

    def event(self, session: int, name: str, **said: str | float | None) -> None:
        """Keep what happened besides packets."""
        if not self.tick():
            return
        note = {"event": name, **{key: value for key, value in said.items() if value is not None}}
        self._frame(EVENT, session, json.dumps(note, ensure_ascii=True).encode())

    def bad(self, session: int, raw: bytes, fault: Malformed) -> None:
        """Keep what was no packet, and why."""
        self.device(session, masked_bad(raw))
        self.event(
            session, "rejected", rule=fault.rule, clause=fault.clause,
            at=fault.offset - fault.start,
            detail=fault.detail[:64],
        )  # fmt: skip

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
