"""Planning: bind checks, applicability, identities and consent; die here, before any packet."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from cqsc_conform.engine.binding import bind, bind_guide
from cqsc_conform.engine.bounds import most_requests
from cqsc_conform.engine.demand import supplied
from cqsc_conform.engine.fill import Unfilled, build
from cqsc_conform.engine.settle import (
    BROKER,
    ORDER,
    PEER,
    Choices,
    Grounds,
    demand_known,
    demand_proof,
    disposition_of,
    names_of,
    nodes_of,
    probes_of,
    uses_of,
)
from cqsc_conform.engine.surveillance import by_seed
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.canonical import digest
from cqsc_conform.model.adoption import Effective
from cqsc_conform.model.check import Check
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.plan import (
    Item,
    Kit,
    Material,
    Plan,
    PlannedProbe,
    PlannedProfile,
    ReachedTarget,
)
from cqsc_conform.model.probe import Fuzz, Probe, Request, Walk
from cqsc_conform.model.profile import Profile, Requirement
from cqsc_conform.model.target import Target
from cqsc_conform.model.text import Scalar


class Library(Struct, frozen=True, kw_only=True):
    """What planning reads of the catalogue, as plain data.

    ``adoptions`` are by (region, profile), where a region was asked.
    """

    profiles: tuple[tuple[str | None, Profile], ...]
    adoptions: Mapping[tuple[str | None, str], Effective] = {}
    checks: Mapping[str, Check]
    materials: Mapping[tuple[str, str], str]
    requirement_digest: Callable[[Requirement, Profile], str]
    probe_digest: Callable[[Probe, Profile], str]
    profile_digest: Callable[[Profile], str]


def build_plan(
    target: Target,
    target_digest: str,
    operations: Mapping[str, Operation],
    library: Library,
    choices: Choices,
    kit: Kit,
    granted: frozenset[Effect],
) -> Plan:
    """Freeze what will be asked and judged; raises ``KitError`` for any name nobody knows.

    ``granted`` are the effects that the target's operator allows.
    """
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
        documents={name: each.media_type for name, each in target.documents.items()},
    )
    demand_proof(reached)
    withheld = frozenset(name for name, each in target.identities.items() if not each.supported)
    grounds = Grounds(
        reached=reached,
        effects=granted,
        withheld=withheld,
        vantage=choices.vantage or _vantage(reached.endpoints),
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
    grounds = Grounds(reached=reached, effects=frozenset(Effect), vantage=plan.vantage)
    return _build(grounds, library, everything, kit)


def _vantage(endpoints: Mapping[str, str]) -> Literal["peer", "observer"]:
    """Choose what the target file offers: a device connects to the kit, where it can."""
    return "observer" if BROKER in endpoints and PEER not in endpoints else "peer"


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
    choices = by_seed(library.profiles, choices)
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
        held = library.adoptions.get((region, profile.id))
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
                adopted=held.adopted if held else None,
                dropped=held.dropped if held else (),
            )
        )
    ordered = _ordered(supplied(probes, items, grounds.reached.ixit))
    _rehearse(ordered, grounds.reached)
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
        consent=tuple(sorted(choices.consent, key=lambda effect: ORDER[effect])),
        include_draft=choices.include_draft,
        max_requests=choices.repeat * _most(ordered, library),
        job_digest=choices.job_digest,
        retest_of=choices.retest_of,
        vantage=grounds.vantage,
        supersedes=choices.supersedes,
        surveillance=choices.surveillance,
        ordered=choices.ordered,
    )


def plan_digest(plan: Plan) -> str:
    """Name a plan by its content."""
    return digest(to_builtins(plan))


def _scheme(credentials: object) -> str:
    return str(type(credentials).__struct_config__.tag)  # type: ignore[attr-defined]


def _check_selection(library: Library, choices: Choices) -> None:
    named = [
        (each.id, names_of(region, profile.id, each.id))
        for region, profile in library.profiles
        for each in profile.requirements
    ]
    known = {name for _, names in named for name in names}
    for wanted in sorted(choices.only - known):
        shown = ", ".join(sorted({id_ for id_, _ in named}))
        raise KitError("engine.unknown_requirement", id=wanted, known=shown)


def _item(
    region: str | None,
    profile: Profile,
    requirement: Requirement,
    grounds: Grounds,
    library: Library,
    choices: Choices,
) -> Item:
    """Settle what the plan can settle, and bind the check of what it cannot."""
    demand_known(requirement, profile, grounds.reached.ics)
    for use in uses_of(requirement):
        bind(
            use,
            library.checks,
            library.materials,
            grounds.reached.ixit,
            f"{profile.id} {requirement.id}",
        )
    needs = _needs(requirement, library)
    disposition, because = disposition_of(region, requirement, profile, grounds, choices, needs)
    held = library.adoptions.get((region, profile.id))
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
        departure=held.departures.get(requirement.id) if held else None,
        clause=held.clauses.get(requirement.id) if held else None,
    )


def _needs(requirement: Requirement, library: Library) -> frozenset[str] | None:
    """Give the vantages from which all checks of a requirement see; None where any would do."""
    told = [library.checks[use.check].needs for use in uses_of(requirement)]
    told = [each for each in told if each]
    return frozenset.intersection(*told) if told else None


def _draw(
    profile: Profile,
    requirement: Requirement,
    probes: dict[str, PlannedProbe],
    materials: dict[tuple[str, str], str],
    library: Library,
) -> None:
    """Take into the plan what a requirement needs: its probes, tables and schemas."""
    for name in probes_of(requirement, profile):
        probe = profile.probes[name]
        digest_ = library.probe_digest(probe, profile)
        for node in nodes_of(probe.steps):
            if isinstance(node, Fuzz) and node.guide is not None:
                bind_guide(node.guide, library.checks, where=name)
        if name not in probes:
            probes[name] = PlannedProbe(
                probe=probe, digest=digest_, max_requests=most_requests(probe.steps)
            )
        elif probes[name].digest != digest_:
            raise KitError("engine.probe_clash", Blame.PROFILE, where=profile.id, probe=name)
    for use in uses_of(requirement):
        for name in use.tables.values():
            materials["table", name] = library.materials["table", name]
        for name in use.schemas.values():
            materials["schema", name] = library.materials["schema", name]


def _most(probes: Iterable[PlannedProbe], library: Library) -> int:
    """Bound what is asked by what the probes can send, and by the profiles' budgets.

    Regions share their probes, so a profile's budget counts once however many hold it.
    """
    budgets: dict[str, int] = {}
    for _, profile in library.profiles:
        budgets[profile.id] = max(profile.request_budget, budgets.get(profile.id, 0))
    return min(sum(each.max_requests for each in probes), sum(budgets.values()))


def _rehearse(probes: Iterable[PlannedProbe], reached: ReachedTarget) -> None:
    """Build every request once with made-up values, so that what cannot be built is seen now."""
    for node in nodes_of(node for each in probes for node in each.probe.steps):
        if not isinstance(node, Request | Walk) or getattr(node, "address", None) is not None:
            continue
        paged = {"page": "1", "page_size": "1", "offset": "0", "cursor": "x"}
        extra = paged if isinstance(node, Walk) else {}
        try:
            build(
                id="",
                name=node.operation,
                operation=reached.operations[node.operation],
                identity=node.identity,
                params={**dict.fromkeys(node.params, "x"), **extra},
                fields_=dict.fromkeys(getattr(node, "fields", ()), "x"),
            )
        except Unfilled as fault:
            raise KitError(
                "engine.path_unfilled", operation=node.operation, name=fault.name
            ) from fault


def _ordered(probes: Mapping[str, PlannedProbe]) -> tuple[PlannedProbe, ...]:
    """Order probes: what is drawn on first, and what harms most last."""
    rank: dict[str, int] = {}

    def harm(name: str) -> int:
        if name not in rank:
            probe = probes[name].probe
            rank[name] = max([ORDER[probe.effect], *(harm(each) for each in probe.draws)])
        return rank[name]

    return tuple(probes[name] for name in sorted(probes, key=harm))
