"""Frames of traces for a report: those that are cited, their neighbours, and the course of all.

One pass over a stream serves all citations of a report and the drawing; it decodes only what is
shown, and what it keeps is bounded whatever the stream holds.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property

from msgspec import Struct

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.device import Topics
from cqsc_conform.formats.stream import EVENT, Frame, StreamFault, read_frames
from cqsc_conform.model.evidence import Evidence, Trace
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.report import Report, ReportRow
from cqsc_conform.reports.lanes import Course, Survey
from cqsc_conform.reports.packets import (
    CONNECT_HEAD,
    TRIMMED,
    Kept,
    Line,
    Packets,
    note_of,
    trimmed,
)

__all__ = ["AROUND", "MOST_CITED", "Frames", "Seen", "Streams", "frame_of"]

AROUND = 6
"""How many neighbours of a cited frame are kept on either side."""

MOST_CITED = 2000
"""The most frames of one trace that a report shows as cited, failures first."""

_MOST_OPEN = 256
_LONGEST = 2_000_000
_CITATION = re.compile(r"(?s:(.+))#([1-9][0-9]{0,11})", re.ASCII)
_MICRO = timedelta(microseconds=1)


class Streams(Struct, frozen=True, kw_only=True):
    """How the streams of traces are read for a report.

    ``read`` gives a stream's bytes, verified.  ``operations`` and ``charset`` are the target's
    mapping, ``scale`` its time scale: how many seconds a nominal second took.
    """

    read: Callable[[Trace], Iterator[bytes]]
    operations: Mapping[str, Operation] = {}
    charset: str = "utf-8"
    scale: float = 1.0


class Seen(Struct, frozen=True):
    """What a report shows of one trace.

    ``lines`` are frames by number, ``around`` the numbers before and behind each cited one.
    Where several connections were open at once, neighbours are those of the same one.
    """

    trace: Trace
    scale: float
    lines: Mapping[int, Line]
    around: Mapping[int, tuple[tuple[int, ...], tuple[int, ...]]]
    course: Course

    def nominal(self, at: float) -> float:
        """Give a frame's time in nominal seconds since the trace's zero."""
        return at / 1_000_000 / self.scale

    def moment(self, at: int) -> datetime | None:
        """Give a frame's time of day in UTC; none where the trace's zero cannot be read."""
        try:
            return datetime.fromisoformat(self.trace.since).astimezone(UTC) + at * _MICRO
        except (ValueError, OverflowError):
            return None


def frame_of(cite: str) -> tuple[str, int] | None:
    """Take a citation of a frame apart: ``trace#number``; none where it cites a whole piece."""
    found = _CITATION.fullmatch(cite)
    return (found[1], int(found[2])) if found else None


class Frames:
    """Finds frames of traces when a renderer asks for them; each stream is read once."""

    def __init__(
        self, report: Report, evidence: Mapping[str, tuple[Evidence, ...]], streams: Streams | None
    ) -> None:
        self._report = report
        self._evidence = evidence
        self._streams = streams
        self._seen: dict[tuple[str, str], Seen] = {}

    @cached_property
    def _cited(self) -> Mapping[str, tuple[int, ...]]:
        """List cited frames by trace, those of failures first."""
        order = sorted(self._report.requirements, key=_failed_first)
        found: dict[str, dict[int, None]] = {}
        for cite in (cite for row in order for cite in row.cites):
            place = frame_of(cite)
            if place is not None:
                found.setdefault(place[0], {})[place[1]] = None
        return {name: tuple(numbers)[:MOST_CITED] for name, numbers in found.items()}

    def traces(self, id_: str) -> tuple[Trace, ...]:
        """Give the traces that an id names, one for each repeat."""
        if self._streams is None or id_ not in self._cited:
            return ()
        return tuple(each for each in self._evidence.get(id_, ()) if isinstance(each, Trace))

    def seen(self, id_: str, trace: Trace) -> Seen | None:
        """Read what the report shows of a trace under the id by which it cites it.

        None where its stream is not at hand.

        :raises KitError: ``bundle.stream_missing``, ``bundle.stream_changed``.
        """
        if self._streams is None or not trace.stream:
            return None
        key = id_, trace.stream
        if key not in self._seen:
            numbers = frozenset(self._cited.get(id_, ()))
            self._seen[key] = _read(trace, numbers, self._streams)
        return self._seen[key]

    def line(self, cite: str) -> tuple[Seen, Line] | None:
        """Find the frame that a citation names; none where it names none that is at hand."""
        place = frame_of(cite)
        if place is None:
            return None
        id_, number = place
        for trace in self.traces(id_):
            seen = self.seen(id_, trace)
            if seen is not None and number in seen.lines:
                return seen, seen.lines[number]
        return None


