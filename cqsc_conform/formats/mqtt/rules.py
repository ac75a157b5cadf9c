"""What MQTT 3.1.1 and 5.0 demand of a packet's bytes, by rule name and normative clause.

A clause is a statement number of the OASIS standards (``MQTT-2.3.1-1``), or a section
(``MQTT 5.0, 3.3.2.3.2``) where the text gives none; empty where the rule is the kit's own bound.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypeAlias

from msgspec import Struct

__all__ = [
    "MQTT_3_1_1",
    "MQTT_5",
    "NOTES",
    "RULES",
    "Direction",
    "Malformed",
    "Note",
    "PacketFault",
    "Rule",
    "Version",
    "clause_of",
    "closing_clause",
]

Version: TypeAlias = Literal[4, 5]
"""The protocol level as CONNECT carries it: 4 is MQTT 3.1.1, 5 is MQTT 5.0."""

MQTT_3_1_1: Version = 4
MQTT_5: Version = 5


class Direction(StrEnum):
    """Tells who sends: some packets, and some of their fields, go one way only."""

    TO_SERVER = "to_server"
    TO_CLIENT = "to_client"


class Note(Struct, frozen=True, gc=False):
    """Tells of something that the standard discourages or leaves open, in a packet that stands.

    ``offset`` counts octets of the stream.
    """

    rule: str
    clause: str
    offset: int


class Malformed(Struct, frozen=True, gc=False):
    """Says which rule a packet breaks, where, and whether its receiver has to close.

    ``start`` is where the packet begins and ``offset`` where it goes wrong, both in octets of
    the stream.  ``closing_clause`` is the statement by which the receiver MUST close the Network
    Connection, empty where it only should or may.  ``reply`` is the code that it may answer
    with before it closes: a CONNACK return code in 3.1.1, a reason code in 5.0.  ``lost`` is
    true where no later packet can be found in the stream.
    """

    rule: str
    clause: str
    start: int
    offset: int
    packet_type: int | None = None
    detail: str = ""
    closing_clause: str = ""
    reply: int | None = None
    lost: bool = False

    @property
    def must_close(self) -> bool:
        """Tell whether the standard demands that the receiver close the Network Connection."""
        return self.closing_clause != ""


class PacketFault(Exception):  # noqa: N818 - it names what is wrong with a packet
    """Carries a broken rule out of the decoding functions; users meet :class:`Malformed`.

    ``at`` counts octets of the buffer at hand.
    """

    def __init__(self, rule: str, at: int, detail: str = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.at = at
        self.detail = detail


class Rule(Struct, frozen=True):
    """Holds one rule's clauses in 3.1.1 and 5.0, and the reason code of 5.0 that answers it."""

    v3: str
    v5: str
    reason: int = 0x81
    closes: bool = True


_MALFORMED, _PROTOCOL_ERROR, _TOO_LARGE = 0x81, 0x82, 0x95

