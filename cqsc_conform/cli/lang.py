"""Which language a process speaks: ``--lang``, else the environment, else the locale."""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cqsc_conform.model.text import Lang


def spoken(argv: list[str] | None = None) -> "Lang":
    """Decide the language before any command is built, so that help speaks it too."""
    words = sys.argv[1:] if argv is None else argv
    for here, word in enumerate(words):
        if word.startswith("--lang="):
            return _of(word.partition("=")[2])
        if word == "--lang" and here + 1 < len(words):
            return _of(words[here + 1])
    for name in ("CQSC_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return _of(os.environ[name])
    return "en"


def _of(value: str) -> "Lang":
    return "zh" if value.lower().startswith("zh") else "en"
