"""The conforming event API in the default form, or one mutant of it."""

from hmac import compare_digest
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cqsc_conform.reference.events_messages import stamped
from cqsc_conform.reference.events_store import MOST, Store
from cqsc_conform.reference.mutants.events import mutant_of

DEFAULT_SECRET = "reference-secret"

_PROBLEM = "application/problem+json"
_ROUTES = {
    "/subscriptions": ["POST"],
    "/subscriptions/{id}": ["DELETE"],
    "/records": ["POST"],
    "/records/{id}": ["GET", "DELETE"],
}


def make_app(
    mutant: str | None, scale: float, token: str, secret: str = DEFAULT_SECRET
) -> Starlette:
    """Make the application; an unknown mutant raises KeyError.

    `scale` is how long a nominal second of waits and retries is.
    """
    store = Store(mutant_of(mutant).manner, stamped, secret, scale)

    async def serve(request: Request) -> Response:
        shown = request.headers.get("authorization", "").encode()
        if not compare_digest(shown, f"Bearer {token}".encode()):
            return _problem(401, "send the bearer token")
        ident = request.path_params.get("id", "")
        path = request.scope["route"].path
        if request.method == "POST":
            act = _subscribe if path == "/subscriptions" else _create
            return act(store, await _body(request))
        if request.method == "DELETE":
            known = (store.unsubscribe if "subscriptions" in path else store.remove)(ident)
            return Response(status_code=204) if known else _problem(404, "not found")
        record = store.records.get(ident)
        return _problem(404, "not found") if record is None else JSONResponse(record)

    return Starlette(routes=[Route(path, serve, methods=how) for path, how in _ROUTES.items()])


def _subscribe(store: Store, said: dict[str, Any]) -> Response:
    sink = said.get("sink")
    if not isinstance(sink, str) or not sink.startswith(("http://", "https://")):
        return _problem(400, "sink is an http address")
    if len(store.subscriptions) >= MOST:
        return _problem(429, "too many subscriptions")
    return JSONResponse({"id": store.subscribe(sink), "sink": sink}, 201)


def _create(store: Store, said: dict[str, Any]) -> Response:
    name = said.get("name")
    if not isinstance(name, str) or not name:
        return _problem(400, "name is a text")
    record = store.create(name)
    return JSONResponse(record, 201, {"Location": f"/records/{record['id']}"})


async def _body(request: Request) -> dict[str, Any]:
    try:
        said = await request.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _problem(status: int, detail: str) -> Response:
    return JSONResponse({"status": status, "title": detail}, status, None, _PROBLEM)
