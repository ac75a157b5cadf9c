"""How recorded replies are read: through the target's mapping, the same way for all.

The driver follows paging with it, checks judge with it, so that both see the same thing.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from cqsc_conform.formats.pointer import MISSING, resolve
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.evidence import Body, Exchange
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


_NOT_WHOLE = frozenset({"cap", "short", "deadline", "length", "chunk"})


class Document:
    """A body decoded, with what the operation's mapping finds in it."""

    def __init__(self, body: Body, charset: str, operation: Operation) -> None:
        self.size = body.size
        self.decoded = _decode(body, charset)
        self.fault = self.decoded if isinstance(self.decoded, JsonFault) else None
        self._operation = operation

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is any
        """The body as JSON, or ``MISSING`` where it is none."""
        return MISSING if self.fault else self.decoded

    @cached_property
    def items(self) -> tuple[Item, ...] | None:
        """The items of a listing, or None where there is no array for them."""
        if self._operation.items is None or self.fault:
            return None
        found = resolve(self.json, self._operation.items)
        if not isinstance(found, list):
            return None
        return tuple(Item(each, self._operation) for each in found)

    @cached_property
    def item(self) -> Item | None:
        """The object of a single answer, or None where there is none."""
        if self.fault:
            return None
        found = resolve(self.json, self._operation.item)
        return Item(found, self._operation) if isinstance(found, dict) else None


class Documents:
    """Documents decoded lately, of some ``most`` bytes of bodies in all.

    A decoded document takes ten times its bytes and more.  A hostile target can make every
    answer as large as is allowed, so that not all of them are held.
    """

    def __init__(self, most: int = 4 * 2**20) -> None:
        self._most = most
        self._held: dict[int, Document] = {}

    def of(self, reply: "Reply") -> Document:
        """Give a reply's document, decoded again where it is no longer held."""
        found = self._held.pop(id(reply), None)
        if found is None:
            found = Document(reply.exchange.response.body, reply.charset, reply.operation)
            while self._held and sum(each.size for each in self._held.values()) > self._most:
                del self._held[next(iter(self._held))]
        self._held[id(reply)] = found
        return found


def _decode(body: Body, charset: str) -> Any:  # noqa: ANN401 - JSON is any
    if body.cut in _NOT_WHOLE:
        # What is there may even be JSON, and yet it is not what was meant.
        return JsonFault("too_large" if body.cut == "cap" else "incomplete", body.size)
    try:
        return read_json(body.data, charset=charset)
    except JsonFault as fault:
        return fault


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
        documents: Documents | None = None,
    ) -> None:
        self.exchange = exchange
        self.timezone = timezone
        self.operation = operation
        self.on = on
        self._outcome = outcome
        self.charset = operation.charset or charset
        self._documents = documents or Documents()

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

    @property
    def fault(self) -> JsonFault | None:
        """What is wrong with the body as JSON, or None."""
        return self._documents.of(self).fault

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is any
        """The body as JSON, or ``MISSING`` where it is none."""
        return self._documents.of(self).json

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

    @property
    def items(self) -> tuple[Item, ...] | None:
        """The items of a listing, or None where the answer holds no array for them."""
        return self._documents.of(self).items

    @property
    def item(self) -> Item | None:
        """The object of a single answer, or None where the answer holds none."""
        return self._documents.of(self).item

    @cached_property
    def total(self) -> Any:  # noqa: ANN401 - JSON is any
        """The declared number of items as it stands, or ``MISSING``."""
        return MISSING if self.operation.total is None else resolve(self.json, self.operation.total)


class Reader:
    """Reads exchanges of one target; what was decoded lately is not decoded again."""

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
        self._documents = Documents()

    def reply(self, exchange: Exchange, on: On = "mapped") -> Reply:
        """Read an exchange."""
        key = (exchange.id, on)
        if key not in self._known:
            operation = self._operations.get(exchange.operation, Operation())
            self._known[key] = Reply(
                exchange,
                operation,
                self._outcome,
                self._charset,
                on,
                self._timezone,
                self._documents,
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
