"""The control packets of MQTT 3.1.1 and 5.0 as frozen data, by the standard's names.

One shape serves both versions: in 3.1.1 ``properties`` are :data:`NONE` and reason codes are the
return codes of that version.  ``notes`` are what decoding saw that the standard discourages;
they are never encoded.
"""

from typing import TypeAlias

from msgspec import Struct

from cqsc_conform.formats.mqtt.properties import NONE, Properties
from cqsc_conform.formats.mqtt.rules import Note, Version

__all__ = [
    "Auth",
    "Connack",
    "Connect",
    "Disconnect",
    "Packet",
    "Pingreq",
    "Pingresp",
    "Puback",
    "Pubcomp",
    "Publish",
    "Pubrec",
    "Pubrel",
    "Suback",
    "Subscribe",
    "Subscription",
    "Unsuback",
    "Unsubscribe",
    "Will",
]


class Will(Struct, frozen=True, gc=False):
    """Holds the will message of a CONNECT."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = NONE


class Connect(Struct, frozen=True, tag_field="packet", tag="CONNECT", gc=False):
    """Asks the server for a connection (3.1).

    ``keep_alive`` is in seconds, 0 for none; ``clean_start`` is Clean Session in 3.1.1;
    ``version`` is the protocol level.
    """

    client_id: str
    clean_start: bool = True
    keep_alive: int = 0
    will: Will | None = None
    user_name: str | None = None
    password: bytes | None = None
    properties: Properties = NONE
    version: Version = 4
    notes: tuple[Note, ...] = ()


class Connack(Struct, frozen=True, tag_field="packet", tag="CONNACK", gc=False):
    """Answers a CONNECT (3.2)."""

    session_present: bool = False
    reason_code: int = 0
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


class Publish(Struct, frozen=True, tag_field="packet", tag="PUBLISH", gc=False):
    """Carries an application message (3.3); ``packet_id`` is ``None`` at QoS 0."""

    topic: str
    payload: bytes = b""
    qos: int = 0
    retain: bool = False
    dup: bool = False
    packet_id: int | None = None
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


class Puback(Struct, frozen=True, tag_field="packet", tag="PUBACK", gc=False):
    """Acknowledges a PUBLISH of QoS 1 (3.4)."""

    packet_id: int
    reason_code: int = 0
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


class Pubrec(Struct, frozen=True, tag_field="packet", tag="PUBREC", gc=False):
    """Says that a PUBLISH of QoS 2 was received (3.5)."""

    packet_id: int
    reason_code: int = 0
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


class Pubrel(Struct, frozen=True, tag_field="packet", tag="PUBREL", gc=False):
    """Releases a PUBLISH of QoS 2 (3.6)."""

    packet_id: int
    reason_code: int = 0
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


class Pubcomp(Struct, frozen=True, tag_field="packet", tag="PUBCOMP", gc=False):
    """Completes a PUBLISH of QoS 2 (3.7)."""

    packet_id: int
    reason_code: int = 0
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


class Subscription(Struct, frozen=True, gc=False):
    """Holds one topic filter of a SUBSCRIBE with its options (3.8.3.1); 3.1.1 has QoS alone."""

    topic_filter: str
    qos: int = 0
    no_local: bool = False
    retain_as_published: bool = False
    retain_handling: int = 0


class Subscribe(Struct, frozen=True, tag_field="packet", tag="SUBSCRIBE", gc=False):
    """Asks for subscriptions (3.8)."""

    packet_id: int
    subscriptions: tuple[Subscription, ...]
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


class Suback(Struct, frozen=True, tag_field="packet", tag="SUBACK", gc=False):
    """Answers each subscription of a SUBSCRIBE, in their order (3.9)."""

    packet_id: int
    reason_codes: tuple[int, ...]
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


class Unsubscribe(Struct, frozen=True, tag_field="packet", tag="UNSUBSCRIBE", gc=False):
    """Gives up subscriptions (3.10)."""

    packet_id: int
    topic_filters: tuple[str, ...]
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


class Unsuback(Struct, frozen=True, tag_field="packet", tag="UNSUBACK", gc=False):
    """Answers an UNSUBSCRIBE (3.11); in 3.1.1 there are no reason codes."""

    packet_id: int
    reason_codes: tuple[int, ...] = ()
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


class Pingreq(Struct, frozen=True, tag_field="packet", tag="PINGREQ", gc=False):
    """Shows the server that the client lives (3.12)."""

    notes: tuple[Note, ...] = ()


class Pingresp(Struct, frozen=True, tag_field="packet", tag="PINGRESP", gc=False):
    """Answers a PINGREQ (3.13)."""

    notes: tuple[Note, ...] = ()


class Disconnect(Struct, frozen=True, tag_field="packet", tag="DISCONNECT", gc=False):
    """Ends the connection (3.14); in 3.1.1 it is empty and only clients send it."""

    reason_code: int = 0
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


class Auth(Struct, frozen=True, tag_field="packet", tag="AUTH", gc=False):
    """Carries extended authentication (3.15), in 5.0 only."""

    reason_code: int = 0
    properties: Properties = NONE
    notes: tuple[Note, ...] = ()


Packet: TypeAlias = (
    Connect
    | Connack
    | Publish
    | Puback
    | Pubrec
    | Pubrel
    | Pubcomp
    | Subscribe
    | Suback
    | Unsubscribe
    | Unsuback
    | Pingreq
    | Pingresp
    | Disconnect
    | Auth
)
