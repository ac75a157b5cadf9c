"""Organisation codes: 组织机构代码 (GB 11714-1997), as they stand inside social credit codes."""

import re

__all__ = ["organisation_check_holds"]

_SHAPE = re.compile(r"[0-9A-Z]{8}[0-9X]")
_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "0123456789X0"


def organisation_check_holds(code: str) -> bool:
    """Tell whether the ninth character of a code is what the first eight demand (MOD 11).

    Positions 9 to 17 of a unified social credit code are such a code; some in use break the
    rule, so that it warns and does not fail.
    """
    if not _SHAPE.fullmatch(code):
        return False
    total = sum(int(c, 36) * weight for c, weight in zip(code[:8], _WEIGHTS, strict=True))
    return code[8] == _CHECKS[11 - total % 11]
