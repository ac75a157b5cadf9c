"""Where in an answer's shape things are: items, total, cursor, the object, the business code."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from cqsc_conform.catalog.guess.credentials import is_harmless
from cqsc_conform.catalog.guess.draft import Guess
from cqsc_conform.catalog.guess.names import (
    CODE_MEMBERS,
    CURSOR_MEMBERS,
    ITEM_MEMBERS,
    MESSAGE_MEMBERS,
    TOTAL_MEMBERS,
    plain,
)
from cqsc_conform.catalog.guess.shapes import Shape, clean, pointer_to

__all__ = ["Listing", "business_code", "listing_of", "object_of"]

_DEEPEST = 4
_ENVELOPES = ("data", "result", "body", "response", "obj", "object", "content", "sj", "detail")


class Listing(Struct, frozen=True):
    """The array of a listing: its pointer, what an item looks like, and what stands beside it."""

    items: Guess
    item: Shape
    total: Guess | None = None
    cursor: Guess | None = None


def listing_of(answer: Shape | None) -> Listing | None:
    """Find the array of objects that a listing is about, or None."""
    if answer is None:
        return None
    found: list[tuple[tuple[bool, int], int, tuple[str, ...], Shape, Shape | None, bool]] = []
    for path, shape, holder in _arrays(answer, (), None):
        known = plain(path[-1]) in ITEM_MEMBERS if path else True
        objects = shape.item is not None and bool(shape.item.members)
        rank = (not objects, len(path) + (0 if known else 3))
        found.append((rank, len(found), path, shape, holder, known and objects))
    if not found:
        return None
    _, _, path, shape, holder, sure = min(found, key=lambda row: row[:2])
    source = ".".join(clean(each, 40) for each in path) or "[]"
    items = Guess(pointer_to(*path), source, "likely" if sure else "weak")
    beside = [(path[:-1], holder)] if holder is not None else []
    beside += [((), answer)] if path else []
    return Listing(
        items=items,
        item=shape.item or Shape(""),
        total=_beside(beside, TOTAL_MEMBERS, ("integer", "number", "string", "")),
        cursor=_beside(beside, CURSOR_MEMBERS, ("string", "")),
    )


def _arrays(
    shape: Shape, path: tuple[str, ...], holder: Shape | None
) -> Iterator[tuple[tuple[str, ...], Shape, Shape | None]]:
    if shape.kind == "array":
        yield path, shape, holder
    elif len(path) < _DEEPEST:
        for name, member in shape.members.items():
            yield from _arrays(member, (*path, name), shape)


def _beside(
    places: list[tuple[tuple[str, ...], Shape]], words: tuple[str, ...], kinds: tuple[str, ...]
) -> Guess | None:
    """Find a scalar of a known name, nearest to the items first."""
    for path, shape in places:
        spelled = {plain(name): name for name in shape.members}
        for word in words:
            name = spelled.get(word)
            if name is not None and shape.members[name].kind in kinds:
                return Guess(pointer_to(*path, name), clean(name, 40), "likely")
        for name, member in shape.members.items():
            if plain(member.title) in words and member.kind in kinds:
                return Guess(pointer_to(*path, name), clean(name, 40), "likely")
    return None


def object_of(answer: Shape | None) -> tuple[Guess, Shape] | None:
    """Find the object that a single answer is about, inside its envelope if it has one."""
    if answer is None or answer.kind != "object":
        return None
    for name in answer.members:
        inner = answer.members[name]
        if plain(name) in _ENVELOPES and inner.kind == "object" and inner.members:
            return Guess(pointer_to(name), clean(name, 40), "likely"), inner
    return Guess("", "", "likely"), answer


def business_code(answer: Shape | None) -> tuple[str, str] | None:
    """Find the pointer to a business code and, where an example shows it, its value for success.

    Only in an envelope, beside a message or data, so that an element called code is none.
    """
    if answer is None or answer.kind != "object":
        return None
    members: Mapping[str, Shape] = answer.members
    if not any(plain(name) in MESSAGE_MEMBERS for name in members):
        return None
    for word in CODE_MEMBERS:
        for name, member in members.items():
            if plain(name) == word and member.kind in ("integer", "string", "number", ""):
                shown = "" if member.example is None else str(member.example)
                return pointer_to(name), shown if is_harmless(shown) else ""
    return None
