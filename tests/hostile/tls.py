"""Peers that speak broken TLS, every byte of it written by hand."""

import os

from hostile.wire import Connection, behaviour

HANDSHAKE, ALERT, CHANGE = 0x16, 0x15, 0x14


def record(content: bytes, kind: int = HANDSHAKE, *, said: int | None = None) -> bytes:
    """Write a record; ``said`` is a length other than the true one."""
    length = len(content) if said is None else said
    return bytes([kind, 3, 3]) + length.to_bytes(2, "big") + content


def message(kind: int, body: bytes, *, said: int | None = None) -> bytes:
    """Write a handshake message."""
    length = len(body) if said is None else said
    return bytes([kind]) + length.to_bytes(3, "big") + body


def server_hello(suite: int, version: int = 0x0303) -> bytes:
    """Write a ServerHello without extensions."""
    body = (
        version.to_bytes(2, "big") + os.urandom(32) + b"\x00" + suite.to_bytes(2, "big") + b"\x00"
    )
    return message(2, body)


@behaviour("tls-record-too-long", scheme="https")
def tls_record_too_long(connection: Connection) -> None:
    """Answers the ClientHello with a record of 65,535 bytes, and sends them."""
    connection.sock.recv(65536)
    connection.send(record(bytes(65535)))


@behaviour("tls-record-never-whole", scheme="https")
def tls_record_never_whole(connection: Connection) -> None:
    """Announces a record of 16 KiB and sends one byte of it."""
    connection.sock.recv(65536)
    connection.send(record(b"\x02", said=16384))
    connection.hold()


@behaviour("tls-empty-records", scheme="https")
def tls_empty_records(connection: Connection) -> None:
    """Answers the ClientHello with empty records for ever."""
    connection.sock.recv(65536)
    connection.flood(record(b"") * 1000)


@behaviour("tls-warning-flood", scheme="https")
def tls_warning_flood(connection: Connection) -> None:
    """Answers the ClientHello with warning alerts for ever."""
    connection.sock.recv(65536)
    connection.flood(record(b"\x01\x70", ALERT) * 1000)


@behaviour("tls-drips-hello", scheme="https")
def tls_drips_hello(connection: Connection) -> None:
    """Sends a ServerHello without end, a byte at a time."""
    connection.sock.recv(65536)
    connection.send(record(message(2, b"\x03\x03", said=16000), said=16384))
    connection.drip(b"\x00")


@behaviour("tls-certificates-endless", scheme="https")
def tls_certificates_endless(connection: Connection) -> None:
    """Chooses a good suite, then announces certificates of 16 MB and sends them."""
    connection.sock.recv(65536)
    connection.send(record(server_hello(0xC02F)))
    connection.send(record(message(11, bytes(16000), said=0xFFFFFF)))
    connection.flood(record(bytes(16384)))


@behaviour("tls-hello-lies", scheme="https")
def tls_hello_lies(connection: Connection) -> None:
    """Sends a ServerHello whose session id is longer than the message."""
    connection.sock.recv(65536)
    body = b"\x03\x03" + bytes(32) + b"\xff" + bytes(4)
    connection.send(record(message(2, body)))
    connection.hold()


@behaviour("tls-not-offered", scheme="https")
def tls_not_offered(connection: Connection) -> None:
    """Chooses a suite and a version that nobody offered."""
    connection.sock.recv(65536)
    connection.send(record(server_hello(0xFAFA, 0x03FF)))
    connection.hold()


@behaviour("tls-half-alert", scheme="https")
def tls_half_alert(connection: Connection) -> None:
    """Sends an alert of one byte."""
    connection.sock.recv(65536)
    connection.send(record(b"\x02", ALERT))
    connection.hold()
