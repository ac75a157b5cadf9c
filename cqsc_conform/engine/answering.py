"""What the doctor concludes from whether and how a target answered at all; pure."""

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime

from msgspec import structs

from cqsc_conform.catalog.guess.answers import business_code
from cqsc_conform.catalog.guess.shapes import shape_of
from cqsc_conform.catalog.operation_rules import CHARSETS
from cqsc_conform.engine.found import SHOWN, Finding, members_at, said_by
from cqsc_conform.formats.pointer import resolve
from cqsc_conform.formats.reading import Reply, as_text
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.evidence import Unobserved
from cqsc_conform.model.outcome import Blame, ReplyClass
from cqsc_conform.model.target import Signed, Target
from cqsc_conform.model.text import Args

__all__ = ["of_answer", "of_charset", "of_clock", "of_trouble"]

_SECONDS, _SIGNED_SECONDS = 30, 120
_DENIED = frozenset({"401", "403"})
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


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


def of_charset(reply: Reply, target: Target) -> Iterator[Finding]:
    """Say where an answer declares another charset than the target file."""
    declared = _CHARSET.search(reply.header("content-type") or "")
    said = declared[1].lower() if declared else ""
    wanted = reply.operation.charset or target.charset
    known = CHARSETS.get(said)
    if said and known != CHARSETS.get(wanted.lower()):
        args: Args = {"charset": wanted, "declared": said, "other": known or "utf-8"}
        yield Finding("target.doctor_charset_declared", "warning", ("charset",), args, reply.id)


def of_answer(name: str, reply: Reply, target: Target) -> Finding:
    """Say whether an operation answered, as the outcome mapping reads it, in JSON."""
    if 300 <= reply.status < 400:  # noqa: PLR2004 - RFC 9110 section 15.4
        location = (reply.header("location") or "")[:SHOWN]
        return _made(name, reply, "redirect", ("operations", name, "path"), location=location)
    if reply.outcome is not ReplyClass.SUCCESS:
        return _refused(name, reply, target)
    if reply.fault is not None:
        return _unreadable(name, reply, target)
    pointer = target.outcome.pointer
    if pointer is not None and reply.business_code is None:
        seen = members_at(reply.json, pointer)
        at = ("outcome", "pointer")
        return _made(name, reply, "no_code", at, pointer=pointer, seen=seen)
    coded = business_code(shape_of(reply.json)) if pointer is None else None
    if coded is not None:
        value = as_text(resolve(reply.json, coded[0]))[:SHOWN]
        made = _made(name, reply, "code_unmapped", ("outcome",), pointer=coded[0], value=value)
        return structs.replace(made, level="warning")
    made = _made(name, reply, "answers", ("operations", name))
    took: Args = {**made.args, "milliseconds": round(reply.exchange.took_ms)}
    return structs.replace(made, level="ok", args=took)


def _made(name: str, reply: Reply, code: str, at: tuple[str, ...], **more: str) -> Finding:
    args: Args = {"operation": name, "status": reply.status, "said": said_by(reply), **more}
    return Finding(f"target.doctor_{code}", "problem", at, args, reply.id)


def _refused(name: str, reply: Reply, target: Target) -> Finding:
    """Say why an operation did not answer, and where in the file that is mended."""
    at = ("operations", name)
    identity = reply.exchange.identity
    path = reply.exchange.request.target[:SHOWN]
    code = (reply.business_code or "")[:SHOWN]
    if reply.outcome is ReplyClass.OTHER and code:
        if code in _DENIED:
            denied = ("outcome", "denied")
            return _made(name, reply, "code_denied", denied, value=code, identity=identity)
        pointer = target.outcome.pointer or ""
        success = ("outcome", "success")
        return _made(name, reply, "code_unlisted", success, value=code, pointer=pointer)
    places: dict[ReplyClass, tuple[str, tuple[str, ...]]] = {
        ReplyClass.DENIED: ("denied", ("identities", identity)),
        ReplyClass.NOT_FOUND: ("no_path", (*at, "path")),
        ReplyClass.LIMITED: ("limited", ("authorization", "rate")),
        ReplyClass.BROKEN: ("broken", at),
    }
    what, place = places.get(reply.outcome, ("refused", (*at, "parameters")))
    return _made(name, reply, what, place, identity=identity, path=path)


def _unreadable(name: str, reply: Reply, target: Target) -> Finding:
    """Say why an answer is no JSON: another charset, a web page, or something else."""
    data = reply.exchange.response.body.data
    declared = _CHARSET.search(reply.header("content-type") or "")
    said = declared[1].lower() if declared else "-"
    for other in ("utf-8", "gb18030"):
        try:
            read_json(data, charset=other)
        except JsonFault:
            continue
        at = ("charset",)
        given = {"charset": target.charset, "other": other, "declared": said}
        return _made(name, reply, "charset", at, **given)
    what = "html" if data.lstrip()[:1] == b"<" else "not_json"
    fault = reply.fault.code if reply.fault else ""
    return _made(name, reply, what, ("operations", name, "path"), fault=fault)
