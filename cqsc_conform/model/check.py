"""What a check is to the machine: a pure function with named roles and typed parameters."""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from cqsc_conform.model.verdict import Verdict

RoleKind = Literal["one", "many"]


class Role(Struct, frozen=True):
    """A role that evidence plays in a check.

    ``one``: the check is called for each piece of evidence, and the verdicts are folded.
    ``many``: the check sees all of it at once.  At most one role of a check is ``one``.
    """

    name: str
    kind: RoleKind


class Check(Struct, frozen=True):
    """A check: its name as profiles say it, its version, its rule, its function.

    The version is raised whenever a verdict on the same evidence may change.
    """

    name: str
    version: int
    rule: str
    function: Callable[..., Verdict | None]
    roles: tuple[Role, ...]
    params: Mapping[str, object]
    required: frozenset[str]
    tables: frozenset[str]
    schemas: frozenset[str]
