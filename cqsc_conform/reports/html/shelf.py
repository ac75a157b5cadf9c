"""Where each piece of evidence stands on the page: in full once, named everywhere else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from markupsafe import Markup
from msgspec import Struct

from cqsc_conform.model.evidence import Evidence, Trace
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.report import ReportRow
from cqsc_conform.reports.frames import Frames, frame_of
from cqsc_conform.reports.html.bodies import Marker
from cqsc_conform.reports.html.evidence import View, view_of
from cqsc_conform.reports.html.filmed import filmed
from cqsc_conform.reports.html.words import said

Cited = Mapping[str, tuple[Evidence, ...]]
"""Evidence by its id, one piece for each repeat; what nobody cites is not asked for."""

PAGE_LIMIT = 20 * 1024 * 1024
"""The most bytes of evidence that one page holds."""

CITES_SHOWN = 20


_TRIES = 50


class Citation(Struct, frozen=True):
    """One citation of a requirement.

    ``number`` is that of the evidence on the page, none where the page does not hold it, and
    ``missing`` then names the label that says why.  ``whole`` is the evidence itself where this
    citation is the first.
    """

    id: str
    number: int | None
    whole: Markup | None = None
    missing: str | None = None


class Draw(Protocol):
    """Draws a piece of evidence, unfolded or not."""

    def __call__(self, number: int, id_: str, views: tuple[View, ...], *, unfolded: bool) -> Markup:
        """Draw it."""


class Shelf:
    """Gives evidence out in the order in which the page cites it, within the page's bound."""

    def __init__(
        self,
        evidence: Cited,
        terms: Mapping[str, Iterable[str]],
        draw: Draw,
        frames: Frames,
        limit: int = PAGE_LIMIT,
    ) -> None:
        self._evidence = evidence
        self._terms = terms
        self._draw = draw
        self._frames = frames
        self._left = limit
        self._placed: dict[str, Citation] = {}
        self._count = 0
        self._refused = 0

    def cite(self, row: ReportRow, *, unfolded: bool = False) -> tuple[Citation, ...]:
        """Cite a requirement's evidence; what was placed before is only named.

        Frames of one trace stand together in one piece; ``unfolded`` shows the first of these
        at once.
        """
        out: list[Citation] = []
        for id_, numbers in self._grouped(row.cites[:CITES_SHOWN]):
            if numbers:
                out.append(self._film(id_, numbers, row, unfolded=unfolded))
                unfolded = False
            else:
                out.append(self._one(id_))
        return tuple(out)

    @property
    def dropped(self) -> int:
        """Count the pieces that the bound kept off the page."""
        return sum(each.missing == "html.too_much" for each in self._placed.values())

    def _grouped(self, cites: Sequence[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Put frames of one trace together; everything else stays by itself."""
        groups: dict[str, list[int]] = {}
        for cite in cites:
            place = frame_of(cite)
            if place is not None and self._filmed(place[0]):
                groups.setdefault(place[0], []).append(place[1])
            else:
                groups.setdefault(cite, [])
        for id_, numbers in groups.items():
            yield id_, tuple(dict.fromkeys(numbers))

    def _filmed(self, id_: str) -> bool:
        return any(each.stream for each in self._frames.traces(id_))

    def _film(
        self, id_: str, numbers: tuple[int, ...], row: ReportRow, *, unfolded: bool
    ) -> Citation:
        name = " ".join((id_, *(f"#{number}" for number in numbers)))
        # Two failures point at the same frames for reasons of their own.
        why = row.reason.en if row.outcome is not Outcome.PASS else ""
        known = self._placed.get(f"{name} {why}")
        if known is not None:
            return known
        marker = Marker(self._terms.get(f"{id_}#{numbers[0]}", ()))
        views = []
        for trace in self._frames.traces(id_):
            seen = self._frames.seen(id_, trace)
            if seen is not None:
                views.append(filmed(seen, numbers, marker, row.outcome, said(row.reason)))
        placed, first = self._put(name, tuple(views), unfolded=unfolded)
        self._placed[f"{name} {why}"] = placed
        return first

    def _one(self, id_: str) -> Citation:
        known = self._placed.get(id_)
        if known is not None:
            return known
        placed, first = self._place(id_)
        self._placed[id_] = placed
        return first

    def _place(self, id_: str) -> tuple[Citation, Citation]:
        found = self._evidence.get(id_, ())
        place = frame_of(id_)
        if not found and place is not None:
            # Of a trace without frames at hand what is known of it is shown.
            whole = self._evidence.get(place[0], ())
            found = tuple(each for each in whole if isinstance(each, Trace))
        if not found:
            absent = Citation(id_, None, missing="html.absent")
            return absent, absent
        marker = Marker(self._terms.get(id_, ()))
        return self._put(id_, tuple(view_of(each, marker) for each in found))

    def _put(
        self, name: str, views: tuple[View, ...], *, unfolded: bool = False
    ) -> tuple[Citation, Citation]:
        if self._refused >= _TRIES:
            # The page is full: nothing more is drawn only to be measured.
            dropped = Citation(name, None, missing="html.too_much")
            return dropped, dropped
        number = self._count + 1
        whole = self._draw(number, name, views, unfolded=unfolded)
        size = len(whole.encode())
        if size > self._left:
            # Smaller ones that follow may still find room.
            self._refused += 1
            dropped = Citation(name, None, missing="html.too_much")
            return dropped, dropped
        self._left -= size
        self._count = number
        return Citation(name, number), Citation(name, number, whole=whole)
