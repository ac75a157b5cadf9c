"""Checks of a device's time: its form, its clock, its numbering, its sampling."""

from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from cqsc_conform.checks.entries import Said, empty, show, trouble
from cqsc_conform.checks.registry import failed, inconclusive, passed, stream_check
from cqsc_conform.checks.watching import (
    Pace,
    Tally,
    Watching,
    is_live,
    number_of,
    quantile,
    too_few,
)
from cqsc_conform.formats.device import Event
from cqsc_conform.formats.times import TimeProblem
from cqsc_conform.model.verdict import Measured, Verdict

_LEAST_GAPS = 10
_LEAST_CLOCK = 5
_MOST_SERIES = 256
_MOST_NAMES = 16
_MOST_CITED = 5
_MOST_MISSING = 10_000
_WRAPS = frozenset({2**8 - 1, 2**15 - 1, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**53 - 1})
"""Where counters of usual widths begin again at 0 or 1."""


@stream_check("telemetry.times_valid", version=1)
def times_valid(*, seconds: float) -> Watching:
    """Demand times in the extended format with offset, or whole milliseconds since 1970."""
    tally = Tally()
    while (event := (yield)) is not None:
        message = event.telemetry or event.status
        for part in message.parts if message is not None else ():
            value = part.element("time")
            if not empty(value):
                read = part.time_as_sent
                if isinstance(read, float):
                    tally.keep(event)
                    continue
                wrong = trouble("telemetry.time_invalid", value=show(value), problem=read.value)
                tally.judge(wrong, event.id)
    return tally.trouble() or passed(
        "telemetry.times_valid", *tally.cites, count=tally.seen, times=tally.seen
    )


@stream_check("telemetry.clock_right", version=1)
def clock_right(
    *, seconds: float, limit_seconds: float, uncertainty_seconds: float = 1.0
) -> Watching:
    """Demand that live messages are dated within ``limit_seconds`` of their arrival, in median.

    The uncertainty covers the way to the kit and the kit's own clock: within it around the
    limit nothing is told.
    """
    errors = array("d")
    tally = Tally()
    while (event := (yield)) is not None:
        message = event.telemetry
        for part in message.parts if message is not None else ():
            read = part.time
            if message is not None and isinstance(read, float) and is_live(message, part):
                errors.append(read - event.when)
                tally.keep(event)
    found = tally.trouble(_LEAST_CLOCK)
    if found is not None:
        return found
    error = quantile(sorted(errors), 0.5)
    measured = Measured("clock error", round(error, 3), "s", limit_seconds, uncertainty_seconds)
    said: dict[str, Any] = {"error": round(error, 1), "limit": limit_seconds}
    if abs(error) - uncertainty_seconds > limit_seconds:
        return failed(
            "telemetry.clock_wrong", *tally.cites, count=tally.seen, measured=(measured,), **said
        )
    if abs(error) + uncertainty_seconds > limit_seconds:
        return inconclusive(
            "telemetry.clock_unclear", *tally.cites, count=tally.seen, **said,
            uncertainty=uncertainty_seconds,
        )  # fmt: skip
    return passed(
        "telemetry.clock_right", *tally.cites, count=tally.seen, measured=(measured,), **said
    )


class _Numbering:
    """Follows the live numbers of one device on one connection."""

    __slots__ = ("last", "missing")

    def __init__(self) -> None:
        self.last: int | None = None
        self.missing: dict[int, str] = {}

    def take(self, number: int, cite: str) -> Said | None:
        """Take the next live number; gives what is wrong with it at once."""
        last, self.last = self.last, number
        if last is None or number == last + 1 or (last in _WRAPS and number <= 1):
            return None
        if number == last:
            return trouble("telemetry.sequence_repeated", number=number)
        if number < last:
            return trouble("telemetry.sequence_backward", number=number, last=last)
        for each in range(last + 1, min(number, last + 1 + _MOST_MISSING)):
            if len(self.missing) >= _MOST_MISSING:
                break
            # What is missing may still come, marked as back-fill.
            self.missing[each] = cite
        return None


@stream_check("telemetry.sequence_kept", version=1)
def sequence_kept(*, seconds: float) -> Watching:  # noqa: C901 - one state a branch
    """Demand that live numbers of a connection grow by one: none is left out, none comes twice.

    What was sampled while there was no connection is the affair of back-fill.  A subscriber
    knows neither connections nor DUP: what it misses, or gets twice, tells nothing.
    """
    tally = Tally()
    running: dict[tuple[int, str], _Numbering] = {}
    lost: dict[tuple[str, int], str] = {}
    observed = False
    while (event := (yield)) is not None:
        observed = observed or event.kind == "subscribed"
        message = event.telemetry
        if message is None:
            continue
        for part in message.parts:
            number, device = number_of(part), part.text("device")[:128]
            if number is None:
                continue
            if lost:
                lost.pop((device, number), None)
            if is_live(message, part):
                if len(running) > _MOST_SERIES:
                    running.clear()
                key = event.session, device
                line = running.get(key)
                if line is None:
                    line = running[key] = _Numbering()
                if line.last is not None and number == line.last + 1:
                    line.last = number
                    tally.keep(event)
                    continue
                tally.judge(line.take(number, event.id), event.id)
                for each, cite in line.missing.items():
                    if len(lost) < _MOST_MISSING:
                        lost[device, each] = cite
                line.missing.clear()
    for (_, number), cite in lost.items():
        tally.judge(trouble("telemetry.sequence_gap", number=number), cite)
    found = _unclear(tally) if observed else tally.trouble(_LEAST_GAPS)
    return found or passed(
        "telemetry.sequence_kept", *tally.cites, count=tally.seen, messages=tally.seen
    )


