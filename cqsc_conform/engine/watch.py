"""Stream checks: all that watch the same trace see its events together, in one pass.  Pure."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.device import Event, Topics, read_events
from cqsc_conform.formats.mqtt import MQTT_3_1_1
from cqsc_conform.formats.stream import StreamFault, read_frames
from cqsc_conform.model.check import Check
from cqsc_conform.model.evidence import Trace
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Verdict

Streaming = Callable[[Trace], Iterator[bytes]]
"""Gives the bytes of a trace's stream, verified, from a folder or a sealed bundle."""

_SLACK = 0.001
"""Seconds by which a watch may fall short of its demand: clocks are read to milliseconds."""


def no_streams(trace: Trace) -> Iterator[bytes]:
    """Give nothing, where there are no streams to read."""
    raise KitError("bundle.stream_missing", Blame.YOU, where=trace.stream or trace.id)


class Reach(Struct, frozen=True):
    """How a target's traces are read: its mapping, charset and time scale."""

    operations: Mapping[str, Operation]
    charset: str
    scale: float


class Watcher(Struct, frozen=True):
    """A stream check with its parameters filled; ``seconds`` is its demand."""

    check: Check
    kwargs: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        """Tell how long it wants to watch, on the target's declared scale."""
        return float(self.kwargs["seconds"])


def watch(
    trace: Trace, watchers: Mapping[bytes, Watcher], reach: Reach, streams: Streaming
) -> dict[bytes, Verdict]:
    """Send a trace's events to all watchers in one pass and give each one's verdict.

    Each sees the events of as many seconds as it demands, and no more.

    :raises KitError: ``bundle.stream_missing``, ``bundle.stream_changed``.
    """
    said: dict[bytes, Verdict] = {}
    able: dict[bytes, Watcher] = {}
    for key, each in watchers.items():
        settled = _blind(each.check, trace)
        if settled is None:
            able[key] = each
        else:
            said[key] = settled
    if able:
        try:
            found = _pass(events_of(trace, reach, streams), able)
        except StreamFault as fault:
            raise KitError("bundle.stream_changed", Blame.YOU, where=trace.stream) from fault
        seen = trace.seconds / reach.scale
        said |= {key: _long_enough(each, able[key], trace, seen) for key, each in found.items()}
    return said


def events_of(trace: Trace, reach: Reach, streams: Streaming) -> Iterator[Event]:
    """Read a trace's events, one at a time.

    :raises StreamFault: where the stream holds no frames.
    """
    return read_events(
        read_frames(streams(trace)),
        trace.id,
        Topics(reach.operations),
        since=datetime.fromisoformat(trace.since).timestamp(),
        scale=reach.scale,
        charset=reach.charset,
        version=None if trace.vantage == "peer" else MQTT_3_1_1,
        max_packet=int(trace.facts.get("packet_bytes") or 256 * 1024),
    )


def _blind(check: Check, trace: Trace) -> Verdict | None:
    """Settle what cannot be judged on a trace, whatever is in it."""
    if trace.vantage not in check.needs:
        return Verdict(
            outcome=Outcome.INCONCLUSIVE,
            code="engine.not_observable",
            args={"vantage": trace.vantage, "needs": ", ".join(sorted(check.needs))},
            cites=(trace.id,),
        )
    if not trace.packets:
        return Verdict(outcome=Outcome.INCONCLUSIVE, code="engine.trace_empty", cites=(trace.id,))
    return None


def _pass(events: Iterable[Event], watchers: Mapping[bytes, Watcher]) -> dict[bytes, Verdict]:
    said: dict[bytes, Verdict] = {}
    # The least demand first: whoever has seen enough is asked for a verdict and leaves.
    order = sorted(watchers.items(), key=lambda row: row[1].seconds)
    running = [(key, each, _begun(each, key, said)) for key, each in order]
    running = [row for row in running if row[0] not in said]
    for event in events:
        while running and event.at > running[0][1].seconds:
            key, each, generator = running.pop(0)
            said[key] = _ended(each, generator)
        if not running:
            break
        left = [row for row in running if _goes_on(row, event, said)]
        if len(left) != len(running):
            running = left
    for key, each, generator in running:
        said[key] = _ended(each, generator)
    return said


_Running = Generator[None, Event | None, Verdict | None]


def _begun(each: Watcher, key: bytes, said: dict[bytes, Verdict]) -> _Running:
    generator: _Running = each.check.function(**each.kwargs)
    try:
        next(generator)
    except StopIteration as done:
        said[key] = done.value or _nothing(each)
    except Exception as bug:  # noqa: BLE001 - our bug must not fail a target
        said[key] = _crashed(each, bug)
    return generator


def _goes_on(
    row: tuple[bytes, Watcher, _Running], event: Event, said: dict[bytes, Verdict]
) -> bool:
    key, each, generator = row
    try:
        generator.send(event)
    except StopIteration as done:
        said[key] = done.value or _nothing(each)
        return False
    except Exception as bug:  # noqa: BLE001 - our bug must not fail a target
        said[key] = _crashed(each, bug)
        return False
    return True


def _ended(each: Watcher, generator: _Running) -> Verdict:
    """Say that there is nothing more to see, and take the verdict."""
    try:
        generator.send(None)
    except StopIteration as done:
        return done.value or _nothing(each)
    except Exception as bug:  # noqa: BLE001 - our bug must not fail a target
        return _crashed(each, bug)
    generator.close()
    return _crashed(each, RuntimeError("watches on"))


def _long_enough(verdict: Verdict, each: Watcher, trace: Trace, seen: float) -> Verdict:
    """Let no rule pass that wanted to watch longer than was watched."""
    if verdict.outcome is not Outcome.PASS or seen + _SLACK >= each.seconds:
        return verdict
    return Verdict(
        outcome=Outcome.INCONCLUSIVE,
        code="engine.watched_short",
        args={"wanted": each.seconds, "seen": round(seen, 3), "ended": trace.ended},
        cites=verdict.cites,
    )


def _nothing(each: Watcher) -> Verdict:
    return Verdict(
        outcome=Outcome.INCONCLUSIVE,
        code="engine.nothing_relevant",
        args={"check": each.check.name},
    )


def _crashed(each: Watcher, bug: Exception) -> Verdict:
    return Verdict(
        outcome=Outcome.ERROR,
        code="engine.check_crashed",
        args={"check": each.check.name, "error": f"{type(bug).__name__}: {bug}"[:200]},
        blame=Blame.KIT,
    )


def key_of(use: object) -> bytes:
    """Name a use of a check by its content: equal uses are watched once."""
    return msgspec.json.encode(use)
