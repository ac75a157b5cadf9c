"""Conditional requests, caching, and what becomes of written values."""

from typing import Any

import pytest
from core_evidence import JSON, judge, reply

TAG = {**JSON, "ETag": '"1"'}
CREATED = {"method": "POST", "operation": "records.create"}


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (reply(None, headers=TAG), ("pass", "head_like_get")),
        (reply(None, headers={**TAG, "Content-Length": "2"}), ("pass", "head_like_get")),
        (reply(None, headers={**TAG, "Content-Length": "3"}), ("fail", "head_field")),
        (reply(None, status=405, headers=TAG), ("fail", "head_status")),
        (reply(None, headers=JSON), ("fail", "head_field")),
    ],
)
def test_head(head, said):
    assert judge("014", got=reply({}, headers=TAG), head=head) == said


def test_head_of_what_was_not_read():
    gone = reply({}, status=404)
    assert judge("014", got=gone, head=gone) == ("inconclusive", "not_read")
    asked = reply({}, headers=TAG, method="POST")
    assert judge("014", got=asked, head=reply(None, headers=TAG)) == ("inconclusive", "no_get")


def held(got: Any, unchanged: Any, other: Any = None) -> tuple[str, str]:
    return judge("015", got=got, unchanged=unchanged, other=other or reply({}, headers=TAG))


def test_etags():
    good, same = reply({}, headers=TAG), reply(None, status=304, headers=TAG)
    assert held(good, same) == ("pass", "not_modified")
    assert held(reply({}), same) == ("fail", "etag_absent")
    assert held(reply({}, headers={**JSON, "ETag": "1"}), same) == ("fail", "etag_form")
    assert held(good, good) == ("fail", "not_304")
    changed = reply({}, headers={**JSON, "ETag": '"2"'})
    assert held(good, changed) == ("inconclusive", "changed_meanwhile")
    assert held(good, reply({}, status=304, headers=TAG)) == ("fail", "body_with_304")
    assert held(good, same, same) == ("fail", "other_not_answered")
    assert held(reply({}, status=403), same) == ("inconclusive", "not_read")


def lost(late: int, kept: str = "two", first: int = 200) -> tuple[str, str]:
    return judge(
        "016", read=reply({"name": "one"}, headers=TAG), update=reply({}, status=first),
        changed=reply({"name": "two"}), stale=reply({}, status=late), kept=reply({"name": kept}),
    )  # fmt: skip


def test_lost_updates():
    assert lost(412) == ("pass", "lost_update_refused")
    assert lost(200) == ("fail", "update_lost")
    assert lost(409) == ("fail", "not_412")
    assert lost(412, kept="three") == ("fail", "changed_in_spite")
    assert lost(401) == ("inconclusive", "update_refused")
    assert lost(412, first=422) == ("inconclusive", "update_refused")


def validators(
    *headers: dict[str, str], status: int = 200, at: str = "04:00:02"
) -> tuple[str, str]:
    read, same, changed = (reply({}, headers={**JSON, **each}) for each in headers)
    update = reply({}, status=status, sent_at=f"2026-06-01T{at}.000Z")
    return judge("017", read=read, same=same, update=update, changed=changed)


EARLY = {"Last-Modified": "Mon, 01 Jun 2026 04:00:00 GMT"}
LATE = {"Last-Modified": "Mon, 01 Jun 2026 04:00:02 GMT"}
ONE, TWO = {"ETag": '"1"'}, {"ETag": '"2"'}


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (({**ONE, **EARLY}, {**ONE, **EARLY}, {**TWO, **LATE}), ("pass", "validators_true")),
        ((ONE, ONE, TWO), ("pass", "validators_true")),
        ((EARLY, EARLY, LATE), ("pass", "validators_true")),
        ((ONE, TWO, TWO), ("fail", "etag_moved")),
        ((ONE, ONE, ONE), ("fail", "etag_stayed")),
        ((EARLY, LATE, LATE), ("fail", "time_moved")),
        ((EARLY, EARLY, EARLY), ("fail", "time_stayed")),
        ((LATE, LATE, EARLY), ("fail", "time_backwards")),
        (({"Last-Modified": "now"},) * 3, ("fail", "time_form")),
        (({}, {}, {}), ("inconclusive", "no_validator")),
    ],
)
def test_validators(headers, said):
    assert validators(*headers) == said


def test_a_change_in_the_second_of_creation_tells_nothing():
    assert validators(EARLY, EARLY, EARLY, at="04:00:00") == ("inconclusive", "same_second")
    assert validators(ONE, ONE, TWO, status=412) == ("inconclusive", "update_refused")