RULES: Mapping[str, Rule] = {
    # Fixed header
    "packet_type_reserved": Rule("MQTT 3.1.1, 2.2.1", "MQTT 5.0, 2.1.2"),
    "packet_wrong_direction": Rule("MQTT 3.1.1, 2.2.1", "MQTT 5.0, 2.1.2", _PROTOCOL_ERROR),
    "fixed_header_flags": Rule("MQTT-2.2.2-1", "MQTT-2.1.3-1"),
    "qos_3": Rule("MQTT-3.3.1-4", "MQTT-3.3.1-4"),
    "dup_with_qos_0": Rule("MQTT-3.3.1-2", "MQTT-3.3.1-2", _PROTOCOL_ERROR),
    "remaining_length_too_long": Rule("MQTT 3.1.1, 2.2.3", "MQTT 5.0, 1.5.5"),
    "first_packet_not_connect": Rule("MQTT-3.1.0-1", "MQTT-3.1.0-1", _PROTOCOL_ERROR),
    # Lengths
    "packet_truncated": Rule("MQTT 3.1.1, 2.2.3", "MQTT 5.0, 2.1.4"),
    "packet_trailing_bytes": Rule("MQTT 3.1.1, 2.2.3", "MQTT 5.0, 2.1.4"),
    "stream_ended": Rule("MQTT 3.1.1, 2.2.3", "MQTT 5.0, 2.1.4", closes=False),
    "packet_over_cap": Rule("", "", _TOO_LARGE, closes=False),
    "entries_over_cap": Rule("", "", _TOO_LARGE, closes=False),
    # Data representation
    "utf8_ill_formed": Rule("MQTT-1.5.3-1", "MQTT-1.5.4-1"),
    "utf8_null": Rule("MQTT-1.5.3-2", "MQTT-1.5.4-2"),
    "variable_byte_integer_too_long": Rule("", "MQTT 5.0, 1.5.5"),
    "packet_id_zero": Rule("MQTT-2.3.1-1", "MQTT-2.2.1-3", _PROTOCOL_ERROR),
    # CONNECT
    "protocol_name": Rule("MQTT-3.1.2-1", "MQTT-3.1.2-1", 0x84),
    "protocol_level": Rule("MQTT-3.1.2-2", "MQTT-3.1.2-2", 0x84),
    "connect_flag_reserved": Rule("MQTT-3.1.2-3", "MQTT-3.1.2-3"),
    "will_qos_without_will": Rule("MQTT-3.1.2-13", "MQTT-3.1.2-11"),
    "will_qos_3": Rule("MQTT-3.1.2-14", "MQTT-3.1.2-12"),
    "will_retain_without_will": Rule("MQTT-3.1.2-15", "MQTT-3.1.2-13"),
    "password_without_user_name": Rule("MQTT-3.1.2-22", ""),
    "client_id_empty": Rule("MQTT-3.1.3-7", "", 0x85),
    # CONNACK and the other answers
    "connack_flags": Rule("MQTT 3.1.1, 3.2.2.1", "MQTT-3.2.2-1"),
    "session_present_refused": Rule("MQTT-3.2.2-4", "MQTT-3.2.2-6", _PROTOCOL_ERROR),
    "reason_code": Rule("MQTT 3.1.1, 3.2.2.3", "MQTT-3.2.2-8", _PROTOCOL_ERROR),
    "reason_codes_none": Rule("MQTT 3.1.1, 3.9.3", "MQTT 5.0, 3.9.3"),
    # Topics
    "topic_wildcard": Rule("MQTT-3.3.2-2", "MQTT-3.3.2-2", 0x90),
    "topic_empty": Rule("MQTT-4.7.3-1", "MQTT-4.7.3-1", _PROTOCOL_ERROR),
    "will_topic_wildcard": Rule("MQTT-4.7.1-1", "MQTT-4.7.0-1", 0x90),
    "filter_empty": Rule("MQTT-4.7.3-1", "MQTT-4.7.3-1", _PROTOCOL_ERROR),
    "filter_multi_level_wildcard": Rule("MQTT-4.7.1-2", "MQTT-4.7.1-1", 0x8F),
    "filter_single_level_wildcard": Rule("MQTT-4.7.1-3", "MQTT-4.7.1-2", 0x8F),
    "filter_share_name": Rule("", "MQTT-4.8.2-1", 0x8F),
    "filter_share_name_wildcard": Rule("", "MQTT-4.8.2-2", 0x8F),
    "filters_none": Rule("MQTT-3.8.3-3", "MQTT-3.8.3-2", _PROTOCOL_ERROR),
    # The number is printed so in 3.1.1.
    "subscription_options_reserved": Rule("MQTT-3-8.3-4", "MQTT-3.8.3-5"),
    "subscription_qos_3": Rule("MQTT-3-8.3-4", "MQTT 5.0, 3.8.3.1", _PROTOCOL_ERROR),
    "retain_handling_3": Rule("", "MQTT 5.0, 3.8.3.1", _PROTOCOL_ERROR),
    "no_local_on_shared": Rule("", "MQTT-3.8.3-4", _PROTOCOL_ERROR),
    # Properties, all of 5.0
    "property_unknown": Rule("", "MQTT 5.0, 2.2.2.2"),
    "property_not_allowed": Rule("", "MQTT 5.0, 2.2.2.2"),
    "property_twice": Rule("", "MQTT 5.0, 2.2.2.2", _PROTOCOL_ERROR),
    "property_value": Rule("", "MQTT 5.0, 2.2.2.2", _PROTOCOL_ERROR),
    "property_length": Rule("", "MQTT 5.0, 2.2.2.1"),
    "topic_alias_zero": Rule("", "MQTT-3.3.2-8", 0x94),
    "response_topic_wildcard": Rule("", "MQTT-3.3.2-14", _PROTOCOL_ERROR),
    "subscription_identifier_to_server": Rule("", "MQTT-3.3.4-6", _PROTOCOL_ERROR),
    "session_expiry_from_server": Rule("", "MQTT-3.14.2-2", _PROTOCOL_ERROR),
    "authentication_data_alone": Rule("", "MQTT 5.0, 3.1.2.11.10", _PROTOCOL_ERROR),
    "authentication_method_missing": Rule("", "MQTT 5.0, 3.15.2.2.2", _PROTOCOL_ERROR),
}

NOTES: Mapping[str, tuple[str, str]] = {
    # 3.1.1 says nothing of the shortest form, and 5.0 binds the sender to it.
    "variable_byte_integer_not_minimal": ("MQTT 3.1.1, 2.2.3", "MQTT-1.5.5-1"),
    "utf8_control_character": ("MQTT 3.1.1, 1.5.3", "MQTT 5.0, 1.5.4"),
    "utf8_noncharacter": ("MQTT 3.1.1, 1.5.3", "MQTT 5.0, 1.5.4"),
    "payload_not_utf8": ("", "MQTT 5.0, 3.3.2.3.2"),
}

