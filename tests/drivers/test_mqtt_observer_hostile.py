"""The observer at brokers that are broken or mean: outcome, blame, deadline, memory."""

import contextlib
import socket
import ssl
import struct
import time

import pytest

from cqsc_conform.drivers import mqtt_listening, mqtt_observer
from cqsc_conform.model.outcome import Blame
from drivers.mqtt_world import CONNECT, free_port
from drivers.observer_world import (
    CONNACK,
    PEAK,
    SUBACK,
    TOPIC,
    Seen,
    accepted,
    broker,
    message,
    packet,
    until_gone,
)
from drivers.pki import Authority

LATE = 10.0
"""Seconds over its deadline at which an observer is surely hanging, on however busy a machine."""


def meet(behave, **given):
    """Let an observer meet a broker, in time and in memory."""
    with broker(behave) as port:
        seen = Seen(port, measured=True, **given)
    assert seen.took < seen.ask.wait + seen.ask.seconds + LATE
    assert seen.peak < PEAK
    return seen


def says(*answers):
    """Answer the n-th packet with the n-th of these, then wait."""

    def behave(caller, _):
        for each in answers:
            packet(caller)
            caller.sendall(each)
        until_gone(caller)

    return behave


def at_once(data):
    """Send bytes to whoever connects."""

    def behave(caller, _):
        caller.sendall(data)
        until_gone(caller)

    return behave


def leaves(caller, _):
    packet(caller)


def drips(caller, _):
    with contextlib.suppress(OSError):
        while True:
            caller.sendall(b"\x20")
            time.sleep(0.05)
            caller.sendall(b"\x02")
            time.sleep(0.5)


def endless(head):
    def behave(caller, _):
        packet(caller)
        with contextlib.suppress(OSError):
            caller.sendall(head)
            while True:
                caller.sendall(bytes(65_536))

    return behave


GARBAGE = ("mqtt.broker_garbage", Blame.NETWORK)
SILENT = ("mqtt.broker_silent", Blame.NETWORK)
BEFORE = {
    "never answers": (lambda caller, _: until_gone(caller), *SILENT),
    "no SUBACK": (says(CONNACK), *SILENT),
    "half a CONNACK": (says(CONNACK[:3]), *SILENT),
    "half a SUBACK": (says(CONNACK, SUBACK[:3]), *SILENT),
    "closes at once": (lambda *_: None, "mqtt.broker_closed", Blame.NETWORK),
    "closes after CONNECT": (leaves, "mqtt.broker_closed", Blame.NETWORK),
    "bad password": (says(bytes.fromhex("20020004")), "mqtt.broker_refused", Blame.YOU),
    "not authorised": (says(bytes.fromhex("20020005")), "mqtt.broker_refused", Blame.YOU),
    "unavailable": (says(bytes.fromhex("20020003")), "mqtt.broker_refused", Blame.NETWORK),
    "subscription refused": (
        says(CONNACK, bytes.fromhex("9003000180")),
        "mqtt.subscribe_refused",
        Blame.YOU,
    ),
    "SUBACK of another": (says(CONNACK, bytes.fromhex("9003000701")), *GARBAGE),
    "SUBACK for two": (says(CONNACK, bytes.fromhex("900400010101")), *GARBAGE),
    "SUBACK first": (says(SUBACK), *GARBAGE),
    "CONNACK twice": (says(CONNACK + CONNACK), *GARBAGE),
    "a message first": (says(message()), *GARBAGE),
    "HTTP": (at_once(b"HTTP/1.1 400 Bad Request\r\n\r\n"), *GARBAGE),
    "TLS on a plain port": (at_once(b"\x15\x03\x01\x00\x02\x02\x46"), *GARBAGE),
    "endless length": (at_once(b"\x30\xff\xff\xff\xff\xff"), *GARBAGE),
    "256 MB": (endless(b"\x20\xff\xff\xff\x7f"), *GARBAGE),
    "zeros for ever": (endless(b""), *GARBAGE),
}


