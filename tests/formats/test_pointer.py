import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.pointer import MISSING, parse_pointer, resolve

RFC_6901 = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", RFC_6901),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_the_examples_of_rfc_6901_section_5(pointer: str, value: object) -> None:
    assert resolve(RFC_6901, pointer) == value


@pytest.mark.parametrize(
    "pointer",
    [
        "/foo/2", "/foo/-", "/foo/-1", "/foo/00", "/foo/01", "/foo/+1", "/foo/１", "/foo/1 ",
        "/foo/0/0", "/nope", "/foo/" + "9" * 100_000, "/a~01b",
    ],
)  # fmt: skip
def test_places_that_are_missing(pointer: str) -> None:
    assert resolve(RFC_6901, pointer) is MISSING


@pytest.mark.parametrize(
    ("pointer", "reason"),
    [("foo", "no_slash"), ("#/foo", "no_slash"), ("/~", "bad_escape"), ("/~2", "bad_escape")],
)
def test_texts_that_are_no_pointer(pointer: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        parse_pointer(pointer)


@given(st.lists(st.text()))
def test_tokens_survive_escaping(tokens: list[str]) -> None:
    escaped = [token.replace("~", "~0").replace("/", "~1") for token in tokens]
    assert parse_pointer("".join(f"/{token}" for token in escaped)) == tuple(tokens)


@given(json_values, st.text(max_size=20))
def test_any_pointer_resolves_or_is_refused(document: object, pointer: str) -> None:
    try:
        resolve(document, pointer)
    except ValueError as error:
        assert str(error) in {"no_slash", "bad_escape"}  # noqa: PT017 - either way is right
