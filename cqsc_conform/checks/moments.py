"""Times that a target gives, as checks compare them: with the zone it declares, and bounds."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple

from cqsc_conform.formats.reading import Reply
from cqsc_conform.formats.times import TimeProblem, read_date, read_date_time
from cqsc_conform.formats.zones import offset_of

__all__ = ["NOT_TEXT", "ZONE_UNKNOWN", "When", "asked_at", "read_when"]

NOT_TEXT = "not_text"
ZONE_UNKNOWN = "zone_unknown"
_BEIJING = timezone(timedelta(hours=8))
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_LATEST = datetime.max.replace(tzinfo=UTC) - 2 * _DAY


class When(NamedTuple):
    """The first and the last instant that a text may mean; a date means a whole day."""

    first: datetime
    last: datetime
    day: date


def read_when(
    value: Any,  # noqa: ANN401 - JSON is any
    reply: Reply,
    zone: timezone | None = None,
) -> When | str:
    """Read a date, or a date and time of day (GB/T 7408.1-2023, extended format).

    A time without offset takes the zone that the target declares.  A date is a day in ``zone``,
    else in the declared zone, else in China's.  The answer is a problem's name where the value
    is no such text: one of ``TimeProblem``, ``not_text`` or ``zone_unknown``.
    """
    if not isinstance(value, str):
        return NOT_TEXT
    declared = offset_of(reply.timezone)
    day = read_date(value)
    if not isinstance(day, TimeProblem):
        first = datetime.combine(day, time(), zone or declared or _BEIJING)
        return When(first, min(first, _LATEST) + _DAY - _INSTANT, day)
    moment = read_date_time(value, declared)
    if isinstance(moment, TimeProblem):
        if moment is TimeProblem.NO_OFFSET and reply.timezone is not None:
            return ZONE_UNKNOWN
        worse = day if moment is TimeProblem.SHAPE else moment
        return worse.value
    return When(moment, moment, moment.date())


def asked_at(reply: Reply) -> datetime | None:
    """Tell when the request left; None where the evidence does not say."""
    moment = read_date_time(reply.exchange.sent_at)
    return None if isinstance(moment, TimeProblem) else moment
