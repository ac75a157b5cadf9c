import base64
import hashlib
import json

import msgspec
import pytest
from exchange_evidence import (
    ROWS,
    changes_of,
    created,
    deletion,
    export,
    judge,
    record,
    reply,
    walk,
    window,
)

from cqsc_conform.model.evidence import Redaction

PAGES = walk(ROWS)
ALL = changes_of(ROWS)
EMPTY = walk([])


def complete(rows, pages=PAGES):
    return judge("013", pages=pages, window=window(rows))


def test_changes_tell_of_everything():
    assert complete(ALL) == ("pass", "changes_complete")
    assert complete([*ALL, deletion("gone")]) == ("pass", "changes_complete")
    # An older change of the same record, and a feed without contents.
    old = {**ALL[3], "record": {**ROWS[3], "name": "旧名"}}
    assert complete([old, *ALL]) == ("pass", "changes_complete")
    assert complete([{**e, "record": None} for e in ALL]) == ("pass", "changes_complete")


def test_changes_that_do_not():
    assert complete(ALL[1:]) == ("fail", "change_untold")
    assert complete([*ALL[1:], deletion("r00")]) == ("fail", "change_buried")
    stale = {**ALL[3], "record": {**ROWS[3], "name": "旧名"}}
    assert complete([*ALL[:3], stale, *ALL[4:]]) == ("fail", "change_stale")
    assert complete(ALL, EMPTY) == ("inconclusive", "walk_empty")
    assert complete([*ALL, *ALL])[0] == "pass"


def windows(*starts, following=()):
    since = [page for start, rows in starts for page in window(rows, "since", since=start)]
    return judge(
        "015",
        window=window(ALL),
        since=tuple(since),
        following=window(list(following), "next", since="2026-06-01T00:00:00Z"),
    )


FIFTH = "2026-04-05T08:00:00+08:00"


def test_windows_meet():
    assert windows((FIFTH, ALL[4:]), (ROWS[0]["updated"], ALL)) == ("pass", "window_exact")
    new = {"id": "n", "change": "upsert", "at": "2026-06-01T08:00:01+08:00"}
    assert windows((FIFTH, [*ALL[4:], new]), following=[new]) == ("pass", "window_exact")


def test_windows_that_do_not():
    assert windows((FIFTH, ALL[5:])) == ("fail", "change_gap")
    assert windows((FIFTH, ALL[3:])) == ("fail", "change_early")
    assert windows((FIFTH, ALL[4:]), following=ALL[-1:]) == ("fail", "change_again")
    assert windows((FIFTH, [])) == ("fail", "change_gap")
    assert windows(("x", ALL)) == ("inconclusive", "times_unread")


MADE = created({"name": "n"})
UPSERT = {"id": "new", "change": "upsert", "at": "2026-06-02T08:00:00+08:00"}
REMOVED = reply(b"", "records.delete", status=204)


def deleted(told=None, untold=None, *, gone=404, removed=REMOVED):
    return judge(
        "014",
        created=(MADE,),
        told=window([UPSERT] if told is None else told, "told"),
        removed=(removed,),
        gone=(reply({"title": "no"}, "records.get", status=gone),),
        untold=window([deletion("new")] if untold is None else untold, "untold"),
    )


def test_deletions_are_told():
    assert deleted() == ("pass", "deletion_told")
    assert deleted(untold=[UPSERT, deletion("new")]) == ("pass", "deletion_told")


def test_deletions_that_are_not():
    assert deleted(untold=[]) == ("fail", "deletion_untold")
    assert deleted(untold=[UPSERT]) == ("fail", "deletion_untold")
    assert deleted(untold=[deletion("new"), UPSERT]) == ("fail", "deletion_undone")
    assert deleted(told=[]) == ("fail", "creation_untold")
    assert deleted(gone=200) == ("fail", "not_gone")
    assert deleted(gone=403) == ("inconclusive", "gone_unclear")
    refused = reply({"title": "no"}, "records.delete", status=403)
    assert deleted(removed=refused) == ("inconclusive", "change_refused")


