"""Filling in: from a step and its values to the request that goes on the wire.  Pure."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from cqsc_conform.formats.pointer import parse_pointer
from cqsc_conform.formats.templates import TemplateFault, fields, fill
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.operation import Operation, Parameter

Lookup = Callable[[str], str | None]


class Unfilled(Exception):  # noqa: N818 - it says what happened to a template
    """A template asks for a value that was not found."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def filled(template: str, lookup: Lookup) -> str:
    """Fill a template; raises ``Unfilled`` with the first name that has no value."""
    values: dict[str, str] = {}
    for name in fields(template):
        value = lookup(name)
        if value is None or value == "":
            raise Unfilled(name)
        values[name] = value
    try:
        return fill(template, values)
    except TemplateFault as fault:
        raise Unfilled(fault.name) from fault


def build(  # noqa: PLR0913 - an ask has that many parts
    *,
    id: str,  # noqa: A002 - the evidence id, as the model names it
    name: str,
    operation: Operation,
    identity: str,
    params: Mapping[str, str],
    headers: Mapping[str, str],
    fields_: Mapping[str, Any],
    method: str | None = None,
    target: str | None = None,
) -> Ask:
    """Put parameters where the operation's mapping wants them.

    ``target`` given replaces path and query (an address found in evidence, a next link).
    """
    path = operation.path
    query: list[tuple[str, str]] = []
    form: list[tuple[str, str]] = []
    sent = list(operation.headers.items()) + list(headers.items())
    body: Any = None
    constants = {
        key: (where if isinstance(where, Parameter) else Parameter(name=key), value)
        for key, (where, value) in _constants(operation).items()
    }
    placed = [(operation.parameter(key), value) for key, value in params.items()]
    for where, value in [*constants.values(), *placed]:
        if where.place == "path":
            path = path.replace("{" + where.name + "}", quote(value, safe=""))
        elif where.place == "query":
            query.append((where.name, value))
        elif where.place == "header":
            sent.append((where.name, value))
        elif where.place == "form":
            form.append((where.name, value))
        else:
            body = _put(body if body is not None else {}, where.name, _typed(value))
    for key, value in params.items():
        # A path that names the parameter takes it, whatever place the mapping left open.
        marker = "{" + operation.parameter(key).name + "}"
        if marker in path:
            path = path.replace(marker, quote(value, safe=""))
            query = [pair for pair in query if pair != (operation.parameter(key).name, value)]
    for key, value in fields_.items():
        where = operation.element(key)
        body = _put(body if body is not None else {}, where.at, value)
    if target is None:
        joiner = "&" if "?" in path else "?"
        target = path + (joiner + urlencode(query, quote_via=quote) if query else "")
    data = b""
    if form:
        data = urlencode(form, quote_via=quote).encode()
        sent.append(("Content-Type", "application/x-www-form-urlencoded"))
    elif body is not None:
        data = msgspec.json.encode(body)
        sent.append(("Content-Type", "application/json; charset=utf-8"))
    if not any(key.lower() == "accept" for key, _ in sent):
        sent.append(("Accept", "application/json"))
    return Ask(
        id=id,
        operation=name,
        endpoint=operation.endpoint,
        identity=identity,
        method=method or operation.method,
        target=target,
        headers=tuple(sent),
        body=data,
        params=dict(params),
    )


def _constants(operation: Operation) -> dict[str, tuple[Parameter, str]]:
    """Read constants: ``name: value`` goes to the query, or to the body of a POST."""
    place = "query" if operation.method in {"GET", "HEAD", "DELETE"} else "body"
    out: dict[str, tuple[Parameter, str]] = {}
    for name, value in operation.constants.items():
        if isinstance(value, Parameter):
            out[name] = (Parameter(name=name, place=value.place), value.name)
        else:
            out[name] = (Parameter(name=name, place=place), value)
    return out


def _typed(value: str) -> int | str:
    """Numbers in a JSON body are numbers: page 1 is ``1``, as vendors' parsers want it."""
    canonical = value.isascii() and value.isdigit() and (value == "0" or value[0] != "0")
    return int(value) if canonical and len(value) < 10 else value  # noqa: PLR2004 - page numbers


def _put(document: Any, where: str, value: Any) -> Any:  # noqa: ANN401 - JSON is any
    """Set a value in a document of objects, by member name or JSON Pointer."""
    steps = parse_pointer(where) if where.startswith("/") else (where,)
    at = document
    for step in steps[:-1]:
        at = at.setdefault(step, {})
    at[steps[-1]] = value
    return document
