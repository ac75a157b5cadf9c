"""The observer and the controlling client at brokers that behave."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
import tracemalloc

import msgspec
import pytest

from cqsc_conform.drivers import mqtt_client
from cqsc_conform.drivers.mqtt_broker import Account, Broker
from cqsc_conform.drivers.mqtt_client import command
from cqsc_conform.formats.mqtt import Connect, Decoder, Direction
from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.probe import Command
from cqsc_conform.model.target import Basic, Identity, Mutual
from drivers.observer_world import (
    CONNACK,
    PEAK,
    Seen,
    accepted,
    broker,
    exactly,
    message,
    packet,
    until_gone,
)
from drivers.pki import Authority

PASSWORD = "planted-broker-password"
BASIC = Identity(use=Basic(username="watcher", password="env:BROKER_PASSWORD"))


def speaks(*messages):
    def behave(caller, _):
        accepted(caller)
        caller.sendall(b"".join(messages))
        until_gone(caller)

    return behave


def test_what_a_subscriber_cannot_know_is_not_kept():
    told = (
        message(1, qos=1, packet_id=7),
        message(2, qos=1, packet_id=8, dup=True),
        message(3, qos=2, packet_id=9),
        message(4),
    )
    with broker(speaks(*told)) as port:
        seen = Seen(port)
    assert seen.numbers == [1, 2, 3, 4]
    for each in seen.events:
        if each.message is not None:
            assert (each.message.qos, each.message.retain, each.message.dup) == (0, False, False)
    assert (seen.trace.vantage, seen.trace.endpoint) == ("observer", "broker")
    assert (seen.trace.sessions, seen.trace.ended) == (1, "deadline")
    assert seen.trace.facts["granted_qos"] == 1
    assert seen.notes("subscribed")[0]["filters"] == "cqsc/+/d-1/telemetry"


def test_messages_are_acknowledged_and_the_observer_says_goodbye():
    got = []

    def behave(caller, _):
        accepted(caller)
        caller.sendall(message(1, qos=1, packet_id=7) + message(2, qos=2, packet_id=8))
        got.extend([packet(caller), packet(caller)])
        caller.sendall(bytes.fromhex("62020008"))
        got.append(packet(caller))
        got.append(until_gone(caller))

    with broker(behave) as port:
        Seen(port)
    puback, pubrec, pubcomp, rest = got
    assert (puback, pubrec, pubcomp) == (b"\x40\x00\x07", b"\x50\x00\x08", b"\x70\x00\x08")
    assert rest.endswith(b"\xe0\x00")


def connect_of(octets):
    (found,) = Decoder(None, Direction.TO_SERVER).feed(octets)
    assert isinstance(found, Connect)
    return found


def test_who_comes_is_who_the_target_file_says_and_the_password_stays_out_of_the_trace():
    came = []

    def behave(caller, _):
        head = exactly(caller, 2)
        came.append(connect_of(head + exactly(caller, head[1])))
        caller.sendall(CONNACK)
        packet(caller)
        caller.sendall(bytes.fromhex("9003000101") + message(1))
        until_gone(caller)

    for _ in range(2):
        with broker(behave) as port:
            seen = Seen(
                port,
                identity="observer",
                identities={"observer": BASIC},
                environ={"BROKER_PASSWORD": PASSWORD},
            )
        assert PASSWORD.encode() not in bytes(seen.stream)
        assert PASSWORD not in repr(seen.trace)
    assert {(each.user_name, each.password) for each in came} == {("watcher", PASSWORD.encode())}
    assert len({each.client_id for each in came}) == 2
    assert all(each.client_id.isalnum() and len(each.client_id) <= 23 for each in came)
    assert all(each.clean_start for each in came)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"identity": "observer"}, "mqtt.identity"),
        ({"identity": "observer", "identities": {"observer": BASIC}}, "http.secret_env"),
        ({"scheme": "http"}, "mqtt.endpoint"),
        ({"scheme": "mqtts", "endpoint": {"ca": "absent.pem"}}, "http.ca_unreadable"),
    ],
)
def test_what_the_target_file_lacks_is_told_before_anything_is_sent(given, code):
    def behave(*_):
        raise AssertionError

    with broker(behave) as port:
        seen = Seen(port, **given)
    assert (seen.trouble.code, seen.trouble.blame) == (code, Blame.YOU)


def test_tls_with_a_private_ca_and_a_certificate_of_its_own(tmp_path):
    authority = Authority(tmp_path)
    chain, key = authority.issue("broker", "127.0.0.1")
    own, own_key = authority.issue("observer")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    mine = {"client_certificate": str(own), "client_key": str(own_key)}
    both = Identity(use=Mutual(certificate=str(own), key=str(own_key)))
    ca = {"ca": str(authority.file)}
    with broker(speaks(message(1)), context) as port:
        by_endpoint = Seen(port, scheme="mqtts", endpoint=ca | mine)
        by_identity = Seen(
            port, scheme="mqtts", endpoint=ca, identity="observer", identities={"observer": both}
        )
        bare = Seen(port, scheme="mqtts", endpoint=ca)
    assert by_endpoint.numbers == by_identity.numbers == [1]
    assert bare.trouble.blame in {Blame.NETWORK, Blame.YOU}
    assert bare.trouble.code in {"mqtt.broker_tls", "mqtt.broker_closed"}


SAID = Command(topic="cqsc/500112/d-1/command", payload="{}", after=0.0)


def published(behave, *, qos=1, seconds=20.0):
    """Publish a command at a broker that behaves so; gives what became of it."""

    async def publish(port):
        made = Broker(
            "127.0.0.1", port, ((socket.AF_INET, ("127.0.0.1", port)),), Account("a"), None, ""
        )
        said = msgspec.structs.replace(SAID, qos=qos)
        return await command(made, said, "cqscact1", seconds, 256 * 1024, time.monotonic)

    with broker(lambda caller, _: behave(caller)) as port:
        tracemalloc.start()
        try:
            how = asyncio.run(publish(port))
            assert tracemalloc.get_traced_memory()[1] < PEAK
        finally:
            tracemalloc.stop()
    return how


def takes(caller):
    assert packet(caller)[0] == 0x10
    caller.sendall(CONNACK)
    publish = packet(caller)
    assert b"cqsc/500112/d-1/command" in publish
    if publish[0] == 0x32:
        caller.sendall(b"\x40\x02\x00\x01")
    until_gone(caller)


def pours(caller):
    packet(caller)
    with contextlib.suppress(OSError):
        caller.sendall(CONNACK + b"\x30\xff\xff\xff\x7f")
        while True:
            caller.sendall(bytes(65_536))


def floods(caller):
    packet(caller)
    caller.sendall(CONNACK)
    with contextlib.suppress(OSError):
        while True:
            caller.sendall(message(1) * 500)


def refuses(caller):
    packet(caller)
    caller.sendall(bytes.fromhex("20020005"))
    until_gone(caller)


@pytest.mark.parametrize(
    ("behave", "qos", "how"),
    [
        (takes, 1, "acknowledged"),
        (takes, 0, "sent"),
        (refuses, 1, "refused"),
        (lambda _: None, 1, "closed"),
        (lambda caller: caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), 1, "garbage"),
        (pours, 1, "garbage"),
        (floods, 1, "garbage"),
    ],
    ids=["acknowledged", "sent", "refused", "closed", "garbage", "256 MB", "flood"],
)
def test_a_command_is_published_by_an_ordinary_client_behind_bounds(behave, qos, how, monkeypatch):
    monkeypatch.setattr(mqtt_client, "RELAY_BYTES", 64 * 1024)
    assert published(behave, qos=qos) == how


def test_a_command_that_nobody_answers_is_late():
    assert published(until_gone, seconds=0.5) == "late"


def test_a_command_of_the_script_is_published_as_who_it_names_and_noted():
    done, came = threading.Event(), []

    def either(caller, number):
        if number == 1:
            accepted(caller)
            caller.sendall(message(1))
            done.wait(20)
            time.sleep(1.0)
            return
        came.append(packet(caller))
        caller.sendall(CONNACK)
        packet(caller)
        caller.sendall(b"\x40\x02\x00\x01")
        until_gone(caller)
        done.set()

    with broker(either) as port:
        seen = Seen(
            port,
            seconds=30.0,
            script=(msgspec.structs.replace(SAID, identity="platform"),),
            identities={"platform": BASIC},
            environ={"BROKER_PASSWORD": PASSWORD},
        )
    (note,) = seen.notes("commanded")
    assert (note["how"], note["reached"], note["identity"]) == ("acknowledged", 1, "platform")
    assert note["topic"] == SAID.topic
    assert PASSWORD.encode() in came[0]
    assert PASSWORD.encode() not in bytes(seen.stream)


def test_a_command_still_under_way_at_the_end_is_ended_with_it():
    def either(caller, number):
        if number == 1:
            speaks(message(1))(caller, number)
        else:
            until_gone(caller)

    with broker(either) as port:
        seen = Seen(port, seconds=0.5, script=(SAID,))
    assert seen.trace.ended == "deadline"
    assert seen.took < 8.0
    assert seen.notes("commanded") == []
