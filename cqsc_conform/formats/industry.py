"""Industry codes: 国民经济行业分类 (GB/T 4754-2017), as far as its divisions were read.

A table may know a section's letter without its divisions.  What was not read denies nothing:
such a letter goes with any division that no other section is known to hold.  Groups and classes
were not read at all; their digits are held to their form alone.
"""

import csv
import re

from msgspec import Struct

__all__ = ["IndustryTable", "problem_with_industry", "read_industry"]

_COLUMNS = ["section", "first", "last", "zh", "en", "basis"]
_CODE = re.compile(r"(?P<section>[A-Z]?)(?P<digits>[0-9]{2,4})|(?P<alone>[A-Z])")
_NOTE = re.compile(r"# (edition|divisions): (.*)")


class IndustryTable(Struct, frozen=True):
    """Says which sections (门类, a letter) there are, and which divisions (大类) are known of each.

    ``divisions`` are the first and the last of all; a section whose own are unknown has None.
    """

    edition: str
    divisions: tuple[int, int]
    sections: dict[str, tuple[int, int] | None]

    def holder(self, division: int) -> str | None:
        """Name the section that is known to hold a division."""
        for section, known in self.sections.items():
            if known is not None and known[0] <= division <= known[1]:
                return section
        return None


def read_industry(text: str) -> IndustryTable:
    """Read a table of sections.

    :raises ValueError: when notes, columns or numbers are not as they must be.
    """
    lines = text.splitlines()
    notes = {found[1]: found[2] for found in map(_NOTE.fullmatch, lines) if found}
    rows = list(csv.reader(line for line in lines if line and not line.startswith("#")))
    if not rows or rows[0] != _COLUMNS or notes.keys() != {"edition", "divisions"}:
        raise ValueError("columns")
    first, last = map(int, notes["divisions"].split())
    sections = {row[0]: (int(row[1]), int(row[2])) if row[1] else None for row in rows[1:]}
    return IndustryTable(notes["edition"], (first, last), sections)


def problem_with_industry(text: str, table: IndustryTable) -> str | None:
    """Name the first problem of a code, or None when nothing that is known speaks against it.

    A code is a section alone (``C``), or two to four digits with or without their section
    (``39``, ``C391``, ``3911``).  The problems: ``shape``, ``section`` (no such letter),
    ``division`` (no such two digits) and ``mismatch`` (the division is another section's).
    """
    found = _CODE.fullmatch(text)
    if found is None:
        return "shape"
    letter = found["alone"] or found["section"]
    if letter and letter not in table.sections:
        return "section"
    if found["alone"]:
        return None
    division = int(found["digits"][:2])
    if not table.divisions[0] <= division <= table.divisions[1]:
        return "division"
    known = table.sections.get(letter)
    elsewhere = table.holder(division) not in {None, letter}
    outside = known is not None and not known[0] <= division <= known[1]
    return "mismatch" if letter and (elsewhere or outside) else None
