from typing import Any

import pytest
from check_evidence import detail, entry, judge, listed, page, reply, run

from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Verdict


def said(verdict: Verdict | None) -> tuple[str, str] | None:
    return None if verdict is None else (verdict.outcome.value, verdict.code.partition(".")[2])


def answer(status: int, body: Any = None) -> Reply:
    return reply({} if body is None else body, status=status, params={"id": "e1"})


class TestListAndDetail:
    def test_agree(self):
        verdict = judge("DI-CATALOG-012", pages=listed(entry()), detail=detail())
        assert said(verdict) == ("pass", "detail_agrees")
        assert verdict is not None
        assert len(verdict.cites) == 2

    @pytest.mark.parametrize(
        ("element", "value"),
        [
            ("title", "低保对象信息（新）"),
            ("share_mode", "文件交换"),
            ("related", ["306003001/000001"]),
            ("region", "500104"),
            ("published", "2025-03-02"),
            ("updated", "2026-05-01T08:00:00+08:00"),
            ("updated", "once"),
        ],
    )
    def test_differ(self, element, value):
        shown = entry(related=["306003001/000002"])
        other = detail(**{"related": shown["related"], element: value})
        verdict = judge("DI-CATALOG-012", pages=listed(shown), detail=other)
        assert said(verdict) == ("fail", "detail_differs")
        assert verdict is not None
        assert verdict.args["element"] == element

    def test_an_update_between_the_two_is_no_difference(self):
        later = detail(updated="2026-06-01T08:00:05+08:00")
        verdict = judge("DI-CATALOG-012", pages=listed(entry()), detail=later)
        assert said(verdict) == ("pass", "detail_agrees")

    @pytest.mark.parametrize("value", [..., None, "", []])
    def test_what_one_does_not_carry_is_not_compared(self, value):
        verdict = judge("DI-CATALOG-012", pages=listed(entry()), detail=detail(title=value))
        assert said(verdict) == ("pass", "detail_agrees")

    def test_a_number_and_its_text_are_the_same(self):
        verdict = judge("DI-CATALOG-012", pages=listed(entry(region=500103)), detail=detail())
        assert said(verdict) == ("pass", "detail_agrees")

    def test_another_entry_is_answered(self):
        other = reply(entry(id="e2"), params={"id": "e1"})
        verdict = judge("DI-CATALOG-012", pages=listed(entry()), detail=other)
        assert said(verdict) == ("fail", "detail_differs")
        assert verdict is not None
        assert verdict.args["element"] == "id"

    @pytest.mark.parametrize(
        ("seen", "outcome", "why"),
        [
            (answer(404), "fail", "detail_refused"),
            (answer(403), "fail", "detail_refused"),
            (answer(500), "fail", "detail_refused"),
            (answer(302), "fail", "detail_refused"),
            (answer(429), "inconclusive", "detail_limited"),
            (answer(200, b"<html>"), "fail", "detail_not_json"),
            (answer(200, b""), "fail", "detail_not_json"),
            (answer(200, []), "fail", "detail_no_object"),
            (answer(200, "e1"), "fail", "detail_no_object"),
            (answer(200, {}), "inconclusive", "nothing_compared"),
        ],
    )
    def test_not_answered(self, seen, outcome, why):
        verdict = judge("DI-CATALOG-012", pages=listed(entry()), detail=seen)
        assert said(verdict) == (outcome, why)

    def test_not_listed(self):
        verdict = judge("DI-CATALOG-012", pages=(page([]),), detail=detail())
        assert said(verdict) == ("inconclusive", "not_listed")


def fields(rows: Any, status: int = 200, **body: Any) -> Reply:
    return reply(
        {"fields": rows, **body}, "dataset.schema", status=status, params={"id": "e1"},
        place="catalog.schema[1]/fields.1",
    )  # fmt: skip


LIVE = [{"name": "rs", "type": "integer"}, {"name": "xm", "type": "string"}]


