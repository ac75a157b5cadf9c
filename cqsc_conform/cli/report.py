"""``report``: render a bundle's report in another format."""

from pathlib import Path

import click

from cqsc_conform.cli.options import language_option, path_argument
from cqsc_conform.cli.say import say
from cqsc_conform.cli.showing import FORMAT_NAMES, PAPER_NAMES


@click.command(name="report", help=say("cli.report.help"), short_help=say("cli.report.short"))
@path_argument("bundle")
@click.option(
    "-f",
    "--format",
    "name",
    type=click.Choice([*FORMAT_NAMES, *PAPER_NAMES]),
    default="text",
    show_default=True,
    metavar="FORMAT",
    help=say("cli.opt.report_format", names=", ".join([*FORMAT_NAMES, *PAPER_NAMES])),
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help=say("cli.opt.report_out"))
@click.option("--with-hints", is_flag=True, help=say("cli.opt.with_hints"))
@click.option(
    "--fonts", type=click.Path(path_type=Path), multiple=True, metavar="DIR",
    help=say("cli.opt.fonts"),
)  # fmt: skip
@language_option
def command(
    bundle: Path, name: str, out: Path | None, with_hints: bool, fonts: tuple[Path, ...]
) -> int:
    """Render; to standard output where no file is named."""
    from cqsc_conform.bundle.open import open_bundle
    from cqsc_conform.cli.citing import evidence_in, frames_in
    from cqsc_conform.cli.lang import spoken
    from cqsc_conform.cli.reading import placed
    from cqsc_conform.cli.showing import show, show_bytes
    from cqsc_conform.reports.formats import render
    from cqsc_conform.reports.text import ReportPage

    if name in PAPER_NAMES:
        return _paper(bundle, name, out, fonts, with_hints=with_hints)
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


def _paper(
    bundle: Path, name: str, out: Path | None, fonts: tuple[Path, ...], *, with_hints: bool
) -> int:
    """Make one of the laboratory's papers; a PDF is not for a console."""
    from cqsc_conform.cli.papers import paper_of
    from cqsc_conform.cli.showing import show_bytes
    from cqsc_conform.errors import KitError

    if out is None and name.endswith("pdf"):
        raise KitError("lab.needs_file")
    made = paper_of(bundle, name, fonts, hints=with_hints)
    if out is None:
        show_bytes(made)
    else:
        out.write_bytes(made)
    return 0
