"""Bringing a run's folder back to what its journal says, after the run was killed."""

import os
from pathlib import Path

from msgspec import Struct, structs

from cqsc_conform.bundle.disk import Appender, write_trouble
from cqsc_conform.bundle.journal import JOURNAL, JournalRead, read_journal
from cqsc_conform.bundle.segments import EVIDENCE, segment_name
from cqsc_conform.bundle.state import JournalState
from cqsc_conform.bundle.streams import STREAMS
from cqsc_conform.errors import Blame, KitError

__all__ = ["Repaired", "repair"]


class Repaired(Struct, frozen=True):
    """A run's folder that can be gone on with.

    ``lost_bytes`` counts what was cut off: an unfinished line of the journal, and evidence that
    the journal does not speak of yet.
    """

    lost_bytes: int
    journal: JournalRead
    state: JournalState


def repair(folder: Path) -> Repaired:
    """Cut off what a killed run left unfinished; whole lines are never touched.

    :raises KitError: as ``read_journal`` does, ``bundle.in_use``, ``bundle.not_writable``, and
        ``bundle.evidence_missing`` when a segment is shorter than the journal says.  Nothing is
        cut then.
    """
    path = folder / JOURNAL
    if not path.is_file():
        raise KitError("bundle.journal_missing", Blame.YOU, where=str(path))
    try:
        # A run that still writes here must not have its evidence cut away.
        with Appender(path, alone=True):
            return _cut(folder, read_journal(path))
    except OSError as error:
        raise write_trouble(error, folder) from error


def _cut(folder: Path, read: JournalRead) -> Repaired:
    state = JournalState.of(read.entries)
    cuts = [(folder / JOURNAL, read.size, read.torn)] if read.torn else []
    for number, end in state.ends.items():
        segment = folder / segment_name(number)
        size = segment.stat().st_size if segment.is_file() else 0
        if size < end:
            raise KitError("bundle.evidence_missing", Blame.YOU, where=segment_name(number))
        if size > end:
            cuts.append((segment, end, size - end))
    spoken_of = {folder / segment_name(number) for number in state.ends}
    segments = (folder / EVIDENCE).glob("[0-9]*.ndjson")
    strangers = [each for each in segments if each not in spoken_of]
    # A stream is spoken of once its trace is; one that was being written belongs to nothing.
    streams = (folder / STREAMS).glob("*.mqtt")
    strangers += [each for each in streams if f"{STREAMS}/{each.name}" not in state.streams]
    lost = sum(each for _, _, each in cuts) + sum(each.stat().st_size for each in strangers)
    for file, size, _ in cuts:
        os.truncate(file, size)
    for file in strangers:
        file.unlink()
    whole = JournalRead(read.entries, read.head, 0, read.size)
    return Repaired(lost_bytes=lost, journal=whole, state=structs.replace(state, lost=lost))
