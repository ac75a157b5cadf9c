"""A certificate of a chain as people are shown it: its words, its issuer, its fingerprint."""

import hashlib
import warnings

from cryptography import x509
from msgspec import Struct

from cqsc_conform.formats.certificate import Certificate, CertificateFault, read_certificate

__all__ = ["Link", "read_link"]

_SHOWN = 400


class Link(Struct, frozen=True):
    """A certificate with its issuer's name, serial number (hex) and SHA-256 fingerprint (hex)."""

    certificate: Certificate
    issuer: str
    serial: str
    fingerprint: str


def read_link(der: bytes) -> Link | None:
    """Read a certificate for showing; none where the bytes are no certificate."""
    try:
        certificate = read_certificate(der)
        with warnings.catch_warnings():
            # As in reading: what is odd but not judged here is shown all the same.
            warnings.simplefilter("ignore")
            read = x509.load_der_x509_certificate(der)
            issuer, serial = read.issuer.rfc4514_string()[:_SHOWN], f"{read.serial_number:x}"
    except (CertificateFault, ValueError, TypeError):
        return None
    return Link(certificate, issuer, serial, hashlib.sha256(der).hexdigest())
