"""Signing payloads and statements, and opening them again with every signature verified.

A payload names its signer with exactly the keys that sign: a signature that is missing shows, and
so does one too many.  What a key is worth is another question: ``trusted`` answers it.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, get_args

import msgspec
from msgspec import Struct

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.canonical import canonical
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.statement import PAYLOAD_TYPE, Signer, SignerKey, Statement
from cqsc_conform.trust.algorithms import keyid_of, sign, verifies
from cqsc_conform.trust.envelope import (
    Opened,
    encode_envelope,
    from_base64,
    open_envelope,
    pae,
    strict,
)
from cqsc_conform.trust.keys import Key, in_order, signer_of

__all__ = ["Signed", "kind_of", "open_payload", "open_statement", "sign_payload", "sign_statement"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
_KINDS = {each.__struct_config__.tag: each for each in get_args(Statement)}


class Signed(Struct, Generic[T_co], frozen=True):
    """A payload whose every signature verified; ``sha256`` is that of its envelope's bytes."""

    value: T_co
    signer: Signer
    sha256: str
    where: str


def kind_of(statement: Statement) -> str:
    """Name a statement's kind: ``plan``, ``verdicts``, ``endorsement`` and so on."""
    return str(statement.__struct_config__.tag).split("/")[-2]


def sign_statement(statement: Statement, keys: Sequence[Key]) -> bytes:
    """Sign a statement with all keys of one person; gives the envelope's bytes.

    :raises KitError: ``keys.not_the_signer`` when the statement names another signer, and what
        ``signer_of`` and ``sign`` raise.
    """
    return sign_payload(PAYLOAD_TYPE, statement, statement.predicate.signer, keys)


def sign_payload(payload_type: str, value: object, signer: Signer, keys: Sequence[Key]) -> bytes:
    """Sign the canonical JSON of a value that names its signer; gives the envelope's bytes.

    :raises KitError: as ``sign_statement``.
    """
    if signer_of([each.card for each in keys]) != signer:
        raise KitError("keys.not_the_signer", Blame.YOU, where=signer.name)
    private = {each.card.keyid: each.private for each in keys}
    payload = canonical(to_builtins(value))
    message = pae(payload_type, payload)
    signatures = tuple(
        (card.keyid, sign(private[card.keyid], message))
        for card in in_order([each.card for each in keys])
    )
    return encode_envelope(payload_type, payload, signatures)


def open_statement(data: bytes, where: str) -> Signed[Statement]:
    """Read a statement and verify all its signatures.

    :raises KitError: ``trust.payload_type``, ``.statement_kind`` (a predicate that is not ours),
        ``.not_statement``, ``.critical_unknown``, and what ``open_payload`` raises.
    """
    opened = _of_type(data, where, PAYLOAD_TYPE)
    strict(opened.payload, where)
    kind = _plain(opened).get("predicateType")
    if kind not in _KINDS:
        raise KitError("trust.statement_kind", Blame.YOU, where=where, kind=kind)
    statement = _typed(opened, _KINDS[kind])
    _hold_critical(statement.predicate, where)
    _verify(opened, statement.predicate.signer)
    return Signed(
        value=statement, signer=statement.predicate.signer, sha256=opened.sha256, where=where
    )


def open_payload(data: bytes, where: str, payload_type: str, kind: type[T]) -> Signed[T]:
    """Read a signed payload of one kind, which has a ``signer``, and verify its signatures.

    :raises KitError: ``trust.payload_type``, ``.not_statement``, ``.critical_unknown``,
        ``.signature_missing``, ``.signature_extra``, ``.signature_order``, ``.keyid_differs``,
        ``.signature_invalid``, ``.unsigned_payload``, and what ``open_envelope`` raises.
    """
    opened = _of_type(data, where, payload_type)
    strict(opened.payload, where)
    value = _typed(opened, kind)
    _hold_critical(value, where)
    signer: Signer = value.signer  # type: ignore[attr-defined]
    _verify(opened, signer)
    return Signed(value=value, signer=signer, sha256=opened.sha256, where=where)


def _of_type(data: bytes, where: str, payload_type: str) -> Opened:
    opened = open_envelope(data, where)
    if opened.payload_type != payload_type:
        raise KitError("trust.payload_type", Blame.YOU, where=where, found=opened.payload_type)
    return opened


def _plain(opened: Opened) -> dict[str, Any]:
    value = msgspec.json.decode(opened.payload)
    if not isinstance(value, dict):
        raise KitError("trust.not_statement", Blame.YOU, where=opened.where, why="object")
    return value


def _typed(opened: Opened, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(opened.payload, type=kind)
    except msgspec.DecodeError as error:
        raise KitError("trust.not_statement", Blame.YOU, where=opened.where, why=error) from error


def _hold_critical(value: Any, where: str) -> None:  # noqa: ANN401 - a payload or a predicate
    """Refuse what a reader must understand and this one does not."""
    known = set(value.__struct_encode_fields__)
    for name in value.critical:
        if name not in known:
            raise KitError("trust.critical_unknown", Blame.YOU, where=where, field=name)


def _verify(opened: Opened, signer: Signer) -> None:
    """Hold the signatures to the keys that the payload names, one by one and in their order."""
    wanted = [each.keyid for each in signer.keys]
    found = [keyid for keyid, _ in opened.signatures]
    if not wanted:
        raise KitError("trust.unsigned_payload", Blame.YOU, where=opened.where)
    for keyid in wanted:
        if keyid not in found:
            raise KitError("trust.signature_missing", Blame.YOU, where=opened.where, keyid=keyid)
    if len(found) > len(wanted):
        raise KitError("trust.signature_extra", Blame.YOU, where=opened.where)
    if found != wanted:
        raise KitError("trust.signature_order", Blame.YOU, where=opened.where)
    for key, (_, signature) in zip(signer.keys, opened.signatures, strict=True):
        _verify_one(opened, key, signature)


def _verify_one(opened: Opened, key: SignerKey, signature: bytes) -> None:
    info = from_base64(key.public_key, opened.where)
    if keyid_of(info) != key.keyid:
        raise KitError("trust.keyid_differs", Blame.YOU, where=opened.where)
    if not verifies(key.algorithm, info, opened.signed, signature):
        raise KitError(
            "trust.signature_invalid", Blame.YOU, where=opened.where, algorithm=key.algorithm.value
        )
