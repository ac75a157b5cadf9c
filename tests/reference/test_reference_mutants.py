"""Every mutant differs from the conforming API, on the wire, in the intended place only."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import pytest
from reference_wire import NOW, Wire, reference

Seen = dict[tuple[str, ...], Any]

START = ("catalog_api", "--now", NOW)


def look(api: Wire) -> Seen:
    """Ask everything, and give each answer under its place: (kind, id, element)."""
    seen: Seen = {}
    rows: dict[str, dict[str, Any]] = {}
    for size in (10, 7):
        ids: list[str] = []
        for page in range(1, 9):
            body = api.get("/catalog/entries", page=page, page_size=size).body
            ids += [row["id"] for row in body["items"]]
            rows |= {row["id"]: row for row in body["items"]}
            seen["total", str(size)] = body["total"]
        seen["walk", str(size)] = ids
    for ident, row in rows.items():
        seen |= {("list", ident, name): value for name, value in row.items()}
        for kind, token in (("get", "reference-token"), ("anonymous", None)):
            said = api.get(f"/catalog/entries/{ident}", token=token)
            seen[kind, ident, "HTTP"] = said.status
            if said.status == 200:
                seen |= {(kind, ident, name): value for name, value in said.body.items()}
        seen["schema", ident] = api.get(f"/datasets/{ident}/schema").body
        seen["service", ident] = api.get(f"/datasets/{ident}/records").status
        found = api.get("/catalog/entries", keyword=row["title"]).body["items"]
        seen["search", ident] = [hit["id"] for hit in found]
    nothing = api.get("/catalog/entries", keyword="q7Zk0").body
    seen["nothing",] = (nothing["total"], len(nothing["items"]))
    unknown = api.get("/catalog/entries/none")
    seen["unknown",] = (unknown.status, unknown.body)
    for duty in api.get("/responsibilities").body["items"]:
        seen |= {("duty", duty["id"], name): value for name, value in duty.items()}
    return seen


@cache
def seen_at(half: str) -> Seen:
    with reference(*START, *(("--mutant", "DI-CATALOG-" + half) if half else ())) as wire:
        return look(wire)


@pytest.fixture(scope="module")
def conforming() -> Seen:
    return seen_at("")


def entry(*elements: str) -> set[str]:
    """The same change wherever the entry is shown."""
    return {f"{kind} {e}" for kind in ("list", "get", "anonymous") for e in elements}


def detail(*elements: str) -> set[str]:
    return {f"{kind} {e}" for kind in ("get", "anonymous") for e in elements}


GONE = detail(
    *[
        "HTTP",
        "id",
        "code",
        "title",
        "provider",
        "provider_code",
        "abstract",
        "format",
        "items",
        "share_type",
        "share_mode",
    ],
    *["open_type", "update_period", "published", "updated", "related", "region", "service"],
)
SETS = {"walk 10", "walk 7"}

# What each mutant changes, as "kind element", for how many entries.
EXPECTED: dict[str, tuple[set[str], int]] = {
    "001.absent": (detail("abstract"), 1),
    "001.empty": (entry("format"), 1),
    "002.check-char": (entry("provider_code"), 1),
    "002.charset": (entry("provider_code"), 1),
    "002.length": (entry("provider_code"), 1),
    "003.unknown": (entry("share_type"), 1),
    "003.space": (entry("share_type"), 1),
    "004.condition": (entry("share_condition"), 1),
    "004.basis": (entry("refusal_basis"), 1),
    "005.unknown": (entry("open_type"), 1),
    "005.condition": (entry("open_condition"), 1),
    "006.width": (entry("code"), 1),
    "006.separator": (entry("code"), 1),
    "007.abolished": (entry("region"), 1),
    "007.unknown": (entry("region", "published"), 1),
    "007.province": (entry("region"), 1),
    "008.unknown": (entry("update_period"), 1),
    "009.daily": (entry("updated"), 1),
    "009.yearly": (entry("updated", "published"), 1),
    "010.type": ({"get items", "schema"}, 1),
    "010.unknown-type": ({"get items", "schema"}, 1),
    "010.duplicate": ({"get items", "schema"}, 1),
    "011.renamed": ({"schema"}, 1),
    "011.type": ({"schema"}, 1),
    "011.extra": ({"schema"}, 1),
    "012.title": (detail("title"), 1),
    "012.element": (detail("share_mode"), 1),
    "012.unanswered": (GONE, 1),
    "013.some-entry": ({"unknown"}, 0),
    "013.empty": ({"unknown"}, 0),
    "014.title": ({"search"}, 23),
    "014.neighbour": ({"search"}, 23),
    "015.ignored": ({"nothing"}, 0),
    "015.nearest": ({"nothing"}, 0),
    "016.many": ({"total 10", "total 7"}, 0),
    "016.few": ({"total 10", "total 7"}, 0),
    "017.repeat": (SETS, 0),
    "017.two-sets": (SETS | {"total 10", "total 7"}, 0),
    "018.shared": (entry("code"), 1),
    "019.dangling": ({"duty entry_id"}, 1),
    "020.unavailable": ({"service"}, 1),
    "020.absent": ({"service"}, 1),
    "021.calendar": (entry("updated"), 1),
    "021.offset": (entry("updated"), 1),
    "021.basic": (entry("updated"), 1),
    "021.future": (entry("updated"), 1),
    "022.all": ({"anonymous items"}, 5),
    "022.one": ({"anonymous items"}, 4),
}


def differences(a: Seen, b: Seen) -> Iterator[tuple[str, ...]]:
    absent = object()
    return (k for k in a.keys() | b.keys() if a.get(k, absent) != b.get(k, absent))


def places(keys: Iterable[tuple[str, ...]]) -> set[str]:
    by_id = {"list", "get", "anonymous", "schema", "service", "search", "duty"}
    return {" ".join(k[:1] + k[2:] if k[0] in by_id else k) for k in keys}


DECLARED = {"DI-CATALOG-014.title": ["DI-CATALOG-015"]}


def test_every_mutant_of_the_table_is_listed_and_described() -> None:
    command = [sys.executable, "-m", "cqsc_conform.reference", "catalog_api", "--list"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    # A mutant that is added needs no line in the table; one that is in it may not be lost.
    assert {m["id"] for m in listed} >= {"DI-CATALOG-" + half for half in EXPECTED}
    assert len({m["id"] for m in listed}) == len(listed)
    for mutant in listed:
        assert mutant["id"].startswith(mutant["kills"] + ".")
        assert mutant["description"]["zh"]
        assert mutant["description"]["en"]
        declared = [each["requirement"] for each in mutant["also"]]
        assert declared == DECLARED.get(mutant["id"], [])
    for texts in zip(*(m["description"].values() for m in listed), strict=True):
        assert len(set(texts)) == len(listed)


@pytest.mark.parametrize("half", EXPECTED)
def test_a_mutant_differs_in_its_place_only(conforming: Seen, half: str) -> None:
    differing = list(differences(conforming, seen_at(half)))
    where, entries = EXPECTED[half]
    assert places(differing) == where
    ids = {k[1] for k in differing if len(k) > 1 and k[0] not in {"total", "walk"}}
    assert len(ids) == entries


def walked(half: str) -> tuple[list[str], list[str], Seen]:
    seen = seen_at(half)
    return seen["walk", "10"], seen["walk", "7"], seen


def test_the_repeated_entry_costs_another_and_leaves_the_total_right() -> None:
    by_ten, by_seven, seen = walked("017.repeat")
    assert [len(by_ten), len(set(by_ten))] == [23, 22]
    assert [len(by_seven), len(set(by_seven))] == [23, 22]
    assert (by_ten[9], by_seven[6]) == (by_ten[10], by_seven[7])
    assert (seen["total", "10"], seen["total", "7"]) == (23, 23)


def test_the_two_sets_are_of_one_size_with_right_totals() -> None:
    by_ten, by_seven, seen = walked("017.two-sets")
    assert len(set(by_ten)) == len(set(by_seven)) == seen["total", "10"] == seen["total", "7"] == 22
    assert len(set(by_ten) ^ set(by_seven)) == 2


def test_totals_are_off_by_one_while_search_counts_rightly(conforming: Seen) -> None:
    for half, total in (("016.many", 24), ("016.few", 22)):
        _, __, seen = walked(half)
        assert {seen["total", "10"], seen["total", "7"]} == {total}
        assert seen["nothing",] == conforming["nothing",] == (0, 0)


def test_what_is_wrong_in_the_answers_of_single_entries() -> None:
    _, __, seen = walked("018.shared")
    codes = [value for key, value in seen.items() if key[0] == "list" and key[2] == "code"]
    assert len(codes) - len(set(codes)) == 1
    _, __, seen = walked("013.some-entry")
    assert seen["unknown",][0] == 200
    assert seen["unknown",][1]["title"]
    _, __, seen = walked("014.neighbour")
    for key, found in seen.items():
        if key[0] == "search":
            assert found
            assert key[1] not in found