# Statements that say a general rule again for one packet, and are then the ones to cite.
_SPECIAL: Mapping[tuple[str, int], tuple[str, str]] = {
    ("fixed_header_flags", 6): ("MQTT-3.6.1-1", "MQTT-3.6.1-1"),
    ("fixed_header_flags", 8): ("MQTT-3.8.1-1", "MQTT-3.8.1-1"),
    ("fixed_header_flags", 10): ("MQTT-3.10.1-1", "MQTT-3.10.1-1"),
    ("fixed_header_flags", 14): ("MQTT-3.14.1-1", "MQTT-3.14.1-1"),
    ("fixed_header_flags", 15): ("", "MQTT-3.15.1-1"),
    ("filters_none", 10): ("MQTT-3.10.3-2", "MQTT-3.10.3-2"),
    ("packet_id_zero", 4): ("MQTT-2.3.1-6", "MQTT-2.2.1-5"),
    ("packet_id_zero", 5): ("MQTT-2.3.1-6", "MQTT-2.2.1-5"),
    ("packet_id_zero", 6): ("MQTT-2.3.1-6", "MQTT-2.2.1-5"),
    ("packet_id_zero", 7): ("MQTT 3.1.1, 2.3.1", "MQTT-2.2.1-5"),
    ("packet_id_zero", 9): ("MQTT-2.3.1-7", "MQTT-2.2.1-6"),
    ("packet_id_zero", 11): ("MQTT-2.3.1-7", "MQTT-2.2.1-6"),
    ("reason_code", 4): ("", "MQTT-3.4.2-1"),
    ("reason_code", 5): ("", "MQTT-3.5.2-1"),
    ("reason_code", 6): ("", "MQTT-3.6.2-1"),
    ("reason_code", 7): ("", "MQTT-3.7.2-1"),
    ("reason_code", 9): ("MQTT-3.9.3-2", "MQTT-3.9.3-2"),
    ("reason_code", 11): ("", "MQTT-3.11.3-2"),
    ("reason_code", 14): ("", "MQTT-3.14.2-1"),
    ("reason_code", 15): ("", "MQTT-3.15.2-1"),
    ("reason_codes_none", 11): ("", "MQTT 5.0, 3.11.3"),
}

# In 3.1.1 some statements close of themselves; all others rest on MQTT-4.8.0-1.
_CLOSES_3_1_1: Mapping[str, str] = {
    "fixed_header_flags": "MQTT-2.2.2-2",
    "qos_3": "MQTT-3.3.1-4",
    "utf8_ill_formed": "MQTT-1.5.3-1",
    "utf8_null": "MQTT-1.5.3-2",
    "protocol_level": "MQTT-3.1.2-2",
    "connect_flag_reserved": "MQTT-3.1.2-3",
    "client_id_empty": "MQTT-3.1.3-8",
    "subscription_options_reserved": "MQTT-3-8.3-4",
    "subscription_qos_3": "MQTT-3-8.3-4",
    # The server may go on by another specification.
    "protocol_name": "",
}
# These bind the sender, and 5.0 names no consequence: some it lets the receiver answer in an
# acknowledgement. Closing is right, but not demanded.
_OPEN_5 = frozenset(
    {
        "dup_with_qos_0",
        "topic_wildcard",
        "will_topic_wildcard",
        "response_topic_wildcard",
        "filter_empty",
        "filter_multi_level_wildcard",
        "filter_single_level_wildcard",
        "filter_share_name",
        "filter_share_name_wildcard",
    }
)
_CONNECT, _PUBLISH, _AUTH = 1, 3, 15


def clause_of(rule: str, version: int, direction: Direction, packet_type: int | None) -> str:
    """Give the clause that a rule rests on, for the packet at hand."""
    known = RULES[rule]
    if (rule, version, packet_type) == ("packet_id_zero", MQTT_5, _PUBLISH):
        # 5.0 says the same to clients and to servers, each by a number of its own.
        return known.v5 if direction is Direction.TO_SERVER else "MQTT-2.2.1-4"
    pair = _SPECIAL.get((rule, packet_type or 0), (known.v3, known.v5))
    return pair[version == MQTT_5]


def closing_clause(rule: str, version: int, direction: Direction, packet_type: int | None) -> str:
    """Give the statement by which the receiver has to close, or nothing where it need not.

    In 5.0 a server MUST close and a client SHOULD (MQTT 5.0, 4.13.1).
    """
    if not RULES[rule].closes:
        return ""
    if version == MQTT_5:
        if packet_type == _AUTH and rule == "fixed_header_flags":
            return "MQTT-3.15.1-1"
        if direction is Direction.TO_CLIENT or rule in _OPEN_5:
            return ""
        return "MQTT-3.1.4-1" if packet_type == _CONNECT else "MQTT-4.13.1-1"
    general = "MQTT-3.1.4-1" if packet_type == _CONNECT else "MQTT-4.8.0-1"
    return _CLOSES_3_1_1.get(rule, general)
