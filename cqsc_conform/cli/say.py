"""Words of the command line in the language spoken."""

import difflib
from functools import cache
from typing import Any

from cqsc_conform.cli.lang import spoken
from cqsc_conform.errors import KitError
from cqsc_conform.reports.messages import Messages


@cache
def messages() -> Messages:
    """Give the messages of the language spoken."""
    return Messages(spoken())


def say(code: str, **args: Any) -> str:  # noqa: ANN401 - messages render anything
    """Say a sentence."""
    return messages().sentence(code, args)


def unknown_command(name: str, known: list[str]) -> KitError:
    """Name the command that was probably meant, or all that there are."""
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return KitError("cli.unknown_command", name=name, near=near[0])
    return KitError("cli.no_such_command", name=name, known=", ".join(known))
