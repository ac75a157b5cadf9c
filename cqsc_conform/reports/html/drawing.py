"""The course of a trace as a drawing: lanes over one time axis, in lines that no script needs.

Places along the axis are percentages, so that a drawing fits a telephone and paper alike.
"""

from collections.abc import Iterable

from markupsafe import Markup
from msgspec import Struct

from cqsc_conform.reports.frames import Seen
from cqsc_conform.reports.html.words import label
from cqsc_conform.reports.lanes import Course, Lane, Span
from cqsc_conform.reports.safe import bounded

__all__ = ["Drawing", "draw"]

UNITS = 2000
"""Into how many units the axis is divided for marks."""

_TICKS = 6
_APART = 14.0
_NAMED_GAP = 9.0
_ROWS = 4
_ROW = 11
_LANE = 26
_NAME = 200
_STEPS = (1, 2, 5)


class Label(Struct, frozen=True):
    """A word on the axis; ``anchor`` says on which side of its place it stands."""

    x: str
    text: str
    anchor: str = "middle"
    real: str = ""


class Stretch(Struct, frozen=True):
    """A stretch of the axis, with words in its middle where they fit."""

    x: str
    end: str
    width: str
    middle: str
    y: int = 0
    words: str = ""
    how: str = ""


class Track(Struct, frozen=True):
    """One lane: its name, its marks as paths, and what else is drawn in it."""

    kind: str
    name: Markup
    height: int
    live: str = ""
    late: str = ""
    dots: str = ""
    ends: str = ""
    bars: tuple[Stretch, ...] = ()
    gaps: tuple[Stretch, ...] = ()


class Drawing(Struct, frozen=True):
    """A drawing: its lanes, what the kit did behind them, the cited frames across them."""

    tracks: tuple[Track, ...]
    deeds: tuple[Stretch, ...]
    hits: tuple[Label, ...]
    axis: tuple[Label, ...]
    legend: tuple[tuple[str, Markup], ...]
    caption: Markup
    remarks: tuple[Markup, ...]
    accused: bool = True


class _Axis:
    def __init__(self, end: int, scale: float) -> None:
        self.end = end
        self.scale = scale

    def share(self, at: float) -> float:
        return min(100.0, max(0.0, 100.0 * at / self.end))

    def x(self, at: float) -> str:
        return f"{self.share(at):.2f}%"

    def unit(self, at: float) -> int:
        return round(self.share(at) * UNITS / 100)

    def ticks(self, times: Iterable[float], y: int, height: int) -> str:
        """Write upright marks as one path, each place once."""
        return "".join(f"M{unit} {y}v{height}" for unit in dict.fromkeys(map(self.unit, times)))

    def dots(self, times: Iterable[float], y: int) -> str:
        """Write round marks as one path."""
        return "".join(f"M{unit} {y}h.1" for unit in dict.fromkeys(map(self.unit, times)))

    def stretch(
        self, start: float, end: float, *, y: int = 0, words: str = "", how: str = ""
    ) -> Stretch:
        left, right = self.share(start), self.share(end)
        return Stretch(
            f"{left:.2f}%", f"{right:.2f}%", f"{max(right - left, 0.2):.2f}%",
            f"{(left + right) / 2:.2f}%", y, words if right - left >= _NAMED_GAP else "", how,
        )  # fmt: skip

    def labels(self) -> tuple[Label, ...]:
        """Choose round nominal times, with the real ones where they differ."""
        whole = self.end / 1_000_000 / self.scale
        step = _step(whole)
        out: list[Label] = []
        at = 0.0
        while at <= whole + step / 1000 and len(out) <= _TICKS + 1:
            share = 100.0 * at / whole
            anchor = "start" if share < _APART / 3 else "end" if share > 100 - _APART / 3 else ""
            real = f"{at * self.scale:.4g} s" if self.scale != 1 else ""
            out.append(Label(f"{share:.2f}%", f"{at:.6g} s", anchor or "middle", real))
            at += step
        return tuple(out)


def _step(whole: float) -> float:
    power = 1e-6
    while True:
        for each in _STEPS:
            if whole / (each * power) <= _TICKS:
                return each * power
        power *= 10


def draw(seen: Seen, cited: tuple[int, ...], *, accused: bool = True) -> Drawing:
    """Draw a trace with the frames of ``cited`` marked; ``accused`` marks them as failing."""
    course = seen.course
    axis = _Axis(course.end, seen.scale)
    tracks = [_connections(course, axis)] if course.spans else []
    tracks += [_track(lane, axis) for lane in course.lanes]
    return Drawing(
        tracks=tuple(tracks),
        deeds=tuple(
            axis.stretch(each.start, course.end if each.end is None else each.end, how=each.act)
            for each in course.deeds
            if each.end is not None or each.act in {"blackhole", "withhold_puback"}
        ),
        hits=_hits(seen, cited, axis),
        axis=axis.labels(),
        legend=_legend(course),
        caption=_caption(seen),
        remarks=_remarks(course),
        accused=accused,
    )


