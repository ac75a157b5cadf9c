"""``run``: observe a target by its profiles, judge, report, seal."""

from pathlib import Path
from typing import Any

import click

from cqsc_conform.cli.ending import DONE, NON_CONFORMANT, code_of
from cqsc_conform.cli.options import (
    choice_options,
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
from cqsc_conform.cli.signing import key_options


@click.command(name="run", help=say("cli.run.help"), short_help=say("cli.run.short"))
@path_argument("targets", many=True)
@profile_option
@region_options
@out_option("cli.opt.run_out")
@click.option(
    "-f",
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(FORMAT_NAMES),
    help=say("cli.opt.format"),
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 64),
    metavar="N",
    default=1,
    show_default=True,
    help=say("cli.opt.jobs"),
)
@choice_options
@click.option("--plan", "plan_file", type=click.Path(path_type=Path), help=say("cli.opt.plan"))
@click.option("--retest", type=click.Path(path_type=Path), help=say("cli.opt.retest"))
@click.option("--capture", type=click.Path(path_type=Path), help=say("cli.opt.capture"))
@key_options(required=False)
@click.option("--log", type=click.Path(path_type=Path), help=say("cli.opt.log"))
@click.option("--tsa", metavar="URL", help=say("cli.opt.tsa"))
@click.option("--answers", type=click.Path(path_type=Path), help=say("cli.opt.answers"))
@click.option("--resume", is_flag=True, help=say("cli.opt.resume"))
@click.option("--expect", type=click.Path(path_type=Path), help=say("cli.opt.expect"))
@json_option
@language_option
def command(
    targets: tuple[Path, ...],
    out: Path,
    formats: tuple[str, ...],
    jobs: int,
    resume: bool,
    expect: Path | None,
    as_json: bool,
    **chosen: Any,  # noqa: ANN401 - options that make a plan
) -> int:
    """Run; the exit code is the conclusion, or whether outcomes are as expected."""
    from cqsc_conform.cli.expect import compare_expected
    from cqsc_conform.cli.running import run_all
    from cqsc_conform.cli.showing import show_report

    folder = fresh_folder(out, resume=resume)
    reports = run_all(targets, folder, formats, jobs, resume=resume, chosen=chosen)
    for target, report in zip(targets, reports, strict=True):
        place = folder if len(targets) == 1 else folder / target.stem
        show_report(report, as_json=as_json, bundle=place)
    if expect is not None:
        same = sum(not compare_expected(expect, report) for report in reports) == 0
        return DONE if same else NON_CONFORMANT
    return worst_code([code_of(report) for report in reports])


def worst_code(codes: list[int]) -> int:
    """Choose among exit codes by the contract's precedence."""
    return next(code for code in (130, 2, 5, 1, 4, 3, 0) if code in codes)
