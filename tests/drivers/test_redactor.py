"""Typed redaction: what is masked keeps its place and length, what is harmless stays."""

import base64
import gzip
import json

import pytest

from cqsc_conform.drivers.redact import LEARNT_COOKIES, LEARNT_TOKENS, Redactor
from cqsc_conform.formats.secrets import Secret
from cqsc_conform.model.evidence import Headers, Redaction

SECRET = b"k3y/9f8e+7d6c=5b"
SHORT = b"s3cr3t7"


def masked(data: bytes, *fields: str, secrets: tuple[Secret, ...] = ()) -> bytes:
    hits: list[Redaction] = []
    given = secrets or (Secret("known", SECRET),)
    out = Redactor(given, b"k" * 32, fields).body("response.body", data, hits)
    assert len(out) == len(data)
    spans = sorted((hit.at, hit.at + hit.length) for hit in hits)
    for at, (old, new) in enumerate(zip(data, out, strict=True)):
        assert old == new or any(begin <= at < end for begin, end in spans)
    return out


def fields(headers: Headers) -> tuple[Headers, list[Redaction]]:
    hits: list[Redaction] = []
    return Redactor((Secret("known", SECRET),), b"k" * 32).headers("h", headers, hits), hits


@pytest.mark.parametrize(
    "text",
    [
        b'{"title": "token ring networks", "keyword": "secretariat"}',
        b'{"next_page_token": "abc", "cursor": "t0ken"}',
        b'{"sign": "5d41402abc4b2a76b9719d911017c592", "signature": "x"}',
        b'{"tokens": 3, "password_changed": true, "secret": null, "token": true}',
        "密钥管理系统 100% 国产".encode(),
        b"%41%42 &#65; \\u0041",
        b"",
    ],
)
def test_what_is_harmless_stays(text: bytes) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "out"),
    [
        (b'{"password": "hunter2"}', b'{"password": "*******"}'),
        (b'{"Access_Token" : "ab\\"c"}', b'{"Access_Token" : "*****"}'),
        (b'{"accessToken":"abc"}', b'{"accessToken":"***"}'),
        (b'{"api-key":"abc","clientSecret":"d"}', b'{"api-key":"***","clientSecret":"*"}'),
        (b'{"secret": 12345}', b'{"secret": "***"}'),
        (b'{"secret": 7}', b'{"secret": 0}'),
        (
            b'{"secret": {"a": "bc", "d": [1234, "e"]}}',
            b'{"secret": {"a": "**", "d": ["**", "*"]}}',
        ),
        (b'{"token": "cut o', b'{"token": "*****'),
        (b"{'a': 1}&token=abc&x=1", b"{'a': 1}&token=***&x=1"),
        (b"password=abc", b"password=***"),
        (b"<r><Password>abc</Password></r>", b"<r><Password>***</Password></r>"),
        (b'{"a": "{\\"token\\": \\"abc\\"}"}', b'{"a": "{\\"token\\": \\"***\\"}"}'),
    ],
)
def test_what_is_secret_by_name_is_masked(text: bytes, out: bytes) -> None:
    assert masked(text) == out
    try:
        json.loads(text)
    except ValueError:
        return
    json.loads(out)


def test_a_target_file_adds_names() -> None:
    text = '{"xm": "张三", "身份证号": "50010119900101001X", "a": 1}'
    out = masked(text.encode(), "xm", "身份证号").decode()
    assert out == '{"xm": "******", "身份证号": "******************", "a": 1}'
    escaped = json.dumps({"身份证号": "50010119900101001X"}).encode()
    assert b"5001" not in masked(escaped, "身份证号")


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        b"k3y%2f9f8e%2B7d6c%3d5b",
        b"k3y%252F9f8e%252B7d6c%253D5b",
        b"".join(b"%%%02X" % byte for byte in SECRET),
        b"".join(b"\\u%04x" % byte for byte in SECRET),
        b"".join(b"\\\\u%04x" % byte for byte in SECRET),
        b"".join(b"\\x%02x" % byte for byte in SECRET),
        b"".join(b"&#%d;" % byte for byte in SECRET),
        b"".join(b"&#x%x;" % byte for byte in SECRET),
        b"k3y\\u002f9f8e%2b7d6c&#61;5b",
        SECRET.hex().encode(),
        SECRET.hex().upper().encode(),
        base64.b64encode(SECRET),
        base64.b64encode(b"a:" + SECRET),
        base64.b64encode(b"ab:" + SECRET + b"!"),
        base64.urlsafe_b64encode(b"x" + SECRET).rstrip(b"="),
        base64.b64encode(b"a:" + SECRET).replace(b"/", b"%2F").replace(b"+", b"%2B"),
        SECRET.decode().encode("utf-16-le"),
        SECRET.decode().encode("utf-16-be"),
    ],
)
def test_a_known_secret_is_found_in_any_form(form: bytes) -> None:
    out = masked(b'{"a": "' + form + b'", "b": 1}')
    assert form not in out
    assert out.startswith(b'{"a": "')
    assert out.endswith(b'", "b": 1}')
    assert out.count(b"*") >= len(form) - 8


