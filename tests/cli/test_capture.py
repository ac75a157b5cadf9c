"""``run --capture``: a recording in the place of a device, from file to outcome."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from cli.kit import COMMAND, environment, kit, report_in
from helpers.measure import run_measured

EAST = timezone(timedelta(hours=8))
BEGIN = datetime(2026, 6, 1, 4, tzinfo=UTC).timestamp()
WANTED = {
    "001": "pass", "002": "pass", "003": "skipped", "004": "pass", "005": "pass", "006": "pass",
    "007": "pass", "008": "pass", "009": "pass", "010": "pass", "011": "pass", "012": "pass",
    "013": "pass", "014": "inconclusive", "015": "inconclusive", "016": "inconclusive",
    "017": "inconclusive", "018": "skipped", "019": "skipped", "020": "skipped", "021": "skipped",
    "022": "skipped", "023": "pass", "024": "pass", "025": "pass", "026": "pass",
}  # fmt: skip
"""What a recording of a right device can show, and what only a live one can."""

CHANGES: dict[str, tuple[Callable[[int, dict[str, Any]], None], str]] = {
    "011": (lambda _, told: told["readings"][0].update(unit="℃"), "unit_wrong"),
    "009": (lambda n, told: told.update(time=stamp(n * 13.0)), "interval"),
    "005": (lambda _, told: told.update(device="AQ"), "malformed"),
}


def stamp(at: float) -> str:
    return datetime.fromtimestamp(BEGIN + at, EAST).isoformat(timespec="milliseconds")


def message(number: int, device: str = "500103-AQ-01") -> dict[str, Any]:
    readings = [{"name": "temperature", "value": 23.5, "unit": "Cel", "quality": "good"}]
    return {
        "id": f"m{number}", "device": device, "time": stamp(number * 10.0), "seq": number,
        "readings": readings, "backfill": False,
    }  # fmt: skip


def line(at: float, told: dict[str, Any]) -> str:
    topic = f"cqsc/500103/{told['device']}/telemetry"
    row = {"topic": topic, "time": stamp(at), "payload": json.dumps(told, ensure_ascii=False)}
    return json.dumps(row, ensure_ascii=False)


def target(folder: Path) -> Path:
    path = folder / "device.yaml"
    path.write_text(
        "schema: cqsc-target/1\n"
        "subject: {maker: {name: 试验厂商}, name: 试验设备, kind: device}\n"
        "data_class: synthetic\nprofiles: [iot-telemetry]\n"
        "endpoints: {device: {url: 'mqtt://127.0.0.1:1883'}}\n"
        "ixit: {interval_seconds: 10, clock_error_seconds: 60}\n",
        encoding="utf-8",
    )
    return path


def capture(folder: Path, change: Callable[[int, dict[str, Any]], None] | None = None) -> Path:
    rows = []
    for number in range(22):
        told = message(number)
        if change is not None:
            change(number, told)
        rows.append(line(number * 10.0, told))
    path = folder / "c.ndjson"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def outcomes(folder: Path) -> dict[str, str]:
    return {row["id"][-3:]: row["outcome"] for row in report_in(folder)["requirements"]}


def test_a_recording_is_judged_requirement_by_requirement(tmp_path):
    done = kit(
        "run", target(tmp_path), "--capture", capture(tmp_path), "--level", "3",
        "-o", tmp_path / "run",
    )  # fmt: skip
    assert done.code == 3, done.err
    assert outcomes(tmp_path / "run") == WANTED
    assert kit("judge", tmp_path / "run.cqsc.zip", "-o", tmp_path / "again").code == 3
    assert outcomes(tmp_path / "again") == WANTED


@pytest.mark.parametrize("number", CHANGES)
def test_a_fault_in_a_recording_is_found(tmp_path, number):
    change, reason = CHANGES[number]
    done = kit(
        "run", target(tmp_path), "--capture", capture(tmp_path, change), "--level", "3",
        "-o", tmp_path / "run",
    )  # fmt: skip
    assert done.code == 1, done.err
    rows = {row["id"][-3:]: row for row in report_in(tmp_path / "run")["requirements"]}
    assert rows[number]["outcome"] == "fail"
    assert reason in rows[number]["reason"]["code"]
    failed = {key for key, row in rows.items() if row["outcome"] == "fail"}
    assert failed == {number}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_bad_line_ends_the_run_at_its_place(tmp_path, lang):
    path = capture(tmp_path)
    with path.open("a", encoding="utf-8") as file:
        file.write('\n{"topic": "t", "ti')
    done = kit("run", target(tmp_path), "--capture", path, "-o", tmp_path / "run", "--lang", lang)
    assert done.code in {2, 4}, done.err
    assert f"{path}:23" in done.err.replace("\n", "").replace(" ", "") or "c.ndjson:23" in done.err
    assert not (tmp_path / "run.cqsc.zip").exists()


def peak_of(folder: Path, rows: int) -> float:
    """Judge a recording of so many messages of 300 devices; gives the most memory held, in MiB."""
    folder.mkdir()
    path = folder / "large.ndjson"
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            at = number * 201 / rows
            told = message(number, f"500103-AQ-{number % 300:03}") | {"time": stamp(at)}
            file.write(line(at, told | {"pad": "x" * 600}) + "\n")
    command = [
        *COMMAND,
        "run",
        str(target(folder)),
        "--capture",
        str(path),
        "-o",
        str(folder / "run"),
    ]
    measured = run_measured(command, 120, env=environment())
    assert not measured.timed_out
    assert path.stat().st_size > rows * 950
    assert outcomes(folder / "run")["001"] == "pass", measured.stderr
    return measured.peak_rss_mb


def test_memory_does_not_grow_with_a_recording(tmp_path):
    # The larger one is a file of 57 MB and more, and half as much again in objects if it is held.
    assert peak_of(tmp_path / "large", 60_000) - peak_of(tmp_path / "small", 3_000) < 25
