"""What the conforming core API answers, as a function of its store and the request."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from cqsc_conform.reference.core_store import (
    ELEMENTS,
    REQUIRED,
    STATUSES,
    Kept,
    Record,
    Store,
    etag_of,
    http_time,
)

API_VERSION = "1.4.0"
DEPRECATED = ("@1764547200", "Thu, 31 Dec 2099 16:00:00 GMT")
JSON, PROBLEM = "application/json", "application/problem+json"
_LARGEST_PAGE = 100
_LIST_PARAMETERS = frozenset({"limit", "cursor"})
_TITLES = {
    400: "invalid request",
    401: "unauthorized",
    404: "not found",
    405: "method not allowed",
    406: "not acceptable",
    412: "precondition failed",
    415: "unsupported media type",
    422: "invalid content",
    428: "precondition required",
    429: "too many requests",
}
ALLOWED = {
    "document": ("GET", "HEAD"),
    "list": ("GET", "HEAD", "POST"),
    "record": ("GET", "HEAD", "PUT", "DELETE"),
    "old_list": ("GET", "HEAD"),
}


@dataclass(frozen=True)
class Asked:
    """A request: which resource, by whom (`known`, or `limited` besides), and what it carries.

    `place` is one of `ALLOWED`, or empty for a path of nothing; header names are in small letters.
    """

    place: str
    method: str
    ident: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    known: bool = True
    limited: bool = False

    @property
    def operation(self) -> str:
        """Name what is asked for."""
        if self.place == "list" and self.method == "POST":
            return "create"
        if self.place == "record" and self.method in ("PUT", "DELETE"):
            return {"PUT": "update", "DELETE": "delete"}[self.method]
        return self.place


@dataclass(frozen=True)
class Said:
    """An answer: `body` is JSON, bytes as they are, or None for no body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = JSON

    def having(self, **headers: str | None) -> "Said":
        """Set header fields, `_` for `-` in their names; None takes one away."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {k: v for k, v in self.headers.items() if k not in changed}
        return replace(self, headers=kept | {k: v for k, v in changed.items() if v is not None})

    def with_body(self, **members: Any) -> "Said":  # noqa: ANN401 - JSON is any
        """Replace members of the body."""
        return replace(self, body=self.body | members)


class Refused(Exception):  # noqa: N818 - an answer that ends the handling, not a fault
    """Ends the handling of a request with a refusal."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail
        self.headers = headers


Reading = Callable[[Asked], Record]
"""Takes a record from a request, or refuses it."""


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Said:
    """Refuse in the words of RFC 9457; the request id is put in when it is sent."""
    body = {"type": "about:blank", "title": _TITLES[status], "status": status, "detail": detail}
    return Said(status, body, dict(headers or {}), PROBLEM)


def answer(store: Store, asked: Asked, document: Mapping[str, Any]) -> Said:
    """Answer one request as the document says."""
    try:
        said = _answer(store, asked, document)
    except Refused as refusal:
        said = problem(refusal.status, refusal.detail, refusal.headers)
    return finished(asked, said)


def finished(asked: Asked, said: Said) -> Said:
    """Add what every answer carries: the API's version, and the trace that was asked with."""
    if "traceparent" in asked.headers:
        parts = asked.headers["traceparent"].split("-")
        if len(parts) == 4:
            said = said.having(traceresponse=f"00-{parts[1]}-00f067aa0ba902b8-01")
    return said.having(API_Version=API_VERSION)


def _answer(store: Store, asked: Asked, document: Mapping[str, Any]) -> Said:
    admit(store, asked, ALLOWED)
    match asked.operation:
        case "document":
            return described(document)
        case "list" | "old_list":
            return _listing(store, asked)
        case "create":
            return create(store, asked)
        case "update":
            return update(store, asked)
        case "delete":
            del store.kept[found(store, asked)]
            return Said(204)
    return one(store.kept[found(store, asked)], asked)


def described(document: Mapping[str, Any]) -> Said:
    """Give the API's document, which everybody may keep for an hour."""
    return Said(200, document, {"Cache-Control": "public, max-age=3600"})


