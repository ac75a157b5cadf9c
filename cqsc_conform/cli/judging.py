"""Judging a bundle: by its own profile, or by another one on the same evidence."""

from collections.abc import Sequence
from pathlib import Path

from cqsc_conform.bundle.open import Bundle
from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.assemble import KIT, bench_from, bench_of, plan_library
from cqsc_conform.cli.choosing import Wanted, choose
from cqsc_conform.cli.citing import evidence_in, frames_of, recorded_by_id
from cqsc_conform.cli.finish import report_of, tell_slow_schemas, write_reports
from cqsc_conform.cli.lang import spoken
from cqsc_conform.engine.plan import plan_digest, replan
from cqsc_conform.engine.settle import Choices
from cqsc_conform.engine.transfer import carried
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.report import Report


def judge_bundle(bundle: Bundle, wanted: Wanted, folder: Path, formats: Sequence[str]) -> Report:
    """Judge a bundle's evidence into a folder.

    By its own profiles the same build gives the same ``verdicts.json`` and ``report.json``.  By
    others, or by a region's adoption, evidence is found by probe digest: what nobody recorded is
    inconclusive.  A region is asked about the bundle's own profiles where none is named.
    """
    tell_slow_schemas()
    plan = bundle.plan
    if plan_digest(plan) != bundle.state.header.plan_digest:
        raise KitError("bundle.plan_changed", where="plan.json")
    judged_by = plan
    if not wanted.profiles and not wanted.regions:
        bench = bench_from(bundle)
        verdicts, report = report_of(
            plan, bundle.state, bundle.evidence_of, bench, streams=bundle.stream
        )
        evidence = evidence_in(bundle)
    else:
        library = Library.open()
        own = tuple(dict.fromkeys(each.id for each in plan.profiles))
        names = wanted.profiles or own
        chosen = choose(library, names, wanted)
        other = replan(plan, plan_library(library, chosen), choices_again(plan), KIT)
        verdicts, report = judged_by_other(bundle, other, library)
        evidence = recorded_by_id(
            bundle.state.evidence, bundle.evidence_of, carried(plan, other).ids
        )
        (folder / "plan.json").write_bytes(encode_readable(other))
        judged_by = other
    frames = frames_of(report, evidence, judged_by, bundle.stream)
    write_reports(folder, verdicts, report, ("html", *formats), spoken(), evidence, frames)
    return report


def choices_again(plan: Plan) -> Choices:
    """Choose as a plan was chosen, for judging its evidence by another library or region."""
    return Choices(
        level=plan.level,
        consent=frozenset(plan.consent),
        include_draft=plan.include_draft,
        repeat=plan.repeat,
        seed=plan.seed,
        vantage=plan.vantage,
    )


def judged_by_other(bundle: Bundle, other: Plan, library: Library) -> tuple[bytes, Report]:
    """Judge a bundle's evidence by another plan than its own; gives verdicts and report."""
    return report_of(
        other,
        bundle.state,
        bundle.evidence_of,
        bench_of(other, library),
        observed_by=bundle.plan,
        streams=bundle.stream,
    )
