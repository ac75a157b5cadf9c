"""Checks on walks over pages: that the declared total is true, and each item comes once."""

from typing import Any, NamedTuple

from cqsc_conform.checks.entries import empty, show, worst_of
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.pointer import MISSING, resolve
from cqsc_conform.formats.reading import Item, Reply, as_text
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_FAULTY = frozenset({"page_refused", "no_list", "not_json", "stuck"})
_BEYOND = frozenset({ReplyClass.NOT_FOUND, ReplyClass.INVALID})


class _Walk(NamedTuple):
    """A walk without what only marks its end; ``problem`` says why it shows less than all.

    ``faulty`` tells whether the problem is the target's, or leaves open what comes after it.
    """

    pages: tuple[Reply, ...]
    problem: str | None = None
    faulty: bool = False
    at: Reply | None = None

    @property
    def items(self) -> list[tuple[Reply, Item]]:
        return [(reply, item) for reply in self.pages for item in reply.items or ()]


@check("paging.total_true", version=1)
def total_true(pages: Replies, small: Replies, *, element: str = "id") -> Verdict:
    """Demand that the declared total is an integer, and is how many items walking gives.

    Where walks repeat or lose items, a total is true that counts each item of both once: it is
    the paging that is wrong.  Where a walk could not be followed to its end, nothing is said.
    """
    walks = [_walk(replies) for replies in (pages, small)]
    known = _distinct(walks, element)
    wrong = worst_of(_wrong_total(walk, known) for walk in walks)
    if wrong is not None:
        return wrong
    given = len(walks[0].items)
    if not given:
        return inconclusive("paging.empty_list", *pages, *small)
    total = _integer(walks[0].pages[-1].total)
    return passed("paging.total_true", *pages, *small, count=given, total=total)


def _distinct(walks: list[_Walk], element: str) -> int | None:
    """Count the items of all walks, each once; None where one of them cannot be told apart."""
    values = [item.element(element) for walk in walks for _, item in walk.items]
    if any(empty(value) or isinstance(value, dict | list) for value in values):
        return None
    return len({as_text(value) for value in values})


def _wrong_total(walk: _Walk, known: int | None) -> Verdict | None:
    """Say what is wrong with the total of a walk, or nothing where it is true."""
    if walk.problem is not None:
        return inconclusive(f"paging.{walk.problem}", *_cited(walk), **_where(walk))
    given = len(walk.items)
    totals = [reply.total for reply in walk.pages]
    for reply, total in zip(walk.pages, totals, strict=True):
        if total is MISSING or total is None:
            return failed("paging.total_absent", reply, pointer=reply.operation.total or "")
        if _integer(total) is None:
            return failed("paging.total_not_integer", reply, value=show(total))
    if _integer(totals[-1]) not in {given, known}:
        return failed("paging.total_false", *walk.pages, total=_integer(totals[-1]), given=given)
    if len({_integer(total) for total in totals}) > 1:
        return inconclusive("paging.total_changed", *walk.pages, given=given)
    return None


def _integer(total: object) -> int | None:
    """Read a JSON number without a fraction; a number in quotes is none."""
    if isinstance(total, bool):
        return None
    if isinstance(total, int):
        return total
    return int(total) if isinstance(total, float) and total.is_integer() else None


@check("paging.each_once", version=1)
def each_once(pages: Replies, small: Replies, *, element: str = "id") -> Verdict:
    """Demand that walking gives each item once, and the same ones for two page sizes."""
    walks = [_walk(replies) for replies in (pages, small)]
    wrong = worst_of(_wrong_walk(each, element) for each in walks)
    if wrong is not None:
        return wrong
    one, other = (
        {as_text(item.element(element)): reply for reply, item in each.items} for each in walks
    )
    apart = sorted(one.keys() ^ other.keys())
    if apart:
        ident = apart[0]
        has, lacks = (one[ident], small) if ident in one else (other[ident], pages)
        return failed(
            "paging.item_lost",
            has,
            *lacks,
            count=len(one.keys() | other.keys()),
            bad=len(apart),
            value=show(ident),
            size=_size(lacks[0]),
            other=_size(has),
        )
    if not one:
        return inconclusive("paging.empty_list", *pages, *small)
    return passed("paging.each_once", *pages, *small, count=len(one), items=len(one))