def _failed_first(row: ReportRow) -> bool:
    return row.outcome is not Outcome.FAIL


class _Wanting:
    """A cited frame that waits for those behind it."""

    __slots__ = ("behind", "number", "session")

    def __init__(self, number: int, session: int | None) -> None:
        self.number = number
        self.session = session
        self.behind: list[int] = []


def _read(trace: Trace, numbers: frozenset[int], streams: Streams) -> Seen:
    try:
        return _Reading(trace, numbers, streams).read()
    except StreamFault as fault:
        raise KitError("bundle.stream_changed", Blame.YOU, where=trace.stream) from fault


class _Reading:
    """One pass over a trace's stream."""

    def __init__(self, trace: Trace, numbers: frozenset[int], streams: Streams) -> None:
        self._trace = trace
        self._numbers = numbers
        self._last = max(numbers, default=0)
        self._streams = streams
        topics = Topics(streams.operations)
        self._packets = Packets(trace, topics, streams.charset)
        self._survey = Survey(trace, self._packets)
        self._lines: dict[int, Line] = {}
        self._before: dict[int, tuple[int, ...]] = {}
        self._behind: dict[int, tuple[int, ...]] = {}
        self._waiting: list[_Wanting] = []
        # Neighbours so far: of all connections under None, of each open one under its number.
        self._rings: dict[int | None, deque[tuple[int, Frame | Kept]]] = {
            None: deque(maxlen=AROUND)
        }

    def read(self) -> Seen:
        # Everything here is done for each of perhaps a million frames.
        events, packets = self._survey.happened, self._survey.packet
        last = self._last
        for number, frame in enumerate(read_frames(self._streams.read(self._trace)), 1):
            if frame.direction == EVENT:
                note = note_of(frame.data)
                self._follow(frame, note)
                events(frame, note)
            elif frame.data:
                if frame.data[0] == CONNECT_HEAD:
                    self._packets.heed(frame)
                packets(frame)
            if number <= last:
                self._look(number, frame)
            elif self._waiting:
                self._hand_on(number, trimmed(frame))
            elif number >= _LONGEST:
                self._survey.stop()
                break
        for each in self._waiting:
            self._behind[each.number] = tuple(each.behind)
        around = {
            number: (self._before[number], self._behind.get(number, ())) for number in self._before
        }
        return Seen(self._trace, self._streams.scale, self._lines, around, self._survey.course())

    def _look(self, number: int, frame: Frame) -> None:
        """Keep a frame that is cited, or near to one that is."""
        entry = frame if len(frame.data) <= TRIMMED else trimmed(frame)
        if self._waiting:
            self._hand_on(number, entry)
        if number in self._numbers:
            self._cite(number, entry)
        self._rings[None].append((number, entry))
        own = self._rings.get(frame.session)
        if own is not None:
            own.append((number, entry))

    def _follow(self, frame: Frame, note: Mapping[str, object]) -> None:
        """Know which connections are open."""
        if note.get("event") == "accepted" and len(self._rings) <= _MOST_OPEN:
            self._rings[frame.session] = deque(maxlen=AROUND)
        elif note.get("event") == "closed":
            self._rings.pop(frame.session, None)

    def _ring(self, session: int) -> int | None:
        """Choose among whose frames neighbours are looked for."""
        return session if len(self._rings) > 2 and session in self._rings else None  # noqa: PLR2004 - all, and more than one

    def _cite(self, number: int, entry: Frame | Kept) -> None:
        chosen = self._ring(_frame(entry).session)
        before = tuple(self._rings[chosen])
        for at, each in before:
            self._keep(at, each)
        self._keep(number, entry)
        self._before[number] = tuple(at for at, _ in before)
        self._waiting.append(_Wanting(number, chosen))

    def _hand_on(self, number: int, entry: Frame | Kept) -> None:
        left = []
        for each in self._waiting:
            if each.session is None or each.session == _frame(entry).session:
                self._keep(number, entry)
                each.behind.append(number)
            if len(each.behind) < AROUND:
                left.append(each)
            else:
                self._behind[each.number] = tuple(each.behind)
        self._waiting = left

    def _keep(self, number: int, entry: Frame | Kept) -> None:
        if number not in self._lines:
            cited = number in self._numbers
            kept = entry if isinstance(entry, Kept) else trimmed(entry)
            self._lines[number] = self._packets.line(number, kept, cited=cited)


def _frame(entry: Frame | Kept) -> Frame:
    return entry.frame if isinstance(entry, Kept) else entry
