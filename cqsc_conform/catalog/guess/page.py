"""YAML by hand: lines with comments in both languages, scalars that cannot break out."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from cqsc_conform.catalog.guess.draft import Guess
from cqsc_conform.catalog.guess.shapes import clean
from cqsc_conform.model.text import Text

__all__ = ["Page", "flow", "scalar"]

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_WORDS = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
_WIDTH = 94


class Page:
    """Collects the lines of a YAML file."""

    def __init__(self, words: Callable[[str, Mapping[str, str]], Text]) -> None:
        self._words = words
        self._lines: list[str] = []

    def text(self) -> str:
        """Give the file, one newline at its end."""
        return "\n".join(self._lines).rstrip("\n") + "\n"

    def raw(self, line: str) -> None:
        """Add a line of our own."""
        if line:
            self._lines.append(line)

    def section(self, name: str) -> None:
        """Leave a line empty and explain the next section."""
        self._lines.append("")
        self.doc(name)

    def doc(self, name: str, indent: int = 0, **args: str) -> None:
        """Explain in both languages, Chinese first."""
        said = self._words(f"target.doc_{name}", {key: clean(args[key], 400) for key in args})
        self._put(said, " " * indent + "# ")

    def told(self, text: Text) -> None:
        """Give a question of the profile in both languages, inside what is commented out."""
        self._put(text, "#   # ")

    def _put(self, text: Text, lead: str) -> None:
        for sentence in (text.zh, text.en):
            self._lines += [lead + line for line in _folded(sentence, _WIDTH - len(lead))]

    def guess(self, line: str, guess: Guess) -> None:
        """Add a line that holds a guess, with its ground and confidence."""
        said = self._words(f"target.mark_{guess.confidence}", {})
        ground = clean(guess.source, 60)
        self._lines.append(f"{line}  # {said.en} / {said.zh}" + (f" ← {ground}" if ground else ""))

    def put(self, line: str, source: str) -> None:
        """Add a line, as a guess where it has a source."""
        if source:
            self.guess(line, Guess("", source, "likely"))
        else:
            self.raw(line)


def _folded(text: str, width: int) -> list[str]:
    """Break a comment at spaces, or after Chinese punctuation."""
    lines, line = [], ""
    for part in re.split(r"(?<= )|(?<=[，。；：、])", text):
        if line and _columns(line + part.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += part
    return [*lines, line.rstrip()] if line.strip() else lines


def _columns(text: str) -> int:
    return sum(2 if each >= "\u2e80" else 1 for each in text)


def scalar(value: object) -> str:
    """Write a scalar: plain where every YAML reader takes it for this string, else quoted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = clean(value, 400)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if re.fullmatch(r"env:[A-Z_]+", text):
        return text
    return json.dumps(text, ensure_ascii=False)


def flow(value: Any) -> str:  # noqa: ANN401 - YAML is any
    """Write a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)
