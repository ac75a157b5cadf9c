"""Checks of back-fill: what was sampled while the link was down comes later, once, as it was.

A message is late when it marks itself as back-fill, or when by its own time it was sampled
before the connection that brings it, the device's clock error and a slack taken off.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from cqsc_conform.checks.entries import trouble
from cqsc_conform.checks.registry import failed, inconclusive, passed, stream_check
from cqsc_conform.checks.watching import (
    Pace,
    Tally,
    Watching,
    is_backfill,
    number_of,
    quantile,
    telemetry_of,
)
from cqsc_conform.formats.device import Event
from cqsc_conform.formats.mqtt import Connack, Puback, Publish
from cqsc_conform.formats.times import TimeProblem
from cqsc_conform.model.verdict import Verdict

_MOST_SAMPLES = 200_000
_MOST_PENDING = 65_536
_LEAST_CLOCK = 3
_HOLE = 2.5
"""So many sampling intervals without a sample are a hole, where nothing is numbered."""


class Sample(NamedTuple):
    """One message as it came; ``key`` names its packet, where it has an identifier."""

    device: str
    number: int | None
    time: float
    marked: bool
    dup: bool
    session: int
    cite: str
    key: tuple[int, int] | None


class _Outages:
    """Gathers the messages of a trace by connection, and tells the late ones from the live."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.pace = Pace()
        self._began: dict[int, float] = {}
        self._errors: list[float] = []
        self._first: int | None = None
        self._pending: set[tuple[int, int]] = set()
        self._answered: dict[int, set[tuple[int, int]]] = {}

    def see(self, event: Event) -> None:
        """Take an event."""
        self.pace.see(event)
        packet = event.packet
        if isinstance(packet, Connack) and len(self._began) < _MOST_PENDING:
            self._began.setdefault(event.session, event.when)
        elif isinstance(packet, Puback) and event.sender == "kit":
            if len(self._answered) < _MOST_PENDING:
                key = event.session, packet.packet_id
                self._answered.setdefault(event.session, set()).add(key)
        elif isinstance(packet, Publish):
            self._published(event, packet)

    def _published(self, event: Event, packet: Publish) -> None:
        # An acknowledgement is known to have arrived when the device has spoken after it.
        self._pending -= self._answered.pop(event.session, set())
        message = telemetry_of(event)
        if message is None:
            return
        key = None if packet.packet_id is None else (event.session, packet.packet_id)
        if key is not None and len(self._pending) < _MOST_PENDING:
            self._pending.add(key)
        self._first = event.session if self._first is None else self._first
        for part in message.parts:
            read = part.time
            if isinstance(read, TimeProblem) or len(self.samples) >= _MOST_SAMPLES:
                continue
            marked = is_backfill(part)
            if event.session == self._first and not marked and not message.dup:
                self._errors.append(read - event.when)
            self.samples.append(
                Sample(
                    part.text("device")[:128],
                    number_of(part),
                    read,
                    marked,
                    message.dup,
                    event.session,
                    event.id,
                    key,
                )
            )

    @property
    def error(self) -> float | None:
        """The device's clock error, as the first connection shows it; None for too little."""
        if len(self._errors) < _LEAST_CLOCK:
            return None
        return quantile(sorted(self._errors), 0.5)

    def acknowledged(self, sample: Sample) -> bool:
        """Tell whether the device knew that the packet of a message was acknowledged."""
        return sample.key is None or sample.key not in self._pending

    def is_old(self, sample: Sample, slack: float) -> bool:
        """Tell whether a message was sampled before its connection, by its own time."""
        began = self._began.get(sample.session)
        if began is None or sample.session == self._first:
            return False
        return sample.time - (self.error or 0.0) < began - slack * self.pace.real

    def late(self, slack: float) -> Iterator[Sample]:
        """Give the messages of later connections that were sampled before those."""
        for each in self.samples:
            if each.session != self._first and (each.marked or self.is_old(each, slack)):
                yield each

    def unready(self) -> Verdict | None:
        """Say why nothing can be told: no connection came after another, or no clock."""
        cites = [each.cite for each in self.samples[:3]]
        if len({each.session for each in self.samples}) <= 1:
            return inconclusive("telemetry.no_outage", *cites)
        if self.error is None:
            return inconclusive("telemetry.clock_unknown", *cites)
        return None


