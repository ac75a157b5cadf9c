"""OpenSSL's errors as codes with blame."""

import ssl

from cqsc_conform.errors import Blame, ProbeFailed

__all__ = ["handshake_trouble", "record_trouble"]

_EXPIRED = 10
_NOT_YET = 9
_SELF_SIGNED = 18
_UNKNOWN_ISSUER = frozenset({2, 19, 20, 21, 27})
_NAME = frozenset({62, 63, 64})
_WEAK = frozenset({66, 67, 68})
_PROTOCOL = frozenset({
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "UNSUPPORTED_PROTOCOL",
    "UNKNOWN_PROTOCOL",
    "VERSION_TOO_LOW",
    "NO_PROTOCOLS_AVAILABLE",
})  # fmt: skip
_WANTS_CERTIFICATE = frozenset({
    "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "SSLV3_ALERT_NO_CERTIFICATE",
})  # fmt: skip
_CERTIFICATE_REFUSED = frozenset({
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "SSLV3_ALERT_CERTIFICATE_REVOKED",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    "TLSV1_ALERT_UNKNOWN_CA",
    "TLSV1_ALERT_ACCESS_DENIED",
})  # fmt: skip
_LOCAL = frozenset({"NO_CIPHERS_AVAILABLE", "LIBRARY_BUG", "INTERNAL_ERROR"})


def handshake_trouble(error: ssl.SSLError, first: bytes, *, own_ca: bool) -> ProbeFailed:
    """Say why a handshake failed; ``first`` is how the peer's first bytes begin.

    A chain that leads to no known CA is the target's fault only where the target file names the
    CA; else the file may merely lack it.
    """
    if first.startswith(b"HTTP/"):
        return ProbeFailed("http.tls_plain", Blame.TARGET)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error, own_ca=own_ca)
    if isinstance(error, ssl.SSLEOFError):
        return ProbeFailed("http.tls_closed", Blame.TARGET)
    return record_trouble(error)


def record_trouble(error: ssl.SSLError) -> ProbeFailed:
    """Say why TLS broke off: an alert of the peer, or bytes that are no TLS."""
    reason = error.reason or type(error).__name__
    if reason in _PROTOCOL:
        return ProbeFailed("http.tls_protocol", Blame.TARGET, reason=reason)
    if reason in _WANTS_CERTIFICATE:
        return ProbeFailed("http.tls_client_certificate", Blame.TARGET)
    if reason in _CERTIFICATE_REFUSED:
        return ProbeFailed("http.tls_client_refused", Blame.TARGET, reason=reason)
    if reason in _LOCAL:
        return ProbeFailed("http.tls_local", Blame.KIT, reason=reason)
    return ProbeFailed("http.tls_broken", Blame.TARGET, reason=reason)


def _certificate(error: ssl.SSLCertVerificationError, *, own_ca: bool) -> ProbeFailed:
    code = error.verify_code
    if code == _EXPIRED:
        return ProbeFailed("http.tls_expired", Blame.TARGET)
    if code == _NOT_YET:
        return ProbeFailed("http.tls_not_yet_valid", Blame.TARGET)
    if code in _NAME:
        return ProbeFailed("http.tls_name", Blame.TARGET)
    if code in _WEAK:
        return ProbeFailed("http.tls_weak", Blame.TARGET)
    if code == _SELF_SIGNED or code in _UNKNOWN_ISSUER:
        blame = Blame.TARGET if own_ca else Blame.YOU
        name = "http.tls_self_signed" if code == _SELF_SIGNED else "http.tls_unknown_ca"
        return ProbeFailed(name, blame)
    return ProbeFailed("http.tls_certificate", Blame.TARGET, verify_code=code)
