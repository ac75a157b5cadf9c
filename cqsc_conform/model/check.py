"""What a check is to the machine: a pure function with named roles and typed parameters."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct

RoleKind = Literal["one", "many", "stream"]


class Role(Struct, frozen=True):
    """A role that evidence plays in a check.

    ``one``: the check is called for each piece of evidence, and the verdicts are folded.
    ``many``: the check sees all of it at once.  At most one role of a check is ``one``.
    ``stream``: the check is a generator that is sent the events of a trace, one by one.
    """

    name: str
    kind: RoleKind


class Check(Struct, frozen=True):
    """A check: its name as profiles say it, its version, its rule, its function.

    The version is raised whenever a verdict on the same evidence may change.  ``needs`` names
    the vantages from which a stream check can see what it judges.
    """

    name: str
    version: int
    rule: str
    function: Callable[..., Any]
    roles: tuple[Role, ...]
    params: Mapping[str, object]
    required: frozenset[str]
    tables: frozenset[str]
    schemas: frozenset[str]
    needs: frozenset[str] = frozenset()
