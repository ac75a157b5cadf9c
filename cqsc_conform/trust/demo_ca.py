"""A certification authority for tests and small laboratories, marked as a demonstration.

It issues what a real regional authority would: a leaf with the laboratory's URN and our critical
extended key usage.  Nothing else of running an authority is here: no audit, no revocation service.
"""

import base64
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.statement import Algorithm
from cqsc_conform.model.trust import KeyCard
from cqsc_conform.model.world import Entropy
from cqsc_conform.trust.algorithms import Sm2Private
from cqsc_conform.trust.certificates import LAB_PREFIX, LAB_USE
from cqsc_conform.trust.keys import Key, with_chain

__all__ = ["MARK", "issue_certificate", "make_authority"]

MARK = "DEMO 演示"
"""Stands in the name of every authority that is made here."""

_SERIAL_OCTETS = 16


def make_authority(
    key: Key, since: datetime, until: datetime, entropy: Entropy
) -> x509.Certificate:
    """Make the certificate of a demonstration authority: path length 0, self-signed.

    :raises KitError: ``keys.authority_key`` unless the key is for P-256.
    """
    private = _p256(key)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, MARK),
            x509.NameAttribute(NameOID.COMMON_NAME, key.card.name),
        ]
    )
    builder = (
        _builder(name, name, since, until, entropy)
        .public_key(private.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False
        )
    )
    return builder.sign(private, hashes.SHA256())


def issue_certificate(
    card: KeyCard,
    lab: str,
    authority: Key,
    issuer: x509.Certificate,
    since: datetime,
    until: datetime,
    entropy: Entropy,
) -> KeyCard:
    """Issue a certificate for a person's key in a laboratory; gives the card that bears it.

    :raises KitError: ``keys.lab_urn``, ``keys.authority_key``, ``keys.sm2_certificate`` (an SM2
        key needs an authority's own tools).
    """
    if not lab.startswith(LAB_PREFIX) or len(lab) == len(LAB_PREFIX) or not lab.isascii():
        raise KitError("keys.lab_urn", Blame.YOU, lab=lab)
    if card.algorithm is Algorithm.SM2:
        raise KitError("keys.sm2_certificate", Blame.YOU, where=card.name)
    private = _p256(authority)
    public = load_der_public_key(base64.b64decode(card.public_key))
    assert isinstance(public, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey)  # noqa: S101
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, card.name)])
    leaf = (
        _builder(subject, issuer.subject, since, until, entropy)
        .public_key(public)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([LAB_USE]), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(lab)]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(private.public_key()),
            critical=False,
        )
        .sign(private, hashes.SHA256())
    )
    der = base64.b64encode(leaf.public_bytes(Encoding.DER)).decode("ascii")
    return with_chain(card, (der,), lab)


def _p256(key: Key) -> ec.EllipticCurvePrivateKey:
    if isinstance(key.private, Sm2Private | ed25519.Ed25519PrivateKey):
        raise KitError("keys.authority_key", Blame.YOU, where=key.card.name)
    return key.private


def _builder(
    subject: x509.Name, issuer: x509.Name, since: datetime, until: datetime, entropy: Entropy
) -> x509.CertificateBuilder:
    serial = int.from_bytes(entropy.bytes(_SERIAL_OCTETS), "big") >> 1 or 1
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(serial)
        .not_valid_before(since)
        .not_valid_after(until)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs,
        crl_sign=not signs,
        encipher_only=False,
        decipher_only=False,
    )
