"""Postman collections 2.1 as calls.  Scripts in them are not run, nor even read."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cqsc_conform.catalog.guess.credentials import env_scheme
from cqsc_conform.catalog.guess.documents import read_document
from cqsc_conform.catalog.guess.http_calls import Shown, brought
from cqsc_conform.catalog.guess.shapes import MOST_CALLS, Api, Scheme, Shape, clean, shape_of
from cqsc_conform.errors import KitError
from cqsc_conform.formats.strict_json import JsonFault, read_json

__all__ = ["read_postman"]

_MOST_DEPTH = 12
_VARIABLE = re.compile(r"\{\{([^{}]{1,80})\}\}")
_PATH_VARIABLE = re.compile(r"(?<=/):([A-Za-z_][A-Za-z0-9_]*)")
_PLACED = re.compile(r"[^{}]*")


def read_postman(data: bytes, name: str) -> Api:
    """Read a collection.

    :raises KitError: ``target.source_postman`` where it is none.
    """
    document = read_document(data, name)
    if not isinstance(document.get("item"), list):
        raise KitError("target.source_postman", where=name)
    urls = _urls(document)
    shown = [_shown(item, where, urls) for _, (item, where) in zip(
        range(MOST_CALLS), _items(document["item"], (), 0), strict=False
    )]  # fmt: skip
    info = _dict(document.get("info"))
    scheme = _auth(document.get("auth"), "auth")
    return brought("postman", clean(info.get("name"), 60), [each for each in shown if each], scheme)


def _items(
    rows: list[Any], parents: tuple[str, ...], depth: int
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    for row in rows[:MOST_CALLS]:
        item = _dict(row)
        where = (*parents, clean(item.get("name"), 60))
        if isinstance(item.get("item"), list):
            if depth < _MOST_DEPTH:
                yield from _items(item["item"], where, depth + 1)
        elif "request" in item:
            yield item, where


def _urls(document: dict[str, Any]) -> dict[str, str]:
    """Read the collection's variables that are addresses; any other could be a secret."""
    rows = [_dict(each) for each in _list(document.get("variable"))[:100]]
    return {
        str(row.get("key")): str(row.get("value"))[:300].rstrip("/")
        for row in rows
        if str(row.get("value")).startswith(("http://", "https://"))
    }


def _shown(item: dict[str, Any], where: tuple[str, ...], urls: dict[str, str]) -> Shown | None:
    request = item["request"]
    request = {"url": request} if isinstance(request, str) else _dict(request)
    url = request.get("url")
    raw = str(_dict(url).get("raw", "") if isinstance(url, dict) else url or "")[:2000]
    raw = _VARIABLE.sub(lambda found: urls.get(found[1], ""), raw)
    if not raw:
        return None
    server = ""
    if raw.startswith(("http://", "https://")):
        try:
            split = urlsplit(raw)
        except ValueError:
            return None
        server = f"{split.scheme}://{split.netloc}"
        raw = raw[len(server) :]
    path, _, query = raw.partition("?")
    body = _dict(request.get("body"))
    return Shown(
        where=" / ".join(where),
        method=clean(request.get("method"), 10).upper() or "GET",
        server=server,
        path=_PATH_VARIABLE.sub(r"{\1}", "/" + path.lstrip("/")),
        query=query,
        headers=tuple(_pairs(request.get("header"))),
        body=_body(body),
        form=tuple(_pairs(body.get("urlencoded"))),
        words=f"{' '.join(where)} {_description(request)}",
        answer=_answer(item),
        scheme=_auth(request.get("auth"), " / ".join(where)),
    )


def _description(request: dict[str, Any]) -> str:
    told = request.get("description")
    return clean(told.get("content") if isinstance(told, dict) else told)


def _pairs(rows: object) -> Iterator[tuple[str, str]]:
    for row in _list(rows)[:100]:
        found = _dict(row)
        if found.get("disabled") is not True and isinstance(found.get("key"), str):
            yield found["key"][:100], str(found.get("value") or "")[:2000]


def _body(body: dict[str, Any]) -> object:
    raw = body.get("raw")
    if body.get("mode") != "raw" or not isinstance(raw, str):
        return None
    return _json(_VARIABLE.sub("0", raw))


def _answer(item: dict[str, Any]) -> Shape | None:
    for row in _list(item.get("response"))[:10]:
        response = _dict(row)
        value = _json(response["body"]) if _text(response.get("body")) else None
        if response.get("code", 200) in range(200, 300) and isinstance(value, dict | list):
            return shape_of(value)
    return None


def _auth(auth: object, where: str) -> Scheme | None:
    found = _dict(auth)
    kind = found.get("type")
    if kind in ("bearer", "oauth2", "jwt"):
        return env_scheme("bearer", where)
    if kind == "basic":
        return env_scheme("basic", where)
    if kind == "apikey":
        rows = found.get("apikey")
        given = {str(_dict(row).get("key")): _dict(row).get("value") for row in _list(rows)}
        place = "query" if given.get("in") == "query" else "header"
        if name := clean(given.get("key"), 60):
            return env_scheme("key", where, name=name, place=place)
    return None


def _json(text: str) -> object:
    try:
        return read_json(text.encode(errors="replace"))
    except JsonFault:
        return None


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
