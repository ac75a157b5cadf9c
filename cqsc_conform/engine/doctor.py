"""The doctor: a few safe requests that tell whether a target file's mapping works.

It judges no requirement; it says what to mend in ``target.yaml`` before a run.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from cqsc_conform.engine.answering import of_answer, of_charset, of_clock, of_trouble
from cqsc_conform.engine.fill import build
from cqsc_conform.engine.findings import (
    of_elements,
    of_item,
    of_listing,
    of_paging,
    of_unknown,
)
from cqsc_conform.engine.found import Finding
from cqsc_conform.engine.paging import first_turn, next_turn
from cqsc_conform.formats.reading import Item, Reply
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Exchange, Unobserved
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Blame, ReplyClass
from cqsc_conform.model.target import Target
from cqsc_conform.model.text import Args

__all__ = ["MOST_REQUESTS", "Diagnosis", "Finding", "examine"]

MOST_REQUESTS = 8
_PAGE_SIZE = 3
_NOT_SHARED = "不予共享"

Perform = Callable[[Ask], Exchange | Unobserved]


class Diagnosis(Struct, frozen=True):
    """What the doctor found; ``unreachable`` says that nothing could be seen of an endpoint."""

    findings: tuple[Finding, ...]
    requests: int
    unreachable: bool


def examine(
    target: Target,
    operations: Mapping[str, Operation],
    perform: Perform,
    now: Callable[[], datetime],
    unknown: str,
) -> Diagnosis:
    """Ask a target at most ``MOST_REQUESTS`` questions, none of which changes anything.

    ``unknown`` is an id that no entry has.
    """
    return _Doctor(target, operations, perform, now, unknown).examine()


class _Doctor:
    def __init__(
        self,
        target: Target,
        operations: Mapping[str, Operation],
        perform: Perform,
        now: Callable[[], datetime],
        unknown: str,
    ) -> None:
        self._target = target
        self._operations = operations
        self._perform = perform
        self._now = now
        self._unknown = unknown
        self._findings: list[Finding] = []
        self._requests = 0
        self._lost: set[str] = set()
        self._timed: set[str] = set()
        self._unreachable = False

    def examine(self) -> Diagnosis:
        known: dict[str, Item] = {}
        for name, operation in self._operations.items():
            if _lists(name, operation):
                self._listing(name, operation, known)
        # Only a listing of the same things gives ids to get one by.
        heads = {name.partition(".")[0] for name in self._operations if name.endswith(".get")}
        of_kind = (each for name, each in known.items() if name.partition(".")[0] in heads)
        first = next(of_kind, None)
        for name, operation in self._operations.items():
            if name.endswith(".search"):
                self._search(name, operation, first)
            elif not _lists(name, operation) and "id" in operation.parameters:
                self._one(name, operation, first)
        # What is wrong at one place of the file is told once, whichever operation met it.
        told: dict[tuple[object, ...], Finding] = {}
        for each in self._findings:
            told.setdefault((each.code, each.at, each.cites if each.level == "ok" else ""), each)
        kept = tuple(told.values())
        return Diagnosis(kept, self._requests, unreachable=self._unreachable)

    def _listing(self, name: str, operation: Operation, known: dict[str, Item]) -> None:
        turn = first_turn(operation, _PAGE_SIZE)
        reply = self._ask(name, operation, dict(turn.params))
        if reply is None:
            return
        size = int(turn.params["page_size"]) if "page_size" in turn.params else None
        self._findings += of_listing(name, reply, size)
        if not reply.items:
            return
        self._findings += of_elements(name, reply, reply.items[0])
        is_first = not known
        shared = [each for each in reply.items if each.text("share_type") != _NOT_SHARED]
        known[name] = (shared or list(reply.items))[0]
        if is_first:
            following = next_turn(operation, (reply,), turn)
            if following.params and size is not None:
                second = self._send(name, operation, dict(following.params), "page")
                if second is not None:
                    self._findings.append(of_paging(name, reply, second))

    def _search(self, name: str, operation: Operation, first: Item | None) -> None:
        keyword = first.text("title") if first is not None else ""
        if not keyword:
            self._cannot(name, "title")
            return
        turn = first_turn(operation, _PAGE_SIZE)
        reply = self._ask(name, operation, {**turn.params, "keyword": keyword})
        if reply is not None:
            self._findings += of_listing(name, reply, None)

    def _one(self, name: str, operation: Operation, first: Item | None) -> None:
        known = first.text("id") if first is not None else ""
        if not known:
            self._cannot(name, "id")
            return
        size = _PAGE_SIZE if operation.paging.style != "none" else None
        params = {**first_turn(operation, size).params, "id": known}
        reply = self._ask(name, operation, params)
        if reply is None:
            return
        if operation.items is not None:
            self._findings += of_listing(name, reply, None)
            if reply.items:
                self._findings += of_elements(name, reply, reply.items[0])
            return
        self._findings += of_item(name, reply)
        if name.endswith(".get"):
            answer = self._send(name, operation, {"id": self._unknown}, "unknown")
            if answer is not None:
                self._findings.append(of_unknown(name, answer, self._target))

    def _cannot(self, name: str, element: str) -> None:
        if self._operations[name].endpoint not in self._lost:
            args: Args = {"operation": name, "element": element}
            at = ("operations", name)
            self._findings.append(Finding("target.doctor_not_asked", "warning", at, args))

    def _ask(self, name: str, operation: Operation, params: dict[str, str]) -> Reply | None:
        """Ask, and give the reply where something can be read from it."""
        reply = self._send(name, operation, params, "first")
        if reply is None:
            return None
        found = of_answer(name, reply, self._target)
        self._findings.append(found)
        readable = reply.outcome is ReplyClass.SUCCESS and reply.fault is None
        return reply if readable else None

    def _send(
        self, name: str, operation: Operation, params: dict[str, str], step: str
    ) -> Reply | None:
        """Put one request on the wire, within the bound, to an endpoint that is there."""
        if operation.endpoint in self._lost or self._requests >= MOST_REQUESTS:
            return None
        self._requests += 1
        ask = build(
            id=f"doctor[{name}]/{step}.{self._requests}",
            name=name,
            operation=operation,
            identity="default",
            params=params,
            headers={},
            fields_={},
            charset=self._target.charset,
        )
        seen = self._perform(ask)
        if isinstance(seen, Unobserved):
            found = of_trouble(seen)
            self._findings.append(found)
            self._lost.add(operation.endpoint)
            self._unreachable = self._unreachable or seen.blame is not Blame.YOU
            return None
        target = self._target
        reply = Reply(seen, operation, target.outcome, target.charset, "mapped", target.timezone)
        if operation.endpoint not in self._timed:
            self._timed.add(operation.endpoint)
            args: Args = {"endpoint": operation.endpoint, "status": reply.status}
            at = ("endpoints", operation.endpoint, "url")
            self._findings.append(Finding("target.doctor_reached", "ok", at, args, seen.id))
            self._findings.append(of_clock(reply, self._now(), target))
            self._findings += of_charset(reply, target)
        return reply


def _lists(name: str, operation: Operation) -> bool:
    """Tell whether an operation lists something without being told what."""
    if operation.items is None or name.endswith(".search"):
        return False
    return "id" not in operation.parameters
