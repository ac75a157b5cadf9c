"""A POST-only administration system: its target file is enough, and each fault is found."""

from datetime import datetime

import pytest

from cqsc_conform.cli.assemble import prepare
from cqsc_conform.cli.running import observed_and_judged
from cqsc_conform.engine.settle import Choices
from cqsc_conform.model.outcome import Effect, Outcome
from live.conftest import CHINA
from live.office import FAULTS, TOKEN, office
from live.running import run_example, target_at

HABITS = {"DI-CORE-008", "DI-CORE-011"}
"""What is no fault of the records: refusals are HTTP 200, whatever happens."""


TOGETHER = (
    ("pages share a record",),
    (
        "total counts what was deleted",
        "page size is not bounded",
        "region matches by prefix",
        "the upper bound is included",
        "records of one moment are lost in order",
    ),
    (
        "the unknown succeeds with nothing",
        "refusals show the data base",
        "check characters are wrong",
        "identity numbers are wrong",
        "axes are exchanged",
        "amounts are texts",
        "references dangle",
    ),
    ("times with a space",),
    ("the list masks names, the record does not", "undeclared fields are kept", "single precision"),
    ("rare characters are lost", "nothing becomes an empty text"),
    ("retries create again",),
)


@pytest.fixture
def examined(tmp_path, monkeypatch):
    monkeypatch.setenv("OFFICE_TOKEN", TOKEN)

    def examine(*faults: str) -> dict[str, Outcome]:
        with office(datetime.now(CHINA), *faults) as url:
            target = target_at("examples/targets/office.yaml", url, tmp_path)
            setup = prepare(target, [], Choices(level=3, consent=frozenset(Effect)))
            report = observed_and_judged(setup, tmp_path / "run")
        assert not [line for line in report.ledger if line.remaining]
        fine = {Outcome.PASS, Outcome.NOT_APPLICABLE}
        return {row.id: row.outcome for row in report.requirements if row.outcome not in fine}

    return examine


def test_each_outcome_is_the_expected_one(tmp_path):
    with office(datetime.now(CHINA)) as url:
        run = run_example("office", url, tmp_path, "--consent", "mutates", OFFICE_TOKEN=TOKEN)
    assert "All 54 outcomes are as expected." in run.said.err
    assert run.said.code == 0
    assert run.report["requests"] <= 200
    found = {row["id"] for row in run.report["requirements"] if row["outcome"] == "fail"}
    assert found == HABITS
    assert run.named("DI-CORE-008")["reason"]["code"] == "problem.business_code"
    assert not [line for line in run.report["ledger"] if line["remaining"]]


@pytest.mark.parametrize("names", TOGETHER, ids=lambda names: names[0])
def test_each_fault_is_found_under_its_clause_and_hides_no_other(examined, names):
    faults = [FAULTS[name] for name in names]
    broken = [HABITS, *(fault.breaks for fault in faults)]
    # No two that stand together break the same: each shows by itself.
    assert len(set().union(*broken)) == sum(map(len, broken))
    unsettled = set().union(*(fault.unsettles for fault in faults))
    assert examined(*names) == dict.fromkeys(set().union(*broken), Outcome.FAIL) | dict.fromkeys(
        unsettled, Outcome.INCONCLUSIVE
    )


def test_every_fault_is_switched_on_once():
    assert sorted(name for names in TOGETHER for name in names) == sorted(FAULTS)