@pytest.mark.parametrize(
    ("value", "scheme", "said"),
    [
        ("private, no-cache", "bearer", ("pass", "cache_told")),
        ("public, max-age=60", "none", ("pass", "cache_told")),
        ("public, max-age=60", "bearer", ("fail", "cache_public")),
        ("s-maxage=60", "bearer", ("fail", "cache_public")),
        (None, "bearer", ("fail", "cache_untold")),
        ("", "bearer", ("fail", "cache_untold")),
    ],
)
def test_caching(value, scheme, said):
    headers = JSON if value is None else {**JSON, "Cache-Control": value}
    seen = reply({}, headers=headers, facts={"sent_credentials": scheme})
    assert judge("018", listed=seen, got=seen) == said


def text(found: Any, sent: str = "㐂𠮷") -> tuple[str, str]:
    create = reply({}, status=201, sent={"name": sent}, **CREATED)  # type: ignore[arg-type]
    return judge("006", create=create, read=reply(found))


def test_text():
    assert text({"name": "㐂𠮷"}) == ("pass", "text_kept")
    assert text({"name": "㐂?"}) == ("fail", "text_changed")
    assert text({"name": "㐂"}) == ("fail", "text_changed")
    assert text({"name": "㐂𠮷."}) == ("fail", "text_changed")
    assert text({"name": None}) == ("fail", "text_gone")
    assert text({}) == ("fail", "text_gone")
    assert text([]) == ("inconclusive", "not_read")


def numbers(found: Any) -> tuple[str, str]:
    sent = {"count": 9007199254740991, "amount": 1234567890123.45}
    create = reply({}, status=201, sent=sent, **CREATED)  # type: ignore[arg-type]
    return judge("023", create=create, read=reply(found))


def test_numbers():
    assert numbers({"count": 9007199254740991, "amount": 1234567890123.45}) == (
        "pass",
        "numbers_kept",
    )
    assert numbers({"count": "9007199254740991", "amount": "1234567890123.450"}) == (
        "pass", "numbers_kept",
    )  # fmt: skip
    assert numbers({"count": 9007199254740992, "amount": 1234567890123.45}) == (
        "fail", "number_changed",
    )  # fmt: skip
    assert numbers({"count": 9007199254740991, "amount": 1234567890124}) == (
        "fail",
        "number_changed",
    )
    assert numbers({"count": 9007199254740991}) == ("fail", "number_changed")
    assert numbers(b"") == ("inconclusive", "not_read")


def absent(first: Any, last: Any, status: int = 200) -> tuple[str, str]:
    return judge("022", absent=reply(first), nulled=reply({}, status=status), null_read=reply(last))


def test_absent_and_null():
    assert absent({}, {"industry": None}) == ("pass", "absent_kept")
    assert absent({"industry": None}, {}, 422) == ("pass", "absent_kept")
    assert absent({"industry": ""}, {}) == ("fail", "absent_filled")
    assert absent({"industry": 0}, {}) == ("fail", "absent_filled")
    assert absent({}, {"industry": "null"}) == ("fail", "null_filled")
    assert absent({}, {}, 500) == ("fail", "null_broken")
    assert absent({}, {}, 403) == ("inconclusive", "not_looked_at")
    assert absent({}, []) == ("inconclusive", "not_read")


def extra(status: int, body: Any) -> tuple[str, str]:
    return judge("021", extended=reply({}, status=status), extra_read=reply(body))


def test_undeclared_fields():
    assert extra(200, {"id": "1"}) == ("pass", "extra_ignored")
    assert extra(400, {"id": "1"}) == ("pass", "extra_refused")
    assert extra(200, {"id": "1", "cqsc_unknown": "x"}) == ("fail", "extra_stored")
    assert extra(200, {"id": "1", "ext": [{"cqsc_unknown": None}]}) == ("fail", "extra_stored")
    assert extra(500, {"id": "1"}) == ("fail", "extra_broken")
    assert extra(401, {"id": "1"}) == ("inconclusive", "not_looked_at")
    assert extra(200, b"") == ("inconclusive", "not_read")


def keyed(retry: Any, other: Any, first: Any = None) -> tuple[str, str]:
    return judge("020", first=first or reply({"id": "1"}, status=201), retry=retry, other=other)


def test_idempotency():
    same, refused = reply({"id": "1"}, status=201), reply({}, status=422)
    assert keyed(same, refused) == ("pass", "idempotent")
    assert keyed(reply({"id": "1"}), reply({}, status=409)) == ("pass", "idempotent")
    assert keyed(reply({"id": "2"}, status=201), refused) == ("fail", "created_twice")
    assert keyed(reply({}, status=409), refused) == ("fail", "retry_refused")
    assert keyed(same, same) == ("fail", "other_body_replayed")
    assert keyed(same, reply({"id": "2"}, status=201)) == ("fail", "key_used_twice")
    assert keyed(same, reply({}, status=500)) == ("fail", "other_body_refused_wrongly")
    assert keyed(same, reply({}, status=429)) == ("inconclusive", "not_looked_at")
    assert keyed(same, refused, reply({}, status=422)) == ("inconclusive", "not_created")
