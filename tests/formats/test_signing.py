import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding as Pem
from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.signing import (
    Algorithm,
    Encoding,
    RequestParts,
    SigningFault,
    SigningScheme,
    TimestampFormat,
    sign,
    sm3,
    timestamp_text,
)

VECTORS = json.loads(
    (Path(__file__).parent.parent / "data" / "vectors.json").read_text(encoding="utf-8")
)["sm3"]
BEIJING = timezone(timedelta(hours=8))
NOW = datetime(2025, 3, 1, 8, 0, 0, 123_000, BEIJING)
SECRET = b"cqsc-secret"
REQUEST = RequestParts("GET", "/catalog/entries", (("page", "1"), ("keyword", "人口")))
SCHEME = SigningScheme(
    "{method}\n{path}\n{query_sorted}\n{body_sha256}\n{app_id}\n{timestamp}\n{nonce}",
    "hmac-sha256",
    {
        "X-App-Id": "{app_id}",
        "X-Timestamp": "{timestamp}",
        "X-Nonce": "{nonce}",
        "Authorization": "CQSC {app_id}:{signature}",
    },
)
# The string that the scheme makes of the request, written out; the literals below are
# `openssl dgst` over it.
SIGNED = (
    "GET\n/catalog/entries\nkeyword=人口&page=1\n"
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
    "app-1\n1740787200123\nn0nce"
)


def signature(scheme: SigningScheme, secret: bytes = SECRET, **changes: object) -> str:
    shown = msgspec.structs.replace(scheme, headers={"S": "{signature}"}, **changes)
    ((_, value),) = sign(shown, REQUEST, "app-1", secret, NOW, "n0nce")
    return value


def fault(
    scheme: SigningScheme, request: RequestParts = REQUEST, **inputs: object
) -> tuple[str, str]:
    given = {"app_id": "app-1", "secret": SECRET, "timestamp": NOW, "nonce": "n0nce"} | inputs
    with pytest.raises(SigningFault) as raised:
        sign(scheme, request, **given)  # type: ignore[arg-type]
    return raised.value.code, raised.value.name


def test_the_headers_come_filled_and_in_order() -> None:
    expected = hmac.new(SECRET, SIGNED.encode(), "sha256").hexdigest()
    assert sign(SCHEME, REQUEST, "app-1", SECRET, NOW, "n0nce") == (
        ("X-App-Id", "app-1"),
        ("X-Timestamp", "1740787200123"),
        ("X-Nonce", "n0nce"),
        ("Authorization", f"CQSC app-1:{expected}"),
    )


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("hmac-sha256", "bd19a11090e3e2dd5e20fce275491ded56a8293ecf7e1a0c4d19186dda69af5d"),
        ("hmac-sm3", "1d14162dfaa89448ba604e9120c1425e7a69b2b59097424a5f2bd54dc405f797"),
        ("sm3", "c236ee7e37952fa45b721f187e7bfdef6d300cac9b132dc075bea5999d6aa0f1"),
        ("sha256", "ac423059e3bcb63453aa5e60a608e93114f0a246bc13f291298e89311487f755"),
        ("md5", "ec880a578bcb002a38b9d41edec76e47"),
    ],
)
def test_known_answers(algorithm: str, expected: str) -> None:
    assert signature(SCHEME, algorithm=algorithm) == expected
    assert signature(SCHEME, algorithm=algorithm, encoding="HEX") == expected.upper()
    assert base64.b64decode(signature(SCHEME, algorithm=algorithm, encoding="base64")) == (
        bytes.fromhex(expected)
    )


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["digest"][:8])
def test_sm3_vectors(case: dict[str, str]) -> None:
    message = case["msg_ascii"]
    if "hmac_key_hex" in case:
        plain = SigningScheme(message, "hmac-sm3", {})
        assert signature(plain, bytes.fromhex(case["hmac_key_hex"])) == case["digest"]
    else:
        assert sm3(message.encode()).hex() == case["digest"]
        assert signature(SigningScheme(message, "sm3", {})) == case["digest"]


def test_an_rsa_signature_is_what_pkcs_1_says() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Pem.PEM, PrivateFormat.PKCS8, NoEncryption())
    numbers = key.private_numbers()
    # RFC 8017, 9.2: 00 01 FF… 00, the DigestInfo of SHA-256, the digest.
    info = bytes.fromhex("3031300d060960864801650304020105000420")
    tail = b"\x00" + info + hashlib.sha256(SIGNED.encode()).digest()
    block = (b"\x00\x01" + b"\xff" * (256 - 2 - len(tail))) + tail
    expected = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n)
    assert int(signature(SCHEME, pem, algorithm="rsa-sha256"), 16) == expected


