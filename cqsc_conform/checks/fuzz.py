"""Checks on answers to fuzzed inputs; each case is known by its facts."""

from typing import Any

from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_NOT_LOOKED_AT = frozenset({ReplyClass.DENIED, ReplyClass.LIMITED})


@check("fuzz.no_server_error", version=1)
def no_server_error(reply: Reply) -> Verdict | None:
    """Demand that an input, whatever it holds, is not answered by a server error.

    It guides a search: what it says of one reply, :func:`never_broken` says of all.
    """
    said = _said(reply)
    if said is None or reply.outcome in _NOT_LOOKED_AT:
        return None
    if reply.outcome is ReplyClass.BROKEN:
        return failed("fuzz.server_error", reply, **said)
    return passed("fuzz.no_server_error", reply, cases=1, **said)


@check("fuzz.never_broken", version=1)
def never_broken(listed: Replies, read: Replies) -> Verdict:
    """Demand that no input of two operations, whatever it holds, makes the API fail by itself.

    Told is the smallest input that does.  Right inputs alone, and refusals before the input was
    looked at, show nothing.
    """
    seen = [(each, no_server_error(each)) for each in (*listed, *read)]
    broken = [row for row in seen if row[1] is not None and row[0].outcome is ReplyClass.BROKEN]
    if broken:
        broken.sort(key=lambda row: _size(row[0]))
        said: dict[str, Any] = _said(broken[0][0]) or {}
        cited = [reply for reply, _ in broken]
        return failed("fuzz.server_error", *cited, count=len(seen), bad=len(broken), **said)
    told = [reply for reply, verdict in seen if verdict is not None]
    if not told:
        return inconclusive("fuzz.not_looked_at", *(reply for reply, _ in seen), count=len(seen))
    said = _said(told[0]) or {}
    return passed("fuzz.no_server_error", *told, count=len(told), cases=len(told), **said)


def _said(reply: Reply) -> dict[str, Any] | None:
    """Give a case's name, value and answer; None for what is no varied input."""
    facts = reply.exchange.facts
    if facts.get("fuzz.phase") in {None, "base"}:
        return None
    return {
        "case": str(facts.get("fuzz.case", "")),
        "value": str(facts.get("fuzz.value", "")),
        "status": reply.status,
    }


def _size(reply: Reply) -> int:
    size = reply.exchange.facts.get("fuzz.size", 0)
    return size if isinstance(size, int) else 0
