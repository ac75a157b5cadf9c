"""Lines for a terminal, folded to its width and made safe."""

from cqsc_conform.cli.showing import console_width
from cqsc_conform.reports.layout import width_of, wrap
from cqsc_conform.reports.safe import visible


class Lines:
    """Collects lines; what does not fit goes on below, aligned."""

    def __init__(self) -> None:
        self._width = console_width()
        self._lines: list[str] = []

    def put(self, text: str, indent: int = 0, lead: str = "") -> None:
        """Put text, folded; ``lead`` stands before its first line."""
        hang = " " * (indent + width_of(lead))
        width = max(20, self._width - len(hang))
        for number, line in enumerate(wrap(visible(text), width)):
            self._lines.append((" " * indent + lead if number == 0 else hang) + line)

    def text(self) -> str:
        """Give the lines, each ended by a newline."""
        return "".join(line.rstrip() + "\n" for line in self._lines)
