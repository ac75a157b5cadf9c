"""Peers whose answers are well framed and whose bodies are not what JSON promises."""

from collections.abc import Iterator

from hostile.catalogue import ORDINARY, encode, entry, listing, page
from hostile.wire import Request, answer, whole

HTML = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Error</h1></body></html>"
DEPTH = 1_000_000
MARK = b'"MARK"'


def _body(
    name: str,
    says: str,
    body: bytes,
    media: bytes = b"application/json",
    status: bytes = b"200 OK",
) -> None:
    def give(_request: Request) -> Iterator[bytes]:
        yield whole(body, media=media, status=status)

    give.__doc__ = says
    answer(name, keep=True)(give)


def _in_title(text: bytes) -> bytes:
    return encode(listing([entry(1, title="MARK")])).replace(MARK, text)


def _in_total(text: bytes) -> bytes:
    return encode(listing([entry(1)], total="MARK")).replace(MARK, text)


@answer("json-deep", keep=True)
def json_deep(_request: Request) -> Iterator[bytes]:
    """Nests a million arrays in an entry's title."""
    yield whole(_in_title(b"[" * DEPTH + b"]" * DEPTH))


@answer("json-deep-objects", keep=True)
def json_deep_objects(_request: Request) -> Iterator[bytes]:
    """Nests a million objects and closes none."""
    yield whole(b'{"a":' * DEPTH)


@answer("json-wide", keep=True)
def json_wide(_request: Request) -> Iterator[bytes]:
    """Gives an object of 300 000 members."""
    members = b",".join(b'"k%d":0' % number for number in range(300_000))
    yield whole(_in_title(b"{" + members + b"}"))


_WORDS = "目录：渝川数据".encode("gbk")
_PAGE = page(1)
_TEXT = ORDINARY.decode()
_DUPLICATE = b'{"total":1,"total":2,"items":[],"items":[%s],"page":1,"page_size":20}'

_body("json-exponent", "Gives the total as 1e4000000.", _in_total(b"1e4000000"))
_body("json-nan", "Gives the total as NaN, which is no JSON.", _in_total(b"NaN"))
_body("json-infinity", "Gives the total as -Infinity, which is no JSON.", _in_total(b"-Infinity"))
_body("json-leading-zero", "Gives the total as 007, which is no JSON.", _in_total(b"007"))
_body("json-long-integer", "Gives a total of 5000 digits.", _in_total(b"9" * 5000))
_body("json-duplicate-keys", "Says total and items twice.", _DUPLICATE % encode(entry(1)))
_body("json-invalid-utf8", "Puts bytes in a title that are no UTF-8.", _in_title(b'"\xc3\x28\xff"'))
_body("json-overlong-utf8", "Encodes a slash in two bytes.", _in_title(b'"a\xc0\xafb"'))
_body("json-lone-surrogate", "Escapes half of a surrogate pair.", _in_title(rb'"\ud800"'))
_body("json-raw-surrogate", "Encodes half of a surrogate pair.", _in_title(b'"\xed\xa0\x80"'))
_body("json-nul", "Escapes a NUL in a title.", _in_title(rb'"a\u0000b"'))
_body("json-control", "Leaves a control character bare.", _in_title(b'"a\x01\nb"'))
_body("json-bom", "Starts the body with a byte order mark.", b"\xef\xbb\xbf" + ORDINARY)
_body("json-utf16", "Writes the body in UTF-16 and does not say so.", _TEXT.encode("utf-16"))
_body("json-gbk", "Writes the body in GBK and does not say so.", _TEXT.encode("gbk"))
_body(
    "json-gbk-declared",
    "Writes the body in GBK and says so.",
    _TEXT.encode("gbk"),
    b"application/json; charset=GBK",
)
_body(
    "json-gbk-declared-utf8",
    "Writes the body in GBK and says UTF-8.",
    _TEXT.encode("gbk"),
    b"application/json; charset=utf-8",
)
_body(
    "json-charset-unknown",
    "Names a charset that does not exist.",
    ORDINARY,
    b"application/json; charset=x-sealed",
)
_body("json-truncated", "Stops in the middle of an entry.", _PAGE[: len(_PAGE) // 2])
_body("json-trailing", "Sends a second value after the first.", ORDINARY + b'{"more":1}')
_body("json-trailing-comma", "Leaves a comma at the end.", _in_title(b'["a",]'))
_body("json-comment", "Puts a comment before the value.", b"/* catalogue */" + ORDINARY)
_body("json-single-quotes", "Writes Python's repr.", repr(listing([entry(1)])).encode())
_body("json-scalar", "Answers with a number.", b"42")
_body("json-string", "Answers with a string.", b'"ok"')
_body("json-null", "Answers with null.", b"null")
_body("json-array", "Answers with the items alone.", encode([entry(1), entry(2)]))
_body("json-empty-object", "Answers with an empty object.", b"{}")
_body("json-items-not-a-list", "Gives items as an object.", encode(listing([]) | {"items": {}}))
_body("json-items-mixed", "Mixes scalars among items.", encode(listing([1, None, "a", [], {}])))
_body("json-text-plain", "Sends right JSON as text/plain.", ORDINARY, b"text/plain")
_body("empty-200", "Answers 200 with an empty body.", b"")
_body("blank-200", "Answers 200 with a body of blanks.", b" \r\n\t ")
_body("html-200", "Answers 200 with a page of HTML.", HTML, b"text/html; charset=utf-8")
_body("html-200-as-json", "Answers 200 with HTML declared as JSON.", HTML)
_body(
    "html-502", "Answers 502 with HTML, as a gateway does.", HTML, b"text/html", b"502 Bad Gateway"
)
_body("gbk-html-403", "Refuses with HTML in GBK.", _WORDS, b"text/html", b"403 Forbidden")


@answer("no-media-type", keep=True)
def no_media_type(_request: Request) -> Iterator[bytes]:
    """Sends right JSON and no Content-Type."""
    yield whole(ORDINARY).replace(b"Content-Type: application/json\r\n", b"")
