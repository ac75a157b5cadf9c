"""``compare``: say what differs between two bundles' reports."""

from pathlib import Path

import click

from cqsc_conform.cli.options import json_option, language_option, path_argument
from cqsc_conform.cli.say import say


@click.command(name="compare", help=say("cli.compare.help"), short_help=say("cli.compare.short"))
@path_argument("old")
@path_argument("new")
@json_option
@language_option
def command(old: Path, new: Path, as_json: bool) -> int:
    """Compare; exits 0 iff nothing differs, else 1."""
    from cqsc_conform.cli.lang import spoken
    from cqsc_conform.cli.reading import report_of_bundle
    from cqsc_conform.cli.showing import show, show_bytes
    from cqsc_conform.model.codec import encode_readable
    from cqsc_conform.reports.compare import compare
    from cqsc_conform.reports.compare_text import ComparePage

    found = compare(report_of_bundle(old), report_of_bundle(new))
    if as_json:
        show_bytes(encode_readable(found))
    else:
        show(ComparePage(found, spoken()))
    return 1 if found.differs else 0
