"""TCP under one absolute deadline: names resolved once, connections that never outstay it."""

import select
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from cqsc_conform.errors import Blame, ProbeFailed

__all__ = ["Address", "Channel", "Wire", "connect", "resolve"]

Address = tuple[socket.AddressFamily, tuple[str, int]]
"""A pinned address: its family, and host and port as ``connect`` takes them."""

_READ = 65_536
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
"""Where the system has it; see ``Wire.recv``."""


class Channel(Protocol):
    """Bytes to and from a peer.  ``deadline`` is in seconds of the clock's monotonic time."""

    def send(self, data: bytes, deadline: float) -> bool:
        """Send all; False says that the peer answered or left before it took everything."""

    def recv(self, deadline: float) -> bytes:
        """Give what came, at least one byte; ``b""`` at the end of the stream."""

    def waiting(self) -> int | None:
        """Count the bytes that lie unasked-for; None says that the peer is gone."""

    def close(self) -> None:
        """Let go, at once and without a word to the peer."""


def resolve(host: str, port: int, seconds: float) -> tuple[Address, ...]:
    """Find the addresses of a name, in the system's order.

    The system's resolver knows no deadline, so it runs beside us and is left behind when late.

    :raises ProbeFailed: ``http.name`` (network).
    """
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return ((family, (host, port)),)
    found: list[tuple[Address, ...]] = []

    def look() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.append(tuple((row[0], (str(row[4][0]), port)) for row in rows))

    worker = threading.Thread(target=look, daemon=True, name="resolve")
    worker.start()
    worker.join(seconds)
    if not found or not found[0]:
        raise ProbeFailed("http.name", Blame.NETWORK, host=host)
    return found[0]


class Wire:
    """A TCP connection whose every wait ends at the caller's deadline.

    Raises ``TimeoutError`` at the deadline and ``ConnectionError`` where the peer broke it.
    """

    __slots__ = ("_heard", "_now", "_poll", "_socket")

    def __init__(self, connected: socket.socket, now: Callable[[], float]) -> None:
        self._socket = connected
        self._now = now
        self._heard = False
        self._poll = select.poll()
        self._poll.register(connected.fileno(), select.POLLIN)

    def _left(self, deadline: float) -> float:
        left = deadline - self._now()
        if left <= 0:
            raise TimeoutError
        return left * 1000

    def send(self, data: bytes, deadline: float) -> bool:
        """Send all; False says that the peer answered or left before it took everything."""
        self._heard = False
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except (BrokenPipeError, ConnectionResetError):
            return False
        return sent == len(data) or self._send_rest(memoryview(data)[sent:], deadline)

    def _send_rest(self, rest: memoryview, deadline: float) -> bool:
        number = self._socket.fileno()
        both = select.poll()
        both.register(number, select.POLLIN | select.POLLOUT)
        while rest:
            events = both.poll(self._left(deadline))
            if not events:
                raise TimeoutError
            if not events[0][1] & select.POLLOUT:
                return False
            try:
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                return False
        return True

    def recv(self, deadline: float) -> bytes:
        """Give what came, at least one byte; ``b""`` at the end of the stream.

        A peer that writes head and body apart holds the body back until the head is
        acknowledged; acknowledging late would charge it 40 ms that are not its own.
        """
        if self._heard and _QUICKACK is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        self._heard = True
        while True:
            if not self._poll.poll(self._left(deadline)):
                raise TimeoutError
            try:
                return self._socket.recv(_READ)
            except BlockingIOError:
                continue

    def take(self) -> bytes | None:
        """Give what is here already; None where nothing is, ``b""`` at the end of the stream."""
        try:
            return self._socket.recv(_READ)
        except BlockingIOError:
            return None

    def waiting(self) -> int | None:
        """Count the bytes that lie unasked-for; None says that the peer is gone."""
        if not self._poll.poll(0):
            return 0
        try:
            return len(self._socket.recv(_READ, socket.MSG_PEEK)) or None
        except OSError:
            return None

    def close(self) -> None:
        """Let go, at once and without a word to the peer."""
        self._socket.close()


def connect(addresses: tuple[Address, ...], deadline: float, now: Callable[[], float]) -> Wire:
    """Open a connection to the first address that takes one.

    :raises ProbeFailed: ``http.refused`` (target), ``http.connect_timeout`` or
        ``http.unreachable`` (network), ``http.local`` (kit) where no socket is to be had.
    """
    trouble = ProbeFailed("http.unreachable", Blame.NETWORK, host="", port=0)
    for family, where in addresses:
        said = {"host": where[0], "port": where[1]}
        try:
            opened = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            raise ProbeFailed("http.local", Blame.KIT, error=type(error).__name__) from error
        try:
            opened.settimeout(max(deadline - now(), 0.001))
            opened.connect(where)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.setblocking(False)  # noqa: FBT003 - the socket's own signature
            return Wire(opened, now)
        except ConnectionRefusedError:
            trouble = ProbeFailed("http.refused", Blame.TARGET, **said)
        except TimeoutError:
            trouble = ProbeFailed("http.connect_timeout", Blame.NETWORK, **said)
        except ConnectionError:
            trouble = ProbeFailed("http.reset", Blame.TARGET, **said)
        except OSError:
            trouble = ProbeFailed("http.unreachable", Blame.NETWORK, **said)
        opened.close()
    raise trouble
