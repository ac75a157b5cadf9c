"""A receiver on the kit's side: takes the requests that a target makes, under bounds."""

import re
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
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
from cqsc_conform.formats.cloudevents import keys_of
from cqsc_conform.formats.signing import RequestParts
from cqsc_conform.formats.webhook import VERSION
from cqsc_conform.model.ask import Manner
from cqsc_conform.model.evidence import Body, Headers, HttpRequest, Quiet, Received, Redaction
from cqsc_conform.model.script import Reaction
from cqsc_conform.model.target import Limits
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.world import Clock, rfc3339

__all__ = ["Listening", "Verify", "listen"]

CONNECTIONS = 16
"""How many callers are heard at a time; further ones wait in the system's queue."""

KEPT = 256
"""How many requests are kept; further ones are answered and forgotten."""

HEADER_BYTES = 16 * 1024
BODY_BYTES = 1024 * 1024
HEARING_SECONDS = 10.0
"""The most that one caller may send, and how long it may take to; a target's own are lower."""

PORTS = 8
"""How many ports, from the one named on, are tried."""

Verify = Callable[[RequestParts, Headers], str]
"""Says what the signature of a request is worth."""

_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/(1\.\d)\r?(?:\n|\Z)")
_ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.%]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>\d{1,5}))?"
)
_ORIGIN = re.compile(r"[A-Za-z0-9.:/_\[\]-]{1,255}")
_TICK = 0.05
_NOT_FOUND = 404
_REFUSED = 403
_HIGHEST_PORT = 65535


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
        manner: Manner,
        verify: Verify | None,
    ) -> None:
        host, port = listener.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"
        self._prefix = prefix
        self._usual = Reaction(status=answer)
        self._path = path
        self._listener = listener
        self._limits = limits
        self._redactor = redactor
        self._clock = clock
        self._manner = manner
        self._verify = verify
        self._since = rfc3339(clock.now())
        self._opened = clock.monotonic()
        self._came: list[Received] = []
        self._events: set[tuple[str, ...]] = set()
        self._turns = 0
        self._requests = 0
        self._bytes = 0
        self._news = threading.Condition()
        self._room = threading.Semaphore(CONNECTIONS)
        self._open = True
        self._worker = threading.Thread(target=self._accept, daemon=True, name="listen")
        self._worker.start()

    def wait(self, count: int, seconds: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Wait until ``count`` came since it was opened, so many seconds, or until ``stop``."""
        until = self._clock.monotonic() + seconds
        with self._news:
            while self._count() < count and len(self._came) < KEPT and not stop():
                left = until - self._clock.monotonic()
                if left <= 0:
                    return
                self._news.wait(min(left, 4 * _TICK))

    def collect(
        self,
        count: int,
        seconds: float,
        settle: float = 0.0,
        stop: Callable[[], bool] = lambda: False,
    ) -> tuple[Received, ...] | Quiet:
        """Wait for ``count``, or until ``seconds`` passed without a new one; close.

        It ends at the latest after four times ``seconds``, listens on for ``settle`` seconds,
        and at once where ``stop`` says so.  All that came is given, more than ``count`` too.
        Ids are ``prefix.1``, ``prefix.2`` …; nothing at all is ``Quiet`` with the id
        ``prefix.1``.
        """
        began = self._clock.monotonic()
        last = began + 4 * seconds
        while not stop():
            seen = len(self._came)
            left = min(began + seconds, last) - self._clock.monotonic()
            if left <= 0 or self._count() >= count or seen >= KEPT:
                break
            self._hear_more(seen, left)
            if len(self._came) > seen:
                began = self._clock.monotonic()
        if settle:
            self.wait(KEPT + 1, settle, stop)
        with self._news:
            came = tuple(self._came)
        self.close()
        waited = round(self._clock.monotonic() - self._opened, 3) if settle else seconds
        return came or Quiet(id=f"{self._prefix}.1", since=self._since, seconds=waited)

    def close(self) -> None:
        """Stop listening."""
        self._open = False
        with self._news:
            self._news.notify_all()
        self._worker.join()
        self._listener.close()

    def _count(self) -> int:
        return len(self._events) if self._manner.events else self._requests

    def _hear_more(self, seen: int, seconds: float) -> None:
        with self._news:
            if len(self._came) == seen:
                self._news.wait(min(seconds, 4 * _TICK))

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
        allowed = min(self._limits.exchange_seconds, HEARING_SECONDS)
        deadline = self._clock.monotonic() + allowed
        stream = Stream(wire, self._clock.monotonic)
        stream.begin(deadline)
        cap = min(self._limits.header_bytes, HEADER_BYTES)
        head = read_head(stream, cap, b"", _stray)
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
            with suppress(TimeoutError):
                # What came of a body that does not come to its end was sent all the same.
                read_body(stream, framing, cap, min(self._limits.body_bytes, BODY_BYTES), seen)
        method, target = line[1].decode(), line[2].decode("latin-1")
        if target.partition("?")[0] != self._path:
            wire.send(_reply(_NOT_FOUND), deadline)
            return
        self._react(wire, method, target, seen)

    def _react(self, wire: Wire, method: str, target: str, seen: Arrival) -> None:
        """Keep a request, and answer it as the script says."""
        if method == "OPTIONS" and self._manner.validation != "plain":
            status, lines = self._validation(seen.headers)
            self._keep(method, target, seen, status)
            wire.send(_reply(status, lines), self._clock.monotonic() + HEARING_SECONDS)
            return
        with self._news:
            script = self._manner.answers
            turn = script[self._turns] if self._turns < len(script) else self._usual
            self._turns += 1
        self._keep(method, target, seen, 0 if turn.hold else turn.status)
        self._pause(turn.hold or turn.delay)
        if not turn.hold:
            wire.send(_reply(turn.status), self._clock.monotonic() + HEARING_SECONDS)

    def _validation(self, headers: Headers) -> tuple[int, tuple[str, ...]]:
        """Answer as a webhook does that is asked for its consent (HTTP webhook, 4.2)."""
        if self._manner.validation == "refuse":
            return _REFUSED, ()
        asked = {name.lower(): value for name, value in headers}.get("webhook-request-origin", "*")
        origin = asked if _ORIGIN.fullmatch(asked) else "*"
        return HTTPStatus.OK, (
            "Allow: POST, OPTIONS",
            f"WebHook-Allowed-Origin: {origin}",
            "WebHook-Allowed-Rate: *",
        )

    def _pause(self, seconds: float) -> None:
        """Let time pass, or the receiver close."""
        until = self._clock.monotonic() + seconds
        while self._open and (left := until - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, _TICK))

    def _keep(self, method: str, target: str, seen: Arrival, answered: int) -> None:
        after = round(self._clock.monotonic() - self._opened, 4)
        at = rfc3339(self._clock.now())
        hits: list[Redaction] = []
        mask = self._redactor
        data = bytes(seen.body)
        facts: dict[str, Scalar] = {**seen.facts, "after": after, "scale": self._manner.scale}
        if self._verify is not None and method != "OPTIONS":
            # Before redaction: a signature is over the bytes as they came.
            path = target.partition("?")[0]
            facts["signature"] = self._verify(RequestParts(method, path, (), data), seen.headers)
            facts["signature_rule"] = VERSION
        body = mask.body("request.body", data, hits, torn=seen.cut is not None)
        kept = Body.of(body, cut=seen.cut) if body or seen.cut else None
        events = keys_of(seen.headers, kept) if self._manner.events else frozenset()
        request = HttpRequest(
            method=method,
            target=mask.text("request.target", target, hits),
            headers=mask.headers("request.headers", seen.headers, hits),
            body=kept,
        )
        with self._news:
            if len(self._came) >= KEPT or self._bytes > self._limits.body_bytes:
                return
            self._bytes += len(body)
            self._events |= events
            self._requests += self._manner.validation == "plain" or method != "OPTIONS"
            self._came.append(
                Received(
                    id=f"{self._prefix}.{len(self._came) + 1}",
                    request=request,
                    received_at=at,
                    answered=answered,
                    facts=facts,
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
    manner: Manner | None = None,
    verifiers: Mapping[str, Verify] | None = None,
) -> Listening:
    """Open a receiver that answers with status ``answer`` where ``manner`` says nothing else.

    :raises KitError: ``http.listen`` (kit) where the address cannot be had, ``http.listen_form``
        (you) where it is no ``host`` or ``host:port``.
    """
    manner = manner or Manner()
    listener = _opened(manner.address or "127.0.0.1")
    path = f"/{random(16).hex()}"
    verify = (verifiers or {}).get(manner.sender)
    return Listening(prefix, answer, path, listener, limits, redactor, clock, manner, verify)


def _opened(address: str) -> socket.socket:
    """Listen at an address; of a named port and those after it the first that is free."""
    found = _ADDRESS.fullmatch(address)
    first = int((found and found["port"]) or 0)
    if found is None or first > _HIGHEST_PORT:
        raise KitError("http.listen_form", Blame.YOU, address=address)
    host = found["six"] or found["host"]
    family = socket.AF_INET6 if found["six"] else socket.AF_INET
    trouble = ""
    for port in range(first, min(first + PORTS, _HIGHEST_PORT + 1)) if first else (0,):
        try:
            return socket.create_server((host, port), family=family, backlog=64)
        except OSError as error:
            trouble = type(error).__name__
    raise KitError("http.listen", Blame.KIT, host=address, error=trouble)


def _stray(seen: bytes) -> ProbeFailed:
    return ProbeFailed("http.garbage", Blame.TARGET, seen=seen.decode("latin-1"))


def _reply(status: int, lines: tuple[str, ...] = ()) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    bodiless = status == HTTPStatus.NO_CONTENT
    head = [f"HTTP/1.1 {int(status)} {phrase}", *lines]
    head += [] if bodiless else ["Content-Length: 0"]
    return "\r\n".join([*head, "Connection: close", "", ""]).encode()
