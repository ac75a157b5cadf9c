"""GitHub-flavoured Markdown: tables, headings, no HTML and no link that others wrote."""

import re
from collections.abc import Iterable, Sequence

from cqsc_conform.model.report import Counts, Report, ReportRow
from cqsc_conform.model.text import Lang, Text
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
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.regions import adopted_words, adoptions_of, dropped_of, region_pairs
from cqsc_conform.reports.safe import prose
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
from cqsc_conform.reports.words import MARKS, NEXT

_CITES_SHOWN = 5
_COUNTED = ("passed", "fail", "error", "inconclusive", "skipped", "untested", "not_applicable")

# Nothing written by others begins a line, so list, heading and rule marks need no escape.  The
# colon and the full stop are escaped only where they would make a link by themselves.
_MARKUP = re.compile(
    r"[\\`*\[\]<>|~&#$@]|(?<![^\W_])_|_(?![^\W_])|:(?=/)|(?<=www)\.", re.IGNORECASE
)


def escape(text: str) -> str:
    """Put text on one line as Markdown that shows it and means nothing else."""
    return _MARKUP.sub(r"\\\g<0>", prose(text))


class _Writer:
    def __init__(self, lang: Lang, frames: Frames | None = None) -> None:
        self.lang: Lang = lang
        self.frames = frames
        self.messages = Messages(lang)
        self.lines: list[str] = []

    def say(self, label: str, **args: int | str) -> str:
        return escape(self.messages.sentence(f"report.{label}", dict(args)))

    def of(self, text: Text) -> str:
        return escape(text.of(self.lang))

    def joined(self, parts: Iterable[str]) -> str:
        return self.messages.sentence("report.comma").join(parts)

    def pair(self, name: str, value: str) -> str:
        return name + self.messages.sentence("report.colon") + value

    def put(self, *lines: str) -> None:
        self.lines += [*lines, ""]

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        self.lines.append("| " + " | ".join(heads) + " |")
        self.lines.append("|" + " --- |" * len(heads))
        self.lines += ["| " + " | ".join(cell or " " for cell in row) + " |" for row in rows]
        self.lines.append("")


def render(report: Report, lang: Lang, width: int, frames: Frames | None = None) -> bytes:
    """Write the report as Markdown in UTF-8; ``width`` plays no part.

    ``frames`` finds the packets that are cited.
    """
    del width
    out = _Writer(lang, frames)
    out.put(f"# {out.say('title', run=report.run.run)}")
    _headline(out, report)
    _subject(out, report)
    _rows(out, "must_mend", [[row] for row in must_mend(report)])
    _rows(out, "not_judged", by_cause(not_judged(report)))
    _rows(out, "findings", [[row] for row in findings(report)])
    _profiles(out, report)
    _all(out, report)
    _not_adopted(out, report)
    _ledger(out, report)
    _facts(out, report)
    out.put(f"*{out.say('end', run=report.run.run)}*")
    return "\n".join(out.lines).encode()


def _headline(out: _Writer, report: Report) -> None:
    named = profiles_words(out.messages, report)
    word = out.messages.sentence(f"report.conclusion.{report.conclusion}")
    out.put(f"**{out.say('against', conclusion=word, profiles=named)}**")
    out.put(_counts(out, report.counts))
    attested = sum(row.attested for row in report.requirements)
    if attested:
        out.put(out.say("attested_of", number=attested))
    because = why_inconclusive(report)
    if because is not None:
        out.put(out.say(because[0], number=because[1]))
    for label, args in place_of(report):
        out.put(out.say(label, **args))
    if report.run.how != "complete":
        out.put(f"**{out.say(f'ended.{report.run.how}')}**")
    if report.run.resumed:
        gap = f"{report.run.gap_seconds:.0f}"
        out.put(out.say("resumed", times=report.run.resumed, seconds=gap))
    out.put(f"> {out.of(report.disclaimer)}")


