"""Administrative region codes by date: 行政区划代码 (GB/T 2260), Chongqing and Sichuan.

A table knows what it covers.  Where it cannot know, the answer is None, never a guess: a
region that changed hands on an unknown day of a known year, a time before the table begins, a
code that a later edition may have brought.
"""

import csv
import re
from collections.abc import Iterable
from datetime import date
from typing import Self

import msgspec

__all__ = ["Bound", "Coverage", "Region", "RegionTable", "Unsettled", "read_regions"]

_COLUMNS = ["code", "name_zh", "name_en", "level", "valid_from", "valid_to"]
_CODE = re.compile(r"[0-9]{6}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR = re.compile(r"[0-9]{4}")
_NOTE = re.compile(r"# (edition|covers|unsettled): (.*)")
_LINE = "line {}"
_PATTERN = re.compile(r"[0-9?]{6}")
# GB/T 2260, table 1: the first two digits that stand for a province-level region.
_PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")


class Bound(msgspec.Struct, frozen=True):
    """Gives the days between which a change took place, both included; one day if known."""

    first: date
    last: date

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``YYYY-MM-DD``, ``YYYY`` (some day of that year) or nothing.

        :raises ValueError: when the text is none of these.
        """
        if not text:
            return None
        if _YEAR.fullmatch(text):
            return cls(date(int(text), 1, 1), date(int(text), 12, 31))
        return cls(_day(text), _day(text))

    def reached(self, on: date) -> bool | None:
        """Say whether the change had taken place by a day; None when it may have."""
        if on < self.first:
            return False
        return True if on >= self.last else None


class Region(msgspec.Struct, frozen=True):
    """Holds one code for one stretch of time."""

    code: str
    name_zh: str
    name_en: str
    level: str
    """municipality, province, prefecture, district, county, county_city, autonomous_county,
    or summary (市辖区 and 县 rows: they count regions and are none)."""
    valid_from: Bound | None
    valid_to: Bound | None
    """The first day on which the code no longer stands."""

    def valid_on(self, on: date) -> bool | None:
        """Say whether the code stood on a day, as far as its own bounds tell."""
        begun = self.valid_from.reached(on) if self.valid_from else True
        ended = self.valid_to.reached(on) if self.valid_to else False
        if begun is False or ended is True:
            return False
        return True if begun is True and ended is False else None


class Coverage(msgspec.Struct, frozen=True):
    """Says between which days, both included, the table is complete for a prefix of codes."""

    prefix: str
    first: date
    last: date


class Unsettled(msgspec.Struct, frozen=True):
    """Marks codes that the table does not settle from a day on; ``?`` is any digit."""

    pattern: str
    since: date

    def holds(self, code: str, on: date) -> bool:
        """Say whether the mark speaks about a code on a day."""
        alike = all(mark in ("?", digit) for mark, digit in zip(self.pattern, code, strict=True))
        return alike and on >= self.since


class RegionTable(msgspec.Struct, frozen=True):
    """Answers which region codes stood on which day."""

    edition: str
    regions: dict[str, tuple[Region, ...]]
    coverage: tuple[Coverage, ...]
    unsettled: tuple[Unsettled, ...]

    def region(self, code: str, on: date) -> Region | None:
        """Find the row of a code that stood, or may have stood, on a day."""
        rows = self.regions.get(code, ())
        return next((row for row in rows if row.valid_on(on) is not False), None)

    def valid_on(self, code: str, on: date) -> bool | None:
        """Say whether a code stood on a day; None when the table cannot know.

        A listed code is taken to stand after the covered days until an edition says
        otherwise; before them only its own bounds can deny it.  A code that is not listed is
        denied within the covered days alone.  Summary rows are listed codes: ask
        :meth:`region` for the level.
        """
        if not _CODE.fullmatch(code) or not _PROVINCES.fullmatch(code[:2]):
            return False
        covered = next((span for span in self.coverage if code.startswith(span.prefix)), None)
        if covered is None:
            return None
        rows = self.regions.get(code, ())
        if rows:
            answers = {row.valid_on(on) for row in rows}
            told = True if True in answers else None if None in answers else False
            begins = any(row.valid_from is not None and row.valid_on(on) for row in rows)
            return None if told is True and on < covered.first and not begins else told
        if any(mark.holds(code, on) for mark in self.unsettled):
            return None
        return False if covered.first <= on <= covered.last else None


def read_regions(csv_text: str) -> RegionTable:
    """Read a table: comment lines that say what it covers, a head line, one line a code.

    Comment lines begin with ``#``; three kinds are read, the others are for people::

        # edition: 2025-11-06
        # covers: 50 2018-10-31 2025-11-06
        # unsettled: 5001?? 2025-11-06

    The columns are code, name_zh, name_en, level, valid_from, valid_to.  A bound is a day, a
    year (the day is not known) or empty (none is known); valid_to is exclusive.

    :raises ValueError: ``line <n>`` of the first line that cannot be read, or ``edition``,
        ``covers`` or ``columns`` when the text lacks them.
    """
    edition = ""
    coverage: list[Coverage] = []
    unsettled: list[Unsettled] = []
    rows: list[tuple[int, str]] = []
    for number, line in enumerate(csv_text.splitlines(), 1):
        note = _NOTE.fullmatch(line)
        try:
            if note and note[1] == "edition":
                edition = note[2].strip()
            elif note and note[1] == "covers":
                prefix, first, last = note[2].split()
                coverage.append(Coverage(prefix, _day(first), _day(last)))
            elif note:
                pattern, since = note[2].split()
                unsettled.append(Unsettled(_pattern(pattern), _day(since)))
            elif line.strip() and not line.startswith("#"):
                rows.append((number, line))
        except ValueError as error:
            raise ValueError(_LINE.format(number)) from error
    if not edition:
        raise ValueError("edition")
    if not coverage:
        raise ValueError("covers")
    if not rows or rows[0][1].split(",") != _COLUMNS:
        raise ValueError("columns")
    return RegionTable(edition, _by_code(rows[1:]), tuple(coverage), tuple(unsettled))


def _by_code(lines: Iterable[tuple[int, str]]) -> dict[str, tuple[Region, ...]]:
    regions: dict[str, tuple[Region, ...]] = {}
    for number, line in lines:
        try:
            (cells,) = csv.reader([line], strict=True)
            code, name_zh, name_en, level, begun, ended = cells
            if not _CODE.fullmatch(code):
                raise ValueError(code)  # noqa: TRY301 - the line number is added below
            row = Region(code, name_zh, name_en, level, Bound.read(begun), Bound.read(ended))
        except (ValueError, csv.Error) as error:
            raise ValueError(_LINE.format(number)) from error
        regions[code] = (*regions.get(code, ()), row)
    return regions


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _pattern(text: str) -> str:
    if not _PATTERN.fullmatch(text):
        raise ValueError(text)
    return text
