"""The conforming sharing gateway, or one mutant of it: HMAC-SHA256, nonces, issued secrets.

It signs method, path, sorted query, body digest, application id, timestamp (ms) and nonce.
Refusals are HTTP 401 with a business code, limits HTTP 429 with Retry-After.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cqsc_conform.reference.gateway_rules import PATHS, App, Call, Gate, Refusal, Rules
from cqsc_conform.reference.mutants.gateway import rules_of

DEFAULT_APP_KEY = "reference-app-key"
DEFAULT_METERED = "reference-metered-secret"
DEFAULT_REVOKED = "reference-revoked-secret"
_HEADERS = {
    "app_id": "x-app-id",
    "timestamp": "x-timestamp",
    "nonce": "x-nonce",
    "signature": "x-signature",
}
_LARGEST_PAGE = 100
_LARGEST_BODY = 64 * 1024
_ROWS = {
    "/gateway/records": [{"id": f"R{n:03}", "name": f"办件{n}"} for n in range(1, 31)],
    "/gateway/departments": [{"id": f"D{n:02}", "name": f"部门{n}"} for n in range(1, 13)],
}


def _clock() -> datetime:
    return datetime.now(UTC)


def make_app(mutant: str | None, *, clock: Callable[[], datetime] = _clock) -> Starlette:
    """Make the application; an unknown mutant raises KeyError."""
    rules = rules_of(mutant)
    gate = Gate(
        {
            "reference-app": App(DEFAULT_APP_KEY),
            "reference-metered": App("", {DEFAULT_METERED: None}, metered=True),
            "reference-revoked": App("", {DEFAULT_REVOKED: None}, revoked=True),
        },
        rules,
        clock,
    )

    async def serve(request: Request) -> Response:
        call = await _call(request)
        refusal = gate.refusal(call)
        if refusal is not None:
            return _refused(refusal, rules, request)
        size = await _size(request)
        rows = _ROWS.get(call.path, _ROWS["/gateway/records"])
        body = {"code": "0", "message": "success", "total": len(rows), "items": rows[:size]}
        return JSONResponse(body, headers=_traced(request, rules, granted=True))

    async def issue(request: Request) -> Response:
        told = dict(parse_qsl((await request.body())[:_LARGEST_BODY].decode("latin-1")))
        secret = gate.renew(told.get("app_id", ""), told)
        if secret is None:
            return JSONResponse({"code": "40101", "message": "signature not accepted"}, 401)
        return JSONResponse({"code": "0", "message": "success", "secret": secret})

    return Starlette(
        routes=[
            Route("/gateway/token", issue, methods=["POST"]),
            *(Route(path, serve, methods=["GET", "POST"]) for path in PATHS),
        ]
    )


async def _call(request: Request) -> Call:
    told = {name: request.headers.get(header, "") for name, header in _HEADERS.items()}
    return Call(
        method=request.method,
        path=request.scope["raw_path"].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        body=(await request.body())[:_LARGEST_BODY],
        told=told,
        digest=request.headers.get("x-body-sha256", ""),
        traced="x-request-id" in request.headers,
    )


async def _size(request: Request) -> int:
    text: Any = request.query_params.get("page_size", "20")
    if request.method == "POST":
        text = (await request.json()).get("page_size", 20)
    return min(int(text), _LARGEST_PAGE) if str(text).isdigit() else 20


def _refused(refusal: Refusal, rules: Rules, request: Request) -> Response:
    headers = _traced(request, rules, granted=False)
    if refusal.why == "limited":
        if refusal.retry_after is not None:
            headers["Retry-After"] = str(refusal.retry_after)
        return JSONResponse({"code": "42901", "message": "quota used up"}, 429, headers)
    code = rules.unsigned_code if refusal.why == "unsigned" else "40101"
    words = "signature not accepted"
    if refusal.why == "unknown":
        code, words = rules.unknown_code, rules.unknown_words
    body = {"code": code, "message": words, "expected": refusal.shown}
    return JSONResponse({name: value for name, value in body.items() if value}, 401, headers)


def _traced(request: Request, rules: Rules, *, granted: bool) -> dict[str, str]:
    audit = request.headers.get("x-request-id")
    back = rules.audit == "always" or (granted and rules.audit == "granted")
    return {"X-Request-Id": audit} if audit and back else {}
