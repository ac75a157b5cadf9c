"""The roll-up: from verdicts to counts to a conclusion (design section 4).

Counts are added, so the fold is commutative and associative; only at the end are they
projected to a conclusion.
"""

from collections.abc import Iterable

from msgspec import Struct

from cqsc_conform.model.outcome import Conclusion, Modal, Outcome, Status
from cqsc_conform.model.plan import Item, Plan
from cqsc_conform.model.report import Counts
from cqsc_conform.model.verdict import Row, Verdict

Key = tuple[str | None, str]


class Tally(Struct, frozen=True, kw_only=True):
    """What was counted; tallies add up in any order."""

    outcomes: tuple[int, ...] = (0,) * len(Outcome)
    draft: int = 0
    binding: int = 0
    findings: int = 0
    judged: int = 0
    shall_passed: int = 0
    shall_failed: int = 0
    shall_open: int = 0
    unexecuted: int = 0

    def plus(self, other: "Tally") -> "Tally":
        """Add two tallies."""
        return Tally(
            outcomes=tuple(a + b for a, b in zip(self.outcomes, other.outcomes, strict=True)),
            draft=self.draft + other.draft,
            binding=self.binding + other.binding,
            findings=self.findings + other.findings,
            judged=self.judged + other.judged,
            shall_passed=self.shall_passed + other.shall_passed,
            shall_failed=self.shall_failed + other.shall_failed,
            shall_open=self.shall_open + other.shall_open,
            unexecuted=self.unexecuted + other.unexecuted,
        )


def is_binding(item: Item, level: int) -> bool:
    """Tell whether the fold reads a requirement: active, and of the claimed level or below.

    A draft stands outside even where it was tested: its source text was not read.
    """
    return item.status is Status.ACTIVE and item.level <= level


def tally_of(item: Item, outcome: Outcome, level: int) -> Tally:
    """Count one requirement."""
    binding = is_binding(item, level)
    shall = binding and item.modal is Modal.SHALL
    settled = outcome in {Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.UNTESTED}
    return Tally(
        outcomes=tuple(int(each is outcome) for each in Outcome),
        draft=int(item.status is Status.DRAFT),
        binding=int(binding),
        findings=int(binding and not shall and outcome is Outcome.FAIL),
        judged=int(outcome in {Outcome.PASS, Outcome.FAIL}),
        shall_passed=int(shall and outcome is Outcome.PASS),
        shall_failed=int(shall and outcome is Outcome.FAIL),
        shall_open=int(shall and not settled and outcome is not Outcome.FAIL),
        unexecuted=int(binding and outcome is Outcome.SKIPPED),
    )


def conclude(tally: Tally, *, complete: bool) -> Conclusion:
    """Project counts to a conclusion; an incomplete run is never conformant."""
    if tally.shall_failed:
        return Conclusion.NON_CONFORMANT
    met = tally.shall_passed > 0 and tally.shall_open == 0 and tally.unexecuted == 0
    return Conclusion.CONFORMANT if complete and met else Conclusion.INCONCLUSIVE


def counts_of(tally: Tally) -> Counts:
    """Show a tally as the report does."""
    by = dict(zip(Outcome, tally.outcomes, strict=True))
    return Counts(
        total=sum(tally.outcomes),
        judged=tally.judged,
        binding=tally.binding,
        fail=by[Outcome.FAIL],
        error=by[Outcome.ERROR],
        inconclusive=by[Outcome.INCONCLUSIVE],
        skipped=by[Outcome.SKIPPED],
        untested=by[Outcome.UNTESTED],
        not_applicable=by[Outcome.NOT_APPLICABLE],
        passed=by[Outcome.PASS],
        findings=tally.findings,
        draft=tally.draft,
    )


class Folded(Struct, frozen=True):
    """What a run comes to: for each (region, profile), and over all."""

    by_profile: dict[Key, tuple[Conclusion, Counts]]
    overall: tuple[Conclusion, Counts]


def fold(plan: Plan, rows: Iterable[Row], *, complete: bool) -> Folded:
    """Fold a run's verdicts."""
    levels = {(each.region, each.id): each.level for each in plan.profiles}
    items = {(item.region, item.profile, item.id): item for item in plan.items}
    tallies: dict[Key, Tally] = {key: Tally() for key in levels}
    for row in rows:
        key = (row.region, row.profile)
        item = items[row.region, row.profile, row.id]
        tallies[key] = tallies[key].plus(tally_of(item, row.verdict.outcome, levels[key]))
    by_profile = {
        key: (conclude(tally, complete=complete), counts_of(tally))
        for key, tally in tallies.items()
    }
    whole = Tally()
    for tally in tallies.values():
        whole = whole.plus(tally)
    return Folded(
        by_profile=by_profile,
        overall=(_worst(each for each, _ in by_profile.values()), counts_of(whole)),
    )


def _worst(conclusions: Iterable[Conclusion]) -> Conclusion:
    """Conclude over all profiles: each must be conformant for the whole to be."""
    found = set(conclusions)
    if Conclusion.NON_CONFORMANT in found:
        return Conclusion.NON_CONFORMANT
    return Conclusion.CONFORMANT if found == {Conclusion.CONFORMANT} else Conclusion.INCONCLUSIVE


def fold_cells(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Fold the verdicts on the cells of one requirement, worst first; no cell hides another.

    The reason is that of the first worst cell; ``count`` is how many cells were judged and
    ``bad`` how many came to the worst outcome.  None where there was no cell to judge.
    """
    every = list(verdicts)
    if not every:
        return None
    worst = min((each.outcome for each in every), key=lambda outcome: outcome.rank)
    hit = [each for each in every if each.outcome is worst]
    cites = tuple(dict.fromkeys(cite for each in hit for cite in each.cites))[:10]
    first = hit[0]
    return Verdict(
        outcome=worst,
        code=first.code,
        args=first.args,
        cites=cites,
        measured=first.measured,
        blame=first.blame,
        count=len(every),
        bad=None if worst is Outcome.PASS else len(hit),
    )


def fold_repeats(verdicts: tuple[Verdict, ...]) -> Verdict:
    """Fold the same requirement over repeats: any fail fails.

    A measured quantity that passes at one time and fails at another is inconclusive.
    """
    worst = min(verdicts, key=lambda each: each.outcome.rank)
    outcomes = {each.outcome for each in verdicts}
    decided = [each for each in verdicts if each.outcome in {Outcome.FAIL, Outcome.PASS}]
    measured = all(each.measured for each in decided)
    mixed = measured and {Outcome.FAIL, Outcome.PASS} <= outcomes
    if len(outcomes) == 1 or (worst.outcome in {Outcome.FAIL, Outcome.ERROR} and not mixed):
        return worst
    said = tuple(each.outcome.value for each in verdicts)
    return Verdict(
        outcome=Outcome.INCONCLUSIVE,
        code="engine.repeats_differ",
        args={"outcomes": said},
        cites=worst.cites,
        measured=worst.measured,
    )
