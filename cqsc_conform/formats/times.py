"""Dates and times of day: GB/T 7408.1-2023 (identical to ISO 8601-1:2019), extended format."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

__all__ = ["TimeProblem", "read_date", "read_date_time"]


class TimeProblem(StrEnum):
    """What keeps a text from being a calendar date, or a date and time of day."""

    SHAPE = "shape"
    """It is not a calendar date (and time) of the extended format at all."""
    BASIC_FORMAT = "basic_format"
    """It is written without separators, in part or in whole (20250301T080000Z)."""
    CALENDAR = "calendar"
    """There is no such day in the years 0001 to 9999."""
    CLOCK = "clock"
    """There is no such time of day, or no such offset (-00:00 is none)."""
    NO_OFFSET = "no_offset"
    """The time does not say how far it is from UTC."""
    LEAP_SECOND = "leap_second"
    """It names second 60 at the end of a UTC day, which may have existed."""
    HOUR_24 = "hour_24"
    """It writes midnight as 24:00, which editions of the standard treat differently."""


_LONGEST = 128
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_BASIC_DATE = re.compile(r"[0-9]{8}")
_DATE_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]+))?)?"
    r"(?:Z|(?P<sign>[+-])(?P<ahead>[0-9]{2})(?::(?P<ahead_minutes>[0-9]{2}))?|(?P<bare>))"
)
_BASIC_DATE_TIME = re.compile(
    r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}T?[0-9]{2}:?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]+)?)?"
    r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_HOURS, _SIXTY, _MICROSECOND_DIGITS = 24, 60, 6


def read_date(text: str) -> date | TimeProblem:
    """Read a complete calendar date, ``YYYY-MM-DD`` (GB/T 7408.1-2023, 5.2.2.1)."""
    if len(text) > _LONGEST:
        return TimeProblem.SHAPE
    found = _DATE.fullmatch(text)
    if not found:
        return TimeProblem.BASIC_FORMAT if _BASIC_DATE.fullmatch(text) else TimeProblem.SHAPE
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return TimeProblem.CALENDAR


def read_date_time(
    text: str, default_offset: timezone | None = None, *, hour_24: bool = False
) -> datetime | TimeProblem:
    """Read a date and time of day, ``YYYY-MM-DDThh:mm[:ss[.f]]`` with ``Z`` or ``±hh[:mm]``.

    The clause is GB/T 7408.1-2023, 5.4.  A fraction of a second may have any number of
    digits; digits beyond the microsecond are dropped.  T and Z are capitals.  Where the text
    has no offset, ``default_offset`` is taken; without one the problem is ``no_offset``.
    ``hour_24`` lets 24:00:00 mean the midnight that ends the day, as Amendment 1:2022 does.

    The answer always has an offset, and its instant lies in the years 0001 to 9999.
    """
    found = _DATE_TIME.fullmatch(text) if len(text) <= _LONGEST else None
    if not found:
        basic = len(text) <= _LONGEST and _BASIC_DATE_TIME.fullmatch(text) and "T" in text
        return TimeProblem.BASIC_FORMAT if basic else TimeProblem.SHAPE
    day = read_date(found["date"])
    if isinstance(day, TimeProblem):
        return day
    offset = _offset(found, default_offset)
    if isinstance(offset, TimeProblem):
        return offset
    return _at(day, found, offset, hour_24=hour_24)


def _offset(found: re.Match[str], default_offset: timezone | None) -> timezone | TimeProblem:
    if found["bare"] is not None:
        return TimeProblem.NO_OFFSET if default_offset is None else default_offset
    if found["sign"] is None:
        return UTC
    hours, minutes = int(found["ahead"]), int(found["ahead_minutes"] or 0)
    # The standard writes no difference with a plus; RFC 3339 reads -00:00 as "unknown".
    unknown = found["sign"] == "-" and not hours and not minutes
    if hours >= _HOURS or minutes >= _SIXTY or unknown:
        return TimeProblem.CLOCK
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if found["sign"] == "-" else ahead)


def _at(
    day: date, found: re.Match[str], offset: timezone, *, hour_24: bool
) -> datetime | TimeProblem:
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    part = found["part"] or ""
    ends_day = hour == _HOURS and not minute and not second and not part.strip("0")
    if ends_day and not hour_24:
        return TimeProblem.HOUR_24
    leaps = second == _SIXTY
    if not ends_day and (hour >= _HOURS or minute >= _SIXTY or second > _SIXTY):
        return TimeProblem.CLOCK
    try:
        moment = datetime(
            day.year,
            day.month,
            day.day,
            0 if ends_day else hour,
            minute,
            second - leaps,
            int(part[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")),
            tzinfo=offset,
        ) + timedelta(days=ends_day)
        instant = moment.astimezone(UTC)
    except OverflowError:
        return TimeProblem.CALENDAR
    if leaps:
        at_the_end = (instant.hour, instant.minute) == (_HOURS - 1, _SIXTY - 1)
        return TimeProblem.LEAP_SECOND if at_the_end else TimeProblem.CLOCK
    return moment