def exported(file, pages=PAGES):
    return judge("016", pages=pages, file=file)


def test_exports():
    assert exported(export(ROWS)) == ("pass", "export_equals_pages")
    assert exported(export(ROWS[::-1])) == ("pass", "export_equals_pages")
    array = json.dumps(ROWS).encode()
    assert exported(export([], data=array)) == ("pass", "export_equals_pages")


def test_exports_that_differ():
    assert exported(export(ROWS[1:])) == ("fail", "export_lacks")
    assert exported(export([*ROWS, record(20)])) == ("fail", "export_extra")
    # What came or changed since the walk began is no difference.
    new = record(20, created="2026-07-01T08:00:00+08:00")
    assert exported(export([*ROWS, new])) == ("pass", "export_equals_pages")
    moved = record(0, amount=1, updated="2026-07-01T08:00:00+08:00")
    assert exported(export([moved, *ROWS[1:]])) == ("pass", "export_equals_pages")
    assert exported(export([*ROWS, ROWS[0]])) == ("fail", "export_twice")
    assert exported(export([record(0, amount=1), *ROWS[1:]])) == ("fail", "export_differs")
    assert exported(export([record(0, amount=...), *ROWS[1:]])) == ("fail", "export_differs")
    assert exported(export([], data=b"<html>")) == ("fail", "export_no_lines")
    assert exported(export([], data=b"")) == ("fail", "export_lacks")
    assert exported(reply(b"", "records.export", status=503)) == ("fail", "export_refused")
    assert exported(export(ROWS), EMPTY) == ("inconclusive", "walk_empty")


def digest(file):
    return judge("017", file=file)


def test_digests():
    assert digest(export(ROWS)) == ("pass", "digest_true")
    data = b'{"id":1}\n'
    long = base64.b64encode(hashlib.sha512(data).digest()).decode()
    assert digest(export([], data=data, digest=f"md5=:AA==:, sha-512=:{long}:")) == (
        "pass", "digest_true",
    )  # fmt: skip


def test_the_older_field():
    data = b"{}"
    old = base64.b64encode(hashlib.sha256(data).digest()).decode()
    file = reply(data, "records.export", headers=(("Digest", f"SHA-256={old}"),))
    assert digest(file) == ("pass", "digest_true")


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("", "digest_absent"),
        ("md5=:AA==:", "digest_absent"),
        ("sha-256=:AAAA:", "digest_false"),
        ("sha-256=:A:", "digest_malformed"),
    ],
)
def test_digests_that_are_not_true(field, code):
    assert digest(export(ROWS, digest=field)) == ("fail", code)


def test_a_file_that_was_masked_has_no_digest_to_verify():
    file = export(ROWS)
    masked = Redaction("response.body", 0, 4, "token", "d")
    file.exchange = msgspec.structs.replace(file.exchange, redactions=(masked,))
    assert digest(file) == ("inconclusive", "export_not_whole")
    assert digest(reply(b"", "records.export", status=503)) == ("inconclusive", "export_unread")


SCHEMA = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "status": {"enum": ["有效"]}},
}


def valid(schema, pages=PAGES, status=200):
    document = reply(schema, "records.schema", place="exchange.schema/document.1", status=status)
    return judge("012", pages=pages, document=document)


def test_records_keep_to_their_schema():
    assert valid(SCHEMA) == ("pass", "records_valid")
    assert valid(SCHEMA, walk([*ROWS, record(13, status="x")])) == ("fail", "record_invalid")
    assert valid(SCHEMA, walk([*ROWS, {}])) == ("fail", "record_invalid")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({}, ("inconclusive", "schema_empty")),
        ({"title": "x"}, ("inconclusive", "schema_empty")),
        ({"type": "objekt"}, ("fail", "schema_invalid")),
        ({"$ref": "http://example.invalid/s"}, ("inconclusive", "schema_reference")),
        ({"type": "object", "properties": {"id": {"pattern": "(?=x)"}}},
         ("inconclusive", "schema_pattern")),
        ([], ("fail", "schema_unread")),
        (b"<html>", ("fail", "schema_unread")),
    ],
)  # fmt: skip
def test_schemas_that_say_nothing(schema, said):
    assert valid(schema) == said


