"""Checks on whole collections: the export, its digest, the published schema, references."""

import base64
import binascii
import hashlib
import re
from typing import Any

from cqsc_conform.checks.entries import GOOD, Said, Seen, empty, over, show, trouble
from cqsc_conform.checks.exchange_walks import (
    Walked,
    answered,
    differences,
    first_of,
    later,
    refusal,
    unusable,
    walked,
)
from cqsc_conform.checks.moments import asked_at, read_when
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.payload import PayloadSchema, SchemaInvalid, compile_schema
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.reading import Item, Reply
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_DIGEST = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/]+={0,2}):")
_OLD_DIGEST = re.compile(r"(sha-256|sha-512)=([A-Za-z0-9+/]+={0,2})")
_FIELDS = (("repr-digest", _DIGEST), ("content-digest", _DIGEST), ("digest", _OLD_DIGEST))
# What no record is; a schema that takes them all says nothing of records.
_NONSENSE: tuple[Any, ...] = ({}, [], "x", 5, None)


def _lines(file: Reply) -> list[Item] | JsonFault:
    """Read an export: an array where the mapping points to one, else a line a record."""
    if file.operation.items is not None and file.items is not None:
        return list(file.items)
    if isinstance(file.json, list):
        return [Item(each, file.operation) for each in file.json]
    lines = filter(bytes.strip, file.exchange.response.body.data.splitlines())
    try:
        return [Item(read_json(each, charset=file.charset), file.operation) for each in lines]
    except JsonFault as fault:
        return fault


@check("exchange.export_equals_pages", version=1)
def export_equals_pages(pages: Replies, file: Reply, *, elements: tuple[str, ...]) -> Verdict:
    """Demand that the export holds each record of the paged view once, with equal elements."""
    whole = walked(pages)
    if file.outcome is not ReplyClass.SUCCESS:
        return refusal("exchange.export_refused", file)
    if file.exchange.response.body.cut == "cap":
        return inconclusive("exchange.export_large", file)
    found = _lines(file)
    if isinstance(found, JsonFault):
        return failed("exchange.export_no_lines", file, fault=found.code)
    if not whole.whole or not whole.records:
        return unusable(whole)
    return _unlike(whole, file, found, elements) or passed(
        "exchange.export_equals_pages",
        *whole.pages,
        file,
        count=len(found),
        records=len(found),
    )


def _unlike(
    whole: Walked, file: Reply, found: list[Item], elements: tuple[str, ...]
) -> Verdict | None:
    """Say the first way in which an export is not the paged view, or nothing where it is."""
    paged = first_of(whole.records)
    exported: dict[str, Item] = {}
    for item in found:
        ident = item.text("id")
        if ident in exported:
            return failed("exchange.export_twice", file, value=show(ident))
        exported[ident] = item
    new = {ident for ident in exported.keys() - paged.keys() if _made_since(exported[ident], whole)}
    apart = sorted((paged.keys() ^ exported.keys()) - new)
    if apart:
        code = "exchange.export_lacks" if apart[0] in paged else "exchange.export_extra"
        return failed(code, *whole.pages[:1], file, bad=len(apart), value=show(apart[0]))
    for ident, seen in paged.items():
        wrong = next(differences(seen.item, exported[ident], elements), None)
        if wrong is not None and not later(seen.item, exported[ident], file):
            return failed(
                "exchange.export_differs", seen.reply, file, value=show(ident), element=wrong
            )
    return None


def _made_since(item: Item, whole: Walked) -> bool:
    """Tell whether a record was made after the walk began that it is missing from."""
    began, made = asked_at(whole.pages[0]), read_when(item.element("created"), whole.pages[0])
    return began is not None and not isinstance(made, str) and made.last >= began


@check("exchange.digest_true", version=1)
def digest_true(file: Reply) -> Verdict:
    """Demand a digest of the export that is the digest of its bytes (RFC 9530)."""
    if file.outcome is not ReplyClass.SUCCESS:
        return inconclusive("exchange.export_unread", file, status=file.status)
    body = file.exchange.response.body
    masked = any(each.part == "response.body" for each in file.exchange.redactions)
    if body.cut is not None or body.coding is not None or masked:
        return inconclusive("exchange.export_not_whole", file)
    for name, form in _FIELDS:
        found = form.search(_lowered(file.header(name) or ""))
        if found is None:
            continue
        algorithm = found[1].replace("-", "")
        try:
            told = base64.b64decode(found[2], validate=True)
        except binascii.Error:
            return failed("exchange.digest_malformed", file, field=name)
        if told != hashlib.new(algorithm, body.data).digest():
            return failed("exchange.digest_false", file, field=name, size=body.size)
        return passed("exchange.digest_true", file, field=name, algorithm=found[1], size=body.size)
    return failed("exchange.digest_absent", file)


