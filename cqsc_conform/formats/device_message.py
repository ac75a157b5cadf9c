"""What a device said in one message, read through the target's mapping.

The road that most telemetry takes is short: what a mapping points to is found by one look-up,
and what the readings of a message have in common stands in :class:`Columns`.
"""

from collections.abc import Iterator
from datetime import timezone
from operator import itemgetter
from typing import Any, Final, NamedTuple

from cqsc_conform.formats.device_json import no_name_twice, plain_json
from cqsc_conform.formats.instants import instant
from cqsc_conform.formats.mqtt import Publish
from cqsc_conform.formats.pointer import MISSING, parse_pointer, resolve
from cqsc_conform.formats.reading import Item, as_text
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.formats.times import TimeProblem
from cqsc_conform.model.operation import ElementAt, Operation

__all__ = ["Columns", "Mapped", "Message", "Part"]

_OF_A_MESSAGE = ("id", "device", "time", "seq", "backfill", "batch")
_OF_A_READING = ("name", "value", "unit", "quality")
_TEXT: Final = frozenset({str})
_NUMBERS: Final = frozenset({int, float})
_UNREAD: Any = object()


class Mapped:
    """An operation of devices as it is read: each element's place, looked up once."""

    def __init__(self, operation: Operation, zone: timezone | None = None) -> None:
        self.operation = operation
        self.zone = zone
        self._single: dict[str, str | None] = {}
        places = [_single(operation.element(name)) for name in _OF_A_READING]
        self._columns = itemgetter(*places) if all(places) and not operation.members else None
        self.batch = _single(operation.element("batch"))
        items = operation.items or ""
        self._inside = parse_pointer(items)
        # In an object whose members are readings, what belongs to the message is none.
        self._taken = frozenset(
            tokens[len(self._inside)]
            for tokens in (parse_pointer(operation.element(n).at) for n in _OF_A_MESSAGE)
            if len(tokens) > len(self._inside) and tokens[: len(self._inside)] == self._inside
        )

    def find(self, raw: Any, name: str) -> Any:  # noqa: ANN401 - JSON is any
        """Give a data element of an object, or ``MISSING``."""
        single = self._single.get(name, "")
        if single == "":
            single = self._single[name] = _single(self.operation.element(name))
        if single is not None and type(raw) is dict:
            return raw.get(single, MISSING)
        return Item(raw, self.operation).element(name)

    def rows(self, part: "Part") -> tuple["Part", ...]:
        """Give the readings of a message: at ``items``, or where that is not mapped itself."""
        operation = self.operation
        if operation.items is None:
            return (part,)
        found = resolve(part.raw, operation.items)
        if operation.members:
            return tuple(self._members(found)) if isinstance(found, dict) else ()
        return tuple(Part(row, self) for row in found) if isinstance(found, list) else ()

    def columns(self, part: "Part") -> "Columns | None":
        """Give the readings of a message column by column, where all of them are plain."""
        if self._columns is None:
            return None
        raw, inside = part.raw, self._inside
        try:
            rows: Any = [raw]
            if self.operation.items is not None:
                rows = raw[inside[0]] if len(inside) == 1 else resolve(raw, self.operation.items)
            if type(rows) is not list:
                return None
            names, values, units, qualities = zip(*map(self._columns, rows), strict=True)
        except (KeyError, TypeError, ValueError, IndexError):
            return None
        if set(map(type, (*names, *units, *qualities))) != _TEXT:
            # 1, 1.0 and true are equal, and are not the same.
            return None
        numbers = _NUMBERS.issuperset(map(type, values))
        return Columns((names, units, qualities), values, numbers)

    def _members(self, found: dict[str, Any]) -> Iterator["Part"]:
        spelled = self.operation.element("name").values
        for member, value in found.items():
            if member not in self._taken:
                row = Part(value, self)
                row.know("name", spelled.get(member, member))
                if not isinstance(value, dict | list):
                    row.know("value", value)
                yield row


def _single(where: ElementAt) -> str | None:
    """Give the member that a pointer names, where it names just one and nothing is converted."""
    if where.parse or where.split or where.each or where.values:
        return None
    tokens = parse_pointer(where.at)
    return tokens[0] if len(tokens) == 1 else None


class Columns(NamedTuple):
    """The readings of one message side by side.

    ``shape`` are their names, units and quality flags as they were sent, all of them texts, so
    that a rule that reads no more has to look at each shape once.  ``numbers`` says that every
    value is one.
    """

    shape: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    values: tuple[Any, ...]
    numbers: bool


