"""An OpenAPI document served by Prism, reached by its target file alone."""

import pytest

from live.running import WHOLE, Run, cqsc


@pytest.fixture
def run(run_of) -> Run:
    return run_of("prism")


def test_each_outcome_is_the_expected_one(run):
    assert "All 23 outcomes are as expected." in run.said.err
    assert run.said.code == 0


def test_an_outcome_that_is_not_listed_fails_and_one_that_nobody_knows_too(run, tmp_path):
    listed = run.expected.read_text(encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(listed.replace("DI-CATALOG-016", "DI-CATALOG-160"), encoding="utf-8")
    said = cqsc("run", run.target, *WHOLE, "-o", tmp_path / "run", "--expect", other)
    assert said.code == 1
    assert "DI-CATALOG-016: expected -, found pass" in said.err
    assert "DI-CATALOG-160: expected pass, found -" in said.err


def test_a_fault_that_is_gone_is_a_difference_too(run, tmp_path):
    listed = run.expected.read_text(encoding="utf-8")
    other = tmp_path / "other.yaml"
    worse = listed.replace("DI-CATALOG-001:\n  outcome: pass", "DI-CATALOG-001:\n  outcome: fail")
    assert worse != listed
    other.write_text(worse, encoding="utf-8")
    said = cqsc("run", run.target, *WHOLE, "-o", tmp_path / "run", "--expect", other)
    assert said.code == 1
    assert "DI-CATALOG-001: expected fail, found pass" in said.err


def test_a_keyword_that_nothing_contains_finds_all(run):
    found = run.row(15)
    assert found["reason"]["code"] == "catalog.search_ignores"
    assert "3 results" in found["reason"]["en"]


def test_not_found_is_told_by_the_business_code(run):
    assert run.row(13)["reason"]["code"] == "reply.not_found"
    assert "40401" in run.row(13)["reason"]["en"]


def test_the_page_that_comes_again_ends_the_walk(run):
    asked = {line["probe"]: line["requests"] for line in run.report["ledger"]}
    assert asked["catalog.walk"] == asked["catalog.walk-small"] == 2
    assert run.row(17)["count"] == 3
