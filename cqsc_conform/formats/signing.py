"""Declarative request signing: what a gateway wants signed, how, and where it looks for it.

Everything that varies from call to call (clock, nonce, secret) is passed in; the same input
gives the same signature.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl, quote

import msgspec

from cqsc_conform.formats.signatures import ASYMMETRIC, SigningFault, md5, signature, sm3
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.formats.templates import TemplateFault, fields, fill

__all__ = [
    "Algorithm",
    "Elements",
    "Encoding",
    "RequestParts",
    "Signature",
    "SigningFault",
    "SigningScheme",
    "TimestampFormat",
    "covered",
    "sent",
    "sign",
    "signed",
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
_MOST_FIELDS = 1000

_ELEMENTS = frozenset({"app_id", "timestamp", "nonce"})
_OF_QUERY = frozenset({"query_sorted", "query_sorted_encoded", "params_sorted"})
_DIGESTS = frozenset(
    {"body_sha256", "body_sm3", "body_md5", "body_sha256_base64", "body_md5_base64"}
)
_OF_BODY = _DIGESTS | {"body", "params_sorted"}


class SigningScheme(msgspec.Struct, frozen=True):
    """Says how requests are signed.

    ``string_to_sign`` is a template over ``method``, ``path``, ``query_sorted``,
    ``query_sorted_encoded``, ``params_sorted``, ``body_sha256``, ``body_sm3``, ``body_md5``
    (lower-case hex), ``body_sha256_base64``, ``body_md5_base64``, ``body``, ``app_id``,
    ``timestamp``, ``nonce`` and ``secret``.
    ``params_sorted`` joins the query and the members of a form or JSON body that are no lists
    or objects, those without a value left out.  ``headers`` and ``query`` are templates over
    ``app_id``, ``timestamp``, ``nonce`` and ``signature``; what ``query`` adds without a
    signature in it is signed with the query.  ``headers`` may show digests of the body, too.
    """

    string_to_sign: str
    algorithm: Algorithm
    headers: dict[str, str]
    encoding: Encoding = "hex"
    timestamp_format: TimestampFormat = "ms"
    nonce_bytes: int = 16
    """How many random bytes the caller makes a nonce from."""
    query: dict[str, str] = {}


class RequestParts(msgspec.Struct, frozen=True):
    """Holds what of a request goes into its signature; query values are not yet encoded."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Elements(msgspec.Struct, frozen=True):
    """Who signs, when and with which nonce, as it is written."""

    app_id: str
    timestamp: str
    nonce: str


class Signature(msgspec.Struct, frozen=True):
    """A signature: the string that it is over, its value, and where it is shown."""

    text: str
    value: str
    headers: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]


def sign(
    scheme: SigningScheme,
    request: RequestParts,
    app_id: str,
    secret: bytes,
    timestamp: datetime,
    nonce: str,
) -> tuple[tuple[str, str], ...]:
    """Compute the headers that sign a request, in the scheme's order.

    ``timestamp`` needs an offset; ``rfc3339`` and ``compact`` (YYYYMMDDhhmmss) write it in that
    offset.

    :raises SigningFault: when the scheme or its input does not allow a signature.
    """
    elements = Elements(app_id, timestamp_text(timestamp, scheme.timestamp_format), nonce)
    return signed(scheme, request, elements, secret).headers


def signed(
    scheme: SigningScheme,
    request: RequestParts,
    elements: Elements,
    secret: bytes,
    *,
    wrong: bool = False,
) -> Signature:
    """Sign a request.

    ``secret`` is the shared secret, for ``rsa-sha256`` (PKCS #1 v1.5) the private key in PEM,
    for ``sm2-sm3`` the private number and the public point, 96 octets in hex.  ``wrong`` signs
    with another secret, one that follows from this one.

    :raises SigningFault: when the scheme or its input does not allow a signature.
    """
    private = scheme.algorithm in ASYMMETRIC
    used = _another(secret) if wrong and not private else secret
    shown = {name: getattr(elements, name) for name in elements.__struct_fields__}
    early = tuple(
        (name, _filled(form, shown))
        for name, form in scheme.query.items()
        if "signature" not in _fields(form)
    )
    whole = msgspec.structs.replace(request, query=(*request.query, *early))
    text = _filled(scheme.string_to_sign, _ingredients(scheme.string_to_sign, whole, used) | shown)
    try:
        made = signature(scheme.algorithm, text.encode(), used)
    except UnicodeEncodeError:
        raise SigningFault("template", "string_to_sign") from None
    if wrong and private:
        made = made[:-1] + bytes([made[-1] ^ 1])
    value = _encoded(made, scheme.encoding)
    values = shown | {"signature": value}
    digests = {
        name: made
        for form in scheme.headers.values()
        for name, made in _ingredients(form, whole, b"").items()
        if name in _DIGESTS
    }
    return Signature(
        text=text,
        value=value,
        headers=tuple(
            (_name(name), _value(name, form, values | digests))
            for name, form in scheme.headers.items()
        ),
        query=tuple((name, _filled(form, values)) for name, form in scheme.query.items()),
    )


