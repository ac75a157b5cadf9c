"""Peers that misbehave below HTTP: the connection itself, its pace, its TLS."""

import random
import time

from hostile.catalogue import ORDINARY
from hostile.wire import JSON_TYPE, Connection, behaviour, head, whole

# Long enough for the bytes before it to be read apart from the reset on loopback.
SETTLE = 0.1
TLS_UNEXPECTED_MESSAGE = b"\x15\x03\x01\x00\x02\x02\x0a"
TLS_HELLO_REQUEST = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"


@behaviour("refuses", listens=False)
def refuses(_connection: Connection) -> None:
    """The port is held but nobody listens on it: connecting is refused."""


@behaviour("accepts-and-closes")
def accepts_and_closes(_connection: Connection) -> None:
    """Accepts and closes at once with FIN, without a byte."""


@behaviour("closes-after-request")
def closes_after_request(connection: Connection) -> None:
    """Reads the request and closes with FIN, without a byte."""
    connection.request()


@behaviour("resets-before-request")
def resets_before_request(connection: Connection) -> None:
    """Accepts and resets at once."""
    connection.reset()


@behaviour("resets-after-request")
def resets_after_request(connection: Connection) -> None:
    """Reads the request and resets."""
    connection.request()
    connection.reset()


@behaviour("resets-mid-headers")
def resets_mid_headers(connection: Connection) -> None:
    """Sends half of a header line and resets."""
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Ty")
    time.sleep(SETTLE)
    connection.reset()


@behaviour("resets-mid-body")
def resets_mid_body(connection: Connection) -> None:
    """Sends half of the announced body and resets."""
    connection.request()
    connection.send(whole(ORDINARY)[: -len(ORDINARY) // 2])
    time.sleep(SETTLE)
    connection.reset()


@behaviour("silent")
def silent(connection: Connection) -> None:
    """Accepts, reads the request and never answers."""
    connection.hold()


@behaviour("silent-unread")
def silent_unread(_connection: Connection) -> None:
    """Accepts and neither reads nor answers."""
    while True:
        time.sleep(1)


@behaviour("drips-status-line")
def drips_status_line(connection: Connection) -> None:
    """Sends a status line without end, a byte at a time."""
    connection.request()
    connection.send(b"HTTP/1.1 200 ")
    connection.drip(b"O")


@behaviour("drips-headers")
def drips_headers(connection: Connection) -> None:
    """Sends header lines without end, a byte at a time."""
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\n")
    connection.drip(b"X-Drip: 1\r\n")


@behaviour("drips-body")
def drips_body(connection: Connection) -> None:
    """Sends an announced body a byte at a time, never all of it."""
    connection.request()
    connection.send(head(JSON_TYPE, b"Content-Length: 1000000"))
    connection.drip(b" ")


@behaviour("drips-chunks")
def drips_chunks(connection: Connection) -> None:
    """Sends a chunked body without end, a byte at a time, framing included."""
    connection.request()
    connection.send(head(JSON_TYPE, b"Transfer-Encoding: chunked"))
    connection.drip(b"1\r\n \r\n")


@behaviour("drips-before-request")
def drips_before_request(connection: Connection) -> None:
    """Sends an interim answer a byte at a time without waiting to be asked."""
    connection.drip(b"HTTP/1.1 100 Continue\r\n\r\n")


@behaviour("garbage")
def garbage(connection: Connection) -> None:
    """Answers with random bytes, then closes."""
    connection.request()
    connection.send(b"\x00" + random.Random(2).randbytes(8192))  # noqa: S311 - noise, no secret


@behaviour("garbage-endless")
def garbage_endless(connection: Connection) -> None:
    """Answers with random bytes without a line end, for ever."""
    connection.request()
    noise = random.Random(3).randbytes(65536)  # noqa: S311 - noise, no secret
    connection.flood(noise.replace(b"\n", b"\x00"))


@behaviour("plain-on-tls-port", scheme="https")
def plain_on_tls_port(connection: Connection) -> None:
    """Is addressed by https but answers the ClientHello with plain HTTP."""
    connection.sock.recv(65536)
    connection.send(whole(b"{}", b"Connection: close", status=b"400 Bad Request"))


@behaviour("tls-on-plain-port")
def tls_on_plain_port(connection: Connection) -> None:
    """Is addressed by http but answers the request with a TLS alert."""
    connection.sock.recv(65536)
    connection.send(TLS_UNEXPECTED_MESSAGE)


@behaviour("tls-silent", scheme="https")
def tls_silent(connection: Connection) -> None:
    """Takes the ClientHello and never answers it."""
    connection.hold()


@behaviour("tls-garbage", scheme="https")
def tls_garbage(connection: Connection) -> None:
    """Answers the ClientHello with random bytes."""
    connection.sock.recv(65536)
    connection.send(b"\x00" + random.Random(4).randbytes(8192))  # noqa: S311 - noise, no secret


@behaviour("tls-hello-request-flood", scheme="https")
def tls_hello_request_flood(connection: Connection) -> None:
    """Answers the ClientHello with HelloRequest messages for ever, which a client must ignore."""
    connection.sock.recv(65536)
    connection.flood(TLS_HELLO_REQUEST * 1000)


@behaviour("tls-resets", scheme="https")
def tls_resets(connection: Connection) -> None:
    """Takes the ClientHello and resets."""
    connection.sock.recv(65536)
    connection.reset()
