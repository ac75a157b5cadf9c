"""Observing: perform a probe tree, one step at a time, and keep what is seen."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cqsc_conform.engine.bounds import SHORTEST_PAUSE
from cqsc_conform.engine.conversation import Before, Conversation
from cqsc_conform.engine.devices import peer, subscribe
from cqsc_conform.engine.fill import Unfilled, seconds_of
from cqsc_conform.engine.found_at import ELSEWHERE
from cqsc_conform.engine.fuzzing import fuzz
from cqsc_conform.engine.papers import ask_person, document
from cqsc_conform.engine.receiving import await_, listen
from cqsc_conform.engine.stage import Scope, Stage
from cqsc_conform.engine.verbs import Inner, handshake, raw, request, walk
from cqsc_conform.formats.http_fields import retry_after
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.reading import Item, Reply, as_text
from cqsc_conform.model.evidence import Evidence
from cqsc_conform.model.plan import PlannedProbe
from cqsc_conform.model.probe import (
    AskPerson,
    Await,
    Each,
    Fuzz,
    Handshake,
    Listen,
    Node,
    Observe,
    Par,
    Peer,
    Pick,
    Predicate,
    Raw,
    ReadDocument,
    Request,
    Seq,
    Until,
    Wait,
    Walk,
)


def observe_probe(
    stage: Stage,
    planned: PlannedProbe,
    repeat: int,
    seen: Mapping[str, tuple[Evidence, ...]],
    before: Before,
) -> dict[str, Evidence]:
    """Perform a probe within its bounds and give its evidence by id.

    ``seen`` is the evidence of earlier probes by step; ``before`` is what an interrupted
    attempt left, of which nothing is sent again.
    """
    stage.budget.start_probe(planned.max_requests, stage.plan.target.limits.probe_seconds)
    talk = Conversation(stage, planned.probe, repeat, seen, before)
    _nodes(talk, planned.probe.steps, Scope(talk.values()))
    return talk.kept


def _nodes(talk: Conversation, nodes: Iterable[Node], scope: Scope) -> None:
    for node in nodes:
        _VERBS[type(node)](talk, node, scope, lambda do, inner: _nodes(talk, do, inner))


def _seq(_: Conversation, node: Seq, scope: Scope, inner: Inner) -> None:
    inner(node.do, scope)


def _wait(talk: Conversation, node: Wait, scope: Scope, _: Inner) -> None:
    if node.told_by is None:
        talk.stage.wait(node.seconds + _extra(node, scope))
        return
    told = [retry_after(each) for each in talk.found(node.told_by)[-1:]]
    talk.stage.wait_real(
        min([each for each in told if each is not None], default=0.0), node.seconds
    )


def _extra(node: Wait, scope: Scope) -> float:
    """Read how much longer the target's IXIT wants a wait to be; what is no number adds none."""
    try:
        return seconds_of(node.extra or "0", scope.lookup)
    except Unfilled:
        return 0.0


def _par(talk: Conversation, node: Par, scope: Scope, inner: Inner) -> None:
    """Perform nodes side by side; when the run is cancelled no branch asks for more."""
    trouble: list[BaseException] = []

    def branch(each: Node) -> None:
        try:
            inner((each,), scope)
        except BaseException as cause:  # noqa: BLE001 - handed to the thread that waits
            trouble.append(cause)

    # A branch that waits for a dead target must not keep a cancelled run from ending.
    threads = [threading.Thread(target=branch, args=(each,), daemon=True) for each in node.do]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        talk.stage.budget.cancel()
        raise
    if trouble:
        raise trouble[0]


def _each(talk: Conversation, node: Each, scope: Scope, inner: Inner) -> None:
    found = _items(talk, node)
    if node.distinct is not None:
        first: dict[str, Item] = {}
        for item in found:
            first.setdefault(item.text(node.distinct), item)
        found = list(first.values())
    taken = spread(found, node.max)
    talk.expanded(node.as_, len(found), len(taken))
    for number, item in enumerate(taken, 1):
        inner(node.do, scope.inner(node.as_, item, number))


def _pick(talk: Conversation, node: Pick, scope: Scope, _: Inner) -> None:
    scope.values[node.as_] = talk.pick(node.as_, scope.cell, _items(talk, node), unused=node.unused)


def _items(talk: Conversation, node: Each | Pick) -> list[Item]:
    """Find the items that a node chooses from, in the order they were seen."""
    wanted = node.where.items()
    elsewhere = ELSEWHERE.get(node.at)
    seen = talk.found(node.over)
    found = talk.reader.found(seen, node.at) if elsewhere is None else elsewhere(seen, talk.reader)
    return [
        item
        for item in found
        if all(as_text(item.element(key)) == as_text(value) for key, value in wanted)
        and all(item.element(key) not in (MISSING, None, "", []) for key in node.having)
    ]


def _until(talk: Conversation, node: Until, scope: Scope, inner: Inner) -> None:
    """Repeat until the last exchange of a step meets the condition, or time is up."""
    stage = talk.stage
    deadline = stage.clock.monotonic() + stage.scaled(node.seconds)
    pause = max(node.every, SHORTEST_PAUSE)
    turns = 0
    while node.most is None or turns < node.most:
        turns += 1
        inner(node.do, scope)
        last = talk.found(node.step)[-1:]
        if last and meets(talk.reader.reply(last[0]), node.is_):
            return
        if stage.clock.monotonic() + pause * stage.plan.target.time_scale >= deadline:
            return
        stage.wait(pause)


_VERBS: dict[type, Callable[[Conversation, Any, Scope, Inner], None]] = {
    Request: request,
    Walk: walk,
    Fuzz: fuzz,
    Raw: raw,
    Listen: listen,
    Await: await_,
    Handshake: handshake,
    Peer: peer,
    Observe: subscribe,
    ReadDocument: document,
    AskPerson: ask_person,
    Seq: _seq,
    Par: _par,
    Each: _each,
    Pick: _pick,
    Until: _until,
    Wait: _wait,
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
