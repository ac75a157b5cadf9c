"""A request as a line for curl: a shell reads back exactly what was sent, and no secret."""

import shlex
from typing import Any

import pytest

from cqsc_conform.model.evidence import Body, Exchange, HttpRequest, HttpResponse, Redaction
from cqsc_conform.reports.curl import MOST, curl_line


def exchange(target: str = "/a?b=1", method: str = "GET", **more: Any) -> Exchange:
    headers = more.pop("headers", (("Host", "127.0.0.1:8080"), ("Accept", "application/json")))
    body = more.pop("body", None)
    return Exchange(
        id="p/s.1", operation="o", endpoint="api", identity="default",
        request=HttpRequest(method=method, target=target, headers=headers, body=body),
        response=HttpResponse(status=500), sent_at="2026-01-01T00:00:00Z", took_ms=1.0, **more,
    )  # fmt: skip


def words(seen: Exchange) -> list[str]:
    line = curl_line(seen)
    assert line is not None
    return shlex.split(line)


@pytest.mark.parametrize(
    "target", ["/a?b=1", "/a'b", "/a b", "/%00?x=$HOME`id`", '/"q"', "/;rm -rf", "/../x", "/中文"]
)
def test_a_shell_reads_the_address_back(target):
    assert words(exchange(target))[-1] == f"http://127.0.0.1:8080{target}"


def test_method_headers_and_body_are_written():
    body = Body.of(b'{"a": "it\'s $1"}')
    found = words(exchange("/x", "POST", body=body))
    assert found[:5] == ["curl", "-i", "--path-as-is", "-X", "POST"]
    assert found[found.index("-H") + 1] == "Accept: application/json"
    assert found[found.index("--data-binary") + 1] == '{"a": "it\'s $1"}'
    assert "Host" not in " ".join(found)
    assert "--head" in words(exchange(method="HEAD"))


def test_tls_is_seen_by_its_facts():
    assert words(exchange(facts={"tls_key_sha256": "ab"}))[-1].startswith("https://")


def test_what_was_removed_is_left_to_a_variable():
    headers = (("Host", "h"), ("Authorization", "Bearer ******"))
    gone = Redaction(part="request.headers.1", at=7, length=6, name="token", digest="d")
    line = curl_line(exchange(headers=headers, redactions=(gone,)))
    assert line is not None
    assert '"Authorization: Bearer $SECRET"' in line


@pytest.mark.parametrize(
    "seen",
    [
        exchange(body=Body.of(bytes(range(256)) * 4)),
        exchange("/" + "x" * MOST),
        exchange(headers=()),
        exchange("*", "OPTIONS"),
        exchange("/x", "POST", body=Body.of(b"a", cut="cap")),
    ],
)
def test_what_no_shell_can_say_is_not_said(seen):
    assert curl_line(seen) is None
