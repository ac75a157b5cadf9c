"""Performing probe trees: what is asked, in which order, and what the evidence is called."""

import threading
from typing import Any

import msgspec
import pytest

from cqsc_conform.engine.conversation import Before
from cqsc_conform.engine.stage import Cancelled
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Exchange, Quiet, Received, Unobserved
from cqsc_conform.model.journal import Drawn, Expanded, Intent
from cqsc_conform.model.operation import Operation
from engine.world import Answer, Scene, probe, received, unseen


def entries(*ids: object, **more: Any) -> dict[str, Any]:
    return {"items": [{"id": each} for each in ids], **more}


def one_page(ask: Ask) -> Answer:
    """Three entries on one page; each entry by its id."""
    if ask.operation == "list":
        page = ask.params.get("page", "1")
        return 200, entries("a", "b", "c") if page == "1" else entries()
    return 200, {"id": ask.params.get("id", ""), "kind": "x"}


LIST_STEP = {"walk": {"as": "pages", "operation": "list"}}


def get(as_: str, value: str = "{entry.id}", **more: Any) -> dict[str, Any]:
    return {"request": {"as": as_, "operation": "get", "params": {"id": value}, **more}}


def codes(found: dict[str, Any]) -> dict[str, str]:
    return {key: row.code for key, row in found.items() if isinstance(row, Unobserved)}


def test_a_request_is_filled_and_named_by_its_place():
    scene = Scene(one_page, probe("a.one", get("x", "{unique}"), get("y", "{ixit.known}")),
                  ixit={"known": 7})  # fmt: skip
    found = scene.play()
    assert list(found) == ["a.one/x.1", "a.one/y.1"]
    assert scene.targets == ["/entries/0000000000000001", "/entries/7"]
    assert [each.id for each in scene.notes.kept] == list(found)
    assert scene.notes.of(Intent) == []


def test_each_item_is_a_cell_and_cells_nest():
    scene = Scene(
        one_page,
        probe(
            "a.cells",
            LIST_STEP,
            {
                "each": {
                    "as": "entry",
                    "over": "pages",
                    "do": [
                        get("detail"),
                        {"each": {"as": "inner", "over": "detail", "at": "item", "max": 2,
                                  "do": [get("again", "{inner.id}-{unique}")]}},
                    ],
                }
            },
        ),
    )  # fmt: skip
    found = scene.play()
    assert "a.cells[1]/detail.1" in found
    assert "a.cells[3.2]/again.1" in found
    uniques = {target for target in scene.targets if "-" in target}
    assert len(uniques) == len([target for target in scene.targets if "-" in target])
    expanded = scene.notes.of(Expanded)
    assert [(each.node, each.found, each.taken) for each in expanded] == [
        ("entry", 3, 3), ("inner", 1, 1), ("inner", 2, 2), ("inner", 3, 2),
    ]  # fmt: skip


def test_where_having_distinct_and_max_narrow_what_is_expanded():
    rows = [
        {"id": "1", "kind": "x", "tag": "t"},
        {"id": "2", "kind": "y", "tag": "t"},
        {"id": "3", "kind": "x", "tag": ""},
        {"id": "4", "kind": "x", "tag": None},
        {"id": "5", "kind": "x"},
        {"id": "6", "kind": "x", "tag": []},
        {"id": "1", "kind": "x", "tag": "later"},
        {"id": "7", "kind": "x", "tag": "t"},
        {"id": "8", "kind": "x", "tag": "t"},
    ]

    def answer(ask: Ask) -> Answer:
        return 200, {"items": rows if ask.params.get("page") == "1" else []}

    each = {"as": "entry", "over": "pages", "where": {"kind": "x"}, "having": ["tag"],
            "distinct": "id", "max": 2, "do": [get("detail")]}  # fmt: skip
    scene = Scene(answer, probe("a.narrow", LIST_STEP, {"each": each}))
    scene.play()
    assert scene.targets[-2:] == ["/entries/1", "/entries/8"]
    assert scene.notes.of(Expanded)[0].found == 3


def test_each_reads_pointers_and_earlier_probes():
    walk = probe("a.walk", LIST_STEP)
    drawing = probe(
        "b.drawing",
        {"each": {"as": "entry", "over": "a.walk/pages", "at": "/items", "do": [get("detail")]}},
        draws=["a.walk"],
    )
    scene = Scene(one_page, walk, drawing)
    seen = scene.play(0)
    by = {"a.walk/pages": tuple(seen.values())}
    assert list(scene.play(1, by)) == [f"b.drawing[{n}]/detail.1" for n in (1, 2, 3)]


