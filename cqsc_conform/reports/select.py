"""Which requirements a reader must see first."""

from cqsc_conform.model.outcome import Modal, Outcome
from cqsc_conform.model.report import LedgerLine, Report, ReportRow


def must_mend(report: Report) -> list[ReportRow]:
    """Choose the failures that make the run non-conformant."""
    return [
        row
        for row in report.requirements
        if row.outcome is Outcome.FAIL and row.binding and row.modal is Modal.SHALL
    ]


def findings(report: Report) -> list[ReportRow]:
    """Choose the other failures: recommendations, drafts, higher levels."""
    mended = {id(row) for row in must_mend(report)}
    return [
        row for row in report.requirements if row.outcome is Outcome.FAIL and id(row) not in mended
    ]


def not_judged(report: Report) -> list[ReportRow]:
    """Choose what could not be looked at or judged, worst first."""
    found = [
        row for row in report.requirements if row.outcome in {Outcome.ERROR, Outcome.INCONCLUSIVE}
    ]
    return sorted(found, key=lambda row: (row.outcome.rank, not row.binding))


def performed(report: Report) -> tuple[LedgerLine, ...]:
    """Choose the probes that were performed."""
    return tuple(line for line in report.ledger if line.attempts)


def proof_warning(report: Report) -> str | None:
    """Name the label that warns of a subject not shown to be one and the same; none if it was."""
    target = report.target
    if target.proof_start == target.proof_end:
        return None
    known = target.proof_start is not None and target.proof_end is not None
    return "subject_changed" if known else "subject_unproven"
