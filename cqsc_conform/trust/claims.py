"""What plan and verdict statements claim, read off the bundle they speak of.

The same functions make a statement and check one: a claim that the bundle does not bear out
differs from what is read here.
"""

from collections.abc import Mapping

from cqsc_conform.bundle.state import JournalState
from cqsc_conform.formats.canonical import digest
from cqsc_conform.model.codec import encode_readable, to_builtins
from cqsc_conform.model.manifest import Manifest
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.report import Report
from cqsc_conform.model.statement import (
    STATEMENT_TYPE,
    DeclarationPredicate,
    DeclarationStatement,
    EndorsementPredicate,
    EndorsementStatement,
    Link,
    PlanPredicate,
    PlanStatement,
    ProfileClaim,
    Resource,
    ResourceDigest,
    Role,
    Signer,
    VerdictsPredicate,
    VerdictsStatement,
)
from cqsc_conform.trust.envelope import sha256_of

__all__ = [
    "attempts_of",
    "declaration_statement",
    "endorsement_statement",
    "judged_claims",
    "plan_statement",
    "planned_claims",
    "resource",
    "verdicts_statement",
]


def resource(name: str, data: bytes) -> Resource:
    """Name a file that a statement is about, by the SHA-256 of its bytes."""
    return Resource(name=name, digest=ResourceDigest(sha256_of(data)))


def plan_statement(plan: Plan, signer: Signer, at: str, number: str | None = None) -> PlanStatement:
    """Say what is going to be tested; ``number`` is the laboratory's running number."""
    return PlanStatement(
        type=STATEMENT_TYPE,
        subject=(resource("plan.json", encode_readable(plan)),),
        predicate=PlanPredicate(
            signer=signer,
            at=at,
            kit=plan.kit,
            plan_digest=digest(to_builtins(plan)),
            target_digest=plan.target.digest,
            target=plan.target.subject,
            profiles=planned_claims(plan),
            level=plan.level,
            repeat=plan.repeat,
            seed=plan.seed,
            include_draft=plan.include_draft,
            consent=tuple(each.value for each in plan.consent),
            number=number,
            job_digest=plan.job_digest,
            retest_of=plan.retest_of,
            attempt=plan.supersedes.attempt if plan.supersedes else None,
        ),
    )


def verdicts_statement(
    signer: Signer,
    at: str,
    *,
    plan_link: Link,
    plan: Plan,
    manifest: Manifest,
    verdicts: bytes,
    state: JournalState,
    report: Report,
) -> VerdictsStatement:
    """Say what judging came to, of a finished run whose manifest is made."""
    return VerdictsStatement(
        type=STATEMENT_TYPE,
        subject=subjects_of(manifest, verdicts),
        predicate=VerdictsPredicate(
            signer=signer,
            at=at,
            follows=(plan_link,),
            kit=report.kit,
            plan_digest=manifest.plan_digest,
            run=state.header.run,
            started=state.header.at,
            ended=state.last_at,
            how=report.run.how,
            attempts=attempts_of(plan, state),
            resumed=state.resumed,
            requests=state.requests,
            journal_head=manifest.journal_head,
            evidence_root=manifest.evidence_root,
            complete=report.run.how == "complete",
            conclusion=report.conclusion,
            profiles=judged_claims(plan, report),
        ),
    )


def endorsement_statement(
    role: Role,
    signer: Signer,
    at: str,
    follows: tuple[Link, ...],
    subject: tuple[Resource, ...],
    remark: str | None = None,
) -> EndorsementStatement:
    """Say that somebody stands for the verdicts; ``subject`` is that of the verdicts."""
    return EndorsementStatement(
        type=STATEMENT_TYPE,
        subject=subject,
        predicate=EndorsementPredicate(
            signer=signer, at=at, follows=follows, role=role, remark=remark
        ),
    )


def declaration_statement(
    predicate: DeclarationPredicate, subject: tuple[Resource, ...]
) -> DeclarationStatement:
    """Wrap a declaration; ``subject`` is that of the verdicts."""
    return DeclarationStatement(type=STATEMENT_TYPE, subject=subject, predicate=predicate)


def subjects_of(manifest: Manifest, verdicts: bytes) -> tuple[Resource, ...]:
    """Name what the verdicts and all that follows them are about."""
    return (
        resource("manifest.json", encode_readable(manifest)),
        resource("verdicts.json", verdicts),
    )


def planned_claims(plan: Plan) -> tuple[ProfileClaim, ...]:
    """List the profiles of a plan."""
    return tuple(
        ProfileClaim(
            region=each.region,
            id=each.id,
            version=each.version,
            digest=each.digest,
            level=each.level,
        )
        for each in plan.profiles
    )


def judged_claims(plan: Plan, report: Report) -> tuple[ProfileClaim, ...]:
    """List the profiles of a plan with what each came to."""
    results = {(each.region, each.profile): each for each in report.results}
    return tuple(
        ProfileClaim(
            region=each.region,
            id=each.id,
            version=each.version,
            digest=each.digest,
            level=each.level,
            conclusion=result.conclusion,
            judged=result.counts.judged,
            total=result.counts.total,
        )
        for each in plan.profiles
        for result in (results[each.region, each.id],)
    )


def attempts_of(plan: Plan, state: JournalState) -> int:
    """Count the attempts of all probes, repeats included."""
    repeats = range(1, plan.repeat + 1)
    return sum(state.attempts(each.probe.id, repeat) for each in plan.probes for repeat in repeats)


def differing(claimed: Mapping[str, object], found: Mapping[str, object]) -> str | None:
    """Name the first field in which a claim differs from what the bundle shows."""
    return next((name for name in found if claimed.get(name) != found[name]), None)
