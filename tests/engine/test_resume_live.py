"""Runs of the command line that are killed, interrupted and resumed, over real sockets."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cqsc_conform.bundle.journal import JOURNAL, read_journal
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.repair import repair
from cqsc_conform.bundle.segments import read_evidence
from cqsc_conform.bundle.state import JournalState
from cqsc_conform.cli.references import PUBLISHED, api_command, write_target
from cqsc_conform.model.journal import Resumed, SubjectSeen
from engine.counting import Counting, counting

ROOT = Path(__file__).parents[2]
ENTRIES = 118
"""About how many entries the journal of a whole run has."""

# A program that a shell started in the background ignores Ctrl-C; ours must not.
COMMAND_LINE = textwrap.dedent(
    """
    import signal
    from cqsc_conform.cli import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()
    """
)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A target file of a reference that takes its time for every answer."""
    command = [*api_command(None, "127.0.0.1:0"), "--think-ms", "2", "--die-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["listening"]
        try:
            yield write_target(tmp_path_factory.mktemp("target"), url)
        finally:
            process.terminate()


def start(script: str, *words: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, **PUBLISHED, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*words: object) -> tuple[int, str, str]:
    with start(COMMAND_LINE, "--lang", "en", "run", *words, "--level", 3) as process:
        out, err = process.communicate()
    return process.returncode, out, err


def stopped(folder: Path, target: Path, entries: int, by: signal.Signals) -> tuple[int, str]:
    """Run until the journal has so many entries, then send the signal."""
    words = ("--lang", "en", "run", target, "-o", folder, "--level", 3)
    with start(COMMAND_LINE, *words) as process:
        journal = folder / JOURNAL
        while process.poll() is None:
            if journal.exists() and journal.read_bytes().count(b"\n") >= entries:
                process.send_signal(by)
                break
            time.sleep(0.0005)
        out, _ = process.communicate()
    return process.returncode, out


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
    return found


def outcomes(folder: Path) -> dict[str, tuple[str, str]]:
    return {
        row["id"]: (row["outcome"], row["reason"]["code"]) for row in report(folder)["requirements"]
    }


@pytest.fixture(scope="module")
def unbroken(target: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    assert run(target, "-o", folder)[0] == 0
    return folder


@pytest.mark.parametrize("seed", range(8))
def test_a_killed_run_is_resumed_to_the_outcomes_of_an_unbroken_one(
    target, unbroken, tmp_path, seed
):
    at = random.Random(seed).randint(1, ENTRIES)  # noqa: S311 - a point to kill at
    folder = tmp_path / "run"
    code, _ = stopped(folder, target, at, signal.SIGKILL)
    assert code == -signal.SIGKILL
    left = (folder / JOURNAL).read_bytes()
    whole = left[: left.rindex(b"\n") + 1]
    before = JournalState.of(read_journal(folder / JOURNAL).entries)
    seen = read_evidence(folder, before.evidence)

    code, _, err = run(target, "-o", folder, "--resume")
    assert code == 0, err
    assert (folder / JOURNAL).read_bytes().startswith(whole)
    read = read_journal(folder / JOURNAL)
    after = JournalState.of(read.entries)
    assert after.commitments[: len(before.commitments)] == before.commitments
    assert read_evidence(folder, before.evidence) == seen
    assert outcomes(folder) == outcomes(unbroken)
    if before.footer is None:
        (resumed,) = [each for each in read.entries if isinstance(each, Resumed)]
        assert resumed.gap_seconds > 0
        assert report(folder)["run"]["resumed"] == 1
        assert report(folder)["run"]["gap_seconds"] == resumed.gap_seconds
        proofs = [each.when for each in read.entries if isinstance(each, SubjectSeen)]
        assert proofs[-2:] == ["resume", "end"]
    with open_bundle(folder.with_name("run.cqsc.zip")) as bundle:
        assert bundle.journal.head == read.head


def test_ctrl_c_leaves_a_readable_report_and_a_run_that_can_be_resumed(target, unbroken, tmp_path):
    folder = tmp_path / "run"
    code, out = stopped(folder, target, 60, signal.SIGINT)
    assert code == 130
    said = report(folder)
    assert (said["run"]["how"], said["conclusion"]) == ("cancelled", "inconclusive")
    codes = {row["reason"]["code"] for row in said["requirements"]}
    assert "engine.not_reached" in codes
    assert not {row["outcome"] for row in said["requirements"]} & {"fail", "error"}
    assert "The run ended before it came to this requirement" in " ".join(out.split())
    code, _, err = run(target, "-o", folder, "--resume")
    assert code == 0, err
    assert outcomes(folder) == outcomes(unbroken)
    code, _, err = run(target, "-o", folder, "--resume")
    assert code == 2
    assert "nothing to resume" in err


def test_a_run_killed_before_its_report_is_finished_without_a_packet(target, unbroken, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("plan.json", JOURNAL):
        (folder / name).write_bytes((unbroken / name).read_bytes())
    for name in ("evidence", "profiles", "tables", "schemas"):
        for path in (unbroken / name).glob("*"):
            (folder / name).mkdir(exist_ok=True)
            (folder / name / path.name).write_bytes(path.read_bytes())
    code, _, err = run(target, "-o", folder, "--resume")
    assert code == 0, err
    assert (folder / JOURNAL).read_bytes() == (unbroken / JOURNAL).read_bytes()
    assert (folder / "verdicts.json").read_bytes() == (unbroken / "verdicts.json").read_bytes()
    assert (folder / "report.json").read_bytes() == (unbroken / "report.json").read_bytes()


PROBES = """
operations:
  thing.list: {path: /things, items: /items}
  thing.add: {method: POST, path: /things, items: /items}
probes:
  thing.change:
    title: {zh: 新增, en: Add}
    effect: mutates
    steps:
      - request: {as: first, operation: thing.list}
      - request: {as: added, operation: thing.add, fields: {name: "{unique}"}}
      - request: {as: last, operation: thing.list}
"""
REQUIREMENT = """
  - id: T-CHANGE-{number:03d}
    modal: 应
    level: 1
    holds_for: type
    title: {{zh: 步骤 {step}, en: Step {step}}}
    text: {{zh: 应成功。, en: It shall succeed.}}
    source: {{kind: K, number: cqsc-conform, clause: {step}}}
    hint: {{zh: 改正。, en: Mend it.}}
    check: {{check: reply.lists_something, evidence: {{replies: thing.change/{step}}}}}
"""
PROFILE = """
profile: t-change
version: 1.0.0
family: data-interface
title: {zh: 变更, en: Change}
about: {zh: 变更, en: Change}
uses: [thing]
requirements:
""" + "".join(
    REQUIREMENT.format(number=number, step=step)
    for number, step in enumerate(("first", "added", "last"), 1)
)
TARGET = """
schema: cqsc-target/1
subject:
  maker: {name: maker}
  name: counting
  proof: {by: version_endpoint, path: /version, pointer: /version}
endpoints:
  api: {url: "URL"}
authorization:
  effects: [safe, mutates]
"""
CHANGING = textwrap.dedent(
    """
    import signal
    import sys
    from pathlib import Path

    from cqsc_conform.catalog.library import Library
    from cqsc_conform.cli.assemble import prepare
    from cqsc_conform.cli.running import run_one
    from cqsc_conform.engine.settle import Choices
    from cqsc_conform.model.outcome import Effect

    place, folder = Path(sys.argv[1]), Path(sys.argv[2])
    choices = Choices(consent=frozenset({Effect.SAFE, Effect.MUTATES}))
    setup = prepare(place / "target.yaml", ["t-change"], choices, Library(place))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    report = run_one(setup, folder, (), resume="resume" in sys.argv)
    print(report.conclusion.value)
    """
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Counting]:
    """A counting server, with a library and a target file for it in ``tmp_path``."""
    with counting() as state:
        for name, text in (
            ("profiles/data-interface/t-change.yaml", PROFILE),
            ("profiles/probes/thing.yaml", PROBES),
            ("target.yaml", TARGET.replace("URL", state.url)),
        ):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        yield state


def changed(place: Path, *words: str) -> str:
    with start(CHANGING, place, place / "run", *words) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    return out.strip()


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_a_change_in_flight_is_not_sent_twice(server, tmp_path, by):
    server.hang.set()
    with start(CHANGING, tmp_path, tmp_path / "run") as process:
        while not server.arrived.wait(0.05):
            assert process.poll() is None, process.communicate()
        process.send_signal(by)
        process.communicate()
    server.hang.clear()
    server.released.set()
    assert changed(tmp_path, "resume") == "inconclusive"
    assert [each for each in server.received if each.startswith("POST")] == ["POST /things"]
    assert server.received.count("GET /things") == 2
    assert outcomes(tmp_path / "run") == {
        "T-CHANGE-001": ("pass", "reply.lists_something"),
        "T-CHANGE-002": ("error", "engine.interrupted"),
        "T-CHANGE-003": ("pass", "reply.lists_something"),
    }
    assert repair(tmp_path / "run").state.open_intents == ()


def test_an_unbroken_change_conforms(server, tmp_path):
    assert changed(tmp_path) == "conformant"
    assert server.received.count("POST /things") == 1


def test_a_subject_that_is_exchanged_meanwhile_does_not_conform(server, tmp_path):
    server.versions = iter(["1.0", "2.0"])
    assert changed(tmp_path) == "inconclusive"
    said = report(tmp_path / "run")
    assert (said["target"]["proof_start"], said["target"]["proof_end"]) == ("1.0", "2.0")
    for row in said["requirements"]:
        assert row["reason"]["code"] == "engine.subject_changed"
        assert "1.0" in row["reason"]["en"]
        assert "2.0" in row["reason"]["zh"]
