"""Octets that the standards print: their non-normative examples and tables, and all that fits."""

# ruff: noqa: FBT003 - packets are written out in the order of their fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.mqtt import (
    Auth,
    Connack,
    Connect,
    Disconnect,
    EncodeFault,
    Pingreq,
    Pingresp,
    Properties,
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
    encode,
)
from cqsc_conform.formats.mqtt.reader import Reader
from cqsc_conform.formats.mqtt.writer import variable_byte_integer
from formats.mqtt.made import TO_CLIENT, TO_SERVER, decoded

S, C = TO_SERVER, TO_CLIENT
WILL = Will("w", b"gone", qos=1)
SUBSCRIPTIONS = (Subscription("a/b", 1), Subscription("c/d", 2))

EXAMPLES = [
    # Figure 3.6: flags 11001110, keep alive 10 s, and in 5.0 a session expiry interval of 10 s
    (4, S, "10 1d 00044d515454 04 ce 000a 0001 63 0001 77 0004 676f6e65 0001 75 0002 7077",
     Connect("c", True, 10, WILL, "u", b"pw", version=4)),
    (5, S,
     "10 24 00044d515454 05 ce 000a 05 110000000a 000163 00 000177 0004676f6e65 000175 00027077",
     Connect("c", True, 10, WILL, "u", b"pw", Properties(session_expiry_interval=10), 5)),
    # 3.3.2: topic a/b, packet identifier 10
    (4, S, "32 07 0003 612f62 000a", Publish("a/b", b"", 1, packet_id=10)),
    (5, S, "32 08 0003 612f62 000a 00", Publish("a/b", b"", 1, packet_id=10)),
    # 3.8.3: a/b at QoS 1, c/d at QoS 2, packet identifier 10
    (4, S, "82 0e 000a 0003 612f62 01 0003 632f64 02", Subscribe(10, SUBSCRIPTIONS)),
    (5, S, "82 0f 000a 00 0003 612f62 01 0003 632f64 02", Subscribe(10, SUBSCRIPTIONS)),
    # 3.9.3 of 3.1.1: QoS 0, QoS 2, failure
    (4, C, "90 05 000a 00 02 80", Suback(10, (0, 2, 0x80))),
    (5, C, "90 06 000a 00 00 02 80", Suback(10, (0, 2, 0x80))),
    # 3.10.3: a/b and c/d
    (4, S, "a2 0c 000a 0003 612f62 0003 632f64", Unsubscribe(10, ("a/b", "c/d"))),
    (5, S, "a2 0d 000a 00 0003 612f62 0003 632f64", Unsubscribe(10, ("a/b", "c/d"))),
    (4, C, "b0 02 000a", Unsuback(10)),
    (5, C, "b0 05 000a 00 00 11", Unsuback(10, (0, 0x11))),
    (4, C, "20 02 01 00", Connack(True)),
    (4, C, "20 02 00 05", Connack(False, 5)),
    (5, C, "20 03 00 00 00", Connack()),
    (5, C, "20 08 00 87 05 1f 0002 6e6f", Connack(False, 0x87, Properties(reason_string="no"))),
    # What is zero is left out
    (4, S, "40 02 000a", Puback(10)), (5, S, "40 02 000a", Puback(10)),
    (4, S, "50 02 000a", Pubrec(10)), (5, S, "50 03 000a 10", Pubrec(10, 0x10)),
    (4, S, "62 02 000a", Pubrel(10)), (5, C, "62 03 000a 92", Pubrel(10, 0x92)),
    (4, S, "70 02 000a", Pubcomp(10)),
    (5, S, "70 09 000a 00 05 1f 0002 6f6b", Pubcomp(10, 0, Properties(reason_string="ok"))),
    (4, S, "c0 00", Pingreq()), (5, S, "c0 00", Pingreq()),
    (4, C, "d0 00", Pingresp()), (5, C, "d0 00", Pingresp()),
    (4, S, "e0 00", Disconnect()), (5, S, "e0 00", Disconnect()),
    (5, S, "e0 01 04", Disconnect(4)),
    (5, S, "e0 07 04 05 11 00000000", Disconnect(4, Properties(session_expiry_interval=0))),
    (5, C, "f0 00", Auth()),
    (5, C, "f0 0b 18 09 15 0001 6d 16 0002 0102",
     Auth(0x18, Properties(authentication_method="m", authentication_data=b"\1\2"))),
    # Figure 1.2: A, and U+2A6D4
    (4, S, "30 09 0005 41f0aa9b94 6869", Publish("A\U0002a6d4", b"hi")),
    (5, S, "3d 0c 0000 0001 03 23 0005 686921 21", Publish(
        "", b"hi!!", 2, True, True, 1, Properties(topic_alias=5))),
]  # fmt: skip


