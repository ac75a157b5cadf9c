"""OpenAPI 3.0 and 3.1 documents, and Swagger 2.0, as calls.  Nothing is fetched."""

import re
from collections.abc import Iterator
from typing import Any

from cqsc_conform.catalog.guess.credentials import env_scheme, without_userinfo
from cqsc_conform.catalog.guess.documents import read_document
from cqsc_conform.catalog.guess.schema import Schemas
from cqsc_conform.catalog.guess.shapes import (
    MOST_CALLS,
    Api,
    Call,
    Field,
    Note,
    Scheme,
    Shape,
    clean,
    note,
    pointer_to,
    shape_of,
    unescaped_path,
)
from cqsc_conform.errors import KitError

__all__ = ["read_openapi"]

_METHODS = ("get", "post", "put", "head", "patch", "delete")
# An address without user name, query or fragment: where secrets might stand.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")
_PLACES = {"query": "query", "path": "path", "header": "header", "formData": "form"}


def read_openapi(data: bytes, name: str) -> Api:
    """Read an OpenAPI document.

    :raises KitError: ``target.source_openapi`` where it is none of a version that is read.
    """
    document = read_document(data, name)
    version = str(document.get("openapi") or document.get("swagger") or "")
    if not version.startswith(("3.0", "3.1", "2.0")):
        raise KitError("target.source_openapi", where=name, version=clean(version, 20) or "-")
    return _Reader(document).api()


