"""Two regions: one run for both, each judged by its own adoption, and one judged by the other's."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.kit import Done, kit
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.assemble import prepare
from cqsc_conform.cli.choosing import Wanted, choose
from cqsc_conform.cli.describing import described
from cqsc_conform.cli.expect import compare_expected
from cqsc_conform.cli.judging import judge_bundle
from cqsc_conform.cli.references import REFERENCES, running_api, write_target
from cqsc_conform.cli.running import observed_and_judged, run_one
from cqsc_conform.engine.settle import Choices
from cqsc_conform.errors import KitError
from cqsc_conform.model.outcome import Conclusion, Effect, Outcome
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.probe import Peer
from cqsc_conform.model.report import Report
from cqsc_conform.reference.mutants import MUTANTS
from cqsc_conform.reports.compare import compare
from cqsc_conform.reports.plan_text import plan_page
from cqsc_conform.resources import reference_targets_root

BOTH = ("-r", "CQ", "-r", "SC")
DEVICE = reference_targets_root() / "device.yaml"


def planned(path: Path, name: str, *regions: str, **choices: Any) -> Plan:
    wanted = Wanted(profiles=(name,), regions=regions)
    return prepare(path, wanted, Choices(level=3, **choices)).plan


def rows(report: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(each["region"], each["id"]): each for each in report["requirements"]}


@dataclass(frozen=True)
class Place:
    """A target that does not say how data are shared, and what two runs of it left."""

    folder: Path
    target: Path
    done: Done

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "both/report.json").read_bytes())
        return found

    def read(self, name: str) -> Report:
        return msgspec.json.decode((self.folder / name / "report.json").read_bytes(), type=Report)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The server is gone when a test begins: what is judged then is the evidence."""
    folder = tmp_path_factory.mktemp("regions")
    with running_api() as url:
        target = write_target(folder, url)
        mapping = "operations:\n  catalog.get:\n    elements: {share_mode: /nowhere}\n"
        text = target.read_text()
        assert "operations:" not in text
        target.write_text(text + mapping)
        asked = ("-p", "di-catalog", "--level", "3", "--lang", "en")
        made = kit("plan", target, *asked, *BOTH, "-o", folder / "plan.json")
        assert made.code == 0, made.said
        done = kit(
            "run", target, *asked, *BOTH, "--plan", folder / "plan.json", "-o", folder / "both"
        )  # fmt: skip
        setup = prepare(target, Wanted(("di-catalog",), ("cq",)), Choices(level=3))
        run_one(setup, folder / "cq", ())
    return Place(folder, target, done)


def test_one_run_serves_both_regions(place: Place) -> None:
    assert place.done.code == 1, place.done.said
    plain = planned(place.target, "di-catalog")
    both = msgspec.json.decode((place.folder / "both/plan.json").read_bytes(), type=Plan)
    assert [each.digest for each in both.probes] == [each.digest for each in plain.probes]
    assert both.max_requests == plain.max_requests
    alone = json.loads((place.folder / "cq/report.json").read_bytes())
    assert place.report["requests"] == alone["requests"]


def test_each_region_concludes_by_its_own_adoption(place: Place) -> None:
    found = rows(place.report)
    assert found["CQ", "DI-CATALOG-001"]["outcome"] == "pass"
    assert found["SC", "DI-CATALOG-001"]["outcome"] == "fail"
    assert found["CQ", "CQ-DI-CATALOG-A01"]["outcome"] == "fail"
    assert ("SC", "CQ-DI-CATALOG-A01") not in found
    assert ("SC", "DI-CATALOG-015") not in found
    assert found["CQ", "DI-CATALOG-002"]["digest"] == found["SC", "DI-CATALOG-002"]["digest"]
    assert found["CQ", "DI-CATALOG-009"]["digest"] != found["SC", "DI-CATALOG-009"]["digest"]
    results = {each["region"]: each for each in place.report["results"]}
    assert results["SC"]["conclusion"] == "non_conformant"
    assert results["SC"]["dropped"][0]["requirement"] == "DI-CATALOG-015"
    assert results["CQ"]["adopted"]["since"] == "2026-01-01"
    assert place.report["conclusion"] == "non_conformant"


