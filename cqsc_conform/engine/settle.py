"""What settles a requirement before anything is asked, and which probes it rests on."""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from cqsc_conform.engine.fill import Unfilled, filled
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.reading import as_text
from cqsc_conform.model.outcome import Effect, Status
from cqsc_conform.model.plan import Disposition, ReachedTarget, Supersedes, Surveillance
from cqsc_conform.model.probe import Handshake, Node, Observe, Peer, Probe, Raw, ReadDocument
from cqsc_conform.model.profile import CheckUse, Profile, Requirement
from cqsc_conform.model.text import Scalar

BROKER = "broker"
"""The endpoint at which the kit subscribes where a plan's vantage is ``observer``."""

PEER = "device"
"""The endpoint at which devices connect to the kit."""

ORDER = {Effect.SAFE: 0, Effect.MUTATES: 1, Effect.DISRUPTS: 2}
"""Effects from the least harm to the most."""


class Choices(Struct, frozen=True, kw_only=True):
    """What the caller chose: level, selection, consent, repetition, seed, vantage.

    Without a vantage a plan has that which the target's endpoints allow.
    """

    level: int = 1
    only: frozenset[str] = frozenset()
    consent: frozenset[Effect] = frozenset({Effect.SAFE})
    include_draft: bool = False
    repeat: int = 1
    seed: int = 0
    job_digest: str | None = None
    retest_of: str | None = None
    vantage: Literal["peer", "observer"] | None = None
    supersedes: Supersedes | None = None
    surveillance: Surveillance | None = None
    ordered: tuple[str, ...] = ()


class Grounds(Struct, frozen=True, kw_only=True):
    """What of a target settles requirements before anything is asked of it."""

    reached: ReachedTarget
    effects: frozenset[Effect]
    withheld: frozenset[str] = frozenset()
    vantage: Literal["peer", "observer"] = "peer"


def demand_proof(reached: ReachedTarget) -> None:
    """Demand that the messages by which a device proves itself are some of its profiles'.

    :raises KitError: ``engine.proof_unknown``.
    """
    proof = reached.subject.proof
    if proof.by == "device_message" and proof.operation not in reached.operations:
        known = ", ".join(sorted(reached.operations))
        raise KitError("engine.proof_unknown", operation=proof.operation or "-", known=known)


def names_of(region: str | None, profile: str, id_: str) -> tuple[str, ...]:
    """Name a requirement in every way that people may: the whole key, without region, its id."""
    short = (f"{profile}/{id_}", id_)
    return short if region is None else (f"{region}/{profile}/{id_}", f"{region}/{id_}", *short)


def disposition_of(
    region: str | None,
    requirement: Requirement,
    profile: Profile,
    grounds: Grounds,
    choices: Choices,
    needs: frozenset[str] | None = None,
) -> tuple[Disposition, dict[str, Scalar]]:
    """Settle a requirement by the first reason there is; ``run`` where there is none.

    ``needs`` are the vantages from which its checks see, None where they watch no device.
    """
    for condition in requirement.applies:
        if grounds.reached.ics[condition.ics] is not condition.is_:
            return "not_applicable", {"code": "engine.not_applicable", "ics": condition.ics}
    if requirement.untested is not None:
        return "untested", {"code": "engine.untested"}
    probes = [profile.probes[name] for name in probes_of(requirement, profile)]
    deselected = _deselected(region, requirement, profile, choices)
    unseen = {} if deselected else _unseen(probes, needs, grounds)
    if unseen:
        # No consent would make it visible.
        return "lacking", unseen
    deselected = deselected or _withheld(probes, grounds, choices)
    if deselected:
        return "skipped", deselected
    lacking = _lacking(probes, grounds)
    return ("lacking", lacking) if lacking else ("run", {})


def _deselected(
    region: str | None, requirement: Requirement, profile: Profile, choices: Choices
) -> dict[str, Scalar]:
    names = names_of(region, profile.id, requirement.id)
    if choices.only and choices.only.isdisjoint(names):
        return {"code": "engine.not_selected"}
    if requirement.level > choices.level:
        return {"code": "engine.above_level", "level": requirement.level}
    if requirement.status is Status.DRAFT and not choices.include_draft:
        return {"code": "engine.draft"}
    return {}


def _withheld(probes: Iterable[Probe], grounds: Grounds, choices: Choices) -> dict[str, Scalar]:
    """Hold effects against what the target file authorises and what the caller consents to."""
    for effect in sorted({probe.effect for probe in probes}, key=lambda each: ORDER[each]):
        if effect not in grounds.effects:
            return {"code": "engine.over_authorization", "effect": effect.value}
        if effect not in choices.consent:
            return {"code": "engine.no_consent", "effect": effect.value}
    return {}


