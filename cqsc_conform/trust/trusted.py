"""Whether a trust list vouches for a signer: key, laboratory, scope, time, revocation."""

from collections.abc import Sequence
from datetime import datetime

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.statement import Algorithm, SignerKey, Statement
from cqsc_conform.model.trust import LabFacts, Revocation, TrustedKey, TrustList
from cqsc_conform.trust.certificates import facts_of_authority, hold_inside, lab_of
from cqsc_conform.trust.chain import moment
from cqsc_conform.trust.signing import Signed

__all__ = ["in_scope", "trusted"]


def trusted(
    signed: Signed[Statement],
    trust: TrustList,
    *,
    now: datetime,
    profiles: Sequence[str],
    proven_at: datetime | None = None,
) -> LabFacts:
    """Say for which laboratory somebody signed, if the list vouches for it.

    Every key of an algorithm that the list accepts must be trusted for all ``profiles``, at the
    time that the statement claims and at the time that a stamp or log proves; where nothing
    proves a time, it must still be trusted ``now``.

    :raises KitError: ``trust.clock_before_issue``, ``.algorithm_required``,
        ``.algorithm_accepted``, ``.key_untrusted``, ``.labs_differ``, ``.name_differs``,
        ``.lab_differs``, ``.out_of_scope``, ``.revoked``, ``.proven_before_issue``, and what
        ``lab_of`` and ``hold_inside`` raise.
    """
    claimed = moment(signed.value.predicate.at, signed.where)
    if now < claimed:
        raise KitError(
            "trust.clock_before_issue", Blame.YOU, where=signed.where, at=signed.value.predicate.at
        )
    if proven_at is not None and proven_at < claimed:
        raise KitError("trust.proven_before_issue", Blame.YOU, where=signed.where)
    moments = (claimed, now if proven_at is None else proven_at)
    facts = [
        _key_trusted(signed, key, trust, moments, profiles, proven_at)
        for key in _accepted(signed, trust)
    ]
    if any(each.lab != facts[0].lab for each in facts):
        raise KitError("trust.labs_differ", Blame.YOU, where=signed.where)
    return facts[0]


def in_scope(profile: str, scope: Sequence[str]) -> bool:
    """Tell whether a profile is in a scope of ids and of patterns that end in ``*``."""
    return any(
        profile.startswith(each[:-1]) if each.endswith("*") else profile == each for each in scope
    )


def _accepted(signed: Signed[Statement], trust: TrustList) -> list[SignerKey]:
    has = {each.algorithm for each in signed.signer.keys}
    for algorithm in trust.requires:
        if algorithm not in has:
            raise KitError(
                "trust.algorithm_required",
                Blame.YOU,
                where=signed.where,
                algorithm=algorithm.value,
            )
    accepted = [each for each in signed.signer.keys if each.algorithm in trust.accepts]
    if not accepted:
        found = ", ".join(sorted(each.value for each in has))
        raise KitError("trust.algorithm_accepted", Blame.YOU, where=signed.where, found=found)
    return accepted


def _key_trusted(
    signed: Signed[Statement],
    key: SignerKey,
    trust: TrustList,
    moments: tuple[datetime, datetime],
    profiles: Sequence[str],
    proven_at: datetime | None,
) -> LabFacts:
    where = signed.where
    listed = next(
        (each for each in trust.keys if each.use == "statement" and each.keyid == key.keyid), None
    )
    if listed is not None:
        facts, issuer = _by_list(key, listed), ""
    else:
        facts, issuer = _by_chain(key, trust, moments, where)
    hold_inside(facts.validity, moments, where, facts.subject)
    if signed.signer.name != facts.subject:
        raise KitError(
            "trust.name_differs",
            Blame.YOU,
            where=where,
            name=signed.signer.name,
            known=facts.subject,
        )
    if signed.signer.lab is not None and signed.signer.lab != facts.lab:
        raise KitError(
            "trust.lab_differs", Blame.YOU, where=where, lab=signed.signer.lab, known=facts.lab
        )
    for profile in profiles:
        if not in_scope(profile, facts.scope):
            raise KitError(
                "trust.out_of_scope", Blame.YOU, where=where, name=facts.lab, profile=profile
            )
    for each in trust.revoked:
        if each.keyid in {key.keyid, issuer}:
            _hold_unrevoked(each, moments[0], proven_at, where, facts.subject)
    return facts


def _by_list(key: SignerKey, listed: TrustedKey) -> LabFacts:
    return LabFacts(
        lab=listed.lab or "",
        subject=listed.name,
        keyid=key.keyid,
        validity=listed.validity,
        authority="",
        region="",
        scope=listed.scope,
    )


def _by_chain(
    key: SignerKey, trust: TrustList, moments: Sequence[datetime], where: str
) -> tuple[LabFacts, str]:
    """Give what the certificate says, and its issuer's keyid."""
    if not key.chain:
        raise KitError("trust.key_untrusted", Blame.YOU, where=where, keyid=key.keyid)
    facts = lab_of(key, trust.authorities, where)
    authority = next(
        each
        for each in trust.authorities
        if (each.name, each.region) == (facts.authority, facts.region)
    )
    issuer, own = facts_of_authority(authority)
    for validity in (authority.validity, own):
        hold_inside(validity, moments, where, authority.name)
    return facts, issuer


def _hold_unrevoked(
    revoked: Revocation, claimed: datetime, proven_at: datetime | None, where: str, name: str
) -> None:
    """Refuse what was signed after a revocation.

    Of a compromised key the claimed time is worth nothing: whoever has the key claims what he
    likes, so that a proven time before is demanded.
    """
    since = moment(revoked.at, where)
    at = proven_at if revoked.reason == "key_compromise" else claimed
    if at is None or at >= since:
        raise KitError(
            "trust.revoked",
            Blame.YOU,
            where=where,
            name=name,
            at=revoked.at,
            reason=revoked.reason,
        )


def algorithms_of(signed: Signed[Statement]) -> tuple[Algorithm, ...]:
    """List the algorithms of a statement's signatures."""
    return tuple(each.algorithm for each in signed.signer.keys)
