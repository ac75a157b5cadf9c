"""What the doctor concludes from an answer's content: items, total, elements; pure."""

import re
from collections.abc import Iterator

from cqsc_conform.catalog.guess.answers import business_code, listing_of, object_of
from cqsc_conform.catalog.guess.names import (
    CHILDREN,
    VALUES,
    best_name,
    elements_of,
    wanted_elements,
)
from cqsc_conform.catalog.guess.shapes import pointer_to, shape_of
from cqsc_conform.engine.found import FEW, SHOWN, Finding, Level, members_at, said_by
from cqsc_conform.formats.pointer import MISSING, resolve
from cqsc_conform.formats.reading import Item, Reply, as_text
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.target import Target
from cqsc_conform.model.text import Args

__all__ = ["of_elements", "of_item", "of_listing", "of_paging", "of_unknown"]

_LOCAL_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?"
)
_CODED = re.compile(r"[A-Za-z0-9_-]{1,6}")


def of_listing(name: str, reply: Reply, size: int | None) -> Iterator[Finding]:
    """Say whether items and total are where the mapping points, and whether the size is heeded."""
    operation = reply.operation
    guessed = listing_of(shape_of(reply.json))
    if reply.items is None:
        better = str(guessed.items.value) if guessed else None
        yield _pointer(name, "items", operation.items or "", reply, better, "array")
        return
    args: Args = {"operation": name, "pointer": operation.items or "", "count": len(reply.items)}
    code = "items" if reply.items else "items_empty"
    level: Level = "ok" if reply.items else "warning"
    at = ("operations", name)
    yield Finding(f"target.doctor_{code}", level, (*at, "items"), args, reply.id)
    if operation.total is not None:
        total = reply.total
        if isinstance(total, int) and not isinstance(total, bool):
            said: Args = {"operation": name, "pointer": operation.total, "total": total}
            yield Finding("target.doctor_total", "ok", (*at, "total"), said, reply.id)
        else:
            near = guessed.total if guessed else None
            better = str(near.value) if near else None
            yield _pointer(name, "total", operation.total, reply, better, "integer")
    if size is not None and len(reply.items) > size:
        wire = operation.parameter("page_size").name
        more: Args = {"operation": name, "asked": size, "count": len(reply.items), "name": wire}
        place = (*at, "parameters", "page_size")
        yield Finding("target.doctor_page_size", "warning", place, more, reply.id)


def _pointer(
    name: str, what: str, pointer: str, reply: Reply, better: str | None, wanted: str
) -> Finding:
    """Say that a pointer finds nothing, or something of the wrong type, and what was seen."""
    found = resolve(reply.json, pointer)
    code = "pointer_missing" if found is MISSING else "pointer_type"
    if better is not None and better != pointer:
        code += "_better"
    args: Args = {
        "operation": name,
        "what": what,
        "pointer": pointer,
        "better": better or '""',
        "wanted": wanted,
        "kind": shape_of(found).kind or "null",
        "seen": members_at(reply.json, pointer),
    }
    return Finding(f"target.doctor_{code}", "problem", ("operations", name, what), args, reply.id)


def of_paging(name: str, first: Reply, second: Reply) -> Finding:
    """Say whether the second page is another one than the first."""
    at = ("operations", name, "paging")
    style = first.operation.paging.style
    args: Args = {"operation": name, "style": style, "name": first.operation.parameter(
        "page" if style == "page" else style).name}  # fmt: skip
    if second.outcome is not ReplyClass.SUCCESS or second.items is None:
        args = {**args, "status": second.status, "said": said_by(second)}
        return Finding("target.doctor_page_refused", "problem", at, args, second.id)
    same = [each.raw for each in first.items or ()] == [each.raw for each in second.items]
    if same and second.items:
        return Finding("target.doctor_page_stuck", "problem", at, args, second.id)
    return Finding("target.doctor_page", "ok", at, args, second.id)


def of_item(name: str, reply: Reply) -> Iterator[Finding]:
    """Say whether a single answer's object is where the mapping points."""
    if reply.item is None:
        guessed = object_of(shape_of(reply.json))
        better = str(guessed[0].value) if guessed else None
        yield _pointer(name, "item", reply.operation.item, reply, better, "object")
    else:
        yield from of_elements(name, reply, reply.item)


