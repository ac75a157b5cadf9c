"""Requirements as the page shows them: what was expected, what was seen, how to mend it."""

from collections.abc import Iterable, Sequence
from functools import cache

from markupsafe import Markup
from msgspec import Struct

from cqsc_conform.model.outcome import Conclusion, Outcome, Status
from cqsc_conform.model.report import Counts, ProfileResult, Report, ReportRow
from cqsc_conform.reports.details import measured_words, placed, source_words
from cqsc_conform.reports.html.evidence import terms_of
from cqsc_conform.reports.html.regional import Pairs, changed
from cqsc_conform.reports.html.shelf import CITES_SHOWN, Citation, Shelf
from cqsc_conform.reports.html.words import each_way, label, said
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.select import findings, must_mend, not_judged
from cqsc_conform.reports.words import NEXT

SIGNS = {
    Outcome.FAIL: "✕",
    Outcome.ERROR: "!",
    Outcome.INCONCLUSIVE: "?",
    Outcome.SKIPPED: "»",
    Outcome.UNTESTED: "○",
    Outcome.NOT_APPLICABLE: "–",
    Outcome.PASS: "✓",
}
"""A sign beside each outcome's word; colour is the third way of saying it."""

CONCLUSION_SIGNS = {
    Conclusion.CONFORMANT: "✓",
    Conclusion.NON_CONFORMANT: "✕",
    Conclusion.INCONCLUSIVE: "?",
}

INSIDE = ("passed", "fail", "error", "inconclusive")
OUTSIDE = ("skipped", "untested", "not_applicable", "draft")
_MEASURED = 20


class Line(Struct, frozen=True):
    """One requirement on the page.

    ``number`` is its place in the report; ``first`` says that this is the page's first showing
    of it, further up than the list of all.
    """

    number: int
    row: ReportRow
    modal: str
    sign: str
    standing: Markup
    fine: Markup
    place: str
    source: Markup
    regional: Pairs
    measured: tuple[Markup, ...]
    mend: tuple[Markup, Markup] | None
    citations: tuple[Citation, ...]
    more: int
    above: bool = False


class Part(Struct, frozen=True):
    """A part of the page that lists requirements to be looked at first."""

    name: str
    lines: tuple[Line, ...]


class Group(Struct, frozen=True):
    """All requirements of one profile, in one region where one was asked."""

    result: ProfileResult
    place: str
    sign: str
    lines: tuple[Line, ...]


def parts_of(report: Report, shelf: Shelf) -> tuple[Part, ...]:
    """List what a reader must see first; their evidence stands there in full."""
    numbers = _numbers(report)
    chosen = (
        ("must_mend", must_mend(report)),
        ("not_judged", not_judged(report)),
        ("findings", findings(report)),
    )
    return tuple(
        Part(
            name,
            tuple(
                _line(row, numbers[id(row)], shelf, unfolded=name == "must_mend") for row in rows
            ),
        )
        for name, rows in chosen
    )


def groups_of(report: Report, parts: Iterable[Part], shelf: Shelf) -> tuple[Group, ...]:
    """List all requirements by profile."""
    above = frozenset(line.number for part in parts for line in part.lines)
    numbers = _numbers(report)
    return tuple(
        Group(
            result,
            placed(result.region, result.profile),
            CONCLUSION_SIGNS[result.conclusion],
            tuple(
                _line(row, numbers[id(row)], shelf, above=numbers[id(row)] in above)
                for row in report.requirements
                if (row.region, row.profile) == (result.region, result.profile)
            ),
        )
        for result in report.results
    )


def terms_by_evidence(report: Report) -> dict[str, frozenset[str]]:
    """Find, for each piece of evidence, what the reasons that cite it name."""
    out: dict[str, frozenset[str]] = {}
    for row in (*must_mend(report), *findings(report)):
        terms = terms_of(row.reason.zh) | terms_of(row.reason.en)
        for cite in row.cites[:CITES_SHOWN]:
            out[cite] = out.get(cite, frozenset()) | terms
    return out


def counted(counts: Counts, names: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Give counts by name."""
    return tuple((name, int(getattr(counts, name))) for name in names)


def _numbers(report: Report) -> dict[int, int]:
    return {id(row): number for number, row in enumerate(report.requirements, 1)}


@cache
def _standing(modal: str, level: int, status: Status) -> Markup:
    """Say how binding a requirement is, in a few words."""

    def say(messages: Messages) -> str:
        words = [messages.sentence(f"report.modal.{modal}"),
                 messages.sentence("report.html.level", {"level": level})]  # fmt: skip
        if status is Status.DRAFT:
            words.append(messages.sentence("report.status.draft"))
        return " · ".join(words)

    return each_way(say)


def _line(
    row: ReportRow, number: int, shelf: Shelf, *, above: bool = False, unfolded: bool = False
) -> Line:
    following = NEXT.get(row.outcome)
    hint = said(row.hint)
    return Line(
        number=number,
        row=row,
        modal=row.modal.name.lower(),
        sign=SIGNS[row.outcome],
        standing=_standing(row.modal.name.lower(), row.level, row.status),
        fine=each_way(
            lambda messages: messages.sentence(
                "report.html.fine",
                {
                    "about": messages.sentence(f"report.holds_for.{row.holds_for}"),
                    "reason": row.reason.code,
                    "digest": row.digest,
                },
            )
        ),
        place=placed(row.region, row.profile),
        source=each_way(lambda messages: source_words(messages, row.source)),
        regional=changed(row),
        measured=tuple(
            each_way(lambda messages, each=each: measured_words(messages, each))  # type: ignore[misc]
            for each in row.measured[:_MEASURED]
        ),
        mend=(label(following), hint) if following and hint else None,
        citations=shelf.cite(row, unfolded=unfolded),
        more=max(0, len(row.cites) - CITES_SHOWN),
        above=above,
    )
