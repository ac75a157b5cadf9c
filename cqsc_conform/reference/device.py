"""A conforming device on paho-mqtt (MQTT 3.1.1): samples, states, and back-fill after a cut."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cqsc_conform.reference import device_messages as say
from cqsc_conform.reference.device_messages import Message

REGION = "500103"
DEVICE = "500103-AQ-0001"


@dataclass(frozen=True)
class Settings:
    """How the device behaves; durations are nominal and multiplied by `scale`.

    `shift` is how far its clock is wrong, in seconds that no scale touches.  `late` gives the
    part of an interval by which a sample is taken late.
    """

    device: str = DEVICE
    region: str = REGION
    firmware: str = say.FIRMWARE
    interval: float = 10.0
    heartbeat: float = 60.0
    backoff: float = 5.0
    longest_backoff: float = 20.0
    batch_size: int = 4
    scale: float = 1.0
    shift: float = 0.0
    late: Callable[[int], float] = lambda _: 0.0
    client_id: Callable[[int], str] = lambda _: DEVICE
    prefix: str = "cqsc"
    retain: bool = False
    birth: bool = True
    will: bool = True
    beats: bool = True
    gossip: str | None = None
    raw_status: bytes | None = None

    def topic(self, kind: str) -> str:
        """Name the topic of telemetry or status."""
        return f"{self.prefix}/{self.region}/{self.device}/{kind}"


def _same(value: Any) -> Any:  # noqa: ANN401 - JSON is any
    return value


def _same_message(message: Message, _: int) -> Message:
    return message


@dataclass(frozen=True)
class Hooks:
    """Where a mutant may interfere: each gets what the conforming device would say.

    `message` sees a sample and its number, `kept` all samples that wait for the link, `batch`
    what stands for several messages, `status` a state or the will, `text` the bytes.
    """

    message: Callable[[Message, int], Message] = _same_message
    kept: Callable[[list[Message]], list[Message]] = _same
    batch: Callable[[list[Message]], Any] = say.batch
    status: Callable[[Message], Message] = _same
    will: Callable[[Message], Message] = _same
    text: Callable[[bytes], bytes] = _same


class Device:
    """The device: paho's loop, a thread that samples, one that beats, a lock between them.

    Each connection has a paho client of its own, so that what was not acknowledged stays in the
    device's hands: it comes again as back-fill, in its place.
    """

    def __init__(self, url: str, settings: Settings, hooks: Hooks, seed: int) -> None:
        self._settings = settings
        self._hooks = hooks
        self._random = random.Random(seed)  # noqa: S311 - spreads reconnects, guards nothing
        self._lock = threading.RLock()
        self._number = 0
        self._kept: list[Message] = []
        self._sent: dict[int, list[Message]] = {}
        self._acknowledged: deque[int] = deque()
        self._tries = 0
        self._attempts = 0
        self._online = False
        self._started = threading.Event()
        self._ended = threading.Event()
        place = urlsplit(url)
        self._place = place.hostname or "127.0.0.1", place.port or 1883
        self._client = self._new_client()

    def run(self) -> None:
        """Connect, again and again, and speak until `stop`."""
        threading.Thread(target=self._sample, daemon=True).start()
        if self._settings.beats:
            threading.Thread(target=self._beat, daemon=True).start()
        while not self._ended.is_set():
            client = self._new_client()
            with suppress(OSError):
                client.connect(*self._place, keepalive=60)
                self._client = client
                client.loop_forever()
            self._lose()
            self._ended.wait(self._pause())

    def stop(self) -> None:
        """Say goodbye, as an orderly shutdown does."""
        self._ended.set()
        with self._lock:
            if self._online:
                self._publish_status("offline")
            self._client.disconnect()

    def _now(self) -> float:
        return time.time() + self._settings.shift

    def _new_client(self) -> paho.Client:
        settings = self._settings
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id(self._attempts),
            clean_session=False,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
        )
        self._attempts += 1
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        if settings.will:
            last = self._hooks.will(self._state("offline"))
            client.will_set(settings.topic("status"), say.encode(last), qos=1, retain=True)
        return client

    def _on_connect(
        self,
        _client: paho.Client,
        _data: object,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            return
        self._tries = 0
        with self._lock:
            if self._settings.birth:
                self._publish_status("online")
            self._publish_kept()
            self._online = True
        self._started.set()

    def _on_publish(
        self,
        _client: paho.Client,
        _data: object,
        number: int,
        _reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        # paho holds a mutex here that publishing wants: the lock is not taken.
        self._acknowledged.append(number)

    def _settle(self) -> None:
        """Let go of what was acknowledged."""
        while self._acknowledged:
            self._sent.pop(self._acknowledged.popleft(), None)

    def _lose(self) -> None:
        """Take back what was sent and not acknowledged."""
        with self._lock:
            self._online = False
            self._settle()
            self._kept[:0] = [each for messages in self._sent.values() for each in messages]
            self._sent.clear()

    def _pause(self) -> float:
        """Choose the pause before the next attempt: doubled each time, spread, bounded."""
        settings = self._settings
        pause = min(settings.backoff * 2.0**self._tries, settings.longest_backoff)
        self._tries = min(self._tries + 1, 10)
        return pause * settings.scale * self._random.uniform(0.5, 1.0)

    def _publish_telemetry(self, value: Any, messages: list[Message]) -> None:  # noqa: ANN401
        self._settle()
        settings = self._settings
        text = self._hooks.text(say.encode(value))
        sent = self._client.publish(settings.topic("telemetry"), text, 1, settings.retain)
        self._sent[sent.mid] = messages

    def _state(self, state: str) -> Message:
        settings = self._settings
        return say.status(settings.device, state, self._now(), settings.firmware)

    def _publish_status(self, state: str) -> None:
        said = self._hooks.status(self._state(state))
        self._client.publish(self._settings.topic("status"), say.encode(said), 1, retain=True)

    def _publish_kept(self) -> None:
        marked = [each | {"backfill": True} for each in self._kept]
        self._kept.clear()
        waiting = self._hooks.kept(marked)
        size = self._settings.batch_size
        for first in range(0, len(waiting), size):
            some = waiting[first : first + size]
            self._publish_telemetry(self._hooks.batch(some), some)

    def _sample(self) -> None:
        """Sample on a grid from the first connection on, whatever the link does."""
        settings = self._settings
        self._started.wait()
        step = settings.interval * settings.scale
        zero, began = time.monotonic(), self._now()
        while not self._ended.is_set():
            self._number += 1
            due = (self._number + settings.late(self._number)) * step
            if self._ended.wait(max(zero + due - time.monotonic(), 0)):
                return
            self._take(began + due)

    def _take(self, at: float) -> None:
        settings = self._settings
        made = say.telemetry(settings.device, self._number, at)
        message = self._hooks.message(made, self._number)
        with self._lock:
            if self._online:
                self._publish_telemetry(message, [message])
                if settings.gossip:
                    self._client.publish(settings.gossip, b"{}", qos=1)
            else:
                self._kept.append(message)

    def _beat(self) -> None:
        settings = self._settings
        self._started.wait()
        while not self._ended.wait(settings.heartbeat * settings.scale):
            with self._lock:
                if self._online:
                    self._publish_status("alive")
                    if settings.raw_status:
                        self._client.publish(settings.topic("status"), settings.raw_status, qos=1)


def make_device(
    url: str,
    changes: Mapping[str, Any],
    hooks: Hooks,
    scale: float,
    seed: int,
    firmware: str = say.FIRMWARE,
) -> Device:
    """Make the device, with a mutant's changes to its settings and its hooks."""
    settings = Settings(scale=scale, firmware=firmware)
    return Device(url, replace(settings, **changes), hooks, seed)
