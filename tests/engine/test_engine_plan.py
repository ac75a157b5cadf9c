"""Planning: every unknown name dies before a packet, and what settles a requirement."""

from typing import Any

import msgspec
import pytest

from cqsc_conform.engine.bounds import most_requests
from cqsc_conform.engine.plan import build_plan, plan_digest, replan
from cqsc_conform.engine.settle import Choices
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Effect, Status
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.probe import Probe
from cqsc_conform.model.profile import (
    Applies,
    CheckUse,
    Controls,
    Ixit,
    Profile,
    Question,
    Requirement,
)
from engine.world import (
    KIT,
    OPERATIONS,
    WALK,
    WORD,
    library,
    plan_of,
    probe,
    profile,
    requirement,
    target,
)

EVERY = frozenset(Effect)


def use(check: str = "t.ok", evidence: dict[str, str] | None = None, **more: Any) -> CheckUse:
    return CheckUse(check=check, evidence=evidence or {"reply": "a.walk/pages"}, **more)


def settled(
    *requirements: Requirement, by: Profile | None = None, **given: Any
) -> dict[str, tuple[str, Any]]:
    whole = by or profile()
    plan = plan_of(msgspec.structs.replace(whole, requirements=requirements), **given)
    return {each.id: (each.disposition, each.because.get("code")) for each in plan.items}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"check": use("t.none")}, "engine.unknown_check"),
        ({"check": use(evidence={"replay": "a.walk/pages"})}, "engine.check_binding"),
        ({"check": use(with_={"extra": 1})}, "engine.check_binding"),
        ({"check": use("t.limited")}, "engine.check_binding"),
        ({"check": use("t.limited", with_={"most": "many"})}, "engine.check_parameter"),
        ({"check": use("t.limited", with_={"most": "{ixit.none}"})}, "engine.check_parameter"),
        ({"check": use("t.table")}, "engine.check_binding"),
        ({"check": use("t.table", tables={"regions": "nowhere"})}, "engine.unknown_material"),
        ({"check": use(evidence={"reply": "b.none/pages"})}, "engine.unknown_evidence"),
        ({"check": use(evidence={"reply": "a.walk/page"})}, "engine.unknown_evidence"),
        ({"controls": Controls(before=use("t.none"))}, "engine.unknown_check"),
        ({"controls": Controls(after=use(evidence={"reply": "x/y"}))}, "engine.unknown_evidence"),
        ({"applies": (Applies(ics="serach"),)}, "engine.unknown_ics"),
    ],
)
def test_what_nobody_knows_dies_in_planning(changes, code):
    with pytest.raises(KitError) as caught:
        plan_of(profile(requirement("R-1", **changes)))
    assert caught.value.code == code
    assert caught.value.where


def test_an_unknown_requirement_names_those_there_are():
    with pytest.raises(KitError) as caught:
        plan_of(profile(requirement("R-1")), only=frozenset({"R-9"}))
    assert caught.value.code == "engine.unknown_requirement"
    assert caught.value.args_ == {"id": "R-9", "known": "R-1"}


def test_even_what_is_not_selected_must_be_known():
    with pytest.raises(KitError, match=r"engine\.unknown_check"):
        plan_of(profile(requirement("R-1"), requirement("R-2", check=use("t.none"))),
                only=frozenset({"R-1"}))  # fmt: skip


def test_ixit_values_become_what_the_check_takes():
    limited = requirement("R-1", check=use("t.limited", with_={"most": "{ixit.most}"}))
    asking = profile(limited, ixit={"most": Ixit(ask=WORD, default="7")})
    assert plan_of(asking).target.ixit == {"most": "7"}
    assert plan_of(asking, of=target(ixit={"most": 9})).target.ixit == {"most": 9}
    with pytest.raises(KitError) as caught:
        plan_of(asking, of=target(ixit={"most": "lots"}))
    assert (caught.value.code, caught.value.blame) == ("engine.check_parameter", Blame.YOU)


def test_applicability_follows_the_vendor_s_answer_or_the_default():
    questions = {"search": Question(ask=WORD), "rare": Question(ask=WORD, default=False)}
    asking = profile(ics=questions)
    rows = (
        requirement("R-1", applies=(Applies(ics="search"),)),
        requirement("R-2", applies=(Applies(ics="rare"),)),
        requirement("R-3", applies=(Applies(ics="rare", is_=False),)),
    )
    assert settled(*rows, by=asking) == {
        "R-1": ("run", None),
        "R-2": ("not_applicable", "engine.not_applicable"),
        "R-3": ("run", None),
    }
    answered = settled(*rows, by=asking, of=target(ics={"rare": True}))
    assert [each for each, _ in answered.values()] == ["run", "run", "not_applicable"]


