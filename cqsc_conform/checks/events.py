"""Checks on delivered events: that they come in time, what they say, and how they are sent."""

from typing import Any

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.events_read import (
    Deliveries,
    about,
    changes,
    cites,
    deliveries,
    ids_of,
    named,
    seconds_between,
    silence,
    told,
)
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.cloudevents import attribute_fault
from cqsc_conform.formats.pointer import MISSING, resolve
from cqsc_conform.model.verdict import Measured, Verdict


@check("events.delivered", version=1)
def delivered(
    hook: Deliveries,
    subscribed: Replies,
    first: Replies,
    second: Replies,
    third: Replies,
    *,
    seconds: float,
) -> Verdict:
    """Demand that a subscriber is told of every change within so many seconds of it."""
    for reply in subscribed:
        if reply.outcome.value != "success":
            return inconclusive("events.not_subscribed", reply, status=reply.status)
    made = changes(first, second, third)
    if isinstance(made, Verdict):
        return made
    events = told(deliveries(hook))
    slowest = 0.0
    for number, change in enumerate(made, 1):
        found = about(events, change)
        if not found:
            return failed(
                "events.missing",
                change.reply,
                *ids_of(hook),
                count=len(made),
                number=number,
                record=show(change.ident),
                received=len(events),
            )
        delay = min(seconds_between(change, each.delivery) for each in found)
        measured = (Measured(name="delay", value=delay, unit="s"),)
        if delay > seconds:
            return failed(
                "events.late",
                change.reply,
                found[0].delivery.id,
                measured=measured,
                number=number,
                delay=delay,
                declared=seconds,
            )
        slowest = max(slowest, delay)
    return passed(
        "events.all_in_time",
        *ids_of(hook),
        count=len(made),
        measured=(Measured(name="delay", value=slowest, unit="s"),),
        changes=len(made),
        delay=slowest,
        declared=seconds,
    )


@check("events.heard", version=1)
def heard(hook: Deliveries, change: Replies) -> Verdict:
    """Demand that a receiver is told of a change: the control of one that shall not be."""
    made = changes(change)
    if isinstance(made, Verdict):
        return made
    found = about(told(deliveries(hook)), made[0])
    if not found:
        return failed("events.not_heard", *ids_of(hook), record=show(made[0].ident))
    return passed("events.heard", found[0].delivery.id, record=show(made[0].ident))


@check("events.attributes", version=1)
def attributes(hook: Deliveries) -> Verdict:
    """Demand id, source, specversion 1.0, type and time, and the grammar of each attribute."""
    events = told(deliveries(hook))
    if not events:
        return silence(hook)
    for each in events:
        wrong = attribute_fault(each.event)
        if wrong is None and "time" not in each.event.attributes:
            wrong = ("time", "missing")
        if wrong is not None:
            name, why = wrong
            value = each.event.attributes.get(name)
            return failed(
                f"events.attribute_{_WORDS.get(why, 'time')}",
                each.delivery.id,
                count=len(events),
                event=named(each.event),
                attribute=show(name),
                value="" if value is None else show(value),
            )
    cited = {each.delivery.id: None for each in events}
    return passed("events.attributes_good", *cited, count=len(events), events=len(events))


_WORDS = {
    "missing": "missing",
    "empty": "empty",
    "not_text": "not_text",
    "version": "version",
    "uri": "uri",
    "media_type": "media_type",
    "name": "name",
    "value": "value",
    "no_offset": "no_offset",
}
"""Sentences by fault; every other fault is one of a time."""


@check("events.mode", version=1)
def mode(hook: Deliveries, *, mode: str) -> Verdict:
    """Demand whole CloudEvents messages by POST in the declared content mode."""
    found = deliveries(hook)
    if not found:
        return silence(hook)
    for each in found:
        if each.row.request.method != "POST":
            return failed("events.method", each.id, method=show(each.row.request.method))
        if each.message.fault is not None:
            media = {n.lower(): v for n, v in each.row.request.headers}.get("content-type")
            return failed(f"events.message_{each.message.fault}", each.id, media=show(media or "-"))
        if each.message.mode != mode:
            return failed("events.mode_differs", each.id, seen=each.message.mode, declared=mode)
    return passed(
        "events.mode_good", *cites(found), count=len(found), mode=mode, deliveries=len(found)
    )


@check("events.data_equal", version=1)
def data_equal(hook: Deliveries, shown: Replies, *, record: str = "") -> Verdict:
    """Demand that what an event says of a record is what the API then shows of it.

    ``record`` is a JSON Pointer to the record in the event's data.  Members that both have are
    compared.
    """
    made = changes(shown)
    if isinstance(made, Verdict):
        return made
    found = about(told(deliveries(hook)), made[0])[:1]
    if not found:
        return silence(hook)
    event, item = found[0], made[0].reply.item
    said: Any = resolve(event.event.data, record) if event.event.data is not MISSING else MISSING
    now: dict[str, Any] = item.raw if item is not None else {}
    shared = sorted(said.keys() & now.keys()) if isinstance(said, dict) else []
    cited = (event.delivery.id, made[0].reply.id)
    if not shared:
        return inconclusive("events.nothing_shared", *cited, event=named(event.event))
    for name in shared:
        if said[name] != now[name]:
            return failed(
                "events.data_differs",
                *cited,
                event=named(event.event),
                member=show(name),
                told=show(said[name]),
                shown=show(now[name]),
            )
    return passed("events.data_equal", *cited, members=tuple(map(show, shared[:10])))
