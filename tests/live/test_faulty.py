"""Faults of somebody else's API, reached by a target file: each under its clause, nothing else."""

import pytest

from cqsc_conform.cli.assemble import prepare
from cqsc_conform.cli.running import observed_and_judged
from cqsc_conform.engine.plan import Choices
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.report import Report
from live.faulty import FAULTS, MEMBER_KEY, portal
from live.running import target_at

FROM = "tests/live/portal.target.yaml"


@pytest.fixture
def examined(tmp_path):
    def examine(fault: str | None) -> Report:
        key = tmp_path / "member.key"
        key.touch(mode=0o600)
        key.write_text(MEMBER_KEY, encoding="utf-8")
        with portal(fault) as url:
            setup = prepare(target_at(FROM, url, tmp_path), [], Choices(level=3))
            return observed_and_judged(setup, tmp_path / "run")

    return examine


def unlike_pass(report: Report) -> dict[str, Outcome]:
    return {
        row.id: row.outcome for row in report.requirements if row.outcome is not Outcome.PASS
    } | {"DI-CATALOG-023": Outcome.NOT_APPLICABLE}


def test_the_portal_conforms_where_no_fault_is_switched_on(examined):
    assert unlike_pass(examined(None)) == {"DI-CATALOG-023": Outcome.NOT_APPLICABLE}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_under_its_clause_and_nothing_else(examined, fault):
    assert unlike_pass(examined(fault)) == {
        FAULTS[fault].breaks: Outcome.FAIL,
        "DI-CATALOG-023": Outcome.NOT_APPLICABLE,
    }


def test_every_requirement_that_can_fail_is_broken_by_a_fault():
    broken = {fault.breaks for fault in FAULTS.values()}
    assert broken == {f"DI-CATALOG-{number:03d}" for number in range(1, 23)}
