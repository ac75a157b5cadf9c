"""A semantic digest changes with all that can change a verdict, and with nothing else."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cqsc_conform.catalog.digest import probe_digest, requirement_digest
from cqsc_conform.catalog.library import Library
from cqsc_conform.model import probe as probe_model
from cqsc_conform.model.codec import convert, encode, to_builtins
from cqsc_conform.model.operation import Constant, Operation, Parameter
from cqsc_conform.model.probe import Each, Probe, Request, Walk
from cqsc_conform.model.profile import Applies, Ixit, Profile, Question
from cqsc_conform.model.text import Text

HERE = Path(__file__).parent
VERSIONS = {"catalog.elements_present": 1, "catalog.not_found": 1, "catalog.found": 1}
LIBRARY = Library.open(HERE / "library")
PROFILE = LIBRARY.profile("di-catalog")
MATERIALS = LIBRARY.materials(PROFILE)
PLAIN: dict[str, Any] = json.loads(encode(PROFILE))
IDS = ["DI-CATALOG-001", "DI-CATALOG-013"]
WORDS = {"title", "text", "hint", "about", "ask"}
OUTSIDE = {"id", "version", "family", "status", "request_budget"}
BESIDE = {"id", "modal", "level", "holds_for", "source", "status", "supports"}

Path_ = tuple[str | int, ...]


def digests(plain: dict[str, Any], at: int) -> str:
    profile = convert(plain, Profile)
    return requirement_digest(profile.requirements[at], profile, VERSIONS, MATERIALS)


def leaves(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from leaves(each, (*path, at))
    else:
        yield path, value


def changed(path: Path_, to: Any) -> dict[str, Any]:
    plain = copy.deepcopy(PLAIN)
    at: Any = plain
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = to
    return plain


OTHER = {
    "page": "offset",
    "path": "header",
    "query": "header",
    "catalog.list": "catalog.get",
    "catalog.get": "catalog.list",
}
REFERENCES = {"over", "draws", "verb", "evidence", "check", "tables", "schemas"}


def otherwise(value: Any, path: Path_) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if path[-1] in {"style", "place", "operation"}:
        return OTHER[value]
    return f"{value}x"


def meaning(at: int) -> list[tuple[Path_, Any]]:
    """The leaves that a requirement's verdict can hang on, references aside."""
    probes = {"catalog.walk", "catalog.details" if at == 0 else "catalog.unknown"}
    operations = {"catalog.list", "catalog.get"}
    found = []
    for path, value in leaves(PLAIN):
        if WORDS & set(path) or REFERENCES & set(path):
            continue
        top = path[0]
        if (
            (top == "probes" and path[1] in probes and path[2] != "id")
            or (top == "operations" and path[1] in operations)
            or (top == "requirements" and path[1] == at and path[2] not in BESIDE)
        ):
            found.append((path, value))
    return found


@pytest.mark.parametrize("at", [0, 1])
def test_every_leaf_that_means_something_counts(at: int) -> None:
    base = digests(PLAIN, at)
    rows = meaning(at)
    assert len(rows) > 15
    seen = {base}
    for path, value in rows:
        if path[-1] == "ics":
            continue
        plain = changed(path, otherwise(value, path))
        now = digests(plain, at)
        assert now != base, path
        seen.add(now)
    assert len(seen) > 0.9 * len(rows)


@pytest.mark.parametrize("at", [0, 1])
def test_no_leaf_that_is_wording_counts(at: int) -> None:
    base = digests(PLAIN, at)
    rows = [(path, value) for path, value in leaves(PLAIN) if WORDS & set(path)]
    assert len(rows) > 20
    for path, value in rows:
        if "fields" not in path:
            assert digests(changed(path, f"{value}x"), at) == base, path


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("version",), "9.9.9"),
        (("family",), "other"),
        (("status",), "draft"),
        (("request_budget",), 7),
        (("requirements", 0, "modal"), "宜"),
        (("requirements", 0, "level"), 3),
        (("requirements", 0, "holds_for"), "type"),
        (("requirements", 0, "status"), "draft"),
        (("requirements", 0, "id"), "DI-CATALOG-099"),
        (("requirements", 0, "source", "clause"), "other"),
        (("requirements", 1, "on"), "wire"),
        (("probes", "catalog.unknown", "effect"), "mutates"),
        (("ixit", "tolerance_days", "default"), "9"),
    ],
)
def test_what_lies_beside_does_not_count(path: Path_, to: Any) -> None:
    assert digests(changed(path, to), 0) == digests(PLAIN, 0)


def test_the_way_replies_are_read_counts() -> None:
    assert digests(changed(("requirements", 0, "on"), "wire"), 0) != digests(PLAIN, 0)
    explicit = changed(("requirements", 0, "on"), "mapped")
    assert digests(explicit, 0) == digests(PLAIN, 0)


