"""Checks of TLS: which offers a target takes, and what its certificates are worth."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from cqsc_conform.checks.registry import (
    Handshakes,
    check,
    failed,
    inconclusive,
    passed,
)
from cqsc_conform.formats.certificate import (
    Certificate,
    CertificateFault,
    matches,
    read_certificate,
)
from cqsc_conform.formats.tls_suites import VERSIONS
from cqsc_conform.model.evidence import TlsHandshake
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Measured, Verdict

_ORDER = tuple(VERSIONS)
_WEAK_HASHES = frozenset({"MD5", "SHA-1", "MD2", "MD4"})
_DAY = timedelta(days=1)
_CLOCK = timedelta(seconds=60)
"""How far our clock and the target's may differ."""


@check("transport.answers", version=1)
def answers(shake: TlsHandshake) -> Verdict:
    """Demand that a handshake's offer is taken."""
    if shake.result != "accepted":
        return failed(*_untaken(shake), **_how(shake))
    return passed("transport.answered", shake, **_chosen(shake))


@check("transport.refuses", version=1)
def refuses(shakes: Handshakes) -> Verdict:
    """Demand that every offer is refused, by an alert or by ending the connection.

    An answer outside the offer, no answer and an answer that is no TLS refuse nothing.
    """
    taken = [each for each in shakes if each.result == "accepted" and _offered(each)]
    if taken:
        said = tuple(f"{each.offer} ({each.version} {each.suite})" for each in taken)
        return failed(
            "transport.accepted", *taken, count=len(shakes), bad=len(taken), accepted=said
        )
    for each in shakes:
        if each.result == "accepted":
            return inconclusive("transport.unoffered", each, **_chosen(each))
        if each.result in ("silent", "garbled"):
            return inconclusive(*_untaken(each), **_how(each))
    offers = tuple(each.offer for each in shakes)
    return passed("transport.all_refused", *shakes, count=len(shakes), offers=offers)


@check("transport.offers_version", version=1)
def offers_version(shakes: Handshakes, *, versions: tuple[str, ...]) -> Verdict:
    """Demand that at least one of some versions is chosen where it alone is offered."""
    taken = [each for each in shakes if each.result == "accepted" and each.version in versions]
    if taken:
        said = tuple(f"{each.version} {each.suite}" for each in taken)
        return passed("transport.version_offered", *taken, versions=said)
    silent = [each for each in shakes if each.result == "silent"]
    if silent:
        return inconclusive(*_untaken(silent[0]), **_how(silent[0]))
    seen = tuple(f"{each.offer}: {each.version or each.alert or each.result}" for each in shakes)
    return failed("transport.no_version", *shakes, wanted=versions, seen=seen)


@check("transport.chain", version=1)
def chain(shake: TlsHandshake) -> Verdict:
    """Demand that the chain verifies to the CA that the target file names, whatever the date.

    Without a CA in the target file the system's are asked; a chain that leads to none of them
    is then inconclusive, for the file may merely lack it.
    """
    if shake.verified is None:
        return inconclusive("transport.no_certificate", shake, **_how(shake))
    if shake.verified == "ok":
        return passed("transport.chain_verified", shake, length=len(shake.chain))
    if shake.verified == "self_signed":
        return failed("transport.self_signed", shake)
    if shake.verified == "unknown_ca" and not shake.asked.own_ca:
        return inconclusive("transport.ca_not_declared", shake)
    if shake.verified == "unknown_ca":
        return failed("transport.chain_broken", shake)
    return failed("transport.chain_refused", shake, why=shake.verified)


@check("transport.name", version=1)
def name(shakes: Handshakes) -> Verdict:
    """Demand that the target's certificate is for the host that its endpoint names (RFC 9525)."""
    found = _own(shakes)
    if isinstance(found, Verdict):
        return found
    shake, own = found
    names = (*own.names, *own.addresses)
    if matches(own, shake.asked.host):
        return passed("transport.name_matches", shake, host=shake.asked.host)
    if not names:
        return failed("transport.name_missing", shake, host=shake.asked.host)
    return failed("transport.name_differs", shake, host=shake.asked.host, names=names[:10])


