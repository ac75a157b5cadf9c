"""Showing results on the terminal."""

import sys
from pathlib import Path

import click

from cqsc_conform.cli.lang import spoken

FORMAT_NAMES = ["text", "json", "junit", "markdown", "html", "nonconformity"]
PAPER_NAMES = ["lab", "pdf", "declaration", "declaration-pdf", "badge", "opinion", "opinion-pdf"]


def console_width() -> int:
    """Give the terminal's width, 80 where there is none."""
    from shutil import get_terminal_size

    return get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80


def show_bytes(data: bytes | str) -> None:
    """Write what a renderer made: to a file or a pipe in UTF-8, to a console in its own code."""
    if sys.stdout.isatty():
        click.echo(data if isinstance(data, str) else data.decode(), nl=False)
    else:
        click.echo(data.encode() if isinstance(data, str) else data, nl=False)


def show(page: object) -> None:
    """Print a page on the terminal, in characters that it can show."""
    from rich.console import Console

    Console(width=console_width(), highlight=False, soft_wrap=True).print(page)


def show_report(report: object, *, as_json: bool, bundle: Path | None = None) -> None:
    """Show a report: for a program whole, for a person as text.

    ``bundle`` is where the frames lie that it cites, so that they can be named.
    """
    from cqsc_conform.model.report import Report
    from cqsc_conform.reports.formats import render
    from cqsc_conform.reports.frames import frame_of
    from cqsc_conform.reports.text import ReportPage

    assert isinstance(report, Report)  # noqa: S101 - kept out of the signature for cold start
    if as_json:
        show_bytes(render(report, "json", spoken()))
        return
    cited = any(frame_of(cite) for row in report.requirements for cite in row.cites)
    if bundle is None or not cited:
        show(ReportPage(report, spoken()))
        return
    from cqsc_conform.bundle.open import open_bundle
    from cqsc_conform.cli.citing import evidence_in, frames_in

    with open_bundle(bundle) as opened:
        frames = frames_in(opened, report, evidence_in(opened))
        show(ReportPage(report, spoken(), frames))
