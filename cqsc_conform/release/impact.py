"""Impact: which stored results a changed library would turn, found by judging them again."""

from collections.abc import Iterable, Sequence

import msgspec

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.impact import (
    BundleImpact,
    Impact,
    ImpactCount,
    ImpactCounts,
    ImpactKind,
    ImpactRow,
)
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.plan import Kit
from cqsc_conform.model.report import Report, ReportRow
from cqsc_conform.model.text import Text

__all__ = ["counts_of", "impact_on", "kind_of", "merged_counts"]

_DECIDED = frozenset({Outcome.PASS, Outcome.FAIL})
_LEFT_OUT = frozenset({Outcome.UNTESTED})
_NOT_ASKED = frozenset({"engine.above_level", "engine.draft", "engine.not_selected"})
_KINDS: tuple[ImpactKind, ...] = (
    "newly_fails",
    "newly_passes",
    "needs_retest",
    "no_longer_applies",
    "gone",
)


def kind_of(was: Outcome | None, now: Outcome | None) -> ImpactKind | None:
    """Say what happens to a verdict; None where nothing does.

    ``was`` is None for a requirement that is new, ``now`` for one that is gone.
    """
    if now is None:
        return "gone"
    if was is now or now in _LEFT_OUT:
        return None
    if now is Outcome.FAIL:
        return "newly_fails"
    if now is Outcome.PASS:
        return "newly_passes"
    if now is Outcome.NOT_APPLICABLE:
        return None if was is None else "no_longer_applies"
    return "needs_retest" if was is None or was in _DECIDED else None


def impact_on(bundle: str, manifest_digest: str, before: Report, after: Report) -> BundleImpact:
    """Compare a bundle's report with what the changed library makes of the same evidence."""
    old = {(row.region, row.profile, row.id): row for row in before.requirements if _asked(row)}
    new = {(row.region, row.profile, row.id): row for row in after.requirements if _asked(row)}
    rows = []
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        kind = kind_of(was.outcome if was else None, now.outcome if now else None)
        if kind is not None:
            rows.append(_row(kind, was, now))
    return BundleImpact(
        bundle=bundle,
        manifest_digest=manifest_digest,
        subject=before.target.subject.name,
        before=before.conclusion,
        after=after.conclusion,
        rows=tuple(rows),
        alike=len(old.keys() & new.keys()) - sum(each.was is not None for each in rows if each.now),
    )


def _asked(row: ReportRow) -> bool:
    """Leave out what the run was not to look at."""
    return row.reason.code not in _NOT_ASKED


def _row(kind: ImpactKind, was: ReportRow | None, now: ReportRow | None) -> ImpactRow:
    shown = next(each for each in (now, was) if each is not None)
    return ImpactRow(
        region=shown.region,
        profile=shown.profile,
        id=shown.id,
        title=shown.title,
        kind=kind,
        was=was.outcome if was else None,
        now=now.outcome if now else None,
        reason=None if now is None else Text(zh=now.reason.zh, en=now.reason.en),
    )


def counts_of(impact: Impact) -> ImpactCounts:
    """Count, by requirement, what happens to how many bundles."""
    found: dict[tuple[str | None, str, str], ImpactCount] = {}
    for row in (row for bundle in impact.bundles for row in bundle.rows):
        key = (row.region, row.profile, row.id)
        bare = ImpactCount(region=row.region, profile=row.profile, id=row.id)
        found[key] = _added(found.get(key, bare), {row.kind: 1})
    return ImpactCounts(
        schema="cqsc-impact-counts/1",
        kit=impact.kit,
        library=impact.library,
        of=1,
        bundles=len(impact.bundles),
        unreadable=sum(each.unreadable is not None for each in impact.bundles),
        touched=sum(bool(each.rows) for each in impact.bundles),
        conclusions_change=sum(each.before is not each.after for each in impact.bundles),
        requirements=_in_order(found.values()),
    )


def merged_counts(several: Sequence[ImpactCounts], kit: Kit) -> ImpactCounts:
    """Add up the counts of several laboratories.

    :raises KitError: ``release.other_library`` when they judged by different libraries.
    """
    libraries = {each.library for each in several}
    if len(libraries) > 1:
        raise KitError("release.other_library", Blame.YOU, where=", ".join(sorted(libraries)))
    found: dict[tuple[str | None, str, str], ImpactCount] = {}
    for row in (row for each in several for row in each.requirements):
        key = (row.region, row.profile, row.id)
        bare = ImpactCount(region=row.region, profile=row.profile, id=row.id)
        found[key] = _added(found.get(key, bare), {kind: getattr(row, kind) for kind in _KINDS})
    return ImpactCounts(
        schema="cqsc-impact-counts/1",
        kit=kit,
        library=libraries.pop() if libraries else "",
        of=sum(each.of for each in several),
        bundles=sum(each.bundles for each in several),
        unreadable=sum(each.unreadable for each in several),
        touched=sum(each.touched for each in several),
        conclusions_change=sum(each.conclusions_change for each in several),
        requirements=_in_order(found.values()),
    )


def _added(row: ImpactCount, more: dict[ImpactKind, int]) -> ImpactCount:
    sums = {kind: getattr(row, kind) + count for kind, count in more.items()}
    return msgspec.structs.replace(row, **sums)


def _in_order(rows: Iterable[ImpactCount]) -> tuple[ImpactCount, ...]:
    return tuple(sorted(rows, key=lambda each: (each.region or "", each.profile, each.id)))
