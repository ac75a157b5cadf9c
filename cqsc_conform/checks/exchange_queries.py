"""Checks on what a list answers to a query: its cursor, order, filters and fields."""

from collections.abc import Callable
from datetime import datetime

from cqsc_conform.checks.entries import Seen, empty, show
from cqsc_conform.checks.exchange_walks import (
    Walked,
    answered,
    first_of,
    ids_of,
    refusal,
    same_value,
    unusable,
    walked,
)
from cqsc_conform.checks.moments import read_when
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.reading import Reply, as_text
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_REFUSED = frozenset({ReplyClass.INVALID, ReplyClass.NOT_FOUND})


@check("exchange.cursor_refused", version=1)
def cursor_refused(altered: Reply, foreign: Replies) -> Verdict:
    """Demand a clear refusal of a cursor that was altered, or that another query was given."""
    for reply, what in ((altered, "altered"), *((each, "foreign") for each in foreign)):
        if reply.outcome in _REFUSED:
            continue
        if reply.outcome in {ReplyClass.DENIED, ReplyClass.LIMITED}:
            return inconclusive("exchange.cursor_not_told", reply, **answered(reply))
        return failed(f"exchange.cursor_{what}", reply, **answered(reply))
    return passed("exchange.cursor_refused", altered, *foreign, **answered(altered))


@check("exchange.order_true", version=1)
def order_true(
    pages: Replies, newest: Replies, oldest: Replies, *, element: str = "updated"
) -> Verdict:
    """Demand the order that was asked for, and all records in it.

    Equal values may stand in any order; what has no readable value is not compared.
    """
    whole, down, up = walked(pages), walked(newest), walked(oldest)
    refused = [each for each in (*newest, *oldest) if each.outcome is not ReplyClass.SUCCESS]
    if refused:
        return refusal("exchange.sort_refused", refused[0])
    disorder = _disorder(down, element, descends=True) or _disorder(up, element, descends=False)
    if disorder is not None:
        return disorder
    for walk in (whole, down):
        if not walk.whole or not walk.records:
            return unusable(walk)
    lost = sorted(first_of(whole.records).keys() - first_of(down.records).keys())
    if lost:
        return failed(
            "exchange.lost_in_order", *newest, bad=len(lost), value=show(lost[0]), lost=len(lost)
        )
    if len({seen.item.text(element) for seen in down.records}) == 1:
        return inconclusive("exchange.one_value", *newest, element=element)
    return passed("exchange.order_true", *newest, *oldest, count=len(down.records), element=element)


def _disorder(walk: Walked, element: str, *, descends: bool) -> Verdict | None:
    """Find the first two neighbours that stand the wrong way round."""
    before: tuple[datetime, Seen] | None = None
    for seen in walk.records:
        when = read_when(seen.item.element(element), seen.reply)
        if isinstance(when, str):
            continue
        if before is not None and (when.first > before[0] if descends else when.first < before[0]):
            return failed(
                "exchange.disorder",
                before[1].reply,
                seen.reply,
                element=element,
                first=before[1].item.text(element),
                second=seen.item.text(element),
            )
        before = when.first, seen
    return None


@check("exchange.filter_exact", version=1)
def filter_exact(
    pages: Replies, found: Replies, nothing: Replies, *, element: str, param: str
) -> Verdict:
    """Demand what a filter by equality says: all that match, nothing else, nothing for nothing."""
    whole, got = walked(pages), walked(found)
    if not whole.whole or not whole.records:
        return unusable(whole)
    wanted = found[0].params.get(param, "")
    verdict = _exact(
        whole,
        got,
        lambda seen: as_text(seen.item.element(element)) == wanted,
        asked=f"{element} = {show(wanted)}",
    )
    if verdict is not None:
        return verdict
    for reply in nothing:
        if reply.outcome is ReplyClass.SUCCESS and reply.items:
            asked = show(reply.params.get(param))
            return failed("exchange.filter_ignored", reply, asked=asked, given=len(reply.items))
        if reply.outcome is ReplyClass.BROKEN:
            return failed("exchange.filter_refused", reply, asked=element, **answered(reply))
    return passed(
        "exchange.filter_exact",
        *found,
        *nothing,
        count=len(got.records),
        asked=f"{element} = {show(wanted)}",
        records=len(got.records),
    )


