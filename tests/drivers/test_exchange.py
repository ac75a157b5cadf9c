"""What goes over the wire and what is kept of it."""

import errno
import threading
import time

import pytest

from cqsc_conform.drivers.login import Fixed
from cqsc_conform.drivers.net import Wire
from cqsc_conform.model.ask import Ask, RawAsk
from cqsc_conform.model.evidence import Exchange, Unobserved
from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.target import Endpoint, Limits
from hostile.peer import Peer

from .conftest import Make, Serve, ok


def get(target: str = "/a", **changes: object) -> Ask:
    said: dict[str, object] = {"method": "GET", "headers": (), "body": b"", "identity": "default"}
    said |= changes
    return Ask(id="p/a.1", operation="o", endpoint="api", target=target, **said)  # type: ignore[arg-type]


def exchange(seen: Exchange | Unobserved) -> Exchange:
    assert isinstance(seen, Exchange), seen
    return seen


def unobserved(seen: Exchange | Unobserved) -> Unobserved:
    assert isinstance(seen, Unobserved), seen
    return seen


def test_a_request_leaves_exactly_as_asked(serve: Serve, make: Make) -> None:
    server = serve(ok())
    headers = (("x-LOWER-Case", "1"), ("Accept", "a"), ("accept", "b"))
    make(server.url).perform(get("/a/../b/%zz/./c?x=%2f&y", headers=headers))
    lines = server.requests[0].split(b"\r\n")
    assert lines[0] == b"GET /a/../b/%zz/./c?x=%2f&y HTTP/1.1"
    assert lines[1] == b"Host: 127.0.0.1:%d" % server.port
    assert lines[2:5] == [b"x-LOWER-Case: 1", b"Accept: a", b"accept: b"]
    assert b"Accept-Encoding: identity" in lines
    assert b"Content-Length" not in server.requests[0]


def test_evidence_says_what_left_and_what_came(serve: Serve, make: Make) -> None:
    server = serve(
        b"HTTP/1.1 418 I'm a  Teapot \r\nx-A: 1\r\nX-a:  2\t\r\nContent-Length: 2\r\n\r\nhi"
    )
    seen = exchange(make(server.url).perform(get(params={"entry": "7"})))
    assert server.requests[0].decode().startswith("GET /a HTTP/1.1\r\n")
    sent = "".join(f"{name}: {value}\r\n" for name, value in seen.request.headers)
    assert server.requests[0].decode() == f"GET /a HTTP/1.1\r\n{sent}\r\n"
    assert seen.response.status == 418
    assert seen.response.reason == "I'm a  Teapot "
    assert seen.response.headers == (("x-A", "1"), ("X-a", "2"), ("Content-Length", "2"))
    assert seen.response.body.text == "hi"
    assert seen.params == {"entry": "7"}
    assert seen.facts["sent_credentials"] == "none"
    assert 0 <= seen.first_byte_ms <= seen.took_ms


def test_trailers_chunk_extensions_and_interim_answers_are_read(serve: Serve, make: Make) -> None:
    server = serve(
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
        b'Transfer-Encoding: chunked\r\n\r\n3;a="b"\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n'
    )
    seen = exchange(make(server.url).perform(get()))
    assert seen.response.body.text == "abcde"
    assert seen.response.trailers == (("X-Sum", "1"),)
    assert seen.response.interim == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_body_leaves_with_its_length(method: str, serve: Serve, make: Make) -> None:
    server = serve(ok())
    make(server.url).perform(get(method=method, body=b"abc"))
    assert b"Content-Length: 3\r\n" in server.requests[0]
    assert server.requests[0].endswith(b"\r\n\r\nabc")


def test_an_empty_post_says_so(serve: Serve, make: Make) -> None:
    server = serve(ok())
    make(server.url).perform(get(method="POST"))
    assert b"Content-Length: 0\r\n" in server.requests[0]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"target": "/a b"}, "target"),
        ({"target": "/a\r\nX: 1"}, "target"),
        ({"target": "/中"}, "target"),
        ({"target": ""}, "target"),
        ({"method": "GE T"}, "method"),
        ({"headers": (("X", "a\r\nY: b"),)}, "headers"),
        ({"headers": (("X\r\nY", "a"),)}, "headers"),
        ({"headers": (("X", "a\0"),)}, "headers"),
    ],
)
def test_what_would_split_a_request_never_leaves(
    changes: dict[str, object], part: str, serve: Serve, make: Make
) -> None:
    server = serve(ok())
    ask = get(**({"target": "/a"} | changes))  # type: ignore[arg-type]
    seen = unobserved(make(server.url).perform(ask))
    assert (seen.code, seen.blame, seen.args) == ("http.unsendable", Blame.KIT, {"part": part})
    assert seen.request is None
    assert server.connections == 0


