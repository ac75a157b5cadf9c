"""The law of semantic digests on the whole shipped library, both ways, as far as chance reaches."""

import copy
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from shutil import copytree
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cqsc_conform.catalog.digest import requirement_digest
from cqsc_conform.catalog.library import Library
from cqsc_conform.checks import registered
from cqsc_conform.cli.assemble import prepare
from cqsc_conform.engine.settle import Choices
from cqsc_conform.model import probe as probe_model
from cqsc_conform.model.codec import convert, encode
from cqsc_conform.model.profile import Profile
from cqsc_conform.reference.mutants import AREAS
from cqsc_conform.resources import data_root, reference_targets_root

VERSIONS = {name: each.version for name, each in registered().items()}
NAMES = Library.open().ids()
WORDS = {"title", "text", "hint", "about", "ask"}
# Names of things, and what points at them: renaming one end alone makes no profile.
NAMING = {"as", "over", "draws", "verb", "evidence", "check", "tables", "schemas", "distinct"}
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Leaf = tuple[tuple[str | int, ...], Any]


@cache
def plain(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(Library.open().profile(name)))
    return found


@cache
def materials(name: str) -> dict[str, str]:
    library = Library.open()
    return library.materials(library.profile(name))


def digests(name: str, value: dict[str, Any]) -> dict[str, str]:
    profile = convert(value, Profile)
    return {
        each.id: requirement_digest(each, profile, VERSIONS, materials(name))
        for each in profile.requirements
    }


@cache
def kept(name: str) -> dict[str, str]:
    return digests(name, plain(name))


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Leaf]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from leaves(each, (*path, at))
    else:
        yield path, value


def changed(name: str, path: tuple[str | int, ...], to: Any) -> dict[str, Any]:
    out = copy.deepcopy(plain(name))
    at: Any = out
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = to
    return out


def reach(name: str, requirement: dict[str, Any]) -> set[str]:
    """The probes that a requirement rests on."""
    text = json.dumps([requirement.get("check"), requirement.get("controls")])
    found = set(re.findall(r'"([a-z0-9.-]+)/[a-z0-9_-]+"', text))
    waiting = list(found)
    while waiting:
        draws = plain(name)["probes"][waiting.pop()].get("draws", [])
        waiting += [each for each in draws if each not in found]
        found |= set(draws)
    return found


@cache
def rows(name: str, at: int) -> tuple[Leaf, ...]:
    """The leaves that a requirement's verdict can hang on."""
    probes = reach(name, plain(name)["requirements"][at])
    steps = json.dumps([plain(name)["probes"][each]["steps"] for each in probes])
    found: list[Leaf] = []
    for path, value in leaves(plain(name)):
        own = path[0] == "requirements" and path[1] == at and path[2:4] == ("check", "with")
        if not own and (WORDS | NAMING) & set(path[1:]):
            continue
        probe = path[0] == "probes" and path[1] in probes and path[2] == "steps"
        operation = path[0] == "operations" and f'"{path[1]}"' in steps
        if (probe or operation or own) and path[-1] not in {"operation", "endpoint", "identity"}:
            found.append((path, value))
    return tuple(found)


def otherwise(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}x"


def checked(name: str) -> list[int]:
    return [at for at, each in enumerate(plain(name)["requirements"]) if each.get("check")]


