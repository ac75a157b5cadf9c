"""Decodes the body of one control packet, whose fixed header was read and found good."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from cqsc_conform.formats.mqtt.packets import (
    Auth,
    Connack,
    Connect,
    Disconnect,
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
    Unsuback,
    Unsubscribe,
    Will,
)
from cqsc_conform.formats.mqtt.properties import NONE, WILL, PacketType, Properties
from cqsc_conform.formats.mqtt.property_reader import read_properties
from cqsc_conform.formats.mqtt.reader import MAX_ENTRIES, Reader
from cqsc_conform.formats.mqtt.reasons import allowed_reasons
from cqsc_conform.formats.mqtt.rules import MQTT_3_1_1, MQTT_5, Direction, PacketFault
from cqsc_conform.formats.mqtt.topics import filter_fault, shared, topic_fault

__all__ = ["decode_body"]

_QOS_3 = 3
_QOS, _DUP, _RETAIN = 0x06, 0x08, 0x01
_CONNECT_RESERVED, _CLEAN, _WILL, _WILL_RETAIN, _PASSWORD, _USER = 1, 2, 4, 0x20, 0x40, 0x80
_OPTION_QOS, _NO_LOCAL, _AS_PUBLISHED, _RETAIN_HANDLING, _OPTION_RESERVED = 3, 4, 8, 0x30, 0xC0


def decode_body(head: int, body: Reader, direction: Direction) -> Packet:
    """Decode what follows the fixed header whose first octet is ``head``.

    :raises PacketFault: naming the rule that the packet breaks and where.
    """
    packet = _BODIES[head >> 4](head, body, direction)
    body.done()
    return packet


def _properties(body: Reader, packet_type: int, direction: Direction) -> Properties:
    return read_properties(body, packet_type, direction) if body.version == MQTT_5 else NONE


def _connect(head: int, body: Reader, direction: Direction) -> Packet:
    del head
    start = body.at
    name = body.binary()
    at, level = body.at, body.byte()
    if name != b"MQTT":
        body.version = MQTT_5 if level == MQTT_5 else MQTT_3_1_1
        raise PacketFault("protocol_name", start, name[:16].hex())
    if level not in {MQTT_3_1_1, MQTT_5}:
        body.version = MQTT_3_1_1
        raise PacketFault("protocol_level", at, str(level))
    version = body.version = MQTT_5 if level == MQTT_5 else MQTT_3_1_1
    at, flags = body.at, body.byte()
    _connect_flags(flags, at, body)
    keep_alive = body.two()
    properties = _properties(body, PacketType.CONNECT, direction)
    at, client_id = body.at, body.string("client_id")
    if not client_id and not flags & _CLEAN and version == MQTT_3_1_1:
        raise PacketFault("client_id_empty", at)
    will = _will(flags, body, direction) if flags & _WILL else None
    user = body.string("user_name") if flags & _USER else None
    password = body.binary() if flags & _PASSWORD else None
    body.done()
    clean, notes = bool(flags & _CLEAN), tuple(body.notes)
    return Connect(client_id, clean, keep_alive, will, user, password, properties, version, notes)


def _connect_flags(flags: int, at: int, body: Reader) -> None:
    will, qos = flags & _WILL, flags >> 3 & _QOS_3
    broken = (
        ("connect_flag_reserved", flags & _CONNECT_RESERVED),
        ("will_qos_without_will", qos and not will),
        ("will_qos_3", qos == _QOS_3),
        ("will_retain_without_will", flags & _WILL_RETAIN and not will),
        (
            "password_without_user_name",
            flags & _PASSWORD and not flags & _USER and body.version == MQTT_3_1_1,
        ),
    )
    for rule, is_broken in broken:
        if is_broken:
            raise PacketFault(rule, at, f"{flags:02x}")


def _will(flags: int, body: Reader, direction: Direction) -> Will:
    properties = _properties(body, WILL, direction)
    at, topic = body.at, body.string("will_topic")
    fault = topic_fault(topic)
    if fault:
        rule = "will_topic_wildcard" if fault == "topic_wildcard" else fault
        raise PacketFault(rule, at)
    at, payload = body.at + 2, body.binary()
    _payload_format(properties, payload, at, body)
    return Will(topic, payload, flags >> 3 & _QOS_3, bool(flags & _WILL_RETAIN), properties)


def _payload_format(properties: Properties, payload: bytes, at: int, body: Reader) -> None:
    if not properties.payload_format_indicator:
        return
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        body.note("payload_not_utf8", at + error.start)


def _connack(head: int, body: Reader, direction: Direction) -> Packet:
    at, flags = body.at, body.byte()
    if flags > 1:
        raise PacketFault("connack_flags", at, f"{flags:02x}")
    code = _reason(head, body)
    if flags and code:
        raise PacketFault("session_present_refused", at)
    properties = _properties(body, PacketType.CONNACK, direction)
    return Connack(bool(flags), code, properties, tuple(body.notes))


def _reason(head: int, body: Reader) -> int:
    at, code = body.at, body.byte()
    if code not in allowed_reasons(head >> 4, body.version):
        raise PacketFault("reason_code", at, f"{code:02x}")
    return code


def _publish(head: int, body: Reader, direction: Direction) -> Packet:
    qos = (head & _QOS) >> 1
    at, topic = body.at, body.string("topic")
    fault = topic_fault(topic)
    if fault and not (fault == "topic_empty" and body.version == MQTT_5):
        raise PacketFault(fault, at)
    packet_id = body.packet_id() if qos else None
    properties = _properties(body, PacketType.PUBLISH, direction)
    if not topic and properties.topic_alias is None:
        raise PacketFault("topic_empty", at)
    at, payload = body.at, body.rest()
    _payload_format(properties, payload, at, body)
    retain, dup = bool(head & _RETAIN), bool(head & _DUP)
    return Publish(topic, payload, qos, retain, dup, packet_id, properties, tuple(body.notes))


_Ack: TypeAlias = type[Puback] | type[Pubrec] | type[Pubrel] | type[Pubcomp]


def _ack(made: _Ack) -> Callable[[int, Reader, Direction], Packet]:
    def decode(head: int, body: Reader, direction: Direction) -> Packet:
        packet_id = body.packet_id()
        # In 5.0 what is zero may be left out, from the end (3.4.2.1).
        if body.version != MQTT_5 or body.at == body.end:
            return made(packet_id, notes=tuple(body.notes))
        code = _reason(head, body)
        properties = NONE
        if body.at != body.end:
            properties = read_properties(body, head >> 4, direction)
        return made(packet_id, code, properties, tuple(body.notes))

    return decode


def _filter(body: Reader) -> str:
    at, topic_filter = body.at, body.string("topic_filter")
    fault = filter_fault(topic_filter, body.version)
    if fault:
        raise PacketFault(fault, at)
    return topic_filter


def _subscribe(head: int, body: Reader, direction: Direction) -> Packet:
    packet_id = body.packet_id()
    properties = _properties(body, head >> 4, direction)
    found: list[Subscription] = []
    while body.at != body.end:
        _bounded(len(found), body)
        topic_filter = _filter(body)
        found.append(_subscription(topic_filter, body))
    if not found:
        raise PacketFault("filters_none", body.at)
    return Subscribe(packet_id, tuple(found), properties, tuple(body.notes))


def _subscription(topic_filter: str, body: Reader) -> Subscription:
    at, options = body.at, body.byte()
    five = body.version == MQTT_5
    qos, handling = options & _OPTION_QOS, (options & _RETAIN_HANDLING) >> 4
    no_local = bool(options & _NO_LOCAL)
    broken = (
        ("subscription_options_reserved", options & (_OPTION_RESERVED if five else 0xFC)),
        ("subscription_qos_3", qos == _QOS_3),
        ("retain_handling_3", handling == _QOS_3),
        ("no_local_on_shared", no_local and shared(topic_filter)),
    )
    for rule, is_broken in broken:
        if is_broken:
            raise PacketFault(rule, at, f"{options:02x}")
    as_published = bool(options & _AS_PUBLISHED)
    return Subscription(topic_filter, qos, no_local, as_published, handling)


def _bounded(count: int, body: Reader) -> None:
    if count >= MAX_ENTRIES:
        raise PacketFault("entries_over_cap", body.at, str(MAX_ENTRIES))


def _codes(head: int, body: Reader) -> tuple[int, ...]:
    at, codes = body.at, body.rest()
    if not codes:
        raise PacketFault("reason_codes_none", at)
    allowed = allowed_reasons(head >> 4, body.version)
    for place, code in enumerate(codes):
        if code not in allowed:
            raise PacketFault("reason_code", at + place, f"{code:02x}")
    return tuple(codes)


def _suback(head: int, body: Reader, direction: Direction) -> Packet:
    packet_id = body.packet_id()
    properties = _properties(body, head >> 4, direction)
    codes = _codes(head, body)
    return Suback(packet_id, codes, properties, tuple(body.notes))


def _unsubscribe(head: int, body: Reader, direction: Direction) -> Packet:
    packet_id = body.packet_id()
    properties = _properties(body, head >> 4, direction)
    found: list[str] = []
    while body.at != body.end:
        _bounded(len(found), body)
        found.append(_filter(body))
    if not found:
        raise PacketFault("filters_none", body.at)
    return Unsubscribe(packet_id, tuple(found), properties, tuple(body.notes))


def _unsuback(head: int, body: Reader, direction: Direction) -> Packet:
    packet_id = body.packet_id()
    if body.version != MQTT_5:
        return Unsuback(packet_id, notes=tuple(body.notes))
    properties = read_properties(body, head >> 4, direction)
    codes = _codes(head, body)
    return Unsuback(packet_id, codes, properties, tuple(body.notes))


def _disconnect(head: int, body: Reader, direction: Direction) -> Packet:
    if body.version != MQTT_5 or body.at == body.end:
        return Disconnect(notes=tuple(body.notes))
    code, properties = _reason(head, body), NONE
    if body.at != body.end:
        properties = read_properties(body, head >> 4, direction)
    return Disconnect(code, properties, tuple(body.notes))


def _auth(head: int, body: Reader, direction: Direction) -> Packet:
    if body.at == body.end:
        return Auth(notes=tuple(body.notes))
    code = _reason(head, body)
    at, properties = body.at, read_properties(body, head >> 4, direction)
    if properties.authentication_method is None:
        raise PacketFault("authentication_method_missing", at)
    return Auth(code, properties, tuple(body.notes))


_BODIES: Mapping[int, Callable[[int, Reader, Direction], Packet]] = {
    PacketType.CONNECT: _connect,
    PacketType.CONNACK: _connack,
    PacketType.PUBLISH: _publish,
    PacketType.PUBACK: _ack(Puback),
    PacketType.PUBREC: _ack(Pubrec),
    PacketType.PUBREL: _ack(Pubrel),
    PacketType.PUBCOMP: _ack(Pubcomp),
    PacketType.SUBSCRIBE: _subscribe,
    PacketType.SUBACK: _suback,
    PacketType.UNSUBSCRIBE: _unsubscribe,
    PacketType.UNSUBACK: _unsuback,
    PacketType.PINGREQ: lambda _, body, __: Pingreq(tuple(body.notes)),
    PacketType.PINGRESP: lambda _, body, __: Pingresp(tuple(body.notes)),
    PacketType.DISCONNECT: _disconnect,
    PacketType.AUTH: _auth,
}
