"""A raw client: what a peer puts on the wire, byte for byte, and how it ends."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

GET = b"GET /catalog/entries?page=1&page_size=20 HTTP/1.1\r\nHost: zoo\r\n\r\n"
HELLO = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"
PATIENCE = 10.0
SHORT = 0.2


@dataclass(frozen=True)
class Heard:
    """What came, and how it ended: closed, reset, refused, silence or more (past the limit)."""

    data: bytes
    end: str

    @property
    def head(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    where = urlsplit(url)
    with socket.create_connection((where.hostname or "", where.port or 0), PATIENCE) as sock:
        yield sock


def hear(sock: socket.socket, limit: int = 1_000_000, patience: float = PATIENCE) -> Heard:
    sock.settimeout(patience)
    data = bytearray()
    while len(data) < limit:
        try:
            piece = sock.recv(65536)
        except TimeoutError:
            return Heard(bytes(data), "silence")
        except ConnectionResetError:
            return Heard(bytes(data), "reset")
        if not piece:
            return Heard(bytes(data), "closed")
        data += piece
    return Heard(bytes(data), "more")


def ask(
    url: str,
    request: bytes = GET,
    *,
    limit: int = 1_000_000,
    patience: float = PATIENCE,
    hang_up: bool = True,
) -> Heard:
    """Send one request; ``hang_up`` closes the sending side, so that a kept connection ends."""
    try:
        with connected(url) as sock:
            try:
                sock.sendall(request)
                if hang_up:
                    sock.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError, OSError):
                return hear(sock, limit, patience)
            return hear(sock, limit, patience)
    except ConnectionRefusedError:
        return Heard(b"", "refused")
    except ConnectionResetError:
        return Heard(b"", "reset")
