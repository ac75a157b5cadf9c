"""One run, top to bottom: observe each probe once, then judge, then fold."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from cqsc_conform.bundle.journal import JournalState, JournalWriter, read_journal
from cqsc_conform.bundle.segments import SegmentWriter, evidence_root, read_evidence
from cqsc_conform.engine.fold import Folded, fold
from cqsc_conform.engine.judge import Bench, Seen, by_step, judge
from cqsc_conform.engine.observe import Budget, Driver, Observer
from cqsc_conform.engine.plan import plan_digest
from cqsc_conform.engine.subject import proof_of
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
from cqsc_conform.model.plan import Kit, Plan
from cqsc_conform.model.verdict import Row, Verdicts
from cqsc_conform.model.world import Clock, Entropy, rfc3339

Ended = Literal["complete", "cancelled", "failed"]
Progress = Callable[[str, int, int, int], None]
"""Told (probe, its number, how many there are, requests so far) before each probe."""


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
    """Writes evidence first and its journal entry after it, so that an entry never points to
    nothing.
    """

    def __init__(self, journal: JournalWriter, segments: SegmentWriter) -> None:
        self._journal = journal
        self._segments = segments
        self.repeat = 1
        self.kept = 0

    def keep(self, evidence: Evidence) -> None:
        self._journal.append(self._segments.keep(evidence, self.repeat))
        self.kept += 1

    def note(self, entry: Entry) -> None:
        self._journal.append(entry)


def observe(plan: Plan, folder: Path, kit: Kit, world: World, progress: Progress) -> Ended:
    """Perform a plan's probes into a folder, going on where an earlier attempt broke off.

    The folder's journal and evidence are the only result.  Ctrl-C ends the run as cancelled,
    with a footer; whatever was seen until then stays.
    """
    journal_path = folder / "journal.ndjson"
    state = JournalState.of(read_journal(journal_path).entries) if journal_path.exists() else None
    journal = JournalWriter(journal_path)
    notes = _Notes(journal, SegmentWriter(folder, world.entropy))
    clock = world.clock
    budget = Budget(plan.max_requests, clock, plan.target.limits.run_seconds)
    if state is None:
        journal.append(
            Header(
                schema="cqsc-journal/1",
                run=world.entropy.bytes(16).hex(),
                kit=kit,
                plan_digest=plan_digest(plan),
                at=rfc3339(clock.now()),
            )  # fmt: skip
        )
    else:
        journal.append(
            Resumed(
                at=rfc3339(clock.now()),
                gap_seconds=state.gap_seconds(clock.now()),
                lost=state.lost,
            )  # fmt: skip
        )
    _prove(plan, world, notes, "start" if state is None else "resume")
    ended: Ended = "complete"
    try:
        _probes(plan, folder, world, notes, budget, state, progress)
        _prove(plan, world, notes, "end")
    except KeyboardInterrupt:
        ended = "cancelled"
    earlier = 0 if state is None else state.requests
    journal.append(
        Footer(
            ended=ended,
            at=rfc3339(clock.now()),
            evidence=notes.kept + (state.kept if state else 0),
            requests=budget.spent + earlier,
            evidence_root=evidence_root(folder),
        )  # fmt: skip
    )
    journal.close()
    return ended


def _prove(
    plan: Plan, world: World, notes: _Notes, when: Literal["start", "resume", "end"]
) -> None:
    proof = plan.target.subject.proof
    value = proof_of(plan, world.driver, when)
    notes.note(SubjectSeen(when=when, by=proof.by, value=value, at=rfc3339(world.clock.now())))


def _probes(  # noqa: PLR0913 - the surroundings of a run
    plan: Plan,
    folder: Path,
    world: World,
    notes: _Notes,
    budget: Budget,
    state: JournalState | None,
    progress: Progress,
) -> None:
    observer = Observer(plan, world.driver, notes, budget, world.clock, world.entropy)
    for repeat in range(1, plan.repeat + 1):
        notes.repeat = repeat
        seen: dict[str, tuple[Evidence, ...]] = {}
        for number, planned in enumerate(plan.probes, 1):
            probe = planned.probe
            kept = _of_probe(folder, state, probe.id, repeat)
            if state is not None and state.finished(probe.id, repeat):
                seen |= by_step(kept)
                continue
            progress(probe.id, number, len(plan.probes), budget.spent)
            attempt = 1 if state is None else state.attempts(probe.id, repeat) + 1
            notes.note(
                ProbeStarted(
                    probe=probe.id,
                    repeat=repeat,
                    attempt=attempt,
                    at=rfc3339(world.clock.now()),
                )  # fmt: skip
            )
            before = budget.spent
            # A safe conversation starts over, so that it is whole; a change is never sent twice.
            safe = probe.effect == "safe"
            found = observer.observe(
                probe,
                repeat,
                seen,
                {} if safe else kept,
                frozenset() if safe or state is None else state.in_flight(probe.id, repeat),
            )
            seen |= by_step(found)
            notes.note(
                ProbeFinished(
                    probe=probe.id,
                    repeat=repeat,
                    attempt=attempt,
                    requests=budget.spent - before,
                    at=rfc3339(world.clock.now()),
                )  # fmt: skip
            )


def _of_probe(
    folder: Path, state: JournalState | None, probe: str, repeat: int
) -> dict[str, Evidence]:
    if state is None:
        return {}
    mine = tuple(
        each
        for each in state.evidence
        if each.repeat == repeat and each.id.partition("/")[0].partition("[")[0] == probe
    )
    return {each.id: each for each in read_evidence(folder, mine)}


def recorded(plan: Plan, folder: Path) -> tuple[Seen, ...]:
    """Read a folder's evidence back, arranged by repeat and step."""
    entries = read_journal(folder / "journal.ndjson").entries
    state = JournalState.of(entries)
    return arranged(plan, state.evidence, lambda kept: read_evidence(folder, kept))


def arranged(
    plan: Plan,
    kept: tuple[Kept, ...],
    read: Callable[[tuple[Kept, ...]], tuple[Evidence, ...]],
) -> tuple[Seen, ...]:
    """Arrange evidence by repeat and step, whatever order it was kept in."""
    out: list[Seen] = []
    for repeat in range(1, plan.repeat + 1):
        mine = tuple(each for each in kept if each.repeat == repeat)
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
