"""Putting a run together: target, library, checks, plan, bench, driver."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from cqsc_conform import __version__
from cqsc_conform.bundle.open import Bundle
from cqsc_conform.bundle.paths import JOB
from cqsc_conform.catalog.declared import declared_answers
from cqsc_conform.catalog.digest import probe_digest, requirement_digest
from cqsc_conform.catalog.library import Library
from cqsc_conform.catalog.targets import (
    LoadedTarget,
    effective_operations,
    granted_effects,
    read_target,
)
from cqsc_conform.checks import registered
from cqsc_conform.checks.registry import Table
from cqsc_conform.cli.choosing import Chosen, Wanted, choose
from cqsc_conform.cli.world import SystemClock, SystemEntropy
from cqsc_conform.drivers.ask import Terminal
from cqsc_conform.drivers.opening import (
    open_documents,
    open_http,
    open_mqtt,
    open_people,
    open_tls,
)
from cqsc_conform.engine.judge import Bench
from cqsc_conform.engine.plan import Library as PlanLibrary
from cqsc_conform.engine.plan import build_plan
from cqsc_conform.engine.run import World
from cqsc_conform.engine.settle import Choices, nodes_of
from cqsc_conform.engine.stage import Search, never
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.canonical import digest
from cqsc_conform.formats.payload import compile_schema
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.answers import Answer
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.job import Job
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Effect, Outcome
from cqsc_conform.model.plan import Kit, Material, Plan
from cqsc_conform.model.probe import Fuzz
from cqsc_conform.model.stimulus import Guide
from cqsc_conform.model.target import Target

KIT = Kit(name="cqsc-conform", version=__version__)


class Setup(Struct, frozen=True):
    """All that a run starts from."""

    loaded: LoadedTarget
    library: Library
    profiles: Chosen
    plan: Plan
    job: Job | None = None


def prepare(
    target_path: Path,
    wanted: Wanted | Sequence[str],
    choices: Choices,
    library: Library | None = None,
) -> Setup:
    """Read the target file, choose profiles, and plan; raises ``KitError`` before any packet."""
    loaded = read_target(target_path)
    shelf = library or Library.open()
    if not isinstance(wanted, Wanted):
        wanted = Wanted(profiles=tuple(wanted))
    names = wanted.profiles or loaded.target.profiles
    if not names:
        raise KitError("cli.no_profile", where=str(target_path), known=", ".join(shelf.ids()))
    chosen = choose(shelf, names, wanted)
    plan = build_plan(
        _answered(loaded.target, chosen, shelf),
        loaded.digest,
        _operations(chosen, loaded, shelf),
        plan_library(shelf, chosen),
        choices,
        KIT,
        granted_effects(loaded.target, SystemClock().now()),
    )
    return Setup(loaded=loaded, library=shelf, profiles=chosen, plan=plan)


def _answered(target: Target, chosen: Chosen, library: Library) -> Target:
    """Take what the file declares for an answer, where a chosen profile asks for it."""
    asked = {name for _, profile in chosen.profiles for name in profile.ics}
    declared = declared_answers(target, library.preset)
    told = {name: value for name, value in declared.items() if name in asked}
    return msgspec.structs.replace(target, ics={**target.ics, **told})


def _operations(chosen: Chosen, loaded: LoadedTarget, library: Library) -> Mapping[str, Operation]:
    defaults: dict[str, Operation] = {}
    for _, profile in chosen.profiles:
        defaults |= profile.operations
    return effective_operations(defaults, loaded, library.operation_names())


def plan_library(library: Library, chosen: Chosen) -> PlanLibrary:
    """Show planning what it reads of the catalogue."""
    checks = registered()
    versions = {name: each.version for name, each in checks.items()}
    materials: dict[str, str] = {}
    for _, profile in chosen.profiles:
        materials |= library.materials(profile)
    return PlanLibrary(
        profiles=chosen.profiles,
        adoptions=chosen.adoptions,
        checks=checks,
        materials={_kind_of(key): value for key, value in materials.items()},
        requirement_digest=lambda requirement, profile: requirement_digest(
            requirement, profile, versions, materials
        ),
        probe_digest=lambda probe, profile: probe_digest(
            probe, profile.probes, profile.operations, profile.ixit
        ),
        profile_digest=lambda profile: digest(
            [
                [
                    each.id,
                    each.modal.value,
                    each.level,
                    each.status.value,
                    requirement_digest(each, profile, versions, materials),
                ]
                for each in profile.requirements
            ]
        ),
    )


def _kind_of(key: str) -> tuple[str, str]:
    kind, _, name = key.partition(":")
    return kind, name


def bench_of(plan: Plan, library: Library) -> Bench:
    """Give a judge the checks, and the tables and schemas of the library that a plan names."""
    return _bench(plan, {each: library.material(each.kind, each.name) for each in plan.materials})


def bench_from(bundle: Bundle) -> Bench:
    """Give a judge the checks, and the tables and schemas that a bundle itself carries."""
    plan = bundle.plan
    return _bench(plan, {each: bundle.file(_place_of(each)) for each in plan.materials})


def _place_of(material: Material) -> str:
    return f"{material.kind}s/{material.name}"


def _bench(plan: Plan, materials: Mapping[Material, bytes]) -> Bench:
    """Hold checks and materials to what the plan says they are."""
    checks = registered()
    for material, data in materials.items():
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != material.digest:
            raise KitError("cli.material_differs", where=_place_of(material))
    for item in plan.items:
        if item.check is None or item.disposition != "run":
            continue
        shipped = checks.get(item.check.check)
        if shipped is None or shipped.version != item.check_version:
            raise KitError(
                "cli.check_version",
                Blame.KIT,
                where=item.id,
                check=item.check.check,
                wanted=item.check_version,
                shipped=shipped.version if shipped else "-",
            )
    schemas = {
        each.name: msgspec.json.decode(data, type=dict[str, object])
        for each, data in materials.items()
        if each.kind == "schema"
    }
    return Bench(
        checks=checks,
        tables={
            each.name: Table(each.name, data.decode())
            for each, data in materials.items()
            if each.kind == "table"
        },
        schemas={name: compile_schema(schema, schemas) for name, schema in schemas.items()},
        ixit=plan.target.ixit,
    )


class Given(Struct, frozen=True):
    """What stands for something that a run would look at itself.

    ``capture`` is a recording that stands for the device, ``answers`` what named persons
    answered beforehand; what they leave open is asked at the ``terminal``, if there is one.
    """

    capture: Path | None = None
    answers: Mapping[str, Answer] = {}
    terminal: Terminal | None = None


NOTHING_GIVEN = Given()


def world_of(setup: Setup, stop: Callable[[], bool] = never, given: Given = NOTHING_GIVEN) -> World:
    """Open the drivers that a run talks through, with the identities' secrets read."""
    clock, entropy = SystemClock(), SystemEntropy()
    # Two drivers may want the same secret, which nobody wants to be asked for twice.
    prompt = cache(_ask_secret)
    driver = open_http(
        setup.loaded.target,
        setup.loaded.path.parent,
        clock,
        entropy,
        preset=setup.library.preset,
        prompt=prompt,
    )
    tls = open_tls(setup.loaded.target, setup.loaded.path.parent, clock, entropy)
    folder = setup.loaded.path.parent
    mqtt = open_mqtt(
        setup.loaded.target,
        folder,
        clock,
        entropy,
        driver.redactor,
        capture=given.capture,
        prompt=prompt,
    )
    documents = open_documents(setup.loaded.target, folder, clock, driver.redactor)
    people = open_people(given.answers, given.terminal, clock, driver.redactor)
    return World(
        clock=clock,
        entropy=entropy,
        driver=driver,
        tls=tls,
        mqtt=mqtt,
        documents=documents,
        people=people,
        stop=stop,
        search=_search_for(setup.plan),
        guide=_guided,
    )


