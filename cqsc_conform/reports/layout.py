"""Lines of a given display width, Chinese and Latin mixed."""

import unicodedata
from collections.abc import Iterator, Sequence

_GAP = 2
_FIRST_LEAST = 12
_NEVER_FIRST = frozenset("，。、；：！？）》」』】”’…,.;:!?)]}%")
_NEVER_LAST = frozenset("（《「『【“‘([{")


def width_of(text: str) -> int:
    """Count columns; characters that some consoles show wide count as wide."""
    return sum(map(_columns, text))


def pad(text: str, width: int) -> str:
    """Fill with spaces to a width."""
    return text + " " * max(0, width - width_of(text))


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines of at most ``width`` columns (at least 2); never an empty list.

    Lines break at spaces and between wide characters.  Closing punctuation does not begin a
    line and opening punctuation does not end one, unless nothing else fits.
    """
    lines: list[str] = []
    line, used = "", 0
    for atom in _atoms(text):
        size = width_of(atom)
        if used + width_of(atom.rstrip()) <= width:
            line, used = line + atom, used + size
            continue
        if line.strip():
            lines.append(line.rstrip())
        line, used = "", 0
        for each in atom:
            if used + _columns(each) > width:
                lines.append(line.rstrip())
                line, used = "", 0
            line, used = line + each, used + _columns(each)
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def least_width(rows: Sequence[Sequence[str]]) -> int:
    """Say how wide a table must be, its first column folded to at most 12 columns."""
    first, *others = _sizes(rows)
    return min(first, _FIRST_LEAST) + sum(others) + _GAP * len(others)


def columns(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Lay rows out as a table: for each row its lines, at most ``width`` columns wide.

    The first column takes what the others leave, and folds; the others keep their width.
    """
    first, *others = _sizes(rows)
    first = max(2, min(first, width - sum(others) - _GAP * len(others)))
    table: list[list[str]] = []
    for row in rows:
        top, *more = wrap(row[0], first)
        cells = [pad(cell, size + _GAP) for cell, size in zip(row, (first, *others), strict=True)]
        cells[0] = pad(top, first + _GAP)
        table.append(["".join(cells).rstrip(), *more])
    return table


def _sizes(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(width_of, column)) for column in zip(*rows, strict=True)]


def _atoms(text: str) -> Iterator[str]:
    atom = ""
    for each in text:
        if atom and _may_break(atom[-1], each):
            yield atom
            atom = ""
        atom += each
    if atom:
        yield atom


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _NEVER_FIRST:
        return False
    if before in _NEVER_LAST:
        return False
    return before == " " or before in "/,;，。、；：" or _is_wide(before) or _is_wide(after)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WFA" else 1
