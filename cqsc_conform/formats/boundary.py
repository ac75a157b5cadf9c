"""Boundary values: what to try an input with, and whether it is right.  Pure, total, ordered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Literal

from msgspec import Struct

from cqsc_conform.formats.times import TimeProblem, read_date, read_date_time
from cqsc_conform.model.stimulus import Input

__all__ = ["ABSENT", "Case", "Valid", "boundary_cases", "cases_of", "is_right", "size_of"]

Valid = Literal["yes", "no", "either"]
Value = str | int | float | bool | list[object] | dict[str, object] | None


class Absent:
    """Stands for an input that is left out."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()

_BEYOND_BMP = "\U00020bb7"
"""𠮷, of Extension B: four octets in UTF-8, two units in UTF-16."""
_LONGEST = 4096
"""Characters of an over-long string where no bound is declared."""


class Case(Struct, frozen=True):
    """One thing to try: the input, the rule that the value tests, the value, and whether it fits.

    ``name`` is empty for the case in which every input is right.
    """

    name: str
    rule: str
    value: object
    valid: Valid

    @property
    def label(self) -> str:
        """Name the case for people and facts: ``limit:over_maximum``."""
        return f"{self.name}:{self.rule}" if self.name else self.rule


def boundary_cases(inputs: Mapping[str, Input], most: int) -> tuple[Case, ...]:
    """Choose at most ``most`` cases, in turn from each input, its most telling ones first."""
    rows: list[list[Case]] = [list(cases_of(name, each)) for name, each in inputs.items()]
    if any(each.place == "field" for each in inputs.values()):
        rows.append([Case("x_unknown", "extra_member", "x", "either")])
    turns = [case for turn in zip_longest(*rows) for case in turn if case is not None]
    return tuple(turns[:most])


def cases_of(name: str, given: Input) -> Iterator[Case]:
    """Give the boundary cases of one input, the most telling first."""
    seen: set[str] = set()
    for rule, value, valid in _cases(given):
        key = repr((type(value).__name__, value))
        # As text in a query a number and its digits are one and the same.
        if given.place == "param" and isinstance(value, int | float):
            key = repr(("str", str(value)))
        if key not in seen:
            seen.add(key)
            yield Case(name, rule, value, valid)


Row = tuple[str, object, Valid]


def _cases(given: Input) -> Iterator[Row]:
    if given.required:
        yield "missing", ABSENT, "no"
    if given.enum:
        yield from _of_enum(given.enum)
    else:
        match given.type:
            case "integer" | "number":
                yield from _of_number(given)
            case "boolean":
                yield from _of_boolean(given)
            case "date":
                yield from _DATES
            case "date-time":
                yield from _TIMES
            case _:
                yield from _of_string(given)
    yield from _of_any(given)


def _of_any(given: Input) -> Iterator[Row]:
    """Give what no type but text takes, and what only a JSON body can say."""
    text = given.type == "string" and not given.enum
    if not text or given.min_length:
        yield "empty", "", "no"
    if given.place == "field":
        yield "null", None, "yes" if given.nullable else "no"
        yield "object", {"x": 1}, "no"
        yield "array", [1], "no"
        if text:
            yield "number_for_text", 17, "no"
    if not text:
        yield "beyond_bmp", _BEYOND_BMP, "no"
        yield "quote", "'\"", "no"
        yield "nul", "\x00", "no"


def _of_enum(values: Sequence[str]) -> Iterator[Row]:
    yield "unknown_value", f"{values[0]}x", "no"
    yield "first_value", values[0], "yes"
    yield "last_value", values[-1], "yes"
    swapped = values[0].swapcase()
    if swapped not in values:
        yield "other_case", swapped, "either"


def _of_number(given: Input) -> Iterator[Row]:
    whole = given.type == "integer"
    least, most = given.minimum, given.maximum
    yield "not_a_number", "abc", "no"
    if most is not None:
        yield "over_maximum", _number(most + 1, whole), "no"
        yield "maximum", _number(most, whole), "yes"
    if least is not None:
        yield "under_minimum", _number(least - 1, whole), "no"
        yield "minimum", _number(least, whole), "yes"
    if whole:
        yield "fraction", 1.5, "no"
    yield "negative", -1, _within(given, -1)
    yield "zero", 0, _within(given, 0)
    yield "beyond_32_bits", 2**31, _within(given, 2**31)
    yield "beyond_53_bits", 2**53 + 1, _within(given, 2**53 + 1)
    yield "forty_digits", "9" * 40, "no" if most is not None else "either"
    yield "exponent", "1e3", "either"
    yield "not_a_number_word", "NaN", "no"
    yield "infinite_word", "Infinity", "no"
    yield "arabic_digits", "\u0661\u0662", "no"
    yield "padded", " 7", "either"


def _number(value: float, whole: bool) -> float | int:
    return int(value) if whole or float(value).is_integer() else value


