"""Reads a set of properties (MQTT 5.0, section 2.2.2) and holds it to what its packet allows."""

from cqsc_conform.formats.mqtt.properties import (
    NONE,
    PROPERTIES,
    WILL,
    PacketType,
    Properties,
    Property,
)
from cqsc_conform.formats.mqtt.reader import MAX_ENTRIES, Reader
from cqsc_conform.formats.mqtt.rules import Direction, PacketFault

__all__ = ["read_properties"]


def read_properties(body: Reader, packet_type: int, direction: Direction) -> Properties:
    """Read the length and the properties behind it; ``packet_type`` may be ``WILL``.

    :raises PacketFault: for an unknown, repeated, misplaced or ill-valued property.
    """
    start, length = body.at, body.variable()
    if length == 0:
        return NONE
    end, whole = body.at + length, body.end
    if end > whole:
        raise PacketFault("property_length", start, str(end - whole))
    body.end = end
    found: dict[str, object] = {}
    many: dict[str, list[object]] = {}
    count = 0
    while body.at != end:
        at = body.at
        if count == MAX_ENTRIES:
            raise PacketFault("entries_over_cap", at, str(MAX_ENTRIES))
        count += 1
        known = _known(body, packet_type, at)
        value = _value(body, known)
        _one_way(known, packet_type, direction, at)
        if known.repeats:
            if many.get(known.name) and packet_type not in known.repeats:
                raise PacketFault("property_twice", at, known.name)
            many.setdefault(known.name, []).append(value)
        elif known.name in found:
            raise PacketFault("property_twice", at, known.name)
        else:
            found[known.name] = value
    body.end = whole
    if packet_type == PacketType.CONNECT and (
        "authentication_data" in found and "authentication_method" not in found
    ):
        raise PacketFault("authentication_data_alone", start)
    listed = {name: tuple(values) for name, values in many.items()}
    return Properties(**found, **listed)  # type: ignore[arg-type]


def _known(body: Reader, packet_type: int, at: int) -> Property:
    identifier = body.variable()
    known = PROPERTIES.get(identifier)
    if known is None:
        raise PacketFault("property_unknown", at, str(identifier))
    if packet_type not in known.packets:
        raise PacketFault("property_not_allowed", at, known.name)
    return known


def _value(body: Reader, known: Property) -> object:
    at, kind = body.at, known.kind
    if kind == "string":
        text = body.string(known.name)
        if known.name == "response_topic" and ("+" in text or "#" in text):
            raise PacketFault("response_topic_wildcard", at)
        return text
    if kind == "pair":
        return body.string(known.name), body.string(known.name)
    if kind == "binary":
        return body.binary()
    number = _number(body, kind)
    if known.name == "topic_alias" and number == 0:
        raise PacketFault("topic_alias_zero", at)
    if not known.low <= number <= known.high:
        raise PacketFault("property_value", at, f"{known.name} {number}")
    return number


def _number(body: Reader, kind: str) -> int:
    if kind == "byte":
        return body.byte()
    if kind == "two":
        return body.two()
    return body.four() if kind == "four" else body.variable()


def _one_way(known: Property, packet_type: int, direction: Direction, at: int) -> None:
    to_server = direction is Direction.TO_SERVER
    if packet_type == WILL:
        return
    if known.name == "subscription_identifier" and packet_type == PacketType.PUBLISH and to_server:
        raise PacketFault("subscription_identifier_to_server", at)
    if (
        known.name == "session_expiry_interval"
        and packet_type == PacketType.DISCONNECT
        and not to_server
    ):
        raise PacketFault("session_expiry_from_server", at)