def test_the_secret_and_the_body_may_stand_in_the_string() -> None:
    scheme = SigningScheme(
        "{app_id}{secret}{body}{body_md5}{body_sm3}", "md5", {"S": "{signature}"}
    )
    body = '{"名":"x"}'.encode()
    text = b"app-1" + SECRET + body + hashlib.md5(body).hexdigest().encode()  # noqa: S324
    expected = hashlib.md5(text + sm3(body).hex().encode()).hexdigest()  # noqa: S324
    request = RequestParts("POST", "/x", (), body)
    assert sign(scheme, request, "app-1", SECRET, NOW, "") == (("S", expected),)


def test_the_query_is_sorted_by_name_and_value_and_may_be_encoded() -> None:
    request = RequestParts("GET", "/", (("b", "2 /"), ("b", "1"), ("a", "人")))
    scheme = SigningScheme("{query_sorted}|{query_sorted_encoded}", "sha256", {"S": "{signature}"})
    text = "a=人&b=1&b=2 /|a=%E4%BA%BA&b=1&b=2%20%2F"
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert sign(scheme, request, "", b"", NOW, "") == (("S", expected),)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("ms", "1740787200123"),
        ("s", "1740787200"),
        ("rfc3339", "2025-03-01T08:00:00+08:00"),
        ("compact", "20250301080000"),
    ],
)
def test_timestamps(form: TimestampFormat, text: str) -> None:
    assert timestamp_text(NOW, form) == text


def test_timestamps_in_utc_end_in_z() -> None:
    assert timestamp_text(NOW.astimezone(UTC), "rfc3339") == "2025-03-01T00:00:00Z"
    assert timestamp_text(datetime(1, 1, 1, tzinfo=UTC), "compact") == "00010101000000"


def test_faults_name_their_part() -> None:
    def scheme(**changes: object) -> SigningScheme:
        return msgspec.structs.replace(SCHEME, **changes)

    key = ec.generate_private_key(ec.SECP256R1())
    elliptic = key.private_bytes(Pem.PEM, PrivateFormat.PKCS8, NoEncryption())
    binary = RequestParts("POST", "/", (), b"\xff")
    naive = NOW.replace(tzinfo=None)
    assert fault(scheme(algorithm="sm2-sm3")) == ("key", "")
    assert fault(scheme(algorithm="sm2-sm3"), secret=b"00" * 32) == ("key", "")
    assert fault(scheme(algorithm="rot13")) == ("algorithm_unknown", "rot13")
    assert fault(scheme(algorithm="rsa-sha256")) == ("key", "")
    assert fault(scheme(algorithm="rsa-sha256"), secret=elliptic) == ("key", "")
    assert fault(scheme(string_to_sign="{method")) == ("template", "{")
    assert fault(scheme(string_to_sign="{cookie}")) == ("template", "cookie")
    assert fault(scheme(headers={"A": "{secret}"})) == ("template", "secret")
    assert fault(scheme(string_to_sign="{body}"), binary) == ("body_not_text", "")
    assert fault(scheme(string_to_sign="{secret}"), secret=b"\xff") == ("secret_not_text", "")
    assert fault(SCHEME, timestamp=naive) == ("timestamp_without_offset", "")
    assert fault(SCHEME, nonce="a\r\nX-Evil: 1") == ("header_value", "X-Nonce")
    assert fault(scheme(headers={"A:": ""})) == ("header_name", "A:")
    assert fault(SCHEME, RequestParts("\ud800", "/")) == ("template", "string_to_sign")


def test_a_body_of_bytes_is_signed_by_its_digest() -> None:
    assert sign(SCHEME, RequestParts("POST", "/", (), b"\xff"), "a", SECRET, NOW, "n")


@given(
    st.builds(
        SigningScheme,
        st.lists(st.sampled_from(["{method}", "{body}", "{secret}", "{", "x", "{query_sorted}"]))
        .map("".join),
        st.sampled_from(get_args(Algorithm)),
        st.dictionaries(st.text(max_size=4), st.sampled_from(["{signature}", "{nonce}", "}"])),
        st.sampled_from(get_args(Encoding)),
        st.sampled_from(get_args(TimestampFormat)),
    ),
    st.builds(
        RequestParts,
        st.text(max_size=5),
        st.text(max_size=5),
        st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=3).map(tuple),
        st.binary(max_size=9),
    ),
    st.text(max_size=5),
    st.binary(max_size=9),
    st.datetimes(timezones=st.none() | st.just(BEIJING)),
)  # fmt: skip
def test_any_input_is_signed_or_a_fault(
    scheme: SigningScheme, request: RequestParts, word: str, secret: bytes, at: datetime
) -> None:
    try:
        headers = sign(scheme, request, word, secret, at, word)
    except SigningFault as raised:
        assert raised.code  # noqa: PT017 - either way is right
    else:
        assert [name for name, _ in headers] == list(scheme.headers)
        assert not any("\n" in value or "\r" in value for _, value in headers)
