"""Deliveries of events, made from JSON, as the engine hands them to a check."""

import json
from collections.abc import Mapping
from typing import Any

from checks.check_evidence import reply
from cqsc_conform.checks import registered
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.evidence import Body, HttpRequest, Quiet, Received, Redaction
from cqsc_conform.model.verdict import Verdict

PATH = f"/{'a1' * 16}"
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"


def event(ident: str = "e1", about: str = "r1", **more: Any) -> dict[str, Any]:
    """Give an event; what is None is left out."""
    made = {
        "specversion": "1.0",
        "id": ident,
        "source": "/test",
        "type": "record.created",
        "subject": about,
        "time": "2026-06-01T12:00:00+08:00",
        "sequence": "01",
        "data": {"id": about, "name": "甲"},
    } | more
    return {name: value for name, value in made.items() if value is not None}


def sent(
    body: Any,
    number: int = 1,
    *,
    step: str = "hook",
    media: str = STRUCTURED,
    method: str = "POST",
    target: str = PATH,
    answered: int = 204,
    at: str = "2026-06-01T04:00:01.000Z",
    fields: tuple[tuple[str, str], ...] = (),
    redactions: tuple[Redaction, ...] = (),
    cut: str | None = None,
    **facts: Any,
) -> Received:
    """Give a request that the kit received."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    headers = (("Content-Type", media), *fields) if media else fields
    return Received(
        id=f"p/{step}.{number}",
        request=HttpRequest(method, target, headers, Body.of(data, cut=cut)),
        received_at=at,
        answered=answered,
        facts={"scale": 1.0, "after": float(number), **facts},
        redactions=redactions,
    )


def quiet(step: str = "hook") -> Quiet:
    return Quiet(id=f"p/{step}.1", since="2026-06-01T04:00:00.000Z", seconds=3.0)


def made(ident: str = "r1", *, status: int = 201, **more: Any) -> tuple[Reply, ...]:
    """Give the answer to a change that the kit made."""
    said = {"id": ident, "name": "甲"} | more
    return (reply(said, "events.trigger", place=f"p/{ident}.1", status=status),)


def judged(name: str, params: Mapping[str, Any] | None = None, **roles: Any) -> Verdict:
    """Call a check."""
    verdict = registered()[name].function(**roles, **(params or {}))
    assert isinstance(verdict, Verdict)
    return verdict


def said(verdict: Verdict) -> tuple[str, str]:
    return verdict.outcome.value, verdict.code.removeprefix("events.")
