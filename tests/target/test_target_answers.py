"""What the doctor makes of odd answers, without a wire."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from target_bench import PROFILE

from cqsc_conform.engine.doctor import MOST_REQUESTS, Diagnosis, examine
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Body, Exchange, HttpRequest, HttpResponse, Unobserved
from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.target import Endpoint, Identity, Maker, Signed, Subject, Target

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
TARGET = Target(
    schema="cqsc-target/1",
    subject=Subject(maker=Maker(name="m"), name="n"),
    endpoints={"api": Endpoint(url="http://127.0.0.1:1")},
)
DATE = ("Date", "Mon, 01 Jun 2026 12:00:00 GMT")
SIGNED = Identity(use=Signed(app_id="a", secret="env:S", preset="gateway-hmac-sha256"))


def diagnose(
    body: bytes, status: int = 200, *headers: tuple[str, str], target: Target = TARGET
) -> tuple[Diagnosis, list[Ask]]:
    asked: list[Ask] = []

    def perform(ask: Ask) -> Exchange:
        asked.append(ask)
        return Exchange(
            id=ask.id, operation=ask.operation, endpoint=ask.endpoint, identity=ask.identity,
            request=HttpRequest(ask.method, ask.target), sent_at="", took_ms=1.0,
            response=HttpResponse(status, headers=headers or (DATE,), body=Body.of(body)),
        )  # fmt: skip

    return examine(target, PROFILE.operations, perform, lambda: NOW, "unknown"), asked


def codes(found: Diagnosis) -> dict[str, str]:
    return {each.code.removeprefix("target.doctor_"): each.level for each in found.findings}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"<html>login</html>", 200, "html"),
        (b"not json", 200, "not_json"),
        ('{"items": [{"title": "信息资源目录"}]}'.encode("gb18030"), 200, "charset"),
        (b"", 302, "redirect"),
        (b"{}", 401, "denied"),
        (b"{}", 404, "no_path"),
        (b"{}", 400, "refused"),
        (b"{}", 429, "limited"),
        (b"{}", 503, "broken"),
        (b'{"code": 500, "msg": "no"}', 200, "code_unmapped"),
        (b'{"items": [], "total": 0}', 200, "items_empty"),
        (b'{"items": {}, "total": "7"}', 200, "pointer_type"),
        (b'[{"id": "1"}]', 200, "pointer_missing_better"),
        (b"null", 200, "pointer_missing"),
    ],
)
def test_odd_answers_are_named(body: bytes, status: int, code: str) -> None:
    found, asked = diagnose(body, status)
    assert code in codes(found)
    assert not found.unreachable
    assert len(asked) <= MOST_REQUESTS


def test_only_what_changes_nothing_is_asked() -> None:
    entry: dict[str, Any] = {"id": "1", "title": "t"}
    body = json.dumps({"items": [entry], "total": 1, "fields": []} | entry).encode()
    _, asked = diagnose(body)
    assert len(asked) == MOST_REQUESTS
    assert {ask.method for ask in asked} == {"GET"}
    assert {ask.identity for ask in asked} == {"default"}


@pytest.mark.parametrize(
    ("date", "signed", "code", "level"),
    [
        ("Mon, 01 Jun 2026 12:00:20 GMT", False, "clock_ok", "ok"),
        ("Mon, 01 Jun 2026 11:58:00 GMT", False, "clock", "warning"),
        ("Mon, 01 Jun 2026 12:10:00 GMT", True, "clock_signed", "problem"),
        ("yesterday", False, "no_date", "warning"),
        ("Mon, 01 Jun 2026 12:00:00 -0000", False, "no_date", "warning"),
        ("Mon, 99 Foo 99999999999 99:99:99 GMT", False, "no_date", "warning"),
    ],
)
def test_clocks_are_compared(date: str, signed: bool, code: str, level: str) -> None:
    identities = {"default": SIGNED} if signed else {}
    target = Target(
        schema="cqsc-target/1", subject=TARGET.subject, endpoints=TARGET.endpoints,
        identities=identities,
    )  # fmt: skip
    found, _ = diagnose(b"{}", 200, ("Date", date), target=target)
    assert codes(found)[code] == level


@pytest.mark.parametrize(
    ("declared", "warned"),
    [("utf-8", False), ('"UTF8"', False), ("GBK", True), ("klingon", True), ("", False)],
)
def test_a_declared_charset_is_held_against_the_file(declared: str, warned: bool) -> None:
    kind = ("Content-Type", f"application/json; charset={declared}")
    assert ("charset_declared" in codes(diagnose(b"{}", 200, DATE, kind)[0])) is warned


@pytest.mark.parametrize(
    ("code", "blame", "stage"),
    [
        ("http.name", Blame.NETWORK, "no_name"),
        ("http.refused", Blame.TARGET, "no_port"),
        ("http.connect_timeout", Blame.NETWORK, "no_port"),
        ("http.tls_expired", Blame.TARGET, "no_tls"),
        ("http.speaks_tls", Blame.TARGET, "no_tls"),
        ("http.garbage", Blame.TARGET, "no_http"),
        ("http.secret_missing", Blame.YOU, "no_credential"),
    ],
)
def test_the_stage_that_fails_is_named_once(code: str, blame: Blame, stage: str) -> None:
    def perform(ask: Ask) -> Unobserved:
        return Unobserved(ask.id, code, blame, "", endpoint=ask.endpoint, identity=ask.identity)

    found = examine(TARGET, PROFILE.operations, perform, lambda: NOW, "unknown")
    assert codes(found) == {stage: "problem"}
    assert found.requests == 1
    assert found.unreachable is (blame is not Blame.YOU)


def test_the_targets_words_are_bounded() -> None:
    found, _ = diagnose(json.dumps({"msg": "x" * 10**6, "a" * 10**5: [1]}).encode(), 400)
    for each in found.findings:
        assert all(len(str(value)) < 500 for value in each.args.values())


def test_deep_and_wide_answers_end() -> None:
    deep = b'{"a":' * 60 + b"1" + b"}" * 60
    wide = json.dumps({f"m{n}": {f"k{k}": [] for k in range(100)} for n in range(300)}).encode()
    for body in (deep, wide, b"[" * 10**6):
        found, _ = diagnose(body)
        assert "pointer_missing" in " ".join(codes(found)) or "not_json" in codes(found)
