"""The peer as ordinary devices meet it: QoS, retained, wills, sessions, keep-alive, script, TLS."""

import contextlib
import socket
import ssl
import time

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from cqsc_conform.formats.mqtt import Connect, Publish
from cqsc_conform.model.evidence import Unobserved
from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.probe import Act
from drivers.mqtt_world import CONNACK, CONNECT, Device, Watched, device, free_port
from drivers.pki import Authority

BOTH = pytest.mark.parametrize("version", [4, 5])
TOPIC = "cqsc/500112/d-1/telemetry"


def lost(caller: socket.socket) -> bool:
    """Tell whether a connection ends, and nothing more comes."""
    with contextlib.suppress(ConnectionError):
        return caller.recv(1) == b""
    return True


@BOTH
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_message_goes_both_ways_once_at_its_qos(version, qos):
    with Watched() as watched, device(watched.port, "d-1", version) as one:
        one.subscribe("cqsc/#", 2)
        one.publish(TOPIC, '{"readings": [{"name": "t"}]}', qos)
        assert one.heard(1) == [(TOPIC, b'{"readings": [{"name": "t"}]}', qos, False)]
    (told,) = [each for each in watched.events if each.message]
    assert told.message.qos == qos
    assert told.message.operation == "telemetry"
    assert told.message.places == {"region": "500112", "device": "d-1"}
    assert [each.text("name") for each in told.message.readings] == ["t"]
    assert told.cite == f"iot.watch/trace.1#{told.number}"
    assert watched.trace.packets == len(watched.kinds())
    assert watched.trace.ended == "deadline"
    assert watched.trace.seconds == pytest.approx(0.8, abs=0.2)


@BOTH
def test_what_is_retained_waits_for_whoever_asks_later(version):
    with Watched() as watched:
        with device(watched.port, "d-1", version) as one:
            one.publish("s/1", "kept", 1, retain=True)
            one.publish("s/2", "gone", 1, retain=True)
            one.publish("s/2", "", 1, retain=True)
        with device(watched.port, "d-2", version) as two:
            two.subscribe("s/+", 1)
            assert two.heard(1) == [("s/1", b"kept", 1, True)]


@BOTH
def test_a_will_is_published_when_the_link_is_lost_and_not_when_a_device_leaves(version):
    def will(client):
        client.will_set("s/d-1", "offline", 1, retain=True)

    with Watched(30) as watched, device(watched.port, "seer", version) as seer:
        seer.subscribe("s/#", 1)
        with device(watched.port, "d-0", version, prepare=will):
            pass
        Device(watched.port, "d-1", version, prepare=will).vanish()
        assert seer.heard(1) == [("s/d-1", b"offline", 1, False)]
        time.sleep(0.1)
        assert len(seer.got) == 1
        watched.cancelled = True
    (event,) = watched.notes("will")
    assert event["topic"] == "s/d-1"


def test_a_session_outlives_its_connection_and_what_it_missed_is_delivered():
    with Watched(1.5) as watched:
        with device(watched.port, "d-1", clean=False) as one:
            one.subscribe("cmd/#", 1)
        with device(watched.port, "d-2") as two:
            two.publish("cmd/x", "later", 1)
        with device(watched.port, "d-1", clean=False) as again:
            assert again.heard(1) == [("cmd/x", b"later", 1, False)]
    acks = [each.packet.session_present for each in watched.events if each.kind == "connack"]
    assert acks == [False, False, True]


def test_a_v5_session_ends_with_its_expiry():
    expiry = Properties(PacketTypes.CONNECT)
    expiry.SessionExpiryInterval = 60
    with Watched() as watched:
        for properties in (expiry, None, None):
            given = {"clean_start": False, "properties": properties}
            with device(watched.port, "d-1", 5, **given):
                pass
    acks = [each.packet.session_present for each in watched.events if each.kind == "connack"]
    assert acks == [False, True, False]


def test_whoever_is_silent_for_one_and_a_half_keep_alives_is_put_out():
    with Watched(2.2) as watched, watched.dial() as silent:
        silent.sendall(CONNECT[:10] + b"\x00\x01" + CONNECT[12:])
        assert silent.recv(4) == CONNACK
        began = time.monotonic()
        assert silent.recv(1) == b""
        took = time.monotonic() - began
    assert 1.3 < took < 2.1
    assert watched.notes("closed") == [{"event": "closed", "why": "keep_alive"}]


