"""Signatures held against another implementation: the command line of OpenSSL."""

import base64
import hashlib
import hmac
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cqsc_conform.formats import signatures
from cqsc_conform.formats.signing import (
    Elements,
    RequestParts,
    SigningFault,
    SigningScheme,
    covered,
    sent,
    sign,
    signed,
)
from cqsc_conform.formats.sm2 import verify

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECRET = b"cqsc-secret"
TEXT = "POST\n/渝/记录\napp-1"
ELEMENTS = Elements("app-1", "20260301080000", "n0nce")
REQUEST = RequestParts(
    "POST", "/q", (("b", "2"), ("a", "人"), ("c", "")), b'{"z": 5, "y": null, "x": [1], "w": true}'
)


def openssl(*words: str, data: bytes = b"") -> bytes:
    done = subprocess.run(
        ["openssl", *words], input=data, capture_output=True, check=True, timeout=60
    )
    return done.stdout


def made(algorithm: str, secret: bytes = SECRET, **changes: Any) -> bytes:
    given: dict[str, Any] = {"string_to_sign": TEXT, "headers": {"S": "{signature}"}} | changes
    scheme = SigningScheme(algorithm=algorithm, **given)  # type: ignore[arg-type]
    ((_, value),) = sign(scheme, REQUEST, "app-1", secret, NOW, "n0nce")
    return bytes.fromhex(value)


@pytest.mark.parametrize(
    ("algorithm", "words"),
    [
        ("hmac-sha256", ("-sha256", "-hmac", SECRET.decode())),
        ("hmac-sm3", ("-sm3", "-hmac", SECRET.decode())),
        ("sha256", ("-sha256",)),
        ("sm3", ("-sm3",)),
        ("md5", ("-md5",)),
    ],
)
def test_openssl_computes_the_same(algorithm: str, words: tuple[str, ...]) -> None:
    expected = openssl("dgst", *words, "-binary", data=TEXT.encode())
    assert made(algorithm) == expected


def test_openssl_verifies_an_rsa_signature(tmp_path: Path) -> None:
    key, public, signature = (tmp_path / name for name in ("key", "public", "signature"))
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(key))
    openssl("pkey", "-in", str(key), "-pubout", "-out", str(public))
    signature.write_bytes(made("rsa-sha256", key.read_bytes()))
    told = openssl(
        "dgst", "-sha256", "-verify", str(public), "-signature", str(signature),
        data=TEXT.encode(),
    )  # fmt: skip
    assert told == b"Verified OK\n"


def sm2_key(folder: Path) -> tuple[bytes, Path]:
    """Give a fresh key as the scheme wants it, made by OpenSSL, and the file of its public part."""
    key, public = folder / "key", folder / "public"
    openssl("genpkey", "-algorithm", "SM2", "-out", str(key))
    openssl("pkey", "-in", str(key), "-pubout", "-out", str(public))
    shown = openssl("pkey", "-in", str(key), "-noout", "-text").decode()
    parts = {}
    for line in shown.splitlines():
        if not line.startswith(" "):
            name = line.partition(":")[0]
            parts[name] = ""
        else:
            parts[name] += line.strip().replace(":", "")
    number, point = parts["priv"][-64:].rjust(64, "0"), parts["pub"]
    return (number + point.removeprefix("04")).encode(), public


def test_openssl_verifies_an_sm2_signature(tmp_path: Path) -> None:
    secret, public = sm2_key(tmp_path)
    raw = made("sm2-sm3", secret)
    assert verify(bytes.fromhex(secret.decode())[32:], TEXT.encode(), raw)
    parts = [int.from_bytes(raw[at : at + 32], "big") for at in (0, 32)]
    inner = b"".join(_integer(each) for each in parts)
    file = tmp_path / "signature"
    file.write_bytes(bytes([0x30, len(inner)]) + inner)
    message = tmp_path / "message"
    message.write_bytes(TEXT.encode())
    told = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-in", str(message), "-rawin",
        "-digest", "sm3", "-sigfile", str(file), "-pkeyopt", "distid:1234567812345678",
    )  # fmt: skip
    assert b"Signature Verified Successfully" in told


