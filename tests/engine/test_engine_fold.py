"""The fold: counts that add up in any order, conclusions that nothing improves by being worse."""

from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.engine.fold import (
    Tally,
    conclude,
    counts_of,
    fold,
    fold_cells,
    fold_repeats,
    tally_of,
)
from cqsc_conform.model.outcome import Blame, Conclusion, Modal, Outcome, Status
from cqsc_conform.model.plan import Item, Plan
from cqsc_conform.model.verdict import Measured, Row, Verdict
from engine.world import plan_of, profile, requirement

C, N, I = Conclusion.CONFORMANT, Conclusion.NON_CONFORMANT, Conclusion.INCONCLUSIVE  # noqa: E741
GOODNESS = {N: 0, I: 1, C: 2}
ITEM = plan_of(profile(requirement("R-1"))).items[0]

outcomes = st.sampled_from(list(Outcome))
items = st.builds(
    lambda modal, level, status: msgspec.structs.replace(
        ITEM, modal=modal, level=level, status=status
    ),
    st.sampled_from(list(Modal)),
    st.integers(1, 3),
    st.sampled_from(list(Status)),
)
tallies = st.builds(lambda item, outcome: tally_of(item, outcome, 2), items, outcomes)


def total(each: list[Tally]) -> Tally:
    whole = Tally()
    for one in each:
        whole = whole.plus(one)
    return whole


@given(tallies, tallies, tallies)
def test_tallies_commute_and_associate(a, b, c):
    assert a.plus(b) == b.plus(a)
    assert a.plus(b).plus(c) == a.plus(b.plus(c))
    assert a.plus(Tally()) == a


LOOKED_AT = [Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.PASS]


@given(st.lists(st.tuples(items, outcomes), max_size=8), items, st.data())
def test_a_worse_outcome_never_improves_a_conclusion(rows, item, data):
    # That something was not executed at all weighs more than how it would have come out.
    better, worse = sorted(
        data.draw(st.lists(st.sampled_from(LOOKED_AT), min_size=2, max_size=2)),
        key=lambda each: -each.rank,
    )
    for complete in (True, False):
        now = {
            outcome: conclude(
                total([tally_of(*each, 2) for each in [*rows, (item, outcome)]]), complete=complete
            )
            for outcome in (better, worse, Outcome.SKIPPED)
        }
        assert GOODNESS[now[worse]] <= GOODNESS[now[better]]
        if better is not Outcome.FAIL:
            assert GOODNESS[now[Outcome.SKIPPED]] <= GOODNESS[now[better]]


@given(st.lists(st.tuples(items, outcomes), max_size=8))
def test_cancelled_is_never_conformant_and_counts_add_up(rows):
    tally = total([tally_of(*each, 2) for each in rows])
    assert conclude(tally, complete=False) is not C
    counts = counts_of(tally)
    assert counts.total == len(rows)
    assert counts.total == sum((counts.fail, counts.error, counts.inconclusive, counts.skipped,
                                counts.untested, counts.not_applicable, counts.passed))  # fmt: skip
    assert counts.judged == counts.fail + counts.passed


def concluded(*rows: tuple[Outcome, dict[str, object]], complete: bool = True) -> Conclusion:
    each = [
        tally_of(msgspec.structs.replace(ITEM, **changes), outcome, 1) for outcome, changes in rows
    ]
    return conclude(total(each), complete=complete)


SHALL: dict[str, object] = {}
SHOULD: dict[str, object] = {"modal": Modal.SHOULD}
DRAFT: dict[str, object] = {"status": Status.DRAFT}
ABOVE: dict[str, object] = {"level": 2}


@pytest.mark.parametrize(
    ("rows", "conclusion"),
    [
        ([(Outcome.PASS, SHALL)], C),
        ([], I),
        ([(Outcome.NOT_APPLICABLE, SHALL)], I),
        ([(Outcome.UNTESTED, SHALL)], I),
        ([(Outcome.PASS, SHOULD)], I),
        ([(Outcome.PASS, DRAFT)], I),
        ([(Outcome.PASS, ABOVE)], I),
        ([(Outcome.PASS, SHALL), (Outcome.NOT_APPLICABLE, SHALL)], C),
        ([(Outcome.PASS, SHALL), (Outcome.UNTESTED, SHALL)], C),
        ([(Outcome.PASS, SHALL), (Outcome.FAIL, SHALL)], N),
        ([(Outcome.PASS, SHALL), (Outcome.FAIL, SHOULD)], C),
        ([(Outcome.PASS, SHALL), (Outcome.FAIL, DRAFT)], C),
        ([(Outcome.PASS, SHALL), (Outcome.FAIL, ABOVE)], C),
        ([(Outcome.PASS, SHALL), (Outcome.SKIPPED, ABOVE)], C),
        ([(Outcome.PASS, SHALL), (Outcome.ERROR, SHALL)], I),
        ([(Outcome.PASS, SHALL), (Outcome.INCONCLUSIVE, SHALL)], I),
        ([(Outcome.PASS, SHALL), (Outcome.SKIPPED, SHALL)], I),
        ([(Outcome.PASS, SHALL), (Outcome.SKIPPED, SHOULD)], I),
        ([(Outcome.FAIL, SHALL), (Outcome.ERROR, SHALL)], N),
    ],
)
def test_the_rules_of_a_run(rows, conclusion):
    assert concluded(*rows) is conclusion
    stopped = concluded(*rows, complete=False)
    assert stopped is (N if conclusion is N else I)


