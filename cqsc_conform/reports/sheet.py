"""A page of lines for a console: said in one language, folded to one width, one encoding."""

from collections.abc import Sequence

from rich.text import Text as Styled

from cqsc_conform.model.text import Args, Lang, Text
from cqsc_conform.reports.layout import columns, least_width, pad, width_of, wrap
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.safe import encodable, prose

NARROWEST = 40

Table = Sequence[Sequence[str]]


class Sheet:
    """Collects styled lines, none wider than ``width`` columns (at least 40)."""

    def __init__(self, lang: Lang, width: int, encoding: str = "utf-8") -> None:
        self.lang: Lang = lang
        self.width = max(width, NARROWEST)
        self.encoding = encoding
        self.messages = Messages(lang)
        self.lines: list[Styled] = []

    def say(self, label: str, **args: object) -> str:
        """Say a label of the reports."""
        given: Args = {name: value if isinstance(value, int) else str(value)
                       for name, value in args.items()}  # fmt: skip
        return encodable(self.messages.sentence(f"report.{label}", given), self.encoding)

    def show(self, value: str) -> str:
        """Make a value fit for this console."""
        return encodable(prose(value), self.encoding)

    def of(self, text: Text) -> str:
        """Choose the language of a text and make it fit."""
        return self.show(text.of(self.lang))

    def blank(self) -> None:
        """Leave a line empty."""
        self.lines.append(Styled())

    def heading(self, text: str, style: str = "bold") -> None:
        """Begin a part of the page."""
        if self.lines:
            self.blank()
        self.put(text, style=style)

    def put(self, text: str, *, style: str = "", indent: int = 0, lead: str = "") -> None:
        """Put text, folded; ``lead`` stands before its first line, the others align with it."""
        start = indent + width_of(lead)
        if self.width - start < NARROWEST // 2:
            lead, text, start = "", lead + text, indent
        for number, line in enumerate(wrap(text, self.width - start)):
            styled = Styled(" " * indent + (lead if number == 0 else " " * width_of(lead)))
            styled.append(line, style=style or None)
            self.lines.append(styled)

    def pairs(self, rows: Sequence[tuple[str, str]], indent: int = 2) -> None:
        """Put names and values, the values aligned."""
        widest = max((width_of(name) for name, _ in rows), default=0)
        for name, value in rows:
            self.put(value, indent=indent, lead=pad(name, widest) + "  ")

    def table(self, rows: Table, styles: Sequence[str] = (), indent: int = 2) -> None:
        """Put rows in columns, the first row being the heading; the first column may fold.

        Where the columns do not fit, each row becomes a list of names and values.
        """
        room = self.width - indent
        if least_width(rows) > room:
            heads, *records = rows
            for record in records:
                self.put(record[0], indent=indent)
                self.pairs(list(zip(heads[1:], record[1:], strict=True)), indent=indent + 2)
            return
        for number, lines in enumerate(columns(rows, room)):
            style = "dim" if number == 0 else (*styles, *[""] * number)[number - 1]
            self.lines += [Styled(" " * indent + line, style=style) for line in lines]

    def plain(self) -> str:
        """Give the page without styles, each line ended by a newline."""
        return "".join(line.plain.rstrip() + "\n" for line in self.lines)
