"""How traces are read: events with times of two kinds, messages under the target's mapping."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from cqsc_conform.formats.device import Event, Topics, read_events
from cqsc_conform.formats.device_message import Message
from cqsc_conform.formats.mqtt import Connack, Connect, Pingreq, Publish, encode
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.stream import (
    EVENT,
    FROM_DEVICE,
    FROM_KIT,
    Frame,
    FrameWriter,
    read_frames,
)
from cqsc_conform.formats.times import TimeProblem
from cqsc_conform.model.operation import ElementAt, Operation

OPERATIONS = {
    "telemetry": Operation(
        method="PUBLISH",
        path="cqsc/{region}/{device}/telemetry",
        items="/readings",
        elements={"value": "/v", "device": "/dev"},
    ),
    "status": Operation(method="PUBLISH", path="/sys/+/{device}/status/#"),
    "list": Operation(path="/entries"),
}


def events(*frames: tuple[int, int, int, bytes], **given: object) -> list[Event]:
    writer = FrameWriter()
    data = b"".join(writer.frame(*each) for each in frames)
    given = {"since": 1000.0} | given
    return list(read_events(read_frames([data]), "a.b/t.1", Topics(OPERATIONS), **given))


def told(payload: object, topic: str = "cqsc/500112/d-1/telemetry") -> Event:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    raw = encode(Publish(topic, data), 4)
    return events((0, FROM_DEVICE, 1, raw), version=4)[0]


def test_times_are_the_declared_ones_and_the_real_ones():
    connect = encode(Connect("d-1"), 4)
    found = events(
        (0, EVENT, 1, b'{"event": "accepted", "peer": "::1"}'),
        (500_000, FROM_DEVICE, 1, connect),
        (1_000_000, FROM_KIT, 1, encode(Connack(), 4)),
        scale=0.1,
    )
    assert [each.at for each in found] == [0.0, 5.0, 10.0]
    assert [each.when for each in found] == [1000.0, 1000.5, 1001.0]
    assert [each.kind for each in found] == ["accepted", "connect", "connack"]
    assert [each.sender for each in found] == ["event", "device", "kit"]
    assert found[0].note["peer"] == "::1"
    assert found[1].cite == found[1].id == "a.b/t.1#2"


@pytest.mark.parametrize("version", [4, 5])
def test_each_session_is_read_by_its_own_version(version):
    connect = encode(Connect("d-1", version=version), version)
    publish = encode(Publish("t", b"x"), version)
    found = events(
        (0, FROM_DEVICE, 1, connect), (0, FROM_DEVICE, 2, b"\xc0\x00"), (1, FROM_DEVICE, 1, publish)
    )
    assert [each.kind for each in found] == ["connect", "malformed", "publish"]
    assert found[2].packet == Publish("t", b"x")


def test_what_is_cut_off_does_not_swallow_what_follows():
    connect = encode(Connect("d-1"), 4)
    found = events(
        (0, FROM_DEVICE, 1, connect),
        (1, FROM_DEVICE, 1, b"\x30\xff\xff\xff\x7fabc"),
        (2, FROM_DEVICE, 1, b"\x30\x50ab"),
        (3, FROM_DEVICE, 1, b""),
        (4, FROM_DEVICE, 1, encode(Pingreq(), 4)),
        max_packet=1000,
    )
    rules = [getattr(each.packet, "rule", each.kind) for each in found]
    assert rules == ["connect", "packet_over_cap", "stream_ended", "stream_ended", "pingreq"]


def test_a_message_is_read_through_the_mapping():
    message = told(
        {"dev": "d-9", "readings": [{"name": "t", "v": 1}, {"name": "h", "v": 2}]}
    ).message
    assert (message.operation, message.places["region"]) == ("telemetry", "500112")
    assert message.element("device") == "d-9"
    assert [each.element("value") for each in message.readings] == [1, 2]
    assert [each.text("name") for each in message.readings] == ["t", "h"]


def test_a_batch_is_several_messages():
    message = told({"batch": [{"dev": "a", "readings": [{"v": 1}]}, {"dev": "b"}]}).message
    assert [each.element("device") for each in message.parts] == ["a", "b"]
    assert [each.element("value") for each in message.readings] == [1]


def test_without_items_a_message_is_one_reading():
    message = told({"device": "x"}, "/sys/p/d-7/status/now").message
    assert (message.operation, message.places) == ("status", {"device": "d-7"})
    assert [each.text("device") for each in message.readings] == ["x"]


def test_a_topic_of_no_operation_is_read_all_the_same():
    message = told({"device": "x"}, "else/where").message
    assert (message.operation, message.places) == ("", {})
    assert message.element("device") == "x"


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[1]", b"NaN", b'{"a":'])
def test_what_is_no_object_has_no_parts(payload):
    message = told(payload).message
    assert message.parts == message.readings == ()
    assert message.element("device") is MISSING
    assert (message.json is MISSING) == (payload != b"[1]")


def test_a_note_that_is_none_is_empty():
    assert [each.kind for each in events((0, EVENT, 0, b"\xff"), (0, EVENT, 0, b"[]"))] == ["", ""]


def mapped(payload: object, zone: timezone | None = None, **mapping: object) -> Message:
    operation = Operation(method="PUBLISH", path="up/{device}", **mapping)
    raw = encode(Publish("up/d-1", json.dumps(payload).encode()), 4)
    topics = Topics({"telemetry": operation}, zone)
    (event,) = read_events([Frame(0, FROM_DEVICE, 1, raw)], "t", topics, since=0.0, version=4)
    assert event.telemetry is event.message
    return event.telemetry


def rows(message: Message, *names: str) -> list[tuple[object, ...]]:
    return [tuple(each.element(name) for name in names) for each in message.readings]


def test_members_of_an_object_are_readings_under_their_names():
    name = ElementAt(at="/name", values={"temp": "temperature"})
    given = {"members": True, "elements": {"name": name}, "units": {"temperature": "Cel"}}
    message = mapped({"data": {"temp": 23.5, "hum": None}}, items="/data", **given)
    assert rows(message, "name", "value", "unit") == [
        ("temperature", 23.5, MISSING),
        ("hum", None, MISSING),
    ]
    assert [each.declared_unit for each in message.readings] == ["Cel", None]
    assert message.columns is None
    nested = mapped({"data": {"temp": {"value": 1, "unit": "K"}}}, items="/data", **given)
    assert rows(nested, "name", "value", "unit") == [("temperature", 1, "K")]
    assert mapped({"data": [{"temp": 1}]}, items="/data", **given).readings == ()


def test_in_a_flat_object_what_belongs_to_the_message_is_no_reading():
    flat = {"sn": "d-1", "time": 1, "seq": 2, "temp": 23.5, "sub": {"value": 1}}
    message = mapped(flat, items="", members=True, elements={"device": "/sn"})
    assert rows(message, "name", "value") == [("temp", 23.5), ("sub", 1)]
    assert message.element("device") == "d-1"


def test_readings_may_be_arrays_themselves():
    message = mapped({"d": [["t", 1], ["h"]]}, items="/d", elements={"name": "/0", "value": "/1"})
    assert rows(message, "name", "value") == [("t", 1), ("h", MISSING)]


def test_a_time_without_offset_is_one_of_the_declared_zone():
    said = {"time": "2026-01-01T08:00:00"}
    assert mapped(said).parts[0].time is TimeProblem.NO_OFFSET
    part = mapped(said, timezone(timedelta(hours=8))).parts[0]
    assert part.time == datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert part.time_as_sent is TimeProblem.NO_OFFSET


def test_an_element_as_it_was_sent_is_not_mapped():
    unit = ElementAt(at="/u/x", values={"℃": "Cel"})
    (reading,) = mapped({"u": {"x": "℃"}}, items=None, elements={"unit": unit}).readings
    assert (reading.element("unit"), reading.sent("unit")) == ("Cel", "℃")


FULL = {"name": "t", "value": 1, "unit": "Cel", "quality": "good"}


@pytest.mark.parametrize(
    ("changes", "plain"),
    [
        ({}, True),
        ({"value": None}, True),
        ({"quality": 1}, False),
        ({"unit": True}, False),
        ({"name": []}, False),
    ],
)
def test_columns_are_made_of_what_is_plain_only(changes, plain):
    columns = mapped({"r": [FULL, FULL | changes]}, items="/r").columns
    assert (columns is not None) == plain
    if columns is not None:
        assert columns.shape == (("t", "t"), ("Cel", "Cel"), ("good", "good"))
        assert columns.numbers == (not changes)


@pytest.mark.parametrize("found", [None, [], {}, "x", [1], ["nvuq"], [FULL, None], [{"name": "t"}]])
def test_where_readings_are_strange_there_are_no_columns(found):
    assert mapped({"r": found}, items="/r").columns is None
    assert mapped([found], items="/r").columns is None
    assert mapped({"batch": [{"r": [FULL]}] * 2}, items="/r").columns is None


def test_of_what_is_masked_credentials_do_not_count():
    def note(*names: str) -> bytes:
        spans = [{"at": 1, "length": 1, "name": name} for name in names]
        return json.dumps({"event": "masked", "spans": spans}).encode()

    raw = encode(Publish("t", b"x"), 4)
    found = events(
        (0, EVENT, 1, note("password", "user name")),
        (0, FROM_DEVICE, 1, raw),
        (0, EVENT, 1, note("password", "token")),
        (0, FROM_DEVICE, 1, raw),
        (0, FROM_DEVICE, 1, raw),
        (0, EVENT, 1, b'{"event": "masked"}'),
        (0, FROM_DEVICE, 1, raw),
        version=4,
    )
    assert [each.masked for each in found if each.kind == "publish"] == [False, True, False, True]