def test_a_header_beyond_latin_1_leaves_as_utf_8(serve: Serve, make: Make) -> None:
    server = serve(ok())
    seen = exchange(make(server.url).perform(get(headers=(("X-Name", "渝"),))))
    assert "X-Name: 渝\r\n".encode() in server.requests[0]
    assert dict(seen.request.headers)["X-Name"].encode("latin-1").decode() == "渝"


def test_one_connection_serves_many_requests(serve: Serve, make: Make) -> None:
    server = serve(*[ok()] * 5)
    driver = make(server.url)
    for _ in range(5):
        exchange(driver.perform(get()))
    assert server.connections == 1


@pytest.mark.parametrize("line", [b"Connection: close", b"connection: Keep-Alive, CLOSE"])
def test_a_connection_that_closes_is_not_used_again(line: bytes, serve: Serve, make: Make) -> None:
    server = serve(ok(b"{}", line), ok(), close=True)
    driver = make(server.url)
    for _ in range(2):
        exchange(driver.perform(get()))
    assert server.connections == 2


def test_a_peer_that_closed_while_idle_is_met_again_silently(
    zoo: dict[str, Peer], make: Make
) -> None:
    driver = make(zoo["closed-between-requests"].url)
    for method in ("GET", "POST", "GET"):
        seen = exchange(driver.perform(get(method=method)))
        assert "smuggled_bytes" not in seen.facts
        time.sleep(0.2)  # the peer's farewell is on its way


def test_a_safe_request_is_sent_again_once_where_a_kept_connection_died(
    zoo: dict[str, Peer], make: Make
) -> None:
    driver = make(zoo["closed-on-second-request"].url)
    exchange(driver.perform(get()))
    exchange(driver.perform(get()))


def test_a_request_that_may_change_something_is_never_sent_twice(
    zoo: dict[str, Peer], make: Make
) -> None:
    driver = make(zoo["closed-on-second-request"].url)
    exchange(driver.perform(get()))
    seen = unobserved(driver.perform(get(method="POST")))
    assert (seen.code, seen.blame) == ("http.closed", Blame.TARGET)
    assert seen.request is not None


@pytest.mark.parametrize("name", ["smuggled-response", "echo-smuggled"])
def test_bytes_that_nobody_asked_for_answer_nobody(
    name: str, zoo: dict[str, Peer], make: Make
) -> None:
    driver = make(zoo[name].url)
    first, second = (exchange(driver.perform(get())) for _ in range(2))
    assert "smuggled_bytes" not in first.facts
    count = second.facts["smuggled_bytes"]
    assert isinstance(count, int)
    assert count > 0
    assert second.response.body == first.response.body


@pytest.mark.parametrize("name", ["body-on-204", "body-on-304"])
def test_a_body_where_none_belongs_is_not_the_next_answer(
    name: str, zoo: dict[str, Peer], make: Make
) -> None:
    driver = make(zoo[name].url)
    seen = [exchange(driver.perform(get())) for _ in range(2)]
    assert seen[0].response.status == seen[1].response.status
    assert not seen[1].response.body.size


def test_a_head_has_no_body(serve: Serve, make: Make) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ok(b"x"))
    driver = make(server.url)
    assert exchange(driver.perform(get(method="HEAD"))).response.body.size == 0
    assert exchange(driver.perform(get())).response.body.text == "x"


def test_a_redirect_is_an_answer_and_is_not_followed(zoo: dict[str, Peer], make: Make) -> None:
    seen = exchange(make(zoo["redirect-other-origin"].url).perform(get()))
    assert seen.response.status == 307
    assert dict(seen.response.headers)["Location"].startswith(zoo["redirect-other-origin"].other)


