"""The fenced blocks of Markdown pages: console commands, files to write."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# ([\w./-]+)\n")
EXIT = re.compile(r"\s+# exit (\d+)$")


class Command(NamedTuple):
    """A line of a console block, and the exit code that the page promises."""

    words: str
    code: int


class Block(NamedTuple):
    """A fenced block: its language, what it is for (``run``, ``serve``, or nothing), its text."""

    language: str
    use: str
    text: str

    @property
    def commands(self) -> list[Command]:
        found = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                said = EXIT.search(line)
                words = EXIT.sub("", line.removeprefix("$ "))
                found.append(Command(words, int(said.group(1)) if said else 0))
        return found

    @property
    def file(self) -> str | None:
        """The name of the file that the block shows whole."""
        named = NAMED.match(self.text)
        return named.group(1) if named and self.language == "yaml" else None


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Block(lang, use, body) for lang, use, body in FENCE.findall(text)]


def console(page: Path) -> list[Block]:
    return [each for each in blocks(page) if each.language == "console"]


def kit_words(command: Command) -> list[str] | None:
    """The words after ``cqsc-conform``, where the line calls it."""
    words = shlex.split(command.words)
    return words[1:] if words and words[0] == "cqsc-conform" else None


def links(page: Path) -> list[str]:
    """Where a page's links into the project lead."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    return [each for each in found if "://" not in each]
