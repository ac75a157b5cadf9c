"""Checks of how an API refuses: the unknown, the malformed, the wrong method, too many requests."""

from typing import Any

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.moments import asked_at
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.http_fields import field, listed, retry_after
from cqsc_conform.formats.reading import Reply, as_text
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_METHOD_NOT_ALLOWED, _TOO_MANY = 405, 429
_NOT_TOLD = frozenset({ReplyClass.DENIED, ReplyClass.LIMITED})
# Between the target's clock and ours, and for the way there.
_SLACK = 0.05


@check("status.succeeds", version=1)
def succeeds(reply: Replies) -> Verdict:
    """Demand that a request succeeds; what is concluded from others then stands on firm ground."""
    for each in reply:
        if each.outcome is not ReplyClass.SUCCESS:
            return failed("status.not_successful", each, **_answered(each))
    return passed("status.successful", *reply)


@check("status.unknown_not_found", version=1)
def unknown_not_found(record: Replies, path: Replies) -> Verdict:
    """Demand that a record and a path that do not exist are answered "not found"."""
    for what, reply in (("record", record[0]), ("path", path[0])):
        if reply.outcome is ReplyClass.NOT_FOUND:
            continue
        # An id of another form than the API's own may be called invalid before it is looked for.
        if what == "record" and reply.outcome is ReplyClass.INVALID:
            continue
        said = {"value": show(reply.exchange.request.target), **_answered(reply)}
        if reply.outcome in _NOT_TOLD:
            return inconclusive("status.unknown_not_told", reply, **said)
        return failed(f"status.unknown_{what}_answered", reply, **said)
    return passed("status.unknown_not_found", *record, *path)


@check("status.method_refused", version=1)
def method_refused(refused: Replies) -> Verdict:
    """Demand 405 with Allow for a method that a resource does not have."""
    reply = refused[0]
    method = reply.exchange.request.method
    if reply.outcome in _NOT_TOLD:
        return inconclusive("status.not_looked_at", reply, **_answered(reply))
    if reply.status != _METHOD_NOT_ALLOWED:
        return failed("status.method_answered", reply, method=method, **_answered(reply))
    allow = field(reply.exchange.response.headers, "allow")
    if allow is None:
        return failed("status.allow_absent", reply, method=method)
    if method in listed(allow) or not listed(allow):
        return failed("status.allow_false", reply, method=method, value=show(allow))
    return passed("status.method_refused", reply, method=method, value=show(allow))


@check("status.limited_truly", version=1)
def limited_truly(burst: Replies, again: Replies) -> Verdict:  # noqa: PLR0911 - one a way to be wrong
    """Demand 429 with a Retry-After after which requests are answered again."""
    limited, after = burst[-1], again[0]
    if limited.outcome is not ReplyClass.LIMITED:
        return inconclusive("status.never_limited", limited, count=len(burst), sent=len(burst))
    if limited.on == "wire" and limited.status != _TOO_MANY:
        return failed("status.limited_otherwise", limited, **_answered(limited))
    said = field(limited.exchange.response.headers, "retry-after")
    if said is None:
        return failed("status.retry_after_absent", limited, **_answered(limited))
    seconds = retry_after(limited.exchange)
    if seconds is None:
        return failed("status.retry_after_form", limited, value=show(said))
    waited = _between(limited, after)
    if waited is None or waited + _SLACK < seconds:
        return inconclusive("status.retry_after_long", limited, after, seconds=round(seconds))
    if after.outcome is ReplyClass.LIMITED:
        return failed(
            "status.retry_after_false", limited, after, seconds=round(seconds),
            waited=round(waited, 1),
        )  # fmt: skip
    if after.outcome is not ReplyClass.SUCCESS:
        return inconclusive("status.not_looked_at", after, **_answered(after))
    return passed("status.limited_truly", limited, after, seconds=round(seconds), sent=len(burst))


def _between(one: Reply, other: Reply) -> float | None:
    """Tell the seconds from the end of one exchange to the sending of another."""
    first, second = asked_at(one), asked_at(other)
    if first is None or second is None:
        return None
    return (second - first).total_seconds() - one.exchange.took_ms / 1000


@check("status.odd_query_harmless", version=1)
def odd_query_harmless(
    before: Replies, odd: Replies, again: Replies, *, element: str = "id"
) -> Verdict:
    """Demand that an undeclared query parameter is refused as invalid, or changes nothing."""
    reply = odd[0]
    if reply.outcome is ReplyClass.INVALID:
        return passed("status.odd_query_refused", reply, **_answered(reply))
    if reply.outcome in _NOT_TOLD:
        return inconclusive("status.not_looked_at", reply, **_answered(reply))
    if reply.outcome is not ReplyClass.SUCCESS:
        return failed("status.odd_query_answered", reply, **_answered(reply))
    first, last = (_ids(each, element) for each in (before[0], again[0]))
    if not first or first != last:
        return inconclusive("status.list_changed", before[0], again[0])
    if _ids(reply, element) != first:
        return failed("status.odd_query_changed", before[0], reply, again[0])
    return passed("status.odd_query_ignored", before[0], reply, again[0])


def _ids(reply: Reply, element: str) -> list[str]:
    return [as_text(item.element(element)) for item in reply.items or ()]


def _answered(reply: Reply) -> dict[str, Any]:
    return {"outcome": reply.outcome.value, "status": reply.status}
