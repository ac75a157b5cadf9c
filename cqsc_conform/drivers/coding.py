"""Content codings undone under a bound; what cannot be read is not kept."""

import zlib

from msgspec import Struct

from cqsc_conform.model.evidence import Headers

__all__ = ["Plain", "undo"]

_WINDOW = {"gzip": 31, "x-gzip": 31}
_RAW_DEFLATE = -15
_ZLIB = 15
_MEMBERS = 16
_DEFLATE_METHOD = 8


class Plain(Struct, frozen=True):
    """A body without its content coding; ``cut`` as in ``Body``."""

    data: bytes
    coding: str | None
    cut: str | None


def undo(data: bytes, headers: Headers, cap: int, cut: str | None) -> Plain:
    """Undo gzip or deflate up to ``cap`` bytes.

    Several codings on one another, and codings that are not known here, leave an empty body with
    ``cut: coding``: bytes that cannot be read cannot be redacted.
    """
    names = [
        part.strip().lower()
        for name, value in headers
        if name.lower() == "content-encoding"
        for part in value.split(",")
    ]
    names = [name for name in names if name not in ("", "identity")]
    if not names or not data:
        return Plain(data, None, cut)
    if len(names) > 1 or names[0] not in (*_WINDOW, "deflate"):
        return Plain(b"", None, "coding")
    out, ended = _inflate(data, _window(names[0], data), cap)
    return Plain(out, names[0], ended or cut)


def _window(name: str, data: bytes) -> int:
    if name in _WINDOW:
        return _WINDOW[name]
    # RFC 9110 section 8.4.1.2: some senders leave out the zlib wrapping.
    wrapped = data[0] & 0x0F == _DEFLATE_METHOD and int.from_bytes(data[:2], "big") % 31 == 0
    return _ZLIB if wrapped else _RAW_DEFLATE


def _inflate(data: bytes, window: int, cap: int) -> tuple[bytes, str | None]:
    out = b""
    for _ in range(_MEMBERS):
        engine = zlib.decompressobj(window)
        try:
            out += engine.decompress(data, cap + 1 - len(out))
        except zlib.error:
            return out, "coding"
        if len(out) > cap:
            return out[:cap], "cap"
        if not engine.eof:
            return out, "short"
        data = engine.unused_data
        if not data:
            return out, None
    return out, "coding"