def _integer(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes([0x02, len(data)]) + data


def test_sm2_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "gmssl_pyx", None)
    with pytest.raises(SigningFault) as caught:
        made("sm2-sm3", b"00" * 96)
    assert (caught.value.code, caught.value.name) == ("needs_sm_extra", "sm2-sm3")


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "md5", "sm2-sm3"])
def test_a_wrong_secret_gives_another_signature(algorithm: str, tmp_path: Path) -> None:
    secret = sm2_key(tmp_path)[0] if algorithm == "sm2-sm3" else SECRET
    scheme = SigningScheme(
        "{method}{secret}" if algorithm == "md5" else "{method}",
        algorithm,  # type: ignore[arg-type]
        {"S": "{signature}"},
    )
    right, wrong = (signed(scheme, REQUEST, ELEMENTS, secret, wrong=each) for each in (False, True))
    assert right.value != wrong.value
    if algorithm == "sm2-sm3":
        public = bytes.fromhex(secret.decode())[32:]
        assert verify(public, b"POST", bytes.fromhex(right.value))
        assert not verify(public, b"POST", bytes.fromhex(wrong.value))
    else:
        again = signed(scheme, REQUEST, ELEMENTS, secret, wrong=True)
        assert again.value == wrong.value


def test_all_parameters_are_sorted_and_the_elements_among_them() -> None:
    scheme = SigningScheme(
        "{params_sorted}&key={secret}",
        "sha256",
        {"X-Sum": "{body_md5_base64}"},
        query={"nonce": "{nonce}", "appid": "{app_id}", "sign": "{signature}"},
    )
    found = signed(scheme, REQUEST, ELEMENTS, SECRET)
    text = "a=人&appid=app-1&b=2&nonce=n0nce&w=true&z=5&key=cqsc-secret"
    assert found.text == text
    assert found.value == hashlib.sha256(text.encode()).hexdigest()
    assert found.query == (("nonce", "n0nce"), ("appid", "app-1"), ("sign", found.value))
    digest = hashlib.md5(REQUEST.body, usedforsecurity=False).digest()
    assert found.headers == (("X-Sum", base64.b64encode(digest).decode()),)


def test_a_form_s_fields_are_parameters_too() -> None:
    scheme = SigningScheme("{params_sorted}", "hmac-sha256", {"S": "{signature}"})
    form = RequestParts("POST", "/q", (), b"b=2&a=%E6%B8%9D&c=")
    assert signed(scheme, form, ELEMENTS, SECRET).text == "a=渝&b=2"
    binary = RequestParts("POST", "/q", (("k", "v"),), b"\xff\xfe")
    assert signed(scheme, binary, ELEMENTS, SECRET).text == "k=v"
    expected = hmac.new(SECRET, b"k=v", "sha256").hexdigest()
    assert signed(scheme, binary, ELEMENTS, SECRET).value == expected


@pytest.mark.parametrize(
    ("template", "query", "parts"),
    [
        ("{method}{path}{body_sm3}", {}, {"method", "path", "body"}),
        ("{query_sorted}{app_id}", {"t": "{timestamp}"}, {"query", "app_id", "timestamp"}),
        ("{params_sorted}", {"n": "{nonce}", "s": "{signature}"}, {"query", "body", "nonce"}),
        ("{app_id}{secret}{timestamp}", {"n": "{nonce}"}, {"app_id", "timestamp"}),
        ("", {}, set()),
    ],
)
def test_what_a_scheme_covers_is_read_off_its_template(
    template: str, query: dict[str, str], parts: set[str]
) -> None:
    scheme = SigningScheme(template, "md5", {"S": "v1 {signature}"}, query=query)
    assert covered(scheme) == parts
    shows = {form.strip("{}") for form in query.values()} | {"signature"}
    assert sent(scheme) == shows