def test_nothing_to_expand_over_asks_nothing():
    scene = Scene(lambda _: (200, {"items": []}), probe("a.none", LIST_STEP, {
        "each": {"as": "entry", "over": "pages", "do": [get("detail")]}}))  # fmt: skip
    assert list(scene.play()) == ["a.none/pages.1"]
    assert scene.notes.of(Expanded)[0].taken == 0


def test_pick_takes_the_first_fit_and_unused_takes_another():
    first = probe(
        "a.first", LIST_STEP, {"pick": {"as": "one", "over": "pages"}}, get("x", "{one.id}")
    )
    second = probe(
        "b.second", LIST_STEP,
        {"pick": {"as": "two", "over": "pages", "unused": True}},
        {"pick": {"as": "three", "over": "pages", "unused": True}},
        get("y", "{two.id}"), get("z", "{three.id}"),
    )  # fmt: skip
    scene = Scene(one_page, first, second)
    scene.play(0)
    scene.play(1)
    assert [each for each in scene.targets if "?" not in each] == [
        "/entries/a", "/entries/b", "/entries/c",
    ]  # fmt: skip


def test_nothing_to_pick_leaves_the_steps_that_need_it_unobserved():
    scene = Scene(
        one_page,
        probe(
            "a.lacks", LIST_STEP,
            {"pick": {"as": "one", "over": "pages", "where": {"id": "zz"}}},
            get("x", "{one.id}"), get("y", "{ixit.missing}"), get("z", "known"),
        ),
    )  # fmt: skip
    found = scene.play()
    assert codes(found) == {
        "a.lacks/x.1": "engine.nothing_to_pick", "a.lacks/y.1": "engine.template",
    }  # fmt: skip
    assert isinstance(found["a.lacks/z.1"], Exchange)


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("x\r\nX-Evil: 1", "headers"),
        ("\ud800", "params"),
        ("a" * 9000, "params"),
        ("..", "params"),
        (".", "params"),
    ],
)
def test_a_hostile_value_leaves_its_place_nowhere(value, where):
    given = {"params": {"id": "{one.id}"}} if where == "params" else {
        "params": {"id": "k"}, "headers": {"X-Id": "{one.id}"},
    }  # fmt: skip
    scene = Scene(
        lambda ask: (200, entries(value) if ask.params.get("page") == "1" else entries()),
        probe("a.evil", LIST_STEP, {"pick": {"as": "one", "over": "pages"}},
              {"request": {"as": "x", "operation": "get", **given}}),
    )  # fmt: skip
    found = scene.play()
    assert set(codes(found).values()) <= {"engine.value_unfit", "engine.nothing_to_pick"}
    assert codes(found)
    assert all("?" in target for target in scene.targets)
    assert all("\n" not in value for ask in scene.driver.asks for _, value in ask.headers)
    for each in scene.notes.all:
        msgspec.json.encode(each)


def test_a_line_break_stays_inside_path_and_query():
    operations = {"get": Operation(path="/e/{id}"), "find": Operation(path="/f")}
    steps = [
        get("x", "{ixit.v}"),
        {"request": {"as": "y", "operation": "find", "params": {"q": "{ixit.v}"}}},
    ]
    scene = Scene(one_page, probe("a.crlf", *steps), operations=operations,
                  ixit={"v": "a\r\nb c/?#&="})  # fmt: skip
    scene.play()
    assert scene.targets == ["/e/a%0D%0Ab%20c%2F%3F%23%26%3D", "/f?q=a%0D%0Ab%20c%2F%3F%23%26%3D"]


def test_a_foreign_address_is_not_visited():
    def answer(_: Ask) -> Answer:
        near = "http://127.0.0.1:8080/data/1?x=1"
        return 200, {"near": near, "path": "/data/2", "far": "http://evil.example/x"}

    steps = [get("first", "k"), {"pick": {"as": "it", "over": "first", "at": "item"}}]
    steps += [
        {"request": {"as": name, "operation": "get", "address": f"{{it.{name}}}"}}
        for name in ("near", "path", "far")
    ]
    scene = Scene(answer, probe("a.address", *steps))
    found = scene.play()
    assert scene.targets == ["/entries/k", "/data/1?x=1", "/data/2"]
    far = found["a.address/far.1"]
    assert isinstance(far, Unobserved)
    assert (far.code, far.args) == ("engine.address_foreign", {"address": "http://evil.example/x"})


