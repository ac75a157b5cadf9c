"""From decisions on several bundles to one decision each, and to the conclusion."""

from collections.abc import Iterable, Sequence

from cqsc_conform.model.outcome import Modal, Outcome, Status
from cqsc_conform.model.plan import Item
from cqsc_conform.model.recognition import (
    Decision,
    RecognitionConclusion,
    RecognitionCounts,
)
from cqsc_conform.recognition.decide import Found

__all__ = ["best_of", "conclude", "counts_of", "is_binding", "stands_outside"]


def best_of(found: Sequence[Found]) -> Found:
    """Choose among the decisions that several bundles of one subject allow.

    What cannot be relied on, and what fails, outweighs all else, so that no later bundle hides
    it; then what is settled outweighs what is still to be tested.  Among equals the first.
    """
    return min(found, key=_weight)


def _weight(found: Found) -> int:
    if found.decision == "rejected":
        return 0
    if found.decision == "re_judged" and found.proof.outcome is Outcome.FAIL:
        return 1
    return {"not_applicable": 2, "carried": 3, "re_judged": 4, "must_test": 5}[found.decision]


def stands_outside(item: Item) -> bool:
    """Tell whether a requirement stands outside the fold: a draft, or one nobody can test."""
    return item.status is Status.DRAFT or item.disposition == "untested"


def is_binding(item: Item, level: int) -> bool:
    """Tell whether the conclusion reads a requirement."""
    return item.modal is Modal.SHALL and item.level <= level and not stands_outside(item)


def conclude(decisions: Iterable[Decision]) -> RecognitionConclusion:
    """Recognise when every binding requirement is settled and passes, and at least one does."""
    binding = [each for each in decisions if each.binding]
    if any(each.decision == "rejected" or _fails(each) for each in binding):
        return "not_recognised"
    if any(each.decision == "must_test" for each in binding):
        return "recognised_after_tests"
    settled = any(each.decision in {"carried", "re_judged"} for each in binding)
    return "recognised" if settled else "not_recognised"


def counts_of(decisions: Sequence[Decision]) -> RecognitionCounts:
    """Count the decisions."""
    kinds = [each.decision for each in decisions]
    failing = sum(map(_fails, decisions))
    return RecognitionCounts(
        total=len(decisions),
        binding=sum(each.binding for each in decisions),
        carried=kinds.count("carried"),
        re_judged_pass=kinds.count("re_judged") - failing,
        re_judged_fail=failing,
        must_test=kinds.count("must_test"),
        not_applicable=kinds.count("not_applicable"),
        rejected=kinds.count("rejected"),
    )


def _fails(decision: Decision) -> bool:
    return decision.decision == "re_judged" and decision.outcome is Outcome.FAIL
