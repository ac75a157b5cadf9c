"""``report``: render a bundle's report in another format."""

from pathlib import Path

import click

from cqsc_conform.cli.options import language_option, path_argument
from cqsc_conform.cli.say import say
from cqsc_conform.cli.showing import FORMAT_NAMES


@click.command(name="report", help=say("cli.report.help"), short_help=say("cli.report.short"))
@path_argument("bundle")
@click.option(
    "-f",
    "--format",
    "name",
    type=click.Choice(FORMAT_NAMES),
    default="text",
    show_default=True,
    help=say("cli.opt.format"),
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help=say("cli.opt.report_out"))
@language_option
def command(bundle: Path, name: str, out: Path | None) -> int:
    """Render; to standard output where no file is named."""
    from cqsc_conform.bundle.open import open_bundle
    from cqsc_conform.cli.citing import evidence_in, frames_in
    from cqsc_conform.cli.lang import spoken
    from cqsc_conform.cli.reading import placed
    from cqsc_conform.cli.showing import show, show_bytes
    from cqsc_conform.reports.formats import render
    from cqsc_conform.reports.text import ReportPage

    with placed(bundle), open_bundle(bundle) as opened:
        report = opened.report
        evidence = evidence_in(opened)
        frames = frames_in(opened, report, evidence)
        if out is None and name == "text":
            show(ReportPage(report, spoken(), frames))
            return 0
        shown = render(report, name, spoken(), evidence=evidence, frames=frames)
    if out is None:
        show_bytes(shown)
    else:
        out.write_bytes(shown)
    return 0
