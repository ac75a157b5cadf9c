"""What the peer answers to each packet: the server's half of MQTT 3.1.1 and 5.0.

Knows nothing of sockets: a connection is a :class:`Line` that it writes to and closes.
"""

from collections.abc import Callable
from typing import Protocol

from msgspec.structs import replace

from cqsc_conform.drivers.mqtt_state import Retained, Session, Sessions, Subscriptions
from cqsc_conform.formats.mqtt import (
    MQTT_3_1_1,
    MQTT_5,
    NONE,
    Connack,
    Connect,
    Disconnect,
    Malformed,
    Packet,
    Pingreq,
    Pingresp,
    Properties,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    ReasonCode,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
    shared,
)

__all__ = ["Line", "Server"]

_R = ReasonCode
_NEVER = 0xFFFF_FFFF
_BAD_V3 = 0x80
_TO_V3 = {0x84: 1, 0x85: 2, 0x86: 4, 0x87: 5, 0x8A: 5}
_TO_V5 = {1: 0x84, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87}


class Line(Protocol):
    """A connection as the server sees it."""

    number: int
    connect: Connect | None
    session: Session | None

    def send(self, packet: Packet) -> None:
        """Write a packet."""

    def full(self) -> bool:
        """Tell whether more than enough waits to be written."""

    def close(self, why: str) -> None:
        """End the connection, once what was written is out."""


