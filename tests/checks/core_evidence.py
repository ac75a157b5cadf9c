"""Evidence for the checks of di-core: exchanges as they would stand in a bundle."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from cqsc_conform.catalog.library import Library
from cqsc_conform.checks import registered
from cqsc_conform.formats.payload import compile_schema
from cqsc_conform.formats.reading import On, Reply
from cqsc_conform.model.evidence import Body, Exchange, HttpRequest, HttpResponse
from cqsc_conform.model.operation import Operation, OutcomeMap
from cqsc_conform.model.profile import CheckUse, Profile
from cqsc_conform.model.verdict import Verdict

SENT = "2026-06-01T04:00:00.000Z"
JSON = {"Content-Type": "application/json"}
PROBLEM = {"Content-Type": "application/problem+json", "X-Request-Id": "q1"}


@cache
def library() -> Library:
    return Library.open()


@cache
def profile() -> Profile:
    return library().profile("di-core")


@cache
def schema(name: str) -> Any:
    return compile_schema(library().payload_schema(name))


def reply(
    body: Any = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] = JSON,
    method: str = "GET",
    target: str = "/records",
    sent: Any = None,
    asked: Mapping[str, str] | None = None,
    operation: str = "records.get",
    step: str = "step",
    sent_at: str = SENT,
    on: On = "wire",
    outcome: OutcomeMap | None = None,
    facts: Mapping[str, Any] | None = None,
    timezone: str | None = None,
) -> Reply:
    """Give a reply; a body is JSON, or bytes as they are, or None for none."""
    data = body if isinstance(body, bytes) else b"" if body is None else _json(body)
    request = HttpRequest(
        method, target, tuple((asked or {}).items()), None if sent is None else Body.of(_json(sent))
    )
    exchange = Exchange(
        id=f"probe/{step}.1",
        operation=operation,
        endpoint="api",
        identity="default",
        request=request,
        response=HttpResponse(status, headers=tuple(headers.items()), body=Body.of(data)),
        sent_at=sent_at,
        took_ms=10.0,
        facts=dict(facts or {}),
    )
    at = profile().operations.get(operation, Operation())
    return Reply(exchange, at, outcome or OutcomeMap(), "utf-8", on, timezone)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def use_of(requirement: str) -> CheckUse:
    found = next(each for each in profile().requirements if each.id == requirement)
    assert found.check is not None
    return found.check


def call(use: CheckUse, **roles: Any) -> Verdict | None:
    """Call a check as the profile uses it; roles are tuples of replies, or one reply."""
    ixit = {f"{{ixit.{name}}}": each.default for name, each in profile().ixit.items()}
    given: dict[str, Any] = {
        key: ixit.get(value, value) if isinstance(value, str) else value
        for key, value in use.with_.items()
    }
    given |= {name: schema(each) for name, each in use.schemas.items()}
    rows = {
        name: each if isinstance(each, tuple) or kind == "one" else (each,)
        for name, each in roles.items()
        for kind in [next(r.kind for r in registered()[use.check].roles if r.name == name)]
    }
    return registered()[use.check].function(**rows, **given)


def judge(number: str, **roles: Any) -> tuple[str, str]:
    """Give outcome and code of DI-CORE-number, the area left out."""
    verdict = call(use_of(f"DI-CORE-{number}"), **roles)
    assert verdict is not None
    assert verdict.cites
    return verdict.outcome.value, verdict.code.partition(".")[2]
