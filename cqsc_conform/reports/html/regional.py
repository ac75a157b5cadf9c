"""What regions changed, in both languages, for the page."""

from functools import partial

from markupsafe import Markup

from cqsc_conform.model.report import Report, ReportRow
from cqsc_conform.model.text import LANGS
from cqsc_conform.reports.html.words import each_way, label, spans
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.regions import (
    adopted_words,
    adoptions_of,
    dropped_of,
    region_pairs,
)

Pairs = tuple[tuple[Markup, Markup], ...]
"""Names and what is said under each."""


def changed(row: ReportRow) -> Pairs:
    """Say what the region changed of a requirement, and its own document on it."""
    zh, en = (region_pairs(Messages(lang), row) for lang in LANGS)
    return tuple(
        (label(name), spans(one, two)) for (name, one), (_, two) in zip(zh, en, strict=True)
    )


def not_adopted(report: Report) -> Pairs:
    """List what regions left out, and why."""
    zh, en = (dropped_of(report, lang) for lang in LANGS)
    return tuple(
        (spans(name, name), spans(one, two)) for (name, one), (_, two) in zip(zh, en, strict=True)
    )


def adoptions(report: Report) -> Pairs:
    """List the adoptions that a report rests on."""
    return tuple(
        (label("adoption", region=name), each_way(partial(adopted_words, adopted=each)))
        for name, each in adoptions_of(report)
    )
