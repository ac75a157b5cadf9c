"""Finding where a removed text still stands in an archive."""

from collections.abc import Iterable
from pathlib import Path

from cqsc_conform.bundle.source import Source, open_source, pieces
from cqsc_conform.model.codec import encode

__all__ = ["still_in"]

_SHORTEST = 8


def still_in(path: Path, texts: Iterable[str]) -> tuple[str, ...]:
    """Name the files of an archive that hold one of the texts, as it is or as JSON writes it.

    Texts of fewer than eight characters are not looked for: they stand everywhere.
    """
    needles = {
        needle
        for text in texts
        if len(text) >= _SHORTEST
        for needle in (text.encode("utf-8", "replace"), encode(text)[1:-1])
    }
    if not needles:
        return ()
    source = open_source(path)
    try:
        return tuple(name for name in source.sizes if _holds(source, name, needles))
    finally:
        source.close()


def _holds(source: Source, name: str, needles: set[bytes]) -> bool:
    overlap = max(map(len, needles)) - 1
    tail = b""
    for piece in pieces(source, name):
        window = tail + piece
        if any(needle in window for needle in needles):
            return True
        tail = window[-overlap:]
    return False
