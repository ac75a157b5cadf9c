"""Walks over records: a whole one to hold others against, pages of one, pages that move."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cqsc_conform.checks.entries import Seen, empty, show
from cqsc_conform.checks.moments import read_when
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.pointer import resolve
from cqsc_conform.formats.reading import Item, Reply, as_text
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.verdict import Verdict

__all__ = [
    "Walked",
    "answered",
    "differences",
    "first_of",
    "ids_of",
    "later",
    "refusal",
    "same_value",
    "unusable",
    "walked",
]

_BEYOND = frozenset({ReplyClass.NOT_FOUND, ReplyClass.INVALID})
LONGEST_CURSOR = 4096
"""Characters; longer ones do not fit the request line that many servers and gateways take."""


class Walked(NamedTuple):
    """A walk as it was seen: its records in order, and why they are not all, if so."""

    pages: Replies
    records: tuple[Seen, ...]
    problem: str | None = None

    @property
    def whole(self) -> bool:
        """Tell whether this is the whole list."""
        return self.problem is None


def walked(replies: Replies) -> Walked:
    """Read a walk; what came before a trouble is kept.

    Beyond the last page some answer "not found", some the last page again: both end a walk.
    """
    pages: list[Reply] = []
    for number, reply in enumerate(replies):
        last = number == len(replies) - 1
        if reply.outcome is not ReplyClass.SUCCESS or reply.items is None:
            ended = last and pages and reply.outcome in _BEYOND
            return _walked(pages, None if ended else "refused")
        if last and pages and reply.items and _same(reply, pages[-1]):
            by_count = reply.operation.paging.style in {"page", "offset"}
            return _walked(pages, None if by_count else "loop")
        pages.append(reply)
    return _walked(pages, "cut" if not pages or not _ends(pages[-1]) else None)


def _walked(pages: list[Reply], problem: str | None) -> Walked:
    records = (Seen(reply, item) for reply in pages for item in reply.items or ())
    return Walked(tuple(pages), tuple(records), problem)


def _same(one: Reply, other: Reply) -> bool:
    return [each.raw for each in one.items or ()] == [each.raw for each in other.items or ()]


def cursor_of(reply: Reply) -> Any:  # noqa: ANN401 - JSON is any
    """Give what leads on to the next page, as it stands."""
    return resolve(reply.json, reply.operation.paging.cursor)


def _ends(reply: Reply) -> bool:
    """Tell whether a page says that it is the last one."""
    match reply.operation.paging.style:
        case "page" | "offset":
            return not reply.items
        case "cursor":
            return not as_text(cursor_of(reply))
        case "link":
            return 'rel="next"' not in (reply.header("link") or "").lower()
    return True


def unusable(walk: Walked, *also: Reply) -> Verdict:
    """Say that a walk is no ground to judge on; what is wrong with it is judged elsewhere."""
    code = f"exchange.walk_{walk.problem or 'empty'}"
    return inconclusive(code, *walk.pages[-1:], *also, records=len(walk.records))


def answered(reply: Reply) -> dict[str, Any]:
    """Say how a reply answered, for messages."""
    return {"outcome": reply.outcome.value, "status": reply.status}


def refusal(code: str, reply: Reply, *cited: Reply, **args: Scalar) -> Verdict:
    """Say that what was asked for was not given: the target's fault, or a refusal of the asker.

    A refusal as invalid may be of how the target file says that it is asked, and one for rights
    or rate is of the test; none of them shows that the rule is broken.
    """
    told = {**answered(reply), **args}
    if reply.outcome in {ReplyClass.INVALID, ReplyClass.DENIED, ReplyClass.LIMITED}:
        return inconclusive(code, *cited, reply, **told)
    return failed(code, *cited, reply, **told)


def ids_of(found: Iterable[Seen], element: str = "id") -> list[str]:
    """Give the ids of records in order; one without id is judged where paging is."""
    values = (seen.item.element(element) for seen in found)
    return [as_text(each) for each in values if not empty(each)]


def first_of(found: Iterable[Seen]) -> dict[str, Seen]:
    """Give records by id, the first of each."""
    out: dict[str, Seen] = {}
    for seen in found:
        if not empty(seen.item.element("id")):
            out.setdefault(seen.item.text("id"), seen)
    return out


def same_value(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON is any
    """Tell whether two elements say the same; 5.0 is 5, an object is itself."""
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return bool(one == other)
    return as_text(one) == as_text(other)


def differences(one: Item, other: Item, elements: Iterable[str]) -> Iterator[str]:
    """Name the elements that both carry with different values, or that one alone carries."""
    for name in elements:
        here, there = one.element(name), other.element(name)
        if empty(here) and empty(there):
            continue
        if empty(here) or empty(there) or not same_value(here, there):
            yield name


def later(one: Item, other: Item, reply: Reply) -> bool:
    """Tell whether the second of two views of a record was updated after the first was seen."""
    before, after = (read_when(each.element("updated"), reply) for each in (one, other))
    if isinstance(before, str) or isinstance(after, str):
        return False
    return after.first > before.first


@check("exchange.pages_of_one", version=1)
def pages_of_one(pages: Replies, small: Replies, ones: Replies) -> Verdict:
    """Demand that page k of pages of one record holds the k-th record of the whole walk."""
    whole, other = walked(pages), walked(small)
    if not whole.whole or not whole.records:
        return unusable(whole)
    order = ids_of(whole.records)
    if not _same_order(order, ids_of(other.records)):
        return inconclusive("exchange.order_unstable", *whole.pages[:1], *other.pages[:1])
    given = 0
    for number, reply in enumerate(ones, 1):
        if given == len(order) and not reply.items:
            break
        wrong = _not_the_one(reply, number, order)
        if wrong is not None:
            return wrong
        given += 1
    if given < len(order) and _ends(ones[-1]):
        return failed("exchange.ended_early", ones[-1], given=given, records=len(order))
    if given < min(2, len(order)):
        return inconclusive("exchange.too_few_pages", *ones, pages=given)
    return passed("exchange.pages_of_one", *ones, count=given, pages=given)


def _not_the_one(reply: Reply, number: int, order: list[str]) -> Verdict | None:
    """Say why a page does not hold the one record of its number, or nothing where it does."""
    if reply.outcome is not ReplyClass.SUCCESS or reply.items is None:
        if number > 1:
            return failed("exchange.page_of_one_refused", reply, page=number, **answered(reply))
        return refusal("exchange.page_of_one_refused", reply, page=number)
    if len(reply.items) != 1:
        return failed("exchange.not_one", reply, page=number, given=len(reply.items))
    got = reply.items[0].text("id")
    wanted = order[number - 1] if number <= len(order) else "-"
    if got == wanted:
        return None
    return failed(
        "exchange.other_record", reply, page=number, value=show(got), expected=show(wanted)
    )


def _same_order(one: list[str], other: list[str]) -> bool:
    """Tell whether what both have stands in one order; repeats are judged elsewhere."""
    first, second = dict.fromkeys(one), dict.fromkeys(other)
    return [each for each in first if each in second] == [each for each in second if each in first]


@check("exchange.limit_kept", version=1)
def limit_kept(pages: Replies, small: Replies, beyond: Reply, *, most: int) -> Verdict:
    """Demand that no page holds more than was asked for, nor more than the largest page."""
    full = 0
    for reply in (*pages, *small):
        size = _asked_size(reply)
        given = len(reply.items or ())
        if reply.outcome is not ReplyClass.SUCCESS or size is None:
            continue
        if given > size:
            return failed("exchange.limit_ignored", reply, size=size, given=given)
        full += given == size
    said = answered(beyond)
    if beyond.outcome is ReplyClass.INVALID:
        return passed("exchange.large_refused", *pages[:1], *small[:1], beyond, **said)
    if beyond.outcome is not ReplyClass.SUCCESS or beyond.items is None:
        bad = beyond.outcome in {ReplyClass.BROKEN, ReplyClass.SUCCESS}
        say = failed if bad else inconclusive
        return say("exchange.large_unclear", beyond, **said)
    if len(beyond.items) > most:
        return failed("exchange.not_clamped", beyond, most=most, given=len(beyond.items))
    if not full:
        return inconclusive("exchange.no_full_page", *pages[:1], *small[:1])
    return passed("exchange.limit_kept", *pages[:1], *small[:1], beyond, pages=full, most=most)


def _asked_size(reply: Reply) -> int | None:
    text = reply.params.get("page_size", "")
    return int(text) if text.isascii() and text.isdigit() else None


@check("exchange.cursor_leads_on", version=1)
def cursor_leads_on(pages: Replies, small: Replies, ones: Replies) -> Verdict:
    """Demand that cursors are texts, none of them too long, and none twice in a walk."""
    count = 0
    for walk in (pages, small, ones):
        seen: dict[str, Reply] = {}
        for reply in walk:
            value = cursor_of(reply)
            if reply.outcome is not ReplyClass.SUCCESS or empty(value):
                continue
            text = as_text(value)
            if isinstance(value, dict | list | bool):
                return failed("exchange.cursor_no_text", reply, value=show(value))
            if len(text) > LONGEST_CURSOR:
                return failed(
                    "exchange.cursor_long", reply, length=len(text), longest=LONGEST_CURSOR
                )
            if text in seen:
                return failed("exchange.cursor_twice", seen[text], reply, value=show(text))
            seen[text] = reply
        count += len(seen)
    if not count:
        return inconclusive("exchange.no_cursor", *pages[:1], *ones[:1])
    return passed("exchange.cursor_leads_on", *pages, *ones, count=count, cursors=count)


@check("exchange.walk_stable", version=1)
def walk_stable(
    pages: Replies,
    growing: Replies,
    shrinking: Replies,
    created: Replies,
    dropped: Replies,
    *,
    least_pages: int = 2,
) -> Verdict:
    """Demand each record that was there all the time once, in walks while others come and go."""
    whole = walked(pages)
    if not whole.whole or not whole.records:
        return unusable(whole)
    changes = [each for each in (*created, *dropped) if each.outcome is not ReplyClass.SUCCESS]
    if changes:
        return inconclusive("exchange.change_refused", changes[0], **answered(changes[0]))
    lasting = first_of(whole.records)
    for replies, how in ((growing, "created"), (shrinking, "deleted")):
        walk = walked(replies)
        wrong = _moved(walk, lasting, how)
        if wrong is not None:
            return wrong
        if len([each for each in walk.pages if each.items]) < least_pages:
            return inconclusive("exchange.too_few_pages", *replies, pages=len(replies))
    return passed(
        "exchange.walk_stable", *growing, *shrinking, count=len(lasting), records=len(lasting)
    )


def _moved(walk: Walked, lasting: dict[str, Seen], how: str) -> Verdict | None:
    """Say what a walk lost or repeated, or nothing where each record came once."""
    seen: dict[str, Seen] = {}
    for each in walk.records:
        ident = each.item.text("id")
        if ident in seen:
            cited = (seen[ident].reply, each.reply)
            return failed(f"exchange.repeated_while_{how}", *cited, value=show(ident))
        seen[ident] = each
    if not walk.whole:
        return unusable(walk)
    lost = [ident for ident in lasting if ident not in seen]
    if not lost:
        return None
    return failed(
        f"exchange.lost_while_{how}",
        *walk.pages,
        bad=len(lost),
        value=show(lost[0]),
        lost=len(lost),
    )


@check("exchange.made", version=1)
def made(reply: Reply) -> Verdict:
    """Demand that a record was created and has an id: the control of what is asked of it."""
    if reply.outcome is not ReplyClass.SUCCESS or reply.item is None or not reply.item.text("id"):
        return failed("exchange.not_made", reply, **answered(reply))
    return passed("exchange.made", reply, value=show(reply.item.text("id")))
