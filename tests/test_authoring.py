"""The worked example of docs/authoring.md: one piece of YAML and one mutant are enough."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from laws.pages import blocks
from laws.repository import ROOT, files

PAGES = (ROOT / "docs" / "authoring.md", ROOT / "docs" / "authoring.zh-CN.md")
PROFILE = "profiles/data-interface/di-catalog.yaml"
MUTANTS = "cqsc_conform/reference/mutants/catalog.py"


def example(page: Path, name: str) -> str:
    (found,) = [each.text for each in blocks(page) if each.text.startswith(f"# {name}\n")]
    return found.removeprefix(f"# {name}\n")


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The project with the example added, and nothing else changed."""
    place = tmp_path_factory.mktemp("clone")
    for path in files():
        copy = place / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    profile = place / PROFILE
    text = profile.read_text(encoding="utf-8").rstrip("\n")
    profile.write_text(f"{text}\n\n{example(PAGES[0], 'requirement')}", encoding="utf-8")
    mutants = place / MUTANTS
    before, end, after = mutants.read_text(encoding="utf-8").partition("\n)\n\n\ndef mutant_of")
    assert end
    added = example(PAGES[0], "mutant").rstrip("\n")
    mutants.write_text(f"{before}\n{added}{end}{after}", encoding="utf-8")
    return place


def run(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(clone), "CQSC_LANG": "en", "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=clone, env=env, capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["requirement", "mutant"])
def test_both_languages_show_the_same_example(name):
    assert example(PAGES[0], name) == example(PAGES[1], name)


def test_the_library_with_the_example_is_clean(clone):
    done = run(clone, "-m", "cqsc_conform", "release", "lint")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_can_fail_and_nothing_else_fails_with_it(clone):
    words = ("release", "kill", "--only", "DI-CATALOG-024.unknown")
    done = run(clone, "-m", "cqsc_conform", *words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_other_law_needs_another_change(clone):
    done = run(
        clone, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_laws.py",
        "tests/reference/test_reference_mutants.py",
        "-k", "(requirement or mutant or check) and not matrix and not place",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
