"""The reference devices, known through the kit that they connect to."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.assemble import prepare
from cqsc_conform.cli.references import running_device
from cqsc_conform.cli.running import observed_and_judged
from cqsc_conform.engine.settle import Choices
from cqsc_conform.model.outcome import Effect, Outcome
from cqsc_conform.reference.mutants.telemetry import MUTANTS, mutant_of


@pytest.mark.parametrize("second", [False, True])
def test_a_conforming_device_passes(tmp_path: Path, second: bool) -> None:
    choices = Choices(level=3, include_draft=True, consent=frozenset(Effect))
    with running_device(tmp_path, second=second) as target:
        setup = prepare(target, ["iot-telemetry"], choices, Library.open())
        report = observed_and_judged(setup, tmp_path / "run")
    others = {row.id: row for row in report.requirements if row.outcome is not Outcome.PASS}
    # The second device sends no batches, and says so.
    assert set(others) == ({"IOT-TELEMETRY-022"} if second else set())


@pytest.mark.parametrize("name", ["device", "device_b"])
def test_a_device_dies_with_its_stdin(name: str) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        url = f"mqtt://127.0.0.1:{found.getsockname()[1]}"
        command = [sys.executable, "-m", "cqsc_conform.reference", name, "--connect", url]
        command += ["--scale", "0.01", "--die-with-stdin"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["connecting"] == url
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ["device"],
        ["device", "--connect", "mqtt://127.0.0.1:1", "--mutant", "DI-CATALOG-013.empty"],
        ["device_b", "--connect", "mqtt://127.0.0.1:1", "--mutant", MUTANTS[0].id],
        ["catalog_api", "--mutant", MUTANTS[0].id],
    ],
)
def test_what_a_device_cannot_be_is_a_usage_error(words: list[str]) -> None:
    command = [sys.executable, "-m", "cqsc_conform.reference", *words]
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 2


def test_mutants_are_told_apart() -> None:
    assert len({each.id for each in MUTANTS}) == len(MUTANTS)
    assert all(each.id.startswith(f"{each.kills}.") for each in MUTANTS)
    assert mutant_of(None).id == ""