def rows_of(plan: Plan, *said: Outcome) -> list[Row]:
    return [
        Row(region=each.region, profile=each.profile, id=each.id, digest=each.digest,
            verdict=Verdict(outcome=outcome, code="t.x"))
        for each, outcome in zip(plan.items, said, strict=True)
    ]  # fmt: skip


def test_every_profile_must_conform_for_the_whole_to():
    plan = plan_of(profile(requirement("A-1")), profile(requirement("B-1"), id_="q"))
    for said, overall in (((Outcome.PASS, Outcome.PASS), C), ((Outcome.PASS, Outcome.ERROR), I),
                          ((Outcome.ERROR, Outcome.FAIL), N)):  # fmt: skip
        folded = fold(plan, rows_of(plan, *said), complete=True)
        assert folded.overall[0] is overall
        assert folded.overall[1].total == 2
        assert [counts.total for _, counts in folded.by_profile.values()] == [1, 1]


def test_rows_fold_in_any_order():
    plan = plan_of(profile(*[requirement(f"R-{n}") for n in range(3)]))
    rows = rows_of(plan, Outcome.PASS, Outcome.ERROR, Outcome.FAIL)
    results = [fold(plan, order, complete=True) for order in permutations(rows)]
    assert all(each == results[0] for each in results)


def verdict(outcome: Outcome, cite: str = "p/s.1", *, measured: float | None = None) -> Verdict:
    quantity = () if measured is None else (Measured("t", measured, "s"),)
    blame = Blame.TARGET if outcome is Outcome.ERROR else None
    return Verdict(outcome, f"t.{outcome.value}", cites=(cite,), measured=quantity, blame=blame)


@given(st.lists(outcomes, min_size=1, max_size=6))
def test_cells_fold_worst_first(said):
    cells = [verdict(each, f"p/s.{n}") for n, each in enumerate(said)]
    folded = fold_cells(cells)
    assert folded is not None
    assert folded.outcome is min(said, key=lambda each: each.rank)
    assert folded.count == len(said)
    backwards = fold_cells(reversed(cells))
    assert backwards is not None
    assert (backwards.outcome, backwards.bad) == (folded.outcome, folded.bad)
    assert fold_cells([]) is None


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ([Outcome.PASS, Outcome.PASS], Outcome.PASS),
        ([Outcome.PASS, Outcome.FAIL], Outcome.FAIL),
        ([Outcome.ERROR, Outcome.FAIL], Outcome.FAIL),
        ([Outcome.PASS, Outcome.ERROR], Outcome.ERROR),
        ([Outcome.PASS, Outcome.INCONCLUSIVE], Outcome.INCONCLUSIVE),
        ([Outcome.UNTESTED, Outcome.UNTESTED], Outcome.UNTESTED),
    ],
)
def test_repeats_fold_any_fail_to_fail(said, outcome):
    for order in permutations(said):
        assert fold_repeats(tuple(verdict(each) for each in order)).outcome is outcome


def test_only_what_is_measured_may_be_mixed():
    good, bad = verdict(Outcome.PASS, measured=1.0), verdict(Outcome.FAIL, measured=3.0)
    mixed = fold_repeats((good, bad, good))
    assert (mixed.outcome, mixed.code) == (Outcome.INCONCLUSIVE, "engine.repeats_differ")
    assert mixed.args == {"outcomes": ("pass", "fail", "pass")}
    assert fold_repeats((bad, bad)).outcome is Outcome.FAIL
    assert fold_repeats((verdict(Outcome.PASS), bad)).outcome is Outcome.FAIL


def test_an_item_of_the_plan_is_what_is_folded():
    assert isinstance(ITEM, Item)
