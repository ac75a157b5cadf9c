"""From files to an effective profile: includes resolved, only what its requirements need."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import TypeVar

from msgspec import Struct

from cqsc_conform.catalog.authoring import ProbeBody
from cqsc_conform.catalog.gate import Problems
from cqsc_conform.catalog.probe_rules import Mention, ProbeFacts
from cqsc_conform.catalog.profile_rules import Surroundings, binds, inspect_uses, uses_of
from cqsc_conform.catalog.sources import Authored, Shared
from cqsc_conform.formats.places import PathPart, Positions
from cqsc_conform.model.adoption import AdoptedProfile
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.probe import Probe
from cqsc_conform.model.profile import Ixit, Profile, Question, Requirement

__all__ = ["Overlay", "Placed", "Shelf", "assemble"]

T = TypeVar("T")
Path = tuple[PathPart, ...]


class Shelf(Struct, frozen=True):
    """What assembling asks of the library.

    ``profile`` and ``probes`` read a file by its name, or say at which place of another file
    an unknown name stands.
    """

    profile: Callable[[str, Problems, tuple[str | int, ...]], Authored | None]
    probes: Callable[[str, Problems, tuple[str | int, ...]], Shared | None]
    tables: frozenset[str]
    schemas: frozenset[str]


class Placed(Struct, frozen=True):
    """A requirement, and where it stands."""

    requirement: Requirement
    positions: Positions
    path: Path


class Overlay(Struct, frozen=True):
    """What an adoption lays over a profile before its probes are chosen.

    ``path`` is the adopted profile's in the adoption's file.  ``adapt`` turns the profile's
    requirements into those of the region.
    """

    adopted: AdoptedProfile
    positions: Positions
    path: Path
    adapt: Callable[[Mapping[str, Placed]], dict[str, Placed]]


class _Held(Struct, frozen=True):
    body: ProbeBody
    facts: ProbeFacts
    positions: Positions


class _Pool(Struct):
    """Everything that a profile could draw on."""

    operations: dict[str, Operation] = {}
    probes: dict[str, _Held] = {}
    ics: dict[str, Question] = {}
    ixit: dict[str, Ixit] = {}
    requirements: dict[str, Placed] = {}


def assemble(top: Authored, shelf: Shelf, overlay: Overlay | None = None) -> Profile:
    """Make the effective profile of a profile file, or that of a region by its ``overlay``.

    :raises KitError: ``load.invalid`` with every problem of the first file that has any.
    """
    pool = _Pool()
    for authored in _with_included(top, shelf, ()):
        _gather(authored, pool, shelf)
    if overlay is not None:
        _lay_over(overlay, pool, shelf)
    _probes_lean_on(pool)
    _requirements_name(pool, shelf)
    problems = Problems(top.positions)
    if not any(binds(each.requirement) for each in pool.requirements.values()):
        problems.add("load.nothing_binds", ("requirements",), key=True)
    needed = _needed(pool)
    _ixit_exists(pool, needed)
    problems.settle()
    file = top.file
    return Profile(
        id=file.profile,
        version=file.version,
        family=file.family,
        title=file.title,
        about=file.about,
        requirements=tuple(each.requirement for each in pool.requirements.values()),
        status=file.status,
        operations=_operations(pool, needed),
        probes={name: _probe(name, pool.probes[name].body) for name in needed},
        ics=pool.ics,
        ixit=pool.ixit,
        request_budget=file.request_budget,
    )


def _probe(name: str, body: ProbeBody) -> Probe:
    return Probe(id=name, title=body.title, steps=body.steps, effect=body.effect, draws=body.draws)


def _with_included(authored: Authored, shelf: Shelf, above: tuple[str, ...]) -> Iterator[Authored]:
    """Give included profiles before the one that includes them."""
    problems = Problems(authored.positions)
    here = (*above, authored.file.profile)
    for at, name in enumerate(authored.file.include):
        path = ("include", at)
        if name.partition("@")[0] in here:
            problems.add("load.include_cycle", path, name=" → ".join((*here, name)))
            continue
        found = shelf.profile(name, problems, path)
        if found is not None:
            yield from _with_included(found, shelf, here)
    problems.settle()
    yield authored


def _gather(authored: Authored, pool: _Pool, shelf: Shelf) -> None:
    file, problems = authored.file, Problems(authored.positions)
    _use(file.uses, ("uses",), problems, pool, shelf)
    _merge_steps(authored, pool, problems)
    _merge(file.ics, pool.ics, ("ics",), problems)
    _merge(file.ixit, pool.ixit, ("ixit",), problems)
    for at, requirement in enumerate(file.requirements):
        placed = Placed(requirement, authored.positions, ("requirements", at))
        pool.requirements.setdefault(requirement.id, placed)
    problems.settle()


def _lay_over(overlay: Overlay, pool: _Pool, shelf: Shelf) -> None:
    problems, path = Problems(overlay.positions), overlay.path
    _use(overlay.adopted.uses, (*path, "uses"), problems, pool, shelf)
    _merge(overlay.adopted.ics, pool.ics, (*path, "ics"), problems)
    _merge(overlay.adopted.ixit, pool.ixit, (*path, "ixit"), problems)
    problems.settle()
    pool.requirements = overlay.adapt(pool.requirements)


def _use(names: Sequence[str], path: Path, problems: Problems, pool: _Pool, shelf: Shelf) -> None:
    """Take in probe files, and those that they use."""
    seen: set[str] = set()
    waiting = [(name, problems, (*path, at)) for at, name in enumerate(names)]
    while waiting:
        name, teller, path = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        shared = shelf.probes(name, teller, path)
        if shared is None:
            teller.settle()
            continue
        inner = Problems(shared.positions)
        _merge_steps(shared, pool, inner)
        inner.settle()
        waiting += [(each, inner, ("uses", at)) for at, each in enumerate(shared.file.uses)]


def _merge_steps(source: Authored | Shared, pool: _Pool, problems: Problems) -> None:
    _merge(source.file.operations, pool.operations, ("operations",), problems)
    for name, body in source.file.probes.items():
        held = pool.probes.get(name)
        if held is None:
            pool.probes[name] = _Held(body, source.facts[name], source.positions)
        elif held.body != body:
            problems.add("load.defined_twice", ("probes", name), key=True, name=name)


def _merge(given: Mapping[str, T], into: dict[str, T], path: Path, problems: Problems) -> None:
    for name, value in given.items():
        if into.setdefault(name, value) != value:
            problems.add("load.defined_twice", (*path, name), key=True, name=name)


def _probes_lean_on(pool: _Pool) -> None:
    """Check what each probe says of other probes and of operations."""
    tellers: dict[str, Problems] = {}
    for held in pool.probes.values():
        problems = tellers.setdefault(held.positions.name, Problems(held.positions))
        for draw in held.facts.draws:
            if draw.name not in pool.probes:
                problems.unknown("load.unknown_probe", draw.path, draw.name, pool.probes)
        for operation in held.facts.operations:
            if operation.name not in pool.operations:
                problems.unknown(
                    "load.unknown_operation", operation.path, operation.name, pool.operations
                )
        for over in held.facts.foreign:
            _foreign(over, pool, problems)
    for problems in tellers.values():
        problems.settle()


def _foreign(over: Mention, pool: _Pool, problems: Problems) -> None:
    name, _, step = over.name.rpartition("/")
    drawn = pool.probes.get(name)
    if drawn is not None and step not in drawn.facts.steps:
        problems.unknown("load.unknown_step", over.path, step, drawn.facts.steps)


def _requirements_name(pool: _Pool, shelf: Shelf) -> None:
    around = Surroundings(
        steps={name: held.facts.steps for name, held in pool.probes.items()},
        ics=frozenset(pool.ics),
        ixit=frozenset(pool.ixit),
        tables=shelf.tables,
        schemas=shelf.schemas,
    )
    tellers: dict[str, Problems] = {}
    for each in pool.requirements.values():
        problems = tellers.setdefault(each.positions.name, Problems(each.positions))
        inspect_uses(each.requirement, each.path, problems, around)
    for problems in tellers.values():
        problems.settle()


def _ixit_exists(pool: _Pool, needed: tuple[str, ...]) -> None:
    """Check that the needed probes ask only for IXIT values that the profile declares."""
    for name in needed:
        held = pool.probes[name]
        problems = Problems(held.positions)
        for mention in held.facts.ixit:
            if mention.name not in pool.ixit:
                problems.unknown("load.unknown_ixit", mention.path, mention.name, pool.ixit)
        problems.settle()


def _needed(pool: _Pool) -> tuple[str, ...]:
    """Name the probes that requirements, controls and draws need, those drawn on first.

    Among probes that do not wait for one another the order is that of their ids.
    """
    waiting = [
        reference.rpartition("/")[0]
        for each in pool.requirements.values()
        for use, _ in uses_of(each.requirement)
        for reference in use.evidence.values()
    ]
    graph: dict[str, tuple[str, ...]] = {}
    while waiting:
        name = waiting.pop()
        if name not in graph:
            graph[name] = pool.probes[name].body.draws
            waiting += graph[name]
    return _ordered(graph, pool)


def _ordered(graph: Mapping[str, tuple[str, ...]], pool: _Pool) -> tuple[str, ...]:
    sorter = TopologicalSorter(graph)
    cycle = _cycle(graph)
    if cycle:
        held = pool.probes[cycle[0]]
        problems = Problems(held.positions)
        problems.add("load.draw_cycle", ("probes", cycle[0], "draws"), name=" → ".join(cycle))
        problems.settle()
    sorter.prepare()
    order: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted({*ready, *sorter.get_ready()})
        name = ready.pop(0)
        order.append(name)
        sorter.done(name)
    return tuple(order)


def _cycle(graph: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Find a cycle of draws, starting at its least id; empty where there is none."""
    settled: set[str] = set()
    for start in sorted(graph):
        path: list[str] = []
        stack = [(start, iter(graph[start]))]
        path.append(start)
        while stack:
            name, draws = stack[-1]
            following = next((each for each in draws if each not in settled), None)
            if following is None:
                settled.add(name)
                stack.pop()
                path.pop()
            elif following in path:
                return (*path[path.index(following) :], following)
            else:
                path.append(following)
                stack.append((following, iter(graph[following])))
    return ()


def _operations(pool: _Pool, needed: tuple[str, ...]) -> dict[str, Operation]:
    named = {each.name for name in needed for each in pool.probes[name].facts.operations}
    return {name: pool.operations[name] for name in sorted(named)}