def test_level_selection_and_draft():
    rows = (
        requirement("R-1"),
        requirement("R-2", level=2),
        requirement("R-3", status=Status.DRAFT),
        requirement("R-4", check=None, untested=WORD),
    )
    assert settled(*rows) == {
        "R-1": ("run", None),
        "R-2": ("skipped", "engine.above_level"),
        "R-3": ("skipped", "engine.draft"),
        "R-4": ("untested", "engine.untested"),
    }
    assert settled(*rows, level=2, include_draft=True) == {
        "R-1": ("run", None),
        "R-2": ("run", None),
        "R-3": ("run", None),
        "R-4": ("untested", "engine.untested"),
    }
    assert settled(*rows, only=frozenset({"R-2"}), level=2)["R-1"] == (
        "skipped", "engine.not_selected",
    )  # fmt: skip


PUT = probe("m.put", {"request": {"as": "put", "operation": "post"}}, effect="mutates")
KILL = probe("d.kill", {"raw": {"as": "kill", "hex": "00"}}, effect="disrupts", draws=["m.put"])
HARMFUL = profile(probes={each.id: each for each in (WALK, PUT, KILL)})
HARM = (
    requirement("R-3", check=use(evidence={"reply": "d.kill/kill"})),
    requirement("R-2", check=use(evidence={"reply": "m.put/put"})),
    requirement("R-1"),
)


@pytest.mark.parametrize(
    ("granted", "consent", "expected"),
    [
        (["safe"], EVERY, ["engine.over_authorization", "engine.over_authorization", None]),
        (["safe", "mutates", "disrupts"], {Effect.SAFE}, ["engine.no_consent"] * 2 + [None]),
        (["safe", "mutates"], EVERY, ["engine.over_authorization", None, None]),
        (["safe", "mutates", "disrupts"], EVERY, [None, None, None]),
        (["mutates", "disrupts"], EVERY, [None, None, "engine.over_authorization"]),
    ],
)
def test_consent_selects_among_what_is_authorised_and_never_adds(granted, consent, expected):
    allowed = target(authorization={"effects": granted})
    found = settled(*HARM, by=HARMFUL, of=allowed, consent=frozenset(consent))
    assert [code for _, code in found.values()] == expected


def ids(plan: Plan) -> list[str]:
    return [each.probe.id for each in plan.probes]


def test_harm_comes_last_and_what_is_drawn_on_first():
    get = {"request": {"as": "x", "operation": "get", "params": {"id": "{e.id}"}}}
    each = {"each": {"as": "e", "over": "m.put/put", "do": [get]}}
    reading = probe("s.reading", each, draws=["m.put"])
    late = requirement("R-0", check=use(evidence={"reply": "s.reading/x"}))
    whole = profile(late, *HARM, probes={**HARMFUL.probes, reading.id: reading})
    assert ids(plan_of(whole, consent=EVERY)) == ["a.walk", "m.put", "s.reading", "d.kill"]


def test_only_probes_of_what_runs_are_planned():
    whole = msgspec.structs.replace(HARMFUL, requirements=HARM)
    assert ids(plan_of(whole)) == ["a.walk"]


def test_a_missing_operation_identity_or_endpoint_is_lacking():
    as_: Probe = probe("i.as", {"request": {"as": "x", "operation": "list", "identity": "other"}})
    free = probe("i.free", {"request": {"as": "x", "operation": "list", "identity": "anonymous"}})
    bytes_ = probe("i.raw", {"raw": {"as": "x", "endpoint": "admin", "hex": "00"}})
    whole = profile(probes={each.id: each for each in (WALK, as_, free, bytes_)})
    rows = [
        requirement(f"R-{n}", check=use(evidence={"reply": f"{name}/x"}))
        for n, name in enumerate(("i.as", "i.free", "i.raw"))
    ]
    assert settled(*rows, by=whole) == {
        "R-0": ("lacking", "engine.identity_missing"),
        "R-1": ("run", None),
        "R-2": ("lacking", "engine.endpoint_missing"),
    }
    identities = {"other": {"use": {"scheme": "none"}}, "anonymous": {"supported": False}}
    given = settled(*rows, by=whole, of=target(identities=identities))
    assert [each for each, _ in given.values()] == ["run", "lacking", "lacking"]
    lacking = settled(requirement("R-1"), operations={"get": OPERATIONS["get"]})
    assert lacking == {"R-1": ("lacking", "engine.operation_unsupported")}


