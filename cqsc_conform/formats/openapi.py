"""OpenAPI documents (3.0 and 3.1), read: their operations, and the one that a request calls.

References are followed inside the document only, and only so far: nothing is ever fetched.  The
schemas of answers are made ready in :mod:`cqsc_conform.formats.openapi_schema`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from msgspec import Struct

from cqsc_conform.formats.pointer import MISSING, resolve

__all__ = ["METHODS", "Declared", "DocumentFault", "OpenApi", "Reachable", "document_faults"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MOST_OPERATIONS = 5000
_MOST_HOPS = 32
_MOST_NODES = 200_000
_VERSION = re.compile(r"(3\.[01])\.[0-9]+(-.+)?")
_FIELD = re.compile(r"\{([^{}]*)\}")


class DocumentFault(Struct, frozen=True, order=True):
    """What is wrong with a document that its JSON Schema does not tell, and at which pointer.

    Codes: ``reference_dangling`` (there is nothing at the reference), ``reference_foreign`` (it
    leads out of the document; not followed), ``parameter_undeclared`` and ``parameter_unused``
    (a name in the path without parameter, and the other way round), ``operation_id_twice``,
    ``paths_alike`` (two templates that match the same paths).
    """

    code: str
    pointer: str
    name: str = ""


class Declared(Struct, frozen=True):
    """An operation as the document declares it.

    ``template`` is its path with names in braces, ``bases`` the paths of its servers without
    trailing slash, ``pointer`` where it stands, ``content`` the operation object itself.
    """

    method: str
    template: str
    bases: tuple[str, ...]
    pointer: str
    content: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """Name the operation for people."""
        return f"{self.method} {self.template}"

    @property
    def deprecated(self) -> bool:
        """Tell whether the document says that it is to go."""
        return self.content.get("deprecated") is True


class Reachable(Struct, frozen=True):
    """A declared operation that reads only, with an address at which it can be called."""

    operation: Declared
    address: str


class OpenApi:
    """A document; ``at`` is the address it came from, by which relative servers are resolved.

    Whatever the document holds, reading it raises nothing: what is not as it should be is left
    out here, and told by the document's JSON Schema.
    """

    def __init__(self, document: Any, at: str = "/") -> None:  # noqa: ANN401 - JSON is any
        self.document = document if isinstance(document, dict) else {}
        self._at = at

    @property
    def version(self) -> str | None:
        """Give ``3.0`` or ``3.1``, or None for any other."""
        said = self.document.get("openapi")
        found = _VERSION.fullmatch(said) if isinstance(said, str) else None
        return found[1] if found else None

    @property
    def api_version(self) -> str | None:
        """Give the version of the API that the document describes."""
        said = _mapping(self.document.get("info")).get("version")
        return said if isinstance(said, str) else None

    @cached_property
    def operations(self) -> tuple[Declared, ...]:
        """List the operations, at most 5000, in the order of the document."""
        return tuple(self._operations())[:MOST_OPERATIONS]

    def follow(self, value: Any) -> Any:  # noqa: ANN401 - JSON is any
        """Follow ``$ref`` to what it means; ``MISSING`` where it leads nowhere or away."""
        for _ in range(_MOST_HOPS):
            if not (isinstance(value, dict) and isinstance(value.get("$ref"), str)):
                return value
            value = self.target(value["$ref"])
        return MISSING

    def target(self, reference: str) -> Any:  # noqa: ANN401 - JSON is any
        """Give what stands at a reference into this document, else ``MISSING``."""
        if not reference.startswith("#"):
            return MISSING
        try:
            return resolve(self.document, unquote(reference[1:]))
        except ValueError:
            return MISSING

    def match(self, method: str, target: str) -> Declared | None:
        """Find the operation that a request calls; literal paths come before templates."""
        path = target.partition("?")[0]
        fitting = [each for each in self.operations if each.method == method.upper()]
        found = [each for each in fitting if any(_fits(each, base, path) for base in each.bases)]
        return min(found, key=lambda each: _openness(each.template), default=None)

    def response(self, operation: Declared, status: int) -> tuple[str, Mapping[str, Any]] | None:
        """Find the answer declared for a status: itself, its class (``4XX``), or ``default``."""
        declared = _mapping(operation.content.get("responses"))
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in declared:
                return key, _mapping(self.follow(declared[key]))
        return None

    def reachable(self) -> tuple[Reachable, ...]:
        """List what can be called without changing anything and without guessing a value.

        Values of required parameters are the document's own examples, defaults or enumerations.
        """
        found = []
        for each in self.operations:
            address = self._address(each) if each.method == "GET" else None
            if address is not None:
                found.append(Reachable(operation=each, address=address))
        return tuple(found)

    def _operations(self) -> Iterator[Declared]:
        for template, item in _mapping(self.document.get("paths")).items():
            path_item = _mapping(self.follow(item))
            if not template.startswith("/"):
                continue
            shared = self._parameters(path_item)
            for method in METHODS:
                content = path_item.get(method)
                if isinstance(content, dict):
                    own = self._parameters(content)
                    yield Declared(
                        method=method.upper(),
                        template=template,
                        bases=self._bases(content, path_item),
                        pointer=f"/paths/{_token(template)}/{method}",
                        content=content,
                        parameters=tuple({**shared, **own}.values()),
                    )

    def _parameters(self, holder: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
        listed = holder.get("parameters")
        found = {}
        for each in listed if isinstance(listed, list) else ():
            parameter = _mapping(self.follow(each))
            found[str(parameter.get("in")), str(parameter.get("name"))] = parameter
        return found

    def _bases(self, *holders: Mapping[str, Any]) -> tuple[str, ...]:
        for holder in (*holders, self.document):
            servers = holder.get("servers")
            if isinstance(servers, list) and servers:
                return tuple(dict.fromkeys(self._base(_mapping(each)) for each in servers))
        return ("",)

    def _base(self, server: Mapping[str, Any]) -> str:
        url = server.get("url")
        text = url if isinstance(url, str) else "/"
        for name, variable in _mapping(server.get("variables")).items():
            text = text.replace("{" + name + "}", str(_mapping(variable).get("default", "")))
        try:
            return urlsplit(urljoin(self._at, text)).path.rstrip("/")
        except ValueError:
            return ""

    def _address(self, operation: Declared) -> str | None:
        """Write an address with the document's own values; None where one is lacking."""
        path, query = operation.template, []
        for parameter in operation.parameters:
            place, name = parameter.get("in"), parameter.get("name")
            if place == "path" or parameter.get("required") is True:
                value = self._example(parameter)
                if value is None or place not in ("path", "query"):
                    return None
                if place == "path":
                    path = path.replace("{" + str(name) + "}", quote(value, safe=""))
                else:
                    query.append(f"{quote(str(name), safe='')}={quote(value, safe='')}")
        if _FIELD.search(path):
            return None
        base = operation.bases[0]
        return base + path + ("?" + "&".join(query) if query else "")

    def _example(self, parameter: Mapping[str, Any]) -> str | None:
        schema = _mapping(self.follow(parameter.get("schema")))
        examples = [_mapping(each) for each in _mapping(parameter.get("examples")).values()]
        choices = [parameter.get("example"), *(each.get("value") for each in examples)]
        choices += [schema.get("example"), *_listed(schema.get("examples"))]
        choices += [schema.get("const"), schema.get("default"), *_listed(schema.get("enum"))]
        for value in choices:
            if isinstance(value, bool):
                return "true" if value else "false"
            if isinstance(value, str | int | float) and value != "":
                return str(value)
        return None


