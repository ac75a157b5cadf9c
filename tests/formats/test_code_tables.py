"""Sexes, industries, organisation codes inside social credit codes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.industry import problem_with_industry, read_industry
from cqsc_conform.formats.organisation import organisation_check_holds
from cqsc_conform.formats.sex import SEX_CODES, is_sex_code
from cqsc_conform.resources import profiles_root

VECTORS = json.loads(
    (Path(__file__).parent.parent / "data" / "vectors.json").read_text(encoding="utf-8")
)
TEXT = (profiles_root() / "tables" / "gbt4754-sections.csv").read_text(encoding="utf-8")
TABLE = read_industry(TEXT)


@pytest.mark.parametrize("code", SEX_CODES)
def test_four_codes_of_sex(code):
    assert is_sex_code(code)


@pytest.mark.parametrize("code", ["", "3", "男", "M", "01", "1 ", "１"])
def test_other_texts_are_none(code):
    assert not is_sex_code(code)


@pytest.mark.parametrize("case", VECTORS["uscc"]["cases"], ids=lambda case: case["input"])
def test_the_inner_check_of_published_codes(case):
    if case["org_code_check_ok"] is not None and case["valid"]:
        assert organisation_check_holds(case["input"][8:17]) == case["org_code_check_ok"]


@pytest.mark.parametrize(
    "code", ["", "MA5CQTC04X", "MA5CQTC0", "ma5cqtc04", "MA5CQTC05", "M－5CQTC04"]
)
def test_what_is_no_organisation_code(code):
    assert not organisation_check_holds(code)


def test_the_table_says_what_was_read():
    assert len(TABLE.sections) == 20
    assert TABLE.divisions == (1, 97)
    assert {k for k, v in TABLE.sections.items() if v is not None} == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("C", None),
        ("T", None),
        ("39", None),
        ("3911", None),
        ("C3911", None),
        ("C391", None),
        ("A01", None),
        ("47", None),
        ("K70", None),
        # What was not read denies nothing.
        ("K47", None),
        ("9799", None),
        ("U", "section"),
        ("Z39", "section"),
        ("98", "division"),
        ("0011", "division"),
        ("C00", "division"),
        ("A39", "mismatch"),
        ("C01", "mismatch"),
        ("K13", "mismatch"),
        ("C47", "mismatch"),
        ("", "shape"),
        ("c39", "shape"),
        ("C3", "shape"),
        ("39110", "shape"),
        ("C39111", "shape"),
        ("C 39", "shape"),
        ("３９", "shape"),
        ("39\n", "shape"),
        ("制造业", "shape"),
    ],
)
def test_industries(code, problem):
    assert problem_with_industry(code, TABLE) == problem


@given(st.text(max_size=8))
def test_no_text_brings_it_down(text):
    problem_with_industry(text, TABLE)
    organisation_check_holds(text)


@pytest.mark.parametrize("text", ["", "a,b\n", TEXT.replace("section,first", "s,first"),
                                  TEXT.replace("# divisions: 1 97\n", "")])  # fmt: skip
def test_another_table_is_refused(text):
    with pytest.raises(ValueError, match="columns"):
        read_industry(text)
