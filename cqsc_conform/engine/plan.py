"""Planning: bind checks, applicability, identities and consent; die here, before any packet."""

from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec import Struct

from cqsc_conform.engine.binding import bind
from cqsc_conform.engine.bounds import most_requests
from cqsc_conform.errors import KitError
from cqsc_conform.formats.canonical import digest
from cqsc_conform.model.check import Check
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Effect, Status
from cqsc_conform.model.plan import (
    Disposition,
    Item,
    Kit,
    Material,
    Plan,
    PlannedProbe,
    PlannedProfile,
    ReachedTarget,
)
from cqsc_conform.model.probe import Node, Probe
from cqsc_conform.model.profile import CheckUse, Profile, Requirement
from cqsc_conform.model.target import Target
from cqsc_conform.model.text import Scalar

_ORDER = {Effect.SAFE: 0, Effect.MUTATES: 1, Effect.DISRUPTS: 2}


class Choices(Struct, frozen=True, kw_only=True):
    """What the caller chose: level, selection, consent, repetition, seed."""

    level: int = 1
    only: frozenset[str] = frozenset()
    consent: frozenset[Effect] = frozenset({Effect.SAFE})
    include_draft: bool = False
    repeat: int = 1
    seed: int = 0
    job_digest: str | None = None
    retest_of: str | None = None


class Library(Struct, frozen=True, kw_only=True):
    """What planning reads of the catalogue, as plain data."""

    profiles: tuple[tuple[str | None, Profile], ...]
    checks: Mapping[str, Check]
    materials: Mapping[tuple[str, str], str]
    requirement_digest: Callable[[Requirement, Profile], str]
    probe_digest: Callable[[Probe, Profile], str]
    profile_digest: Callable[[Profile], str]


class Grounds(Struct, frozen=True, kw_only=True):
    """What of a target settles requirements before anything is asked of it."""

    reached: ReachedTarget
    effects: frozenset[Effect]
    withheld: frozenset[str] = frozenset()


def build_plan(
    target: Target,
    target_digest: str,
    operations: Mapping[str, Operation],
    library: Library,
    choices: Choices,
    kit: Kit,
) -> Plan:
    """Freeze what will be asked and judged; raises ``KitError`` for any name nobody knows."""
    reached = ReachedTarget(
        digest=target_digest,
        subject=target.subject,
        data_class=target.data_class,
        network_zone=target.network_zone,
        endpoints={name: each.url for name, each in target.endpoints.items()},
        operations=dict(operations),
        outcome=target.outcome,
        charset=target.charset,
        timezone=target.timezone,
        identities={
            name: _scheme(each.use) for name, each in target.identities.items() if each.supported
        },
        ics=_answers(target.ics, library),
        ixit=_values(target.ixit, library),
        limits=target.limits,
        time_scale=target.time_scale,
    )
    withheld = frozenset(name for name, each in target.identities.items() if not each.supported)
    grounds = Grounds(
        reached=reached, effects=frozenset(target.authorization.effects), withheld=withheld
    )
    return _build(grounds, library, choices, kit)


def replan(plan: Plan, library: Library, choices: Choices, kit: Kit) -> Plan:
    """Plan the judging of evidence that a plan gathered, by other profiles.

    Nothing will be asked, so every effect is granted.
    """
    old = plan.target
    reached = msgspec.structs.replace(
        old, ics=_answers(old.ics, library), ixit=_values(old.ixit, library)
    )
    everything = msgspec.structs.replace(choices, consent=frozenset(Effect))
    grounds = Grounds(reached=reached, effects=frozenset(Effect))
    return _build(grounds, library, everything, kit)


def _answers(given: Mapping[str, bool], library: Library) -> dict[str, bool]:
    """Take the vendor's ICS answers, and the profiles' defaults where there is none."""
    asked = {name: q.default for _, profile in library.profiles for name, q in profile.ics.items()}
    return {**asked, **given}


