"""Two reports side by side: what came out differently, and what only one of them holds."""

from msgspec import Struct

from cqsc_conform.model.outcome import Conclusion, Outcome
from cqsc_conform.model.report import Report, ReportRow
from cqsc_conform.model.text import Text


class Changed(Struct, frozen=True, kw_only=True):
    """A requirement of both reports whose outcome, reason or rule differs.

    ``same_rule`` says that the semantic digests are equal: then only the target, or what was
    seen of it, can have changed.
    """

    region: str | None
    profile: str
    id: str
    title: Text
    before: Outcome
    after: Outcome
    before_code: str
    after_code: str
    before_reason: Text
    after_reason: Text
    same_rule: bool


class OneSided(Struct, frozen=True, kw_only=True):
    """A requirement that only one report holds."""

    region: str | None
    profile: str
    id: str
    title: Text
    outcome: Outcome


class Comparison(Struct, frozen=True, kw_only=True):
    """The differences of report ``after`` from report ``before``, in the order of their rows.

    ``regions`` are the one region of each where they are of different ones; rows are then
    matched without it.
    """

    before_run: str
    after_run: str
    before_conclusion: Conclusion
    after_conclusion: Conclusion
    same_plan: bool
    same_target: bool
    same_kit: bool
    alike: int
    changed: tuple[Changed, ...]
    only_before: tuple[OneSided, ...]
    only_after: tuple[OneSided, ...]
    regions: tuple[str, str] | None = None

    @property
    def differs(self) -> bool:
        """Tell whether any requirement has another outcome, reason or rule, or no counterpart."""
        return bool(self.changed or self.only_before or self.only_after)


def compare(before: Report, after: Report) -> Comparison:
    """Compare row by row, keyed (region, profile, id); two regions' reports by (profile, id)."""
    regions = _two_regions(before, after)
    across = regions is not None
    old = {_key(row, across=across): row for row in before.requirements}
    new = {_key(row, across=across): row for row in after.requirements}
    changed = tuple(
        _changed(row, new[key]) for key, row in old.items() if key in new and _differ(row, new[key])
    )
    return Comparison(
        before_run=before.run.run,
        after_run=after.run.run,
        before_conclusion=before.conclusion,
        after_conclusion=after.conclusion,
        same_plan=before.plan_digest == after.plan_digest,
        same_target=before.target.digest == after.target.digest,
        same_kit=before.kit == after.kit,
        alike=len(old.keys() & new.keys()) - len(changed),
        changed=changed,
        only_before=tuple(_one(row) for key, row in old.items() if key not in new),
        only_after=tuple(_one(row) for key, row in new.items() if key not in old),
        regions=regions,
    )


def _key(row: ReportRow, *, across: bool) -> tuple[str | None, str, str]:
    return (None if across else row.region, row.profile, row.id)


def _two_regions(before: Report, after: Report) -> tuple[str, str] | None:
    """Name the region of each report where both have one alone, and not the same."""
    one, two = ({row.region for row in each.requirements} for each in (before, after))
    if one == two or len(one) != 1 or len(two) != 1:
        return None
    return (one.pop() or "-", two.pop() or "-")


def _differ(before: ReportRow, after: ReportRow) -> bool:
    return (before.outcome, before.reason.code, before.digest) != (
        after.outcome,
        after.reason.code,
        after.digest,
    )


def _changed(before: ReportRow, after: ReportRow) -> Changed:
    return Changed(
        region=before.region,
        profile=before.profile,
        id=before.id,
        title=after.title,
        before=before.outcome,
        after=after.outcome,
        before_code=before.reason.code,
        after_code=after.reason.code,
        before_reason=Text(zh=before.reason.zh, en=before.reason.en),
        after_reason=Text(zh=after.reason.zh, en=after.reason.en),
        same_rule=before.digest == after.digest,
    )


def _one(row: ReportRow) -> OneSided:
    return OneSided(
        region=row.region, profile=row.profile, id=row.id, title=row.title, outcome=row.outcome
    )
