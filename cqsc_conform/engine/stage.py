"""What a probe is performed with: a driver, a notebook, a budget, and names for templates."""

import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from cqsc_conform.formats.reading import Item, Reply, as_text
from cqsc_conform.model.ask import (
    Ask,
    DocumentAsk,
    HandshakeAsk,
    Manner,
    ObserveAsk,
    PeerAsk,
    QuestionAsk,
    RawAsk,
)
from cqsc_conform.model.evidence import (
    Attestation,
    Chunk,
    Document,
    Evidence,
    Exchange,
    Quiet,
    Received,
    TlsHandshake,
    Trace,
    Unobserved,
)
from cqsc_conform.model.journal import Entry
from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.stimulus import Guide, Input
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.world import Clock, Entropy


class Listening(Protocol):
    """An open receiver on the kit's side."""

    url: str

    def wait(self, count: int, seconds: float, stop: Callable[[], bool]) -> None:
        """Wait until ``count`` came, so many seconds, or until ``stop``."""

    def collect(
        self, count: int, seconds: float, settle: float = 0.0, stop: Callable[[], bool] = ...
    ) -> tuple[Received, ...] | Quiet:
        """Wait for requests, listen on for ``settle`` seconds, then close."""

    def close(self) -> None:
        """Stop listening."""


class Driver(Protocol):
    """What observing needs of the HTTP driver; it may be called from several threads at once."""

    def perform(self, ask: Ask) -> Exchange | Unobserved:
        """Make one request."""

    def raw(self, ask: RawAsk) -> Exchange | Unobserved:
        """Put bytes on the wire."""

    def listen(self, prefix: str, answer: int, manner: Manner) -> Listening:
        """Open a receiver; what it gets is named ``prefix.1``, ``prefix.2`` and so on."""

    def close(self) -> None:
        """Let all connections go."""


class TlsDriver(Protocol):
    """What observing needs of the TLS driver; it may be called from several threads at once."""

    def shake(self, ask: HandshakeAsk) -> TlsHandshake | Unobserved:
        """Begin one handshake."""


class MqttDriver(Protocol):
    """What observing needs of the MQTT driver."""

    def peer(
        self, ask: PeerAsk, sink: Callable[[bytes], None], stop: Callable[[], bool]
    ) -> Trace | Unobserved:
        """Be a device's peer; frames go to ``sink``, and ``stop`` ends the looking at once."""

    def observe(
        self, ask: ObserveAsk, sink: Callable[[bytes], None], stop: Callable[[], bool]
    ) -> Trace | Unobserved:
        """Subscribe at a broker; frames go to ``sink``, and ``stop`` ends the looking at once."""


class DocumentDriver(Protocol):
    """What observing needs to read the vendor's documents."""

    def read(self, ask: DocumentAsk) -> Document | Unobserved:
        """Read one document."""


class PersonDriver(Protocol):
    """What observing needs to put questions to people."""

    def answer(self, ask: QuestionAsk) -> Attestation | Unobserved:
        """Get one answer; a question of a run is put once."""


class Search(Protocol):
    """What a guided search needs to be: it asks, and comes to smaller cases that fail."""

    def explore(
        self,
        inputs: Mapping[str, Input],
        seed: int,
        most: int,
        try_one: Callable[[Mapping[str, object]], bool],
    ) -> None:
        """Try values of inputs, at most so many times; ``try_one`` tells whether they fail.

        An input that a try does not name is at its base.
        """


Guiding = Callable[[Guide, Reply], bool]
"""Tells whether a reply fails a named pure check."""


class Stored(Protocol):
    """A stream as it was written: what its trace says of it."""

    @property
    def stream(self) -> str:
        """Name the file."""

    @property
    def root(self) -> str:
        """Give the root over its chunks."""

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """Give the chunks."""


class Sink(Protocol):
    """A stream file that is being written."""

    def append(self, data: bytes) -> None:
        """Add bytes at the end."""

    def close(self) -> Stored:
        """End it and say what was written."""

    def discard(self) -> None:
        """Leave nothing of it."""


class Notes(Protocol):
    """Where observing writes: evidence and journal entries, in the order they happen."""

    def stream(self) -> Sink:
        """Begin a stream file."""

    def keep(self, evidence: Evidence) -> None:
        """Keep evidence."""

    def note(self, entry: Entry) -> None:
        """Append to the journal."""


class Stopped(Exception):  # noqa: N818 - it says what happened to a contact
    """A bound of the run or the probe was reached; what was not asked stays unasked."""

    def __init__(self, code: str, blame: Blame, **args: Scalar) -> None:
        super().__init__(code)
        self.code = code
        self.blame = blame
        self.args_ = args


class Cancelled(Exception):  # noqa: N818 - it says what happened to a run
    """Somebody ended the run; nothing more is asked and nothing more is written."""


