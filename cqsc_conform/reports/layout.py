"""Lines of a given display width, Chinese and Latin mixed."""

import unicodedata
from collections.abc import Iterator, Sequence

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


def columns(rows: Sequence[Sequence[str]], width: int, gap: int = 2) -> list[list[str]]:
    """Lay rows out as a table: each line a list of padded cells to be joined as they are.

    The first column takes what the others leave, and wraps; the others keep their width.
    """
    sizes = [max(width_of(row[i]) for row in rows) for i in range(len(rows[0]))]
    fixed = sum(sizes[1:]) + gap * (len(sizes) - 1)
    sizes[0] = max(2, min(sizes[0], width - fixed))
    table: list[list[str]] = []
    for row in rows:
        first, *more = wrap(row[0], sizes[0])
        cells = [first, *row[1:]]
        last = len(cells) - 1
        table.append(
            [pad(cell, sizes[i] + gap) if i < last else cell for i, cell in enumerate(cells)]
        )
        table.extend([each] for each in more)
    return table


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
