"""Numbers of declarations by a laboratory's pattern, for instance ``{lab}-{year}-{seq:04}``."""

import re
from datetime import datetime

from cqsc_conform.errors import Blame, KitError

__all__ = ["FIELDS", "counts", "number_of"]

FIELDS = "{lab}, {year}, {month}, {seq}, {seq:04}"
_FIELD = re.compile(r"\{(lab|year|month|seq)(?::0([1-9]))?\}")
_PLAIN = re.compile(r"[\w./()（）〔〕\[\] -]{1,64}")


def counts(pattern: str) -> bool:
    """Tell whether a pattern needs a running number."""
    return any(found[1] == "seq" for found in _FIELD.finditer(pattern))


def number_of(pattern: str, lab: str | None, at: datetime, sequence: int | None) -> str:
    """Fill a pattern; ``lab`` is the laboratory's URN, of which the own part is written.

    :raises KitError: ``declare.number_pattern``, ``.no_lab``, ``.no_sequence``.
    """

    def filled(found: re.Match[str]) -> str:
        name, width = found[1], found[2]
        if width is not None and name != "seq":
            raise _unfit(pattern)
        if name == "year":
            return f"{at.year:04}"
        if name == "month":
            return f"{at.month:02}"
        if name == "lab":
            if lab is None:
                raise KitError("declare.no_lab", Blame.YOU, where=pattern)
            return lab.removeprefix("urn:lab:").replace(":", "-").upper()
        if sequence is None:
            raise KitError("declare.no_sequence", Blame.YOU, where=pattern)
        return f"{sequence:0{width or 1}}"

    number = _FIELD.sub(filled, pattern).strip()
    if not _PLAIN.fullmatch(number):
        raise _unfit(pattern)
    return number


def _unfit(pattern: str) -> KitError:
    return KitError("declare.number_pattern", Blame.YOU, pattern=pattern, fields=FIELDS)
