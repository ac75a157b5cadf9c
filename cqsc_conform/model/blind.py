"""Blind rounds: what a laboratory found (``findings.yaml``), and how it did."""

from typing import Literal

from msgspec import Struct

Result = Literal["hit", "miss", "unseen", "clean", "alarm"]


class RoundFindings(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What was found in one round: the failing requirements, or the report that says so.

    ``failing`` is empty where the target was found to conform.  ``report`` is a ``report.json``
    beside the findings file.
    """

    round: str
    failing: tuple[str, ...] | None = None
    report: str | None = None


class Findings(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """``findings.yaml``: one laboratory's findings, by round."""

    schema: Literal["cqsc-findings/1"]
    lab: str
    rounds: tuple[RoundFindings, ...]


class RoundScore(Struct, frozen=True):
    """How one round went.

    ``mutant`` is what was served, null for the conforming reference, ``expected`` the requirement
    it breaks.  ``result``: ``hit`` (found), ``miss`` (looked, and not found), ``unseen`` (the
    report says that it was not judged), ``clean`` (nothing to find, and nothing found), ``alarm``
    (nothing to find).  ``false_alarms`` are requirements that fail for no reason.
    """

    round: str
    area: str
    number: int
    mutant: str | None
    expected: str | None
    result: Result
    false_alarms: tuple[str, ...]


class LabScore(Struct, frozen=True):
    """How one laboratory did; ``misses`` counts what was not judged too."""

    lab: str
    hits: int
    misses: int
    unseen: int
    clean: int
    false_alarms: int
    rounds: tuple[RoundScore, ...]

    @property
    def faultless(self) -> bool:
        """Tell whether everything was found and nothing invented."""
        return not (self.misses or self.false_alarms)


class BlindScore(Struct, frozen=True):
    """``mock score --json``."""

    schema: Literal["cqsc-blind-score/1"]
    labs: tuple[LabScore, ...]
