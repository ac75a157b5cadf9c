"""What a profile must be beyond its shape: each requirement true to its source and checkable."""

import re
from collections.abc import Mapping

from msgspec import Struct

from cqsc_conform.catalog.authoring import ProfileFile
from cqsc_conform.catalog.gate import Problems
from cqsc_conform.formats.places import PathPart
from cqsc_conform.model.outcome import Modal, Status
from cqsc_conform.model.profile import CheckUse, Requirement, Source

__all__ = [
    "IXIT_REFERENCE",
    "KIT_NUMBER",
    "Surroundings",
    "binds",
    "inspect_one",
    "inspect_requirements",
    "inspect_source",
    "inspect_uses",
    "uses_of",
]

KIT_NUMBER = "cqsc-conform"
"""What a kit rule gives as ``source.number``; its ``clause`` is a short rule name."""

IXIT_REFERENCE = re.compile(r"\{ixit\.([^{}]+)\}")
"""A parameter of a check that is taken from the target's IXIT."""

_RULE_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LEAST_QUOTED = 2
Path = tuple[PathPart, ...]


def inspect_requirements(file: ProfileFile, problems: Problems) -> None:
    """Check what a profile's own requirements can be checked for by themselves."""
    stem = file.profile.upper()
    seen: set[str] = set()
    for at, requirement in enumerate(file.requirements):
        path: Path = ("requirements", at)
        if re.fullmatch(f"{re.escape(stem)}-[0-9]{{3}}", requirement.id) is None:
            problems.add("load.id_form", (*path, "id"), name=requirement.id, form=f"{stem}-NNN")
        if requirement.id in seen:
            problems.add("load.id_twice", (*path, "id"), name=requirement.id)
        seen.add(requirement.id)
        inspect_one(requirement, path, problems)


def inspect_one(requirement: Requirement, path: Path, problems: Problems) -> None:
    """Check one requirement by itself, whoever wrote it."""
    if (requirement.check is None) == (requirement.untested is None):
        problems.add("load.one_of", path, names="check | untested")
    controls = requirement.controls
    if requirement.check is None and (controls.before or controls.after):
        problems.add("load.controls_alone", (*path, "controls"), key=True)
    inspect_source(requirement.source, (*path, "source"), requirement.status, problems)
    for at, support in enumerate(requirement.supports):
        if support.kind == "K":
            _kit_rule(support, (*path, "supports", at), problems)


def inspect_source(source: Source, path: Path, status: Status, problems: Problems) -> None:
    """Check that a source is what it says: a text that was read, or a rule of this kit."""
    if source.kind == "K":
        _kit_rule(source, path, problems)
        return
    if status is not Status.ACTIVE:
        return
    if source.text_read == "no":
        problems.add("load.unread_active", path, number=source.number)
    if source.text_read == "quoted":
        if len(set(source.quoted_from)) < _LEAST_QUOTED:
            problems.add("load.quoted_sources", path, number=source.number, least=_LEAST_QUOTED)
        if not source.vectors:
            problems.add("load.quoted_vectors", path, number=source.number)


def _kit_rule(source: Source, path: Path, problems: Problems) -> None:
    if source.number != KIT_NUMBER:
        problems.add(
            "load.kit_number", (*path, "number"), found=source.number[:60], number=KIT_NUMBER
        )
    if _RULE_NAME.fullmatch(source.clause) is None:
        problems.add("load.kit_clause", (*path, "clause"), found=source.clause[:60])


class Surroundings(Struct, frozen=True):
    """What a profile's requirements may name; ``steps`` are those of each probe."""

    steps: Mapping[str, frozenset[str]]
    ics: frozenset[str]
    ixit: frozenset[str]
    tables: frozenset[str]
    schemas: frozenset[str]


def inspect_uses(
    requirement: Requirement, path: Path, problems: Problems, around: Surroundings
) -> None:
    """Check that all that a requirement names exists."""
    for index, condition in enumerate(requirement.applies):
        if condition.ics not in around.ics:
            where = (*path, "applies", index, "ics")
            problems.unknown("load.unknown_ics", where, condition.ics, around.ics)
    for use, at in uses_of(requirement, path):
        for role, reference in use.evidence.items():
            _evidence(reference, (*at, "evidence", role), around.steps, problems)
        _materials(use, at, problems, around)
        for key, value in use.with_.items():
            found = IXIT_REFERENCE.fullmatch(value) if isinstance(value, str) else None
            if found and found[1] not in around.ixit:
                problems.unknown("load.unknown_ixit", (*at, "with", key), found[1], around.ixit)


def _materials(use: CheckUse, path: Path, problems: Problems, around: Surroundings) -> None:
    for role, name in use.tables.items():
        if name not in around.tables:
            problems.unknown("load.unknown_table", (*path, "tables", role), name, around.tables)
    for role, name in use.schemas.items():
        if name not in around.schemas:
            problems.unknown("load.unknown_schema", (*path, "schemas", role), name, around.schemas)


def uses_of(requirement: Requirement, path: Path = ()) -> tuple[tuple[CheckUse, Path], ...]:
    """List a requirement's check and controls, each with its place."""
    controls = requirement.controls
    uses = (
        (requirement.check, (*path, "check")),
        (controls.before, (*path, "controls", "before")),
        (controls.after, (*path, "controls", "after")),
    )
    return tuple((use, at) for use, at in uses if use is not None)


def _evidence(
    reference: str, path: Path, steps: Mapping[str, frozenset[str]], problems: Problems
) -> None:
    probe, slash, step = reference.rpartition("/")
    if not slash:
        problems.add("load.evidence_form", path, found=reference[:60])
    elif probe not in steps:
        problems.unknown("load.unknown_probe", path, probe, steps)
    elif step not in steps[probe]:
        problems.unknown("load.unknown_step", path, step, steps[probe])


def binds(requirement: Requirement) -> bool:
    """Tell whether a requirement is one of those that a level-1 claim rests on."""
    return (
        requirement.status is Status.ACTIVE
        and requirement.modal is Modal.SHALL
        and requirement.level == 1
    )
