"""A command run in this process, where starting another would take longer than what it does.

Its words are those of whatever language came first.
"""

import io
import signal
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from cli.kit import Done
from cqsc_conform.cli.app import build
from cqsc_conform.cli.ending import guarded


def within(*words: str | Path) -> Done:
    """Run a command to its end."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = guarded(build(), [str(word) for word in words], "en")
    finally:
        signal.signal(signal.SIGTERM, handler)
    said = []
    for each in (out, err):
        each.flush()
        said.append(each.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return Done(code, said[0], said[1])