def test_a_level_is_claimed_within_each_region(place: Place) -> None:
    """Level 2 of CQ is not demanded at level 1; what SC demands at level 1 is."""
    plan = prepare(place.target, Wanted(("di-catalog",), ("CQ", "SC")), Choices()).plan
    because = {(item.region, item.id): item.because.get("code") for item in plan.items}
    assert because["CQ", "CQ-DI-CATALOG-A01"] == "engine.above_level"
    assert because["SC", "DI-CATALOG-001"] is None


@pytest.mark.parametrize("name", ["report.html", "report.md", "report.txt", "report.xml"])
def test_every_format_keys_its_rows_by_region(place: Place, name: str) -> None:
    text = (place.folder / "both" / name).read_text(encoding="utf-8")
    dot = "." if name.endswith("xml") else "/"
    assert f"CQ{dot}di-catalog" in text
    assert f"SC{dot}di-catalog" in text
    assert "+share_mode" in text
    assert "sc-search-is-fuzzy" in text
    assert place.report["results"][1]["adopted"]["digest"][:40] in text


def test_a_bundle_of_one_region_is_judged_by_the_other(place: Place) -> None:
    with open_bundle(place.folder / "cq.cqsc.zip") as bundle:
        (place.folder / "by-sc").mkdir()
        report = judge_bundle(bundle, Wanted(regions=("SC",)), place.folder / "by-sc", ())
    judged = {(row.region, row.id): row for row in report.requirements}
    own = {key: row for key, row in rows(place.report).items() if key[0] == "SC"}
    assert report.conclusion is Conclusion.NON_CONFORMANT
    assert judged.keys() == own.keys()
    for key, row in judged.items():
        assert (row.outcome, row.digest) == (own[key]["outcome"], own[key]["digest"])
    compared = compare(place.read("cq"), report)
    assert compared.regions == ("CQ", "SC")
    assert {each.id for each in compared.changed} == {
        "DI-CATALOG-001", "DI-CATALOG-009", "DI-CATALOG-013",
    }  # fmt: skip
    assert {each.id for each in compared.only_before} == {"DI-CATALOG-015", "CQ-DI-CATALOG-A01"}


def test_a_bundle_of_both_is_judged_again_to_the_same_verdicts(place: Place) -> None:
    again = place.folder / "again"
    again.mkdir()
    with open_bundle(place.folder / "both.cqsc.zip") as bundle:
        judge_bundle(bundle, Wanted(), again, ())
    assert (again / "verdicts.json").read_bytes() == (
        place.folder / "both/verdicts.json"
    ).read_bytes()


def test_what_was_expected_may_be_said_by_region(place: Place) -> None:
    outcomes = {
        f"{row['region']}/{row['id']}": row["outcome"] for row in place.report["requirements"]
    }
    expected = place.folder / "expected.yaml"

    report = place.read("both")
    expected.write_text("".join(f"{key}: {value}\n" for key, value in outcomes.items()))
    assert compare_expected(expected, report)
    for key, value in (("SC/DI-CATALOG-001", "pass"), ("SC/DI-CATALOG-999", "pass")):
        said = {**outcomes, key: value}
        expected.write_text("".join(f"{key}: {value}\n" for key, value in said.items()))
        assert not compare_expected(expected, report)
    # A bare id speaks for every region that says nothing of its own.
    bare = {key: value for key, value in outcomes.items() if not key.endswith("/DI-CATALOG-002")}
    bare["DI-CATALOG-002"] = "pass"
    expected.write_text("".join(f"{key}: {value}\n" for key, value in bare.items()))
    assert compare_expected(expected, report)


def test_the_plan_says_how_the_regions_share_it(place: Place) -> None:
    plan = planned(place.target, "di-catalog", "CQ", "SC")
    for lang, words in (
        ("en", ("In CQ only", "each region's own rule", "another installation", "+share_mode")),
        ("zh", ("只有 CQ 要求", "按各地规则分别判定", "须再测", "SC 不采用")),
    ):
        said = plan_page(plan, lang, 80).plain()
        for each in words:
            assert each in said
    assert "In CQ only" not in plan_page(planned(place.target, "di-catalog"), "en", 80).plain()


def test_a_requirement_is_chosen_in_one_region_alone() -> None:
    plan = planned(DEVICE, "iot-telemetry", "CQ", "SC", only=frozenset({"SC/IOT-TELEMETRY-007"}))
    run = [(item.region, item.id) for item in plan.items if item.disposition == "run"]
    assert run == [("SC", "IOT-TELEMETRY-007")]
    both = planned(DEVICE, "iot-telemetry", "CQ", "SC", only=frozenset({"IOT-TELEMETRY-007"}))
    assert sum(item.disposition == "run" for item in both.items) == 2


