"""``log``: the append-only log of what a laboratory issued."""

from pathlib import Path

import click

from cqsc_conform.cli.options import json_option, language_option, path_argument
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import key_options


@click.group(
    name="log", help=say("cli.log.help"), short_help=say("cli.log.short"), no_args_is_help=True
)
@language_option
def command() -> None:
    """Hold the commands of the log."""


@command.command(
    name="append", help=say("cli.log.append.help"), short_help=say("cli.log.append.short")
)
@path_argument("log")
@path_argument("bundle")
@click.option("--name", metavar="NAME", help=say("cli.log.opt.name"))
@key_options()
@language_option
def append(
    log: Path,
    bundle: Path,
    name: str | None,
    key_files: tuple[Path, ...],
    passphrases: tuple[str, ...],
) -> int:
    """Note a bundle's statements and put the proofs into the bundle."""
    from cqsc_conform.cli.log_command import append_bundle

    append_bundle(log, bundle, name, key_files, passphrases)
    return 0


@command.command(
    name="prove", help=say("cli.log.prove.help"), short_help=say("cli.log.prove.short")
)
@path_argument("log")
@click.argument("sha256", required=False)
@click.option("--head", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help=say("cli.log.opt.head"))  # fmt: skip
@click.option("--since", type=click.Path(path_type=Path), metavar="FILE",
              help=say("cli.log.opt.since"))  # fmt: skip
@language_option
def prove(log: Path, sha256: str | None, head: Path, since: Path | None) -> int:
    """Prove that a statement stands in the log, or that the log only grew."""
    from cqsc_conform.cli.log_command import prove_one

    prove_one(log, sha256, head, since)
    return 0


@command.command(name="head", help=say("cli.log.head.help"), short_help=say("cli.log.head.short"))
@path_argument("log")
@key_options()
@click.option("-o", "--out", type=click.Path(path_type=Path), help=say("cli.opt.file_out"))
@language_option
def head(
    log: Path, key_files: tuple[Path, ...], passphrases: tuple[str, ...], out: Path | None
) -> int:
    """Sign a tree head over all entries."""
    from cqsc_conform.cli.log_command import sign_head

    sign_head(log, key_files, passphrases, out)
    return 0


@command.command(
    name="check", help=say("cli.log.check.help"), short_help=say("cli.log.check.short")
)
@path_argument("log")
@json_option
@language_option
def check(log: Path, as_json: bool) -> int:
    """Recompute the log and hold every head that it signed to it."""
    from cqsc_conform.cli.log_command import check_log

    check_log(log, as_json=as_json)
    return 0
