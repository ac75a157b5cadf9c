"""Commitments to evidence, leaf by leaf, so that a leaf can be removed and the root still holds.

The leaves are those of ``leaves``, in its order.  A leaf's salt is
``HMAC-SHA256(seed, name)[:16]``; its commitment is ``SHA-256(0x00 ‖ salt ‖ JCS([name, content]))``,
which is the RFC 6962 hash of a leaf; the commitment of a record is the Merkle root over its
leaves.  Hashes are written in lower-case hex.
"""

import hashlib
from collections.abc import Iterable, Sequence

from cqsc_conform.bundle.leaves import chunk_name, invalid_redaction, leaves
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.merkle import root_of, root_of_data
from cqsc_conform.model.evidence import Evidence, Record, Trace

__all__ = [
    "SALT_BYTES",
    "SEED_BYTES",
    "commitment_of",
    "evidence_root",
    "leaf_commitment",
    "record_of",
    "salts",
    "verify_record",
]

SEED_BYTES = 32
SALT_BYTES = 16

_sha256 = hashlib.sha256
_INNER = bytes(each ^ 0x36 for each in range(256))
_OUTER = bytes(each ^ 0x5C for each in range(256))
_BLOCK = 64


def salts(seed: bytes, names: Iterable[str]) -> list[bytes]:
    """Derive the salt of each named leaf: the first 16 bytes of HMAC-SHA256 over its name.

    The two halves of the HMAC are begun once a record and continued for each leaf, which
    more than halves the cost of calls to ``hmac``.
    """
    block = seed.ljust(_BLOCK, b"\x00")
    inner, outer = _sha256(block.translate(_INNER)).copy, _sha256(block.translate(_OUTER)).copy
    derived = []
    for name in names:
        inside, outside = inner(), outer()
        inside.update(name.encode())
        outside.update(inside.digest())
        derived.append(outside.digest()[:SALT_BYTES])
    return derived


def leaf_commitment(salt: bytes, data: bytes) -> bytes:
    """Commit to the canonical form of a leaf under its salt."""
    hashing = _sha256(b"\x00" + salt)
    # Large bodies are not copied to stand behind their salt.
    hashing.update(data)
    return hashing.digest()


def commitment_of(evidence: Evidence, seed: bytes) -> str:
    """Compute the commitment of whole evidence under a seed of 32 random bytes."""
    listed = leaves(evidence)
    salted = zip(salts(seed, [name for name, _ in listed]), listed, strict=True)
    return root_of(
        [leaf_commitment(salt, data) for salt, (_, data) in salted if data is not None]
    ).hex()


def record_of(evidence: Evidence, seed: bytes) -> Record:
    """Make the whole record of evidence under a seed of 32 random bytes."""
    return Record(evidence=evidence, commitment=commitment_of(evidence, seed), seed=seed.hex())


def verify_record(record: Record) -> None:
    """Recompute the commitment of a record, whole or redacted.

    :raises KitError: ``bundle.evidence_changed`` when it differs, ``bundle.redaction_invalid``
        when the record is neither whole nor properly redacted.
    """
    if record.seed is not None:
        if record.salts or record.removed:
            raise invalid_redaction(record.evidence.id, "seed")
        computed = commitment_of(record.evidence, _hex(record, record.seed, SEED_BYTES))
    else:
        computed = _redacted_commitment(record)
    if computed != record.commitment:
        raise KitError("bundle.evidence_changed", Blame.YOU, where=record.evidence.id)


def evidence_root(commitments: Sequence[str]) -> str:
    """Compute the Merkle root over record commitments; each one's 32 bytes are a leaf.

    Over all commitments in the journal's order it is the root of a run's evidence, over those
    of one segment in its order the segment's.
    """
    return root_of_data(bytes.fromhex(each) for each in commitments).hex()


def _redacted_commitment(record: Record) -> str:
    hashes = []
    kept = set()
    if isinstance(record.evidence, Trace):
        for number, chunk in enumerate(record.evidence.chunks, 1):
            name = chunk_name(number)
            if record.removed.get(name, chunk.commitment) != chunk.commitment:
                raise invalid_redaction(record.evidence.id, name)
    if not record.removed:
        raise invalid_redaction(record.evidence.id, "seed")
    for name, data in leaves(record.evidence, record.removed):
        if data is None:
            hashes.append(_hex(record, record.removed[name], 32))
            continue
        if name not in record.salts:
            raise invalid_redaction(record.evidence.id, name)
        kept.add(name)
        hashes.append(leaf_commitment(_hex(record, record.salts[name], SALT_BYTES), data))
    if kept != record.salts.keys():
        raise invalid_redaction(record.evidence.id, min(record.salts.keys() - kept))
    return root_of(hashes).hex()


def _hex(record: Record, text: str, size: int) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    # Only one spelling is let through: fromhex takes spaces and capitals too.
    if len(value) != size or value.hex() != text:
        raise invalid_redaction(record.evidence.id, "hex")
    return value