@stream_check("telemetry.backfill_complete", version=1, needs=("peer",))
def backfill_complete(*, seconds: float, slack_seconds: float) -> Watching:
    """Demand every number that was given to a sample while the link was down."""
    outages = _Outages()
    while (event := (yield)) is not None:
        outages.see(event)
    unready = outages.unready()
    if unready is not None:
        return unready
    tally = Tally()
    had = {(each.device, each.number) for each in outages.samples}
    for last, each in _around(outages, slack_seconds):
        numbers = range((last.number or 0) + 1, each.number or 0)
        if len(numbers) > _MOST_SAMPLES:
            return inconclusive("telemetry.sequence_jumps", last.cite, each.cite)
        for number in numbers:
            wrong = None
            if (each.device, number) not in had:
                wrong = trouble("telemetry.backfill_lacks", number=number)
            tally.judge(wrong, last.cite, each.cite)
        hole = (each.time - last.time) / outages.pace.real
        if not numbers and hole > _HOLE * _interval(outages):
            return failed(
                "telemetry.outage_unsampled", last.cite, each.cite, seconds=round(hole, 1)
            )
    if not tally.seen:
        return inconclusive("telemetry.nothing_sampled", *[x.cite for x in outages.samples[:3]])
    return tally.trouble() or passed(
        "telemetry.backfill_complete", *tally.cites, count=tally.seen, messages=tally.seen
    )


def _around(outages: _Outages, slack: float) -> Iterator[tuple[Sample, Sample]]:
    """Give the live messages on both sides of each change of connection, growing in number."""
    late = {id(each) for each in outages.late(slack)}
    before: dict[str, Sample] = {}
    for each in outages.samples:
        if id(each) in late or each.dup or each.number is None:
            continue
        last = before.get(each.device)
        before[each.device] = each
        if last is None or last.session == each.session:
            continue
        if (last.number or 0) < each.number:
            yield last, each


def _interval(outages: _Outages) -> float:
    """Give the median gap of the samples in declared seconds."""
    times = sorted({each.time for each in outages.samples})
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    return quantile(gaps, 0.5) / outages.pace.real if gaps else 0.0


@stream_check("telemetry.backfill_once", version=1, needs=("peer",))
def backfill_once(*, seconds: float, slack_seconds: float) -> Watching:
    """Demand that back-fill brings nothing twice, and nothing that was acknowledged before.

    A redelivery with DUP is none, nor is what the device could not know to be acknowledged: the
    link fell before it spoke again.
    """
    outages = _Outages()
    while (event := (yield)) is not None:
        outages.see(event)
    unready = outages.unready()
    if unready is not None:
        return unready
    late = {id(each) for each in outages.late(slack_seconds)}
    tally = Tally()
    known: set[tuple[str, int, float]] = set()
    for each in outages.samples:
        if each.number is None or each.dup:
            continue
        key = each.device, each.number, each.time
        if id(each) in late:
            wrong = (
                trouble("telemetry.backfill_twice", number=each.number) if key in known else None
            )
            tally.judge(wrong, each.cite)
        if outages.acknowledged(each):
            known.add(key)
    return tally.trouble() or passed(
        "telemetry.backfill_once", *tally.cites, count=tally.seen, messages=tally.seen
    )


@stream_check("telemetry.backfill_marked", version=1, needs=("peer",))
def backfill_marked(*, seconds: float, slack_seconds: float) -> Watching:
    """Demand the mark of back-fill on what was sampled before its connection."""
    outages = _Outages()
    while (event := (yield)) is not None:
        outages.see(event)
    unready = outages.unready()
    if unready is not None:
        return unready
    tally = Tally()
    for each in outages.late(slack_seconds):
        if not each.dup:
            wrong = None if each.marked else trouble(
                "telemetry.backfill_unmarked", number=each.number
            )  # fmt: skip
            tally.judge(wrong, each.cite)
    return tally.trouble() or passed(
        "telemetry.backfill_marked", *tally.cites, count=tally.seen, messages=tally.seen
    )


@stream_check("telemetry.backfill_original", version=1, needs=("peer",))
def backfill_original(*, seconds: float, slack_seconds: float) -> Watching:
    """Demand of back-fill the time of sampling, before the connection, growing with its number."""
    outages = _Outages()
    while (event := (yield)) is not None:
        outages.see(event)
    unready = outages.unready()
    if unready is not None:
        return unready
    tally = Tally()
    lines: dict[tuple[str, int], list[Sample]] = {}
    for each in outages.late(slack_seconds):
        if not each.dup:
            lines.setdefault((each.device, each.session), []).append(each)
    for line in lines.values():
        # The last one may have been sampled while the connection was being made.
        for each, following in pairwise(line):
            wrong = None
            if following.time < each.time or (following.number or 0) < (each.number or 0):
                wrong = trouble("telemetry.backfill_disordered", number=following.number)
            elif not outages.is_old(each, slack_seconds / 2):
                wrong = trouble("telemetry.backfill_redated", number=each.number)
            tally.judge(wrong, each.cite)
    return tally.trouble() or passed(
        "telemetry.backfill_original", *tally.cites, count=tally.seen, messages=tally.seen
    )
