"""Peers that reflect the secrets they receive, each in another position of the answer.

The secrets of a request are the credentials of ``Authorization`` (without the scheme; Basic also
decoded), of ``Proxy-Authorization`` and of ``Cookie``, the value of every ``X-`` header, and
every value in the query: a peer knows all of them, and may write them in any form.
"""

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus, unquote_to_bytes

from hostile.catalogue import ORDINARY, encode, entry, listing
from hostile.wire import (
    CHUNKED,
    JSON_TYPE,
    LAST_CHUNK,
    Request,
    answer,
    chunk,
    head,
    whole,
)

CREDENTIALS = (b"authorization", b"proxy-authorization", b"cookie")


def secrets(request: Request) -> list[bytes]:
    """List what the request gave away, in the order in which it stands there."""
    found: list[bytes] = []
    for name, value in request.headers:
        lower = name.lower()
        if lower in CREDENTIALS:
            scheme, _, rest = value.partition(b" ")
            found.append(rest or value)
            if scheme.lower() == b"basic":
                found += base64.b64decode(rest + b"==").partition(b":")[::2]
        elif lower.startswith(b"x-"):
            found.append(value)
    _, _, query = request.target.partition(b"?")
    found += [unquote_to_bytes(pair.partition(b"=")[2]) for pair in query.split(b"&")]
    return [secret for secret in found if secret]


def _joined(request: Request) -> bytes:
    return re.sub(rb"[\x00-\x1f\x7f]", b"", b" ".join(secrets(request))) or b"none"


def _text(request: Request) -> str:
    return _joined(request).decode("utf-8", "replace")


def _token(secret: bytes) -> bytes:
    return re.sub(rb"[^A-Za-z0-9!#$%&'*+.^_`|~-]", b"-", secret)


def _echo(name: str, says: str, give: Callable[[Request], bytes], *, keep: bool = True) -> None:
    def pieces(request: Request) -> Iterator[bytes]:
        yield give(request)

    pieces.__doc__ = says
    answer(f"echo-{name}", keep=keep)(pieces)


def _titled(title: str) -> bytes:
    return encode(listing([entry(1, title=title, abstract=f"about {title}.")]))


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def _status_line(request: Request, line: bytes) -> bytes:
    return whole(ORDINARY).replace(b"HTTP/1.1 200 OK", line % _joined(request), 1)


def _header_name(request: Request) -> bytes:
    return whole(ORDINARY, *(b"X-" + _token(secret) + b": 1" for secret in secrets(request)))


def _header_name_bare(request: Request) -> bytes:
    return whole(ORDINARY, *(_token(secret) + b": 1" for secret in secrets(request)))


def _trailer(request: Request) -> bytes:
    lead = head(JSON_TYPE, CHUNKED, b"Trailer: X-Echo")
    return lead + chunk(ORDINARY) + b"0\r\nX-Echo: " + _joined(request) + b"\r\n\r\n"


def _chunk_extension(request: Request) -> bytes:
    extension = b";echo=" + _joined(request).replace(b" ", b"-")
    return head(JSON_TYPE, CHUNKED) + chunk(ORDINARY, extension) + LAST_CHUNK


def _chunk_size(request: Request) -> bytes:
    return head(JSON_TYPE, CHUNKED) + _joined(request) + b"\r\n" + ORDINARY + b"\r\n" + LAST_CHUNK


def _split_chunks(request: Request) -> bytes:
    body = _titled(_text(request))
    chunks = b"".join(chunk(body[n : n + 1]) for n in range(len(body)))
    return head(JSON_TYPE, CHUNKED) + chunks + LAST_CHUNK


def _key(request: Request) -> bytes:
    named = {secret.decode("utf-8", "replace"): 1 for secret in secrets(request)}
    return whole(encode(listing([entry(1) | named], **named)))


def _number(request: Request) -> bytes:
    digits = b"".join(re.findall(rb"[0-9]", _joined(request))).lstrip(b"0") or b"0"
    return whole(encode(listing([entry(1)], total="MARK")).replace(b'"MARK"', digits))


def _early_hint(request: Request) -> bytes:
    return head(b"X-Echo: " + _joined(request), status=b"103 Early Hints") + whole(ORDINARY)


def _location(request: Request) -> bytes:
    where = b"Location: /login?token=" + quote_plus(_joined(request)).encode()
    return head(where, b"Content-Length: 0", status=b"302 Found")


def _cursor(request: Request) -> bytes:
    return whole(encode(listing([entry(1)], total=40, next=_text(request))))


def _ids(request: Request) -> bytes:
    text = _text(request)
    return whole(encode(listing([entry(1, id=text, code=text, service=f"/datasets/{text}")])))


def _error(request: Request) -> bytes:
    challenge = b'WWW-Authenticate: Bearer error_description="' + _joined(request) + b'"'
    problem = encode({"title": f"bad token {_text(request)}", "status": 401})
    return whole(problem, challenge, status=b"401 Unauthorized")


