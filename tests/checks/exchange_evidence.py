"""Evidence for the checks of di-exchange: walks over records, changes, exports, writings."""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import check_evidence
import msgspec

from cqsc_conform.catalog.library import Library
from cqsc_conform.checks import registered
from cqsc_conform.checks.registry import Replies
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.evidence import Body, HttpRequest
from cqsc_conform.model.profile import CheckUse, Profile, Requirement

MOST = 50
RECORD: dict[str, Any] = {
    "id": "r00",
    "name": "渝中区登记",
    "region": "500103",
    "uscc": "91350100M000100Y43",
    "industry": "C3911",
    "sex": "1",
    "citizen_id": "440524188001010014",
    "longitude": 106.562883,
    "latitude": 29.556742,
    "amount": 12.3,
    "amount_unit": "CNY",
    "count": 7,
    "status": "有效",
    "created": "2026-03-01T08:00:00+08:00",
    "updated": "2026-04-01T08:00:00+08:00",
}


@cache
def profile() -> Profile:
    return Library.open().profile("di-exchange")


def requirement(number: str) -> Requirement:
    return next(each for each in profile().requirements if each.id == f"DI-EXCHANGE-{number}")


def record(at: int = 0, **changes: Any) -> dict[str, Any]:
    """Give record number ``at``; ``...`` leaves an element out."""
    made = {**RECORD, "id": f"r{at:02d}", "updated": f"2026-04-{at + 1:02d}T08:00:00+08:00"}
    return {key: value for key, value in {**made, **changes}.items() if value is not ...}


ROWS = [record(n) for n in range(12)]


def reply(
    body: Any,
    operation: str = "records.list",
    *,
    place: str = "exchange.walk/pages.1",
    **more: Any,
) -> Reply:
    mapped = more.pop("mapped", profile().operations[operation])
    return check_evidence.reply(body, operation, place=place, mapped=mapped, **more)


def walk(
    rows: list[Any],
    size: int = 5,
    *,
    total: Any = None,
    at: str = "exchange.walk/pages",
    operation: str = "records.list",
    params: Mapping[str, str] | None = None,
    most: int = 999,
    more: Mapping[str, Any] | None = None,
) -> Replies:
    """Give a walk by cursor, at most ``most`` pages of it."""
    cuts = [rows[n : n + size] for n in range(0, len(rows), size)] or [[]]
    pages = []
    for number, cut in enumerate(cuts[:most], 1):
        following = f"c{number}-{size}" if number < len(cuts) else None
        body = {"total": len(rows) if total is None else total, "items": cut, "next": following}
        body |= more or {}
        given = {"page_size": str(size), **(params or {})}
        pages.append(reply(body, operation, place=f"{at}.{number}", params=given))
    return tuple(pages)


def small(rows: list[Any] | None = None, size: int = 3) -> Replies:
    return walk(ROWS if rows is None else rows, size, at="exchange.walk-small/pages")


def ones(rows: list[Any] | None = None) -> Replies:
    return walk(ROWS if rows is None else rows, 1, at="exchange.walk-ones/pages", most=5)


def changes_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": e["id"], "change": "upsert", "at": e["updated"], "record": e} for e in rows]


def deletion(ident: str, at: str = "2026-05-01T08:00:00+08:00") -> dict[str, Any]:
    return {"id": ident, "change": "delete", "at": at}


def window(rows: list[Any], name: str = "window", since: str = "2000-01-01T00:00:00Z") -> Replies:
    return walk(
        rows,
        20,
        at=f"exchange.changes/{name}",
        operation="records.changes",
        params={"since": since},
        more={"until": "2026-06-01T00:00:00Z"},
    )


def export(rows: list[Any], *, digest: str | None = None, data: bytes | None = None) -> Reply:
    """Give an export with its digest; ``digest`` replaces the field, empty leaves it out."""
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in rows) if data is None else data
    true = base64.b64encode(hashlib.sha256(lines).digest()).decode()
    field = f"sha-256=:{true}:" if digest is None else digest
    headers = (("Repr-Digest", field),) if field else ()
    return reply(lines, "records.export", place="exchange.export/file.1", headers=headers)


def created(fields: Mapping[str, Any], body: Any = None, *, name: str = "created") -> Reply:
    """Give the answer to a creation that sent ``fields``."""
    given = {**fields, "id": "new"} if body is None else body
    said = reply(given, "records.create", place=f"exchange.written/{name}.1", status=201)
    sent = HttpRequest("POST", "/records", body=Body.of(json.dumps(fields).encode()))
    said.exchange = msgspec.structs.replace(said.exchange, request=sent)
    return said


def call(use: CheckUse, **roles: Any) -> Any:
    given: dict[str, Any] = {
        key: MOST if value == "{ixit.max_page_size}" else value for key, value in use.with_.items()
    }
    given |= {name: check_evidence.tables()[table] for name, table in use.tables.items()}
    return registered()[use.check].function(**roles, **given)


def judge(number: str, **roles: Any) -> tuple[str, str] | None:
    """Say what a requirement's check says of evidence: outcome and code."""
    use = requirement(number).check
    assert use is not None
    verdict = call(use, **roles)
    return None if verdict is None else (verdict.outcome.value, verdict.code.partition(".")[2])