def _counts(out: _Writer, counts: Counts) -> str:
    judged = out.say("judged", judged=counts.judged, total=counts.total)
    numbers = {name: int(getattr(counts, name)) for name in (*_COUNTED, "draft", "findings")}
    parts = [out.say(f"count.{name}", number=number) for name, number in numbers.items() if number]
    return out.pair(judged, out.joined(parts)) if parts else judged


def _subject(out: _Writer, report: Report) -> None:
    target = report.target
    subject = target.subject
    software = subject.software
    rows = [
        (out.say("target"), escape(" ".join(filter(None, (subject.name, subject.model))))),
        (out.say("software"), escape(software.version) if software else ""),
        (out.say("sample"), escape(" ".join(filter(None, (subject.serial, subject.installation))))),
        (
            out.say("maker"),
            escape(" ".join(filter(None, (subject.maker.name, subject.maker.uscc)))),
        ),
    ]
    rows += [
        (out.say("endpoint", name=name), escape(url)) for name, url in target.endpoints.items()
    ]
    proof = " / ".join(each or "-" for each in (target.proof_start, target.proof_end))
    rows += [
        (out.say("identity_proof"), f"{out.say(f'binding.{target.binding}')}: {escape(proof)}"),
        (out.say("when"), escape(f"{report.run.started} / {report.run.ended}")),
    ]
    warned = proof_warning(report)
    if warned is not None:
        rows.append((out.say("warning"), out.say(warned)))
    out.table((out.say("head.field"), out.say("head.value")), [row for row in rows if row[1]])


def _rows(out: _Writer, label: str, groups: list[list[ReportRow]]) -> None:
    if not groups:
        return
    out.put(f"## {out.say(label, number=sum(map(len, groups)))}")
    for group in groups:
        if len(group) == 1:
            _row(out, group[0])
        else:
            _group(out, group)


def _row(out: _Writer, row: ReportRow) -> None:
    mark = f"`{MARKS[row.outcome]}` {out.say(f'outcome.{row.outcome}')}"
    out.put(f"### {mark} {_name(row)} {out.of(row.title)}")
    pairs = _because(out, row)
    pairs.append(("source", escape(source_words(out.messages, row.source))))
    pairs += [(label, escape(words)) for label, words in region_pairs(out.messages, row)]
    pairs += [("note", escape(each)) for each in row.annotations]
    if row.attested:
        pairs.append(("note", out.say("attested")))
    _put_pairs(out, pairs)


def _group(out: _Writer, rows: list[ReportRow]) -> None:
    """Tell what kept several requirements from being judged, once."""
    mark = f"`{MARKS[rows[0].outcome]}` {out.say(f'outcome.{rows[0].outcome}')}"
    out.put(f"### {mark} {out.say('together', number=len(rows))}")
    out.put(out.joined(_name(row) for row in rows))
    _put_pairs(out, _because(out, seen_by(rows)))


def _because(out: _Writer, row: ReportRow) -> list[tuple[str, str]]:
    """Say why a row came out as it did, where that was seen and what to do."""
    why = row.reason.zh if out.lang == "zh" else row.reason.en
    pairs = [("why", f"{escape(why)} ({escape(row.reason.code)})")]
    if row.blame is not None:
        pairs.append(("whose", out.say(f"blame.{row.blame}")))
    if row.bad is not None and row.count is not None:
        pairs.append(("share", out.say("of", bad=row.bad, count=row.count)))
    pairs += [("measured", escape(measured_words(out.messages, each))) for each in row.measured]
    if row.cites:
        seen = cites_words(out.messages, row.cites, _CITES_SHOWN, out.frames)
        pairs.append(("seen", escape(seen)))
    pairs.append((NEXT[row.outcome], out.of(row.hint)))
    return pairs


def _put_pairs(out: _Writer, pairs: list[tuple[str, str]]) -> None:
    out.put(*("- " + out.pair(f"**{out.say(label)}**", value) for label, value in pairs if value))


