"""Observing: perform a probe tree, one step at a time, and keep what is seen."""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from cqsc_conform.engine.fill import Unfilled, build, filled
from cqsc_conform.engine.paging import Turn, first_turn, next_turn
from cqsc_conform.errors import Blame
from cqsc_conform.formats.address import resolve_address
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.reading import Item, Reader, Reply, as_text
from cqsc_conform.model.ask import Ask, RawAsk
from cqsc_conform.model.evidence import Evidence, Exchange, Quiet, Received, Unobserved
from cqsc_conform.model.journal import Drawn, Entry, Expanded, Intent
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.probe import (
    Each,
    Listen,
    Node,
    Par,
    Pick,
    Predicate,
    Probe,
    Raw,
    Request,
    Seq,
    Until,
    Wait,
    Walk,
)
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.world import Clock, Entropy, rfc3339


class Listening(Protocol):
    """An open receiver on the kit's side."""

    @property
    def url(self) -> str:
        """The address that the target can call."""

    def collect(
        self, step: Callable[[int], str], *, count: int, seconds: float
    ) -> tuple[Received | Quiet, ...]:
        """Wait for requests; ``step(n)`` names the evidence."""


class Driver(Protocol):
    """What observing needs of the HTTP driver."""

    def perform(self, ask: Ask) -> Exchange | Unobserved:
        """Make one request."""

    def raw(self, ask: RawAsk) -> Exchange | Unobserved:
        """Put bytes on the wire."""

    def listen(self, answer: int) -> AbstractContextManager[Listening]:
        """Open a receiver."""

    def fork(self) -> "Driver":
        """Give a driver with connections of its own, for a branch that runs beside others."""


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


