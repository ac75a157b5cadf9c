"""Verifying a bundle offline: integrity, chain, claims, trust, replay, in this order.

Whatever fails is raised as an error of its own; what is returned was all shown.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from cqsc_conform.bundle.open import Bundle
from cqsc_conform.bundle.verify import Integrity, verify_integrity
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import encode_readable, to_builtins
from cqsc_conform.model.statement import (
    EndorsementStatement,
    Link,
    RecognitionStatement,
    Role,
    Statement,
)
from cqsc_conform.model.trust import SignedBy, TrustList, Verification
from cqsc_conform.model.world import rfc3339
from cqsc_conform.trust.chain import Chain, moment, verify_chain
from cqsc_conform.trust.claims import differing, plan_statement, verdicts_statement
from cqsc_conform.trust.declared import hold_declarations
from cqsc_conform.trust.envelope import sha256_of
from cqsc_conform.trust.lists import seen
from cqsc_conform.trust.proofs import Proven, proven
from cqsc_conform.trust.replay import Judging, Replayed, hold_replay
from cqsc_conform.trust.signing import Signed, kind_of
from cqsc_conform.trust.trusted import algorithms_of, trusted

__all__ = ["Verified", "verify_bundle"]


class Verified(Struct, frozen=True):
    """A bundle of which all was shown: for reports in words, and for who builds on it."""

    verification: Verification
    chain: Chain
    proven: dict[str, Proven]
    integrity: Integrity


def verify_bundle(
    bundle: Bundle,
    *,
    now: datetime,
    judging: Judging | None,
    trust: Signed[TrustList] | None = None,
) -> Verified:
    """Verify a bundle; ``trust`` is a list that was opened and admitted before.

    :raises KitError: what ``verify_integrity``, ``verify_chain``, ``proven``, ``trusted`` and
        ``hold_replay`` raise, ``trust.claim_differs``, ``.subject_differs``, ``.plan_late``,
        ``.verdicts_early``, ``.labs_mixed``, ``.clock_before_issue``, what
        ``hold_declarations`` raises.
    """
    integrity = verify_integrity(bundle)
    files = dict(bundle.statements)
    chain = verify_chain(files)
    _hold_claims(bundle, integrity, chain)
    hold_declarations(bundle, chain)
    listed = None if trust is None else trust.value
    when = {}
    for each in chain.all:
        if now < moment(each.value.predicate.at, each.where):
            raise KitError(
                "trust.clock_before_issue",
                Blame.YOU,
                where=each.where,
                at=each.value.predicate.at,
            )
        found = proven(chain, each, files[each.where], listed)
        if found is not None:
            when[each.where] = found
    profiles = tuple(dict.fromkeys(each.id for each in bundle.plan.profiles))
    statements = tuple(
        _signed_by(each, listed, now, profiles, when.get(each.where)) for each in chain.all
    )
    _hold_one_lab(chain, statements)
    replayed = None if judging is None else hold_replay(bundle, integrity.removed, judging)
    verification = _said(integrity, chain, statements, replayed, now)
    verification = msgspec.structs.replace(verification, supersedes=bundle.plan.supersedes)
    if trust is not None:
        verification = _with_list(verification, bundle, trust)
    return Verified(verification=verification, chain=chain, proven=when, integrity=integrity)


def _hold_claims(bundle: Bundle, integrity: Integrity, chain: Chain) -> None:
    """Make the statements again from the bundle and hold the signed ones to them."""
    signed = chain.plan
    planned = signed.value.predicate
    _hold_same(signed, plan_statement(bundle.plan, planned.signer, planned.at, planned.number))
    if moment(planned.at, signed.where) > moment(bundle.state.header.at, "journal.ndjson"):
        raise KitError("trust.plan_late", Blame.YOU, where=signed.where, at=planned.at)
    if chain.verdicts is None:
        return
    judged = chain.verdicts.value.predicate
    again = verdicts_statement(
        judged.signer,
        judged.at,
        plan_link=Link(name=signed.where, sha256=signed.sha256),
        plan=bundle.plan,
        manifest=integrity.manifest,
        verdicts=bundle.file("verdicts.json"),
        state=bundle.state,
        report=bundle.report,
    )
    _hold_same(chain.verdicts, again)
    if moment(judged.at, chain.verdicts.where) < moment(bundle.state.last_at, "journal.ndjson"):
        raise KitError("trust.verdicts_early", Blame.YOU, where=chain.verdicts.where)


def _hold_same(signed: Signed[Statement], again: Statement) -> None:
    if signed.value.subject != again.subject:
        name = again.subject[0].name
        raise KitError("trust.subject_differs", Blame.YOU, where=signed.where, name=name)
    claimed, found = (to_builtins(each.predicate) for each in (signed.value, again))
    # What was critical is known here, or the statement had been refused.
    claimed.pop("critical", None)
    field = differing(claimed, found) or differing(found, claimed)
    if field is not None:
        raise KitError("trust.claim_differs", Blame.YOU, where=signed.where, field=field)


def _signed_by(
    signed: Signed[Statement],
    trust: TrustList | None,
    now: datetime,
    profiles: Sequence[str],
    when: Proven | None,
) -> SignedBy:
    lab = None
    # Another region's recognition is its own to answer for: its list vouches for it, not ours.
    if trust is not None and not isinstance(signed.value, RecognitionStatement):
        at = None if when is None else when.at
        lab = trusted(signed, trust, now=now, profiles=profiles, proven_at=at)
    return SignedBy(
        link=Link(name=signed.where, sha256=signed.sha256),
        kind=kind_of(signed.value),
        name=signed.signer.name,
        keyids=tuple(each.keyid for each in signed.signer.keys),
        algorithms=algorithms_of(signed),
        at=signed.value.predicate.at,
        trusted=lab is not None,
        role=_role(signed.value),
        lab=lab,
        proven_at=None if when is None else rfc3339(when.at),
        proven_by=None if when is None else when.by,
    )


def _role(statement: Statement) -> Role | None:
    return statement.predicate.role if isinstance(statement, EndorsementStatement) else None


def _hold_one_lab(chain: Chain, statements: Sequence[SignedBy]) -> None:
    """Hold that one laboratory stands behind the whole."""
    ours = [each for each in statements if each.kind != "recognition"]
    said = {each.signer.lab for each in chain.all if kind_of(each.value) != "recognition"}
    labs = {each.lab.lab for each in ours if each.lab is not None}
    for several in (said, labs):
        if len(several) > 1:
            names = ", ".join(sorted(each or "-" for each in several))
            raise KitError("trust.labs_mixed", Blame.YOU, where=statements[-1].link.name,
                           names=names)  # fmt: skip


def _said(
    integrity: Integrity,
    chain: Chain,
    statements: tuple[SignedBy, ...],
    replayed: Replayed | None,
    now: datetime,
) -> Verification:
    removed: dict[str, tuple[str, ...]] = {}
    for (evidence, _), names in sorted(integrity.removed.items()):
        removed[evidence] = tuple(sorted({*removed.get(evidence, ()), *names}))
    return Verification(
        schema="cqsc-verification/1",
        manifest_digest=sha256_of(encode_readable(integrity.manifest)),
        plan_digest=integrity.manifest.plan_digest,
        statements=statements,
        roles=chain.roles,
        records=integrity.records,
        replayed=None if replayed is None else replayed.confirmed,
        not_replayable=() if replayed is None else replayed.not_replayable,
        removed=removed,
        at=rfc3339(now),
    )


def _with_list(
    verification: Verification, bundle: Bundle, trust: Signed[TrustList]
) -> Verification:
    """Add what the list says: which one it was, and which verdicts rest on withdrawn checks."""
    gone = {(each.check, each.version) for each in trust.value.withdrawn}
    withdrawn = tuple(
        each.id
        for each in bundle.plan.items
        if each.check is not None and (each.check.check, each.check_version) in gone
    )
    return msgspec.structs.replace(verification, trust_list=seen(trust), withdrawn=withdrawn)
