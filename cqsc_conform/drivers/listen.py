"""A receiver on the kit's side: takes the requests that a target makes, under bounds."""

import re
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus

from cqsc_conform.drivers.framing import (
    Arrival,
    Stream,
    framing_of,
    headers_of,
    read_body,
    read_head,
)
from cqsc_conform.drivers.net import Wire
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.errors import Blame, KitError, ProbeFailed
from cqsc_conform.model.evidence import Body, HttpRequest, Quiet, Received, Redaction
from cqsc_conform.model.target import Limits
from cqsc_conform.model.world import Clock, rfc3339

__all__ = ["Listening", "listen"]

CONNECTIONS = 16
"""How many callers are heard at a time; further ones wait in the system's queue."""

KEPT = 256
"""How many requests are kept; further ones are answered and forgotten."""

_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/(1\.\d)\r?(?:\n|\Z)")
_TICK = 0.05
_NOT_FOUND = 404


class Listening:
    """An open receiver.  ``url`` ends in a random path: what comes elsewhere is not for us."""

    def __init__(
        self,
        prefix: str,
        answer: int,
        path: str,
        listener: socket.socket,
        limits: Limits,
        redactor: Redactor,
        clock: Clock,
    ) -> None:
        host, port = listener.getsockname()[:2]
        self.url = f"http://{host}:{port}{path}"
        self._prefix = prefix
        self._answer = answer
        self._path = path
        self._listener = listener
        self._limits = limits
        self._redactor = redactor
        self._clock = clock
        self._since = rfc3339(clock.now())
        self._came: list[Received] = []
        self._bytes = 0
        self._news = threading.Condition()
        self._room = threading.Semaphore(CONNECTIONS)
        self._open = True
        self._worker = threading.Thread(target=self._accept, daemon=True, name="listen")
        self._worker.start()

    def collect(self, count: int, seconds: float) -> tuple[Received, ...] | Quiet:
        """Wait for ``count`` requests, or until ``seconds`` passed without a new one; close.

        Ids are ``prefix.1``, ``prefix.2`` …; nothing at all is ``Quiet`` with the id
        ``prefix.1``.
        """
        with self._news:
            seen = len(self._came)
            until = self._clock.monotonic() + seconds
            while len(self._came) < min(count, KEPT):
                left = until - self._clock.monotonic()
                if left <= 0:
                    break
                self._news.wait(left)
                if len(self._came) > seen:
                    seen = len(self._came)
                    until = self._clock.monotonic() + seconds
            came = tuple(self._came[:count])
        self.close()
        return came or Quiet(id=f"{self._prefix}.1", since=self._since, seconds=seconds)

    def close(self) -> None:
        """Stop listening."""
        self._open = False
        self._worker.join()
        self._listener.close()

    def _accept(self) -> None:
        self._listener.settimeout(_TICK)
        while self._open:
            if not self._room.acquire(timeout=_TICK):
                continue
            try:
                caller, _ = self._listener.accept()
            except OSError:
                self._room.release()
                continue
            threading.Thread(target=self._hear, args=(caller,), daemon=True).start()

    def _hear(self, caller: socket.socket) -> None:
        try:
            with caller:
                caller.setblocking(False)  # noqa: FBT003 - the socket's own signature
                self._exchange(Wire(caller, self._clock.monotonic))
        except (OSError, ProbeFailed):
            # A caller that breaks off, or speaks no HTTP, made no request.
            return
        finally:
            self._room.release()

    def _exchange(self, wire: Wire) -> None:
        deadline = self._clock.monotonic() + self._limits.exchange_seconds
        stream = Stream(wire, self._clock.monotonic)
        stream.begin(deadline)
        head = read_head(stream, self._limits.header_bytes, b"", _stray)
        line = _REQUEST.match(head)
        if line is None:
            raise _stray(head)
        seen = Arrival()
        if line.end() < len(head):
            seen.headers, _ = headers_of(head[line.end() : -2 if head.endswith(b"\r\n") else -1])
        framing = framing_of(seen)
        if any(framing):
            if any(name.lower() == "expect" for name, _ in seen.headers):
                wire.send(b"HTTP/1.1 100 Continue\r\n\r\n", deadline)
            read_body(stream, framing, self._limits.header_bytes, self._limits.body_bytes, seen)
        target = line[2].decode("latin-1")
        ours = target.partition("?")[0] == self._path
        answer = self._answer if ours else _NOT_FOUND
        if ours:
            self._keep(line[1].decode(), target, seen)
        wire.send(_reply(answer), deadline)

    def _keep(self, method: str, target: str, seen: Arrival) -> None:
        hits: list[Redaction] = []
        mask = self._redactor
        data = bytes(seen.body)
        body = mask.body("request.body", data, hits, torn=seen.cut is not None)
        request = HttpRequest(
            method=method,
            target=mask.text("request.target", target, hits),
            headers=mask.headers("request.headers", seen.headers, hits),
            body=Body.of(body, cut=seen.cut) if body or seen.cut else None,
        )
        with self._news:
            if len(self._came) >= KEPT or self._bytes > self._limits.body_bytes:
                return
            self._bytes += len(body)
            self._came.append(
                Received(
                    id=f"{self._prefix}.{len(self._came) + 1}",
                    request=request,
                    received_at=rfc3339(self._clock.now()),
                    answered=self._answer,
                    facts=seen.facts,
                    redactions=tuple(hits),
                )
            )
            self._news.notify_all()


def listen(
    prefix: str,
    answer: int,
    *,
    limits: Limits,
    redactor: Redactor,
    clock: Clock,
    random: Callable[[int], bytes],
    host: str = "127.0.0.1",
) -> Listening:
    """Open a receiver that answers every request with status ``answer``.

    :raises KitError: ``http.listen`` (kit) where the address cannot be had.
    """
    try:
        listener = socket.create_server((host, 0), backlog=64)
    except OSError as error:
        raise KitError("http.listen", Blame.KIT, host=host, error=type(error).__name__) from None
    path = f"/{random(16).hex()}"
    return Listening(prefix, answer, path, listener, limits, redactor, clock)


def _stray(seen: bytes) -> ProbeFailed:
    return ProbeFailed("http.garbage", Blame.TARGET, seen=seen.decode("latin-1"))


def _reply(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    bodiless = status == HTTPStatus.NO_CONTENT
    length = "" if bodiless else "Content-Length: 0\r\n"
    return f"HTTP/1.1 {status} {phrase}\r\n{length}Connection: close\r\n\r\n".encode()