def _within(given: Input, value: float) -> Valid:
    least, most = given.minimum, given.maximum
    if (least is not None and value < least) or (most is not None and value > most):
        return "no"
    # Where no bound is declared, nobody promised to take what no common type holds.
    return "yes" if least is not None and most is not None else "either"


def _of_boolean(given: Input) -> Iterator[Row]:
    yield "not_boolean", "maybe", "no"
    as_text = given.place == "param"
    yield "true", "true" if as_text else True, "yes"
    yield "false", "false" if as_text else False, "yes"
    yield "number_for_boolean", 2, "no"


_DATES: tuple[Row, ...] = (
    ("not_a_date", "abc", "no"),
    ("no_such_day", "2026-02-29", "no"),
    ("leap_day", "2024-02-29", "yes"),
    ("thirty_first_of_april", "2026-04-31", "no"),
    ("month_13", "2026-13-01", "no"),
    ("last_day_of_year", "2026-12-31", "yes"),
    ("no_leap_century", "1900-02-29", "no"),
    ("basic_form", "20260131", "either"),
    ("slashes", "2026/01/31", "no"),
    ("epoch", "1970-01-01", "yes"),
    ("year_9999", "9999-12-31", "yes"),
)

_TIMES: tuple[Row, ...] = (
    ("not_a_time", "abc", "no"),
    ("no_such_day", "2026-02-29T00:00:00+08:00", "no"),
    ("leap_day_end", "2024-02-29T23:59:59+08:00", "yes"),
    ("no_offset", "2026-01-31T10:00:00", "either"),
    ("hour_25", "2026-01-31T25:00:00+08:00", "no"),
    ("minute_60", "2026-01-31T10:60:00+08:00", "no"),
    ("leap_second", "2016-12-31T23:59:60Z", "either"),
    ("end_of_day_24", "2026-01-31T24:00:00+08:00", "either"),
    ("utc", "2026-01-31T10:00:00Z", "yes"),
    ("fraction", "2026-01-31T10:00:00.123456+08:00", "yes"),
    ("offset_over_a_day", "2026-01-31T10:00:00+24:00", "no"),
    ("date_only", "2026-01-31", "either"),
    ("epoch", "1970-01-01T00:00:00Z", "yes"),
    ("year_2106", "2106-02-07T06:28:16Z", "yes"),
)


def _of_string(given: Input) -> Iterator[Row]:
    most = given.max_length
    if most is not None:
        yield "over_length", "x" * (most + 1), "no"
        yield "longest", "x" * most, "either"
    else:
        yield "very_long", "x" * _LONGEST, "either"
    if given.min_length > 1:
        yield "under_length", "x" * (given.min_length - 1), "no"
    for rule, value in _TEXTS:
        yield rule, value, "either"


_TEXTS = (
    ("nul", "a\x00b"),
    ("quote", "a'b\"c"),
    ("beyond_bmp", _BEYOND_BMP),
    ("percent", "%00%zz"),
    ("traversal", "../../x"),
    ("markup", "<b>&amp;"),
    ("combining", "e\u0301"),
    ("right_to_left", "\u202eabc"),
    ("control", "a\u0007\u001bb"),
    ("line_breaks", "a\r\nb"),
    ("space", " "),
)


def is_right(given: Input, value: object) -> Valid:
    """Judge any value by an input's declaration; where the text leaves it open, ``either``."""
    if value is ABSENT:
        return "no" if given.required else "yes"
    if value is None:
        return "yes" if given.nullable else "no"
    if given.enum:
        return "yes" if value in given.enum else "no"
    return _RIGHT[given.type](given, value)


def _right_boolean(given: Input, value: object) -> Valid:
    words = given.place == "param" and value in {"true", "false"}
    return "yes" if isinstance(value, bool) or words else "no"


def _right_number(given: Input, value: object) -> Valid:
    if isinstance(value, bool) or not isinstance(value, int | float):
        plain = isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit()
        return "either" if plain and given.place == "param" else "no"
    if given.type == "integer" and isinstance(value, float):
        return "no"
    return _within(given, value)


def _right_time(given: Input, value: object) -> Valid:
    if not isinstance(value, str):
        return "no"
    read = read_date(value) if given.type == "date" else read_date_time(value)
    if not isinstance(read, TimeProblem):
        return "yes"
    # Other forms of ISO 8601 are taken by some; only what is no form at all is wrong.
    return "either" if any(each.isdigit() for each in value) else "no"


def _right_text(given: Input, value: object) -> Valid:
    if not isinstance(value, str):
        return "no"
    if len(value) < given.min_length:
        return "no"
    return "no" if given.max_length is not None and len(value) > given.max_length else "either"


_RIGHT: Mapping[str, Callable[[Input, object], Valid]] = {
    "integer": _right_number,
    "number": _right_number,
    "boolean": _right_boolean,
    "date": _right_time,
    "date-time": _right_time,
    "string": _right_text,
}


def size_of(value: object) -> int:
    """Weigh a value: the fewer characters, the easier it is to understand."""
    return 0 if value is ABSENT else len(str(value)) + 1
