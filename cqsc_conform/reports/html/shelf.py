"""Where each piece of evidence stands on the page: in full once, named everywhere else."""

from collections.abc import Callable, Iterable, Mapping

from markupsafe import Markup
from msgspec import Struct

from cqsc_conform.model.evidence import Evidence
from cqsc_conform.reports.html.bodies import Marker
from cqsc_conform.reports.html.evidence import View, view_of

Cited = Mapping[str, tuple[Evidence, ...]]
"""Evidence by its id, one piece for each repeat; what nobody cites is not asked for."""

PAGE_LIMIT = 20 * 1024 * 1024
"""The most bytes of evidence that one page holds."""

CITES_SHOWN = 20


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


class Shelf:
    """Gives evidence out in the order in which the page cites it, within the page's bound."""

    def __init__(
        self,
        evidence: Cited,
        terms: Mapping[str, Iterable[str]],
        draw: Callable[[int, str, tuple[View, ...]], Markup],
        limit: int = PAGE_LIMIT,
    ) -> None:
        self._evidence = evidence
        self._terms = terms
        self._draw = draw
        self._left = limit
        self._placed: dict[str, Citation] = {}
        self._count = 0

    def cite(self, ids: Iterable[str]) -> tuple[Citation, ...]:
        """Cite evidence; what was placed before is only named."""
        return tuple(self._one(each) for each in ids)

    @property
    def dropped(self) -> int:
        """Count the pieces that the bound kept off the page."""
        return sum(each.missing == "html.too_much" for each in self._placed.values())

    def _one(self, id_: str) -> Citation:
        known = self._placed.get(id_)
        if known is not None:
            return known
        placed, first = self._place(id_)
        self._placed[id_] = placed
        return first

    def _place(self, id_: str) -> tuple[Citation, Citation]:
        # A frame of a trace is cited as ``trace#number``: what unfolds is the trace.
        found = self._evidence.get(id_.partition("#")[0], ())
        if not found:
            absent = Citation(id_, None, missing="html.absent")
            return absent, absent
        marker = Marker(self._terms.get(id_, ()))
        number = self._count + 1
        whole = self._draw(number, id_, tuple(view_of(each, marker) for each in found))
        size = len(whole.encode())
        if size > self._left:
            # Smaller ones that follow may still find room.
            dropped = Citation(id_, None, missing="html.too_much")
            return dropped, dropped
        self._left -= size
        self._count = number
        return Citation(id_, number), Citation(id_, number, whole=whole)
