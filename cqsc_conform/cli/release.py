"""``release``: the gate that a release of the standards must pass."""

from functools import partial
from pathlib import Path

import click

from cqsc_conform.cli.ending import DONE, NON_CONFORMANT
from cqsc_conform.cli.options import json_option, language_option, profile_option
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import key_options


@click.group(name="release", help=say("cli.release.help"), short_help=say("cli.release.short"))
@language_option
def command() -> None:
    """Group the gates."""


@command.command(name="kill", help=say("cli.release.kill.help"))
@partial(profile_option, code="cli.opt.kill_profile")
@click.option("--all", "every", is_flag=True, help=say("cli.opt.kill_all"))
@click.option("--only", "chosen", multiple=True, metavar="MUTANT", help=say("cli.opt.kill_only"))
@click.option("-o", "--out", type=click.Path(path_type=Path), help=say("cli.opt.kill_out"))
@json_option
@language_option
def kill(
    profiles: tuple[str, ...], every: bool, chosen: tuple[str, ...], out: Path | None, as_json: bool
) -> int:
    """Run the mutants; exits 0 iff every one is killed and nothing undeclared changed."""
    from cqsc_conform.cli.killing import kill_profile, profiles_of
    from cqsc_conform.cli.lang import spoken
    from cqsc_conform.cli.showing import show, show_bytes
    from cqsc_conform.model.codec import encode_readable
    from cqsc_conform.release.kill import merged
    from cqsc_conform.reports.kill_text import KillPage

    matrices = []
    wanted = profiles_of(profiles, chosen)
    for name, mine in wanted.items():
        place = out.with_stem(f"{out.stem}-{name}") if out and len(wanted) > 1 else out
        matrices.append(kill_profile(name, every=every, chosen=mine, out=place))
        if not as_json:
            show(KillPage(matrices[-1], spoken()))
    if as_json:
        show_bytes(encode_readable(merged(matrices)))
    return DONE if all(each.whole for each in matrices) else NON_CONFORMANT


@command.command(name="lint", help=say("cli.release.lint.help"))
@json_option
@language_option
def lint(as_json: bool) -> int:
    """Read the whole library; exits 0 iff nothing is wrong with it."""
    import json

    from cqsc_conform.catalog.library import Library
    from cqsc_conform.cli.choosing import adoptions_of
    from cqsc_conform.cli.ending import USAGE
    from cqsc_conform.cli.say import messages

    library = Library.open()
    problems = (*library.problems(), *adoptions_of(library).problems())
    if as_json:
        rows = [{"code": each.code, "where": each.where, "args": each.args} for each in problems]
        click.echo(json.dumps({"problems": rows}, ensure_ascii=False, indent=2))
    for each in () if as_json else problems:
        click.echo(f"{each.where}: {messages().sentence(each.code, dict(each.args))}")
    if not as_json and not problems:
        click.echo(say("cli.release.lint.clean"))
    return USAGE if problems else DONE


@command.command(name="impact", help=say("cli.release.impact.help"))
@click.argument("bundles", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--library", type=click.Path(path_type=Path), metavar="DIR", help=say("cli.opt.impact_library")
)
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 64), default=1, help=say("cli.opt.impact_jobs")
)
@click.option("--counts", is_flag=True, help=say("cli.opt.impact_counts"))
@click.option("--merge", is_flag=True, help=say("cli.opt.impact_merge"))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help=say("cli.opt.impact_out")
)
@key_options(required=False)
@json_option
@language_option
def impact(
    bundles: tuple[Path, ...],
    library: Path | None,
    jobs: int,
    counts: bool,
    merge: bool,
    out: Path | None,
    key_files: tuple[Path, ...],
    passphrases: tuple[str, ...],
    as_json: bool,
) -> int:
    """Judge stored bundles by a changed library; exits 0 iff nothing happens to any of them."""
    from cqsc_conform.cli.impact_text import count_lines, impact_lines
    from cqsc_conform.cli.impacting import impact_of, merged_files, signed_counts
    from cqsc_conform.cli.showing import show_bytes
    from cqsc_conform.cli.signing import load_keys
    from cqsc_conform.errors import KitError
    from cqsc_conform.model.codec import encode_readable
    from cqsc_conform.release.impact import counts_of

    if merge:
        summed = merged_files(bundles)
        touched = summed.touched + summed.unreadable
        shown, text = encode_readable(summed), count_lines(summed)
    else:
        found = impact_of(bundles, library, jobs)
        summed = counts_of(found)
        touched = summed.touched + summed.unreadable
        shown = encode_readable(summed if counts else found)
        text = count_lines(summed) if counts else impact_lines(found)
    if key_files or out is not None:
        if not key_files or out is None:
            raise KitError("cli.usage", fault=say("cli.impact.signing"))
        out.write_bytes(signed_counts(summed, load_keys(key_files, passphrases)))
    if as_json:
        show_bytes(shown)
    for line in () if as_json else text:
        click.echo(line)
    return NON_CONFORMANT if touched else DONE
