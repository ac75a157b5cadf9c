"""How the mutants of the core API break what they break: small hooks."""

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cqsc_conform.reference.core_answers import (
    JSON,
    PROBLEM,
    Asked,
    Refused,
    Said,
    problem,
    read_record,
)
from cqsc_conform.reference.core_store import Store, etag_of, http_time
from cqsc_conform.reference.mutants.core_shapes import (
    AnswerHook,
    AskedHook,
    DataHook,
    Json,
)

PYTHON = 'Traceback (most recent call last):\n  File "/srv/api/records.py", line 41, in get'
JAVA = "java.lang.NumberFormatException: at cn.gov.records.Pages.of(Pages.java:77)"
SQL = "SQLSTATE[42000]: syntax error near 'FROM records'"
_UNDECLARED = "cqsc_unknown"


def without_description(document: Json) -> Json:
    """Leave the description of an answer out, which OpenAPI demands."""
    del document["paths"]["/v0/records"]["get"]["responses"]["405"]["description"]
    return document


def dangling_reference(document: Json) -> Json:
    """Refer to a schema that is not there, where no answer of a probe looks."""
    document["components"]["schemas"]["Old"] = {"$ref": "#/components/schemas/Gone"}
    return document


def operation_id_twice(document: Json) -> Json:
    """Give two operations one name."""
    document["paths"]["/v0/records"]["get"]["operationId"] = "listRecords"
    return document


def undeclared_parameter(document: Json) -> Json:
    """Declare a path whose name in braces is no parameter; nothing calls it."""
    responses = {"204": {"description": "done"}}
    document["paths"]["/tasks/{task}"] = {"post": {"responses": responses}}
    return document


def declaring_statistics(document: Json) -> Json:
    """Declare an operation that there is not."""
    listing = dict(document["paths"]["/records"]["get"])
    listing["operationId"] = "statistics"
    document["paths"]["/records-statistics"] = {"get": listing}
    return document


def with_value(name: str, value: object) -> DataHook:
    """Make a hook that sets one element of the second record."""

    def hook(store: Store) -> None:
        store.kept[store.ids()[1]].record[name] = value

    return hook


def without_value(name: str) -> DataHook:
    """Make a hook that takes one element from the second record."""

    def hook(store: Store) -> None:
        del store.kept[store.ids()[1]].record[name]

    return hook


def holding_long(store: Store) -> None:
    """Let an account that used up its quota wait for an hour."""
    store.quota.seconds = 3600.0


def name_twice(asked: Asked, said: Said) -> Said:
    """Write one member of a page twice."""
    if asked.operation != "list" or said.status != 200:
        return said
    text = json.dumps(said.body, ensure_ascii=False)
    total = said.body["total"]
    return replace(said, body=f'{text[:-1]}, "total": {total}}}'.encode())


def only(text: str, most: int) -> str:
    """Write a question mark for every character beyond a code point."""
    return "".join(each if ord(each) <= most else "?" for each in text)


