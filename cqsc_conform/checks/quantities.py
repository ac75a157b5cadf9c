"""Checks of readings against the dated table of quantities: units, ranges, quality flags."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from cqsc_conform.checks.entries import Said, empty, show, text_of, trouble
from cqsc_conform.checks.registry import Table, inconclusive, passed, stream_check
from cqsc_conform.checks.watching import Tally, Watching
from cqsc_conform.formats.device import Event
from cqsc_conform.formats.device_message import Columns, Part

_COLUMNS = (
    "quantity", "unit", "min", "max", "basis", "source", "valid_from", "valid_to", "zh", "en",
)  # fmt: skip
_GOOD = frozenset({"good"})


class Span(msgspec.Struct, frozen=True):
    """One quantity in one unit: the values that are plausible, and when the row holds."""

    unit: str
    low: float
    high: float
    valid_from: date
    valid_to: date | None

    def holds(self, on: date) -> bool:
        """Tell whether the row holds on a day; ``valid_to`` is exclusive."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


Quantities = dict[str, tuple[Span, ...]]


def read_quantities(text: str) -> Quantities:
    """Read the table; lines that begin with ``#`` are for people.

    :raises ValueError: when its columns or a value in it cannot be read.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    rows = csv.DictReader(lines, strict=True)
    if tuple(rows.fieldnames or ()) != _COLUMNS:
        raise ValueError("columns")
    found: Quantities = {}
    for row in rows:
        ends = row["valid_to"]
        span = Span(
            row["unit"], float(row["min"]), float(row["max"]),
            date.fromisoformat(row["valid_from"]), date.fromisoformat(ends) if ends else None,
        )  # fmt: skip
        found[row["quantity"]] = (*found.get(row["quantity"], ()), span)
    return found


def _readings(event: Event, table: Quantities) -> Iterator[tuple[str, Part, tuple[Span, ...]]]:
    """Give the readings of quantities that the table knows on that day."""
    message = event.telemetry
    if message is None:
        return
    on = datetime.fromtimestamp(event.when, UTC).date()
    for reading in message.readings:
        name = text_of(reading.element("name"))
        rows = tuple(each for each in table.get(name or "", ()) if each.holds(on))
        if name is not None and rows:
            yield name, reading, rows


_NOT_SEEN: Any = object()
_MOST_SHAPES = 4096
_DAY = 86_400


class _Shapes:
    """Remembers what a rule said of readings that differ in nothing but their values."""

    __slots__ = ("_day", "_known")

    def __init__(self) -> None:
        self._known: dict[object, Any] = {}
        self._day = -1.0

    def find(self, event: Event, columns: Columns) -> Any:  # noqa: ANN401 - each rule's own
        """Give what was said on that day, or ``_NOT_SEEN``."""
        day = event.when // _DAY
        if day != self._day:
            self._known.clear()
            self._day = day
        return self._known.get(columns.shape, _NOT_SEEN)

    def learn(self, columns: Columns, said: object) -> None:
        """Remember what is said of such readings."""
        if len(self._known) < _MOST_SHAPES:
            self._known[columns.shape] = said


@stream_check("telemetry.units_ucum", version=2)
def units_ucum(*, seconds: float, quantities: Table) -> Watching:
    """Demand a unit that the table allows for its quantity, sent as UCUM writes it."""
    table = quantities.read(read_quantities)
    tally = Tally()
    shapes = _Shapes()
    while (event := (yield)) is not None:
        columns = event.telemetry.columns if event.telemetry is not None else None
        known = _NOT_SEEN if columns is None else shapes.find(event, columns)
        if known is not _NOT_SEEN:
            tally.keep(event, known)
            continue
        bad, seen = tally.bad, tally.seen
        for name, reading, rows in _readings(event, table):
            unit = reading.sent("unit")
            allowed = tuple(row.unit for row in rows)
            wrong = None
            if empty(unit):
                wrong = trouble("telemetry.unit_missing", name=name, allowed=allowed)
            elif unit not in allowed:
                wrong = trouble("telemetry.unit_wrong", name=name, unit=show(unit), allowed=allowed)
            tally.judge(wrong, event.id)
        if columns is not None and tally.bad == bad:
            shapes.learn(columns, tally.seen - seen)
    if not tally.seen:
        return inconclusive("telemetry.no_known_quantity")
    return tally.trouble() or passed(
        "telemetry.units_ucum", *tally.cites, count=tally.seen, readings=tally.seen
    )


@stream_check("telemetry.values_plausible", version=2)
def values_plausible(*, seconds: float, quantities: Table) -> Watching:
    """Demand a number within the table's range, of each reading that is flagged good or not at all.

    A reading in a unit that the table does not list is left to the check of units, one without
    a value to that of the envelope.  Where a reading carries no unit, it is taken to be in the
    one that the target file declares for it.
    """
    table = quantities.read(read_quantities)
    tally = Tally()
    shapes = _Shapes()
    while (event := (yield)) is not None:
        columns = event.telemetry.columns if event.telemetry is not None else None
        if columns is not None and columns.numbers:
            spans = shapes.find(event, columns)
            if spans is _NOT_SEEN:
                spans = tuple(_spans(event, table))
                shapes.learn(columns, spans)
            for place, low, high in spans:
                if not low <= columns.values[place] <= high:
                    break
            else:
                tally.keep(event, len(spans))
                continue
        for name, reading, rows in _readings(event, table):
            span = _span_of(reading, rows)
            value = reading.element("value")
            if span is not None and not empty(value):
                tally.judge(_implausible(name, value, span), event.id)
    if not tally.seen:
        return inconclusive("telemetry.no_known_quantity")
    return tally.trouble() or passed(
        "telemetry.values_plausible", *tally.cites, count=tally.seen, readings=tally.seen
    )


def _span_of(reading: Part, rows: tuple[Span, ...]) -> Span | None:
    """Give the range that a reading is held to; None for one flagged as other than good."""
    quality, unit = reading.element("quality"), reading.element("unit")
    if not empty(quality) and text_of(quality) not in _GOOD:
        return None
    if empty(unit):
        unit = reading.declared_unit
    return next((row for row in rows if row.unit == unit), None)


def _spans(event: Event, table: Quantities) -> Iterator[tuple[int, float, float]]:
    """Give the place and the range of each reading that is held to one."""
    ranges = {id(reading): _span_of(reading, rows) for _, reading, rows in _readings(event, table)}
    readings = event.telemetry.readings if event.telemetry is not None else ()
    for place, reading in enumerate(readings):
        span = ranges.get(id(reading))
        if span is not None:
            yield place, span.low, span.high


def _implausible(name: str, value: object, span: Span) -> Said | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return trouble("telemetry.value_no_number", name=name, value=show(value))
    if not span.low <= value <= span.high:
        return trouble(
            "telemetry.value_implausible", name=name, value=show(value), unit=span.unit,
            low=span.low, high=span.high,
        )  # fmt: skip
    return None


@stream_check("telemetry.quality_listed", version=1)
def quality_listed(*, seconds: float, values: tuple[str, ...]) -> Watching:
    """Demand a quality flag of each reading, one of the listed."""
    tally = Tally()
    shapes = _Shapes()
    while (event := (yield)) is not None:
        message = event.telemetry
        columns = message.columns if message is not None else None
        known = _NOT_SEEN if columns is None else shapes.find(event, columns)
        if known is not _NOT_SEEN:
            tally.keep(event, known)
            continue
        bad, seen = tally.bad, tally.seen
        for reading in message.readings if message is not None else ():
            given, name = reading.element("quality"), reading.text("name")
            wrong = None
            if empty(given):
                wrong = trouble("telemetry.quality_missing", name=show(name), allowed=values)
            elif text_of(given) not in values:
                wrong = trouble(
                    "telemetry.quality_unknown", name=show(name), value=show(given), allowed=values
                )
            tally.judge(wrong, event.id)
        if columns is not None and tally.bad == bad:
            shapes.learn(columns, tally.seen - seen)
    return tally.trouble() or passed(
        "telemetry.quality_listed", *tally.cites, count=tally.seen, readings=tally.seen
    )
