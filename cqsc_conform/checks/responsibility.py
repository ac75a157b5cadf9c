"""Checks from the list of sharing responsibilities to entries and their services."""

from typing import Any

from cqsc_conform.checks.entries import detailed, empty, label, listed, show
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_UNDECIDED = frozenset({ReplyClass.DENIED, ReplyClass.LIMITED})


@check("catalog.duty_resolves", version=1)
def duty_resolves(duties: Replies, entry: Reply) -> Verdict:
    """Demand that an item of the responsibility list names an entry that exists."""
    for seen in listed(duties):
        if empty(seen.item.element("entry_id")):
            return failed("catalog.duty_without_entry", seen.reply, duty=label(seen.item))
    asked = show(entry.params.get("id"))
    said: dict[str, Any] = {"entry": asked, "outcome": entry.outcome.value, "status": entry.status}
    if entry.outcome in _UNDECIDED:
        return inconclusive("catalog.duty_undecided", entry, **said)
    if entry.outcome is not ReplyClass.SUCCESS:
        return failed("catalog.duty_dangling", entry, **said)
    if entry.item is None:
        return failed("catalog.detail_no_object", entry, entry=asked, pointer=entry.operation.item)
    if entry.item.text("id") != entry.params.get("id", ""):
        return failed(
            "catalog.duty_other_entry", entry, entry=asked, found=show(entry.item.element("id"))
        )
    return passed("catalog.duty_resolves", entry, entry=asked)


@check("catalog.duty_services_answer", version=1)
def duty_services_answer(entries: Replies, services: Replies) -> Verdict:
    """Demand that each entry that the responsibility list names has a service that answers.

    A service that wants a right, a quota or a parameter that the kit has not is left open.
    """
    without = [seen for seen in detailed(entries) if empty(seen.item.element("service"))]
    wrong = [
        reply
        for reply in services
        if reply.outcome not in _UNDECIDED | {ReplyClass.SUCCESS, ReplyClass.INVALID}
    ]
    count = len(services) + len(without)
    bad = len(wrong) + len(without)
    if wrong:
        first = wrong[0]
        return failed(
            "catalog.service_unavailable",
            *wrong,
            count=count,
            bad=bad,
            address=show(first.exchange.request.target),
            outcome=first.outcome.value,
            status=first.status,
        )
    if without:
        return failed(
            "catalog.duty_without_service",
            *(seen.reply for seen in without),
            count=count,
            bad=bad,
            entry=label(without[0].item),
        )
    unclear = [reply for reply in services if reply.outcome is not ReplyClass.SUCCESS]
    if unclear:
        return inconclusive(
            "catalog.service_undecided",
            *unclear,
            count=count,
            address=show(unclear[0].exchange.request.target),
            outcome=unclear[0].outcome.value,
            status=unclear[0].status,
        )
    return passed("catalog.services_answer", *services, count=count, services=len(services))
