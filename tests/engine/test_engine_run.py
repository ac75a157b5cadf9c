"""One run into a folder: what stands in the journal, whatever breaks it off."""

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from cqsc_conform.bundle.journal import JOURNAL, JournalWriter, read_journal
from cqsc_conform.bundle.repair import repair
from cqsc_conform.bundle.segments import read_evidence
from cqsc_conform.bundle.state import JournalState
from cqsc_conform.engine.judge import Bench
from cqsc_conform.engine.notebook import Notebook
from cqsc_conform.engine.run import World, judged, observe, recorded
from cqsc_conform.engine.stage import Cancelled
from cqsc_conform.engine.subject import MAX_PROOF, proof_of, proofs_of
from cqsc_conform.engine.transfer import carried
from cqsc_conform.errors import KitError
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.journal import (
    Footer,
    Header,
    Intent,
    Kept,
    ProbeFinished,
    ProbeStarted,
    Resumed,
    SubjectSeen,
)
from cqsc_conform.model.outcome import Conclusion, Effect, Outcome
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.profile import CheckUse
from engine.world import (
    CHECKS,
    KIT,
    WALK,
    Answer,
    FakeClock,
    FakeDriver,
    FakeEntropy,
    plan_of,
    probe,
    profile,
    requirement,
    target,
    unseen,
)

CHANGE = probe(
    "m.change",
    {"pick": {"as": "one", "over": "a.walk/pages"}},
    {"request": {"as": "put", "operation": "post", "fields": {"n": "{unique}"}}},
    {"request": {"as": "see", "operation": "get", "params": {"id": "{unique}"}}},
    effect="mutates",
    draws=["a.walk"],
)


def two_probes(**changes: Any) -> Plan:
    whole = profile(
        requirement("R-1", check=CheckUse(check="t.every", evidence={"replies": "a.walk/pages"})),
        requirement("R-2", check=CheckUse(check="t.ok", evidence={"reply": "m.change/see"})),
        probes={WALK.id: WALK, CHANGE.id: CHANGE},
    )
    consent = frozenset({Effect.SAFE, Effect.MUTATES})
    repeat = changes.pop("repeat", 1)
    return plan_of(whole, consent=consent, of=target(**changes), repeat=repeat)


def answer(ask: Ask) -> Answer:
    if ask.operation == "list":
        return 200, {"items": [{"id": "1"}] if ask.params["page"] == "1" else []}
    return 200, {"version": "1.0"}


class Dies:
    """A driver's answer that dies at the n-th ask, as by Ctrl-C or by a kill."""

    def __init__(self, at: int, by: type[BaseException]) -> None:
        self.left = at
        self.by = by

    def __call__(self, ask: Ask) -> Answer:
        self.left -= 1
        if self.left == 0:
            raise self.by
        return answer(ask)


def go(
    plan: Plan, folder: Path, say: Any = answer, first: int = 1, **world: Any
) -> tuple[str, FakeDriver]:
    folder.mkdir(exist_ok=True)
    clock = FakeClock()
    driver = FakeDriver(say, clock)
    there = World(clock, FakeEntropy(first), driver, **world)
    return observe(plan, folder, KIT, there, lambda *_: None), driver


def state_of(folder: Path) -> JournalState:
    return JournalState.of(read_journal(folder / JOURNAL).entries)


def outcome_of(plan: Plan, folder: Path) -> tuple[Conclusion, dict[str, tuple[Outcome, str]]]:
    state = state_of(folder)
    bench = Bench(checks=CHECKS, tables={}, schemas={}, ixit=plan.target.ixit)
    observed = recorded(plan, state, lambda kept: read_evidence(folder, kept), carried(plan, plan))
    result = judged(plan, observed, bench, state)
    rows = {row.id: (row.verdict.outcome, row.verdict.code) for row in result.verdicts.rows}
    return result.folded.overall[0], rows


