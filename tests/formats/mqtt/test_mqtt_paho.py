"""Against octets that the kit did not write: those of paho, by its client and its properties."""

# ruff: noqa: FBT003 - packets are written out in the order of their fields

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from paho.mqtt import client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties as PahoProperties
from paho.mqtt.subscribeoptions import SubscribeOptions

from cqsc_conform.formats.mqtt import (
    NONE,
    Connack,
    Connect,
    Disconnect,
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
from cqsc_conform.formats.mqtt.properties import PROPERTIES, PacketType
from cqsc_conform.formats.mqtt.property_reader import read_properties
from cqsc_conform.formats.mqtt.property_writer import write_properties
from cqsc_conform.formats.mqtt.reader import Reader
from formats.mqtt.made import TO_CLIENT, TO_SERVER, decoded, properties_of


class Wire:
    """Stands for a socket: keeps what is sent, gives what was put in."""

    def __init__(self) -> None:
        self.sent, self.waiting = bytearray(), bytearray()

    def send(self, data: bytes) -> int:
        self.sent += data
        return len(data)

    def recv(self, size: int) -> bytes:
        if not self.waiting:
            raise BlockingIOError
        data, self.waiting = bytes(self.waiting[:size]), self.waiting[size:]
        return data

    def fileno(self) -> int:
        return 0

    def setblocking(self, _flag: bool) -> None: ...

    def close(self) -> None: ...


class Device:
    """A paho client whose octets the kit reads, and which reads the kit's."""

    def __init__(self, version: int, **options: Any) -> None:
        if version == 4:
            options["clean_session"] = options.get("clean_session", True)
        self.version, self.wire = version, Wire()
        self.client = paho.Client(
            paho.CallbackAPIVersion.VERSION2,
            "dev-1",
            protocol=paho.MQTTProtocolVersion(version),
            **options,
        )
        self.client._create_socket = lambda: self.wire  # type: ignore[assignment,return-value]

    def sent(self) -> list[Any]:
        data, self.wire.sent = bytes(self.wire.sent), bytearray()
        known = None if data[:1] == b"\x10" else self.version
        return decoded(data, known, TO_SERVER)

    def read(self, *packets: Any) -> None:
        for packet in packets:
            self.wire.waiting += encode(packet, self.version)  # type: ignore[arg-type]
        for _ in range(100):
            if not self.wire.waiting:
                break
            self.client.loop_read()
        assert not self.wire.waiting

    def connected(self) -> "Device":
        self.client.connect("broker.test", keepalive=30)
        self.wire.sent.clear()
        self.read(Connack())
        return self


def within_paho(properties: Properties) -> Properties:
    # The standard has four octets for it; paho takes no more than the largest remaining length.
    size = properties.maximum_packet_size
    return properties if size is None else replace(properties, maximum_packet_size=size % 9999 + 1)


def paho_properties(kind: int, properties: Properties) -> PahoProperties:
    made = PahoProperties(kind)
    for known in PROPERTIES.values():
        value = getattr(properties, known.name)
        values = value if known.repeats else [value]
        for each in values:
            if each is not None:
                setattr(made, PAHO_NAMES[known.identifier], each)
    return made


PAHO_NAMES = {
    number: name.replace(" ", "")
    for name, number in PahoProperties(PacketTypes.CONNECT).names.items()
}
CARRIERS = [kind for kind in PacketType if kind not in {PacketType.PINGREQ, PacketType.PINGRESP}]
BOTH = pytest.mark.parametrize("version", [4, 5])


@pytest.mark.parametrize("kind", [*CARRIERS, PacketTypes.WILLMESSAGE])
def test_paho_s_properties_are_read_and_it_reads_ours(kind):
    ours = 0 if kind == PacketTypes.WILLMESSAGE else kind

    @settings(max_examples=40)
    @given(properties_of(ours, TO_CLIENT))
    def agree(any_properties):
        properties = within_paho(any_properties)
        theirs = paho_properties(kind, properties)
        data = bytes(theirs.pack())
        reader = Reader(data, 0, len(data), 5, 0)
        assert read_properties(reader, ours, TO_CLIENT) == properties
        reader.done()
        back = PahoProperties(kind)
        written = write_properties(properties)
        used = back.unpack(written)[1]
        assert used == len(data) == len(written)
        assert back.json() == theirs.json()

    agree()


def test_the_property_tables_are_the_same():
    theirs = PahoProperties(PacketTypes.CONNECT)
    for known in PROPERTIES.values():
        kind, packets = theirs.properties[known.identifier]
        told = {
            "byte": "Byte", "two": "Two Byte Integer", "four": "Four Byte Integer",
            "variable": "Variable Byte Integer", "string": "UTF-8 Encoded String",
            "binary": "Binary Data", "pair": "UTF-8 String Pair",
        }[known.kind]  # fmt: skip
        assert theirs.types[kind] == told
        ours = {PacketTypes.WILLMESSAGE if each == 0 else int(each) for each in known.packets}
        assert ours == set(packets), known.name


@BOTH
def test_connect_with_all_that_it_can_carry(version):
    device = Device(version)
    device.client.username_pw_set("user", "s3cret")
    device.client.will_set("dev/1/状态", b"\xff\0", qos=2, retain=True)
    device.client.connect("broker.test", keepalive=30)
    will = Will("dev/1/状态", b"\xff\0", 2, True)
    clean = version == 4 or device.client._clean_start
    assert device.sent() == [
        Connect("dev-1", bool(clean), 30, will, "user", b"s3cret", NONE, version)
    ]


def test_connect_with_properties():
    device = Device(5)
    properties = Properties(
        session_expiry_interval=60, receive_maximum=5, user_property=(("a", "b"),)
    )
    will = Properties(will_delay_interval=7, content_type="json")
    device.client.will_set("t", "gone", properties=paho_properties(PacketTypes.WILLMESSAGE, will))
    sent = paho_properties(PacketTypes.CONNECT, properties)
    device.client.connect("broker.test", keepalive=9, clean_start=True, properties=sent)
    (packet,) = device.sent()
    assert packet == Connect(
        "dev-1", True, 9, Will("t", b"gone", properties=will), None, None, properties, 5
    )


@BOTH
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_publish(version, qos):
    device = Device(version).connected()
    device.client.publish("dev/1/温度", b"21.5", qos=qos, retain=True)
    assert device.sent() == [Publish("dev/1/温度", b"21.5", qos, True, False, 1 if qos else None)]


def test_publish_with_properties():
    device = Device(5).connected()
    properties = Properties(payload_format_indicator=1, topic_alias=3, user_property=(("a", "b"),))
    device.client.publish("t", "x", properties=paho_properties(PacketTypes.PUBLISH, properties))
    assert device.sent() == [Publish("t", b"x", properties=properties)]


@BOTH
def test_subscribe_and_unsubscribe(version):
    device = Device(version).connected()
    if version == 5:
        options = SubscribeOptions(2, noLocal=True, retainAsPublished=True, retainHandling=2)
        device.client.subscribe([("a/+", options), ("b/#", SubscribeOptions(1))])
        wanted = (Subscription("a/+", 2, True, True, 2), Subscription("b/#", 1))
    else:
        device.client.subscribe([("a/+", 2), ("b/#", 1)])
        wanted = (Subscription("a/+", 2), Subscription("b/#", 1))
    device.client.unsubscribe(["a/+", "b/#"])
    assert device.sent() == [Subscribe(1, wanted), Unsubscribe(2, ("a/+", "b/#"))]


@BOTH
def test_the_answers_of_a_device(version):
    device = Device(version).connected()
    device.read(Publish("t", b"1", 1, packet_id=7), Publish("t", b"2", 2, packet_id=8), Pubrel(8))
    assert device.sent() == [Puback(7), Pubrec(8), Pubcomp(8)]
    device.client.publish("t", b"", qos=2)
    device.read(Pubrec(1))
    assert device.sent() == [Publish("t", b"", 2, packet_id=1), Pubrel(1)]
    device.client._send_pingreq()
    device.read(Pingresp())
    device.client.disconnect()
    assert device.sent() == [Pingreq(), Disconnect()]


def test_disconnect_with_a_reason():
    device = Device(5).connected()
    properties = Properties(session_expiry_interval=0)
    sent = paho_properties(PacketTypes.DISCONNECT, properties)
    device.client.disconnect(paho.ReasonCode(PacketTypes.DISCONNECT, identifier=4), sent)
    assert device.sent() == [Disconnect(4, properties)]


def heard(device: Device) -> list[tuple[Any, ...]]:
    """What paho tells its callbacks."""
    told: list[tuple[Any, ...]] = []

    def note(name: str, pick: Callable[..., tuple[Any, ...]]) -> Callable[..., None]:
        return lambda _client, _data, *rest: told.append((name, *pick(*rest)))

    client = device.client
    client.on_connect = note("connect", lambda flags, code, _: (flags.session_present, code.value))
    client.on_message = note("message", lambda m: (m.topic, m.payload, m.qos, m.retain, m.mid))
    client.on_subscribe = note("subscribe", lambda mid, codes, _: (mid, [c.value for c in codes]))
    client.on_unsubscribe = note(
        "unsubscribe", lambda mid, codes, _: (mid, [c.value for c in codes])
    )
    client.on_disconnect = note("disconnect", lambda _, code, __: (code.value,))
    return told


@BOTH
def test_paho_reads_what_a_server_says(version):
    device = Device(version)
    told = heard(device)
    device.client.connect("broker.test")
    device.read(
        Connack(session_present=True),
        Publish("a/水", b"\xff\x00", 1, True, True, 9),
        Publish("b", b"x" * 300),
        Suback(3, (0, 1, 2, 0x80)),
        Unsuback(4, (0, 0x11) if version == 5 else ()),
    )
    assert told == [
        ("connect", True, 0),
        ("message", "a/水", b"\xff\x00", 1, True, 9),
        ("message", "b", b"x" * 300, 0, False, 0),
        ("subscribe", 3, [0, 1, 2, 0x80]),
        ("unsubscribe", 4, [0, 0x11] if version == 5 else []),
    ]


def test_paho_reads_a_server_s_disconnect():
    device = Device(5).connected()
    told = heard(device)
    device.read(Disconnect(0x8B, Properties(reason_string="later", server_reference="b")))
    assert told == [("disconnect", 0x8B)]


@settings(max_examples=40)
@given(st.text("ab/水", min_size=1, max_size=300), st.binary(max_size=300), st.integers(0, 2))
def test_any_publish_of_paho_is_read_and_written_alike(topic, payload, qos):
    device = Device(4).connected()
    device.client.publish(topic, payload, qos=qos)
    octets = bytes(device.wire.sent)
    (packet,) = device.sent()
    assert packet == Publish(topic, payload, qos, packet_id=1 if qos else None)
    assert encode(packet, 4) == octets
