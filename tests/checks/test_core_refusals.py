"""Refusals, media types, limits, unknown parameters, times, links and traces."""

from typing import Any

import pytest
from core_evidence import JSON, PROBLEM, judge, reply

from cqsc_conform.model.operation import OutcomeMap

NOT_FOUND = {"title": "not found", "status": 404, "request_id": "q1"}
OTHER = {"title": "method not allowed", "status": 405, "request_id": "q2"}
NO_METHOD = {**PROBLEM, "X-Request-Id": "q2"}
THIRD = reply(
    {**NOT_FOUND, "request_id": "q3"}, status=404, headers={**PROBLEM, "X-Request-Id": "q3"}
)


def problem(body: Any = NOT_FOUND, headers: Any = PROBLEM, status: int = 404) -> tuple[str, str]:
    refused = reply(OTHER, status=405, headers=NO_METHOD)
    return judge(
        "008", record=reply(body, status=status, headers=headers), path=THIRD, refused=refused
    )


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (NOT_FOUND, JSON, "other_type"),
        (NOT_FOUND, {}, "other_type"),
        ([], PROBLEM, "no_object"),
        (b"<html>", PROBLEM, "no_object"),
        ({"status": 404}, PROBLEM, "no_title"),
        ({**NOT_FOUND, "detail": 7}, PROBLEM, "member_form"),
        ({**NOT_FOUND, "status": 500}, PROBLEM, "status_differs"),
        (NOT_FOUND, {"Content-Type": "application/problem+json"}, "id_absent"),
        ({"title": "t", "status": 404}, PROBLEM, "id_differs"),
        ({**NOT_FOUND, "request_id": "q2"}, NO_METHOD, "id_repeated"),
    ],
)
def test_problem_details(body, headers, code):
    assert problem() == ("pass", "details")
    assert problem(body, headers) == ("fail", code)


def test_nothing_refused_is_nothing_judged():
    fine = reply({})
    assert judge("008", record=fine, path=fine, refused=fine) == ("inconclusive", "nothing_refused")
    assert leaked(fine, fine) == ("inconclusive", "nothing_refused")


def test_a_refusal_by_business_code_is_a_refusal_and_no_problem_details():
    codes = OutcomeMap(pointer="/code", success=("200",), not_found=("404",))
    told = reply({"code": 404, "msg": "记录不存在"}, on="mapped", outcome=codes)
    found = judge("008", record=told, path=told, refused=told)
    assert found == ("fail", "business_code")
    assert leaked(told, told) == ("pass", "nothing_leaked")


def leaked(first: Any, others: Any) -> tuple[str, str]:
    names = ("path", "refused", "text", "negative", "huge", "quote", "long")
    return judge("013", record=first, **dict.fromkeys(names, others))


@pytest.mark.parametrize(
    "text",
    [
        'Traceback (most recent call last):\n  File "/a.py", line 3, in b',
        "at cn.gov.Api.get(Api.java:41)",
        "org.springframework.dao.DataAccessException",
        "System.NullReferenceException: Object reference",
        "goroutine 12 [running]:",
        "SQLSTATE[42000]",
        "ORA-00942: table or view does not exist",
        "You have an error in your SQL syntax",
        "TypeError at Object.get (/srv/app/records.js:12:9)",
        "Warning: include() in /www/index.php on line 12",
    ],
)
def test_what_shows_the_inside(text):
    plain = reply({"title": "not found"}, status=404)
    assert leaked(plain, plain) == ("pass", "nothing_leaked")
    assert leaked(reply({"detail": text}, status=404), plain) == ("fail", "inside_shown")
    assert leaked(reply(text.encode(), status=500), plain) == ("fail", "inside_shown")


@pytest.mark.parametrize(
    ("record", "path", "said"),
    [
        (404, 404, ("pass", "unknown_not_found")),
        (400, 410, ("pass", "unknown_not_found")),
        (200, 404, ("fail", "unknown_record_answered")),
        (500, 404, ("fail", "unknown_record_answered")),
        (404, 200, ("fail", "unknown_path_answered")),
        (404, 400, ("fail", "unknown_path_answered")),
        (403, 404, ("inconclusive", "unknown_not_told")),
        (404, 429, ("inconclusive", "unknown_not_told")),
    ],
)
def test_what_does_not_exist(record, path, said):
    assert judge("010", record=reply({}, status=record), path=reply({}, status=path)) == said


