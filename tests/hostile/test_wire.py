"""What each peer puts on the wire, seen by a raw client: its bytes and how they end."""

import re

import pytest

from hostile.client import GET, HELLO, SHORT, ask
from hostile.zoo import ZOO

OK = rb"HTTP/1\.1 200 OK\r\n"
BODY = rb"\{.*\}$"

# name: how the answer ends for a client that goes on listening, and what it looks like
ENDS: dict[str, tuple[str, bytes]] = {
    "refuses": ("refused", rb"^$"),
    "accepts-and-closes": ("closed", rb"^$"),
    "closes-after-request": ("closed", rb"^$"),
    "resets-before-request": ("reset", rb"^$"),
    "resets-after-request": ("reset", rb"^$"),
    "resets-mid-headers": ("reset", OK + rb"Content-Ty$"),
    "resets-mid-body": ("reset", OK + rb'.*\r\n\r\n\{"total": 3.*[^}]$'),
    "garbage": ("closed", rb"^\x00.{8192}$"),
    "tls-on-plain-port": ("closed", rb"^\x15\x03\x01\x00\x02\x02\x0a$"),
    "http09": ("closed", rb"^\{.*\}$"),
    "version-9.9": ("closed", rb"^HTTP/9\.9 200 OK\r\n.*" + BODY),
    "version-2.0-text": ("closed", rb"^HTTP/2\.0 200 OK\r\n.*" + BODY),
    "version-other-protocol": ("closed", rb"^ICY 200 OK\r\n.*" + BODY),
    "no-reason": ("closed", rb"^HTTP/1\.1 200\r\n.*" + BODY),
    "no-status": ("closed", rb"^HTTP/1\.1\r\n.*" + BODY),
    "status-99": ("closed", rb"^HTTP/1\.1 99 Low\r\n.*" + BODY),
    "status-1000": ("closed", rb"^HTTP/1\.1 1000 High\r\n.*" + BODY),
    "status-600": ("closed", rb"^HTTP/1\.1 600 Beyond\r\n.*" + BODY),
    "status-zero": ("closed", rb"^HTTP/1\.1 000 None\r\n.*" + BODY),
    "status-not-a-number": ("closed", rb"^HTTP/1\.1 OK 200\r\n.*" + BODY),
    "status-negative": ("closed", rb"^HTTP/1\.1 -20 Below\r\n.*" + BODY),
    "status-other-digits": (
        "closed",
        rb"^HTTP/1\.1 \xef\xbc\x92\xef\xbc\x90\xef\xbc\x90 OK\r\n.*" + BODY,
    ),
    "headers-10000": ("closed", OK + rb"(X-Many-\d+: 1\r\n){10000}Content-Type.*" + BODY),
    "header-without-colon": ("closed", OK + rb".*\r\nthis line names nothing\r\n\r\n" + BODY),
    "header-folded": ("closed", OK + rb".*\r\nX-Folded: one\r\n two\r\n\r\n" + BODY),
    "header-bare-lf": ("closed", rb"^HTTP/1\.1 200 OK\n[^\r]*\n\n" + BODY),
    "header-nul": ("closed", OK + rb".*X-Nul: a\x00b\xff\xfe\r\n\r\n" + BODY),
    "header-gbk": ("closed", rb"^HTTP/1\.1 200 \xb3\xc9\xb9\xa6\r\n.*X-Message: \xb3\xc9"),
    "cookie-flood": ("closed", OK + rb".*(Set-Cookie: c\d+=v{4000}; Path=/\r\n){90}\r\n" + BODY),
    "few-1xx": (
        "closed",
        rb"^HTTP/1\.1 100 .*HTTP/1\.1 102 .*HTTP/1\.1 103 .*HTTP/1\.1 200 .*" + BODY,
    ),
    "body-on-204": ("closed", rb"^HTTP/1\.1 204 No Content\r\n.*" + BODY),
    "body-on-304": ("closed", rb"^HTTP/1\.1 304 Not Modified\r\n.*" + BODY),
    "body-on-head": ("closed", OK + rb".*" + BODY),
    "length-negative": ("closed", OK + rb".*Content-Length: -1\r\n\r\n" + BODY),
    "length-differing": (
        "closed",
        OK + rb".*Content-Length: \d+\r\nContent-Length: 5\r\n\r\n" + BODY,
    ),
    "length-same-twice": ("closed", OK + rb".*(Content-Length: \d+\r\n)\1\r\n" + BODY),
    "length-list": ("closed", OK + rb".*Content-Length: \d+, 5\r\n\r\n" + BODY),
    "length-not-a-number": ("closed", OK + rb".*Content-Length: many\r\n\r\n" + BODY),
    "length-hex": ("closed", OK + rb".*Content-Length: 0x10\r\n\r\n" + BODY),
    "length-plus": ("closed", OK + rb".*Content-Length: \+\d+\r\n\r\n" + BODY),
    "length-5000-digits": ("closed", OK + rb".*Content-Length: 9{5000}\r\n\r\n" + BODY),
    "length-and-chunked": (
        "closed",
        OK
        + rb".*Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n[0-9a-f]+\r\n\{.*0\r\n\r\n$",
    ),
    "chunked-bad-size": ("closed", OK + rb".*chunked\r\n\r\nzz\r\n\{.*0\r\n\r\n$"),
    "chunked-negative-size": ("closed", OK + rb".*chunked\r\n\r\n-5\r\n\{.*0\r\n\r\n$"),
    "chunked-unterminated": ("closed", OK + rb".*chunked\r\n\r\n[0-9a-f]+\r\n\{.*\}\r\n$"),
    "coding-unknown": ("closed", OK + rb".*Transfer-Encoding: sealed\r\n\r\n" + BODY),
    "closed-between-requests": ("closed", OK + rb".*keep-alive.*" + BODY),
    "closed-on-second-request": ("closed", OK + rb".*keep-alive.*" + BODY),
    "smuggled-response": ("closed", OK + rb".*\}" + OK + rb".*forged.*\}$"),
}

