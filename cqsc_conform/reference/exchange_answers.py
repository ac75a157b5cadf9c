"""What the conforming record API answers, as a function of its store and the question."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from cqsc_conform.reference.exchange_data import SCHEMA, Record
from cqsc_conform.reference.exchange_store import Store

LARGEST_PAGE = 50
_SORTS = ("id", "-id", "updated", "-updated")
_FILTERS = ("region", "status", "industry")
_LIST_TAKES = frozenset(
    {"limit", "cursor", "sort", "fields", "updated_from", "updated_before", *_FILTERS}
)
_NEEDED = ("name", "region")
_OWN = frozenset({"id", "created", "updated"})


@dataclass(frozen=True)
class Asked:
    """A question: the operation and what came with it."""

    operation: str
    id: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    key: str = ""


@dataclass(frozen=True)
class Answer:
    """An HTTP status, a JSON body (or bytes as they are), and header fields."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"


@dataclass(frozen=True)
class World:
    """What a reference answers from: its records, and the key that seals cursors."""

    store: Store
    seal: bytes


class Refusal(Exception):  # noqa: N818 - an answer that ends the handling, not a fault
    """A refusal under way: its status and what is wrong."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def answer(world: World, asked: Asked) -> Answer:
    """Answer one question as the specification says."""
    try:
        return _ANSWERS[asked.operation](world, asked)
    except Refusal as refusal:
        return problem(refusal.status, refusal.detail)


def problem(status: int, detail: str) -> Answer:
    """Say what is wrong, in the members of RFC 9457."""
    body = {"type": "about:blank", "title": "refused", "status": status, "detail": detail}
    return Answer(status, body, kind="application/problem+json")


# --- lists ---------------------------------------------------------------------------------------


def chosen(records: Iterable[Record], query: Mapping[str, str]) -> list[Record]:
    """Give the records that a query filters for, in the order that it wants."""
    first, before = _bound(query, "updated_from"), _bound(query, "updated_before")
    found = [
        each
        for each in records
        if all(each.get(name) == query[name] for name in _FILTERS if name in query)
        and (first is None or _moment(each["updated"]) >= first)
        and (before is None or _moment(each["updated"]) < before)
    ]
    return sorted(found, key=place_of(query), reverse=_descends(query))


def place_of(query: Mapping[str, str]) -> Callable[[Record], tuple[str, str]]:
    """Give what places a record in the order: no two records have the same place."""
    name = _sort(query).lstrip("-")
    if name == "id":
        return lambda each: ("", each["id"])
    return lambda each: (_instant(each[name]), each["id"])


def _instant(text: str) -> str:
    return _moment(text).astimezone(UTC).isoformat(timespec="microseconds")


def _sort(query: Mapping[str, str]) -> str:
    wanted = query.get("sort", "id")
    if wanted not in _SORTS:
        raise Refusal(400, f"sort is one of {', '.join(_SORTS)}")
    return wanted


def _descends(query: Mapping[str, str]) -> bool:
    return _sort(query).startswith("-")


def _bound(query: Mapping[str, str], name: str) -> datetime | None:
    return moment(query[name]) if name in query else None


def moment(text: str) -> datetime:
    """Read a time with its offset; refuses anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(400, "a time is written 2026-01-01T08:00:00+08:00") from None
    if found.tzinfo is None:
        raise Refusal(400, "a time gives its offset")
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def limit_of(query: Mapping[str, str]) -> int:
    """Read the page size, clamped to the largest one."""
    text = query.get("limit", "20")
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
        raise Refusal(400, "limit is a whole number from 1")
    return min(int(text), LARGEST_PAGE)


def bound_to(asked: Asked) -> str:
    """Name what a cursor belongs to: the operation and all of its query but page and cursor."""
    rest = {name: text for name, text in asked.query.items() if name not in {"limit", "cursor"}}
    return f"{asked.operation}?{urlencode(sorted(rest.items()))}"