def test_a_second_connection_of_a_client_ends_the_first():
    with Watched() as watched, watched.dial() as first, watched.dial() as second:
        first.sendall(CONNECT)
        assert first.recv(4) == CONNACK
        second.sendall(CONNECT)
        assert second.recv(4) == CONNACK
        assert first.recv(1) == b""
    assert watched.notes("closed")[0]["why"] == "taken_over"


def test_passwords_never_leave_the_driver():
    def secret(client):
        client.username_pw_set("user", "correct horse")

    with Watched() as watched, device(watched.port, "d-1", prepare=secret):
        pass
    assert b"horse" not in watched.stream
    (connect,) = [each.packet for each in watched.events if isinstance(each.packet, Connect)]
    assert connect.user_name == "****"
    assert connect.password == b"*" * len("correct horse")


def test_the_password_of_a_broken_connect_is_masked_too():
    broken = (
        b"\x10\x1f"
        + CONNECT[2:9]
        + b"\xc3"
        + CONNECT[10:]
        + b"\x00\x01u\x00\x06geheim\x00\x00\x00\x00"
    )
    with Watched() as watched, watched.dial() as caller:
        caller.sendall(broken)
        assert caller.recv(1) == b""
    assert b"geheim" not in watched.stream
    assert watched.notes("rejected")[0]["rule"] == "connect_flag_reserved"


def test_nobody_came():
    with Watched(wait=0.2) as watched:
        pass
    assert isinstance(watched.result, Unobserved)
    assert (watched.result.code, watched.result.blame) == ("mqtt.no_device", Blame.TARGET)


def test_an_address_that_is_taken_is_said():
    watched = Watched()
    with socket.create_server(("127.0.0.1", watched.port)), watched:
        pass
    assert isinstance(watched.result, Unobserved)
    assert (watched.result.code, watched.result.blame) == ("mqtt.listen", Blame.YOU)


def test_a_watch_ends_when_the_run_does():
    with Watched(20.0) as watched:
        with watched.dial() as caller:
            caller.sendall(CONNECT)
            assert caller.recv(4) == CONNACK
        watched.cancelled = True
    assert watched.took < 5
    assert watched.trace.ended == "cancelled"


def test_a_watch_ends_at_its_bound_of_packets():
    with Watched(20.0, max_packets=5) as watched, watched.dial() as caller:
        caller.sendall(CONNECT + b"\xc0\x00" * 50)
        while caller.recv(100):
            pass
    assert watched.took < 5
    assert (watched.trace.ended, watched.trace.packets) == ("packets", 5)