# These stop talking with the connection left open.
STALLS: dict[str, bytes] = {
    "silent": rb"^$",
    "silent-unread": rb"^$",
    "switching-101": rb"^HTTP/1\.1 101 .*Upgrade: websocket.*\r\n\r\n\x81\x05hello$",
    "length-too-large-stalls": OK + rb".*" + BODY,
    "chunked-huge-size": OK + rb".*\r\n\r\n4000000000000000\r\n\{.*\}$",
    "chunked-unterminated-stalls": OK + rb".*\r\n\r\n[0-9a-f]+\r\n\{.*\}\r\n$",
    "body-10gb-announced-only": OK + rb".*Content-Length: 10737418240\r\n\r\n\{.*\}$",
}

# These never stop talking; the bytes before and after the point where the client gives up.
GOES_ON: dict[str, tuple[int, bytes]] = {
    "drips-status-line": (20, rb"^HTTP/1\.1 200 O+$"),
    "drips-headers": (50, OK + rb"(X-Drip: 1\r\n)+"),
    "drips-body": (90, OK + rb".*Content-Length: 1000000\r\n\r\n +$"),
    "drips-chunks": (100, OK + rb".*chunked\r\n\r\n(1\r\n \r\n)+"),
    "drips-before-request": (30, rb"^HTTP/1\.1 100 Continue\r\n\r\nHTTP"),
    "garbage-endless": (900_000, rb"^[^\n]+$"),
    "status-line-endless": (900_000, rb"^HTTP/1\.1 200 K+$"),
    "headers-endless": (900_000, OK + rb"(X-Flood: 1\r\n){50000,}"),
    "header-10mb": (10_485_760, OK + rb"X-Large: a{10000000}"),
    "endless-100": (900_000, rb"^(HTTP/1\.1 100 Continue\r\n\r\n){30000,}"),
    "endless-103": (900_000, rb"^(HTTP/1\.1 103 Early Hints\r\nLink: [^\r]*\r\n\r\n){10000,}"),
    "chunked-endless": (900_000, OK + rb".*\r\n\r\n(10000\r\n {65536}\r\n){10,}"),
    "chunked-tiny-endless": (900_000, OK + rb".*\r\n\r\n(1\r\n \r\n){100000,}"),
    "chunked-extension-endless": (900_000, OK + rb".*\r\n\r\n5;a=b{800000,}$"),
    "trailers-endless": (900_000, OK + rb".*\}\r\n0\r\n(X-Trailer: 1\r\n){50000,}"),
    "trailer-10mb": (10_485_760, OK + rb".*\}\r\n0\r\nX-Large: a{10000000}"),
    "body-10gb": (900_000, OK + rb".*Content-Length: 10737418240\r\n\r\n {800000,}$"),
    "body-until-close-endless": (900_000, OK + rb".*Connection: close\r\n\r\n {800000,}$"),
}

