"""What an X.509 certificate says (RFC 5280): names, validity, key, signature; verifies nothing."""

import ipaddress
import warnings
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from msgspec import Struct

__all__ = ["Certificate", "CertificateFault", "matches", "read_certificate"]

_SM2_CURVE = bytes.fromhex("06082a811ccf5501822d")
_HASHES = {
    "1.2.840.113549.1.1.4": "MD5",
    "1.2.840.113549.1.1.5": "SHA-1",
    "1.3.14.3.2.29": "SHA-1",
    "1.2.840.10040.4.3": "SHA-1",
    "1.2.840.10045.4.1": "SHA-1",
    "1.2.156.10197.1.501": "SM3",
}
_SHOWN = 80


class CertificateFault(Exception):  # noqa: N818 - it says what is wrong with bytes
    """Says that bytes are no certificate that can be read."""


class Certificate(Struct, frozen=True):
    """A certificate's own words.

    ``key`` is ``RSA``, ``EC``, ``SM2``, ``Ed25519``, ``Ed448``, ``DSA`` or ``other``; ``bits`` its
    size, 0 where it is unknown.  ``hash`` is the one under the signature, empty where the
    signature has none of its own.  ``names`` and ``addresses`` are the subject alternative names.
    """

    subject: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    key: str
    bits: int
    hash: str
    self_issued: bool


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate.

    :raises CertificateFault: for anything else.
    """
    try:
        with warnings.catch_warnings():
            # Certificates that are wrong in ways that are not judged here are read all the same.
            warnings.simplefilter("ignore")
            read = x509.load_der_x509_certificate(der)
            key, bits = _key(read)
            names, addresses = _names(read)
            return Certificate(
                subject=read.subject.rfc4514_string()[:_SHOWN],
                names=names,
                addresses=addresses,
                not_before=read.not_valid_before_utc,
                not_after=read.not_valid_after_utc,
                key=key,
                bits=bits,
                hash=_hash(read),
                self_issued=read.subject == read.issuer,
            )
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as fault:
        raise CertificateFault from fault


def _names(read: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        said = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (), ()
    addresses = said.get_values_for_type(x509.IPAddress)
    return tuple(said.get_values_for_type(x509.DNSName)), tuple(map(str, addresses))


def _key(read: x509.Certificate) -> tuple[str, int]:  # noqa: PLR0911 - one a kind of key
    try:
        key = read.public_key()
    except (UnsupportedAlgorithm, ValueError):
        # The curve of SM2 has no name in the library (GB/T 32918.5).
        return ("SM2", 256) if _SM2_CURVE in read.tbs_certificate_bytes else ("other", 0)
    match key:
        case rsa.RSAPublicKey():
            return "RSA", key.key_size
        case ec.EllipticCurvePublicKey():
            return "EC", key.key_size
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256
        case ed448.Ed448PublicKey():
            return "Ed448", 456
        case dsa.DSAPublicKey():
            return "DSA", key.key_size
    return "other", 0


def _hash(read: x509.Certificate) -> str:
    known = _HASHES.get(read.signature_algorithm_oid.dotted_string)
    if known is not None:
        return known
    try:
        algorithm = read.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return "unknown"
    return algorithm.name.upper() if algorithm else ""


def matches(certificate: Certificate, host: str) -> bool:
    """Tell whether a certificate is for a host (RFC 9525): by alternative names alone.

    A wildcard stands for the whole leftmost label and nothing else.
    """
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        wanted = host.rstrip(".").lower()
        return any(_named(name.rstrip(".").lower(), wanted) for name in certificate.names)
    return address in certificate.addresses


def _named(name: str, wanted: str) -> bool:
    if name == wanted:
        return True
    first, _, rest = wanted.partition(".")
    return bool(first) and name.startswith("*.") and "." in rest and name[2:] == rest