class TestSchema:
    def test_equal_in_any_order(self):
        verdict = judge("DI-CATALOG-011", details=(detail(),), fields=fields(LIVE))
        assert said(verdict) == ("pass", "items_equal_schema")

    @pytest.mark.parametrize(
        ("rows", "why"),
        [
            (LIVE[:1], "field_not_live"),
            ([], "field_not_live"),
            ([*LIVE, {"name": "zzz", "type": "string"}], "field_undeclared"),
            ([LIVE[0], {"name": "xm", "type": "binary"}], "field_type_differs"),
            ([LIVE[0], {"name": "xm"}], "field_type_differs"),
            ([LIVE[0], {"name": ["xm"]}, 5, None], "field_not_live"),
            (None, "schema_no_fields"),
            ({}, "schema_no_fields"),
            ("xm", "schema_no_fields"),
        ],
    )
    def test_different(self, rows, why):
        verdict = judge("DI-CATALOG-011", details=(detail(),), fields=fields(rows))
        assert said(verdict) == ("fail", why)

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"name": None, "type": "string"}, "items_equal_schema"),
            ({"type": "string"}, "items_equal_schema"),
            ({"name": " ", "type": "string"}, "items_equal_schema"),
            ({"name": "xm"}, "items_equal_schema"),
            ({"name": "xm", "type": ""}, "items_equal_schema"),
            ({"name": "xn", "type": "string"}, "field_not_live"),
        ],
    )
    def test_an_item_that_lacks_its_name_or_type_is_judged_elsewhere(self, changed, why):
        declared = [{"name": "rs", "type": "integer"}, changed]
        verdict = judge("DI-CATALOG-011", details=(detail(items=declared),), fields=fields(LIVE))
        assert said(verdict) is not None
        assert said(verdict)[1] == why

    def test_one_nameless_item_hides_one_field_only(self):
        declared = [{"type": "integer"}]
        verdict = judge("DI-CATALOG-011", details=(detail(items=declared),), fields=fields(LIVE))
        assert said(verdict) == ("fail", "field_undeclared")

    @pytest.mark.parametrize("status", [401, 404, 429, 500])
    def test_unanswered(self, status):
        verdict = judge("DI-CATALOG-011", details=(detail(),), fields=fields(LIVE, status))
        assert said(verdict) == ("inconclusive", "schema_unanswered")

    @pytest.mark.parametrize("items", [..., [], None, "xm"])
    def test_speaks_of_no_entry_without_items(self, items):
        assert judge("DI-CATALOG-011", details=(detail(items=items),), fields=fields(LIVE)) is None
        assert judge("DI-CATALOG-011", details=(detail("e2"),), fields=fields(LIVE)) is None

    def test_vendors_names(self):
        mapped = Operation(items="/rows", elements={"name": "/mc", "type": "/lx"})
        rows = [{"mc": each["name"], "lx": each["type"]} for each in LIVE]
        seen = reply({"rows": rows}, params={"id": "e1"}, mapped=mapped)
        verdict = judge("DI-CATALOG-011", details=(detail(),), fields=seen)
        assert said(verdict) == ("pass", "items_equal_schema")


def found(
    items: list[Any], number: int = 1, *, keyword: str = "低保对象信息", **more: Any
) -> Reply:
    return page(
        items, number, operation="catalog.search", probe=f"catalog.search[{number}]",
        params={"keyword": keyword}, **more,
    )  # fmt: skip


class TestSearch:
    def test_finds(self):
        results = (found([entry(id="e0"), entry()]), found([], 2))
        verdict = judge("DI-CATALOG-014", pages=listed(entry()), found=results)
        assert said(verdict) == ("pass", "search_finds")

    @pytest.mark.parametrize(
        ("results", "outcome", "why"),
        [
            ((found([]),), "fail", "search_misses"),
            ((found([entry(id="e2")]), found([], 2)), "fail", "search_misses"),
            ((found([entry(id="e2")]),), "inconclusive", "search_too_long"),
            ((found([], status=404),), "fail", "search_misses"),
            ((found([], status=400),), "fail", "search_refused"),
            ((found([], status=500),), "fail", "search_refused"),
            ((found([], status=403),), "inconclusive", "search_unanswered"),
            ((found([], status=429),), "inconclusive", "search_unanswered"),
            ((found([], body={"items": None}),), "fail", "search_no_list"),
            ((found([], body=b"<html>"),), "fail", "search_no_list"),
            ((found([entry(id=...), 5, None]), found([], 2)), "fail", "search_misses"),
            ((found([], keyword="not listed"),), "inconclusive", "title_not_listed"),
        ],
    )
    def test_does_not_find(self, results, outcome, why):
        verdict = judge("DI-CATALOG-014", pages=listed(entry()), found=results)
        assert said(verdict) == (outcome, why)

    def test_each_keyword_is_asked_for(self):
        pages = listed(entry(), entry(id="e2", title="其他"))
        results = (found([entry()]), found([], keyword="其他"))
        verdict = judge("DI-CATALOG-014", pages=pages, found=results)
        assert said(verdict) == ("fail", "search_misses")
        assert verdict is not None
        assert verdict.args["entry"] == "e2"

    def test_a_miss_is_not_hidden_by_what_is_left_open(self):
        results = (found([], keyword="not listed"), found([]))
        verdict = judge("DI-CATALOG-014", pages=listed(entry()), found=results)
        assert said(verdict) == ("fail", "search_misses")

    def test_one_of_several_entries_of_that_title_is_enough(self):
        pages = listed(entry(), entry(id="e2"))
        verdict = judge("DI-CATALOG-014", pages=pages, found=(found([entry(id="e2")]),))
        assert said(verdict) == ("pass", "search_finds")

    @pytest.mark.parametrize(
        ("seen", "outcome", "why"),
        [
            (found([]), "pass", "search_excludes"),
            (found([], status=404), "pass", "search_excludes"),
            (found([entry()]), "fail", "search_ignores"),
            (found(["x"]), "fail", "search_ignores"),
            (found([], status=500), "fail", "search_refused"),
            (found([], status=429), "inconclusive", "search_unanswered"),
            (found([], body={}), "fail", "search_no_list"),
        ],
    )
    def test_excludes(self, seen, outcome, why):
        assert said(judge("DI-CATALOG-015", reply=seen)) == (outcome, why)