TLS: dict[str, tuple[str, int, bytes]] = {
    "plain-on-tls-port": ("closed", 900_000, rb"^HTTP/1\.1 400 Bad Request\r\n"),
    "tls-silent": ("silence", 1, rb"^$"),
    "tls-garbage": ("closed", 900_000, rb"^\x00.{8192}$"),
    "tls-hello-request-flood": ("more", 90_000, rb"^(\x16\x03\x03\x00\x04\x00{4}){9000,}"),
    "tls-resets": ("reset", 900_000, rb"^$"),
}
COUNTED = {"length-too-large", "length-too-small", "chunked-size-lies"}


def test_every_behaviour_below_content_has_its_proof_here():
    proved = {*ENDS, *STALLS, *GOES_ON, *TLS, *COUNTED}
    families = {"transport", "heads", "framing"}
    assert proved == {name for name, entry in ZOO.items() if entry.family in families}


@pytest.mark.parametrize("name", ENDS)
def test_says_this_and_ends_so(zoo, name):
    end, looks = ENDS[name]
    heard = ask(zoo[name].url)
    assert heard.end == end
    assert re.search(looks, heard.data, re.DOTALL)


@pytest.mark.parametrize("name", STALLS)
def test_says_this_and_stays_silent(zoo, name):
    heard = ask(zoo[name].url, patience=SHORT, hang_up=False)
    assert heard.end == "silence"
    assert re.search(STALLS[name], heard.data, re.DOTALL)


@pytest.mark.parametrize("name", GOES_ON)
def test_goes_on(zoo, name):
    limit, looks = GOES_ON[name]
    heard = ask(zoo[name].url, limit=limit, hang_up=False)
    assert heard.end == "more"
    assert re.search(looks, heard.data, re.DOTALL)


@pytest.mark.parametrize("name", TLS)
def test_answers_a_client_hello(zoo, name):
    end, limit, looks = TLS[name]
    patience = SHORT if end == "silence" else 10
    heard = ask(zoo[name].url, HELLO, limit=limit, patience=patience, hang_up=False)
    assert heard.end == end
    assert re.search(looks, heard.data, re.DOTALL)


@pytest.mark.parametrize(
    ("name", "difference"), [("length-too-large", 100), ("length-too-small", -5)]
)
def test_announces_another_length_than_it_sends(zoo, name, difference):
    heard = ask(zoo[name].url)
    announced = int(re.search(rb"Content-Length: (\d+)", heard.head)[1])
    assert heard.end == "closed"
    assert announced - len(heard.body) == difference


def test_a_chunk_is_longer_than_its_size(zoo):
    size, _, rest = ask(zoo["chunked-size-lies"].url).body.partition(b"\r\n")
    assert len(rest.removesuffix(b"\r\n0\r\n\r\n")) - int(size, 16) == 5


def test_a_body_comes_with_head_too(zoo):
    assert ask(zoo["body-on-head"].url, GET.replace(b"GET", b"HEAD")).body.startswith(b"{")


def test_a_kept_connection_is_closed_before_a_second_request(zoo):
    heard = ask(zoo["closed-between-requests"].url, hang_up=False)
    assert heard.end == "closed"
    assert b"Connection: keep-alive" in heard.head


def test_a_second_request_is_read_and_gets_no_byte(zoo):
    heard = ask(zoo["closed-on-second-request"].url, GET + GET, hang_up=False)
    assert heard.end == "closed"
    assert heard.data.count(b"HTTP/1.1") == 1