def _wrong_walk(walk: _Walk, element: str) -> Verdict | None:
    """Say why a walk does not give each item once, or nothing where it does."""
    seen: dict[str, Reply] = {}
    for reply, item in walk.items:
        value = item.element(element)
        if empty(value) or isinstance(value, dict | list):
            return failed("paging.item_without_id", reply, element=element, value=show(value))
        ident = as_text(value)
        if ident in seen:
            return failed(
                "paging.item_twice", seen[ident], reply, value=show(ident), size=_size(reply)
            )
        seen[ident] = reply
    if walk.problem is None:
        return None
    say = failed if walk.faulty else inconclusive
    return say(f"paging.{walk.problem}", *_cited(walk), **_where(walk))


def _size(reply: Reply) -> str:
    return show(reply.params.get("page_size"))


def _cited(walk: _Walk) -> tuple[Reply, ...]:
    return walk.pages[-1:] if walk.at is None else (walk.at,)


def _where(walk: _Walk) -> dict[str, Any]:
    at = walk.at or walk.pages[-1]
    number = len(walk.pages) + (walk.at is not None)
    match walk.problem:
        case "page_refused" | "list_refused":
            return {"page": number, "outcome": at.outcome.value, "status": at.status}
        case "not_json":
            return {"page": number, "fault": at.fault.code if at.fault else ""}
        case "no_list":
            return {"page": number, "pointer": at.operation.items or ""}
        case "stuck":
            return {"page": number, "given": len(walk.items)}
    return {"page": number}


def _walk(replies: Replies) -> _Walk:
    """Take a walk's pages, and forgive how systems say that there is no further page.

    Beyond the last page some answer an empty list, some "not found", some the last page again.
    The last two are forgiven only where the declared total was reached before.
    """
    good: tuple[Reply, ...] = ()
    for number, reply in enumerate(replies, 1):
        problem = _problem(reply, good)
        if problem is None:
            good = (*good, reply)
            continue
        forgivable = reply.outcome in _BEYOND or problem in {"no_list", "stuck"}
        if forgivable and number == len(replies) and _reached(good):
            return _Walk(good)
        return _Walk(good, problem, faulty=problem in _FAULTY, at=reply)
    return _Walk(good, "cut" if _cut(good) else None)


def _problem(reply: Reply, before: tuple[Reply, ...]) -> str | None:
    """Say why a page does not carry a walk on."""
    if reply.outcome is not ReplyClass.SUCCESS:
        limited = reply.outcome is ReplyClass.LIMITED
        return "page_refused" if before and not limited else "list_refused"
    if reply.items is None:
        return "no_list" if reply.fault is None else "not_json"
    if before and reply.items and _same(reply, before[-1]):
        return "repeat_unclear" if _total(before) is None else "stuck"
    return None


def _same(one: Reply, other: Reply) -> bool:
    return [each.raw for each in one.items or ()] == [each.raw for each in other.items or ()]


def _total(pages: tuple[Reply, ...]) -> int | None:
    return _integer(pages[-1].total) if pages else None


def _reached(pages: tuple[Reply, ...]) -> bool:
    total = _total(pages)
    return total is not None and sum(len(each.items or ()) for each in pages) >= total


def _cut(pages: tuple[Reply, ...]) -> bool:
    """Tell whether a walk ends before the list does, as far as its last page shows."""
    last = pages[-1]
    paging = last.operation.paging
    if paging.style in {"page", "offset"}:
        return bool(last.items)
    if paging.style == "cursor":
        return bool(as_text(resolve(last.json, paging.cursor)))
    if paging.style == "link":
        return 'rel="next"' in (last.header("link") or "").lower()
    return False