@check("transport.validity", version=1)
def validity(shakes: Handshakes, timed: TlsHandshake) -> Verdict:
    """Demand that the certificate is within its validity, and those above it that are relied on.

    Within the uncertainty of the clocks the verdict is inconclusive.  Days left are measured.
    """
    found = _own(shakes)
    if isinstance(found, Verdict):
        return found
    shake, own = found
    now = datetime.fromisoformat(shake.at)
    days = round((own.not_after - now) / _DAY, 1)
    measured = (Measured(name="days_left", value=days, unit="d"),)
    said: dict[str, Any] = {"since": _day(own.not_before), "until": _day(own.not_after)}
    if min(abs(now - own.not_before), abs(now - own.not_after)) <= _CLOCK:
        return inconclusive("transport.validity_unsure", shake, **said)
    if now < own.not_before:
        return failed("transport.not_yet_valid", shake, measured=measured, **said)
    if now > own.not_after:
        return failed("transport.expired", shake, measured=measured, **said)
    if timed.verified in ("expired", "not_yet_valid"):
        return failed("transport.chain_expired", timed, measured=measured)
    return passed("transport.valid", shake, measured=measured, days=days, **said)


@check("transport.keys", version=1)
def keys(shakes: Handshakes, *, rsa_bits: int, ec_bits: int) -> Verdict:
    """Demand strong keys and signatures of every certificate that the target shows.

    RSA of ``rsa_bits``, elliptic curves of ``ec_bits``, SM2, Ed25519 and Ed448 are strong; a
    signature over MD5 or SHA-1 is weak.  A trust anchor that is shown is judged by its key alone.
    """
    shown = [each for each in shakes if each.chain]
    if not shown:
        return inconclusive("transport.no_certificate", *shakes, **_how(shakes[0]))
    said: dict[str, None] = {}
    for shake in shown:
        for at, der in enumerate(shake.chain):
            try:
                one = read_certificate(der)
            except CertificateFault:
                return failed("transport.certificate_unreadable", shake)
            wrong = _weak(shake, one, {"RSA": rsa_bits, "EC": ec_bits}, own=at == 0)
            if wrong is not None:
                return wrong
            said[_key_of(one)] = None
    return passed("transport.keys_strong", *shown, keys=tuple(said))


def _weak(
    shake: TlsHandshake, one: Certificate, least: dict[str, int], *, own: bool
) -> Verdict | None:
    """Say what is weak about a certificate, or nothing where nothing is."""
    wanted = least.get(one.key, 0)
    if one.key == "DSA" or one.bits < wanted:
        key = _key_of(one)
        return failed("transport.key_weak", shake, subject=one.subject, key=key, least=wanted)
    if one.key == "other":
        return inconclusive("transport.key_unknown", shake, subject=one.subject)
    if one.hash in _WEAK_HASHES and (own or not one.self_issued):
        return failed("transport.signature_weak", shake, subject=one.subject, hash=one.hash)
    return None


def _own(shakes: Iterable[TlsHandshake]) -> tuple[TlsHandshake, Certificate] | Verdict:
    """Find the target's own certificate, or say why there is none."""
    shake = None
    for shake in shakes:
        if shake.chain:
            try:
                return shake, read_certificate(shake.chain[0])
            except CertificateFault:
                return failed("transport.certificate_unreadable", shake)
    if shake is None:
        return Verdict(outcome=Outcome.INCONCLUSIVE, code="engine.nothing_relevant")
    return inconclusive("transport.no_certificate", shake, **_how(shake))


def _offered(shake: TlsHandshake) -> bool:
    """Tell whether what was chosen was offered: a version not above it, and one of its suites."""
    if shake.version not in _ORDER or shake.suite not in shake.asked.suites:
        return False
    highest = max(map(_ORDER.index, shake.asked.versions))
    return _ORDER.index(shake.version) <= highest


def _untaken(shake: TlsHandshake) -> tuple[str, TlsHandshake]:
    """Name how an offer was not taken."""
    return f"transport.{shake.result}", shake


def _how(shake: TlsHandshake) -> dict[str, Any]:
    """Give the arguments of what ``_untaken`` names."""
    return {
        "offer": shake.offer,
        "result": shake.result,
        "alert": shake.alert or "-",
        "fault": shake.facts.get("fault", "-"),
    }


def _chosen(shake: TlsHandshake) -> dict[str, Any]:
    return {"offer": shake.offer, "version": shake.version, "suite": shake.suite}


def _key_of(one: Certificate) -> str:
    return f"{one.key} {one.bits}" if one.key in ("RSA", "EC", "DSA") else one.key


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
