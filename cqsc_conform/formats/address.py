"""Addresses found in evidence, held to the endpoints that the target file declares."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from msgspec import Struct

from cqsc_conform.model.target import Endpoint

__all__ = ["Address", "resolve_address"]

_PORTS = {"http": 80, "https": 443}
_LEGIBLE = "!$%&'()*+,/:;=@~-._"
"""What stays as it stands in a path; everything else is percent-encoded."""


class Address(Struct, frozen=True):
    """A place at the target: the name of a declared endpoint, and a request-target there."""

    endpoint: str
    target: str


def resolve_address(
    endpoints: Mapping[str, Endpoint], text: str, beside: str | None = None
) -> Address | None:
    """Say which declared endpoint an absolute URL or absolute path belongs to.

    None where its origin (scheme, host, port) is no declared endpoint's, where it carries user
    information, or where it is no http or https URL: whoever writes an address into evidence
    must not choose whom the kit talks to.  A path without an origin belongs to the endpoint
    ``beside``, from which it came.  The fragment is dropped, what a request-target cannot carry
    is percent-encoded.
    """
    try:
        parts = urlsplit(text.strip())
        origin = _origin(text.strip())
    except ValueError:
        return None
    if not parts.scheme and not parts.netloc:
        if beside not in endpoints or not parts.path.startswith("/"):
            return None
        found = beside
    else:
        found = next((name for name, it in endpoints.items() if _same(it.url, origin)), None)
    if found is None:
        return None
    target = quote(parts.path or "/", safe=_LEGIBLE)
    if parts.query:
        target += "?" + quote(parts.query, safe=_LEGIBLE + "?[]")
    return Address(found, target)


def _same(url: str, origin: tuple[str, str, int] | None) -> bool:
    try:
        return origin is not None and _origin(url) == origin
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str, int] | None:
    """Read scheme, host and port; None where a URL has no such origin (RFC 6454)."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname.rstrip("."), parts.port or _PORTS[parts.scheme]
