"""A verdict: what judging came to, as codes and arguments; sentences are made later."""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.outcome import Blame, Outcome
from cqsc_conform.model.text import Args


class Measured(Struct, frozen=True, omit_defaults=True):
    """A measured quantity, its unit (UCUM), its limit and the uncertainty it is known to."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    uncertainty: float | None = None


class Verdict(Struct, frozen=True, omit_defaults=True):
    """An outcome with its reason.

    ``cites`` are evidence ids (``probe[cell]/step.n``); a pass cites at least one.  ``count`` is
    how many cells or items were looked at, ``bad`` how many of them have this outcome.
    """

    outcome: Outcome
    code: str
    args: Args = {}
    cites: tuple[str, ...] = ()
    measured: tuple[Measured, ...] = ()
    blame: Blame | None = None
    count: int | None = None
    bad: int | None = None


class Row(Struct, frozen=True, omit_defaults=True):
    """The verdict on one requirement of one plan, keyed (region, profile, id)."""

    region: str | None
    profile: str
    id: str
    digest: str
    verdict: Verdict
    repeats: tuple[Outcome, ...] = ()


class Verdicts(Struct, frozen=True):
    """``verdicts.json``: all that judging says; this is what gets signed."""

    schema: Literal["cqsc-verdicts/1"]
    plan_digest: str
    complete: bool
    rows: tuple[Row, ...]
