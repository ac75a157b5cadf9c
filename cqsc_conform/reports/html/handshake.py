"""A TLS handshake as the page shows it: what was offered, what was answered, the chain."""

from markupsafe import Markup
from msgspec import Struct

from cqsc_conform.formats.chain import Link, read_link
from cqsc_conform.model.evidence import TlsHandshake
from cqsc_conform.reports.html.bodies import hex_dump
from cqsc_conform.reports.html.words import label
from cqsc_conform.reports.safe import bounded

__all__ = ["Shake", "shake_of"]

_SUITES = 60
_CHAIN = 10
_NAMES = 20
_HEX = 256
_SECOND = "%Y-%m-%d %H:%M:%S UTC"

Facts = tuple[tuple[Markup, Markup], ...]


class Shown(Struct, frozen=True):
    """A certificate of the chain: its facts, or its first bytes where it cannot be read."""

    facts: Facts
    dump: Markup | None = None


class Shake(Struct, frozen=True):
    """A handshake: the facts of the offer and of the answer, and the certificates."""

    offered: Facts
    answered: Facts
    refused: bool
    chain: tuple[Shown, ...]
    more: int


def shake_of(seen: TlsHandshake) -> Shake:
    """Show a handshake."""
    asked = seen.asked
    suites = [bounded(each, 80) for each in asked.suites[:_SUITES]]
    if len(asked.suites) > _SUITES:
        suites.append("…")
    offered = (
        _fact("tls.offer", bounded(seen.offer)),
        _fact("tls.versions", ", ".join(bounded(each, 40) for each in asked.versions[:_NAMES])),
        _fact("tls.suites", ", ".join(suites)),
        _fact("tls.client_certificate", "✓" if asked.client_certificate else ""),
    )
    answered = (
        (label("html.tls.result"), label(f"html.tls.{seen.result}")),
        _fact("tls.version", bounded(seen.version or "")),
        _fact("tls.suite", bounded(seen.suite or "")),
        _fact("tls.alert", bounded(seen.alert or "")),
    )
    return Shake(
        offered=_known(offered),
        answered=_known(answered),
        refused=seen.result != "accepted",
        chain=tuple(_certificate(der) for der in seen.chain[:_CHAIN]),
        more=max(0, len(seen.chain) - _CHAIN),
    )


def _certificate(der: bytes) -> Shown:
    link = read_link(der)
    if link is None:
        return Shown((_fact("tls.unread", f"{len(der)} B"),), Markup.escape(hex_dump(der[:_HEX])))
    return Shown(_known(_words(link)))


def _words(link: Link) -> Facts:
    it = link.certificate
    names = [bounded(each, 120) for each in (*it.names, *it.addresses)[:_NAMES]]
    bits = f" {it.bits}" if it.bits else ""
    return (
        _fact("tls.subject", bounded(it.subject)),
        _fact("tls.issuer", bounded(link.issuer)),
        _fact("tls.names", ", ".join(names)),
        _fact("tls.valid", f"{it.not_before:{_SECOND}} – {it.not_after:{_SECOND}}"),
        _fact("tls.key", f"{it.key}{bits}"),
        _fact("tls.hash", it.hash),
        _fact("tls.serial", bounded(link.serial, 80)),
        _fact("tls.fingerprint", link.fingerprint),
    )


def _fact(name: str, value: str) -> tuple[Markup, Markup]:
    return label(f"html.{name}"), Markup.escape(value)


def _known(facts: Facts) -> Facts:
    return tuple(fact for fact in facts if fact[1])