def admit(store: Store, asked: Asked, allowed: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse what is not there, strangers, who asks too often, and methods and types not had.

    `allowed` gives the methods of each place; the document is for everybody.
    """
    if not asked.place:
        raise Refused(404, "there is nothing at this path")
    if asked.place == "document" and asked.method in allowed["document"]:
        return
    if not asked.known:
        raise Refused(401, "send the bearer token", **{"WWW-Authenticate": "Bearer"})
    if asked.limited and not store.quota.admits(store.clock()):
        seconds = str(max(1, round(store.quota.seconds)))
        raise Refused(429, "the quota is used up", **{"Retry-After": seconds})
    if asked.method not in allowed[asked.place]:
        raise Refused(
            405, "see Allow for what this resource does", Allow=", ".join(allowed[asked.place])
        )
    _demand_acceptable(asked)


def _demand_acceptable(asked: Asked) -> None:
    wanted = [
        part.partition(";")[0].strip() for part in asked.headers.get("accept", "*/*").split(",")
    ]
    if not {"*/*", "application/*", JSON} & set(wanted):
        raise Refused(406, "this API has application/json")


def found(store: Store, asked: Asked) -> str:
    """Give the id that was asked for; refuses one of no record."""
    if asked.ident not in store.kept:
        raise Refused(404, "there is no such record")
    return asked.ident


def one(kept: Kept, asked: Asked) -> Said:
    """Give one record with its validators, or tell that the caller's copy is still true."""
    etag = etag_of(kept)
    headers = {
        "ETag": etag,
        "Last-Modified": http_time(kept.changed),
        "Cache-Control": "private, no-cache",
    }
    held = [part.strip() for part in asked.headers.get("if-none-match", "").split(",")]
    if etag in held or "*" in held:
        return Said(304, None, headers)
    return Said(200, kept.record, headers)


def _listing(store: Store, asked: Asked) -> Said:
    strange = sorted(set(asked.query) - _LIST_PARAMETERS)
    if strange:
        raise Refused(400, f"unknown parameter {strange[0][:40]}")
    size = _whole(asked.query.get("limit", "20"), "limit", least=1)
    start = _whole(asked.query.get("cursor", "0"), "cursor", least=0)
    size = min(size, _LARGEST_PAGE)
    ids = store.ids()
    after = start + size
    following = str(after) if after < len(ids) else None
    body = {
        "total": len(ids),
        "items": [store.kept[each].record for each in ids[start:after]],
        "next": following,
    }
    headers = {"Cache-Control": "private, no-cache"}
    path = "/v0/records" if asked.place == "old_list" else "/records"
    if following is not None:
        headers["Link"] = f'<{path}?limit={size}&cursor={quote(following)}>; rel="next"'
    if asked.place == "old_list":
        headers |= {"Deprecation": DEPRECATED[0], "Sunset": DEPRECATED[1]}
    return Said(200, body, headers)


def _whole(text: str, name: str, *, least: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):
        raise Refused(400, f"{name} is a whole number from {least}")
    return int(text)


def create(store: Store, asked: Asked, read: Reading | None = None) -> Said:
    """Keep a new record, once under an idempotency key; `read` takes it from the request."""
    record = (read or read_record)(asked)
    digest = hashlib.sha256(asked.body).hexdigest()
    key = asked.headers.get("idempotency-key")
    if key is not None and key in store.keys:
        first, ident = store.keys[key]
        if first != digest:
            raise Refused(422, "the idempotency key was used with another body")
        if ident in store.kept:
            return _created(store, ident)
    ident = store.create(record)
    if key is not None:
        store.keys[key] = (digest, ident)
    return _created(store, ident)


def _created(store: Store, ident: str) -> Said:
    kept = store.kept[ident]
    headers = {"Location": f"/records/{ident}", "ETag": etag_of(kept)}
    return Said(201, kept.record, headers)


def update(store: Store, asked: Asked, read: Reading | None = None) -> Said:
    """Replace a record whose ETag the caller knows; `read` takes it from the request."""
    ident = found(store, asked)
    held = asked.headers.get("if-match")
    if held is None:
        raise Refused(428, "send If-Match")
    if held not in ("*", etag_of(store.kept[ident])):
        raise Refused(412, "the record was changed meanwhile")
    store.update(ident, (read or read_record)(asked))
    kept = store.kept[ident]
    return Said(200, kept.record, {"ETag": etag_of(kept)})


def read_object(asked: Asked) -> Record:
    """Read a body that is a JSON object; refuses all others."""
    if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused(415, "send application/json")
    try:
        body = json.loads(asked.body)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "the body is no JSON object")
    return body


def read_record(asked: Asked) -> Record:
    """Read the elements of a record; what is not declared is left out."""
    body = read_object(asked)
    record = {name: body[name] for name in ELEMENTS if body.get(name) is not None}
    for name in REQUIRED:
        if name not in record:
            raise Refused(422, f"{name} is missing")
    number = int | float
    kinds: dict[str, Any] = {"amount": number, "count": int}
    for name, value in record.items():
        if not isinstance(value, kinds.get(name, str)) or isinstance(value, bool):
            raise Refused(422, f"{name} is of another type")
    if record["status"] not in STATUSES:
        raise Refused(422, "status is none of the declared ones")
    return record
