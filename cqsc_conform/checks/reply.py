"""Checks on what single replies say; profiles of any API use them, as controls too."""

from typing import Any

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict


@check("reply.found", version=1)
def found(reply: Reply, *, element: str = "id", param: str = "id") -> Verdict:
    """Demand that the object that was asked for is answered, and no other one."""
    if reply.outcome is not ReplyClass.SUCCESS:
        value = show(reply.params.get(param))
        return failed("reply.not_success", reply, value=value, **_answered(reply))
    if reply.fault is not None:
        return failed("reply.not_json", reply, fault=reply.fault.code, offset=reply.fault.offset)
    if reply.item is None:
        return failed("reply.no_object", reply, pointer=reply.operation.item)
    asked = reply.params.get(param)
    got = reply.item.text(element)
    if asked is not None and got != asked:
        return failed("reply.other_object", reply, value=show(asked), found=show(got))
    return passed("reply.found", reply, value=show(asked))


@check("reply.not_found", version=1)
def not_found(
    reply: Reply, *, accept: tuple[str, ...] = ("not_found",), param: str = "id"
) -> Verdict:
    """Demand that what does not exist is answered "not found", or as ``accept`` allows."""
    value = show(reply.params.get(param))
    said = {"value": value, **_answered(reply)}
    if reply.outcome.value in accept:
        return passed("reply.not_found", reply, **said)
    if reply.outcome is ReplyClass.SUCCESS:
        return failed("reply.found_unexpectedly", reply, **said)
    if reply.outcome in {ReplyClass.DENIED, ReplyClass.LIMITED}:
        return inconclusive("reply.not_told", reply, **said)
    return failed("reply.not_not_found", reply, **said)


@check("reply.lists_something", version=1)
def lists_something(replies: Replies) -> Verdict:
    """Demand that a listing gives at least one item."""
    for reply in replies:
        if reply.outcome is ReplyClass.SUCCESS and reply.items:
            return passed("reply.lists_something", reply, items=len(reply.items))
    return failed("reply.lists_nothing", *replies)


def _answered(reply: Reply) -> dict[str, Any]:
    """Say how a reply answered, for messages."""
    return {
        "outcome": reply.outcome.value,
        "status": reply.status,
        "business": show(reply.business_code) or "-",
    }
