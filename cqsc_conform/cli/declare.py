"""``declare``: make a bundle's conformity statement, once everything that it says is shown."""

from pathlib import Path

import click

from cqsc_conform.cli.options import json_option, language_option, path_argument
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import key_options

DEFAULT_PATTERN = "{lab}-{year}-{seq:04}"


@click.command(name="declare", help=say("cli.declare.help"), short_help=say("cli.declare.short"))
@path_argument("bundle")
@key_options()
@click.option(
    "--number", "pattern", default=DEFAULT_PATTERN, show_default=True, metavar="PATTERN",
    help=say("cli.declare.opt.number", fields="{lab}, {year}, {month}, {seq}, {seq:04}"),
)  # fmt: skip
@click.option(
    "--seq", "sequence", type=click.IntRange(min=1), metavar="N", help=say("cli.declare.opt.seq")
)
@click.option(
    "--log", type=click.Path(path_type=Path), metavar="FILE", help=say("cli.declare.opt.log")
)
@click.option(
    "--amends", type=click.Path(path_type=Path), metavar="FILE", help=say("cli.declare.opt.amends")
)
@click.option(
    "--recalls", type=click.Path(path_type=Path), metavar="FILE",
    help=say("cli.declare.opt.recalls"),
)  # fmt: skip
@click.option("--reason", metavar="TEXT", help=say("cli.declare.opt.reason"))
@click.option("-o", "--out", type=click.Path(path_type=Path), help=say("cli.declare.opt.out"))
@json_option
@language_option
def command(
    bundle: Path,
    key_files: tuple[Path, ...],
    passphrases: tuple[str, ...],
    pattern: str,
    sequence: int | None,
    log: Path | None,
    amends: Path | None,
    recalls: Path | None,
    reason: str | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Declare; nothing is written where anything is refused."""
    import json

    from cqsc_conform.cli.papers import write_declaration
    from cqsc_conform.cli.signing import load_keys, noted_in
    from cqsc_conform.cli.verifying import judged_again, placed_in
    from cqsc_conform.cli.world import SystemClock
    from cqsc_conform.trust.declare import Declaring, add_declaration
    from cqsc_conform.trust.envelope import sha256_of

    asked = Declaring(
        pattern=pattern,
        sequence=sequence,
        amends=(amends.name, amends.read_bytes()) if amends else None,
        recalls=(recalls.name, recalls.read_bytes()) if recalls else None,
        reason=reason,
    )
    with placed_in(bundle):
        keys = load_keys(key_files, passphrases)
        with noted_in(log, keys) as noted:
            made = add_declaration(bundle, asked, keys, SystemClock().now(), judged_again, noted)
    if out is not None:
        write_declaration(made.archive, out, made.name, made.data)
    if as_json:
        said = {
            "bundle": str(made.archive),
            "number": made.number,
            "statement": made.name,
            "sha256": sha256_of(made.data),
        }
        click.echo(json.dumps(said, ensure_ascii=False))
        return 0
    done = "cli.declare.recalled" if recalls else "cli.declare.done"
    click.echo(say(done, number=made.number, name=made.name), err=True)
    if out is not None:
        click.echo(say("cli.declare.written", folder=str(out)), err=True)
    click.echo(str(made.archive))
    return 0
