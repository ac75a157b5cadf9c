"""Standard output and error that never break a command.

A console that lacks a character is shown its number; a reader that went away is not an error:
the command goes on to its end, so that its exit code stays true.
"""

import codecs
import io
import os
import sys
from typing import TextIO

from cqsc_conform.reports.safe import encodable

_HANDLER = "cqsc-visible"


def steady() -> None:
    """Make both streams show what they can and outlive their reader."""
    codecs.register_error(_HANDLER, _visible)
    sys.stdout = _steadied(sys.stdout)
    sys.stderr = _steadied(sys.stderr)


def _visible(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return encodable(error.object[error.start : error.end], "ascii"), error.end


def _steadied(stream: TextIO | None) -> TextIO:
    """Wrap one stream; where there is none (it was closed at start), write to nowhere."""
    if stream is None:
        number, encoding = os.open(os.devnull, os.O_WRONLY), "utf-8"
    elif isinstance(stream, io.TextIOWrapper):
        stream.flush()
        number, encoding = stream.fileno(), stream.encoding
    else:
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Patient(number, "wb", closefd=False)),
        # A console that is said to speak ASCII is one that nobody set up; click sees it so too.
        encoding="utf-8" if codecs.lookup(encoding).name == "ascii" else encoding,
        errors=_HANDLER,
        newline=None,
        line_buffering=True,
    )


class _Patient(io.FileIO):
    """Writes to a file descriptor until that fails, and to nowhere after that.

    Only a failure that is not the reader's going away is raised, and that once.
    """

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        try:
            return super().write(piece) or 0
        except OSError as trouble:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            if isinstance(trouble, BrokenPipeError):
                return len(piece)
            raise
