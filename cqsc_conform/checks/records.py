"""Checks of records as they are listed: their times, links from page to page, trace context."""

from typing import Any

from cqsc_conform.checks.entries import empty, show
from cqsc_conform.checks.moments import When, read_when
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.http_fields import field, links
from cqsc_conform.formats.reading import Reply, as_text
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_ANSWERING = ("traceresponse", "traceparent")
_LEAST_PAGES = 2
# What editions of the standard, or the target's own declaration, leave open.
_UNTOLD = frozenset({"leap_second", "hour_24", "zone_unknown"})


@check("records.times_valid", version=1)
def times_valid(pages: Replies, got: Replies, *, elements: tuple[str, ...]) -> Verdict:
    """Demand that times are of the extended format of GB/T 7408.1, exist, and give the offset."""
    seen = 0
    rows = [(reply, item) for reply in pages for item in reply.items or ()]
    rows += [(reply, reply.item) for reply in got if reply.item is not None]
    for reply, item in rows:
        for element in elements:
            value = item.element(element)
            if empty(value):
                continue
            seen += 1
            when = read_when(value, reply)
            if isinstance(when, When):
                continue
            say = inconclusive if when in _UNTOLD else failed
            return say(
                f"records.time_{when}", reply, element=element, value=show(value),
                record=show(item.text("id")) or "-",
            )  # fmt: skip
    if not seen:
        return inconclusive("records.no_times", *pages, *got, elements=elements)
    return passed("records.times_valid", *pages, *got, count=seen, times=seen)


@check("records.links_lead_on", version=1)
def links_lead_on(pages: Replies, followed: Replies, *, element: str = "id") -> Verdict:
    """Demand a link ``next`` on each page but the last, and that it leads to the next page."""
    good = [each for each in pages if each.outcome is ReplyClass.SUCCESS and each.items]
    if len(good) < _LEAST_PAGES:
        return inconclusive("records.one_page", *pages)
    for number, reply in enumerate(good[:-1], 1):
        if not _next(reply):
            return failed("records.link_absent", reply, page=number)
    reply = followed[0]
    if reply.outcome is not ReplyClass.SUCCESS:
        return failed("records.link_dead", good[0], reply, **_answered(reply))
    if _ids(reply, element) != _ids(good[1], element):
        return failed("records.link_elsewhere", good[0], reply, good[1])
    return passed("records.links_lead_on", *good, reply, count=len(good), pages=len(good))


@check("records.trace_passed", version=1)
def trace_passed(traced: Replies) -> Verdict:
    """Demand that an answer names the trace that its request belongs to (W3C Trace Context)."""
    reply = traced[0]
    sent = field(reply.exchange.request.headers, "traceparent") or ""
    parts = sent.split("-")
    trace = parts[1] if len(parts) > 1 else ""
    if reply.outcome is not ReplyClass.SUCCESS:
        return failed("records.trace_refused", reply, **_answered(reply))
    said = [field(reply.exchange.response.headers, name) for name in _ANSWERING]
    told = [each for each in said if each is not None]
    if not told:
        return failed("records.trace_absent", reply)
    if not any(trace and trace in each.split("-") for each in told):
        return failed("records.trace_other", reply, value=show(told[0]), sent=trace)
    return passed("records.trace_passed", reply, value=trace)


def _next(reply: Reply) -> bool:
    return any("next" in each.relations for each in links(reply.exchange.response.headers))


def _ids(reply: Reply, element: str) -> list[str]:
    return [as_text(item.element(element)) for item in reply.items or ()]


def _answered(reply: Reply) -> dict[str, Any]:
    return {"outcome": reply.outcome.value, "status": reply.status}
