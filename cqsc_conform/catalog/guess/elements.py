"""Which member of an item is which data element."""

import re
from collections.abc import Mapping

from msgspec import Struct

from cqsc_conform.catalog.guess.draft import Guess
from cqsc_conform.catalog.guess.names import (
    CHILDREN,
    ELEMENTS,
    VALUES,
    Confidence,
    best_name,
    is_optional,
    plain,
)
from cqsc_conform.catalog.guess.shapes import Shape, clean, pointer_to
from cqsc_conform.formats.pointer import parse_pointer

__all__ = ["GuessedElements", "guess_elements"]

_CODED = re.compile(r"([A-Za-z0-9]{1,6})\s*[-:：=、.．—–]?\s*")


class GuessedElements(Struct, frozen=True):
    """Elements that are elsewhere than under their own name, how many are not, and which lack."""

    found: dict[str, Guess] = {}
    same: int = 0
    lacking: tuple[str, ...] = ()


def guess_elements(operation: str, shape: Shape | None) -> GuessedElements:
    """Guess where the elements of an operation are in an item of this shape."""
    wanted = ELEMENTS.get(operation, {})
    if shape is None or not shape.members:
        return GuessedElements()
    found, same, lacking = _among(wanted, shape)
    for parent, children in CHILDREN.items():
        if parent in wanted and parent not in lacking:
            _within(parent, children, shape, found)
    needed = tuple(each for each in lacking if not is_optional(operation, each))
    return GuessedElements(found, same, needed)


def _within(
    parent: str, children: Mapping[str, tuple[str, ...]], shape: Shape, found: dict[str, Guess]
) -> None:
    """Guess what the members of the objects in a list are called, beside where the list is."""
    at = found[parent].value if parent in found else pointer_to(parent)
    rows = shape.members[parse_pointer(at)[0]].item
    if rows is None or not rows.members:
        return
    inner, _, _ = _among(children, rows)
    if inner:
        each = {name: guess.value for name, guess in inner.items()}
        source = ", ".join(guess.source for guess in inner.values())
        weak = any(guess.confidence == "weak" for guess in inner.values())
        confidence: Confidence = "weak" if weak else "likely"
        found[parent] = Guess({"at": at, "each": each}, clean(source, 60), confidence)


def _among(
    names: Mapping[str, tuple[str, ...]], shape: Shape
) -> tuple[dict[str, Guess], int, list[str]]:
    """Give every element its likeliest member, each member to one element only."""
    offered = {name: member.title for name, member in shape.members.items()}
    order = list(names)
    guesses: dict[str, Guess] = {}
    same = 0
    while order:
        ranked = [(best_name(each, names[each], offered), each) for each in order]
        fits = [
            (fit.rank, names_at, each, fit) for names_at, (fit, each) in enumerate(ranked) if fit
        ]
        if not fits:
            break
        _, _, element, fit = min(fits, key=lambda row: row[:2])
        member = shape.members[fit.name]
        offered.pop(fit.name)
        order.remove(element)
        values = _values(element, member.title)
        if fit.name == element and not values:
            same += 1
            continue
        told = member.title if plain(member.title) in map(plain, names[element]) else ""
        source = clean(f"{fit.name} {told}", 60)
        at = pointer_to(fit.name)
        value = {"at": at, "values": values} if values else at
        guesses[element] = Guess(value, source, "likely" if values else fit.confidence)
    return {each: guesses[each] for each in names if each in guesses}, same, order


def _values(element: str, title: str) -> dict[str, str]:
    """Read how a vendor codes a closed list from what is written: ``1 无条件共享 2 有条件共享``."""
    values: dict[str, str] = {}
    for word in VALUES.get(element, ()):
        found = re.search(rf"(?<![A-Za-z0-9]){_CODED.pattern}{word}", title)
        if found and found[1] not in values:
            values[found[1]] = word
    return values if len(values) > 1 else {}
