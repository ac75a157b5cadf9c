"""The receiver: what a target calls back with is kept, bounded and redacted."""

import socket
import threading
import time
from urllib.parse import urlsplit

from cqsc_conform.drivers.listen import KEPT
from cqsc_conform.formats.secrets import Secret
from cqsc_conform.model.evidence import Quiet, Received
from cqsc_conform.model.target import Limits

from .conftest import Make

NOWHERE = "http://127.0.0.1:9"


def call(url: str, text: bytes) -> bytes:
    where = urlsplit(url)
    with socket.create_connection((where.hostname or "", where.port or 0), 5) as sock:
        sock.sendall(text.replace(b"PATH", where.path.encode()))
        data = b""
        while got := sock.recv(65536):
            data += got
        return data


def post(url: str, body: bytes, *lines: bytes) -> bytes:
    head = b"".join(line + b"\r\n" for line in lines)
    return call(
        url, b"POST PATH?a=1 HTTP/1.1\r\nContent-Length: %d\r\n" % len(body) + head + b"\r\n" + body
    )


def test_requests_are_kept_in_the_order_they_come(make: Make) -> None:
    receiver = make(NOWHERE).listen("p/hook", 202)
    for number in (1, 2):
        said = post(receiver.url, b"n%d" % number, b"X-Case: Kept")
        assert said.startswith(b"HTTP/1.1 202 Accepted\r\n")
    came = receiver.collect(2, 5)
    assert isinstance(came, tuple)
    assert [each.id for each in came] == ["p/hook.1", "p/hook.2"]
    first = came[0]
    assert isinstance(first, Received)
    assert (first.request.method, first.answered) == ("POST", 202)
    assert first.request.target == urlsplit(receiver.url).path + "?a=1"
    assert ("X-Case", "Kept") in first.request.headers
    assert first.request.body is not None
    assert first.request.body.text == "n1"


def test_that_nothing_came_is_evidence(make: Make) -> None:
    receiver = make(NOWHERE).listen("p/hook", 204)
    seen = receiver.collect(1, 0.05)
    assert isinstance(seen, Quiet)
    assert (seen.id, seen.seconds) == ("p/hook.1", 0.05)


def test_what_comes_later_is_waited_for(make: Make) -> None:
    receiver = make(NOWHERE).listen("p/hook", 204)

    def later() -> None:
        time.sleep(0.1)
        post(receiver.url, b"{}")

    caller = threading.Thread(target=later)
    caller.start()
    came = receiver.collect(1, 5)
    caller.join()
    assert isinstance(came, tuple)


def test_a_stranger_to_the_path_is_turned_away(make: Make) -> None:
    receiver = make(NOWHERE).listen("p/hook", 204)
    assert call(receiver.url, b"GET /other HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404 ")
    assert isinstance(receiver.collect(1, 0.05), Quiet)


def test_a_chunked_callback_that_expects_to_be_let_in(make: Make) -> None:
    receiver = make(NOWHERE).listen("p/hook", 204)
    said = call(
        receiver.url,
        b"PUT PATH HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nab\r\n0\r\n\r\n",
    )
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 ")
    came = receiver.collect(1, 5)
    assert isinstance(came, tuple)
    assert came[0].request.body is not None
    assert came[0].request.body.text == "ab"


def test_secrets_are_masked_as_they_arrive(make: Make) -> None:
    secret = b"0123-4567-89ab"
    receiver = make(NOWHERE, secrets=(Secret("known", secret),)).listen("p/hook", 204)
    post(receiver.url, b'{"a": "' + secret + b'"}', b"Authorization: Bearer xyz")
    came = receiver.collect(1, 5)
    assert isinstance(came, tuple)
    assert ("Authorization", "Bearer ***") in came[0].request.headers
    assert came[0].request.body is not None
    assert secret not in came[0].request.body.data
    assert len(came[0].redactions) == 2


def test_callers_that_misbehave_are_no_requests_and_block_nobody(make: Make) -> None:
    limits = Limits(exchange_seconds=0.5, header_bytes=1000, body_bytes=1000)
    receiver = make(NOWHERE, limits=limits).listen("p/hook", 204)
    where = urlsplit(receiver.url)
    silent = [
        socket.create_connection((where.hostname or "", where.port or 0), 5) for _ in range(20)
    ]
    assert call(receiver.url, b"\x00\x01\r\n\r\n") == b""
    assert call(receiver.url, b"GET / HTTP/1.1\r\nX: " + b"a" * 900 + b"b" * 900) == b""
    assert post(receiver.url, b"x" * 1200).startswith(b"HTTP/1.1 204 ")
    came = receiver.collect(1, 5)
    assert isinstance(came, tuple)
    assert came[0].request.body is not None
    assert (came[0].request.body.size, came[0].request.body.cut) == (1000, "cap")
    for each in silent:
        each.close()


def test_requests_without_end_are_bounded(make: Make) -> None:
    receiver = make(NOWHERE, limits=Limits(body_bytes=100, exchange_seconds=5)).listen("p/h", 204)
    for _ in range(10):
        post(receiver.url, b"x" * 50)
    came = receiver.collect(KEPT * 2, 0.05)
    assert isinstance(came, tuple)
    assert len(came) == 3
