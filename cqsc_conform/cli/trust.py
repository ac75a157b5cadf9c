"""``trust``: trust lists, drafted, signed, shown and checked."""

from pathlib import Path

import click

from cqsc_conform.cli.options import json_option, language_option, out_option, path_argument
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import key_options, state_option


@click.group(
    name="trust",
    help=say("cli.trust.help"),
    short_help=say("cli.trust.short"),
    no_args_is_help=True,
)
@language_option
def command() -> None:
    """Hold the commands of trust."""


@command.group(name="list", help=say("cli.trust.list.help"), no_args_is_help=True)
@language_option
def list_() -> None:
    """Hold the commands of trust lists."""


@list_.command(name="new", help=say("cli.trust.new.help"), short_help=say("cli.trust.new.short"))
@click.option("--region", required=True, metavar="REGION", help=say("cli.trust.opt.region"))
@click.option("--ca", "authorities", multiple=True, type=click.Path(path_type=Path),
              metavar="FILE", help=say("cli.trust.opt.ca"))  # fmt: skip
@click.option("--of", "of_region", metavar="REGION", help=say("cli.trust.opt.of"))
@click.option("--lab-key", "labs", multiple=True, type=click.Path(path_type=Path),
              metavar="CARD", help=say("cli.trust.opt.lab_key"))  # fmt: skip
@click.option("--log-key", "logs", multiple=True, type=click.Path(path_type=Path),
              metavar="CARD", help=say("cli.trust.opt.log_key"))  # fmt: skip
@click.option("--tsa", "stamps", multiple=True, type=click.Path(path_type=Path),
              metavar="FILE", help=say("cli.trust.opt.tsa"))  # fmt: skip
@click.option("--scope", "scope", multiple=True, metavar="PROFILE", default=("*",),
              show_default=True, help=say("cli.trust.opt.scope"))  # fmt: skip
@click.option("--accept", "accepts", multiple=True, type=click.Choice(["p256", "sm2", "ed25519"]),
              default=("p256",), show_default=True, help=say("cli.trust.opt.accept"))  # fmt: skip
@click.option("--require", "requires", multiple=True,
              type=click.Choice(["p256", "sm2", "ed25519"]),
              help=say("cli.trust.opt.require"))  # fmt: skip
@click.option("--after", type=click.Path(path_type=Path), metavar="LIST",
              help=say("cli.trust.opt.after"))  # fmt: skip
@click.option("--since", metavar="DATE", help=say("cli.trust.opt.since"))
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True,
              help=say("cli.trust.opt.days"))  # fmt: skip
@out_option("cli.opt.file_out")
@language_option
def new(**chosen: object) -> int:
    """Write a draft for people to read, change and sign."""
    from cqsc_conform.cli.trust_command import write_draft

    write_draft(**chosen)  # type: ignore[arg-type]
    return 0


@list_.command(name="sign", help=say("cli.trust.sign.help"), short_help=say("cli.trust.sign.short"))
@path_argument("draft")
@key_options()
@out_option("cli.opt.file_out")
@language_option
def sign(draft: Path, key_files: tuple[Path, ...], passphrases: tuple[str, ...], out: Path) -> int:
    """Sign a draft."""
    from cqsc_conform.cli.trust_command import sign_draft

    sign_draft(draft, key_files, passphrases, out)
    return 0


@list_.command(name="show", help=say("cli.trust.show.help"), short_help=say("cli.trust.show.short"))
@path_argument("file")
@json_option
@language_option
def show(file: Path, as_json: bool) -> int:
    """Show whom a list trusts; its signature is verified, its age is not."""
    from cqsc_conform.cli.trust_command import show_list

    show_list(file, as_json=as_json)
    return 0


@list_.command(
    name="check", help=say("cli.trust.check.help"), short_help=say("cli.trust.check.short")
)
@path_argument("file")
@click.option("--pin", "pins", multiple=True, metavar="KEYID", help=say("cli.opt.pin"))
@state_option
@language_option
def check(file: Path, pins: tuple[str, ...], state: Path | None) -> int:
    """Hold a list to what was seen before, and remember it."""
    from cqsc_conform.cli.signing import admitted
    from cqsc_conform.cli.world import SystemClock

    listed = admitted(file, state, SystemClock().now(), pins).value
    region, sequence = listed.region, listed.sequence
    click.echo(
        say("cli.trust.check.ok", region=region, sequence=sequence, until=listed.next_update)
    )
    return 0