def test_a_schema_with_a_cycle_of_references():
    cycle = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}
    assert valid(cycle)[0] in {"inconclusive", "fail"}


def test_no_schema_and_no_records():
    assert valid(SCHEMA, status=404) == ("fail", "schema_unread")
    assert valid(SCHEMA, EMPTY) == ("inconclusive", "no_records")


def test_references():
    rows = [record(0), record(1, parent="r00")]
    assert judge("019", pages=walk(rows)) == ("pass", "references_resolve")
    dangling = walk([*rows, record(2, parent="x")])
    assert judge("019", pages=dangling) == ("fail", "reference_dangling")
    assert judge("019", pages=PAGES) == ("inconclusive", "no_reference")
    assert judge("019", pages=EMPTY) == ("inconclusive", "walk_empty")
    assert judge("019", pages=walk(rows, 1, most=1)) == ("inconclusive", "walk_cut")


def detail(ident="r00", status=200, **changes):
    body = record(int(ident[1:]), **changes)
    got = reply(body, "records.get", place="exchange.details[1]/detail.1", status=status,
                params={"id": ident})  # fmt: skip
    return judge("018", pages=PAGES, detail=got)


def test_list_and_item():
    assert detail() == ("pass", "item_equals_list")
    assert detail(note="更多") == ("pass", "item_equals_list")
    assert detail(amount=...) == ("pass", "item_equals_list")
    assert detail(name="别名") == ("fail", "item_differs")
    assert detail(status=404) == ("fail", "item_refused")
    assert detail(status=429) == ("inconclusive", "item_limited")
    assert detail("r20") == ("inconclusive", "item_not_listed")
    later = {"name": "别名", "updated": "2026-05-01T08:00:00+08:00"}
    assert detail(**later) == ("inconclusive", "item_moved")
    earlier = {"updated": "2026-03-01T08:00:00+08:00"}
    assert detail(**earlier) == ("fail", "item_differs")


SENT = {"name": "合成记录䶮𬭎1", "region": "500103"}


def written(*, read=None, again=None, listed=None, status=200):
    whole = {**SENT, "id": "new"}
    return judge(
        "026",
        created=created(SENT),
        again=(created(SENT, again, name="again"),),
        read=(reply(whole if read is None else read, "records.get", status=status),),
        listed=walk([*ROWS, whole] if listed is None else listed),
    )


def test_written_once():
    assert written() == ("pass", "written_once")
    # A retry may be refused as long as there is one record.
    assert written(again={"title": "conflict"}) == ("pass", "written_once")


def test_writings_that_go_wrong():
    assert written(again={**SENT, "id": "other"}) == ("fail", "written_twice")
    twice = [*ROWS, {**SENT, "id": "new"}, {**SENT, "id": "other"}]
    assert written(again={}, listed=twice) == ("fail", "written_twice")
    assert written(listed=ROWS) == ("fail", "not_listed")
    assert written(status=404) == ("fail", "not_readable")
    assert written(status=429) == ("inconclusive", "not_readable")
    lost = {**SENT, "id": "new", "name": "合成记录䶮?1"}
    assert written(read=lost) == ("fail", "written_otherwise")
    assert written(read={"id": "new", "region": "500103"}) == ("fail", "written_otherwise")
    assert written(listed=[]) == ("fail", "not_listed")
    masked = {**SENT, "id": "new", "name": "合**"}
    assert written(listed=[*ROWS, masked]) == ("fail", "listed_otherwise")
