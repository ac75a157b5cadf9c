"""The report for a console: the conclusion first, then what must be mended."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, Group, RenderResult

from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.report import Counts, ProfileResult, Report, ReportRow
from cqsc_conform.model.text import Lang
from cqsc_conform.reports.details import (
    cites_words,
    engine_words,
    measured_words,
    placed,
    profiles_words,
    source_words,
)
from cqsc_conform.reports.flow import place_of
from cqsc_conform.reports.frames import Frames
from cqsc_conform.reports.regions import adopted_words, adoptions_of, dropped_of, region_pairs
from cqsc_conform.reports.select import (
    by_cause,
    findings,
    made,
    must_mend,
    not_judged,
    performed,
    proof_warning,
    seen_by,
    why_inconclusive,
)
from cqsc_conform.reports.sheet import Sheet
from cqsc_conform.reports.words import CONCLUSION_STYLES, MARKS, NEXT, STYLES

_CITES_SHOWN = 3
_OUTSIDE = ("draft", "untested", "not_applicable", "skipped")
_INSIDE = ("passed", "fail", "error", "inconclusive")


class ReportPage:
    """Lets rich print a report as wide as its console, in what that console can encode."""

    def __init__(self, report: Report, lang: Lang, frames: Frames | None = None) -> None:
        self.report = report
        self.lang: Lang = lang
        self.frames = frames

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the page's lines."""
        sheet = page(self.report, self.lang, options.max_width, console.encoding, self.frames)
        yield Group(*sheet.lines)


def render(report: Report, lang: Lang, width: int, frames: Frames | None = None) -> bytes:
    """Write the page without colours, in UTF-8; ``frames`` finds the packets that are cited."""
    return page(report, lang, width, frames=frames).plain().encode()


def page(
    report: Report,
    lang: Lang,
    width: int,
    encoding: str = "utf-8",
    frames: Frames | None = None,
) -> Sheet:
    """Lay the report out."""
    sheet = Sheet(lang, width, encoding)
    _headline(sheet, report)
    _subject(sheet, report)
    _rows(sheet, "must_mend", must_mend(report), frames)
    _rows(sheet, "not_judged", not_judged(report), frames, together=True)
    _rows(sheet, "findings", findings(report), frames)
    _attested(sheet, report)
    _profiles(sheet, report.results)
    _left_out(sheet, report)
    _not_adopted(sheet, report)
    _ledger(sheet, report)
    _facts(sheet, report)
    sheet.blank()
    sheet.put(sheet.say("end", run=report.run.run), style="dim")
    return sheet


def _headline(sheet: Sheet, report: Report) -> None:
    sheet.put(sheet.say("title", run=report.run.run), style="dim")
    sheet.blank()
    word = sheet.say(f"conclusion.{report.conclusion}")
    named = profiles_words(sheet.messages, report)
    sheet.put(
        sheet.say("against", conclusion=word, profiles=named),
        style=CONCLUSION_STYLES[report.conclusion],
    )
    sheet.put(_counts(sheet, report.counts), indent=2)
    attested = sum(row.attested for row in report.requirements)
    if attested:
        sheet.put(sheet.say("attested_of", number=attested), indent=2)
    outside = _listed(sheet, report.counts, _OUTSIDE)
    if outside:
        sheet.put(sheet.say("outside", parts=outside), indent=2)
    because = why_inconclusive(report)
    if because is not None:
        sheet.put(sheet.say(because[0], number=because[1]), indent=2)
    for label, args in place_of(report):
        sheet.put(sheet.say(label, **args), indent=2)
    if report.run.how != "complete":
        sheet.put(sheet.say(f"ended.{report.run.how}"), indent=2, style="bold yellow")
    if report.run.resumed:
        gap = f"{report.run.gap_seconds:.0f}"
        sheet.put(sheet.say("resumed", times=report.run.resumed, seconds=gap), indent=2)


def _counts(sheet: Sheet, counts: Counts) -> str:
    headline = sheet.say("judged", judged=counts.judged, total=counts.total)
    parts = _listed(sheet, counts, _INSIDE)
    if counts.findings:
        parts += sheet.say("comma") + sheet.say("count.findings", number=counts.findings)
    return headline + sheet.say("colon") + parts if parts else headline


def _listed(sheet: Sheet, counts: Counts, names: Iterable[str]) -> str:
    numbers = {name: int(getattr(counts, name)) for name in names}
    return sheet.say("comma").join(
        sheet.say(f"count.{name}", number=number) for name, number in numbers.items() if number
    )


