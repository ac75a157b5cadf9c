"""Observing: perform a probe tree, one step at a time, and keep what is seen."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from cqsc_conform.engine.fill import Unfilled, build, filled
from cqsc_conform.engine.paging import first_turn, next_turn
from cqsc_conform.engine.stage import Driver, Scope, Stage, Stopped
from cqsc_conform.errors import Blame
from cqsc_conform.formats.address import Address, resolve_address
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.reading import Item, Reader, Reply, as_text
from cqsc_conform.model.ask import RawAsk
from cqsc_conform.model.evidence import Evidence, Exchange, Unobserved
from cqsc_conform.model.journal import Drawn, Expanded, Intent
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Effect
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
from cqsc_conform.model.target import Endpoint
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.world import rfc3339


def observe_probe(
    stage: Stage,
    probe: Probe,
    repeat: int,
    seen: Mapping[str, tuple[Evidence, ...]],
    already: Mapping[str, Evidence],
    spent: frozenset[str],
) -> dict[str, Evidence]:
    """Perform a probe and give its evidence by id.

    ``seen`` is the evidence of earlier probes by step; ``already`` is what an interrupted
    attempt of this probe kept, ``spent`` the ids of changes that left and were not answered:
    neither is sent again.
    """
    target = stage.plan.target
    reader = Reader(target.operations, target.outcome, target.charset, target.timezone)
    unique = stage.entropy.bytes(8).hex()
    stage.notes.note(Drawn(probe=probe.id, name="unique", repeat=repeat, values={"value": unique}))
    values: dict[str, Item | str | None] = {"unique": unique}
    values |= {f"ixit.{name}": as_text(value) for name, value in target.ixit.items()}
    stage.budget.start_probe(target.limits.probe_seconds)
    performing = _Probe(
        stage, probe, repeat, stage.driver, reader, dict(seen), dict(already), spent
    )
    performing.nodes(probe.steps, Scope(values))
    return performing.kept


class _Probe:
    """One probe being performed."""

    def __init__(
        self,
        stage: Stage,
        probe: Probe,
        repeat: int,
        driver: Driver,
        reader: Reader,
        seen: dict[str, tuple[Evidence, ...]],
        already: dict[str, Evidence],
        spent: frozenset[str],
    ) -> None:
        self.stage = stage
        self.probe = probe
        self.repeat = repeat
        self.driver = driver
        self.reader = reader
        self.seen = seen
        self.already = already
        self.spent = spent
        self.kept: dict[str, Evidence] = {}
        urls = stage.plan.target.endpoints
        self.endpoints = {name: Endpoint(url=url) for name, url in urls.items()}
        self.numbers: dict[tuple[tuple[int, ...], str], int] = {}
        self.lock = threading.RLock()

    def nodes(self, nodes: Iterable[Node], scope: Scope) -> None:
        for node in nodes:
            self.node(node, scope)

    def node(self, node: Node, scope: Scope) -> None:
        """Perform one node; a branch hands its own nodes back to here."""
        match node:
            case Seq():
                self.nodes(node.do, scope)
            case Wait():
                self.stage.wait(node.seconds)
            case _:
                self._verbs[type(node)](self, node, scope)

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
                self.stage.notes.keep(evidence)
            self.kept[evidence.id] = evidence
            key = f"{self.probe.id}/{step}"
            self.seen[key] = (*self.seen.get(key, ()), evidence)
        return evidence

    def unobserved(self, id_: str, code: str, blame: Blame, **args: Scalar) -> Unobserved:
        return Unobserved(
            id=id_, code=code, blame=blame, at=rfc3339(self.stage.clock.now()), args=dict(args)
        )

    def lacking(self, step: str, id_: str, code: str, **args: Scalar) -> None:
        """Note that there was nothing to ask with: what the target showed so far lacks it."""
        self.keep(step, self.unobserved(id_, code, Blame.TARGET, **args))

    def send(self, step: str, id_: str, act: Callable[[], Evidence]) -> Evidence:
        """Make one contact, unless an interrupted attempt made it already."""
        if id_ in self.already:
            return self.keep(step, self.already[id_])
        if id_ in self.spent:
            return self.keep(step, self.unobserved(id_, "engine.interrupted", Blame.KIT))
        try:
            self.stage.budget.take()
        except Stopped as stop:
            return self.keep(step, self.unobserved(id_, stop.code, Blame.KIT, **stop.args_))
        if self.probe.effect is not Effect.SAFE:
            self.stage.notes.note(
                Intent(id=id_, repeat=self.repeat, at=rfc3339(self.stage.clock.now()))
            )
        return self.keep(step, act())

    def place(self, operation: Operation, address: str) -> Address | None:
        """Hold an address that the target showed to the endpoints that its file declares."""
        return resolve_address(self.endpoints, address, beside=operation.endpoint)

    def _operation(self, name: str) -> Operation:
        return self.stage.plan.target.operations[name]

    def _request(self, node: Request, scope: Scope) -> None:
        id_ = self.name(node.as_, scope.cell)
        operation = self._operation(node.operation)
        endpoint, target = operation.endpoint, None
        try:
            params = {key: filled(value, scope.lookup) for key, value in node.params.items()}
            headers = {key: filled(value, scope.lookup) for key, value in node.headers.items()}
            content = {
                key: filled(value, scope.lookup) if isinstance(value, str) else value
                for key, value in node.fields.items()
            }
            address = None if node.address is None else filled(node.address, scope.lookup)
        except Unfilled as lacking:
            self.lacking(node.as_, id_, "engine.template", name=lacking.name)
            return
        if address is not None:
            place = self.place(operation, address)
            if place is None:
                self.lacking(node.as_, id_, "engine.address_foreign", address=address[:200])
                return
            endpoint, target = place.endpoint, place.target
        ask = build(
            id=id_,
            name=node.operation,
            operation=operation,
            identity=node.identity,
            params=params,
            headers=headers,
            fields_=content,
            method=node.method,
            target=target,
            endpoint=endpoint,
            charset=self.stage.plan.target.charset,
        )
        self.send(node.as_, id_, lambda: self.driver.perform(ask))

    def _walk(self, node: Walk, scope: Scope) -> None:
        operation = self._operation(node.operation)
        try:
            base = {key: filled(value, scope.lookup) for key, value in node.params.items()}
        except Unfilled as lacking:
            id_ = self.name(node.as_, scope.cell)
            self.lacking(node.as_, id_, "engine.template", name=lacking.name)
            return
        first = turn = first_turn(operation, node.page_size)
        pages: list[Reply] = []
        for number in range(1, node.max_pages + 1):
            id_ = self.name(node.as_, scope.cell)
            endpoint, target = operation.endpoint, None
            if turn.address is not None:
                place = self.place(operation, turn.address)
                if place is None:
                    self.lacking(
                        node.as_, id_, "engine.address_foreign", address=turn.address[:200]
                    )
                    return
                endpoint, target = place.endpoint, place.target
            ask = build(
                id=id_,
                name=node.operation,
                operation=operation,
                identity=node.identity,
                params={**base, **turn.params},
                headers={},
                fields_={},
                target=target,
                endpoint=endpoint,
                charset=self.stage.plan.target.charset,
            )
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
            self.lacking(node.as_, id_, "engine.template", name=lacking.name)
            return
        ask = RawAsk(id=id_, endpoint=node.endpoint, data=data)
        self.send(node.as_, id_, lambda: self.driver.raw(ask))

    def _listen(self, node: Listen, scope: Scope) -> None:
        prefix = self.name(node.as_, scope.cell).rpartition(".")[0]
        receiver = self.driver.listen(prefix, node.answer)
        try:
            inner = Scope({**scope.values, f"{node.as_}.url": receiver.url}, scope.cell)
            self.nodes(node.do, inner)
            seconds = self.stage.budget.clip(node.seconds * self.stage.plan.target.time_scale)
            came = receiver.collect(node.count, seconds)
        finally:
            receiver.close()
        for each in came if isinstance(came, tuple) else (came,):
            self.keep(node.as_, each)

    def _par(self, node: Par, scope: Scope) -> None:
        threads: list[threading.Thread] = []
        trouble: list[BaseException] = []

        def branch(each: Node, driver: Driver) -> None:
            beside = _Probe(
                self.stage,
                self.probe,
                self.repeat,
                driver,
                self.reader,
                self.seen,
                self.already,
                self.spent,
            )
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
        self.stage.notes.note(
            Expanded(
                probe=self.probe.id,
                node=node.as_,
                repeat=self.repeat,
                found=len(found),
                taken=len(taken),
                at=rfc3339(self.stage.clock.now()),
            )
        )
        for number, item in enumerate(taken, 1):
            self.nodes(node.do, scope.inner(node.as_, item, number))

    def _pick(self, node: Pick, scope: Scope) -> None:
        for item in self._found(node):
            mark = repr(item.raw)
            if node.unused and mark in self.stage.picked:
                continue
            if node.unused:
                self.stage.picked.add(mark)
            scope.values[node.as_] = item
            return

    def _until(self, node: Until, scope: Scope) -> None:
        seconds = self.stage.budget.clip(node.seconds * self.stage.plan.target.time_scale)
        deadline = self.stage.clock.monotonic() + seconds
        step = f"{self.probe.id}/{node.step}"
        while True:
            self.nodes(node.do, scope)
            last = (self.seen.get(step) or (None,))[-1]
            if isinstance(last, Exchange) and meets(self.reader.reply(last), node.is_):
                return
            if self.stage.clock.monotonic() + node.every >= deadline:
                return
            self.stage.wait(node.every)

    _verbs: ClassVar[dict[type, Callable[[Any, Any, Scope], None]]] = {
        Request: _request,
        Walk: _walk,
        Raw: _raw,
        Listen: _listen,
        Par: _par,
        Each: _each,
        Pick: _pick,
        Until: _until,
    }


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
