"""Stores that keep records wrongly; each is the store of one mutant."""

from cqsc_conform.reference.exchange_data import Record
from cqsc_conform.reference.exchange_store import Store


class Keyless(Store):
    """Creates a record each time, whatever key comes with it."""

    def create(self, fields: Record, key: str = "") -> Record:
        """Keep a new record."""
        self.keys.pop(key, None)
        return super().create(fields, key)


class Questioning(Store):
    """Keeps a question mark for each character beyond the basic plane."""

    def create(self, fields: Record, key: str = "") -> Record:
        """Keep a new record, as far as its letters are known here."""
        name = "".join("?" if ord(each) > 0xFFFF else each for each in fields["name"])
        return super().create(fields | {"name": name}, key)


class Forgetting(Store):
    """Deletes without a trace."""

    def delete(self, ident: str) -> bool:
        """Delete a record."""
        found = super().delete(ident)
        self.gone.pop(ident, None)
        return found


class Overlooking(Store):
    """Never tells of one record."""

    def changes(self) -> list[Record]:
        """List all changes but those of one record."""
        left_out = sorted(self.records)[7]
        return [each for each in super().changes() if each["id"] != left_out]


class Stale(Store):
    """Tells of one record what it was long ago."""

    def changes(self) -> list[Record]:
        """List all changes, one with another name."""
        old = sorted(self.records)[7]
        return [
            each | {"record": each["record"] | {"name": "旧名"}} if each["id"] == old else each
            for each in super().changes()
        ]


class Burying(Store):
    """Says of a record that lives that it was deleted."""

    def changes(self) -> list[Record]:
        """List all changes, one of them wrongly a deletion."""
        alive = sorted(self.records)[7]
        return [
            {"id": each["id"], "change": "delete", "at": each["at"]}
            if each["id"] == alive
            else each
            for each in super().changes()
        ]