def test_two_profiles_share_a_probe_and_may_not_differ_in_it():
    both = plan_of(profile(requirement("R-1")), profile(requirement("R-2"), id_="q"))
    assert ids(both) == ["a.walk"]
    other = probe("a.walk", {"walk": {"as": "pages", "operation": "list", "max_pages": 3}})
    with pytest.raises(KitError, match=r"engine\.probe_clash"):
        plan_of(profile(requirement("R-1")),
                profile(requirement("R-2"), id_="q", probes={"a.walk": other}))  # fmt: skip


def test_a_request_that_cannot_be_built_dies_in_planning():
    asking = profile(requirement("R-1"))
    operations = {**OPERATIONS, "list": Operation(path="/{tenant}/entries", items="/items")}
    with pytest.raises(KitError) as caught:
        plan_of(asking, operations=operations)
    assert (caught.value.code, caught.value.args_["name"]) == ("engine.path_unfilled", "tenant")
    clash = Operation(method="POST", constants={"/head": "x", "/head/v": "1"}, items="/items")
    with pytest.raises(KitError, match=r"engine\.body_clash"):
        plan_of(asking, operations={**OPERATIONS, "list": clash})


def test_requests_are_bounded_by_probes_repeats_and_budgets():
    walk = profile(requirement("R-1"))
    assert plan_of(walk).max_requests == 200
    assert plan_of(walk, repeat=3).max_requests == 600
    tight = msgspec.structs.replace(walk, request_budget=50)
    assert plan_of(tight, repeat=3).max_requests == 150


RAW = {"raw": {"as": "x", "hex": "00"}}


@pytest.mark.parametrize(
    ("step", "most"),
    [
        ({"request": {"as": "x", "operation": "get"}}, 1),
        (RAW, 1),
        ({"wait": {"seconds": 9}}, 0),
        ({"pick": {"as": "x", "over": "a/b"}}, 0),
        ({"seq": [RAW, RAW]}, 2),
        ({"par": [RAW, RAW]}, 2),
        ({"listen": {"as": "h", "seconds": 1, "do": [RAW]}}, 1),
        ({"each": {"as": "e", "over": "a/b", "max": 7, "do": [RAW]}}, 7),
        ({"until": {"step": "x", "is": {}, "seconds": 5, "every": 2, "do": [RAW]}}, 4),
        ({"walk": {"as": "w", "operation": "list", "max_pages": 9,
                   "between": {"page": 1, "do": [RAW]}}}, 10),
    ],
)  # fmt: skip
def test_the_most_that_a_step_sends(step, most):
    assert most_requests(probe("a.b", step).steps) == most


def test_the_plan_s_digest_says_what_was_chosen():
    whole = profile(requirement("R-1"))
    plans = [plan_of(whole), plan_of(whole, seed=1), plan_of(whole, repeat=2),
             plan_of(whole, include_draft=True), plan_of(whole, consent=EVERY)]  # fmt: skip
    assert len({plan_digest(each) for each in plans}) == len(plans)
    assert plan_digest(plan_of(whole)) == plan_digest(plans[0])


def test_materials_are_those_that_are_read():
    table = requirement("R-1", check=use("t.table", tables={"regions": "regions"}))
    (material,) = plan_of(profile(table)).materials
    assert (material.kind, material.name) == ("table", "regions")
    assert plan_of(profile(requirement("R-1"))).materials == ()


def test_replanning_asks_nothing_and_so_needs_no_consent():
    plan = plan_of(profile(requirement("R-1")))
    other = msgspec.structs.replace(HARMFUL, requirements=HARM)
    again = replan(plan, library(other), Choices(), KIT)
    assert [each.disposition for each in again.items] == ["run"] * 3
    assert again.target == plan.target


def test_the_withheld_identity_is_not_in_the_plan():
    hidden = target(identities={"default": {"supported": False}})
    plan = build_plan(hidden, "sha256:1", OPERATIONS, library(profile()), Choices(), KIT, EVERY)
    assert plan.target.identities == {}