def covered(scheme: SigningScheme) -> frozenset[str]:
    """Name the parts that a scheme signs.

    Among ``method``, ``path``, ``query``, ``body``, ``app_id``, ``timestamp``, ``nonce``.
    """
    asked = set(_fields(scheme.string_to_sign))
    found = asked & {"method", "path", *_ELEMENTS}
    if asked & _OF_BODY:
        found.add("body")
    if asked & _OF_QUERY:
        found.add("query")
        found |= _ELEMENTS & {name for form in scheme.query.values() for name in _fields(form)}
    return frozenset(found)


def sent(scheme: SigningScheme) -> frozenset[str]:
    """Name the elements that a scheme shows: of application id, timestamp, nonce, signature."""
    forms = (*scheme.headers.values(), *scheme.query.values())
    return frozenset(name for form in forms for name in _fields(form))


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


def _ingredients(template: str, request: RequestParts, secret: bytes) -> dict[str, str]:
    pairs = sorted(request.query)
    made: dict[str, Callable[[], str]] = {
        "method": lambda: request.method,
        "path": lambda: request.path,
        "query_sorted": lambda: _joined(pairs),
        "query_sorted_encoded": lambda: "&".join(
            f"{_percent(name)}={_percent(value)}" for name, value in pairs
        ),
        "params_sorted": lambda: _joined(
            each for each in sorted([*pairs, *_members(request.body)]) if each[1]
        ),
        "body_sha256": lambda: hashlib.sha256(request.body).hexdigest(),
        "body_sm3": lambda: sm3(request.body).hex(),
        "body_md5": lambda: md5(request.body).hex(),
        "body_sha256_base64": lambda: _base64(hashlib.sha256(request.body).digest()),
        "body_md5_base64": lambda: _base64(md5(request.body)),
        "body": lambda: _text(request.body, "body_not_text"),
        "secret": lambda: _text(secret, "secret_not_text"),
    }
    # Only what is asked for: a body of bytes is no trouble to a scheme that signs its digest.
    return {name: made[name]() for name in _fields(template) if name in made}


def _joined(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)


def _members(body: bytes) -> list[tuple[str, str]]:
    """List the parameters in a body: the plain members of a JSON object, or a form's fields."""
    try:
        found = read_json(body)
    except JsonFault:
        try:
            return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError:
            return []
    if not isinstance(found, dict):
        return []
    return [(name, _plain(value)) for name, value in found.items() if not _holds(value)]


def _holds(value: Any) -> bool:  # noqa: ANN401 - JSON is any
    return isinstance(value, dict | list)


def _plain(value: Any) -> str:  # noqa: ANN401 - JSON is any
    if value is None:
        return ""
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def _another(secret: bytes) -> bytes:
    """Make a secret that is not this one, of digits and letters, of the same length."""
    made = hashlib.sha256(b"cqsc-conform: another secret than " + secret).hexdigest()
    return (made * (len(secret) // len(made) + 1))[: max(len(secret), 1)].encode()


def _percent(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


def _text(data: bytes, code: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise SigningFault(code) from None


def _fields(template: str) -> tuple[str, ...]:
    try:
        return fields(template)
    except TemplateFault as fault:
        raise SigningFault("template", fault.name) from None


def _filled(template: str, values: Mapping[str, str]) -> str:
    try:
        return fill(template, values)
    except TemplateFault as fault:
        raise SigningFault("template", fault.name) from None


def _encoded(made: bytes, encoding: Encoding) -> str:
    if encoding == "base64":
        return _base64(made)
    return made.hex() if encoding == "hex" else made.hex().upper()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _name(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise SigningFault("header_name", name)
    return name


def _value(name: str, template: str, values: Mapping[str, str]) -> str:
    value = _filled(template, values)
    if not _HEADER_VALUE.fullmatch(value):
        raise SigningFault("header_value", name)
    return value