def _values(given: Mapping[str, Scalar], library: Library) -> dict[str, Scalar]:
    asked: dict[str, Scalar] = {
        name: q.default
        for _, profile in library.profiles
        for name, q in profile.ixit.items()
        if q.default is not None
    }
    return {**asked, **given}


def _build(grounds: Grounds, library: Library, choices: Choices, kit: Kit) -> Plan:
    _check_selection(library, choices)
    items: list[Item] = []
    probes: dict[str, PlannedProbe] = {}
    planned: list[PlannedProfile] = []
    materials: dict[tuple[str, str], str] = {}
    for region, profile in library.profiles:
        mine = [
            _item(region, profile, each, grounds, library, choices) for each in profile.requirements
        ]
        for requirement, item in zip(profile.requirements, mine, strict=True):
            if item.disposition == "run":
                _draw(profile, requirement, probes, materials, library)
        items += mine
        planned.append(
            PlannedProfile(
                region=region,
                id=profile.id,
                version=profile.version,
                digest=library.profile_digest(profile),
                level=choices.level,
                title=profile.title,
                effective=len(mine),
                selected=sum(item.disposition != "skipped" for item in mine),
            )
        )
    ordered = _ordered(probes)
    return Plan(
        schema="cqsc-plan/1",
        kit=kit,
        target=grounds.reached,
        profiles=tuple(planned),
        items=tuple(items),
        probes=ordered,
        materials=tuple(
            Material(kind="table" if kind == "table" else "schema", name=name, digest=value)
            for (kind, name), value in sorted(materials.items())
        ),
        seed=choices.seed,
        level=choices.level,
        repeat=choices.repeat,
        consent=tuple(sorted(choices.consent, key=lambda effect: _ORDER[effect])),
        include_draft=choices.include_draft,
        max_requests=choices.repeat * sum(each.max_requests for each in ordered),
        job_digest=choices.job_digest,
        retest_of=choices.retest_of,
    )


def plan_digest(plan: Plan) -> str:
    """Name a plan by its content."""
    return digest(to_builtins(plan))


def _scheme(credentials: object) -> str:
    return str(type(credentials).__struct_config__.tag)  # type: ignore[attr-defined]


def _check_selection(library: Library, choices: Choices) -> None:
    known = {each.id for _, profile in library.profiles for each in profile.requirements}
    for wanted in sorted(choices.only - known):
        raise KitError("engine.unknown_requirement", id=wanted, known=", ".join(sorted(known)))


def _item(
    region: str | None,
    profile: Profile,
    requirement: Requirement,
    grounds: Grounds,
    library: Library,
    choices: Choices,
) -> Item:
    """Settle what the plan can settle, and bind the check of what it cannot."""
    for use in _uses(requirement):
        bind(
            use,
            library.checks,
            library.materials,
            grounds.reached.ixit,
            f"{profile.id} {requirement.id}",
        )
    disposition, because = _disposition(requirement, profile, grounds, choices)
    check = library.checks[requirement.check.check] if requirement.check else None
    return Item(
        region=region,
        profile=profile.id,
        id=requirement.id,
        modal=requirement.modal,
        level=requirement.level,
        status=requirement.status,
        holds_for=requirement.holds_for,
        title=requirement.title,
        text=requirement.text,
        hint=requirement.hint,
        source=requirement.source,
        digest=library.requirement_digest(requirement, profile),
        on=requirement.on,
        disposition=disposition,
        because=because,
        untested=requirement.untested,
        check=requirement.check,
        check_version=check.version if check else None,
        controls=requirement.controls,
        applies=requirement.applies,
    )


def _uses(requirement: Requirement) -> tuple[CheckUse, ...]:
    found = (requirement.check, requirement.controls.before, requirement.controls.after)
    return tuple(use for use in found if use is not None)


