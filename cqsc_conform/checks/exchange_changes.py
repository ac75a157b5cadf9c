"""Checks on what a list of changes tells: everything, deletions too, and each window once."""

from datetime import datetime
from typing import NamedTuple

from cqsc_conform.checks.entries import Seen, show
from cqsc_conform.checks.exchange_walks import (
    Walked,
    answered,
    differences,
    first_of,
    later,
    unusable,
    walked,
)
from cqsc_conform.checks.moments import read_when
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.reading import Item
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

DELETED = "delete"


class _Change(NamedTuple):
    seen: Seen
    id: str
    kind: str
    at: datetime | None

    @property
    def mark(self) -> tuple[str, str]:
        return self.id, self.seen.item.text("at")


def _changes(walk: Walked) -> list[_Change]:
    found: list[_Change] = []
    for seen in walk.records:
        when = read_when(seen.item.element("at"), seen.reply)
        at = None if isinstance(when, str) else when.first
        found.append(_Change(seen, seen.item.text("id"), seen.item.text("change"), at))
    return found


@check("exchange.changes_complete", version=1)
def changes_complete(pages: Replies, window: Replies, *, elements: tuple[str, ...]) -> Verdict:
    """Demand that each living record is told of, as living and as it is."""
    whole, told = walked(pages), walked(window)
    if not whole.whole or not whole.records:
        return unusable(whole)
    if not told.whole:
        return unusable(told)
    last = {each.id: each for each in _changes(told)}
    alive = first_of(whole.records)
    untold = sorted(alive.keys() - last.keys())
    if untold:
        return failed(
            "exchange.change_untold", *window, bad=len(untold), value=show(untold[0]),
            untold=len(untold),
        )  # fmt: skip
    compared = 0
    for ident, seen in alive.items():
        change = last[ident]
        if change.kind == DELETED:
            return failed(
                "exchange.change_buried", seen.reply, change.seen.reply, value=show(ident)
            )
        record = change.seen.item.element("record")
        if not isinstance(record, dict):
            continue
        compared += 1
        told_of = Item(record, seen.reply.operation)
        wrong = next(differences(seen.item, told_of, elements), None)
        if wrong is not None and not later(seen.item, told_of, seen.reply):
            return failed(
                "exchange.change_stale",
                seen.reply,
                change.seen.reply,
                value=show(ident),
                element=wrong,
            )
    return passed(
        "exchange.changes_complete", *window, count=len(alive), records=len(alive),
        compared=compared,
    )  # fmt: skip


@check("exchange.window_exact", version=1)
def window_exact(window: Replies, since: Replies, following: Replies) -> Verdict:
    """Demand that a window begins with its own bound, and that the next one repeats nothing.

    ``since`` are walks that begin at moments of the whole window; ``following`` is the walk that
    begins where the whole one ended.
    """
    whole = walked(window)
    if not whole.whole or not whole.records:
        return unusable(whole)
    known = _changes(whole)
    if any(each.at is None for each in known):
        return inconclusive("exchange.times_unread", *window[:1], element="at")
    starts: dict[str, list[int]] = {}
    for number, reply in enumerate(since):
        starts.setdefault(reply.params.get("since", ""), []).append(number)
    for start, numbers in starts.items():
        verdict = _begins(known, walked(tuple(since[each] for each in numbers)), start)
        if verdict is not None:
            return verdict
    beyond = walked(following)
    if not beyond.whole:
        return unusable(beyond)
    marks = {each.mark for each in known}
    again = next((each for each in _changes(beyond) if each.mark in marks), None)
    if again is not None:
        until = following[0].params.get("since")
        return failed(
            "exchange.change_again", *window[:1], *following, value=show(again.id),
            until=show(until),
        )  # fmt: skip
    return passed(
        "exchange.window_exact", *window, *since, *following, count=len(starts),
        windows=len(starts), changes=len(known),
    )  # fmt: skip


def _begins(known: list[_Change], part: Walked, start: str) -> Verdict | None:
    """Hold a window that begins within the whole one against what the whole one has from there."""
    if not part.whole:
        return unusable(part)
    when = read_when(start, part.pages[0])
    if isinstance(when, str):
        return inconclusive("exchange.times_unread", *part.pages[:1], element="at")
    wanted = {each.mark: each for each in known if each.at is not None and each.at >= when.first}
    early = {each.mark for each in known} - wanted.keys()
    got = {each.mark for each in _changes(part)}
    lost = sorted(wanted.keys() - got)
    if lost:
        cited = (wanted[lost[0]].seen.reply, *part.pages)
        return failed(
            "exchange.change_gap", *cited, bad=len(lost), value=show(lost[0][0]), since=show(start)
        )
    extra = sorted(got & early)
    if extra:
        return failed(
            "exchange.change_early", *part.pages, bad=len(extra), value=show(extra[0][0]),
            since=show(start),
        )  # fmt: skip
    return None


@check("exchange.deletion_told", version=1)
def deletion_told(
    created: Replies, told: Replies, removed: Replies, gone: Replies, untold: Replies
) -> Verdict:
    """Demand that a record that was written is told of, and once deleted as deleted, and gone."""
    ident = created[0].item.text("id") if created[0].item else ""
    unclear = _not_removed(removed, gone, ident)
    if unclear is not None:
        return unclear
    before, later = walked(told), walked(untold)
    for walk in (before, later):
        if not walk.whole:
            return unusable(walk)
    if not any(each.id == ident and each.kind != DELETED for each in _changes(before)):
        return failed("exchange.creation_untold", *created, *told, value=show(ident))
    kinds = [each.kind for each in _changes(later) if each.id == ident]
    if DELETED not in kinds:
        return failed("exchange.deletion_untold", *removed, *untold, value=show(ident))
    if kinds[-1] != DELETED:
        return failed("exchange.deletion_undone", *untold, value=show(ident))
    return passed("exchange.deletion_told", *told, *removed, *gone, *untold, value=show(ident))


def _not_removed(removed: Replies, gone: Replies, ident: str) -> Verdict | None:
    """Say why a record is not known to be gone, or nothing where it is."""
    for reply in removed:
        if reply.outcome is not ReplyClass.SUCCESS:
            return inconclusive("exchange.change_refused", reply, **answered(reply))
    for reply in gone:
        if reply.outcome is ReplyClass.SUCCESS:
            return failed("exchange.not_gone", *removed, reply, value=show(ident))
        if reply.outcome is not ReplyClass.NOT_FOUND:
            return inconclusive(
                "exchange.gone_unclear", reply, value=show(ident), **answered(reply)
            )
    return None
