"""The properties of MQTT 5.0 (section 2.2.2.2): identifiers, types, and where each may stand."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Literal, TypeAlias

from msgspec import Struct

__all__ = [
    "MAX_SUBSCRIPTION_IDENTIFIER",
    "NONE",
    "PROPERTIES",
    "WILL",
    "Kind",
    "PacketType",
    "Properties",
    "Property",
]


class PacketType(IntEnum):
    """Numbers the control packets (MQTT 5.0, table 2-1)."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14
    AUTH = 15


WILL = 0
"""Stands for the will's own properties, which live in the payload of CONNECT."""

MAX_SUBSCRIPTION_IDENTIFIER = 268_435_455
"""The greatest variable byte integer (MQTT 5.0, 1.5.5)."""


class Properties(Struct, frozen=True, omit_defaults=True, gc=False):
    """Holds the properties of one packet by the standard's names; what is absent is ``None``.

    Intervals are seconds, ``maximum_packet_size`` octets; flags are 0 or 1 as on the wire.
    """

    payload_format_indicator: int | None = None
    message_expiry_interval: int | None = None
    content_type: str | None = None
    response_topic: str | None = None
    correlation_data: bytes | None = None
    subscription_identifier: tuple[int, ...] = ()
    """In PUBLISH one for each subscription that matched, in SUBSCRIBE one at most."""
    session_expiry_interval: int | None = None
    assigned_client_identifier: str | None = None
    server_keep_alive: int | None = None
    authentication_method: str | None = None
    authentication_data: bytes | None = None
    request_problem_information: int | None = None
    will_delay_interval: int | None = None
    request_response_information: int | None = None
    response_information: str | None = None
    server_reference: str | None = None
    reason_string: str | None = None
    receive_maximum: int | None = None
    topic_alias_maximum: int | None = None
    topic_alias: int | None = None
    maximum_qos: int | None = None
    retain_available: int | None = None
    user_property: tuple[tuple[str, str], ...] = ()
    """Names and values in their order; a name may come twice."""
    maximum_packet_size: int | None = None
    wildcard_subscription_available: int | None = None
    subscription_identifier_available: int | None = None
    shared_subscription_available: int | None = None


NONE = Properties()
"""No properties: all that 3.1.1 has."""

Kind: TypeAlias = Literal["byte", "two", "four", "variable", "string", "binary", "pair"]


class Property(Struct, frozen=True):
    """Describes one property: identifier, name, type, values and the packets that may carry it.

    ``low`` and ``high`` bound a number where the standard narrows its type; ``repeats`` names
    the packets that may carry it more than once.
    """

    identifier: int
    name: str
    kind: Kind
    packets: frozenset[int]
    low: int = 0
    high: int = 0xFFFF_FFFF
    repeats: frozenset[int] = frozenset()


_P = PacketType
_ACKS = (_P.PUBACK, _P.PUBREC, _P.PUBREL, _P.PUBCOMP, _P.SUBACK, _P.UNSUBACK)
_ANY = frozenset({*_P, WILL} - {_P.PINGREQ, _P.PINGRESP})


def _of(
    identifier: int, name: str, kind: Kind, *packets: int, low: int = 0, high: int = 0xFFFF_FFFF
) -> Property:
    return Property(identifier, name, kind, frozenset(packets), low, high)


_TABLE = (
    _of(1, "payload_format_indicator", "byte", _P.PUBLISH, WILL, high=1),
    _of(2, "message_expiry_interval", "four", _P.PUBLISH, WILL),
    _of(3, "content_type", "string", _P.PUBLISH, WILL),
    _of(8, "response_topic", "string", _P.PUBLISH, WILL),
    _of(9, "correlation_data", "binary", _P.PUBLISH, WILL),
    Property(
        11,
        "subscription_identifier",
        "variable",
        frozenset({_P.PUBLISH, _P.SUBSCRIBE}),
        1,
        MAX_SUBSCRIPTION_IDENTIFIER,
        frozenset({_P.PUBLISH}),
    ),
    _of(17, "session_expiry_interval", "four", _P.CONNECT, _P.CONNACK, _P.DISCONNECT),
    _of(18, "assigned_client_identifier", "string", _P.CONNACK),
    _of(19, "server_keep_alive", "two", _P.CONNACK),
    _of(21, "authentication_method", "string", _P.CONNECT, _P.CONNACK, _P.AUTH),
    _of(22, "authentication_data", "binary", _P.CONNECT, _P.CONNACK, _P.AUTH),
    _of(23, "request_problem_information", "byte", _P.CONNECT, high=1),
    _of(24, "will_delay_interval", "four", WILL),
    _of(25, "request_response_information", "byte", _P.CONNECT, high=1),
    _of(26, "response_information", "string", _P.CONNACK),
    _of(28, "server_reference", "string", _P.CONNACK, _P.DISCONNECT),
    _of(31, "reason_string", "string", _P.CONNACK, *_ACKS, _P.DISCONNECT, _P.AUTH),
    _of(33, "receive_maximum", "two", _P.CONNECT, _P.CONNACK, low=1),
    _of(34, "topic_alias_maximum", "two", _P.CONNECT, _P.CONNACK),
    _of(35, "topic_alias", "two", _P.PUBLISH),
    _of(36, "maximum_qos", "byte", _P.CONNACK, high=1),
    _of(37, "retain_available", "byte", _P.CONNACK, high=1),
    Property(38, "user_property", "pair", _ANY, repeats=_ANY),
    _of(39, "maximum_packet_size", "four", _P.CONNECT, _P.CONNACK, low=1),
    _of(40, "wildcard_subscription_available", "byte", _P.CONNACK, high=1),
    _of(41, "subscription_identifier_available", "byte", _P.CONNACK, high=1),
    _of(42, "shared_subscription_available", "byte", _P.CONNACK, high=1),
)

PROPERTIES: Mapping[int, Property] = {each.identifier: each for each in _TABLE}