def duties(*rows: Any) -> tuple[Reply, ...]:
    return (page(list(rows), operation="responsibility.list", probe="catalog.responsibility"),)


def service(status: int) -> Reply:
    return reply({"items": []}, "dataset.records", status=status, place=f"p/service.{status}")


class TestResponsibility:
    @pytest.mark.parametrize(
        ("seen", "outcome", "why"),
        [
            (detail(), "pass", "duty_resolves"),
            (answer(404), "fail", "duty_dangling"),
            (answer(500), "fail", "duty_dangling"),
            (answer(400), "fail", "duty_dangling"),
            (answer(403), "inconclusive", "duty_undecided"),
            (answer(429), "inconclusive", "duty_undecided"),
            (answer(200, []), "fail", "detail_no_object"),
            (answer(200, b"x"), "fail", "detail_no_object"),
            (answer(200, {}), "fail", "duty_other_entry"),
            (answer(200, entry(id="e2")), "fail", "duty_other_entry"),
        ],
    )
    def test_resolves(self, seen, outcome, why):
        listing = duties({"id": "d1", "entry_id": "e1"})
        assert said(judge("DI-CATALOG-019", duties=listing, entry=seen)) == (outcome, why)

    @pytest.mark.parametrize("row", [{"id": "d2"}, {"entry_id": ""}, {"entry_id": None}, 5, None])
    def test_names_no_entry(self, row):
        listing = duties({"id": "d1", "entry_id": "e1"}, row)
        verdict = judge("DI-CATALOG-019", duties=listing, entry=detail())
        assert said(verdict) == ("fail", "duty_without_entry")

    @pytest.mark.parametrize(
        ("statuses", "outcome", "why"),
        [
            ((200, 204), "pass", "services_answer"),
            ((200, 503), "fail", "service_unavailable"),
            ((404, 403), "fail", "service_unavailable"),
            ((302,), "fail", "service_unavailable"),
            ((200, 403), "inconclusive", "service_undecided"),
            ((200, 400), "inconclusive", "service_undecided"),
            ((429,), "inconclusive", "service_undecided"),
        ],
    )
    def test_services(self, statuses, outcome, why):
        services = tuple(service(status) for status in statuses)
        verdict = judge("DI-CATALOG-020", entries=(detail(),), services=services)
        assert said(verdict) == (outcome, why)
        assert verdict is not None
        assert verdict.count == len(statuses)

    @pytest.mark.parametrize("value", [..., "", None])
    def test_entry_without_service(self, value):
        entries = (detail(), detail("e2", service=value))
        verdict = judge("DI-CATALOG-020", entries=entries, services=(service(200),))
        assert said(verdict) == ("fail", "duty_without_service")
        assert verdict is not None
        assert verdict.args["entry"] == "e2"


class TestReplies:
    @pytest.mark.parametrize(
        ("seen", "outcome", "why"),
        [
            (answer(404), "pass", "not_found"),
            (answer(410), "pass", "not_found"),
            (answer(400), "pass", "not_found"),
            (answer(200, {}), "fail", "found_unexpectedly"),
            (answer(200, b""), "fail", "found_unexpectedly"),
            (detail(), "fail", "found_unexpectedly"),
            (answer(500), "fail", "not_not_found"),
            (answer(302), "fail", "not_not_found"),
            (answer(403), "inconclusive", "not_told"),
            (answer(429), "inconclusive", "not_told"),
        ],
    )
    def test_not_found(self, seen, outcome, why):
        assert said(judge("DI-CATALOG-013", reply=seen)) == (outcome, why)

    def test_not_found_by_default_is_strict(self):
        assert said(run("reply.not_found", reply=answer(400))) == ("fail", "not_not_found")

    @pytest.mark.parametrize(
        ("seen", "why"),
        [
            (answer(404), "not_success"),
            (answer(200, b"x"), "not_json"),
            (answer(200, []), "no_object"),
            (answer(200, {}), "other_object"),
            (answer(200, entry(id="e2")), "other_object"),
        ],
    )
    def test_not_the_object(self, seen, why):
        assert said(run("reply.found", reply=seen)) == ("fail", why)

    def test_found(self):
        assert said(run("reply.found", reply=detail())) == ("pass", "found")
        assert said(run("reply.found", reply=reply({"id": 5}, params={"id": "5"})))[0] == "pass"  # type: ignore[index]
        assert said(run("reply.found", reply=reply({"any": 1}))) == ("pass", "found")

    def test_lists_something(self):
        assert said(run("reply.lists_something", replies=(page([]), page([5], 2)))) == (
            "pass",
            "lists_something",
        )
        for seen in (page([]), page([5], status=500), page([], body=b"")):
            verdict = run("reply.lists_something", replies=(seen,))
            assert verdict is not None
            assert verdict.outcome is Outcome.FAIL
