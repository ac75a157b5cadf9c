"""No mapping that a target file may hold turns a wrong message of a device into a right one."""

from typing import Any

import pytest

from checks.telemetry_trace import (
    SINCE,
    Tape,
    judged,
    moment,
    profile,
    reading,
    sample,
    session,
)
from cqsc_conform.formats.device import Topics, read_events
from cqsc_conform.formats.zones import offset_of
from cqsc_conform.model.operation import ElementAt, Operation

EAST = offset_of("Asia/Shanghai")
UNITS = {"temperature": "Cel", "humidity": "%"}


def operation(**mapping: Any) -> Operation:
    base = {"method": "PUBLISH", "path": "cqsc/{region}/{device}/telemetry", "items": "/readings"}
    return Operation(**(base | {"units": UNITS} | mapping))


def said(number: str, tape: Tape, **mapping: Any) -> tuple[str, str]:
    operations = dict(profile().operations) | {"telemetry": operation(**mapping)}
    topics = Topics(operations, EAST)
    read = list(read_events(tape.frames, "iot.watch/trace.1", topics, since=SINCE))
    verdict = judged(number, tape, seen=read)
    return verdict.outcome.value, verdict.code.removeprefix("telemetry.")


def told(message: Any) -> Tape:
    return session([message] * 12)


def bare(number: int) -> dict[str, Any]:
    return sample(number, time=moment(number * 10.0).removesuffix("+08:00"))


FLAT = {"temperature": 23.5, "humidity": 60}


@pytest.mark.parametrize(
    ("number", "message", "mapping", "code"),
    [
        ("011", reading(1, unit=None), {}, "unit_missing"),
        ("011", reading(1, unit="℃"),
         {"elements": {"unit": ElementAt(at="/unit", values={"℃": "Cel"})}}, "unit_wrong"),
        ("011", sample(1, readings=FLAT), {"members": True}, "unit_missing"),
        ("012", reading(1, unit=None, value=2350), {}, "value_implausible"),
        ("012", sample(1, readings={"temperature": 2350}), {"members": True}, "value_implausible"),
        ("012", sample(1, readings={"temperature": "23"}), {"members": True}, "value_no_number"),
        ("012", reading(1, unit="K"), {}, "value_implausible"),
        ("006", bare(1), {}, "time_invalid"),
        ("004", sample(1, readings={}), {"members": True}, "no_readings"),
        ("004", sample(1, readings={"temperature": None}), {"members": True}, "reading_incomplete"),
        ("004", sample(1, readings=FLAT), {}, "no_readings"),
        ("004", sample(1, readings=[]), {"members": True}, "no_readings"),
        ("013", sample(1, readings=FLAT), {"members": True}, "quality_missing"),
        ("013", reading(1, quality=1), {}, "quality_unknown"),
        ("013", reading(1, quality=True),
         {"elements": {"quality": ElementAt(at="/quality", values={"1": "good"})}},
         "quality_unknown"),
        ("024", sample(1, readings={"temperature": 0.1234567890123456}), {"members": True},
         "number_noisy"),
        ("025", b'{"readings": {"temperature": 1, "temperature": 2}}', {"members": True},
         "json_fault"),
    ],
)  # fmt: skip
def test_a_fault_stays_a_fault(number, message, mapping, code):
    assert said(number, told(message), **mapping) == ("fail", code)


@pytest.mark.parametrize(
    ("number", "message", "mapping", "code"),
    [
        ("012", reading(1, unit=None), {}, "values_plausible"),
        ("012", sample(1, readings=FLAT), {"members": True}, "values_plausible"),
        ("004", sample(1, readings=FLAT), {"members": True}, "envelope_complete"),
        ("004", sample(1, readings=[["t", 1]]), {"elements": {"name": "/0", "value": "/1"}},
         "envelope_complete"),
        ("024", sample(1, readings=FLAT), {"members": True}, "numbers_exact"),
        ("013", reading(1, quality=1),
         {"elements": {"quality": ElementAt(at="/quality", values={"1": "good"})}},
         "quality_listed"),
    ],
)  # fmt: skip
def test_what_is_right_in_other_words_is_read(number, message, mapping, code):
    assert said(number, told(message), **mapping) == ("pass", code)


def test_a_declared_unit_that_is_wrong_for_its_quantity_is_held_to_no_range():
    tape = told(reading(1, unit=None))
    assert said("012", tape, units={"temperature": "℃"}) == ("inconclusive", "no_known_quantity")


def test_the_clock_is_judged_in_the_declared_zone():
    tape = session(bare(number) for number in range(1, 12))
    assert judged("007", tape).outcome.value == "inconclusive"
    assert said("007", tape) == ("pass", "clock_right")
    wrong = session(sample(n, time=moment(n * 10.0 + 28_800)[:-6]) for n in range(1, 12))
    assert said("007", wrong) == ("fail", "clock_wrong")


def test_one_good_reading_does_not_speak_for_the_next():
    good, bad = reading(1), reading(2, value=2350.0)
    assert said("012", session([good] * 6 + [bad])) == ("fail", "value_implausible")
    assert said("011", session([good] * 6 + [reading(2, unit="K ")])) == ("fail", "unit_wrong")
    assert said("013", session([good] * 6 + [reading(2, quality="ok")])) == (
        "fail",
        "quality_unknown",
    )
    assert said("004", session([good] * 6 + [reading(2, name=" ")])) == (
        "fail",
        "reading_incomplete",
    )
    large = session([good] * 6 + [reading(2, value=2**53)])
    assert said("024", large) == ("fail", "number_large")
