import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cqsc_conform.formats import sm2
from cqsc_conform.formats.signing import SigningFault
from cqsc_conform.formats.sm2 import SignatureFault, digest, public_key, verify, z_a

VECTOR = json.loads(
    (Path(__file__).parent.parent / "data" / "vectors.json").read_text(encoding="utf-8")
)["sm2"]
SIGNED = VECTOR["sign"]
KEY = bytes.fromhex(VECTOR["Px"] + VECTOR["Py"])
MESSAGE = SIGNED["msg_ascii"].encode()
RAW = bytes.fromhex(SIGNED["r"] + SIGNED["s"])
R, S = RAW[:32], RAW[32:]
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
# Made by OpenSSL 3.0: public key, user ID, message and signature in DER.
BY_OPENSSL = [
    (
        (
            "24dfc9d927589b29010d01b04673083be40d8605a0656c7fa5edfde406507265"
            "1c8d4ec21724b7328b6428b8bd586e8481668817501333e1ae991a21bdb763ee"
        ),
        b"1234567812345678",
        b"message digest",
        (
            "30460221009e33523ed60455c1e8515c2a6e899f3da46761154522d2623db23d07f3092197"
            "022100a57997b6a315678cdf7b77c28d8b51b27b5ef1e5e5997ea21079e7d5306d0b19"
        ),
    ),
    (
        (
            "35a3b75bdceaf587e626a0a94eeed879c5a6170ae526024558d96eab78c730c3"
            "2c706ba5eda68c8a5f35ae9e5368248f5ecb3adfb0712c533af3271d5c8ce22c"
        ),
        b"ALICE123@YAHOO.COM",
        "川渝互认".encode(),
        (
            "3045022100ead8343015343dc152ccac028576fd0f27f58187508829607b7e6b1cc3ab8dcc"
            "0220296f7e2444b8cf1224d461e98a28db16348e211a970a32d1f88cc87d258d5025"
        ),
    ),
    (
        (
            "a70b13c4b719762fb88c6ea7581bd0b6dda8e65ae577c4db8f96510cef19ace1"
            "3ffb354b00e487035901d5e481a63f14acd6874da685361b2b2ce95a96698dcd"
        ),
        b"cq",
        b"",
        (
            "304502204d795d74d5947ebd69fbc6901b0d9ad8473afcfa41cc812fa0d547d2cafaafdb"
            "022100cf529d7a210810731a72f30ffe5e44cd0bb999067d1190bf4d51f22865d9928b"
        ),
    ),
]


def integer(value: bytes) -> bytes:
    body = value.lstrip(b"\0") or b"\0"
    body = b"\0" + body if body[0] & 0x80 else body
    return b"\x02" + bytes((len(body),)) + body


def sequence(*parts: bytes) -> bytes:
    body = b"".join(parts)
    return b"\x30" + bytes((len(body),)) + body


DER = sequence(integer(R), integer(S))


def test_the_published_vector_verifies():
    point = public_key(KEY)
    assert z_a(point).hex().upper() == SIGNED["ZA"]
    assert digest(point, MESSAGE).hex().upper() == SIGNED["e"]
    assert verify(KEY, MESSAGE, RAW)
    assert verify(KEY, MESSAGE, RAW, SIGNED["id"].encode())


def test_the_published_vector_fails_when_anything_is_changed():
    assert not verify(KEY, b"message digesu", RAW)
    assert not verify(KEY, MESSAGE, RAW, b"1234567812345679")
    assert not verify(KEY, MESSAGE, S + R)
    assert not verify(bytes.fromhex(BY_OPENSSL[0][0]), MESSAGE, RAW)


@pytest.mark.parametrize(("key", "user_id", "message", "signature"), BY_OPENSSL)
def test_what_openssl_signed_verifies(key, user_id, message, signature):
    octets, der = bytes.fromhex(key), bytes.fromhex(signature)
    for written in (octets, b"\x04" + octets, SPKI + b"\x04" + octets):
        assert verify(written, message, der, user_id)
        assert not verify(written, message + b"\0", der, user_id)
        assert not verify(written, message, der, user_id + b"\0")


@pytest.mark.parametrize("form", ["raw", "der", None])
def test_both_forms_say_the_same(form):
    assert verify(KEY, MESSAGE, RAW if form == "raw" else DER, form=form)