def test_par_numbers_by_place_whatever_ends_first():
    late = threading.Event()

    def answer(ask: Ask) -> Answer:
        if ask.id.endswith("slow.1"):
            assert late.wait(10)
        elif ask.id.endswith("fast.2"):
            late.set()
        return 200, {}

    until = {"step": "fast", "is": {"status": 599}, "seconds": 3, "do": [get("fast", "f")]}
    scene = Scene(answer, probe("a.par", {"par": [get("slow", "s"), {"until": until}]}))
    found = scene.play()
    assert set(found) >= {"a.par/slow.1", "a.par/fast.1", "a.par/fast.2"}
    assert [each.id for each in scene.notes.kept][-1] == "a.par/slow.1"


def test_trouble_in_a_branch_of_par_reaches_the_caller():
    def answer(ask: Ask) -> Answer:
        if ask.id.endswith("bad.1"):
            raise RuntimeError("driver")
        return 200, {}

    scene = Scene(answer, probe("a.par", {"par": [get("good", "g"), get("bad", "b")]}))
    with pytest.raises(RuntimeError, match="driver"):
        scene.play()


def test_ctrl_c_while_branches_wait_lets_none_ask_for_more(monkeypatch):
    begun, release, done = threading.Event(), threading.Event(), threading.Event()

    def answer(_: Ask) -> Answer:
        begun.set()
        assert release.wait(10)
        return 200, {}

    real = threading.Thread.join

    def join(*_: object) -> None:
        assert begun.wait(10)
        raise KeyboardInterrupt

    scene = Scene(answer, probe("a.par", {"par": [{"seq": [get("x", "1"), get("y", "2")]}]}))
    keep = scene.notes.keep

    def keeping(evidence):
        keep(evidence)
        done.set()

    scene.notes.keep = keeping
    monkeypatch.setattr(threading.Thread, "join", join)
    with pytest.raises(KeyboardInterrupt):
        scene.play()
    monkeypatch.setattr(threading.Thread, "join", real)
    release.set()
    assert done.wait(10)
    for thread in threading.enumerate():
        if thread.daemon and thread is not threading.current_thread():
            thread.join(10)
    assert [ask.id for ask in scene.driver.asks] == ["a.par/x.1"]


def test_until_repeats_and_numbers_until_the_condition_holds():
    answers = iter([(200, {"s": "a"}), (200, {"s": "a"}), (200, {"s": "done"})])
    until = {"step": "x", "is": {"element": "s", "equals": "done"}, "seconds": 10, "every": 2,
             "do": [get("x", "k")]}  # fmt: skip
    scene = Scene(lambda _: next(answers), probe("a.until", {"until": until}, get("after", "k")))
    scene.driver.answer = lambda ask: next(answers) if ask.id.startswith("a.until/x") else (200, {})
    assert list(scene.play()) == ["a.until/x.1", "a.until/x.2", "a.until/x.3", "a.until/after.1"]
    assert scene.clock.slept == [2, 2]


@pytest.mark.parametrize(("scale", "times"), [(1.0, 5), (0.1, 5), (0.0, 1)])
def test_until_ends_by_its_deadline_on_the_target_s_scale(scale, times):
    until = {
        "step": "x",
        "is": {"outcome": "denied"},
        "seconds": 10,
        "every": 2,
        "do": [get("x", "k")],
    }
    scene = Scene(one_page, probe("a.until", {"until": until}), time_scale=scale)
    assert len(scene.play()) == times
    assert scene.clock.seconds <= 10 * scale


def test_wait_lets_time_pass_on_the_target_s_scale():
    scene = Scene(one_page, probe("a.wait", {"wait": {"seconds": 30}}), time_scale=0.5)
    scene.play()
    assert scene.clock.slept == [15]


def test_a_wait_is_clipped_to_the_probe_s_time():
    limits = {"probe_seconds": 5, "run_seconds": 100}
    scene = Scene(
        one_page, probe("a.wait", {"wait": {"seconds": 30}}, get("x", "k")), limits=limits
    )
    found = scene.play()
    assert scene.clock.slept == [5]
    (row,) = [each for each in found.values() if isinstance(each, Unobserved)]
    assert (row.code, row.args) == ("engine.deadline", {"seconds": 5.0})
    assert scene.driver.asks == []


