"""Fuzzing an operation: what is asked, what the evidence says of it, where a search leads."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from cqsc_conform.cli.assemble import _guided
from cqsc_conform.engine.bounds import most_requests
from cqsc_conform.engine.conversation import Before
from cqsc_conform.engine.judge import _simplest_first
from cqsc_conform.engine.searching import HypothesisSearch
from cqsc_conform.engine.stage import Cancelled
from cqsc_conform.errors import KitError
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Exchange, Unobserved
from cqsc_conform.model.operation import Operation
from engine.world import Answer, Scene, plan_of, probe, profile, requirement, unseen

SEARCH = Operation(path="/things")
MAKE = Operation(method="POST", path="/things")
OPERATIONS = {"find": SEARCH, "make": MAKE}
INPUTS = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 100, "base": "10"},
    "sort": {"enum": ["id", "-id"], "base": "id"},
}


def fuzzed(**more: Any) -> dict[str, Any]:
    return {"fuzz": {"as": "f", "operation": "find", "inputs": INPUTS, "table": 12, **more}}


def strict(ask: Ask) -> Answer:
    """An API that refuses what is wrong."""
    limit, sort = ask.params.get("limit", "10"), ask.params.get("sort", "id")
    right = limit.isdigit() and limit.isascii() and 1 <= int(limit) <= 100
    return (200 if right and sort in {"id", "-id"} else 400), {}


def scene(answer: Callable[[Ask], Answer], *steps: dict[str, Any], **more: Any) -> Scene:
    found = Scene(answer, probe("a.fuzz", *steps), operations=OPERATIONS, **more)
    found.stage = msgspec.structs.replace(found.stage, search=HypothesisSearch(), guide=_guided)
    return found


def facts(found: dict[str, Any], name: str) -> list[Any]:
    return [row.facts[f"fuzz.{name}"] for row in found.values() if isinstance(row, Exchange)]


def test_the_base_comes_first_then_the_table_each_with_its_case():
    played = scene(strict, fuzzed()).play()
    assert facts(played, "phase") == ["base"] + ["table"] * 12
    assert facts(played, "case")[:3] == ["all_right", "limit:not_a_number", "sort:unknown_value"]
    said = dict(zip(facts(played, "case"), facts(played, "valid"), strict=True))
    assert said["limit:over_maximum"] == "no"
    assert said["limit:maximum"] == said["all_right"] == "yes"
    assert list(played) == [f"a.fuzz/f.{number}" for number in range(1, 14)]


def test_one_thing_is_wrong_at_a_time_and_what_is_absent_is_left_out():
    inputs = {**INPUTS, "kind": {"type": "string", "required": True, "base": "a"}}
    there = scene(strict, fuzzed(inputs=inputs, table=3))
    there.play()
    base = {"limit": "10", "sort": "id", "kind": "a"}
    assert there.driver.asks[0].params == base
    assert there.driver.asks[1].params == base | {"limit": "abc"}
    assert there.driver.asks[3].params == {"limit": "10", "sort": "id"}


def test_body_members_keep_their_types():
    inputs = {"count": {"type": "integer", "place": "field", "base": "7", "maximum": 9}}
    step = {"fuzz": {"as": "f", "operation": "make", "inputs": inputs, "table": 8}}
    there = scene(lambda _: (201, {}), step)
    there.play()
    bodies = [msgspec.json.decode(ask.body) for ask in there.driver.asks]
    assert bodies[0] == {"count": 7}
    assert {"count": 10} in bodies
    assert {"count": 7, "x_unknown": "x"} in bodies


def test_a_base_that_is_missing_asks_nothing():
    inputs = {"limit": {"type": "integer", "base": "{ixit.nothing}"}}
    played = scene(strict, fuzzed(inputs=inputs)).play()
    (row,) = played.values()
    assert isinstance(row, Unobserved)
    assert row.code == "engine.template"


def test_without_an_answer_to_what_is_right_nothing_else_is_asked():
    there = scene(lambda _: unseen(), fuzzed())
    assert len(there.play()) == 1


def test_an_input_that_ends_the_connection_says_which():
    def fragile(ask: Ask) -> Answer:
        return unseen() if ask.params["limit"] == "101" else strict(ask)

    played = scene(fragile, fuzzed()).play()
    (row,) = [each for each in played.values() if isinstance(each, Unobserved)]
    assert row.args["case"] == "limit:over_maximum"


GUIDED = {"search": 60, "guide": {"check": "fuzz.no_server_error"}, "table": 0}


def hides(ask: Ask) -> Answer:
    """An API that fails on one character in one input, where no table looks."""
    name = ask.params.get("name", "")
    return (500 if "#" in name else 200), {}


def hidden(**more: Any) -> dict[str, Any]:
    inputs = {**INPUTS, "name": {"base": "a"}}
    return fuzzed(**{**GUIDED, "inputs": inputs, "search": 400, **more})


def test_a_search_finds_what_no_table_holds_and_shrinks_it():
    there = scene(hides, hidden())
    played = there.play()
    assert len(there.driver.asks) <= 1 + 400
    broken = [row for row in _simplest_first(tuple(played.values())) if row.response.status == 500]
    assert broken
    # The smallest is one character in one input.
    assert broken[0].params["name"] == "#"
    assert broken[0].params["limit"] == "10"
    assert broken[0].facts["fuzz.phase"] == "search"


def test_the_same_seed_asks_the_same_and_another_one_other_things():
    first, again = scene(hides, hidden()), scene(hides, hidden())
    first.play()
    again.play()
    assert first.targets == again.targets
    other = scene(hides, hidden())
    other.stage = msgspec.structs.replace(
        other.stage, plan=msgspec.structs.replace(other.plan, seed=7)
    )
    other.play()
    assert other.targets != first.targets


def test_a_search_keeps_its_bound_and_a_flaky_answer_is_evidence():
    turn = iter(range(10_000))

    def flaky(_: Ask) -> Answer:
        return (500 if next(turn) % 3 == 1 else 200), {}

    there = scene(flaky, fuzzed(**GUIDED))
    played = there.play()
    assert len(there.driver.asks) <= 1 + 60
    assert {row.response.status for row in played.values()} == {200, 500}


def test_a_budget_that_ends_ends_the_search():
    there = scene(strict, fuzzed(**GUIDED), most=5)
    played = there.play()
    assert len(there.driver.asks) == 5
    assert [row.code for row in played.values() if isinstance(row, Unobserved)] == ["engine.budget"]


def test_cancelling_ends_the_search_at_once():
    there = scene(strict, fuzzed(**GUIDED))

    def answer(ask: Ask) -> Answer:
        if len(there.driver.asks) == 3:
            there.budget.cancel()
        return strict(ask)

    there.driver.answer = answer
    with pytest.raises(Cancelled):
        there.play()
    assert len(there.driver.asks) == 3


def test_after_an_interruption_nothing_is_asked_twice():
    first = scene(hides, hidden(search=20))
    whole = first.play()
    kept = dict(list(whole.items())[:9])
    second = scene(hides, hidden(search=20))
    assert second.play(before=Before(kept=kept)) == whole
    assert len(second.driver.asks) == len(whole) - 9


def test_its_bound_counts_base_table_and_search():
    (node,) = probe("a.fuzz", fuzzed(search=30, guide={"check": "fuzz.no_server_error"})).steps
    assert most_requests([node]) == 1 + 12 + 30


@pytest.mark.parametrize("name", ["fuzz.nobody", "t.every_ok"])
def test_a_guide_must_be_a_check_on_one_reply(name):
    there = probe("a.fuzz", fuzzed(search=5, guide={"check": name}))
    use = msgspec.structs.replace(requirement("A-1").check, evidence={"reply": "a.fuzz/f"})
    mine = profile(requirement("A-1", check=use), probes={there.id: there}, operations=OPERATIONS)
    with pytest.raises(KitError) as trouble:
        plan_of(mine, operations=OPERATIONS)
    assert trouble.value.code in {"engine.unknown_check", "engine.check_binding"}
