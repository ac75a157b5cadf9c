"""Traces for stream checks, made by hand: what devices and the kit said, second by second."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

from cqsc_conform.catalog.library import Library
from cqsc_conform.checks import registered
from cqsc_conform.checks.registry import Table
from cqsc_conform.formats.device import Event, Topics, read_events
from cqsc_conform.formats.mqtt import Connack, Connect, Puback, Publish, Version, Will, encode
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, FROM_KIT, Frame
from cqsc_conform.model.probe import Probe
from cqsc_conform.model.profile import Profile
from cqsc_conform.model.verdict import Verdict
from cqsc_conform.resources import profiles_root

SINCE = datetime(2026, 6, 1, 4, tzinfo=UTC).timestamp()
DEVICE = "500103-AQ-0001"
TELEMETRY = f"cqsc/500103/{DEVICE}/telemetry"
STATUS = f"cqsc/500103/{DEVICE}/status"
IXIT = {
    "interval_seconds": 10.0,
    "heartbeat_seconds": 60.0,
    "clock_error_seconds": 60.0,
    "batch_messages": 4,
    "payload_bytes": 8192,
}

Message = dict[str, Any]


def moment(at: float) -> str:
    """The time of day, so many seconds after the trace's zero."""
    east = timezone(timedelta(hours=8))
    return datetime.fromtimestamp(SINCE + at, east).isoformat(timespec="milliseconds")


def sample(number: int, at: float | None = None, **changes: Any) -> Message:
    """A message; sampled every ten seconds where no time is given."""
    readings = [{"name": "temperature", "value": 23.5, "unit": "Cel", "quality": "good"}]
    return {
        "id": f"m{number}",
        "device": DEVICE,
        "time": moment(number * 10.0 if at is None else at),
        "seq": number,
        "readings": readings,
        "backfill": False,
    } | changes


def reading(number: int, **changes: Any) -> Message:
    """A message whose reading is changed; None takes a member away."""
    said = {"name": "temperature", "value": 23.5, "unit": "Cel", "quality": "good"} | changes
    kept = {name: value for name, value in said.items() if value is not None}
    return sample(number, readings=[kept])


class Tape:
    """Writes a trace."""

    def __init__(self, scale: float = 1.0) -> None:
        self.frames: list[Frame] = []
        self.session = 0
        self.version: Version | None = None
        self._scale = scale
        self._packet_id = 0

    def _frame(self, at: float, direction: int, data: bytes) -> None:
        self.frames.append(Frame(round(at * self._scale * 1e6), direction, self.session, data))

    def happens(self, at: float, event: str) -> None:
        self._frame(at, EVENT, json.dumps({"event": event}).encode())

    def connect(self, at: float, client: str = DEVICE, **will: Any) -> None:
        self.session += 1
        self.happens(at, "accepted")
        payload = json.dumps({"device": DEVICE, "state": will.get("state", "offline")}).encode()
        left = Will(will.get("topic", STATUS), payload, qos=1, retain=True)
        packet = Connect(client, will=left if will.get("left", True) else None)
        self._frame(at, FROM_DEVICE, encode(packet, 4))
        self._frame(at, FROM_KIT, encode(Connack(), 4))

    def publish(self, at: float, topic: str, payload: Any, **flags: Any) -> None:
        self._packet_id += 1
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        answered = flags.pop("answered", True)
        packet = Publish(topic, data, qos=1, packet_id=self._packet_id, **flags)
        self._frame(at, FROM_DEVICE, encode(packet, 4))
        if answered:
            self._frame(at, FROM_KIT, encode(Puback(self._packet_id), 4))

    def says(self, at: float, payload: Any, **flags: Any) -> None:
        self.publish(at, TELEMETRY, payload, **flags)

    def state(self, at: float, state: str) -> None:
        said = {"device": DEVICE, "state": state, "time": moment(at)}
        self.publish(at, STATUS, said, retain=True)

    def cut(self, at: float) -> None:
        self.happens(at, "cut")
        self.happens(at, "closed")


def session(messages: Iterable[Any]) -> Tape:
    """One connection that brings messages, ten seconds apart."""
    tape = Tape()
    tape.connect(0)
    for place, message in enumerate(messages, 1):
        tape.says(place * 10.0, message)
    return tape


def outage(kept: Iterable[Any], *, live: range = range(17, 28)) -> Tape:
    """Ten live messages, a cut from 105 s to 165 s, what was kept, and live ones again."""
    tape = session(sample(number) for number in range(1, 11))
    tape.cut(105)
    tape.connect(165)
    for message in kept:
        tape.says(165.5, message)
    for number in live:
        tape.says(number * 10.0, sample(number))
    return tape


def late(number: int, **changes: Any) -> Message:
    return sample(number, backfill=True) | changes


@cache
def profile() -> Profile:
    return Library.open().profile("iot-telemetry")


def probe() -> Probe:
    return profile().probes["iot.watch"]


def events(tape: Tape, scale: float = 1.0) -> Iterable[Event]:
    topics = Topics(profile().operations)
    return read_events(
        tape.frames, "iot.watch/trace.1", topics, since=SINCE, scale=scale, version=tape.version
    )


@cache
def table(name: str) -> Table:
    return Table(name, (profiles_root() / "tables" / f"{name}.csv").read_text(encoding="utf-8"))


def judged(
    number: str,
    tape: Tape,
    scale: float = 1.0,
    seen: Iterable[Event] | None = None,
    **changes: Any,
) -> Verdict:
    """What a requirement's check, with the profile's parameters, says of a trace.

    ``seen`` are its events where they are read otherwise than by the profile's mapping.
    """
    use = next(r for r in profile().requirements if r.id == f"IOT-TELEMETRY-{number}").check
    assert use is not None
    check = registered()[use.check]
    given = {
        name: IXIT[value[6:-1]] if isinstance(value, str) and value.startswith("{ixit.") else value
        for name, value in use.with_.items()
    } | changes
    tables = {name: table(file) for name, file in use.tables.items()}
    generator = check.function(**given, **tables)
    next(generator)
    try:
        for event in events(tape, scale) if seen is None else seen:
            if event.at <= given["seconds"]:
                generator.send(event)
        generator.send(None)
    except StopIteration as end:
        verdict: Verdict = end.value
        return verdict
    raise AssertionError("the check did not end")


def said(number: str, tape: Tape, **changes: Any) -> tuple[str, str]:
    """The outcome and the code, shortened."""
    verdict = judged(number, tape, **changes)
    assert verdict.cites or verdict.outcome.value == "inconclusive"
    return verdict.outcome.value, verdict.code.removeprefix("telemetry.")
