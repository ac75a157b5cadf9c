"""Checks on writing: a retry writes nothing more, and what was written is read at once."""

from collections.abc import Iterator
from typing import Any

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.exchange_walks import Walked, refusal, same_value, unusable, walked
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.gb18030 import lost_characters
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.reading import Item, Reply
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict


@check("exchange.written_once", version=1)
def written_once(
    created: Reply, again: Replies, read: Replies, listed: Replies, *, elements: tuple[str, ...]
) -> Verdict:
    """Demand one record of a creation sent twice under one key, read at once and as written."""
    ident = created.item.text("id") if created.item else ""
    sent = _sent(created)
    if sent is None:
        return inconclusive("exchange.sent_unread", created)
    wrong = _unread(created, read, sent, elements) or _retried(created, again, ident)
    if wrong is not None:
        return wrong
    walk = walked(listed)
    if not walk.whole:
        return unusable(walk)
    found = [each for each in walk.records if _same(sent, each.item, elements)]
    if len(found) > 1:
        pair = (show(found[0].item.text("id")), show(found[1].item.text("id")))
        return failed("exchange.written_twice", created, *again, value=pair[0], found=pair[1])
    if not found:
        return _unlisted(created, walk, sent, elements)
    return passed("exchange.written_once", created, *again, *read, *listed, value=show(ident))


def _unlisted(created: Reply, walk: Walked, sent: Item, elements: tuple[str, ...]) -> Verdict:
    """Say whether a record is missing from the list, or listed as something else."""
    ident = created.item.text("id") if created.item else ""
    value = show(ident)
    for each in walk.records:
        if ident and each.item.text("id") == ident:
            wrong = next(_changed(sent, each.item, elements))
            return failed(
                "exchange.listed_otherwise",
                created,
                each.reply,
                value=value,
                element=wrong,
                sent=show(sent.element(wrong)),
                found=show(each.item.element(wrong)) or "-",
            )
    return failed("exchange.not_listed", created, *walk.pages, value=value)


def _unread(created: Reply, read: Replies, sent: Item, elements: tuple[str, ...]) -> Verdict | None:
    """Say why a record is not read as it was written, or nothing where it is."""
    value = show(created.item.text("id") if created.item else "")
    for reply in read:
        if reply.outcome is not ReplyClass.SUCCESS or reply.item is None:
            return refusal("exchange.not_readable", reply, created, value=value)
        wrong = next(_changed(sent, reply.item, elements), None)
        if wrong is not None:
            return failed(
                "exchange.written_otherwise",
                created,
                reply,
                value=value,
                element=wrong,
                sent=show(sent.element(wrong)),
                found=show(reply.item.element(wrong)) or "-",
                lost=_lost(sent.element(wrong), reply.item.element(wrong)),
            )
    return None


def _retried(created: Reply, again: Replies, ident: str) -> Verdict | None:
    """Say what a retry did wrong; a refusal of it is as good as the first answer again."""
    for reply in again:
        other = reply.item.text("id") if reply.item else ""
        if reply.outcome is ReplyClass.SUCCESS and other and other != ident:
            return failed(
                "exchange.written_twice", created, reply, value=show(ident), found=show(other)
            )
        if reply.outcome is ReplyClass.BROKEN:
            return failed("exchange.retry_broken", reply, status=reply.status)
    return None


def _sent(created: Reply) -> Item | None:
    """Read back what was asked to be kept."""
    body = created.exchange.request.body
    try:
        value = read_json(body.data, charset=created.charset) if body is not None else None
    except JsonFault:
        return None
    return Item(value, created.operation) if isinstance(value, dict) else None


def _same(sent: Item, kept: Item, elements: tuple[str, ...]) -> bool:
    return next(_changed(sent, kept, elements), None) is None


def _changed(sent: Item, kept: Item, elements: tuple[str, ...]) -> Iterator[str]:
    """Name the elements that were kept otherwise than they were sent."""
    for name in elements:
        wanted = sent.element(name)
        if wanted is not MISSING and not same_value(wanted, kept.element(name)):
            yield name


def _lost(sent: Any, got: Any) -> str:  # noqa: ANN401 - JSON is any
    """Name the first character of a text that did not come through."""
    if not isinstance(sent, str) or not isinstance(got, str):
        return "-"
    found = lost_characters(sent, got)
    return "-" if found is None else f"{found[0]} U+{ord(found[0]):04X}"
