"""Requests as somebody once sent them, brought to calls: values that vary become parameters."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct, structs

from cqsc_conform.catalog.guess.credentials import (
    env_scheme,
    is_secret_name,
    looks_secret,
    scheme_of_headers,
    signing_headers,
)
from cqsc_conform.catalog.guess.shapes import (
    Api,
    Call,
    Field,
    Note,
    Scheme,
    Shape,
    clean,
    note,
    pointer_to,
    unescaped_path,
)

__all__ = ["Shown", "brought"]

_VARIES = re.compile(
    r"[0-9]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}"
)
_TEMPLATE = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*\}")
_USUAL_HEADERS = (
    "accept accept-encoding accept-language cache-control connection content-length content-type"
    " host origin pragma referer user-agent"
)
_MOST_LEAVES = 100


class Shown(Struct, frozen=True):
    """A request as a source shows it; whatever is secret in it stays here."""

    where: str
    method: str
    server: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: object = None
    form: tuple[tuple[str, str], ...] = ()
    words: str = ""
    answer: Shape | None = None
    scheme: Scheme | None = None


def brought(source: str, name: str, shown: Sequence[Shown], scheme: Scheme | None = None) -> Api:
    """Bring requests to calls, and say which secrets were replaced."""
    calls: list[Call] = []
    schemes: dict[str, Scheme] = {}
    notes: dict[Note, None] = {}
    servers: dict[str, None] = {}
    if scheme is not None:
        schemes[str(scheme.use["scheme"])] = scheme
    for each in shown:
        if server := _server(each.server, each.where, notes):
            servers.setdefault(server)
        found = each.scheme or _scheme(each)
        if found is not None:
            schemes.setdefault(str(found.use["scheme"]), found)
        calls.append(_call(each, notes))
    for kind, used in schemes.items():
        notes.setdefault(note("target.guess_secret", source=used.where, scheme=kind))
    return Api(
        source=source,
        name=name,
        servers=tuple(servers),
        calls=tuple(calls),
        schemes=tuple(schemes.values()),
        notes=tuple(notes)[:40],
    )


def _server(url: str, where: str, notes: dict[Note, None]) -> str:
    try:
        split = urlsplit(url)
        if split.username is not None or split.password is not None:
            notes.setdefault(note("target.guess_userinfo", source=where))
        host, port = split.hostname or "", split.port
    except ValueError:
        return ""
    if not host:
        return ""
    named = f"[{host}]" if ":" in host else host
    return clean(f"{split.scheme}://{named}" + (f":{port}" if port else ""), 300)


def _scheme(shown: Shown) -> Scheme | None:
    found = scheme_of_headers(shown.headers, shown.where)
    if found is not None:
        return found
    for name, _ in parse_qsl(shown.query[:4000], max_num_fields=100) if shown.query else ():
        if is_secret_name(name):
            return env_scheme("key", shown.where, name=clean(name, 60), place="query")
    return None


def _call(shown: Shown, notes: dict[Note, None]) -> Call:
    fields = [*_path_fields(shown.path), *_query_fields(shown), *_body_fields(shown)]
    signing = signing_headers(name for name, _ in shown.headers)
    for name, value in shown.headers:
        if name in signing:
            continue
        if name.lower() not in _USUAL_HEADERS.split() and not is_secret_name(name):
            fields.append(
                Field(clean(name, 60), "header", example=clean(value, 60), fixed=bool(value))
            )
    kept: list[Field] = []
    for field in fields:
        if is_secret_name(field.name):
            notes.setdefault(note("target.guess_dropped", source=shown.where, name=field.name))
            continue
        kept.append(structs.replace(field, example="") if looks_secret(field.example) else field)
    return Call(
        where=clean(shown.where, 100),
        method=shown.method,
        path=unescaped_path(_templated(shown.path)),
        words=clean(shown.words, 300),
        fields=tuple(kept),
        answer=shown.answer,
    )


def _templated(path: str) -> str:
    """Put a parameter where a path holds what probably varies, or might be a secret."""
    parts = []
    for part in path[:1000].split("/"):
        whole = unquote(part)
        varies = _VARIES.fullmatch(whole) or looks_secret(whole)
        parts.append("{id}" if varies and not _TEMPLATE.fullmatch(part) else part)
    return "/".join(parts)


def _path_fields(path: str) -> Iterator[Field]:
    for name in dict.fromkeys(_TEMPLATE.findall(_templated(path))):
        yield Field(name[1:-1], "path", required=True)


def _query_fields(shown: Shown) -> Iterator[Field]:
    if not shown.query:
        return
    try:
        pairs = parse_qsl(shown.query[:8000], keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return
    for name, value in pairs:
        if clean(name):
            yield Field(clean(name, 60), "query", example=clean(value, 60), fixed=bool(value))


def _body_fields(shown: Shown) -> Iterator[Field]:
    for name, value in shown.form:
        yield Field(clean(name, 60), "form", example=clean(value, 60), fixed=bool(value))
    if isinstance(shown.body, dict):
        for path, leaf in list(_leaves(shown.body, ()))[:_MOST_LEAVES]:
            name = path[0] if len(path) == 1 else pointer_to(*path)
            example = "" if leaf is None else str(leaf)
            yield Field(
                name,
                "body",
                example=clean(example, 60),
                fixed=example != "",
                integer=isinstance(leaf, int) and not isinstance(leaf, bool),
            )


def _leaves(
    body: dict[str, object], prefix: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, value in body.items():
        if name != clean(name, 60):
            continue
        path = (*prefix, name)
        if isinstance(value, dict):
            if len(path) < 4:  # noqa: PLR2004 - an envelope
                yield from _leaves(value, path)
        elif not isinstance(value, list):
            yield path, value
