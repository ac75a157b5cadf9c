"""The page as the commands leave it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cqsc_conform.bundle.open import open_bundle

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
