"""Running what a recognition left to test: a residual plan chooses for its run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cqsc_conform.cli.reading import read_as
from cqsc_conform.errors import KitError
from cqsc_conform.model.plan import Item, Plan

__all__ = ["RESIDUAL_MARK", "hold_to_plan", "is_residual", "narrowed", "read_plan"]

RESIDUAL_MARK = "recognition:"
"""A residual plan says in ``retest_of`` which manifest it is left over from."""
_NOT_SELECTED = "engine.not_selected"


def read_plan(path: Path | None) -> Plan | None:
    """Read the plan that a run is held to, if there is one."""
    return None if path is None else read_as(path, Plan, "plan")


def is_residual(plan: Plan) -> bool:
    """Tell whether a plan is what a recognition left to test."""
    return (plan.retest_of or "").startswith(RESIDUAL_MARK)


def narrowed(chosen: Mapping[str, Any], plan: Plan | None) -> Mapping[str, Any]:
    """Let a residual plan choose regions, profiles, requirements and level; consent stays yours.

    :raises KitError: ``cli.residue_chooses`` where the caller chose some of it as well.
    """
    if plan is None or not is_residual(plan):
        return chosen
    for option in ("profiles", "regions", "only"):
        if chosen.get(option):
            raise KitError("cli.residue_chooses", option=f"--{option.removesuffix('s')}")
    return {
        **chosen,
        "profiles": tuple(dict.fromkeys(each.id for each in plan.profiles)),
        "regions": tuple(dict.fromkeys(each.region for each in plan.profiles if each.region)),
        "only": tuple(f"{each.region}/{each.profile}/{each.id}" for each in _asked(plan)),
        "level": plan.level,
        "retest_of": plan.retest_of,
    }


def hold_to_plan(wanted: Plan, made: Plan, where: Path | None) -> None:
    """Hold a run's plan to one made before: the very same, or for a residue its requirements.

    A residue is tested at another installation, so that target and probes' addresses differ;
    its rules may not.

    :raises KitError: ``cli.other_plan``.
    """
    if not is_residual(wanted):
        if made != wanted:
            raise KitError("cli.other_plan", where=str(where))
        return
    rules = {_key(each): each.digest for each in _asked(made)}
    if rules != {_key(each): each.digest for each in _asked(wanted)}:
        raise KitError("cli.other_residue", where=str(where))


def _asked(plan: Plan) -> tuple[Item, ...]:
    return tuple(each for each in plan.items if each.because.get("code") != _NOT_SELECTED)


def _key(item: Item) -> tuple[str | None, str, str]:
    return item.region, item.profile, item.id
