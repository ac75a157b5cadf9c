"""One connection of a hostile peer, and the register of behaviours."""

import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

HEAD_CAP = 1_000_000
DRAIN_SECONDS = 2.0
BLOCK = 65536


@dataclass(frozen=True)
class Request:
    """One request as it came, with the peer's own two addresses for whoever points back."""

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    raw: bytes
    here: str
    other: str

    def header(self, name: bytes) -> bytes | None:
        """Give the first value of a header, or None."""
        wanted = name.lower()
        return next((value for found, value in self.headers if found.lower() == wanted), None)

    def query(self, name: bytes) -> bytes | None:
        """Give a query parameter as it was written, or None."""
        _, _, query = self.target.partition(b"?")
        pairs = (pair.partition(b"=") for pair in query.split(b"&"))
        return next((value for found, _, value in pairs if found == name), None)


@dataclass
class Connection:
    """The peer's side of one accepted connection.

    ``pace`` is the pause in seconds between two bytes of a drip. Every send blocks at most
    until the watcher of the process ends it.
    """

    sock: socket.socket
    here: str
    other: str
    side: str
    pace: float
    record: Callable[[Request], None]
    buffer: bytearray = field(default_factory=bytearray)

    def send(self, data: bytes) -> None:
        """Send all of it; the client's hanging up ends the connection's thread by OSError."""
        self.sock.sendall(data)

    def flood(self, data: bytes) -> None:
        """Send the same block until the client hangs up."""
        while True:
            self.send(data)

    def drip(self, data: bytes) -> None:
        """Send the same bytes round and round, one at a time, until the client hangs up."""
        while True:
            for byte in data:
                self.send(bytes([byte]))
                time.sleep(self.pace)

    def request(self) -> Request | None:
        """Read one request, or None where the client has said its last."""
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > HEAD_CAP or not self._more():
                return None
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        method, _, tail = first.partition(b" ")
        pairs = [line.partition(b":") for line in lines]
        headers = [(name, value.strip()) for name, _, value in pairs]
        lengths = [value for name, value in headers if name.lower() == b"content-length"]
        length = int(lengths[0]) if lengths and lengths[0].isdigit() else 0
        self.buffer = bytearray(rest)
        while len(self.buffer) < length and self._more():
            pass
        body, self.buffer = bytes(self.buffer[:length]), self.buffer[length:]
        target = tail.rpartition(b" ")[0]
        raw = head + b"\r\n\r\n" + body
        request = Request(method, target, headers, body, raw, self.here, self.other)
        self.record(request)
        return request

    def requests(self) -> Iterator[Request]:
        """Read request after request on the same connection."""
        while (request := self.request()) is not None:
            yield request

    def hold(self) -> None:
        """Say nothing more, and wait until the client hangs up."""
        while self._more():
            self.buffer.clear()

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def finish(self) -> None:
        """Close with FIN, reading what is still under way so that no RST overtakes the answer."""
        if self.sock.fileno() < 0:
            return
        self.sock.shutdown(socket.SHUT_WR)
        self.sock.settimeout(DRAIN_SECONDS)
        while self.sock.recv(BLOCK):
            pass

    def _more(self) -> bool:
        piece = self.sock.recv(BLOCK)
        self.buffer += piece
        return bool(piece)


@dataclass(frozen=True)
class Behaviour:
    """A way of misbehaving: name, family, a line on what it does, what serves a connection."""

    name: str
    family: str
    says: str
    serve: Callable[[Connection], None]
    scheme: str = "http"
    listens: bool = True


ZOO: dict[str, Behaviour] = {}

Serve = Callable[[Connection], None]
Answer = Callable[[Request], Iterable[bytes]]


def behaviour(name: str, *, scheme: str = "http", listens: bool = True) -> Callable[[Serve], Serve]:
    """Register what serves one connection; its docstring is its line in the zoo."""

    def register(serve: Serve) -> Serve:
        _enter(Behaviour(name, _family(serve), _line(serve), serve, scheme, listens))
        return serve

    return register


def answer(name: str, *, keep: bool = False) -> Callable[[Answer], Answer]:
    """Register what answers a request; afterwards the connection is closed, or kept alive."""

    def register(give: Answer) -> Answer:
        def serve(connection: Connection) -> None:
            for request in connection.requests():
                for piece in give(request):
                    connection.send(piece)
                if not keep:
                    return

        _enter(Behaviour(name, _family(give), _line(give), serve))
        return give

    return register


def _family(function: Callable[..., object]) -> str:
    return function.__module__.rpartition(".")[2]


def _line(function: Callable[..., object]) -> str:
    return (function.__doc__ or "").strip()


def _enter(entry: Behaviour) -> None:
    if entry.name in ZOO or not entry.says:
        raise ValueError(entry.name)
    ZOO[entry.name] = entry


def head(*headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Build a response head as it stands on the wire."""
    return b"\r\n".join([b"HTTP/1.1 " + status, *headers, b"", b""])


def whole(
    body: bytes,
    *headers: bytes,
    status: bytes = b"200 OK",
    media: bytes = b"application/json",
) -> bytes:
    """Build a complete, rightly framed response."""
    length = b"Content-Length: %d" % len(body)
    return head(b"Content-Type: " + media, length, *headers, status=status) + body


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """Frame one chunk."""
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


CHUNKED = b"Transfer-Encoding: chunked"
JSON_TYPE = b"Content-Type: application/json"
LAST_CHUNK = b"0\r\n\r\n"
