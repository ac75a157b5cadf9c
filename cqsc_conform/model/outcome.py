"""The closed vocabularies of verdicts and requirements (design sections 3 and 4)."""

from enum import StrEnum


class Outcome(StrEnum):
    """What judging one requirement came to."""

    FAIL = "fail"
    ERROR = "error"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"
    UNTESTED = "untested"
    NOT_APPLICABLE = "not_applicable"
    PASS = "pass"  # noqa: S105 - an outcome, no password

    @property
    def rank(self) -> int:
        """Order outcomes worst first, as the roll-up folds them; 0 is the worst."""
        return _RANK[self]


_RANK = {outcome: rank for rank, outcome in enumerate(Outcome)}


class Blame(StrEnum):
    """Whose fault it is that something could not be done."""

    TARGET = "target"
    NETWORK = "network"
    PROFILE = "profile"
    KIT = "kit"
    YOU = "you"


class Conclusion(StrEnum):
    """What a run comes to for one profile, or over all of them."""

    CONFORMANT = "conformant"
    NON_CONFORMANT = "non_conformant"
    INCONCLUSIVE = "inconclusive"


class Modal(StrEnum):
    """How binding a requirement is within its level (GB/T 1.1-2020 annex C)."""

    SHALL = "应"
    SHOULD = "宜"
    MAY = "可"


class Status(StrEnum):
    """Whether a requirement's source text was read (active) or not (draft)."""

    ACTIVE = "active"
    DRAFT = "draft"


class HoldsFor(StrEnum):
    """What a verdict is about."""

    TYPE = "type"
    DEPLOYMENT = "deployment"
    DATA = "data"


class Effect(StrEnum):
    """What a probe does to its target."""

    SAFE = "safe"
    MUTATES = "mutates"
    DISRUPTS = "disrupts"


class ReplyClass(StrEnum):
    """What an API said, whatever way it says it."""

    SUCCESS = "success"
    DENIED = "denied"
    NOT_FOUND = "not_found"
    INVALID = "invalid"
    LIMITED = "limited"
    BROKEN = "broken"
    OTHER = "other"