def test_not_found_by_a_business_code_is_not_found():
    coded = OutcomeMap(pointer="/code", success=("0",), not_found=("404",))
    body = {"code": "404"}
    found = reply(body, on="mapped", outcome=coded)
    assert judge("010", record=found, path=found) == ("pass", "unknown_not_found")
    wire = reply(body, on="wire", outcome=coded)
    assert judge("010", record=wire, path=wire) == ("fail", "unknown_record_answered")


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (405, {"Allow": "GET, HEAD"}, ("pass", "method_refused")),
        (405, {}, ("fail", "allow_absent")),
        (405, {"Allow": "GET, PATCH"}, ("fail", "allow_false")),
        (405, {"Allow": ""}, ("fail", "allow_false")),
        (404, {}, ("fail", "method_answered")),
        (200, {}, ("fail", "method_answered")),
        (403, {}, ("inconclusive", "not_looked_at")),
    ],
)
def test_the_method(status, headers, said):
    assert judge("011", refused=reply({}, status=status, headers=headers, method="PATCH")) == said


def limited(headers: dict[str, str], after: int = 200, at: str = "04:00:02") -> tuple[str, str]:
    burst = (reply({}), reply({}, status=429, headers=headers))
    again = reply({}, status=after, sent_at=f"2026-06-01T{at}.000Z")
    return judge("019", burst=burst, again=again)


def test_limits():
    assert limited({"Retry-After": "1"}) == ("pass", "limited_truly")
    date = {"Date": "Mon, 01 Jun 2026 03:00:00 GMT", "Retry-After": "Mon, 01 Jun 2026 03:00:01 GMT"}
    assert limited(date) == ("pass", "limited_truly")
    assert limited({}) == ("fail", "retry_after_absent")
    assert limited({"Retry-After": "soon"}) == ("fail", "retry_after_form")
    assert limited({"Retry-After": "1"}, 429) == ("fail", "retry_after_false")
    assert limited({"Retry-After": "3600"}, 429) == ("inconclusive", "retry_after_long")
    assert limited({"Retry-After": "1"}, 500) == ("inconclusive", "not_looked_at")
    assert judge("019", burst=reply({}), again=reply({})) == ("inconclusive", "never_limited")


def rows(*ids: str, **more: Any) -> Any:
    return reply({"items": [{"id": each} for each in ids]}, operation="records.list", **more)


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (rows("a", "b"), ("pass", "odd_query_ignored")),
        (rows("a", status=400), ("pass", "odd_query_refused")),
        (rows("a"), ("fail", "odd_query_changed")),
        (rows(), ("fail", "odd_query_changed")),
        (rows("a", status=500), ("fail", "odd_query_answered")),
        (rows("a", status=404), ("fail", "odd_query_answered")),
        (rows("a", status=401), ("inconclusive", "not_looked_at")),
    ],
)
def test_an_undeclared_parameter(odd, said):
    assert judge("024", before=rows("a", "b"), odd=odd, again=rows("a", "b")) == said


def test_a_list_that_changes_meanwhile_tells_nothing():
    said = judge("024", before=rows("a"), odd=rows("b"), again=rows("c"))
    assert said == ("inconclusive", "list_changed")
    assert judge("024", before=rows(), odd=rows(), again=rows()) == ("inconclusive", "list_changed")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply({}), ("pass", "json_utf8")),
        (reply({}, headers={"content-type": "application/geo+json; charset=UTF-8"}),
         ("pass", "json_utf8")),
        (reply({}, headers={"content-type": "text/html"}), ("fail", "not_json_type")),
        (reply({}, headers={}), ("fail", "not_json_type")),
        (reply({}, headers={"content-type": "application/json;charset=GBK"}),
         ("fail", "other_charset")),
        (reply('{"a": "重"}'.encode("gbk")), ("fail", "bad_json")),
        (reply(b"\xef\xbb\xbf{}"), ("fail", "bad_json")),
        (reply(b'{"a": 1, "a": 2}'), ("fail", "bad_json")),
        (reply(b'{"a": NaN}'), ("fail", "bad_json")),
        (reply({}, status=404), ("inconclusive", "nothing_answered")),
    ],
)  # fmt: skip
def test_json_in_utf_8(answer, said):
    assert judge("005", listed=answer, got=answer, pages=answer) == said


