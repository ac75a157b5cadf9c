"""The conforming record API in the default form, or one mutant of it."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cqsc_conform.reference.exchange_answers import Answer, Asked, World, answer, problem
from cqsc_conform.reference.exchange_data import BEIJING, make_records
from cqsc_conform.reference.exchange_store import Gone
from cqsc_conform.reference.mutants.exchange import mutant_of

__all__ = ["DEFAULT_SIZE", "DEFAULT_TOKEN", "make_app", "routes"]

DEFAULT_SIZE = 60
DEFAULT_TOKEN = "reference-token"
_LARGEST_BODY = 64 * 1024
# The order matters: /records/{id} would take the others for ids.
_ROUTES = (
    ("GET", "/records/changes", "records.changes"),
    ("GET", "/records/export", "records.export"),
    ("GET", "/records/schema", "records.schema"),
    ("GET", "/records", "records.list"),
    ("POST", "/records", "records.create"),
    ("GET", "/records/{id}", "records.get"),
    ("DELETE", "/records/{id}", "records.delete"),
)


def _clock() -> datetime:
    return datetime.now(UTC)


def make_app(
    mutant: str | None,
    seed: int,
    now: datetime,
    size: int,
    token: str = DEFAULT_TOKEN,
    *,
    clock: Callable[[], datetime] = _clock,
) -> Starlette:
    """Make the application; it keeps nothing outside itself.

    `mutant` names one of `MUTANTS`, or None for the conforming API; an unknown name raises
    KeyError. `now` carries an offset; all times in the data are before it.
    """
    return Starlette(
        routes=routes(mutant, seed, now, size, token, clock=clock),
        exception_handlers={HTTPException: _refused},
    )


def routes(
    mutant: str | None,
    seed: int,
    now: datetime,
    size: int,
    token: str = DEFAULT_TOKEN,
    *,
    clock: Callable[[], datetime] = _clock,
) -> list[Route]:
    """Make the routes alone, for an application that serves other interfaces too."""
    broken = mutant_of(mutant)
    gone = tuple(
        Gone(f"f{n:015x}", (now - timedelta(days=4 + n)).astimezone(BEIJING).isoformat())
        for n in range(3)
    )
    made = broken.data(make_records(seed, now, size))
    store = broken.store(made, gone, clock, lambda number: f"0{number:015x}")
    world = World(store, hashlib.sha256(f"seal {seed}".encode()).digest())

    def serve(operation: str) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            credential = request.headers.get("authorization", "")
            if not compare_digest(credential.encode(), f"Bearer {token}".encode()):
                refused = problem(401, "send the bearer token")
                return _response(refused, {"WWW-Authenticate": 'Bearer realm="records"'})
            asked = await _asked(request, operation)
            if isinstance(asked, Answer):
                return _response(asked)
            return _response(broken.answer(world, asked, answer))

        return handle

    return [Route(path, serve(name), methods=[method]) for method, path, name in _ROUTES]


async def _asked(request: Request, operation: str) -> Asked | Answer:
    raw = await request.body()
    if len(raw) > _LARGEST_BODY:
        return problem(413, "the body is too large")
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        return problem(400, "the body is no JSON")
    return Asked(
        operation,
        request.path_params.get("id", ""),
        dict(request.query_params),
        body,
        request.headers.get("idempotency-key", ""),
    )


def _response(said: Answer, headers: dict[str, str] | None = None) -> Response:
    body = said.body
    if body is None:
        data = b""
    else:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Response(data, said.status, {**said.headers, **(headers or {})}, said.kind)


async def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "internal error"
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return _response(problem(status, detail), headers)
