"""A paper as PDF: set by Typst, which is in the extra ``pdf``, in a typeface with Chinese."""

import json
from collections.abc import Sequence
from typing import Any

import typst

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.reports.lab.paper import Paper
from cqsc_conform.reports.safe import visible
from cqsc_conform.resources import paper_file

__all__ = ["TYPEFACES", "render_pdf"]

TYPEFACES = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "SimSun",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "FandolHei",
    "Droid Sans Fallback",
)
"""Typefaces that have simplified Chinese, the first that is there is taken."""


def render_pdf(paper: Paper, folders: Sequence[str] = (), *, installed: bool = True) -> bytes:
    """Write a paper as PDF; the same paper and typeface give the same bytes.

    Typefaces are looked for in ``folders`` and, where ``installed``, among the machine's.

    :raises KitError: ``lab.no_typeface``.
    """
    fonts = typst.Fonts(
        include_system_fonts=installed,
        include_embedded_fonts=False,
        font_paths=list(folders),
    )
    there = {each.casefold(): each for each in fonts.families()}
    found = next((there[each.casefold()] for each in TYPEFACES if each.casefold() in there), None)
    if found is None:
        raise KitError("lab.no_typeface", Blame.YOU, names=", ".join(TYPEFACES[:6]))
    given = {"paper": json.dumps(_shown(to_builtins(paper))), "typeface": found}
    compiler = typst.Compiler(paper_file("paper.typ").encode(), font_paths=fonts, sys_inputs=given)
    made = compiler.compile(format="pdf")
    assert isinstance(made, bytes)  # noqa: S101 - one document, no file named
    return made


def _shown(value: Any) -> Any:  # noqa: ANN401 - JSON is any
    """Make every string of a paper fit to be shown."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {name: _shown(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(each) for each in value]
    return value
