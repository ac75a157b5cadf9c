"""Words of papers, in one language."""

import re
from collections.abc import Sequence

from cqsc_conform.model.text import Lang, Scalar, Text
from cqsc_conform.reports.lab.paper import Field
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.safe import prose

__all__ = ["Say"]

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d{1,6})?Z", re.ASCII)
_BETWEEN = {"zh": "、", "en": ", "}


class Say:
    """Says the labels and sentences of papers; what was not given is shown as missing."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.messages = Messages(lang)

    def __call__(self, name: str, /, **args: Scalar) -> str:
        """Say a label or sentence of the area ``lab``."""
        return self.messages.sentence(f"lab.{name}", dict(args))

    def report(self, name: str, /, **args: Scalar) -> str:
        """Say a label that all reports share."""
        return self.messages.sentence(f"report.{name}", dict(args))

    def of(self, text: Text) -> str:
        """Choose a profile's text, made fit to be shown."""
        return prose(text.of(self.lang))

    def field(
        self, name: str, value: str | None, clause: str = "", *, customer: bool = False
    ) -> Field:
        """Label a value; none, or an empty one, is shown as missing."""
        mark = self("customer") if customer else ""
        if value is None or not value.strip():
            return Field(self(name), self("missing"), clause, missing=True, customer=mark)
        return Field(self(name), prose(value), clause, customer=mark)

    def moment(self, value: str | None) -> str | None:
        """Write a moment as people read it; what is none stays as it is."""
        return None if value is None else _MOMENT.sub(r"\1 \2 UTC", value)

    def span(self, start: str, end: str) -> str:
        """Write from when to when."""
        return self("span", start=self.moment(start), end=self.moment(end))

    def joined(self, parts: Sequence[str]) -> str:
        """Put parts in a row."""
        return _BETWEEN[self.lang].join(prose(each) for each in parts)

    def page(self) -> tuple[str, str, str]:
        """Give the words around the page number and the number of pages."""
        before, _, rest = self("page", page="{page}", pages="{pages}").partition("{page}")
        between, _, after = rest.partition("{pages}")
        return before, between, after
