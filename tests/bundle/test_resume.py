"""Killed at any point, a run's folder is brought back to what its journal says."""

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from bundle.make import AT, Counted, exchange, header, run_folder, some_evidence
from cqsc_conform.bundle.journal import JOURNAL, JournalWriter, read_journal
from cqsc_conform.bundle.repair import repair
from cqsc_conform.bundle.segments import SegmentWriter, read_evidence, segment_name
from cqsc_conform.bundle.state import JournalState
from cqsc_conform.errors import KitError
from cqsc_conform.model.evidence import Evidence
from cqsc_conform.model.journal import (
    Intent,
    Kept,
    ProbeFinished,
    ProbeStarted,
    Resumed,
)

APPENDING = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from bundle.make import Counted, exchange, header
    from cqsc_conform.bundle.journal import JournalWriter
    from cqsc_conform.bundle.segments import SegmentWriter

    folder = Path(sys.argv[1])
    journal = JournalWriter(folder / "journal.ndjson")
    segments = SegmentWriter(folder, Counted(), 4000)
    journal.append(header())
    for number in range(1, 100_000):
        journal.append(segments.keep(exchange(number), 1))
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
    """
)


@pytest.mark.parametrize("turn", range(4))
def test_a_kill_loses_nothing_that_was_written(tmp_path: Path, turn: int) -> None:
    after = random.Random(turn).randint(1, 60)  # noqa: S311 - a point to kill at
    here = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])}
    command = [sys.executable, "-c", APPENDING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        for _ in range(after):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        told = after + len(child.stdout.read().split(b"\n")) - 1
    repaired = repair(tmp_path)
    evidence = read_evidence(tmp_path, repaired.state.evidence)
    assert len(evidence) >= told
    assert evidence == tuple(exchange(number) for number in range(1, len(evidence) + 1))
    with JournalWriter(tmp_path / JOURNAL) as journal:
        journal.append(Resumed(AT, 1.0, repaired.lost_bytes))


def test_a_cut_at_any_byte_is_repaired(tmp_path: Path) -> None:
    whole = run_folder(tmp_path / "whole", some_evidence())
    data = (whole / JOURNAL).read_bytes()
    head = data.index(b"\n") + 1
    for size in range(head, len(data), 37):
        folder = tmp_path / "cut"
        shutil.copytree(whole, folder)
        (folder / JOURNAL).write_bytes(data[:size])
        before = sum(each.stat().st_size for each in folder.rglob("*.ndjson"))
        repaired = repair(folder)
        after = sum(each.stat().st_size for each in folder.rglob("*.ndjson"))
        assert repaired.lost_bytes == before - after == repaired.state.lost
        kept = repaired.state.evidence
        assert read_evidence(folder, kept) == some_evidence()[: len(kept)]
        assert repair(folder).lost_bytes == 0
        with (
            JournalWriter(folder / JOURNAL) as journal,
            SegmentWriter(folder, Counted(), 1500) as segments,
        ):
            journal.append(Resumed(AT, 0.5, repaired.lost_bytes))
            for each in some_evidence()[len(kept) :]:
                journal.append(segments.keep(each, 1))
        state = JournalState.of(read_journal(folder / JOURNAL).entries)
        assert read_evidence(folder, state.evidence) == some_evidence()
        shutil.rmtree(folder)


def test_evidence_that_is_too_short_is_no_case_for_repair(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", some_evidence())
    segment = folder / segment_name(1)
    whole = segment.read_bytes()
    journal = (folder / JOURNAL).read_bytes() + b"torn"
    (folder / JOURNAL).write_bytes(journal)
    for change in (lambda: segment.write_bytes(whole[:-1]), segment.unlink):
        change()
        with pytest.raises(KitError, match=r"bundle\.evidence_missing"):
            repair(folder)
        assert (folder / JOURNAL).read_bytes() == journal


def test_a_flip_in_evidence_is_noticed(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", (exchange(),))
    (kept,) = JournalState.of(read_journal(folder / JOURNAL).entries).evidence
    segment = folder / segment_name(1)
    whole = segment.read_bytes()
    for at in range(len(whole)):
        flipped = bytearray(whole)
        flipped[at] ^= 1
        segment.write_bytes(flipped)
        with pytest.raises(KitError, match=r"bundle\.(evidence|redaction)_"):
            read_evidence(folder, (kept,))


def test_an_integer_given_for_a_float_keeps(tmp_path: Path) -> None:
    given: Evidence = msgspec.structs.replace(exchange(), took_ms=5)
    with SegmentWriter(tmp_path, Counted()) as segments:
        kept = segments.keep(given, 1)
    assert read_evidence(tmp_path, (kept,)) == (given,)


def test_what_json_cannot_say_is_refused(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path, Counted()) as segments:
        for change in ({"took_ms": float("nan")}, {"operation": "\ud800"}, {"facts": {"n": 2**60}}):
            with pytest.raises(KitError, match=r"bundle\.evidence_unwritable"):
                segments.keep(msgspec.structs.replace(exchange(), **change), 1)
    assert (tmp_path / segment_name(1)).read_bytes() == b""


def _kept(evidence_id: str, offset: int) -> Kept:
    return Kept(evidence_id, 1, 1, offset, 10, "00")


def test_the_state_says_how_far_a_run_came() -> None:
    state = JournalState.of(
        (
            header(),
            ProbeStarted("a.one", 1, 1, AT),
            _kept("a.one/get.1", 0),
            _kept("a.one/get.2", 10),
            ProbeFinished("a.one", 1, 1, 3, AT),
            ProbeStarted("b.two", 1, 1, AT),
            Intent("b.two/put.1", 1, AT),
            _kept("b.two/put.1", 20),
            Intent("b.two/put.2", 1, AT),
            ProbeStarted("c.three", 1, 1, AT),
            _kept("c.three[x/y]/get.1", 30),
            _kept("c.three/get.2", 40),
            Resumed(AT, 4.5, 7),
            ProbeStarted("c.three", 1, 2, AT),
            _kept("c.three[x/y]/get.1", 50),
        ),
        lost=9,
    )
    assert state.finished("a.one", 1)
    assert not state.finished("b.two", 1)
    assert not state.finished("a.one", 2)
    assert state.attempts("c.three", 1) == 2
    assert state.attempts("d.four", 1) == 0
    assert state.in_flight("b.two", 1) == {"b.two/put.2"}
    assert state.in_flight("b.two", 2) == frozenset()
    assert (state.kept, state.resumed, state.breaks, state.lost) == (6, 1, 4.5, 9)
    assert state.requests_of == {("a.one", 1): 3, ("b.two", 1): 1, ("c.three", 1): 3}
    assert state.requests == 7
    assert state.ends == {1: 60}
    assert state.footer is None
    ids = [each.id for each in state.evidence]
    assert ids == [
        "a.one/get.1",
        "a.one/get.2",
        "b.two/put.1",
        "c.three/get.2",
        "c.three[x/y]/get.1",
    ]
    whole = state.whole(frozenset(["a.one", "c.three"]))
    assert [each.id for each in whole] == [each for each in ids if each != "c.three/get.2"]
    assert state.gap_seconds(datetime(2026, 1, 2, 3, 4, 15, 678_000, tzinfo=UTC)) == 10.0
    assert state.gap_seconds(datetime(2020, 1, 1, tzinfo=UTC)) == 0.0


def test_a_run_that_still_writes_is_left_alone(tmp_path: Path) -> None:
    with (
        JournalWriter(tmp_path / JOURNAL) as journal,
        SegmentWriter(tmp_path, Counted()) as segments,
    ):
        journal.append(header())
        kept = segments.keep(exchange(), 1)
        with pytest.raises(KitError, match=r"bundle\.in_use"):
            repair(tmp_path)
        journal.append(kept)
    assert repair(tmp_path).lost_bytes == 0


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(KitError, match=r"bundle\.journal_missing"):
        repair(tmp_path)
    (tmp_path / "evidence").write_bytes(b"")
    with pytest.raises(KitError, match=r"bundle\.not_writable"):
        SegmentWriter(tmp_path, Counted())


def test_segments_follow_one_another(tmp_path: Path) -> None:
    kept = []
    for turn in range(3):
        with SegmentWriter(tmp_path, Counted(), 1500) as segments:
            kept += [segments.keep(exchange(2 * turn + each), 1) for each in range(2)]
    assert [each.segment for each in kept] == [1, 1, 2, 2, 3, 3]
    assert read_evidence(tmp_path, kept) == tuple(exchange(number) for number in range(6))
