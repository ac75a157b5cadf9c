"""What stream checks have in common: a tally of what was seen, instants, shares of a row."""

import math
from collections.abc import Generator, Iterator, Sequence
from typing import TypeAlias

from cqsc_conform.checks.entries import Said
from cqsc_conform.checks.registry import failed, inconclusive
from cqsc_conform.formats.device import Event
from cqsc_conform.formats.device_message import Message, Part
from cqsc_conform.formats.instants import instant
from cqsc_conform.formats.reading import as_text
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Measured, Verdict

__all__ = [
    "Pace",
    "Tally",
    "Watching",
    "instant",
    "is_backfill",
    "is_live",
    "number_of",
    "parts_of",
    "quantile",
    "status_of",
    "telemetry_of",
    "too_few",
]

Watching: TypeAlias = Generator[None, Event | None, Verdict | None]
"""What a stream check is while it runs: sent events, then None, it returns its verdict."""

_MOST_CITED = 5


class Tally:
    """Counts what a rule spoke of, and remembers where it held first and where it broke first."""

    __slots__ = ("_broken", "_doubt", "_held", "_said", "bad", "seen")

    def __init__(self) -> None:
        self.seen = 0
        self.bad = 0
        self._held: list[str] = []
        self._broken: list[str] = []
        self._said: Said | None = None
        self._doubt: tuple[str, Said] | None = None

    def hold(self, *cites: str) -> None:
        """Count one that keeps the rule."""
        self.seen += 1
        if len(self._held) < _MOST_CITED:
            self._held += cites

    def keep(self, event: Event, count: int = 1) -> None:
        """Count some that keep the rule in one event, as so many calls of :meth:`hold` would."""
        self.seen += count
        room = _MOST_CITED - len(self._held)
        if room > 0:
            self._held += [event.cite] * min(count, room)

    def judge(self, said: Said | None, *cites: str) -> None:
        """Count one of which the rule says something; without words it keeps the rule."""
        if said is None or said.outcome is Outcome.PASS:
            self.hold(*cites)
        elif said.outcome is Outcome.INCONCLUSIVE:
            self.seen += 1
            self._doubt = self._doubt or (cites[0], said)
        else:
            self.seen += 1
            self.bad += 1
            self._said = self._said or said
            if len(self._broken) < _MOST_CITED:
                self._broken += cites

    @property
    def cites(self) -> tuple[str, ...]:
        """Where the rule was seen to hold."""
        return tuple(self._held)

    def trouble(self, least: int = 1, measured: tuple[Measured, ...] = ()) -> Verdict | None:
        """Give the verdict that is no pass, or None where ``least`` were seen and all held."""
        said = self._said
        if said is not None:
            return failed(
                said.code, *self._broken, count=self.seen, bad=self.bad, measured=measured,
                **said.args,
            )  # fmt: skip
        if self._doubt is not None:
            cite, said = self._doubt
            return inconclusive(said.code, cite, count=self.seen, **said.args)
        return too_few(self.seen, least, *self._held)


def too_few(seen: int, least: int, *cites: str) -> Verdict | None:
    """Say that too little was seen, where it was."""
    if seen >= least and cites:
        return None
    return inconclusive("telemetry.too_few", *cites, count=seen, seen=seen, least=max(least, 1))


class Pace:
    """Learns how long a declared second is, from events: real durations are given in those."""

    __slots__ = ("_first", "_last")

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None
        self._last = (0.0, 0.0)

    def see(self, event: Event) -> None:
        """Note the two times of an event."""
        self._last = (event.at, event.when)
        self._first = self._first or self._last

    @property
    def real(self) -> float:
        """Real seconds in a declared one; 1 where the events do not tell."""
        if self._first is None or self._last[0] <= self._first[0]:
            return 1.0
        return (self._last[1] - self._first[1]) / (self._last[0] - self._first[0])


def telemetry_of(event: Event) -> Message | None:
    """Give the telemetry message of an event."""
    return event.telemetry


def status_of(event: Event) -> Message | None:
    """Give the status message of an event."""
    return event.status


def parts_of(event: Event) -> Iterator[Part]:
    """Give the messages inside a telemetry message: one, or those of its batch."""
    message = telemetry_of(event)
    if message is not None:
        yield from message.parts


def is_live(message: Message, part: Part) -> bool:
    """Tell whether a message is neither back-fill by its own word nor a redelivery."""
    return not message.dup and not is_backfill(part)


def is_backfill(part: Part) -> bool:
    """Tell whether a message marks itself as back-fill: true, or 1."""
    value = part.element("backfill")
    return value is not False and as_text(value) in {"true", "1"}


def number_of(part: Part) -> int | None:
    """Give a message's sequence number, or None where it has no whole one."""
    value = part.element("seq")
    return value if type(value) is int and value >= 0 else None


def quantile(ordered: Sequence[float], share: float) -> float:
    """Give the value at or under which a share of an ordered row lies, 0.5 for the median."""
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
