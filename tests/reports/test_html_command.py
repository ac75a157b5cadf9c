"""The page as the commands leave it."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.resources import reference_targets_root

ROOT = Path(__file__).parents[2]
MUTANT = "DI-CATALOG-012.title"


def cqsc(*words: str | Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "CQSC_LANG": "zh"}
    command = [sys.executable, "-m", "cqsc_conform", *map(str, words)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page") / "run"
    done = cqsc("demo", "-o", folder, "--mutant", MUTANT)
    assert done.returncode == 1, done.stderr
    assert str(folder / "report.html") in done.stderr
    return folder


def test_a_run_leaves_the_page_with_the_evidence_of_its_failure(run):
    page = (run / "report.html").read_text("utf-8")
    mended = page[page.index('id="must_mend"') : page.index('id="all"')]
    assert mended.count('<details class="evidence"') == 2
    assert "<mark>锦江区空气质量小时值（新）</mark>" in mended
    assert "reference-token" not in page


def test_the_page_is_made_again_from_the_sealed_bundle(run, tmp_path):
    sealed = run.with_name("run.cqsc.zip")
    assert cqsc("report", sealed, "-f", "html", "-o", tmp_path / "a.html").returncode == 0
    assert (tmp_path / "a.html").read_bytes() == (run / "report.html").read_bytes()
    assert cqsc("judge", sealed, "-o", tmp_path / "again").returncode == 1
    assert (tmp_path / "again" / "report.html").read_bytes() == (run / "report.html").read_bytes()
    by_name = ("judge", sealed, "-p", "di-catalog", "-o", tmp_path / "by")
    assert cqsc(*by_name).returncode == 1
    assert '<details class="evidence"' in (tmp_path / "by" / "report.html").read_text("utf-8")


def test_what_is_removed_from_a_bundle_is_on_no_page_in_it(run):
    with zipfile.ZipFile(run.with_name("run.cqsc.zip")) as sealed:
        assert "report.html" not in sealed.namelist()
        assert "report.json" in sealed.namelist()
    with open_bundle(run) as opened:
        assert opened.manifest is not None
        assert "report.html" not in opened.source.sizes


def captured(folder: Path) -> Path:
    """A recording of a device: its fourth message has no value."""
    lines = []
    for seq in range(30):
        moment = f"2026-01-02T03:{seq // 6:02d}:{seq % 6 * 10:02d}.000+08:00"
        value = {} if seq == 4 else {"value": 21.5}
        reading = {"name": "temperature", **value, "unit": "Cel", "quality": "good"}
        said = {"id": f"m{seq}", "device": "500103-AQ-0001", "time": moment, "seq": seq,
                "readings": [reading], "backfill": False}  # fmt: skip
        topic = "cqsc/500103/500103-AQ-0001/telemetry"
        message = {"topic": topic, "payload": json.dumps(said), "time": moment}
        lines.append(json.dumps(message))
    path = folder / "device.ndjson"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_packets_of_a_recording_are_shown_by_every_command(tmp_path):
    text = (reference_targets_root() / "device.yaml").read_text("utf-8")
    target = tmp_path / "device.yaml"
    target.write_text(text.replace("time_scale: 0.01", "time_scale: 1"), encoding="utf-8")
    folder = tmp_path / "run"
    done = cqsc("run", target, "--capture", captured(tmp_path), "-o", folder)
    assert done.returncode == 1, done.stderr
    named = "19:00:40.000Z，PUBLISH cqsc/500103/500103-AQ-0001/telemetry"
    assert named in re.sub(r"\n\s+", "", done.stdout)
    page = (folder / "report.html").read_text("utf-8")
    mended = page[page.index('id="must_mend"') : page.index('id="all"')]
    assert '<svg class="drawn"' in mended
    assert "+40.000 s<small>19:00:40.000<" in mended
    sealed = folder.with_name("run.cqsc.zip")
    assert cqsc("report", sealed, "-f", "html", "-o", tmp_path / "a.html").returncode == 0
    assert (tmp_path / "a.html").read_text("utf-8") == page
    assert cqsc("judge", sealed, "-o", tmp_path / "again").returncode == 1
    assert (tmp_path / "again" / "report.html").read_text("utf-8") == page
    assert cqsc("report", tmp_path / "again", "-f", "html").returncode == 0
    stream = folder / "evidence" / "streams" / "000001.mqtt"
    stream.write_bytes(stream.read_bytes().replace(b"Cel", b"cel", 1))
    assert cqsc("report", folder, "-f", "html").returncode == 5
