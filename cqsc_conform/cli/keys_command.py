"""What ``keys`` does beyond making a key."""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cqsc_conform.bundle.disk import replace
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import passphrase
from cqsc_conform.cli.world import SystemClock, SystemEntropy
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.pem import pem_of
from cqsc_conform.model.codec import encode, to_builtins
from cqsc_conform.trust.certificates import facts_of_card
from cqsc_conform.trust.demo_ca import MARK, issue_certificate, make_authority
from cqsc_conform.trust.keys import CARD_SUFFIX, load_key, read_card, write_card

CERTIFICATE_SUFFIX = ".crt"
# So that a machine whose clock is a little behind still finds the certificate valid.
_SKEW = timedelta(minutes=5)


def show_cards(files: Sequence[Path], *, as_json: bool) -> None:
    """Show cards, for a program or for people."""
    cards = [read_card(each) for each in files]
    if as_json:
        click.echo(encode([to_builtins(each) for each in cards]).decode())
        return
    for card in cards:
        click.echo(say("cli.keys.show.name", name=card.name, algorithm=card.algorithm.value))
        click.echo(f"  {card.keyid}")
        if card.lab is not None:
            click.echo(say("cli.keys.show.lab", lab=card.lab))
        for validity in facts_of_card(card):
            click.echo(
                say("cli.keys.show.valid", since=validity.not_before, until=validity.not_after)
            )


def export_public(path: Path, out: Path | None) -> None:
    """Write a public key as PEM."""
    data = pem_of("PUBLIC KEY", base64.b64decode(read_card(path).public_key))
    if out is None:
        click.echo(data.decode(), nl=False)
    else:
        replace(out, lambda file: file.write(data))


def make_ca(path: Path, days: int, reference: str | None) -> None:
    """Make a demonstration authority's certificate beside its key file."""
    key = load_key(path, passphrase(reference, path))
    since, until = _span(days)
    made = make_authority(key, since, until, SystemEntropy())
    place = _certificate_of(path)
    if place.exists():
        raise KitError("keys.exists", Blame.YOU, where=str(place))
    replace(place, lambda file: file.write(made.public_bytes(Encoding.PEM)))
    click.echo(say("cli.keys.ca.demo", mark=MARK), err=True)
    click.echo(str(place))


def issue_card(path: Path, authority: Path, lab: str, days: int, reference: str | None) -> None:
    """Issue a certificate and put it into the card."""
    card = read_card(path)
    key = load_key(authority, passphrase(reference, authority))
    place = _certificate_of(authority)
    issuer = read_pem(place)
    since, until = _span(days)
    until = min(until, issuer.not_valid_after_utc)
    issued = issue_certificate(card, lab, key, issuer, since, until, SystemEntropy())
    target = path if path.name.endswith(CARD_SUFFIX) else path.with_name(path.name + CARD_SUFFIX)
    write_card(issued, target)
    click.echo(say("cli.keys.ca.demo", mark=MARK), err=True)
    click.echo(str(target))


def read_pem(path: Path) -> x509.Certificate:
    """Read a certificate, PEM or DER.

    :raises KitError: ``keys.not_a_certificate``.
    """
    data = path.read_bytes()
    try:
        if data.startswith(b"-----"):
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except ValueError as error:
        raise KitError("keys.not_a_certificate", Blame.YOU, where=str(path)) from error


def _certificate_of(path: Path) -> Path:
    return path.with_name(path.name + CERTIFICATE_SUFFIX)


def _span(days: int) -> tuple[datetime, datetime]:
    now = SystemClock().now().replace(microsecond=0)
    return now - _SKEW, now + timedelta(days=days)
