"""What a report says of its place among others: which run it supersedes, which seed chose it."""

from cqsc_conform.model.plan import Plan
from cqsc_conform.model.report import Report

__all__ = ["Remark", "place_of"]

Remark = tuple[str, dict[str, str | int]]
"""A label of the reports, and its arguments."""


def place_of(shown: Report | Plan) -> tuple[Remark, ...]:
    """Name the labels that say what a run supersedes, and by which seed it was chosen."""
    remarks: list[Remark] = []
    earlier, chosen = shown.supersedes, shown.surveillance
    if earlier is not None:
        args: dict[str, str | int] = {"run": earlier.run, "attempt": earlier.attempt}
        remarks.append(("supersedes", args))
    if chosen is not None:
        remarks.append(("surveillance", {"seed": chosen.seed, "share": f"{chosen.share:.0%}"}))
    return tuple(remarks)