def test_nothing_is_taken_from_the_environment(
    serve: Serve, make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    netrc = f"{tmp_path}/.netrc"
    with open(netrc, "w") as file:  # noqa: PTH123 - a path in a string
        file.write("machine 127.0.0.1 login a password b\n")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", netrc)
    server = serve(ok())
    exchange(make(server.url).perform(get()))
    assert b"uthorization" not in server.requests[0]


def test_an_explicit_proxy_gets_the_whole_address(serve: Serve, make: Make) -> None:
    proxy = serve(ok())
    endpoint = Endpoint(url="http://catalogue.test:8080", proxy=proxy.url)
    exchange(make("", endpoint=endpoint).perform(get("/a?b=1")))
    lines = proxy.requests[0].split(b"\r\n")
    assert lines[:2] == [
        b"GET http://catalogue.test:8080/a?b=1 HTTP/1.1",
        b"Host: catalogue.test:8080",
    ]


def test_a_proxy_that_opens_no_tunnel_is_named(serve: Serve, make: Make) -> None:
    proxy = serve(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
    endpoint = Endpoint(url="https://catalogue.test", proxy=proxy.url)
    seen = unobserved(make("", endpoint=endpoint).perform(get()))
    assert (seen.code, seen.blame) == ("http.proxy_refused", Blame.NETWORK)
    assert proxy.requests[0].startswith(b"CONNECT catalogue.test:443 HTTP/1.1\r\n")


def test_a_name_without_address_is_the_networks(make: Make) -> None:
    seen = unobserved(make("http://no-such-host.invalid").perform(get()))
    assert (seen.code, seen.blame) == ("http.name", Blame.NETWORK)


def test_an_unknown_endpoint_or_identity_is_said(serve: Serve, make: Make) -> None:
    driver = make(serve().url)
    other = Ask("p/a.1", "o", "elsewhere", "default", "GET", "/")
    assert unobserved(driver.perform(other)).code == "http.endpoint_unknown"
    assert unobserved(driver.perform(get(identity="nobody"))).code == "http.identity_unknown"


def test_caps_are_the_targets_limits(serve: Serve, make: Make) -> None:
    limits = Limits(body_bytes=10, header_bytes=200, exchange_seconds=5)
    server = serve(ok(b"x" * 10), ok(b"x" * 11), ok(b"", b"X: " + b"y" * 200))
    driver = make(server.url, limits=limits)
    exact, beyond = (exchange(driver.perform(get())).response.body for _ in range(2))
    assert (exact.size, exact.cut) == (10, None)
    assert (beyond.size, beyond.cut) == (10, "cap")
    server = serve(ok(b"", b"X: " + b"y" * 200))
    assert unobserved(make(server.url, limits=limits).perform(get())).code == "http.header_cap"


def test_parallel_steps_share_no_connection(serve: Serve, make: Make) -> None:
    server = serve(*[ok(b"x" * 5000)] * 20)
    driver = make(server.url)
    seen: list[Exchange | Unobserved] = []

    def five(fork: object) -> None:
        seen.extend(fork.perform(get()) for _ in range(5))  # type: ignore[attr-defined]

    threads = [threading.Thread(target=five, args=(driver.fork(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [exchange(each).response.body.size for each in seen] == [5000] * 20


def test_raw_bytes_leave_as_they_are(serve: Serve, make: Make) -> None:
    server = serve(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    data = b"get /x HTTP/1.1\r\nHost : a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
    seen = exchange(make(server.url).raw(RawAsk("p/r.1", "api", data)))
    assert server.requests == [data]
    assert (seen.request.method, seen.request.target) == ("get", "/x")
    assert seen.request.body is not None
    assert seen.request.body.data == data
    assert seen.response.status == 400
    assert seen.facts["raw"] is True


def test_raw_bytes_at_a_dead_target_are_unobserved(zoo: dict[str, Peer], make: Make) -> None:
    seen = unobserved(make(zoo["refuses"].url).raw(RawAsk("p/r.1", "api", b"\x00")))
    assert (seen.code, seen.blame) == ("http.refused", Blame.TARGET)


def test_a_target_that_answers_early_is_heard(serve: Serve, make: Make) -> None:
    server = serve(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    seen = make(server.url).perform(get(method="POST", body=b"x" * 30_000_000))
    assert exchange(seen).response.status == 413


def test_credentials_in_the_query_are_sent_and_masked(serve: Serve, make: Make) -> None:
    server = serve(ok())
    login = Fixed("key", (), "api_key=0123456789")
    driver = make(server.url, identities={"app": login})
    seen = exchange(driver.perform(get("/a?b=1", identity="app")))
    assert server.requests[0].startswith(b"GET /a?b=1&api_key=0123456789 HTTP/1.1\r\n")
    assert seen.request.target == "/a?b=1&api_key=**********"
    assert seen.facts["sent_credentials"] == "key"


@pytest.mark.parametrize(
    ("number", "code", "blame"),
    [
        (errno.EHOSTUNREACH, "http.lost", Blame.NETWORK),
        (errno.ECONNRESET, "http.reset", Blame.TARGET),
        (errno.ETIMEDOUT, "http.timeout", Blame.TARGET),
        (errno.EMFILE, "http.local", Blame.KIT),
    ],
)
def test_what_the_system_says_has_its_blame(
    number: int, code: str, blame: Blame, serve: Serve, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_wire: Wire, _deadline: float) -> bytes:
        raise OSError(number, "broken")

    monkeypatch.setattr(Wire, "recv", broken)
    seen = unobserved(make(serve(ok()).url).perform(get()))
    assert (seen.code, seen.blame) == (code, blame)
