"""What an API answers that serves its records to everybody: singly, in lists, as changes.

Single records, writing and refusals are the core API's; lists, changes and the export are the
exchange API's, over the same records.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cqsc_conform.reference.core_answers import (
    ALLOWED,
    DEPRECATED,
    Asked,
    Refused,
    Said,
    admit,
    create,
    described,
    finished,
    found,
    one,
    problem,
    read_object,
    update,
)
from cqsc_conform.reference.core_store import Record, Store, stamp
from cqsc_conform.reference.data_document import NEEDED, OWN, SCHEMA, STATUSES
from cqsc_conform.reference.exchange_answers import Asked as Exchanged
from cqsc_conform.reference.exchange_answers import World
from cqsc_conform.reference.exchange_answers import answer as exchanged
from cqsc_conform.reference.exchange_store import Gone
from cqsc_conform.reference.exchange_store import Store as ExchangeStore

_READ = ("GET", "HEAD")
_ALLOWED = ALLOWED | {"changes": _READ, "export": _READ, "schema": _READ}
_EXCHANGED = {
    "list": "records.list",
    "old_list": "records.list",
    "changes": "records.changes",
    "export": "records.export",
}
_TICK = timedelta(milliseconds=1)
_NUMBERS = frozenset({"longitude", "latitude", "amount", "count"})


class Ticking:
    """A clock each of whose moments is a millisecond later than the one before, or more."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._last = clock()

    def __call__(self) -> datetime:
        """Tell the time."""
        self._last = max(self._clock(), self._last + _TICK)
        return self._last


class DataAnswers:
    """Answers from one store, and remembers what was deleted from it."""

    def __init__(self, seal: bytes, gone: tuple[Gone, ...]) -> None:
        self._seal = seal
        self._gone = list(gone)

    def answer(self, store: Store, asked: Asked, document: Mapping[str, Any]) -> Said:
        """Answer one request as the document says."""
        try:
            said = self._answer(store, asked, document)
        except Refused as refusal:
            said = problem(refusal.status, refusal.detail, refusal.headers)
        return finished(asked, said)

    def _answer(self, store: Store, asked: Asked, document: Mapping[str, Any]) -> Said:  # noqa: PLR0911 - one an operation
        admit(store, asked, _ALLOWED)
        match asked.operation:
            case "document":
                return described(document)
            case "schema":
                return Said(200, SCHEMA, _KEPT, "application/schema+json")
            case "create":
                return create(store, asked, read_record)
            case "update":
                return update(store, asked, read_record)
            case "delete":
                ident = found(store, asked)
                del store.kept[ident]
                self._gone.append(Gone(ident, stamp(store.clock())))
                return Said(204)
            case "record":
                return one(store.kept[found(store, asked)], asked)
        return self._exchanged(store, asked)

    def _exchanged(self, store: Store, asked: Asked) -> Said:
        records = [each.record for each in store.kept.values()]
        world = World(ExchangeStore(records, self._gone, store.clock, str), self._seal)
        said = exchanged(world, Exchanged(_EXCHANGED[asked.place], query=asked.query))
        headers = {**_KEPT, **said.headers}
        following = said.body.get("next") if isinstance(said.body, dict) else None
        path = "/v0/records" if asked.place == "old_list" else "/records"
        if following and asked.place != "changes":
            query = urlencode({**asked.query, "cursor": following})
            headers["Link"] = f'<{path}?{query}>; rel="next"'
        if asked.place == "old_list":
            headers |= {"Deprecation": DEPRECATED[0], "Sunset": DEPRECATED[1]}
        return Said(said.status, said.body, headers, said.kind)


_KEPT = {"Cache-Control": "private, no-cache"}


def read_record(asked: Asked) -> Record:
    """Read the elements of a record; refuses what the schema does not have."""
    body = read_object(asked)
    if body.keys() - (SCHEMA["properties"].keys() - OWN):
        raise Refused(422, "a member is not declared")
    record = {name: value for name, value in body.items() if value is not None}
    for name in NEEDED:
        if not record.get(name):
            raise Refused(422, f"{name} is missing")
    for name, value in record.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (isinstance(value, str) or (number and name in _NUMBERS)):
            raise Refused(422, f"{name} is of another type")
    if record.get("status", STATUSES[0]) not in STATUSES:
        raise Refused(422, "status is none of the declared ones")
    return record