def test_the_effect_of_a_probe_counts() -> None:
    plain = changed(("probes", "catalog.details", "effect"), "mutates")
    assert digests(plain, 0) != digests(PLAIN, 0)


def test_applicability_counts_with_its_default() -> None:
    requirement = PROFILE.requirements[1]
    base = digests(PLAIN, 1)
    applying = changed(("requirements", 1, "applies"), [{"ics": "has_catalog"}])
    refusing = changed(("requirements", 1, "applies"), [{"ics": "has_catalog", "is": False}])
    defaulted = copy.deepcopy(applying)
    defaulted["ics"]["has_catalog"]["default"] = False
    assert requirement.applies == ()
    assert len({base, *(digests(each, 1) for each in (applying, refusing, defaulted))}) == 4


def test_repeated_or_reordered_conditions_are_the_same_condition() -> None:
    question = Question(ask=Text(zh="？", en="?"))
    profile = convert({**PLAIN, "ics": to_builtins({"a": question, "b": question})}, Profile)

    def of(*names: str) -> str:
        applies = tuple(Applies(ics=name) for name in names)
        requirement = convert(
            {**to_builtins(profile.requirements[1]), "applies": to_builtins(applies)},
            type(profile.requirements[1]),
        )
        return requirement_digest(requirement, profile, VERSIONS, MATERIALS)

    assert of("a", "b") == of("b", "a") == of("a", "b", "a")
    assert of("a") != of("b")


@pytest.mark.parametrize("name", VERSIONS)
def test_check_versions_count_where_they_are_used(name: str) -> None:
    raised = {**VERSIONS, name: 2}
    for requirement in PROFILE.requirements:
        uses = json.dumps(to_builtins([requirement.check, requirement.controls]))
        before = requirement_digest(requirement, PROFILE, VERSIONS, MATERIALS)
        after = requirement_digest(requirement, PROFILE, raised, MATERIALS)
        assert (before != after) is (f'"{name}"' in uses)


@pytest.mark.parametrize("name", MATERIALS)
def test_table_and_schema_bytes_count_and_their_names_do_not(name: str) -> None:
    requirement = PROFILE.requirements[0]
    base = requirement_digest(requirement, PROFILE, VERSIONS, MATERIALS)
    other = {**MATERIALS, name: "sha256:" + "0" * 64}
    assert requirement_digest(requirement, PROFILE, VERSIONS, other) != base
    kind, _, short = name.partition(":")
    plain = json.loads(json.dumps(PLAIN))
    part = plain["requirements"][0]["check"][f"{kind}s"]
    (role,) = part
    part[role] = f"{short}-2026"
    renamed = convert(plain, Profile)
    materials = {**MATERIALS, f"{name}-2026": MATERIALS[name]}
    assert requirement_digest(renamed.requirements[0], renamed, VERSIONS, materials) == base


def test_a_missing_version_or_material_is_never_overlooked() -> None:
    for versions, materials in [({}, MATERIALS), (VERSIONS, {})]:
        with pytest.raises(KeyError):
            requirement_digest(PROFILE.requirements[0], PROFILE, versions, materials)


def test_a_verb_that_is_raised_counts_where_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = [digests(PLAIN, at) for at in (0, 1)]
    monkeypatch.setitem(probe_model.VERB_VERSIONS, "listen", 9)
    assert [digests(PLAIN, at) for at in (0, 1)] == before
    monkeypatch.setitem(probe_model.VERB_VERSIONS, "walk", 9)
    assert not set(before) & {digests(PLAIN, at) for at in (0, 1)}


def test_a_probes_id_does_not_count_but_which_probe_it_is_does() -> None:
    text = json.dumps(PLAIN)
    renamed = json.loads(text.replace("catalog.walk", "entries.all").replace("probes.x", ""))
    assert [digests(renamed, at) for at in (0, 1)] == [digests(PLAIN, at) for at in (0, 1)]
    # The same words performed twice are two observations.
    twice = json.loads(text)
    again = {**copy.deepcopy(twice["probes"]["catalog.unknown"]), "id": "catalog.again"}
    twice["probes"]["catalog.again"] = again
    after = twice["requirements"][1]["controls"]["after"]
    after["evidence"]["replies"] = "catalog.again/after"
    assert digests(twice, 1) != digests(PLAIN, 1)


def test_a_draw_counts_even_where_no_step_reads_it() -> None:
    plain = copy.deepcopy(PLAIN)
    plain["probes"]["catalog.details"]["draws"] += ["catalog.unknown"]
    assert digests(plain, 0) != digests(PLAIN, 0)
    swapped = copy.deepcopy(plain)
    swapped["probes"]["catalog.details"]["draws"].reverse()
    assert digests(swapped, 0) == digests(plain, 0)