def document_faults(api: OpenApi, limit: int = 20) -> tuple[DocumentFault, ...]:
    """List what the JSON Schema of OpenAPI does not tell of a document, at most ``limit``."""
    found = sorted({*_references(api), *_names(api)})
    return tuple(found[:limit])


def _references(api: OpenApi) -> Iterator[DocumentFault]:
    """Find references that lead nowhere; the members of examples are no references."""
    waiting: list[tuple[str, Any]] = [("", api.document)]
    seen = 0
    while waiting and seen < _MOST_NODES:
        pointer, value = waiting.pop()
        seen += 1
        if isinstance(value, list):
            waiting += [(f"{pointer}/{at}", each) for at, each in enumerate(value)]
            continue
        if not isinstance(value, dict):
            continue
        reference = value.get("$ref")
        if isinstance(reference, str):
            if not reference.startswith("#"):
                yield DocumentFault("reference_foreign", pointer, reference[:120])
            elif reference[1:2] in ("", "/") and api.target(reference) is MISSING:
                yield DocumentFault("reference_dangling", pointer, reference[:120])
        waiting += [
            (f"{pointer}/{_token(str(key))}", each)
            for key, each in value.items()
            if key not in ("example", "examples", "default", "enum", "const")
        ]


def _names(api: OpenApi) -> Iterator[DocumentFault]:
    """Find names that do not fit: of path parameters, of operations, of paths."""
    ids: dict[str, str] = {}
    shapes: dict[tuple[str, str], str] = {}
    for each in api.operations:
        wanted = set(_FIELD.findall(each.template))
        given = {
            str(parameter.get("name"))
            for parameter in each.parameters
            if parameter.get("in") == "path"
        }
        for name in sorted(wanted - given):
            yield DocumentFault("parameter_undeclared", each.pointer, name[:120])
        for name in sorted(given - wanted):
            yield DocumentFault("parameter_unused", each.pointer, name[:120])
        ident = each.content.get("operationId")
        if isinstance(ident, str) and ids.setdefault(ident, each.pointer) != each.pointer:
            yield DocumentFault("operation_id_twice", each.pointer, ident[:120])
        shape = (each.method, _FIELD.sub("{}", each.template))
        if shapes.setdefault(shape, each.template) != each.template:
            yield DocumentFault("paths_alike", each.pointer, shapes[shape][:120])


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON is any
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - JSON is any
    return value if isinstance(value, list) else []


def _token(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")


def _openness(template: str) -> tuple[int, ...]:
    """Order templates: those that are literal the longest come first."""
    return tuple("{" in part for part in template.split("/"))


def _fits(operation: Declared, base: str, path: str) -> bool:
    wanted = (base + operation.template).split("/")
    given = path.split("/")
    if len(wanted) != len(given):
        return False
    return all(map(_segment_fits, wanted, given))


def _segment_fits(wanted: str, given: str) -> bool:
    """Compare one segment; a name in braces stands for at least one character."""
    first, brace, rest = wanted.partition("{")
    if not brace:
        return unquote(wanted) == unquote(given)
    last = rest.rpartition("}")[2]
    long_enough = len(given) > len(first) + len(last)
    return long_enough and given.startswith(first) and given.endswith(last)
