"""Checks of telemetry messages: topics, identity, envelope, size, form."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from cqsc_conform.checks.entries import Said, empty, show, trouble
from cqsc_conform.checks.registry import Table, inconclusive, passed, stream_check
from cqsc_conform.checks.watching import (
    Tally,
    Watching,
    number_of,
    parts_of,
    telemetry_of,
)
from cqsc_conform.formats.device_message import Columns, Message, Part
from cqsc_conform.formats.mqtt import Connect
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.reading import as_text
from cqsc_conform.formats.regions import RegionTable, read_regions
from cqsc_conform.formats.strict_json import json_faults
from cqsc_conform.model.outcome import Outcome

_BEIJING = timedelta(hours=8)
_BEIJING_SECONDS, _DAY_SECONDS = 28_800, 86_400
_MOST_DEVICES = 4096
_MOST_KNOWN = 65_536
_LARGEST_WHOLE = 2**53 - 1
"""The largest whole number that every reader of JSON holds (RFC 7493, 2.2)."""
_DIGITS = re.compile(r"[0-9]+")


# Who subscribes to the declared topics sees no other ones.
@stream_check("telemetry.topics_declared", version=1, needs=("peer", "capture"))
def topics_declared(*, seconds: float) -> Watching:
    """Demand that every message is published to a topic that the target file declares."""
    tally = Tally()
    while (event := (yield)) is not None:
        message = event.message
        if message is not None:
            if message.operation:
                tally.keep(event)
            else:
                wrong = trouble("telemetry.topic_undeclared", topic=show(message.topic))
                tally.judge(wrong, event.id)
    return tally.trouble() or passed(
        "telemetry.topics_declared", *tally.cites, count=tally.seen, messages=tally.seen
    )


@stream_check("telemetry.identity_agrees", version=1)
def identity_agrees(*, seconds: float) -> Watching:
    """Demand that the device of the payload is the device of the topic."""
    tally = Tally()
    while (event := (yield)) is not None:
        message = event.telemetry or event.status
        named = message.places.get("device") if message is not None else None
        if message is None or named is None:
            continue
        for part in message.parts:
            said = part.element("device")
            if not empty(said):
                if as_text(said) == named:
                    tally.keep(event)
                    continue
                wrong = trouble("telemetry.identity_differs", topic=show(named), payload=show(said))
                tally.judge(wrong, event.id)
    return tally.trouble() or passed(
        "telemetry.identity_agrees", *tally.cites, count=tally.seen, messages=tally.seen
    )


@stream_check("telemetry.client_id_kept", version=1, needs=("peer",))
def client_id_kept(*, seconds: float) -> Watching:
    """Demand one client id on every connection, with the device's id in it."""
    tally = Tally()
    first: str | None = None
    devices: set[str] = set()
    while (event := (yield)) is not None:
        for part in parts_of(event):
            if not empty(part.element("device")) and len(devices) < _MOST_DEVICES:
                devices.add(part.text("device"))
        if isinstance(event.packet, Connect):
            given = event.packet.client_id
            first = given if first is None else first
            wrong = None if given == first else trouble(
                "telemetry.client_id_changed", first=show(first), then=show(given)
            )  # fmt: skip
            tally.judge(wrong, event.id)
    found = tally.trouble(least=2)
    if found is not None:
        return found
    if not devices:
        return inconclusive("telemetry.no_device", *tally.cites)
    shown = show(first)
    if not any(each in (first or "") for each in devices):
        tally.judge(
            trouble("telemetry.client_id_foreign", client=shown, device=show(min(devices))),
            *tally.cites,
        )
    return tally.trouble() or passed(
        "telemetry.client_id_kept",
        *tally.cites,
        count=tally.seen,
        client=shown,
        sessions=tally.seen,
    )


@stream_check("telemetry.envelope_complete", version=1)
def envelope_complete(
    *, seconds: float, elements: tuple[str, ...], reading: tuple[str, ...]
) -> Watching:
    """Demand the elements of every message and of every reading in it."""
    tally = Tally()
    named = _Shapes(0 if set(reading) <= {"name", "value"} else None)
    while (event := (yield)) is not None:
        message = event.telemetry
        if message is None:
            continue
        columns = message.columns
        if columns is not None and columns.numbers and named.known(columns):
            (part,) = message.parts
            for name in elements:
                if empty(part.element(name)):
                    break
            else:
                tally.keep(event)
                continue
        # What is no object in a batch is the affair of batches.
        for part in (each for each in message.parts if isinstance(each.raw, dict)):
            wrong = _incomplete(message, part, elements, reading)
            if wrong is None and columns is not None:
                named.learn(columns)
            tally.judge(wrong, event.id)
    return tally.trouble() or passed(
        "telemetry.envelope_complete", *tally.cites, count=tally.seen, messages=tally.seen
    )


