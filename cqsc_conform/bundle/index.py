"""Finding records in segments by their order, which redaction keeps, not by their place."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from cqsc_conform.bundle.segments import EVIDENCE, parse_record, segment_name
from cqsc_conform.bundle.source import Source
from cqsc_conform.bundle.streams import STREAMS
from cqsc_conform.bundle.zipping import PIECE
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.evidence import Record
from cqsc_conform.model.journal import Kept

__all__ = ["MAX_RECORD", "Index", "segments_of", "streams_of"]

MAX_RECORD = 128 * 2**20


def segments_of(source: Source) -> list[str]:
    """Name a source's segments in order."""
    return sorted(each for each in source.sizes if _is_segment(each))


def streams_of(source: Source) -> list[str]:
    """Name a source's stream files in order."""
    return sorted(each for each in source.sizes if each.startswith(f"{STREAMS}/"))


def _is_segment(name: str) -> bool:
    return name.startswith(f"{EVIDENCE}/") and not name.startswith(f"{STREAMS}/")


class Index:
    """Knows the record of each journal entry in a source's segments."""

    def __init__(self, source: Source, kept: Iterable[Kept]) -> None:
        self._source = source
        self.kept: dict[int, list[Kept]] = {}
        for each in sorted(kept, key=lambda each: (each.segment, each.offset)):
            self.kept.setdefault(each.segment, []).append(each)
        self._lines: dict[int, array[int]] = {}

    def count(self, segment: int) -> int:
        """Count the lines of a segment."""
        return len(self._ends(segment)) - 1

    def place(self, kept: Kept) -> tuple[int, int]:
        """Tell offset and length of a record's line, its newline included.

        :raises KitError: ``bundle.evidence_missing``.
        """
        same = self.kept.get(kept.segment, [])
        number = bisect_left(same, kept.offset, key=lambda each: each.offset)
        ends = self._ends(kept.segment)
        if number >= len(same) or same[number] != kept or number + 1 >= len(ends):
            raise KitError("bundle.evidence_missing", Blame.YOU, where=kept.id)
        return ends[number], ends[number + 1] - ends[number]

    def line(self, kept: Kept) -> bytes:
        """Read a record's line; raises as :meth:`place` does, and ``bundle.too_large``."""
        offset, length = self.place(kept)
        if length > MAX_RECORD:
            raise KitError("bundle.too_large", Blame.YOU, where=kept.id, limit=MAX_RECORD)
        return self._source.read_at(segment_name(kept.segment), offset, length)

    def record(self, kept: Kept) -> Record:
        """Read a record, its commitment verified.

        :raises KitError: ``bundle.evidence_missing``, ``.evidence_changed``,
            ``.redaction_invalid``, ``.too_large``.
        """
        return parse_record(self.line(kept), kept)

    def records(self, segment: int) -> Iterator[tuple[Kept, Record]]:
        """Read all records of a segment in order."""
        for each in self.kept.get(segment, []):
            yield each, self.record(each)

    def _ends(self, segment: int) -> "array[int]":
        if segment not in self._lines:
            name = segment_name(segment)
            if name not in self._source.sizes:
                raise KitError("bundle.evidence_missing", Blame.YOU, where=name)
            self._lines[segment] = _line_ends(self._source, name)
        return self._lines[segment]


def _line_ends(source: Source, name: str) -> "array[int]":
    """List where lines end, after a first 0; what follows the last newline is no line."""
    ends = array("Q", [0])
    at = 0
    while piece := source.read_at(name, at, PIECE):
        found = piece.find(b"\n")
        while found >= 0:
            ends.append(at + found + 1)
            found = piece.find(b"\n", found + 1)
        at += len(piece)
    return ends
