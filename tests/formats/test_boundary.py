"""Boundary values: the table is bounded and ordered, and what it says of a value is so."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqsc_conform.formats.boundary import (
    ABSENT,
    boundary_cases,
    cases_of,
    is_right,
    size_of,
)
from cqsc_conform.model.stimulus import Input

LIMIT = Input(type="integer", minimum=1, maximum=100)
NAME = Input(type="string", min_length=2, max_length=5, required=True, place="field")
KINDS = {
    "limit": LIMIT,
    "ratio": Input(type="number", minimum=0.5, maximum=1.5),
    "name": NAME,
    "sort": Input(enum=("id", "-id")),
    "flag": Input(type="boolean"),
    "day": Input(type="date"),
    "since": Input(type="date-time"),
    "free": Input(),
    "count": Input(type="integer", place="field", nullable=True),
}


def rules(name: str) -> dict[str, tuple[object, str]]:
    return {each.rule: (each.value, each.valid) for each in cases_of(name, KINDS[name])}


def test_both_sides_of_a_bound_are_tried_and_told_apart():
    found = rules("limit")
    assert found["maximum"] == (100, "yes")
    assert found["over_maximum"] == (101, "no")
    assert found["minimum"] == (1, "yes")
    assert found["under_minimum"] == (0, "no")
    assert found["forty_digits"][1] == "no"
    assert rules("ratio")["over_maximum"] == (2.5, "no")


def test_lengths_absence_null_and_types_of_a_body_member():
    found = rules("name")
    assert found["missing"] == (ABSENT, "no")
    assert found["over_length"] == ("xxxxxx", "no")
    assert found["under_length"] == ("x", "no")
    assert found["null"][1] == found["number_for_text"][1] == found["empty"][1] == "no"
    assert rules("count")["null"][1] == "yes"


def test_dates_that_are_none_are_wrong_and_leap_days_are_right():
    found = rules("day")
    for rule, (value, valid) in found.items():
        if valid == "yes":
            assert date.fromisoformat(str(value)), rule
    assert found["no_such_day"][1] == found["thirty_first_of_april"][1] == "no"
    assert found["no_leap_century"] == ("1900-02-29", "no")
    assert rules("since")["leap_day_end"] == ("2024-02-29T23:59:59+08:00", "yes")


def test_as_text_no_value_is_tried_twice():
    for name, given_ in KINDS.items():
        shown = [
            str(each.value) if given_.place == "param" else repr(each.value)
            for each in cases_of(name, given_)
        ]
        assert len(shown) == len(set(shown)), name


@pytest.mark.parametrize("most", [0, 1, 9, 30, 1000])
def test_the_table_keeps_its_bound_and_gives_each_input_its_turn(most):
    found = boundary_cases(KINDS, most)
    assert len(found) <= most
    assert found == boundary_cases(KINDS, most)
    if most >= len(KINDS) + 1:
        # A body may hold a member that nobody knows.
        assert {each.name for each in found[: len(KINDS) + 1]} == {*KINDS, "x_unknown"}


def test_what_the_table_says_of_a_value_is_what_is_said_of_any():
    for name, given_ in KINDS.items():
        for case in cases_of(name, given_):
            said = is_right(given_, case.value)
            # The table knows the rule; of a value alone less may be known, never the contrary.
            assert {said, case.valid} != {"yes", "no"}, case


ANY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just(ABSENT)
)


@settings(max_examples=200)
@given(st.sampled_from(sorted(KINDS)), ANY)
def test_any_value_is_judged_and_weighed(name, value):
    assert is_right(KINDS[name], value) in {"yes", "no", "either"}
    assert size_of(value) >= 0


def test_a_number_in_a_query_is_its_digits():
    assert is_right(LIMIT, "50") == "either"
    assert is_right(LIMIT, 50) == "yes"
    assert is_right(LIMIT, 101) == is_right(LIMIT, "x") == is_right(LIMIT, 1.5) == "no"
    assert is_right(KINDS["flag"], "true") == "yes"
    assert is_right(KINDS["sort"], "-id") == "yes"
    assert is_right(KINDS["sort"], "x") == "no"