def _search_for(plan: Plan) -> Search | None:
    """Load the search only for a plan that searches: it is large."""
    nodes = nodes_of(node for each in plan.probes for node in each.probe.steps)
    if not any(isinstance(node, Fuzz) and node.search for node in nodes):
        return None
    from cqsc_conform.engine.searching import HypothesisSearch

    return HypothesisSearch()


def _guided(guide: Guide, reply: Reply) -> bool:
    """Ask the check that leads a search; its verdict leads and is forgotten."""
    verdict = registered()[guide.check].function(reply, **guide.with_)
    return verdict is not None and verdict.outcome is Outcome.FAIL


def _ask_secret(name: str) -> str:
    """Ask whoever sits there for a secret, without showing it."""
    answer: str = click.prompt(name, hide_input=True, err=True)
    return answer


def write_plan(setup: Setup, folder: Path) -> None:
    """Write down what a run rests on: plan, order, effective profiles, tables, schemas."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, bytes] = {"plan.json": encode_readable(setup.plan)}
    if setup.job is not None:
        files[JOB] = encode_readable(setup.job)
    files |= setup.profiles.files()
    for each in setup.plan.materials:
        files[_place_of(each)] = setup.library.material(each.kind, each.name)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)


def effects_of(words: Sequence[str]) -> frozenset[Effect]:
    """Read ``--consent``; safe probes need none."""
    return frozenset({Effect.SAFE, *(Effect(word) for word in words)})