class _Reader:
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._schemas = Schemas(document)

    def api(self) -> Api:
        calls = tuple(call for _, call in zip(range(MOST_CALLS), self._calls(), strict=False))
        info = self._schemas.at(self._document.get("info"))
        schemes, notes = self._schemes()
        notes += [note("target.guess_foreign", reference=each) for each in self._schemas.foreign]
        return Api(
            source="openapi",
            name=clean(info.get("title"), 60),
            version=clean(info.get("version"), 30),
            servers=tuple(self._servers()),
            calls=calls,
            schemes=tuple(schemes),
            notes=tuple(notes[:20]),
        )

    def _servers(self) -> Iterator[str]:
        for server in _list(self._document.get("servers"))[:5]:
            found = self._schemas.at(server)
            url = clean(found.get("url"), 300)
            for key, variable in _dict(found.get("variables")).items():
                default = self._schemas.at(variable).get("default")
                url = url.replace("{" + str(key) + "}", clean(default, 80))
            if url:
                yield without_userinfo(url)
        host, base = self._document.get("host"), clean(self._document.get("basePath"), 200)
        if isinstance(host, str) or base:
            schemes = _list(self._document.get("schemes")) or ["https"]
            url = f"{clean(schemes[0], 10)}://{clean(host, 200)}{base}" if host else base
            yield without_userinfo(url)

    def _calls(self) -> Iterator[Call]:
        for path, item in _dict(self._document.get("paths")).items():
            found = self._schemas.at(item)
            for method in _METHODS:
                if isinstance(found.get(method), dict):
                    yield self._call(str(path), method, found, found[method])

    def _call(
        self, path: str, method: str, item: dict[str, Any], operation: dict[str, Any]
    ) -> Call:
        told = (operation.get("operationId"), operation.get("summary"), item.get("summary"))
        tags = [clean(tag, 40) for tag in _list(operation.get("tags"))[:5]]
        words = [*map(clean, told), *tags, clean(operation.get("description"))]
        security = operation.get("security", self._document.get("security"))
        return Call(
            where=f"paths.{clean(path, 100)}.{method}",
            method=method.upper(),
            path=unescaped_path(path),
            words=" ".join(filter(None, words)),
            fields=tuple(self._fields(item, operation))[:100],
            answer=self._answer(operation),
            anonymous=security == [],
        )

    def _fields(self, item: dict[str, Any], operation: dict[str, Any]) -> Iterator[Field]:
        rows = [*_list(item.get("parameters")), *_list(operation.get("parameters"))]
        for row in rows[:100]:
            found = self._schemas.at(row)
            place = found.get("in")
            if place == "body":
                yield from _leaves(self._schemas.shape(found.get("schema")))
            elif place in _PLACES and clean(found.get("name")):
                yield self._field(found, _PLACES[place])
        for kind, media in self._content(operation.get("requestBody")):
            form = "form" in kind
            shape = self._shown(media)
            yield from _leaves(shape, form=form)

    def _field(self, found: dict[str, Any], place: str) -> Field:
        shape = self._schemas.shape(found.get("schema", found))
        example = found.get("example", shape.example)
        shown = "" if example is None else str(example)
        schema = self._schemas.at(found.get("schema"))
        return Field(
            name=clean(found.get("name"), 60),
            place=place,  # type: ignore[arg-type]
            title=clean(found.get("description")) or shape.title,
            example=clean(shown, 60),
            required=found.get("required") is True,
            fixed=len(_list(schema.get("enum", found.get("enum")))) == 1 or "const" in schema,
        )

    def _content(self, body: object) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the first JSON or form content of a body."""
        rows = _dict(self._schemas.at(body).get("content"))
        for kind, media in rows.items():
            if any(word in str(kind) for word in ("json", "form", "*/*")):
                yield str(kind), self._schemas.at(media)
                return

    def _shown(self, media: dict[str, Any]) -> Shape:
        shape = self._schemas.shape(media.get("schema"))
        if shape.members or shape.item:
            return shape
        first = next(iter(_dict(media.get("examples")).values()), None)
        example = media.get("example", self._schemas.at(first).get("value"))
        return shape if example is None else shape_of(example)

    def _answer(self, operation: dict[str, Any]) -> Shape | None:
        responses = _dict(operation.get("responses"))
        for status in ("200", "2XX", "201", "default"):
            found = self._schemas.at(responses.get(status))
            for kind, media in self._content(found):
                if "json" in kind or "*" in kind:
                    return self._shown(media)
            if "schema" in found:
                return self._schemas.shape(found["schema"])
        return None

    def _schemes(self) -> tuple[list[Scheme], list[Note]]:
        components = self._schemas.at(self._document.get("components"))
        rows = _dict(components.get("securitySchemes")) or _dict(
            self._document.get("securityDefinitions")
        )
        schemes: list[Scheme] = []
        notes: list[Note] = []
        for key, row in list(rows.items())[:20]:
            where = f"securitySchemes.{clean(key, 40)}"
            scheme = _scheme(self._schemas.at(row), where)
            if scheme is None:
                notes.append(note("target.guess_scheme", source=where))
            else:
                schemes.append(scheme)
        return schemes, notes


def _scheme(found: dict[str, Any], where: str) -> Scheme | None:
    kind, name = found.get("type"), clean(found.get("name"), 60)
    http = str(found.get("scheme", "")).lower()
    if kind == "basic" or (kind, http) == ("http", "basic"):
        return env_scheme("basic", where)
    if kind == "openIdConnect" or (kind, http) == ("http", "bearer"):
        return env_scheme("bearer", where)
    if kind == "oauth2":
        return env_scheme("bearer", where, token_url=_token_url(found))
    if kind == "apiKey" and found.get("in") in ("header", "query") and name:
        return _api_key(name, found["in"], where)
    return env_scheme("mutual_tls", where) if kind == "mutualTLS" else None


def _api_key(name: str, place: str, where: str) -> Scheme:
    if name.lower() == "authorization" and place == "header":
        return env_scheme("bearer", where)
    return env_scheme("key", where, name=name, place=place)


def _token_url(found: dict[str, Any]) -> str:
    flows = _dict(found.get("flows"))
    for flow in (flows.get("clientCredentials"), flows.get("application"), found):
        url = clean(_dict(flow).get("tokenUrl"), 300)
        if _ADDRESS.fullmatch(url):
            return url
    return ""


def _leaves(shape: Shape, prefix: tuple[str, ...] = (), *, form: bool = False) -> Iterator[Field]:
    """Give the scalar members of a body: by name at the top, by JSON Pointer below."""
    for name, member in shape.members.items():
        path = (*prefix, name)
        if member.kind == "object" and not form and len(path) < 4:  # noqa: PLR2004 - an envelope
            yield from _leaves(member, path)
        elif member.kind != "array":
            shown = "" if member.example is None else str(member.example)
            yield Field(
                name=clean(name, 60) if len(path) == 1 else pointer_to(*path),
                place="form" if form else "body",
                title=member.title,
                example=clean(shown, 60),
                integer=member.kind == "integer",
            )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
