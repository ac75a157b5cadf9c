"""What stream checks have in common: a tally of what was seen, instants, shares of a row."""

import math
from collections.abc import Iterator, Sequence

from cqsc_conform.checks.entries import Said
from cqsc_conform.checks.registry import failed, inconclusive
from cqsc_conform.formats.device import Event, Message
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.reading import Item, as_text
from cqsc_conform.formats.times import TimeProblem, read_date_time
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Measured, Verdict

__all__ = [
    "Pace",
    "Tally",
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

_MOST_CITED = 5
_MILLISECONDS_FROM, _MILLISECONDS_TO = 946_684_800_000, 4_102_444_800_000
"""2000-01-01 and 2100-01-01: what is outside counts no milliseconds since 1970."""


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
    message = event.message
    return message if message is not None and message.operation == "telemetry" else None


def status_of(event: Event) -> Message | None:
    """Give the status message of an event."""
    message = event.message
    return message if message is not None and message.operation == "status" else None


def parts_of(event: Event) -> Iterator[Item]:
    """Give the messages inside a telemetry message: one, or those of its batch."""
    message = telemetry_of(event)
    if message is not None:
        yield from message.parts


def is_live(message: Message, part: Item) -> bool:
    """Tell whether a message is neither back-fill by its own word nor a redelivery."""
    return not message.dup and not is_backfill(part)


def is_backfill(part: Item) -> bool:
    """Tell whether a message marks itself as back-fill: true, or 1."""
    return as_text(part.element("backfill")) in {"true", "1"}


def instant(value: object) -> float | TimeProblem:
    """Read a time as seconds since 1970: extended format with offset, or whole milliseconds."""
    if isinstance(value, str):
        found = read_date_time(value)
        return found if isinstance(found, TimeProblem) else found.timestamp()
    if isinstance(value, int) and _MILLISECONDS_FROM <= value < _MILLISECONDS_TO:
        return value / 1000
    return TimeProblem.SHAPE


def number_of(part: Item) -> int | None:
    """Give a message's sequence number, or None where it has no whole one."""
    value = part.element("seq")
    if value is MISSING or isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if value >= 0 else None


def quantile(ordered: Sequence[float], share: float) -> float:
    """Give the value at or under which a share of an ordered row lies, 0.5 for the median."""
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
