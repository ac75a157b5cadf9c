"""The short road for the JSON of devices, which says nothing where it cannot be sure.

What it does not answer is read by ``strict_json``; the two never disagree.
"""

import re
from typing import Any, Final

import msgspec

from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.strict_json import MAX_DEPTH, MAX_DIGITS

__all__ = ["no_name_twice", "plain_json"]

_decode = msgspec.json.Decoder().decode
_CLASSES = bytes(
    0x30 if chr(byte) in "0123456789" else 0x65 if chr(byte) in "eE" else 0x20
    for byte in range(256)
)
_SIGNS = b"+-"
_LONG = b"0" * 300
"""A number of fewer digits and a short exponent keeps its value in a double."""
_EXPONENT = re.compile(rb"[0-9.][eE][+-]?[0-9]{3}")
_NESTED: Final = frozenset({dict, list})


def plain_json(data: bytes) -> Any:  # noqa: ANN401 - JSON is any
    """Decode short, flat JSON in UTF-8 as ``read_json`` does; ``MISSING`` for all that is not.

    What it decodes has none of the faults of ``json_faults``, except perhaps that a name stands
    twice in an object: its numbers are small, and without a backslash no text hides anything.
    """
    if len(data) > MAX_DIGITS or b"\\" in data or data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        return MISSING
    classes = data.translate(_CLASSES, _SIGNS)
    if _LONG in classes or (b"e000" in classes and _EXPONENT.search(data)):
        return MISSING
    try:
        return _decode(data)
    except (ValueError, RecursionError):
        return MISSING


def no_name_twice(data: bytes, decoded: object) -> bool:
    """Tell whether no object in plain JSON has a name twice.

    As many colons stand outside texts then as the decoded document has names.
    """
    return b"".join(data.split(b'"')[::2]).count(b":") == _names(decoded)


def _names(value: object) -> int:
    """Count the names of all objects."""
    if type(value) is dict:
        count = len(value)
        if _NESTED.isdisjoint(map(type, value.values())):
            return count
        value = [each for each in value.values() if type(each) in _NESTED]
        return count + _names(value)
    count = 0
    for each in value if type(value) is list else ():
        # Most rows are flat, and then no call is made for them.
        if type(each) is dict and _NESTED.isdisjoint(map(type, each.values())):
            count += len(each)
        else:
            count += _names(each)
    return count