def _subject(sheet: Sheet, report: Report) -> None:
    subject = report.target.subject
    name = subject.name
    if subject.model:
        name += f" {subject.model}"
    if subject.software:
        name += f" {subject.software.version}"
    maker = subject.maker.name
    if subject.maker.uscc:
        maker += f" ({subject.maker.uscc})"
    sheet.blank()
    rows = [
        (sheet.say("target"), sheet.show(name)),
        (sheet.say("maker"), sheet.show(maker)),
        *((sheet.say("endpoint", name=name), sheet.show(url))
          for name, url in report.target.endpoints.items()),
        (sheet.say("identity_proof"), sheet.say(f"binding.{report.target.binding}")),
        (sheet.say("when"), sheet.show(f"{report.run.started} - {report.run.ended}")),
    ]  # fmt: skip
    warned = proof_warning(report)
    if warned is not None:
        rows.append((sheet.say("warning"), sheet.say(warned)))
    sheet.pairs(rows)


def _rows(
    sheet: Sheet,
    label: str,
    rows: list[ReportRow],
    frames: Frames | None,
    *,
    together: bool = False,
) -> None:
    if not rows:
        return
    sheet.heading(sheet.say(label, number=len(rows)))
    for group in by_cause(rows) if together else [[row] for row in rows]:
        sheet.blank()
        if len(group) == 1:
            _row(sheet, group[0], frames)
        else:
            _group(sheet, group, frames)


def _group(sheet: Sheet, rows: list[ReportRow], frames: Frames | None) -> None:
    """Tell what kept several requirements from being judged, once."""
    first = rows[0]
    mark = f"{MARKS[first.outcome]} {sheet.say(f'outcome.{first.outcome}')}  "
    sheet.put(sheet.say("together", number=len(rows)), style=STYLES[first.outcome], lead=mark)
    ids = sheet.say("comma").join(placed(row.region, row.id) for row in rows)
    sheet.put(sheet.show(ids), indent=4, style="bold")
    sheet.pairs([pair for pair in _because(sheet, seen_by(rows), frames) if pair[1]], indent=4)


def _row(sheet: Sheet, row: ReportRow, frames: Frames | None) -> None:
    mark = f"{MARKS[row.outcome]} {sheet.say(f'outcome.{row.outcome}')}  "
    where = placed(row.region, row.profile)
    modal = sheet.say(f"modal.{row.modal.name.lower()}")
    about = sheet.say("row", id=row.id, modal=modal, level=row.level, profile=where)
    if row.status == "draft":
        about += sheet.say("draft_mark")
    sheet.put(about, style=STYLES[row.outcome], lead=mark)
    sheet.put(sheet.of(row.title), indent=4, style="bold")
    pairs = _because(sheet, row, frames)
    pairs.append((sheet.say("source"), sheet.show(source_words(sheet.messages, row.source))))
    pairs.extend(
        (sheet.say(label), sheet.show(words)) for label, words in region_pairs(sheet.messages, row)
    )
    pairs.extend((sheet.say("note"), sheet.show(each)) for each in row.annotations)
    if row.attested:
        pairs.append((sheet.say("note"), sheet.say("attested")))
    sheet.pairs([pair for pair in pairs if pair[1]], indent=4)


def _because(sheet: Sheet, row: ReportRow, frames: Frames | None) -> list[tuple[str, str]]:
    """Say why a row came out as it did, where that was seen and what to do."""
    why = row.reason.zh if sheet.lang == "zh" else row.reason.en
    pairs = [(sheet.say("why"), sheet.show(why))]
    if row.blame is not None:
        pairs.append((sheet.say("whose"), sheet.say(f"blame.{row.blame}")))
    if row.bad is not None and row.count is not None:
        pairs.append((sheet.say("share"), sheet.say("of", bad=row.bad, count=row.count)))
    pairs.extend(
        (sheet.say("measured"), sheet.show(measured_words(sheet.messages, each)))
        for each in row.measured
    )
    if row.cites:
        seen = cites_words(sheet.messages, row.cites, _CITES_SHOWN, frames)
        pairs.append((sheet.say("seen"), sheet.show(seen)))
    pairs.append((sheet.say(NEXT[row.outcome]), sheet.of(row.hint)))
    return pairs


