"""A second conforming core API in another style, so that no test fits one only.

Paths under `/api/v2`, an OpenAPI 3.0 document, page numbers, an envelope, vendor element names,
times in UTC, random ids, weak forms where the standard leaves a choice.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from cqsc_conform.reference.core_document_b import BASE, make_document
from cqsc_conform.reference.core_store import (
    REQUIRED,
    STATUSES,
    Kept,
    Quota,
    Record,
    Store,
    etag_of,
    http_time,
    make_store,
)

DEFAULT_SIZE = 31
DEFAULT_KEY = "reference-key"
_LARGEST_BODY = 64 * 1024
_WIRE = {
    "id": "zdbh",
    "name": "zdmc",
    "region": "xzqh",
    "industry": "hydm",
    "amount": "je",
    "count": "sl",
    "status": "zt",
    "created": "cjsj",
    "updated": "gxsj",
}
_CODES = dict(zip(STATUSES, ("1", "2", "9"), strict=True))
_FROM_CODES = {code: name for name, code in _CODES.items()}


class _Refusal(Exception):  # noqa: N818 - an answer that ends the handling, not a fault
    def __init__(self, status: int, title: str, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.title = title
        self.headers = headers


def _new_id() -> str:
    return str(UUID(bytes=secrets.token_bytes(16), version=4))


def make_app(
    seed: int,
    now: datetime,
    size: int,
    key: str = DEFAULT_KEY,
    *,
    new_id: Callable[[], str] = _new_id,
) -> Starlette:
    """Make the application; ids are drawn anew each time."""
    store = make_store(seed, now, size, Quota(10**9, 1.0), new_id, second=True)
    api = _Api(store, key)
    app = Starlette()
    app.router.default = _AnyRequest(api.serve)
    return app


class _AnyRequest:
    """Hands every HTTP request to one function."""

    def __init__(self, handle: Callable[[Request], Any]) -> None:
        self._handle = handle

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        response = await self._handle(Request(scope, receive))
        await response(scope, receive, send)


class _Api:
    """One store behind one key."""

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key

    async def serve(self, request: Request) -> Response:
        """Answer one request."""
        ident = secrets.token_urlsafe(9)
        try:
            said = await self._dispatch(request)
        except _Refusal as refusal:
            body = {"title": refusal.title, "status": refusal.status, "request_id": ident}
            content = json.dumps(body, ensure_ascii=False).encode()
            headers = {"Content-Type": "application/problem+json", **refusal.headers}
            said = Response(content, refusal.status, headers)
        said.headers["X-Trace-No"] = ident
        return said

    async def _dispatch(self, request: Request) -> Response:
        path = request.scope["path"]
        if path == f"{BASE}/api-docs":
            _demand(request, "GET", "HEAD")
            return _json(200, make_document(), {"Cache-Control": "no-cache"})
        place, _, ident = path.removeprefix(f"{BASE}/").partition("/")
        if not path.startswith(f"{BASE}/") or place not in ("stations", "station"):
            raise _Refusal(404, "没有这个接口")
        if request.headers.get("x-api-key") != self._key:
            raise _Refusal(401, "密钥无效")
        if place == "stations" and not ident:
            _demand(request, "GET", "HEAD")
            return self._list(request)
        if place == "station" and not ident:
            _demand(request, "POST")
            return self._create(request.headers, await _body(request))
        if place != "station":
            raise _Refusal(404, "没有这个接口")
        _demand(request, "GET", "HEAD", "PUT", "DELETE")
        kept = self._kept(ident)
        if request.method == "PUT":
            return self._update(ident, kept, request.headers, await _body(request))
        if request.method == "DELETE":
            del self._store.kept[ident]
            return Response(status_code=204)
        return _one(kept, request.headers)

    def _kept(self, ident: str) -> Kept:
        try:
            UUID(ident)
        except ValueError:
            raise _Refusal(400, "站点编号格式不对") from None
        if ident not in self._store.kept:
            raise _Refusal(404, "站点不存在")
        return self._store.kept[ident]

    def _list(self, request: Request) -> Response:
        number = _whole(request.query_params.get("pageNo", "1"), "pageNo")
        size = min(_whole(request.query_params.get("pageSize", "10"), "pageSize"), 50)
        ids = self._store.ids()
        shown = ids[(number - 1) * size : number * size]
        rows = [_to_wire(self._store.kept[each].record) for each in shown]
        headers = {"Cache-Control": "no-store"}
        if number * size < len(ids):
            following = f"{BASE}/stations?pageSize={size}&pageNo={number + 1}"
            headers["Link"] = f'<{BASE}/stations>; rel=first, <{following}>; title="a, b"; rel=next'
        return _json(200, {"data": {"rows": rows, "count": len(ids)}}, headers)

    def _create(self, headers: Mapping[str, str], body: bytes) -> Response:
        record = _record(headers, body)
        digest = hashlib.sha256(body).hexdigest()
        key = headers.get("x-dedup-key")
        if key is not None and key in self._store.keys:
            first, known = self._store.keys[key]
            if first != digest:
                raise _Refusal(409, "同一去重键的请求体不同")
            return _json(200, {"data": _to_wire(self._store.kept[known].record)})
        ident = self._store.create(record)
        if key is not None:
            self._store.keys[key] = (digest, ident)
        return _json(201, {"data": _to_wire(self._store.kept[ident].record)})

    def _update(self, ident: str, kept: Kept, headers: Mapping[str, str], body: bytes) -> Response:
        held = headers.get("if-match")
        if held is not None and held != etag_of(kept):
            raise _Refusal(412, "站点已被修改")
        strange = sorted(set(_object(body)) - set(_WIRE.values()))
        if strange:
            raise _Refusal(400, f"未知字段 {strange[0][:40]}")
        self._store.update(ident, _record(headers, body))
        return Response(status_code=204, headers={"ETag": etag_of(self._store.kept[ident])})


def _demand(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise _Refusal(405, "方法不支持", Allow=", ".join(methods))


async def _body(request: Request) -> bytes:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _LARGEST_BODY:
            raise _Refusal(413, "请求体过大")
    return raw


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(body, ensure_ascii=False).encode()
    kind = "application/json;charset=UTF-8"
    return Response(content, status, {"Content-Type": kind, **(headers or {})})


def _one(kept: Kept, headers: Mapping[str, str]) -> Response:
    given = {
        "ETag": etag_of(kept),
        "Last-Modified": http_time(kept.changed),
        "Cache-Control": "private, max-age=0, must-revalidate",
    }
    if headers.get("if-none-match") == given["ETag"]:
        return Response(status_code=304, headers=given)
    return _json(200, {"data": _to_wire(kept.record)}, given)


def _to_wire(record: Record) -> Record:
    """Give a record under the vendor's names, what it lacks as null."""
    row: Record = {wire: record.get(name) for name, wire in _WIRE.items()}
    row["zt"] = _CODES[record["status"]]
    for wire in ("cjsj", "gxsj"):
        moment = datetime.fromisoformat(row[wire]).astimezone(UTC)
        row[wire] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return row


def _object(body: bytes) -> Record:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise _Refusal(400, "请求体不是 JSON") from None
    if not isinstance(found, dict):
        raise _Refusal(400, "请求体不是 JSON 对象")
    return found


def _record(headers: Mapping[str, str], body: bytes) -> Record:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise _Refusal(415, "只支持 application/json")
    given = _object(body)
    record = {name: given[wire] for name, wire in _WIRE.items() if given.get(wire) is not None}
    if not set(REQUIRED) <= record.keys() or record["status"] not in _FROM_CODES:
        raise _Refusal(422, "字段缺失或取值不对")
    return record | {"status": _FROM_CODES[record["status"]]}


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
        raise _Refusal(400, f"参数 {name} 无效")
    return int(text)
