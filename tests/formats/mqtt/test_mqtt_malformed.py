"""Every rule that a packet can break, as literal octets: what is found, where, and by which clause.

The rows are in ``malformed.csv``: protocol level (empty where CONNECT is to tell it), direction,
octets in hex, rule, offset of the fault, its clause, the clause by which the receiver must close,
the code in hex that it may answer with, and the fault's detail.
"""

import csv
from pathlib import Path
from typing import NamedTuple

import pytest

from cqsc_conform.formats.mqtt import Direction, Malformed, Note, Publish
from cqsc_conform.formats.mqtt.rules import NOTES, RULES
from formats.mqtt.made import TO_CLIENT, TO_SERVER, decoded

S = TO_SERVER


class Row(NamedTuple):
    version: int | None
    direction: Direction
    data: bytes
    rule: str
    offset: int
    clause: str
    closing: str
    reply: int | None
    detail: str


def rows() -> list[Row]:
    with (Path(__file__).parent / "malformed.csv").open(encoding="utf-8") as file:
        return [
            Row(
                int(each["version"]) if each["version"] else None,
                Direction(each["direction"]),
                bytes.fromhex(each["octets"]),
                each["rule"],
                int(each["offset"]),
                each["clause"],
                each["closing"],
                int(each["reply"], 16) if each["reply"] else None,
                each["detail"],
            )
            for each in csv.DictReader(file)
        ]


ROWS = rows()
PINGS = {TO_SERVER: b"\xc0\0", TO_CLIENT: b"\xd0\0"}
each_row = pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row.version}-{row.rule}-{row.data.hex()}"
)


@each_row
def test_a_malformed_packet_is_found(row):
    item = decoded(row.data, row.version, row.direction)[0]
    assert isinstance(item, Malformed)
    assert (item.rule, item.offset, item.detail) == (row.rule, row.offset, row.detail)
    assert (item.clause, item.closing_clause, item.reply) == (row.clause, row.closing, row.reply)
    assert item.must_close == (row.closing != "")
    assert (item.start, item.packet_type) == (0, row.data[0] >> 4)


@each_row
def test_its_place_is_counted_from_the_stream_s_beginning(row):
    before = b"" if row.version is None else PINGS[row.direction] * 3
    items = decoded(before + row.data, row.version, row.direction)
    item = items[len(before) // 2]
    assert isinstance(item, Malformed)
    assert (item.start, item.offset) == (len(before), len(before) + row.offset)


def test_every_rule_has_a_row():
    # Two are no octets of one packet: see test_mqtt_stream.
    assert {row.rule for row in ROWS} == set(RULES) - {"stream_ended", "entries_over_cap"}


NOTED = [
    (4, "30 83 00 0001 74", "variable_byte_integer_not_minimal", 1, "MQTT 3.1.1, 2.2.3"),
    (5, "30 84 00 0001 74 00", "variable_byte_integer_not_minimal", 1, "MQTT-1.5.5-1"),
    (5, "30 05 0001 74 80 00", "variable_byte_integer_not_minimal", 5, "MQTT-1.5.5-1"),
    (4, "30 05 0003 610762", "utf8_control_character", 5, "MQTT 3.1.1, 1.5.3"),
    (4, "30 04 0002 c285", "utf8_control_character", 4, "MQTT 3.1.1, 1.5.3"),
    (5, "30 06 0003 efbfbf 00", "utf8_noncharacter", 4, "MQTT 5.0, 1.5.4"),
    (4, "30 05 0003 efb790", "utf8_noncharacter", 4, "MQTT 3.1.1, 1.5.3"),
    (4, "30 07 0005 61f48fbfbf", "utf8_noncharacter", 5, "MQTT 3.1.1, 1.5.3"),
    (5, "30 08 0001 74 02 0101 61ff", "payload_not_utf8", 9, "MQTT 5.0, 3.3.2.3.2"),
]


@pytest.mark.parametrize(("version", "octets", "rule", "offset", "clause"), NOTED)
def test_what_is_discouraged_is_noted_and_stands(version, octets, rule, offset, clause):
    (item,) = decoded(bytes.fromhex(octets), version, S)
    assert isinstance(item, Publish)
    assert item.notes == (Note(rule, clause, offset),)


def test_every_note_has_a_row():
    assert {rule for _, _, rule, _, _ in NOTED} == set(NOTES)


@pytest.mark.parametrize("octets", ["30 03 0001 74 aa", "c0 80 00", "40 82 00 0001"])
def test_a_longer_length_than_needed_is_noted_on_any_packet(octets):
    octets = octets.replace("30 03", "30 83 00")
    item = decoded(bytes.fromhex(octets), 4, S)[0]
    assert not isinstance(item, Malformed)
    assert [note.rule for note in item.notes] == ["variable_byte_integer_not_minimal"]


def test_the_byte_order_mark_stays():
    (item,) = decoded(bytes.fromhex("30 06 0004 efbbbf 61"), 4, S)
    assert item == Publish("\ufeffa")


def test_notes_are_few():
    many = b"".join(b"\x26\x00\x01\x07\x00\x00" for _ in range(20))
    body = b"\x00\x01t" + bytes((len(many),)) + many
    (item,) = decoded(b"\x30" + bytes((len(body),)) + body, 5, S)
    assert isinstance(item, Publish)
    assert len(item.notes) == 8
