"""DSSE envelopes (DSSE 1.0), read strictly: one spelling, no name twice, nothing unknown."""

import base64
import binascii
import hashlib
import json

import msgspec
from msgspec import Struct

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.codec import decode, encode_readable
from cqsc_conform.model.statement import Envelope, EnvelopeSignature

__all__ = [
    "MAX_ENVELOPE",
    "Opened",
    "base64_text",
    "encode_envelope",
    "from_base64",
    "open_envelope",
    "pae",
    "sha256_of",
    "strict",
]

MAX_ENVELOPE = 4 * 2**20
"""Bytes of an envelope, 4 MiB: a statement is a few kilobytes, a large trust list some more."""


class Opened(Struct, frozen=True):
    """An envelope taken apart; nothing of it is verified yet.

    ``signatures`` are (keyid, signature); ``sha256`` is that of the envelope's own bytes.
    """

    where: str
    payload_type: str
    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]
    sha256: str

    @property
    def signed(self) -> bytes:
        """Give the bytes that are signed."""
        return pae(self.payload_type, self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Encode type and payload for signing (DSSE 1.0, pre-authentication encoding)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sha256_of(data: bytes) -> str:
    """Give the SHA-256 of bytes in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def base64_text(data: bytes) -> str:
    """Write standard Base64."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, where: str) -> bytes:
    """Read standard Base64 in its one spelling.

    :raises KitError: ``trust.base64``.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise KitError("trust.base64", Blame.YOU, where=where) from error
    # Bits behind the last octet, which decoding drops, would make two spellings of one value.
    if base64_text(data) != text:
        raise KitError("trust.base64", Blame.YOU, where=where)
    return data


def strict(data: bytes, where: str) -> None:
    """Hold bytes to JSON in which no name occurs twice and no number is out of range.

    :raises KitError: ``trust.too_large``, ``trust.duplicate_key``, ``trust.not_json``.
    """
    if len(data) > MAX_ENVELOPE:
        raise KitError("trust.too_large", Blame.YOU, where=where, limit=MAX_ENVELOPE)

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise KitError("trust.duplicate_key", Blame.YOU, where=where)
        return found

    try:
        # The bounded reader goes first: it refuses depth and digits before anything is built.
        read_json(data, max_bytes=MAX_ENVELOPE)
        json.loads(data, object_pairs_hook=once)
    except JsonFault as fault:
        raise KitError("trust.not_json", Blame.YOU, where=where, why=fault.code) from fault
    except (ValueError, RecursionError) as error:
        raise KitError("trust.not_json", Blame.YOU, where=where, why="syntax") from error


def encode_envelope(
    payload_type: str, payload: bytes, signatures: tuple[tuple[str, bytes], ...]
) -> bytes:
    """Write an envelope in its one spelling."""
    return encode_readable(
        Envelope(
            payload=base64_text(payload),
            payload_type=payload_type,
            signatures=tuple(
                EnvelopeSignature(keyid=keyid, sig=base64_text(signature))
                for keyid, signature in signatures
            ),
        )
    )


def open_envelope(data: bytes, where: str) -> Opened:
    """Take an envelope apart.

    :raises KitError: ``trust.envelope_form``, ``.envelope_spelling``, and what ``strict`` and
        ``from_base64`` raise.
    """
    strict(data, where)
    try:
        envelope = decode(data, Envelope)
    except msgspec.DecodeError as error:
        raise KitError("trust.envelope_form", Blame.YOU, where=where, why=error) from error
    if encode_readable(envelope) != data:
        raise KitError("trust.envelope_spelling", Blame.YOU, where=where)
    return Opened(
        where=where,
        payload_type=envelope.payload_type,
        payload=from_base64(envelope.payload, where),
        signatures=tuple(
            (each.keyid, from_base64(each.sig, where)) for each in envelope.signatures
        ),
        sha256=sha256_of(data),
    )
