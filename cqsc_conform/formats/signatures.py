"""The digests and signatures that gateways know, by their names; pure."""

import hashlib
import hmac
from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import load_pem_private_key

try:
    import gmssl_pyx
except ImportError:  # the `sm` extra, which signs with SM2; nothing else needs it
    gmssl_pyx = None

__all__ = ["ASYMMETRIC", "SigningFault", "md5", "signature", "sm3"]

ASYMMETRIC = frozenset({"rsa-sha256", "sm2-sm3"})
"""Algorithms whose secret is a private key."""

_SM2_SECRET, _SM2_POINT = 32, 64
_SM2_USER_ID = b"1234567812345678"


class SigningFault(ValueError):  # noqa: N818 - it names a fault of the scheme or its input
    """Says why a request cannot be signed.

    ``name`` tells which part where there is one.  Codes: ``template`` (a bad one, or an
    unknown name in it), ``body_not_text`` and ``secret_not_text`` (a template takes it in, and
    it is not UTF-8), ``timestamp_without_offset``, ``key`` (no usable private key),
    ``algorithm_unknown``, ``needs_sm_extra``, ``header_name``, ``header_value`` (a character
    that a header cannot carry).
    """

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code, name)
        self.code = code
        self.name = name


def sm3(data: bytes) -> bytes:
    """Compute the SM3 digest, 32 bytes (GB/T 32905-2016).

    :raises SigningFault: ``needs_sm_extra`` where the cryptographic library lacks SM3.
    """
    try:
        running = hashes.Hash(hashes.SM3())
    except UnsupportedAlgorithm:
        raise SigningFault("needs_sm_extra", "sm3") from None
    running.update(data)
    return running.finalize()


def md5(data: bytes) -> bytes:
    """Compute the MD5 digest, 16 bytes."""
    # Legacy gateways demand it; nothing here rests on its strength.
    return hashlib.md5(data, usedforsecurity=False).digest()


def _hmac_sm3(data: bytes, secret: bytes) -> bytes:
    try:
        running = HMAC(secret, hashes.SM3())
    except UnsupportedAlgorithm:
        raise SigningFault("needs_sm_extra", "hmac-sm3") from None
    running.update(data)
    return running.finalize()


def _rsa_sha256(data: bytes, secret: bytes) -> bytes:
    try:
        key = load_pem_private_key(secret, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningFault("key") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SigningFault("key")
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _sm2_sm3(data: bytes, secret: bytes) -> bytes:
    """Sign with SM2 (GB/T 32918.2), as r‖s; the key is private number ‖ public point in hex."""
    if gmssl_pyx is None:
        raise SigningFault("needs_sm_extra", "sm2-sm3")
    try:
        key = bytes.fromhex(secret.decode("ascii").strip())
    except ValueError:
        raise SigningFault("key") from None
    if len(key) != _SM2_SECRET + _SM2_POINT:
        raise SigningFault("key")
    number, point = key[:_SM2_SECRET], key[_SM2_SECRET:]
    der: bytes = gmssl_pyx.sm2_sign(number, point, data, _SM2_USER_ID)
    return b"".join(each.to_bytes(_SM2_SECRET, "big") for each in decode_dss_signature(der))


_ALGORITHMS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "hmac-sha256": lambda data, secret: hmac.digest(secret, data, "sha256"),
    "hmac-sm3": _hmac_sm3,
    "sha256": lambda data, _: hashlib.sha256(data).digest(),
    "sm3": lambda data, _: sm3(data),
    "md5": lambda data, _: md5(data),
    "rsa-sha256": _rsa_sha256,
    "sm2-sm3": _sm2_sm3,
}


def signature(algorithm: str, data: bytes, secret: bytes) -> bytes:
    """Compute a signature over what is to be signed.

    :raises SigningFault: ``algorithm_unknown``, ``key`` or ``needs_sm_extra``.
    """
    if algorithm not in _ALGORITHMS:
        raise SigningFault("algorithm_unknown", algorithm)
    return _ALGORITHMS[algorithm](data, secret)
