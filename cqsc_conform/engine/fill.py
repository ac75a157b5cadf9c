"""Filling in: from a step and its values to the request that goes on the wire.  Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from cqsc_conform.errors import KitError
from cqsc_conform.formats.pointer import parse_pointer
from cqsc_conform.formats.reading import as_text
from cqsc_conform.formats.templates import TemplateFault, fields, fill
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.operation import ElementAt, Operation

Lookup = Callable[[str], str | None]
_COUNTS = frozenset({"page", "page_size", "offset"})
_MOST_DIGITS = 15
_SECONDS = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,6})?")

MAX_VALUE = 8192
"""The longest value, in characters, that a template takes from evidence."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LEGIBLE = "!$%&'()*+,/:;=@~-._?[]"
"""What stays as it stands in an operation's path; everything else is percent-encoded."""


class Unfilled(Exception):  # noqa: N818 - it says what happened to a template
    """A template asks for a value that is not there, or cannot stand in its place.

    Codes: ``engine.template`` (no such value) and ``engine.value_unfit``.
    """

    def __init__(self, code: str, name: str) -> None:
        super().__init__(code, name)
        self.code = code
        self.name = name


def filled(template: str, lookup: Lookup) -> str:
    """Fill a template; raises ``Unfilled`` with the first name that has no fit value."""
    values: dict[str, str] = {}
    for name in fields(template):
        value = lookup(name)
        if value is None or value == "":
            raise Unfilled("engine.template", name)
        if len(value) > MAX_VALUE or not _is_text(value):
            raise Unfilled("engine.value_unfit", name)
        values[name] = value
    try:
        return fill(template, values)
    except TemplateFault as fault:
        raise Unfilled("engine.template", fault.name) from fault


def seconds_of(template: str, lookup: Lookup) -> float:
    """Fill a template of seconds; raises ``Unfilled`` where what it gives is no such number."""
    text = filled(template, lookup)
    if _SECONDS.fullmatch(text) is None:
        raise Unfilled("engine.value_unfit", template)
    return float(text)


def _is_text(value: str) -> bool:
    """Tell whether a value has a UTF-8 form; half a surrogate pair has none."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def build(
    *,
    id: str,  # noqa: A002 - the evidence id, as the model names it
    name: str,
    operation: Operation,
    identity: str,
    params: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
    fields_: Mapping[str, Any] | None = None,
    body: str | None = None,
    method: str | None = None,
    target: str | None = None,
    endpoint: str | None = None,
    charset: str = "utf-8",
) -> Ask:
    """Put parameters where the operation's mapping wants them, in the target's charset.

    ``target`` given replaces path and query (an address found in evidence, a next link), and
    ``endpoint`` the operation's own.  Raises ``Unfilled`` for a value that would leave its
    place: a line break in a header, a dot segment in a path.
    """
    parts = _Parts(operation, operation.charset or charset)
    for key, value in (headers or {}).items():
        parts.put("header", key, value)
    for wire in operation.constants:
        constant = operation.constant(wire)
        parts.put(constant.place or operation.usual_place, wire, constant.value)
    for key, value in params.items():
        where = operation.parameter(key)
        # A path that names the parameter takes it, whatever place the mapping left open.
        named = "{" + where.name + "}" in operation.path
        integer = where.type == "integer" or (where.type is None and key in _COUNTS)
        parts.put(
            "path" if named else where.place, where.name, _integer(value) if integer else value
        )
    for key, content in (fields_ or {}).items():
        element = operation.element(key)
        parts.put_body(element.at, _spelled(element, content))
    data = parts.framed() if body is None else parts.framed_as(body)
    return Ask(
        id=id,
        operation=name,
        endpoint=endpoint or operation.endpoint,
        identity=identity,
        method=method or operation.method,
        target=parts.target() if target is None else target,
        headers=tuple(parts.headers),
        body=data,
        params=dict(params),
    )


class _Parts:
    """The parts of one request while it is put together."""

    def __init__(self, operation: Operation, charset: str) -> None:
        self.path = operation.path
        self.charset = charset
        self.query: list[tuple[str, str]] = []
        self.form: list[tuple[str, str]] = []
        self.headers = list(operation.headers.items())
        self.body: Any = None

    def put(self, place: str, name: str, value: Any) -> None:  # noqa: ANN401 - JSON is any
        """Put a parameter in its place; a list is written several times where texts go."""
        if place == "body":
            self.put_body(name, value)
            return
        for each in value if isinstance(value, tuple) else (value,):
            self._put_text(place, name, as_text(each))

    def _put_text(self, place: str, name: str, text: str) -> None:
        if place == "path":
            if text in {".", ".."}:
                raise Unfilled("engine.value_unfit", name)
            self.path = self.path.replace("{" + name + "}", self._quoted(text))
            return
        if place == "header" and _CONTROL.search(text):
            raise Unfilled("engine.value_unfit", name)
        rows = {"query": self.query, "header": self.headers, "form": self.form}[place]
        rows.append((name, text))

    def put_body(self, where: str, value: Any) -> None:  # noqa: ANN401 - JSON is any
        """Put a value into the JSON body, by member name or JSON Pointer."""
        self.body = {} if self.body is None else self.body
        _put(self.body, where, value)

    def target(self) -> str:
        """Write the request-target."""
        still_open = _PLACEHOLDER.search(self.path)
        if still_open is not None:
            raise Unfilled("engine.template", still_open[1])
        path = quote(self.path, safe=_LEGIBLE, encoding=self.charset, errors="replace")
        joiner = "&" if "?" in path else "?"
        return path + (joiner + self._pairs(self.query) if self.query else "")

    def framed(self) -> bytes:
        """Write the body, and the headers that say what it is and what is wanted."""
        data = b""
        if self.form:
            data = self._pairs(self.form).encode()
            self._say("Content-Type", "application/x-www-form-urlencoded")
        elif self.body is not None:
            data = msgspec.json.encode(self.body)
            if self.charset != "utf-8":
                data = data.decode().encode(self.charset, "replace")
            self._say("Content-Type", f"application/json; charset={self.charset}")
        self._say("Accept", "application/json")
        return data

    def framed_as(self, body: str) -> bytes:
        """Write a body as it is given; its headers say what it is."""
        self._say("Accept", "application/json")
        return body.encode()

    def _say(self, name: str, value: str) -> None:
        """Add a header that neither operation nor step gives."""
        if not any(key.lower() == name.lower() for key, _ in self.headers):
            self.headers.append((name, value))

    def _quoted(self, text: str) -> str:
        return quote(text, safe="", encoding=self.charset, errors="replace")

    def _pairs(self, pairs: list[tuple[str, str]]) -> str:
        return urlencode(pairs, quote_via=quote, encoding=self.charset, errors="replace")


def _spelled(where: ElementAt, value: Any) -> Any:  # noqa: ANN401 - JSON is any
    """Write a value as the target spells it; one that its mapping does not list stays."""
    text = as_text(value)
    return next((told for told, meant in where.values.items() if meant == text), value)


def _integer(value: str) -> int | str:
    """Read a number where the body wants one; what is none stays the text it is."""
    short = value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS
    return int(value) if short else value


def _put(document: Any, where: str, value: Any) -> None:  # noqa: ANN401 - JSON is any
    """Set a value in a document of objects."""
    steps = parse_pointer(where) if where.startswith("/") else (where,)
    at = document
    for step in steps[:-1]:
        at = at.setdefault(step, {})
        if not isinstance(at, dict):
            raise KitError("engine.body_clash", pointer=where)
    at[steps[-1]] = value
