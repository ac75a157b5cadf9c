"""SM2 signatures verified in pure Python (GB/T 32918.2, with the curve of GB/T 32918.5).

Verification handles public values only, so that nothing here has to run in constant time; there
is no signing.  What is malformed raises :class:`SignatureFault`; what is well-formed and does not
verify is ``False``.  SM3 comes from the cryptographic library.
"""

from typing import Literal, TypeAlias

from cqsc_conform.formats.signatures import SigningFault, sm3

__all__ = ["DEFAULT_USER_ID", "Point", "SignatureFault", "digest", "public_key", "verify", "z_a"]

Point: TypeAlias = tuple[int, int]
"""An affine point of the curve."""

_Jacobian: TypeAlias = tuple[int, int, int]

DEFAULT_USER_ID = b"1234567812345678"
"""The user ID that certificates, TLCP and most implementations take (GM/T 0009)."""

# GB/T 32918.5: y² = x³ + ax + b over the prime field of p, and a base point of order n.
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = _P - 3
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
_OCTETS = 32
_CURVE = b"".join(each.to_bytes(_OCTETS, "big") for each in (_A, _B, *_G))
_UNCOMPRESSED = b"\x04"
_LONGEST_USER_ID = 0xFFFF // 8

# SubjectPublicKeyInfo has one DER form for a key of this curve, save for the point itself.
_SPKI = bytes.fromhex("3059 3013 0607 2a8648ce3d0201 0608 2a811ccf5501822d 0342 00")
# SEC 1 writes infinity as one zero octet.
_INFINITY = b"\0"
_SPKI_INFINITY = bytes.fromhex("3019 3013 0607 2a8648ce3d0201 0608 2a811ccf5501822d 0302 00 00")
_EC_PUBLIC_KEY = bytes.fromhex("0607 2a8648ce3d0201")
_SM2_CURVE = bytes.fromhex("0608 2a811ccf5501822d")

_SEQUENCE, _INTEGER, _LONG_FORM, _SIGN = 0x30, 0x02, 0x80, 0x80


class SignatureFault(ValueError):  # noqa: N818 - it names what is malformed
    """Says what is malformed about a key or a signature.

    Codes for keys: ``public_key_form`` (neither 64 octets, nor 65 with 04 before them, nor
    SubjectPublicKeyInfo in DER), ``public_key_curve`` (a key of another curve),
    ``public_key_infinity``, ``public_key_range`` (a coordinate is not below p),
    ``public_key_off_curve``; ``user_id_length`` (over 8,191 octets).

    Codes for signatures: ``signature_length`` (raw and not 64 octets), ``der_syntax``,
    ``der_truncated``, ``der_trailing``, ``der_not_canonical``, ``der_negative``,
    ``r_out_of_range`` and ``s_out_of_range`` (not from 1 to n - 1).

    ``needs_sm_extra``: the cryptographic library at hand lacks SM3.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def verify(
    key: bytes,
    message: bytes,
    signature: bytes,
    user_id: bytes = DEFAULT_USER_ID,
    *,
    form: Literal["raw", "der"] | None = None,
) -> bool:
    """Tell whether a signature over a message verifies (GB/T 32918.2, 7.1).

    ``key`` is x‖y (64 octets), 04‖x‖y, or SubjectPublicKeyInfo in DER.  ``form`` says how the
    signature is written: r‖s, or a DER SEQUENCE of both; left out, 64 octets are taken for r‖s.

    :raises SignatureFault: when key, user ID or signature is malformed.
    """
    point = public_key(key)
    r, s = _raw(signature) if _is_raw(signature, form) else _der(signature)
    if not 0 < r < _N:
        raise SignatureFault("r_out_of_range")
    if not 0 < s < _N:
        raise SignatureFault("s_out_of_range")
    t = (r + s) % _N
    if t == 0:
        return False
    x = _x_of_sum(s, t, point)
    e = int.from_bytes(digest(point, message, user_id), "big")
    return x is not None and (e + x) % _N == r


def digest(point: Point, message: bytes, user_id: bytes = DEFAULT_USER_ID) -> bytes:
    """Compute e, the SM3 digest that is signed, over Z_A and the message (7.1, B3 and B4).

    :raises SignatureFault: ``user_id_length`` or ``needs_sm_extra``.
    """
    return _sm3(z_a(point, user_id) + message)


def z_a(point: Point, user_id: bytes = DEFAULT_USER_ID) -> bytes:
    """Compute Z_A, the digest of the signer's identity, the curve and the key (5.5).

    :raises SignatureFault: ``user_id_length`` or ``needs_sm_extra``.
    """
    if len(user_id) > _LONGEST_USER_ID:
        raise SignatureFault("user_id_length")
    bits = (8 * len(user_id)).to_bytes(2, "big")
    coordinates = b"".join(each.to_bytes(_OCTETS, "big") for each in point)
    return _sm3(bits + user_id + _CURVE + coordinates)


def public_key(key: bytes) -> Point:
    """Read a public key and hold it to the curve (GB/T 32918.1, 6.2.1).

    The curve's cofactor is 1, so that every point on it but infinity has order n.

    :raises SignatureFault: naming what is wrong with it.
    """
    octets = _point_octets(key)
    x, y = (int.from_bytes(part, "big") for part in (octets[:_OCTETS], octets[_OCTETS:]))
    if x >= _P or y >= _P:
        raise SignatureFault("public_key_range")
    if x == y == 0:
        # How infinity is written where two coordinates are expected.
        raise SignatureFault("public_key_infinity")
    if (y * y - (x * x + _A) * x - _B) % _P:
        raise SignatureFault("public_key_off_curve")
    return x, y


def _point_octets(key: bytes) -> bytes:
    if len(key) == len(_SPKI) + 1 + 2 * _OCTETS and key.startswith(_SPKI):
        key = key[len(_SPKI) :]
    elif _EC_PUBLIC_KEY in key[:32] and _SM2_CURVE not in key[:32]:
        raise SignatureFault("public_key_curve")
    elif key in {_INFINITY, _SPKI_INFINITY}:
        raise SignatureFault("public_key_infinity")
    if len(key) == 1 + 2 * _OCTETS and key.startswith(_UNCOMPRESSED):
        return key[1:]
    if len(key) == 2 * _OCTETS:
        return key
    raise SignatureFault("public_key_form")


def _is_raw(signature: bytes, form: Literal["raw", "der"] | None) -> bool:
    return len(signature) == 2 * _OCTETS if form is None else form == "raw"


def _raw(signature: bytes) -> tuple[int, int]:
    if len(signature) != 2 * _OCTETS:
        raise SignatureFault("signature_length")
    return int.from_bytes(signature[:_OCTETS], "big"), int.from_bytes(signature[_OCTETS:], "big")


def _der(signature: bytes) -> tuple[int, int]:
    body, rest = _element(signature, _SEQUENCE)
    if rest:
        raise SignatureFault("der_trailing")
    first, rest = _element(body, _INTEGER)
    second, rest = _element(rest, _INTEGER)
    if rest:
        raise SignatureFault("der_syntax")
    return _integer(first), _integer(second)


def _element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Give the content of the element at the front, and what lies behind it."""
    if len(data) < 2:  # noqa: PLR2004 - tag and length
        raise SignatureFault("der_truncated")
    if data[0] != tag:
        raise SignatureFault("der_syntax")
    length = data[1]
    if length >= _LONG_FORM:
        # Two numbers of 33 octets need no long form, and DER has no indefinite one.
        raise SignatureFault("der_not_canonical")
    if len(data) < 2 + length:
        raise SignatureFault("der_truncated")
    return data[2 : 2 + length], data[2 + length :]


