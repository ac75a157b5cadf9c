"""What is done to a signature on purpose: on the wire, in the facts, and nowhere else."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from cqsc_conform.cli.world import SystemClock
from cqsc_conform.drivers.http_driver import HttpDriver
from cqsc_conform.model.ask import Stimulus
from cqsc_conform.model.codec import encode
from cqsc_conform.model.evidence import Exchange, Unobserved
from cqsc_conform.model.outcome import Blame

from .conftest import Serve, Server, ok
from .test_credentials import TOKEN, ask, opened, preset, sent

SIGNED = {
    "scheme": "signed",
    "app_id": "app-1",
    "secret": "env:TOKEN",
    "preset": "gateway-hmac-sha256-all",
}
PARAMS = SIGNED | {"preset": "gateway-hmac-sm3-params"}


def perform(driver: HttpDriver, number: int = 1, **said: Any) -> Exchange:
    stimulus = {k: said.pop(k) for k in Stimulus.__struct_fields__ if k in said and k != "method"}
    if "of_method" in said:
        stimulus["method"] = said.pop("of_method")
    signing = Stimulus(**stimulus) if stimulus else None
    seen = driver.perform(ask(id=f"p/s.{number}", signing=signing, **said))
    assert isinstance(seen, Exchange), seen
    return seen


def right(server: Server, number: int, **changed: str) -> str:
    """Sign a request as it came, with what is ``changed``."""
    head, _, body = server.requests[number].partition(b"\r\n\r\n")
    method, target, _ = head.decode().split("\r\n")[0].split(" ")
    path, _, query = target.partition("?")
    shown = sent(server, number)
    parts = {
        "method": method,
        "path": path,
        "query": query,
        "body": hashlib.sha256(body).hexdigest(),
        "app": shown.get("X-App-Id", ""),
        "time": shown.get("X-Timestamp", ""),
        "nonce": shown.get("X-Nonce", ""),
    } | changed
    return hmac.new(TOKEN.encode(), "\n".join(parts.values()).encode(), "sha256").hexdigest()


def test_a_request_is_replayed_octet_for_octet(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok(), ok())
    driver = opened(server.url, {"use": SIGNED}, tmp_path)
    first = perform(driver, method="POST", target="/a?b=1", body=b"{}")
    seen = perform(driver, 2, method="POST", target="/a?b=1", body=b"{}", replay=first.id)
    assert server.requests[0] == server.requests[1]
    assert seen.facts["stimulus"] == f"replay={first.id}"
    assert seen.facts["stimulus_felt"] is True
    assert "stimulus" not in first.facts
    driver.close()


def test_a_replay_of_another_request_is_the_profile_s_fault(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok())
    driver = opened(server.url, {"use": SIGNED}, tmp_path)
    first = perform(driver)
    for id_, target in ((first.id, "/b"), ("p/none.1", "/a")):
        seen = driver.perform(ask(id="p/s.2", target=target, signing=Stimulus(replay=id_)))
        assert isinstance(seen, Unobserved)
        assert (seen.code, seen.blame) == ("http.signing_again", Blame.PROFILE)
    driver.close()


def test_a_nonce_is_used_again_with_a_new_signature(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok(), ok())
    driver = opened(server.url, {"use": SIGNED}, tmp_path)
    first = perform(driver)
    perform(driver, 2, nonce=first.id)
    assert sent(server, 0)["X-Nonce"] == sent(server, 1)["X-Nonce"]
    assert sent(server, 1)["X-Signature"] == right(server, 1)
    driver.close()


@pytest.mark.parametrize("age", [600.0, -600.0])
def test_a_timestamp_lies_where_it_is_wanted(age: float, serve: Serve, tmp_path: Path) -> None:
    server = serve(ok(), ok())
    driver = opened(server.url, {"use": SIGNED}, tmp_path)
    perform(driver)
    seen = perform(driver, 2, age=age)
    times = [int(sent(server, at)["X-Timestamp"]) / 1000 for at in (0, 1)]
    # What passes between the two requests is far below what separates the timestamps.
    assert times[0] - times[1] == pytest.approx(age, abs=120)
    assert sent(server, 1)["X-Signature"] == right(server, 1)
    assert seen.facts["stimulus"] == f"age={age}"
    driver.close()


def test_a_signature_made_for_another_request_is_shown(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok(), ok(), ok())
    driver = opened(server.url, {"use": SIGNED}, tmp_path)
    first = perform(driver, method="POST", target="/a", body=b'{"n": 5}')
    seen = perform(driver, 2, method="POST", target="/a", body=b'{"n": 6}', made_for=first.id)
    told = hashlib.sha256(b'{"n": 5}').hexdigest()
    shown = sent(server, 1)
    assert shown["X-Signature"] == right(server, 1, body=told) != right(server, 1)
    # The digest in the header is that of what was signed: who believes it lets the body pass.
    assert shown["X-Body-SHA256"] == told
    assert (seen.facts["altered"], seen.facts["stimulus_felt"]) == ("body", True)
    seen = perform(driver, 3, method="POST", target="/b?x=1", body=b'{"n": 5}', made_for=first.id)
    assert seen.facts["altered"] == "path query"
    assert sent(server, 2)["X-Signature"] == right(server, 2, path="/a", query="")
    driver.close()


def test_a_signature_made_for_another_method_is_shown(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok(), ok())
    driver = opened(server.url, {"use": SIGNED}, tmp_path)
    seen = perform(driver, of_method="PUT")
    assert server.requests[0].startswith(b"GET ")
    assert sent(server)["X-Signature"] == right(server, 0, method="PUT")
    assert (seen.facts["altered"], seen.facts["stimulus_felt"]) == ("method", True)
    driver.close()
    unsigned = opened(server.url, {"use": PARAMS}, tmp_path)
    assert perform(unsigned, of_method="PUT").facts["stimulus_felt"] is False
    unsigned.close()


def test_a_wrong_secret_signs_and_no_secret_is_kept(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok())
    driver = opened(server.url, {"use": SIGNED}, tmp_path)
    seen = perform(driver, secret="wrong")
    assert sent(server)["X-Signature"] != right(server, 0)
    assert seen.facts["gives_away"] is False
    assert TOKEN.encode() not in encode(seen)
    driver.close()


def test_another_application_signs_with_this_secret(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok())
    driver = opened(server.url, {"use": SIGNED}, tmp_path)
    perform(driver, app_id="nobody")
    assert sent(server)["X-App-Id"] == "nobody"
    assert sent(server)["X-Signature"] == right(server, 0)
    driver.close()


@pytest.mark.parametrize(
    ("element", "header"),
    [
        ("app_id", "X-App-Id"),
        ("timestamp", "X-Timestamp"),
        ("nonce", "X-Nonce"),
        ("signature", "X-Signature"),
    ],
)
def test_an_element_is_left_out_and_nothing_else(
    element: str, header: str, serve: Serve, tmp_path: Path
) -> None:
    server = serve(ok())
    driver = opened(server.url, {"use": SIGNED}, tmp_path)
    seen = perform(driver, omit=element)
    shown = sent(server)
    wanted = set(preset("gateway-hmac-sha256-all")["headers"]) - {header}
    assert {name for name in shown if name.startswith("X-")} == wanted
    if element != "signature":
        assert shown["X-Signature"] == right(server, 0)
    assert (seen.facts["stimulus"], seen.facts["stimulus_felt"]) == (f"omit={element}", True)
    driver.close()


def test_what_a_scheme_does_not_have_cannot_be_left_out(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok(), ok())
    use = SIGNED | {"preset": "gateway-md5-time"}
    driver = opened(server.url, {"use": use}, tmp_path)
    seen = perform(driver, omit="nonce")
    assert seen.facts["stimulus_felt"] is False
    assert perform(driver, 2, omit="timestamp").facts["stimulus_felt"] is True
    driver.close()


def test_elements_in_the_query_are_signed_with_it(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok())
    driver = opened(server.url, {"use": PARAMS}, tmp_path)
    perform(driver, target="/a?k=2")
    target = server.requests[0].split(b" ")[1].decode()
    assert target.startswith("/a?k=2&appKey=app-1&reqTime=")
    assert len(target.rpartition("&sign=")[2]) == 64
    driver.close()


class Still(SystemClock):
    """A clock whose time of day stands still."""

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC)


class Zeros:
    """No randomness at all."""

    def bytes(self, count: int) -> bytes:
        return b"\0" * count


@pytest.mark.parametrize("shown", ["body", "header", "slashes", "nothing"])
def test_an_answer_that_shows_the_right_signature_is_a_fact(
    shown: str, serve: Serve, tmp_path: Path
) -> None:
    lines = ("GET", "/a", "", hashlib.sha256(b"").hexdigest(), "app-1", "1772323200000", "00" * 16)
    digest = hmac.new(TOKEN.encode(), "\n".join(lines).encode(), "sha256").digest()
    value = base64.b64encode(digest).decode()
    answer = {
        "body": ok(json.dumps({"expected": value}).encode()),
        "header": ok().replace(b"\r\n", f"\r\nX-Sign: {value}\r\n".encode(), 1),
        "slashes": ok(json.dumps({"expected": value}).replace("/", "\\/").encode()),
        "nothing": ok(json.dumps({"expected": value[::-1]}).encode()),
    }
    server = serve(answer[shown])
    use = SIGNED | {"encoding": "base64"}
    driver = opened(server.url, {"use": use}, tmp_path, clock=Still(), entropy=Zeros())
    seen = perform(driver, secret="wrong")
    assert seen.facts["gives_away"] is (shown != "nothing")
    driver.close()


def test_only_who_signs_can_sign_wrongly(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok())
    driver = opened(server.url, {"use": {"scheme": "bearer", "token": "env:TOKEN"}}, tmp_path)
    seen = driver.perform(ask(signing=Stimulus(omit="nonce")))
    assert isinstance(seen, Unobserved)
    assert (seen.code, seen.blame) == ("http.not_signed", Blame.YOU)
    assert server.requests == []
    driver.close()


def staged(url: str, **changes: Any) -> Mapping[str, Any]:
    refresh = {
        "url": f"{url}/token",
        "token": "/secret",
        "fields": {"app": "{app_id}", "ts": "{timestamp}", "sign": "{signature}"},
        "sign": {
            "app_id": "app-1",
            "secret": "env:TOKEN",
            "algorithm": "hmac-sha256",
            "string_to_sign": "{app_id}|{timestamp}",
            "timestamp_format": "compact",
        },
    }
    return {"use": SIGNED | {"secret": ""}, "refresh": refresh | changes}


@pytest.mark.parametrize("body", ["form", "json", "query"])
def test_the_first_stage_is_signed_anew_each_time(body: str, serve: Serve, tmp_path: Path) -> None:
    issued = [ok(json.dumps({"secret": f"issued-secret-000{n}"}).encode()) for n in (1, 2)]
    server = serve(issued[0], ok(), issued[1], ok(), ok())
    driver = opened(server.url, dict(staged(server.url, body=body)), tmp_path)
    perform(driver)
    perform(driver, 2, secret="renewed")
    seen = perform(driver, 3, secret="previous")
    head, _, data = server.requests[0].partition(b"\r\n\r\n")
    line = head.decode().split("\r\n")[0]
    told = line.split(" ")[1].partition("?")[2] if body == "query" else data.decode()
    fields = (
        json.loads(told) if body == "json" else dict(pair.split("=") for pair in told.split("&"))
    )
    at = datetime.strptime(fields["ts"], "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    assert abs(datetime.now(CHINA) - at) < timedelta(hours=1)
    expected = hmac.new(TOKEN.encode(), f"app-1|{fields['ts']}".encode(), "sha256").hexdigest()
    assert fields == {"app": "app-1", "ts": fields["ts"], "sign": expected}
    keys = ["issued-secret-0001", "issued-secret-0002", "issued-secret-0001"]
    for number, key in zip((1, 3, 4), keys, strict=True):
        shown = sent(server, number)
        text = "\n".join(
            ("GET", "/a", "", hashlib.sha256(b"").hexdigest(), "app-1", shown["X-Timestamp"],
             shown["X-Nonce"])
        )  # fmt: skip
        assert shown["X-Signature"] == hmac.new(key.encode(), text.encode(), "sha256").hexdigest()
    assert seen.facts["stimulus_felt"] is True
    assert b"issued-secret" not in encode(seen)
    driver.close()


CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize("word", ["renewed", "previous"])
def test_a_secret_that_nobody_issues_has_no_age(word: str, serve: Serve, tmp_path: Path) -> None:
    server = serve(ok())
    driver = opened(server.url, {"use": SIGNED}, tmp_path)
    seen = driver.perform(ask(signing=Stimulus(secret=word)))  # type: ignore[arg-type]
    assert isinstance(seen, Unobserved)
    assert (seen.code, seen.blame) == ("http.nothing_issued", Blame.YOU)
    driver.close()
