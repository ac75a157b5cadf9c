"""The records of a reference while it runs: what lives, what was deleted, who asked for what."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cqsc_conform.reference.exchange_data import BEIJING, Record

_TICK = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Gone:
    """What remains of a deleted record: its id, and when it was deleted."""

    id: str
    at: str


class Store:
    """Records by id; each change has a moment of its own, later than all before it.

    `made` and `dropped` are moments too; nothing here outlives the process.
    """

    def __init__(
        self,
        records: Iterable[Record],
        gone: Iterable[Gone],
        clock: Callable[[], datetime],
        new_id: Callable[[int], str],
    ) -> None:
        self.records = {each["id"]: each for each in records}
        self.gone = {each.id: each for each in gone}
        self.keys: dict[str, tuple[Record, str]] = {}
        self._clock = clock
        self._new_id = new_id
        self._number = 0
        self._last = clock()
        self._lock = threading.RLock()

    def now(self) -> str:
        """Tell the moment before which everything that will be told has been told."""
        return self._moment(tick=False)

    def _moment(self, *, tick: bool) -> str:
        with self._lock:
            at = max(self._clock(), self._last + (_TICK if tick else timedelta()))
            self._last = at
            return at.astimezone(BEIJING).isoformat(timespec="microseconds")

    def create(self, fields: Record, key: str = "") -> Record:
        """Keep a new record; under a key that was used before, give the record of that time."""
        with self._lock:
            if key and key in self.keys:
                return self.keys[key][0]
            self._number += 1
            at = self._moment(tick=True)
            record = {"id": self._new_id(self._number), **fields, "created": at, "updated": at}
            self.records[record["id"]] = record
            if key:
                self.keys[key] = (record, repr(sorted(fields.items())))
            return record

    def same_request(self, key: str, fields: Record) -> bool:
        """Tell whether a key is new, or was used for just this before."""
        earlier = self.keys.get(key)
        return earlier is None or earlier[1] == repr(sorted(fields.items()))

    def delete(self, ident: str) -> bool:
        """Delete a record and keep a tombstone; False where there is none."""
        with self._lock:
            found = self.records.pop(ident, None)
            if found is not None:
                self.gone[ident] = Gone(ident, self._moment(tick=True))
            return found is not None

    def changes(self) -> list[Record]:
        """List the last change of every record, oldest first."""
        found: list[Record] = [
            {"id": each["id"], "change": "upsert", "at": each["updated"], "record": each}
            for each in self.records.values()
        ]
        found += [{"id": each.id, "change": "delete", "at": each.at} for each in self.gone.values()]
        return sorted(found, key=lambda each: (datetime.fromisoformat(each["at"]), each["id"]))
