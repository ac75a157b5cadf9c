"""What proves when a statement existed: a time stamp, or a place in a log."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import decode, encode_readable
from cqsc_conform.model.statement import Statement
from cqsc_conform.model.trust import LogProof, TrustedKey, TrustList
from cqsc_conform.trust.certificates import hold_inside, load
from cqsc_conform.trust.chain import Chain, log_proof_name, moment, stamp_name
from cqsc_conform.trust.envelope import strict
from cqsc_conform.trust.log import verify_logged
from cqsc_conform.trust.signing import Signed
from cqsc_conform.trust.stamps import read_stamp, verify_stamp

__all__ = ["Proven", "proven", "read_proof"]


class Proven(Struct, frozen=True):
    """The earliest moment at which a statement is proven to have existed, and by what."""

    at: datetime
    by: Literal["time_stamp", "log"]
    number: str | None = None


def proven(
    chain: Chain, signed: Signed[Statement], envelope: bytes, trust: TrustList | None
) -> Proven | None:
    """Say when a statement is proven to have existed; without a trust list nothing is proven.

    Whatever lies beside a statement is read all the same, and must be about it.

    :raises KitError: what ``verify_stamp``, ``verify_logged``, ``read_proof`` and
        ``hold_inside`` raise, ``trust.log_untrusted``, ``trust.stamp_other``.
    """
    found = [
        each
        for each in (
            _by_stamp(chain.stamps.get(signed.where), envelope, signed.where, trust),
            _by_log(chain.proofs.get(signed.where), signed, trust),
        )
        if each is not None
    ]
    return min(found, key=lambda each: each.at, default=None)


def read_proof(data: bytes, where: str) -> LogProof:
    """Read a log's proof in its one spelling.

    :raises KitError: ``trust.log_form``, what ``strict`` raises.
    """
    strict(data, where)
    try:
        proof = decode(data, LogProof)
    except msgspec.DecodeError as error:
        raise KitError("trust.log_form", Blame.YOU, where=where) from error
    if encode_readable(proof) != data:
        raise KitError("trust.log_form", Blame.YOU, where=where)
    return proof


def _by_stamp(
    data: bytes | None, envelope: bytes, statement: str, trust: TrustList | None
) -> Proven | None:
    if data is None:
        return None
    where = stamp_name(statement)
    if trust is None:
        read_stamp(data, where)
        return None
    listed = [each for each in trust.keys if each.use == "time_stamp" and each.certificate]
    roots = {load(each.certificate or "", each.name): each for each in listed}
    at, root = verify_stamp(data, envelope, tuple(roots), where)
    _hold_listed(roots[root], at, trust, where)
    return Proven(at=at, by="time_stamp")


def _by_log(
    data: bytes | None, signed: Signed[Statement], trust: TrustList | None
) -> Proven | None:
    if data is None:
        return None
    where = log_proof_name(signed.where)
    proof = read_proof(data, where)
    head = verify_logged(proof, signed.sha256, where)
    if trust is None:
        return None
    at = moment(head.value.at, where)
    keyids = {each.keyid for each in head.signer.keys}
    listed = [each for each in trust.keys if each.use == "log" and each.keyid in keyids]
    if not listed:
        raise KitError("trust.log_untrusted", Blame.YOU, where=where, name=head.value.log)
    _hold_listed(listed[0], at, trust, where)
    return Proven(at=at, by="log", number=proof.entry.number)


def _hold_listed(key: TrustedKey, at: datetime, trust: TrustList, where: str) -> None:
    """Hold a log or a time-stamp authority to its validity, and to not being revoked."""
    hold_inside(key.validity, (at,), where, key.name)
    for each in trust.revoked:
        if each.keyid == key.keyid and (
            each.reason == "key_compromise" or at >= moment(each.at, where)
        ):
            raise KitError(
                "trust.revoked",
                Blame.YOU,
                where=where,
                name=key.name,
                at=each.at,
                reason=each.reason,
            )
