"""What a changed library does to stored results: bundle by bundle, and as bare counts."""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.outcome import Conclusion, Outcome
from cqsc_conform.model.plan import Kit
from cqsc_conform.model.statement import Signer
from cqsc_conform.model.text import Text

IMPACT_PAYLOAD = "application/vnd.cqsc-conform.impact-counts+json"
"""The DSSE payload type of signed counts."""

ImpactKind = Literal["newly_fails", "newly_passes", "needs_retest", "no_longer_applies", "gone"]
"""What happens to one stored verdict.

``newly_fails`` and ``newly_passes``: the stored evidence decides it the other way, or decides a
requirement that is new.  ``needs_retest``: it was decided, or is new, and the stored evidence
does not show enough.  ``no_longer_applies``: by the vendor's statement.  ``gone``: the library
has the requirement no more, or not at the level that the run claimed.
"""


class ImpactRow(Struct, frozen=True, kw_only=True):
    """One requirement of one bundle to which something happens; ``was`` is null for a new one."""

    region: str | None
    profile: str
    id: str
    title: Text
    kind: ImpactKind
    was: Outcome | None
    now: Outcome | None
    reason: Text | None


class BundleImpact(Struct, frozen=True, kw_only=True):
    """What happens to one bundle; ``unreadable`` says why it could not be judged at all."""

    bundle: str
    manifest_digest: str
    subject: str
    before: Conclusion
    after: Conclusion
    rows: tuple[ImpactRow, ...]
    alike: int
    unreadable: str | None = None


class Impact(Struct, frozen=True, kw_only=True):
    """``release impact --json``."""

    schema: Literal["cqsc-impact/1"]
    kit: Kit
    library: str
    bundles: tuple[BundleImpact, ...]


class ImpactCount(Struct, frozen=True, kw_only=True):
    """How many bundles a requirement's change reaches, and how."""

    region: str | None
    profile: str
    id: str
    newly_fails: int = 0
    newly_passes: int = 0
    needs_retest: int = 0
    no_longer_applies: int = 0
    gone: int = 0


class ImpactCounts(Struct, frozen=True, kw_only=True):
    """Counts alone, so that laboratories can add theirs up without showing whom they tested.

    ``library`` digests the library that was judged by; only counts of one library add up.
    ``of`` is how many laboratories' counts are in it, ``signer`` who signs the file, if anybody.
    """

    schema: Literal["cqsc-impact-counts/1"]
    kit: Kit
    library: str
    of: int
    bundles: int
    unreadable: int
    touched: int
    conclusions_change: int
    requirements: tuple[ImpactCount, ...]
    signer: Signer | None = None
    critical: tuple[str, ...] = ()
