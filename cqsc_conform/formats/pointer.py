"""JSON Pointers (RFC 6901)."""

import re
from enum import Enum
from functools import lru_cache
from typing import Final

__all__ = ["MISSING", "Missing", "parse_pointer", "resolve"]


class Missing(Enum):
    """Stands for a place that a document does not have."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING

_BAD_ESCAPE = re.compile(r"~(?![01])")
_INDEX = re.compile(r"0|[1-9][0-9]{0,17}")


@lru_cache(maxsize=4096)
def parse_pointer(pointer: str) -> tuple[str, ...]:
    """Split a pointer into its reference tokens, unescaped (RFC 6901, sections 3 and 4).

    :raises ValueError: ``no_slash`` when a pointer that is not empty lacks its leading ``/``,
        ``bad_escape`` when a ``~`` is not followed by 0 or 1.
    """
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ValueError("no_slash")
    if _BAD_ESCAPE.search(pointer):
        raise ValueError("bad_escape")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/"))


def resolve(document: object, pointer: str) -> object:
    """Find the value at a pointer in a decoded document, or :data:`MISSING`.

    ``-`` names the place after an array's last element, and so is always missing.

    :raises ValueError: as :func:`parse_pointer` does.
    """
    value = document
    for token in parse_pointer(pointer):
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
            value = value[int(token)]
        else:
            return MISSING
    return value
