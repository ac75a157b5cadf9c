"""What a probe is performed with: a driver, a notebook, a budget, and names for templates."""

import threading
from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from cqsc_conform.formats.reading import Item, as_text
from cqsc_conform.model.ask import Ask, RawAsk
from cqsc_conform.model.evidence import Evidence, Exchange, Quiet, Received, Unobserved
from cqsc_conform.model.journal import Entry
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.world import Clock, Entropy


class Listening(Protocol):
    """An open receiver on the kit's side."""

    url: str

    def collect(self, count: int, seconds: float) -> tuple[Received, ...] | Quiet:
        """Wait for requests, then close."""

    def close(self) -> None:
        """Stop listening."""


class Driver(Protocol):
    """What observing needs of the HTTP driver."""

    def perform(self, ask: Ask) -> Exchange | Unobserved:
        """Make one request."""

    def raw(self, ask: RawAsk) -> Exchange | Unobserved:
        """Put bytes on the wire."""

    def listen(self, prefix: str, answer: int) -> Listening:
        """Open a receiver; what it gets is named ``prefix.1``, ``prefix.2`` and so on."""

    def fork(self) -> "Driver":
        """Give a driver with connections of its own, for a branch that runs beside others."""

    def close(self) -> None:
        """Let all connections go."""


class Notes(Protocol):
    """Where observing writes: evidence and journal entries, in the order they happen."""

    def keep(self, evidence: Evidence) -> None:
        """Keep evidence."""

    def note(self, entry: Entry) -> None:
        """Append to the journal."""


class Stopped(Exception):  # noqa: N818 - it says what happened to a run
    """A bound of the run or the probe was reached; what was not asked stays unasked."""

    def __init__(self, code: str, **args: Scalar) -> None:
        super().__init__(code)
        self.code = code
        self.args_ = args


class Budget:
    """Requests and time left to a run: bounds that hold whatever a target does."""

    def __init__(self, requests: int, clock: Clock, run_seconds: float) -> None:
        self.left = requests
        self.spent = 0
        self._most = requests
        self._clock = clock
        self._run_seconds = run_seconds
        self._run_until = clock.monotonic() + run_seconds
        self._probe_until = self._run_until
        self._probe_seconds = run_seconds
        self._lock = threading.Lock()

    def start_probe(self, seconds: float) -> None:
        """Begin the time of a probe."""
        self._probe_seconds = seconds
        self._probe_until = self._clock.monotonic() + seconds

    def take(self) -> None:
        """Spend one request, or stop."""
        now = self._clock.monotonic()
        if now >= self._run_until:
            raise Stopped("engine.deadline", seconds=self._run_seconds)
        if now >= self._probe_until:
            raise Stopped("engine.deadline", seconds=self._probe_seconds)
        with self._lock:
            if self.left <= 0:
                raise Stopped("engine.budget", limit=self._most)
            self.left -= 1
            self.spent += 1

    def clip(self, seconds: float) -> float:
        """Shorten a wait to what is left."""
        now = self._clock.monotonic()
        return max(0.0, min(seconds, self._probe_until - now, self._run_until - now))


class Scope:
    """The names that templates see, and the cell that evidence belongs to."""

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
        """Open a cell."""
        return Scope({**self.values, name: item}, (*self.cell, number))


class Stage(Struct, frozen=True):
    """The surroundings of all probes of a run; ``picked`` marks items that no other may pick."""

    plan: Plan
    driver: Driver
    notes: Notes
    budget: Budget
    clock: Clock
    entropy: Entropy
    picked: set[str]

    def wait(self, seconds: float) -> None:
        """Let time pass, on the target's declared scale and within what is left."""
        self.clock.sleep(self.budget.clip(seconds * self.plan.target.time_scale))
