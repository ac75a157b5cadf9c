"""How traces are read: events with times of two kinds, messages under the target's mapping."""

import json

import pytest

from cqsc_conform.formats.device import Event, Topics, read_events
from cqsc_conform.formats.mqtt import Connack, Connect, Pingreq, Publish, encode
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, FROM_KIT, FrameWriter, read_frames
from cqsc_conform.model.operation import Operation

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
