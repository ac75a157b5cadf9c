"""Which requirements a reader must see first."""

from msgspec import structs

from cqsc_conform.model.outcome import Conclusion, Modal, Outcome
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


def by_cause(rows: list[ReportRow]) -> list[list[ReportRow]]:
    """Put rows together that came to nothing for one and the same cause, in their order."""
    groups: dict[tuple[Outcome, str, str, str], list[ReportRow]] = {}
    for row in rows:
        key = (row.outcome, row.reason.code, row.reason.en, row.hint.en)
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def seen_by(group: list[ReportRow]) -> ReportRow:
    """Speak for a group: its first row, citing what all of them cite first."""
    cites = dict.fromkeys(row.cites[0] for row in group if row.cites)
    return structs.replace(group[0], cites=tuple(cites), count=None, bad=None, measured=())


def performed(report: Report) -> tuple[LedgerLine, ...]:
    """Choose the probes that were performed."""
    return tuple(line for line in report.ledger if line.attempts)


def made(report: Report) -> tuple[int, int, tuple[str, ...]]:
    """Sum what all probes created and removed, and list what may still be there."""
    lines = report.ledger
    remaining = tuple(each for line in lines for each in line.remaining)
    return sum(line.created for line in lines), sum(line.removed for line in lines), remaining


def proof_warning(report: Report) -> str | None:
    """Name the label that warns of a subject not shown to be one and the same; none if it was."""
    target = report.target
    if target.proof_start == target.proof_end:
        return None
    known = target.proof_start is not None and target.proof_end is not None
    return "subject_changed" if known else "subject_unproven"


def undecided(report: Report) -> list[ReportRow]:
    """Choose the rows that count and came to no judgement, so that the run cannot conclude."""
    open_ = {Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.SKIPPED}
    return [
        row
        for row in report.requirements
        if row.binding
        and row.outcome in open_
        and (row.modal is Modal.SHALL or row.outcome is Outcome.SKIPPED)
    ]


def why_inconclusive(report: Report) -> tuple[str, int] | None:
    """Name the label that says why a whole run is inconclusive, and its number; none if not."""
    if report.conclusion is not Conclusion.INCONCLUSIVE or report.run.how != "complete":
        return None
    number = len(undecided(report))
    return ("because_undecided", number) if number else ("because_nothing_passed", 0)
