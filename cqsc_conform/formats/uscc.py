"""Unified social credit codes: 统一社会信用代码 (GB 32100-2015)."""

import re

__all__ = ["ALPHABET", "problem_with_uscc", "uscc_check_character"]

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100-2015, 4.1: digits and capitals without I, O, S, V, Z."""

_LENGTH = 18
_MODULUS = len(ALPHABET)
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, position, _MODULUS) for position in range(_LENGTH - 1))
# Positions 3 to 8 hold the registering authority's GB/T 2260 code, which has digits only.
_SHAPE = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")


def uscc_check_character(first17: str) -> str:
    """Compute the 18th character of a code from its first 17 (GB 32100-2015, annex A).

    :raises ValueError: when there are not 17 characters of :data:`ALPHABET`.
    """
    if len(first17) != _LENGTH - 1 or any(character not in _VALUE for character in first17):
        raise ValueError("charset")
    total = sum(
        _VALUE[character] * weight for character, weight in zip(first17, _WEIGHTS, strict=True)
    )
    return ALPHABET[-total % _MODULUS]


def problem_with_uscc(text: str) -> str | None:
    """Name the first problem of a code, or None when it is a valid one.

    The problems, in the order they are looked for: ``length`` (not 18 characters),
    ``charset`` (a character that its position does not allow; lower case is one) and
    ``check_character`` (the 18th is not what the first 17 demand).  Whether the inner nine
    characters satisfy GB 11714-1997 is not asked: codes in use break it.
    """
    if len(text) != _LENGTH:
        return "length"
    if not _SHAPE.fullmatch(text):
        return "charset"
    if text[-1] != uscc_check_character(text[:-1]):
        return "check_character"
    return None