def _profiles(out: _Writer, report: Report) -> None:
    heads = ("profile", "level_short", "conclusion", "judged_short", "pass_short", "fail_short",
             "error_short", "inconclusive_short")  # fmt: skip
    out.put(f"## {out.say('by_profile')}")
    out.table(
        [out.say(f"head.{head}") for head in heads],
        (
            (
                escape(placed(each.region, each.profile))
                + " " + escape(each.version),
                str(each.level),
                out.say(f"conclusion.{each.conclusion}"),
                f"{each.counts.judged}/{each.counts.total}",
                str(each.counts.passed),
                str(each.counts.fail),
                str(each.counts.error),
                str(each.counts.inconclusive),
            )
            for each in report.results
        ),
    )  # fmt: skip


def _all(out: _Writer, report: Report) -> None:
    out.put(f"## {out.say('all_requirements')}")
    heads = ("requirement", "modal", "level_short", "outcome", "title", "reason")
    out.table(
        [out.say(f"head.{head}") for head in heads],
        (
            (
                _name(row),
                out.say(f"modal.{row.modal.name.lower()}"),
                _level(out, row),
                _outcome(out, row),
                out.of(row.title),
                escape(row.reason.zh if out.lang == "zh" else row.reason.en),
            )
            for row in report.requirements
        ),
    )


def _not_adopted(out: _Writer, report: Report) -> None:
    rows = dropped_of(report, out.lang)
    if rows:
        out.put(f"## {out.say('not_adopted', number=len(rows))}")
        heads = [out.say("head.requirement"), out.say("head.reason")]
        out.table(heads, ((escape(name), escape(why)) for name, why in rows))


def _outcome(out: _Writer, row: ReportRow) -> str:
    said = f"`{MARKS[row.outcome]}` {out.say(f'outcome.{row.outcome}')}"
    return f"{said} ({out.say('attested_mark')})" if row.attested else said


def _level(out: _Writer, row: ReportRow) -> str:
    draft = out.say("draft_mark").strip() if row.status == "draft" else ""
    return f"{row.level} {draft}".rstrip()


def _ledger(out: _Writer, report: Report) -> None:
    lines = performed(report)
    if not lines:
        return
    out.put(f"## {out.say('ledger', requests=report.requests)}")
    heads = ("probe", "effect", "attempts", "requests")
    out.table(
        [out.say(f"head.{head}") for head in heads],
        (
            (
                f"{escape(line.probe)} {out.of(line.title)}",
                out.say(f"effect.{line.effect}"),
                str(line.attempts),
                str(line.requests),
            )
            for line in lines
        ),
    )
    created, removed, remaining = made(report)
    if created:
        out.put(out.say("made", created=created, removed=removed))
    if remaining:
        out.put(out.say("remaining", ids=escape(out.say("comma").join(remaining))))


def _facts(out: _Writer, report: Report) -> None:
    run = report.run
    ics = ", ".join(f"{name}: {out.messages.shown(said)}" for name, said in report.ics.items())
    ixit = ", ".join(f"{name}: {out.messages.shown(said)}" for name, said in report.ixit.items())
    rows = [
        (out.say("kit"), escape(f"{report.kit.name} {report.kit.version}")),
        *(
            (out.say("adoption", region=name), escape(adopted_words(out.messages, each)))
            for name, each in adoptions_of(report)
        ),
        *engine_words(out.messages, report),
        (out.say("plan"), escape(report.plan_digest)),
        (out.say("target_file"), escape(report.target.digest)),
        (out.say("seed"), out.say("seed_repeat", seed=run.seed, repeat=run.repeat)),
        ("ICS", escape(ics)),
        ("IXIT", escape(ixit)),
        (out.say("decision_rule"), out.say("decision_rule_words")),
        (out.say("data"), out.say(f"data_class.{report.target.data_class}")),
    ]
    out.put(f"## {out.say('about')}")
    out.table((out.say("head.field"), out.say("head.value")), [row for row in rows if row[1]])


def _name(row: ReportRow) -> str:
    return escape(placed(row.region, row.id))