def _lowered(text: str) -> str:
    """Write the algorithm's name small; its value keeps its letters."""
    return re.sub(r"sha-(256|512)=", lambda found: found[0].lower(), text, flags=re.IGNORECASE)


@check("exchange.records_valid", version=1)
def records_valid(pages: Replies, document: Reply) -> Verdict:
    """Demand that every record keeps to the JSON Schema that the target publishes of them."""
    if document.outcome is not ReplyClass.SUCCESS or document.item is None:
        return refusal("exchange.schema_unread", document)
    schema = _compiled(document.item.raw)
    if isinstance(schema, SchemaInvalid):
        if schema.code in {"schema_invalid", "format_unknown"}:
            return failed("exchange.schema_invalid", document, pointer=schema.pointer)
        return inconclusive(f"exchange.schema_{schema.code}", document)
    if all(schema.is_valid(each) for each in _NONSENSE):
        return inconclusive("exchange.schema_empty", document)

    def rule(seen: Seen) -> Said:
        faults = schema.faults(seen.item.raw, limit=1)
        if not faults:
            return GOOD
        return trouble(
            "exchange.record_invalid",
            value=show(seen.item.text("id")),
            pointer=faults[0].pointer or "/",
            keyword=faults[0].keyword,
        )

    return over(
        walked(pages).records, rule, "exchange.records_valid", "exchange.no_records",
        looked=(*pages[:1], document),
    )  # fmt: skip


def _compiled(schema: dict[str, Any]) -> PayloadSchema | SchemaInvalid:
    try:
        return compile_schema(schema)
    except SchemaInvalid as why:
        return why


@check("exchange.references_resolve", version=1)
def references_resolve(pages: Replies, *, element: str = "parent") -> Verdict:
    """Demand that each record that names another names one that there is."""
    whole = walked(pages)
    if not whole.whole or not whole.records:
        return unusable(whole)
    known = first_of(whole.records)

    def rule(seen: Seen) -> Said | None:
        value = seen.item.element(element)
        if empty(value):
            return None
        wanted = seen.item.text(element)
        if value is not MISSING and wanted in known:
            return GOOD
        return trouble(
            "exchange.reference_dangling",
            value=show(seen.item.text("id")),
            element=element,
            found=show(wanted),
        )

    return over(
        whole.records, rule, "exchange.references_resolve", "exchange.no_reference",
        looked=whole.pages,
    )  # fmt: skip


@check("exchange.item_equals_list", version=1)
def item_equals_list(pages: Replies, detail: Reply, *, elements: tuple[str, ...]) -> Verdict | None:
    """Demand that a listed record is answered by its id, and says what the list says of it.

    A list may leave elements out; those that both carry are compared.  A later ``updated`` is
    no difference: the record may have changed between the two questions.
    """
    asked = detail.params.get("id", "")
    value = show(asked)
    if detail.outcome is ReplyClass.LIMITED:
        return inconclusive("exchange.item_limited", detail, value=value, **answered(detail))
    if detail.outcome is not ReplyClass.SUCCESS or detail.item is None:
        return failed("exchange.item_refused", detail, value=value, **answered(detail))
    row = first_of(walked(pages).records).get(asked)
    if row is None:
        return inconclusive("exchange.item_not_listed", detail, value=value)
    here, there = row.item, detail.item
    both = [n for n in elements if not empty(here.element(n)) and not empty(there.element(n))]
    if not both:
        return inconclusive("exchange.nothing_compared", detail)
    return _differs(row, detail, there, both) or passed(
        "exchange.item_equals_list", row.reply, detail, value=value, elements=len(both)
    )


def _differs(row: Seen, detail: Reply, there: Item, elements: list[str]) -> Verdict | None:
    """Say the first element that differs; an item that was updated meanwhile shows nothing."""
    value = show(there.text("id"))
    wrong = next(differences(row.item, there, elements), None)
    if wrong is None:
        return None
    if later(row.item, there, detail):
        return inconclusive("exchange.item_moved", row.reply, detail, value=value)
    return failed(
        "exchange.item_differs",
        row.reply,
        detail,
        value=value,
        element=wrong,
        listed=show(row.item.element(wrong)),
        found=show(there.element(wrong)),
    )
