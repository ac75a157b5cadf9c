"""What follows observing: judge, fold, render, seal.  The same for a run and for a judging."""

from collections.abc import Sequence
from pathlib import Path

import click

from cqsc_conform.bundle.state import JournalState, probe_of
from cqsc_conform.cli.say import say
from cqsc_conform.engine.attested import attested_rows
from cqsc_conform.engine.judge import Bench
from cqsc_conform.engine.ledger import Left, left_by
from cqsc_conform.engine.run import Reading, judged, recorded
from cqsc_conform.engine.transfer import carried
from cqsc_conform.engine.watch import Streaming, no_streams
from cqsc_conform.formats import payload
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.report import LedgerLine, Report, RunFacts
from cqsc_conform.model.text import Lang
from cqsc_conform.reports.build import Judged as ForReport
from cqsc_conform.reports.build import build_report
from cqsc_conform.reports.formats import SUFFIXES, render
from cqsc_conform.reports.frames import Frames
from cqsc_conform.reports.html import Cited


def report_of(
    plan: Plan,
    state: JournalState,
    read: Reading,
    bench: Bench,
    *,
    observed_by: Plan | None = None,
    streams: Streaming = no_streams,
) -> tuple[bytes, Report]:
    """Judge what was recorded; gives ``verdicts.json`` and the report.

    ``observed_by`` is the plan that the evidence was gathered by, where it is another;
    ``streams`` reads what traces hold.
    """
    gathered_by = observed_by or plan
    observed = recorded(gathered_by, state, read, carried(gathered_by, plan), streams)
    result = judged(plan, observed, bench, state)
    subjects = state.subjects
    report = build_report(
        ForReport(
            plan=plan,
            verdicts=result.verdicts,
            overall=result.folded.overall,
            by_profile=result.folded.by_profile,
            run=RunFacts(
                run=state.header.run,
                started=state.header.at,
                ended=state.last_at,
                how=result.ended,
                resumed=state.resumed,
                gap_seconds=state.breaks,
                seed=plan.seed,
                repeat=plan.repeat,
            ),
            ledger=_ledger(plan, gathered_by, state, read),
            requests=state.requests,
            attested=attested_rows(plan, result.verdicts.rows),
            schema_engine=payload.engine(),
            proof_start=subjects[0].value if subjects else None,
            proof_end=next((each.value for each in reversed(subjects) if each.when == "end"), None),
        )
    )
    return encode_readable(result.verdicts), report


def tell_slow_schemas() -> None:
    """Say that schemas are judged by the slower library, where the quicker one has no build."""
    if payload.engine() == "jsonschema":
        click.echo(say("cli.slow_schemas"), err=True)


def _ledger(
    plan: Plan, gathered_by: Plan, state: JournalState, read: Reading
) -> tuple[LedgerLine, ...]:
    repeats = range(1, plan.repeat + 1)
    changing = {each.probe.id for each in plan.probes if each.probe.effect is not Effect.SAFE}
    kept = [each for each in state.evidence if probe_of(each.id) in changing]
    evidence = tuple(read(kept)) if kept else ()
    left = {
        name: left_by((each for each in evidence if probe_of(each.id) == name), gathered_by.target)
        for name in changing
    }
    nothing = Left(0, 0, ())
    return tuple(
        LedgerLine(
            probe=each.probe.id,
            title=each.probe.title,
            effect=each.probe.effect.value,
            attempts=sum(state.attempts(each.probe.id, repeat) for repeat in repeats),
            requests=sum(state.requests_of.get((each.probe.id, repeat), 0) for repeat in repeats),
            created=left.get(each.probe.id, nothing).created,
            removed=left.get(each.probe.id, nothing).removed,
            remaining=left.get(each.probe.id, nothing).remaining,
        )
        for each in plan.probes
    )


def write_reports(
    folder: Path,
    verdicts: bytes,
    report: Report,
    formats: Sequence[str],
    lang: Lang,
    evidence: Cited,
    frames: Frames,
) -> list[Path]:
    """Write verdicts and reports beside the evidence; JSON always, others as asked."""
    (folder / "verdicts.json").write_bytes(verdicts)
    written: list[Path] = []
    for name in dict.fromkeys(("json", *formats)):
        path = folder / f"report.{SUFFIXES[name]}"
        path.write_bytes(render(report, name, lang, evidence=evidence, frames=frames))
        written.append(path)
    return written
