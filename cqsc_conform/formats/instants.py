"""Instants as devices write them: a date and time with its offset, or milliseconds since 1970."""

import re
from datetime import datetime, timezone

from cqsc_conform.formats.times import TimeProblem, read_date_time

__all__ = ["instant"]

_MILLISECONDS_FROM, _MILLISECONDS_TO = 946_684_800_000, 4_102_444_800_000
"""2000-01-01 and 2100-01-01: what is outside counts no milliseconds since 1970."""

_USUAL = re.compile(
    r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|(?!-00:00)[+-][0-9]{2}:[0-9]{2})"
)
"""What the standard library reads just as ``read_date_time`` does, or refuses."""


def instant(value: object, zone: timezone | None = None) -> float | TimeProblem:
    """Read a time as seconds since 1970: extended format with offset, or whole milliseconds.

    A time without offset is one of ``zone``, and ``no_offset`` where that is None.
    """
    if isinstance(value, str):
        if _USUAL.fullmatch(value):
            try:
                return datetime.fromisoformat(value).timestamp()
            except ValueError:
                pass
        found = read_date_time(value, zone)
        return found if isinstance(found, TimeProblem) else found.timestamp()
    if isinstance(value, int) and _MILLISECONDS_FROM <= value < _MILLISECONDS_TO:
        return value / 1000
    return TimeProblem.SHAPE
