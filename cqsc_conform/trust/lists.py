"""Trust lists: opened, held to be fresh, and never older than one seen before."""

from datetime import datetime
from pathlib import Path

import msgspec

from cqsc_conform.bundle.disk import replace
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import decode, encode_readable
from cqsc_conform.model.trust import TRUST_LIST_PAYLOAD, SeenList, TrustList, TrustState
from cqsc_conform.trust.certificates import read_authority
from cqsc_conform.trust.chain import moment
from cqsc_conform.trust.envelope import strict
from cqsc_conform.trust.signing import Signed, open_payload

__all__ = ["admit", "hold_fresh", "open_list", "read_state", "seen", "write_state"]


def open_list(data: bytes, where: str) -> Signed[TrustList]:
    """Read a trust list and verify its signatures.

    :raises KitError: what ``open_payload`` and ``read_authority`` raise, ``trust.not_a_time``.
    """
    signed = open_payload(data, where, TRUST_LIST_PAYLOAD, TrustList)
    listed = signed.value
    times = [listed.issued, listed.next_update, *(each.at for each in listed.revoked)]
    times += [each.at for each in listed.withdrawn]
    validities = [each.validity for each in listed.authorities]
    for validity in (*validities, *(each.validity for each in listed.keys)):
        times += [validity.not_before, validity.not_after]
    for each in times:
        moment(each, where)
    for authority in listed.authorities:
        read_authority(authority)
    return signed


def hold_fresh(signed: Signed[TrustList], now: datetime) -> None:
    """Hold that a list was issued, and that its next one is not due yet.

    :raises KitError: ``trust.list_future``, ``trust.list_stale``.
    """
    listed = signed.value
    if now < moment(listed.issued, signed.where):
        raise KitError("trust.list_future", Blame.YOU, where=signed.where, at=listed.issued)
    if now >= moment(listed.next_update, signed.where):
        raise KitError("trust.list_stale", Blame.YOU, where=signed.where, at=listed.next_update)


def admit(
    signed: Signed[TrustList],
    state: TrustState,
    now: datetime,
    pinned: frozenset[str] = frozenset(),
) -> TrustState:
    """Hold a list to what was seen of its region before; gives what is to be remembered now.

    The first list of a region is taken as it is, unless ``pinned`` names the keyids that may
    sign it.

    :raises KitError: ``trust.list_rolled_back``, ``.list_forked`` (another list of the same
        sequence), ``.list_signer``, and what ``hold_fresh`` raises.
    """
    listed, signers = signed.value, {each.keyid for each in signed.signer.keys}
    hold_fresh(signed, now)
    before = next((each for each in state.lists if each.region == listed.region), None)
    if pinned and not signers & pinned:
        raise KitError("trust.list_signer", Blame.YOU, where=signed.where, region=listed.region)
    if before is not None:
        if listed.sequence < before.sequence:
            raise KitError(
                "trust.list_rolled_back",
                Blame.YOU,
                where=signed.where,
                sequence=listed.sequence,
                seen=before.sequence,
            )
        if listed.sequence == before.sequence and signed.sha256 != before.digest:
            raise KitError(
                "trust.list_forked", Blame.YOU, where=signed.where, sequence=listed.sequence
            )
        if not pinned and not signers & {*before.keyids, *before.next_keys}:
            raise KitError("trust.list_signer", Blame.YOU, where=signed.where, region=listed.region)
    others = tuple(each for each in state.lists if each.region != listed.region)
    return TrustState(lists=(*others, seen(signed)))


def seen(signed: Signed[TrustList]) -> SeenList:
    """Give what is remembered of a list."""
    return SeenList(
        region=signed.value.region,
        sequence=signed.value.sequence,
        digest=signed.sha256,
        keyids=tuple(each.keyid for each in signed.signer.keys),
        next_keys=signed.value.next_keys,
    )


def read_state(path: Path) -> TrustState:
    """Read what this machine remembers; nothing where there is no file.

    :raises KitError: ``trust.state_broken``, so that a broken memory never passes for none.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return TrustState()
    except OSError as error:
        raise KitError("trust.state_broken", Blame.YOU, where=str(path)) from error
    try:
        strict(data, str(path))
        return decode(data, TrustState)
    except (KitError, msgspec.DecodeError) as error:
        raise KitError("trust.state_broken", Blame.YOU, where=str(path)) from error


def write_state(path: Path, state: TrustState) -> None:
    """Remember what was seen, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, lambda file: file.write(encode_readable(state)))
