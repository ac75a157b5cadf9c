"""A subscriber's connection to a broker: what it says, and what comes of it, under bounds."""

import asyncio
import contextlib
from typing import Protocol, cast

from cqsc_conform.drivers.mqtt_broker import Account
from cqsc_conform.errors import Blame, ProbeFailed
from cqsc_conform.formats.mqtt import (
    MQTT_3_1_1,
    Connack,
    Connect,
    Decoder,
    Direction,
    Disconnect,
    Malformed,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Subscription,
    encode,
)

__all__ = ["KEEP_ALIVE", "Listener", "Subscriber"]

KEEP_ALIVE = 20
"""Seconds; the subscriber pings at half of it, and takes a broker for gone at one and a half."""

_REFUSED = 0x80
_WRITING = 256 * 1024
_PATIENCE = 1.5
_FAREWELL = 0.2
_TURNS = 4
_SUBSCRIBE_ID = 1
_NOT_YOU = frozenset({1, 3})
"""Return codes of a CONNACK that are no matter of who asks: the version, no service."""


class Subscriber(Protocol):
    """Whom a listener tells what it hears."""

    def heard(self, message: Publish) -> bool:
        """Take a message; False to hear no more."""

    def oversized(self, fault: Malformed) -> None:
        """Learn of a packet over the cap; it was passed over."""


class Listener(asyncio.Protocol):
    """One connection: connects, subscribes, acknowledges, pings.

    ``ready`` is done once all is subscribed, ``lost`` once the connection is of no more use;
    each may hold what went wrong.
    """

    def __init__(
        self,
        subscriber: Subscriber,
        account: Account,
        client_id: str,
        filters: tuple[str, ...],
        packet_bytes: int,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._subscriber = subscriber
        self._account = account
        self._client_id = client_id
        self._filters = filters
        self._decoder = Decoder(MQTT_3_1_1, Direction.TO_CLIENT, max_packet=packet_bytes)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._at = 0.0
        self._accepted = False
        self._gone = asyncio.Event()
        self.ready: asyncio.Future[tuple[int, ...]] = loop.create_future()
        self.lost: asyncio.Future[ProbeFailed | None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say CONNECT."""
        self._transport = cast("asyncio.Transport", transport)
        account = self._account
        password = None if account.password is None else account.password.encode()
        self._send(
            Connect(
                client_id=self._client_id,
                keep_alive=KEEP_ALIVE,
                user_name=account.user,
                password=password,
            )
        )
        self._tick()

    def data_received(self, data: bytes) -> None:
        """Decode what came and act on it, until there is nothing more to hear."""
        if self.lost.done():
            return
        self._at = self._loop.time()
        for item in self._decoder.feed(data):
            if isinstance(item, Malformed):
                self._bad(item)
            else:
                self._packet(item)
            if self.lost.done():
                return

    def eof_received(self) -> bool:
        """Close when the broker closes its side."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's protocol
        """Take note of the end."""
        if self._timer is not None:
            self._timer.cancel()
        self._gone.set()
        self._end(ProbeFailed("mqtt.broker_closed", Blame.NETWORK))

    async def leave(self) -> None:
        """Say goodbye and go; a broker that does not let go is cut off."""
        transport = self._transport
        if transport is None:
            return
        self._end(None)
        if not transport.is_closing():
            self._send(Disconnect())
            transport.close()
            # Over TLS a close waits for the other side, which nobody need wait for.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), _FAREWELL)
        transport.abort()
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    def _packet(self, item: Packet) -> None:
        if not self._accepted and not isinstance(item, Connack):
            self._unexpected()
            return
        match item:
            case Publish():
                self._publish(item)
            case Connack():
                self._connack(item)
            case Suback():
                self._suback(item)
            case Pubrel():
                self._send(Pubcomp(item.packet_id))
            case Pingresp():
                pass
            case _:
                self._unexpected()

    def _unexpected(self) -> None:
        self._end(ProbeFailed("mqtt.broker_garbage", Blame.NETWORK, rule="packet_unexpected"))

    def _connack(self, item: Connack) -> None:
        if self._accepted:
            self._unexpected()
        elif item.reason_code:
            blame = Blame.NETWORK if item.reason_code in _NOT_YOU else Blame.YOU
            self._end(ProbeFailed("mqtt.broker_refused", blame, answer=item.reason_code))
        else:
            self._accepted = True
            wanted = tuple(Subscription(each, 1) for each in self._filters)
            self._send(Subscribe(_SUBSCRIBE_ID, wanted))

    def _suback(self, item: Suback) -> None:
        if item.packet_id != _SUBSCRIBE_ID or len(item.reason_codes) != len(self._filters):
            self._unexpected()
            return
        for each, code in zip(self._filters, item.reason_codes, strict=True):
            if code >= _REFUSED:
                self._end(ProbeFailed("mqtt.subscribe_refused", Blame.YOU, filter=each))
                return
        if not self.ready.done():
            self.ready.set_result(item.reason_codes)

    def _publish(self, item: Publish) -> None:
        if item.packet_id is not None:
            answer = Puback if item.qos == 1 else Pubrec
            self._send(answer(item.packet_id))
        if not self._subscriber.heard(item):
            self._end(None)

    def _bad(self, fault: Malformed) -> None:
        if fault.rule == "packet_over_cap" and self._accepted and not fault.lost:
            self._subscriber.oversized(fault)
        else:
            self._end(ProbeFailed("mqtt.broker_garbage", Blame.NETWORK, rule=fault.rule))

    def _send(self, packet: Packet) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(encode(packet, MQTT_3_1_1))
        if transport.get_write_buffer_size() > _WRITING:
            # A broker that never reads would pile up what it is answered.
            self._end(ProbeFailed("mqtt.broker_deaf", Blame.NETWORK))

    def _tick(self) -> None:
        """Ping, or give up a broker that has been silent for too long."""
        now = self._loop.time()
        self._at = self._at or now
        if now - self._at > _PATIENCE * KEEP_ALIVE:
            said = round(now - self._at, 3)
            self._end(ProbeFailed("mqtt.broker_mute", Blame.NETWORK, seconds=said))
            return
        if self._accepted:
            self._send(Pingreq())
        self._timer = self._loop.call_later(KEEP_ALIVE / 2, self._tick)

    def _end(self, trouble: ProbeFailed | None) -> None:
        if self.lost.done():
            return
        self.lost.set_result(trouble)
        if not self.ready.done():
            self.ready.cancel()
        if self._transport is not None and trouble is not None:
            self._transport.abort()
