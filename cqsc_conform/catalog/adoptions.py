"""Adoptions: how a region holds the library's profiles, and what that comes to on a day."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cqsc_conform.catalog.adoption_rules import Dated, in_force, inspect_adopted, inspect_against
from cqsc_conform.catalog.assembly import Overlay, Placed
from cqsc_conform.catalog.files import read_bounded
from cqsc_conform.catalog.gate import Problems, admit
from cqsc_conform.catalog.library import Library, blamed
from cqsc_conform.catalog.profile_rules import IXIT_REFERENCE
from cqsc_conform.catalog.sources import joined
from cqsc_conform.errors import KitError, Problem
from cqsc_conform.formats.canonical import digest
from cqsc_conform.formats.places import PathPart, Positions
from cqsc_conform.formats.yaml_strict import MAX_BYTES, read_yaml
from cqsc_conform.model.adoption import (
    Added,
    Adopted,
    AdoptedProfile,
    Adoption,
    Departure,
    Deviation,
    Dropped,
    Edition,
    Effective,
    Part,
)
from cqsc_conform.model.check import Check
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.profile import CheckUse, Param, Requirement

__all__ = ["Adoptions"]

At = tuple[PathPart, ...]


class _Written(Struct, frozen=True):
    adoption: Adoption
    positions: Positions


class Adoptions:
    """The regions of a library, and each one's profiles as they hold on a day.

    ``checks`` are those that ship, by name: parameters are held to what a check takes.
    """

    def __init__(self, library: Library, checks: Mapping[str, Check]) -> None:
        self._library = library
        self._checks = checks
        self._written: dict[str, _Written] = {}

    def regions(self) -> tuple[str, ...]:
        """Give the regions that adopt anything, sorted."""
        return self._library.regions()

    def adoption(self, region: str) -> Adoption:
        """Give a region's adoption.

        :raises KitError: ``load.unknown_region``, or ``load.invalid`` with every problem.
        """
        return self._read(region).adoption

    def effective(self, region: str, reference: str, day: str) -> Effective:
        """Give the profile ``id`` or ``id@version`` as a region holds it on a day.

        ``day`` is an RFC 3339 full-date.

        :raises KitError: ``load.unknown_region``, ``load.not_adopted``, ``load.not_in_force``,
            ``load.other_edition``, or ``load.invalid`` with every problem.
        """
        written = self._read(region)
        name, _, version = reference.partition("@")
        if name not in written.adoption.adopts:
            self._library.profile(name)
            known = ", ".join(written.adoption.adopts)
            raise KitError("load.not_adopted", region=region, name=name, known=known)
        adopted = written.adoption.adopts[name]
        edition = _edition(adopted, day)
        if edition is None:
            raise KitError(
                "load.not_in_force", region=region, name=name, day=day,
                first=adopted.editions[0].from_,
            )  # fmt: skip
        if version and version != edition.version:
            raise KitError(
                "load.other_edition", region=region, name=name, wanted=version[:60], day=day,
                found=edition.version,
            )  # fmt: skip
        return blamed(lambda: self._laid_over(written, name, edition, day))

    def problems(self) -> tuple[Problem, ...]:
        """Read every adoption as it holds after each of its transitions; give every problem."""
        found: list[Problem] = []
        for region in self.regions():
            try:
                adopts = self.adoption(region).adopts
            except KitError as error:
                found += _told(error)
                continue
            for name, adopted in adopts.items():
                for day in _days(adopted):
                    try:
                        self.effective(region, name, day)
                    except KitError as error:
                        found += [each for each in _told(error) if each not in found]
        return tuple(found)

    def _read(self, region: str) -> _Written:
        if region not in self._written:
            path = self._library.region_file(region)
            self._written[region] = blamed(lambda: self._read_file(path))
        return self._written[region]

    def _read_file(self, path: Path) -> _Written:
        name = self._library.name_of(path)
        located = read_yaml(read_bounded(path, name, MAX_BYTES), name)
        adoption = admit(located, "adoption", Adoption, prepare=joined)
        problems = Problems(located.positions)
        if adoption.region != path.stem:
            problems.add("load.region_name", ("region",), name=adoption.region, file=path.stem)
        for profile, adopted in adoption.adopts.items():
            at: At = ("adopts", profile)
            if profile not in self._library.ids():
                problems.unknown("load.unknown_profile", at, profile, self._library.ids(), key=True)
                continue
            for index, edition in enumerate(adopted.editions):
                known = self._library.editions(profile)
                if edition.version not in known:
                    problems.add(
                        "load.other_version", (*at, "editions", index, "version"), name=profile,
                        wanted=edition.version, found=", ".join(known),
                    )  # fmt: skip
            inspect_adopted(adoption, profile, at, problems)
        problems.settle()
        return _Written(adoption, located.positions)

    def _laid_over(self, written: _Written, name: str, edition: Edition, day: str) -> Effective:
        adoption = written.adoption
        adopted = adoption.adopts[name]
        path: At = ("adopts", name)
        laid = _Laid(written.positions, path, adopted, day, self._checks)
        profile = self._library.adapted(
            f"{name}@{edition.version}", Overlay(adopted, written.positions, path, laid.adapt)
        )
        wider = adopted.accepts.within(adoption.accepts)
        own = {each.requirement: each.accepts for each in laid.deviations if each.accepts}
        return Effective(
            adopted=Adopted(
                region=adoption.region,
                name=adoption.name,
                version=adoption.version,
                since=max(each for each in _days(adopted) if each <= day),
                digest=digest(to_builtins(adoption)),
            ),
            profile=profile,
            departures=laid.departures,
            clauses={id_: each for id_, each in adopted.clauses.items() if id_ in laid.kept},
            dropped=laid.dropped,
            accepts={
                each.id: own[each.id].within(wider) if each.id in own else wider
                for each in profile.requirements
            },
        )


def _told(error: KitError) -> tuple[Problem, ...]:
    return error.problems or (Problem(error.code, error.where, error.args_),)


def _edition(adopted: AdoptedProfile, day: str) -> Edition | None:
    """Choose the edition of a day; None where the first one comes later."""
    found = [each for each in adopted.editions if each.from_ <= day]
    return found[-1] if found else None


def _days(adopted: AdoptedProfile) -> tuple[str, ...]:
    """List the days on which anything changes, from the first edition on."""
    rows: tuple[Dated, ...] = (*adopted.deviations, *adopted.added, *adopted.dropped)
    days = {each.from_ for each in adopted.editions}
    days |= {day for row in rows for day in (row.from_, row.until) if day is not None}
    first = adopted.editions[0].from_
    return tuple(sorted(day for day in days if day >= first))


class _Laid:
    """One adopted profile laid over its requirements, on one day."""

    def __init__(
        self,
        positions: Positions,
        path: At,
        adopted: AdoptedProfile,
        day: str,
        checks: Mapping[str, Check],
    ) -> None:
        self._positions = positions
        self._path = path
        self._adopted = adopted
        self._day = day
        self._checks = checks
        self._problems = Problems(positions)
        self.departures: dict[str, Departure] = {}
        self.deviations: list[Deviation] = []
        self.dropped: tuple[Dropped, ...] = ()
        self.kept: frozenset[str] = frozenset()

    def adapt(self, requirements: Mapping[str, Placed]) -> dict[str, Placed]:
        """Turn a profile's requirements into the region's.

        :raises KitError: ``load.invalid`` with every problem.
        """
        out = dict(requirements)
        for at, deviation in enumerate(self._adopted.deviations):
            here = (*self._path, "deviations", at)
            placed = self._named(deviation.requirement, requirements, (*here, "requirement"))
            if placed is not None and in_force(deviation, self._day):
                new = self._deviated(placed.requirement, deviation, here)
                out[new.id] = replace(placed, requirement=new)
                self.deviations.append(deviation)
        for at, dropped in enumerate(self._adopted.dropped):
            here = (*self._path, "dropped", at, "requirement")
            if self._named(dropped.requirement, requirements, here) is None:
                continue
            if in_force(dropped, self._day):
                out.pop(dropped.requirement, None)
                self.dropped = (*self.dropped, dropped)
        for id_ in self._adopted.clauses:
            self._named(id_, requirements, (*self._path, "clauses", id_))
        for at, added in enumerate(self._adopted.added):
            if in_force(added, self._day):
                here = (*self._path, "added", at, "requirement")
                self._add(added, here, out)
        self._problems.settle()
        self.kept = frozenset(out)
        return out

    def _named(self, id_: str, known: Mapping[str, Placed], path: At) -> Placed | None:
        if id_ not in known:
            self._problems.unknown("load.unknown_requirement", path, id_, known, key=True)
        return known.get(id_)

    def _add(self, added: Added, path: At, into: dict[str, Placed]) -> None:
        own = added.requirement
        use = own.check
        if use is not None and use.check not in self._checks:
            self._problems.unknown(
                "load.unknown_check", (*path, "check", "check"), use.check, self._checks
            )
        elif use is not None:
            self._parameters(use, use.with_, (*path, "check", "with"))
        into[own.id] = Placed(own, self._positions, path)
        self.departures[own.id] = Departure(
            parts=("added",), change="stricter", source=own.source, why=added.why
        )

    def _deviated(self, old: Requirement, by: Deviation, path: At) -> Requirement:
        parts: dict[Part, None] = {}
        was: dict[str, Param] = {}
        now: dict[str, Param] = {}
        new = old
        for part, given in (("with", by.with_), ("tables", by.tables), ("schemas", by.schemas)):
            if given:
                new = self._replaced(new, part, given, (*path, part), was)
                now |= {f"{part}.{key}": value for key, value in given.items()}
        for name, value in (("modal", by.modal), ("level", by.level)):
            if value is not None and getattr(old, name) != value:
                was[name], now[name] = getattr(old, name), value
                new = replace(new, **{name: value})
        if by.text is not None:
            new = replace(new, text=by.text)
        for key in was:
            parts[key.partition(".")[0]] = None  # type: ignore[index]
        if new.text != old.text:
            parts["text"] = None
        if by.accepts is not None:
            parts["accepts"] = None
        inspect_against(by, old, new, path, self._problems)
        self.departures[old.id] = Departure(
            parts=tuple(parts),
            change=by.change,
            source=by.source,
            why=by.why,
            was=was,
            now={key: now[key] for key in was},
        )
        return new

    def _replaced(
        self,
        requirement: Requirement,
        part: str,
        given: Mapping[str, Any],
        path: At,
        was: dict[str, Param],
    ) -> Requirement:
        """Replace parameters, tables or schemas of a requirement's check by name."""
        use = requirement.check
        if use is None:
            self._problems.add("load.nothing_checked", path, name=requirement.id, key=True)
            return requirement
        field = "with_" if part == "with" else part
        if part == "with":
            self._parameters(use, given, path)
        else:
            for role in given:
                if role not in getattr(use, field):
                    self._problems.unknown(
                        "load.unknown_role", (*path, role), role, getattr(use, field), key=True
                    )
        held: dict[str, Any] = getattr(use, field)
        was |= {
            f"{part}.{name}": held.get(name)
            for name, value in given.items()
            if held.get(name) != value
        }
        return replace(requirement, check=replace(use, **{field: {**held, **given}}))

    def _parameters(self, use: CheckUse, given: Mapping[str, Param], path: At) -> None:
        """Hold parameters to those that the check takes, and to their types."""
        check = self._checks.get(use.check)
        if check is None:
            return
        for name, value in given.items():
            if name not in check.params:
                self._problems.unknown(
                    "load.unknown_parameter", (*path, name), name, check.params, key=True
                )
                continue
            if isinstance(value, str) and IXIT_REFERENCE.fullmatch(value):
                continue
            wanted: Any = check.params[name]
            try:
                msgspec.convert(value, type=wanted)
            except msgspec.ValidationError as fault:
                self._problems.add(
                    "load.parameter_type", (*path, name), name=name, check=use.check,
                    fault=str(fault)[:120],
                )  # fmt: skip
