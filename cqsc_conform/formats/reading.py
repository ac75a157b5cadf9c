"""How recorded replies are read: through the target's mapping, the same way for all.

The driver follows paging with it, checks judge with it, so that both see the same thing.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from cqsc_conform.formats.pointer import MISSING, resolve
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.evidence import Exchange
from cqsc_conform.model.operation import ElementAt, Operation, OutcomeMap
from cqsc_conform.model.outcome import ReplyClass

On = Literal["wire", "mapped"]

_BY_STATUS = {
    400: ReplyClass.INVALID,
    401: ReplyClass.DENIED,
    403: ReplyClass.DENIED,
    404: ReplyClass.NOT_FOUND,
    410: ReplyClass.NOT_FOUND,
    413: ReplyClass.INVALID,
    415: ReplyClass.INVALID,
    422: ReplyClass.INVALID,
    429: ReplyClass.LIMITED,
}


def class_of_status(status: int) -> ReplyClass:
    """Class a reply by its HTTP status alone."""
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
        return ReplyClass.SUCCESS
    if status >= 500:  # noqa: PLR2004 - RFC 9110 section 15.6
        return ReplyClass.BROKEN
    return _BY_STATUS.get(status, ReplyClass.OTHER)


def class_of_code(code: str, outcome: OutcomeMap) -> ReplyClass:
    """Class a reply by its business code; a code that no list holds is ``other``."""
    for name in ("success", "denied", "not_found", "invalid", "limited"):
        if code in getattr(outcome, name):
            return ReplyClass(name)
    return ReplyClass.OTHER


class Item:
    """One item of an answer: its data elements under the profile's names."""

    __slots__ = ("_operation", "_seen", "raw")

    def __init__(self, raw: Any, operation: Operation) -> None:  # noqa: ANN401 - JSON is any
        self.raw = raw
        self._operation = operation
        self._seen: dict[str, Any] = {}

    def element(self, name: str) -> Any:  # noqa: ANN401 - JSON is any
        """Give a data element as the profile spells it, or ``MISSING``."""
        if name not in self._seen:
            self._seen[name] = _element(self.raw, self._operation.element(name))
        return self._seen[name]

    def text(self, name: str) -> str:
        """Give a data element as text for messages and templates; empty where it is missing."""
        return as_text(self.element(name))


def _element(raw: Any, where: ElementAt) -> Any:  # noqa: ANN401 - JSON is any
    value = resolve(raw, where.at)
    if where.parse == "json" and isinstance(value, str):
        try:
            value = read_json(value.encode(errors="surrogatepass"))
        except JsonFault:
            return value
    if where.split is not None and isinstance(value, str):
        value = [part.strip() for part in value.split(where.split) if part.strip()]
    if where.each and isinstance(value, list):
        return [_renamed(row, where.each) for row in value]
    if where.values:
        return where.values.get(as_text(value), value)
    return value


