"""The formats that a report can be had in."""

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from cqsc_conform.errors import KitError
from cqsc_conform.model.report import Report
from cqsc_conform.model.text import Lang
from cqsc_conform.reports import json, junit, markdown, nonconformity, text
from cqsc_conform.reports.frames import Frames
from cqsc_conform.reports.html import Cited, render_html

WIDTH = 80
"""Columns of a text report where no console says otherwise."""


class Rendering(Struct, frozen=True, kw_only=True):
    """What a renderer is given.

    ``width`` matters to formats of folded lines, ``evidence`` to those that show evidence.  It
    is asked for what the report cites and for nothing else, so it may be read when asked, and
    ``frames`` for what it cites of traces.
    """

    report: Report
    lang: Lang
    width: int = WIDTH
    evidence: Cited = {}
    frames: Frames | None = None


class Renderer(Protocol):
    """Writes a report as the bytes of a file; text is UTF-8, lines end in a newline."""

    def __call__(self, given: Rendering) -> bytes:
        """Write it."""


def _lines(write: Callable[[Report, Lang, int], bytes]) -> Renderer:
    return lambda given: write(given.report, given.lang, given.width)


def _naming(write: Callable[[Report, Lang, int, Frames | None], bytes]) -> Renderer:
    return lambda given: write(given.report, given.lang, given.width, given.frames)


FORMATS: Mapping[str, Renderer] = {
    "text": _naming(text.render),
    "json": _lines(json.render),
    "junit": _lines(junit.render),
    "markdown": _naming(markdown.render),
    "html": lambda given: render_html(
        given.report, given.evidence, given.lang, frames=given.frames
    ),
    "nonconformity": _lines(nonconformity.render),
}
"""The renderers, by the names that the command line uses."""

SUFFIXES: Mapping[str, str] = {
    "text": "txt",
    "json": "json",
    "junit": "xml",
    "markdown": "md",
    "html": "html",
    "nonconformity": "nonconformity.csv",
}
"""How the file of a format is called in a run's folder: ``report.<suffix>``."""


def render(
    report: Report,
    name: str,
    lang: Lang,
    width: int = WIDTH,
    evidence: Cited | None = None,
    frames: Frames | None = None,
) -> bytes:
    """Write a report in a format.

    :raises KitError: ``report.format_unknown``, and what reading evidence raises.
    """
    renderer = FORMATS.get(name)
    if renderer is None:
        raise KitError("report.format_unknown", format=name, formats=", ".join(FORMATS))
    return renderer(
        Rendering(report=report, lang=lang, width=width, evidence=evidence or {}, frames=frames)
    )
