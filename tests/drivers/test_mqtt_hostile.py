"""The peer among devices that are broken or mean: in time, in bounds, truthful."""

import contextlib
import resource
import socket
import struct
import threading
import time
import tracemalloc

import pytest

from cqsc_conform.drivers import mqtt_line
from cqsc_conform.drivers.mqtt_mask import KEPT_OF_BAD
from drivers.mqtt_world import CONNACK, CONNECT, Watched

LATE = 30.0
"""Seconds over its deadline at which a watch is surely hanging, on however busy a machine."""


def closed(caller: socket.socket) -> bool:
    """Read to the end, which must come."""
    caller.settimeout(10)
    with contextlib.suppress(ConnectionError):
        while caller.recv(65_536):
            pass
    return True


def string(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def publish(head: int, body: bytes) -> bytes:
    return bytes((head, len(body))) + body


BAD = {
    "garbage": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", False, "first_packet_not_connect"),
    "zeros": (bytes(100), False, "packet_type_reserved"),
    "tls to a plain port": (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        False,
        "fixed_header_flags",
    ),
    "publish first": (publish(0x30, string(b"t") + b"x"), False, "first_packet_not_connect"),
    "256 MB": (b"\x30\xff\xff\xff\x7f" + bytes(2000), True, "packet_over_cap"),
    "endless length": (b"\x30\xff\xff\xff\xff\xff", True, "remaining_length_too_long"),
    "invalid UTF-8": (publish(0x30, string(b"a\xff\xfe") + b"x"), True, "utf8_ill_formed"),
    "surrogate": (publish(0x30, string(b"a\xed\xa0\x80") + b"x"), True, "utf8_ill_formed"),
    "NUL": (publish(0x30, string(b"a\x00b") + b"x"), True, "utf8_null"),
    "wildcard": (publish(0x30, string(b"a/#") + b"x"), True, "topic_wildcard"),
    "QoS 3": (publish(0x36, string(b"t") + b"\x00\x01x"), True, "qos_3"),
    "packet id 0": (publish(0x32, string(b"t") + b"\x00\x00x"), True, "packet_id_zero"),
    "reserved type": (b"\x00\x00", True, "packet_type_reserved"),
    "no filters": (b"\x82\x02\x00\x01", True, "filters_none"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_packet_is_kept_named_and_ends_the_connection(name):
    data, connected, rule = BAD[name]
    with Watched(0.3) as watched, watched.dial() as caller:
        if connected:
            caller.sendall(CONNECT)
            assert caller.recv(4) == CONNACK
        with contextlib.suppress(ConnectionError):
            caller.sendall(data)
        assert closed(caller)
    (rejected,) = watched.notes("rejected")
    assert rejected["rule"] == rule
    bad = [each for each in watched.events if each.kind == "malformed"]
    assert [each.packet.rule for each in bad] == [rule]
    assert watched.notes("closed")[0]["why"] == "malformed"


def test_a_second_connect_and_an_alias_nobody_offered_end_the_connection():
    with Watched(0.4) as watched, watched.dial() as caller:
        caller.sendall(CONNECT + CONNECT)
        assert closed(caller)
    assert watched.notes("closed")[0]["why"] == "protocol_error"


def test_half_a_packet_for_ever_costs_neither_time_nor_memory():
    with Watched(1.0) as watched:
        callers = [watched.dial() for _ in range(50)]
        for number, caller in enumerate(callers):
            if number % 2:
                caller.sendall(CONNECT)
            caller.sendall(b"\x30\xff\xff\x0f" if number % 2 else b"\x10\xff")
        until = time.monotonic() + 0.6
        while time.monotonic() < until:
            for caller in callers:
                with contextlib.suppress(OSError):
                    caller.send(b"\x00")
    assert watched.took < 1.0 + LATE
    assert watched.trace.sessions == 50
    assert len(watched.stream) < 50 * (2 * KEPT_OF_BAD)
    for caller in callers:
        caller.close()


def test_many_large_halves_are_held_to_one_bound(monkeypatch):
    monkeypatch.setattr(mqtt_line, "HELD_BYTES", 4 * 2**20)
    tracemalloc.start()
    try:
        with Watched(5.0) as watched:
            callers = [watched.dial() for _ in range(40)]
            for number, caller in enumerate(callers):
                caller.settimeout(2)
                # Under one name each would take the former's session over and end its half.
                connect = CONNECT[:-2] + b"%02d" % number
                with contextlib.suppress(OSError):
                    caller.sendall(connect + b"\x30\xfc\xff\x0f" + bytes(250_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * 2**20
    assert watched.took < 5.0 + LATE
    assert any(each.get("why") == "memory" for each in watched.notes("closed"))
    for caller in callers:
        caller.close()


def flood(watched: Watched, act: object, threads: int = 3) -> None:
    """Let several threads do something again and again while the peer watches."""
    stop = threading.Event()

    def again() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                act()

    workers = [threading.Thread(target=again) for _ in range(threads)]
    for worker in workers:
        worker.start()
    while watched.result is None and watched._thread.is_alive():
        time.sleep(0.05)
    stop.set()
    for worker in workers:
        worker.join(10)


def test_a_storm_of_reconnects_is_outlived():
    linger = struct.pack("ii", 1, 0)

    with Watched(1.0) as watched:

        def storm() -> None:
            with watched.dial() as caller:
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                caller.sendall(CONNECT)

        watched.dial().close()
        flood(watched, storm)
    assert watched.took < 1.0 + LATE
    assert watched.trace.sessions > 20
    assert watched.trace.ended == "deadline"


def test_a_flood_of_packets_ends_at_the_deadline():
    burst = (b"\xc0\x00" + publish(0x30, string(b"t") + b"x")) * 2000
    with Watched(1.0, trace_bytes=64 * 2**20) as watched:
        caller = watched.dial()
        caller.settimeout(1)
        caller.sendall(CONNECT)
        # It never reads: answers pile up, and are held to their bound.
        flood(watched, lambda: caller.sendall(burst), threads=1)
        caller.close()
    assert watched.took < 1.0 + LATE
    assert watched.trace.packets > 1000


def test_subscribers_that_never_read_do_not_fill_memory():
    topic = string(b"big")
    subscribe = b"\x82\x08\x00\x01" + topic + b"\x01"
    body = topic + b"\x00\x01" + bytes(60_000)
    message = b"\x32" + bytes(
        (len(body) & 0x7F | 0x80, len(body) >> 7 & 0x7F | 0x80, len(body) >> 14)
    )
    tracemalloc.start()
    try:
        with Watched(1.2) as watched:
            deaf = [watched.dial() for _ in range(20)]
            for number, caller in enumerate(deaf):
                caller.sendall(CONNECT[:14] + b"d%03d" % number + subscribe)
            loud = watched.dial()
            loud.settimeout(1)
            loud.sendall(CONNECT)
            flood(watched, lambda: loud.sendall(message + body), threads=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    for caller in (*deaf, loud):
        caller.close()
    assert peak < 200 * 2**20
    assert watched.took < 1.2 + LATE


def test_a_device_that_vanishes_leaves_a_trace_of_it():
    with Watched(0.4) as watched:
        caller = watched.dial()
        caller.sendall(CONNECT)
        assert caller.recv(4) == CONNACK
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.sendall(b"\x30\x50half")
        caller.close()
    assert watched.notes("closed") == [{"event": "closed", "why": "reset"}]


def test_more_connections_than_files_are_refused_not_feared():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    callers = []
    try:
        with Watched(1.0) as watched:
            until = time.monotonic() + 0.8
            while time.monotonic() < until:
                with contextlib.suppress(OSError):
                    callers.append(watched.dial())
                    if len(callers) > 120:
                        break
    finally:
        for caller in callers:
            caller.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert watched.took < 1.0 + LATE
    assert watched.trace.ended == "deadline"


def test_a_disk_that_is_full_is_told_by_the_run_that_waits():
    class FullError(Exception):
        pass

    def full(_: bytes) -> None:
        raise FullError

    watched = Watched(5.0)
    watched.stream = type("Full", (), {"extend": staticmethod(full)})()
    caught = []

    def run() -> None:
        try:
            watched.peer.peer(watched.ask, full, lambda: False)
        except FullError as error:
            caught.append(error)

    worker = threading.Thread(target=run)
    worker.start()
    with watched.dial() as caller:
        caller.sendall(CONNECT + b"\x30\x84\x80\x04\x00\x01t" + bytes(65_600))
        assert closed(caller)
    worker.join(LATE)
    assert len(caught) == 1
