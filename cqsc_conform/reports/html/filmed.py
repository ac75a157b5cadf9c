"""Cited frames of a trace as the page shows them: the whole course drawn, then the packets."""

from markupsafe import Markup

from cqsc_conform.model.outcome import Outcome
from cqsc_conform.reports.frames import Seen
from cqsc_conform.reports.html.bodies import Marker
from cqsc_conform.reports.html.drawing import draw
from cqsc_conform.reports.html.evidence import View, trace_facts
from cqsc_conform.reports.html.packets import packets_of

__all__ = ["filmed"]


def filmed(
    seen: Seen, numbers: tuple[int, ...], marker: Marker, outcome: Outcome, why: Markup
) -> View:
    """Show frames of a trace; ``why`` is the reason of the requirement that cites them."""
    brief, facts = trace_facts(seen.trace)
    return View(
        brief,
        facts,
        None,
        (),
        (),
        drawing=draw(seen, numbers, accused=outcome is Outcome.FAIL),
        packets=packets_of(seen, numbers, marker, outcome, why),
    )
