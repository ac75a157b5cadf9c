"""HTTP header fields that checks judge: read strictly, one function a field."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from cqsc_conform.model.evidence import Exchange, Headers

__all__ = [
    "Link",
    "MediaType",
    "directives",
    "field",
    "http_date",
    "links",
    "listed",
    "media_type",
    "retry_after",
]

_IMF = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)
_SECONDS = re.compile(r"[0-9]{1,9}")
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA = re.compile(rf"({_WORD})/({_WORD})")
_PARAMETER = re.compile(rf';[ \t]*({_WORD})=("[^"\\]*"|{_WORD})')
_LINK = re.compile(r"""<([^<>]*)>((?:"[^"]*"|[^",<])*)""")
_LINK_PARAMETER = re.compile(r""";\s*([^\s=;"]+)\s*=\s*(?:"([^"]*)"|([^\s;"]+))""")


class MediaType(NamedTuple):
    """A media type with its parameters; names in small letters."""

    name: str
    parameters: dict[str, str]

    @property
    def is_json(self) -> bool:
        """Tell whether it promises JSON: itself, or by its suffix (RFC 6839)."""
        return self.name == "application/json" or self.name.endswith("+json")


class Link(NamedTuple):
    """A link of the Link field (RFC 8288): its target and its relation types."""

    target: str
    relations: tuple[str, ...]


def field(headers: Headers, name: str) -> str | None:
    """Give a field's lines as one value, joined by commas (RFC 9110 section 5.3), or None."""
    found = [value.strip() for key, value in headers if key.lower() == name.lower()]
    return ", ".join(found) if found else None


def listed(value: str | None) -> tuple[str, ...]:
    """Give the members of a list field."""
    return tuple(part for each in (value or "").split(",") if (part := each.strip()))


def http_date(value: str) -> datetime | None:
    """Read an HTTP-date in its preferred form (RFC 9110 section 5.6.7), or None."""
    if not _IMF.fullmatch(value):
        return None
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def media_type(value: str | None) -> MediaType | None:
    """Read a Content-Type, or give None where it is no media type."""
    found = _MEDIA.match(value or "")
    if found is None:
        return None
    rest = (value or "")[found.end() :]
    given = {name.lower(): text.strip('"') for name, text in _PARAMETER.findall(rest)}
    return MediaType(found[0].lower(), given)


def directives(value: str | None) -> dict[str, str | None]:
    """Read Cache-Control: directives in small letters, with their arguments."""
    out: dict[str, str | None] = {}
    for each in listed(value):
        name, equals, argument = each.partition("=")
        out[name.strip().lower()] = argument.strip().strip('"') if equals else None
    return out


def retry_after(exchange: Exchange) -> float | None:
    """Tell how many seconds Retry-After asks for, counted from the sending; None without it."""
    value = field(exchange.response.headers, "retry-after")
    if value is None:
        return None
    if _SECONDS.fullmatch(value):
        return float(value)
    until = http_date(value)
    try:
        sent = datetime.fromisoformat(exchange.sent_at)
    except ValueError:
        return None
    if until is None or sent.tzinfo is None:
        return None
    # The target's own clock says how long: its Date against the moment that it names.
    now = http_date(field(exchange.response.headers, "date") or "") or sent
    return max(0.0, (until - now) / timedelta(seconds=1))


def links(headers: Headers) -> tuple[Link, ...]:
    """Read the Link fields (RFC 8288 section 3)."""
    found = []
    for name, value in headers:
        if name.lower() != "link":
            continue
        for link in _LINK.finditer(value):
            relations: tuple[str, ...] = ()
            for key, quoted, plain in _LINK_PARAMETER.findall(link[2]):
                if key.lower() == "rel":
                    relations = tuple((quoted or plain).lower().split())
                    break
            found.append(Link(link[1], relations))
    return tuple(found)