@pytest.mark.parametrize("name", BEFORE)
def test_a_broker_that_takes_no_subscription_is_named_and_blamed(name, monkeypatch):
    behave, code, blame = BEFORE[name]
    if code == "mqtt.broker_silent":
        monkeypatch.setattr(mqtt_observer, "CONNECT_SECONDS", 0.5)
    seen = meet(behave)
    assert (seen.trouble.code, seen.trouble.blame) == (code, blame)
    assert seen.stream == b""


def test_octets_that_drip_in_do_not_move_the_deadline(monkeypatch):
    monkeypatch.setattr(mqtt_observer, "CONNECT_SECONDS", 0.5)
    assert meet(drips).trouble.code == "mqtt.broker_silent"


def test_nobody_there():
    seen = Seen(free_port())
    assert (seen.trouble.code, seen.trouble.blame) == ("mqtt.broker_unreachable", Blame.NETWORK)


def after(data=b"", *, linger=False, then=until_gone):
    """Take a subscriber, say three messages and then these bytes."""

    def behave(caller, _):
        accepted(caller)
        caller.sendall(message(1) + message(2) + message(3, qos=1, packet_id=5))
        # A reset would take what was not read yet along.
        assert packet(caller) == b"\x40\x00\x05"
        caller.sendall(data)
        if linger:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if then:
            then(caller)

    return behave


