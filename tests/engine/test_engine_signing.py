"""What the engine makes of a stimulus, a wait that the target asks for, and a bounded burst."""

import pytest

from cqsc_conform.engine.bounds import most_requests
from cqsc_conform.model.ask import Stimulus
from cqsc_conform.model.evidence import Unobserved
from engine.world import Scene, probe, unseen


def get(as_, **more):
    return {"request": {"as": as_, "operation": "get", "params": {"id": "k"}, **more}}


def play(answer, *steps, **changes):
    scene = Scene(answer, probe("a.p", *steps), **changes)
    return scene, scene.play()


def fine(_):
    return 200, {"id": "k"}


def test_a_stimulus_is_filled_in():
    scene, _ = play(
        fine,
        get("x"),
        get("again", signing={"replay": "x"}),
        get("nonce", signing={"nonce": "x"}),
        get("other", signing={"made_for": "again", "method": "PUT"}),
        get("old", signing={"age": "{ixit.window}", "times": -2}),
        get("who", signing={"app_id": "{unique}", "omit": "nonce", "secret": "wrong"}),
        ixit={"window": "1.5"},
    )
    asked = {ask.id.removeprefix("a.p/"): ask.signing for ask in scene.driver.asks}
    assert asked.pop("x.1") is None
    assert asked == {
        "again.1": Stimulus(replay="a.p/x.1"),
        "nonce.1": Stimulus(nonce="a.p/x.1"),
        "other.1": Stimulus(made_for="a.p/again.1", method="PUT"),
        "old.1": Stimulus(age=-3.0),
        "who.1": Stimulus(app_id="0" * 15 + "1", omit="nonce", secret="wrong"),
    }


def test_what_was_not_seen_cannot_be_replayed():
    scene, found = play(lambda _: unseen(), get("x"), get("again", signing={"replay": "x"}))
    row = found["a.p/again.1"]
    assert isinstance(row, Unobserved)
    assert (row.code, row.args) == ("engine.template", {"name": "x"})
    assert len(scene.driver.asks) == 1


@pytest.mark.parametrize("window", ["soon", "-5", "1e9"])
def test_an_age_that_is_no_number_is_not_asked(window):
    step = get("old", signing={"age": "{ixit.window}"})
    scene, found = play(fine, step, ixit={"window": window})
    (row,) = found.values()
    assert isinstance(row, Unobserved)
    assert row.code == "engine.value_unfit"
    assert scene.driver.asks == []


@pytest.mark.parametrize(("most", "times"), [(3, 3), (None, 6)])
def test_a_burst_is_bounded_by_its_turns(most, times):
    until = {"step": "x", "is": {"outcome": "limited"}, "seconds": 12, "every": 2, "do": [get("x")]}
    burst = {"until": until | ({"most": most} if most else {})}
    scene, found = play(fine, burst)
    assert len(found) == times
    assert most_requests(scene.plan.probes[0].probe.steps) == (most or 7)


@pytest.mark.parametrize(
    ("said", "slept"), [("7", 7.0), ("0", 0.0), ("900", 60.0), ("soon", 0.0), (None, 0.0)]
)
def test_a_wait_is_as_long_as_the_target_says(said, slept):
    def limited(_):
        return 429, {}, {} if said is None else {"Retry-After": said}

    scene, _ = play(limited, get("x"), {"wait": {"seconds": 60, "told_by": "x"}}, time_scale=0.01)
    assert sum(scene.clock.slept) == slept


@pytest.mark.parametrize(("grace", "slept"), [("2.5", 1.5), (2, 1.25), ("long", 0.25)])
def test_a_wait_is_longer_by_what_the_target_file_says(grace, slept):
    wait = {"wait": {"seconds": 0.5, "extra": "{ixit.grace}"}}
    scene, _ = play(fine, wait, ixit={"grace": grace}, time_scale=0.5)
    assert scene.clock.slept == [slept]