@pytest.mark.parametrize(("version", "direction", "octets", "packet"), EXAMPLES)
def test_a_printed_packet_is_read_and_written(version, direction, octets, packet):
    data = bytes.fromhex(octets)
    assert decoded(data, version, direction) == [packet]
    assert encode(packet, version) == data


@pytest.mark.parametrize(
    ("octets", "packet"),
    [
        ("40 03 000a 00", Puback(10)),
        ("40 04 000a 00 00", Puback(10)),
        ("e0 01 00", Disconnect()),
        ("e0 02 00 00", Disconnect()),
    ],
)
def test_what_could_be_left_out_may_be_there(octets, packet):
    assert decoded(bytes.fromhex(octets), 5, S) == [packet]


# Table 1-1 of 5.0, 2.4 of 3.1.1
SIZES = [
    (0, "00"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001"),
    (2_097_151, "ffff7f"), (2_097_152, "80808001"), (268_435_455, "ffffff7f"), (321, "c102"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "octets"), SIZES)
def test_a_variable_byte_integer_is_as_printed(value, octets):
    data = bytes.fromhex(octets)
    assert variable_byte_integer(value) == data
    assert Reader(data, 0, len(data), 5, 0).variable() == value


@given(st.integers(0, 268_435_455))
def test_a_variable_byte_integer_comes_back(value):
    data = variable_byte_integer(value)
    reader = Reader(data, 0, len(data), 5, 0)
    assert reader.variable() == value
    assert reader.notes == []


LONG = "x" * 65_536


@pytest.mark.parametrize(
    ("version", "packet", "code", "field"),
    [
        (4, Publish(LONG), "string", "topic"),
        (4, Publish("\ud800"), "string", "topic"),
        (4, Publish("a", qos=4), "number", "qos"),
        (4, Publish("a", qos=-1), "number", "qos"),
        (4, Publish("a", packet_id=1), "number", "packet_id"),
        (4, Puback(65_536), "number", "packet_id"),
        (4, Puback(-1), "number", "packet_id"),
        (4, Connect("a", keep_alive=65_536), "number", "keep_alive"),
        (4, Connect("a", password=LONG.encode()), "string", "password"),
        (4, Connect("a", will=Will("a", b"", 4)), "number", "qos"),
        (4, Connack(reason_code=256), "number", "reason_code"),
        (4, Suback(1, (256,)), "number", "reason_codes"),
        (4, Subscribe(1, (Subscription("a", 4),)), "number", "qos"),
        (5, Subscribe(1, (Subscription("a", retain_handling=4),)), "number", "retain_handling"),
        (5, Publish("a", properties=Properties(topic_alias=65_536)), "number", "topic_alias"),
        (5, Publish("a", properties=Properties(subscription_identifier=(1 << 28,))), "number",
         "variable_byte_integer"),
        (4, Publish("a", properties=Properties(topic_alias=1)), "version", "properties"),
        (4, Puback(1, 0x10), "version", "reason_code"),
        (4, Disconnect(4), "version", "reason_code"),
        (4, Unsuback(1, (0,)), "version", "reason_codes"),
        (4, Subscribe(1, (Subscription("a", no_local=True),)), "version", "subscriptions"),
        (4, Auth(), "version", "AUTH"),
    ],
)  # fmt: skip
def test_what_has_no_room_on_the_wire_is_refused(version, packet, code, field):
    with pytest.raises(EncodeFault) as raised:
        encode(packet, version)
    assert (raised.value.code, raised.value.field) == (code, field)


@pytest.mark.parametrize(
    ("packet", "octets"),
    [
        (Publish("a/+", b"", dup=True), "38 05 0003 612f2b"),
        (Publish("t", b"", 3), "36 05 0001 74 0000"),
        (Publish("", b""), "30 02 0000"),
        (Publish("\0", b""), "30 03 0001 00"),
        (Puback(0), "40 02 0000"),
    ],
)
def test_what_is_forbidden_can_still_be_sent(packet, octets):
    assert encode(packet, 4) == bytes.fromhex(octets)
