"""``target``: write, check and try a target file."""

from pathlib import Path

import click

from cqsc_conform.cli.options import json_option, language_option, path_argument, profile_option
from cqsc_conform.cli.say import say

KINDS = ("openapi", "postman", "curl")


@click.group(
    name="target",
    help=say("target.help"),
    short_help=say("cli.target.short"),
    no_args_is_help=True,
)
@language_option
def command() -> None:
    """Hold the commands of the target file."""


@command.command(name="init", help=say("target.init_help"), short_help=say("target.init_short"))
@click.argument("source", type=click.Path(path_type=Path), required=False)
@click.option("--from", "kind", type=click.Choice(KINDS), help=say("target.opt_from"))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path("target.yaml"),
    show_default=True,
    help=say("target.opt_out"),
)
@click.option(
    "-p",
    "--profile",
    default="di-catalog",
    show_default=True,
    metavar="PROFILE[@VERSION]",
    help=say("target.opt_profile"),
)
@language_option
def init(source: Path | None, kind: str | None, out: Path, profile: str) -> int:
    """Write a target file, guessed where there is something to guess from."""
    from cqsc_conform.cli.target_init import write_first_target

    return write_first_target(source, kind, out, profile)


@command.command(name="check", help=say("target.check_help"), short_help=say("target.check_short"))
@path_argument("file")
@profile_option
@json_option
@language_option
def check(file: Path, profiles: tuple[str, ...], as_json: bool) -> int:
    """Say what a target file means, or what is wrong with it."""
    from cqsc_conform.cli.target_check import check_target

    return check_target(file, profiles, as_json=as_json)


@command.command(
    name="doctor", help=say("target.doctor_help"), short_help=say("target.doctor_short")
)
@path_argument("file")
@profile_option
@json_option
@language_option
def doctor(file: Path, profiles: tuple[str, ...], as_json: bool) -> int:
    """Try a target file's mapping."""
    from cqsc_conform.cli.target_doctor import doctor_target

    return doctor_target(file, profiles, as_json=as_json)
