"""A peer under test in a thread of its own, and devices of paho and of plain bytes."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho

from cqsc_conform.cli.world import SystemClock
from cqsc_conform.drivers.mqtt_mask import Mask
from cqsc_conform.drivers.mqtt_peer import MqttPeer
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.formats.device import Event, Topics, read_events
from cqsc_conform.formats.stream import read_frames
from cqsc_conform.model.ask import PeerAsk
from cqsc_conform.model.evidence import Trace, Unobserved
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.target import Endpoint

OPERATIONS = {
    "telemetry": Operation(
        method="PUBLISH", path="cqsc/{region}/{device}/telemetry", items="/readings"
    )
}
CONNECT = bytes.fromhex("101000044d5154540402000000046465762d")
"""A CONNECT of ``dev-``: 3.1.1, clean, no keep-alive."""
CONNACK = bytes.fromhex("20020000")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Watched:
    """A peer that watches for so many seconds; ``with`` ends when it has."""

    def __init__(self, seconds: float = 0.8, scheme: str = "mqtt", **given: Any) -> None:
        self.port = free_port()
        endpoint = given.pop("endpoint", {})
        url = f"{scheme}://127.0.0.1:{self.port}"
        mask = Mask(Redactor(given.pop("secrets", ()), b"key"))
        self.peer = MqttPeer({"device": Endpoint(url=url, **endpoint)}, Path(), SystemClock(), mask)
        given = {"wait": 2.0, "max_packets": 1_000_000} | given
        self.ask = PeerAsk(id="iot.watch/trace.1", endpoint="device", seconds=seconds, **given)
        self.stream = bytearray()
        self.result: Trace | Unobserved | None = None
        self.took = 0.0
        self.cancelled = False
        self._dialled: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        began = time.monotonic()
        self.result = self.peer.peer(self.ask, self.stream.extend, lambda: self.cancelled)
        self.took = time.monotonic() - began

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(30)
        for caller in self._dialled:
            caller.close()
        assert not self._thread.is_alive()

    def dial(self) -> socket.socket:
        """Connect, once the peer listens."""
        until = time.monotonic() + 5
        while True:
            try:
                self._dialled.append(socket.create_connection(("127.0.0.1", self.port), timeout=5))
                return self._dialled[-1]
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)

    @property
    def trace(self) -> Trace:
        assert isinstance(self.result, Trace), self.result
        return self.result

    @property
    def events(self) -> list[Event]:
        found = read_frames([bytes(self.stream)])
        return list(read_events(found, self.ask.id, Topics(OPERATIONS), since=0.0))

    def kinds(self, sender: str = "device") -> list[str]:
        return [each.kind for each in self.events if each.sender == sender]

    def notes(self, kind: str) -> list[dict[str, Any]]:
        return [dict(each.note) for each in self.events if each.kind == kind]


class Device:
    """A client of paho that remembers what it was told."""

    def __init__(self, port: int, name: str, version: int = 4, **connect: Any) -> None:
        extra = {} if version == 5 else {"clean_session": connect.pop("clean", True)}
        self.client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=name, protocol=version, **extra
        )
        self.got: list[tuple[str, bytes, int, bool]] = []
        self.connected = threading.Event()
        self.subscribed = threading.Event()
        self.client.on_message = lambda _, __, m: self.got.append(
            (m.topic, m.payload, m.qos, bool(m.retain))
        )
        self.client.on_connect = lambda *_: self.connected.set()
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        prepare: Callable[[paho.Client], object] | None = connect.pop("prepare", None)
        if prepare is not None:
            prepare(self.client)
        until = time.monotonic() + 5
        while True:
            try:
                self.client.connect("127.0.0.1", port, **({"keepalive": 30} | connect))
                break
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
        self.client.loop_start()
        assert self.connected.wait(5)

    def subscribe(self, topic: str, qos: int) -> None:
        self.client.subscribe(topic, qos)
        assert self.subscribed.wait(5)

    def publish(self, topic: str, payload: str, qos: int, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos, retain).wait_for_publish(5)

    def heard(self, count: int) -> list[tuple[str, bytes, int, bool]]:
        until = time.monotonic() + 5
        while len(self.got) < count and time.monotonic() < until:
            time.sleep(0.01)
        return list(self.got)

    def vanish(self) -> None:
        """Leave without DISCONNECT."""
        link = self.client.socket()
        self.client.loop_stop()
        assert link is not None
        link.close()

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextlib.contextmanager
def device(port: int, name: str, version: int = 4, **connect: Any) -> Iterator[Device]:
    made = Device(port, name, version, **connect)
    try:
        yield made
    finally:
        made.leave()
