import base64
import html
import json
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, quote_from_bytes, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cqsc_conform.formats.secrets import Secret, SecretFinder, Span, find_secrets, mask

Encode = Callable[[str], bytes]


def everything_percent(text: str, case: str = "%%%02x") -> bytes:
    return "".join(case % byte for byte in text.encode()).encode()


def every_unit(text: str) -> bytes:
    units = text.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)).encode()


def at(before: int, *, url_safe: bool = False) -> Encode:
    code = base64.urlsafe_b64encode if url_safe else base64.b64encode
    return lambda text: code(b"?" * before + text.encode() + b"!!")


def in_a_query(encode: Encode) -> Encode:
    return lambda text: quote(encode(text), safe="").encode()


ENCODINGS: dict[str, Encode] = {
    "raw": str.encode,
    "percent": lambda text: quote(text, safe="").encode(),
    "form": lambda text: quote_plus(text).encode(),
    "percent lower": lambda text: quote(text, safe="").lower().encode()
    if text.islower()
    else everything_percent(text),
    "all percent": everything_percent,
    "all percent upper": lambda text: everything_percent(text, "%%%02X"),
    "json": lambda text: json.dumps(text)[1:-1].encode(),
    "json upper": lambda text: every_unit(text).upper().replace(b"\\U", b"\\u"),
    "json slash": lambda text: json.dumps(text)[1:-1].replace("/", "\\/").encode(),
    "json units": every_unit,
    "json unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1].encode(),
    "html": lambda text: html.escape(text).encode(),
    "html numbers": lambda text: "".join(f"&#{ord(each):03};" for each in text).encode(),
    "html hex": lambda text: "".join(f"&#x{ord(each):X};" for each in text).encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "hex upper": lambda text: text.encode().hex().upper().encode(),
    **{f"base64 {n}": at(n) for n in range(3)},
    **{f"base64url {n}": at(n, url_safe=True) for n in range(3)},
    **{f"base64 in a query {n}": in_a_query(at(n)) for n in range(3)},
    "base64 in json": lambda text: at(1)(text).replace(b"/", b"\\/"),
}  # fmt: skip

# A star would make a mask that looks like a secret.
texts = st.text(
    st.sampled_from("abcXYZ019+/=-_ %&<>\"'\\;#u\n密码😀")
    | st.characters(exclude_categories=["Cs"]),
    min_size=6,
    max_size=24,
).filter(lambda text: "*" not in text)


@settings(max_examples=60)
@given(texts, st.binary(max_size=30), st.binary(max_size=30))
def test_a_planted_secret_is_gone_under_every_encoding(
    text: str, before: bytes, after: bytes
) -> None:
    finder = SecretFinder([Secret("token", text.encode())])
    for name, encode in ENCODINGS.items():
        planted = encode(text)
        data = before + planted + after
        masked = mask(data, finder.find(data))
        assert len(masked) == len(data)
        assert masked != data, name
        assert not finder.find(masked), name
        if "base64" not in name:
            # The characters of Base64 at its ends belong to what stands around it, too.
            assert planted not in masked, name


@settings(max_examples=60)
@given(st.binary(min_size=4, max_size=20), st.binary(max_size=20), st.binary(max_size=20))
def test_secrets_that_are_no_text_are_found(value: bytes, before: bytes, after: bytes) -> None:
    assume(b"*" not in value)
    secrets = [Secret("key", value)]
    for planted in (
        value,
        value.hex().encode(),
        quote_from_bytes(value, safe="").encode(),
        base64.b64encode(value),
    ):
        data = before + planted + after
        masked = mask(data, find_secrets(data, secrets))
        assert not find_secrets(masked, secrets)
        assert masked != data


@given(st.lists(st.text("ab*c", min_size=4, max_size=7), min_size=1, max_size=3), st.text("abc*"))
def test_every_raw_occurrence_is_covered(values: list[str], text: str) -> None:
    assume(all(value.strip("*") for value in values))
    data = text.encode()
    spans = find_secrets(data, [Secret(value, value.encode()) for value in values])
    covered = {place for span in spans for place in range(span.start, span.end)}
    for value in values:
        for start in range(len(text)):
            if text.startswith(value, start):
                assert set(range(start, start + len(value))) <= covered
    assert all(left.end <= right.start for left, right in pairwise(spans))


def test_overlapping_secrets_are_one_span_with_both_names() -> None:
    secrets = [Secret("one", b"abcdef"), Secret("two", b"efghij")]
    assert find_secrets(b"xxabcdefghijxx", secrets) == (Span(2, 12, "one,two"),)
    assert mask(b"xxabcdefghijxx", find_secrets(b"xxabcdefghijxx", secrets)) == b"xx**********xx"


def test_mixed_encodings_are_found() -> None:
    data = rb"a\u0062%63&#100;e&#x46;"
    assert find_secrets(data, [Secret("x", b"abcdeF")]) == (Span(0, len(data), "x"),)


def test_a_chinese_secret_is_found_in_a_gb_18030_body() -> None:
    data = '{"口令":"密码密码"}'.encode("gb18030")
    (span,) = find_secrets(data, [Secret("pw", "密码密码".encode())])
    assert data[span.start : span.end].decode("gb18030") == "密码密码"


def test_other_text_stays() -> None:
    secrets = [Secret("x", b"a+b/c-d_e")]
    assert find_secrets(b"a-b_c-d_e a b/c-d_e A+B/C-D_E", secrets) == ()
    assert find_secrets(b"anything", []) == ()


@pytest.mark.parametrize("value", [b"", b"abc", b"****", b"*" * 20])
def test_secrets_that_would_be_everywhere_are_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match=r"^pin$"):
        find_secrets(b"", [Secret("pin", value)])


def test_a_secret_does_not_show_itself() -> None:
    assert "hunter2" not in repr(Secret("pw", b"hunter2"))


def test_runs_of_escapes_do_not_multiply_the_work() -> None:
    secret = Secret("x", b"\\" * 40 + b"%" * 40 + b"&" * 40 + b"x")
    data = (b"\\" * 200 + b"%25" * 200 + b"&amp;" * 200) * 20
    assert find_secrets(data, [secret]) == ()


@given(
    st.binary(max_size=20),
    st.lists(st.builds(Span, st.integers(-5, 30), st.integers(-5, 30), st.just("x"))),
)
def test_masking_keeps_the_length(data: bytes, spans: list[Span]) -> None:
    assert len(mask(data, spans)) == len(data)
