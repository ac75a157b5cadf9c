"""Whole handshakes through OpenSSL: the certificates of the target, and what a verifier says.

Everything that OpenSSL can offer is offered and every key taken, so that each rule is judged by
its own requirement and none hides another.
"""

import ssl

from cqsc_conform.drivers.net import Wire
from cqsc_conform.drivers.tls import Files, Sealed, context_of
from cqsc_conform.drivers.tls_prober_seen import Seen
from cqsc_conform.errors import Blame, ProbeFailed
from cqsc_conform.model.probe import Offer

__all__ = ["VERIFYING", "whole_handshake"]

VERIFYING = frozenset({"certificate", "verify-chain", "verify-time"})
"""Offers that are made through OpenSSL."""

_EVERYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
# X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h, which Python has no name for.
_WHATEVER_THE_DATE = 0x200000
# SSL_OP_LEGACY_SERVER_CONNECT: servers that know no secure renegotiation are talked to as well.
_LEGACY_SERVERS = 0x4
_VERDICTS = {
    "http.tls_expired": "expired",
    "http.tls_not_yet_valid": "not_yet_valid",
    "http.tls_self_signed": "self_signed",
    "http.tls_unknown_ca": "unknown_ca",
    "http.tls_weak": "weak",
    "http.tls_name": "name",
    "http.tls_certificate": "refused",
}

# How OpenSSL begins what a peer's alert is called.
_ALERTS = ("SSLV3_ALERT_", "TLSV1_", "TLSV13_")
_REFUSALS = frozenset({"http.tls_client_certificate", "http.tls_client_refused"})


def whole_handshake(
    wire: Wire, offer: Offer, files: Files, server_name: str, deadline: float
) -> Seen:
    """Make a whole handshake, with the endpoint's client certificate where it has one.

    :raises KitError: ``http.ca_unreadable``, ``http.certificate_unreadable`` (you).
    :raises ProbeFailed: ``http.tls_local`` (kit) where our own side cannot make the offer.
    """
    sealed = Sealed(wire, _context(offer, files), server_name, own_ca=files.ca is not None)
    verified = None if offer == "certificate" else "ok"
    try:
        facts = sealed.handshake(deadline)
    except TimeoutError:
        return Seen("silent")
    except OSError:
        return Seen("closed")
    except ProbeFailed as trouble:
        return _failed(trouble)
    version, suite = facts["tls_version"], facts["tls_cipher"]
    return Seen(
        "accepted",
        version=str(version).replace("v", " ") if "." in str(version) else "TLS 1.0",
        suite=None if suite is None else str(suite),
        chain=sealed.chain(),
        verified=verified,
    )


def _failed(trouble: ProbeFailed) -> Seen:
    """Tell a verifier's no from a peer's; a trouble of our own side stays one."""
    if trouble.blame is Blame.KIT:
        raise trouble
    verdict = _VERDICTS.get(trouble.code)
    if verdict is not None:
        number = trouble.args_.get("verify_code", "")
        return Seen("accepted", verified=f"{verdict}_{number}" if number else verdict)
    reason = trouble.args_.get("reason", "")
    if trouble.code == "http.tls_closed":
        return Seen("closed")
    if reason.startswith(_ALERTS) or trouble.code in _REFUSALS:
        return Seen("refused", alert=reason or None)
    return Seen("garbled", facts={"fault": reason or trouble.code})


def _context(offer: Offer, files: Files) -> ssl.SSLContext:
    context = context_of(files)
    context.check_hostname = False
    context.options |= _LEGACY_SERVERS
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers(_EVERYTHING)
    if offer == "certificate":
        context.verify_mode = ssl.CERT_NONE
    elif offer == "verify-chain":
        context.verify_flags |= _WHATEVER_THE_DATE
    return context