def test_a_slow_target_meets_the_probe_s_deadline_and_every_step_says_so():
    limits = {"probe_seconds": 5, "run_seconds": 100}
    steps = [get(name, "k") for name in "abcd"]
    scene = Scene(one_page, probe("a.slow", *steps), seconds=3, limits=limits)
    found = scene.play()
    assert codes(found) == {"a.slow/c.1": "engine.deadline", "a.slow/d.1": "engine.deadline"}
    blames = {row.blame for row in found.values() if isinstance(row, Unobserved)}
    assert blames == {Blame.TARGET}


def test_a_probe_never_sends_more_than_its_bound():
    scene = Scene(one_page, probe("a.many", *[get(name, "k") for name in "abc"]), most=2)
    found = scene.play()
    (row,) = [each for each in found.values() if isinstance(each, Unobserved)]
    assert (row.id, row.code, row.args) == ("a.many/c.1", "engine.budget", {"limit": 2})
    assert len(scene.driver.asks) == scene.budget.spent == 2


def test_answers_weigh_together_and_nothing_more_is_asked_of_a_target_that_floods():
    steps = [get(name, "k") for name in "abc"]
    heavy = {"text": "x" * 600}
    scene = Scene(lambda _: (200, heavy), probe("a.heavy", *steps), limits={"run_bytes": 1000})
    found = scene.play()
    assert codes(found) == {"a.heavy/c.1": "engine.bytes"}
    (row,) = [each for each in found.values() if isinstance(each, Unobserved)]
    assert (row.blame, row.args) == (Blame.TARGET, {"limit": 1000})
    assert len(scene.driver.asks) == 2


def test_a_cancelled_budget_asks_nothing():
    scene = Scene(one_page, probe("a.one", get("x", "k")))
    scene.budget.cancel()
    with pytest.raises(Cancelled):
        scene.play()
    assert scene.driver.asks == []


def test_raw_sends_text_with_crlf_and_hex_as_it_is():
    scene = Scene(
        one_page,
        probe(
            "a.raw",
            {"raw": {"as": "t", "text": "GET /{ixit.v} HTTP/1.1\nHost: x\n\n"}},
            {"raw": {"as": "h", "hex": "00ff"}},
            {"raw": {"as": "m", "text": "{ixit.w}"}},
        ),
        ixit={"v": "1"},
    )
    found = scene.play()
    assert [each.data for each in scene.driver.raws] == [
        b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00\xff",
    ]  # fmt: skip
    assert codes(found) == {"a.raw/m.1": "engine.template"}


LISTEN = {"listen": {"as": "hook", "seconds": 4, "count": 2, "answer": 202,
                     "do": [get("ask", "{hook.url}")]}}  # fmt: skip


def test_listen_runs_its_steps_with_its_address_and_names_what_comes():
    scene = Scene(one_page, probe("a.listen", LISTEN, LISTEN), time_scale=0.5)
    scene.driver.came = (received(1), received(2), received(3))
    found = scene.play()
    hooks = [key for key, row in found.items() if isinstance(row, Received)]
    assert hooks == [f"a.listen/hook.{number}" for number in (1, 2, 3, 4)]
    assert "127.0.0.1%3A9" in scene.targets[0]
    assert scene.driver.waited == [2, 2]
    assert all(each.closed for each in scene.driver.receivers)


def test_silence_is_evidence():
    scene = Scene(one_page, probe("a.listen", LISTEN))
    found = scene.play()
    assert isinstance(found["a.listen/hook.1"], Quiet)


def test_no_address_to_listen_on_is_evidence_too(monkeypatch):
    def listen(*_: object) -> None:
        raise KitError("http.listen", Blame.KIT, host="h", error="e")

    scene = Scene(one_page, probe("a.listen", LISTEN, get("after", "k")))
    monkeypatch.setattr(scene.driver, "listen", listen)
    found = scene.play()
    assert codes(found) == {"a.listen/hook.1": "http.listen"}
    assert "a.listen/after.1" in found


SCRIPTED = {"listen": {
    "as": "hook", "seconds": "{ixit.long}", "settle": "{ixit.short}", "address": "{ixit.at}",
    "answers": [503, {"status": 204, "delay": 2}, {"hold": 4}], "validation": "grant",
    "events": True, "sender": "webhook",
    "do": [get("ask", "{hook.url}"), {"await": {"step": "hook", "count": 3, "seconds": 8}},
           get("after", "k")],
}}  # fmt: skip


