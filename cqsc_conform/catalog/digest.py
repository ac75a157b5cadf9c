"""Semantic digests: one number for all that can change a verdict, and for nothing else.

The closure is written out as plain values and digested as canonical JSON (RFC 8785).  A probe is
known in it by its place, in the order in which the closure meets it, so that neither its id nor
the file it stands in counts, while two probes stay two.  Wording, titles, hints and the vendor's
mapping are left out.  Forms that mean the same are written the same: a mapping that repeats the
default, a parameter by its wire name alone.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from cqsc_conform.catalog.profile_rules import IXIT_REFERENCE
from cqsc_conform.formats.canonical import canonical, digest
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.operation import ElementAt, Operation
from cqsc_conform.model.probe import VERB_VERSIONS, Probe
from cqsc_conform.model.profile import CheckUse, Ixit, Profile, Requirement

__all__ = ["probe_digest", "requirement_digest"]

Plain = dict[str, Any]


def probe_digest(
    probe: Probe,
    probes: Mapping[str, Probe],
    operations: Mapping[str, Operation],
    ixit: Mapping[str, Ixit] | None = None,
) -> str:
    """Digest what a probe does: its steps, the probes it draws on, verbs, default operations.

    ``ixit`` gives the defaults of the values that its templates may ask for.
    """
    closure = _Closure({**probes, probe.id: probe}, operations, ixit or {})
    closure.place(probe.id)
    return digest(closure.written())


def requirement_digest(
    requirement: Requirement,
    profile: Profile,
    check_versions: Mapping[str, int],
    materials: Mapping[str, str],
) -> str:
    """Digest all that can change a requirement's verdict.

    ``check_versions`` maps check names to versions, ``materials`` ``table:NAME`` and
    ``schema:NAME`` to content digests (:meth:`Library.materials`).

    :raises KeyError: for a check or a material that has no entry.
    """
    closure = _Closure(profile.probes, profile.operations, profile.ixit)
    uses = {
        "check": requirement.check,
        "before": requirement.controls.before,
        "after": requirement.controls.after,
    }
    written = {
        part: _use(use, closure, check_versions, materials)
        for part, use in uses.items()
        if use is not None
    }
    applies = sorted(
        {
            (each.ics, each.is_, profile.ics[each.ics].default if each.ics in profile.ics else True)
            for each in requirement.applies
        }
    )
    return digest(
        {
            "on": requirement.on,
            "applies": [list(each) for each in applies],
            "uses": written,
            "untested": requirement.check is None,
            **closure.written(),
        }
    )


def _use(
    use: CheckUse,
    closure: "_Closure",
    check_versions: Mapping[str, int],
    materials: Mapping[str, str],
) -> Plain:
    closure.note_ixit(
        found[1]
        for value in use.with_.values()
        if isinstance(value, str) and (found := IXIT_REFERENCE.fullmatch(value))
    )
    return {
        "check": use.check,
        "version": check_versions[use.check],
        "evidence": {
            role: closure.reference(reference) for role, reference in sorted(use.evidence.items())
        },
        "with": to_builtins(use.with_),
        "tables": {role: materials[f"table:{name}"] for role, name in use.tables.items()},
        "schemas": {role: materials[f"schema:{name}"] for role, name in use.schemas.items()},
    }


class _Closure:
    """Probes by their place of first meeting, with operations, verbs and values they lean on."""

    def __init__(
        self,
        probes: Mapping[str, Probe],
        operations: Mapping[str, Operation],
        ixit: Mapping[str, Ixit],
    ) -> None:
        self._probes = probes
        self._all_operations = operations
        self._all_ixit = ixit
        self._places: dict[str, int] = {}
        self._written: dict[int, Plain] = {}
        self._operations: dict[str, Plain] = {}
        self._verbs: dict[str, int] = {}
        self._ixit: dict[str, str | None] = {}

    def written(self) -> Plain:
        """Write the closure as plain values."""
        return {
            "probes": [self._written[at] for at in range(len(self._places))],
            "operations": self._operations,
            "verbs": self._verbs,
            "ixit": self._ixit,
        }

    def reference(self, text: str) -> list[int | str]:
        """Write ``probe/step`` by the probe's place."""
        probe, _, step = text.rpartition("/")
        return [self.place(probe), step]

    def note_ixit(self, names: Iterable[str]) -> None:
        """Take in the defaults of IXIT values."""
        for name in names:
            self._ixit[name] = self._all_ixit[name].default if name in self._all_ixit else None

    def place(self, name: str) -> int:
        """Give a probe's place, writing the probe when it is met first."""
        if name in self._places:
            return self._places[name]
        at = self._places[name] = len(self._places)
        probe = self._probes[name]
        steps = [self._node(each) for each in to_builtins(probe.steps)]
        # Draws that no step names are performed all the same; what they do orders them.
        for drawn in sorted(probe.draws, key=self._order):
            self.place(drawn)
        self._written[at] = {
            "steps": steps,
            "effect": probe.effect.value,
            "draws": sorted({self.place(each) for each in probe.draws}),
        }
        return at

    def _order(self, name: str) -> tuple[bytes, str]:
        return canonical(to_builtins(self._probes[name].steps)), name

    def _node(self, node: Plain) -> Plain:
        out: Plain = {}
        done = {node["verb"], *({"signing"} & node.keys())}
        self._verbs |= {name: VERB_VERSIONS[name] for name in done & VERB_VERSIONS.keys()}
        for key, value in node.items():
            if key == "do":
                out[key] = [self._node(each) for each in value]
            elif key == "between":
                out[key] = {**value, "do": [self._node(each) for each in value["do"]]}
            elif key == "over" and "/" in value:
                out[key] = self.reference(value)
            else:
                out[key] = value
                self._strings(value)
        if "operation" in node:
            self._operation(node["operation"])
        for name in node.get("operations", ()):
            self._operation(name)
        for given in node.get("inputs", {}).values():
            self._strings(given)
        for act in node.get("script", ()):
            self._strings(act)
        return out

    def _strings(self, value: object) -> None:
        for each in value.values() if isinstance(value, dict) else (value,):
            if isinstance(each, str):
                self.note_ixit(IXIT_REFERENCE.findall(each))

    def _operation(self, name: str) -> None:
        if name not in self._operations and name in self._all_operations:
            self._operations[name] = _plain_operation(self._all_operations[name])


def _plain_operation(operation: Operation) -> Plain:
    out: Plain = to_builtins(operation)
    out.pop("title", None)
    bare = Operation(method=operation.method)
    wires = {name: operation.parameter(name) for name in operation.parameters}
    out["parameters"] = {
        name: to_builtins(wire) for name, wire in wires.items() if wire != bare.parameter(name)
    }
    out["constants"] = {name: to_builtins(operation.constant(name)) for name in operation.constants}
    places = {name: operation.element(name) for name in operation.elements}
    out["elements"] = {
        name: to_builtins(place)
        for name, place in places.items()
        if place != ElementAt(at=f"/{name}")
    }
    return {key: value for key, value in out.items() if value != {}}
