"""What all sources of guesses are brought to: calls, their fields, the shape of their answers."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from cqsc_conform.model.text import Scalar

__all__ = [
    "MOST_CALLS",
    "Api",
    "Call",
    "Field",
    "Note",
    "Scheme",
    "Shape",
    "clean",
    "note",
    "pointer_to",
    "shape_of",
    "unescaped_path",
]

MOST_CALLS = 400
_MOST_MEMBERS = 200
_MOST_DEPTH = 12
_EXACT = 10**15
_BRACED = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff0-\uffff]+"
)


class Note(Struct, frozen=True):
    """Something to tell the vendor: a code of ``target.po`` with its arguments."""

    code: str
    args: tuple[tuple[str, str], ...] = ()


def note(code: str, **args: str) -> Note:
    """Make a note."""
    return Note(code, tuple(args.items()))


class Shape(Struct, frozen=True):
    """What a JSON value looks like, from a schema or an example.

    ``kind`` is JSON Schema's type name, empty where nobody says.  ``item`` is what an array
    holds.  ``title`` is whatever people wrote about the member.
    """

    kind: str
    title: str = ""
    example: Scalar = None
    members: dict[str, "Shape"] = {}
    item: "Shape | None" = None


class Field(Struct, frozen=True):
    """A parameter of a call; in a JSON body ``name`` may be a JSON Pointer.

    ``fixed`` says that the source shows one value that it always sends, ``integer`` that a JSON
    body holds a number there.
    """

    name: str
    place: Literal["query", "path", "header", "body", "form"]
    title: str = ""
    example: str = ""
    required: bool = False
    fixed: bool = False
    integer: bool = False


class Call(Struct, frozen=True):
    """A call that the source shows; ``where`` says where, ``words`` what is written about it."""

    where: str
    method: str
    path: str
    words: str = ""
    fields: tuple[Field, ...] = ()
    answer: Shape | None = None
    anonymous: bool = False


class Scheme(Struct, frozen=True):
    """A way to authenticate: ``use`` as an identity of ``target.yaml`` has it, references only."""

    where: str
    use: Mapping[str, Any]
    refresh: Mapping[str, Any] = {}


class Api(Struct, frozen=True):
    """All that a source shows of a system."""

    source: str
    name: str = ""
    version: str = ""
    servers: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    notes: tuple[Note, ...] = ()


def clean(value: object, most: int = 120) -> str:
    """Make somebody else's text fit for one line of a YAML file, bounded."""
    text = value if isinstance(value, str) else ""
    return " ".join(_UNSEEN.sub(" ", text[: most * 4]).split())[:most].rstrip()


def pointer_to(*names: str) -> str:
    """Write member names as a JSON Pointer."""
    return "".join(f"/{name.replace('~', '~0').replace('/', '~1')}" for name in names)


def unescaped_path(path: str) -> str:
    """Make a path that ``target.yaml`` takes of what a source shows, empty where none can be."""
    text = clean(path, 300).split("?")[0].split("#")[0].replace("\\", "/").replace(" ", "%20")
    text = _BRACED.sub(lambda found: found[0] if _NAME.fullmatch(found[1]) else "{id}", text)
    if re.search(r"[{}]", _BRACED.sub("", text)):
        return ""
    return text if text.startswith("/") else f"/{text}" if text else ""


def shape_of(value: object, depth: int = 0) -> Shape:
    """Take the shape of an example; bounded in depth and members, arrays by their first item."""
    if isinstance(value, dict | list) and depth >= _MOST_DEPTH:
        return Shape("")
    if isinstance(value, dict):
        rows = list(value.items())[:_MOST_MEMBERS]
        members = {
            name: shape_of(each, depth + 1) for name, each in rows if name == clean(name, 80)
        }
        return Shape("object", members=members)
    if isinstance(value, list):
        return Shape("array", item=shape_of(value[0], depth + 1) if value else None)
    if isinstance(value, str):
        return Shape("string", example=clean(value, 60))
    if isinstance(value, bool) or value is None:
        return Shape("" if value is None else "boolean", example=value)
    small = isinstance(value, int) and abs(value) < _EXACT
    return Shape(
        "integer" if isinstance(value, int) else "number",
        example=value if small and isinstance(value, int) else None,
    )
