"""Evidence for the sample report, one piece of every kind, and the means to bend it."""

import msgspec
import report_samples as samples

from cqsc_conform.model.evidence import (
    Body,
    Evidence,
    Exchange,
    HttpRequest,
    HttpResponse,
    Offered,
    Quiet,
    Received,
    Redaction,
    TlsHandshake,
    Unobserved,
)
from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.report import Report

Given = dict[str, tuple[Evidence, ...]]

JSON = '{"items":[{"id":"A-7","n":1.00,"n":2},{"id":"A-8"}],"token":"************"}'
SENT = HttpRequest(
    method="GET",
    target="/entries?page=1",
    headers=(("Host", "127.0.0.1"), ("Authorization", "Bearer ********")),
)
CAME = HttpResponse(
    status=200,
    reason="OK",
    headers=(("Content-Type", "application/json"),),
    body=Body.of(JSON.encode()),
)


def exchange(id_: str, **changes: object) -> Exchange:
    made = Exchange(
        id=id_,
        operation="list",
        endpoint="api",
        identity="reader",
        request=SENT,
        response=CAME,
        sent_at="2026-01-02T03:04:05.100Z",
        took_ms=12.5,
        params={"page": "1"},
        facts={"sent_credentials": "bearer"},
        redactions=(
            Redaction("request.headers.1", 7, 8, "authorization", "aa"),
            Redaction("response.body", JSON.index("*"), 12, "token", "bb"),
        ),
    )
    return msgspec.structs.replace(made, **changes)


def answering(body: Body, content_type: str = "text/plain") -> Exchange:
    response = HttpResponse(status=200, headers=(("Content-Type", content_type),), body=body)
    return exchange("catalogue/pages.1", response=response, redactions=())


def evidence() -> Given:
    ids = [f"catalogue[size={n}]/pages.{n}" for n in range(1, 4)]
    return {
        **{id_: (exchange(id_),) for id_ in ids},
        "catalogue/pages.1": (exchange("catalogue/pages.1"),),
        "catalogue[size=4]/pages.4": (
            Received("catalogue[size=4]/pages.4", SENT, "2026-01-02T03:04:06Z", 204),
        ),
        "catalogue[size=5]/pages.5": (
            Quiet("catalogue[size=5]/pages.5", "2026-01-02T03:04:06Z", 2.5),
        ),
        "denied/reply.1": (
            Unobserved(
                "denied/reply.1",
                "http.closed",
                Blame.TARGET,
                "2026-01-02T03:04:07Z",
                args={"bytes": 17},
                request=SENT,
                partial=HttpResponse(status=200, body=Body(text="half", size=4, cut="short")),
            ),
        ),
    }


def hostile_evidence(hostile: str) -> Given:
    """Put a string wherever a target could put one."""
    body = Body.of(hostile.encode("utf-8", "replace"), coding=hostile)
    body = msgspec.structs.replace(body, cut=hostile)
    fields = ((hostile, hostile), ("Content-Type", f"text/html; charset={hostile}"))
    asked = HttpRequest(method=hostile, target=hostile, headers=fields, body=body)
    came = HttpResponse(status=599, reason=hostile, version=hostile, headers=fields, body=body,
                        interim=3, trailers=fields)  # fmt: skip
    gone = (Redaction("response.body", 0, 3, hostile, hostile),
            Redaction(hostile, -5, 1 << 40, hostile, hostile))  # fmt: skip
    seen = exchange(hostile, operation=hostile, endpoint=hostile, identity=hostile, request=asked,
                    response=came, sent_at=hostile, params={hostile: hostile},
                    facts={hostile: hostile}, redactions=gone)  # fmt: skip
    unseen = Unobserved(hostile, hostile, Blame.KIT, hostile, hostile, hostile, hostile,
                        {hostile: hostile}, asked, came, {hostile: hostile}, 1.0, gone)  # fmt: skip
    received = Received(hostile, asked, hostile, 200, {hostile: hostile}, gone)
    shaken = TlsHandshake(hostile, hostile, hostile, Offered((hostile,), hostile, (hostile,)),
                          "accepted", hostile, 1.0, hostile, hostile, hostile, (b"x",), hostile,
                          {hostile: hostile})  # fmt: skip
    return {hostile: (seen, unseen, received, Quiet(hostile, hostile, 1.0), shaken)}


def large_report(rows: int) -> Report:
    """Repeat the sample's requirements."""
    report = samples.report()
    many = tuple(
        msgspec.structs.replace(report.requirements[at % 9], id=f"DI-{at:05d}")
        for at in range(rows)
    )
    return msgspec.structs.replace(report, requirements=many)
