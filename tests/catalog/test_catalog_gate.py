"""The gate lets in what the model takes, and says of all else what is wrong with it."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cqsc_conform.catalog import faults, gate
from cqsc_conform.catalog.gate import admit, nearest
from cqsc_conform.catalog.operation_rules import hides
from cqsc_conform.catalog.schemas import schema_of
from cqsc_conform.errors import KitError
from cqsc_conform.formats.yaml_strict import read_yaml
from cqsc_conform.model.target import Target
from cqsc_conform.resources import schemas_root

FULL = (schemas_root() / "examples/target/valid/full.yaml").read_text()
READ: dict[str, Any] = read_yaml(FULL.encode(), "full.yaml").value
Say = Callable[[KitError], str]


JUDGES = {kind: kind(schema_of("target")) for kind in (faults._Quick, faults._Slow)}


def refusal(call: Callable[[], object]) -> KitError | None:
    try:
        call()
    except KitError as error:
        return error
    return None


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, each in (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    ):
        yield from places(each, (*path, key))


PLACES = sorted((path for path in places(READ) if path), key=str)
_scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab/:0é", max_size=6)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.sampled_from(PLACES), _values)
@settings(max_examples=300, deadline=None)
def test_the_schema_knows_all_that_the_model_refuses(place: tuple[Any, ...], value: Any) -> None:
    plain = copy.deepcopy(READ)
    at = plain
    for part in place[:-1]:
        at = at[part]
    at[place[-1]] = value
    text = json.dumps(plain, ensure_ascii=False).encode()
    error = refusal(lambda: admit(read_yaml(text, "x.yaml"), "target", Target, hidden=hides))
    if error is not None:
        assert error.code == "load.invalid"
        assert error.problems
        assert "load.value" not in {problem.code for problem in error.problems}
        assert all(problem.where.startswith("x.yaml:1:") for problem in error.problems)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("1\n", ["load.type"]),
        ("[]\n", ["load.type"]),
        ("{}\n", ["load.missing"] * 3),
        ("x: 1\n", ["load.missing"] * 3 + ["load.unknown_name"]),
    ],
)
def test_a_file_of_another_kind_is_told(text: str, codes: list[str], said: Say) -> None:
    with pytest.raises(KitError) as caught:
        admit(read_yaml(text.encode(), "x.yaml"), "target", Target)
    assert [problem.code for problem in caught.value.problems] == codes
    assert said(caught.value)


def test_ten_thousand_faults_are_counted_and_the_first_hundred_told() -> None:
    text = FULL + "".join(f"key{n}: 1\n" for n in range(10_000))
    with pytest.raises(KitError) as caught:
        admit(read_yaml(text.encode(), "x.yaml"), "target", Target)
    assert caught.value.args_["count"] == "10000"
    assert len(caught.value.problems) == 100


def test_what_was_found_is_shown_shortened() -> None:
    text = FULL.replace("cqsc-target/1", "x" * 5000)
    with pytest.raises(KitError) as caught:
        admit(read_yaml(text.encode(), "x.yaml"), "target", Target)
    assert len(caught.value.problems[0].args["found"]) == 60


def test_decimals_are_numbers_only_where_a_number_is_wanted() -> None:
    text = FULL.replace("ratio: 0.5", "ratio: 0.50").replace("name: 目录平台", "name: 1.10")
    target = admit(read_yaml(text.encode(), "x.yaml"), "target", Target)
    assert target.subject.name == "1.10"
    assert target.ixit["ratio"] == "0.50"
    assert target.time_scale == 0.5


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("zone", ["timezone", "network_zone"], "network_zone"),
        ("chraset", ["charset", "codecs"], "charset"),
        ("xyzzy", ["charset"], None),
        ("", ["a"], None),
        ("a" * 100_000, ["a" * 60], "a" * 60),
    ],
)
def test_the_nearest_name_is_offered(name: str, known: list[str], found: str | None) -> None:
    assert nearest(name, known) == found


def told(judge: faults.Judge, value: object) -> list[Any]:
    found = [
        (str(each.path), each.keyword, sorted(each.names), each.types, str(each.schema))
        for each in judge.faults(value)
    ]
    return sorted(found)


@given(st.sampled_from(PLACES), _values)
@settings(max_examples=150, deadline=None)
def test_both_libraries_find_the_same_faults(place: tuple[Any, ...], value: Any) -> None:
    plain = copy.deepcopy(READ)
    at = plain
    for part in place[:-1]:
        at = at[part]
    at[place[-1]] = value
    # The quick library drops a key without characters from the places that it tells.
    assume('"":' not in json.dumps(value))
    quick, slow = (told(judge, plain) for judge in JUDGES.values())
    assert quick == slow


def test_without_the_quick_library_the_gate_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = FULL.replace("schema: cqsc-target/1", "schema: cqsc-target/2\nnmae: x", 1)
    said = []
    for library in (faults.jsonschema_rs, None):
        monkeypatch.setattr(faults, "jsonschema_rs", library)
        gate._judge.cache_clear()
        gate._decimal_finder.cache_clear()
        located = read_yaml(text.encode(), "full.yaml")
        error = refusal(lambda located=located: admit(located, "target", Target))  # type: ignore[misc]
        assert error is not None
        said.append(error.problems)
    gate._judge.cache_clear()
    gate._decimal_finder.cache_clear()
    assert said[0] == said[1]
    assert len(said[0]) == 2