def _attested(sheet: Sheet, report: Report) -> None:
    """List what rests on a person's word, passes too: nobody takes them for tested."""
    rows = [row for row in report.requirements if row.attested]
    if not rows:
        return
    sheet.heading(sheet.say("attested_rows", number=len(rows)))
    for row in rows:
        mark = f"{MARKS[row.outcome]} {sheet.say(f'outcome.{row.outcome}')}  "
        named = f"{placed(row.region, row.id)}  {sheet.of(row.title)}"
        sheet.put(sheet.show(named), lead=mark, indent=2)


def _profiles(sheet: Sheet, results: tuple[ProfileResult, ...]) -> None:
    sheet.heading(sheet.say("by_profile"))
    heads = ("profile", "level_short", "conclusion", "judged_short", "pass_short", "fail_short",
             "error_short", "inconclusive_short")  # fmt: skip
    table = [[sheet.say(f"head.{head}") for head in heads]]
    for each in results:
        name = placed(each.region, each.profile)
        counts = each.counts
        table.append(
            [
                sheet.show(f"{name} {each.version}"),
                str(each.level),
                sheet.say(f"conclusion.{each.conclusion}"),
                f"{counts.judged}/{counts.total}",
                *map(str, (counts.passed, counts.fail, counts.error, counts.inconclusive)),
            ]
        )
    sheet.table(table, [CONCLUSION_STYLES[each.conclusion] for each in results])


def _left_out(sheet: Sheet, report: Report) -> None:
    groups: dict[tuple[Outcome, str], list[str]] = {}
    for row in report.requirements:
        if row.outcome in {Outcome.SKIPPED, Outcome.UNTESTED, Outcome.NOT_APPLICABLE}:
            why = row.reason.zh if sheet.lang == "zh" else row.reason.en
            groups.setdefault((row.outcome, why), []).append(placed(row.region, row.id))
    if not groups:
        return
    sheet.heading(sheet.say("left_out"))
    for (outcome, why), ids in sorted(groups.items(), key=lambda group: group[0][0].rank):
        mark = f"{MARKS[outcome]} {sheet.say(f'outcome.{outcome}')}  "
        sheet.put(sheet.show(why), lead=mark, indent=2)
        sheet.put(sheet.show(sheet.say("comma").join(ids)), indent=4, style="dim")


def _not_adopted(sheet: Sheet, report: Report) -> None:
    rows = dropped_of(report, sheet.lang)
    if rows:
        sheet.heading(sheet.say("not_adopted", number=len(rows)))
        sheet.pairs([(sheet.show(name), sheet.show(why)) for name, why in rows])


def _ledger(sheet: Sheet, report: Report) -> None:
    lines = performed(report)
    if not lines:
        return
    sheet.heading(sheet.say("ledger", requests=report.requests))
    table = [[sheet.say(f"head.{head}") for head in ("probe", "effect", "attempts", "requests")]]
    table.extend(
        [
            f"{sheet.show(line.probe)}{sheet.say('colon')}{sheet.of(line.title)}",
            sheet.say(f"effect.{line.effect}"),
            str(line.attempts),
            str(line.requests),
        ]
        for line in lines
    )
    sheet.table(table)
    created, removed, remaining = made(report)
    if created:
        sheet.put(sheet.say("made", created=created, removed=removed), indent=2)
    if remaining:
        ids = sheet.show(sheet.say("comma").join(remaining))
        sheet.put(sheet.say("remaining", ids=ids), indent=2)


def _facts(sheet: Sheet, report: Report) -> None:
    sheet.heading(sheet.say("about"))
    run = report.run
    ics = [f"{name}={sheet.messages.shown(answer)}" for name, answer in report.ics.items()]
    ixit = [f"{name}={sheet.messages.shown(value)}" for name, value in report.ixit.items()]
    rows = [
        (sheet.say("kit"), sheet.show(f"{report.kit.name} {report.kit.version}")),
        *(
            (sheet.say("adoption", region=name), sheet.show(adopted_words(sheet.messages, each)))
            for name, each in adoptions_of(report)
        ),
        *engine_words(sheet.messages, report),
        (sheet.say("plan"), sheet.show(report.plan_digest)),
        (sheet.say("target_file"), sheet.show(report.target.digest)),
        (sheet.say("seed"), sheet.say("seed_repeat", seed=run.seed, repeat=run.repeat)),
        ("ICS", sheet.show(" ".join(ics))),
        ("IXIT", sheet.show(" ".join(ixit))),
        (sheet.say("decision_rule"), sheet.say("decision_rule_words")),
        (sheet.say("data"), sheet.say(f"data_class.{report.target.data_class}")),
    ]
    sheet.pairs([row for row in rows if row[1]])
    sheet.blank()
    sheet.put(sheet.of(report.disclaimer))
