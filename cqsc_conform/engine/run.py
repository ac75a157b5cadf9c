"""One run, top to bottom: observe each probe once, then judge, then fold."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from cqsc_conform.bundle.commit import evidence_root
from cqsc_conform.bundle.journal import JOURNAL, JournalWriter
from cqsc_conform.bundle.repair import Repaired, repair
from cqsc_conform.bundle.state import JournalState, probe_of
from cqsc_conform.bundle.streams import stream_pieces
from cqsc_conform.engine.earlier import Earlier, safe_probes
from cqsc_conform.engine.fold import Folded, fold
from cqsc_conform.engine.judge import Bench, Observed, by_step, judge, of_one_subject
from cqsc_conform.engine.notebook import Notebook
from cqsc_conform.engine.observe import observe_probe
from cqsc_conform.engine.plan import plan_digest
from cqsc_conform.engine.sample import of_sample_ordered
from cqsc_conform.engine.stage import (
    Budget,
    Cancelled,
    DocumentDriver,
    Driver,
    Guiding,
    MqttDriver,
    Notes,
    PersonDriver,
    Search,
    Stage,
    TlsDriver,
    never,
)
from cqsc_conform.engine.subject import When, proof_of, proofs_of, told_by_device
from cqsc_conform.engine.transfer import Names
from cqsc_conform.engine.watch import Streaming, no_streams
from cqsc_conform.errors import KitError
from cqsc_conform.model.evidence import Evidence, Trace
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
from cqsc_conform.model.plan import Kit, Plan, PlannedProbe
from cqsc_conform.model.verdict import Verdicts
from cqsc_conform.model.world import Clock, Entropy, rfc3339

Ended = Literal["complete", "cancelled", "failed"]
Progress = Callable[[str, int, int, int], None]
"""Told (probe, its number, how many there are, requests so far) before each probe."""


Reading = Callable[[Iterable[Kept]], Iterable[Evidence]]
"""Reads evidence back by their journal entries, from a folder or a sealed bundle."""


class World(Struct, frozen=True):
    """What a run has of the world; ``stop`` tells whether somebody wants the run to end."""

    clock: Clock
    entropy: Entropy
    driver: Driver
    mqtt: MqttDriver | None = None
    stop: Callable[[], bool] = never
    tls: TlsDriver | None = None
    documents: DocumentDriver | None = None
    people: PersonDriver | None = None
    search: Search | None = None
    guide: Guiding | None = None


class Judged(Struct, frozen=True):
    """What a run, or a judging, comes to."""

    verdicts: Verdicts
    folded: Folded
    ended: Ended


def observe(plan: Plan, folder: Path, kit: Kit, world: World, progress: Progress) -> Ended:
    """Perform a plan's probes into a folder, going on where an earlier attempt broke off.

    The folder's journal and evidence are the only result.  Ctrl-C ends the run as cancelled,
    with a footer; whatever was seen until then stays.  Of a run that came to its end already
    nothing is asked again.

    :raises KitError: ``engine.resume_other_plan``, what ``repair`` and the writers raise.
    """
    earlier = Earlier(plan, folder, _repaired(plan, folder))
    if earlier.complete:
        return "complete"
    ended: Ended = "complete"
    with Notebook(folder, world.entropy) as notes:
        notes.note(_opening(plan, kit, world, earlier.whole))
        try:
            _prove(plan, world, notes, "start" if earlier.whole is None else "resume")
            _probes(plan, world, notes, earlier, progress, lambda seen: stream_pieces(folder, seen))
            _prove(plan, world, notes, "end")
        except (KeyboardInterrupt, Cancelled):
            ended = "cancelled"
    _close(folder, ended, world)
    return ended


def _repaired(plan: Plan, folder: Path) -> Repaired | None:
    if not (folder / JOURNAL).exists():
        return None
    whole = repair(folder)
    if whole.state.header.plan_digest != plan_digest(plan):
        raise KitError("engine.resume_other_plan", where=JOURNAL)
    return whole


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
    gap = round(whole.state.gap_seconds(now), 3)
    return Resumed(at=rfc3339(now), gap_seconds=gap, lost=whole.lost_bytes)


def _prove(plan: Plan, world: World, notes: Notes, when: When) -> None:
    """Ask the subject who it is, and note what it says."""
    if world.stop():
        raise Cancelled
    if plan.target.subject.proof.by == "device_message":
        # A device says it when it speaks: its traces are read as they end.
        return
    value = proof_of(plan, world.driver, when)
    at = rfc3339(world.clock.now())
    notes.note(SubjectSeen(when=when, by=plan.target.subject.proof.by, value=value, at=at))


def _probes(
    plan: Plan,
    world: World,
    notes: Notes,
    earlier: Earlier,
    progress: Progress,
    streams: Streaming,
) -> None:
    """Perform each probe once a repeat, in plan order, but those that came to their end."""
    limits = plan.target.limits
    left = earlier.requests_left()
    budget = Budget(left, world.clock, limits.run_seconds, world.stop, limits.run_bytes)
    stage = Stage(
        plan,
        world.driver,
        notes,
        budget,
        world.clock,
        world.entropy,
        earlier.picked(),
        world.tls,
        world.mqtt,
        world.documents,
        world.people,
        world.search,
        world.guide,
    )
    for repeat in range(1, plan.repeat + 1):
        seen: dict[str, tuple[Evidence, ...]] = {}
        for number, planned in enumerate(plan.probes, 1):
            if earlier.finished(planned.probe, repeat):
                seen |= by_step(earlier.evidence(planned.probe, repeat))
                continue
            progress(planned.probe.id, number, len(plan.probes), earlier.requests + budget.spent)
            seen |= by_step(_probe(stage, planned, repeat, seen, earlier, streams))


def _probe(
    stage: Stage,
    planned: PlannedProbe,
    repeat: int,
    seen: Mapping[str, tuple[Evidence, ...]],
    earlier: Earlier,
    streams: Streaming,
) -> dict[str, Evidence]:
    """Perform one probe between its journal entries."""
    probe, clock, spent = planned.probe, stage.clock, stage.budget.spent
    attempt = earlier.attempts(probe, repeat) + 1
    at = rfc3339(clock.now())
    stage.notes.note(ProbeStarted(probe=probe.id, repeat=repeat, attempt=attempt, at=at))
    found = observe_probe(stage, planned, repeat, seen, earlier.before(probe, repeat))
    if stage.plan.target.subject.proof.by == "device_message":
        for each in found.values():
            _prove_by_trace(stage, each, streams)
    stage.notes.note(
        ProbeFinished(
            probe=probe.id,
            repeat=repeat,
            attempt=attempt,
            requests=stage.budget.spent - spent,
            at=rfc3339(clock.now()),
        )
    )
    return found


def _prove_by_trace(stage: Stage, evidence: Evidence, streams: Streaming) -> None:
    """Note who a device said it was, at the start and at the end of a trace."""
    if not isinstance(evidence, Trace):
        return
    told = told_by_device(stage.plan, evidence, streams)
    if told is None:
        return
    at = rfc3339(stage.clock.now())
    moments: tuple[When, When] = ("start", "end")
    for when, value in zip(moments, told, strict=True):
        stage.notes.note(SubjectSeen(when=when, by="device_message", value=value, at=at))


def _close(folder: Path, ended: Ended, world: World) -> None:
    """End the journal by what stands in it: Ctrl-C may have come between any two writes."""
    state = repair(folder).state
    footer = Footer(
        ended=ended,
        at=rfc3339(world.clock.now()),
        evidence=state.kept,
        requests=state.requests,
        evidence_root=evidence_root(state.commitments),
    )
    with JournalWriter(folder / JOURNAL) as journal:
        journal.append(footer)


def recorded(
    plan: Plan,
    state: JournalState,
    read: Reading,
    names: Names,
    streams: Streaming = no_streams,
) -> tuple[Observed, ...]:
    """Arrange a run's evidence by repeat and step, under the names of the plan it is judged by.

    Of a safe probe that was attempted more than once only the last attempt speaks; an earlier
    one stays in the bundle for whoever wants to know.  Of a probe that did not come to its end
    nothing is judged: half a conversation would be taken for a whole one.
    """
    out: list[Observed] = []
    for repeat in range(1, plan.repeat + 1):
        probes = (each.probe.id for each in plan.probes)
        broken_off = frozenset(each for each in probes if not state.finished(each, repeat))
        mine = [
            each
            for each in state.whole(safe_probes(plan))
            if each.repeat == repeat and probe_of(each.id) not in broken_off
        ]
        evidence = {each.id: each for each in names.renamed(read(mine))}
        unfinished = frozenset(new for old in broken_off for new in names.of.get(old, ()))
        out.append(Observed(by_step(evidence), unfinished, streams))
    return tuple(out)


def judged(plan: Plan, observed: tuple[Observed, ...], bench: Bench, state: JournalState) -> Judged:
    """Judge evidence and fold the verdicts.  Pure."""
    ended: Ended = state.footer.ended if state.footer else "failed"
    proofs = proofs_of(state.subjects)
    one = of_one_subject(judge(plan, observed, bench), proofs)
    rows = tuple(of_sample_ordered(one, plan, proofs))
    complete = ended == "complete"
    verdicts = Verdicts(
        schema="cqsc-verdicts/1", plan_digest=plan_digest(plan), complete=complete, rows=rows
    )
    return Judged(verdicts=verdicts, folded=fold(plan, rows, complete=complete), ended=ended)
