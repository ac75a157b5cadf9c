"""JSON from strangers: a fast bounded reader, and a slow strict pass (RFC 8259, RFC 7493).

:func:`read_json` decodes on the hot path after guards that run in time linear in the bytes and
build nothing deep or large first.  What it lets through although I-JSON does not (duplicate
names, numbers that lose their value) is found by :func:`json_faults`, for the checks that
judge just that.
"""

import codecs
import re
from contextlib import suppress
from typing import Any, NoReturn

import msgspec

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_EXPONENT",
    "JsonFault",
    "json_faults",
    "read_json",
]

MAX_BYTES = 8 * 2**20
MAX_DEPTH = 64
MAX_DIGITS = 1000
MAX_EXPONENT = 308

_BOM = b"\xef\xbb\xbf"
# GB 18030 extends GBK, which extends GB 2312; decoding by the largest loses nothing.
_CODECS = {"gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030"}
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
for _codec in ("gb18030", "utf-16-le", "utf-16-be", "latin-1"):
    # Python reads a codec's file at its first use; judging opens no file.
    codecs.lookup(_codec)

_NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'"[]{}')
_BRACES_AS_BRACKETS = bytes.maketrans(b"{}", b"[]")
_DIGITS_AS_ZEROS = bytes(0x30 if chr(byte) in "0123456789" else 0x20 for byte in range(256))
_TOO_MANY_DIGITS = b"0" * (MAX_DIGITS + 1)
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_DIGIT_RUN = re.compile(rb"[0-9]++")
_LARGE_EXPONENT = re.compile(rb"[0-9.][eE][+-]?0*+[1-9][0-9]{2,}+(?![^ \t\n\r,\]}])")
_OUTSIDE_STRINGS = re.compile(
    _STRING.pattern + rb"|(?P<bracket>[\[\]{}])|[eE][+-]?0*+(?P<exponent>[1-9][0-9]{2,}+)"
    rb"|(?P<digits>[0-9]++)",
    re.DOTALL,
)
_AT_BYTE = re.compile(r"\(byte ([0-9]+)\)")
_QUOTE, _OPENING = b'"['


class JsonFault(ValueError):  # noqa: N818 - it names a fault of the bytes
    """Says what is wrong with bytes as JSON, and at which byte.

    ``offset`` counts bytes of the UTF-8 form (for ``charset``, of the bytes as they came; for
    ``number_range`` of :func:`read_json` it is 0).  Codes: ``too_large``, ``charset`` (unknown, or
    the bytes are not in it), ``bom``, ``utf8``, ``too_deep``, ``number_long`` (more than 1000
    digits in a row), ``exponent`` (beyond ±308), ``number_range`` (a double cannot hold it),
    ``surrogate`` (half a pair), ``syntax``; of the strict pass alone ``duplicate_name``,
    ``not_finite`` (NaN, Infinity) and ``control_character``; of a body that did not come whole
    ``incomplete``.
    """

    def __init__(self, code: str, offset: int) -> None:
        super().__init__(code, offset)
        self.code = code
        self.offset = offset

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonFault) and self.args == other.args

    def __hash__(self) -> int:
        return hash(self.args)


def read_json(
    data: bytes,
    *,
    max_depth: int = MAX_DEPTH,
    max_bytes: int = MAX_BYTES,
    charset: str = "utf-8",
) -> Any:  # noqa: ANN401 - JSON is any
    """Decode JSON into dicts, lists, strings, ints, floats, booleans and None.

    Integers are exact, up to 1000 digits.  The last of duplicate names wins.  The charsets are
    UTF-8 and GB 18030 with its forerunners GBK and GB 2312.

    :raises JsonFault: naming the first fault found; guards come before syntax.
    """
    data = _as_utf_8(data, max_bytes, charset)
    _guard(data, max_depth)
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError) as error:
        raise _fault(error, data) from None


def _as_utf_8(data: bytes, max_bytes: int, charset: str) -> bytes:
    if len(data) > max_bytes:
        raise JsonFault("too_large", max_bytes)
    name = charset.lower()
    if name in _UTF_8:
        return data
    if name not in _CODECS:
        raise JsonFault("charset", 0)
    try:
        return data.decode(_CODECS[name]).encode()
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError | UnicodeEncodeError) else 0
        raise JsonFault("charset", at) from None


