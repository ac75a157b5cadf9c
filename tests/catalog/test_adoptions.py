"""Adoptions: what a region makes of a profile on a day, and every fault of its file."""

import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from cqsc_conform.catalog.adoptions import Adoptions
from cqsc_conform.catalog.digest import requirement_digest
from cqsc_conform.catalog.library import Library
from cqsc_conform.checks import registered
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.adoption import Acceptance, Effective
from cqsc_conform.resources import data_root

REGIONS = ("CQ", "SC")
TODAY = "2026-11-22"
Say = Callable[[KitError], str]


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A copy of the shipped library, whose adoptions a test may edit."""
    for part in ("profiles", "schemas"):
        copytree(data_root() / part, tmp_path / part)
    return tmp_path


def opened(root: Path | None = None) -> Adoptions:
    return Adoptions(Library.open(root), registered())


def edited(shelf: Path, old: str, new: str, region: str = "SC") -> Adoptions:
    path = shelf / f"profiles/regions/{region}.yaml"
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))
    return opened(shelf)


def digests(held: Effective) -> dict[str, str]:
    library = Library.open()
    versions = {name: each.version for name, each in registered().items()}
    materials = library.materials(held.profile)
    return {
        each.id: requirement_digest(each, held.profile, versions, materials)
        for each in held.profile.requirements
    }


def test_both_regions_hold_every_profile() -> None:
    adoptions = opened()
    assert adoptions.regions() == REGIONS
    assert adoptions.problems() == ()
    for region, zh in zip(REGIONS, ("重庆", "四川"), strict=True):
        adoption = adoptions.adoption(region)
        assert adoption.name.zh == zh
        assert re.fullmatch(r"[A-Z][a-z]+", adoption.name.en)
        assert set(adoption.adopts) == {
            "di-catalog",
            "di-core",
            "di-exchange",
            "iot-telemetry",
            "sec-transport",
        }


def test_the_shipped_adoptions_exercise_every_path() -> None:
    adoptions = opened()
    held = [
        adoptions.effective(region, name, day)
        for region in REGIONS
        for name in adoptions.adoption(region).adopts
        for day in (TODAY, "2027-08-01")
    ]
    departures = [each for one in held for each in one.departures.values()]
    assert {each.change for each in departures} == {"stricter", "looser", "neutral"}
    assert {part for each in departures for part in each.parts} >= {
        "with", "modal", "level", "text", "accepts", "added",
    }  # fmt: skip
    assert any(one.dropped for one in held)
    assert any(one.clauses for one in held)
    assert len({one.adopted.since for one in held}) > 1
    assert {each.source.kind for each in departures} == {"S", "K"}


def test_a_proposal_is_never_dressed_as_a_clause() -> None:
    for region in REGIONS:
        for adopted in opened().adoption(region).adopts.values():
            rows = [*adopted.deviations, *adopted.dropped]
            sources = [row.source for row in rows]
            sources += [row.requirement.source for row in adopted.added]
            for source in sources:
                if source.kind == "K":
                    assert source.number == "cqsc-conform"
                    assert re.fullmatch(r"[a-z0-9-]+", source.clause)
                else:
                    assert source.text_read == "yes"
                    assert source.quoted_from


def test_what_a_region_leaves_alone_keeps_its_digest() -> None:
    library, adoptions = Library.open(), opened()
    for name in adoptions.adoption(REGIONS[0]).adopts:
        versions = {key: each.version for key, each in registered().items()}
        profile = library.profile(name)
        materials = library.materials(profile)
        base = {
            each.id: requirement_digest(each, profile, versions, materials)
            for each in profile.requirements
        }
        holding = [each for each in REGIONS if name in adoptions.adoption(each).adopts]
        for region in holding:
            held = adoptions.effective(region, name, TODAY)
            judged = {
                id_
                for id_, each in held.departures.items()
                if {"with", "tables", "schemas", "added"} & set(each.parts)
            }
            found = digests(held)
            assert {id_ for id_, each in found.items() if base.get(id_) != each} == judged
            assert set(base) - set(found) == {each.requirement for each in held.dropped}


def test_a_deviation_holds_in_its_period_only() -> None:
    adoptions = opened()
    before = adoptions.effective("SC", "sec-transport", "2026-12-31")
    after = adoptions.effective("SC", "sec-transport", "2027-01-01")
    assert before.departures == {}
    assert after.departures["SEC-TRANSPORT-008"].was == {"with.rsa_bits": 2048}
    assert after.departures["SEC-TRANSPORT-008"].now == {"with.rsa_bits": 3072}
    assert (before.adopted.since, after.adopted.since) == ("2026-01-01", "2027-01-01")
    # Under the same rules it is the same whatever the day.
    assert before == adoptions.effective("SC", "sec-transport", TODAY)
    ended = adoptions.effective("SC", "di-catalog", "2027-07-01")
    assert "DI-CATALOG-009" not in ended.departures
    assert "DI-CATALOG-009" in adoptions.effective("SC", "di-catalog", "2027-06-30").departures


def test_evidence_is_taken_by_the_narrowest_scope() -> None:
    held = opened().effective("CQ", "di-catalog", TODAY)
    wide = held.accepts["DI-CATALOG-001"]
    assert wide == Acceptance(
        classes=("tested",), vantages=("peer", "observer"), age_days=365,
        bindings=("tls_key", "client_certificate", "version_endpoint", "device_message"),
    )  # fmt: skip
    assert held.accepts["DI-CATALOG-009"].age_days == 30
    assert held.accepts["DI-CATALOG-009"].classes == ("tested",)
    transport = opened().effective("CQ", "sec-transport", TODAY)
    assert {each.bindings for each in transport.accepts.values()} == {("tls_key",)}


def test_another_edition_holds_from_its_day(shelf: Path) -> None:
    current = shelf / "profiles/security/sec-transport.yaml"
    text = current.read_text()
    older = text.replace("version: 0.1.0", "version: 0.0.9")
    (current.parent / "sec-transport@0.0.9.yaml").write_text(older)
    adoptions = edited(
        shelf,
        "    editions: [{version: 0.1.0, from: 2026-01-01}]",
        "    editions:\n      - {version: 0.0.9, from: 2026-01-01}\n"
        "      - {version: 0.1.0, from: 2026-06-01}",
    )
    assert adoptions.problems() == ()
    first = adoptions.effective("SC", "sec-transport", "2026-05-31")
    second = adoptions.effective("SC", "sec-transport@0.1.0", "2026-06-01")
    assert (first.profile.version, second.profile.version) == ("0.0.9", "0.1.0")
    assert second.adopted.since == "2026-06-01"
    library = Library.open(shelf)
    assert library.ids() == Library.open().ids()
    assert library.profile("sec-transport").version == "0.1.0"
    assert library.profile("sec-transport@0.0.9").version == "0.0.9"


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (("SX", "di-catalog", TODAY), "load.unknown_region"),
        (("SC", "di-catalogue", TODAY), "load.unknown_profile_near"),
        (("SC", "di-catalog", "2025-12-31"), "load.not_in_force"),
        (("SC", "di-catalog@9.9.9", TODAY), "load.other_edition"),
    ],
)
def test_what_is_not_there_cannot_be_asked(ask: tuple[str, str, str], code: str, said: Say) -> None:
    with pytest.raises(KitError) as caught:
        opened().effective(*ask)
    assert caught.value.code == code
    assert said(caught.value)


def test_a_profile_that_a_region_does_not_hold(shelf: Path, said: Say) -> None:
    adoptions = edited(shelf, "  sec-transport:\n", "  zz-other:\n")
    with pytest.raises(KitError) as caught:
        adoptions.effective("SC", "sec-transport", TODAY)
    assert [each.code for each in caught.value.problems] == ["load.unknown_profile"]
    path = shelf / "profiles/regions/SC.yaml"
    path.write_text(path.read_text().partition("  zz-other:\n")[0])
    with pytest.raises(KitError) as caught:
        opened(shelf).effective("SC", "sec-transport", TODAY)
    assert caught.value.code == "load.not_adopted"
    assert said(caught.value)


FAULTS = [
    (
        "requirement: DI-CATALOG-013",
        "requirement: DI-CATALOG-013x",
        "load.unknown_requirement_near",
    ),
    ("with: {accept: [not_found]}", "with: {acept: [not_found]}", "load.unknown_parameter_near"),
    ("with: {accept: [not_found]}", "with: {accept: 3}", "load.parameter_type"),
    (
        "with: {accept: [not_found]}",
        "with: {accept: [not_found, invalid]}",
        "load.deviates_nowhere",
    ),
    ("with: {rsa_bits: 3072}", "tables: {key: gbt2260-cqsc}", "load.unknown_role"),
    ("        level: 3\n", "        level: 1\n", "load.change_untrue"),
    (
        "        change: looser\n        level: 3\n",
        "        change: stricter\n        level: 1\n",
        "load.kit_binds",
    ),
    ("        modal: 可\n", "        modal: 应\n", "load.modal_unsaid"),
    ("until: 2027-07-01", "until: 2027-06-31", "load.no_such_day"),
    ("until: 2027-07-01", "from: 2028-01-01\n        until: 2027-07-01", "load.period_empty"),
    ("- requirement: DI-CATALOG-015", "- requirement: DI-CATALOG-013", "load.deviates_twice"),
    ("id: SC-IOT-TELEMETRY-A01", "id: CQ-IOT-TELEMETRY-A01", "load.id_form"),
    (
        "check: telemetry.payload_bounded",
        "check: telemetry.payload_bound",
        "load.unknown_check_near",
    ),
    ("with: {seconds: 200, most: 4096}", "with: {seconds: 200, most: many}", "load.parameter_type"),
    (
        "evidence: {trace: iot.watch/trace}",
        "evidence: {trace: iot.wach/trace}",
        "load.unknown_probe_near",
    ),
    (
        "          modal: 宜\n          level: 2",
        "          modal: 应\n          level: 1",
        "load.kit_binds",
    ),
    ("clause: sc-rsa-3072", "clause: 第 5.2 条", "load.kit_clause"),
    ('text_read: "yes"', 'text_read: "no"', "load.unread_active"),
    ("number: DB51/T 10002-2022", "number: DB50/T 10002-2022", "load.local_number"),
    ("        pair: DB50/T 10002-2022\n", "", "load.local_pair"),
    ("pair: DB50/T 10002-2022", "pair: DB50/T 10003-2022", "load.local_pair"),
    ('clause: "4.2"}', 'clause: "4.2"}\n        pair: DB50/T 2847-2021', "load.local_unpaired"),
    ("region: SC", "region: SX", "load.region_name"),
    (
        "editions: [{version: 0.1.0, from: 2026-01-01}]",
        "editions: [{version: 0.2.0, from: 2026-01-01}]",
        "load.other_version",
    ),
    (
        "editions: [{version: 0.1.0, from: 2026-01-01}]",
        "editions: [{version: 0.1.0, from: 2026-01-01}, {version: 0.1.0, from: 2025-01-01}]",
        "load.editions_order",
    ),
    ("      DI-CATALOG-023:\n", "      DI-CATALOG-024:\n", "load.unknown_requirement_near"),
]


@pytest.mark.parametrize(("old", "new", "code"), FAULTS, ids=[each[2] for each in FAULTS])
def test_a_fault_is_told_at_its_line(shelf: Path, said: Say, old: str, new: str, code: str) -> None:
    adoptions = edited(shelf, old, new)
    problems = adoptions.problems()
    assert code in {each.code for each in problems}
    told = next(each for each in problems if each.code == code)
    assert re.fullmatch(r"profiles/regions/SC\.yaml:\d+:\d+", told.where)
    error = KitError("load.invalid", Blame.PROFILE, problems=problems, count=len(problems))
    assert said(error)


def test_a_use_of_nothing_checked_is_refused(shelf: Path) -> None:
    adoptions = edited(
        shelf,
        "    dropped:\n      - requirement: DI-CATALOG-015",
        "      - requirement: DI-CATALOG-023\n        change: neutral\n        with: {a: 1}\n"
        "        source: {kind: K, number: cqsc-conform, clause: x}\n"
        "        why: {zh: 无, en: none}\n"
        "    dropped:\n      - requirement: DI-CATALOG-015",
    )
    assert "load.nothing_checked" in {each.code for each in adoptions.problems()}
