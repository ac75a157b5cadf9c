"""Checks of an API against its own OpenAPI document: the document is valid, and it is true."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.http_fields import field, http_date, media_type
from cqsc_conform.formats.openapi import Declared, OpenApi, document_faults
from cqsc_conform.formats.openapi_schema import SchemaLost, answer_schema
from cqsc_conform.formats.payload import PayloadSchema, SchemaFault
from cqsc_conform.formats.pointer import MISSING, resolve
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_ABSENT = frozenset({404, 405, 410, 501})
_NO_BODY = frozenset({204, 205, 304})
_MOST_SHOWN = 4
_SEGMENT = re.compile(r"[vV]([0-9]{1,6}(?:\.[0-9]{1,6}){0,2})")
_NUMBERS = re.compile(r"[vV]?([0-9]{1,6}(?:\.[0-9]{1,6}){0,2})")
_SINCE = re.compile(r"@-?[0-9]{1,12}")


@check("contract.document_valid", version=1)
def document_valid(document: Replies, *, v30: PayloadSchema, v31: PayloadSchema) -> Verdict:  # noqa: PLR0911 - one a way to be wrong
    """Demand an OpenAPI 3.0 or 3.1 document in JSON that is valid and whole in itself."""
    reply = document[0]
    refused = _unreadable(reply)
    if refused is not None:
        return refused
    api = _api(reply)
    if api.version is None:
        return failed("contract.not_openapi", reply, found=show(api.document.get("openapi")))
    faults = (v30 if api.version == "3.0" else v31).faults(api.document)
    if faults:
        first = faults[0]
        return failed(
            "contract.document_invalid",
            reply,
            bad=len(faults),
            pointer=first.pointer or "/",
            keyword=first.keyword,
            member=first.member or "-",
            value=show(resolve(api.document, first.pointer)),
        )
    own = document_faults(api)
    foreign = [each for each in own if each.code == "reference_foreign"]
    for each in own:
        if each not in foreign:
            code = f"contract.{each.code}"
            return failed(code, reply, bad=len(own), pointer=each.pointer, name=each.name)
    if foreign:
        first_away = foreign[0]
        return inconclusive(
            "contract.reference_foreign", reply, pointer=first_away.pointer, name=first_away.name
        )
    if not api.operations:
        return failed("contract.no_operations", reply)
    return passed(
        "contract.document_valid", reply, count=len(api.operations), openapi=api.version,
        operations=len(api.operations),
    )  # fmt: skip


@check("contract.operations_exist", version=1)
def operations_exist(document: Replies, answers: Replies) -> Verdict:
    """Demand that each declared operation that can be called without a change is there."""
    api = _api(document[0])
    missing = []
    for reply in answers:
        if reply.status in _ABSENT:
            missing.append(reply)
        elif reply.outcome is ReplyClass.BROKEN:
            return inconclusive("contract.operation_broken", reply, **_asked(reply))
    if missing:
        first = missing[0]
        return failed(
            "contract.operation_missing", *missing, count=len(answers), bad=len(missing),
            **_asked(first),
        )  # fmt: skip
    return passed(
        "contract.operations_exist", *answers, count=len(answers),
        called=len(answers), declared=len(api.operations),
    )  # fmt: skip


class _Drift(NamedTuple):
    """One departure from the document: what kind, where, an example, and who showed it."""

    code: str
    operation: str
    pointer: str
    value: str
    reply: Reply


@check("contract.answers_declared", version=1)
def answers_declared(
    document: Replies,
    answers: Replies,
    listed: Replies,
    got: Replies,
    pages: Replies,
    unknown: Replies,
    refused: Replies,
) -> Verdict:
    """Demand that what was answered is declared: operations, statuses, media types, bodies."""
    api = _api(document[0])
    if api.version is None:
        return inconclusive("contract.no_document", document[0])
    seen = (*answers, *listed, *got, *pages, *unknown, *refused)
    drifts: list[_Drift] = []
    lost: list[tuple[Reply, SchemaLost]] = []
    matched = 0
    for reply in seen:
        request = reply.exchange.request
        operation = api.match(request.method, request.target)
        if operation is None:
            if reply.outcome is ReplyClass.SUCCESS:
                name = f"{request.method} {request.target.partition('?')[0]}"
                drifts.append(_Drift("operation_undeclared", name, "", str(reply.status), reply))
            continue
        matched += 1
        try:
            drifts += _drifts(api, operation, reply)
        except SchemaLost as fault:
            lost.append((reply, fault))
    if drifts:
        return _told(drifts, len(seen))
    if lost:
        reply, why = lost[0]
        return inconclusive("contract.schema_unusable", reply, why=why.code, name=why.name or "-")
    if not matched:
        return inconclusive("contract.nothing_matched", *seen, count=len(seen))
    return passed("contract.answers_declared", *seen, count=matched, answers=matched)


def _told(drifts: list[_Drift], count: int) -> Verdict:
    """Say the first departure, how many there are, and some of the others."""
    unique = list({(each.code, each.operation, each.pointer): each for each in drifts}.values())
    first = unique[0]
    others = tuple(
        f"{each.operation} {each.pointer or '/'} = {each.value}"[:160]
        for each in unique[1 : 1 + _MOST_SHOWN]
    )
    code = f"contract.{first.code}" if len(unique) == 1 else f"contract.{first.code}_and_more"
    return failed(
        code,
        *(each.reply for each in unique),
        count=count,
        bad=len(unique),
        operation=first.operation,
        pointer=first.pointer or "/",
        value=first.value,
        departures=len(unique),
        others=others,
    )


def _drifts(api: OpenApi, operation: Declared, reply: Reply) -> Iterator[_Drift]:
    declared = api.response(operation, reply.status)
    if declared is None:
        yield _Drift("status_undeclared", operation.name, "", str(reply.status), reply)
        return
    body = reply.exchange.response.body
    if reply.exchange.request.method == "HEAD" or reply.status in _NO_BODY or not body.size:
        return
    content = declared[1].get("content")
    said = media_type(reply.header("content-type"))
    name = said.name if said else "-"
    if not isinstance(content, dict) or not content:
        yield _Drift("media_undeclared", operation.name, "", name, reply)
        return
    key = _media_key(content, name)
    if key is None:
        yield _Drift("media_undeclared", operation.name, "", name, reply)
        return
    holder = content[key]
    schema = holder.get("schema") if isinstance(holder, dict) else None
    if schema is None or said is None or not said.is_json:
        return
    document = reply.json
    if document is MISSING:
        yield _Drift("body_unreadable", operation.name, "", name, reply)
        return
    judged = _schema(api, operation.pointer, declared[0], key, schema)
    known = _names(api)
    for fault in judged.faults(document):
        drift = _drift(fault, document, judged, known)
        if drift is not None:
            yield _Drift(drift[0], operation.name, drift[1], drift[2], reply)


def _media_key(content: dict[str, Any], name: str) -> str | None:
    kind = name.partition("/")[0]
    by_name = {key.partition(";")[0].strip().lower(): key for key in content}
    return next((by_name[each] for each in (name, f"{kind}/*", "*/*") if each in by_name), None)


def _drift(  # noqa: PLR0911 - one a way to be wrong
    fault: SchemaFault,
    document: Any,  # noqa: ANN401 - JSON is any
    schema: PayloadSchema,
    known: frozenset[str],
) -> tuple[str, str, str] | None:
    """Name one fault; None where it only follows from another one at the same place."""
    at = resolve(document, fault.pointer)
    if fault.keyword == "required":
        return "field_missing", f"{fault.pointer}/{fault.member}", fault.member
    if fault.keyword in ("enum", "const"):
        return "value_undeclared", fault.pointer, show(at)
    if fault.keyword not in ("unevaluatedProperties", "additionalProperties", "false"):
        return "value_invalid", fault.pointer, f"{fault.keyword}: {show(at)}"
    if not isinstance(at, dict):
        return "field_undeclared", fault.pointer, show(at)
    strange = sorted(set(at) - known)
    if not strange:
        below = [each for each in schema.faults(document) if each.pointer.startswith(fault.pointer)]
        # In a composition a part that fails leaves all its members undeclared.
        if any(each.keyword not in ("unevaluatedProperties", "false") for each in below):
            return None
        return "field_undeclared", fault.pointer, show(sorted(at))
    return "field_undeclared", f"{fault.pointer}/{strange[0]}", show(at[strange[0]])


@lru_cache(maxsize=4)
def _names(api: OpenApi) -> frozenset[str]:
    """Give every member name that any schema of the document declares."""
    found: set[str] = set()
    waiting: list[Any] = [api.document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            members = value.get("properties")
            if isinstance(members, dict):
                found |= set(members)
            waiting += value.values()
    return frozenset(found)


def _schema(
    api: OpenApi,
    pointer: str,
    status: str,
    media: str,
    schema: Any,  # noqa: ANN401 - JSON is any
) -> PayloadSchema:
    """Make a schema ready, once for each document."""
    return _made(api).schema((pointer, status, media), schema)


class _Made:
    """The schemas of one document that were made ready."""

    def __init__(self, api: OpenApi) -> None:
        self._api = api
        self._held: dict[tuple[str, str, str], PayloadSchema] = {}

    def schema(self, key: tuple[str, str, str], schema: Any) -> PayloadSchema:  # noqa: ANN401
        if key not in self._held:
            self._held[key] = answer_schema(self._api, schema)
        return self._held[key]


@lru_cache(maxsize=4)
def _made(api: OpenApi) -> _Made:
    return _Made(api)


@check("contract.version_told", version=1)
def version_told(document: Replies, listed: Replies, *, header: str = "API-Version") -> Verdict:
    """Demand that path or header tells the API's version, and that it is the document's."""
    api = _api(document[0])
    declared = api.api_version
    if declared is None:
        return inconclusive("contract.no_document", document[0])
    wanted = _NUMBERS.match(declared)
    told: list[tuple[Reply, str, str]] = []
    for reply in listed:
        said = field(reply.exchange.response.headers, header)
        if said is not None:
            told.append((reply, said, header))
        path = reply.exchange.request.target.partition("?")[0]
        told += [(reply, part, path) for part in path.split("/") if _SEGMENT.fullmatch(part)]
    if not told:
        return failed("contract.version_untold", *listed, header=header, declared=show(declared))
    for reply, said, place in told:
        found = _NUMBERS.fullmatch(said)
        same = said == declared
        if wanted is not None and found is not None:
            parts = found[1].split(".")
            same = wanted[1].split(".")[: len(parts)] == parts
        if not same:
            return failed(
                "contract.version_differs", reply, document[0], found=show(said),
                place=show(place), declared=show(declared),
            )  # fmt: skip
    return passed(
        "contract.version_told", *listed, document[0], found=show(told[0][1]),
        declared=show(declared),
    )  # fmt: skip


@check("contract.deprecation_told", version=1)
def deprecation_told(document: Replies, answers: Replies) -> Verdict:
    """Demand that answers of deprecated operations say since when, and sunset not before that."""
    api = _api(document[0])
    seen = 0
    for reply in answers:
        request = reply.exchange.request
        operation = api.match(request.method, request.target)
        if operation is None or not operation.deprecated or reply.status in _ABSENT:
            continue
        seen += 1
        wrong = _deprecation(reply, operation)
        if wrong is not None:
            return wrong
    if not seen:
        return inconclusive("contract.nothing_deprecated", document[0])
    return passed("contract.deprecation_told", *answers, count=seen, operations=seen)


def _deprecation(reply: Reply, operation: Declared) -> Verdict | None:
    since = field(reply.exchange.response.headers, "deprecation")
    if since is None:
        return failed("contract.deprecation_absent", reply, operation=operation.name)
    if not _SINCE.fullmatch(since):
        return failed(
            "contract.deprecation_form", reply, operation=operation.name, value=show(since)
        )
    sunset = field(reply.exchange.response.headers, "sunset")
    if sunset is None:
        return None
    ends = http_date(sunset)
    if ends is None:
        return failed("contract.sunset_form", reply, operation=operation.name, value=show(sunset))
    if ends.timestamp() < int(since[1:]):
        return failed(
            "contract.sunset_early", reply, operation=operation.name, value=show(sunset),
            since=show(since),
        )  # fmt: skip
    return None


def _unreadable(reply: Reply) -> Verdict | None:
    if reply.outcome is not ReplyClass.SUCCESS:
        return failed("contract.document_absent", reply, status=reply.status)
    if reply.fault is not None:
        return failed("contract.document_not_json", reply, fault=reply.fault.code)
    return None


@lru_cache(maxsize=8)
def _api(reply: Reply) -> OpenApi:
    document = reply.json if _unreadable(reply) is None else None
    return OpenApi(document, reply.exchange.request.target)


def _asked(reply: Reply) -> dict[str, Any]:
    request = reply.exchange.request
    return {"operation": f"{request.method} {request.target}"[:160], "status": reply.status}