def _guard(data: bytes, max_depth: int) -> None:
    if data.startswith(_BOM):
        raise JsonFault("bom", 0)
    if data.count(b"[") + data.count(b"{") > max_depth:
        _guard_depth(data, max_depth)
    if _TOO_MANY_DIGITS in data.translate(_DIGITS_AS_ZEROS) or _LARGE_EXPONENT.search(data):
        _guard_numbers(data)


def _guard_depth(data: bytes, max_depth: int) -> None:
    """Count brackets outside strings; where they stand is only looked for when refusing."""
    # In this order, so that an escaped backslash does not escape the quote after it.
    plain = data.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in data else data
    # Two quotes side by side may go: every bracket keeps being inside or outside a string.
    structure = plain.translate(_BRACES_AS_BRACKETS, _NOT_STRUCTURE).replace(b'""', b"")
    depth, outside = 0, 1
    for byte in structure:
        if byte == _QUOTE:
            outside ^= 1
        else:
            depth += outside if byte == _OPENING else -outside
            if depth > max_depth:
                raise JsonFault("too_deep", _where_too_deep(data, max_depth))


def _where_too_deep(data: bytes, max_depth: int) -> int:
    depth = 0
    for token in _OUTSIDE_STRINGS.finditer(data):
        if token["bracket"]:
            depth += 1 if token["bracket"] in b"[{" else -1
            if depth > max_depth:
                return token.start()
    return len(data)


def _guard_numbers(data: bytes) -> None:
    # A digest or a UUID in a string looks like a number: ask again without the strings.
    for token in _OUTSIDE_STRINGS.finditer(data):
        exponent = token["exponent"]
        if len(token["digits"] or b"") > MAX_DIGITS:
            raise JsonFault("number_long", token.start())
        if exponent and (len(exponent) > len(str(MAX_EXPONENT)) or int(exponent) > MAX_EXPONENT):
            raise JsonFault("exponent", token.start())


def _fault(error: Exception, data: bytes) -> JsonFault:
    """Name what the decoder refused; its own words are read for the place alone."""
    if isinstance(error, RecursionError):
        return JsonFault("too_deep", 0)
    if isinstance(error, UnicodeDecodeError):
        try:
            data.decode()
        except UnicodeDecodeError as where:
            return JsonFault("utf8", where.start)
    if isinstance(error, msgspec.ValidationError):
        return JsonFault("number_range", 0)
    found = _AT_BYTE.search(str(error))
    if found and "surrogate" not in str(error):
        return JsonFault("syntax", int(found[1]))
    # Near the end of the bytes the decoder calls half a pair truncated.
    half = next((escape for escape in _ESCAPES.finditer(data) if escape["half"]), None)
    return JsonFault("surrogate", half.start()) if half else JsonFault("syntax", len(data))


def json_faults(
    data: bytes,
    *,
    max_depth: int = MAX_DEPTH,
    max_bytes: int = MAX_BYTES,
    charset: str = "utf-8",
    limit: int = 100,
) -> tuple[JsonFault, ...]:
    """List what I-JSON (RFC 7493) forbids in the bytes, in order, ``limit`` faults at most.

    Bytes without a fault are read by :func:`read_json`.  After ``syntax``, ``too_deep``,
    ``too_large`` or ``charset`` nothing more is looked for.
    """
    try:
        data = _as_utf_8(data, max_bytes, charset)
    except JsonFault as fault:
        return (fault,)
    scan = _Scan(data, max_depth, limit)
    with suppress(_Stop):
        scan.run()
    return tuple(scan.faults[:limit])


class _Stop(Exception):  # noqa: N818 - it ends a scan and never leaves this module
    """Ends a scan."""


_SPACE = re.compile(rb"[ \t\n\r]*+")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE]([+-]?[0-9]++))?")
_WORD = re.compile(rb"true|false|null|NaN|-?Infinity")
_NOT_FINITE = frozenset({b"NaN", b"Infinity", b"-Infinity"})
_CONTROL = re.compile(rb"[\x00-\x1f]")
_HALF = rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
_PAIR = rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPES = re.compile(
    rb"%b|(?P<half>%b)|\\u[0-9a-fA-F]{4}|\\[\"\\/bfnrt]|(?P<bad>\\)" % (_PAIR, _HALF)
)


