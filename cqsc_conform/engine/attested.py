"""Which verdicts rest on a person's word: they are shown as attested, never as tested."""

from collections.abc import Iterable

from cqsc_conform.engine.settle import nodes_of
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.plan import Item, Plan
from cqsc_conform.model.probe import AskPerson
from cqsc_conform.model.verdict import Row

__all__ = ["attested_rows"]

Key = tuple[str | None, str, str]

_DECIDED = frozenset({Outcome.PASS, Outcome.FAIL})


def attested_rows(plan: Plan, rows: Iterable[Row]) -> frozenset[Key]:
    """Name the rows that pass or fail by an answer, or behind a control that an answer settled."""
    asked = {
        f"{planned.probe.id}/{node.as_}"
        for planned in plan.probes
        for node in nodes_of(planned.probe.steps)
        if isinstance(node, AskPerson)
    }
    resting = {(each.region, each.profile, each.id) for each in plan.items if _reads(each, asked)}
    return frozenset(
        key
        for row in rows
        if (key := (row.region, row.profile, row.id)) in resting and row.verdict.outcome in _DECIDED
    )


def _reads(item: Item, steps: set[str]) -> bool:
    uses = (item.check, item.controls.before, item.controls.after)
    return any(use is not None and not steps.isdisjoint(use.evidence.values()) for use in uses)
