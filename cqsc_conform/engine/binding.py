"""Holding a use of a check against what the check takes, and its parameters filled."""

from collections.abc import Mapping
from typing import Any

import msgspec

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.check import Check
from cqsc_conform.model.profile import CheckUse
from cqsc_conform.model.stimulus import Guide
from cqsc_conform.model.text import Scalar

_OPEN, _CLOSE = "{ixit.", "}"


def bind(
    use: CheckUse,
    checks: Mapping[str, Check],
    materials: Mapping[tuple[str, str], str],
    ixit: Mapping[str, Scalar],
    where: str,
) -> None:
    """Demand that a check exists and that roles, parameters, tables and schemas fit it."""
    check = checks.get(use.check)
    if check is None:
        raise KitError("engine.unknown_check", Blame.PROFILE, where=where, check=use.check)
    roles = {role.name for role in check.roles}
    parts = {
        "evidence": (roles, set(use.evidence), roles),
        "with": (set(check.params), set(use.with_), set(check.required)),
        "tables": (set(check.tables), set(use.tables), set(check.tables)),
        "schemas": (set(check.schemas), set(use.schemas), set(check.schemas)),
    }
    for part, (known, given, needed) in parts.items():
        for name in sorted((given - known) | (needed - given)):
            raise KitError(
                "engine.check_binding",
                Blame.PROFILE,
                where=where,
                check=use.check,
                part=part,
                name=name,
            )
    parameters(use, check, ixit, where)
    for kind, names in (("table", use.tables), ("schema", use.schemas)):
        for name in names.values():
            if (kind, name) not in materials:
                raise KitError(
                    "engine.unknown_material", Blame.PROFILE, where=where, kind=kind, name=name
                )


def bind_guide(guide: Guide, checks: Mapping[str, Check], where: str) -> None:
    """Demand that what guides a search is a check on one reply, with the parameters it takes."""
    check = checks.get(guide.check)
    if check is None:
        raise KitError("engine.unknown_check", Blame.PROFILE, where=where, check=guide.check)
    kinds = [role.kind for role in check.roles]
    if kinds != ["one"] or check.tables or check.schemas:
        raise KitError(
            "engine.check_binding",
            Blame.PROFILE,
            where=where,
            check=guide.check,
            part="evidence",
            name="guide",
        )
    evidence = {role.name: f"{where}/guide" for role in check.roles}
    use = CheckUse(check=guide.check, evidence=evidence, with_={**guide.with_})
    bind(use, checks, {}, {}, where)


def parameters(
    use: CheckUse, check: Check, ixit: Mapping[str, Scalar], where: str
) -> dict[str, Any]:
    """Fill a use's parameters: ``{ixit.name}`` is the target's value, of the type asked for."""
    out: dict[str, Any] = {}
    for name, value in use.with_.items():
        wanted: Any = check.params[name]
        from_target = isinstance(value, str) and value.startswith(_OPEN) and value.endswith(_CLOSE)
        given = ixit.get(value[len(_OPEN) : -1]) if from_target else value  # type: ignore[index,arg-type]
        try:
            # What a target file gives may be text for a number; a profile says what it means.
            out[name] = msgspec.convert(given, type=wanted, strict=not from_target)
        except msgspec.ValidationError as fault:
            raise KitError(
                "engine.check_parameter",
                Blame.YOU if from_target else Blame.PROFILE,
                where=where,
                check=use.check,
                name=name,
                fault=str(fault),
            ) from fault
    return out