class TestScript:
    """What the kit does to a device."""

    def test_cut_breaks_the_link(self):
        acts = (Act(act="cut", after=0.1, seconds=0.2),)
        with Watched(0.6, script=acts) as watched, watched.dial() as caller:
            caller.sendall(CONNECT)
            assert caller.recv(4) == CONNACK
            assert lost(caller)
            with watched.dial() as again:
                assert lost(again)
        assert {each["why"] for each in watched.notes("closed")} == {"cut"}
        assert [each["act"] for each in watched.notes("act_over")] == ["cut"]

    @BOTH
    def test_refuse_says_so_in_the_version_s_own_code(self, version):
        with Watched(0.6, script=(Act(act="refuse", after=0.0, seconds=0.5, reason=0x87),)) as it:
            with it.dial() as first:
                first.sendall(b"")
            time.sleep(0.05)
            with it.dial() as caller:
                packet = (
                    CONNECT
                    if version == 4
                    else b"\x10\x11"
                    + CONNECT[2:8]
                    + b"\x05"
                    + CONNECT[9:12]
                    + b"\x00"
                    + CONNECT[12:]
                )
                caller.sendall(packet)
                answer = caller.recv(10)
        assert answer[3] == (5 if version == 4 else 0x87)

    def test_a_black_hole_answers_nothing_and_hears_all(self):
        acts = (Act(act="blackhole", after=0.05, seconds=0.3),)
        with Watched(0.7, script=acts) as watched, watched.dial() as caller:
            caller.sendall(CONNECT)
            assert caller.recv(4) == CONNACK
            time.sleep(0.1)
            caller.sendall(b"\xc0\x00")
            caller.settimeout(0.15)
            with pytest.raises(TimeoutError):
                caller.recv(2)
            time.sleep(0.15)
            caller.sendall(b"\xc0\x00")
            caller.settimeout(2)
            assert caller.recv(4) == b"\xd0\x00"
        assert watched.kinds().count("pingreq") == 2

    def test_withheld_acknowledgements_make_a_device_repeat(self):
        acts = (Act(act="withhold_puback", after=0.0, seconds=5.0),)
        with Watched(0.5, script=acts) as watched, watched.dial() as caller:
            time.sleep(0.05)
            caller.sendall(CONNECT + b"\x32\x06\x00\x01t\x00\x07x")
            assert caller.recv(4) == CONNACK
            caller.settimeout(0.2)
            with pytest.raises(TimeoutError):
                caller.recv(4)
        assert watched.kinds("kit") == ["connack"]

    @BOTH
    def test_disconnect_ends_in_order(self, version):
        acts = (Act(act="disconnect", after=0.2, reason=0x8B),)
        with Watched(0.6, script=acts) as watched, device(watched.port, "d-1", version):
            time.sleep(0.3)
        assert ("disconnect" in watched.kinds("kit")) == (version == 5)
        assert watched.notes("closed")[0]["why"] == "act"

    def test_a_command_reaches_whoever_subscribed(self):
        acts = (Act(act="command", after=0.3, topic="cmd/d-1", payload="{}", qos=2),)
        with Watched(0.8, script=acts) as watched, device(watched.port, "d-1") as one:
            one.subscribe("cmd/d-1", 2)
            assert one.heard(1) == [("cmd/d-1", b"{}", 2, False)]
        assert watched.notes("commanded")[0]["reached"] == 1
        assert isinstance(
            next(each.packet for each in watched.events if each.kind == "publish"), Publish
        )


class TestTls:
    """The peer over TLS."""

    def test_a_device_that_trusts_the_issuer_is_heard(self, tmp_path):
        authority = Authority(tmp_path)
        certificate, key = authority.issue("kit", "127.0.0.1")
        shown = {"certificate": str(certificate), "key": str(key)}

        def trusting(client: paho.Client) -> None:
            client.tls_set(str(authority.file))

        with (
            Watched(1.0, scheme="mqtts", endpoint=shown) as watched,
            device(watched.port, "d-1", prepare=trusting) as one,
        ):
            one.publish("a", "b", 1)
        assert watched.notes("accepted")[0]["tls"].startswith("TLSv1.")
        assert "publish" in watched.kinds()

    def test_a_device_that_does_not_is_a_failed_handshake(self, tmp_path):
        certificate, key = Authority(tmp_path).issue("kit", "127.0.0.1")
        shown = {"certificate": str(certificate), "key": str(key)}
        with Watched(0.5, scheme="mqtts", wait=0.5, endpoint=shown) as watched:
            context = ssl.create_default_context()
            with watched.dial() as caller, pytest.raises(ssl.SSLError):
                context.wrap_socket(caller, server_hostname="127.0.0.1")
        assert isinstance(watched.result, Unobserved)
        assert watched.result.code == "mqtt.tls_handshake"

    def test_no_certificate_no_listening(self):
        with Watched(scheme="mqtts") as watched:
            pass
        assert isinstance(watched.result, Unobserved)
        assert watched.result.code == "mqtt.certificate"


def test_every_probe_has_the_port_again():
    port = free_port()
    for _ in range(3):
        watched = Watched(0.1, wait=2.0)
        watched.port = port
        watched.peer._endpoints["device"] = type(watched.peer._endpoints["device"])(
            url=f"mqtt://127.0.0.1:{port}"
        )
        with watched, watched.dial() as caller:
            caller.sendall(CONNECT)
            assert caller.recv(4) == CONNACK
        assert watched.trace.packets == 1
