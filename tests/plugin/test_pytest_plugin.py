"""The plugin as a vendor uses it: pytest in a process of its own, beside the vendor's tests."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.references import PUBLISHED, running_api, write_target

ROOT = Path(__file__).parent.parent.parent
REQUIREMENTS = Library.open().profile("di-catalog").requirements
TESTED = sum(each.check is not None and each.level == 1 for each in REQUIREMENTS)


@pytest.fixture(scope="module")
def conforming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running_api() as url:
        yield write_target(tmp_path_factory.mktemp("good"), url)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running_api("DI-CATALOG-002.check-char") as url:
        yield write_target(tmp_path_factory.mktemp("bad"), url)


def tried(folder: Path, *words: str) -> tuple[int, str]:
    (folder / "test_own.py").write_text("def test_of_the_vendor():\n    assert True\n")
    env = {**os.environ, **PUBLISHED, "PYTHONPATH": str(ROOT), "CQSC_LANG": "en"}
    env.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *words]
    if not entry_points(group="pytest11", name="cqsc"):
        command += ["-p", "cqsc_conform.pytest_plugin"]
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=90, check=False
    )
    return done.returncode, done.stdout + done.stderr


def counted(output: str) -> dict[str, int]:
    return {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", output.splitlines()[-1])}


def test_each_requirement_is_an_item_beside_the_vendors_tests(
    tmp_path: Path, conforming: Path
) -> None:
    code, output = tried(tmp_path, f"--cqsc-target={conforming}")
    found = counted(output)
    assert code == 0, output
    assert found["passed"] == TESTED + 1  # the vendor's own
    assert found["skipped"] == len(REQUIREMENTS) - TESTED
    assert "test_of_the_vendor" in output


def test_a_broken_requirement_fails_in_the_words_of_the_report(
    tmp_path: Path, faulty: Path
) -> None:
    code, output = tried(tmp_path, f"--cqsc-target={faulty}", "--cqsc-level=2")
    assert code == 1
    assert counted(output)["failed"] == 1
    assert "catalog.walk/pages" in output
    assert "Traceback" not in output


def test_what_is_selected_is_all_that_is_asked(tmp_path: Path, conforming: Path) -> None:
    out = tmp_path / "kept"
    code, output = tried(
        tmp_path, f"--cqsc-target={conforming}", "-k", "CATALOG-013", f"--cqsc-out={out}"
    )
    assert code == 0, output
    assert counted(output)["passed"] == 1
    assert len((out / "run/evidence/000001.ndjson").read_bytes().splitlines()) < 10


def test_markers_choose_by_modal_and_level(tmp_path: Path, conforming: Path) -> None:
    code, output = tried(
        tmp_path, f"--cqsc-target={conforming}", "--cqsc-level=2", "-m", "shall and level2"
    )
    assert code == 0, output
    assert counted(output)["passed"] == 3


def test_workers_share_one_run(tmp_path: Path, conforming: Path) -> None:
    out = tmp_path / "kept"
    code, output = tried(tmp_path, f"--cqsc-target={conforming}", "-n2", f"--cqsc-out={out}")
    assert code == 0, output
    assert counted(output)["passed"] == TESTED + 1
    assert len(list(out.glob("*.cqsc.zip"))) == 1


def test_a_bad_target_file_is_a_usage_error(tmp_path: Path) -> None:
    bad = tmp_path / "target.yaml"
    bad.write_text("schema: cqsc-target/1\n")
    code, output = tried(tmp_path, f"--cqsc-target={bad}")
    assert code == 4
    assert "target.yaml:1:1" in output
    assert "Traceback" not in output


def test_items_are_named_by_region(conforming: Path, tmp_path: Path) -> None:
    code, said = tried(
        tmp_path, "--cqsc-target", str(conforming), "--cqsc-region", "SC", "--cqsc-region", "CQ",
        "-k", "DI-CATALOG-018",
    )  # fmt: skip
    assert code == 0, said
    assert "SC/DI-CATALOG-018" in said
    assert "CQ/DI-CATALOG-018" in said
