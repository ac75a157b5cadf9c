"""Checks on repeated deliveries: retries, their spacing, and what identifies an event."""

from collections.abc import Iterable
from itertools import pairwise

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.events_read import (
    Change,
    Deliveries,
    Told,
    about,
    changes,
    deliveries,
    ids_of,
    named,
    silence,
    told,
)
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.model.verdict import Measured, Verdict

_EARLY = 0.8
"""How much of a declared wait must have passed: clocks and timers are no better."""


@check("events.retried", version=1)
def retried(
    failing: Deliveries, failing_change: Replies, silent: Deliveries, silent_change: Replies
) -> Verdict:
    """Demand that an event is sent again until it is accepted: after a 503, and after silence."""
    cited: list[str] = []
    tries = 0
    for code, hook, change in (
        ("refused", failing, failing_change),
        ("unanswered", silent, silent_change),
    ):
        made = changes(change)
        if isinstance(made, Verdict):
            return made
        found = about(told(deliveries(hook)), made[0])
        if not found:
            return silence(hook)
        if not any(each.delivery.accepted for each in found):
            ids = (each.delivery.id for each in found)
            return failed(f"events.given_up_{code}", *ids, tries=len(found))
        cited += [each.delivery.id for each in found]
        tries += len(found)
    return passed("events.retried", *cited, count=tries, tries=tries)


@check("events.backoff", version=1)
def backoff(failing: Deliveries, change: Replies, *, first: float, growth_percent: int) -> Verdict:
    """Demand the declared wait before a retry, and so many per cent of it before the next.

    What a slow network adds can only lengthen a wait, and so fails nobody.
    """
    made = changes(change)
    if isinstance(made, Verdict):
        return made
    found = about(told(deliveries(failing)), made[0])
    ids = tuple(each.delivery.id for each in found)
    times = [each.delivery.after for each in found]
    waits = [round(then - now, 2) for now, then in pairwise(times)]
    if len(waits) < 2:  # noqa: PLR2004 - growth needs two waits
        return inconclusive("events.too_few_retries", *ids_of(failing), tries=len(found))
    wanted = first * growth_percent / 100
    measured = tuple(
        Measured(name=f"wait_{number}", value=each, unit="s")
        for number, each in enumerate(waits[:2], 1)
    )
    if waits[0] < first * _EARLY:
        return failed("events.retry_early", *ids, measured=measured, wait=waits[0], declared=first)
    if waits[1] < wanted * _EARLY:
        return failed("events.no_backoff", *ids, measured=measured, wait=waits[1], wanted=wanted)
    return passed("events.backs_off", *ids, measured=measured, first=waits[0], second=waits[1])


@check("events.stable_id", version=1)
def stable_id(hook: Deliveries, failing: Deliveries, change: Replies) -> Verdict:
    """Demand that source and id name one event: the same in a retry, another for another event."""
    made = changes(change)
    if isinstance(made, Verdict):
        return made
    events = told(deliveries(hook, failing))
    if not events:
        return silence(hook, failing)
    known: dict[tuple[str, str], Told] = {}
    for each in events:
        before = known.setdefault(each.event.key, each)
        if before.event != each.event:
            return failed(
                "events.id_shared",
                before.delivery.id,
                each.delivery.id,
                count=len(events),
                event=named(each.event),
                member=_difference(before, each),
            )
    again = about(told(deliveries(failing)), made[0])
    renamed = _renamed(again)
    if renamed is not None:
        return failed(
            "events.id_changed",
            again[0].delivery.id,
            renamed.delivery.id,
            event=named(again[0].event),
            now=named(renamed.event),
        )
    if len(again) < 2 or len(known) < 2:  # noqa: PLR2004 - two of each are needed to tell
        return inconclusive("events.too_few_events", *ids_of(hook, failing), events=len(known))
    cited = {each.delivery.id: None for each in events}
    return passed("events.ids_stable", *cited, count=len(events), events=len(known))


def _difference(one: Told, other: Told) -> str:
    """Name the first part in which two events differ."""
    left, right = one.event.attributes, other.event.attributes
    names = sorted(name for name in left | right if left.get(name) != right.get(name))
    return show(names[0]) if names else "data"


def _renamed(found: Iterable[Told]) -> Told | None:
    """Find what tells the same under another name, though nobody had accepted the first."""
    first: Told | None = None
    for each in found:
        first = first or each
        same = each.event.text("type") == first.event.text("type")
        if same and each.event.key != first.event.key:
            return each
        if each.delivery.accepted:
            return None
    return None


@check("events.not_repeated", version=1)
def not_repeated(hook: Deliveries) -> Verdict:
    """Demand that an event which was accepted is not sent again."""
    accepted: dict[tuple[str, str, str], str] = {}
    for each in told(deliveries(hook)):
        key = (*each.event.key, each.event.text("subject"))
        if key in accepted:
            return failed(
                "events.repeated", accepted[key], each.delivery.id, event=named(each.event)
            )
        if each.delivery.accepted:
            accepted[key] = each.delivery.id
    if not accepted:
        return silence(hook)
    return passed(
        "events.none_repeated", *accepted.values(), count=len(accepted), events=len(accepted)
    )


@check("events.ordered", version=1)
def ordered(
    hook: Deliveries, first: Replies, second: Replies, third: Replies, *, attribute: str
) -> Verdict:
    """Demand an attribute by which events can be put into the order of the changes.

    Values of digits alone are compared as numbers, others character by character.
    """
    made = changes(first, second, third)
    if isinstance(made, Verdict):
        return made
    events = told(deliveries(hook))
    found = [(change, each[0]) for change in made if (each := about(events, change))]
    if len(found) < 2:  # noqa: PLR2004 - one has no order
        return silence(hook)
    return _in_order(found, attribute)


def _in_order(found: list[tuple[Change, Told]], attribute: str) -> Verdict:
    keys: list[str] = []
    for _, each in found:
        value = each.event.attributes.get(attribute)
        if value is None or value == "":
            return failed(
                "events.no_order_key",
                each.delivery.id,
                event=named(each.event),
                attribute=show(attribute),
            )
        keys.append(str(value))
    numbers = all(key.isascii() and key.isdigit() for key in keys)
    ranks = [(len(key.lstrip("0")), key.lstrip("0")) if numbers else (0, key) for key in keys]
    cited = tuple(each.delivery.id for _, each in found)
    shown = tuple(map(show, keys))
    if any(now >= then for now, then in pairwise(ranks)):
        return failed("events.out_of_order", *cited, attribute=show(attribute), values=shown)
    return passed(
        "events.ordered", *cited, count=len(keys), attribute=show(attribute), values=shown
    )
