"""Declarative request signing: what a gateway wants signed, how, and in which headers.

Everything that varies from call to call (clock, nonce, secret) is passed in; the same input
gives the same headers.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from cqsc_conform.formats.templates import TemplateFault, fields, fill

__all__ = [
    "Algorithm",
    "Encoding",
    "RequestParts",
    "SigningFault",
    "SigningScheme",
    "TimestampFormat",
    "sign",
    "sm3",
    "timestamp_text",
]

Algorithm = Literal[
    "hmac-sha256", "hmac-sm3", "sha256", "sm3", "md5", "rsa-sha256", "sm2-sm3"
]  # fmt: skip
Encoding = Literal["hex", "HEX", "base64"]
TimestampFormat = Literal["ms", "s", "rfc3339", "compact"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class SigningFault(ValueError):  # noqa: N818 - it names a fault of the scheme or its input
    """Says why a request cannot be signed.

    ``name`` tells which part where there is one.  Codes: ``template`` (a bad one, or an
    unknown name in it), ``body_not_text`` and ``secret_not_text`` (a template takes it in, and
    it is not UTF-8), ``timestamp_without_offset``, ``key`` (no usable RSA key in PEM),
    ``algorithm_unknown``, ``needs_sm_extra``, ``header_name``, ``header_value`` (a character
    that a header cannot carry).
    """

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code, name)
        self.code = code
        self.name = name


class SigningScheme(msgspec.Struct, frozen=True):
    """Says how requests are signed.

    ``string_to_sign`` is a template over ``method``, ``path``, ``query_sorted``,
    ``query_sorted_encoded``, ``body_sha256``, ``body_sm3``, ``body_md5`` (lower-case hex),
    ``body``, ``app_id``, ``timestamp``, ``nonce`` and ``secret``; ``headers`` are templates
    over ``app_id``, ``timestamp``, ``nonce`` and ``signature``.
    """

    string_to_sign: str
    algorithm: Algorithm
    headers: dict[str, str]
    encoding: Encoding = "hex"
    timestamp_format: TimestampFormat = "ms"
    nonce_bytes: int = 16
    """How many random bytes the caller makes a nonce from."""


class RequestParts(msgspec.Struct, frozen=True):
    """Holds what of a request goes into its signature; query values are not yet encoded."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def sign(
    scheme: SigningScheme,
    request: RequestParts,
    app_id: str,
    secret: bytes,
    timestamp: datetime,
    nonce: str,
) -> tuple[tuple[str, str], ...]:
    """Compute the headers that sign a request, in the scheme's order.

    ``secret`` is the shared secret, or for ``rsa-sha256`` (PKCS #1 v1.5) the private key in
    PEM.  ``timestamp`` needs an offset; ``rfc3339`` and ``compact`` (YYYYMMDDhhmmss) write it
    in that offset.

    :raises SigningFault: when the scheme or its input does not allow a signature.
    """
    shown = {
        "app_id": app_id,
        "timestamp": timestamp_text(timestamp, scheme.timestamp_format),
        "nonce": nonce,
    }
    text = _filled(scheme.string_to_sign, _ingredients(scheme, request, secret) | shown)
    try:
        signature = _signature(scheme.algorithm, text.encode(), secret)
    except UnicodeEncodeError:
        raise SigningFault("template", "string_to_sign") from None
    values = shown | {"signature": _encoded(signature, scheme.encoding)}
    return tuple((_name(name), _value(name, form, values)) for name, form in scheme.headers.items())


def timestamp_text(timestamp: datetime, form: TimestampFormat) -> str:
    """Write a moment as milliseconds or seconds since 1970, RFC 3339, or YYYYMMDDhhmmss.

    :raises SigningFault: ``timestamp_without_offset``.
    """
    if timestamp.utcoffset() is None:
        raise SigningFault("timestamp_without_offset")
    since = timestamp - _EPOCH
    if form == "ms":
        return str(since // timedelta(milliseconds=1))
    if form == "s":
        return str(since // timedelta(seconds=1))
    if form == "rfc3339":
        written = timestamp.isoformat(timespec="seconds")
        return written.removesuffix("+00:00") + "Z" if written.endswith("+00:00") else written
    return f"{timestamp.year:04}{timestamp:%m%d%H%M%S}"


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


def _ingredients(scheme: SigningScheme, request: RequestParts, secret: bytes) -> dict[str, str]:
    pairs = sorted(request.query)
    made: dict[str, Callable[[], str]] = {
        "method": lambda: request.method,
        "path": lambda: request.path,
        "query_sorted": lambda: "&".join(f"{name}={value}" for name, value in pairs),
        "query_sorted_encoded": lambda: "&".join(
            f"{_percent(name)}={_percent(value)}" for name, value in pairs
        ),
        "body_sha256": lambda: hashlib.sha256(request.body).hexdigest(),
        "body_sm3": lambda: sm3(request.body).hex(),
        "body_md5": lambda: _md5(request.body).hex(),
        "body": lambda: _text(request.body, "body_not_text"),
        "secret": lambda: _text(secret, "secret_not_text"),
    }
    # Only what is asked for: a body of bytes is no trouble to a scheme that signs its digest.
    try:
        asked = fields(scheme.string_to_sign)
    except TemplateFault as fault:
        raise SigningFault("template", fault.name) from None
    return {name: made[name]() for name in asked if name in made}


def _percent(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


def _text(data: bytes, code: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise SigningFault(code) from None


def _filled(template: str, values: Mapping[str, str]) -> str:
    try:
        return fill(template, values)
    except TemplateFault as fault:
        raise SigningFault("template", fault.name) from None


def _md5(data: bytes) -> bytes:
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
    del data, secret
    raise SigningFault("needs_sm_extra", "sm2-sm3")


_ALGORITHMS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "hmac-sha256": lambda data, secret: hmac.digest(secret, data, "sha256"),
    "hmac-sm3": _hmac_sm3,
    "sha256": lambda data, _: hashlib.sha256(data).digest(),
    "sm3": lambda data, _: sm3(data),
    "md5": lambda data, _: _md5(data),
    "rsa-sha256": _rsa_sha256,
    "sm2-sm3": _sm2_sm3,
}


def _signature(algorithm: str, data: bytes, secret: bytes) -> bytes:
    if algorithm not in _ALGORITHMS:
        raise SigningFault("algorithm_unknown", algorithm)
    return _ALGORITHMS[algorithm](data, secret)


def _encoded(signature: bytes, encoding: Encoding) -> str:
    if encoding == "base64":
        return base64.b64encode(signature).decode()
    return signature.hex() if encoding == "hex" else signature.hex().upper()


def _name(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise SigningFault("header_name", name)
    return name


def _value(name: str, template: str, values: Mapping[str, str]) -> str:
    value = _filled(template, values)
    if not _HEADER_VALUE.fullmatch(value):
        raise SigningFault("header_value", name)
    return value