def test_a_receiver_follows_its_script_on_the_targets_scale():
    ixit = {"long": 10, "short": "3", "at": "127.0.0.1:9"}
    scene = Scene(one_page, probe("a.listen", SCRIPTED), time_scale=0.5, ixit=ixit)
    found = scene.play()
    (manner,) = scene.driver.manners
    assert [(each.status, each.delay, each.hold) for each in manner.answers] == [
        (503, 0, 0), (204, 1, 0), (204, 0, 2),
    ]  # fmt: skip
    assert (manner.validation, manner.events, manner.address) == ("grant", True, "127.0.0.1:9")
    assert (manner.sender, manner.scale) == ("webhook", 0.5)
    assert scene.driver.waited == [4, 5]
    assert scene.driver.receivers[0].awaited == 3
    assert "a.listen/after.1" in found


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "1e9", ""])
def test_a_duration_that_is_none_opens_no_receiver(value):
    ixit = {"long": value, "short": 1, "at": "h"}
    scene = Scene(one_page, probe("a.listen", SCRIPTED), ixit=ixit)
    found = scene.play()
    assert found["a.listen/hook.1"].code in {"engine.value_unfit", "engine.template"}
    assert scene.driver.receivers == []


CHANGES = probe(
    "m.change",
    {"pick": {"as": "one", "over": "a.walk/pages", "unused": True}},
    {"request": {"as": "put", "operation": "post", "fields": {"name": "{unique}"}}},
    get("see", "{unique}"),
    get("end", "{one.id}"),
    effect="mutates",
    draws=["a.walk"],
)


def changed(scene: Scene, before: Before = Before()) -> dict[str, Any]:  # noqa: B008 - frozen
    walk = Scene(one_page, probe("a.walk", LIST_STEP)).play()
    return scene.play(0, {"a.walk/pages": tuple(walk.values())}, before)


def test_a_change_is_announced_before_it_leaves():
    scene = Scene(one_page, CHANGES)
    changed(scene)
    kinds = [type(each).__name__ for each in scene.notes.all]
    assert kinds == ["Drawn", "Drawn", *["Intent", "Exchange"] * 3]
    assert [each.id for each in scene.notes.of(Intent)] == [
        "m.change/put.1", "m.change/see.1", "m.change/end.1",
    ]  # fmt: skip


def test_what_was_asked_before_an_interruption_is_not_asked_again():
    first = Scene(one_page, CHANGES)
    whole = changed(first)
    drawn = {each.name: each.values for each in first.notes.of(Drawn)}
    again = Scene(one_page, CHANGES)
    kept = {key: whole[key] for key in ("m.change/put.1",)}
    found = changed(again, Before(kept=kept, in_flight=frozenset(["m.change/see.1"]), drawn=drawn))
    assert [ask.id for ask in again.driver.asks] == ["m.change/end.1"]
    assert again.targets == first.targets[-1:]
    assert codes(found) == {"m.change/see.1": "engine.interrupted"}
    assert found["m.change/put.1"] == whole["m.change/put.1"]
    assert again.notes.of(Drawn) == []
    assert [each.id for each in again.notes.kept] == ["m.change/see.1", "m.change/end.1"]


def test_what_was_drawn_before_an_interruption_is_drawn_again():
    first = Scene(one_page, CHANGES)
    changed(first)
    drawn = {each.name: each.values for each in first.notes.of(Drawn)}
    again = Scene(one_page, CHANGES)
    again.stage.entropy.bytes(8)
    # Others have picked the item since: it stays this probe's own.
    again.stage.picked.update(str(each["mark"]) for each in drawn.values() if "mark" in each)
    changed(again, Before(drawn=drawn))
    assert again.targets == first.targets
    assert [ask.body for ask in again.driver.asks] == [ask.body for ask in first.driver.asks]


def test_nobody_listened_during_an_interruption():
    loud = probe("m.listen", LISTEN, effect="mutates")
    first = Scene(one_page, loud)
    first.driver.came = (received(1),)
    whole = first.play()
    asked = {"m.listen/ask.1": whole["m.listen/ask.1"]}
    again = Scene(one_page, loud)
    found = again.play(before=Before(kept=asked))
    assert codes(found) == {"m.listen/hook.1": "engine.interrupted"}
    assert again.driver.waited == []
    third = Scene(one_page, loud)
    assert third.play(before=Before(kept=whole)) == whole
    assert third.notes.kept == []


def test_what_could_not_be_looked_at_is_kept_as_it_is():
    scene = Scene(lambda _: unseen(), probe("a.dead", LIST_STEP, get("x", "k")))
    assert codes(scene.play()) == {"a.dead/pages.1": "http.reset", "a.dead/x.1": "http.reset"}