class Part:
    """One message of a batch, or one reading: its data elements under the profile's names."""

    __slots__ = ("_mapped", "_seen", "_time", "raw")

    def __init__(self, raw: Any, mapped: Mapped) -> None:  # noqa: ANN401 - JSON is any
        self.raw = raw
        self._mapped = mapped
        self._seen: dict[str, Any] = {}
        self._time: float | TimeProblem | None = None

    def element(self, name: str) -> Any:  # noqa: ANN401 - JSON is any
        """Give a data element as the profile spells it, or ``MISSING``."""
        seen = self._seen
        if name in seen:
            return seen[name]
        value = seen[name] = self._mapped.find(self.raw, name)
        return value

    def know(self, name: str, value: Any) -> None:  # noqa: ANN401 - JSON is any
        """Take an element from elsewhere than the object itself."""
        self._seen[name] = value

    def sent(self, name: str) -> Any:  # noqa: ANN401 - JSON is any
        """Give a data element as it was sent: at its place, and no spelling mapped to another."""
        if not self._mapped.operation.element(name).values:
            return self.element(name)
        return resolve(self.raw, self._mapped.operation.element(name).at)

    def text(self, name: str) -> str:
        """Give a data element as text for messages and templates; empty where it is missing."""
        return as_text(self.element(name))

    @property
    def time(self) -> float | TimeProblem:
        """Its time in seconds since 1970; without offset, in the zone that the target declares."""
        found = self._time
        if found is None:
            found = self._time = instant(self.element("time"), self._mapped.zone)
        return found

    @property
    def time_as_sent(self) -> float | TimeProblem:
        """The same without the help of a declared zone."""
        if self._mapped.zone is None:
            return self.time
        return instant(self.element("time"))

    @property
    def declared_unit(self) -> str | None:
        """The unit that the target file declares for a reading of this name."""
        units = self._mapped.operation.units
        return units.get(self.text("name")) if units else None


class Message:
    """An application message of a device, read under the operation that its topic belongs to.

    ``operation`` is that operation's name, empty where the topic belongs to none; ``places``
    are what its template's ``{…}`` stand for in the topic.
    """

    __slots__ = (
        "_batch", "_charset", "_columns", "_decoded", "_mapped", "_parts", "_plain", "_readings",
        "dup",
        "operation", "payload", "places", "qos", "retain", "topic",
    )  # fmt: skip

    def __init__(
        self, publish: Publish, found: tuple[str, Mapped, dict[str, str]], charset: str = "utf-8"
    ) -> None:
        self.topic = publish.topic
        self.payload = publish.payload
        self.qos = publish.qos
        self.retain = publish.retain
        self.dup = publish.dup
        self.operation, self._mapped, self.places = found
        self._charset = self._mapped.operation.charset or charset
        self._decoded = self._batch = self._columns = _UNREAD
        self._plain = False
        self._parts: tuple[Part, ...] | None = None
        self._readings: tuple[Part, ...] | None = None

    def _read(self) -> Any:  # noqa: ANN401 - JSON is any
        decoded = self._decoded
        if decoded is _UNREAD:
            decoded = plain_json(self.payload) if self._charset == "utf-8" else MISSING
            self._plain = decoded is not MISSING
            if decoded is MISSING:
                try:
                    decoded = read_json(self.payload, charset=self._charset)
                except JsonFault as fault:
                    decoded = fault
            self._decoded = decoded
        return decoded

    @property
    def surely_strict(self) -> bool:
        """Tell whether it is seen at once that ``json_faults`` would find nothing."""
        decoded = self._read()
        return self._plain and no_name_twice(self.payload, decoded)

    @property
    def fault(self) -> JsonFault | None:
        """What is wrong with the payload as JSON, or None."""
        decoded = self._read()
        return decoded if isinstance(decoded, JsonFault) else None

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is any
        """The payload as JSON, or ``MISSING`` where it is none."""
        decoded = self._read()
        return MISSING if isinstance(decoded, JsonFault) else decoded

    @property
    def parts(self) -> tuple[Part, ...]:
        """The messages in it: those of its batch (the element ``batch``), or itself alone.

        Empty where the payload is no JSON object.
        """
        parts = self._parts
        if parts is None:
            document, batch, mapped = self.json, self.batch, self._mapped
            if not isinstance(document, dict):
                parts = ()
            elif isinstance(batch, list):
                parts = tuple(Part(row, mapped) for row in batch)
            else:
                parts = (Part(document, mapped),)
            self._parts = parts
        return parts

    @property
    def batch(self) -> Any:  # noqa: ANN401 - JSON is any
        """What stands where a batch has its messages (the element ``batch``), or ``MISSING``."""
        batch = self._batch
        if batch is _UNREAD:
            mapped, document = self._mapped, self.json
            single = mapped.batch
            if single is not None and type(document) is dict:
                batch = document.get(single, MISSING)
            else:
                batch = resolve(document, mapped.operation.element("batch").at)
            self._batch = batch
        return batch

    def element(self, name: str) -> Any:  # noqa: ANN401 - JSON is any
        """Give a data element of the first message in it, or ``MISSING``."""
        return self.parts[0].element(name) if self.parts else MISSING

    def readings_of(self, part: Part) -> tuple[Part, ...]:
        """Give the readings of one message."""
        if len(self.parts) == 1 and part is self.parts[0]:
            return self.readings
        return self._mapped.rows(part)

    @property
    def readings(self) -> tuple[Part, ...]:
        """The readings of all messages in it."""
        readings = self._readings
        if readings is None:
            rows = self._mapped.rows
            readings = self._readings = tuple(each for part in self.parts for each in rows(part))
        return readings

    @property
    def columns(self) -> Columns | None:
        """The readings column by column, where it is one message and all of them are plain."""
        columns: Columns | None = self._columns
        if columns is _UNREAD:
            parts = self.parts
            columns = self._mapped.columns(parts[0]) if len(parts) == 1 else None
            self._columns = columns
        return columns
