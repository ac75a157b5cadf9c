"""Stream checks: all that watch the same trace see its events together, in one pass.  Pure."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.device import Event, Topics, read_events
from cqsc_conform.formats.mqtt import MQTT_3_1_1
from cqsc_conform.formats.stream import StreamFault, read_frames
from cqsc_conform.formats.zones import offset_of
from cqsc_conform.model.check import Check
from cqsc_conform.model.evidence import Trace
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Verdict

Streaming = Callable[[Trace], Iterator[bytes]]
"""Gives the bytes of a trace's stream, verified, from a folder or a sealed bundle."""

_MOST_CITED = 5
_MOST_MASKED = 4096
_SLACK = 0.001
"""Seconds by which a watch may fall short of its demand: clocks are read to milliseconds."""


def no_streams(trace: Trace) -> Iterator[bytes]:
    """Give nothing, where there are no streams to read."""
    raise KitError("bundle.stream_missing", Blame.YOU, where=trace.stream or trace.id)


class Reach(Struct, frozen=True):
    """How a target's traces are read: its mapping, charset, time scale and zone."""

    operations: Mapping[str, Operation]
    charset: str
    scale: float
    timezone: str | None = None


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
            masked: list[_Hidden] = []
            found = _pass(events_of(trace, reach, streams), able, masked)
        except StreamFault as fault:
            raise KitError("bundle.stream_changed", Blame.YOU, where=trace.stream) from fault
        seen = trace.seconds / reach.scale
        for key, verdict in found.items():
            open_ = _in_the_open(verdict, able[key], masked)
            said[key] = _long_enough(open_, able[key], trace, seen)
    return said


def events_of(trace: Trace, reach: Reach, streams: Streaming) -> Iterator[Event]:
    """Read a trace's events, one at a time.

    :raises StreamFault: where the stream holds no frames.
    """
    return read_events(
        read_frames(streams(trace)),
        trace.id,
        Topics(reach.operations, offset_of(reach.timezone)),
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


class _Hidden(NamedTuple):
    """A packet in which something was masked; unread where no JSON is left, or too many came."""

    at: float
    cite: str
    unread: bool


def _pass(
    events: Iterable[Event], watchers: Mapping[bytes, Watcher], masked: list[_Hidden]
) -> dict[bytes, Verdict]:
    """Give what each watcher says; the events in which something is masked go to ``masked``."""
    said: dict[bytes, Verdict] = {}
    # The least demand first: whoever has seen enough is asked for a verdict and leaves.
    order = sorted(watchers.items(), key=lambda row: row[1].seconds)
    running = [(key, each, _begun(each, key, said)) for key, each in order]
    running = [row for row in running if row[0] not in said]
    enough = running[0][1].seconds if running else 0.0
    for event in events:
        while running and event.at > enough:
            key, each, generator = running.pop(0)
            said[key] = _ended(each, generator)
            enough = running[0][1].seconds if running else 0.0
        if not running:
            break
        if event.masked and len(masked) <= _MOST_MASKED:
            full = len(masked) == _MOST_MASKED
            fault = event.message.fault if event.message is not None else None
            masked.append(_Hidden(event.at, event.cite, full or fault is not None))
        left = None
        for row in running:
            # A million events go by here: no call, and no list, for each of them.
            try:
                row[2].send(event)
            except StopIteration as done:
                said[row[0]] = done.value or _nothing(row[1])
                left = [each for each in (running if left is None else left) if each is not row]
            except Exception as bug:  # noqa: BLE001 - our bug must not fail a target
                said[row[0]] = _crashed(row[1], bug)
                left = [each for each in (running if left is None else left) if each is not row]
        if left is not None:
            running = left
            enough = running[0][1].seconds if running else 0.0
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


def _in_the_open(verdict: Verdict, each: Watcher, masked: Sequence[_Hidden]) -> Verdict:
    """Let nothing rest on what recording masked: a secret of the target in what a device says.

    A failure stands where the masked packets can have no part in it.
    """
    hidden = [event for event in masked if event.at <= each.seconds]
    if not hidden or verdict.outcome not in {Outcome.PASS, Outcome.FAIL}:
        return verdict
    cited = {event.cite for event in hidden}.intersection(verdict.cites)
    unread = any(event.unread for event in hidden)
    if verdict.outcome is Outcome.FAIL and not cited and not unread:
        return verdict
    return Verdict(
        outcome=Outcome.INCONCLUSIVE,
        code="engine.masked",
        args={"count": len(hidden), "why": verdict.code},
        cites=tuple(event.cite for event in hidden[:_MOST_CITED]),
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
