"""One connection of a device: octets to packets, keep-alive, bounds; on an asyncio transport."""

import asyncio
from collections.abc import Callable
from typing import cast

from cqsc_conform.drivers.mqtt_mask import KEPT_OF_BAD, masked_bad
from cqsc_conform.drivers.mqtt_record import Recorder
from cqsc_conform.drivers.mqtt_server import Server
from cqsc_conform.drivers.mqtt_state import Session
from cqsc_conform.formats.mqtt import (
    MQTT_3_1_1,
    Connect,
    Decoder,
    Direction,
    EncodeFault,
    Malformed,
    Packet,
    Publish,
    encode,
)

__all__ = ["CONNECT_SECONDS", "DeviceLine", "House"]

CONNECT_SECONDS = 10.0
"""Real seconds within which a connection must have said CONNECT."""

PATIENCE = 1.5
"""How many keep-alive intervals a server waits (MQTT 3.1.1, 3.1.2.10; MQTT-3.1.2-22 in 5.0)."""

HELD_BYTES = 48 << 20
"""The most octets of unfinished packets that all connections together may hold."""

_WRITING = 256 * 1024
_MOST_CALM = 65_536


class House:
    """What the lines of one peer share; belongs to one event loop.

    ``cutting`` and ``silent`` are moods of the script.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        recorder: Recorder,
        packet_bytes: int,
        arrived: Callable[[], None],
    ) -> None:
        self.loop = loop
        self.recorder = recorder
        self.packet_bytes = packet_bytes
        self.arrived = arrived
        self.server = Server(loop.time, loop.call_later, recorder.event, packet_bytes)
        self.lines: set[DeviceLine] = set()
        self.most_lines = 10_000
        self.sessions = 0
        self.held = 0
        self.cutting = False
        self.silent = False
        self.closing = False
        self._calm: set[bytes] = set()
        self._wishes = -1

    def calm(self, topic: str) -> None:
        """Remember a topic that nobody wants, until somebody's wishes change."""
        if len(self._calm) < _MOST_CALM:
            self._calm.add(topic.encode())

    def calm_topics(self) -> set[bytes]:
        """Give the topics that nobody is known to want."""
        if self._wishes != self.server.wishes:
            self._wishes = self.server.wishes
            self._calm.clear()
        return self._calm


