"""Characters of GB 18030-2022 at implementation level 3, and what became of them on their way.

Level 3 is demanded of systems for government affairs and public services.  It holds all of CJK
Unified Ideographs and its extensions A to F, and the Kangxi radicals; the ranges below are those
of Unicode, taken from its block names and not from the standard's tables, which were not read.
"""

from typing import Literal

__all__ = ["SAMPLE", "Lost", "lost_characters", "of_level_3", "survives"]

Lost = Literal["question_mark", "replacement", "surrogate", "gone", "changed"]

SAMPLE = "䶮㑇鿃𠅤𪜎𫞩𫠆𬭎⼀"
"""A character of each range: extension A (two), the URO's end, B, C, D, E (two), Kangxi."""

_RANGES = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2EBE0),
    (0x2F00, 0x2FD5),
)


def of_level_3(character: str) -> bool:
    """Tell whether a character is an ideograph or radical that level 3 holds."""
    return any(first <= ord(character) <= last for first, last in _RANGES)


def survives(text: str) -> bool:
    """Tell whether a text comes back from GB 18030 as it went."""
    try:
        return text.encode("gb18030").decode("gb18030") == text
    except UnicodeError:
        return False


def lost_characters(sent: str, got: str) -> tuple[str, Lost] | None:
    """Name the first character that did not come through, and what stands in its place.

    None where the texts are the same.  ``question_mark`` and ``replacement`` (U+FFFD) are what
    encoders write for a character that they do not know, ``surrogate`` is half of one;
    ``gone`` says that nothing stands there.
    """
    if sent == got:
        return None
    at = next((n for n, (a, b) in enumerate(zip(sent, got, strict=False)) if a != b), None)
    if at is None:
        shorter = min(len(sent), len(got))
        return (sent[shorter], "gone") if len(sent) > shorter else (got[shorter], "changed")
    return sent[at], _became(sent[at + 1 :], got[at:])


def _became(rest: str, got: str) -> Lost:
    first = got[0]
    if first == "?":
        return "question_mark"
    if first == "\ufffd":
        return "replacement"
    if "\ud800" <= first <= "\udfff":
        return "surrogate"
    return "gone" if got == rest else "changed"