@given(st.data())
@SLOW
def test_whatever_can_change_a_verdict_changes_the_digest(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    at = data.draw(st.sampled_from([at for at in checked(name) if rows(name, at)]))
    path, value = data.draw(st.sampled_from(rows(name, at)))
    other = changed(name, path, otherwise(value))
    with suppress(msgspec.ValidationError):
        now = digests(name, other)
        id_ = plain(name)["requirements"][at]["id"]
        assert now[id_] != kept(name)[id_], path
        return
    # A value of a closed set has no neighbour that the model would take.
    assert isinstance(value, str)


@pytest.mark.parametrize("name", NAMES)
def test_check_versions_verbs_and_tables_count_where_they_are_used(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = Library.open().profile(name)
    for each in profile.requirements:
        if each.check is None:
            continue
        base = kept(name)[each.id]
        raised = {**VERSIONS, each.check.check: VERSIONS[each.check.check] + 1}
        assert requirement_digest(each, profile, raised, materials(name)) != base
        for table in each.check.tables.values():
            other = {**materials(name), f"table:{table}": "sha256:" + "0" * 64}
            assert requirement_digest(each, profile, VERSIONS, other) != base
    for verb in ("request", "walk", "handshake", "peer"):
        with monkeypatch.context() as patch:
            patch.setitem(probe_model.VERB_VERSIONS, verb, 99)
            for at in checked(name):
                each = profile.requirements[at]
                steps = [
                    plain(name)["probes"][probe]["steps"]
                    for probe in reach(name, plain(name)["requirements"][at])
                ]
                used = f'"verb": "{verb}"' in json.dumps(steps)
                now = requirement_digest(each, profile, VERSIONS, materials(name))
                assert (now != kept(name)[each.id]) is used, (verb, each.id)


def test_what_may_be_done_to_a_signature_counts_where_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(probe_model.VERB_VERSIONS, "signing", 99)
    assert digests("di-catalog", plain("di-catalog")) == kept("di-catalog")
    now = digests("di-gateway", plain("di-gateway"))
    same = {id_ for id_, digest in kept("di-gateway").items() if now[id_] == digest}
    # Calls as a revoked application, and calls until a limit, are signed rightly.
    assert same == {"DI-GATEWAY-003", "DI-GATEWAY-013"}


@given(st.data())
@SLOW
def test_no_wording_and_nothing_beside_changes_a_digest(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    words = [path for path, _ in leaves(plain(name)) if WORDS & set(path) and "fields" not in path]
    path = data.draw(st.sampled_from(words))
    said = data.draw(st.text(min_size=1, max_size=30))
    assert digests(name, changed(name, path, said)) == kept(name)
    at = data.draw(st.integers(0, len(plain(name)["requirements"]) - 1))
    beside = data.draw(st.sampled_from([("modal", "可"), ("level", 3), ("holds_for", "type")]))
    assert digests(name, changed(name, ("requirements", at, beside[0]), beside[1])) == kept(name)


class _Core(yaml.CSafeLoader):
    """Reads YAML as the kit does: dates, ``on`` and versions are strings."""


_Core.yaml_implicit_resolvers = {
    first: [row for row in rows if row[0].rpartition(":")[2] in {"int", "float", "null"}]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def rewritten(path: Path, draw: Any) -> None:
    """Write a file anew: keys in another order, other layout and quotes, a comment on top."""

    chance = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - an order, no secret

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            order = sorted(value)
            chance.shuffle(order)
            return {key: shuffled(value[key]) for key in order}
        return [shuffled(each) for each in value] if isinstance(value, list) else value

    value = shuffled(yaml.load(path.read_text(), _Core))  # noqa: S506 - a safe loader of our own
    text = yaml.dump(
        value,
        Dumper=yaml.CSafeDumper,
        sort_keys=False,
        allow_unicode=draw(st.booleans()),
        default_flow_style=draw(st.sampled_from([False, None, True])),
        indent=draw(st.integers(2, 6)),
        width=draw(st.sampled_from([40, 100, 10_000])),
    )
    path.write_text(f"# 重新排版 / laid out anew\n{text}")


@given(st.data())
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_layout_and_order_of_files_change_no_digest(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("laid-out")
    copytree(data_root() / "profiles", root / "profiles")
    name = data.draw(st.sampled_from(NAMES))
    for path in (*root.glob(f"profiles/*/{name}.yaml"), *root.glob("profiles/probes/*.yaml")):
        rewritten(path, data.draw)
    library = Library.open(root)
    profile = library.profile(name)
    materials = library.materials(profile)
    for each in profile.requirements:
        now = requirement_digest(each, profile, VERSIONS, materials)
        assert now == kept(name)[each.id]


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("di-catalog", "catalog_api.yaml", "catalog_api_b.yaml"),
        ("iot-telemetry", "device.yaml", "device_b.yaml"),
        ("sec-transport", "tls_endpoint.yaml", "tls_endpoint_b.yaml"),
    ],
)
def test_the_vendors_mapping_changes_no_digest(name: str, first: str, second: str) -> None:
    one, two = (
        {item.id: item.digest for item in prepare(path, [name], Choices(level=3)).plan.items}
        for path in (reference_targets_root() / each for each in (first, second))
    )
    assert one == two == kept(name)


def test_the_references_are_unlike_one_another() -> None:
    texts = [path.read_text() for path in reference_targets_root().glob("*.yaml")]
    assert len(set(texts)) == len(texts) >= 2 * len(AREAS)
