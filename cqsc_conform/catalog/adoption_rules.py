"""What an adoption must be beyond its shape: each deviation true to its source and to its word."""

import re
from datetime import date

from msgspec.structs import replace

from cqsc_conform.catalog.gate import Problems
from cqsc_conform.catalog.profile_rules import binds, inspect_one, inspect_source
from cqsc_conform.formats.places import PathPart
from cqsc_conform.model.adoption import (
    Added,
    AdoptedProfile,
    Adoption,
    Change,
    Deviation,
    Dropped,
    LocalClause,
)
from cqsc_conform.model.outcome import Modal, Status
from cqsc_conform.model.profile import Requirement

__all__ = ["Dated", "direction", "in_force", "inspect_adopted", "inspect_against"]

_ENGLISH = {Modal.SHALL: "shall", Modal.SHOULD: "should", Modal.MAY: "may"}

_STRENGTH = {Modal.SHALL: 2, Modal.SHOULD: 1, Modal.MAY: 0}
_LOCAL = re.compile(
    r"DB(?P<code>[0-9]{2})(?:[0-9]{2})?/T (?P<number>[0-9]+)(?P<rest>(?:\.[0-9]+)?-[0-9]{4})"
)
_FIRST_PAIRED = 10001
Path = tuple[PathPart, ...]
Dated = Deviation | Added | Dropped


def in_force(dated: Dated, day: str) -> bool:
    """Tell whether something holds on a day: from ``from`` on, before ``until``."""
    return (dated.from_ is None or dated.from_ <= day) and (
        dated.until is None or day < dated.until
    )


def direction(requirement: Requirement, modal: Modal | None, level: int | None) -> Change | None:
    """Say what another modal and level come to; None where they say nothing, or both ways."""
    by = {0}
    if modal is not None:
        by.add(_sign(_STRENGTH[modal] - _STRENGTH[requirement.modal]))
    if level is not None:
        by.add(_sign(requirement.level - level))
    said: dict[frozenset[int], Change] = {
        frozenset({0, 1}): "stricter",
        frozenset({0, -1}): "looser",
    }
    return said.get(frozenset(by))


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def inspect_adopted(adoption: Adoption, name: str, path: Path, problems: Problems) -> None:
    """Check what an adopted profile can be checked for by itself."""
    adopted = adoption.adopts[name]
    _editions(adopted, path, problems)
    stem = f"{adoption.region}-{name.upper()}"
    seen: set[str] = set()
    for at, added in enumerate(adopted.added):
        own = added.requirement
        here = (*path, "added", at, "requirement")
        if re.fullmatch(f"{re.escape(stem)}-A[0-9]{{2}}", own.id) is None:
            problems.add("load.id_form", (*here, "id"), name=own.id, form=f"{stem}-ANN")
        if own.id in seen:
            problems.add("load.id_twice", (*here, "id"), name=own.id)
        seen.add(own.id)
        inspect_one(own, here, problems)
        _says_modal(own, (*here, "text"), problems)
        if binds(own) and own.source.kind == "K":
            problems.add("load.kit_binds", (*here, "source"), name=own.id)
        _period(added, (*path, "added", at), problems)
    both: tuple[tuple[str, tuple[Deviation | Dropped, ...]], ...] = (
        ("deviations", adopted.deviations),
        ("dropped", adopted.dropped),
    )
    for part, rows in both:
        for at, row in enumerate(rows):
            inspect_source(row.source, (*path, part, at, "source"), Status.ACTIVE, problems)
            _period(row, (*path, part, at), problems)
            _once(row, rows[:at], (*path, part, at), problems)
    for at, dropped in enumerate(adopted.dropped):
        _once(dropped, adopted.deviations, (*path, "dropped", at), problems)
    for id_, clause in adopted.clauses.items():
        _clause(clause, adoption.code, (*path, "clauses", id_), problems)


def _editions(adopted: AdoptedProfile, path: Path, problems: Problems) -> None:
    last = ""
    for at, edition in enumerate(adopted.editions):
        where = (*path, "editions", at, "from")
        _day(edition.from_, where, problems)
        if edition.from_ <= last:
            problems.add("load.editions_order", where, day=edition.from_, before=last)
        last = edition.from_


def _period(dated: Dated, path: Path, problems: Problems) -> None:
    for name, day in (("from", dated.from_), ("until", dated.until)):
        if day is not None:
            _day(day, (*path, name), problems)
    if dated.from_ and dated.until and dated.until <= dated.from_:
        problems.add("load.period_empty", (*path, "until"), first=dated.from_, until=dated.until)


def _day(day: str, path: Path, problems: Problems) -> None:
    try:
        date.fromisoformat(day)
    except ValueError:
        problems.add("load.no_such_day", path, day=day)


def _once(
    row: Deviation | Dropped,
    others: tuple[Deviation | Dropped, ...],
    path: Path,
    problems: Problems,
) -> None:
    """Let one rule speak of a requirement at a time."""
    for other in others:
        apart = (row.until is not None and row.until <= (other.from_ or "")) or (
            other.until is not None and other.until <= (row.from_ or "")
        )
        if other.requirement == row.requirement and not apart:
            problems.add("load.deviates_twice", (*path, "requirement"), name=row.requirement)


def _clause(clause: LocalClause, code: str, path: Path, problems: Problems) -> None:
    """Hold a local clause to how local standards are numbered, and to its pair."""
    number = clause.source.number
    found = _LOCAL.fullmatch(number)
    if clause.source.kind != "S" or found is None or found["code"] != code:
        problems.add("load.local_number", (*path, "source"), found=number[:60], prefix=f"DB{code}")
        return
    paired = int(found["number"]) >= _FIRST_PAIRED
    if not paired:
        if clause.pair is not None:
            problems.add("load.local_unpaired", (*path, "pair"), number=number)
        return
    other = _LOCAL.fullmatch(clause.pair or "")
    same = other is not None and other["number"] + other["rest"] == found["number"] + found["rest"]
    if other is None or not same or other["code"] == code:
        problems.add("load.local_pair", path, number=number, found=(clause.pair or "-")[:60])


def _says_modal(requirement: Requirement, path: Path, problems: Problems) -> None:
    said = requirement.text
    words = re.findall(r"[a-z]+", said.en.lower())
    if requirement.modal.value not in said.zh or _ENGLISH[requirement.modal] not in words:
        problems.add("load.modal_unsaid", path, modal=requirement.modal.value)


def inspect_against(
    deviation: Deviation, old: Requirement, new: Requirement, path: Path, problems: Problems
) -> None:
    """Check a deviation against the requirement it departs from, ``new`` being what comes of it."""
    # Other words for the same rule are no deviation.
    if replace(new, text=old.text) == old and deviation.accepts is None:
        problems.add("load.deviates_nowhere", path, name=old.id)
    said = direction(old, deviation.modal, deviation.level)
    if said is not None and said != deviation.change:
        problems.add("load.change_untrue", (*path, "change"), change=deviation.change, said=said)
    if binds(new) and not binds(old) and deviation.source.kind == "K":
        problems.add("load.kit_binds", (*path, "source"), name=old.id)
    if new.modal is not old.modal:
        _says_modal(new, (*path, "text"), problems)
