"""Checks of what becomes of written values: kept as sent, absent as absent, once as once."""

from decimal import Decimal, InvalidOperation
from typing import Any

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.pointer import MISSING, resolve
from cqsc_conform.formats.reading import Reply, as_text
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_CONFLICT = 409
_REFUSED = frozenset({ReplyClass.INVALID, ReplyClass.OTHER})
_NOT_TOLD = frozenset({ReplyClass.DENIED, ReplyClass.LIMITED})


@check("writes.text_kept", version=1)
def text_kept(create: Replies, read: Replies, *, element: str = "name") -> Verdict:
    """Demand that a text comes back as it was sent, character for character."""
    sent = _sent(create[0], element)
    found = _read(read[0], element)
    if sent is MISSING or read[0].item is None:
        return inconclusive("writes.not_read", create[0], read[0], **_answered(read[0]))
    if found == sent:
        return passed("writes.text_kept", create[0], read[0], value=show(sent))
    if not isinstance(found, str):
        return failed("writes.text_gone", create[0], read[0], value=show(sent), element=element)
    lost = next((a for a, b in zip(str(sent), found, strict=False) if a != b), str(sent)[-1:])
    return failed(
        "writes.text_changed", create[0], read[0], value=show(sent), found=show(found),
        character=f"U+{ord(lost):04X}",
    )  # fmt: skip


@check("writes.numbers_kept", version=1)
def numbers_kept(
    create: Replies, read: Replies, *, elements: tuple[str, ...] = ("count", "amount")
) -> Verdict:
    """Demand that numbers come back with the value they were sent with."""
    if read[0].item is None:
        return inconclusive("writes.not_read", create[0], read[0], **_answered(read[0]))
    seen = 0
    for element in elements:
        sent = _sent(create[0], element)
        found = _read(read[0], element)
        if sent is MISSING:
            continue
        seen += 1
        if _number(found) is None or _number(found) != _number(sent):
            return failed(
                "writes.number_changed", create[0], read[0], element=element, value=show(sent),
                found=show(found) or "-",
            )  # fmt: skip
    if not seen:
        return inconclusive("writes.not_read", create[0], read[0], **_answered(read[0]))
    return passed("writes.numbers_kept", create[0], read[0], count=seen, numbers=seen)


@check("writes.absent_kept", version=1)
def absent_kept(
    absent: Replies, nulled: Replies, null_read: Replies, *, element: str = "industry"
) -> Verdict:
    """Demand that an element left out, or sent as null, does not come back with a value."""
    left_out, update, after = absent[0], nulled[0], null_read[0]
    if left_out.item is None or after.item is None:
        return inconclusive("writes.not_read", left_out, after, **_answered(after))
    found = left_out.item.element(element)
    if found not in (MISSING, None):
        return failed("writes.absent_filled", left_out, element=element, value=_quoted(found))
    if update.outcome in _NOT_TOLD:
        return inconclusive("writes.not_looked_at", update, **_answered(update))
    if update.outcome is ReplyClass.BROKEN:
        return failed("writes.null_broken", update, element=element, **_answered(update))
    found = after.item.element(element)
    if found not in (MISSING, None):
        return failed("writes.null_filled", update, after, element=element, value=_quoted(found))
    return passed("writes.absent_kept", left_out, update, after, element=element)


@check("writes.extra_not_stored", version=1)
def extra_not_stored(
    extended: Replies, extra_read: Replies, *, element: str = "cqsc_unknown"
) -> Verdict:
    """Demand that a field that the API does not know is refused or ignored, never stored."""
    update, after = extended[0], extra_read[0]
    if update.outcome in _NOT_TOLD:
        return inconclusive("writes.not_looked_at", update, **_answered(update))
    if update.outcome is ReplyClass.BROKEN:
        return failed("writes.extra_broken", update, element=element, **_answered(update))
    if after.item is None:
        return inconclusive("writes.not_read", update, after, **_answered(after))
    if _holds(after.json, element):
        return failed("writes.extra_stored", update, after, element=element)
    code = (
        "writes.extra_ignored" if update.outcome is ReplyClass.SUCCESS else "writes.extra_refused"
    )
    return passed(code, update, after, element=element, **_answered(update))


@check("writes.idempotent", version=1)
def idempotent(first: Replies, retry: Replies, other: Replies, *, element: str = "id") -> Verdict:  # noqa: PLR0911 - one a way to be wrong
    """Demand that a retry under one key gives the same resource, and another body is refused."""
    one, two, three = first[0], retry[0], other[0]
    if one.outcome is not ReplyClass.SUCCESS or one.item is None:
        return inconclusive("writes.not_created", one, **_answered(one))
    ident = one.item.text(element)
    if two.outcome in _NOT_TOLD or three.outcome in _NOT_TOLD:
        return inconclusive("writes.not_looked_at", two, three, **_answered(two))
    if two.outcome is not ReplyClass.SUCCESS:
        return failed("writes.retry_refused", one, two, **_answered(two))
    again = two.item.text(element) if two.item is not None else ""
    if again != ident:
        return failed("writes.created_twice", one, two, value=show(ident), found=show(again))
    if three.outcome is ReplyClass.SUCCESS:
        third = three.item.text(element) if three.item is not None else ""
        code = "writes.other_body_replayed" if third == ident else "writes.key_used_twice"
        return failed(code, one, three, value=show(ident), found=show(third))
    if three.outcome not in _REFUSED:
        return failed("writes.other_body_refused_wrongly", three, **_answered(three))
    return passed("writes.idempotent", one, two, three, value=show(ident))


def _sent(reply: Reply, element: str) -> Any:  # noqa: ANN401 - JSON is any
    """Give the value of an element as it was sent."""
    body = reply.exchange.request.body
    try:
        document = read_json(body.data if body else b"", charset=reply.charset)
    except JsonFault:
        return MISSING
    return resolve(document, reply.operation.element(element).at)


def _read(reply: Reply, element: str) -> Any:  # noqa: ANN401 - JSON is any
    return MISSING if reply.item is None else reply.item.element(element)


def _number(value: Any) -> Decimal | None:  # noqa: ANN401 - JSON is any
    """Read a number, or a text that writes one out."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _quoted(value: Any) -> str:  # noqa: ANN401 - JSON is any
    return f'"{show(value)}"' if isinstance(value, str) else show(value)


def _holds(document: Any, name: str) -> bool:  # noqa: ANN401 - JSON is any
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if name in value:
                return True
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False


def _answered(reply: Reply) -> dict[str, Any]:
    return {"outcome": reply.outcome.value, "status": as_text(reply.status)}
