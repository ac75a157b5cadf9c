"""The nonconformity sheet (不符合项清单): a row a failing requirement, for a spreadsheet.

UTF-8 with a byte order mark, fields quoted where needed (RFC 4180), a newline after each line.
What a spreadsheet would compute begins with an apostrophe, so that it is shown and not computed.
"""

import csv
import io

from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.report import Report, ReportRow
from cqsc_conform.model.text import Lang
from cqsc_conform.reports.details import placed, source_words
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.safe import prose

__all__ = ["HEADS", "render"]

HEADS = (
    "number",
    "profile",
    "requirement",
    "title",
    "clause",
    "modal",
    "level",
    "expected",
    "found",
    "seen",
    "hint",
    "cause",
    "correction",
    "corrected_on",
    "verified_by",
)
"""The columns, by the labels of their heads; the last four are for the client and the lab."""

_BLANK = ("",) * 4
_COMPUTED = ("=", "+", "-", "@")
_BOM = "\ufeff"


def render(report: Report, lang: Lang, width: int) -> bytes:
    """Write the sheet; ``width`` plays no part."""
    del width
    messages = Messages(lang)
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(messages.sentence(f"report.sheet.{head}") for head in HEADS)
    failing = (row for row in report.requirements if row.outcome is Outcome.FAIL)
    for number, row in enumerate(failing, 1):
        writer.writerow([str(number), *map(_safe, _fields(row, messages)), *_BLANK])
    return (_BOM + lines.getvalue()).encode()


def _fields(row: ReportRow, messages: Messages) -> tuple[str, ...]:
    lang = messages.lang
    return (
        placed(row.region, row.profile),
        row.id,
        row.title.of(lang),
        source_words(messages, row.source),
        messages.sentence(f"report.modal.{row.modal.name.lower()}"),
        str(row.level),
        row.text.of(lang),
        row.reason.of(lang),
        "; ".join(row.cites),
        row.hint.of(lang),
    )


def _safe(text: str) -> str:
    """Put a field on one line, and let no spreadsheet compute it."""
    shown = prose(text)
    # A spreadsheet trims what precedes, and takes the full-width signs for the others.
    begins = shown.lstrip(" '\u3000").translate(_FULL_WIDTH)
    return f"'{shown}" if begins.startswith(_COMPUTED) else shown


_FULL_WIDTH = str.maketrans("＝＋－＠", "=+-@")
