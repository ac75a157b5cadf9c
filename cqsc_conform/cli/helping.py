"""Help as the terminal can show it: folded by display width, in the language spoken."""

import gettext
import os
from collections.abc import Iterable

import click

from cqsc_conform.cli.lang import spoken
from cqsc_conform.cli.say import say
from cqsc_conform.reports.layout import pad, width_of, wrap
from cqsc_conform.resources import locales_root

_DOMAIN = "click"
_FIRST_MOST = 32
_GAP = 2


def speak_click() -> None:
    """Let click's own words ("Usage", "No such option") come from our catalogue."""
    os.environ["LANGUAGE"] = "zh_CN" if spoken() == "zh" else "en"
    gettext.bindtextdomain(_DOMAIN, str(locales_root()))
    gettext.textdomain(_DOMAIN)


class Help(click.HelpFormatter):
    """Folds help by columns, where a Chinese character takes two."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage line; a Chinese colon needs no space after it."""
        said = gettext.gettext("Usage:")
        super().write_usage(prog, args, prefix or said + ("" if said.endswith("：") else " "))

    def write_heading(self, heading: str) -> None:
        """Write the head of a section."""
        self.write(f"{' ' * self.current_indent}{heading}{say('report.colon').rstrip()}\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs; a line break in the text stays one."""
        indent = " " * self.current_indent
        for line in text.splitlines():
            folded = wrap(line, self.width - self.current_indent) if line.strip() else [""]
            self.write("".join(f"{indent}{each}".rstrip() + "\n" for each in folded))

    def write_dl(
        self,
        rows: Iterable[tuple[str, str]],
        col_max: int = _FIRST_MOST,
        col_spacing: int = _GAP,
    ) -> None:
        """Write names and what they mean, the meanings aligned."""
        rows = list(rows)
        indent = " " * self.current_indent
        widest = max((width_of(name) for name, _ in rows), default=0)
        first = min(widest, col_max) + col_spacing
        room = self.width - self.current_indent - first
        for name, meaning in rows:
            lines = wrap(meaning, room)
            if width_of(name) > first - col_spacing:
                self.write(f"{indent}{name}\n")
            else:
                self.write(f"{indent}{pad(name, first)}{lines.pop(0)}".rstrip() + "\n")
            for line in lines:
                self.write(f"{indent}{' ' * first}{line}".rstrip() + "\n")


class Spoken(click.Context):
    """A context whose help is folded by columns."""

    formatter_class = Help


def dressed(command: click.Command) -> click.Command:
    """Give a command, and those below it, the context that speaks."""
    command.context_class = Spoken
    if isinstance(command, click.Group):
        for each in command.commands.values():
            dressed(each)
    return command
