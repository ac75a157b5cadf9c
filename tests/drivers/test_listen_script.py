"""The receiver as a script makes it: answers in turn, delays, silence, consent, signatures."""

import hmac
import json
import socket
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cqsc_conform.cli.world import SystemClock, SystemEntropy
from cqsc_conform.drivers.listen import KEPT, listen
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.signing import RequestParts, SigningScheme
from cqsc_conform.formats.webhook import signature_of
from cqsc_conform.model.ask import Manner
from cqsc_conform.model.evidence import Quiet, Received
from cqsc_conform.model.script import Reaction
from cqsc_conform.model.target import Limits
from helpers.measure import run_measured

from .test_listen import call, post

PATIENCE = 30
WALK = Path(__file__).with_name("walk_listen.py")


def opened(answer=204, limits=None, verify=None, **manner):
    return listen(
        "p/hook",
        answer,
        limits=limits or Limits(exchange_seconds=5),
        redactor=Redactor((), b"k" * 32),
        clock=SystemClock(),
        random=SystemEntropy().bytes,
        manner=Manner(**manner),
        verifiers={} if verify is None else {"webhook": verify},
    )


def status(said: bytes) -> int:
    return int(said.split()[1])


def test_each_request_gets_the_answer_of_its_turn():
    script = (Reaction(503), Reaction(500), Reaction(204))
    receiver = opened(410, answers=script)
    assert [status(post(receiver.url, b"{}")) for _ in range(4)] == [503, 500, 204, 410]
    came = receiver.collect(4, PATIENCE)
    assert isinstance(came, tuple)
    assert [each.answered for each in came] == [503, 500, 204, 410]
    times = [each.facts["after"] for each in came]
    assert times == sorted(times)


def test_silence_ends_without_a_word_and_a_delay_with_one():
    receiver = opened(answers=(Reaction(hold=0.2), Reaction(204, delay=0.2)))
    assert post(receiver.url, b"{}") == b""
    assert status(post(receiver.url, b"{}")) == 204
    came = receiver.collect(2, PATIENCE)
    assert isinstance(came, tuple)
    assert [each.answered for each in came] == [0, 204]


def test_closing_does_not_wait_for_whoever_is_held():
    receiver = opened(answers=(Reaction(hold=3600.0),))
    caller = threading.Thread(target=post, args=(receiver.url, b"{}"))
    caller.start()
    receiver.wait(1, PATIENCE)
    receiver.close()
    caller.join(PATIENCE)
    assert not caller.is_alive()


@pytest.mark.parametrize(
    ("validation", "granted"), [("grant", True), ("refuse", False), ("plain", False)]
)
def test_consent(validation, granted):
    receiver = opened(answers=(Reaction(503),), validation=validation)
    asked = b"OPTIONS PATH HTTP/1.1\r\nWebHook-Request-Origin: a.test\r\n\r\n"
    assert (b"WebHook-Allowed-Origin: a.test\r\n" in call(receiver.url, asked)) is granted
    # What asks for consent takes no turn of the script.
    assert status(post(receiver.url, b"{}")) == (204 if validation == "plain" else 503)
    came = receiver.collect(1, PATIENCE)
    assert isinstance(came, tuple)
    assert [each.request.method for each in came] == ["OPTIONS", "POST"]


def test_an_origin_cannot_write_header_fields():
    receiver = opened(validation="grant")
    said = call(
        receiver.url, b"OPTIONS PATH HTTP/1.1\r\nWebHook-Request-Origin: a\tb; c=<d>\r\n\r\n"
    )
    assert b"WebHook-Allowed-Origin: *\r\n" in said
    receiver.close()


def test_different_events_are_counted_and_repeats_are_not():
    receiver = opened(events=True)
    event = {"specversion": "1.0", "source": "/s", "type": "t"}
    for ident in ("1", "1", "2"):
        post(receiver.url, json.dumps(event | {"id": ident}).encode())
    came = receiver.collect(2, PATIENCE)
    assert isinstance(came, tuple)
    assert len(came) == 3


def test_a_run_that_is_ended_waits_no_longer():
    receiver = opened()
    receiver.wait(1, 3600, lambda: True)
    assert isinstance(receiver.collect(1, 3600, 3600, lambda: True), Quiet)


def test_an_address_is_taken_from_the_port_named_on():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        receiver = opened(address=f"127.0.0.1:{port}")
    where = urlsplit(receiver.url)
    receiver.close()
    assert where.hostname == "127.0.0.1"
    assert port < (where.port or 0) < port + 8


