"""Checks on coded elements of records: regions, organisations, persons, sexes, industries."""

from collections.abc import Callable
from datetime import date
from typing import Any

from cqsc_conform.checks.entries import GOOD, Said, Seen, empty, over, show, trouble
from cqsc_conform.checks.exchange_walks import walked
from cqsc_conform.checks.moments import asked_at, read_when
from cqsc_conform.checks.registry import Replies, Table, check, inconclusive, passed
from cqsc_conform.formats.citizen_id import problem_with_citizen_id
from cqsc_conform.formats.industry import problem_with_industry, read_industry
from cqsc_conform.formats.organisation import organisation_check_holds
from cqsc_conform.formats.regions import read_regions
from cqsc_conform.formats.sex import is_sex_code
from cqsc_conform.formats.uscc import problem_with_uscc, uscc_check_character
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Verdict


def _texts(
    pages: Replies, element: str, rule: Callable[[Seen, str], Said | None], good: str
) -> Verdict:
    """Judge an element that is text, in all records that carry it."""

    def judged(seen: Seen) -> Said | None:
        value: Any = seen.item.element(element)
        if empty(value):
            return None
        if not isinstance(value, str):
            return trouble(
                "exchange.not_text",
                value=show(seen.item.text("id")),
                element=element,
                found=type(value).__name__,
            )
        return rule(seen, value)

    return over(
        walked(pages).records, judged, good, "exchange.element_never_seen", looked=pages[:1]
    )


def _wrong(code: str, seen: Seen, **args: str) -> Said:
    about: dict[str, Any] = {"value": show(seen.item.text("id")), **args}
    return trouble(code, **about)


@check("exchange.regions_valid", version=1)
def regions_valid(pages: Replies, *, regions: Table) -> Verdict:
    """Demand that a record's region code stood in GB/T 2260 on the day the record was made.

    A record without that day is held to the day of its last update.  Where the table cannot
    know, the verdict is inconclusive.
    """
    table = regions.read(read_regions)
    undated: list[Seen] = []
    dated: list[date] = []

    def rule(seen: Seen, code: str) -> Said | None:
        on = _day(seen)
        if on is None:
            undated.append(seen)
            return None
        dated.append(on)
        said: dict[str, Any] = {
            "found": show(code),
            "on": on.isoformat(),
            "edition": table.edition,
        }
        answer = table.valid_on(code, on)
        if answer is None:
            value = show(seen.item.text("id"))
            return trouble("exchange.region_unsettled", Outcome.INCONCLUSIVE, value=value, **said)
        if not answer:
            return _wrong("exchange.region_invalid", seen, **said)
        row = table.region(code, on)
        if row is not None and row.level == "summary":
            return _wrong("exchange.region_summary", seen, **said)
        return GOOD

    verdict = _texts(pages, "region", rule, "exchange.regions_valid")
    if undated and not dated and verdict.outcome is Outcome.INCONCLUSIVE:
        return inconclusive("exchange.times_unread", undated[0].reply, element="created")
    return verdict


def _day(seen: Seen) -> date | None:
    for element in ("created", "updated"):
        when = read_when(seen.item.element(element), seen.reply)
        if not isinstance(when, str):
            return when.day
    return None


@check("exchange.uscc_valid", version=1)
def uscc_valid(pages: Replies) -> Verdict:
    """Demand valid unified social credit codes (GB 32100-2015).

    Whether the nine characters inside keep GB 11714-1997 is told and fails nothing: codes in use
    break it.
    """
    odd: set[str] = set()

    def rule(seen: Seen, code: str) -> Said:
        problem = problem_with_uscc(code)
        if problem is None:
            if not organisation_check_holds(code[8:17]):
                odd.add(code)
            return GOOD
        if problem == "check_character":
            expected = uscc_check_character(code[:-1])
            return _wrong("exchange.uscc_check", seen, found=show(code), expected=expected)
        return _wrong(f"exchange.uscc_{problem}", seen, found=show(code))

    verdict = _texts(pages, "uscc", rule, "exchange.uscc_valid")
    if verdict.outcome is not Outcome.PASS or not odd:
        return verdict
    return Verdict(
        outcome=Outcome.PASS,
        code="exchange.uscc_valid_inside_odd",
        args={**verdict.args, "odd": len(odd), "found": min(odd)},
        cites=verdict.cites,
        count=verdict.count,
    )


@check("exchange.citizen_ids_valid", version=1)
def citizen_ids_valid(pages: Replies) -> Verdict:
    """Demand valid citizen identity numbers (GB 11643-1999); none is shown.

    The region is held to provinces alone, never to the list of those that stand today.
    """
    on = asked_at(pages[0])
    if on is None:
        return inconclusive("exchange.times_unread", *pages[:1], element="sent_at")
    today = on.date()

    def rule(seen: Seen, text: str) -> Said:
        problem = problem_with_citizen_id(text, today)
        return GOOD if problem is None else _wrong(f"exchange.citizen_{problem}", seen)

    return _texts(pages, "citizen_id", rule, "exchange.citizen_ids_valid")


@check("exchange.classes_valid", version=1)
def classes_valid(pages: Replies, *, industries: Table) -> Verdict:
    """Demand sexes of GB/T 2261.1 and industries of GB/T 4754, as far as the table knows them."""
    table = industries.read(read_industry)

    def sex(seen: Seen, text: str) -> Said:
        return GOOD if is_sex_code(text) else _wrong("exchange.sex_unknown", seen, found=show(text))

    def industry(seen: Seen, text: str) -> Said:
        problem = problem_with_industry(text, table)
        if problem is None:
            return GOOD
        return _wrong(f"exchange.industry_{problem}", seen, found=show(text), edition=table.edition)

    sexes = _texts(pages, "sex", sex, "exchange.sexes_valid")
    trades = _texts(pages, "industry", industry, "exchange.industries_valid")
    # Data of one kind may have no use for the other kind of code.
    seen = [each for each in (sexes, trades) if each.code != "exchange.element_never_seen"]
    if len(seen) < 2 or any(each.outcome is not Outcome.PASS for each in seen):  # noqa: PLR2004
        return min(seen or [sexes], key=lambda each: each.outcome.rank)
    return passed(
        "exchange.classes_valid",
        *sexes.cites,
        count=max(sexes.count or 0, trades.count or 0),
        sexes=sexes.count,
        industries=trades.count,
    )