def single(value: float) -> float:
    """Round to single precision, exactly as a column of type float does."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def _rewriting(rework: Callable[[Json], Json]) -> AskedHook:
    def hook(asked: Asked) -> Asked:
        try:
            body = json.loads(asked.body)
        except ValueError:
            return asked
        if not isinstance(body, dict):
            return asked
        return replace(asked, body=json.dumps(rework(body), ensure_ascii=False).encode())

    return hook


def writing_text(rework: Callable[[str], str]) -> AskedHook:
    """Make a hook that changes the names that are written."""
    return _rewriting(lambda body: body | {"name": rework(str(body.get("name", "")))})


def writing_number(name: str, rework: Callable[[Any], Any]) -> AskedHook:
    """Make a hook that changes a number that is written."""
    return _rewriting(lambda body: body | {name: rework(body[name])} if name in body else body)


def without_request_id(said: Said) -> Said:
    """Refuse without a request id."""
    body = {key: value for key, value in said.body.items() if key != "request_id"}
    return replace(said, body=body).having(X_Request_Id=None)


def one_request_id(said: Said) -> Said:
    """Refuse with the request id of another request."""
    return said.having(X_Request_Id="0").with_body(request_id="0")


def broken() -> Said:
    """Fail inside, and say no more than that."""
    body = {"type": "about:blank", "title": "internal error", "status": 500}
    return Said(500, body, {}, PROBLEM)


def breaking(when: Callable[[Asked], bool]) -> AnswerHook:
    """Make a hook that fails inside for some requests."""
    return lambda _, asked, said: broken() if when(asked) else said


def some_record(store: Store, asked: Asked, said: Said) -> Said:
    """Answer an id of no record with the first record."""
    if asked.operation != "record" or said.status != 404:
        return said
    first = store.kept[store.ids()[0]]
    return Said(200, first.record, said.headers).having(Cache_Control="no-store")


def for_status(status: int, hook: Callable[[Said], Said]) -> AnswerHook:
    """Confine a hook to answers of one status."""
    return lambda _, __, said: hook(said) if said.status == status else said


def other_refusal(old: int, new: int) -> AnswerHook:
    """Make a hook that refuses with another status."""
    return for_status(old, lambda said: problem(new, "refused", said.headers))


def for_head(hook: Callable[[Said], Said]) -> AnswerHook:
    """Confine a hook to HEAD."""
    return lambda _, asked, said: hook(said) if asked.method == "HEAD" else said


def for_unknown_query(hook: Callable[[Said], Said]) -> AnswerHook:
    """Confine a hook to requests with the undeclared parameter."""
    return lambda _, asked, said: hook(said) if _UNDECLARED in asked.query else said


def mending_bodies(asked: Asked) -> Asked:
    """Take a malformed body for an empty record."""
    if asked.operation != "create" or asked.headers.get("content-type", "") != JSON:
        return asked
    try:
        json.loads(asked.body)
    except ValueError:
        return replace(asked, body=_EMPTY)
    return asked


_EMPTY = json.dumps(
    {"name": "", "region": "500103", "amount": 0, "count": 0, "status": "active"}
).encode()


def any_media(asked: Asked) -> Asked:
    """Take any media type for an empty record."""
    said = asked.headers.get("content-type", "")
    if asked.operation != "create" or said.startswith(JSON):
        return asked
    return replace(asked, body=_EMPTY, headers={**asked.headers, "content-type": JSON})


def always_not_modified(_: Store, asked: Asked, said: Said) -> Said:
    """Answer 304 whatever ETag is held."""
    if "if-none-match" in asked.headers and said.status == 200:
        return replace(said, status=304, body=None)
    return said


def matching_always(asked: Asked) -> Asked:
    """Take every ETag for the true one."""
    if asked.operation != "update":
        return asked
    return replace(asked, headers={**asked.headers, "if-match": "*"})


def changing_in_spite(store: Store, asked: Asked, said: Said) -> Said:
    """Change the record although the answer refuses it."""
    if asked.operation == "update" and said.status == 412:
        store.update(asked.ident, read_record(asked))
    return said


def later_each_time(store: Store, _: Asked, said: Said) -> Said:
    """Let Last-Modified move on with each reading."""
    if said.status != 200:
        return said
    store.reads += 1
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=store.reads)
    return said.having(Last_Modified=http_time(moment))


def etag_of_id(_: Store, asked: Asked, said: Said) -> Said:
    """Make the ETag of the id alone."""
    etag = f'"{asked.ident}"'
    if said.status == 200 and etag in asked.headers.get("if-none-match", ""):
        return replace(said, status=304, body=None).having(ETag=etag)
    return said.having(ETag=etag) if said.status == 200 else said


def replaying(store: Store, asked: Asked, said: Said) -> Said:
    """Answer another body under a known key with what the first one made."""
    key = asked.headers.get("idempotency-key", "")
    if asked.operation != "create" or said.status != 422 or key not in store.keys:
        return said
    kept = store.kept[store.keys[key][1]]
    return Said(201, kept.record, {"ETag": etag_of(kept)})


def creating_again(store: Store, asked: Asked, said: Said) -> Said:
    """Create a second record for another body under a known key."""
    key = asked.headers.get("idempotency-key", "")
    if asked.operation != "create" or said.status != 422 or key not in store.keys:
        return said
    try:
        kept = store.kept[store.create(read_record(asked))]
    except Refused:
        return said
    return Said(201, kept.record, {"ETag": etag_of(kept)})


def storing_extra(store: Store, asked: Asked, said: Said) -> Said:
    """Keep every field of a request and give it back."""
    if asked.operation == "update" and said.status == 200:
        extra = json.loads(asked.body).get(_UNDECLARED)
        if extra is not None:
            store.kept[asked.ident].record[_UNDECLARED] = extra
    return said


def filling(value: str, *, when_null: bool) -> AnswerHook:
    """Make a hook that puts a value where an industry is absent, or was sent as null."""

    def hook(store: Store, asked: Asked, said: Said) -> Said:
        written = "update" if when_null else "create"
        if asked.operation == written and said.status in (200, 201):
            body = json.loads(asked.body)
            ident = said.body["id"]
            if "industry" not in body if not when_null else body.get("industry", "") is None:
                store.kept[ident].record["industry"] = value
        return said

    return hook


def html_where_accepted(_: Store, asked: Asked, said: Said) -> Said:
    """Answer with a page wherever one is accepted at all."""
    if asked.operation == "record" and "text/html" in asked.headers.get("accept", ""):
        return replace(said, body=b"<p>record</p>", kind="text/html; charset=utf-8")
    return said


def accepting_all(asked: Asked) -> Asked:
    """Overlook what a request accepts, but for the label."""
    wanted = asked.headers.get("accept", "")
    if "vnd." not in wanted:
        return asked
    return replace(asked, headers={**asked.headers, "accept": "*/*", "x-wanted": wanted})


def labelled_as_accepted(_: Store, asked: Asked, said: Said) -> Said:
    """Label JSON with what the request accepts."""
    wanted = asked.headers.get("x-wanted")
    return said if wanted is None else replace(said, kind=wanted)


def other_trace(_: Store, asked: Asked, said: Said) -> Said:
    """Begin a trace of its own."""
    if "traceparent" not in asked.headers:
        return said
    return said.having(traceresponse="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
