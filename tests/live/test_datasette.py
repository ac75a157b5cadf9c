"""Datasette, reached by its target file alone."""

import pytest

from live.running import Run, cqsc


@pytest.fixture
def run(run_of) -> Run:
    return run_of("datasette")


def test_each_outcome_is_the_expected_one(run):
    assert "All 23 outcomes are as expected." in run.said.err
    assert run.said.code == 0


def test_the_conclusion_stands_whatever_was_expected(run):
    assert run.report["conclusion"] == "non_conformant"
    assert run.report["counts"]["fail"] == 1


def test_an_outcome_that_is_not_listed_fails(run, tmp_path):
    listed = run.expected.read_text(encoding="utf-8")
    short = tmp_path / "short.yaml"
    short.write_text(listed.partition("DI-CATALOG-022")[0], encoding="utf-8")
    said = cqsc(
        "run", run.target, "--only", "DI-CATALOG-022", "-o", tmp_path / "run", "--expect", short
    )
    assert said.code == 1
    assert "DI-CATALOG-022: expected -, found fail" in said.err


def test_everybody_reads_the_items_of_entries_that_are_not_shared(run):
    found = run.row(22)
    assert found["reason"]["code"] == "catalog.items_exposed"
    assert (found["count"], found["bad"]) == (2, 2)
    assert "catalog.hidden[1]/anonymous.1" in found["cites"]


def test_the_cursor_was_followed_to_the_end(run):
    asked = {line["probe"]: line["requests"] for line in run.report["ledger"]}
    assert (asked["catalog.walk"], asked["catalog.walk-small"]) == (2, 3)
    assert run.row(17)["count"] == 20


def test_the_version_was_read_before_and_after(run):
    target = run.report["target"]
    assert target["binding"] == "version_endpoint"
    assert target["proof_start"] == target["proof_end"]
    assert target["proof_start"].startswith("0.")
