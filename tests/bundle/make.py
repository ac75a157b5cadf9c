"""Tiny bundles to test on."""

import itertools
from pathlib import Path

from cqsc_conform.bundle.commit import evidence_root
from cqsc_conform.bundle.journal import JOURNAL, JournalWriter
from cqsc_conform.bundle.segments import SegmentWriter
from cqsc_conform.formats.canonical import digest
from cqsc_conform.model.codec import encode_readable, to_builtins
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
from cqsc_conform.model.journal import (
    Drawn,
    Entry,
    Expanded,
    Footer,
    Header,
    Intent,
    Kept,
    Note,
    ProbeFinished,
    ProbeStarted,
    SubjectSeen,
)
from cqsc_conform.model.operation import OutcomeMap
from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.plan import Kit, Plan, ReachedTarget
from cqsc_conform.model.target import Limits, Maker, Subject
from cqsc_conform.model.verdict import Verdicts

AT = "2026-01-02T03:04:05.678Z"


class Counted:
    """Entropy that counts, so that every run of a test is the same."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def bytes(self, count: int) -> bytes:
        return next(self._numbers).to_bytes(count, "big")


def exchange(number: int = 1, *, body: bytes = '{"名称":"渝"}'.encode()) -> Exchange:
    return Exchange(
        id=f"catalog.walk/pages.{number}",
        operation="list",
        endpoint="api",
        identity="default",
        request=HttpRequest(
            method="GET",
            target=f"/catalog?page={number}",
            headers=(("Host", "127.0.0.1"), ("Authorization", "Bearer ****")),
        ),
        response=HttpResponse(
            status=200,
            reason="OK",
            headers=(
                ("Content-Type", "application/json"),
                ("Set-Cookie", "a=1"),
                ("set-cookie", "b=2"),
            ),
            body=Body.of(body),
        ),
        sent_at=AT,
        took_ms=12.5,
        first_byte_ms=3.25,
        params={"page": str(number)},
        facts={"body_digest": "ab", "bytes": len(body)},
        redactions=(Redaction("request.headers.1", 7, 4, "default.token", "00ff"),),
    )


def received() -> Received:
    return Received(
        id="hook.call/hear.1",
        request=HttpRequest("POST", "/hook", (("X-Id", "1"),), Body.of(b"\xff\x00")),
        received_at=AT,
        answered=204,
    )


def quiet() -> Quiet:
    return Quiet(id="hook.call/hear.2", since=AT, seconds=3.0)


def handshake() -> TlsHandshake:
    return TlsHandshake(
        id="transport.versions/old.1",
        endpoint="api",
        offer="tls1.0",
        asked=Offered(("TLS 1.0",), "127.0.0.1", ("TLS_RSA_WITH_AES_128_CBC_SHA",)),
        result="accepted",
        at=AT,
        took_ms=1.5,
        version="TLS 1.0",
        suite="TLS_RSA_WITH_AES_128_CBC_SHA",
        alert="close_notify",
        chain=(b"\x30\x00", b"\xff"),
        verified="ok",
        facts={"retry": True},
    )


def unobserved() -> Unobserved:
    return Unobserved(
        id="catalog.item[2]/get.1",
        code="http.reset",
        blame=Blame.TARGET,
        at=AT,
        args={"after": (1, 2.5, "x", None, True)},
        request=HttpRequest("GET", "/catalog/2"),
        partial=HttpResponse(200, trailers=(("X-Sum", "1"),), body=Body.of(b"ab", cut="reset")),
    )


def some_evidence() -> tuple[Evidence, ...]:
    return exchange(1), exchange(2), received(), quiet(), unobserved()


def header() -> Header:
    kit = Kit(name="cqsc-conform", version="0.0.0")
    return Header(
        schema="cqsc-journal/1", run="r-1", kit=kit, plan_digest=digest(to_builtins(plan())), at=AT
    )


def run_folder(folder: Path, evidence: tuple[Evidence, ...], *, max_bytes: int = 1500) -> Path:
    """Write the journal and evidence of a small complete run."""
    folder.mkdir(parents=True, exist_ok=True)
    kept: list[Kept] = []
    with (
        JournalWriter(folder / JOURNAL) as journal,
        SegmentWriter(folder, Counted(), max_bytes) as segments,
    ):
        journal.append(header())
        for entry in opening():
            journal.append(entry)
        for each in evidence:
            kept.append(segments.keep(each, 1))
            journal.append(kept[-1])
        journal.append(ProbeFinished("catalog.walk", 1, 1, len(kept), AT))
        root = evidence_root([each.commitment for each in kept])
        journal.append(Footer("complete", AT, len(kept), len(kept), root))
    return folder


def opening() -> tuple[Entry, ...]:
    return (
        SubjectSeen("start", "version_endpoint", "1.0", AT),
        ProbeStarted("catalog.walk", 1, 1, AT),
        Expanded("catalog.walk", "items", 1, 20, 3, AT),
        Drawn("catalog.walk", "entry", 1, {"id": "7"}),
        Intent("catalog.item[2]/get.1", 1, AT),
        Note("engine.slow", AT, {"seconds": 3}),
    )


def plan() -> Plan:
    subject = Subject(maker=Maker(name="示例公司"), name="catalogue")
    target = ReachedTarget(
        digest="sha256:" + "1" * 64,
        subject=subject,
        data_class="synthetic",
        network_zone="互联网",
        endpoints={"api": "http://127.0.0.1:8080/base"},
        operations={},
        outcome=OutcomeMap(),
        charset="utf-8",
        timezone=None,
        identities={},
        ics={},
        ixit={},
        limits=Limits(),
    )
    return Plan(
        schema="cqsc-plan/1",
        kit=Kit(name="cqsc-conform", version="0.0.0"),
        target=target,
        profiles=(),
        items=(),
        probes=(),
        materials=(),
        seed=0,
        level=1,
        repeat=1,
        consent=(),
        include_draft=False,
        max_requests=10,
    )


def write_rest(folder: Path) -> Path:
    """Write the files beside journal and evidence that sealing asks for, and a few more."""
    verdicts = Verdicts(
        schema="cqsc-verdicts/1", plan_digest=digest(to_builtins(plan())), complete=True, rows=()
    )
    files = {
        "plan.json": encode_readable(plan()),
        "verdicts.json": encode_readable(verdicts),
        "profiles/tiny.json": b"{}\n",
        "tables/regions": "渝".encode(),
        "schemas/entry": b'{"type":"object"}',
        "statements/plan.dsse.json": b"{}",
    }
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return folder


def finished(folder: Path, evidence: tuple[Evidence, ...] | None = None) -> Path:
    """Make the folder of a small finished run, not sealed yet."""
    return write_rest(run_folder(folder, some_evidence() if evidence is None else evidence))
