"""di-events against both references, and against a sender that uses the CloudEvents SDK."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cqsc_conform.cli.references import PUBLISHED, running_events, write_target
from live.running import cqsc, read, target_at

SENDER = Path(__file__).with_name("events_sdk.py")
SDK = {
    "001": "pass", "002": "pass", "003": "pass", "004": "pass", "005": "pass",
    # It sends once and forgets.
    "006": "fail", "007": "inconclusive", "008": "inconclusive",
    "009": "pass",
    # What its target file says it has not.
    "010": "not_applicable", "011": "not_applicable", "012": "not_applicable",
    # It looks at no answer, 410 neither.
    "013": "fail",
    "014": "pass",
}  # fmt: skip


def run(target: Path, folder: Path, *more: str) -> tuple[int, dict[str, Any], str]:
    said = cqsc("run", target, "--level", "3", "-o", folder / "run", *more, **PUBLISHED)
    return said.code, read(folder / "run" / "report.json"), said.err


@pytest.mark.parametrize("second", [False, True])
def test_a_reference_passes_and_nothing_is_left(second: bool, tmp_path: Path) -> None:
    with running_events(second=second) as url:
        target = write_target(tmp_path, url, second=second, name="events_api")
        code, report, err = run(target, tmp_path, "--consent", "mutates")
    assert code == 0, err
    away = {row["id"] for row in report["requirements"] if row["outcome"] == "not_applicable"}
    assert away == ({"DI-EVENTS-012"} if second else set())
    outcomes = {row["outcome"] for row in report["requirements"] if row["id"] not in away}
    assert outcomes == {"pass"}
    for path in (tmp_path / "run").rglob("*"):
        assert path.is_dir() or b"reference-secret" not in path.read_bytes(), path


def test_without_consent_nothing_is_asked(tmp_path: Path) -> None:
    with running_events() as url:
        _, report, _ = run(write_target(tmp_path, url, name="events_api"), tmp_path)
    assert {row["outcome"] for row in report["requirements"]} == {"skipped"}
    assert report["requests"] == 0


@contextmanager
def sdk_sender(mode: str) -> Iterator[str]:
    argv = [sys.executable, str(SENDER), mode]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["listening"])
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_a_sender_with_the_sdk_is_judged_rightly(mode: str, tmp_path: Path) -> None:
    with sdk_sender(mode) as url:
        target = target_at("tests/live/events_sdk.target.yaml", url, tmp_path)
        text = target.read_text(encoding="utf-8").replace("structured", mode)
        target.write_text(text, encoding="utf-8")
        code, report, err = run(target, tmp_path, "--consent", "mutates")
    outcomes = {row["id"][-3:]: row["outcome"] for row in report["requirements"]}
    assert outcomes == SDK, err
    assert code == 1
    reasons = {row["id"][-3:]: row["reason"]["code"] for row in report["requirements"]}
    assert reasons["006"] == "events.given_up_refused"
    assert reasons["013"] == "events.gone_disturbed"
