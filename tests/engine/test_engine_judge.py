"""Judging: roles, cells, controls, repeats, and what was not seen."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from cqsc_conform.engine.judge import Bench, Observed, Seen, by_step, judge, of_one_subject
from cqsc_conform.engine.sources import sources_of
from cqsc_conform.engine.transfer import carried
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.check import Check
from cqsc_conform.model.evidence import Evidence, Exchange, Quiet
from cqsc_conform.model.outcome import Blame, Outcome
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.probe import Probe
from cqsc_conform.model.profile import CheckUse, Controls
from cqsc_conform.model.verdict import Verdict
from engine.world import (
    CHECKS,
    WALK,
    as_check,
    exchange,
    plan_of,
    probe,
    profile,
    requirement,
    unseen,
)

EACH = probe(
    "b.each",
    {"each": {"as": "e", "over": "a.walk/pages", "do": [
        {"request": {"as": "detail", "operation": "get", "params": {"id": "{e.id}"}}},
        {"each": {"as": "f", "over": "detail", "at": "item", "do": [
            {"request": {"as": "deep", "operation": "get", "params": {"id": "{f.id}"}}}]}}]}},
    {"request": {"as": "alone", "operation": "get", "params": {"id": "1"}}},
    draws=["a.walk"],
)  # fmt: skip


NONE = Controls()


def use(check: str = "t.ok", role: str = "reply", step: str = "a.walk/pages") -> CheckUse:
    return CheckUse(check=check, evidence={role: step})


def reply(id_: str, status: int = 200, content: object = None) -> Exchange:
    ask = Ask(id=id_, operation="get", endpoint="api", identity="default", method="GET", target="/")
    return exchange(ask, status, {} if content is None else content)


def seen(*evidence: Evidence) -> Seen:
    return by_step({each.id: each for each in evidence})


def planned(check: CheckUse, controls: Controls = NONE, **checks: Check) -> tuple[Plan, Bench]:
    every = {**CHECKS, **{name.replace("_", "."): each for name, each in checks.items()}}
    whole = profile(
        requirement("R-1", check=check, controls=controls),
        probes={WALK.id: WALK, EACH.id: EACH},
    )
    plan = plan_of(whole, checks=every)
    return plan, Bench(checks=every, tables={}, schemas={}, ixit={})


def judged(
    check: CheckUse, *evidence: Evidence, controls: Controls = NONE, unfinished: str = "",
    **checks: Check,
) -> Verdict:  # fmt: skip
    plan, bench = planned(check, controls, **checks)
    observed = Observed(seen(*evidence), frozenset(filter(None, [unfinished])))
    (row,) = judge(plan, (observed,), bench)
    return row.verdict


def test_a_role_of_one_is_called_for_each_cell_and_no_cell_hides_another():
    pages = [reply(f"a.walk/pages.{n}", 500 if n == 2 else 200) for n in (1, 2, 3)]
    verdict = judged(use(), *pages)
    assert (verdict.outcome, verdict.code) == (Outcome.FAIL, "t.bad")
    assert (verdict.count, verdict.bad, verdict.cites) == (3, 1, ("a.walk/pages.2",))


def test_a_role_of_many_sees_all_at_once_in_plan_order():
    said: list[list[str]] = []

    def order(replies: Any) -> Verdict:
        said.append([each.id for each in replies])
        return Verdict(Outcome.PASS, "t.ok", cites=(replies[0].id,))

    rows = [reply(f"b.each[{n}]/detail.1") for n in (10, 2, 1)]
    check = as_check("t.order", order, {"replies": "many"})
    judged(use("t.order", "replies", "b.each/detail"), *rows, t_order=check)
    assert said == [["b.each[1]/detail.1", "b.each[2]/detail.1", "b.each[10]/detail.1"]]


def test_a_cell_that_the_rule_does_not_speak_of_is_no_cell():
    def only_first(reply: Any) -> Verdict | None:
        first = reply.id.endswith(".1")
        return Verdict(Outcome.PASS, "t.ok", cites=(reply.id,)) if first else None

    check = as_check("t.first", only_first)
    pages = [reply(f"a.walk/pages.{n}") for n in (1, 2)]
    assert judged(use("t.first"), *pages, t_first=check).count == 1
    nothing = judged(use("t.first"), pages[1], t_first=check)
    assert (nothing.outcome, nothing.code) == (Outcome.INCONCLUSIVE, "engine.nothing_relevant")


@pytest.mark.parametrize(
    ("code", "blame", "outcome"),
    [
        ("http.reset", "target", Outcome.ERROR),
        ("http.name", "network", Outcome.ERROR),
        ("engine.deadline", "target", Outcome.ERROR),
        ("engine.interrupted", "kit", Outcome.ERROR),
        ("engine.template", "target", Outcome.INCONCLUSIVE),
        ("engine.value_unfit", "target", Outcome.INCONCLUSIVE),
        ("engine.nothing_to_pick", "target", Outcome.INCONCLUSIVE),
        ("engine.address_foreign", "target", Outcome.INCONCLUSIVE),
    ],
)
@pytest.mark.parametrize(("check", "role"), [("t.ok", "reply"), ("t.every", "replies")])
def test_trouble_in_looking_is_never_a_failure(code, blame, outcome, check, role):
    rows = [reply("a.walk/pages.1"), unseen(code, blame, "a.walk/pages.2")]
    verdict = judged(use(check, role), *rows)
    assert (verdict.outcome, verdict.code, verdict.cites) == (outcome, code, ("a.walk/pages.2",))
    assert verdict.blame == (Blame(blame) if outcome is Outcome.ERROR else None)


def test_a_failure_that_was_seen_outweighs_trouble_elsewhere():
    rows = [reply("a.walk/pages.1", 500), unseen("http.reset", "target", "a.walk/pages.2")]
    assert judged(use(), *rows).outcome is Outcome.FAIL


def test_the_worst_trouble_speaks_for_many():
    rows = [unseen("engine.template", "target", "a.walk/pages.1"),
            unseen("http.reset", "target", "a.walk/pages.2")]  # fmt: skip
    assert judged(use("t.every", "replies"), *rows).code == "http.reset"


def test_a_check_that_breaks_is_the_kit_s_fault():
    def broken(reply: Any) -> Verdict:
        raise ZeroDivisionError(f"{reply.id}" + "x" * 1000)

    verdict = judged(
        use("t.broken"), reply("a.walk/pages.1"), t_broken=as_check("t.broken", broken)
    )
    assert (verdict.outcome, verdict.code, verdict.blame) == (
        Outcome.ERROR, "engine.check_crashed", Blame.KIT,
    )  # fmt: skip
    assert len(str(verdict.args["error"])) <= 200


def test_other_kinds_of_evidence_reach_a_check_as_they_are():
    got: list[object] = []

    def any_(reply: Any) -> Verdict:
        got.append(reply)
        return Verdict(Outcome.PASS, "t.ok", cites=(reply.id,))

    quiet = Quiet(id="a.walk/pages.1", since="t", seconds=1.0)
    judged(use("t.any"), quiet, t_any=as_check("t.any", any_))
    assert got == [quiet]


def test_what_was_not_reached_says_so():
    verdict = judged(use(), unfinished="a.walk")
    assert (verdict.outcome, verdict.code) == (Outcome.INCONCLUSIVE, "engine.not_reached")


@pytest.mark.parametrize("step", ["b.each/detail", "b.each/deep"])
def test_nothing_to_ask_is_traced_to_the_trouble_it_came_from(step):
    down = unseen("http.refused", "target", "a.walk/pages.1")
    verdict = judged(use(step=step), down)
    assert (verdict.outcome, verdict.code, verdict.blame) == (
        Outcome.ERROR, "http.refused", Blame.TARGET,
    )  # fmt: skip
    empty = judged(use(step=step), reply("a.walk/pages.1"))
    assert (empty.outcome, empty.code) == (Outcome.INCONCLUSIVE, "engine.no_evidence")
    alone = judged(use(step="b.each/alone"), down)
    assert alone.code == "engine.no_evidence"


def test_sources_are_those_of_every_each_around_a_step():
    between = probe("c.walk", {"walk": {"as": "w", "operation": "list", "between": {
        "page": 1, "do": [{"each": {"as": "e", "over": "w", "do": [
            {"raw": {"as": "x", "hex": "00"}}]}}]}}})  # fmt: skip
    found = sources_of([WALK, EACH, between])
    assert found["b.each/detail"] == ("a.walk/pages",)
    assert found["b.each/deep"] == ("b.each/detail", "a.walk/pages")
    assert found["b.each/alone"] == found["a.walk/pages"] == ()
    assert found["c.walk/x"] == ("c.walk/w",)


def controls(before: str = "b.each/detail", after: str = "b.each/deep") -> Controls:
    return Controls(before=use(step=before), after=use(step=after))


BEFORE, AFTER = "b.each[1]/detail.1", "b.each[1.1]/deep.1"
GOOD_BEFORE, GOOD_AFTER = reply(BEFORE), reply(AFTER)
STIMULUS = reply("a.walk/pages.1", 500)


@pytest.mark.parametrize(
    ("before", "after", "outcome", "code"),
    [
        (GOOD_BEFORE, GOOD_AFTER, Outcome.FAIL, "t.bad"),
        (reply(BEFORE, 404), GOOD_AFTER, Outcome.INCONCLUSIVE, "engine.control_failed"),
        (GOOD_BEFORE, reply(AFTER, 404), Outcome.INCONCLUSIVE, "engine.control_failed"),
        (unseen("http.reset", "target", BEFORE), GOOD_AFTER, Outcome.ERROR, "http.reset"),
        (GOOD_BEFORE, unseen("http.name", "network", AFTER), Outcome.ERROR, "http.name"),
        (GOOD_BEFORE, unseen("engine.deadline", "target", AFTER), Outcome.ERROR, "engine.deadline"),
        (GOOD_BEFORE, unseen("http.refused", "target", AFTER), Outcome.FAIL, "engine.target_died"),
    ],
)
def test_controls_are_settled_before_the_check_is_believed(before, after, outcome, code):
    for stimulus in (STIMULUS, reply("a.walk/pages.1")):
        verdict = judged(use(), stimulus, before, after, controls=controls())
        if code == "t.bad" and stimulus is not STIMULUS:
            assert verdict.outcome is Outcome.PASS
        else:
            assert (verdict.outcome, verdict.code) == (outcome, code)


def test_a_control_that_failed_says_which_and_why():
    verdict = judged(use(), STIMULUS, reply("b.each[1]/detail.1", 404), controls=controls())
    assert verdict.args == {"which": "before", "why": "t.bad"}
    assert verdict.cites == ("b.each[1]/detail.1",)


def test_repeats_are_judged_one_by_one_and_folded():
    plan, bench = planned(use())
    observed = [Observed(seen(reply("a.walk/pages.1", status))) for status in (200, 500, 200)]
    (row,) = judge(plan, tuple(observed), bench)
    assert row.repeats == (Outcome.PASS, Outcome.FAIL, Outcome.PASS)
    assert row.verdict.outcome is Outcome.FAIL
    (single,) = judge(plan, (observed[0],), bench)
    assert single.repeats == ()
    (none,) = judge(plan, (), bench)
    assert none.verdict.code == "engine.no_evidence"


def test_judging_twice_gives_the_same():
    plan, bench = planned(use("t.every", "replies"))
    observed = (Observed(seen(*[reply(f"a.walk/pages.{n}") for n in range(1, 4)])),)
    assert tuple(judge(plan, observed, bench)) == tuple(judge(plan, observed, bench))


def test_nothing_passes_on_what_two_subjects_showed():
    plan, bench = planned(use())
    for status, one, two in (
        (200, "t.ok", "engine.subject_changed"), (500, "t.bad", "t.bad"),
    ):  # fmt: skip
        rows = tuple(judge(plan, (Observed(seen(reply("a.walk/pages.1", status))),), bench))
        assert [each.verdict.code for each in of_one_subject(rows, ("1",))] == [one]
        (row,) = of_one_subject(rows, ("1", None, "2"))
        assert row.verdict.code == two
        if two == "engine.subject_changed":
            assert row.verdict.args == {"proofs": ("1", "-", "2")}
            assert row.verdict.outcome is Outcome.INCONCLUSIVE


def test_what_the_plan_settled_stays_settled():
    plan = plan_of(profile(requirement("R-1", level=2)))
    bench = Bench(checks=CHECKS, tables={}, schemas={}, ixit={})
    (row,) = judge(plan, (Observed(seen(reply("a.walk/pages.1"))),), bench)
    assert (row.verdict.outcome, row.verdict.code) == (Outcome.SKIPPED, "engine.above_level")
    assert row.verdict.args == {"level": 2}


def plan_with(*probes: Probe) -> Plan:
    base = plan_of(profile(requirement("R-1")))
    (only,) = base.probes
    rows = [msgspec.structs.replace(only, probe=each, digest=f"d-{each.id[-1]}") for each in probes]
    return msgspec.structs.replace(base, probes=tuple(rows))


def named(*names: str) -> Plan:
    return plan_with(*[msgspec.structs.replace(WALK, id=name) for name in names])


Renaming = Callable[[Plan, Plan], list[str]]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("x.1",), ("x.1",), ["x.1[2]/pages.1"]),
        (("x.1",), ("y.1",), ["y.1[2]/pages.1"]),
        (("x.1",), ("x.2",), []),
        (("x.1",), ("y.1", "z.1"), ["y.1[2]/pages.1", "z.1[2]/pages.1"]),
    ],
)
def test_evidence_is_found_by_the_probe_s_digest(old, new, expected):
    names = carried(named(*old), named(*new))
    moved = names.renamed([reply(f"{old[0]}[2]/pages.1"), reply("x.9/pages.1")])
    assert [each.id for each in moved] == expected


def test_the_same_name_and_another_digest_does_not_serve():
    old = plan_with(WALK)
    new = msgspec.structs.replace(
        old, probes=tuple(msgspec.structs.replace(each, digest="other") for each in old.probes)
    )
    assert carried(old, new).of == {}


def test_each_probe_keeps_its_own_evidence_in_its_own_plan():
    plan = named("x.1", "y.1")
    assert carried(plan, plan).of == {"x.1": ("x.1",), "y.1": ("y.1",)}
