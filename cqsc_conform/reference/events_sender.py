"""Delivers events to subscribers: a thread a subscription, with consent, retries and an end."""

import http.client
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cqsc_conform.reference.events_messages import Event, Fields, Message, structured

ORIGIN = "reference.cqsc.test"
TRIES = 6
FIRST_WAIT = 10.0
"""Nominal seconds before the first retry; each further wait is twice as long."""

_LEAST_TIMEOUT = 5.0
_GONE = 410

Write = Callable[[list[Event]], Message]
Sign = Callable[[Message, str], Fields]


def _same(event: Event, _: int) -> Event:
    return event


def _as_it_is(message: Message, _: list[Event]) -> Message:
    return message


def _grows(attempt: int) -> float:
    return FIRST_WAIT * 2.0**attempt


def _nothing(_: Fields, __: int) -> Fields | None:
    return None


@dataclass(frozen=True)
class Manner:
    """How events are sent; the defaults conform.

    `event` changes the n-th event of a subscription (None drops it), `again` one that is tried
    again, `message` what is posted, `signature` the header fields that sign the n-th try.
    """

    write: Write = structured
    event: Callable[[Event, int], Event | None] = _same
    again: Callable[[Event, int], Event] = _same
    message: Callable[[Message, list[Event]], Message] = _as_it_is
    signature: Callable[[Fields, int], Fields | None] = _nothing
    wait: Callable[[int], float] = _grows
    late: dict[int, float] = field(default_factory=dict)
    asks: bool = True
    names_origin: bool = True
    needs_consent: bool = True
    retries_refusal: bool = True
    retries_silence: bool = True
    repeats: bool = False
    gone: str = "stop"
    leaves: bool = True


class Subscription:
    """One subscriber; `end` stops what is sent to it."""

    def __init__(
        self, sink: str, manner: Manner, sign: Sign, secret: str, scale: float, *, batches: bool
    ) -> None:
        self._sink = urlsplit(sink)
        self._manner = manner
        self._sign = sign
        self._secret = secret
        self._scale = scale
        self._batches = batches
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._count = 0
        self._ended = False
        threading.Thread(target=self._run, daemon=True).start()

    def tell(self, event: Event) -> None:
        """Have an event delivered."""
        self._queue.put(event)

    def end(self) -> None:
        """Send nothing more."""
        self._ended = self._manner.leaves

    def _run(self) -> None:
        consent = not self._manner.asks or self._ask()
        if self._manner.needs_consent and not consent:
            return
        while not self._ended:
            events = [self._queue.get()]
            while self._batches and not self._queue.empty():
                events.append(self._queue.get())
            made = [each for event in events if (each := self._made(event)) is not None]
            if made and not self._ended:
                self._deliver(made)

    def _made(self, event: Event) -> Event | None:
        self._count += 1
        time.sleep(self._manner.late.get(self._count, 0.0) * self._scale)
        return self._manner.event(dict(event), self._count)

    def _ask(self) -> bool:
        """Ask for the receiver's consent."""
        fields = {"WebHook-Request-Origin": ORIGIN} if self._manner.names_origin else {}
        said = self._call("OPTIONS", self._sink.path, fields, b"")
        return said is not None and said[1] in (ORIGIN, "*")

    def _deliver(self, events: list[Event]) -> None:
        for attempt in range(TRIES):
            if attempt:
                events = [self._manner.again(event, attempt) for event in events]
            status = self._post(events, attempt)
            if status is not None and 200 <= status < 300:
                if self._manner.repeats:
                    self._post(events, attempt)
                return
            if status == _GONE and self._manner.gone != "retry":
                self._ended = self._manner.gone == "stop"
                return
            again = self._manner.retries_refusal if status else self._manner.retries_silence
            if not again:
                return
            time.sleep(self._manner.wait(attempt) * self._scale)
            if self._ended:
                return
        self._ended = True

    def _post(self, events: list[Event], attempt: int) -> int | None:
        """Send once; gives the status, or None where there was no answer."""
        message = self._manner.message(self._manner.write(events), events)
        signs = self._sign(message, self._secret)
        changed = self._manner.signature(signs, attempt)
        fields = message.fields | (signs if changed is None else changed)
        fields["WebHook-Request-Origin"] = ORIGIN
        said = self._call("POST", self._sink.path + message.query, fields, message.body)
        return None if said is None else said[0]

    def _call(
        self, method: str, target: str, fields: Fields, body: bytes
    ) -> tuple[int, str | None] | None:
        waits = max(100 * self._scale, _LEAST_TIMEOUT)
        link = http.client.HTTPConnection(self._sink.netloc, timeout=waits)
        try:
            link.request(method, target, body or None, fields)
            answer = link.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return None
        else:
            return answer.status, answer.getheader("WebHook-Allowed-Origin")
        finally:
            link.close()