def of_elements(name: str, reply: Reply, item: Item) -> Iterator[Finding]:
    """Say which elements an item has, which it lacks, and what might be them."""
    known = elements_of(name)
    mapped = reply.operation.elements
    wanted = dict.fromkeys((*wanted_elements(name), *(each for each in mapped if "." not in each)))
    offered = _offered(item)
    needed = wanted_elements(name)
    found: list[str] = []
    for element in wanted:
        value = item.element(element)
        if value is not MISSING:
            found += [element] if element in needed else []
            yield from _value(name, reply, element, value)
            continue
        if element in mapped and element not in needed:
            # Some entries rightly lack an optional element; its mapping cannot be judged here.
            continue
        at = ("operations", name, "elements", element)
        near = best_name(element, known.get(element, ()), dict.fromkeys(offered, ""))
        args: Args = {
            "operation": name,
            "element": element,
            "pointer": reply.operation.element(element).at,
            "seen": tuple(offered[:FEW]),
            "better": pointer_to(near.name) if near else "",
        }
        code = "target.doctor_element_better" if near else "target.doctor_element"
        yield Finding(code, "problem", at, args, reply.id)
    yield from _children(name, reply, item)
    if found:
        args = {"operation": name, "count": len(found), "of": len(needed)}
        place = ("operations", name, "elements")
        yield Finding("target.doctor_elements", "ok", place, args, reply.id)


def _offered(item: Item) -> list[str]:
    return [str(each)[:40] for each in item.raw] if isinstance(item.raw, dict) else []


def _children(name: str, reply: Reply, item: Item) -> Iterator[Finding]:
    """Say which members the objects of a list lack, and what might be them."""
    for parent, children in CHILDREN.items():
        rows = item.element(parent)
        where = reply.operation.element(parent)
        raw = resolve(item.raw, where.at)
        if parent not in elements_of(name) or not (isinstance(rows, list) and rows):
            continue
        first = raw[0] if isinstance(raw, list) and isinstance(raw[0], dict) else {}
        seen = [str(each)[:SHOWN] for each in first]
        for child in ("name", "type"):
            if isinstance(rows[0], dict) and child in rows[0]:
                continue
            near = best_name(child, children[child], dict.fromkeys(seen, ""))
            args: Args = {
                "operation": name,
                "element": parent,
                "member": child,
                "seen": tuple(seen[:FEW]),
                "pointer": where.at,
                "better": pointer_to(near.name) if near else f"/{child}",
            }
            at = ("operations", name, "elements", parent)
            yield Finding("target.doctor_member", "problem", at, args, reply.id)


def _value(name: str, reply: Reply, element: str, value: object) -> Iterator[Finding]:
    """Look at values whose spelling a mapping can mend: coded lists, times without offset."""
    text = as_text(value)[:SHOWN]
    at = ("operations", name, "elements", element)
    args: Args = {"operation": name, "element": element, "value": text}
    allowed = VALUES.get(element, ())
    if allowed and text not in allowed and _CODED.fullmatch(text):
        said: Args = {**args, "allowed": allowed}
        yield Finding("target.doctor_coded", "problem", at, said, reply.id)
    if element == "updated" and reply.timezone is None and _LOCAL_TIME.fullmatch(text):
        yield Finding("target.doctor_timezone", "problem", ("timezone",), args, reply.id)


def of_unknown(name: str, reply: Reply, target: Target) -> Finding:
    """Say how an id that nobody has is answered under the outcome mapping."""
    code = reply.business_code or ""
    args: Args = {"operation": name, "status": reply.status, "value": code[:SHOWN]}
    args = {**args, "said": said_by(reply), "outcome": reply.outcome.value}
    at = ("outcome", "not_found")
    if reply.outcome is ReplyClass.NOT_FOUND:
        return Finding("target.doctor_unknown", "ok", at, args, reply.id)
    if reply.outcome is ReplyClass.OTHER and code:
        return Finding("target.doctor_unknown_code", "problem", at, args, reply.id)
    if reply.outcome is ReplyClass.SUCCESS:
        coded = None if target.outcome.pointer else business_code(shape_of(reply.json))
        if coded is not None:
            value = as_text(resolve(reply.json, coded[0]))[:SHOWN]
            given: Args = {**args, "pointer": coded[0], "value": value}
            return Finding(
                "target.doctor_unknown_unmapped", "problem", ("outcome",), given, reply.id
            )
        return Finding("target.doctor_unknown_success", "warning", at, args, reply.id)
    return Finding("target.doctor_unknown_other", "warning", at, args, reply.id)
