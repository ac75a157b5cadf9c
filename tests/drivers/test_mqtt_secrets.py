"""A secret of the target file that a device repeats, anywhere in a packet, is never written."""

import base64
import contextlib
import json
import socket
from urllib.parse import quote

import pytest

from cqsc_conform.formats.device import Event
from cqsc_conform.formats.mqtt import (
    Connect,
    Malformed,
    Properties,
    Publish,
    Subscribe,
    Subscription,
    Will,
    encode,
)
from cqsc_conform.formats.secrets import Secret
from drivers.mqtt_world import Watched

SECRET = b"s3cr3t/+=Z&canary"
NAME = "identities.default.use.token"
FORMS = {
    "raw": SECRET,
    "base64": base64.b64encode(SECRET),
    "base64 inside": base64.b64encode(b"x:" + SECRET),
    "url": quote(SECRET, safe="").encode(),
    "hex": SECRET.hex().encode(),
    "HEX": SECRET.hex().upper().encode(),
    "json": json.dumps("é" + SECRET.decode())[1:-1].replace("/", "\\u002f").encode(),
}
TOPIC = "cqsc/500112/d-1/telemetry"


def left(*packets: bytes) -> tuple[Watched, list[Event]]:
    """Let a device say something to its end, and give what was kept of it."""
    with Watched(seconds=30, secrets=(Secret(NAME, SECRET),)) as watched:
        with watched.dial() as caller, contextlib.suppress(ConnectionError):
            for packet in packets:
                caller.sendall(packet)
            caller.shutdown(socket.SHUT_WR)
            while caller.recv(4096):
                pass
        watched.cancelled = True
    return watched, watched.events


def absent(watched: Watched) -> None:
    core = base64.b64encode(b"x:" + SECRET)[4:20]
    kept = bytes(watched.stream)
    for needle in (*FORMS.values(), core, b"canary"):
        assert needle not in kept
        assert needle.lower() not in kept.lower()


@pytest.mark.parametrize("form", FORMS)
def test_in_no_position_and_no_form(form):
    said = FORMS[form]
    text = said.decode()
    properties = Properties(user_property=(("k", text),))
    topic = f"a/{text}/b" if "+" not in text else "a/b"
    first = encode(
        Connect(
            f"id-{text}", will=Will(topic, said, 0, properties=properties), user_name=text,
            password=said, properties=properties, version=5,
        ),
        5,
    )  # fmt: skip
    rest = (
        encode(Publish(topic, b'{"a": "' + said + b'"}'), 5),
        encode(Publish(TOPIC, said, 1, packet_id=7, properties=properties), 5),
        encode(Subscribe(9, (Subscription(f"{text}/#" if "+" not in text else "x/#"),)), 5),
        b"\x30\x7f" + encode(Publish(TOPIC, said), 5)[2:],
    )
    watched, events = left(first, *rest)
    absent(watched)
    packets = [each.packet for each in events if each.sender == "device"]
    assert [type(each) for each in packets] == [Connect, Publish, Publish, Subscribe, Malformed]
    connect = packets[0]
    assert isinstance(connect, Connect)
    assert (len(connect.client_id), len(connect.password)) == (len(f"id-{text}"), len(said))
    assert connect.will.payload == b"*" * len(connect.will.payload) or form != "raw"
    names = {span["name"] for each in watched.notes("masked") for span in each["spans"]}
    assert {NAME, "user name", "password"} - names <= {"password", "user name"}
    assert NAME in names
    assert watched.trace.facts["masked"] == len(watched.notes("masked"))
    assert [each.masked for each in events if each.kind == "publish"][:2] == [True, True]


def test_spans_say_where_and_equal_digests_say_the_same_secret():
    packet = encode(Publish(TOPIC, b'{"a": "' + SECRET + b'"}'), 4)
    watched, events = left(encode(Connect("d-1", user_name="u", password=b"pw"), 4), packet, packet)
    first, second, third = watched.notes("masked")
    assert [span["name"] for span in first["spans"]] == ["user name", "password"]
    assert second == third
    (span,) = second["spans"]
    assert (span["name"], span["length"]) == (NAME, len(SECRET))
    assert packet[span["at"] : span["at"] + span["length"]] == SECRET
    assert [each.message.json for each in events if each.kind == "publish"] == [
        {"a": "*" * len(SECRET)}
    ] * 2
    assert not any(each.masked for each in events if each.kind == "connect")


def test_what_the_kit_hands_on_is_masked_too():
    watched, events = left(
        encode(Connect("d-1"), 4),
        encode(Subscribe(1, (Subscription("a/#"),)), 4),
        encode(Publish("a/b", SECRET), 4),
    )
    absent(watched)
    handed = [
        each.packet.payload for each in events if each.sender == "kit" and each.kind == "publish"
    ]
    assert handed == [b"*" * len(SECRET)]


def test_in_a_flood_too_and_across_pieces():
    flood = encode(Publish(TOPIC, b'{"a": 1}'), 4) * 300
    dirty = encode(Publish(TOPIC, SECRET), 4)
    whole = encode(Connect("d-1"), 4) + flood + dirty + flood
    cut = len(whole) - len(flood) - 5
    watched, events = left(whole[:cut], whole[cut:], encode(Publish(TOPIC, SECRET), 4)[:-4])
    absent(watched)
    assert SECRET[:8] not in watched.stream
    published = [each for each in events if each.kind == "publish"]
    assert [number for number, each in enumerate(published) if each.masked] == [300]
    assert len(published) == 601


def test_user_names_are_told_apart_by_their_digests():
    with Watched(seconds=30) as watched:
        for name in ("one", "one", "two"):
            with watched.dial() as caller:
                caller.sendall(encode(Connect("d", user_name=name), 4))
                assert caller.recv(4)
        watched.cancelled = True
    digests = [each["spans"][0]["digest"] for each in watched.notes("masked")]
    assert digests[0] == digests[1] != digests[2]
    assert b"one" not in watched.stream