class DeviceLine(asyncio.Protocol):
    """A device's connection."""

    def __init__(self, house: House) -> None:
        self.number = 0
        self.connect: Connect | None = None
        self.session: Session | None = None
        self._house = house
        self._decoder = Decoder(None, Direction.TO_SERVER, max_packet=house.packet_bytes)
        self._tail = bytearray()
        self._unread = False
        self._base = 0
        self._heard = 0.0
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._why = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new connection, or break it where there is no room or the script says so."""
        house = self._house
        self._transport = cast("asyncio.Transport", transport)
        house.arrived()
        house.sessions += 1
        self.number = house.sessions
        peer = transport.get_extra_info("peername")
        secured = transport.get_extra_info("ssl_object")
        house.recorder.event(
            self.number,
            "accepted",
            peer=str(peer[0]) if peer else None,
            tls=secured.version() if secured else None,
        )
        house.lines.add(self)
        if house.closing or house.cutting or len(house.lines) > house.most_lines:
            self.cut("cut" if house.cutting else "full")
            return
        self._transport.set_write_buffer_limits(high=_WRITING)
        self._heard = house.loop.time()
        self._timer = house.loop.call_later(CONNECT_SECONDS, self._tick)

    def data_received(self, data: bytes) -> None:
        """Decode what came, keep it, do what it asks for."""
        if self._why or not self._house.recorder.tick():
            return
        if self.session is not None and (self._unread or not self._tail):
            data = self._skimmed(data)
        if data:
            self._decoded(data)

    def _decoded(self, data: bytes) -> None:
        """Take octets packet by packet."""
        house = self._house
        was = len(self._tail)
        if was:
            self._tail += data
        buffer: bytes | bytearray = self._tail if was else data
        decoder, recorder, base = self._decoder, house.recorder, self._base
        session = self.session
        keep, number, server = recorder.packet, self.number, house.server
        done = 0
        arrived = house.loop.time()
        for item in decoder.feed(data):
            if session and type(item) is Publish and server.idle(item):
                # The hot path: telemetry that nobody is to answer or to get.
                done = decoder.end - base
                keep(number, bytes(buffer[decoder.start - base : done]))
                house.calm(item.topic)
                if recorder.over:
                    break
                continue
            start, stop = decoder.start - base, decoder.end - base
            if isinstance(item, Malformed):
                recorder.bad(
                    self.number, bytes(buffer[start : min(stop, start + KEPT_OF_BAD)]), item
                )
                done = len(buffer)
                house.server.malformed(self, item)
                break
            keep(number, bytes(buffer[start:stop]), item)
            done = stop
            self._heard = arrived
            self._serve(item)
            session = self.session
            if self._why or not recorder.tick():
                break
        if done:
            # Keep-alive asks for whole packets: octets that drip in are no sign of life.
            self._heard = arrived
        self._keep_rest(buffer, done, was)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of the end, and of a packet that was left unfinished."""
        house = self._house
        if self._timer is not None:
            self._timer.cancel()
        house.lines.discard(self)
        house.held -= len(self._tail)
        if self._tail and house.recorder.tick():
            left = masked_bad(bytes(self._tail[:KEPT_OF_BAD]))
            house.recorder.packet(self.number, left, torn=True)
        self._tail = bytearray()
        why = self._why or ("reset" if exc else "left")
        house.recorder.event(self.number, "closed", why=why)
        house.server.gone(self)

    def eof_received(self) -> bool:
        """Close when the device closes its side."""
        return False

    def pause_writing(self) -> None:
        """Hear no more from a device that does not take its answers."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Hear it again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def send(self, packet: Packet) -> None:
        """Write a packet and keep it; while the script is silent nothing goes out."""
        if self._transport is None or self._why or self._house.silent:
            return
        version = self.connect.version if self.connect else MQTT_3_1_1
        try:
            raw = encode(packet, version)
        except EncodeFault:
            return
        most = self.connect.properties.maximum_packet_size if self.connect else None
        if most is not None and len(raw) > most:
            # What a client cannot take is dropped as if it had been sent (MQTT-3.1.2-25).
            return
        self._house.recorder.kit(self.number, raw)
        self._transport.write(raw)

    def full(self) -> bool:
        """Tell whether more than enough waits to be written."""
        if self._transport is None or self._why:
            return True
        return self._transport.get_write_buffer_size() > _WRITING

    def close(self, why: str) -> None:
        """End the connection, once what was written is out."""
        if self._transport is not None and not self._why:
            self._why = why
            self._transport.close()
            # A device that never reads would keep what was written for ever.
            self._house.loop.call_later(1.0, self._transport.abort)

    def cut(self, why: str) -> None:
        """Break the connection at once, as a lost link does."""
        if self._transport is not None:
            self._why = self._why or why
            self._transport.abort()

    def _skimmed(self, data: bytes) -> bytes:
        """Keep the telemetry that nobody is to answer or to get; give what else there is."""
        house = self._house
        was = len(self._tail)
        if was:
            data = bytes(self._tail) + data
            self._tail.clear()
            self._unread = False
        stops, unfinished = self._decoder.skim(data, house.calm_topics())
        done = house.recorder.devices(self.number, data, stops)
        if done:
            self._base += done
            self._heard = house.loop.time()
        if house.recorder.over:
            unfinished, done = False, len(data)
        house.held -= was
        rest = data[done:] if done else data
        if not unfinished:
            return rest
        # The decoder need not know of it before it is whole.
        self._unread = True
        self._tail = bytearray(rest)
        house.held += len(rest)
        if house.held > HELD_BYTES:
            self.cut("memory")
        return b""

    def _serve(self, item: Packet) -> None:
        first = self.session is None
        self._house.server.packet(self, item)
        if first and self.session is not None:
            self._rearm()

    def _keep_rest(self, buffer: bytes | bytearray, done: int, was: int) -> None:
        """Hold the octets of a packet that is not whole yet."""
        house = self._house
        self._base += done
        if self._why:
            house.held -= was
            self._tail = bytearray()
            return
        if isinstance(buffer, bytearray):
            del buffer[:done]
        elif done < len(buffer):
            self._tail = bytearray(buffer[done:])
        house.held += len(self._tail) - was
        if house.held > HELD_BYTES:
            self.cut("memory")

    def _rearm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        patience = PATIENCE * (self.connect.keep_alive if self.connect else 0)
        if patience:
            when = max(self._heard + patience - self._house.loop.time(), 0.01)
            self._timer = self._house.loop.call_later(when, self._tick)

    def _tick(self) -> None:
        """Look whether a device has been silent for too long."""
        house = self._house
        self._timer = None
        if self.session is None or self.connect is None:
            self.close("no_connect")
            return
        silent = house.loop.time() - self._heard
        if silent < PATIENCE * self.connect.keep_alive or house.silent:
            self._rearm()
            return
        house.server.end(self, 0x8D, "keep_alive")