class _Shapes:
    """Remembers shapes of readings whose names are all there."""

    __slots__ = ("_known", "_which")

    def __init__(self, which: int | None) -> None:
        self._known: set[tuple[str, ...]] = set()
        self._which = which

    def known(self, columns: Columns) -> bool:
        """Tell whether such readings were found good before."""
        return self._which is not None and columns.shape[self._which] in self._known

    def learn(self, columns: Columns) -> None:
        """Remember readings that were found good."""
        if self._which is not None and len(self._known) < _MOST_DEVICES:
            self._known.add(columns.shape[self._which])


def _incomplete(
    message: Message, part: Part, elements: tuple[str, ...], reading: tuple[str, ...]
) -> Said | None:
    lacking = tuple(name for name in elements if empty(part.element(name)))
    if lacking:
        return trouble("telemetry.element_missing", elements=lacking)
    readings = message.readings_of(part)
    if not readings:
        return trouble("telemetry.no_readings", seq=part.text("seq"))
    for each in readings:
        lacking = tuple(name for name in reading if empty(each.element(name)))
        if lacking:
            return trouble("telemetry.reading_incomplete", name=each.text("name"), elements=lacking)
    return None


@stream_check("telemetry.device_identified", version=1)
def device_identified(*, seconds: float, pattern: str, regions: Table) -> Watching:
    """Demand a device id of the region's scheme; a region code in it or in the topic stands."""
    table = regions.read(read_regions)
    scheme = re.compile(pattern)
    tally = Tally()
    known: dict[tuple[str, str, int], Said | None] = {}
    while (event := (yield)) is not None:
        message = event.telemetry
        for part in message.parts if message is not None else ():
            device = part.element("device")
            if message is None or empty(device):
                continue
            number = int((event.when + _BEIJING_SECONDS) // _DAY_SECONDS)
            key = as_text(device), message.places.get("region", ""), number
            if key not in known:
                if len(known) >= _MOST_DEVICES:
                    known.clear()
                day = datetime.fromtimestamp(event.when, UTC) + _BEIJING
                known[key] = _unidentified(*key[:2], day, scheme, table)
            wrong = known[key]
            if wrong is None:
                tally.keep(event)
            else:
                tally.judge(wrong, event.id)
    return tally.trouble() or passed(
        "telemetry.device_identified", *tally.cites, count=tally.seen, messages=tally.seen
    )


def _unidentified(
    device: str, region: str, day: datetime, scheme: "re.Pattern[str]", table: RegionTable
) -> Said | None:
    found = scheme.fullmatch(device)
    if found is None:
        return trouble("telemetry.device_id_malformed", device=show(device), scheme=scheme.pattern)
    worst = None
    for code in dict.fromkeys((region, found.groupdict().get("region") or "")):
        on = day.date()
        stood = table.valid_on(code, on) if code else True
        row = table.region(code, on) if code else None
        said: dict[str, Any] = {
            "region": show(code),
            "on": on.isoformat(),
            "edition": table.edition,
        }
        if stood is False or (row is not None and row.level == "summary"):
            return trouble("telemetry.region_invalid", **said)
        if stood is None:
            worst = trouble("telemetry.region_unsettled", Outcome.INCONCLUSIVE, **said)
    return worst


@stream_check("telemetry.not_retained", version=1, needs=("peer",))
def not_retained(*, seconds: float) -> Watching:
    """Demand that telemetry is published without RETAIN."""
    tally = Tally()
    while (event := (yield)) is not None:
        message = event.telemetry
        if message is not None:
            if message.retain:
                wrong = trouble("telemetry.retained", topic=show(message.topic))
                tally.judge(wrong, event.id)
            else:
                tally.keep(event)
    return tally.trouble() or passed(
        "telemetry.not_retained", *tally.cites, count=tally.seen, messages=tally.seen
    )


@stream_check("telemetry.batch_valid", version=1)
def batch_valid(*, seconds: float, most: int) -> Watching:
    """Demand that a batch holds one to ``most`` messages, each a JSON object."""
    tally = Tally()
    while (event := (yield)) is not None:
        message = telemetry_of(event)
        rows = message.batch if message is not None else MISSING
        if rows is not MISSING:
            tally.judge(_bad_batch(rows, most), event.id)
    return tally.trouble() or passed(
        "telemetry.batch_valid", *tally.cites, count=tally.seen, batches=tally.seen
    )


def _bad_batch(rows: object, most: int) -> Said | None:
    if not isinstance(rows, list):
        return trouble("telemetry.batch_no_array", value=show(rows))
    if not 1 <= len(rows) <= most:
        return trouble("telemetry.batch_size", size=len(rows), most=most)
    strange = next((each for each in rows if not isinstance(each, dict)), None)
    if strange is not None or None in rows:
        return trouble("telemetry.batch_no_object", value=show(strange))
    return None


@stream_check("telemetry.payload_bounded", version=2)
def payload_bounded(*, seconds: float, most: int) -> Watching:
    """Demand that no payload has more than ``most`` bytes.

    Of a packet over the kit's own cap nobody knows what was in it, but that it was large.
    """
    tally = Tally()
    largest = 0
    while (event := (yield)) is not None:
        message = event.message
        if message is not None and message.operation:
            size = len(message.payload)
            largest = max(largest, size)
            if size > most:
                wrong = trouble("telemetry.payload_large", size=size, most=most)
                tally.judge(wrong, event.id)
            else:
                tally.keep(event)
        elif event.kind == "rejected" and event.note.get("rule") == "packet_over_cap":
            size_said = show(event.note.get("detail"))
            doubt = trouble("telemetry.payload_over_cap", Outcome.INCONCLUSIVE, size=size_said)
            tally.judge(doubt, event.id)
    return tally.trouble() or passed(
        "telemetry.payload_bounded", *tally.cites, count=tally.seen, largest=largest, most=most
    )


@stream_check("telemetry.numbers_exact", version=1)
def numbers_exact(*, seconds: float, digits: int) -> Watching:
    """Demand numbers of at most ``digits`` significant digits, whole ones within ±(2^53 − 1)."""
    tally = Tally()
    known: set[float] = set()
    while (event := (yield)) is not None:
        message = event.telemetry
        if message is None:
            continue
        columns = message.columns
        if columns is not None and columns.numbers and _all_exact(columns.values, digits, known):
            number = number_of(message.parts[0])
            if number is None or number <= _LARGEST_WHOLE:
                tally.keep(event, len(columns.values) + (number is not None))
                continue
        for part in message.parts:
            number = number_of(part)
            if number is not None:
                tally.judge(_inexact("seq", number, digits), event.id)
            for reading in message.readings_of(part):
                value = reading.element("value")
                if isinstance(value, int | float) and not isinstance(value, bool):
                    tally.judge(_inexact(reading.text("name"), value, digits), event.id)
    return tally.trouble() or passed(
        "telemetry.numbers_exact", *tally.cites, count=tally.seen, numbers=tally.seen
    )


def _all_exact(values: tuple[float, ...], digits: int, known: set[float]) -> bool:
    """Tell whether numbers are all exact; ``known`` are fractions that were found so."""
    for value in values:
        if type(value) is int:
            if not -_LARGEST_WHOLE <= value <= _LARGEST_WHOLE:
                return False
        elif value not in known:
            if _inexact("", value, digits) is not None:
                return False
            if len(known) < _MOST_KNOWN:
                known.add(value)
    return True


def _inexact(name: str, value: float, digits: int) -> Said | None:
    if isinstance(value, int):
        if abs(value) > _LARGEST_WHOLE:
            return trouble("telemetry.number_large", name=show(name), value=show(value))
        return None
    written = repr(value).partition("e")[0]
    significant = "".join(_DIGITS.findall(written)).strip("0")
    if len(significant) > digits:
        return trouble(
            "telemetry.number_noisy", name=show(name), value=written, digits=len(significant),
            most=digits,
        )  # fmt: skip
    return None


@stream_check("telemetry.json_strict", version=1)
def json_strict(*, seconds: float) -> Watching:
    """Demand JSON in UTF-8 without NaN, without a name twice, as RFC 8259 and 7493 have it."""
    tally = Tally()
    while (event := (yield)) is not None:
        message = event.message
        if message is not None and message.operation:
            if message.surely_strict:
                tally.keep(event)
                continue
            faults = json_faults(message.payload)
            wrong = None
            if faults:
                wrong = trouble(
                    "telemetry.json_fault", fault=faults[0].code, offset=faults[0].offset
                )
            tally.judge(wrong, event.id)
    return tally.trouble() or passed(
        "telemetry.json_strict", *tally.cites, count=tally.seen, messages=tally.seen
    )
