"""Where in a file each value stands."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from cqsc_conform.formats.pointer import parse_pointer

__all__ = ["MapPlace", "Place", "Positions", "RowPlace", "pack", "pointer_of", "unpack"]

_COLUMN_BITS = 21

PathPart: TypeAlias = str | int


def pack(line: int, column: int) -> int:
    """Hold a zero-based line and column in one small integer."""
    return line << _COLUMN_BITS | column


def unpack(packed: int) -> tuple[int, int]:
    """Give line and column, counted from 1."""
    return (packed >> _COLUMN_BITS) + 1, (packed & ((1 << _COLUMN_BITS) - 1)) + 1


class MapPlace:
    """Where a mapping starts, where its keys stand, where its values stand."""

    __slots__ = ("at", "keys", "values")

    def __init__(self, at: int) -> None:
        self.at = at
        self.keys: dict[str, int] = {}
        self.values: dict[str, Place] = {}


class RowPlace:
    """Where a sequence starts, and where its values stand."""

    __slots__ = ("at", "values")

    def __init__(self, at: int) -> None:
        self.at = at
        self.values: list[Place] = []


Place: TypeAlias = int | MapPlace | RowPlace


def _start(place: Place) -> int:
    return place if isinstance(place, int) else place.at


def pointer_of(path: Sequence[PathPart]) -> str:
    """Write a path as a JSON Pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


class Positions:
    """Answers where a value stands in its file: line and column, both counted from 1.

    A place is named by a JSON Pointer, or by its parts.  For what the file does not hold the
    nearest place above it is given, so that every problem has a line.
    """

    __slots__ = ("_root", "name")

    def __init__(self, root: Place, name: str) -> None:
        self._root = root
        self.name = name

    def of(self, path: str | Sequence[PathPart]) -> tuple[int, int]:
        """Give line and column of the value at a path."""
        return unpack(_start(self._walk(path)[0]))

    def of_key(self, path: str | Sequence[PathPart]) -> tuple[int, int]:
        """Give line and column of the key that ends a path; of the value where it is no key."""
        place, parent, part = self._walk(path)
        if isinstance(parent, MapPlace) and part in parent.keys:
            return unpack(parent.keys[str(part)])
        return unpack(_start(place))

    def where(self, path: str | Sequence[PathPart], *, key: bool = False) -> str:
        """Write ``file:line:column`` of a value, or of its key."""
        line, column = self.of_key(path) if key else self.of(path)
        return f"{self.name}:{line}:{column}"

    def holds(self, path: str | Sequence[PathPart]) -> bool:
        """Tell whether the file has a value at a path."""
        place: Place | None = self._root
        for part in _parts(path):
            if place is None:
                return False
            place = _child(place, part)
        return place is not None

    def _walk(self, path: str | Sequence[PathPart]) -> tuple[Place, Place | None, PathPart]:
        place, parent, last = self._root, None, ""
        for part in _parts(path):
            found = _child(place, part)
            if found is None:
                return place, None, ""
            parent, place, last = place, found, str(part)
        return place, parent, last


def _parts(path: str | Sequence[PathPart]) -> Iterator[PathPart]:
    yield from parse_pointer(path) if isinstance(path, str) else path


def _child(place: Place, part: PathPart) -> Place | None:
    if isinstance(place, MapPlace):
        return place.values.get(str(part))
    if isinstance(place, RowPlace):
        index = int(part) if isinstance(part, int) or part.isdecimal() else len(place.values)
        return place.values[index] if 0 <= index < len(place.values) else None
    return None