def test_forms_that_mean_the_same_are_the_same() -> None:
    step = Walk(as_="pages", operation="o")
    probe = Probe(id="p", title=Text(zh="走", en="Walk"), steps=(step,))

    def of(operation: Operation) -> str:
        return probe_digest(probe, {"p": probe}, {"o": operation})

    plain = of(Operation(path="/x"))
    assert of(Operation(path="/x", title=Text(zh="列", en="List"))) == plain
    assert of(Operation(path="/x", parameters={"page": "page"})) == plain
    assert of(Operation(path="/x", parameters={"page": Parameter(name="page")})) == plain
    assert of(Operation(path="/x", elements={"title": "/title"})) == plain
    assert of(Operation(path="/x", parameters={"page": "p"})) != plain
    posted = of(Operation(path="/x", method="POST", parameters={"page": "p"}))
    in_body = {"page": Parameter(name="p", place="body")}
    in_query = {"page": Parameter(name="p", place="query")}
    assert of(Operation(path="/x", method="POST", parameters={**in_body})) == posted
    assert of(Operation(path="/x", method="POST", parameters={**in_query})) != posted
    assert of(Operation(path="/x", constants={"v": "1"})) == of(
        Operation(path="/x", constants={"v": Constant(value="1", place="query")})
    )
    assert of(Operation(path="/x", constants={"v": "1"})) != of(
        Operation(path="/x", constants={"v": "2"})
    )
    assert of(Operation(path="/x", elements={"title": "/t"})) != plain
    assert of(Operation(path="/x", constants={"page": "page"})) != plain
    assert probe_digest(probe, {}, {"o": Operation(path="/x"), "q": Operation()}) == plain


def test_the_default_of_an_ixit_value_counts_where_it_is_asked_for() -> None:
    ask = Text(zh="？", en="?")
    request = Request(as_="a", operation="o", params={"id": "{ixit.known}-{unique}"})
    probe = Probe(id="p", title=ask, steps=(Each(as_="e", over="a", do=(request,)),))

    def of(**ixit: str | None) -> str:
        values = {name: Ixit(ask=ask, default=default) for name, default in ixit.items()}
        return probe_digest(probe, {}, {"o": Operation()}, values)

    assert of(known="1") != of(known="2")
    assert of(known="1") == of(known="1", other="2")
    assert of(known=None) != of(known="1")


def test_an_ixit_value_that_a_check_takes_counts() -> None:
    asking = changed(("requirements", 0, "check", "with", "most"), "{ixit.tolerance_days}")
    other = copy.deepcopy(asking)
    other["ixit"]["tolerance_days"]["default"] = "9"
    assert len({digests(PLAIN, 0), digests(asking, 0), digests(other, 0)}) == 3


def _shuffled(value: Any, draw: Any) -> Any:
    if isinstance(value, dict):
        keys = draw(st.permutations(sorted(value)))
        return {key: _shuffled(value[key], draw) for key in keys}
    if isinstance(value, list):
        return [_shuffled(each, draw) for each in value]
    return value


@given(st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_the_order_of_keys_does_not_count(data: st.DataObject) -> None:
    shuffled = _shuffled(PLAIN, data.draw)
    assert [digests(shuffled, at) for at in (0, 1)] == [digests(PLAIN, at) for at in (0, 1)]


@given(at=st.sampled_from([0, 1]), word=st.text(min_size=1, max_size=20), data=st.data())
@settings(max_examples=40)
def test_any_wording_in_any_place_leaves_the_digest(
    at: int, word: str, data: st.DataObject
) -> None:
    rows = [path for path, _ in leaves(PLAIN) if WORDS & set(path)]
    path = data.draw(st.sampled_from(rows))
    assert digests(changed(path, word), at) == digests(PLAIN, at)


@given(at=st.sampled_from([0, 1]), word=st.text(min_size=1, max_size=20), data=st.data())
@settings(max_examples=40)
def test_any_other_text_in_any_place_changes_it(at: int, word: str, data: st.DataObject) -> None:
    rows = [
        (path, value)
        for path, value in meaning(at)
        if isinstance(value, str) and path[-1] not in {"style", "place", "ics"} and value != word
    ]
    path, _ = data.draw(st.sampled_from(rows))
    assert digests(changed(path, word), at) != digests(PLAIN, at)


def test_formatting_and_file_do_not_count(library_copy: Path) -> None:
    probes = library_copy / "profiles/probes/catalog.yaml"
    profile = library_copy / "profiles/data-interface/di-catalog.yaml"
    probes.rename(library_copy / "profiles/probes/moved.yaml")
    text = profile.read_text().replace("[catalog]", "\n  # said elsewhere\n  - 'moved'\n")
    profile.write_text(text.replace("level: 1", "level:   1  # as before"))
    library = Library.open(library_copy)
    moved = library.profile("di-catalog")
    for at in (0, 1):
        now = requirement_digest(moved.requirements[at], moved, VERSIONS, library.materials(moved))
        assert now == digests(PLAIN, at)


def test_digests_are_what_they_were() -> None:
    assert {name: digests(PLAIN, at) for at, name in enumerate(IDS)} == json.loads(
        (HERE / "digests.json").read_text()
    )