def entries(folder: Path, kind: type) -> list[Any]:
    return [each for each in read_journal(folder / JOURNAL).entries if isinstance(each, kind)]


def test_a_whole_run_is_journalled_and_conforms(tmp_path):
    plan = two_probes()
    ended, driver = go(plan, tmp_path / "r")
    assert ended == "complete"
    (footer,) = entries(tmp_path / "r", Footer)
    assert (footer.ended, footer.requests, footer.evidence) == ("complete", 4, 4)
    assert len(driver.asks) == 4
    assert outcome_of(plan, tmp_path / "r")[0] is Conclusion.CONFORMANT
    assert [each.when for each in entries(tmp_path / "r", SubjectSeen)] == ["start", "end"]


def test_repeats_ask_each_probe_anew(tmp_path):
    plan = two_probes(repeat=3)
    _, driver = go(plan, tmp_path / "r")
    assert len(driver.asks) == 12
    assert [each.repeat for each in entries(tmp_path / "r", ProbeStarted)] == [1, 1, 2, 2, 3, 3]
    assert {each.repeat for each in state_of(tmp_path / "r").evidence} == {1, 2, 3}


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_ctrl_c_leaves_a_footer_and_nothing_half_seen_is_judged(tmp_path, at):
    plan = two_probes()
    ended, _ = go(plan, tmp_path / "r", Dies(at, KeyboardInterrupt))
    assert ended == "cancelled"
    (footer,) = entries(tmp_path / "r", Footer)
    assert (footer.ended, footer.evidence) == ("cancelled", at - 1)
    conclusion, rows = outcome_of(plan, tmp_path / "r")
    assert conclusion is Conclusion.INCONCLUSIVE
    assert rows["R-2"] == (Outcome.INCONCLUSIVE, "engine.not_reached")
    assert rows["R-1"][1] == ("engine.not_reached" if at < 3 else "t.ok")