def never() -> bool:
    """Say that nobody wants the run to end."""
    return False


class Budget:
    """Requests and time left to a run and to its probe: bounds that hold whatever a target does.

    ``stop`` tells whether somebody wants the run to end.  May be used by several threads.
    """

    def __init__(
        self,
        requests: int,
        clock: Clock,
        run_seconds: float,
        stop: Callable[[], bool] = never,
        run_bytes: int = 256 * 1024 * 1024,
    ) -> None:
        self.spent = 0
        self._weight = 0
        self._most_weight = run_bytes
        self._run_most = requests
        self._probe_most = requests
        self._probe_from = 0
        self._clock = clock
        self._run_seconds = run_seconds
        self._run_until = clock.monotonic() + run_seconds
        self._probe_until = self._run_until
        self._probe_seconds = run_seconds
        self._stop = stop
        self._cancelled = False
        self._lock = threading.Lock()

    def start_probe(self, requests: int, seconds: float) -> None:
        """Begin a probe: the most that it may send, and its time."""
        self._probe_most = requests
        self._probe_from = self.spent
        self._probe_seconds = seconds
        self._probe_until = self._clock.monotonic() + seconds

    def cancel(self) -> None:
        """Let no thread ask for anything more."""
        self._cancelled = True

    def ending(self) -> bool:
        """Tell whether the run is to end."""
        return self._cancelled or self._stop()

    def go_on(self) -> None:
        """Raise ``Cancelled`` when the run is to end."""
        if self.ending():
            raise Cancelled

    def weigh(self, size: int) -> None:
        """Add bytes of bodies to what the run holds already."""
        with self._lock:
            self._weight += size

    def take(self) -> None:
        """Spend one request; raises ``Stopped`` at a bound, ``Cancelled`` at the run's end."""
        self.go_on()
        now = self._clock.monotonic()
        # A plan within its bounds leaves time for each exchange: a slow target used it up.
        if now >= self._run_until:
            raise Stopped("engine.deadline", Blame.TARGET, seconds=self._run_seconds)
        if now >= self._probe_until:
            raise Stopped("engine.deadline", Blame.TARGET, seconds=self._probe_seconds)
        with self._lock:
            if self._weight > self._most_weight:
                raise Stopped("engine.bytes", Blame.TARGET, limit=self._most_weight)
            if self.spent >= self._run_most:
                raise Stopped("engine.budget", Blame.PROFILE, limit=self._run_most)
            if self.spent - self._probe_from >= self._probe_most:
                raise Stopped("engine.budget", Blame.PROFILE, limit=self._probe_most)
            self.spent += 1

    def clip(self, seconds: float) -> float:
        """Shorten a wait to what is left."""
        now = self._clock.monotonic()
        return max(0.0, min(seconds, self._probe_until - now, self._run_until - now))


class Scope:
    """The names that templates see, and the cell that evidence belongs to.

    A name whose value is None was looked for and not found.
    """

    def __init__(self, values: Mapping[str, Item | str | None], cell: tuple[int, ...] = ()) -> None:
        self.values = dict(values)
        self.cell = cell

    def lookup(self, name: str) -> str | None:
        """Find a template's name: a plain value, or an element of an item."""
        head, _, element = name.partition(".")
        found = self.values.get(name, self.values.get(head))
        if isinstance(found, Item):
            return found.text(element) if element else as_text(found.raw)
        return found

    def inner(self, name: str, item: Item, number: int) -> "Scope":
        """Open a cell; ``unique`` differs in each."""
        unique = f"{self.values.get('unique', '')}x{number}"
        return Scope({**self.values, name: item, "unique": unique}, (*self.cell, number))


class Stage(Struct, frozen=True):
    """The surroundings of all probes of a run; ``picked`` marks items that were picked."""

    plan: Plan
    driver: Driver
    notes: Notes
    budget: Budget
    clock: Clock
    entropy: Entropy
    picked: set[str]
    tls: TlsDriver | None = None
    mqtt: MqttDriver | None = None
    documents: DocumentDriver | None = None
    people: PersonDriver | None = None
    search: Search | None = None
    guide: Guiding | None = None

    def scaled(self, seconds: float) -> float:
        """Bring a duration to the target's declared scale, within what is left."""
        return self.budget.clip(seconds * self.plan.target.time_scale)

    def wait_real(self, seconds: float, most: float) -> None:
        """Let the time pass that a target asked for, at most ``most`` seconds of it."""
        self.clock.sleep(self.budget.clip(min(seconds, most)))
        self.budget.go_on()

    def wait(self, seconds: float) -> None:
        """Let time pass, on the target's declared scale and within what is left."""
        self.clock.sleep(self.scaled(seconds))
        self.budget.go_on()
