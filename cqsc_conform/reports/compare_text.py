"""A comparison of two reports for a console."""

from rich.console import Console, ConsoleOptions, Group, RenderResult

from cqsc_conform.model.text import Lang
from cqsc_conform.reports.compare import Changed, Comparison, OneSided
from cqsc_conform.reports.details import placed
from cqsc_conform.reports.sheet import Sheet
from cqsc_conform.reports.words import MARKS, STYLES


class ComparePage:
    """Lets rich print a comparison as wide as its console, in what that console can encode."""

    def __init__(self, comparison: Comparison, lang: Lang) -> None:
        self.comparison = comparison
        self.lang: Lang = lang

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the page's lines."""
        sheet = compare_page(self.comparison, self.lang, options.max_width, console.encoding)
        yield Group(*sheet.lines)


def compare_page(comparison: Comparison, lang: Lang, width: int, encoding: str = "utf-8") -> Sheet:
    """Lay a comparison out: the answer first, then each difference."""
    sheet = Sheet(lang, width, encoding)
    differing = len(comparison.changed) + len(comparison.only_before) + len(comparison.only_after)
    label = "compare_differ" if comparison.differs else "compare_same"
    sheet.put(sheet.say(label, alike=comparison.alike, differing=differing), style="bold")
    sheet.pairs(
        [
            (sheet.say("before"), _run(sheet, comparison.before_run, comparison.before_conclusion)),
            (sheet.say("after"), _run(sheet, comparison.after_run, comparison.after_conclusion)),
        ]
    )
    if comparison.regions is not None:
        one, two = comparison.regions
        sheet.put(sheet.say("other_region", before=one, after=two), indent=2, style="yellow")
    for name in ("plan", "target", "kit"):
        if not getattr(comparison, f"same_{name}"):
            sheet.put(sheet.say(f"other_{name}"), indent=2, style="yellow")
    if comparison.changed:
        sheet.heading(sheet.say("changed", number=len(comparison.changed)))
        for each in comparison.changed:
            _changed(sheet, each)
    for label, rows in (
        ("only_before", comparison.only_before),
        ("only_after", comparison.only_after),
    ):
        if rows:
            sheet.heading(sheet.say(label, number=len(rows)))
            for row in rows:
                sheet.put(
                    sheet.say(f"outcome.{row.outcome}"),
                    lead=f"{MARKS[row.outcome]} {_name(sheet, row)}  ",
                    style=STYLES[row.outcome],
                    indent=2,
                )
    return sheet


def _run(sheet: Sheet, run: str, conclusion: str) -> str:
    return f"{sheet.show(run)}  {sheet.say(f'conclusion.{conclusion}')}"


def _changed(sheet: Sheet, each: Changed) -> None:
    before, after = (
        f"{MARKS[outcome]} {sheet.say(f'outcome.{outcome}')}"
        for outcome in (each.before, each.after)
    )
    sheet.put(
        f"{before} -> {after}",
        lead=f"{_name(sheet, each)}  ",
        style=STYLES[max(each.before, each.after, key=lambda outcome: -outcome.rank)],
        indent=2,
    )
    sheet.put(sheet.of(each.title), indent=4)
    if each.before_code != each.after_code:
        sheet.pairs(
            [
                (sheet.say("before"), sheet.of(each.before_reason)),
                (sheet.say("after"), sheet.of(each.after_reason)),
            ],
            indent=4,
        )
    sheet.put(sheet.say("same_rule" if each.same_rule else "other_rule"), indent=4, style="dim")


def _name(sheet: Sheet, row: Changed | OneSided) -> str:
    place = placed(row.region, row.profile)
    return sheet.show(f"{place} {row.id}")