def of_p256() -> bytes:
    key = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


# The key of annex A of GB/T 32918.2, which lies on another sample curve.
ANNEX_A = bytes.fromhex(
    "0ae4c7798aa0f119471bee11825be46202bb79e2a5844495e97c04ff4df2548a"
    "7c0240f88f1cd4e16352a73c17b7f16f07353e53a176d684a9fe0c6bb798e857"
)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (b"", "public_key_form"),
        (KEY[:-1], "public_key_form"),
        (KEY + b"\0", "public_key_form"),
        (b"\x04" + KEY + b"\0", "public_key_form"),
        (b"\x02" + KEY[:32], "public_key_form"),
        (b"\x06" + KEY, "public_key_form"),
        (SPKI + b"\x03" + KEY, "public_key_form"),
        (SPKI + b"\x04" + KEY[:-1], "public_key_form"),
        (SPKI + b"\x04" + KEY + b"\0", "public_key_form"),
        (SPKI[:-1] + b"\x01\x04" + KEY, "public_key_form"),
        (b"\x30\x81" + SPKI[1:] + b"\x04" + KEY, "public_key_form"),
        (of_p256(), "public_key_curve"),
        (b"\0", "public_key_infinity"),
        (bytes(64), "public_key_infinity"),
        (b"\x04" + bytes(64), "public_key_infinity"),
        (SPKI + b"\x04" + bytes(64), "public_key_infinity"),
        (bytes.fromhex("3019301306072a8648ce3d020106082a811ccf5501822d03020000"),
         "public_key_infinity"),
        (P.to_bytes(32, "big") + KEY[32:], "public_key_range"),
        (KEY[:32] + P.to_bytes(32, "big"), "public_key_range"),
        (b"\xff" * 64, "public_key_range"),
        (KEY[:-1] + bytes((KEY[-1] ^ 1,)), "public_key_off_curve"),
        (KEY[32:] + KEY[:32], "public_key_off_curve"),
        (bytes(32) + KEY[32:], "public_key_off_curve"),
        (ANNEX_A, "public_key_off_curve"),
        (of_p256()[-64:], "public_key_off_curve"),
    ],
)  # fmt: skip
def test_a_malformed_key_is_named(key, code):
    with pytest.raises(SignatureFault) as raised:
        verify(key, MESSAGE, RAW)
    assert raised.value.code == code


def scalar(value: int) -> bytes:
    return value.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("signature", "code"),
    [
        (scalar(0) + S, "r_out_of_range"),
        (scalar(N) + S, "r_out_of_range"),
        (scalar(int.from_bytes(R, "big") + N & (1 << 256) - 1) + scalar(0), "s_out_of_range"),
        (b"\xff" * 64, "r_out_of_range"),
        (R + scalar(0), "s_out_of_range"),
        (R + scalar(N), "s_out_of_range"),
        (R + scalar(N + 1), "s_out_of_range"),
        (sequence(integer(b""), integer(S)), "r_out_of_range"),
        # r + n: 33 octets, well-formed DER
        (sequence(integer((int.from_bytes(R, "big") + N).to_bytes(33, "big")), integer(S)),
         "r_out_of_range"),
        (sequence(integer(R), integer((int.from_bytes(S, "big") + N).to_bytes(33, "big"))),
         "s_out_of_range"),
        (b"", "der_truncated"),
        (b"\x30", "der_truncated"),
        (DER[:-1], "der_truncated"),
        (RAW[:-1], "der_syntax"),
        (RAW + b"\0", "der_syntax"),
        (b"\x31" + DER[1:], "der_syntax"),
        (sequence(), "der_truncated"),
        (sequence(integer(R)), "der_truncated"),
        (sequence(integer(R), integer(S), integer(S)), "der_syntax"),
        (sequence(integer(R), b"\x04" + integer(S)[1:]), "der_syntax"),
        (sequence(integer(R), b"\x02\x00"), "der_syntax"),
        (sequence(integer(R), b"\x02\x30" + S), "der_truncated"),
        (DER + b"\0", "der_trailing"),
        (b"\x30\x81" + DER[1:], "der_not_canonical"),
        (b"\x30\x80" + DER[2:] + b"\0\0", "der_not_canonical"),
        (sequence(b"\x02\x22\0\0" + R, integer(S)), "der_not_canonical"),
        (sequence(integer(R), b"\x02\x02\x00\x01"), "der_not_canonical"),
        (sequence(b"\x02\x20" + R, integer(S)), "der_negative"),
        (sequence(integer(R), b"\x02\x01\xff"), "der_negative"),
    ],
)  # fmt: skip
def test_a_malformed_signature_is_named(signature, code):
    with pytest.raises(SignatureFault) as raised:
        verify(KEY, MESSAGE, signature)
    assert raised.value.code == code


