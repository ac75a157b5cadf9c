"""A broker of plain bytes that behaves as a test says, and an observer that meets it."""

import contextlib
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cqsc_conform.cli.world import SystemClock, SystemEntropy
from cqsc_conform.drivers.mqtt_broker import Brokers
from cqsc_conform.drivers.mqtt_mask import Mask
from cqsc_conform.drivers.mqtt_observer import MqttObserver
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.drivers.references import References
from cqsc_conform.formats.device import Event, Topics, read_events
from cqsc_conform.formats.mqtt import MQTT_3_1_1, Publish, encode
from cqsc_conform.formats.stream import read_frames
from cqsc_conform.model.ask import ObserveAsk
from cqsc_conform.model.evidence import Trace, Unobserved
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.target import Endpoint, Identity

FILTER = "cqsc/+/d-1/telemetry"
TOPIC = "cqsc/500112/d-1/telemetry"
CONNACK = bytes.fromhex("20020000")
SUBACK = bytes.fromhex("9003000101")
OPERATIONS = {"telemetry": Operation(method="PUBLISH", path="cqsc/{region}/{device}/telemetry")}
PEAK = 200 * 2**20

Behaviour = Callable[[socket.socket, int], None]


def message(number: int = 1, topic: str = TOPIC, **more: Any) -> bytes:
    return encode(Publish(topic, b'{"seq": %d}' % number, **more), MQTT_3_1_1)


def exactly(caller: socket.socket, count: int) -> bytes:
    """Read so many bytes; OSError where the client leaves before."""
    got = b""
    while len(got) < count:
        data = caller.recv(count - len(got))
        if not data:
            raise ConnectionError
        got += data
    return got


def packet(caller: socket.socket) -> bytes:
    """Read one packet of the client, without its length."""
    head, length, shift = exactly(caller, 1), 0, 0
    while True:
        octet = exactly(caller, 1)[0]
        length |= (octet & 0x7F) << shift
        if octet < 0x80:
            return head + exactly(caller, length)
        shift += 7


def accepted(caller: socket.socket) -> None:
    """Take the client's connection and its subscription."""
    assert packet(caller)[0] == 0x10
    caller.sendall(CONNACK)
    assert packet(caller)[0] == 0x82
    caller.sendall(SUBACK)


def until_gone(caller: socket.socket) -> bytes:
    """Read until the client leaves."""
    got = b""
    with contextlib.suppress(OSError):
        while data := caller.recv(65_536):
            got = (got + data)[-1024:]
    return got


@contextlib.contextmanager
def broker(behave: Behaviour, secure: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve each connection in a thread of its own; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_: list[socket.socket] = []
    workers: list[threading.Thread] = []

    def serve(caller: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            if secure is not None:
                caller = secure.wrap_socket(caller, server_side=True)
                open_.append(caller)
            behave(caller, number)
        caller.close()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = listener.accept()
                caller.settimeout(20)
                open_.append(caller)
                workers.append(threading.Thread(target=serve, args=(caller, len(workers) + 1)))
                workers[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(20)
        for caller in open_:
            with contextlib.suppress(OSError):
                caller.shutdown(socket.SHUT_RDWR)
        for worker in workers:
            worker.join(20)
        for caller in open_:
            caller.close()


class Seen:
    """What an observer came to: evidence, the stream it wrote, how long it took."""

    def __init__(
        self, port: int, *, scheme: str = "mqtt", measured: bool = False, **given: Any
    ) -> None:
        endpoint = Endpoint(url=f"{scheme}://127.0.0.1:{port}", **given.pop("endpoint", {}))
        identities: dict[str, Identity] = given.pop("identities", {})
        environ = given.pop("environ", {})
        brokers = Brokers(
            {"broker": endpoint}, identities, Path(), References(Path(), environ, None)
        )
        self.observer = MqttObserver(
            brokers, SystemClock(), SystemEntropy(), Mask(Redactor((), b"key"))
        )
        stop = given.pop("stop", lambda: False)
        self.ask = ObserveAsk(
            id="iot.watch/trace.1", endpoint="broker",
            **({"identity": "default", "filters": (FILTER,), "seconds": 0.5, "wait": 5.0,
                "max_packets": 1_000_000} | given),
        )  # fmt: skip
        self.stream = bytearray()
        self.peak = 0
        began = time.monotonic()
        if measured:
            tracemalloc.start()
        try:
            self.result: Trace | Unobserved = self.observer.observe(
                self.ask, self.stream.extend, stop
            )
        finally:
            self.took = time.monotonic() - began
            if measured:
                self.peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()

    @property
    def trace(self) -> Trace:
        assert isinstance(self.result, Trace), self.result
        return self.result

    @property
    def trouble(self) -> Unobserved:
        assert isinstance(self.result, Unobserved), self.result
        return self.result

    @property
    def events(self) -> list[Event]:
        found = read_frames([bytes(self.stream)])
        told = read_events(found, self.ask.id, Topics(OPERATIONS), since=0.0, version=MQTT_3_1_1)
        return list(told)

    @property
    def numbers(self) -> list[int]:
        """The messages kept, by what they carry."""
        return [each.message.json["seq"] for each in self.events if each.message]

    def notes(self, kind: str) -> list[dict[str, Any]]:
        return [dict(each.note) for each in self.events if each.kind == kind]
