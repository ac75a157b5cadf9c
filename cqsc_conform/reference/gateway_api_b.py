"""A second conforming gateway in another style: POST only, HTTP 200 throughout, SM3.

Every parameter that has a value, in the query or at the top of the JSON body, is sorted, joined
with the secret and digested with SM3, and the result signed as HMAC-SM3.  The signature and its
elements stand in the query.  Times are 北京时间 without offset; audit ids come back in the body.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives import hashes, hmac
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

__all__ = ["make_app"]

_BEIJING = timezone(timedelta(hours=8))
_SECRETS = {
    "ywxt-0001": "second-gateway-secret",
    "ywxt-0002": "second-metered-secret",
    "ywxt-0003": None,
}
_WINDOW = timedelta(minutes=10)
_MOST_NONCES = 50_000
_QUOTA = 8
_LARGEST = 1000
_OWN = ("appKey", "reqTime", "nonceStr", "sign")
_PATHS = ("/api/open/v3/bj/query", "/api/open/v3/bm/query")

Pairs = list[tuple[str, str]]


def _clock() -> datetime:
    return datetime.now(UTC)


class _Refusal(Exception):  # noqa: N818 - an answer that ends the handling, not a fault
    def __init__(self, code: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.headers = headers


class _Gateway:
    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._used: dict[str, datetime] = {}
        self._calls = 0
        self._closed_until: datetime | None = None

    def admit(self, path: str, query: Pairs, body: dict[str, Any] | None) -> int:
        """Let a call through and say how many rows it wants, or raise why not."""
        if body is None:
            raise _Refusal("A0002")
        told, now = dict(query), self._clock()
        if len(told) != len(query) or any(not told.get(name) for name in _OWN):
            raise _Refusal("A0001")
        secret = _SECRETS.get(told["appKey"])
        if secret is None or not _timely(told["reqTime"], now):
            raise _Refusal("A0001")
        if _signature(secret, path, query, body) != told["sign"]:
            raise _Refusal("A0001")
        self._spend(told["appKey"] + told["nonceStr"], now)
        if told["appKey"] == "ywxt-0002":
            self._count(now)
        size = str(told.get("pageSize", body.get("pageSize", 10)))
        if not (size.isascii() and size.isdigit() and 0 < int(size[:9]) < _LARGEST):
            raise _Refusal("A0002")
        return int(size)

    def _spend(self, mark: str, now: datetime) -> None:
        self._used = {m: t for m, t in self._used.items() if now - t <= 2 * _WINDOW}
        if mark in self._used or len(self._used) >= _MOST_NONCES:
            raise _Refusal("A0001")
        self._used[mark] = now

    def _count(self, now: datetime) -> None:
        if self._closed_until is not None and now >= self._closed_until:
            self._closed_until, self._calls = None, 0
        self._calls += 1
        if self._calls > _QUOTA:
            self._closed_until = self._closed_until or now + timedelta(seconds=1)
            raise _Refusal("B0002", {"Retry-After": "1"})


def _members(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _timely(text: str, now: datetime) -> bool:
    try:
        sent = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=_BEIJING)
    except ValueError:
        return False
    return abs(now - sent) <= _WINDOW


def _signature(secret: str, path: str, query: Pairs, body: dict[str, Any]) -> str:
    plain = [(name, _text(v)) for name, v in body.items() if not isinstance(v, dict | list)]
    pairs = sorted(pair for pair in (*query, *plain) if pair[0] != "sign" and pair[1])
    text = path + "?" + "&".join(f"{name}={value}" for name, value in pairs)
    running = hmac.HMAC(secret.encode(), hashes.SM3())
    running.update(text.encode())
    return running.finalize().hex().upper()


def _text(value: Any) -> str:  # noqa: ANN401 - JSON is any
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def make_app(*, clock: Callable[[], datetime] = _clock) -> Starlette:
    """Make the application; it keeps nothing outside itself."""
    gateway = _Gateway(clock)

    async def serve(request: Request) -> Response:
        path = request.url.path
        query = parse_qsl(request.url.query, keep_blank_values=True)
        body = _members(await request.body())
        audit = "" if body is None else str(body.get("lsh", ""))
        try:
            size = gateway.admit(path, query, body)
        except _Refusal as refusal:
            words = {"A0001": "鉴权未通过", "A0002": "参数错误", "B0002": "调用次数超限"}
            return _said(refusal.code, words[refusal.code], None, audit, refusal.headers)
        kind = "办件" if path == _PATHS[0] else "部门"
        rows = [{"bh": f"{n:04}", "mc": f"{kind}{n}"} for n in range(1, 41)]
        return _said("00000", "成功", {"total": len(rows), "rows": rows[:size]}, audit)

    return Starlette(routes=[Route(path, serve, methods=["POST"]) for path in _PATHS])


def _said(
    code: str,
    words: str,
    data: dict[str, Any] | None,
    audit: str,
    headers: dict[str, str] | None = None,
) -> Response:
    return JSONResponse({"code": code, "msg": words, "lsh": audit, "data": data}, headers=headers)