@pytest.mark.parametrize("signature", [b"", RAW[:-1], RAW + b"\0", DER])
def test_a_raw_signature_has_64_octets(signature):
    with pytest.raises(SignatureFault) as raised:
        verify(KEY, MESSAGE, signature, form="raw")
    assert raised.value.code == "signature_length"


def test_a_sum_of_zero_does_not_verify():
    r = int.from_bytes(R, "big")
    assert not verify(KEY, MESSAGE, R + scalar(N - r))


def test_a_user_id_fits_into_its_16_bits_of_length():
    point = public_key(KEY)
    assert len(z_a(point, b"x" * 8191)) == 32
    with pytest.raises(SignatureFault) as raised:
        verify(KEY, MESSAGE, RAW, b"x" * 8192)
    assert raised.value.code == "user_id_length"


def test_without_sm3_it_says_what_is_missing(monkeypatch):
    def lacking(_: bytes) -> bytes:
        raise SigningFault("needs_sm_extra", "sm3")

    monkeypatch.setattr(sm2, "sm3", lacking)
    with pytest.raises(SignatureFault) as raised:
        verify(KEY, MESSAGE, RAW)
    assert raised.value.code == "needs_sm_extra"


def holds(key: bytes, message: bytes, signature: bytes, user_id: bytes) -> bool:
    try:
        return verify(key, message, signature, user_id)
    except SignatureFault:
        return False


@settings(max_examples=80)
@given(st.sampled_from(["key", "message", "signature", "user_id"]), st.integers(0, 511))
@example("signature", 511)
def test_no_flipped_bit_verifies(which, place):
    parts = {"key": KEY, "message": MESSAGE, "signature": RAW, "user_id": b"1234567812345678"}
    flipped = bytearray(parts[which])
    place %= 8 * len(flipped)
    flipped[place // 8] ^= 1 << place % 8
    assert not holds(**(parts | {which: bytes(flipped)}))


@settings(max_examples=60)
@given(st.integers(0, 8 * len(DER) - 1))
def test_no_flipped_bit_of_der_verifies(place):
    flipped = bytearray(DER)
    flipped[place // 8] ^= 1 << place % 8
    assert not holds(KEY, MESSAGE, bytes(flipped), b"1234567812345678")


@settings(max_examples=60)
@given(st.binary(max_size=100), st.binary(max_size=80))
def test_no_octets_crash_it(key, signature):
    assert not holds(key, MESSAGE, signature, b"")
    assert not holds(KEY, MESSAGE, signature, b"")


def plain(left, right):
    """Add two points by the book, with a division each."""
    if left is None or right is None:
        return right if left is None else left
    (x1, y1), (x2, y2) = left, right
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (
        (3 * x1 * x1 - 3) * pow(2 * y1, -1, P) if left == right else (y2 - y1) * pow(x2 - x1, -1, P)
    )
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def times(scalar, point):
    total = None
    for bit in f"{scalar:b}":
        total = plain(total, total)
        total = plain(total, point) if bit == "1" else total
    return total


@settings(max_examples=12)
@given(st.integers(1, N - 1), st.integers(1, N - 1), st.sampled_from([1, 2, 3, 5, 1 << 200, N - 1]))
@example(1, 1, N - 1)
@example(5, 5, N - 1)
@example(1, N - 1, 1)
@example(2, N - 1, 2)
@example(1, 1, 1)
@example(3, 1, 2)
def test_the_curve_s_arithmetic_is_that_of_the_book(s, t, secret):
    key = times(secret, sm2._G)
    expected = plain(times(s, sm2._G), times(t, key))
    assert sm2._x_of_sum(s, t, key) == (None if expected is None else expected[0])
