"""Drivers for tests, and the whole zoo in one process."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping

import pytest

from cqsc_conform.cli.world import SystemClock, SystemEntropy
from cqsc_conform.drivers.http_driver import HttpDriver
from cqsc_conform.drivers.login import Login
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.formats.secrets import Secret
from cqsc_conform.model.target import Endpoint, Limits
from hostile.peer import Peer, hostile_zoo

Make = Callable[..., HttpDriver]
Serve = Callable[..., "Server"]


class Server:
    """A raw server: the n-th answer goes to the n-th request, on one connection or several."""

    def __init__(self, answers: list[bytes], *, close: bool = False) -> None:
        self.answers = answers
        self.close = close
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                self.connections += 1
                self._open.append(caller)
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        # Closed here too: one accepted while the server stops is in nobody's list.
        with caller, contextlib.suppress(OSError, ValueError):
            while self.answers:
                data = b""
                while b"\r\n\r\n" not in data:
                    got = caller.recv(65536)
                    if not got:
                        return
                    data += got
                self.requests.append(data)
                caller.sendall(self.answers.pop(0))
                if self.close:
                    caller.close()
                    return

    def stop(self) -> None:
        # Closing alone does not wake a thread that waits in accept.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for caller in self._open:
            caller.close()


def ok(body: bytes = b"{}", *lines: bytes) -> bytes:
    """Write a right answer."""
    head = b"".join(line + b"\r\n" for line in lines)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(body) + head + b"\r\n" + body


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start raw servers that end with the test."""
    running: list[Server] = []

    def start(*answers: bytes, close: bool = False) -> Server:
        running.append(Server(list(answers), close=close))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def make() -> Iterator[Make]:
    """Make drivers for one endpoint that end with the test."""
    made: list[HttpDriver] = []

    def one(
        url: str,
        *,
        identities: Mapping[str, Login] | None = None,
        limits: Limits | None = None,
        secrets: tuple[Secret, ...] = (),
        endpoint: Endpoint | None = None,
    ) -> HttpDriver:
        driver = HttpDriver(
            {"api": endpoint or Endpoint(url=url)},
            identities or {},
            limits or Limits(exchange_seconds=5),
            Redactor(secrets, b"k" * 32),
            SystemClock(),
            SystemEntropy(),
        )
        made.append(driver)
        return driver

    yield one
    for driver in made:
        driver.close()


@pytest.fixture(scope="session")
def zoo() -> Iterator[dict[str, Peer]]:
    """Run the whole zoo in one process."""
    with hostile_zoo(pace=0.01) as peers:
        yield peers