def test_equal_secrets_show_as_equal_whatever_their_form() -> None:
    hits: list[Redaction] = []
    redactor = Redactor((Secret("known", SECRET), Secret("other", b"0123456789")), b"k" * 32)
    redactor.body("b", SECRET + b" " + SECRET.hex().encode() + b" 0123456789", hits)
    assert [hit.name for hit in hits] == ["known", "known", "other"]
    assert hits[0].digest == hits[1].digest != hits[2].digest
    assert len(hits[0].digest) == 16
    again: list[Redaction] = []
    Redactor((Secret("known", SECRET),), b"j" * 32).body("b", SECRET, again)
    assert again[0].digest != hits[0].digest


def test_a_short_secret_is_masked_as_a_word_only() -> None:
    given = (Secret("short", SHORT), Secret("tiny", b"1234"))
    assert masked(b"as3cr3t7 s3cr3t7, 1234", secrets=given) == b"as3cr3t7 *******, 1234"
    assert masked(b'{"password": "1234"}', secrets=given) == b'{"password": "****"}'


@pytest.mark.parametrize("size", range(6, 16))
def test_a_secret_that_a_cut_tears_is_masked(size: int) -> None:
    hits: list[Redaction] = []
    redactor = Redactor((Secret("known", SECRET),), b"k" * 32)
    text = b"abc " + SECRET[:size]
    assert redactor.body("b", text, hits, torn=True) == b"abc " + b"*" * size
    assert redactor.body("b", text, [], torn=False) == text


@pytest.mark.parametrize(
    ("name", "value", "out"),
    [
        ("Authorization", "Bearer abc def", "Bearer *******"),
        ("authorization", "abc", "***"),
        ("Proxy-Authorization", "Basic QTpC", "Basic ****"),
        ("Cookie", "a=bc; d=efg", "a=**; d=***"),
        ("Set-Cookie", "sid=abc; Path=/; HttpOnly", "sid=***; Path=/; HttpOnly"),
        ("X-Api-Key", "abc", "***"),
        ("x-auth-token", "abc", "***"),
        ("X-Client-Secret", "abc", "***"),
        ("X-Next-Page-Token", "abc", "abc"),
        ("Idempotency-Key", "abc", "abc"),
        ("X-Signature", "abc", "abc"),
        ("X-Request-Id", "abc", "abc"),
        ("Location", "/a?access_token=abc&b=1", "/a?access_token=***&b=1"),
        ("X-Any", f"a {SECRET.decode()}", "a " + "*" * len(SECRET)),
    ],
)
def test_headers_are_masked_by_name_and_by_value(name: str, value: str, out: str) -> None:
    found, hits = fields((("Server", "x"), (name, value)))
    assert found == (("Server", "x"), (name, out))
    assert {hit.part for hit in hits} <= {"h.1"}
    assert bool(hits) == (value != out)


def test_a_secret_as_a_headers_name_is_masked() -> None:
    found, hits = fields(((f"X-{SECRET.hex()}", "1"),))
    assert found == (("X-" + "*" * 32, "1"),)
    assert hits[0].part == "h.0.name"


def test_what_the_target_issues_is_known_from_then_on() -> None:
    redactor = Redactor((), b"k" * 32)
    redactor.headers("h", (("Set-Cookie", "sid=0a1b2c3d4e5f6a7b; Path=/"),), [])
    redactor.body("b", b'{"access_token": "eyJhbGciOiJub25lIn0.e30."}', [])
    out = redactor.body("b", b"see 0a1b2c3d4e5f6a7b and eyJhbGciOiJub25lIn0.e30.", [])
    assert out == b"see **************** and ************************"


def test_a_word_that_is_called_a_token_is_no_secret_elsewhere() -> None:
    redactor = Redactor((), b"k" * 32)
    redactor.body("b", b'{"token": "data governance office", "secret": "department-of-data"}', [])
    assert b"*" not in redactor.body("b", b"data governance office department-of-data", [])


def test_a_target_that_issues_without_end_fills_no_memory() -> None:
    redactor = Redactor((), b"k" * 32)
    for number in range(500):
        redactor.learn("t", b"token-%019d" % number)
        redactor.learn("c", b"cookie-%019d" % number, cookie=True)
    assert len(redactor._tokens) == LEARNT_TOKENS
    assert len(redactor._cookies) == LEARNT_COOKIES
    assert redactor.body("b", b"token-%019d" % 499, []) == b"*" * 25
    redactor.learn("t", b"9" * 1_000_000)
    assert len(redactor._tokens[-1].value) == 25


def test_a_secret_in_undeclared_gzip_takes_the_whole_with_it() -> None:

    packed = gzip.compress(gzip.compress(b"a " + SECRET, mtime=0), mtime=0)
    assert masked(packed) == b"*" * len(packed)
    harmless = gzip.compress(b"a", mtime=0)
    assert masked(harmless) == harmless


@pytest.mark.parametrize(
    "unit",
    [SECRET + b" ", b'"token":"abc",', b'"token":[', b"%41", b"token=a1b2c3d4e5f6a7b8c9 "],
)
def test_hits_without_end_are_bounded(unit: bytes) -> None:
    hits: list[Redaction] = []
    data = unit * (3_000_000 // len(unit))
    out = Redactor((Secret("known", SECRET),), b"k" * 32).body("b", data, hits)
    assert len(out) == len(data)
    assert len(hits) <= 2002
    assert SECRET not in out
