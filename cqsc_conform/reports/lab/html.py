"""A paper as one HTML file: it loads nothing, runs nothing, and prints with page numbers."""

import base64
import hashlib
import re
from functools import cache

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from cqsc_conform.reports.lab.codes import svg_path
from cqsc_conform.reports.lab.paper import Paper
from cqsc_conform.reports.safe import visible
from cqsc_conform.resources import paper_file

__all__ = ["css_string", "render_html"]

_TAGS = {"zh": "zh-CN", "en": "en"}
_PLAIN = re.compile(r"[0-9A-Za-z ]")
_MARGINS = """
@page {{
  @top-left {{ content: {running}; }}
  @top-right {{ content: {number}; }}
  @bottom-center {{ content: {before} counter(page) {between} counter(pages) {after}; }}
}}
"""


def render_html(paper: Paper) -> bytes:
    """Write a paper as a page in UTF-8."""
    style = paper_file("paper.css") + _margins(paper)
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = (
        _environment()
        .get_template("paper.html")
        .render(
            paper=paper,
            tag=_TAGS[paper.lang],
            style=Markup(style),  # noqa: S704 - a file of the package, and escaped strings
            policy=f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; "
            "form-action 'none'",
            svg=svg_path,
            kind_of=lambda block: block.__struct_config__.tag,
        )
    )
    return page.encode()


def css_string(text: str) -> str:
    """Write text as a CSS string in which nothing but letters, digits and spaces is bare."""
    return '"' + "".join(
        each if _PLAIN.fullmatch(each) else f"\\{ord(each):06x}" for each in visible(text)
    ) + '"'  # fmt: skip


def _margins(paper: Paper) -> str:
    before, between, after = (css_string(each) for each in paper.page)
    return _MARGINS.format(
        running=css_string(paper.running),
        number=css_string(paper.number),
        before=before,
        between=between,
        after=after,
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=DictLoader({"paper.html": paper_file("paper.html")}),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) else visible(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
