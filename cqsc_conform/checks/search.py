"""Checks that searching a catalogue finds what is there, and nothing else."""

from typing import Any

from cqsc_conform.checks.entries import listed, show, worst_of
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict


@check("catalog.search_finds", version=1)
def search_finds(pages: Replies, found: Replies) -> Verdict:
    """Demand that searching for the title of a listed entry finds that entry."""
    walks: dict[str, list[Reply]] = {}
    for reply in found:
        walks.setdefault(reply.params.get("keyword", ""), []).append(reply)
    wrong = worst_of(_missed(pages, keyword, tuple(each)) for keyword, each in walks.items())
    if wrong is not None:
        return wrong
    return passed("catalog.search_finds", *found, count=len(walks), keywords=len(walks))


def _missed(pages: Replies, keyword: str, replies: Replies) -> Verdict | None:
    """Say why searching for a title did not find its entry, or nothing where it did."""
    wrong = _refusal(keyword, replies[0])
    if wrong is not None:
        return wrong
    given = {seen.item.text("id") for seen in listed(replies)} - {""}
    wanted = {seen.item.text("id") for seen in listed(pages) if seen.item.text("title") == keyword}
    if given & wanted:
        return None
    if not wanted:
        return inconclusive("catalog.title_not_listed", *replies, keyword=show(keyword))
    last = replies[-1]
    if last.items and last.outcome is ReplyClass.SUCCESS and _paged(last):
        return inconclusive(
            "catalog.search_too_long", *replies, keyword=show(keyword), results=len(given)
        )
    return failed(
        "catalog.search_misses",
        *replies,
        keyword=show(keyword),
        entry=show(min(wanted)),
        results=len(given),
    )


def _paged(reply: Reply) -> bool:
    """Tell whether a listing that does not end with an empty page may go on."""
    return reply.operation.paging.style in {"page", "offset"}


def _refusal(keyword: str, reply: Reply) -> Verdict | None:
    said: dict[str, Any] = {
        "keyword": show(keyword),
        "outcome": reply.outcome.value,
        "status": reply.status,
    }
    if reply.outcome is ReplyClass.NOT_FOUND:
        return None
    if reply.outcome in {ReplyClass.DENIED, ReplyClass.LIMITED}:
        return inconclusive("catalog.search_unanswered", reply, **said)
    if reply.outcome is not ReplyClass.SUCCESS:
        return failed("catalog.search_refused", reply, **said)
    if reply.items is None:
        return failed(
            "catalog.search_no_list",
            reply,
            keyword=show(keyword),
            pointer=reply.operation.items or "",
        )
    return None


@check("catalog.search_excludes", version=1)
def search_excludes(reply: Reply) -> Verdict:
    """Demand that searching for a keyword that nothing contains gives nothing."""
    keyword = reply.params.get("keyword", "")
    wrong = _refusal(keyword, reply)
    if wrong is not None:
        return wrong
    items = reply.items or ()
    if items:
        return failed(
            "catalog.search_ignores",
            reply,
            keyword=show(keyword),
            results=len(items),
            entry=show(items[0].element("id")),
        )
    return passed("catalog.search_excludes", reply, keyword=show(keyword))
