"""A full disk: what was written stays, nothing is left half."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bundle.make import AT, header
from cqsc_conform.bundle.journal import JOURNAL, JournalWriter, read_journal
from cqsc_conform.bundle.repair import repair
from cqsc_conform.bundle.segments import read_evidence
from cqsc_conform.errors import KitError
from cqsc_conform.model.journal import Note

# A file size limit answers as a full disk does: part of a write, then an error.
LIMITED = textwrap.dedent(
    """
    import resource, sys
    from pathlib import Path
    from bundle.make import Counted, exchange, header
    from cqsc_conform.bundle.journal import JournalWriter
    from cqsc_conform.bundle.seal import seal
    from cqsc_conform.bundle.segments import SegmentWriter
    from cqsc_conform.errors import KitError

    folder, what = Path(sys.argv[1]), sys.argv[2]
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
    try:
        if what == "seal":
            seal(folder)
        journal = JournalWriter(folder / "journal.ndjson")
        segments = SegmentWriter(folder, Counted(), 2000 if what == "journal" else 10**6)
        journal.append(header())
        for number in range(1, 1000):
            journal.append(segments.keep(exchange(number), 1))
            kept = number
    except KitError as error:
        print(error.code, error.blame, kept if what != "seal" else "")
    """
)


def _limited(folder: Path, what: str) -> list[str]:
    here = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])}
    command = [sys.executable, "-c", LIMITED, str(folder), what]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("what", ["journal", "segment"])
def test_a_full_disk_keeps_every_whole_line(tmp_path: Path, what: str) -> None:
    code, blame, kept = _limited(tmp_path, what)
    assert (code, blame) == ("bundle.disk_full", "you")
    assert read_journal(tmp_path / JOURNAL).torn == 0
    state = repair(tmp_path).state
    assert len(state.evidence) == int(kept) >= 3
    assert len(read_evidence(tmp_path, state.evidence)) == int(kept)


def test_a_full_disk_leaves_no_half_archive(folder: Path) -> None:
    before = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    assert _limited(folder, "seal")[:2] == ["bundle.disk_full", "you"]
    after = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    after.pop(folder / "manifest.json")
    assert after == before
    assert list(folder.parent.iterdir()) == [folder]


def test_a_write_that_fails_half_way_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.write, []

    def failing(file: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) == 2:
            return real(file, data[:5])
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return real(file, data)

    monkeypatch.setattr(os, "write", failing)
    with JournalWriter(tmp_path / JOURNAL) as journal:
        journal.append(header())
        before = journal.head
        with pytest.raises(KitError, match=r"bundle\.disk_full"):
            journal.append(Note("engine.slow", AT))
        assert journal.head == before
        journal.append(Note("engine.slow", AT))
    assert len(read_journal(tmp_path / JOURNAL).entries) == 2


def test_a_short_write_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, data[:7]))
    with JournalWriter(tmp_path / JOURNAL) as journal:
        journal.append(header())
    assert len(read_journal(tmp_path / JOURNAL).entries) == 1