def _unclear(tally: Tally) -> Verdict | None:
    """Say of what a subscriber missed, or got twice, that it tells nothing."""
    found = tally.trouble(_LEAST_GAPS)
    if found is None or not tally.bad:
        return found
    return inconclusive("telemetry.sequence_unclear", *found.cites, count=tally.seen, bad=tally.bad)


class _Sampling:
    """Gathers the times of live samples, apart for each set of quantities and each connection."""

    __slots__ = ("cites", "pace", "series")

    def __init__(self) -> None:
        self.series: dict[tuple[object, ...], array[float]] = {}
        self.pace = Pace()
        self.cites: list[str] = []

    def see(self, event: Event) -> None:
        """Take the samples of an event."""
        self.pace.see(event)
        message = event.telemetry
        for part in message.parts if message is not None else ():
            read = part.time
            if message is None or isinstance(read, TimeProblem) or not is_live(message, part):
                continue
            if message.columns is not None:
                names = message.columns.shape[0][:_MOST_NAMES]
            else:
                names = tuple(each.text("name") for each in message.readings_of(part)[:_MOST_NAMES])
            key = event.session, part.text("device"), names
            times = self.series.get(key)
            if times is not None:
                times.append(read)
            elif len(self.series) < _MOST_SERIES:
                self.series[key] = array("d", (read,))
            if len(self.cites) < _MOST_CITED:
                self.cites.append(event.id)

    def gaps(self) -> list[float]:
        """Give the gaps between samples in declared seconds, the smallest first."""
        real = self.pace.real
        found: list[float] = []
        for times in self.series.values():
            ordered = sorted(set(times))
            found += [(later - earlier) / real for earlier, later in pairwise(ordered)]
        return sorted(found)


@stream_check("telemetry.interval_kept", version=1)
def interval_kept(*, seconds: float, interval_seconds: float, tolerance_percent: float) -> Watching:
    """Demand that the median gap between samples is the declared interval, within a tolerance."""
    sampling = _Sampling()
    while (event := (yield)) is not None:
        sampling.see(event)
    gaps = sampling.gaps()
    found = too_few(len(gaps), _LEAST_GAPS, *sampling.cites)
    if found is not None:
        return found
    median = quantile(gaps, 0.5)
    said: dict[str, Any] = {
        "median": round(median, 3),
        "p10": round(quantile(gaps, 0.1), 3),
        "p90": round(quantile(gaps, 0.9), 3),
        "interval": interval_seconds,
        "tolerance": tolerance_percent,
    }
    limit = interval_seconds * (1 + tolerance_percent / 100)
    measured = (Measured("sampling interval", round(median, 3), "s", round(limit, 3)),)
    if abs(median - interval_seconds) * 100 > tolerance_percent * interval_seconds:
        return failed(
            "telemetry.interval_other", *sampling.cites, count=len(gaps), measured=measured, **said
        )
    return passed(
        "telemetry.interval_kept", *sampling.cites, count=len(gaps), measured=measured, **said
    )


@stream_check("telemetry.sampling_steady", version=1)
def sampling_steady(*, seconds: float, jitter_percent: float, share_percent: float) -> Watching:
    """Demand that ``share_percent`` of the gaps lie near the device's own median gap."""
    sampling = _Sampling()
    while (event := (yield)) is not None:
        sampling.see(event)
    gaps = sampling.gaps()
    found = too_few(len(gaps), _LEAST_GAPS, *sampling.cites)
    if found is not None:
        return found
    median = quantile(gaps, 0.5)
    if median <= 0:
        return inconclusive("telemetry.no_interval", *sampling.cites)
    jitter = quantile(_deviations(gaps, median), share_percent / 100)
    measured = (Measured("jitter", round(jitter, 1), "%", jitter_percent),)
    said: dict[str, Any] = {
        "jitter": round(jitter, 1),
        "limit": jitter_percent,
        "share": share_percent,
    }
    if jitter > jitter_percent:
        return failed(
            "telemetry.sampling_unsteady", *sampling.cites, count=len(gaps), measured=measured,
            **said,
        )  # fmt: skip
    return passed(
        "telemetry.sampling_steady", *sampling.cites, count=len(gaps), measured=measured, **said
    )


def _deviations(gaps: Sequence[float], median: float) -> list[float]:
    return sorted(abs(gap - median) / median * 100 for gap in gaps)
