"""Records and subscriptions of a reference event API; nothing outlives the process."""

import itertools
import threading
import uuid
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from cqsc_conform.reference.events_messages import Event, make_event
from cqsc_conform.reference.events_sender import Manner, Sign, Subscription

MOST = 1000
"""How many subscriptions there may be."""

_BEIJING = timezone(timedelta(hours=8))


class Store:
    """Records and who wants to hear of them."""

    def __init__(
        self, manner: Manner, sign: Sign, secret: str, scale: float, *, batches: bool = False
    ) -> None:
        self._made = partial(
            Subscription,
            manner=manner,
            sign=sign,
            secret=secret,
            scale=scale,
            batches=batches,
        )
        self.records: dict[str, dict[str, Any]] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def subscribe(self, sink: str) -> str:
        """Begin to deliver to an address; gives the subscription's id."""
        ident = uuid.uuid4().hex
        self.subscriptions[ident] = self._made(sink)
        return ident

    def unsubscribe(self, ident: str) -> bool:
        """End a subscription; False where there is none."""
        found = self.subscriptions.get(ident)
        if found is None:
            return False
        found.end()
        return True

    def create(self, name: str) -> dict[str, Any]:
        """Store a record, and tell of it."""
        ident = uuid.uuid4().hex
        record: dict[str, Any] = {
            "id": ident,
            "name": name,
            "count": len(name),
            "created": datetime.now(_BEIJING).isoformat(timespec="seconds"),
        }
        self.records[ident] = record
        self._tell("created", record)
        return record

    def remove(self, ident: str) -> bool:
        """Remove a record, and tell of it; False where there is none."""
        record = self.records.pop(ident, None)
        if record is None:
            return False
        self._tell("deleted", {"id": ident})
        return True

    def _tell(self, what: str, record: dict[str, Any]) -> None:
        with self._lock:
            event: Event = make_event(next(self._numbers), what, record)
            for each in tuple(self.subscriptions.values()):
                each.tell(event)
