"""MQTT 3.1.1 and 5.0 as bytes: a codec without input or output of its own.

``Decoder(version, direction).feed(octets)`` gives packets and what is :class:`Malformed`;
``encode(packet, version)`` gives octets.
"""

from cqsc_conform.formats.mqtt.encode import encode
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
from cqsc_conform.formats.mqtt.properties import NONE, PacketType, Properties
from cqsc_conform.formats.mqtt.reasons import ConnectReturnCode, ReasonCode
from cqsc_conform.formats.mqtt.rules import (
    MQTT_3_1_1,
    MQTT_5,
    Direction,
    Malformed,
    Note,
    Version,
)
from cqsc_conform.formats.mqtt.stream import Decoder
from cqsc_conform.formats.mqtt.topics import (
    SharedFilter,
    filter_fault,
    matches,
    shared,
    topic_fault,
)
from cqsc_conform.formats.mqtt.writer import EncodeFault

__all__ = [
    "MQTT_3_1_1",
    "MQTT_5",
    "NONE",
    "Auth",
    "Connack",
    "Connect",
    "ConnectReturnCode",
    "Decoder",
    "Direction",
    "Disconnect",
    "EncodeFault",
    "Malformed",
    "Note",
    "Packet",
    "PacketType",
    "Pingreq",
    "Pingresp",
    "Properties",
    "Puback",
    "Pubcomp",
    "Publish",
    "Pubrec",
    "Pubrel",
    "ReasonCode",
    "SharedFilter",
    "Suback",
    "Subscribe",
    "Subscription",
    "Unsuback",
    "Unsubscribe",
    "Version",
    "Will",
    "encode",
    "filter_fault",
    "matches",
    "shared",
    "topic_fault",
]