def _disposition(
    requirement: Requirement,
    profile: Profile,
    grounds: Grounds,
    choices: Choices,
) -> tuple[Disposition, dict[str, Scalar]]:
    """Settle a requirement by the first reason there is; ``run`` where there is none."""
    for condition in requirement.applies:
        if grounds.reached.ics.get(condition.ics, True) is not condition.is_:
            return "not_applicable", {"code": "engine.not_applicable", "ics": condition.ics}
    if requirement.untested is not None:
        return "untested", {"code": "engine.untested"}
    probes = [profile.probes[name] for name in probes_of(requirement, profile)]
    deselected = _deselected(requirement, choices) or _withheld(probes, grounds, choices)
    if deselected:
        return "skipped", deselected
    lacking = _lacking(probes, grounds)
    return ("lacking", lacking) if lacking else ("run", {})


def _deselected(requirement: Requirement, choices: Choices) -> dict[str, Scalar]:
    if choices.only and requirement.id not in choices.only:
        return {"code": "engine.not_selected"}
    if requirement.level > choices.level:
        return {"code": "engine.above_level", "level": requirement.level}
    if requirement.status is Status.DRAFT and not choices.include_draft:
        return {"code": "engine.draft"}
    return {}


def _withheld(probes: Iterable[Probe], grounds: Grounds, choices: Choices) -> dict[str, Scalar]:
    """Hold effects against what the target file authorises and what the caller consents to."""
    for effect in sorted({probe.effect for probe in probes}, key=lambda each: _ORDER[each]):
        if effect not in grounds.effects:
            return {"code": "engine.over_authorization", "effect": effect.value}
        if effect not in choices.consent:
            return {"code": "engine.no_consent", "effect": effect.value}
    return {}


def _lacking(probes: Iterable[Probe], grounds: Grounds) -> dict[str, Scalar]:
    """Find what the target does not offer: an operation, or an identity to call as."""
    for node in _leaves(node for probe in probes for node in probe.steps):
        name = getattr(node, "operation", None)
        if name is not None and name not in grounds.reached.operations:
            return {"code": "engine.operation_unsupported", "operation": name}
        identity = getattr(node, "identity", "default")
        if identity != "default" and not _has(grounds, identity):
            return {"code": "engine.identity_missing", "identity": identity}
    return {}


def _has(grounds: Grounds, identity: str) -> bool:
    """Tell whether the target has an identity; nobody needs one to be anonymous."""
    known = identity == "anonymous" or identity in grounds.reached.identities
    return known and identity not in grounds.withheld


def _leaves(nodes: Iterable[Node]) -> Iterable[Node]:
    for node in nodes:
        yield node
        yield from _leaves(getattr(node, "do", ()))
        between = getattr(node, "between", None)
        if between is not None:
            yield from _leaves(between.do)


def probes_of(requirement: Requirement, profile: Profile) -> tuple[str, ...]:
    """Name the probes a requirement rests on, those they draw on before them."""
    wanted: dict[str, None] = {}

    def add(name: str) -> None:
        for earlier in profile.probes[name].draws:
            add(earlier)
        wanted[name] = None

    for use in _uses(requirement):
        for step in use.evidence.values():
            add(step.rpartition("/")[0])
    return tuple(wanted)


def _draw(
    profile: Profile,
    requirement: Requirement,
    probes: dict[str, PlannedProbe],
    materials: dict[tuple[str, str], str],
    library: Library,
) -> None:
    """Take into the plan what a requirement needs: its probes, tables and schemas."""
    for name in probes_of(requirement, profile):
        if name not in probes:
            probe = profile.probes[name]
            probes[name] = PlannedProbe(
                probe=probe,
                digest=library.probe_digest(probe, profile),
                max_requests=most_requests(probe.steps),
            )
    for use in _uses(requirement):
        for name in use.tables.values():
            materials["table", name] = library.materials["table", name]
        for name in use.schemas.values():
            materials["schema", name] = library.materials["schema", name]


def _ordered(probes: Mapping[str, PlannedProbe]) -> tuple[PlannedProbe, ...]:
    """Order probes: what is drawn on first, and what harms most last."""
    rank: dict[str, int] = {}

    def harm(name: str) -> int:
        if name not in rank:
            probe = probes[name].probe
            rank[name] = max([_ORDER[probe.effect], *(harm(each) for each in probe.draws)])
        return rank[name]

    return tuple(probes[name] for name in sorted(probes, key=harm))
