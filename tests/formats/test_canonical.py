import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.canonical import CanonicalFault, canonical, digest

SAFE = 2**53 - 1
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-SAFE, SAFE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_the_examples_of_rfc_8785() -> None:
    # Section 3.2.2 and appendix B.
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical(value).decode() == (
        '{"literals":[null,true,false],'
        '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_names_are_sorted_by_utf_16_units() -> None:
    # Section 3.2.3: a supplementary character sorts before U+FB33.
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    order = json.loads(canonical(dict.fromkeys(names, 0)))
    assert list(order) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_a_digest_names_its_algorithm() -> None:
    expected = hashlib.sha256(b'{"a":[],"b":1}').hexdigest()
    assert digest({"b": 1, "a": []}) == f"sha256:{expected}"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (2**53, "integer_range"),
        (float("nan"), "not_finite"),
        (float("-inf"), "not_finite"),
        ("\ud800", "not_json"),
        ({"\ud800": 1}, "not_json"),
        ({1: 2}, "not_json"),
        (b"x", "not_json"),
        (object(), "not_json"),
    ],
)
def test_values_without_a_canonical_form(value: object, code: str) -> None:
    with pytest.raises(CanonicalFault) as raised:
        canonical(value)
    assert raised.value.code == code


def test_depth_is_a_fault() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(CanonicalFault) as raised:
        canonical(value)
    assert raised.value.code == "too_deep"


@given(json_values)
def test_reading_canonical_bytes_and_writing_them_again_changes_nothing(value: object) -> None:
    written = canonical(value)
    # Without parse_int a float such as 2^53 would come back as an integer out of range.
    assert canonical(json.loads(written, parse_int=float)) == written


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=5))
def test_the_order_of_members_does_not_matter(value: dict[str, object]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))
