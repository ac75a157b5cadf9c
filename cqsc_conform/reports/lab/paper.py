"""A paper: titled blocks in one language, which HTML and PDF set from the same values.

Whatever a block holds is already said in the paper's language and fit to be shown.
"""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.text import Lang

__all__ = [
    "Annex",
    "Banner",
    "Block",
    "Cell",
    "Code",
    "Field",
    "Fields",
    "Grid",
    "Notes",
    "Paper",
    "Tone",
]

Tone = Literal["good", "bad", "open", "plain", "faint"]
"""How a word is set besides what it says; no paper says anything by colour alone."""


class Field(Struct, frozen=True):
    """A labelled value; ``clause`` is the part of GB/T 27025 that asks for it.

    ``missing`` values were not given, ``customer`` marks what the customer supplied.
    """

    label: str
    value: str
    clause: str = ""
    missing: bool = False
    customer: str = ""


class Fields(Struct, frozen=True, tag="fields"):
    """Labelled values under a heading."""

    title: str
    rows: tuple[Field, ...]


class Cell(Struct, frozen=True):
    """A cell: its text, a second smaller line, how it is set."""

    text: str
    small: str = ""
    tone: Tone = "plain"


class Grid(Struct, frozen=True, tag="grid"):
    """A table under a heading; ``widths`` are shares of the page's width."""

    title: str
    heads: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]
    lead: str = ""


class Notes(Struct, frozen=True, tag="notes"):
    """Sentences under a heading."""

    title: str
    lines: tuple[str, ...]


class Banner(Struct, frozen=True, tag="banner"):
    """The conclusion: a word, and a sentence that says what it is about."""

    word: str
    said: str
    tone: Tone


class Code(Struct, frozen=True, tag="code"):
    """A QR code: what it holds, as rows of 0 and 1, and how it is checked."""

    title: str
    lines: tuple[str, ...]
    payload: str
    modules: tuple[str, ...]


class Annex(Struct, frozen=True, tag="annex"):
    """What follows is an annex: it begins a page of its own."""

    title: str


Block = Annex | Fields | Grid | Notes | Banner | Code


class Paper(Struct, frozen=True, kw_only=True):
    """A paper.

    ``running`` stands at the head of each page, with the number; ``page`` and ``end`` are the
    words of the page number (with ``{page}`` and ``{pages}``) and of the end mark.
    """

    kind: Literal["lab", "declaration", "opinion"]
    lang: Lang
    title: str
    subtitle: str
    number: str
    running: str
    page: tuple[str, str, str]
    end: str
    blocks: tuple[Block, ...]