def _html(request: Request) -> bytes:
    entities = "".join(f"&#{ord(character)};" for character in _text(request))
    page = f"<html><body>{_text(request)} {entities}</body></html>".encode()
    return whole(page, media=b"text/html", status=b"500 Internal Server Error")


def _form(change: Callable[[bytes], str]) -> Callable[[Request], bytes]:
    def give(request: Request) -> bytes:
        joined = " ".join(change(secret) for secret in secrets(request)) or "none"
        return whole(_titled(joined), b"X-Echo: " + joined.encode())

    return give


def _in_header(name: bytes) -> Callable[[Request], bytes]:
    return lambda request: whole(ORDINARY, name + _joined(request))


_echo("reason", "The reason phrase.", lambda r: whole(ORDINARY, status=b"200 " + _joined(r)))
_echo("version", "Where the version stands.", lambda r: _status_line(r, b"%s 200 OK"), keep=False)
_echo("status", "Where the status stands.", lambda r: _status_line(r, b"HTTP/1.1 %s"), keep=False)
_echo("header-value", "A header's value.", _in_header(b"X-Echo: "))
_echo("header-name", "A header's name, after a prefix.", _header_name)
_echo("header-name-bare", "A header's whole name.", _header_name_bare)
_echo("header-no-colon", "A header line without a colon.", _in_header(b"echo "), keep=False)
_echo("set-cookie", "A cookie's value.", _in_header(b"Set-Cookie: session="))
_echo("media-type", "A parameter of Content-Type.", _in_header(b"Content-Type: text/json; a="))
_echo("content-coding", "The content coding.", _in_header(b"Content-Encoding: "))
_echo(
    "length",
    "Where the length stands.",
    lambda r: head(JSON_TYPE, b"Content-Length: " + _joined(r)) + ORDINARY,
    keep=False,
)
_echo("early-hint", "A header of an interim answer.", _early_hint)
_echo("trailer", "A trailer's value.", _trailer)
_echo("chunk-extension", "A chunk extension.", _chunk_extension)
_echo("chunk-size", "Where a chunk's size stands.", _chunk_size, keep=False)
_echo("split-chunks", "A JSON string, cut into chunks of one byte.", _split_chunks)
_echo("location", "The query of a redirect's Location.", _location)
_echo(
    "json-string", "A JSON string, alone and inside a sentence.", lambda r: whole(_titled(_text(r)))
)
_echo("json-key", "A JSON object's key.", _key)
_echo("json-number", "A JSON number, of the secret's digits.", _number)
_echo("json-ids", "An entry's id, code and service path.", _ids)
_echo("cursor", "The next page's cursor, which a client sends back.", _cursor)
_echo(
    "json-escaped",
    "A JSON string with every character escaped.",
    lambda r: whole(_titled("MARK").replace(b"MARK", _escaped(_text(r)).encode())),
)
_echo(
    "json-in-json",
    "A JSON string that holds JSON.",
    lambda r: whole(_titled(json.dumps({"token": _text(r)}))),
)
_echo(
    "url-encoded", "Percent-encoded, in a string and a header.", _form(lambda s: quote(s, safe=""))
)
_echo(
    "url-encoded-fully",
    "Percent-encoded byte by byte, in a string and a header.",
    _form(lambda s: "".join(f"%{byte:02x}" for byte in s)),
)
_echo("base64", "In base64.", _form(lambda s: base64.b64encode(s).decode()))
_echo(
    "base64-shifted",
    "In base64, a byte before it, so that no group of the secret's own remains.",
    _form(lambda s: base64.b64encode(b":" + s).decode()),
)
_echo(
    "base64url",
    "In base64url without padding.",
    _form(lambda s: base64.urlsafe_b64encode(s).decode().rstrip("=")),
)
_echo("hex", "In hexadecimal.", _form(bytes.hex))
_echo("hex-upper", "In upper-case hexadecimal.", _form(lambda s: s.hex().upper()))
_echo(
    "gzip",
    "A JSON string in a gzip body.",
    lambda r: whole(gzip.compress(_titled(_text(r)), mtime=0), b"Content-Encoding: gzip"),
)
_echo("error", "A refusal's challenge and problem document.", _error)
_echo("html", "An HTML page, bare and as entities.", _html)
_echo("invalid-json", "A body that is no JSON.", lambda r: whole(b'{"token": "%s' % _joined(r)))
_echo("utf16", "A body in UTF-16.", lambda r: whole(_text(r).encode("utf-16"), media=b"text/plain"))
_echo("garbage", "Bytes before any status line.", lambda r: _joined(r) + b"\r\n\r\n", keep=False)
_echo(
    "smuggled", "A second response nobody asked for.", lambda r: whole(ORDINARY) + whole(_joined(r))
)
_echo(
    "request",
    "The whole request as it came, as text.",
    lambda r: whole(r.raw, media=b"message/http"),
)
_echo(
    "cut-off",
    "The last bytes before a short body ends.",
    lambda r: head(JSON_TYPE, b"Content-Length: 100000") + _joined(r),
    keep=False,
)