class Observer:
    """Performs the probes of one plan, one repeat at a time."""

    def __init__(  # noqa: PLR0913 - the world is passed in
        self,
        plan: Plan,
        driver: Driver,
        notes: Notes,
        budget: Budget,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._plan = plan
        self._driver = driver
        self._notes = notes
        self._budget = budget
        self._clock = clock
        self._entropy = entropy
        self._picked: set[str] = set()

    def observe(
        self,
        probe: Probe,
        repeat: int,
        seen: Mapping[str, tuple[Evidence, ...]],
        already: Mapping[str, Evidence],
        spent: frozenset[str],
    ) -> dict[str, Evidence]:
        """Perform a probe.

        ``seen`` is the evidence of earlier probes by step; ``already`` is what an interrupted
        attempt of this probe kept, ``spent`` the ids of changes that left and were not answered:
        neither is sent again.
        """
        target = self._plan.target
        reader = Reader(target.operations, target.outcome, target.charset, target.timezone)
        unique = self._entropy.bytes(8).hex()
        run = _Probe(self, probe, repeat, self._driver, reader, dict(seen), dict(already), spent)
        values: dict[str, Item | str | None] = {"unique": unique}
        values |= {f"ixit.{name}": as_text(value) for name, value in target.ixit.items()}
        self._notes.note(
            Drawn(probe=probe.id, name="unique", repeat=repeat, values={"value": unique})
        )
        self._budget.start_probe(target.limits.probe_seconds)
        run.nodes(probe.steps, Scope(values))
        return run.kept


class _Probe:
    """One probe being performed."""

    def __init__(  # noqa: PLR0913 - a probe's surroundings
        self,
        observer: Observer,
        probe: Probe,
        repeat: int,
        driver: Driver,
        reader: Reader,
        seen: dict[str, tuple[Evidence, ...]],
        already: dict[str, Evidence],
        spent: frozenset[str],
    ) -> None:
        self.o = observer
        self.probe = probe
        self.repeat = repeat
        self.driver = driver
        self.reader = reader
        self.seen = seen
        self.already = already
        self.spent = spent
        self.kept: dict[str, Evidence] = {}
        self.numbers: dict[tuple[tuple[int, ...], str], int] = {}
        self.lock = threading.RLock()

    def nodes(self, nodes: Iterable[Node], scope: Scope) -> None:
        for node in nodes:
            self.node(node, scope)

    def node(self, node: Node, scope: Scope) -> None:
        match node:
            case Request():
                self._request(node, scope)
            case Walk():
                self._walk(node, scope)
            case Raw():
                self._raw(node, scope)
            case Listen():
                self._listen(node, scope)
            case Seq():
                self.nodes(node.do, scope)
            case Par():
                self._par(node, scope)
            case Each():
                self._each(node, scope)
            case Pick():
                self._pick(node, scope)
            case Until():
                self._until(node, scope)
            case Wait():
                scale = self.o._plan.target.time_scale
                self.o._clock.sleep(self.o._budget.clip(node.seconds * scale))

    def name(self, step: str, cell: tuple[int, ...]) -> str:
        """Name the next evidence of a step by its place in the plan."""
        with self.lock:
            number = self.numbers.get((cell, step), 0) + 1
            self.numbers[cell, step] = number
        inside = f"[{'.'.join(str(each) for each in cell)}]" if cell else ""
        return f"{self.probe.id}{inside}/{step}.{number}"

    def keep(self, step: str, evidence: Evidence) -> Evidence:
        with self.lock:
            if evidence.id not in self.already:
                self.o._notes.keep(evidence)
            self.kept[evidence.id] = evidence
            key = f"{self.probe.id}/{step}"
            self.seen[key] = (*self.seen.get(key, ()), evidence)
        return evidence

    def unobserved(self, id_: str, code: str, blame: Blame, **args: Scalar) -> Unobserved:
        return Unobserved(
            id=id_, code=code, blame=blame, at=rfc3339(self.o._clock.now()), args=dict(args)
        )

    def send(self, step: str, id_: str, act: Callable[[], Evidence]) -> Evidence:
        """Make one contact, unless an interrupted attempt made it already."""
        if id_ in self.already:
            return self.keep(step, self.already[id_])
        if id_ in self.spent:
            return self.keep(step, self.unobserved(id_, "engine.interrupted", Blame.KIT))
        try:
            self.o._budget.take()
        except Stopped as stop:
            return self.keep(step, self.unobserved(id_, stop.code, Blame.KIT, **stop.args_))
        if self.probe.effect is not Effect.SAFE:
            self.o._notes.note(Intent(id=id_, repeat=self.repeat, at=rfc3339(self.o._clock.now())))
        return self.keep(step, act())

    def _operation(self, name: str) -> Operation:
        return self.o._plan.target.operations[name]

    def _request(self, node: Request, scope: Scope) -> None:
        id_ = self.name(node.as_, scope.cell)
        operation = self._operation(node.operation)
        target: str | None = None
        try:
            params = {key: filled(value, scope.lookup) for key, value in node.params.items()}
            headers = {key: filled(value, scope.lookup) for key, value in node.headers.items()}
            content = {
                key: filled(value, scope.lookup) if isinstance(value, str) else value
                for key, value in node.fields.items()
            }
            address = None if node.address is None else filled(node.address, scope.lookup)
        except Unfilled as lacking:
            self.keep(
                node.as_, self.unobserved(id_, "engine.template", Blame.TARGET, name=lacking.name)
            )
            return
        if address is not None:
            place = resolve_address(self.o._plan.target.endpoints, operation.endpoint, address)
            if place is None:
                self.keep(
                    node.as_,
                    self.unobserved(
                        id_, "engine.address_foreign", Blame.TARGET, address=address[:200]
                    ),
                )
                return
            _, target = place
        ask = build(
            id=id_, name=node.operation, operation=operation, identity=node.identity,
            params=params, headers=headers, fields_=content, method=node.method, target=target,
        )  # fmt: skip
        self.send(node.as_, id_, lambda: self.driver.perform(ask))

    def _walk(self, node: Walk, scope: Scope) -> None:
        operation = self._operation(node.operation)
        try:
            base = {key: filled(value, scope.lookup) for key, value in node.params.items()}
        except Unfilled as lacking:
            id_ = self.name(node.as_, scope.cell)
            self.keep(
                node.as_, self.unobserved(id_, "engine.template", Blame.TARGET, name=lacking.name)
            )
            return
        first = turn = first_turn(operation, node.page_size)
        pages: list[Reply] = []
        for number in range(1, node.max_pages + 1):
            id_ = self.name(node.as_, scope.cell)
            target: str | None = None
            if turn.address is not None:
                place = resolve_address(
                    self.o._plan.target.endpoints, operation.endpoint, turn.address
                )
                if place is None:
                    self.keep(
                        node.as_,
                        self.unobserved(
                            id_, "engine.address_foreign", Blame.TARGET,
                            address=turn.address[:200],
                        ),
                    )  # fmt: skip
                    return
                target = place[1]
            ask = build(
                id=id_, name=node.operation, operation=operation, identity=node.identity,
                params={**base, **turn.params}, headers={}, fields_={}, target=target,
            )  # fmt: skip
            got = self.send(node.as_, id_, lambda ask=ask: self.driver.perform(ask))  # type: ignore[misc]
            if not isinstance(got, Exchange):
                return
            pages.append(self.reader.reply(got))
            if node.between is not None and node.between.page == number:
                self.nodes(node.between.do, scope)
            turn = next_turn(operation, tuple(pages), first)
            if turn.ended is not None:
                return

    def _raw(self, node: Raw, scope: Scope) -> None:
        id_ = self.name(node.as_, scope.cell)
        try:
            data = (
                bytes.fromhex(node.hex)
                if node.hex is not None
                else filled(node.text or "", scope.lookup).replace("\n", "\r\n").encode()
            )
        except Unfilled as lacking:
            self.keep(
                node.as_, self.unobserved(id_, "engine.template", Blame.TARGET, name=lacking.name)
            )
            return
        ask = RawAsk(id=id_, endpoint=node.endpoint, data=data)
        self.send(node.as_, id_, lambda: self.driver.raw(ask))

    def _listen(self, node: Listen, scope: Scope) -> None:
        with self.driver.listen(node.answer) as receiver:
            inner = Scope({**scope.values, f"{node.as_}.url": receiver.url}, scope.cell)
            self.nodes(node.do, inner)
            seconds = self.o._budget.clip(node.seconds * self.o._plan.target.time_scale)
            first = self.name(node.as_, scope.cell)
            head = first.rpartition(".")[0]
            for each in receiver.collect(
                lambda n: f"{head}.{n}", count=node.count, seconds=seconds
            ):
                self.keep(node.as_, each)

    def _par(self, node: Par, scope: Scope) -> None:
        threads: list[threading.Thread] = []
        trouble: list[BaseException] = []

        def branch(each: Node, driver: Driver) -> None:
            beside = _Probe(
                self.o, self.probe, self.repeat, driver, self.reader, self.seen, self.already,
                self.spent,
            )  # fmt: skip
            beside.kept, beside.numbers, beside.lock = self.kept, self.numbers, self.lock
            try:
                beside.node(each, scope)
            except BaseException as cause:  # noqa: BLE001 - handed to the thread that waits
                trouble.append(cause)

        for each in node.do:
            threads.append(threading.Thread(target=branch, args=(each, self.driver.fork())))
            threads[-1].start()
        for thread in threads:
            thread.join()
        if trouble:
            raise trouble[0]

    def _found(self, node: Each | Pick) -> list[Item]:
        """Find the items that a node chooses from, in the order they were seen."""
        step = node.over if "/" in node.over else f"{self.probe.id}/{node.over}"
        rows = tuple(row for row in self.seen.get(step, ()) if isinstance(row, Exchange))
        items = self.reader.found(rows, node.at)
        wanted = node.where.items()
        return [
            item
            for item in items
            if all(as_text(item.element(key)) == as_text(value) for key, value in wanted)
            and all(item.element(key) not in (MISSING, None, "", []) for key in node.having)
        ]

    def _each(self, node: Each, scope: Scope) -> None:
        found = self._found(node)
        if node.distinct is not None:
            found = list({item.text(node.distinct): item for item in reversed(found)}.values())
            found.reverse()
        taken = spread(found, node.max)
        self.o._notes.note(
            Expanded(
                probe=self.probe.id,
                node=node.as_,
                repeat=self.repeat,
                found=len(found),
                taken=len(taken),
                at=rfc3339(self.o._clock.now()),
            )  # fmt: skip
        )
        for number, item in enumerate(taken, 1):
            self.nodes(node.do, scope.inner(node.as_, item, number))

    def _pick(self, node: Pick, scope: Scope) -> None:
        for item in self._found(node):
            mark = repr(item.raw)
            if node.unused and mark in self.o._picked:
                continue
            if node.unused:
                self.o._picked.add(mark)
            scope.values[node.as_] = item
            return

    def _until(self, node: Until, scope: Scope) -> None:
        seconds = self.o._budget.clip(node.seconds * self.o._plan.target.time_scale)
        deadline = self.o._clock.monotonic() + seconds
        step = f"{self.probe.id}/{node.step}"
        while True:
            self.nodes(node.do, scope)
            last = (self.seen.get(step) or (None,))[-1]
            if isinstance(last, Exchange) and meets(self.reader.reply(last), node.is_):
                return
            pause = node.every * self.o._plan.target.time_scale
            if self.o._clock.monotonic() + pause >= deadline:
                return
            self.o._clock.sleep(pause)


def spread(items: list[Any], most: int) -> list[Any]:
    """Take at most ``most`` items, evenly over the whole, first and last included."""
    count = len(items)
    if count <= most:
        return items
    if most == 1:
        return items[:1]
    return [items[round(index * (count - 1) / (most - 1))] for index in range(most)]


def meets(reply: Reply, wanted: Predicate) -> bool:
    """Tell whether a reply meets a predicate."""
    if wanted.outcome is not None and reply.outcome.value != wanted.outcome:
        return False
    if wanted.status is not None and reply.status != wanted.status:
        return False
    if wanted.element is None:
        return True
    item = reply.item
    return item is not None and as_text(item.element(wanted.element)) == as_text(wanted.equals)


__all__ = ["Budget", "Driver", "Notes", "Observer", "Stopped", "Turn", "meets", "spread"]
