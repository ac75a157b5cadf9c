import msgspec
import pytest
import report_samples as samples

from cqsc_conform.errors import KitError
from cqsc_conform.model.outcome import Blame, Outcome
from cqsc_conform.model.verdict import Verdict, Verdicts
from cqsc_conform.reports.build import build_report, hint_of


def test_rows_come_in_plan_order_with_both_languages():
    report = samples.report()
    assert [row.id for row in report.requirements] == [item.id for item in samples.ITEMS]
    row = report.requirements[0]
    assert (row.reason.zh, row.reason.en) == (
        "共判定 12 个单元，全部通过。",
        "All 12 cells were judged and passed.",
    )


def test_binding_is_active_and_of_the_claimed_level():
    rows = {row.id: row.binding for row in samples.report().requirements}
    assert rows["DI-01"]
    assert not rows["DI-05"], "level 2"
    assert not rows["DI-09"], "draft"


def test_untested_says_the_profiles_own_words():
    row = next(row for row in samples.report().requirements if row.id == "DI-07")
    assert row.reason.en.endswith("Truth needs a human to compare.")


def test_a_failure_keeps_the_hint_and_an_error_says_what_lets_it_be_judged():
    rows = {row.id: row for row in samples.report().requirements}
    assert rows["DI-02"].hint == samples.ITEMS[1].hint
    assert rows["DI-06"].hint.en.endswith("run again with --consent mutates.")


def test_the_next_step_of_the_underlying_trouble_comes_first():
    verdict = Verdict(Outcome.ERROR, "engine.unobserved", {"code": "engine.budget", "limit": 3})
    assert hint_of(verdict, samples.text("", "")).en.startswith("Select fewer")


def test_the_same_input_gives_the_same_report():
    assert samples.report() == samples.report()


@pytest.mark.parametrize("change", ["missing", "extra", "double"])
def test_verdicts_that_are_not_the_plans_are_refused(change):
    judged = samples.judged()
    rows = judged.verdicts.rows
    changed = {
        "missing": rows[1:],
        "extra": (*rows, msgspec.structs.replace(rows[0], id="DI-77")),
        "double": (*rows, rows[0]),
    }[change]
    verdicts = Verdicts("cqsc-verdicts/1", judged.verdicts.plan_digest, True, changed)  # noqa: FBT003
    with pytest.raises(KitError) as caught:
        build_report(msgspec.structs.replace(judged, verdicts=verdicts))
    assert caught.value.code == "report.rows_differ"
    assert caught.value.blame is Blame.KIT


def test_a_fold_for_another_profile_is_refused():
    judged = samples.judged()
    with pytest.raises(KitError):
        build_report(msgspec.structs.replace(judged, by_profile={}))
