"""Encodes control packets: whatever fits the format, right or wrong by the standard's rules.

A test kit has to send what a peer may not: :func:`encode` refuses only what the wire has no room
for.  Packets are written in their shortest form, properties in the order of their identifiers.
"""

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
from cqsc_conform.formats.mqtt.properties import MAX_SUBSCRIPTION_IDENTIFIER, NONE, Properties
from cqsc_conform.formats.mqtt.property_writer import write_properties
from cqsc_conform.formats.mqtt.rules import MQTT_3_1_1, MQTT_5, Version
from cqsc_conform.formats.mqtt.writer import (
    EncodeFault,
    binary,
    byte,
    fits,
    string,
    two,
    variable_byte_integer,
)

__all__ = ["encode"]


def encode(packet: Packet, version: Version) -> bytes:  # noqa: C901, PLR0911, PLR0912 - one a kind
    """Write one packet as octets of the given protocol level.

    A CONNECT is written with its own ``version``.

    :raises EncodeFault: when a field has no room on the wire or in that version.
    """
    match packet:
        case Publish():
            return _publish(packet, version)
        case Connect():
            return _frame(0x10, _connect(packet))
        case Connack():
            flags = bytes((packet.session_present,)) + byte(packet.reason_code, "reason_code")
            return _frame(0x20, flags + _properties(packet.properties, version))
        case Puback() | Pubrec() | Pubrel() | Pubcomp():
            return _frame(_ACK_HEADS[type(packet)], _ack(packet, version))
        case Subscribe():
            head = two(packet.packet_id, "packet_id") + _properties(packet.properties, version)
            body = b"".join(_subscription(each, version) for each in packet.subscriptions)
            return _frame(0x82, head + body)
        case Suback() | Unsuback():
            return _codes(packet, version)
        case Unsubscribe():
            head = two(packet.packet_id, "packet_id") + _properties(packet.properties, version)
            filters = b"".join(string(each, "topic_filters") for each in packet.topic_filters)
            return _frame(0xA2, head + filters)
        case Pingreq():
            return b"\xc0\x00"
        case Pingresp():
            return b"\xd0\x00"
        case Disconnect():
            return _frame(0xE0, _ending(packet, version))
        case Auth():
            if version != MQTT_5:
                raise EncodeFault("version", "AUTH")
            if not packet.reason_code and packet.properties == NONE:
                return b"\xf0\x00"
            code = byte(packet.reason_code, "reason_code")
            return _frame(0xF0, code + _properties(packet.properties, version))


_ACK_HEADS = {Puback: 0x40, Pubrec: 0x50, Pubrel: 0x62, Pubcomp: 0x70}


def _frame(head: int, body: bytes) -> bytes:
    if len(body) > MAX_SUBSCRIPTION_IDENTIFIER:
        raise EncodeFault("packet", "remaining_length")
    return bytes((head,)) + variable_byte_integer(len(body)) + body


def _publish(packet: Publish, version: Version) -> bytes:
    fits(packet.qos, 3, "qos")
    head = 0x30 | packet.dup << 3 | packet.qos << 1 | packet.retain
    parts = [string(packet.topic, "topic")]
    if packet.qos:
        parts.append(two(packet.packet_id or 0, "packet_id"))
    elif packet.packet_id is not None:
        raise EncodeFault("number", "packet_id")
    parts += [_properties(packet.properties, version), packet.payload]
    return _frame(head, b"".join(parts))


def _connect(packet: Connect) -> bytes:
    version, will = packet.version, packet.will
    flags = packet.clean_start << 1
    flags |= (packet.user_name is not None) << 7 | (packet.password is not None) << 6
    if will is not None:
        fits(will.qos, 3, "qos")
        flags |= 4 | will.qos << 3 | will.retain << 5
    parts = [
        b"\x00\x04MQTT",
        bytes((version, flags)),
        two(packet.keep_alive, "keep_alive"),
        _properties(packet.properties, version),
        string(packet.client_id, "client_id"),
        b"" if will is None else _will(will, version),
        b"" if packet.user_name is None else string(packet.user_name, "user_name"),
        b"" if packet.password is None else binary(packet.password, "password"),
    ]
    return b"".join(parts)


def _will(will: Will, version: Version) -> bytes:
    head = _properties(will.properties, version) + string(will.topic, "topic")
    return head + binary(will.payload, "payload")


def _ack(packet: Puback | Pubrec | Pubrel | Pubcomp, version: Version) -> bytes:
    return two(packet.packet_id, "packet_id") + _ending(packet, version)


def _ending(packet: Puback | Pubrec | Pubrel | Pubcomp | Disconnect, version: Version) -> bytes:
    if not packet.reason_code and packet.properties == NONE:
        return b""
    if version == MQTT_3_1_1:
        raise EncodeFault("version", "reason_code")
    code = byte(packet.reason_code, "reason_code")
    return code if packet.properties == NONE else code + _properties(packet.properties, version)


def _codes(packet: Suback | Unsuback, version: Version) -> bytes:
    head = two(packet.packet_id, "packet_id") + _properties(packet.properties, version)
    codes = b"".join(byte(each, "reason_codes") for each in packet.reason_codes)
    if isinstance(packet, Suback):
        return _frame(0x90, head + codes)
    if codes and version == MQTT_3_1_1:
        raise EncodeFault("version", "reason_codes")
    return _frame(0xB0, head + codes)


def _subscription(each: Subscription, version: Version) -> bytes:
    fits(each.qos, 3, "qos")
    fits(each.retain_handling, 3, "retain_handling")
    options = each.retain_handling << 4 | each.retain_as_published << 3 | each.no_local << 2
    if options and version == MQTT_3_1_1:
        raise EncodeFault("version", "subscriptions")
    return string(each.topic_filter, "topic_filter") + bytes((options | each.qos,))


def _properties(properties: Properties, version: Version) -> bytes:
    if version == MQTT_5:
        return write_properties(properties)
    if properties != NONE:
        raise EncodeFault("version", "properties")
    return b""