@pytest.mark.parametrize("by", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_broken_run_is_resumed_to_the_same_end(tmp_path, at, by):
    plan = two_probes()
    go(plan, tmp_path / "whole")
    try:
        go(plan, tmp_path / "r", Dies(at, by))
    except RuntimeError:
        assert state_of(tmp_path / "r").footer is None
    ended, driver = go(plan, tmp_path / "r", first=50)
    assert ended == "complete"
    if at < 4:
        assert outcome_of(plan, tmp_path / "r") == outcome_of(plan, tmp_path / "whole")
    assert [each.when for each in entries(tmp_path / "r", SubjectSeen)][1:] == ["resume", "end"]
    assert len(entries(tmp_path / "r", Resumed)) == 1
    asked = [ask.id for ask in driver.asks]
    if at == 3:
        # The change left and was not answered: it is not sent twice.
        assert asked == ["m.change/see.1"]
        assert outcome_of(plan, tmp_path / "r")[1]["R-2"][0] is Outcome.PASS
    elif at == 4:
        assert asked == []
        assert outcome_of(plan, tmp_path / "r")[1]["R-2"] == (Outcome.ERROR, "engine.interrupted")
    else:
        assert asked == ["a.walk/pages.1", "a.walk/pages.2", "m.change/put.1", "m.change/see.1"]
    assert len({each.id for each in entries(tmp_path / "r", Intent)}) == 2


def test_a_run_broken_off_again_and_again_ends_the_same(tmp_path):
    plan = two_probes(repeat=2)
    folder = tmp_path / "r"
    for _ in range(12):
        ended, _ = go(plan, folder, Dies(3, KeyboardInterrupt))
        if ended == "complete":
            break
    assert ended == "complete"
    state = state_of(folder)
    assert state.resumed >= 2
    assert state.footer is not None
    assert state.footer.evidence == state.kept == len(state.commitments)


def test_a_resumed_change_is_looked_for_under_the_name_it_was_made(tmp_path):
    plan = two_probes()
    go(plan, tmp_path / "s", Dies(3, KeyboardInterrupt))
    before = state_of(tmp_path / "s").drawn["m.change", "unique", 1]
    _, driver = go(plan, tmp_path / "s", first=70)
    assert [ask.params["id"] for ask in driver.asks] == [before["value"]]


def test_a_complete_run_is_left_as_it_is(tmp_path):
    plan = two_probes()
    go(plan, tmp_path / "r")
    before = (tmp_path / "r" / JOURNAL).read_bytes()
    ended, driver = go(plan, tmp_path / "r")
    assert (ended, driver.asks) == ("complete", [])
    assert (tmp_path / "r" / JOURNAL).read_bytes() == before


def test_another_plan_s_journal_is_refused(tmp_path):
    go(two_probes(), tmp_path / "r", Dies(2, KeyboardInterrupt))
    with pytest.raises(KitError, match=r"engine\.resume_other_plan"):
        go(two_probes(ixit={"x": 1}), tmp_path / "r")


def test_a_resumed_run_is_bounded_by_what_its_plan_allows(tmp_path):
    plan = two_probes()
    go(plan, tmp_path / "r", Dies(4, KeyboardInterrupt))
    _, driver = go(plan, tmp_path / "r", first=60)
    finished = {each.probe: each.requests for each in entries(tmp_path / "r", ProbeFinished)}
    assert finished == {"a.walk": 2, "m.change": 0}
    assert driver.asks == []


def test_somebody_who_wants_the_run_to_end_is_heard(tmp_path):
    calls = iter(range(100))
    ended, driver = go(two_probes(), tmp_path / "r", stop=lambda: next(calls) > 2)
    assert ended == "cancelled"
    assert len(driver.asks) < 4


def versions(*said: object) -> Any:
    row = iter(said)

    def say(ask: Ask) -> Answer:
        if ask.operation:
            return answer(ask)
        value = next(row)
        return unseen() if value is None else (200, {"version": value})

    return say


PROVEN = {"by": "version_endpoint", "path": "/version", "pointer": "/version"}
PROOF = {"maker": {"name": "m"}, "name": "n", "proof": PROVEN}


@pytest.mark.parametrize(
    ("said", "conclusion"),
    [
        (("1.0", "1.0"), Conclusion.CONFORMANT),
        (("1.0", "1.1"), Conclusion.INCONCLUSIVE),
        (("1.0", None), Conclusion.INCONCLUSIVE),
        ((None, "1.0"), Conclusion.INCONCLUSIVE),
    ],
)
def test_a_subject_that_changes_does_not_conform(tmp_path, said, conclusion):
    plan = two_probes(subject=PROOF)
    go(plan, tmp_path / "r", versions(*said))
    found, rows = outcome_of(plan, tmp_path / "r")
    assert found is conclusion
    if conclusion is not Conclusion.CONFORMANT:
        assert {code for _, code in rows.values()} == {"engine.subject_changed"}


def test_a_subject_that_changes_while_a_run_is_broken_off_does_not_conform(tmp_path):
    plan = two_probes(subject=PROOF)
    go(plan, tmp_path / "r", versions("1.0"), stop=iter([False, False, True, True]).__next__)
    assert state_of(tmp_path / "r").footer is not None
    go(plan, tmp_path / "r", versions("2.0", "2.0"), first=90)
    assert proofs_of(state_of(tmp_path / "r").subjects) == ("1.0", "2.0")
    assert outcome_of(plan, tmp_path / "r")[0] is Conclusion.INCONCLUSIVE


@pytest.mark.parametrize(
    ("status", "content", "value"),
    [
        (200, {"version": "1.0"}, "1.0"),
        (200, {"version": 7}, "7"),
        (200, {"version": "x" * 100_000}, "x" * MAX_PROOF),
        (200, {"version": ""}, None),
        (200, {"version": None}, None),
        (200, {"version": {"a": 1}}, None),
        (200, {}, None),
        (200, b"<html>", None),
        (503, {"version": "1.0"}, None),
    ],
)
def test_a_proof_is_short_plain_text_or_none(status, content, value):
    plan = two_probes(subject=PROOF)
    assert proof_of(plan, FakeDriver(lambda _: (status, content)), "start") == value


def test_a_journal_cut_anywhere_is_resumed_right_or_refused(tmp_path):
    plan = two_probes()
    go(plan, tmp_path / "whole")
    data = (tmp_path / "whole" / JOURNAL).read_bytes()
    wanted = outcome_of(plan, tmp_path / "whole")
    first_line = data.index(b"\n") + 1
    for size in (0, 1, first_line - 1):
        folder = tmp_path / f"cut-{size}"
        shutil.copytree(tmp_path / "whole", folder)
        (folder / JOURNAL).write_bytes(data[:size])
        with pytest.raises(KitError, match=r"bundle\.journal_empty"):
            go(plan, folder)
    for size in range(first_line, len(data), 31):
        folder = tmp_path / f"cut-{size}"
        shutil.copytree(tmp_path / "whole", folder)
        (folder / JOURNAL).write_bytes(data[:size])
        in_flight = {each.id for each in repair(folder).state.open_intents}
        done = {each.id for each in repair(folder).state.evidence}
        ended, driver = go(plan, folder, first=1000)
        assert ended == "complete"
        asked = [ask.id for ask in driver.asks]
        assert not {each for each in asked if each.startswith("m.")} & (in_flight | done)
        conclusion, rows = outcome_of(plan, folder)
        if "m.change/see.1" in in_flight:
            assert rows["R-2"] == (Outcome.ERROR, "engine.interrupted")
        else:
            assert (conclusion, rows) == wanted
        shutil.rmtree(folder)


def test_evidence_and_its_entry_are_written_in_one_turn(tmp_path):
    with Notebook(tmp_path, FakeEntropy()) as notes:

        def write(name: str) -> None:
            for number in range(20):
                notes.keep(unseen(id_=f"a.walk/{name}.{number}"))

        notes.note(Header("cqsc-journal/1", "r", KIT, "sha256:1", "2026-01-02T03:04:05.678Z"))
        threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    kept = entries(tmp_path, Kept)
    assert [each.offset for each in kept] == sorted(each.offset for each in kept)
    assert repair(tmp_path).lost_bytes == 0


def test_a_branch_that_comes_too_late_writes_nothing(tmp_path):
    with Notebook(tmp_path, FakeEntropy()) as notes:
        notes.note(Header("cqsc-journal/1", "r", KIT, "sha256:1", "2026-01-02T03:04:05.678Z"))
    before = (tmp_path / JOURNAL).read_bytes()
    with pytest.raises(Cancelled):
        notes.keep(unseen(id_="a.walk/x.1"))
    with pytest.raises(Cancelled):
        notes.note(Header("cqsc-journal/1", "r", KIT, "sha256:1", "t"))
    assert (tmp_path / JOURNAL).read_bytes() == before


@pytest.mark.parametrize("where", ["keep", "note"])
def test_ctrl_c_between_two_writes_leaves_a_sound_journal(tmp_path, monkeypatch, where):
    plan = two_probes()
    left = iter([2, 1, 0, *[9] * 99] if where == "keep" else [4, 3, 2, 1, 0, *[9] * 99])
    append = JournalWriter.append

    def interrupted(self: JournalWriter, entry: Any) -> None:
        if isinstance(entry, Kept) is (where == "keep") and next(left) == 0:
            if where == "note":
                append(self, entry)
            raise KeyboardInterrupt
        append(self, entry)

    monkeypatch.setattr(JournalWriter, "append", interrupted)
    ended, _ = go(plan, tmp_path / "r")
    assert ended == "cancelled"
    state = state_of(tmp_path / "r")
    assert state.footer is not None
    assert state.footer.ended == "cancelled"
    assert repair(tmp_path / "r").lost_bytes == 0
    ended, _ = go(plan, tmp_path / "r", first=500)
    assert ended == "complete"
