"""Checks on answers to fuzzed inputs; each case is known by its facts."""

from typing import Any

from cqsc_conform.checks.registry import check, failed, inconclusive, passed
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict


@check("fuzz.no_server_error", version=1)
def no_server_error(reply: Reply) -> Verdict | None:
    """Demand that whatever an input holds, the answer is no server error."""
    said = _said(reply)
    if said is None:
        return None
    if reply.outcome is ReplyClass.BROKEN:
        return failed("fuzz.server_error", reply, status=reply.status, **said)
    return passed("fuzz.no_server_error", reply, status=reply.status, **said)


@check("fuzz.wrong_refused", version=1)
def wrong_refused(reply: Reply) -> Verdict | None:
    """Demand that a wrong input is refused as such; a right one refused tells nothing."""
    said = _said(reply)
    valid = reply.exchange.facts.get("fuzz.valid")
    if said is None or reply.outcome in {ReplyClass.BROKEN, ReplyClass.LIMITED}:
        return None
    if valid == "no":
        if reply.outcome is ReplyClass.SUCCESS:
            return failed("fuzz.wrong_accepted", reply, status=reply.status, **said)
        if reply.outcome is ReplyClass.DENIED:
            return inconclusive("fuzz.denied", reply, status=reply.status, **said)
        return passed("fuzz.wrong_refused", reply, status=reply.status, **said)
    if valid == "yes" and reply.outcome is not ReplyClass.SUCCESS:
        return inconclusive("fuzz.right_refused", reply, status=reply.status, **said)
    return None


def _said(reply: Reply) -> dict[str, Any] | None:
    """Give a case's name and value; None for what is no fuzzed exchange."""
    facts = reply.exchange.facts
    if "fuzz.case" not in facts:
        return None
    return {"case": str(facts["fuzz.case"]), "value": str(facts.get("fuzz.value", ""))}
