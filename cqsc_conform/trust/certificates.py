"""A laboratory's certificate (RFC 5280): issued by a listed authority, for a laboratory, in time.

The path is one step: a leaf directly under a regional authority whose path length is 0.  The leaf
bears the laboratory's URN as URI in its subject alternative name, and critically an extended key
usage of our own, so that no certificate made for something else passes.
"""

import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtensionOID, NameOID

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.der import DerFault, key_info_of
from cqsc_conform.model.statement import Algorithm, SignerKey
from cqsc_conform.model.trust import Authority, KeyCard, LabFacts, Validity
from cqsc_conform.model.world import rfc3339
from cqsc_conform.trust.algorithms import keyid_of, verifies
from cqsc_conform.trust.envelope import from_base64

__all__ = [
    "LAB_PREFIX",
    "LAB_USE",
    "facts_of_authority",
    "facts_of_card",
    "hold_inside",
    "lab_of",
    "load",
    "read_authority",
]

LAB_USE = x509.ObjectIdentifier("2.25.72101638907969409791030669319475230005")
"""Extended key usage: signs statements of a laboratory.  An OID by UUID (ITU-T X.667)."""
LAB_PREFIX = "urn:lab:"

_SM2_WITH_SM3 = "1.2.156.10197.1.501"
_STRONG = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
E = TypeVar("E", bound=x509.ExtensionType)


def lab_of(key: SignerKey, authorities: Sequence[Authority], where: str) -> LabFacts:
    """Say which laboratory a key belongs to, by its certificate under a listed authority.

    Times are not looked at here.

    :raises KitError: ``trust.chain_length``, ``.certificate_form``, ``.certificate_other_key``,
        ``.chain_untrusted``, ``.certificate_signature``, ``.certificate_critical``,
        ``.certificate_use``, ``.certificate_no_lab``, and what ``read_authority`` raises.
    """
    if len(key.chain) != 1:
        raise KitError("trust.chain_length", Blame.YOU, where=where, count=len(key.chain))
    leaf = load(key.chain[0], where)
    if _key_info(leaf, where) != from_base64(key.public_key, where):
        raise KitError("trust.certificate_other_key", Blame.YOU, where=where)
    authority, issuer = _issuer_of(leaf, authorities, where)
    if not _issued_by(leaf, issuer, where):
        raise KitError("trust.certificate_signature", Blame.YOU, where=where, name=authority.name)
    _hold_leaf(leaf, where)
    return LabFacts(
        lab=_lab_urn(leaf, where),
        subject=_common_name(leaf),
        keyid=key.keyid,
        validity=_validity(leaf),
        authority=authority.name,
        region=authority.region,
        scope=authority.scope,
    )


