"""The conforming catalogue API in the default form, or one mutant of it."""

from datetime import datetime
from hmac import compare_digest

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cqsc_conform.reference.catalog_answers import Answer, Asked, answer, problem
from cqsc_conform.reference.data import make_catalogue
from cqsc_conform.reference.mutants.catalog import mutant_of

DEFAULT_SIZE = 23
DEFAULT_TOKEN = "reference-token"
_LARGEST_PAGE = 100
_PATHS = {
    "/catalog/entries": "catalog.list",
    "/catalog/entries/{id}": "catalog.get",
    "/datasets/{id}/schema": "dataset.schema",
    "/datasets/{id}/records": "dataset.records",
    "/responsibilities": "responsibility.list",
}


def make_app(
    mutant: str | None, seed: int, now: datetime, size: int, token: str = DEFAULT_TOKEN
) -> Starlette:
    """Make the application; it keeps nothing outside itself.

    `mutant` names one of `MUTANTS`, or None for the conforming API; an unknown name raises
    KeyError. `now` carries an offset; all times in the data are relative to it.
    """
    broken = mutant_of(mutant)
    catalogue = broken.data(make_catalogue(seed, now, size))

    async def serve(request: Request) -> Response:
        operation = _PATHS[request.scope["route"].path]
        credential = request.headers.get("authorization")
        known = credential is not None and compare_digest(
            credential.encode(), f"Bearer {token}".encode()
        )
        if credential is not None and not known:
            return _unauthorized('Bearer realm="catalog", error="invalid_token"')
        if not known and not operation.startswith("catalog."):
            return _unauthorized('Bearer realm="catalog"')
        asked = _asked(request, operation, known=known)
        return _response(
            asked
            if isinstance(asked, Answer)
            else broken.answer(catalogue, asked, answer(catalogue, asked))
        )

    return Starlette(
        routes=[Route(path, serve, methods=["GET"]) for path in _PATHS],
        exception_handlers={HTTPException: _refused},
    )


def _asked(request: Request, operation: str, *, known: bool) -> Asked | Answer:
    numbers = {}
    for name, usual in (("page", 1), ("page_size", 20)):
        text = request.query_params.get(name, str(usual))
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
            return problem(400, "invalid parameter", f"{name} is a whole number from 1")
        numbers[name] = int(text)
    keyword = request.query_params.get("keyword", "")
    return Asked(
        operation="catalog.search" if keyword and operation == "catalog.list" else operation,
        known=known,
        id=request.path_params.get("id", ""),
        keyword=keyword,
        page=numbers["page"],
        size=min(numbers["page_size"], _LARGEST_PAGE),
    )


def _response(said: Answer, headers: dict[str, str] | None = None) -> Response:
    kind = "application/problem+json" if said.status >= 400 else "application/json"
    return JSONResponse(said.body, said.status, headers, kind)


def _unauthorized(challenge: str) -> Response:
    said = problem(401, "unauthorized", "send the bearer token")
    return _response(said, {"WWW-Authenticate": challenge})


async def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    detail = str(error.detail) if isinstance(error, HTTPException) else "internal error"
    return _response(problem(status, detail, detail), headers)
