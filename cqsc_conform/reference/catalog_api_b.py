"""A second conforming catalogue API in a wholly different style, so that no test fits one only.

POST operations with JSON bodies, HTTP 200 throughout with a business code, vendor element names,
local times without offset (Asia/Shanghai), random ids, offset and cursor paging, signed requests.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cqsc_conform.reference.catalog_answers import find, matching, visible
from cqsc_conform.reference.cursors import Cursors
from cqsc_conform.reference.data import REFUSED, Catalogue, Entry, make_catalogue
from cqsc_conform.reference.pools import POOL_B
from cqsc_conform.reference.signing import DEFAULT_APP_ID, DEFAULT_SECRET, Gate
from cqsc_conform.reference.vendor import entry_in_vendor_words, item_in_vendor_words

__all__ = ["DEFAULT_APP_ID", "DEFAULT_SECRET", "DEFAULT_SIZE", "make_app"]

DEFAULT_SIZE = 41
BASE = "/gateway/api/v2"
_LARGEST_PAGE = 50
_LARGEST_BODY = 64 * 1024
_LIST_OMITS = frozenset({"xxx", "fwdz"})

Rows = dict[str, Any]
Body = Mapping[str, Any]


class _Refusal(Exception):  # noqa: N818 - an answer that ends the handling, not a fault
    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def _new_id() -> str:
    return str(UUID(bytes=secrets.token_bytes(16), version=4))


def _clock() -> datetime:
    return datetime.now(UTC)


def make_app(
    seed: int,
    now: datetime,
    size: int,
    app_id: str = DEFAULT_APP_ID,
    secret: str = DEFAULT_SECRET,
    *,
    clock: Callable[[], datetime] = _clock,
    new_id: Callable[[], str] = _new_id,
) -> Starlette:
    """Make the application; ids and cursors are drawn anew each time.

    `now` is the moment that the data are relative to, `clock` the one that signatures are held to.
    """
    api = _Api(
        make_catalogue(seed, now, size, pool=POOL_B, new_id=new_id),
        Gate(app_id, secret, clock),
        Cursors(secrets.token_bytes(32)),
    )

    async def handle(request: Request) -> Response:
        try:
            data = api.dispatch(request, await _read(request))
        except _Refusal as refusal:
            return _envelope(refusal.code, refusal.message, None)
        return _envelope("200", "成功", data)

    app = Starlette()
    app.router.default = _AnyRequest(handle)
    return app


class _AnyRequest:
    """Hands every HTTP request to one function: this vendor answers all of them with 200."""

    def __init__(self, handle: Callable[[Request], Any]) -> None:
        self._handle = handle

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        response = await self._handle(Request(scope, receive))
        await response(scope, receive, send)


async def _read(request: Request) -> bytes:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _LARGEST_BODY:
            raise _Refusal("413", "请求体过大")
    return raw


def _envelope(code: str, message: str, data: Rows | None) -> Response:
    return JSONResponse({"code": code, "msg": message, "data": data})


@dataclass(frozen=True)
class _Api:
    catalogue: Catalogue
    gate: Gate
    cursors: Cursors

    def dispatch(self, request: Request, raw: bytes) -> Rows:
        path = request.scope["raw_path"].decode("latin-1")
        operation, rest = _operation(path)
        if request.method != "POST":
            raise _Refusal("405", "只支持 POST")
        known = self.gate.admits(request.headers, request.method, path, raw)
        if known is None:
            raise _Refusal("401", "签名无效")
        if not known and not operation.startswith("catalog/"):
            raise _Refusal("401", "未签名")
        body = _parsed(raw)
        match operation:
            case "catalog/query":
                return self._rows(body, self.catalogue.entries)
            case "catalog/search":
                return self._rows(body, matching(self.catalogue.entries, _text(body, "gjz")))
            case "responsibility/list":
                return self._duties(body)
        entry = self._entry(rest or _text(body, "zybh"))
        match operation:
            case "catalog/detail":
                return entry_in_vendor_words(visible(entry, known=known))
            case "dataset/schema":
                fields = self.catalogue.schemas[entry["id"]]
                return {"rows": [item_in_vendor_words(f) for f in fields], "count": len(fields)}
        return self._records(body, entry)

    def _entry(self, ident: str) -> Entry:
        entry = find(self.catalogue, ident)
        if entry is None:
            raise _Refusal("404", "资源不存在")
        return entry

    def _rows(self, body: Body, entries: tuple[Entry, ...] | list[Entry]) -> Rows:
        number = _number(body, "pageNum", 1, least=1)
        size = min(_number(body, "pageSize", 10, least=1), _LARGEST_PAGE)
        page = entries[(number - 1) * size : number * size]
        rows = [
            {k: v for k, v in entry_in_vendor_words(e).items() if k not in _LIST_OMITS}
            for e in page
        ]
        return {"rows": rows, "count": len(entries)}

    def _records(self, body: Body, entry: Entry) -> Rows:
        if entry["share_type"] == REFUSED:
            raise _Refusal("403", "该资源不予共享")
        size = min(_number(body, "pageSize", 10, least=1), _LARGEST_PAGE)
        cursor = body.get("next")
        start = 0 if cursor is None else self.cursors.read(cursor, entry["id"])
        if start is None:
            raise _Refusal("400", "游标无效")
        records = self.catalogue.records[entry["id"]]
        end = start + size
        return {
            "rows": list(records[start:end]),
            "count": len(records),
            "next": self.cursors.make(end, entry["id"]) if end < len(records) else None,
        }

    def _duties(self, body: Body) -> Rows:
        offset = _number(body, "offset", 0, least=0)
        limit = min(_number(body, "limit", 10, least=1), _LARGEST_PAGE)
        rows = [
            {"qdbh": d["id"], "qdmc": d["title"], "tgf": d["provider"], "zybh": d["entry_id"]}
            for d in self.catalogue.duties[offset : offset + limit]
        ]
        return {"rows": rows, "count": len(self.catalogue.duties)}


_OPERATIONS = frozenset(
    {
        "catalog/query",
        "catalog/search",
        "catalog/detail",
        "dataset/schema",
        "dataset/records",
        "responsibility/list",
    }
)


def _operation(path: str) -> tuple[str, str]:
    operation = path.removeprefix(BASE + "/") if path.startswith(BASE + "/") else ""
    if operation in _OPERATIONS:
        return operation, ""
    if operation.startswith("data/"):
        return "data", operation.removeprefix("data/")
    raise _Refusal("404", "接口不存在")


def _parsed(raw: bytes) -> Body:
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise _Refusal("400", "请求体不是 JSON 对象")
    return body


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise _Refusal("400", f"缺少参数 {name}")
    return value


def _number(body: Body, name: str, usual: int, *, least: int) -> int:
    value = body.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 10**9:
        raise _Refusal("400", f"参数 {name} 无效")
    return value
