"""Checks on the times of entries: well formed, in order, and as young as they promise."""

from datetime import datetime, timezone
from typing import Any

from cqsc_conform.checks.entries import (
    GOOD,
    Said,
    Seen,
    detailed,
    empty,
    label,
    listed,
    over,
    show,
    trouble,
)
from cqsc_conform.checks.moments import ZONE_UNKNOWN, When, asked_at, read_when
from cqsc_conform.checks.registry import Replies, check
from cqsc_conform.formats.times import TimeProblem
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Measured, Verdict

# Second 60 may have existed, and editions differ on 24:00; a zone name may be unknown to us.
_OPEN = frozenset({TimeProblem.LEAP_SECOND, TimeProblem.HOUR_24, ZONE_UNKNOWN})
_HOUR, _DAY = 3600.0, 86400.0


@check("catalog.age_within_period", version=1)
def age_within_period(
    pages: Replies,
    details: Replies,
    *,
    hours: dict[str, int],
    tolerance_percent: int = 20,
    clock_seconds: int = 60,
) -> Verdict:
    """Demand that data are no older than the declared update period allows, with its tolerance.

    ``hours`` gives the length of each period; one that it does not list promises no age.  The
    age is taken at the moment of asking, known to ``clock_seconds`` and the time it took.
    """

    def rule(seen: Seen) -> Said | None:
        period = seen.item.element("update_period")
        length = hours.get(period) if isinstance(period, str) else None
        if length is None:
            return None
        entry, value = label(seen.item), seen.item.element("updated")
        now = asked_at(seen.reply)
        if empty(value):
            # A list need not show it; the detail is the whole entry.
            return (
                trouble("catalog.age_unknown", Outcome.INCONCLUSIVE, entry=entry, period=period)
                if seen.reply.id in whole and entry not in told
                else None
            )
        when = read_when(value, seen.reply)
        if isinstance(when, str) or now is None:
            return None
        limit = length * _HOUR * (100 + tolerance_percent) / 100
        blur = clock_seconds + seen.reply.exchange.took_ms / 1000
        return _aged(_Age(entry, period, show(value), when, now, limit, blur))

    whole = {reply.id for reply in details}
    found = [*listed(pages), *detailed(details)]
    told = {label(seen.item) for seen in found if not empty(seen.item.element("updated"))}
    return over(
        found,
        rule,
        "catalog.ages_within_period",
        "catalog.no_age_promised",
        looked=(*pages[:1], *details),
    )


class _Age:
    """An entry's age in the making: seconds between what it says and the moment of asking."""

    def __init__(
        self,
        entry: str,
        period: str,
        value: str,
        when: When,
        now: datetime,
        limit: float,
        blur: float,
    ) -> None:
        self.entry, self.period, self.value = entry, period, value
        # A date leaves open when in the day: the middle, known to half its length.
        half = (when.last - when.first).total_seconds() / 2
        self.seconds = (now - when.first).total_seconds() - half
        self.blur = blur + half
        self.limit = limit


def _aged(age: _Age) -> Said:
    measured = Measured(
        name="age",
        value=round(age.seconds / _DAY, 4),
        unit="d",
        limit=round(age.limit / _DAY, 4),
        uncertainty=round(age.blur / _DAY, 4),
    )
    args: dict[str, Any] = {
        "entry": age.entry,
        "period": age.period,
        "value": age.value,
        "days": measured.value,
        "limit": measured.limit,
    }
    if age.seconds > age.limit + age.blur:
        return Said(Outcome.FAIL, "catalog.data_stale", args, (measured,))
    if age.seconds > age.limit - age.blur:
        return Said(Outcome.INCONCLUSIVE, "catalog.age_at_limit", args, (measured,))
    return Said(Outcome.PASS, "", {}, (measured,))


@check("catalog.times_valid", version=1)
def times_valid(
    pages: Replies, details: Replies, *, future_seconds: int = 300, clock_seconds: int = 60
) -> Verdict:
    """Demand dates and times in the extended format of GB/T 7408.1, real, and not to come.

    A time of day says its offset, unless the target declares its zone.  Neither publication nor
    update is more than ``future_seconds`` ahead of the moment of asking.  Their own order says
    nothing: data that never change may be older than their entry.
    """

    def rule(seen: Seen) -> Said | None:
        read: dict[str, When] = {}
        # The update is read first: a date of publication is a day where the update took place.
        for element in ("updated", "published"):
            value = seen.item.element(element)
            if empty(value):
                continue
            when = read_when(value, seen.reply, _zone_of(read.get("updated")))
            if isinstance(when, str):
                return _misread(seen, element, when)
            read[element] = when
        return _not_to_come(seen, read, future_seconds, clock_seconds) if read else None

    return over(
        [*listed(pages), *detailed(details)],
        rule,
        "catalog.times_valid",
        "catalog.no_times",
        looked=(*pages[:1], *details),
    )


def _zone_of(when: When | None) -> timezone | None:
    ahead = when.first.utcoffset() if when is not None else None
    return None if ahead is None else timezone(ahead)


def _misread(seen: Seen, element: str, problem: str) -> Said:
    return trouble(
        f"catalog.time_{problem}",
        Outcome.INCONCLUSIVE if problem in _OPEN else Outcome.FAIL,
        entry=label(seen.item),
        element=element,
        value=show(seen.item.element(element)),
    )


def _not_to_come(seen: Seen, read: dict[str, When], future: int, clock: int) -> Said:
    entry = label(seen.item)
    shown: dict[str, Any] = {element: show(seen.item.element(element)) for element in read}
    now = asked_at(seen.reply)
    if now is None:
        return trouble("catalog.asked_unknown", Outcome.INCONCLUSIVE, entry=entry)
    for element, when in read.items():
        ahead = (when.first - now).total_seconds()
        if ahead > future - clock:
            sure = ahead > future + clock
            return trouble(
                "catalog.time_in_future" if sure else "catalog.time_near_future",
                Outcome.FAIL if sure else Outcome.INCONCLUSIVE,
                entry=entry,
                element=element,
                value=shown[element],
                seconds=round(ahead),
            )
    return GOOD