def make_cursor(world: World, place: list[str], bound: str) -> str:
    """Give the sealed cursor of a place."""
    told = json.dumps(place).encode()
    seal = hmac.digest(world.seal, told + bound.encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(seal + told).decode().rstrip("=")


def read_cursor(world: World, cursor: str, bound: str) -> list[str]:
    """Give the place of a cursor; refuses one that this query did not get from here."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Refusal(400, "no cursor of this list") from None
    seal, told = raw[:16], raw[16:]
    if not hmac.compare_digest(seal, hmac.digest(world.seal, told + bound.encode(), "sha256")[:16]):
        raise Refusal(400, "no cursor of this list")
    place: list[str] = json.loads(told)
    return place


def _list(world: World, asked: Asked) -> Answer:
    unknown = asked.query.keys() - _LIST_TAKES
    if unknown:
        raise Refusal(400, f"no parameter {min(unknown)}")
    return page(world, asked, chosen(world.store.records.values(), asked.query))


def page(world: World, asked: Asked, found: list[Record]) -> Answer:
    """Cut a page: what comes after the cursor's place, whatever came or went meanwhile."""
    query, size, place = asked.query, limit_of(asked.query), place_of(asked.query)
    rest = found
    if "cursor" in query:
        after = tuple(read_cursor(world, query["cursor"], bound_to(asked)))
        rest = [
            each
            for each in found
            if (place(each) < after if _descends(query) else place(each) > after)
        ]
    cut = rest[:size]
    following = None
    if len(rest) > size:
        following = make_cursor(world, list(place(cut[-1])), bound_to(asked))
    fields = query["fields"].split(",") if "fields" in query else None
    if fields and set(fields) - SCHEMA["properties"].keys():
        raise Refusal(400, "no such field")
    items = [
        each if fields is None else {k: v for k, v in each.items() if k in fields} for each in cut
    ]
    return Answer(200, {"total": len(found), "items": items, "next": following})


# --- changes and export --------------------------------------------------------------------------


def _changes(world: World, asked: Asked) -> Answer:
    if "since" not in asked.query:
        raise Refusal(400, "since is needed")
    since, size = moment(asked.query["since"]), limit_of(asked.query)
    return window(
        world, asked, [e for e in world.store.changes() if _moment(e["at"]) >= since], size
    )


def window(world: World, asked: Asked, found: list[Record], size: int) -> Answer:
    """Cut a page of a window of changes, whose end is settled with its first page."""
    until, after = world.store.now(), None
    if "cursor" in asked.query:
        until, at, ident = read_cursor(world, asked.query["cursor"], bound_to(asked))
        after = (_moment(at), ident)
    rest = [
        each
        for each in found
        if _moment(each["at"]) < _moment(until)
        and (after is None or (_moment(each["at"]), each["id"]) > after)
    ]
    cut, following = rest[:size], None
    if len(rest) > size:
        place = [until, cut[-1]["at"], cut[-1]["id"]]
        following = make_cursor(world, place, bound_to(asked))
    return Answer(200, {"items": cut, "next": following, "until": until})


def lines(records: Iterable[Record]) -> bytes:
    """Write records as lines of JSON."""
    return b"".join(json.dumps(e, ensure_ascii=False).encode() + b"\n" for e in records)


def digest_of(data: bytes) -> str:
    """Write the digest of a representation (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def export(records: Iterable[Record]) -> Answer:
    """Give records as a file with its digest."""
    data = lines(records)
    return Answer(200, data, {"Repr-Digest": digest_of(data)}, "application/x-ndjson")


def _export(world: World, _: Asked) -> Answer:
    return export(chosen(world.store.records.values(), {}))


# --- single records ------------------------------------------------------------------------------


def _get(world: World, asked: Asked) -> Answer:
    record = world.store.records.get(asked.id)
    if record is None:
        raise Refusal(404, "no such record")
    return Answer(200, record)


def fields_of(asked: Asked) -> Record:
    """Give what a body asks to keep; refuses what no record holds."""
    if not isinstance(asked.body, dict):
        raise Refusal(400, "the body is a JSON object")
    unknown = asked.body.keys() - (SCHEMA["properties"].keys() - _OWN)
    if unknown or any(not asked.body.get(name) for name in _NEEDED):
        raise Refusal(422, "a record has name and region, and no members of its own")
    return dict(asked.body)


def _create(world: World, asked: Asked) -> Answer:
    fields = fields_of(asked)
    if asked.key and not world.store.same_request(asked.key, fields):
        raise Refusal(422, "this key was used for another record")
    record = world.store.create(fields, asked.key)
    return Answer(201, record, {"Location": f"/records/{record['id']}"})


def _delete(world: World, asked: Asked) -> Answer:
    if not world.store.delete(asked.id):
        raise Refusal(404, "no such record")
    return Answer(204)


_ANSWERS: Mapping[str, Callable[[World, Asked], Answer]] = {
    "records.list": _list,
    "records.get": _get,
    "records.create": _create,
    "records.delete": _delete,
    "records.changes": _changes,
    "records.export": _export,
    "records.schema": lambda _, __: Answer(200, SCHEMA, kind="application/schema+json"),
}
