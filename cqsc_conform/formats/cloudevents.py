"""CloudEvents 1.0 in HTTP messages: structured, batched and binary mode, and attribute grammar.

What can be read is read even where the message breaks a rule: a wrong media type must not hide
what the event itself says.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import unquote

from msgspec import Struct

from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.formats.times import TimeProblem, read_date_time
from cqsc_conform.model.evidence import Body, Headers

__all__ = ["Event", "Message", "Mode", "attribute_fault", "keys_of", "read_message"]

Mode = Literal["structured", "batched", "binary", "none"]

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"

_MOST = 1000
"""How many events of a batch are read."""

_DATA = frozenset({"data", "data_base64"})
_REQUIRED = ("id", "source", "specversion", "type")
_NAME = re.compile(r"[a-z0-9]+")
_HEADER = re.compile(r"(?i)ce-([a-z0-9]+)")
_URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:.+")
_MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9!#$&^_.+\-]+/[A-Za-z0-9!#$&^_.+\-]+(?:[ \t]*;[ \t]*[^;\s=]+=[^;]+)*"
)
_RFC3339 = re.compile(r".{10}T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.DOTALL)
_INT32 = 2**31


class Event(Struct, frozen=True):
    """One event: its attributes by name, and its data decoded, or ``MISSING``."""

    attributes: dict[str, Any]
    data: Any = MISSING

    def text(self, name: str) -> str:
        """Give an attribute that is a string; empty otherwise."""
        value = self.attributes.get(name)
        return value if isinstance(value, str) else ""

    @property
    def key(self) -> tuple[str, str]:
        """Source and id, which together name an event (CloudEvents 1.0, ``id``)."""
        return self.text("source"), self.text("id")


class Message(Struct, frozen=True):
    """An HTTP message as CloudEvents, as far as it can be read.

    ``fault``: ``media_type`` (neither a media type of CloudEvents nor ``ce-`` headers),
    ``incomplete`` (the body did not come whole), ``json``, ``shape`` (no object, no array of
    objects), ``data_twice`` (``data`` beside ``data_base64``).
    """

    mode: Mode
    events: tuple[Event, ...] = ()
    fault: str | None = None


def read_message(headers: Headers, body: Body | None) -> Message:
    """Read an HTTP message in whichever content mode its headers say."""
    found = {name.lower(): value for name, value in reversed(headers)}
    media = found.get("content-type", "").partition(";")[0].strip().lower()
    if body is not None and body.cut is not None:
        return Message(_mode(media, found), fault="incomplete")
    mode = _mode(media, found)
    if mode == "binary":
        return _binary(headers, media, body)
    said = _json(body)
    if isinstance(said, JsonFault):
        return Message(mode, fault="media_type" if mode == "none" else "json")
    rows = said if isinstance(said, list) else [said]
    events = tuple(_event(row) for row in rows[:_MOST] if isinstance(row, dict))
    return Message(mode, events, _fault(mode, said, rows[:_MOST]))


def _mode(media: str, found: Mapping[str, str]) -> Mode:
    if media == BATCHED:
        return "batched"
    if media.startswith("application/cloudevents"):
        return "structured"
    return "binary" if "ce-specversion" in found or "ce-id" in found else "none"


def _json(body: Body | None) -> Any:  # noqa: ANN401 - JSON is any
    try:
        return read_json(body.data if body is not None else b"")
    except JsonFault as fault:
        return fault


def _fault(mode: Mode, said: object, rows: list[Any]) -> str | None:
    if mode == "none":
        return "media_type"
    if isinstance(said, list) != (mode == "batched"):
        return "shape"
    if not all(isinstance(row, dict) for row in rows):
        return "shape"
    return "data_twice" if any(row.keys() >= _DATA for row in rows) else None


def _event(row: dict[str, Any]) -> Event:
    # In JSON null says that an attribute is not there (JSON format, 2.2).
    attributes = {
        name: value for name, value in row.items() if name not in _DATA and value is not None
    }
    return Event(attributes, row.get("data", MISSING))


def _binary(headers: Headers, media: str, body: Body | None) -> Message:
    attributes: dict[str, Any] = {}
    for name, value in headers:
        found = _HEADER.fullmatch(name)
        if found:
            attributes.setdefault(found[1].lower(), unquote(value))
        elif name.lower() == "content-type":
            attributes["datacontenttype"] = value
    data: Any = MISSING
    if body is not None and body.size:
        json = media == "application/json" or media.endswith("+json")
        data = _json(body) if json else (body.text or "")
        if isinstance(data, JsonFault):
            return Message("binary", (Event(attributes),), "json")
    return Message("binary", (Event(attributes, data),))


def keys_of(headers: Headers, body: Body | None) -> frozenset[tuple[str, ...]]:
    """Tell which different events a message holds: by source, id and subject."""
    events = read_message(headers, body).events
    return frozenset((*event.key, event.text("subject")) for event in events)


def attribute_fault(event: Event) -> tuple[str, str] | None:
    """Name the first attribute that breaks the grammar of CloudEvents 1.0, and how.

    ``missing``, ``empty``, ``not_text``, ``version`` (not ``1.0``), ``uri``, ``media_type``,
    ``name`` (of an extension), ``value`` (of an extension), or a problem of a time by its name
    in ``formats.times``; ``shape`` is a time without seconds too, which RFC 3339 wants.
    """
    for name in _REQUIRED:
        if name not in event.attributes:
            return name, "missing"
    for name, value in event.attributes.items():
        why = _wrong(name, value)
        if why is not None:
            return name, why
    return None


def _wrong(name: str, value: Any) -> str | None:  # noqa: ANN401 - JSON is any
    rule = _RULES.get(name)
    if rule is None:
        return _extension(name, value)
    if not isinstance(value, str):
        return "not_text"
    return rule(value) if value else "empty"


def _extension(name: str, value: Any) -> str | None:  # noqa: ANN401 - JSON is any
    if _NAME.fullmatch(name) is None:
        return "name"
    whole = isinstance(value, int) and -_INT32 <= value < _INT32
    return None if whole or isinstance(value, str) else "value"


def _time(value: str) -> str | None:
    found = read_date_time(value)
    if isinstance(found, TimeProblem) and found is not TimeProblem.LEAP_SECOND:
        return found.value
    return None if _RFC3339.fullmatch(value) else TimeProblem.SHAPE.value


def _matching(pattern: re.Pattern[str], why: str) -> Any:  # noqa: ANN401 - a rule
    return lambda value: None if pattern.fullmatch(value) else why


def _uri(value: str) -> str | None:
    whole = _URI_REFERENCE.fullmatch(value) and _ABSOLUTE.fullmatch(value)
    return None if whole else "uri"


def _any(_: str) -> None:
    """Take whatever is not empty."""


_RULES = {
    "id": _any,
    "source": _matching(_URI_REFERENCE, "uri"),
    "specversion": lambda value: None if value == "1.0" else "version",
    "type": _any,
    "subject": _any,
    "time": _time,
    "datacontenttype": _matching(_MEDIA_TYPE, "media_type"),
    "dataschema": _uri,
}
