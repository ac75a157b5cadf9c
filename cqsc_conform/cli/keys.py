"""``keys``: make and show signing keys; a demonstration authority for small laboratories."""

from pathlib import Path

import click

from cqsc_conform.cli.options import json_option, language_option, path_argument
from cqsc_conform.cli.say import say

ALGORITHMS = {"p256": "ecdsa-p256-sha256", "sm2": "sm2-sm3", "ed25519": "ed25519"}
_PASSPHRASE = click.option(
    "--passphrase", metavar="env:NAME|file:PATH", help=say("cli.opt.passphrase")
)


@click.group(
    name="keys", help=say("cli.keys.help"), short_help=say("cli.keys.short"), no_args_is_help=True
)
@language_option
def command() -> None:
    """Hold the commands of keys."""


@command.command(name="new", help=say("cli.keys.new.help"), short_help=say("cli.keys.new.short"))
@path_argument("file")
@click.option("--name", required=True, metavar="NAME", help=say("cli.keys.opt.name"))
@click.option(
    "--algorithm", type=click.Choice(list(ALGORITHMS)), default="p256", show_default=True,
    help=say("cli.keys.opt.algorithm"),
)  # fmt: skip
@click.option("--lab", metavar="urn:lab:…", help=say("cli.keys.opt.lab"))
@_PASSPHRASE
@language_option
def new(file: Path, name: str, algorithm: str, lab: str | None, passphrase: str | None) -> int:
    """Make a key file and its card."""
    from cqsc_conform.cli.signing import passphrase as read_passphrase
    from cqsc_conform.cli.world import SystemEntropy
    from cqsc_conform.model.statement import Algorithm
    from cqsc_conform.trust.keys import make_key, save_key

    key = make_key(Algorithm(ALGORITHMS[algorithm]), name, lab)
    secret = read_passphrase(passphrase, file, twice=True)
    card = save_key(key, file, secret, SystemEntropy())
    click.echo(say("cli.keys.new.done", card=str(card)), err=True)
    click.echo(key.card.keyid)
    return 0


@command.command(name="show", help=say("cli.keys.show.help"), short_help=say("cli.keys.show.short"))
@path_argument("files", many=True)
@json_option
@language_option
def show(files: tuple[Path, ...], as_json: bool) -> int:
    """Show whose keys these are; no passphrase is asked."""
    from cqsc_conform.cli.keys_command import show_cards

    show_cards(files, as_json=as_json)
    return 0


@command.command(
    name="export", help=say("cli.keys.export.help"), short_help=say("cli.keys.export.short")
)
@path_argument("file")
@click.option("-o", "--out", type=click.Path(path_type=Path), help=say("cli.opt.file_out"))
@language_option
def export(file: Path, out: Path | None) -> int:
    """Export the public key as PEM, for OpenSSL and others."""
    from cqsc_conform.cli.keys_command import export_public

    export_public(file, out)
    return 0


@command.command(name="ca", help=say("cli.keys.ca.help"), short_help=say("cli.keys.ca.short"))
@path_argument("file")
@click.option("--days", type=click.IntRange(1, 7300), default=365, show_default=True,
              help=say("cli.keys.opt.days"))  # fmt: skip
@_PASSPHRASE
@language_option
def authority(file: Path, days: int, passphrase: str | None) -> int:
    """Make the certificate of a demonstration authority for a key file."""
    from cqsc_conform.cli.keys_command import make_ca

    make_ca(file, days, passphrase)
    return 0


@command.command(
    name="issue", help=say("cli.keys.issue.help"), short_help=say("cli.keys.issue.short")
)
@path_argument("file")
@click.option("--ca", "ca", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help=say("cli.keys.opt.ca"))  # fmt: skip
@click.option("--lab", required=True, metavar="urn:lab:…", help=say("cli.keys.opt.lab"))
@click.option("--days", type=click.IntRange(1, 7300), default=180, show_default=True,
              help=say("cli.keys.opt.days"))  # fmt: skip
@_PASSPHRASE
@language_option
def issue(file: Path, ca: Path, lab: str, days: int, passphrase: str | None) -> int:
    """Issue a certificate for a key's card."""
    from cqsc_conform.cli.keys_command import issue_card

    issue_card(file, ca, lab, days, passphrase)
    return 0
