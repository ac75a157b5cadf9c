"""What the kit received, read as CloudEvents, and which change an event tells of."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.registry import Replies, inconclusive
from cqsc_conform.formats.cloudevents import Event, Message, read_message
from cqsc_conform.formats.reading import Item, Reply
from cqsc_conform.model.evidence import Quiet, Received
from cqsc_conform.model.verdict import Verdict

Deliveries: TypeAlias = tuple[Received | Quiet, ...]
"""What a receiver heard; a single ``Quiet`` where that was nothing."""


class Delivery(Struct, frozen=True):
    """A request to deliver events, and what it holds; ``id`` is the evidence."""

    row: Received
    message: Message

    @property
    def id(self) -> str:
        """The evidence id, for citing."""
        return self.row.id

    @property
    def accepted(self) -> bool:
        """Whether the kit answered that it took the events."""
        return 200 <= self.row.answered < 300  # noqa: PLR2004 - the success class of HTTP

    @property
    def after(self) -> float:
        """Nominal seconds from the opening of the receiver to this request."""
        return _number(self.row, "after", 0.0) / (_number(self.row, "scale", 1.0) or 1.0)


class Change(Struct, frozen=True):
    """A change that the kit made: the record's id, and the answer that told it."""

    ident: str
    reply: Reply


class Told(Struct, frozen=True):
    """An event and the delivery that it came in."""

    event: Event
    delivery: Delivery


def deliveries(*heard: Deliveries) -> tuple[Delivery, ...]:
    """Read what receivers heard, but for requests that ask for consent."""
    return tuple(
        Delivery(row, read_message(row.request.headers, row.request.body))
        for rows in heard
        for row in rows
        if isinstance(row, Received) and row.request.method != "OPTIONS"
    )


def cites(found: Iterable[Delivery]) -> tuple[str, ...]:
    """Name deliveries, for citing."""
    return tuple(each.id for each in found)


def ids_of(*heard: Deliveries) -> tuple[str, ...]:
    """Name all evidence of receivers."""
    return tuple(row.id for rows in heard for row in rows)


def told(found: Iterable[Delivery]) -> tuple[Told, ...]:
    """Give the events of deliveries in the order in which they came."""
    return tuple(Told(event, each) for each in found for event in each.message.events)


def changes(*replies: Replies) -> tuple[Change, ...] | Verdict:
    """Find the changes that were made, or say that one was not."""
    found: list[Change] = []
    for reply in (each for rows in replies for each in rows):
        ident = reply.item.text("id") if reply.item is not None else ""
        if reply.outcome.value != "success" or not ident:
            return inconclusive(
                "events.no_change", reply, status=reply.status, outcome=reply.outcome.value
            )
        found.append(Change(ident, reply))
    return tuple(found)


def tells_of(event: Event, change: Change) -> bool:
    """Tell whether an event is about a change: by its subject, or by the id in its data."""
    subject = event.text("subject")
    if subject == change.ident or subject.endswith(f"/{change.ident}"):
        return True
    if not isinstance(event.data, dict):
        return False
    return Item(event.data, change.reply.operation).text("id") == change.ident


def about(found: Iterable[Told], change: Change) -> tuple[Told, ...]:
    """Choose the events about a change, in the order in which they came."""
    return tuple(each for each in found if tells_of(each.event, change))


def seconds_between(change: Change, delivery: Delivery) -> float:
    """Count the nominal seconds from sending a change to being told of it."""
    began = datetime.fromisoformat(change.reply.exchange.sent_at)
    came = datetime.fromisoformat(delivery.row.received_at)
    scale = _number(delivery.row, "scale", 1.0) or 1.0
    return round((came - began).total_seconds() / scale, 3)


def silence(*heard: Deliveries) -> Verdict:
    """Say that no event came, so that nothing can be said of events."""
    return inconclusive("events.nothing_came", *ids_of(*heard))


def named(event: Event) -> str:
    """Show which event is meant."""
    return show(event.text("id")) or "-"


def _number(row: Received, name: str, usual: float) -> float:
    value = row.facts.get(name, usual)
    return float(value) if isinstance(value, int | float) else usual
