"""From judging to the result model: rows in plan order, said in both languages."""

from collections.abc import Mapping

from msgspec import Struct

from cqsc_conform.errors import KitError
from cqsc_conform.formats.payload import Engine
from cqsc_conform.model.outcome import Blame, Conclusion, Outcome, Status
from cqsc_conform.model.plan import Item, Plan, PlannedProfile
from cqsc_conform.model.report import (
    Counts,
    LedgerLine,
    ProfileResult,
    Reason,
    Report,
    ReportRow,
    ReportTarget,
    RunFacts,
)
from cqsc_conform.model.text import LANGS, Text
from cqsc_conform.model.verdict import Measured, Row, Verdict, Verdicts
from cqsc_conform.reports.messages import Messages, both
from cqsc_conform.reports.safe import bounded

ProfileKey = tuple[str | None, str]
"""(region, profile); region is null where none was asked."""

RowKey = tuple[str | None, str, str]
"""(region, profile, requirement)."""

Folded = tuple[Conclusion, Counts]
"""What the fold came to."""

_CITATION_LIMIT = 300
_DISCLAIMERS = ("report.not_accredited", "report.items_only", "report.own_proposal")


class Judged(Struct, frozen=True, kw_only=True):
    """All that a report is made of.

    ``proof_start`` and ``proof_end`` are what showed the subject's identity, null where nothing
    did.  ``requests`` counts what was sent.  ``annotations`` are waivers and remarks by row;
    they change no outcome.  ``attested`` names rows that rest on a human's word.
    ``schema_engine`` names the library that judged payload schemas.
    """

    plan: Plan
    verdicts: Verdicts
    overall: Folded
    by_profile: Mapping[ProfileKey, Folded]
    run: RunFacts
    ledger: tuple[LedgerLine, ...]
    requests: int
    proof_start: str | None = None
    proof_end: str | None = None
    annotations: Mapping[RowKey, tuple[str, ...]] = {}
    attested: frozenset[RowKey] = frozenset()
    schema_engine: Engine = "jsonschema_rs"


def build_report(judged: Judged) -> Report:
    """Make the report of a judged run.

    Raises ``KitError`` (kit) when the verdicts are not those of the plan, row by row.
    """
    plan = judged.plan
    profiles = {(each.region, each.id): each for each in plan.profiles}
    verdicts = {(row.region, row.profile, row.id): row for row in judged.verdicts.rows}
    items = {(item.region, item.profile, item.id): item for item in plan.items}
    _demand_same_keys(judged, profiles, verdicts, items)
    conclusion, counts = judged.overall
    return Report(
        schema_version="cqsc-report/1",
        kit=plan.kit,
        target=_target(judged),
        run=judged.run,
        plan_digest=judged.verdicts.plan_digest,
        conclusion=conclusion,
        counts=counts,
        results=tuple(
            _result(profile, judged.by_profile[key]) for key, profile in profiles.items()
        ),
        requirements=tuple(
            _row(item, verdicts[key], profiles[key[:2]].level, judged)
            for key, item in items.items()
        ),
        requests=judged.requests,
        ledger=judged.ledger,
        ics=plan.target.ics,
        ixit=plan.target.ixit,
        disclaimer=disclaimer(),
        schema_engine=judged.schema_engine,
        supersedes=plan.supersedes,
        surveillance=plan.surveillance,
    )


def disclaimer() -> Text:
    """Say what a report is not, and whose proposal its profiles are."""
    said = [both(code) for code in _DISCLAIMERS]
    return Text(zh="".join(each.zh for each in said), en=" ".join(each.en for each in said))


def reason_of(verdict: Verdict, untested: Text | None = None) -> Reason:
    """Say a verdict's reason; ``untested`` are the profile's own words for not testing."""
    said = both(verdict.code, verdict.args)
    zh, en = said.zh, said.en
    if untested is not None and verdict.outcome is Outcome.UNTESTED:
        zh, en = zh + untested.zh, f"{en} {untested.en}"
    return Reason(code=bounded(verdict.code), zh=zh, en=en)


def hint_of(verdict: Verdict, hint: Text) -> Text:
    """Say what to do: how to mend a failure, or what lets the judging take place.

    A failure and a pass keep the requirement's own hint.  Otherwise the reason's next step
    stands in its place, that of the underlying trouble first.
    """
    if verdict.outcome in {Outcome.FAIL, Outcome.PASS}:
        return hint
    inner = verdict.args.get("code")
    for code in (inner, verdict.code):
        following = f"{code}.next"
        if isinstance(code, str) and all(Messages(lang).has(following) for lang in LANGS):
            return both(following, verdict.args)
    return hint


def _demand_same_keys(
    judged: Judged,
    profiles: Mapping[ProfileKey, PlannedProfile],
    verdicts: Mapping[RowKey, Row],
    items: Mapping[RowKey, Item],
) -> None:
    unlike = verdicts.keys() ^ items.keys()
    unlike |= {(*key, "") for key in judged.by_profile.keys() ^ profiles.keys()}
    if unlike or len(verdicts) != len(judged.verdicts.rows) or len(items) != len(judged.plan.items):
        named = sorted("/".join(part or "-" for part in key) for key in unlike)
        raise KitError("report.rows_differ", Blame.KIT, rows=", ".join(named[:5]) or "=")


def _target(judged: Judged) -> ReportTarget:
    target = judged.plan.target
    return ReportTarget(
        digest=target.digest,
        subject=target.subject,
        endpoints=target.endpoints,
        data_class=target.data_class,
        binding=target.subject.proof.by,
        proof_start=_maybe(judged.proof_start),
        proof_end=_maybe(judged.proof_end),
    )


def _result(profile: PlannedProfile, folded: Folded) -> ProfileResult:
    conclusion, counts = folded
    return ProfileResult(
        region=profile.region,
        profile=profile.id,
        version=profile.version,
        title=profile.title,
        level=profile.level,
        conclusion=conclusion,
        counts=counts,
        adopted=profile.adopted,
        dropped=profile.dropped,
    )


def _row(item: Item, row: Row, level: int, judged: Judged) -> ReportRow:
    verdict = row.verdict
    key = (item.region, item.profile, item.id)
    counted = item.status is Status.ACTIVE
    return ReportRow(
        region=item.region,
        profile=item.profile,
        id=item.id,
        title=item.title,
        text=item.text,
        modal=item.modal,
        level=item.level,
        status=item.status,
        holds_for=item.holds_for,
        source=item.source,
        binding=counted and item.level <= level,
        outcome=verdict.outcome,
        reason=reason_of(verdict, item.untested),
        hint=hint_of(verdict, item.hint),
        measured=tuple(_measured(each) for each in verdict.measured),
        cites=tuple(bounded(each, _CITATION_LIMIT) for each in verdict.cites),
        count=verdict.count,
        bad=verdict.bad,
        digest=row.digest,
        blame=verdict.blame,
        attested=key in judged.attested,
        annotations=tuple(bounded(each) for each in judged.annotations.get(key, ())),
        departure=item.departure,
        clause=item.clause,
    )


def _measured(measured: Measured) -> Measured:
    return Measured(
        name=bounded(measured.name),
        value=measured.value,
        unit=bounded(measured.unit),
        limit=measured.limit,
        uncertainty=measured.uncertainty,
    )


def _maybe(value: str | None) -> str | None:
    return None if value is None else bounded(value)
