"""The formats that a report can be had in."""

from collections.abc import Mapping
from typing import Protocol

from cqsc_conform.errors import KitError
from cqsc_conform.model.report import Report
from cqsc_conform.model.text import Lang
from cqsc_conform.reports import json, junit, markdown, text

WIDTH = 80
"""Columns of a text report where no console says otherwise."""


class Renderer(Protocol):
    """Writes a report as the bytes of a file; text is UTF-8, lines end in a newline."""

    def __call__(self, report: Report, lang: Lang, width: int) -> bytes:
        """Write it in a language; only formats of folded lines read ``width``."""


FORMATS: Mapping[str, Renderer] = {
    "text": text.render,
    "json": json.render,
    "junit": junit.render,
    "markdown": markdown.render,
}
"""The renderers, by the names that the command line uses."""

SUFFIXES: Mapping[str, str] = {"text": "txt", "json": "json", "junit": "xml", "markdown": "md"}
"""How the file of a format is called in a run's folder: ``report.<suffix>``."""


def render(report: Report, name: str, lang: Lang, width: int = WIDTH) -> bytes:
    """Write a report in a format; raises ``KitError`` (you) when there is no such format."""
    renderer = FORMATS.get(name)
    if renderer is None:
        raise KitError("report.format_unknown", format=name, formats=", ".join(FORMATS))
    return renderer(report, lang, width)
