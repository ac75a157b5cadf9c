"""What every run leaves, whoever wrote the server: judged again, compared, exported."""

import json
from xml.etree.ElementTree import fromstring

import pytest

from cqsc_conform.catalog.library import Library
from live.running import Run, cqsc


@pytest.fixture(params=["datasette", "prism", "reference", "second-reference"])
def run(request, run_of) -> Run:
    return run_of(request.param)


def test_requests_stay_within_the_budget_of_the_profile(run):
    budget = Library.open().profile("di-catalog").request_budget
    assert 0 < run.report["requests"] <= budget
    assert sum(line["requests"] for line in run.report["ledger"]) == run.report["requests"]


def test_the_sealed_bundle_is_judged_to_the_same_bytes(run, tmp_path):
    said = cqsc("judge", run.sealed, "-o", tmp_path / "again")
    assert said.code == {"conformant": 0, "non_conformant": 1}[run.report["conclusion"]]
    for name in ("verdicts.json", "report.json"):
        assert (tmp_path / "again" / name).read_bytes() == (run.folder / name).read_bytes()


def test_a_run_compared_with_itself_differs_in_nothing(run):
    said = cqsc("compare", run.sealed, run.folder)
    assert said.code == 0, said.out


def test_evidence_opens_as_har(run, tmp_path):
    assert cqsc("bundle", "har", run.sealed, "-o", tmp_path / "run.har").code == 0
    log = json.loads((tmp_path / "run.har").read_bytes())["log"]
    assert log["version"] == "1.2"
    assert len(log["entries"]) == run.report["requests"]
    assert {entry["request"]["method"] for entry in log["entries"]} <= {"GET", "POST"}


def test_the_report_opens_as_junit(run):
    said = cqsc("report", run.sealed, "-f", "junit")
    assert said.code == 0
    suites = fromstring(said.out)  # noqa: S314 - our own output
    named = {case.get("classname", "").rpartition(".")[2] for case in suites.iter("testcase")}
    assert named == {row["id"] for row in run.report["requirements"]}
    failed = {case for case in suites.iter("testcase") if case.find("failure") is not None}
    assert len(failed) == run.report["counts"]["fail"]
