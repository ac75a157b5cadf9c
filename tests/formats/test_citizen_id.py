import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.citizen_id import (
    citizen_check_character,
    problem_with_citizen_id,
    sex_of_citizen_id,
)

VECTORS = json.loads(
    (Path(__file__).parent.parent / "data" / "vectors.json").read_text(encoding="utf-8")
)["citizen_id"]
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["input"])
def test_published_and_synthetic_vectors(case):
    number = case["input"]
    assert (problem_with_citizen_id(number, TODAY) is None) == case["accept"]
    if len(number) == 18:
        right = citizen_check_character(number[:17]) == number[17]
        assert right == case["checksum_valid"]
    if case["accept"]:
        assert sex_of_citizen_id(number) == {"M": "1", "F": "2"}[case["sex"]]


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("", "length"),
        ("11010519491231002", "length"),
        ("500103189912310", "first_generation"),
        ("11010519491231002x", "charset"),
        ("1101051949123100２X", "charset"),
        ("X1010519491231002X", "charset"),
        ("990103189912310016", "province"),
        ("000103189912310016", "province"),
        ("510104188502290027", "birth"),
        ("500103189913310010", "birth"),
        ("500103000000000010", "birth"),
        ("500103209912310010", "future"),
        ("500103189912310010", "check_character"),
        ("11010519491231002X\n", "length"),
    ],
)
def test_the_problem_is_named(number, problem):
    assert problem_with_citizen_id(number, TODAY) == problem


def test_someone_born_today_is_born():
    number = "500103" + "20261122" + "001"
    assert problem_with_citizen_id(number + citizen_check_character(number), TODAY) is None


@pytest.mark.parametrize("region", ["510202", "512221", "500105", "500112", "830000"])
def test_a_region_that_stands_no_longer_is_none_of_its_business(region):
    front = f"{region}18900101001"
    assert problem_with_citizen_id(front + citizen_check_character(front), TODAY) is None


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
def test_every_single_wrong_digit_shows(front, at, by):
    wrong = front[:at] + str((int(front[at]) + by) % 10) + front[at + 1 :]
    assert citizen_check_character(front) != citizen_check_character(wrong)


@given(st.text(max_size=40))
def test_no_text_brings_it_down(text):
    problem_with_citizen_id(text, TODAY)


@pytest.mark.parametrize("front", ["", "1" * 16, "1" * 18, "1" * 16 + "X", "１" * 17])
def test_a_front_is_seventeen_digits(front):
    with pytest.raises(ValueError, match="charset"):
        citizen_check_character(front)
