"""Offsets of the zones that targets declare for times without offset."""

import re
from datetime import UTC, timedelta, timezone

__all__ = ["offset_of"]

# China has kept one offset, without summer time, since 1991; judging opens no zone database.
_NAMED = {
    "Asia/Shanghai": 8,
    "Asia/Chongqing": 8,
    "Asia/Chungking": 8,
    "Asia/Harbin": 8,
    "Asia/Hong_Kong": 8,
    "Asia/Macau": 8,
    "Asia/Taipei": 8,
    "Asia/Urumqi": 6,
    "Asia/Kashgar": 6,
    "PRC": 8,
    "Etc/GMT-8": 8,
    "UTC": 0,
    "Etc/UTC": 0,
    "GMT": 0,
}
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")
_MOST_HOURS, _SIXTY = 14, 60


def offset_of(zone: str | None) -> timezone | None:
    """Give the offset of a declared zone: a Chinese zone, UTC, ``Z`` or ``±hh:mm``; else None."""
    if zone is None:
        return None
    if zone == "Z":
        return UTC
    if zone in _NAMED:
        return timezone(timedelta(hours=_NAMED[zone]))
    found = _OFFSET.fullmatch(zone)
    if found is None or int(found[2]) > _MOST_HOURS or int(found[3]) >= _SIXTY:
        return None
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-ahead if found[1] == "-" else ahead)
