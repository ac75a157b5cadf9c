"""What the doctor concludes from one answer: findings as codes, pure."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from msgspec import Struct

from cqsc_conform.catalog.guess.answers import business_code, listing_of, object_of
from cqsc_conform.catalog.guess.names import (
    CHILDREN,
    VALUES,
    best_name,
    elements_of,
    plain,
    wanted_elements,
)
from cqsc_conform.catalog.guess.shapes import pointer_to, shape_of
from cqsc_conform.formats.pointer import MISSING, parse_pointer, resolve
from cqsc_conform.formats.reading import Item, Reply, as_text
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.evidence import Unobserved
from cqsc_conform.model.outcome import Blame, ReplyClass
from cqsc_conform.model.target import Signed, Target
from cqsc_conform.model.text import Args

__all__ = [
    "Finding",
    "Level",
    "of_answer",
    "of_clock",
    "of_elements",
    "of_item",
    "of_listing",
    "of_paging",
    "of_trouble",
    "of_unknown",
]

Level = Literal["ok", "warning", "problem"]

_FEW = 8
_SHOWN = 80
_SECONDS, _SIGNED_SECONDS = 30, 120
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?")
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_CODED = re.compile(r"[A-Za-z0-9_-]{1,6}")
_SAME_CHARSETS = {"gbk": "gb18030", "gb2312": "gb18030", "utf8": "utf-8"}


class Finding(Struct, frozen=True):
    """One thing the doctor saw: a code of ``target.po``, how bad, and where it is mended.

    ``at`` is a path into the target file; ``cites`` is the id of the exchange it rests on.
    """

    code: str
    level: Level
    at: tuple[str, ...]
    args: Args = {}
    cites: str = ""


def of_trouble(seen: Unobserved) -> Finding:
    """Say that nothing was seen: by the endpoint's name, its port, its TLS, or its HTTP."""
    args: Args = {**seen.args, "endpoint": seen.endpoint, "operation": seen.operation}
    args = {**args, "why": seen.code, "identity": seen.identity}
    at: tuple[str, ...] = ("endpoints", seen.endpoint, "url")
    if seen.blame is Blame.YOU:
        code, at = "credential", ("identities", seen.identity)
    elif seen.code == "http.name":
        code = "name"
    elif seen.code in ("http.refused", "http.connect_timeout", "http.unreachable"):
        code = "port"
    else:
        code = "tls" if "tls" in seen.code else "http"
    return Finding(f"target.doctor_no_{code}", "problem", at, args, seen.id)


def of_clock(reply: Reply, now: datetime, target: Target) -> Finding:
    """Compare the target's ``Date`` with our clock; signed requests depend on it."""
    at = ("endpoints", reply.exchange.endpoint)
    try:
        said = parsedate_to_datetime(reply.header("date") or "")
    except ValueError:
        return Finding("target.doctor_no_date", "warning", at, {}, reply.id)
    if said.tzinfo is None:
        return Finding("target.doctor_no_date", "warning", at, {}, reply.id)
    seconds = round((said - now).total_seconds())
    args: Args = {"seconds": seconds}
    identity = target.identities.get(reply.exchange.identity)
    signs = identity is not None and isinstance(identity.use, Signed)
    if signs and abs(seconds) > _SIGNED_SECONDS:
        return Finding("target.doctor_clock_signed", "problem", at, args, reply.id)
    if abs(seconds) > _SECONDS:
        return Finding("target.doctor_clock", "warning", at, args, reply.id)
    return Finding("target.doctor_clock_ok", "ok", at, args, reply.id)


