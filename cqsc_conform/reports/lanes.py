"""The course of a trace: connections, messages by topic, what the kit did; bounded in number."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct

from cqsc_conform.formats.mqtt import PacketType, Publish
from cqsc_conform.formats.stream import FROM_DEVICE, Frame
from cqsc_conform.model.evidence import Trace
from cqsc_conform.reports.packets import Packets, topic_of

__all__ = ["BINS", "Course", "Deed", "Gap", "Lane", "Span", "Survey"]

BINS = 200
"""Into how many spans a trace is divided where a lane holds more messages than ``_EXACT``."""

_PUBLISH, _CONNECT = int(PacketType.PUBLISH), int(PacketType.CONNECT)
_EXACT = 240
_TOPICS = 6
_SPANS = 120
_DEEDS = 20
_LATE_LOOKS = 20_000
_GAPS = 8
_GAP_LEAST = 4
_GAP_TIMES = 2.5
_GAP_SHARE = 0.03
_MOST_TOPICS = 4096


class Gap(Struct, frozen=True):
    """A silence in a lane that is longer than its usual spacing, in µs."""

    start: float
    end: float


class Lane(Struct, frozen=True):
    """The messages of one topic.

    ``name`` is the topic, ``others`` of how many further topics; ``kind`` is ``topic``,
    ``others``, ``kit`` (messages to the device) or ``bad`` (what was no packet).  ``live`` and
    ``late`` are times in µs; where there were too many they are the middles of spans, and
    ``binned`` says so.
    """

    kind: str
    name: str
    operation: str
    live: tuple[float, ...]
    late: tuple[float, ...]
    gaps: tuple[Gap, ...]
    count: int
    late_count: int
    others: int = 0
    binned: bool = False


class Span(Struct, frozen=True):
    """A connection; ``end`` is none where it outlived the watch, ``client`` that it said CONNECT.

    ``why`` is the kit's word for how it ended.
    """

    session: int
    start: int
    end: int | None
    why: str
    client: bool


class Deed(Struct, frozen=True):
    """Something that the kit did to the link, from one time to another in µs."""

    act: str
    start: int
    end: int | None


class Course(Struct, frozen=True):
    """All of it; ``end`` is where the drawing ends in µs, ``more`` counts spans left out."""

    end: int
    lanes: tuple[Lane, ...]
    spans: tuple[Span, ...]
    deeds: tuple[Deed, ...]
    wills: tuple[int, ...]
    more: int
    frames: int
    late_read: bool
    whole: bool


class _Marks:
    """Times on one lane: exact ones as long as they are few, by span always."""

    __slots__ = ("_bins", "_end", "count", "times")

    def __init__(self, end: int) -> None:
        self._end = end
        self._bins = bytearray(BINS)
        self.times: list[int] = []
        self.count = 0

    def add(self, at: int) -> None:
        self.count += 1
        if len(self.times) <= _EXACT:
            self.times.append(at)
        self._bins[min(BINS - 1, at * BINS // self._end)] = 1

    @property
    def binned(self) -> bool:
        return self.count > _EXACT

    def shown(self) -> tuple[float, ...]:
        if not self.binned:
            return tuple(self.times)
        width = self._end / BINS
        return tuple((at + 0.5) * width for at, seen in enumerate(self._bins) if seen)


class _Row:
    __slots__ = ("kind", "late", "live", "name", "operation")

    def __init__(self, kind: str, name: str, operation: str, end: int) -> None:
        self.kind, self.name, self.operation = kind, name, operation
        self.live, self.late = _Marks(end), _Marks(end)


class Survey:
    """Takes the frames of a trace one by one and knows their course in the end."""

    def __init__(self, trace: Trace, packets: Packets) -> None:
        self._packets = packets
        self._end = max(1, round(trace.seconds * 1_000_000))
        self._rows: dict[bytes, _Row] = {}
        self._others = _Row("others", "", "", self._end)
        self._kit = _Row("kit", "", "", self._end)
        self._bad = _Row("bad", "", "", self._end)
        self._more_topics: set[bytes] = set()
        self._open: dict[int, int] = {}
        self._clients: set[int] = set()
        self._spans: list[Span] = []
        self._deeds: list[Deed] = []
        self._wills: list[int] = []
        self._more = self._frames = self._looks = 0
        self._whole = True

    def packet(self, frame: Frame) -> None:
        """Take the next packet; it is not empty."""
        self._frames += 1
        kind = frame.data[0] >> 4
        if kind == _PUBLISH:
            if frame.direction == FROM_DEVICE:
                self._published(frame)
            else:
                self._kit.live.add(frame.at)
        elif kind == _CONNECT and frame.session in self._open:
            self._clients.add(frame.session)

    def happened(self, frame: Frame, note: Mapping[str, Any]) -> None:
        """Take what happened besides packets."""
        self._frames += 1
        match note.get("event"):
            case "accepted":
                if len(self._open) < _MOST_TOPICS:
                    self._open[frame.session] = frame.at
            case "closed":
                self._close(frame.session, frame.at, str(note.get("why", ""))[:40])
            case "rejected":
                self._bad.live.add(frame.at)
            case "will":
                self._wills = [*self._wills, frame.at][-_DEEDS:]
            case "act":
                if len(self._deeds) < _DEEDS:
                    self._deeds.append(Deed(str(note.get("act", ""))[:40], frame.at, None))
            case "act_over":
                self._over(str(note.get("act", ""))[:40], frame.at)

    def stop(self) -> None:
        """Take note that the rest was not read."""
        self._whole = False

    def _published(self, frame: Frame) -> None:
        topic = topic_of(frame.data)
        row = self._rows.get(topic)
        if row is None:
            row = self._new(topic)
        late = False
        if self._looks < _LATE_LOOKS:
            self._looks += 1
            found = self._packets.decode(frame)
            late = isinstance(found, Publish) and self._packets.late(found)
        (row.late if late else row.live).add(frame.at)

    def _new(self, topic: bytes) -> _Row:
        if len(self._rows) >= _TOPICS:
            if len(self._more_topics) < _MOST_TOPICS:
                self._more_topics.add(topic)
            return self._others
        name = topic.decode(errors="replace")
        row = _Row("topic", name[:400], self._packets.operation(name), self._end)
        self._rows[topic] = row
        return row

    def _close(self, session: int, at: int | None, why: str) -> None:
        start = self._open.pop(session, None)
        if start is None:
            return
        if len(self._spans) < _SPANS:
            self._spans.append(Span(session, start, at, why, session in self._clients))
        else:
            self._more += 1
        self._clients.discard(session)

    def _over(self, act: str, at: int) -> None:
        for place, each in enumerate(self._deeds):
            if each.act == act and each.end is None:
                self._deeds[place] = Deed(act, each.start, at)

    def course(self) -> Course:
        """Say what there was."""
        for session in tuple(self._open):
            self._close(session, None, "")
        rows = [*self._rows.values(), self._others, self._kit, self._bad]
        return Course(
            end=self._end,
            lanes=tuple(self._lane(row) for row in rows if row.live.count + row.late.count),
            spans=tuple(sorted(self._spans, key=lambda span: (span.start, span.session))),
            deeds=tuple(self._deeds),
            wills=tuple(self._wills),
            more=self._more,
            frames=self._frames,
            late_read=self._looks < _LATE_LOOKS,
            whole=self._whole,
        )

    def _lane(self, row: _Row) -> Lane:
        live, late = row.live.shown(), row.late.shown()
        return Lane(
            kind=row.kind,
            name=row.name,
            operation=row.operation,
            live=live,
            late=late,
            gaps=_gaps(sorted((*live, *late)), self._end) if row.kind == "topic" else (),
            count=row.live.count + row.late.count,
            late_count=row.late.count,
            others=len(self._more_topics) if row is self._others else 0,
            binned=row.live.binned or row.late.binned,
        )


def _gaps(times: Sequence[float], end: int) -> tuple[Gap, ...]:
    """Find the longest silences, that up to the end among them."""
    if len(times) < _GAP_LEAST:
        return ()
    steps = [(after - before, before) for before, after in pairwise(times)]
    usual = sorted(step for step, _ in steps)[len(steps) // 2]
    steps.append((end - times[-1], times[-1]))
    least = max(_GAP_TIMES * usual, _GAP_SHARE * end)
    found = sorted((step for step in steps if step[0] > least), reverse=True)[:_GAPS]
    return tuple(sorted((Gap(at, at + length) for length, at in found), key=lambda gap: gap.start))
