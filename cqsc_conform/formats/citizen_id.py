"""Citizen identity numbers: 公民身份号码 (GB 11643-1999)."""

import re
from datetime import date

__all__ = ["citizen_check_character", "problem_with_citizen_id", "sex_of_citizen_id"]

_LENGTH = 18
_FIRST_GENERATION = 15
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
# The first two digits alone are held to GB/T 2260: counties come and go, and numbers that were
# issued under an abolished one stay.  81 to 83 are residents from Hong Kong, Macao and Taiwan.
_PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")


def citizen_check_character(first17: str) -> str:
    """Compute the 18th character from the first 17 digits (ISO 7064, MOD 11-2).

    :raises ValueError: when there are not 17 ASCII digits.
    """
    if len(first17) != _LENGTH - 1 or not (first17.isascii() and first17.isdigit()):
        raise ValueError("charset")
    total = sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True))
    return _CHECKS[total % len(_CHECKS)]


def problem_with_citizen_id(text: str, on: date) -> str | None:
    """Name the first problem of a number as it stood on a day, or None when it is a valid one.

    The problems, in the order they are looked for: ``first_generation`` (15 digits, withdrawn),
    ``length`` (not 18 characters), ``charset`` (17 digits and a digit or a capital X),
    ``province`` (the first two digits are none), ``birth`` (no such day), ``future`` (a birth
    after ``on``) and ``check_character``.  The county is never asked for: those of Chongqing
    residents registered before 1997, of 江北 and of 渝北 stand no longer, and their numbers do.
    """
    if len(text) == _FIRST_GENERATION and text.isascii() and text.isdigit():
        return "first_generation"
    if len(text) != _LENGTH:
        return "length"
    if not _SHAPE.fullmatch(text):
        return "charset"
    if not _PROVINCES.fullmatch(text[:2]):
        return "province"
    birth = _birth(text)
    if birth is None or birth > on:
        return "birth" if birth is None else "future"
    return None if text[-1] == citizen_check_character(text[:-1]) else "check_character"


def _birth(text: str) -> date | None:
    try:
        return date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return None


def sex_of_citizen_id(text: str) -> str:
    """Give the GB/T 2261.1 code, 1 or 2, that the 17th digit of a valid number tells."""
    return "1" if int(text[-2]) % 2 else "2"