@pytest.mark.parametrize(
    ("preferred", "foreign", "said"),
    [
        (reply({}), reply({}, status=406), ("pass", "negotiated")),
        (reply({}), reply({}), ("pass", "negotiated")),
        (reply({}, status=406), reply({}), ("fail", "preferred_refused")),
        (reply(b"<p>", headers={"content-type": "text/html"}), reply({}),
         ("fail", "preferred_ignored")),
        (reply({}), reply({}, headers={"content-type": "application/vnd.x"}),
         ("fail", "foreign_mislabelled")),
        (reply({}), reply({}, status=500), ("fail", "foreign_refused_wrongly")),
    ],
)  # fmt: skip
def test_negotiation(preferred, foreign, said):
    assert judge("025", preferred=preferred, foreign=foreign) == said


@pytest.mark.parametrize(
    ("malformed_", "media", "said"),
    [
        (400, 415, ("pass", "bodies_refused")),
        (422, 415, ("pass", "bodies_refused")),
        (201, 415, ("fail", "malformed_accepted")),
        (500, 415, ("fail", "malformed_refused_wrongly")),
        (400, 201, ("fail", "type_accepted")),
        (400, 400, ("fail", "type_refused_wrongly")),
        (401, 415, ("inconclusive", "not_looked_at")),
    ],
)
def test_bodies(malformed_, media, said):
    given = {"malformed": reply({}, status=malformed_), "media": reply({}, status=media)}
    assert judge("012", **given) == said


def timed(value: Any, **more: Any) -> tuple[str, str]:
    page = reply({"items": [{"id": "1", "updated": value}]}, operation="records.list", **more)
    return judge("007", pages=page, got=reply({}, status=404))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-01-02T08:00:00+08:00", ("pass", "times_valid")),
        ("2026-01-02", ("pass", "times_valid")),
        ("2026-02-30T08:00:00+08:00", ("fail", "time_calendar")),
        ("2026-01-02T08:00:00", ("fail", "time_no_offset")),
        ("20260102T080000Z", ("fail", "time_basic_format")),
        ("2026-01-02 08:00", ("fail", "time_shape")),
        ("2026-01-02T25:00:00Z", ("fail", "time_clock")),
        (1767312000, ("fail", "time_not_text")),
        ("2026-01-02T24:00:00Z", ("inconclusive", "time_hour_24")),
        (None, ("inconclusive", "no_times")),
    ],
)
def test_times(value, said):
    assert timed(value) == said


def test_a_time_without_offset_takes_the_zone_that_the_target_declares():
    assert timed("2026-01-02T08:00:00", timezone="Asia/Shanghai") == ("pass", "times_valid")


NEXT = {"Link": '</records?cursor=5>; rel="next"'}


def test_links():
    pages = (rows("a", headers={**JSON, **NEXT}), rows("b"))
    assert judge("028", pages=pages, followed=rows("b")) == ("pass", "links_lead_on")
    assert judge("028", pages=pages, followed=rows("a")) == ("fail", "link_elsewhere")
    assert judge("028", pages=pages, followed=rows("b", status=404)) == ("fail", "link_dead")
    bare = (rows("a"), rows("b"))
    assert judge("028", pages=bare, followed=rows("a")) == ("fail", "link_absent")
    assert judge("028", pages=rows("a"), followed=rows("a")) == ("inconclusive", "one_page")


def traced(headers: dict[str, str], status: int = 200) -> tuple[str, str]:
    sent = {"traceparent": f"00-{'ab' * 16}-00f067aa0ba902b7-01"}
    return judge("027", traced=reply({}, status=status, asked=sent, headers=headers))


def test_traces():
    assert traced({"traceresponse": f"00-{'ab' * 16}-00f067aa0ba902b8-01"}) == (
        "pass",
        "trace_passed",
    )
    assert traced({}) == ("fail", "trace_absent")
    assert traced({"traceparent": f"00-{'cd' * 16}-00f067aa0ba902b8-01"}) == ("fail", "trace_other")
    assert traced({}, 400) == ("fail", "trace_refused")