class Server:
    """All that devices share: sessions, subscriptions, retained messages, the script's moods.

    ``later`` calls a function after so many seconds, ``told`` notes an event.
    """

    def __init__(
        self,
        now: Callable[[], float],
        later: Callable[[float, Callable[[], None]], object],
        told: Callable[..., None],
        packet_bytes: int,
    ) -> None:
        self._now = now
        self._later = later
        self._told = told
        self._packet_bytes = packet_bytes
        self._sessions = Sessions()
        self._subscriptions = Subscriptions()
        self._retained = Retained()
        self._lines: dict[str, Line] = {}
        self.refusing: int | None = None
        self.withholding = False

    def idle(self, publish: Publish) -> bool:
        """Tell whether a message asks for nothing: no answer, no keeping, no one who wants it."""
        return not (
            publish.qos
            or publish.retain
            or publish.properties is not NONE
            or self._subscriptions.find(publish.topic)
        )

    @property
    def wishes(self) -> int:
        """A number that changes whenever somebody subscribes, or gives up a subscription."""
        return self._subscriptions.changes

    def packet(self, line: Line, packet: Packet) -> None:
        """Do what a packet asks for."""
        if line.session is None:
            if isinstance(packet, Connect):
                self._connect(line, packet)
            else:
                line.close("not_connected")
            return
        match packet:
            case Publish():
                self._publish(line, line.session, packet)
            case Puback() | Pubrec() | Pubcomp():
                self._acknowledged(line, line.session, packet)
            case Pubrel():
                line.session.received.discard(packet.packet_id)
                line.send(Pubcomp(packet.packet_id))
            case Pingreq():
                line.send(Pingresp())
            case Subscribe():
                self._subscribe(line, line.session, packet)
            case Unsubscribe():
                self._unsubscribe(line, line.session, packet)
            case Disconnect():
                self._disconnect(line, line.session, packet)
            case _:
                # A second CONNECT, or an AUTH that nobody agreed on (MQTT-3.1.0-2, 4.12).
                self.end(line, _R.PROTOCOL_ERROR, "protocol_error")

    def malformed(self, line: Line, fault: Malformed) -> None:
        """Answer what is no packet, as far as the version lets a server, and close."""
        if line.session is not None:
            self.end(line, fault.reply or _R.MALFORMED_PACKET, "malformed")
            return
        if fault.packet_type == 1 and fault.reply is not None:
            line.send(Connack(reason_code=fault.reply))
        line.close("malformed")

    def end(self, line: Line, reason: int, why: str) -> None:
        """End a connection by the server's own wish; only MQTT 5 can say why."""
        if line.connect is not None and line.connect.version == MQTT_5:
            line.send(Disconnect(reason_code=reason))
        line.close(why)

    def gone(self, line: Line) -> None:
        """Take note that a connection is over; its will is published unless it was taken back."""
        session, connect = line.session, line.connect
        if session is None or connect is None or self._lines.get(session.client_id) is not line:
            return
        del self._lines[session.client_id]
        session.left_at = self._now()
        will = connect.will
        if session.expiry <= 0:
            self._subscriptions.clear(session)
            self._sessions.end(session)
        if will is None:
            return
        publish = Publish(will.topic, will.payload, will.qos, will.retain)
        delay = min(float(will.properties.will_delay_interval or 0), session.expiry)
        if delay <= 0:
            self._will(line, publish)
            return

        def unless_back() -> None:
            if session.client_id not in self._lines:
                self._will(line, publish)

        self._later(delay, unless_back)

    def command(self, topic: str, payload: bytes, qos: int) -> int:
        """Publish as the kit itself; gives how many sessions it went to."""
        return self._route(Publish(topic, payload, qos), None)

    def _will(self, line: Line, publish: Publish) -> None:
        self._told(line.number, "will", topic=publish.topic[:512])
        self._route(publish, None)

    def _connect(self, line: Line, packet: Connect) -> None:
        five = packet.version == MQTT_5
        line.connect = packet
        if self.refusing is not None:
            code = self.refusing
            code = _TO_V5.get(code, code) if five else _TO_V3.get(code, code if code < 6 else 3)  # noqa: PLR2004 - return codes end at 5
            line.send(Connack(reason_code=code))
            self._told(line.number, "refused", reason=code)
            line.close("refused")
            return
        if packet.properties.authentication_method is not None:
            line.send(Connack(reason_code=_R.BAD_AUTHENTICATION_METHOD))
            line.close("refused")
            return
        client_id = packet.client_id or f"kit-{line.number}"
        old = self._lines.pop(client_id, None)
        if old is not None:
            self._lines[client_id] = old
            self.end(old, _R.SESSION_TAKEN_OVER, "taken_over")
            self.gone(old)
        session, present = self._session(packet, client_id)
        line.session = session
        self._lines[client_id] = line
        line.send(Connack(present, 0, self._offers(packet, client_id) if five else NONE))
        self._resume(line, session)

    def _session(self, packet: Connect, client_id: str) -> tuple[Session, bool]:
        found = None if packet.clean_start else self._sessions.find(client_id, self._now())
        session = found
        if session is None:
            session, dropped = self._sessions.begin(client_id)
            if dropped is not None:
                self._subscriptions.clear(dropped)
        session.left_at = None
        if packet.version == MQTT_5:
            asked = packet.properties.session_expiry_interval or 0
            session.expiry = float("inf") if asked == _NEVER else float(asked)
            session.window = min(packet.properties.receive_maximum or 32, 32)
        else:
            session.expiry = 0.0 if packet.clean_start else float("inf")
        return session, found is not None

    def _offers(self, packet: Connect, client_id: str) -> Properties:
        return Properties(
            assigned_client_identifier=None if packet.client_id else client_id,
            maximum_packet_size=self._packet_bytes,
            subscription_identifier_available=0,
            shared_subscription_available=0,
        )

    def _resume(self, line: Line, session: Session) -> None:
        """Send again what was not acknowledged (4.4), then what waits."""
        for packet in tuple(session.inflight.values()):
            line.send(replace(packet, dup=True) if isinstance(packet, Publish) else packet)
        self._drain(line, session)

    def _drain(self, line: Line, session: Session) -> None:
        while not line.full() and (publish := session.next()) is not None:
            line.send(publish)

    def _publish(self, line: Line, session: Session, packet: Publish) -> None:
        if packet.properties.topic_alias is not None:
            # None was offered: CONNACK said nothing of a Topic Alias Maximum (3.3.2.3.4).
            self.end(line, _R.TOPIC_ALIAS_INVALID, "topic_alias")
            return
        if packet.qos == 0 or packet.packet_id is None:
            self._route(packet, session)
            return
        again = packet.packet_id in session.received
        if packet.qos == 1:
            self._route(packet, session)
            if not self.withholding:
                line.send(Puback(packet.packet_id))
            return
        if not again:
            session.received.add(packet.packet_id)
            self._route(packet, session)
        if not self.withholding:
            line.send(Pubrec(packet.packet_id))

    def _acknowledged(self, line: Line, session: Session, ack: Puback | Pubrec | Pubcomp) -> None:
        number = ack.packet_id
        held = session.inflight.get(number)
        if isinstance(ack, Pubrec):
            if ack.reason_code >= _BAD_V3:
                session.inflight.pop(number, None)
            else:
                known = held is not None
                if known:
                    session.inflight[number] = Pubrel(number)
                five = line.connect is not None and line.connect.version == MQTT_5
                reason = _R.PACKET_IDENTIFIER_NOT_FOUND if five and not known else 0
                line.send(Pubrel(number, reason_code=reason))
                return
        elif held is not None:
            del session.inflight[number]
        self._drain(line, session)

    def _route(self, publish: Publish, sender: Session | None) -> int:
        """Hand a message to whoever wants it; gives how many those are."""
        if publish.retain and not self._retained.keep(replace(publish, dup=False, packet_id=None)):
            self._told(0, "dropped", why="retained_full", topic=publish.topic[:512])
        wanting = self._subscriptions.find(publish.topic)
        for session, wanted in wanting:
            if not (wanted.no_local and session is sender):
                self._deliver(session, publish, wanted, retain=wanted.retain_as_published)
        return len(wanting)

    def _deliver(
        self, session: Session, publish: Publish, wanted: Subscription, *, retain: bool
    ) -> None:
        line = self._lines.get(session.client_id)
        version: Version = MQTT_3_1_1
        if line is not None and line.connect is not None:
            version = line.connect.version
        properties = NONE
        if version == MQTT_5 and publish.properties != NONE:
            properties = replace(publish.properties, topic_alias=None, subscription_identifier=())
        out = Publish(
            publish.topic,
            publish.payload,
            min(publish.qos, wanted.qos),
            retain and publish.retain,
            properties=properties,
        )
        if out.qos == 0:
            if line is not None and not line.full():
                line.send(out)
            return
        if not session.put(out):
            self._told(line.number if line else 0, "dropped", why="queue_full")
        elif line is not None:
            self._drain(line, session)

    def _subscribe(self, line: Line, session: Session, packet: Subscribe) -> None:
        five = line.connect is not None and line.connect.version == MQTT_5
        if packet.properties.subscription_identifier:
            self.end(line, _R.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED, "subscription_identifier")
            return
        codes, held = [], []
        for wanted in packet.subscriptions:
            if five and shared(wanted.topic_filter) is not None:
                codes.append(int(_R.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED))
                continue
            new = wanted.topic_filter not in session.filters
            if not self._subscriptions.add(session, wanted):
                codes.append(int(_R.QUOTA_EXCEEDED) if five else _BAD_V3)
                continue
            codes.append(wanted.qos)
            if wanted.retain_handling == 0 or (wanted.retain_handling == 1 and new):
                held.append(wanted)
        line.send(Suback(packet.packet_id, tuple(codes)))
        for wanted in held:
            for publish in self._retained.matching(wanted.topic_filter):
                self._deliver(session, publish, wanted, retain=True)

    def _unsubscribe(self, line: Line, session: Session, packet: Unsubscribe) -> None:
        there = [self._subscriptions.remove(session, each) for each in packet.topic_filters]
        five = line.connect is not None and line.connect.version == MQTT_5
        codes = tuple(0 if each else int(_R.NO_SUBSCRIPTION_EXISTED) for each in there)
        line.send(Unsuback(packet.packet_id, codes if five else ()))

    def _disconnect(self, line: Line, session: Session, packet: Disconnect) -> None:
        if packet.properties.session_expiry_interval is not None and session.expiry:
            session.expiry = float(packet.properties.session_expiry_interval)
        if packet.reason_code != _R.DISCONNECT_WITH_WILL_MESSAGE and line.connect is not None:
            line.connect = replace(line.connect, will=None)
        line.close("disconnect")
