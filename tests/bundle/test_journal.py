"""The journal: nothing written is lost, nothing altered goes unnoticed."""

import re
from pathlib import Path

import pytest

from bundle.make import AT, header, opening, run_folder, some_evidence
from cqsc_conform.bundle.journal import JOURNAL, JournalWriter, parse_journal, read_journal
from cqsc_conform.errors import KitError
from cqsc_conform.model.journal import Entry, Footer, Note, Resumed


@pytest.fixture
def journal(tmp_path: Path) -> bytes:
    path = tmp_path / JOURNAL
    with JournalWriter(path) as writer:
        writer.append(header())
        for entry in opening():
            writer.append(entry)
    return path.read_bytes()


def _refused(data: bytes) -> str | None:
    try:
        return "torn" if parse_journal(data).torn else None
    except KitError as error:
        return error.code


def test_entries_come_back_as_they_were_written(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", some_evidence())
    read = read_journal(folder / JOURNAL)
    assert read.torn == 0
    assert [type(each).__name__ for each in read.entries[:2]] == ["Header", "SubjectSeen"]
    assert isinstance(read.entries[-1], Footer)


def test_every_flip_of_a_byte_is_noticed(journal: bytes) -> None:
    for at in range(len(journal)):
        for mask in (0x01, 0x20, 0x80):
            flipped = bytearray(journal)
            flipped[at] ^= mask
            assert _refused(bytes(flipped)), (at, mask)


def test_a_cut_anywhere_keeps_the_whole_lines(journal: bytes) -> None:
    for size in range(1, len(journal)):
        cut = journal[:size]
        whole = cut.count(b"\n")
        if whole == 0:
            assert _refused(cut) == "bundle.journal_empty"
            continue
        read = parse_journal(cut)
        assert len(read.entries) == whole
        assert read.torn == len(cut) - read.size
        assert read.size == cut.rindex(b"\n") + 1


def test_lines_moved_dropped_or_repeated_are_noticed(journal: bytes) -> None:
    lines = journal.splitlines(keepends=True)
    assert _refused(b"".join([lines[0], lines[2], lines[1], *lines[3:]])) is not None
    assert _refused(b"".join([lines[0], *lines[2:]])) == "bundle.journal_reordered"
    assert _refused(b"".join([*lines, lines[-1]])) == "bundle.journal_reordered"
    assert _refused(b"".join(lines[1:])) == "bundle.journal_reordered"
    assert _refused(b"\n" + journal) == "bundle.journal_edited"
    assert _refused(b"") == "bundle.journal_empty"
    assert _refused(b"\n") == "bundle.journal_edited"


def test_a_line_written_another_way_is_noticed(journal: bytes) -> None:
    last = journal.splitlines()[-1]
    for other in (
        last.replace(b'"seconds":3', b'"seconds":3.0'),
        last.replace(b"{", b"{ ", 1),
        last.replace(b'"code"', b'"extra":1,"code"'),
        re.sub(rb',"sum":"\w+"', b"", last),
    ):
        assert other != last
        assert _refused(journal.replace(last, other)) == "bundle.journal_edited"


@pytest.mark.parametrize(
    "entries",
    [
        (Note("engine.slow", AT),),
        (header(), header()),
        (header(), Footer("complete", AT, 0, 0, ""), Note("engine.slow", AT)),
    ],
)
def test_header_and_footer_stand_where_they_may(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    with JournalWriter(tmp_path / JOURNAL) as writer:
        for entry in entries:
            writer.append(entry)
    with pytest.raises(KitError, match=r"bundle\.journal_order"):
        read_journal(tmp_path / JOURNAL)


def test_a_cancelled_run_goes_on_behind_its_footer(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    with JournalWriter(path) as writer:
        writer.append(header())
        writer.append(Footer("cancelled", AT, 0, 0, ""))
    with JournalWriter(path) as writer:
        writer.append(Resumed(AT, 1, 0))
    assert len(read_journal(path).entries) == 3


def test_an_integer_given_for_a_float_reads_back(tmp_path: Path) -> None:
    with JournalWriter(tmp_path / JOURNAL) as writer:
        writer.append(header())
        writer.append(Resumed(AT, gap_seconds=3, lost=0))
    assert read_journal(tmp_path / JOURNAL).entries[1] == Resumed(
        AT, 3.0, 0, prev=read_journal(tmp_path / JOURNAL).entries[1].prev
    )


def test_a_torn_journal_is_not_gone_on_with(tmp_path: Path, journal: bytes) -> None:
    path = tmp_path / "torn.ndjson"
    path.write_bytes(journal[:-3])
    with pytest.raises(KitError, match=r"bundle\.journal_torn"):
        JournalWriter(path)
    assert path.read_bytes() == journal[:-3]


def test_two_runs_do_not_share_a_journal(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    with JournalWriter(path) as writer:
        writer.append(header())
        with pytest.raises(KitError, match=r"bundle\.in_use"):
            JournalWriter(path)
    JournalWriter(path).close()


def test_a_missing_or_unreadable_journal_is_said(tmp_path: Path) -> None:
    with pytest.raises(KitError, match=r"bundle\.journal_missing"):
        read_journal(tmp_path / JOURNAL)
    (tmp_path / JOURNAL).mkdir()
    with pytest.raises(KitError, match=r"bundle\.not_readable"):
        read_journal(tmp_path / JOURNAL)
    with pytest.raises(KitError, match=r"bundle\.not_writable"):
        JournalWriter(tmp_path / JOURNAL)
