"""Canonical JSON bytes (RFC 8785) and digests over them."""

import hashlib
import re
from typing import Any

import msgspec
import rfc8785

__all__ = ["CanonicalFault", "canonical", "digest"]


class CanonicalFault(ValueError):  # noqa: N818 - it names a fault of the value
    """Says why a value has no canonical form.

    Codes: ``integer_range`` (beyond ±(2^53 - 1)), ``not_finite`` (NaN or an infinity),
    ``too_deep``, ``not_json`` (a type, key or string that JSON does not have).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def canonical(value: object) -> bytes:
    """Write a value of dicts, lists, strings, numbers, booleans and None canonically.

    :raises CanonicalFault: when the value is no I-JSON (RFC 8785, 3.1).
    """
    try:
        return _write(value)
    except rfc8785.IntegerDomainError as error:
        raise CanonicalFault("integer_range") from error
    except rfc8785.FloatDomainError as error:
        raise CanonicalFault("not_finite") from error
    except RecursionError as error:
        raise CanonicalFault("too_deep") from error
    except ValueError as error:
        raise CanonicalFault("not_json") from error


_sorted = msgspec.json.Encoder(order="sorted")
_LARGEST = 2**53 - 1
_SURROGATES = re.compile("[\ud800-\udfff]")


def _write(value: Any) -> bytes:  # noqa: ANN401 - JSON is any
    """Write what is plain at once, and only the way to the rest step by step."""
    if _plain(value):
        return _sorted.encode(value)
    kind = type(value)
    if kind in {list, tuple}:
        return b"[" + b",".join(map(_write, value)) + b"]"
    if kind is dict and all(type(key) is str and _plain(key) for key in value):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        rows = (_sorted.encode(key) + b":" + _write(value[key]) for key in keys)
        return b"{" + b",".join(rows) + b"}"
    return rfc8785.dumps(value)


def _plain(value: Any) -> bool:  # noqa: ANN401 - JSON is any
    """Tell whether plain sorting gives the canonical form.

    It does without floats, where keys sort alike in UTF-8 and UTF-16.
    """
    kind = type(value)
    if kind is dict:
        return all(_alike(key) and _plain(each) for key, each in value.items())
    if kind in {list, tuple}:
        return all(map(_plain, value))
    if kind is str:
        # A lone surrogate has no UTF-8; the library says so in its own way.
        return value.isascii() or not _SURROGATES.search(value)
    if kind is int:
        return bool(-_LARGEST <= value <= _LARGEST)
    return kind is bool or value is None


def _alike(key: object) -> bool:
    """Tell whether a key sorts alike in UTF-8 and UTF-16: nothing from the surrogates on."""
    return type(key) is str and (key.isascii() or max(key) < "\ud800")


def digest(value: object) -> str:
    """Compute ``sha256:<64 hex digits>`` over a value's canonical bytes.

    :raises CanonicalFault: as :func:`canonical` does.
    """
    return f"sha256:{hashlib.sha256(canonical(value)).hexdigest()}"