def test_a_passive_watch_lasts_as_long_as_the_longest_demand() -> None:
    def watched(*regions: str) -> dict[str, tuple[float, str]]:
        plan = planned(DEVICE, "iot-telemetry", *regions, consent=frozenset(Effect))
        return {
            each.probe.id: (node.seconds, each.digest)
            for each in plan.probes
            for node in each.probe.steps
            if isinstance(node, Peer)
        }

    plain, sc, both = watched(), watched("SC"), watched("CQ", "SC")
    assert sc == plain
    assert both["iot.watch"] == (240, plain["iot.watch"][1])
    # The link is cut for as long as before: a stimulus is never stretched.
    assert both["iot.outage"] == plain["iot.outage"]


@pytest.mark.parametrize(
    ("profile", "region", "id_", "mutant"),
    [
        ("sec-transport", "CQ", "CQ-SEC-TRANSPORT-A01", "SEC-TRANSPORT-002"),
        ("iot-telemetry", "SC", "SC-IOT-TELEMETRY-A01", "IOT-TELEMETRY-023"),
    ],
)
def test_what_a_region_adds_can_fail(
    tmp_path: Path, profile: str, region: str, id_: str, mutant: str
) -> None:
    outcomes = {}
    for broken in (None, mutant_of(mutant)):
        folder = tmp_path / str(broken)
        folder.mkdir()
        with REFERENCES[profile].run(folder, broken) as target:
            choices = Choices(level=3, only=frozenset({id_}))
            setup = prepare(target, Wanted((profile,), (region,)), choices)
            report = observed_and_judged(setup, folder / "run")
        outcomes[broken is None] = {row.id: row.outcome for row in report.requirements}[id_]
    assert outcomes == {True: Outcome.PASS, False: Outcome.FAIL}


def mutant_of(requirement: str) -> str:
    return next(each.id for each in MUTANTS if each.kills == requirement)


def test_profiles_are_shown_as_a_region_holds_them() -> None:
    shelf = Library.open()

    def shown(region: str, day: str = "2026-11-22") -> dict[str, Any]:
        held = choose(shelf, ("di-catalog",), Wanted(regions=(region,), day=day))
        ((_, profile),) = held.profiles
        return described(shelf, profile, held.adoptions[region, "di-catalog"])

    cq, sc = shown("CQ"), shown("SC")
    assert (cq["adopted"]["region"], sc["adopted"]["region"]) == ("CQ", "SC")
    plain = described(shelf, shelf.profile("di-catalog"))
    assert plain["adopted_by"] == ["CQ", "SC"]
    base = {each["id"]: each["digest"] for each in plain["requirements"]}
    changed = {each["id"] for each in sc["requirements"] if each["digest"] != base[each["id"]]}
    assert changed == {"DI-CATALOG-001", "DI-CATALOG-009", "DI-CATALOG-013"}
    again = {each["id"]: each["digest"] for each in shown("SC", "2027-07-01")["requirements"]}
    assert again["DI-CATALOG-009"] == base["DI-CATALOG-009"]
    page = kit("profiles", "show", "di-catalog", "-r", "SC", "--lang", "en").out
    for each in ("Adoption SC", "+share_mode", "DB51/T 10002-2022", sc["adopted"]["digest"][:40]):
        assert each in page


@pytest.mark.parametrize(
    ("wanted", "only", "code"),
    [
        (Wanted(regions=("SX",)), "", "load.unknown_region"),
        (Wanted(regions=("SC",), day="2027-02-30"), "", "cli.no_such_day"),
        (Wanted(day="2027-02-03"), "", "cli.date_alone"),
        (Wanted(regions=("SC",), day="2025-01-01"), "", "load.not_in_force"),
        (Wanted(regions=("SC",)), "CQ/DI-CATALOG-001", "engine.unknown_requirement"),
    ],
)
def test_a_wrong_region_or_day_is_refused(wanted: Wanted, only: str, code: str) -> None:
    target = reference_targets_root() / "catalog_api.yaml"
    with pytest.raises(KitError) as caught:
        prepare(target, wanted, Choices(only=frozenset(filter(None, [only]))))
    assert caught.value.code == code
