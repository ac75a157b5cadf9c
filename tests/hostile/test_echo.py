"""Each echoing peer gives the secret back in its own position and form."""

import base64
import gzip
import re
from urllib.parse import quote

import pytest

from hostile.client import ask
from hostile.zoo import ZOO

SECRET = b"s3cret/Tok+en=42"
TOKEN = b"s3cret-Tok\\+en-42"
PLAIN = re.escape(SECRET)
REQUEST = b"GET /a HTTP/1.1\r\nHost: zoo\r\nAuthorization: Bearer " + SECRET + b"\r\n\r\n"
HEAD = rb"^HTTP/1\.1 200 OK\r\n(.*\r\n)*?"
FULLY = b"".join(b"%%%02x" % byte for byte in SECRET)
ESCAPED = b"".join(rb"\\u%04x" % byte for byte in SECRET)
ENTITIES = b"".join(b"&#%d;" % byte for byte in SECRET)

POSITIONS: dict[str, bytes] = {
    "reason": rb"^HTTP/1\.1 200 " + PLAIN + rb"\r\n",
    "version": b"^" + PLAIN + rb" 200 OK\r\n",
    "status": rb"^HTTP/1\.1 " + PLAIN + rb"\r\n",
    "header-value": HEAD + rb"X-Echo: " + PLAIN + rb"\r\n",
    "header-name": HEAD + rb"X-" + TOKEN + rb": 1\r\n",
    "header-name-bare": HEAD + TOKEN + rb": 1\r\n",
    "header-no-colon": HEAD + b"echo " + PLAIN + rb"\r\n",
    "set-cookie": HEAD + rb"Set-Cookie: session=" + PLAIN + rb"\r\n",
    "media-type": HEAD + rb"Content-Type: text/json; a=" + PLAIN + rb"\r\n",
    "content-coding": HEAD + rb"Content-Encoding: " + PLAIN + rb"\r\n",
    "length": HEAD + rb"Content-Length: " + PLAIN + rb"\r\n",
    "early-hint": rb"^HTTP/1\.1 103 Early Hints\r\nX-Echo: " + PLAIN + rb"\r\n\r\nHTTP/1\.1 200",
    "trailer": HEAD + rb"\r\n.*\}\r\n0\r\nX-Echo: " + PLAIN + rb"\r\n\r\n$",
    "chunk-extension": HEAD + rb"\r\n[0-9a-f]+;echo=" + PLAIN + rb"\r\n\{",
    "chunk-size": HEAD + rb"\r\n" + PLAIN + rb"\r\n\{",
    "split-chunks": rb"\r\n".join(rb"1\r\n" + re.escape(bytes([byte])) for byte in SECRET),
    "location": rb"^HTTP/1\.1 302 .*Location: /login\?token=s3cret%2FTok%2Ben%3D42\r\n",
    "json-string": rb'"title": "' + PLAIN + rb'", .*"abstract": "about ' + PLAIN,
    "json-key": rb'"' + PLAIN + rb'": 1\}\]',
    "json-number": rb'"total": 342,',
    "json-ids": rb'"id": "' + PLAIN + rb'".*"service": "/datasets/' + PLAIN,
    "json-escaped": rb'"title": "' + ESCAPED + rb'"',
    "json-in-json": rb'"title": "\{\\"token\\": \\"' + PLAIN,
    "cursor": rb'"next": "' + PLAIN + rb'"',
    "url-encoded": rb"X-Echo: (s3cret%2FTok%2Ben%3D42)\r\n\r\n.*\1",
    "url-encoded-fully": rb"X-Echo: (" + FULLY + rb")\r\n\r\n.*\1",
    "base64": rb"X-Echo: (" + re.escape(base64.b64encode(SECRET)) + rb")\r\n\r\n.*\1",
    "base64-shifted": rb"X-Echo: (" + re.escape(base64.b64encode(b":" + SECRET)) + rb")\r\n\r\n",
    "base64url": rb"X-Echo: (" + base64.urlsafe_b64encode(SECRET).rstrip(b"=") + rb")\r\n\r\n",
    "hex": rb"X-Echo: (" + SECRET.hex().encode() + rb")\r\n\r\n.*\1",
    "hex-upper": rb"X-Echo: (" + SECRET.hex().upper().encode() + rb")\r\n\r\n.*\1",
    "error": rb'^HTTP/1\.1 401 .*error_description="' + PLAIN + rb'".*bad token ' + PLAIN,
    "html": rb"^HTTP/1\.1 500 .*<body>" + PLAIN + b" " + ENTITIES,
    "invalid-json": rb'\r\n\r\n\{"token": "' + PLAIN + b"$",
    "utf16": rb"\r\n\r\n" + re.escape(SECRET.decode().encode("utf-16")) + b"$",
    "garbage": b"^" + PLAIN + rb"\r\n\r\n$",
    "smuggled": rb"\}HTTP/1\.1 200 OK\r\n.*\r\n\r\n" + PLAIN + b"$",
    "request": rb"message/http.*\r\n\r\nGET /a HTTP/1\.1\r\n.*Authorization: Bearer " + PLAIN,
    "cut-off": rb"Content-Length: 100000\r\n\r\n" + PLAIN + b"$",
}


@pytest.mark.parametrize("position", POSITIONS)
def test_the_secret_comes_back_here(zoo, position):
    heard = ask(zoo[f"echo-{position}"].url, REQUEST)
    assert re.search(POSITIONS[position], heard.data, re.DOTALL)


def test_every_echo_has_its_proof_here():
    echoes = {name.removeprefix("echo-") for name in ZOO if name.startswith("echo-")}
    assert echoes == {*POSITIONS, "gzip"}


def test_the_secret_comes_back_in_gzip(zoo):
    heard = ask(zoo["echo-gzip"].url, REQUEST)
    assert SECRET not in heard.data
    assert SECRET in gzip.decompress(heard.body)


def test_any_place_of_a_request_is_reflected(zoo):
    basic = base64.b64encode(b"user:pass word")
    lines = [
        b"GET /a?key=" + quote("q=1&", safe="").encode() + b" HTTP/1.1",
        b"Host: zoo",
        b"Authorization: Basic " + basic,
        b"Cookie: sid=c1",
        b"X-Signature: s1",
    ]
    heard = ask(zoo["echo-header-value"].url, b"\r\n".join([*lines, b"", b""]))
    assert b"X-Echo: " + basic + b" user pass word sid=c1 s1 q=1&\r\n" in heard.data


def test_without_a_secret_an_echo_says_so(zoo):
    heard = ask(zoo["echo-reason"].url, b"GET /a HTTP/1.1\r\nHost: zoo\r\n\r\n")
    assert heard.data.startswith(b"HTTP/1.1 200 none\r\n")
