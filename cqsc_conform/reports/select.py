"""Which requirements a reader must see first."""

from cqsc_conform.model.outcome import Modal, Outcome
from cqsc_conform.model.report import Report, ReportRow


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
