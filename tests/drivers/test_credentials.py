"""Secrets by reference, identities, tokens that the target issues, signed requests."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.world import SystemClock, SystemEntropy
from cqsc_conform.drivers.http_driver import HttpDriver
from cqsc_conform.drivers.opening import open_http
from cqsc_conform.drivers.signed import scheme_of
from cqsc_conform.errors import KitError
from cqsc_conform.formats.signing import covered
from cqsc_conform.formats.signing import sent as sent_by
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.codec import convert, encode
from cqsc_conform.model.evidence import Exchange, Unobserved
from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.target import Signed, Target
from cqsc_conform.model.world import Clock, Entropy
from cqsc_conform.resources import profiles_root

from .conftest import Serve, Server, ok

TOKEN = "tok-0123456789-abcdef"


def preset(name: str) -> dict[str, Any]:
    text = (profiles_root() / "presets" / f"{name}.yaml").read_text("utf-8")
    value: dict[str, Any] = yaml.safe_load(text)
    return value


def opened(
    url: str,
    identity: dict[str, Any],
    folder: Path,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
) -> HttpDriver:
    target = convert(
        {
            "schema": "cqsc-target/1",
            "subject": {"maker": {"name": "某公司"}, "name": "目录"},
            "endpoints": {"api": {"url": url}, "events": {"url": "mqtt://127.0.0.1"}},
            "identities": {"app": identity, "none": {"supported": False, "use": identity["use"]}},
            "limits": {"exchange_seconds": 5},
        },
        Target,
    )
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    environ = {"TOKEN": TOKEN} if environ is None else environ
    return open_http(target, folder, clock, entropy, preset=preset, environ=environ)


def ask(identity: str = "app", **said: Any) -> Ask:
    return Ask(**({"id": "p/a.1", "operation": "o", "endpoint": "api", "identity": identity,
                   "method": "GET", "target": "/a"} | said))  # fmt: skip


def sent(server: Server, number: int = 0) -> dict[str, str]:
    lines = server.requests[number].decode().split("\r\n")[1:]
    return {name: value for name, _, value in (line.partition(": ") for line in lines)}


@pytest.mark.parametrize(
    ("use", "header", "value"),
    [
        ({"scheme": "bearer", "token": "env:TOKEN"}, "Authorization", f"Bearer {TOKEN}"),
        (
            {"scheme": "basic", "username": "张三", "password": "env:TOKEN"},
            "Authorization",
            "Basic " + base64.b64encode(f"张三:{TOKEN}".encode()).decode(),
        ),
        ({"scheme": "key", "name": "X-K", "value": "env:TOKEN"}, "X-K", TOKEN),
        ({"scheme": "none"}, "Authorization", None),
    ],
)
def test_an_identity_shows_itself(
    use: dict[str, Any], header: str, value: str | None, serve: Serve, tmp_path: Path
) -> None:
    server = serve(ok(), ok())
    driver = opened(server.url, {"use": use}, tmp_path)
    seen = driver.perform(ask())
    assert isinstance(seen, Exchange), seen
    assert sent(server).get(header) == value
    assert TOKEN.encode() not in encode(seen)
    assert seen.facts["sent_credentials"] == use["scheme"]
    anonymous = driver.perform(ask("default"))
    assert isinstance(anonymous, Exchange)
    assert "Authorization" not in sent(server, 1)
    driver.close()


def test_a_key_in_the_query_is_encoded(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok())
    use = {"scheme": "key", "name": "k y", "value": "env:TOKEN", "place": "query"}
    driver = opened(server.url, {"use": use}, tmp_path, {"TOKEN": "a/b c&d=0123"})
    seen = driver.perform(ask())
    assert server.requests[0].startswith(b"GET /a?k%20y=a%2Fb%20c%26d%3D0123 HTTP/1.1\r\n")
    assert isinstance(seen, Exchange)
    assert seen.request.target == "/a?k%20y=" + "*" * 20
    driver.close()


def test_a_secret_file_is_read_beside_the_target_file(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    server = serve(ok())
    driver = opened(server.url, {"use": {"scheme": "bearer", "token": "file:token"}}, tmp_path)
    driver.perform(ask())
    assert sent(server)["Authorization"] == f"Bearer {TOKEN}"
    driver.close()


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("env:NONE", "http.secret_env"),
        ("env:EMPTY", "http.secret_empty"),
        ("file:none", "http.secret_file"),
        ("file:open", "http.secret_file_mode"),
        ("file:binary", "http.secret_file"),
        ("file:large", "http.secret_file"),
        ("prompt:密码", "http.secret_prompt"),
        ("hunter2-in-the-clear", "http.secret_reference"),
    ],
)
def test_a_reference_that_cannot_be_read_is_said_and_never_repeated(
    reference: str, code: str, tmp_path: Path
) -> None:
    for name, data in {"open": b"x", "binary": b"\xff", "large": b"x" * 70_000}.items():
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o644 if name == "open" else 0o600)
    use = {"scheme": "bearer", "token": reference}
    with pytest.raises(KitError) as caught:
        opened("http://127.0.0.1:9", {"use": use}, tmp_path, {"EMPTY": ""})
    assert (caught.value.code, caught.value.blame) == (code, Blame.YOU)
    assert caught.value.where == "identities.app.use.token"
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://", "https://u:p@a", "http://a:b", "http://a b"])
def test_an_address_that_is_none_is_said_without_its_secrets(url: str, tmp_path: Path) -> None:
    with pytest.raises(KitError) as caught:
        opened(url, {"use": {"scheme": "none"}}, tmp_path)
    assert caught.value.code == "http.endpoint_url"
    assert "u:p" not in str(caught.value)


def refreshing(url: str, **changes: Any) -> dict[str, Any]:
    refresh = {
        "url": f"{url}/oauth/token",
        "token": "/data/access_token",
        "fields": {"grant_type": "client_credentials", "client_secret": "env:TOKEN"},
    }
    return {"use": {"scheme": "bearer", "token": "env:UNUSED"}, "refresh": refresh | changes}


ISSUED = "issued-9876543210"
ANSWER = ok(json.dumps({"data": {"access_token": ISSUED}}).encode())


@pytest.mark.parametrize("body", ["form", "json"])
def test_a_token_is_fetched_once_and_never_kept(body: str, serve: Serve, tmp_path: Path) -> None:
    echo = ok(f'{{"you": "{ISSUED}"}}'.encode())
    server = serve(ANSWER, echo, echo)
    driver = opened(server.url, refreshing(server.url, body=body), tmp_path)
    for _ in range(2):
        seen = driver.perform(ask())
        assert isinstance(seen, Exchange), seen
        assert ISSUED.encode() not in encode(seen)
    lines = [request.split(b"\r\n")[0] for request in server.requests]
    assert lines == [b"POST /oauth/token HTTP/1.1", *[b"GET /a HTTP/1.1"] * 2]
    said = server.requests[0].partition(b"\r\n\r\n")[2].decode()
    fields = {"grant_type": "client_credentials", "client_secret": TOKEN}
    form = f"grant_type=client_credentials&client_secret={TOKEN}"
    assert said == form if body == "form" else json.loads(said) == fields
    assert sent(server, 2)["Authorization"] == f"Bearer {ISSUED}"
    driver.close()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "http.refresh_status"),
        (ok(b"{}"), "http.refresh_token"),
        (ok(b"<html>"), "http.refresh_token"),
        (ok(b'{"data": {"access_token": 5}}'), "http.refresh_token"),
        (b"rubbish\r\n\r\n", "http.garbage"),
    ],
)
def test_no_token_no_request_and_no_hammering(
    answer: bytes, code: str, serve: Serve, tmp_path: Path
) -> None:
    server = serve(answer, ANSWER)
    driver = opened(server.url, refreshing(server.url), tmp_path)
    for _ in range(3):
        seen = driver.perform(ask())
        assert isinstance(seen, Unobserved)
        assert (seen.code, seen.blame) == (code, Blame.TARGET)
    assert len(server.requests) == 1
    driver.close()


def test_tokens_come_from_declared_endpoints_only(tmp_path: Path) -> None:
    with pytest.raises(KitError) as caught:
        opened("http://127.0.0.1:9", refreshing("http://127.0.0.1:10"), tmp_path)
    assert caught.value.code == "http.refresh_address"
    assert caught.value.where == "identities.app.refresh.url"


def test_the_hmac_preset_signs_what_it_says(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok(), ok())
    use = {
        "scheme": "signed",
        "app_id": "app-1",
        "secret": "env:TOKEN",
        "preset": "gateway-hmac-sha256",
    }
    driver = opened(server.url, {"use": use}, tmp_path)
    driver.perform(ask(method="POST", target="/a/b?c=1", body=b'{"x": 1}'))
    driver.perform(ask())
    shown = sent(server)
    text = "\n".join([
        "app-1", shown["X-Timestamp"], shown["X-Nonce"], "POST", "/a/b",
        hashlib.sha256(b'{"x": 1}').hexdigest(),
    ])  # fmt: skip
    assert shown["X-Signature"] == hmac.new(TOKEN.encode(), text.encode(), "sha256").hexdigest()
    assert shown["X-App-Id"] == "app-1"
    assert len(shown["X-Timestamp"]) == 13
    assert shown["X-Nonce"] != sent(server, 1)["X-Nonce"]
    driver.close()


def test_the_md5_preset_signs_what_it_says(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok())
    use = {"scheme": "signed", "app_id": "k", "secret": "env:TOKEN", "preset": "gateway-md5-sorted"}
    driver = opened(server.url, {"use": use}, tmp_path)
    driver.perform(ask(target="/a?b=%E6%B8%9D&a=1"))
    shown = sent(server)
    text = f"a=1&b=渝&key={TOKEN}"
    expected = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()
    assert (shown["appKey"], shown["sign"]) == ("k", expected)
    assert len(shown["timestamp"]) == 14
    driver.close()


def test_a_target_file_says_more_than_its_preset(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok())
    use = {
        "scheme": "signed",
        "app_id": "k",
        "secret": "env:TOKEN",
        "preset": "gateway-md5-sorted",
        "string_to_sign": "{secret}",
        "headers": {"X-Sum": "v1 {signature}"},
    }
    driver = opened(server.url, {"use": use}, tmp_path)
    driver.perform(ask())
    expected = hashlib.md5(TOKEN.encode(), usedforsecurity=False).hexdigest().upper()
    assert sent(server)["X-Sum"] == f"v1 {expected}"
    driver.close()


def test_a_scheme_that_is_none_is_said(tmp_path: Path) -> None:
    use = {"scheme": "signed", "app_id": "k", "secret": "env:TOKEN"}
    with pytest.raises(KitError) as caught:
        opened("http://127.0.0.1:9", {"use": use}, tmp_path)
    assert caught.value.code == "http.signing_scheme"


@pytest.mark.parametrize("name", Library.open().presets())
def test_a_preset_is_named_in_both_languages(name: str) -> None:
    found = preset(name)
    assert found["id"] == name
    assert found["title"].keys() == {"zh", "en"}


@pytest.mark.parametrize("name", Library.open().presets())
def test_a_preset_covers_what_it_says(name: str) -> None:
    use = Signed(app_id="k", secret="env:TOKEN", preset=name)
    scheme = scheme_of(use, preset(name), "")
    assert covered(scheme) == set(preset(name)["covers"])
    assert "signature" in sent_by(scheme)
