"""Running one target or several, each in a folder of its own."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event
from typing import Any

import click
from msgspec import structs

from cqsc_conform.bundle.journal import JOURNAL, read_journal
from cqsc_conform.bundle.seal import default_out, seal
from cqsc_conform.bundle.segments import read_evidence
from cqsc_conform.bundle.state import JournalState
from cqsc_conform.bundle.streams import stream_pieces
from cqsc_conform.catalog.targets import LoadedJob, read_job
from cqsc_conform.cli.asking import answers_for, terminal
from cqsc_conform.cli.assemble import (
    KIT,
    NOTHING_GIVEN,
    Given,
    Setup,
    bench_of,
    effects_of,
    prepare,
    world_of,
    write_plan,
)
from cqsc_conform.cli.choosing import Wanted
from cqsc_conform.cli.citing import frames_of, recorded_by_id
from cqsc_conform.cli.finish import report_of, tell_slow_schemas, write_reports
from cqsc_conform.cli.lang import spoken
from cqsc_conform.cli.residue import hold_to_plan, narrowed, read_plan
from cqsc_conform.cli.retest import again, hold_to_earlier, retest_of
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signed_run import Signing, signing_of
from cqsc_conform.cli.surveying import surveillance_of
from cqsc_conform.engine.run import Progress, observe
from cqsc_conform.engine.sample import demand_ordered, ordered_by
from cqsc_conform.engine.settle import Choices
from cqsc_conform.engine.stage import never
from cqsc_conform.errors import KitError
from cqsc_conform.model.journal import Footer
from cqsc_conform.model.report import Report

DEFAULT_FORMATS = ("html", "junit", "markdown", "text")


def job_of(chosen: Mapping[str, Any]) -> LoadedJob | None:
    """Read the order that a run is made for, if there is one."""
    path = chosen.get("job")
    return read_job(path) if path else None


def choices_of(chosen: Mapping[str, Any], job: LoadedJob | None) -> Choices:
    """Read the options that a plan depends on."""
    return Choices(
        level=chosen["level"],
        only=frozenset(chosen["only"]),
        consent=effects_of(chosen["consent"]),
        include_draft=chosen["include_draft"],
        repeat=chosen["repeat"],
        seed=chosen["seed"],
        job_digest=job.digest if job else None,
        vantage=chosen["vantage"],
        retest_of=chosen.get("retest_of"),
        supersedes=chosen.get("supersedes"),
        surveillance=surveillance_of(chosen),
        ordered=ordered_by(job.job) if job else (),
    )


def wanted_of(chosen: Mapping[str, Any]) -> Wanted:
    """Read the options that say by what is tested."""
    return Wanted(profiles=chosen["profiles"], regions=chosen["regions"], day=chosen["day"])


def planned(targets: Sequence[Path], chosen: Mapping[str, Any]) -> list[Setup]:
    """Plan all targets, before any packet is sent to one of them."""
    held = read_plan(chosen.get("plan_file"))
    earlier = retest_of(chosen.get("retest"))
    chosen = again(narrowed(chosen, held), earlier)
    job = job_of(chosen)
    choices = choices_of(chosen, job)
    setups = [
        structs.replace(prepare(path, wanted_of(chosen), choices), job=job.job if job else None)
        for path in targets
    ]
    if held is not None:
        for setup in setups:
            hold_to_plan(held, setup.plan, chosen.get("plan_file"))
    for setup in setups:
        if earlier is not None:
            hold_to_earlier(earlier, setup.plan)
        if job is not None:
            demand_ordered(job.job, setup.plan.target.subject)
    return setups


def run_all(
    targets: Sequence[Path],
    folder: Path,
    formats: Sequence[str],
    jobs: int,
    *,
    resume: bool,
    chosen: Mapping[str, Any],
) -> list[Report]:
    """Run each target; several ones go to folders named after their files."""
    names = [path.stem for path in targets]
    if len(set(names)) != len(names):
        raise KitError("cli.same_names", names=", ".join(sorted(names)))
    places = [folder] if len(targets) == 1 else [folder / name for name in names]
    setups = planned(targets, chosen)
    # Passphrases are asked for while nothing is under way yet.
    signing = signing_of(chosen)
    tell_slow_schemas()
    stop = Event()
    given = Given(
        capture=chosen.get("capture"),
        answers=answers_for(chosen.get("answers"), [each.plan for each in setups]),
        terminal=terminal(),
    )

    def one(setup: Setup, place: Path) -> Report:
        report = run_one(
            setup, place, formats, resume=resume, stop=stop.is_set, given=given, signing=signing
        )
        if report.run.how == "cancelled":
            stop.set()
        return report

    if jobs == 1 or len(targets) == 1:
        return [one(setup, place) for setup, place in zip(setups, places, strict=True)]
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        runs = [pool.submit(one, setup, place) for setup, place in zip(setups, places, strict=True)]
        try:
            wait(runs)
        except KeyboardInterrupt:
            # Each run ends by itself, with a report that says how far it came.
            stop.set()
        return [each.result() for each in runs]


def run_one(
    setup: Setup,
    folder: Path,
    formats: Sequence[str],
    *,
    resume: bool = False,
    stop: Callable[[], bool] = never,
    given: Given = NOTHING_GIVEN,
    signing: Signing | None = None,
) -> Report:
    """Observe, judge, report, seal; ``stop`` tells whether somebody wants the run to end.

    ``signing`` signs the plan before the first packet, and the verdicts once a complete run is
    sealed.
    """

    def progress(probe: str, number: int, of: int, requests: int) -> None:
        click.echo(
            say("cli.progress", probe=probe, number=number, of=of, requests=requests), err=True
        )

    going_on = resume and (folder / JOURNAL).exists()
    if going_on:
        _demand_unfinished(folder)
    else:
        write_plan(setup, folder)
    state, verdicts, report = _observe_and_judge(setup, folder, progress, stop, given, signing)
    if going_on:
        # It is the plan that the journal names; what lay there may have been changed meanwhile.
        write_plan(setup, folder)
    evidence = recorded_by_id(state.evidence, lambda kept: read_evidence(folder, kept))
    chosen = (*DEFAULT_FORMATS, *formats)
    frames = frames_of(report, evidence, setup.plan, lambda trace: stream_pieces(folder, trace))
    write_reports(folder, verdicts, report, chosen, spoken(), evidence, frames)
    seal(folder)
    if signing is not None and report.run.how == "complete":
        signing.after(folder)
    return report


def _demand_unfinished(folder: Path) -> None:
    """Leave a run alone that was sealed as complete; one killed before that is still finished."""
    if not default_out(folder).exists():
        return
    last = read_journal(folder / JOURNAL).entries[-1]
    if isinstance(last, Footer) and last.ended == "complete":
        raise KitError("engine.resume_complete", where=JOURNAL)


def observed_and_judged(setup: Setup, folder: Path) -> Report:
    """Observe and judge without a word, for whoever wants the outcomes alone."""
    folder.mkdir(parents=True)
    return _observe_and_judge(setup, folder, lambda *_: None, never)[2]


def _observe_and_judge(
    setup: Setup,
    folder: Path,
    progress: Progress,
    stop: Callable[[], bool],
    given: Given = NOTHING_GIVEN,
    signing: Signing | None = None,
) -> tuple[JournalState, bytes, Report]:
    bench = bench_of(setup.plan, setup.library)
    world = world_of(setup, stop, given)
    try:
        # After all that can fail without a packet: a number of the log stands for a run.
        if signing is not None:
            signing.before(folder, setup.plan)
        observe(setup.plan, folder, KIT, world, progress)
    finally:
        world.driver.close()
    state = JournalState.of(read_journal(folder / JOURNAL).entries)
    judged = report_of(
        setup.plan,
        state,
        lambda kept: read_evidence(folder, kept),
        bench,
        streams=lambda trace: stream_pieces(folder, trace),
    )
    return state, *judged