def _hits(seen: Seen, cited: tuple[int, ...], axis: _Axis) -> tuple[Label, ...]:
    """Mark the cited frames; those that stand close together are named in one label."""
    places = [(axis.share(seen.lines[each].at), each) for each in cited if each in seen.lines]
    names: list[list[tuple[float, int]]] = []
    for share, number in sorted(places):
        if names and share - names[-1][0][0] < _APART:
            names[-1].append((share, number))
        else:
            names.append([(share, number)])
    out: list[Label] = []
    for group in names:
        first = group[0][0]
        anchor = "start" if first < _APART / 2 else "end" if first > 100 - _APART / 2 else "middle"
        named = " ".join(f"#{number}" for _, number in group[:2])
        named += " …" if len(group) > 2 else ""  # noqa: PLR2004 - more than were named
        out.append(Label(f"{first:.2f}%", named, anchor))
        out += [Label(f"{share:.2f}%", "") for share, _ in group[1:]]
    return tuple(out)


def _connections(course: Course, axis: _Axis) -> Track:
    """Lay connections in as many rows as were open at once, up to four."""
    free: list[float] = []
    bars: list[Stretch] = []
    ends: list[str] = []
    starts: list[str] = []
    for each in course.spans:
        row = next((at for at, until in enumerate(free) if until <= each.start), len(free))
        row = min(row, _ROWS - 1)
        end = course.end if each.end is None else each.end
        free[row:] = [end, *free[row + 1 :]]
        y = 4 + row * _ROW
        bars.append(axis.stretch(each.start, end, y=y, how="" if each.client else "mute"))
        if each.client:
            starts.append(axis.dots((each.start,), y + 3))
        if each.end is not None:
            ends.append(_end_mark(each, axis, y))
    return Track(
        kind="connections",
        name=label("html.lane.connections", number=len(course.spans) + course.more),
        height=8 + max(1, len(free)) * _ROW,
        dots="".join(starts),
        ends="".join(ends),
        late=axis.dots(course.wills, 4 + 3),
        bars=tuple(bars),
    )


def _end_mark(span: Span, axis: _Axis, y: int) -> str:
    return axis.ticks((span.end or 0,), y - 2, 10)


def _track(lane: Lane, axis: _Axis) -> Track:
    gaps = tuple(
        axis.stretch(
            gap.start, gap.end, words=f"{(gap.end - gap.start) / 1_000_000 / axis.scale:.3g} s"
        )
        for gap in lane.gaps
    )
    return Track(
        kind=lane.kind,
        name=_name(lane),
        height=_LANE,
        live=axis.ticks(lane.live, 4, _LANE - 8),
        late=axis.dots(lane.late, _LANE // 2),
        gaps=gaps,
    )


def _name(lane: Lane) -> Markup:
    if lane.kind == "topic":
        return Markup("<code>{}</code> <b>{}</b>").format(bounded(lane.name, _NAME), lane.count)
    said = label(f"html.lane.{lane.kind}", number=lane.others)
    return said + Markup(" <b>{}</b>").format(lane.count)


def _legend(course: Course) -> tuple[tuple[str, Markup], ...]:
    has_late = any(lane.late for lane in course.lanes)
    signs = [
        ("live", any(lane.live for lane in course.lanes)),
        ("late", has_late),
        ("gap", any(lane.gaps for lane in course.lanes)),
        ("open", bool(course.spans)),
        ("ended", any(span.end is not None for span in course.spans)),
        ("will", bool(course.wills)),
        ("deed", bool(course.deeds)),
    ]
    return tuple((name, label(f"html.legend.{name}")) for name, there in signs if there)


def _caption(seen: Seen) -> Markup:
    course = seen.course
    start, end = seen.moment(0), seen.moment(course.end)
    said = label(
        "html.drawing",
        start=f"{start:%Y-%m-%d %H:%M:%S}" if start else "?",
        end=f"{end:%H:%M:%S}" if end else "?",
        seconds=f"{seen.nominal(course.end):.6g}",
    )
    if seen.scale != 1:
        said += Markup(" ") + label("html.scaled", scale=f"{seen.scale:g}")
    return said


def _remarks(course: Course) -> tuple[Markup, ...]:
    out = []
    if any(lane.binned for lane in course.lanes):
        out.append(label("html.binned"))
    if not course.late_read:
        out.append(label("html.late_unread"))
    if course.more:
        out.append(label("html.more_spans", number=course.more))
    if not course.whole:
        out.append(label("html.read_part", number=course.frames))
    return tuple(out)
