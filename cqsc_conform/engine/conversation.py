"""One probe under way: what its evidence is called, what is kept, what is sent and what is not."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from cqsc_conform.engine.fill import Unfilled
from cqsc_conform.engine.stage import Listening, Scope, Stage, Stopped
from cqsc_conform.errors import Blame
from cqsc_conform.formats.address import Address, resolve_address
from cqsc_conform.formats.reading import Item, Reader, as_text
from cqsc_conform.model.evidence import Evidence, Exchange, Unobserved
from cqsc_conform.model.journal import Drawn, Expanded, Intent
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.probe import Probe
from cqsc_conform.model.target import Endpoint
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.world import rfc3339

_SHOWN = 200
"""How much of an address that a target showed goes into a reason, in characters."""


class Before(Struct, frozen=True):
    """What an interrupted attempt of a probe left that must not be done again.

    ``kept`` is its evidence by id, ``in_flight`` the ids of changes that left and were not
    answered, ``drawn`` what it drew, by name.
    """

    kept: Mapping[str, Evidence] = {}
    in_flight: frozenset[str] = frozenset()
    drawn: Mapping[str, Mapping[str, Scalar]] = {}


class Conversation:
    """One probe under way; may be used by several threads.

    ``seen`` is the evidence of this probe and of those before it, by step.
    """

    def __init__(
        self,
        stage: Stage,
        probe: Probe,
        repeat: int,
        seen: Mapping[str, tuple[Evidence, ...]],
        before: Before,
    ) -> None:
        target = stage.plan.target
        self.stage = stage
        self.probe = probe
        self.reader = Reader(target.operations, target.outcome, target.charset, target.timezone)
        self.seen = dict(seen)
        self.kept: dict[str, Evidence] = {}
        self.not_repeated = 0
        self.receivers: dict[tuple[str, tuple[int, ...]], Listening] = {}
        self._repeat = repeat
        self._before = before
        self._endpoints = {name: Endpoint(url=url) for name, url in target.endpoints.items()}
        self._numbers: dict[tuple[tuple[int, ...], str], int] = {}
        self._lock = threading.RLock()

    def values(self) -> dict[str, Item | str | None]:
        """Give the names that every template of the probe sees."""
        found: dict[str, Item | str | None] = {"unique": self._unique()}
        ixit = self.stage.plan.target.ixit
        return found | {f"ixit.{name}": as_text(value) for name, value in ixit.items()}

    def _unique(self) -> str:
        # What a change was made under is asked for again by later steps.
        earlier = self._before.drawn.get("unique")
        if earlier is not None:
            return as_text(earlier["value"])
        value = self.stage.entropy.bytes(8).hex()
        self._draw("unique", {"value": value})
        return value

    def name(self, step: str, cell: tuple[int, ...]) -> str:
        """Name the next evidence of a step by its place in the plan."""
        with self._lock:
            number = self._numbers.get((cell, step), 0) + 1
            self._numbers[cell, step] = number
        return self._id(step, cell, number)

    def ahead(self, step: str, cell: tuple[int, ...]) -> tuple[Evidence, ...]:
        """Give what an interrupted attempt kept of a step from its next number on."""
        found: list[Evidence] = []
        with self._lock:
            number = self._numbers.get((cell, step), 0) + 1
            while (id_ := self._id(step, cell, number + len(found))) in self._before.kept:
                found.append(self._before.kept[id_])
        return tuple(found)

    def _id(self, step: str, cell: tuple[int, ...], number: int) -> str:
        inside = f"[{'.'.join(str(each) for each in cell)}]" if cell else ""
        return f"{self.probe.id}{inside}/{step}.{number}"

    def keep(self, step: str, evidence: Evidence) -> Evidence:
        """Keep evidence, and write it down unless an interrupted attempt did."""
        with self._lock:
            if evidence.id not in self._before.kept:
                self.stage.notes.keep(evidence)
            self.kept[evidence.id] = evidence
            if isinstance(evidence, Exchange):
                self.stage.budget.weigh(evidence.response.body.size)
            key = f"{self.probe.id}/{step}"
            self.seen[key] = (*self.seen.get(key, ()), evidence)
        return evidence

    def unobserved(
        self, step: str, id_: str, code: str, blame: Blame, **args: Scalar
    ) -> Unobserved:
        """Keep that a contact was not made, and why."""
        evidence = self.not_made(id_, code, blame, **args)
        self.keep(step, self._before.kept.get(id_, evidence))
        return evidence

    def not_made(self, id_: str, code: str, blame: Blame, **args: Scalar) -> Unobserved:
        """Say that a contact was not made, and why, without keeping it."""
        at = rfc3339(self.stage.clock.now())
        return Unobserved(id=id_, code=code, blame=blame, at=at, args=dict(args))

    def lacking(self, step: str, id_: str, scope: Scope, why: Unfilled) -> None:
        """Note that there was nothing to ask with: what the target showed so far lacks it."""
        head = why.name.partition(".")[0]
        if head in scope.values and scope.values[head] is None:
            self.unobserved(step, id_, "engine.nothing_to_pick", Blame.TARGET, pick=head)
        else:
            self.unobserved(step, id_, why.code, Blame.TARGET, name=why.name)

    def send(self, step: str, id_: str, act: Callable[[], Evidence]) -> Evidence:
        """Make one contact, unless an interrupted attempt made it already."""
        if id_ in self._before.kept:
            self.not_repeated += 1
            return self.keep(step, self._before.kept[id_])
        if id_ in self._before.in_flight:
            self.not_repeated += 1
            return self.unobserved(step, id_, "engine.interrupted", Blame.KIT)
        try:
            self.stage.budget.take()
        except Stopped as stop:
            return self.unobserved(step, id_, stop.code, stop.blame, **stop.args_)
        if self.probe.effect is not Effect.SAFE:
            self.stage.notes.note(
                Intent(id=id_, repeat=self._repeat, at=rfc3339(self.stage.clock.now()))
            )
        return self.keep(step, act())

    def look(self, step: str, id_: str, act: Callable[[], Evidence]) -> Evidence:
        """Look at what is not the target itself: nothing is spent of what it may be asked."""
        if id_ in self._before.kept:
            return self.keep(step, self._before.kept[id_])
        self.stage.budget.go_on()
        return self.keep(step, act())

    def operation(self, name: str) -> Operation:
        """Give an operation; planning made sure that the target has it."""
        return self.stage.plan.target.operations[name]

    def place(self, step: str, id_: str, operation: Operation, address: str) -> Address | None:
        """Hold an address that the target showed to the endpoints that its file declares."""
        found = resolve_address(self._endpoints, address, beside=operation.endpoint)
        if found is None:
            shown = address[:_SHOWN].encode("utf-8", "backslashreplace").decode()
            self.unobserved(step, id_, "engine.address_foreign", Blame.TARGET, address=shown)
        return found

    def found(self, over: str) -> tuple[Exchange, ...]:
        """Give the exchanges of a step, this probe's or an earlier one's, in order."""
        step = over if "/" in over else f"{self.probe.id}/{over}"
        return tuple(row for row in self.seen.get(step, ()) if isinstance(row, Exchange))

    def expanded(self, node: str, found: int, taken: int) -> None:
        """Note how much there was to expand over, and how much of it is taken."""
        self.stage.notes.note(
            Expanded(
                probe=self.probe.id,
                node=node,
                repeat=self._repeat,
                found=found,
                taken=taken,
                at=rfc3339(self.stage.clock.now()),
            )
        )

    def pick(
        self, name: str, cell: tuple[int, ...], items: Iterable[Item], *, unused: bool
    ) -> Item | None:
        """Choose the first item that may be chosen, and note which.

        What was chosen before an interruption is chosen again.
        """
        place = self.name(name, cell).removeprefix(self.probe.id).removeprefix("/")
        earlier = self._before.drawn.get(place, {}).get("mark")
        with self._lock:
            for item in items:
                mark = _mark(item)
                free = not unused or mark not in self.stage.picked
                if mark == earlier or (earlier is None and free):
                    self.stage.picked.add(mark)
                    if earlier is None:
                        self._draw(place, {"mark": mark})
                    return item
        return None

    def _draw(self, name: str, values: dict[str, Scalar]) -> None:
        self.stage.notes.note(
            Drawn(probe=self.probe.id, name=name, repeat=self._repeat, values=values)
        )


def _mark(item: Item) -> str:
    """Name an item by its content, without showing it."""
    return hashlib.sha256(repr(item.raw).encode("utf-8", "surrogatepass")).hexdigest()
