"""What the doctor's findings are made of."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from cqsc_conform.catalog.guess.names import plain
from cqsc_conform.catalog.guess.shapes import pointer_to
from cqsc_conform.formats.pointer import MISSING, parse_pointer, resolve
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.text import Args

__all__ = ["FEW", "SHOWN", "Finding", "Level", "members_at", "said_by"]

Level = Literal["ok", "warning", "problem"]

FEW = 8
"""How many member names a finding shows."""
SHOWN = 80
"""How many characters of the target's own text a finding shows."""


class Finding(Struct, frozen=True):
    """One thing the doctor saw: a code of ``target.po``, how bad, and where it is mended.

    ``at`` is a path into the target file; ``cites`` is the id of the exchange it rests on.
    """

    code: str
    level: Level
    at: tuple[str, ...]
    args: Args = {}
    cites: str = ""


def said_by(reply: Reply) -> str:
    """Give the target's own words about a refusal."""
    if reply.fault is not None or not isinstance(reply.json, dict):
        return ""
    spelled = {plain(str(name)): value for name, value in reply.json.items()}
    for word in ("msg", "message", "errmsg", "retmsg", "resultmsg", "detail", "title", "error"):
        if isinstance(spelled.get(word), str):
            return str(spelled[word])[:SHOWN]
    return ""


def members_at(document: object, pointer: str) -> str:
    """Name what stands at the deepest place of a pointer that a document has."""
    value = document
    for token in parse_pointer(pointer):
        below = resolve(value, pointer_to(token))
        if below is MISSING:
            break
        value = below
    names: Sequence[str] = [str(each)[:40] for each in value] if isinstance(value, dict) else []
    return ", ".join(names[:FEW]) if names else "-"
