"""What a probe must be beyond its shape: its names resolve, its steps come before their use."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from cqsc_conform.catalog.authoring import ProbeBody
from cqsc_conform.catalog.gate import Problems
from cqsc_conform.catalog.operation_rules import inspect_pointer
from cqsc_conform.formats.places import PathPart, Positions
from cqsc_conform.formats.templates import TemplateFault, fields
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.probe import (
    Act,
    AskPerson,
    Await,
    Command,
    Each,
    Fuzz,
    Handshake,
    Listen,
    Node,
    Observe,
    Par,
    Peer,
    Pick,
    Raw,
    ReadDocument,
    Request,
    Seq,
    Until,
    Wait,
    Walk,
)
from cqsc_conform.model.stimulus import Signing

__all__ = ["BUILT_IN", "Mention", "ProbeFacts", "inspect_probe"]

ELSEWHERE = ("declared", "next_link", "validators")
"""Where ``each`` and ``pick`` may look besides the body as the operation maps it."""

BUILT_IN = frozenset({"unique"})
"""Template names that the engine gives to every probe: ``unique`` differs in each run and cell."""

Path = tuple[PathPart, ...]


class Mention(Struct, frozen=True):
    """A name that something outside the probe must answer, and where it is written."""

    name: str
    path: Path


class ProbeFacts(Struct, frozen=True):
    """What the rest of the library needs to know of a probe."""

    steps: frozenset[str]
    operations: tuple[Mention, ...]
    ixit: tuple[Mention, ...]
    foreign: tuple[Mention, ...]
    draws: tuple[Mention, ...]
    endpoints: tuple[Mention, ...]


_PROBE_ID = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*")


def inspect_probe(
    name: str, body: ProbeBody, path: Path, positions: Positions, problems: Problems
) -> ProbeFacts:
    """Check what a probe can be checked for by itself, and list what it leans on."""
    if _PROBE_ID.fullmatch(name) is None:
        problems.add("load.probe_form", path, key=True, name=name[:60])
    visit = _Visit(positions, problems, body)
    visit.nodes(body.steps, (*path, "steps"), frozenset())
    draws = tuple(Mention(name, (*path, "draws", at)) for at, name in enumerate(body.draws))
    return ProbeFacts(
        steps=frozenset(visit.steps),
        operations=tuple(visit.operations),
        ixit=tuple(visit.ixit),
        foreign=tuple(visit.foreign),
        draws=draws,
        endpoints=tuple(visit.endpoints),
    )


class _Visit:
    """Walks a probe's tree in the order of its steps."""

    def __init__(self, positions: Positions, problems: Problems, body: ProbeBody) -> None:
        self._positions = positions
        self._problems = problems
        self._draws = frozenset(body.draws)
        self._effect = body.effect
        self._names: set[str] = set()
        self.steps: dict[str, None] = {}
        self.operations: list[Mention] = []
        self.ixit: list[Mention] = []
        self.foreign: list[Mention] = []
        self.endpoints: list[Mention] = []

    def nodes(self, nodes: tuple[Node, ...], path: Path, scope: frozenset[str]) -> frozenset[str]:
        """Visit nodes in order; a pick is known from there on.  Gives the scope that remains."""
        for at, node in enumerate(nodes):
            verb = str(node.__struct_config__.tag)
            scope = self._node(node, (*path, at, verb), scope)
        return scope

    def _node(self, node: Node, path: Path, scope: frozenset[str]) -> frozenset[str]:  # noqa: PLR0911 - one a verb
        match node:
            case Request() | Walk() | Fuzz() | Raw():
                self._leaf(node, path, scope)
                return scope
            case Handshake() | Peer() | Observe() | ReadDocument() | AskPerson():
                self._talk(node, path, scope)
                return scope
            case Listen() | Await():
                self._receiving(node, path, scope)
                return scope
            case Seq() | Par():
                inner = (*path, "do")
                return self.nodes(node.do, inner if self._positions.holds(inner) else path, scope)
            case Each():
                self._over(node, path)
                self._name(node.as_, path, step=False)
                self.nodes(node.do, (*path, "do"), scope | {node.as_})
                return scope
            case Pick():
                self._over(node, path)
                self._name(node.as_, path, step=False)
                return scope | {node.as_}
            case Until():
                self.nodes(node.do, (*path, "do"), scope)
                self._known_step(node.step, (*path, "step"))
                return scope
            case Wait():
                self._wait(node, path, scope)
                return scope

    def _receiving(self, node: Listen | Await, path: Path, scope: frozenset[str]) -> None:
        self._template(str(node.seconds), (*path, "seconds"), scope)
        if isinstance(node, Listen):
            self._name(node.as_, path, step=True)
            for name in ("settle", "address"):
                self._template(str(getattr(node, name)), (*path, name), scope)
            self.nodes(node.do, (*path, "do"), scope | {f"{node.as_}.url"})
        elif f"{node.step}.url" not in scope:
            # Only a receiver that is open here can be waited for.
            known = {each.removesuffix(".url") for each in scope if each.endswith(".url")}
            self._problems.unknown("load.unknown_step", (*path, "step"), node.step, known)

    def _wait(self, node: Wait, path: Path, scope: frozenset[str]) -> None:
        if node.told_by is not None:
            self._known_step(node.told_by, (*path, "told_by"))
        if node.extra is not None:
            self._template(node.extra, (*path, "extra"), scope)

    def _known_step(self, step: str, path: Path) -> None:
        if step not in self.steps:
            self._problems.unknown("load.unknown_step", path, step, self.steps)

    def _signing(self, signing: Signing, path: Path) -> None:
        for name in ("replay", "nonce", "made_for"):
            step = getattr(signing, name)
            if step is not None:
                self._known_step(step, (*path, name))

    def _leaf(self, node: Request | Walk | Fuzz | Raw, path: Path, scope: frozenset[str]) -> None:
        for where, template in _templates(node):
            self._template(template, (*path, *where), scope)
        if isinstance(node, Request) and node.signing is not None:
            self._signing(node.signing, (*path, "signing"))
        self._name(node.as_, path, step=True)
        if isinstance(node, Raw):
            self.endpoints.append(Mention(node.endpoint, (*path, "endpoint")))
            if (node.text is None) == (node.hex is None):
                self._problems.add("load.one_of", path, names="text | hex")
            return
        self.operations.append(Mention(node.operation, (*path, "operation")))
        if isinstance(node, Fuzz) and bool(node.search) != (node.guide is not None):
            self._problems.add("load.one_of", path, names="search + guide")
        if isinstance(node, Walk) and node.between is not None:
            self.nodes(node.between.do, (*path, "between", "do"), scope)

    def _talk(
        self,
        node: Handshake | Peer | Observe | ReadDocument | AskPerson,
        path: Path,
        scope: frozenset[str],
    ) -> None:
        if isinstance(node, Peer | Observe):
            self._devices(node, path, scope)
            return
        if isinstance(node, Handshake):
            self._template(node.endpoint, (*path, "endpoint"), scope)
        elif isinstance(node, AskPerson) and len(set(node.answers)) < len(node.answers):
            self._problems.add("load.answer_twice", (*path, "answers"))
        self._name(node.as_, path, step=True)

    def _devices(self, node: Peer | Observe, path: Path, scope: frozenset[str]) -> None:
        self._name(node.as_, path, step=True)
        self.endpoints.append(Mention(node.endpoint, (*path, "endpoint")))
        for at, name in enumerate(node.operations):
            self.operations.append(Mention(name, (*path, "operations", at)))
        script: tuple[Act | Command, ...] = node.script
        for at, act in enumerate(script):
            here = (*path, "script", at)
            if isinstance(act, Act) and (act.act == "command") != bool(act.topic):
                self._problems.add("load.one_of", here, names="command | topic")
            if isinstance(act, Command) and self._effect is Effect.SAFE:
                self._problems.add("load.effect_safe", here)
            for name, template in (("topic", act.topic), ("payload", act.payload)):
                self._template(template, (*here, name), scope)

    def _name(self, name: str, path: Path, *, step: bool) -> None:
        if name in self._names or name in BUILT_IN or name == "ixit":
            self._problems.add("load.step_twice", (*path, "as"), name=name)
        self._names.add(name)
        if step:
            self.steps[name] = None

    def _over(self, node: Each | Pick, path: Path) -> None:
        over, at = node.over, (*path, "over")
        if node.at not in ("items", "item", *ELSEWHERE):
            inspect_pointer(node.at, (*path, "at"), self._problems)
        probe, slash, _ = over.rpartition("/")
        if not slash:
            if over not in self.steps:
                self._problems.unknown("load.unknown_step", at, over, self.steps)
            return
        if probe not in self._draws:
            self._problems.add("load.not_drawn", at, name=probe)
        self.foreign.append(Mention(over, at))

    def _template(self, template: str, path: Path, scope: frozenset[str]) -> None:
        try:
            names = fields(template)
        except TemplateFault as fault:
            self._problems.add("load.template", path, name=fault.name[:60])
            return
        for name in names:
            head, dot, rest = name.partition(".")
            if head == "ixit" and dot:
                self.ixit.append(Mention(rest, path))
            elif not (name in scope or head in scope or name in BUILT_IN):
                known = {"ixit", *BUILT_IN, *scope}
                self._problems.unknown("load.unknown_field", path, name, known)


def _templates(node: Request | Walk | Fuzz | Raw) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, Raw):
        yield from _given("text", node.text)
        return
    yield from _of_map("params", node.params)
    if isinstance(node, Fuzz):
        yield from _of_map("headers", node.headers)
        yield from _of_map("fields", node.fields)
        for name, each in node.inputs.items():
            for where, template in _given("base", each.base):
                yield ("inputs", name, *where), template
    if isinstance(node, Request):
        yield from _of_map("headers", node.headers)
        yield from _of_map("fields", node.fields)
        yield from _given("address", node.address)
        yield from _given("body", node.body)
        if node.signing is not None:
            for name in ("age", "app_id"):
                for where, template in _given(name, getattr(node.signing, name)):
                    yield ("signing", *where), template


def _given(name: str, value: str | None) -> Iterator[tuple[tuple[str, ...], str]]:
    if value is not None:
        yield (name,), value


def _of_map(name: str, values: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in values.items():
        if isinstance(value, str):
            yield (name, key), value
