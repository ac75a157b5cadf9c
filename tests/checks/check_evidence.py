"""Evidence for checks, made from JSON: what a target said, as the engine hands it to a check."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from cqsc_conform.catalog.library import Library
from cqsc_conform.checks import registered
from cqsc_conform.checks.registry import Replies, Table
from cqsc_conform.formats.reading import On, Reply
from cqsc_conform.model.evidence import Body, Exchange, HttpRequest, HttpResponse
from cqsc_conform.model.operation import Operation, OutcomeMap
from cqsc_conform.model.profile import CheckUse, Profile
from cqsc_conform.model.verdict import Verdict
from cqsc_conform.resources import profiles_root

NOW = "2026-06-01T04:00:00.000Z"

ENTRY: dict[str, Any] = {
    "id": "e1",
    "code": "306003001/000012",
    "title": "低保对象信息",
    "provider": "重庆市民政局",
    "provider_code": "91350100M000100Y43",
    "abstract": "合成数据",
    "format": "数据库",
    "items": [{"name": "xm", "title": "姓名", "type": "string"}, {"name": "rs", "type": "integer"}],
    "share_type": "无条件共享",
    "share_mode": "接口",
    "open_type": "不予开放",
    "update_period": "每日",
    "published": "2025-03-01",
    "updated": "2026-06-01T08:00:00+08:00",
    "related": [],
    "region": "500103",
    "service": "/datasets/e1/records",
}
DETAIL_ONLY = ("items", "abstract", "service")


@cache
def profile() -> Profile:
    return Library.open().profile("di-catalog")


def tables() -> dict[str, Table]:
    return {
        path.stem: Table(path.stem, path.read_text("utf-8"))
        for path in (profiles_root() / "tables").glob("*.csv")
    }


def reply(
    body: Any,
    operation: str = "catalog.get",
    *,
    place: str = "probe/step.1",
    status: int = 200,
    params: Mapping[str, str] | None = None,
    sent_at: str = NOW,
    mapped: Operation | None = None,
    outcome: OutcomeMap | None = None,
    timezone: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    on: On = "mapped",
) -> Reply:
    """Give a reply; ``body`` is JSON, or bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    exchange = Exchange(
        id=place,
        operation=operation,
        endpoint="api",
        identity="default",
        request=HttpRequest("GET", "/somewhere"),
        response=HttpResponse(status, headers=headers, body=Body.of(data)),
        sent_at=sent_at,
        took_ms=12.5,
        params=dict(params or {}),
    )
    at = mapped or profile().operations.get(operation, Operation())
    return Reply(exchange, at, outcome or OutcomeMap(), "utf-8", on, timezone)


def entry(**changes: Any) -> dict[str, Any]:
    """Give a good entry with changes; ``...`` leaves an element out."""
    return {key: value for key, value in {**ENTRY, **changes}.items() if value is not ...}


def detail(asked: str = "e1", **changes: Any) -> Reply:
    body = entry(**{"id": asked, **changes})
    return reply(body, place=f"catalog.details[1]/detail.{asked}", params={"id": asked})


def page(
    items: list[Any],
    number: int = 1,
    *,
    total: Any = None,
    size: int = 10,
    operation: str = "catalog.list",
    probe: str = "catalog.walk",
    **more: Any,
) -> Reply:
    """Give a page of a listing; without ``total`` it declares how many items it holds."""
    body = {"total": len(items) if total is None else total, "items": items}
    if total is ...:
        del body["total"]
    return reply(
        more.pop("body", body),
        operation,
        place=f"{probe}/pages.{number}",
        params={"page": str(number), "page_size": str(size), **more.pop("params", {})},
        **more,
    )


def walk(
    items: list[Any], size: int = 10, *, total: Any = None, probe: str = "catalog.walk", **more: Any
) -> Replies:
    """Give a whole walk, with the empty page that ends it."""
    declared = len(items) if total is None else total
    cuts = [items[at : at + size] for at in range(0, len(items), size)]
    return tuple(
        page(cut, number, total=declared, size=size, probe=probe, **more)
        for number, cut in enumerate([*cuts, []], 1)
    )


def listed(*entries: dict[str, Any]) -> Replies:
    """Give entries as a list shows them, in one page."""
    short = [{k: v for k, v in each.items() if k not in DETAIL_ONLY} for each in entries]
    return (page(short),)


def use_of(requirement: str) -> CheckUse:
    found = next(each for each in profile().requirements if each.id == requirement)
    assert found.check is not None
    return found.check


def judge(requirement: str, **roles: Any) -> Verdict | None:
    """Call a requirement's check with the parameters that the profile gives it."""
    return call(use_of(requirement), **roles)


def call(use: CheckUse, **roles: Any) -> Verdict | None:
    given: dict[str, Any] = dict(use.with_)
    given |= {name: tables()[table] for name, table in use.tables.items()}
    return registered()[use.check].function(**roles, **given)


def run(check: str, /, **given: Any) -> Verdict | None:
    return registered()[check].function(**given)