def of_answer(name: str, reply: Reply, target: Target) -> Finding:
    """Say whether an operation answered, as the outcome mapping reads it, in JSON."""
    at = ("operations", name)
    args: Args = {"operation": name, "status": reply.status, "said": _said(reply)}

    def found(code: str, level: Level, where: tuple[str, ...] = at, **more: object) -> Finding:
        given = {key: value if isinstance(value, int) else str(value) for key, value in more.items()}
        return Finding(f"target.doctor_{code}", level, where, {**args, **given}, reply.id)

    if 300 <= reply.status < 400:  # noqa: PLR2004 - RFC 9110 section 15.4
        location = (reply.header("location") or "")[:_SHOWN]
        return found("redirect", "problem", (*at, "path"), location=location)
    outcome = reply.outcome
    identity = reply.exchange.identity
    if outcome is ReplyClass.DENIED:
        return found("denied", "problem", ("identities", identity), identity=identity)
    if outcome is ReplyClass.NOT_FOUND:
        return found("no_path", "problem", (*at, "path"), path=reply.exchange.request.target[:_SHOWN])
    if outcome in (ReplyClass.LIMITED, ReplyClass.BROKEN):
        return found(str(outcome), "problem", ("authorization", "rate") if
                     outcome is ReplyClass.LIMITED else at)  # fmt: skip
    if outcome is ReplyClass.INVALID or (outcome is ReplyClass.OTHER and not reply.business_code):
        return found("refused", "problem", (*at, "parameters"))
    if outcome is ReplyClass.OTHER:
        pointer = target.outcome.pointer or ""
        code = (reply.business_code or "")[:_SHOWN]
        return found("code_unlisted", "problem", ("outcome", "success"), code=code, pointer=pointer)
    if reply.fault is not None:
        return _unreadable(reply, found, target)
    if target.outcome.pointer is not None and reply.business_code is None:
        pointer = target.outcome.pointer
        seen = _members(reply.json, pointer)
        return found("no_code", "problem", ("outcome", "pointer"), pointer=pointer, seen=seen)
    if target.outcome.pointer is None:
        coded = business_code(shape_of(reply.json))
        if coded is not None:
            value = as_text(resolve(reply.json, coded[0]))
            return found("code_unmapped", "warning", ("outcome",), pointer=coded[0], code=value)
    return found("answers", "ok", milliseconds=round(reply.exchange.took_ms))


def _unreadable(reply: Reply, found: object, target: Target) -> Finding:
    make = found
    assert callable(make)  # noqa: S101 - a closure of the caller
    data = reply.exchange.response.body.data
    declared = _CHARSET.search(reply.header("content-type") or "")
    said = declared[1].lower() if declared else ""
    for other in ("utf-8", "gb18030"):
        try:
            read_json(data, charset=other)
        except JsonFault:
            continue
        finding: Finding = make(
            "charset", "problem", ("charset",), charset=target.charset, other=other, declared=said
        )
        return finding
    html = data.lstrip()[:1] == b"<"
    result: Finding = make(
        "html" if html else "not_json",
        "problem",
        ("operations", reply.exchange.operation, "path"),
        fault=reply.fault.code if reply.fault else "",
    )
    return result


def of_listing(name: str, reply: Reply, size: int | None) -> Iterator[Finding]:
    """Say whether items and total are where the mapping points, and whether the size is heeded."""
    operation = reply.operation
    guessed = listing_of(shape_of(reply.json))
    if reply.items is None:
        better = str(guessed.items.value) if guessed else ""
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
            better = str(near.value) if near else ""
            yield _pointer(name, "total", operation.total, reply, better, "integer")
    if size is not None and len(reply.items) > size:
        wire = operation.parameter("page_size").name
        more: Args = {"operation": name, "asked": size, "count": len(reply.items), "name": wire}
        place = (*at, "parameters", "page_size")
        yield Finding("target.doctor_page_size", "warning", place, more, reply.id)


def _pointer(
    name: str, what: str, pointer: str, reply: Reply, better: str, wanted: str
) -> Finding:
    """Say that a pointer finds nothing, or something of the wrong type, and what was seen."""
    found = resolve(reply.json, pointer)
    code = "pointer_missing" if found is MISSING else "pointer_type"
    if better and better != pointer:
        code += "_better"
    args: Args = {
        "operation": name,
        "what": what,
        "pointer": pointer,
        "better": better,
        "wanted": wanted,
        "kind": shape_of(found).kind or "null",
        "seen": _members(reply.json, pointer),
    }
    return Finding(f"target.doctor_{code}", "problem", ("operations", name, what), args, reply.id)


def of_paging(name: str, first: Reply, second: Reply) -> Finding:
    """Say whether the second page is another one than the first."""
    at = ("operations", name, "paging")
    style = first.operation.paging.style
    args: Args = {"operation": name, "style": style, "name": first.operation.parameter(
        "page" if style == "page" else style).name}  # fmt: skip
    if second.outcome is not ReplyClass.SUCCESS or second.items is None:
        args = {**args, "status": second.status, "said": _said(second)}
        return Finding("target.doctor_page_refused", "problem", at, args, second.id)
    same = [each.raw for each in first.items or ()] == [each.raw for each in second.items]
    if same and second.items:
        return Finding("target.doctor_page_stuck", "problem", at, args, second.id)
    return Finding("target.doctor_page", "ok", at, args, second.id)


def of_item(name: str, reply: Reply) -> Iterator[Finding]:
    """Say whether a single answer's object is where the mapping points."""
    if reply.item is None:
        guessed = object_of(shape_of(reply.json))
        better = str(guessed[0].value) if guessed else ""
        yield _pointer(name, "item", reply.operation.item, reply, better, "object")
    else:
        yield from of_elements(name, reply, reply.item)


