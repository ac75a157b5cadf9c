"""Synthetic unified social credit codes (GB 32100-2015), computed here and nowhere borrowed."""

from random import Random

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def check_character(front: str) -> str:
    """Give the 18th character for the first seventeen."""
    total = sum(_ALPHABET.index(c) * w for c, w in zip(front, _WEIGHTS, strict=True))
    return _ALPHABET[(31 - total % 31) % 31]


def organisation_code(rng: Random) -> str:
    """Draw nine characters whose last is the GB 11714-1997 check character."""
    body = "MB" + "".join(rng.choice("0123456789") for _ in range(6))
    total = sum(int(c, 36) * w for c, w in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return body + "0123456789X0"[11 - total % 11]


def government_code(region: str, rng: Random) -> str:
    """Draw the code of a government body (first characters 11) registered in a region."""
    front = "11" + region + organisation_code(rng)
    return front + check_character(front)
