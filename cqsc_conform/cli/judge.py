"""``judge``: judge recorded evidence again, with no target at hand."""

from pathlib import Path

import click

from cqsc_conform.cli.ending import code_of
from cqsc_conform.cli.options import (
    fresh_folder,
    json_option,
    language_option,
    out_option,
    path_argument,
    profile_option,
    region_options,
)
from cqsc_conform.cli.say import say
from cqsc_conform.cli.showing import FORMAT_NAMES


@click.command(name="judge", help=say("cli.judge.help"), short_help=say("cli.judge.short"))
@path_argument("bundle")
@profile_option
@region_options
@out_option("cli.opt.judge_out")
@click.option(
    "-f",
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(FORMAT_NAMES),
    help=say("cli.opt.format"),
)
@json_option
@language_option
def command(
    bundle: Path,
    profiles: tuple[str, ...],
    regions: tuple[str, ...],
    day: str | None,
    out: Path,
    formats: tuple[str, ...],
    as_json: bool,
) -> int:
    """Judge; the exit code is the conclusion."""
    from cqsc_conform.bundle.open import open_bundle
    from cqsc_conform.bundle.verify import verify_integrity
    from cqsc_conform.cli.choosing import Wanted
    from cqsc_conform.cli.judging import judge_bundle
    from cqsc_conform.cli.reading import placed
    from cqsc_conform.cli.showing import show_report

    with placed(bundle), open_bundle(bundle) as opened:
        if opened.manifest is not None:
            verify_integrity(opened)
        wanted = Wanted(profiles=profiles, regions=regions, day=day)
        report = judge_bundle(opened, wanted, fresh_folder(out), formats)
    own = not profiles and not regions
    show_report(report, as_json=as_json, bundle=bundle if own else None)
    return code_of(report)
