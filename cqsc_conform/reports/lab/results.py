"""Results in a laboratory's report: by profile, by requirement, and what the customer answered."""

from collections.abc import Iterable
from itertools import groupby

from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.report import Report, ReportRow
from cqsc_conform.model.text import Scalar
from cqsc_conform.reports.details import measured_words, placed, source_words
from cqsc_conform.reports.lab.paper import Cell, Grid, Tone
from cqsc_conform.reports.lab.words import Say
from cqsc_conform.reports.regions import region_pairs
from cqsc_conform.reports.safe import prose

__all__ = ["OUTCOME_TONES", "customer_grids", "profile_grid", "result_grids"]

OUTCOME_TONES: dict[Outcome, Tone] = {
    Outcome.FAIL: "bad",
    Outcome.ERROR: "open",
    Outcome.INCONCLUSIVE: "open",
    Outcome.SKIPPED: "open",
    Outcome.UNTESTED: "faint",
    Outcome.NOT_APPLICABLE: "faint",
    Outcome.PASS: "good",
}


def profile_grid(say: Say, report: Report) -> Grid:
    """Say for each profile whether it is met: which results the statement is about."""
    rows = tuple(
        (
            Cell(placed(each.region, each.profile) + f" {each.version}", small=say.of(each.title)),
            Cell(str(each.level)),
            Cell(f"{each.counts.judged}/{each.counts.total}"),
            Cell(str(each.counts.passed)),
            Cell(str(each.counts.fail)),
            Cell(say.report(f"conclusion.{each.conclusion}")),
        )
        for each in report.results
    )
    heads = ("profile", "level", "judged", "passed", "failed", "conclusion")
    return Grid(
        say("by_profile"), tuple(say(f"head.{each}") for each in heads), (8, 2, 2, 2, 2, 4), rows
    )


def result_grids(say: Say, report: Report, *, hints: bool) -> Iterable[Grid]:
    """List the results of each profile, a requirement a row."""
    names = ("requirement", "clause", "modal", "result", "outcome")
    heads = tuple(say(f"head.{each}") for each in names)
    for (region, profile), rows in groupby(
        report.requirements, key=lambda row: (row.region, row.profile)
    ):
        yield Grid(
            say("results", profile=placed(region, profile)),
            heads,
            (5, 4, 2, 6, 3),
            tuple(_row(say, row, hints=hints) for row in rows),
            say("results_lead"),
        )


def _row(say: Say, row: ReportRow, *, hints: bool) -> tuple[Cell, ...]:
    modal = say.report(f"modal.{row.modal.name.lower()}")
    draft = say("draft") if row.status == "draft" else ""
    measured = say.joined([measured_words(say.messages, each) for each in row.measured])
    said = [measured] if measured else []
    said += [prose(words) for _, words in region_pairs(say.messages, row)]
    said += [prose(each) for each in row.annotations]
    if hints and row.outcome is Outcome.FAIL:
        said.append(say("hint") + say.of(row.hint))
    return (
        Cell(row.id, small=say.of(row.title)),
        Cell(prose(source_words(say.messages, row.source))),
        Cell(f"{modal} {row.level}", small=draft),
        Cell(prose(row.reason.of(say.lang)), small=" ".join(said)),
        Cell(
            say.report(f"outcome.{row.outcome}"),
            small=say("attested_mark") if row.attested else "",
            tone=_tone(row),
        ),
    )


def _tone(row: ReportRow) -> Tone:
    """Set a verdict that does not count faintly, unless something failed."""
    counts = row.binding or row.outcome is Outcome.FAIL
    return OUTCOME_TONES[row.outcome] if counts else "faint"


def customer_grids(say: Say, report: Report) -> Iterable[Grid]:
    """List what the customer answered, marked as such."""
    for name, answers in (("ics", report.ics), ("ixit", report.ixit)):
        if answers:
            yield Grid(
                say(name),
                (say("head.item"), say("head.answer")),
                (10, 10),
                tuple(
                    (Cell(prose(key)), Cell(_shown(say, value))) for key, value in answers.items()
                ),
                say("customer_lead"),
            )


def _shown(say: Say, value: Scalar) -> str:
    return say.messages.shown(value)