def of_elements(name: str, reply: Reply, item: Item) -> Iterator[Finding]:
    """Say which elements an item has, which it lacks, and what might be them."""
    known = elements_of(name)
    mapped = reply.operation.elements
    wanted = dict.fromkeys((*wanted_elements(name), *(each for each in mapped if "." not in each)))
    offered = _offered(item)
    found: list[str] = []
    for element in wanted:
        value = item.element(element)
        if value is not MISSING:
            found.append(element)
            yield from _value(name, reply, element, value)
            continue
        if element in mapped and element not in wanted_elements(name):
            # Some entries rightly lack an optional element; its mapping cannot be judged here.
            continue
        at = ("operations", name, "elements", element)
        near = best_name(element, known.get(element, ()), {each: "" for each in offered})
        args: Args = {
            "operation": name,
            "element": element,
            "pointer": reply.operation.element(element).at,
            "seen": tuple(offered[:_FEW]),
            "better": pointer_to(near.name) if near else "",
        }
        code = "target.doctor_element_better" if near else "target.doctor_element"
        yield Finding(code, "problem", at, args, reply.id)
    yield from _children(name, reply, item)
    if found:
        args = {"operation": name, "count": len(found), "of": len(wanted)}
        at = ("operations", name, "elements")
        yield Finding("target.doctor_elements", "ok", at, args, reply.id)


def _offered(item: Item) -> list[str]:
    return [str(each)[:40] for each in item.raw] if isinstance(item.raw, dict) else []


def _children(name: str, reply: Reply, item: Item) -> Iterator[Finding]:
    for parent, children in CHILDREN.items():
        rows = item.element(parent)
        if parent not in elements_of(name) or not isinstance(rows, list):
            continue
        first = rows[0] if rows and isinstance(rows[0], dict) else None
        for child in ("name", "type") if first is not None else ():
            key = f"{parent}.{child}"
            pointer = reply.operation.elements.get(key, f"/{child}")
            at = pointer if isinstance(pointer, str) else pointer.at
            if first is None or resolve(first, at) is not MISSING:
                continue
            near = best_name(child, children[child], {str(each)[:80]: "" for each in first})
            args: Args = {
                "operation": name,
                "element": key,
                "pointer": at,
                "seen": tuple(str(each)[:40] for each in list(first)[:_FEW]),
                "better": pointer_to(near.name) if near else "",
            }
            code = "target.doctor_element_better" if near else "target.doctor_element"
            where = ("operations", name, "elements", key)
            yield Finding(code, "problem", where, args, reply.id)


def _value(name: str, reply: Reply, element: str, value: object) -> Iterator[Finding]:
    """Look at values whose spelling a mapping can mend: coded lists, times without offset."""
    text = as_text(value)[:_SHOWN]
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
    args: Args = {"operation": name, "status": reply.status, "code": code[:_SHOWN]}
    args = {**args, "said": _said(reply), "outcome": reply.outcome.value}
    at = ("outcome", "not_found")
    if reply.outcome is ReplyClass.NOT_FOUND:
        return Finding("target.doctor_unknown", "ok", at, args, reply.id)
    if reply.outcome is ReplyClass.OTHER and code:
        return Finding("target.doctor_unknown_code", "problem", at, args, reply.id)
    if reply.outcome is ReplyClass.SUCCESS:
        coded = None if target.outcome.pointer else business_code(shape_of(reply.json))
        if coded is not None:
            value = as_text(resolve(reply.json, coded[0]))[:_SHOWN]
            given: Args = {**args, "pointer": coded[0], "code": value}
            return Finding("target.doctor_unknown_unmapped", "problem", ("outcome",), given, reply.id)
        return Finding("target.doctor_unknown_success", "warning", at, args, reply.id)
    return Finding("target.doctor_unknown_other", "warning", at, args, reply.id)


def _said(reply: Reply) -> str:
    """Give the target's own words about a refusal."""
    if reply.fault is not None or not isinstance(reply.json, dict):
        return ""
    spelled = {plain(str(name)): value for name, value in reply.json.items()}
    for word in ("msg", "message", "errmsg", "retmsg", "resultmsg", "detail", "title", "error"):
        if isinstance(spelled.get(word), str):
            return str(spelled[word])[:_SHOWN]
    return ""


def _members(document: object, pointer: str) -> str:
    """Name what stands at the deepest place of a pointer that a document has."""
    value = document
    for token in parse_pointer(pointer):
        below = resolve(value, pointer_to(token))
        if below is MISSING:
            break
        value = below
    names: Sequence[str] = [str(each)[:40] for each in value] if isinstance(value, dict) else []
    return ", ".join(names[:_FEW]) if names else "-"
