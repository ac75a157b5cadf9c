"""The formats that a report can be had in."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from cqsc_conform.errors import KitError
from cqsc_conform.model.report import Report
from cqsc_conform.model.text import Lang
from cqsc_conform.reports import json, junit, markdown, text

WIDTH = 80
"""Columns of a text report where no console says otherwise."""


class Render(Protocol):
    """Writes a report as the bytes of a file; text is UTF-8."""

    def __call__(self, report: Report, lang: Lang, width: int) -> bytes:
        """Write it."""


class Renderer(Struct, frozen=True):
    """A format: its name on the command line, its file in a bundle, and its function."""

    name: str
    file: str
    render: Render


FORMATS: Mapping[str, Renderer] = {
    each.name: each
    for each in (
        Renderer("text", "report.txt", text.render),
        Renderer("json", "report.json", json.render),
        Renderer("junit", "report.xml", junit.render),
        Renderer("markdown", "report.md", markdown.render),
    )
}


def render(report: Report, name: str, lang: Lang, width: int = WIDTH) -> bytes:
    """Write a report in a format; raises ``KitError`` (you) when there is no such format."""
    renderer = FORMATS.get(name)
    if renderer is None:
        raise KitError("report.format_unknown", format=name, formats=", ".join(FORMATS))
    return renderer.render(report, lang, width)
