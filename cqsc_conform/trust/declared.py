"""Declarations in a bundle: what each may claim, and which of them stands.

The same conditions are held when one is made and when a bundle is verified: a declaration that
the bundle does not bear out is refused, whoever signed it.
"""

from datetime import UTC, datetime, timedelta

from cqsc_conform.bundle.open import Bundle
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.outcome import Conclusion, Modal, Outcome
from cqsc_conform.model.statement import (
    DeclarationPredicate,
    DeclarationStatement,
    Link,
    Role,
    Signer,
)
from cqsc_conform.trust.chain import (
    SIGNING_ROLES,
    Chain,
    link_to,
    log_proof_name,
    moment,
    stamp_name,
)
from cqsc_conform.trust.claims import declaration_statement, differing, judged_claims
from cqsc_conform.trust.log import verify_logged
from cqsc_conform.trust.proofs import read_proof
from cqsc_conform.trust.signing import Signed
from cqsc_conform.trust.stamps import read_stamp

__all__ = ["Change", "declared", "hold_declarations", "hold_fit", "hold_signer", "standing"]

_CLOCKS = timedelta(minutes=1)
Change = tuple[Link | None, Link | None, str | None]
"""What a declaration amends, what it recalls, and why."""


def declared(
    bundle: Bundle, chain: Chain, signer: Signer, at: str, number: str, change: Change
) -> DeclarationStatement:
    """Say what a bundle's declaration claims, read off the bundle.

    :raises KitError: ``declare.role_missing``.
    """
    for role in SIGNING_ROLES:
        if chain.verdicts is None or chain.endorsed_by(role) is None:
            raise KitError("declare.role_missing", Blame.YOU, role=role.value)
    assert chain.verdicts is not None  # noqa: S101 - held above
    plan, state, report = bundle.plan, bundle.state, bundle.report
    amends, recalls, reason = change
    predicate = DeclarationPredicate(
        signer=signer,
        at=at,
        follows=(link_to(chain.verdicts), *(link_to(each) for each in chain.endorsements)),
        number=number,
        target=plan.target.subject,
        target_digest=plan.target.digest,
        conclusion=report.conclusion,
        profiles=judged_claims(plan, report),
        started=state.header.at,
        ended=state.last_at,
        job_digest=plan.job_digest,
        amends=amends,
        recalls=recalls,
        reason=reason,
    )
    return declaration_statement(predicate, chain.verdicts.value.subject)


def hold_fit(bundle: Bundle, chain: Chain) -> None:
    """Hold that a bundle bears a declaration: what ran is the whole plan, and it conforms.

    :raises KitError: ``declare.incomplete``, ``.drafts``, ``.narrowed``, ``.non_conformant``,
        ``.inconclusive``, ``.waived``, ``.plan_unproven``, ``.plan_late``.
    """
    plan, report = bundle.plan, bundle.report
    if report.run.how != "complete":
        raise KitError("declare.incomplete", Blame.YOU)
    if plan.include_draft:
        raise KitError("declare.drafts", Blame.YOU)
    for each in report.results:
        binding = [
            row
            for row in report.requirements
            if row.binding and (row.region, row.profile) == (each.region, each.profile)
        ]
        skipped = sum(row.outcome is Outcome.SKIPPED for row in binding)
        if skipped:
            raise KitError("declare.narrowed", Blame.YOU, where=each.profile,
                           profile=each.profile, skipped=skipped, binding=len(binding))  # fmt: skip
    if report.conclusion is Conclusion.NON_CONFORMANT:
        raise KitError("declare.non_conformant", Blame.YOU)
    if report.conclusion is not Conclusion.CONFORMANT:
        raise KitError("declare.inconclusive", Blame.YOU)
    for row in report.requirements:
        if row.annotations and row.modal is Modal.SHALL and row.binding:
            raise KitError("declare.waived", Blame.YOU, where=row.id, requirement=row.id)
    _hold_noted(chain, moment(bundle.state.header.at, "journal.ndjson"))


def _hold_noted(chain: Chain, began: datetime) -> None:
    """Hold that the plan was noted or stamped before the run: afterwards anybody can choose.

    A time-stamp authority's clock may be a little ahead of this machine's.
    """
    name = chain.plan.where
    proof, stamp = chain.proofs.get(name), chain.stamps.get(name)
    noted = []
    if proof is not None:
        where = log_proof_name(name)
        head = verify_logged(read_proof(proof, where), chain.plan.sha256, where)
        noted.append(moment(head.value.at, where))
    if stamp is not None:
        stamped = read_stamp(stamp, stamp_name(name)).tst_info.gen_time.astimezone(UTC)
        noted.append(stamped - _CLOCKS)
    if not noted:
        raise KitError("declare.plan_unproven", Blame.YOU, where=name)
    if min(noted) > began:
        raise KitError("declare.plan_late", Blame.YOU, where=name)


def hold_signer(chain: Chain, signer: Signer) -> None:
    """Hold that the authoriser declares, or a key of his laboratory that signed in no other role.

    :raises KitError: ``declare.other_signer``.
    """
    authoriser = chain.endorsed_by(Role.AUTHORISER)
    assert authoriser is not None  # noqa: S101 - the chain of a declaration has all roles
    keyids = {each.keyid for each in signer.keys}
    if keyids == {each.keyid for each in authoriser.signer.keys}:
        return
    taken = {key.keyid for each in chain.endorsements for key in each.signer.keys}
    names = {each.signer.name for each in chain.endorsements}
    same_lab = signer.lab is not None and signer.lab == authoriser.signer.lab
    if not same_lab or keyids & taken or signer.name in names:
        raise KitError("declare.other_signer", Blame.YOU, name=signer.name)


def hold_declarations(bundle: Bundle, chain: Chain) -> None:
    """Hold each declaration of a bundle to what the bundle bears out.

    :raises KitError: ``trust.claim_differs``, what ``hold_fit`` and ``hold_signer`` raise.
    """
    for each in chain.declarations:
        said = each.value.predicate
        change = (said.amends, said.recalls, said.reason)
        again = declared(bundle, chain, said.signer, said.at, said.number, change).predicate
        # An endorsement that came later is not in it; those it names were held in the chain.
        claimed, found = (_claims(one) for one in (said, again))
        field = differing(claimed, found) or differing(found, claimed)
        if field is not None:
            raise KitError("trust.claim_differs", Blame.YOU, where=each.where, field=field)
        hold_signer(chain, said.signer)
        if said.recalls is None:
            hold_fit(bundle, chain)


def standing(chain: Chain) -> Signed[DeclarationStatement] | None:
    """Find the declaration that no later one amends or recalls; a recall itself stands for none."""
    gone = {
        link.sha256
        for each in chain.declarations
        for link in (each.value.predicate.amends, each.value.predicate.recalls)
        if link is not None
    }
    left = [
        each
        for each in chain.declarations
        if each.sha256 not in gone and each.value.predicate.recalls is None
    ]
    return max(left, key=lambda each: each.value.predicate.at, default=None)


def _claims(predicate: DeclarationPredicate) -> dict[str, object]:
    said: dict[str, object] = to_builtins(predicate)
    for name in ("critical", "follows"):
        said.pop(name, None)
    return said
