"""A run that is cut off, by a signal or by the machine: nothing lost, and what next is said."""

import json
import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from cli.kit import COMMAND, QUICK, Done, environment, kit, report_in, target
from hostile.peer import hostile_zoo

ONLY = ("--only", "DI-CATALOG-016", "--lang", "en")


@pytest.fixture(scope="module")
def peers() -> Iterator[dict[str, str]]:
    with hostile_zoo("json-text-plain", "silent", pace=0.01) as opened:
        yield {name: peer.url for name, peer in opened.items()}


def limited(words: list[str], most: int) -> Done:
    """Run a command that can write files of ``most`` bytes only, as on a full disk."""
    done = subprocess.run(
        [*COMMAND, *words],
        env=environment(),
        capture_output=True,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, most)),
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stdout + done.stderr
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("most", [100, 60_000])
def test_a_full_disk_is_told_and_the_run_goes_on_afterwards(
    most: int, peers: dict[str, str], tmp_path: Path
) -> None:
    file, run = target(tmp_path, peers["json-text-plain"]), tmp_path / "run"
    words = ["run", str(file), "-o", str(run), *ONLY]
    done = limited(words, most)
    assert done.code == 4
    assert "disk is full" in done.err
    assert "At fault: " in done.err
    begun = (run / "journal.ndjson").is_file() and (run / "journal.ndjson").stat().st_size
    if not begun:
        words[words.index("-o") + 1] = str(tmp_path / "another")
        run = tmp_path / "another"
    else:
        assert "--resume" in done.err
        words.append("--resume")
    again = kit(*words)
    assert again.code == 3, again.err
    assert report_in(run)["run"]["how"] == "complete"
    assert kit("judge", f"{run}.cqsc.zip", "-o", tmp_path / "judged").code == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_as_cancelled_with_a_readable_report(
    number: signal.Signals, peers: dict[str, str], tmp_path: Path
) -> None:
    file, run = target(tmp_path, peers["silent"], limits=QUICK), tmp_path / "run"
    with subprocess.Popen(
        [*COMMAND, "run", str(file), "-o", str(run), *ONLY],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert b"Traceback" not in out + err
    assert process.returncode == 130
    report = report_in(run)
    assert (report["run"]["how"], report["conclusion"]) == ("cancelled", "inconclusive")
    assert "cancelled" in out.decode()
    resumed = kit("run", file, "-o", run, *ONLY, "--resume")
    assert report_in(run)["run"]["how"] == "complete"
    assert resumed.code == 4


class TestDamagedRun:
    """A folder whose run is whole, damaged in one place, then resumed or judged."""

    @pytest.fixture
    def run(self, peers: dict[str, str], tmp_path: Path) -> Path:
        file = target(tmp_path, peers["json-text-plain"])
        assert kit("run", file, "-o", tmp_path / "run", *ONLY).code == 3
        return tmp_path / "run"

    def resumed(self, run: Path) -> Done:
        return kit("run", run.parent / "target.yaml", "-o", run, *ONLY, "--resume")

    def refused(self, done: Done, code: int) -> None:
        assert done.code == code, done.err
        assert done.out == ""
        *_, whose, following = done.err.splitlines()
        assert whose.startswith("At fault: ")
        assert following.strip()

    def test_resumed_when_complete(self, run: Path) -> None:
        self.refused(self.resumed(run), 2)

    def test_cut_journal_goes_on(self, run: Path) -> None:
        journal = run / "journal.ndjson"
        journal.write_bytes(journal.read_bytes()[: journal.stat().st_size // 2])
        assert self.resumed(run).code == 3
        report = report_in(run)
        assert (report["run"]["how"], report["run"]["resumed"]) == ("complete", 1)

    def test_empty_journal(self, run: Path) -> None:
        (run / "journal.ndjson").write_bytes(b"")
        self.refused(kit("judge", run, "-o", run.parent / "j", "--lang", "en"), 5)

    def test_edited_journal(self, run: Path) -> None:
        journal = run / "journal.ndjson"
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join([*lines[:2], *lines[3:]]))
        self.refused(self.resumed(run), 5)
        self.refused(kit("judge", run, "-o", run.parent / "j", "--lang", "en"), 5)

    def test_edited_plan(self, run: Path) -> None:
        plan = json.loads((run / "plan.json").read_bytes())
        plan["level"] = 2
        (run / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        self.refused(kit("judge", run, "-o", run.parent / "j", "--lang", "en"), 5)

    def test_edited_plan_without_a_manifest(self, run: Path) -> None:
        (run / "manifest.json").unlink()
        self.test_edited_plan(run)

    def test_edited_evidence(self, run: Path) -> None:
        segment = run / "evidence/000001.ndjson"
        segment.write_bytes(segment.read_bytes().replace(b'"status":200', b'"status":500'))
        (run / "manifest.json").unlink()
        self.refused(kit("judge", run, "-o", run.parent / "j", "--lang", "en"), 5)

    def test_other_target_file(self, run: Path) -> None:
        journal = run / "journal.ndjson"
        journal.write_bytes(journal.read_bytes()[: journal.stat().st_size // 2])
        file = run.parent / "target.yaml"
        file.write_text(file.read_text(encoding="utf-8") + "timezone: +08:00\n", encoding="utf-8")
        self.refused(self.resumed(run), 2)


class TestConsole:
    """Readers that go away and consoles that lack characters."""

    def test_a_closed_pipe_does_not_change_the_exit_code(
        self, peers: dict[str, str], tmp_path: Path
    ) -> None:
        file = target(tmp_path, peers["json-text-plain"])
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [*COMMAND, "run", str(file), "-o", str(tmp_path / "run"), *ONLY],
            env=environment(),
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
        os.close(writing)
        assert b"Traceback" not in done.stderr
        assert b"Exception ignored" not in done.stderr
        assert done.returncode == 3

    @pytest.mark.parametrize("stream", ["stdout", "stderr"])
    def test_no_stream_at_all(self, stream: str) -> None:
        number = {"stdout": 1, "stderr": 2}[stream]
        done = subprocess.run(
            [*COMMAND, "profiles", "--lang", "zh"],
            env=environment(),
            capture_output=True,
            preexec_fn=partial(os.close, number),
            check=False,
            timeout=60,
        )
        assert done.returncode == 0
        assert done.stderr == b""

    def test_an_output_that_cannot_be_written_is_told(self) -> None:
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [*COMMAND, "profiles", "--lang", "en"],
                env=environment(),
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
                timeout=60,
            )
        assert done.returncode == 4
        assert done.stderr.startswith(b"The disk is full")

    @pytest.mark.parametrize("words", [["--help"], ["profiles", "show", "di-catalog"]])
    def test_a_gbk_console_shows_chinese(self, words: list[str]) -> None:
        env = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "gbk"}
        done = kit(*words, "--lang", "zh", env=env, encoding="gbk")
        assert done.code == 0
        assert "规范集" in done.out or "要求" in done.out

    @pytest.mark.parametrize("words", [["plan", "--help"], ["profiles", "show", "di-catalog"]])
    def test_a_console_that_nobody_set_up_gets_utf_8(self, words: list[str]) -> None:
        env = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
        done = kit(*words, "--lang", "zh", env={**env, "PYTHONIOENCODING": "ascii"})
        assert done.code == 0
        assert "要求" in done.out
        assert r"\u{" not in done.out

    def test_a_run_on_a_gbk_console(self, peers: dict[str, str], tmp_path: Path) -> None:
        file = target(tmp_path, peers["json-text-plain"])
        text = file.read_text(encoding="utf-8").replace("试验接口", "试验接口 😀 ᠠ")
        file.write_text(text, encoding="utf-8")
        env = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "gbk"}
        words = ["run", file, "-o", tmp_path / "run", *ONLY[:2], "--lang", "zh"]
        done = kit(*words, env=env, encoding="gbk")
        assert done.code == 3
        assert r"\u{1f600}" in done.out
        assert "😀" in (tmp_path / "run/report.txt").read_text(encoding="utf-8")
        again = kit("run", file, "-o", tmp_path / "run", "--lang", "zh", env=env, encoding="gbk")
        assert again.code == 2
        assert "文件夹不为空" in again.err