def load(text: str, where: str) -> x509.Certificate:
    """Read a certificate from Base64 of its DER.

    :raises KitError: ``trust.certificate_form``, ``trust.base64``.
    """
    data = from_base64(text, where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = x509.load_der_x509_certificate(data)
            list(read.extensions)
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise KitError("trust.certificate_form", Blame.YOU, where=where) from error
    return read


def read_authority(authority: Authority) -> x509.Certificate:
    """Read an authority's certificate and hold it to being one, with path length 0.

    :raises KitError: ``trust.authority_form``, ``trust.certificate_form``.
    """
    read = load(authority.certificate, authority.name)
    constraints = _extension(read, x509.BasicConstraints)
    usage = _extension(read, x509.KeyUsage)
    is_one = constraints is not None and constraints.ca and constraints.path_length == 0
    if not is_one or usage is None or not usage.key_cert_sign or _unknown(read):
        raise KitError("trust.authority_form", Blame.YOU, where=authority.name)
    return read


def hold_inside(validity: Validity, moments: Sequence[datetime], where: str, name: str) -> None:
    """Hold that moments lie inside a validity.

    :raises KitError: ``trust.not_yet_valid``, ``trust.expired``.
    """
    start = datetime.fromisoformat(validity.not_before)
    end = datetime.fromisoformat(validity.not_after)
    for each in moments:
        at = rfc3339(each)
        if each < start:
            raise KitError(
                "trust.not_yet_valid",
                Blame.YOU,
                where=where,
                name=name,
                at=at,
                since=validity.not_before,
            )
        if each >= end:
            raise KitError(
                "trust.expired",
                Blame.YOU,
                where=where,
                name=name,
                at=at,
                until=validity.not_after,
            )


def facts_of_card(card: KeyCard) -> tuple[Validity, ...]:
    """Give the validity of each certificate that a card bears."""
    return tuple(_validity(load(each, card.name)) for each in card.chain)


def facts_of_authority(authority: Authority) -> tuple[str, Validity]:
    """Give the keyid and the validity of an authority's own certificate."""
    read = load(authority.certificate, authority.name)
    return keyid_of(_key_info(read, authority.name)), _validity(read)


def _issuer_of(
    leaf: x509.Certificate, authorities: Sequence[Authority], where: str
) -> tuple[Authority, x509.Certificate]:
    """Find the authority by name; of several with one name, the one whose key signed."""
    named = [
        (each, read)
        for each in authorities
        for read in (read_authority(each),)
        if read.subject == leaf.issuer
    ]
    if not named:
        issuer = leaf.issuer.rfc4514_string()[:80]
        raise KitError("trust.chain_untrusted", Blame.YOU, where=where, issuer=issuer)
    return next((pair for pair in named if _issued_by(leaf, pair[1], where)), named[0])


def _issued_by(leaf: x509.Certificate, issuer: x509.Certificate, where: str) -> bool:
    if leaf.signature_algorithm_oid.dotted_string == _SM2_WITH_SM3:
        try:
            info = _key_info(issuer, where)
            return verifies(Algorithm.SM2, info, leaf.tbs_certificate_bytes, leaf.signature)
        except KitError:
            return False
    try:
        weak = leaf.signature_hash_algorithm
        if weak is not None and not isinstance(weak, _STRONG):
            return False
        leaf.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _hold_leaf(leaf: x509.Certificate, where: str) -> None:
    """Hold a leaf to what a laboratory's certificate is, and to nothing that is not understood."""
    unknown = _unknown(leaf)
    if unknown:
        raise KitError("trust.certificate_critical", Blame.YOU, where=where, oid=unknown)
    constraints = _extension(leaf, x509.BasicConstraints)
    usage = _extension(leaf, x509.KeyUsage)
    purposes = _extension(leaf, x509.ExtendedKeyUsage)
    for_labs = purposes is not None and LAB_USE in purposes
    signs = usage is not None and usage.digital_signature
    if not for_labs or not signs or (constraints is not None and constraints.ca):
        raise KitError("trust.certificate_use", Blame.YOU, where=where)
    if not leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).critical:
        raise KitError("trust.certificate_use", Blame.YOU, where=where)


def _unknown(read: x509.Certificate) -> str | None:
    """Name a critical extension that is not understood here."""
    critical = (each.oid for each in read.extensions if each.critical)
    return next((str(oid.dotted_string) for oid in critical if oid not in _UNDERSTOOD), None)


def _extension(read: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return read.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _lab_urn(leaf: x509.Certificate, where: str) -> str:
    names = _extension(leaf, x509.SubjectAlternativeName)
    uris = [] if names is None else names.get_values_for_type(x509.UniformResourceIdentifier)
    labs = [each for each in uris if each.startswith(LAB_PREFIX)]
    if len(labs) != 1:
        raise KitError("trust.certificate_no_lab", Blame.YOU, where=where)
    return labs[0]


def _common_name(leaf: x509.Certificate) -> str:
    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def _validity(read: x509.Certificate) -> Validity:
    return Validity(rfc3339(read.not_valid_before_utc), rfc3339(read.not_valid_after_utc))


def _key_info(read: x509.Certificate, where: str) -> bytes:
    try:
        return key_info_of(read.tbs_certificate_bytes)
    except DerFault as error:
        raise KitError("trust.certificate_form", Blame.YOU, where=where) from error
