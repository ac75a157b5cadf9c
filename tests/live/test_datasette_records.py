"""Records on Datasette under di-core and di-exchange, reached by the target file alone."""

import pytest

from live.running import Run

FINDINGS = {
    "DI-CORE-008": "problem.other_type",
    "DI-CORE-011": "status.allow_absent",
    "DI-CORE-024": "status.odd_query_changed",
    "DI-EXCHANGE-007": "exchange.cursor_altered",
    "DI-EXCHANGE-017": "exchange.digest_absent",
}


@pytest.fixture
def run(run_of) -> Run:
    return run_of("datasette-records")


def test_each_outcome_is_the_expected_one(run):
    assert "All 54 outcomes are as expected." in run.said.err
    assert run.said.code == 0


def test_what_is_found_is_what_datasette_does(run):
    rows = run.report["requirements"]
    found = {row["id"]: row["reason"]["code"] for row in rows if row["outcome"] == "fail"}
    assert found == FINDINGS


def test_what_it_does_not_offer_is_not_applicable_by_ics_and_nothing_is_unsettled(run):
    assert {row["outcome"] for row in run.report["requirements"]} == {
        "pass",
        "fail",
        "not_applicable",
    }
    assert run.report["counts"]["not_applicable"] == 22


def test_nothing_was_written(run):
    assert {line["effect"] for line in run.report["ledger"]} == {"safe"}
    assert run.report["requests"] <= 200
