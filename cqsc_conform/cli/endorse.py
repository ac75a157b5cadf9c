"""``endorse``: stand for a bundle's verdicts in a role, once they are seen to replay."""

from pathlib import Path

import click

from cqsc_conform.cli.options import json_option, language_option, path_argument
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import key_options

ROLES = ("checker", "compiler", "reviewer", "authoriser")


@click.command(name="endorse", help=say("cli.endorse.help"), short_help=say("cli.endorse.short"))
@path_argument("bundle")
@key_options()
@click.option("--role", type=click.Choice(ROLES), required=True, help=say("cli.opt.role"))
@click.option("--remark", metavar="TEXT", help=say("cli.opt.remark"))
@json_option
@language_option
def command(
    bundle: Path,
    key_files: tuple[Path, ...],
    passphrases: tuple[str, ...],
    role: str,
    remark: str | None,
    as_json: bool,
) -> int:
    """Endorse; nothing is written unless the whole verifies with the new statement."""
    import json

    from cqsc_conform.cli.signing import load_keys
    from cqsc_conform.cli.verifying import judged_again, placed_in
    from cqsc_conform.cli.world import SystemClock
    from cqsc_conform.model.statement import Role
    from cqsc_conform.trust.issue import add_endorsement

    with placed_in(bundle):
        keys = load_keys(key_files, passphrases)
        now = SystemClock().now()
        done = add_endorsement(bundle, Role(role), keys, now, judged_again, remark)
    if as_json:
        click.echo(json.dumps({"bundle": str(done), "role": role, "name": keys[0].card.name}))
    else:
        name = keys[0].card.name
        click.echo(say("cli.endorse.done", role=role, name=name), err=True)
        click.echo(str(done))
    return 0
