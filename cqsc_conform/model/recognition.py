"""A recognition: one region's decision on another's bundle, requirement by requirement."""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.adoption import Adopted, EvidenceClass, LocalClause
from cqsc_conform.model.evidence import Vantage
from cqsc_conform.model.outcome import HoldsFor, Modal, Outcome
from cqsc_conform.model.plan import Kit
from cqsc_conform.model.profile import Source
from cqsc_conform.model.report import Reason
from cqsc_conform.model.target import Binding, Subject
from cqsc_conform.model.text import Text

DecisionKind = Literal["carried", "re_judged", "must_test", "not_applicable", "rejected"]
"""What a region does with one requirement (design section 8).

``carried``: the other region's pass is taken over.  ``re_judged``: the region judged the evidence
itself, and that verdict stands.  ``must_test``: it has to be tested here.  ``rejected``: the
evidence cannot be relied on.
"""

RecognitionConclusion = Literal["recognised", "recognised_after_tests", "not_recognised"]


class DecisionProof(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a decision rests on; anybody who has the bundle can check each part of it.

    ``bundle`` counts the bundles given, from 1.  ``digest`` is the semantic digest of the
    requirement as the recognising region holds it, ``their_digest`` as the other one judged it
    (null where it did not).  ``cites`` are evidence ids.  ``age_days`` runs from the end of the
    run to the day of recognition; ``binding`` is how the subject was proven.
    """

    bundle: int
    digest: str
    outcome: Outcome
    their_digest: str | None = None
    their_outcome: Outcome | None = None
    cites: tuple[str, ...] = ()
    evidence: EvidenceClass = "tested"
    vantages: tuple[Vantage, ...] = ()
    age_days: int = 0
    binding: Binding = "declared"


class Decision(Struct, frozen=True, kw_only=True):
    """What was decided on one requirement, why, and by what proof.

    ``binding`` tells whether the conclusion reads it: an active 应 of the level asked for.
    ``clause`` is the region's own document behind it, null where none is known.
    """

    region: str
    profile: str
    id: str
    title: Text
    modal: Modal
    level: int
    binding: bool
    holds_for: HoldsFor
    decision: DecisionKind
    outcome: Outcome
    reason: Reason
    source: Source
    proof: DecisionProof
    clause: LocalClause | None = None


class BundleSeen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A bundle that was verified: its manifest, plan and run, and who signed for it.

    Digests are SHA-256 in hex.  ``statement`` is the one the recognition follows: the
    declaration, or the verdicts where none was made.
    """

    manifest_digest: str
    plan_digest: str
    run: str
    ended: str
    proof: str | None
    signers: tuple[str, ...] = ()
    statement: str | None = None
    declaration: str | None = None


class RecognitionCounts(Struct, frozen=True, kw_only=True):
    """How many were decided which way; ``binding`` are those that the conclusion reads."""

    total: int
    binding: int
    carried: int
    re_judged_pass: int
    re_judged_fail: int
    must_test: int
    not_applicable: int
    rejected: int


class Recognition(Struct, frozen=True, kw_only=True):
    """``recognition.json``.

    ``adopted`` names the adoption by profile id, ``trust_list`` the list by digest and sequence
    (null where none was given, and nothing is claimed of signers then).  ``residual_plan`` is
    the digest of ``residual.json``, null where nothing is left to test.  ``outside`` are
    requirements that stand outside the fold: drafts, and those that nobody can test.
    """

    schema: Literal["cqsc-recognition/1"]
    region: str
    at: str
    kit: Kit
    subject: Subject
    bundles: tuple[BundleSeen, ...]
    adopted: dict[str, Adopted]
    level: int
    conclusion: RecognitionConclusion
    counts: RecognitionCounts
    decisions: tuple[Decision, ...]
    outside: tuple[str, ...]
    residual_plan: str | None
    trust_list_digest: str | None
    trust_list_sequence: int | None
    disclaimer: Text
