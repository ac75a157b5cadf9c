"""A second conforming event API: POST only, an envelope, batches, another signature."""

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cqsc_conform.reference.events_messages import batched, prefixed
from cqsc_conform.reference.events_sender import Manner
from cqsc_conform.reference.events_store import Store

Found = dict[str, Any] | None

_ROOT = "/gateway/api/v2"


def make_app(scale: float, secret: str) -> Starlette:
    """Make the application; it asks no receiver for its consent."""
    manner = Manner(write=batched, asks=False, needs_consent=False)
    store = Store(manner, prefixed, secret, scale, batches=True)

    def subscribe(said: dict[str, Any]) -> Found:
        sink = str(said.get("callbackUrl", ""))
        return {"dyid": store.subscribe(sink)} if sink.startswith("http") else None

    def unsubscribe(said: dict[str, Any]) -> Found:
        return {} if store.unsubscribe(str(said.get("dyid"))) else None

    def create(said: dict[str, Any]) -> Found:
        name = said.get("name")
        return store.create(name) if isinstance(name, str) else None

    def read(said: dict[str, Any]) -> Found:
        return store.records.get(str(said.get("id")))

    def remove(said: dict[str, Any]) -> Found:
        return {} if store.remove(str(said.get("id"))) else None

    served = {
        "subscription/add": subscribe,
        "subscription/cancel": unsubscribe,
        "record/add": create,
        "record/info": read,
        "record/delete": remove,
    }

    def route(path: str, act: Callable[[dict[str, Any]], Found]) -> Route:
        async def serve(request: Request) -> Response:
            try:
                said = await request.json()
            except ValueError:
                said = None
            found = act(said) if isinstance(said, dict) else None
            if found is None:
                return JSONResponse({"code": 400, "msg": "参数错误", "data": None})
            return JSONResponse({"code": 200, "msg": "成功", "data": found})

        return Route(f"{_ROOT}/{path}", serve, methods=["POST"])

    return Starlette(routes=[route(path, act) for path, act in served.items()])