@pytest.mark.parametrize("address", ["http://a", "a:b", "127.0.0.1:70000", "[::1", "a:1:2"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(KitError) as refused:
        opened(address=address)
    assert (refused.value.code, refused.value.blame) == ("http.listen_form", Blame.YOU)


def test_an_address_of_another_machine_cannot_be_had():
    with pytest.raises(KitError) as refused:
        opened(address="192.0.2.1:9000")
    assert (refused.value.code, refused.value.blame) == ("http.listen", Blame.KIT)


SCHEME = SigningScheme(
    string_to_sign="{timestamp}.{body}",
    algorithm="hmac-sha256",
    headers={"X-Time": "{timestamp}", "X-Signature": "v1={signature}"},
)
KEY = b"a shared secret"


def value(body: bytes, stamp: bytes = b"17", key: bytes = KEY) -> str:
    return hmac.new(key, stamp + b"." + body, "sha256").hexdigest()


@pytest.mark.parametrize(
    ("headers", "fact"),
    [((("x-time", "17"), ("X-SIGNATURE", f"v1={value(b'{}')}")), "valid"),
     ((("X-Time", "18"), ("X-Signature", f"v1={value(b'{}')}")), "invalid"),
     ((("X-Time", "17"), ("X-Signature", f"v1={value(b'[]')}")), "invalid"),
     ((("X-Time", "17"), ("X-Signature", f"v1={value(b'{}', key=b'x')}")), "invalid"),
     ((("X-Time", "17"), ("X-Signature", value(b"{}"))), "missing"),
     ((("X-Signature", f"v1={value(b'{}')}"),), "missing"),
     ((("X-Time", "{body}"), ("X-Signature", f"v1={value(b'{}')}")), "missing"),
     ((("X-Time", "17"), ("X-Signature", "v1=")), "missing")],
)  # fmt: skip
def test_signatures_by_a_declared_scheme(headers, fact):
    request = RequestParts("POST", "/x", (), b"{}")
    assert signature_of(SCHEME, request, headers, "me", KEY) == fact


def test_a_signature_is_judged_over_the_bytes_as_they_came():
    seen: list[RequestParts] = []

    def verify(request, _):
        seen.append(request)
        return "valid"

    receiver = opened(verify=verify, sender="webhook", validation="grant")
    call(receiver.url, b"OPTIONS PATH HTTP/1.1\r\n\r\n")
    post(receiver.url, b'{"password": "hunter22"}')
    came = receiver.collect(1, PATIENCE)
    assert isinstance(came, tuple)
    assert [each.body for each in seen] == [b'{"password": "hunter22"}']
    assert [each.facts.get("signature") for each in came] == [None, "valid"]
    kept = came[1].request.body
    assert kept is not None
    assert b"hunter22" not in kept.data


def heard(receiver, body=b"after all"):
    """Show that an ordinary caller is still heard."""
    assert status(post(receiver.url, body)) == 204
    came = receiver.collect(1, PATIENCE)
    assert isinstance(came, tuple)
    assert body in [each.request.body.data for each in came if each.request.body]
    return came


def test_slow_callers_are_let_go():
    receiver = opened(limits=Limits(exchange_seconds=1))
    where = urlsplit(receiver.url)
    slow = [socket.create_connection((where.hostname, where.port), 5) for _ in range(20)]
    for each in slow:
        each.sendall(b"POST / HTTP/1.1\r\nX: ")
    heard(receiver)
    for each in slow:
        each.close()


def test_a_body_that_never_comes_whole_is_kept_as_cut():
    receiver = opened(limits=Limits(exchange_seconds=1))
    where = urlsplit(receiver.url)
    with socket.create_connection((where.hostname, where.port), PATIENCE) as caller:
        head = f"POST {where.path} HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf"
        caller.sendall(head.encode())
        receiver.wait(1, PATIENCE)
    came = receiver.collect(1, PATIENCE)
    assert isinstance(came, tuple)
    first = came[0]
    assert isinstance(first, Received)
    assert first.request.body is not None
    assert (first.request.body.text, first.request.body.cut) == ("half", "deadline")


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01\x00\xff", b"\r\n\r\n", b"POST\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
     b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * 4000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
     b"POST PATH HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\n",
     b"POST PATH HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\nabcdef"],
)  # fmt: skip
def test_garbage_hurts_nobody(garbage):
    receiver = opened(limits=Limits(exchange_seconds=1))
    where = urlsplit(receiver.url)
    with socket.create_connection((where.hostname, where.port), PATIENCE) as caller:
        caller.sendall(garbage.replace(b"PATH", where.path.encode()))
        caller.shutdown(socket.SHUT_WR)
    heard(receiver)


def test_a_flood_is_bounded():
    """Run it in a process of its own, and see what it held at the most."""
    done = run_measured([sys.executable, str(WALK)], 100)
    assert done.returncode == 0, done.stderr
    assert not done.timed_out
    assert int(done.stdout) <= KEPT
    assert done.peak_rss_mb < 200