class _Scan:
    """Walks over one JSON text, keeping its own stack."""

    def __init__(self, data: bytes, max_depth: int, limit: int) -> None:
        self.faults: list[JsonFault] = []
        self._data = data
        self._at = 0
        self._max_depth = max_depth
        self._limit = limit
        # One entry an open container: the names seen, or None for an array.
        self._open: list[set[str] | None] = []
        self._just_opened = False

    def run(self) -> None:
        """Read one value and nothing after it."""
        if self._data.startswith(_BOM):
            self._note("bom", 0)
            self._at = len(_BOM)
        self._value()
        while self._open:
            self._step()
        if self._peek():
            self._stop("syntax")

    def _note(self, code: str, offset: int) -> None:
        self.faults.append(JsonFault(code, offset))
        if len(self.faults) >= self._limit:
            raise _Stop

    def _stop(self, code: str) -> NoReturn:
        self.faults.append(JsonFault(code, self._at))
        raise _Stop

    def _peek(self) -> bytes:
        space = _SPACE.match(self._data, self._at)
        self._at = space.end() if space else self._at
        return self._data[self._at : self._at + 1]

    def _step(self) -> None:
        """Read on in the innermost container: its end, or one more value."""
        names, head = self._open[-1], self._peek()
        if head == (b"]" if names is None else b"}"):
            self._at += 1
            self._open.pop()
            self._just_opened = False
            return
        if not self._just_opened:
            if head != b",":
                self._stop("syntax")
            self._at += 1
        if names is not None:
            self._name(names)
        self._value()

    def _name(self, names: set[str]) -> None:
        if self._peek() != b'"':
            self._stop("syntax")
        start, name = self._at, self._string()
        if name in names:
            self._note("duplicate_name", start)
        names.add(name)
        if self._peek() != b":":
            self._stop("syntax")
        self._at += 1

    def _value(self) -> None:
        head = self._peek()
        self._just_opened = head in (b"[", b"{")
        if self._just_opened:
            if len(self._open) >= self._max_depth:
                self._stop("too_deep")
            self._open.append(set() if head == b"{" else None)
            self._at += 1
        elif head == b'"':
            self._string()
        elif word := _WORD.match(self._data, self._at):
            if word[0] in _NOT_FINITE:
                self._note("not_finite", self._at)
            self._at = word.end()
        else:
            self._number()

    def _string(self) -> str:
        found = _STRING.match(self._data, self._at)
        if found is None:
            self._at = len(self._data)
            self._stop("syntax")
        text, start = found[0][1:-1], self._at + 1
        escaped = b"\\" in text
        for escape in _ESCAPES.finditer(text) if escaped else ():
            if escape["bad"]:
                self._at = start + escape.start()
                self._stop("syntax")
            if escape["half"]:
                self._note("surrogate", start + escape.start())
        for control in _CONTROL.finditer(text):
            self._note("control_character", start + control.start())
        self._at = found.end()
        try:
            plain = text.decode()
        except UnicodeDecodeError as error:
            self._note("utf8", start + error.start)
            plain = text.decode("latin-1")
        return _unescaped(plain) if escaped else plain

    def _number(self) -> None:
        found = _NUMBER.match(self._data, self._at)
        if found is None:
            self._stop("syntax")
        text, exponent = found[0], found[1]
        if max(map(len, _DIGIT_RUN.findall(text))) > MAX_DIGITS:
            self._note("number_long", self._at)
        elif exponent is not None and abs(int(exponent)) > MAX_EXPONENT:
            self._note("exponent", self._at)
        elif _out_of_range(text):
            self._note("number_range", self._at)
        self._at = found.end()


_ANY_ESCAPE = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\.", re.DOTALL)


def _unescaped(text: str) -> str:
    """Give two spellings of one name the same form; half a pair stays as it is."""
    return _ANY_ESCAPE.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    if found[0] == "\\/":
        return "/"
    units = found[0].encode().decode("unicode_escape")
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _out_of_range(number: bytes) -> bool:
    value = float(number)
    lost = value == 0 and re.search(rb"[1-9]", re.split(rb"[eE]", number)[0]) is not None
    return lost or value in (float("inf"), float("-inf"))
