"""Information resource codes: 信息资源代码 (政务信息资源目录编制指南)."""

import re

import msgspec

__all__ = ["ResourceCode", "parse_resource_code"]

_LONGEST = 64
_CODE = re.compile(r"([0-9])([0-9]{2})([0-9]{3})([0-9]*)/([0-9]{6})")


class ResourceCode(msgspec.Struct, frozen=True):
    """Names one information resource; every part is kept as written, with its zeros."""

    class_: str
    """类, 1 digit."""
    item: str
    """项, 2 digits."""
    sub_item: str
    """目, 3 digits."""
    detail: str
    """细目, any number of digits, none included."""
    sequence: str
    """顺序号, 6 digits."""

    def __str__(self) -> str:
        return f"{self.class_}{self.item}{self.sub_item}{self.detail}/{self.sequence}"


def parse_resource_code(text: str) -> ResourceCode | None:
    """Read a code such as ``306003001/000012``, or give None when it is not one.

    The digits are ASCII ones.  The guide leaves the width of 细目 open; a code of more than
    64 characters is taken for no code.
    """
    found = _CODE.fullmatch(text) if len(text) <= _LONGEST else None
    return ResourceCode(*found.groups()) if found else None
