import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.uscc import ALPHABET, problem_with_uscc, uscc_check_character

VECTORS = json.loads(
    (Path(__file__).parent.parent / "data" / "vectors.json").read_text(encoding="utf-8")
)["uscc"]

codes = st.builds(
    lambda head, region, tail: head + region + tail,
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["input"])
def test_published_and_synthetic_vectors(case: dict[str, object]) -> None:
    code = str(case["input"])
    assert (problem_with_uscc(code) is None) == case["valid"]
    if case["check"] is not None:
        assert uscc_check_character(code[:17]) == case["check"]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("", "length"),
        ("91350100M000100Y4", "length"),
        ("91350100M000100Y433", "length"),
        ("91350100m000100y43", "charset"),
        ("91350100M000100Y4Z", "charset"),
        ("９１350100M000100Y43", "charset"),
        ("9135010AM000100Y43", "charset"),
        ("91350100M000100Y4\n", "charset"),
        ("91350100M000100Y44", "check_character"),
    ],
)
def test_the_first_problem_is_named(code: str, problem: str) -> None:
    assert problem_with_uscc(code) == problem


@given(codes)
def test_a_computed_check_character_is_the_only_one_accepted(first17: str) -> None:
    right = uscc_check_character(first17)
    accepted = [last for last in ALPHABET if problem_with_uscc(first17 + last) is None]
    assert accepted == [right]


@given(codes, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_never_passes(first17: str, place: int, other: str) -> None:
    code = first17 + uscc_check_character(first17)
    changed = code[:place] + other + code[place + 1 :]
    assert (problem_with_uscc(changed) is None) == (changed == code)


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    assert problem_with_uscc(text) in {None, "length", "charset", "check_character"}


@pytest.mark.parametrize("text", ["", "9135010", "91350100M000100Y4I", "91350100M000100Yé"])
def test_no_check_character_without_seventeen_characters(text: str) -> None:
    with pytest.raises(ValueError, match="charset"):
        uscc_check_character(text[:16])