LOST = {
    "vanishes": (after(then=None), "mqtt.broker_closed"),
    "resets": (after(linger=True, then=None), "mqtt.broker_closed"),
    "half a message": (after(message(4)[:9], then=None), "mqtt.broker_closed"),
    "garbage": (after(b"\x00\x00"), "mqtt.broker_garbage"),
    "QoS 3": (after(b"\x36\x05\x00\x01t\x00\x01"), "mqtt.broker_garbage"),
    "CONNECT": (after(CONNECT), "mqtt.broker_garbage"),
    "bad UTF-8": (after(b"\x30\x05\x00\x02\xff\xfex"), "mqtt.broker_garbage"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOST)
def test_what_was_kept_stays_when_a_broker_is_lost(name):
    behave, code = LOST[name]
    seen = meet(behave, seconds=5.0)
    assert seen.numbers == [1, 2, 3]
    assert seen.trace.ended == "broker_gone"
    assert seen.trace.facts["trouble"] == code
    assert seen.trace.seconds < 5.0
    assert seen.trace.packets == 3


def test_an_announced_256_mb_fills_no_memory_and_is_noted():
    def pour(caller):
        with contextlib.suppress(OSError):
            while True:
                caller.sendall(bytes(65_536))

    seen = meet(after(b"\x30\xff\xff\xff\x7f", then=pour), seconds=1.0)
    assert seen.numbers == [1, 2, 3]
    assert seen.trace.facts["oversized"] == 1
    assert [each["rule"] for each in seen.notes("rejected")] == ["packet_over_cap"]


def test_what_follows_a_packet_over_the_cap_is_heard_again():
    big = message(9)[:1] + b"\x80\x80\x20" + bytes(128 * 4096)
    seen = meet(after(big + message(4)), seconds=1.0)
    assert seen.numbers == [1, 2, 3, 4]


def test_a_flood_ends_at_its_bound():
    burst = b"".join(message(number) for number in range(500))

    def flood(caller):
        with contextlib.suppress(OSError):
            while True:
                caller.sendall(burst)

    # The bound ends it; the deadline is there for a machine that hangs.
    seen = meet(after(then=flood), seconds=60.0, max_packets=20_000)
    assert (seen.trace.ended, seen.trace.packets) == ("packets", 20_000)
    seen = meet(after(then=flood), seconds=5.0, trace_bytes=100_000)
    assert seen.trace.ended == "bytes"
    assert len(seen.stream) <= 100_000
    seen = meet(after(then=flood), seconds=0.5)
    assert seen.trace.ended == "deadline"


def test_a_broker_that_never_reads_its_answers_fills_no_memory():
    burst = b"".join(message(number, qos=1, packet_id=number) for number in range(1, 5001))

    def flood(caller):
        with contextlib.suppress(OSError):
            while True:
                caller.sendall(burst)

    seen = meet(after(then=flood), seconds=2.0)
    assert seen.trace.ended in {"broker_gone", "deadline"}


def test_many_topics_nobody_asked_for_are_counted_and_not_kept():
    def other(caller, _):
        accepted(caller)
        for number in range(6000):
            caller.sendall(message(number, topic=f"other/{number}"))
        caller.sendall(message(1))
        until_gone(caller)

    seen = meet(other)
    assert seen.numbers == [1]
    assert seen.trace.facts["unasked"] == 6000


def test_what_a_broker_retained_is_no_message_of_now():
    def retained(caller, _):
        accepted(caller)
        for _ in range(200):
            caller.sendall(message(7, retain=True))
        until_gone(caller)

    seen = meet(retained, wait=0.5)
    assert (seen.trouble.code, seen.trouble.blame) == ("mqtt.no_message", Blame.TARGET)

    def both(caller, _):
        accepted(caller)
        caller.sendall(message(7, retain=True) + message(1) + message(8, retain=True))
        until_gone(caller)

    seen = meet(both)
    assert seen.numbers == [1]
    assert seen.trace.facts["retained"] == 2
    assert [each["payload"] for each in seen.notes("retained")] == ['{"seq": 7}', '{"seq": 8}']


def test_a_broker_that_flaps_is_tried_until_the_wait_is_over():
    def flap(caller, _):
        accepted(caller)

    seen = meet(flap, wait=3.0)
    assert (seen.trouble.code, seen.trouble.blame) == ("mqtt.broker_closed", Blame.NETWORK)


def test_a_broker_that_flaps_and_then_stands_is_observed():
    def flap(caller, number):
        accepted(caller)
        if number > 2:
            caller.sendall(message(1))
            until_gone(caller)

    seen = meet(flap, wait=10.0)
    assert seen.numbers == [1]
    assert seen.trace.facts["connections"] == 3
    assert seen.trace.ended == "deadline"


def test_a_broker_that_falls_silent_is_given_up(monkeypatch):
    monkeypatch.setattr(mqtt_listening, "KEEP_ALIVE", 1)
    seen = meet(after(), seconds=20.0)
    assert seen.numbers == [1, 2, 3]
    assert (seen.trace.ended, seen.trace.facts["trouble"]) == ("broker_gone", "mqtt.broker_mute")


def test_a_run_that_is_cancelled_ends_at_once():
    began = time.monotonic()
    seen = meet(after(), seconds=60.0, stop=lambda: time.monotonic() > began + 1.0)
    assert seen.took < LATE
    assert seen.trace.ended == "cancelled"
    assert seen.numbers == [1, 2, 3]


@pytest.mark.parametrize(
    ("behave", "code"),
    [
        (at_once(b"\x15\x03\x01\x00\x02\x02\x46"), "mqtt.broker_tls"),
        (at_once(b"GET / HTTP/1.1\r\n\r\n" * 100), "mqtt.broker_tls"),
        (lambda *_: None, "mqtt.broker_tls"),
        (lambda caller, _: until_gone(caller), "mqtt.broker_silent"),
    ],
    ids=["an alert", "no TLS", "closes", "silent"],
)
def test_a_broker_without_tls_is_told_by_one_that_wants_it(behave, code, monkeypatch):
    if code == "mqtt.broker_silent":
        monkeypatch.setattr(mqtt_observer, "CONNECT_SECONDS", 0.5)
    seen = meet(behave, scheme="mqtts")
    assert (seen.trouble.code, seen.trouble.blame) == (code, Blame.NETWORK)


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    chain, key = theirs.issue("broker", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with broker(after(), context) as port:
        seen = Seen(port, scheme="mqtts", endpoint={"ca": str(ours.file)})
    assert (seen.trouble.code, seen.trouble.blame) == ("mqtt.broker_untrusted", Blame.YOU)
    assert TOPIC.encode() not in bytes(seen.stream)
