"""YAML from strangers: one reading or a refusal with a place, in bounded memory."""

import csv
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.errors import KitError
from cqsc_conform.formats.yaml_strict import MAX_BYTES, read_yaml

BAD = Path(__file__).parent / "bad"
EXPECTED = list(csv.DictReader((BAD / "expected.csv").read_text().splitlines()))
MEBIBYTE = 2**20


def refusal(call: Callable[[], object]) -> KitError | None:
    try:
        call()
    except KitError as error:
        return error
    return None


def test_every_bad_file_is_in_the_table() -> None:
    assert {row["file"] for row in EXPECTED} == {path.name for path in BAD.glob("*.yaml")}


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["file"])
def test_a_bad_file_is_refused_at_its_place(
    row: dict[str, str], said: Callable[[KitError], str]
) -> None:
    with pytest.raises(KitError) as caught:
        read_yaml((BAD / row["file"]).read_bytes(), row["file"])
    assert caught.value.code == row["code"]
    assert caught.value.where == ":".join(filter(None, (row["file"], row["at"])))
    assert said(caught.value)


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["file"])
def test_the_fallback_reader_refuses_the_same(
    row: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    with pytest.raises(KitError) as caught:
        read_yaml((BAD / row["file"]).read_bytes(), row["file"])
    assert caught.value.code == row["code"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("0", 0),
        ("-17", -17),
        ("9007199254740991", 9007199254740991),
        ("no", "no"),
        ("Yes", "Yes"),
        ("True", "True"),
        ("~", "~"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("017", "017"),
        ("1_000", "1_000"),
        ("+1", "+1"),
        ("12:30:45", "12:30:45"),
        ("2025-03-01", "2025-03-01"),
        ("1.10", "1.10"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("中文", "中文"),
        ('"<<"', "<<"),
    ],
)
def test_a_scalar_is_a_json_value_or_a_string(text: str, value: object) -> None:
    read = read_yaml(f"x: {text}\n".encode(), "x.yaml").value["x"]
    assert read == value
    assert type(read) is type(value)


def test_an_empty_place_is_null() -> None:
    assert read_yaml(b"x:\n", "x.yaml").value == {"x": None}


def test_places_are_of_values_and_of_keys() -> None:
    read = read_yaml("名: 值\nrows:\n  - {a/b: 1, c~d: 2}\n".encode(), "x.yaml")
    at = read.positions
    assert at.of("/名") == (1, 4)
    assert at.of_key("/名") == (1, 1)
    assert at.of("/rows/0/a~1b") == (3, 11)
    assert at.where("/rows/0/c~0d", key=True) == "x.yaml:3:14"
    assert at.of("/rows/0/absent/deeper") == (3, 5)
    assert at.of("/rows/7") == (3, 3)
    assert at.of("/rows/x") == (3, 3)
    assert at.holds(("rows", 0, "a/b"))
    assert not at.holds(("rows", 0, "a/b", "c"))


def test_a_file_at_the_cap_is_read_and_one_byte_more_is_not() -> None:
    text = b"a: 1\n#" + b"x" * (MAX_BYTES - 6)
    assert read_yaml(text, "x.yaml").value == {"a": 1}
    with pytest.raises(KitError) as caught:
        read_yaml(text + b"x", "x.yaml")
    assert caught.value.code == "load.yaml_size"


@pytest.mark.parametrize(
    "text",
    [
        b"".join(b"- {id: a%d, n: 1.5}\n" % n for n in range(45_000)),
        b"".join(b"k%d: 1\n" % n for n in range(60_000)),
        b"- a\n" * 250_000,
        b"[" + b"a, " * 300_000 + b"b]",
        b"? " + b"k" * 900_000 + b"\n: [" + b"a, " * 30_000 + b"b]",
        b"a: '" + b"''" * 500_000 + b"'",
    ],
    ids=["mappings", "keys", "rows", "flow", "long_key", "quotes"],
)
def test_memory_stays_within_a_multiple_of_the_file(text: bytes) -> None:
    tracemalloc.start()
    error = refusal(lambda: read_yaml(text, "x.yaml"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error is None
    assert peak < 100 * MEBIBYTE


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc~/é", max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_json)
def test_json_is_read_as_it_is(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert read_yaml(text.encode(), "x.yaml").value == value


@given(st.binary(max_size=200))
def test_no_bytes_make_a_traceback(data: bytes) -> None:
    error = refusal(lambda: read_yaml(data, "x.yaml"))
    if error is not None:
        assert error.code.startswith("load.yaml_")


@given(st.text("{}[]:,-?&*!|>'\"%@`#ab1 \n\t", max_size=80))
def test_no_text_makes_a_traceback(text: str) -> None:
    error = refusal(lambda: read_yaml(text.encode(), "x.yaml"))
    if error is not None:
        assert error.code.startswith("load.yaml_")
