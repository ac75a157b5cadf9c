"""Both reference data APIs pass di-core whole, within its budget, and are left as they were."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.references import PUBLISHED, running_core, write_target
from live.running import cqsc

AWAY = {"core_api": set(), "core_api_b": {"DI-CORE-019", "DI-CORE-026", "DI-CORE-027"}}
LISTS = {"core_api": "/records?limit=100", "core_api_b": "/api/v2/stations?pageSize=50"}
CREDENTIALS = {
    "Authorization": f"Bearer {PUBLISHED['CQSC_REFERENCE_TOKEN']}",
    "X-Api-Key": PUBLISHED["CQSC_REFERENCE_KEY"],
}


def listed(url: str) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=CREDENTIALS)) as answer:  # noqa: S310 - loopback
        return json.loads(answer.read())


@pytest.mark.parametrize("name", AWAY)
def test_a_reference_passes_and_is_left_as_it_was(name, tmp_path: Path):
    second = name.endswith("_b")
    with running_core(second=second) as url:
        before = listed(url + LISTS[name])
        target = write_target(tmp_path, url, second=second, name="core_api")
        said = cqsc(
            "run",
            target,
            "--level",
            "3",
            "--consent",
            "mutates",
            "-o",
            tmp_path / "run",
            **PUBLISHED,
        )
        after = listed(url + LISTS[name])
    assert said.code == 0, said.err
    report = json.loads((tmp_path / "run" / "report.json").read_bytes())
    outcomes = {row["id"]: row["outcome"] for row in report["requirements"]}
    assert {id_ for id_, each in outcomes.items() if each == "not_applicable"} == AWAY[name]
    assert {each for id_, each in outcomes.items() if id_ not in AWAY[name]} == {"pass"}
    assert report["requests"] <= Library.open().profile("di-core").request_budget
    ledger = report["ledger"]
    assert sum(line["created"] for line in ledger) == sum(line["removed"] for line in ledger) == 5
    assert [line["remaining"] for line in ledger if line["remaining"]] == []
    assert before == after
    assert b"reference-token" not in b"".join(
        path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()
    )


def test_without_consent_nothing_is_written(tmp_path: Path):
    with running_core() as url:
        target = write_target(tmp_path, url, name="core_api")
        cqsc("run", target, "--level", "3", "-o", tmp_path / "run", **PUBLISHED)
    report = json.loads((tmp_path / "run" / "report.json").read_bytes())
    skipped = {row["id"] for row in report["requirements"] if row["outcome"] == "skipped"}
    assert skipped == {f"DI-CORE-{number:03d}" for number in (6, 12, 16, 17, 20, 21, 22, 23)}
    assert all(line["effect"] == "safe" for line in report["ledger"] if line["requests"])
