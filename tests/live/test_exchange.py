"""Both exchange references under the whole profile, with consent to write and without."""

from pathlib import Path

import pytest
import requests

from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.assemble import prepare
from cqsc_conform.cli.references import running_exchange
from cqsc_conform.cli.running import observed_and_judged
from cqsc_conform.engine.settle import Choices
from cqsc_conform.model.outcome import Effect
from cqsc_conform.resources import reference_targets_root
from live.running import EXAMPLES

WRITES = {"DI-EXCHANGE-005", "DI-EXCHANGE-014", "DI-EXCHANGE-026"}
NOT_OFFERED = {f"DI-EXCHANGE-{number}" for number in ("005", "006", "007", "011", "012")}


def run(target: Path, folder: Path, *consent: Effect):
    choices = Choices(level=3, consent=frozenset(consent))
    setup = prepare(target, ["di-exchange"], choices, Library.open())
    return observed_and_judged(setup, folder)


def outcomes(report):
    return {row.id: row.outcome.value for row in report.requirements}


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    with running_exchange(tmp_path_factory.mktemp("exchange")) as path:
        yield path


def listed(target: Path):
    url = next(
        line.partition('"')[2].partition('"')[0]
        for line in target.read_text(encoding="utf-8").splitlines()
        if "url:" in line
    )
    headers = {"Authorization": "Bearer reference-token"}
    return requests.get(f"{url}/records?limit=50", headers=headers, timeout=30).json()


def test_all_is_passed_within_its_budget_and_nothing_remains(target, tmp_path):
    before = listed(target)
    report = run(target, tmp_path / "run", *Effect)
    assert set(outcomes(report).values()) == {"pass"}
    assert len(report.requirements) == 26
    assert report.requests <= 100
    lines = {line.probe: line for line in report.ledger if line.effect == "mutates"}
    assert set(lines) == {"exchange.moving", "exchange.written"}
    assert all(line.requests > 5 for line in lines.values())
    after = listed(target)
    assert (after["total"], after["items"]) == (before["total"], before["items"])


def test_without_consent_what_only_reads_still_runs(target, tmp_path):
    said = outcomes(run(target, tmp_path / "run", Effect.SAFE))
    assert {id_ for id_, outcome in said.items() if outcome == "skipped"} == WRITES
    assert {outcome for id_, outcome in said.items() if id_ not in WRITES} == {"pass"}


def test_an_environment_that_is_not_seeded_is_never_written_to(target, tmp_path):
    live = tmp_path / "live.yaml"
    text = target.read_text(encoding="utf-8")
    live.write_text(text.replace("seeded_environment: true", "seeded_environment: false"), "utf-8")
    report = run(live, tmp_path / "run", *Effect)
    said = outcomes(report)
    assert {id_ for id_, outcome in said.items() if outcome == "not_applicable"} == WRITES
    assert {line.effect for line in report.ledger} == {"safe"}


def test_page_numbers_and_business_codes_by_mapping_alone(tmp_path):
    with running_exchange(tmp_path, second=True) as target:
        said = outcomes(run(target, tmp_path / "run", *Effect))
    assert {id_ for id_, each in said.items() if each == "not_applicable"} == NOT_OFFERED
    assert {each for id_, each in said.items() if id_ not in NOT_OFFERED} == {"pass"}


def test_the_example_maps_what_the_kit_s_own_target_file_maps():
    def lines(path):
        said = path.read_text(encoding="utf-8").splitlines()
        return [each for each in said if each.strip() and not each.lstrip().startswith("#")]

    own = reference_targets_root() / "exchange_api_b.yaml"
    assert lines(EXAMPLES / "targets" / "exchange-pages.yaml") == lines(own)
