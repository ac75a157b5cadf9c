"""The result model that every report renders, and ``report.json`` itself."""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.adoption import Adopted, Departure, Dropped, LocalClause
from cqsc_conform.model.outcome import Blame, Conclusion, HoldsFor, Modal, Outcome, Status
from cqsc_conform.model.plan import Kit, Supersedes, Surveillance
from cqsc_conform.model.profile import Source
from cqsc_conform.model.target import Subject
from cqsc_conform.model.text import Lang, Scalar, Text
from cqsc_conform.model.verdict import Measured


class Counts(Struct, frozen=True, kw_only=True):
    """How many requirements came to what.

    ``binding`` are active ones of the claimed level and below; the fold reads only those.
    ``judged`` of ``total`` is the headline: those that came to pass or fail.
    """

    total: int
    judged: int
    binding: int
    fail: int
    error: int
    inconclusive: int
    skipped: int
    untested: int
    not_applicable: int
    passed: int
    findings: int
    draft: int


class Reason(Struct, frozen=True):
    """Why: a code, and its sentence in both languages."""

    code: str
    zh: str
    en: str

    def of(self, lang: Lang) -> str:
        """Choose a language."""
        return self.zh if lang == "zh" else self.en


class ReportRow(Struct, frozen=True, kw_only=True):
    """One requirement in the report, keyed (region, profile, id).

    ``departure`` says what the region changed of it, ``clause`` which document of its own says
    the same; null where there is nothing to say.
    """

    region: str | None
    profile: str
    id: str
    title: Text
    text: Text
    modal: Modal
    level: int
    status: Status
    holds_for: HoldsFor
    source: Source
    binding: bool
    outcome: Outcome
    reason: Reason
    hint: Text
    measured: tuple[Measured, ...]
    cites: tuple[str, ...]
    count: int | None
    bad: int | None
    digest: str
    blame: Blame | None
    attested: bool
    annotations: tuple[str, ...]
    departure: Departure | None = None
    clause: LocalClause | None = None


class ProfileResult(Struct, frozen=True, kw_only=True):
    """What the run comes to for one (region, profile), and by which adoption."""

    region: str | None
    profile: str
    version: str
    title: Text
    level: int
    conclusion: Conclusion
    counts: Counts
    adopted: Adopted | None = None
    dropped: tuple[Dropped, ...] = ()


class ReportTarget(Struct, frozen=True, kw_only=True):
    """The target in the report: its subject, and how its identity was proven."""

    digest: str
    subject: Subject
    endpoints: dict[str, str]
    data_class: str
    binding: str
    proof_start: str | None
    proof_end: str | None


class LedgerLine(Struct, frozen=True, kw_only=True):
    """One probe in the ledger: what it did to the target and how much it sent.

    ``created`` and ``removed`` count what it made at the target and took away again; ``remaining``
    are ids of what may still be there.
    """

    probe: str
    title: Text
    effect: str
    attempts: int
    requests: int
    created: int = 0
    removed: int = 0
    remaining: tuple[str, ...] = ()


class RunFacts(Struct, frozen=True, kw_only=True):
    """When and how the run went."""

    run: str
    started: str
    ended: str
    how: Literal["complete", "cancelled", "failed"]
    resumed: int
    gap_seconds: float
    seed: int
    repeat: int


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``report.json``.

    ``schema_engine`` is given where ``jsonschema`` judged payload schemas, for lack of the
    quicker library: it comes to the same verdicts.
    """

    schema_version: Literal["cqsc-report/1"]
    kit: Kit
    target: ReportTarget
    run: RunFacts
    plan_digest: str
    conclusion: Conclusion
    counts: Counts
    results: tuple[ProfileResult, ...]
    requirements: tuple[ReportRow, ...]
    requests: int
    ledger: tuple[LedgerLine, ...]
    ics: dict[str, bool]
    ixit: dict[str, Scalar]
    disclaimer: Text
    schema_engine: Literal["jsonschema_rs", "jsonschema"] = "jsonschema_rs"
    supersedes: Supersedes | None = None
    surveillance: Surveillance | None = None
