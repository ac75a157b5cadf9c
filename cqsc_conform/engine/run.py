"""One run, top to bottom: observe each probe once, then judge, then fold."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from cqsc_conform.bundle.commit import evidence_root
from cqsc_conform.bundle.journal import JOURNAL, JournalWriter
from cqsc_conform.bundle.repair import Repaired, repair
from cqsc_conform.bundle.segments import SegmentWriter, read_evidence
from cqsc_conform.bundle.state import JournalState, probe_of
from cqsc_conform.engine.fold import Folded, fold
from cqsc_conform.engine.judge import Bench, Seen, by_step, judge
from cqsc_conform.engine.observe import observe_probe
from cqsc_conform.engine.plan import plan_digest
from cqsc_conform.engine.stage import Budget, Driver, Stage
from cqsc_conform.engine.subject import proof_of
from cqsc_conform.errors import KitError
from cqsc_conform.model.evidence import Evidence
from cqsc_conform.model.journal import (
    Entry,
    Footer,
    Header,
    Kept,
    ProbeFinished,
    ProbeStarted,
    Resumed,
    SubjectSeen,
)
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.plan import Kit, Plan
from cqsc_conform.model.probe import Probe
from cqsc_conform.model.verdict import Row, Verdicts
from cqsc_conform.model.world import Clock, Entropy, rfc3339

Ended = Literal["complete", "cancelled", "failed"]
Progress = Callable[[str, int, int, int], None]
"""Told (probe, its number, how many there are, requests so far) before each probe."""


Reading = Callable[[Iterable[Kept]], Iterable[Evidence]]
"""Reads evidence back by their journal entries, from a folder or a sealed bundle."""


class World(Struct, frozen=True):
    """What a run has of the world."""

    clock: Clock
    entropy: Entropy
    driver: Driver


class Judged(Struct, frozen=True):
    """What a run, or a judging, comes to."""

    verdicts: Verdicts
    folded: Folded
    ended: Ended


class _Notes:
    """Writes evidence first, its journal entry after: an entry never points to nothing."""

    def __init__(self, journal: JournalWriter, segments: SegmentWriter) -> None:
        self._journal = journal
        self._segments = segments
        self._commitments: list[str] = []
        self.repeat = 1

    def keep(self, evidence: Evidence) -> None:
        kept = self._segments.keep(evidence, self.repeat)
        self._journal.append(kept)
        self._commitments.append(kept.commitment)

    def note(self, entry: Entry) -> None:
        self._journal.append(entry)

    def commitments(self, state: JournalState | None) -> tuple[str, ...]:
        """Give the commitments of all evidence, that of earlier attempts first."""
        return (*(state.commitments if state else ()), *self._commitments)


def observe(plan: Plan, folder: Path, kit: Kit, world: World, progress: Progress) -> Ended:
    """Perform a plan's probes into a folder, going on where an earlier attempt broke off.

    The folder's journal and evidence are the only result.  Ctrl-C ends the run as cancelled,
    with a footer; whatever was seen until then stays.
    """
    clock = world.clock
    whole = repair(folder) if (folder / JOURNAL).exists() else None
    state = whole.state if whole else None
    with (
        JournalWriter(folder / JOURNAL) as journal,
        SegmentWriter(folder, world.entropy) as segments,
    ):
        notes = _Notes(journal, segments)
        earlier = state.requests if state else 0
        budget = Budget(plan.max_requests, clock, plan.target.limits.run_seconds)
        notes.note(_opening(plan, kit, world, whole))
        ended: Ended = "complete"
        try:
            _prove(plan, world, notes, "start" if state is None else "resume")
            _probes(plan, folder, world, notes, budget, state, progress)
            _prove(plan, world, notes, "end")
        except KeyboardInterrupt:
            ended = "cancelled"
        notes.note(
            Footer(
                ended=ended,
                at=rfc3339(clock.now()),
                evidence=len(notes.commitments(state)),
                requests=budget.spent + earlier,
                evidence_root=evidence_root(notes.commitments(state)),
            )
        )
    return ended


def _opening(plan: Plan, kit: Kit, world: World, whole: Repaired | None) -> Entry:
    """Open a new journal, or go on in one that broke off."""
    now = world.clock.now()
    if whole is None:
        return Header(
            schema="cqsc-journal/1",
            run=world.entropy.bytes(16).hex(),
            kit=kit,
            plan_digest=plan_digest(plan),
            at=rfc3339(now),
        )
    if whole.state.header.plan_digest != plan_digest(plan):
        raise KitError("engine.resume_other_plan", where=JOURNAL)
    if whole.state.footer is not None and whole.state.footer.ended == "complete":
        raise KitError("engine.resume_complete", where=JOURNAL)
    gap = round(whole.state.gap_seconds(now), 3)
    return Resumed(at=rfc3339(now), gap_seconds=gap, lost=whole.lost_bytes)


def _prove(
    plan: Plan, world: World, notes: _Notes, when: Literal["start", "resume", "end"]
) -> None:
    proof = plan.target.subject.proof
    value = proof_of(plan, world.driver, when)
    notes.note(SubjectSeen(when=when, by=proof.by, value=value, at=rfc3339(world.clock.now())))


def _probes(
    plan: Plan,
    folder: Path,
    world: World,
    notes: _Notes,
    budget: Budget,
    state: JournalState | None,
    progress: Progress,
) -> None:
    stage = Stage(plan, world.driver, notes, budget, world.clock, world.entropy, set())
    for repeat in range(1, plan.repeat + 1):
        notes.repeat = repeat
        seen: dict[str, tuple[Evidence, ...]] = {}
        for number, planned in enumerate(plan.probes, 1):
            probe = planned.probe
            before = _before(folder, state, probe, repeat)
            if before.finished:
                seen |= by_step(before.kept)
                continue
            progress(probe.id, number, len(plan.probes), budget.spent)
            notes.note(
                ProbeStarted(
                    probe=probe.id,
                    repeat=repeat,
                    attempt=before.attempts + 1,
                    at=rfc3339(world.clock.now()),
                )
            )
            spent = budget.spent
            found = observe_probe(stage, probe, repeat, seen, before.again, before.in_flight)
            seen |= by_step(found)
            notes.note(
                ProbeFinished(
                    probe=probe.id,
                    repeat=repeat,
                    attempt=before.attempts + 1,
                    requests=budget.spent - spent,
                    at=rfc3339(world.clock.now()),
                )
            )


class _Before(Struct, frozen=True):
    """What an earlier attempt left of a probe.

    A safe conversation starts over, so that it is whole; of one that changes the target, what
    was answered stands (``again``) and what was in flight is not sent twice.
    """

    finished: bool = False
    attempts: int = 0
    kept: dict[str, Evidence] = {}
    again: dict[str, Evidence] = {}
    in_flight: frozenset[str] = frozenset()


def _before(folder: Path, state: JournalState | None, probe: Probe, repeat: int) -> _Before:
    if state is None:
        return _Before()
    entries = [
        each for each in state.evidence if each.repeat == repeat and probe_of(each.id) == probe.id
    ]
    kept = {each.id: each for each in read_evidence(folder, entries)}
    safe = probe.effect is Effect.SAFE
    return _Before(
        finished=state.finished(probe.id, repeat),
        attempts=state.attempts(probe.id, repeat),
        kept=kept,
        again={} if safe else kept,
        in_flight=frozenset() if safe else state.in_flight(probe.id, repeat),
    )


def recorded(plan: Plan, state: JournalState, read: Reading) -> tuple[Seen, ...]:
    """Arrange a run's evidence by repeat and step.

    Of a probe that was attempted more than once only the last attempt speaks; an earlier one
    stays in the bundle for whoever wants to know.
    """
    safe = frozenset(each.probe.id for each in plan.probes if each.probe.effect is Effect.SAFE)
    out: list[Seen] = []
    for repeat in range(1, plan.repeat + 1):
        mine = [each for each in state.whole(safe) if each.repeat == repeat]
        out.append(by_step({each.id: each for each in read(mine)}))
    return tuple(out)


def judged(plan: Plan, seen: tuple[Seen, ...], bench: Bench, ended: Ended) -> Judged:
    """Judge evidence and fold the verdicts.  Pure."""
    rows: tuple[Row, ...] = tuple(judge(plan, seen, bench))
    complete = ended == "complete"
    verdicts = Verdicts(
        schema="cqsc-verdicts/1", plan_digest=plan_digest(plan), complete=complete, rows=rows
    )
    return Judged(verdicts=verdicts, folded=fold(plan, rows, complete=complete), ended=ended)
