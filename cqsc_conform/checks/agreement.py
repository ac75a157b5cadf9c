"""Checks that two sources of one catalogue say the same: list and detail, entry and service."""

from itertools import product
from typing import Any

from cqsc_conform.checks.entries import (
    Said,
    children,
    detailed,
    empty,
    label,
    listed,
    show,
    text_of,
    trouble,
)
from cqsc_conform.checks.moments import read_when
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.reading import Item, Reply, as_text
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict


@check("catalog.list_equals_detail", version=1)
def list_equals_detail(
    pages: Replies, detail: Reply, *, elements: tuple[str, ...]
) -> Verdict | None:
    """Demand that a listed entry is answered by its id and says what the list says of it.

    Elements that only one of the two carries are not compared.  Data may be updated between the
    two questions: a later ``updated`` in the detail is no difference.
    """
    wrong = _unanswered(detail)
    whole = detail.item
    if wrong is not None or whole is None:
        return wrong
    asked = detail.params.get("id", "")
    entry = show(asked)
    rows = [seen for seen in listed(pages) if seen.item.text("id") == asked]
    if not rows:
        return inconclusive("catalog.not_listed", detail, entry=entry)
    compared = 0
    for row, name in product(rows, elements):
        one, other = row.item.element(name), whole.element(name)
        if empty(one) or empty(other):
            continue
        compared += 1
        if not _same(one, other) and not _later(name, one, other, detail):
            return failed(
                "catalog.detail_differs",
                row.reply,
                detail,
                entry=entry,
                element=name,
                listed=show(one),
                detailed=show(other),
            )
    if not compared:
        return inconclusive("catalog.nothing_compared", detail, entry=entry)
    return passed("catalog.detail_agrees", rows[0].reply, detail, entry=entry, elements=compared)


def _unanswered(detail: Reply) -> Verdict | None:
    """Say why a listed entry has no detail, or nothing where it has one."""
    entry = show(detail.params.get("id"))
    said: dict[str, Any] = {"outcome": detail.outcome.value, "status": detail.status}
    if detail.outcome is ReplyClass.LIMITED:
        return inconclusive("catalog.detail_limited", detail, entry=entry, **said)
    if detail.outcome is not ReplyClass.SUCCESS:
        return failed("catalog.detail_refused", detail, entry=entry, **said)
    if detail.fault is not None:
        return failed("catalog.detail_not_json", detail, entry=entry, fault=detail.fault.code)
    if detail.item is None:
        pointer = detail.operation.item
        return failed("catalog.detail_no_object", detail, entry=entry, pointer=pointer)
    return None


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON is any
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return bool(one == other)
    return as_text(one) == as_text(other)


def _later(name: str, listed_value: Any, value: Any, detail: Reply) -> bool:  # noqa: ANN401
    if name != "updated":
        return False
    before, after = read_when(listed_value, detail), read_when(value, detail)
    if isinstance(before, str) or isinstance(after, str):
        return False
    return after.first >= before.first


@check("catalog.items_equal_schema", version=1)
def items_equal_schema(details: Replies, fields: Reply) -> Verdict | None:
    """Demand that information items are the fields that the live service describes."""
    asked = fields.params.get("id", "")
    entry = show(asked)
    holder = next((seen for seen in detailed(details) if seen.item.text("id") == asked), None)
    declared = children(holder, "items") if holder is not None else None
    if holder is None or not declared:
        return None
    if fields.outcome is not ReplyClass.SUCCESS:
        return inconclusive(
            "catalog.schema_unanswered",
            fields,
            entry=entry,
            outcome=fields.outcome.value,
            status=fields.status,
        )
    if fields.items is None:
        return failed(
            "catalog.schema_no_fields",
            fields,
            entry=entry,
            pointer=fields.operation.items or "",
        )
    told, cited = _types(declared), (holder.reply, fields)
    # An item without a name may be any field; that it lacks one is judged elsewhere.
    nameless = sum(empty(item.element("name")) for item in declared)
    wrong = _difference(entry, told, _types(list(fields.items)), nameless)
    if wrong is not None:
        return failed(wrong.code, *cited, **wrong.args)
    return passed("catalog.items_equal_schema", *cited, entry=label(holder.item), items=len(told))


def _difference(
    entry: str, told: dict[str, str], live: dict[str, str], nameless: int
) -> Said | None:
    """Say the first difference between declared and live fields."""
    for name in sorted(told.keys() - live.keys()):
        return trouble("catalog.field_not_live", entry=entry, item=show(name))
    for name in sorted(live.keys() - told.keys())[nameless:]:
        return trouble("catalog.field_undeclared", entry=entry, item=show(name))
    for name, kind in told.items():
        if kind and kind != live[name]:
            return trouble(
                "catalog.field_type_differs",
                entry=entry,
                item=show(name),
                declared=kind,
                live=live[name],
            )
    return None


def _types(items: list[Item]) -> dict[str, str]:
    """Give the type of each named field; whether names and types are given is judged elsewhere."""
    found: dict[str, str] = {}
    for item in items:
        name = text_of(item.element("name"))
        if name is not None and not empty(name):
            found.setdefault(name, show(item.element("type")))
    return found