def _exact(
    whole: Walked, got: Walked, matches: Callable[[Seen], bool], *, asked: str
) -> Verdict | None:
    """Hold what a filter gave against what it should have given."""
    if not got.pages:
        return inconclusive("exchange.walk_refused", *whole.pages[:1], records=0)
    extra = [seen for seen in got.records if not matches(seen)]
    if extra:
        return failed(
            "exchange.filter_extra",
            *(seen.reply for seen in extra),
            bad=len(extra),
            asked=asked,
            value=show(extra[0].item.text("id")),
        )
    if not got.whole:
        return unusable(got)
    wanted = first_of(seen for seen in whole.records if matches(seen))
    lost = sorted(wanted.keys() - first_of(got.records).keys())
    if lost:
        return failed(
            "exchange.filter_lost",
            wanted[lost[0]].reply,
            *got.pages,
            bad=len(lost),
            asked=asked,
            value=show(lost[0]),
        )
    return None


@check("exchange.range_exact", version=1)
def range_exact(
    pages: Replies, lower: Replies, upper: Replies, *, element: str = "updated"
) -> Verdict:
    """Demand that a lower bound includes itself and an upper bound does not.

    The same moment bounds both, so that the two parts are the whole, and share nothing.
    """
    whole = walked(pages)
    if not whole.whole or not whole.records:
        return unusable(whole)
    shown = lower[0].params.get("updated_from", "")
    bound = read_when(shown, lower[0])
    unread = [
        s for s in whole.records if isinstance(read_when(s.item.element(element), s.reply), str)
    ]
    if isinstance(bound, str) or unread:
        return inconclusive("exchange.times_unread", *whole.pages[:1], element=element)
    at = bound.first

    def when(seen: Seen) -> datetime:
        found = read_when(seen.item.element(element), seen.reply)
        return at if isinstance(found, str) else found.first

    for walk, rule, sign in (
        (walked(lower), lambda seen: when(seen) >= at, "≥"),
        (walked(upper), lambda seen: when(seen) < at, "<"),
    ):
        verdict = _exact(whole, walk, rule, asked=f"{element} {sign} {shown}")
        if verdict is not None:
            return verdict
    parts = len(ids_of(walked(lower).records)), len(ids_of(walked(upper).records))
    return passed(
        "exchange.range_exact",
        *lower,
        *upper,
        count=sum(parts),
        bound=shown,
        lower=parts[0],
        upper=parts[1],
    )


@check("exchange.fields_selected", version=1)
def fields_selected(
    pages: Replies, selected: Reply, *, wanted: tuple[str, ...], unwanted: tuple[str, ...]
) -> Verdict:
    """Demand the fields that were asked for, with the values of the list, and not the others."""
    known = first_of(walked(pages).records)
    if selected.outcome is not ReplyClass.SUCCESS or selected.items is None:
        return refusal("exchange.selection_refused", selected)
    seen = 0
    for item in selected.items:
        lacking = tuple(name for name in wanted if empty(item.element(name)))
        more = tuple(name for name in unwanted if not empty(item.element(name)))
        if lacking:
            return failed("exchange.field_absent", selected, elements=lacking)
        if more:
            return failed("exchange.field_unwanted", selected, elements=more)
        other = known.get(item.text("id"))
        if other is None:
            continue
        seen += 1
        for name in wanted:
            if not same_value(item.element(name), other.item.element(name)):
                return failed(
                    "exchange.field_differs",
                    other.reply,
                    selected,
                    element=name,
                    value=show(item.element(name)),
                    expected=show(other.item.element(name)),
                )
    carried = [n for n in unwanted if any(not empty(s.item.element(n)) for s in known.values())]
    if not seen or not carried:
        return inconclusive("exchange.nothing_compared", selected)
    return passed("exchange.fields_selected", selected, count=seen, records=seen)
