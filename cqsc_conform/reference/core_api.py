"""The conforming core API in the default form, or one mutant of it."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from hmac import compare_digest
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cqsc_conform.reference.core_answers import Asked, Said, answer
from cqsc_conform.reference.core_document import make_document
from cqsc_conform.reference.core_store import Quota, Store, counting_ids, make_store
from cqsc_conform.reference.mutants.core import CoreMutant, mutant_of

DEFAULT_SIZE = 23
DEFAULT_TOKEN = "reference-token"
LIMITED_TOKEN = "reference-limited-token"
LARGEST_BODY = 64 * 1024
QUOTA, QUOTA_SECONDS = 3, 1.0
PLACES = {
    "/openapi.json": "document",
    "/records": "list",
    "/records/{id}": "record",
    "/v0/records": "old_list",
}
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
Answering = Callable[[Store, Asked, Mapping[str, Any]], Said]
"""Answers one request from a store, with the API's document at hand."""


def make_app(
    mutant: str | None, seed: int, now: datetime, size: int, token: str = DEFAULT_TOKEN
) -> Starlette:
    """Make the application; it keeps nothing outside itself.

    `mutant` names one of `MUTANTS`, or None for the conforming API; an unknown name raises
    KeyError. `now` carries an offset; times of the data that it begins with are before it.
    """
    broken = mutant_of(mutant)
    store = make_store(seed, now, size, Quota(QUOTA, QUOTA_SECONDS), counting_ids(1))
    broken.data(store)
    api = Api(store, broken, token, broken.document(make_document()))

    async def refused(request: Request, _: Exception) -> Response:
        return await api.serve(request)

    return Starlette(routes=api.routes(), exception_handlers={HTTPException: refused})


class Api:
    """The API of one store; its routes can stand beside those of others.

    `places` names what is at each path, and `answering` answers for it.
    """

    def __init__(
        self,
        store: Store,
        broken: CoreMutant,
        token: str,
        document: Mapping[str, Any],
        places: Mapping[str, str] = PLACES,
        answering: Answering = answer,
    ) -> None:
        self._store = store
        self._broken = broken
        self._tokens = {token: "default", LIMITED_TOKEN: "limited"}
        self._document = document
        self._places = places
        self._answering = answering

    def routes(self) -> list[BaseRoute]:
        """Give a route for each path; each refuses the methods that it does not have."""
        return [Route(path, self.serve, methods=_METHODS) for path in self._places]

    async def serve(self, request: Request) -> Response:
        """Answer one request."""
        asked = self._broken.asked(await self._read(request))
        said = self._answering(self._store, asked, self._document)
        said = self._broken.answer(self._store, asked, said)
        return _response(asked, said, self._broken)

    async def _read(self, request: Request) -> Asked:
        raw = b""
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > LARGEST_BODY:
                break
        route = request.scope.get("route")
        path = route.path if isinstance(route, Route) else ""
        credential = request.headers.get("authorization", "")
        who = next(
            (
                name
                for token, name in self._tokens.items()
                if compare_digest(credential.encode(), f"Bearer {token}".encode())
            ),
            None,
        )
        return Asked(
            place=self._places.get(path, ""),
            method=request.method,
            ident=request.path_params.get("id", ""),
            query=dict(request.query_params),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=raw[: LARGEST_BODY + 1],
            known=who is not None,
            limited=who == "limited",
        )


def _response(asked: Asked, said: Said, broken: CoreMutant) -> Response:
    ident = secrets.token_hex(8)
    headers = {**said.headers, "X-Request-Id": ident}
    body = said.body
    if isinstance(body, dict) and "title" in body and said.status >= 400:
        body = body | {"request_id": ident}
    said = broken.sent(asked, replace(said, headers=headers, body=body))
    if said.body is None:
        return Response(status_code=said.status, headers=dict(said.headers))
    content = (
        said.body
        if isinstance(said.body, bytes)
        else json.dumps(said.body, ensure_ascii=False).encode()
    )
    return Response(content, said.status, {"Content-Type": said.kind, **said.headers})