def _unseen(
    probes: Iterable[Probe], needs: frozenset[str] | None, grounds: Grounds
) -> dict[str, Scalar]:
    """Find what a subscriber cannot see, or cannot do to a device."""
    peers = [
        node
        for node in nodes_of(node for probe in probes for node in probe.steps)
        if isinstance(node, Peer)
    ]
    if needs is None or grounds.vantage == "peer" or not peers:
        return {}
    acts = {act.act for node in peers for act in node.script}
    able = needs if acts <= {"command"} else frozenset({"peer"})
    if grounds.vantage in able:
        return {}
    needed = ", ".join(sorted(able))
    return {"code": "engine.not_observable", "vantage": grounds.vantage, "needs": needed}


def _lacking(probes: Iterable[Probe], grounds: Grounds) -> dict[str, Scalar]:
    """Find what the target does not offer: an operation, or an identity to call as."""
    for node in nodes_of(node for probe in probes for node in probe.steps):
        if isinstance(node, Raw | Handshake | Peer | Observe):
            observed = isinstance(node, Peer) and grounds.vantage == "observer"
            endpoint = BROKER if observed else _endpoint(node.endpoint, grounds)
            if endpoint not in grounds.reached.endpoints:
                return {"code": "engine.endpoint_missing", "endpoint": endpoint}
        if isinstance(node, ReadDocument):
            lacking = _no_document(node, grounds)
            if lacking:
                return lacking
        name = getattr(node, "operation", None)
        if name is not None and name not in grounds.reached.operations:
            return {"code": "engine.operation_unsupported", "operation": name}
        identity = getattr(node, "identity", "default")
        if identity != "default" and not _has(grounds, identity):
            return {"code": "engine.identity_missing", "identity": identity}
    return {}


def _no_document(node: ReadDocument, grounds: Grounds) -> dict[str, Scalar]:
    """Find that the vendor hands over no such document, or one of another kind."""
    given = grounds.reached.documents.get(node.document)
    if given is None:
        return {"code": "engine.document_missing", "document": node.document}
    if node.media_types and given not in node.media_types:
        return {
            "code": "engine.document_kind",
            "document": node.document,
            "given": given,
            "wanted": ", ".join(node.media_types),
        }
    return {}


def _endpoint(template: str, grounds: Grounds) -> str:
    """Fill an endpoint's name from what the target file says; a name without fields is itself."""
    values = {f"ixit.{name}": as_text(value) for name, value in grounds.reached.ixit.items()}
    try:
        return filled(template, values.get)
    except Unfilled:
        return template


def _has(grounds: Grounds, identity: str) -> bool:
    """Tell whether the target has an identity; nobody needs one to be anonymous."""
    known = identity == "anonymous" or identity in grounds.reached.identities
    return known and identity not in grounds.withheld


def nodes_of(nodes: Iterable[Node]) -> Iterator[Node]:
    """Give every node of a tree, each before those inside it."""
    for node in nodes:
        yield node
        yield from nodes_of(getattr(node, "do", ()))
        between = getattr(node, "between", None)
        if between is not None:
            yield from nodes_of(between.do)


def uses_of(requirement: Requirement) -> tuple[CheckUse, ...]:
    """Give a requirement's uses of checks: its own and those of its controls."""
    found = (requirement.check, requirement.controls.before, requirement.controls.after)
    return tuple(use for use in found if use is not None)


def probes_of(requirement: Requirement, profile: Profile) -> tuple[str, ...]:
    """Name the probes a requirement rests on, those they draw on before them."""
    wanted: dict[str, None] = {}

    def add(name: str) -> None:
        for earlier in profile.probes[name].draws:
            add(earlier)
        wanted[name] = None

    for use in uses_of(requirement):
        for step in use.evidence.values():
            add(step.rpartition("/")[0])
    return tuple(wanted)


def demand_known(requirement: Requirement, profile: Profile, answered: Iterable[str]) -> None:
    """Demand that evidence and ICS questions that a requirement names exist.

    :raises KitError: ``engine.unknown_evidence``, ``engine.unknown_ics`` (profile).
    """
    where = f"{profile.id} {requirement.id}"
    for use in uses_of(requirement):
        for reference in use.evidence.values():
            name, _, step = reference.rpartition("/")
            probe = profile.probes.get(name)
            names = nodes_of(probe.steps) if probe else ()
            if step not in {getattr(node, "as_", None) for node in names}:
                raise KitError(
                    "engine.unknown_evidence", Blame.PROFILE, where=where, name=reference
                )
    known = frozenset(answered)
    for condition in requirement.applies:
        if condition.ics not in known:
            raise KitError("engine.unknown_ics", Blame.PROFILE, where=where, ics=condition.ics)