def _renamed(row: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON is any
    """Give an object's members the profile's names; what is not an object stays."""
    if not isinstance(row, dict):
        return row
    found = {name: resolve(row, at) for name, at in names.items()}
    return {name: value for name, value in found.items() if value is not MISSING}


def as_text(value: Any) -> str:  # noqa: ANN401 - JSON is any
    """Write a scalar as a parameter or a business code is written; empty for what is absent."""
    if value is MISSING or value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class Reply:
    """An exchange read under an operation and an outcome mapping.

    ``timezone`` is the zone that the target declares for times without offset, or None.
    """

    def __init__(
        self,
        exchange: Exchange,
        operation: Operation,
        outcome: OutcomeMap,
        charset: str,
        on: On,
        timezone: str | None = None,
    ) -> None:
        self.exchange = exchange
        self.timezone = timezone
        self.operation = operation
        self.on = on
        self._outcome = outcome
        self._charset = operation.charset or charset

    @property
    def id(self) -> str:
        """The evidence id, for citing."""
        return self.exchange.id

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.exchange.response.status

    @property
    def params(self) -> Mapping[str, str]:
        """The operation's parameters as the probe gave them."""
        return self.exchange.params

    def header(self, name: str) -> str | None:
        """Give a header field's first value, whatever the case of its name."""
        wanted = name.lower()
        for key, value in self.exchange.response.headers:
            if key.lower() == wanted:
                return value
        return None

    @cached_property
    def _decoded(self) -> Any:  # noqa: ANN401 - JSON is any
        try:
            return read_json(self.exchange.response.body.data, charset=self._charset)
        except JsonFault as fault:
            return fault

    @property
    def fault(self) -> JsonFault | None:
        """What is wrong with the body as JSON, or None."""
        return self._decoded if isinstance(self._decoded, JsonFault) else None

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is any
        """The body as JSON, or ``MISSING`` where it is none."""
        return MISSING if self.fault else self._decoded

    @cached_property
    def business_code(self) -> str | None:
        """The business code that the target's mapping points to, or None."""
        if self._outcome.pointer is None or self.fault:
            return None
        found = resolve(self.json, self._outcome.pointer)
        return None if isinstance(found, dict | list) else (as_text(found) or None)

    @cached_property
    def outcome(self) -> ReplyClass:
        """What the API said: on the wire by status, mapped by business code where there is one.

        A business code speaks for a 2xx status only: it can tell a refusal in HTTP 200 and
        cannot turn an error status into a success.
        """
        by_status = class_of_status(self.status)
        if self.on == "wire" or self.business_code is None:
            return by_status
        by_code = class_of_code(self.business_code, self._outcome)
        if by_status is ReplyClass.SUCCESS or by_code is not ReplyClass.SUCCESS:
            return by_code
        return by_status

    @cached_property
    def items(self) -> tuple[Item, ...] | None:
        """The items of a listing, or None where the answer holds no array for them."""
        if self.operation.items is None or self.fault:
            return None
        found = resolve(self.json, self.operation.items)
        if not isinstance(found, list):
            return None
        return tuple(Item(each, self.operation) for each in found)

    @cached_property
    def item(self) -> Item | None:
        """The object of a single answer, or None where the answer holds none."""
        if self.fault:
            return None
        found = resolve(self.json, self.operation.item)
        return Item(found, self.operation) if isinstance(found, dict) else None

    @cached_property
    def total(self) -> Any:  # noqa: ANN401 - JSON is any
        """The declared number of items as it stands, or ``MISSING``."""
        return MISSING if self.operation.total is None else resolve(self.json, self.operation.total)


class Reader:
    """Reads exchanges of one target; a reply is decoded once, however many checks read it."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        outcome: OutcomeMap,
        charset: str,
        timezone: str | None = None,
    ) -> None:
        self._operations = operations
        self._outcome = outcome
        self._charset = charset
        self._timezone = timezone
        self._known: dict[tuple[str, On], Reply] = {}

    def reply(self, exchange: Exchange, on: On = "mapped") -> Reply:
        """Read an exchange."""
        key = (exchange.id, on)
        if key not in self._known:
            operation = self._operations.get(exchange.operation, Operation())
            self._known[key] = Reply(
                exchange, operation, self._outcome, self._charset, on, self._timezone
            )
        return self._known[key]

    def found(self, exchanges: Iterator[Exchange] | tuple[Exchange, ...], at: str) -> list[Item]:
        """Find what ``each`` and ``pick`` choose from: items, or what a pointer shows."""
        out: list[Item] = []
        for exchange in exchanges:
            reply = self.reply(exchange)
            if at == "items":
                out += reply.items or ()
            elif at == "item":
                out += [reply.item] if reply.item else []
            else:
                value = resolve(reply.json, at)
                rows = value if isinstance(value, list) else [value]
                out += [Item(row, reply.operation) for row in rows if row is not MISSING]
        return out
