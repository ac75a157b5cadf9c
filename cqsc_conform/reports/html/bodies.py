"""Bodies and header fields of messages as text: bounded, escaped, what was removed marked."""

import re
from collections.abc import Iterable, Sequence

import msgspec
from markupsafe import Markup
from msgspec import Struct

from cqsc_conform.model.evidence import Body, Headers, Redaction
from cqsc_conform.reports.safe import ELLIPSIS, visible

BODY_LIMIT = 64 * 1024
"""The most characters of one body that the page shows."""

_PRETTY_LIMIT = 4 * BODY_LIMIT
_DEPTH_LIMIT = 48
_HEX_LIMIT = 1024
_HEX_COLUMNS = 16
_PRINTABLE = range(0x20, 0x7F)
_LATIN = range(0x100)
_FIELDS = 200
_FIELD_LIMIT = 4096
# Two characters that no target's text keeps: they stand around what was removed.
_OPEN, _SHUT = "\uf8fe", "\uf8ff"
_FENCES = str.maketrans({mark: f"\\u{{{ord(mark):x}}}" for mark in (_OPEN, _SHUT)})
_BRACKETS = re.compile(rb"[\[\]{}]")
_CHARSET = re.compile(r"charset\s*=\s*\"?([a-z0-9_-]{1,20})", re.IGNORECASE)
_CHINESE = frozenset({"gb18030", "gbk", "gb2312"})
_GONE = Markup('<span class="gone">{}</span>')
_POINT = Markup("<mark>{}</mark>")


class Shown(Struct, frozen=True):
    """A text on the page; ``left_out`` says that its rest is only in the bundle.

    ``how`` names the form: ``plain``, ``json`` (laid out anew, every token as it came) or
    ``hex``.
    """

    markup: Markup
    how: str = "plain"
    left_out: bool = False


class Marker:
    """Marks what matters in a text: what redaction removed, and terms that a reason names."""

    def __init__(self, terms: Iterable[str] = ()) -> None:
        known = sorted({visible(term) for term in terms}, key=lambda term: (-len(term), term))
        parts = [f"{_OPEN}(?P<gone>[^{_SHUT}]*){_SHUT}"]
        if known:
            parts.append(f"(?P<point>{'|'.join(map(re.escape, known))})")
        self._marks = re.compile("|".join(parts))

    def mark(self, fenced: str) -> Markup:
        """Escape a text of one or more lines and mark it."""
        out: list[Markup] = []
        at = 0
        text = "\n".join(visible(line) for line in fenced.split("\n"))
        for found in self._marks.finditer(text):
            out.append(Markup.escape(text[at : found.start()]))
            gone = found["gone"]
            out.append(_GONE.format(gone) if gone is not None else _POINT.format(found[0]))
            at = found.end()
        out.append(Markup.escape(text[at:]))
        return Markup("").join(out).replace(_OPEN, Markup("")).replace(_SHUT, Markup(""))

    def value(self, text: str, part: str, redactions: Sequence[Redaction]) -> Markup:
        """Show one value on one line."""
        cut = visible(text[:_FIELD_LIMIT])
        charset = "latin-1" if _is_latin(cut) else "utf-8"
        pieces = _pieces(cut.encode(charset), part, redactions)
        return self.mark(_fenced(pieces, charset) + (ELLIPSIS if len(text) > _FIELD_LIMIT else ""))

    def fields(self, headers: Headers, part: str, redactions: Sequence[Redaction]) -> Shown:
        """Show header fields, one a line."""
        lines = [
            self.value(name, "", ()) + ": " + self.value(value, f"{part}.{number}", redactions)
            for number, (name, value) in enumerate(headers[:_FIELDS])
        ]
        return Shown(Markup("\n").join(lines), left_out=len(headers) > _FIELDS)

    def body(
        self, body: Body, headers: Headers, part: str, redactions: Sequence[Redaction]
    ) -> Shown:
        """Show a body: as text, JSON laid out anew, bytes of no known charset in hex."""
        data = body.data
        left_out = len(data) > _PRETTY_LIMIT
        data = data[:_PRETTY_LIMIT]
        charset = _charset(data, headers, cut=left_out)
        if charset is None:
            return Shown(
                Markup.escape(hex_dump(data[:_HEX_LIMIT])),
                "hex",
                left_out or len(data) > _HEX_LIMIT,
            )
        text = _fenced(_pieces(data, part, redactions), charset)
        how = "plain"
        if not left_out and (laid_out := _json(text)) is not None:
            text, how = laid_out, "json"
        left_out = left_out or len(text) > BODY_LIMIT
        return Shown(self.mark(text[:BODY_LIMIT]), how, left_out)


def _is_latin(text: str) -> bool:
    return all(ord(each) in _LATIN for each in text)


def _pieces(
    data: bytes, part: str, redactions: Sequence[Redaction]
) -> list[tuple[bytes, Redaction | None]]:
    """Cut data at what was removed from this part."""
    out: list[tuple[bytes, Redaction | None]] = []
    at = 0
    mine = [each for each in redactions if each.part == part and each.length > 0 and each.at >= 0]
    for each in sorted(mine, key=lambda each: each.at):
        start, end = max(at, min(each.at, len(data))), min(each.at + each.length, len(data))
        if end <= start:
            continue
        out += [(data[at:start], None), (data[start:end], each)]
        at = end
    return [*out, (data[at:], None)]


def _fenced(pieces: Sequence[tuple[bytes, Redaction | None]], charset: str) -> str:
    out = []
    for data, gone in pieces:
        text = data.decode(charset, "replace").translate(_FENCES)
        out.append(f"{_OPEN}{text}{_SHUT}" if gone is not None else text)
    return "".join(out)


def _json(text: str) -> str | None:
    """Lay JSON out anew, each token as it came; None where it is none, or deeper than is read."""
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    data = text.encode("utf-8", "replace")
    depth = 0
    for found in _BRACKETS.finditer(data):
        depth += 1 if found[0] in b"[{" else -1
        if depth > _DEPTH_LIMIT:
            return None
    try:
        return msgspec.json.format(data, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _charset(data: bytes, headers: Headers, *, cut: bool) -> str | None:
    named = next((value for name, value in headers if name.lower() == "content-type"), "")
    found = _CHARSET.search(named[:_FIELD_LIMIT])
    if found and found[1].lower() in _CHINESE and _decodes(data, "gb18030", cut=cut):
        return "gb18030"
    return "utf-8" if _decodes(data, "utf-8", cut=cut) else None


def _decodes(data: bytes, charset: str, *, cut: bool) -> bool:
    try:
        data.decode(charset)
    except UnicodeDecodeError as error:
        # Where the page's own bound cut a character in two, the text is still text.
        return cut and error.start >= len(data) - 3
    return True


def hex_dump(data: bytes) -> str:
    """Write bytes as hex, sixteen a line, with their printable characters."""
    """Write bytes as hex, sixteen a line, with their printable characters."""
    lines = []
    for at in range(0, len(data), _HEX_COLUMNS):
        row = data[at : at + _HEX_COLUMNS]
        text = "".join(chr(each) if each in _PRINTABLE else "." for each in row)
        lines.append(f"{at:06x}  {row.hex(' '):<{3 * _HEX_COLUMNS}} {text}")
    return "\n".join(lines)