def _integer(content: bytes) -> int:
    if not content:
        raise SignatureFault("der_syntax")
    if content[0] & _SIGN:
        raise SignatureFault("der_negative")
    if len(content) > 1 and content[0] == 0 and not content[1] & _SIGN:
        raise SignatureFault("der_not_canonical")
    return int.from_bytes(content, "big")


def _sm3(data: bytes) -> bytes:
    try:
        return sm3(data)
    except SigningFault as fault:
        raise SignatureFault(fault.code) from None


def _x_of_sum(s: int, t: int, key: Point) -> int | None:
    """Give x of [s]G + [t]P, or nothing at infinity: both walked together, bit by bit."""
    both = _affine(_add((*_G, 1), key))
    total = _INFINITE
    for bit in range(max(s.bit_length(), t.bit_length()) - 1, -1, -1):
        total = _double(total)
        in_s, in_t = s >> bit & 1, t >> bit & 1
        step = (both if in_t else _G) if in_s else key if in_t else None
        if step is not None:
            total = _add(total, step)
    point = _affine(total)
    return None if point is None else point[0]


_INFINITE: _Jacobian = (1, 1, 0)


def _affine(point: _Jacobian) -> Point | None:
    x, y, z = point
    if z == 0:
        return None
    inverse = pow(z, -1, _P)
    square = inverse * inverse % _P
    return x * square % _P, y * square * inverse % _P


def _double(point: _Jacobian) -> _Jacobian:
    # The order is odd: no point but infinity doubles to infinity, and z stays zero there.
    x, y, z = point
    # With a = -3 the tangent's slope is 3(x - z²)(x + z²).
    zz, yy = z * z % _P, y * y % _P
    slope = 3 * (x - zz) * (x + zz) % _P
    xyy = 4 * x * yy % _P
    new_x = (slope * slope - 2 * xyy) % _P
    return new_x, (slope * (xyy - new_x) - 8 * yy * yy) % _P, 2 * y * z % _P


def _add(left: _Jacobian, right: Point) -> _Jacobian:
    (x1, y1, z1), (x2, y2) = left, right
    if z1 == 0:
        return x2, y2, 1
    zz = z1 * z1 % _P
    h, rise = (x2 * zz - x1) % _P, (y2 * z1 * zz - y1) % _P
    if h == 0:
        return _INFINITE if rise else _double(left)
    hh = h * h % _P
    hhh, run = h * hh % _P, x1 * hh % _P
    new_x = (rise * rise - hhh - 2 * run) % _P
    return new_x, (rise * (run - new_x) - y1 * hhh) % _P, h * z1 % _P
