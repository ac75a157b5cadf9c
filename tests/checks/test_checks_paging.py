from typing import Any

import pytest
from check_evidence import judge, page, walk

from cqsc_conform.checks.registry import Replies
from cqsc_conform.model.operation import Operation, Paging
from cqsc_conform.model.verdict import Verdict

ROWS = [{"id": f"e{n}"} for n in range(23)]
SMALL = "catalog.walk-small"


def said(verdict: Verdict | None) -> tuple[str, str] | None:
    return None if verdict is None else (verdict.outcome.value, verdict.code.partition(".")[2])


def total(pages: Replies, small: Replies | None = None) -> tuple[str, str] | None:
    other = walk(ROWS, 7, probe=SMALL) if small is None else small
    return said(judge("DI-CATALOG-016", pages=pages, small=other))


def once(pages: Replies, small: Replies | None = None) -> tuple[str, str] | None:
    other = walk(ROWS, 7, probe=SMALL) if small is None else small
    return said(judge("DI-CATALOG-017", pages=pages, small=other))


def of(*pages: list[Any], declared: Any = 23, **more: Any) -> Replies:
    return tuple(page(rows, n, total=declared, **more) for n, rows in enumerate(pages, 1))


GOOD = walk(ROWS)


def test_true_and_once():
    assert total(GOOD) == ("pass", "total_true")
    assert once(GOOD) == ("pass", "each_once")


@pytest.mark.parametrize("declared", [22, 24, 0, -1, 10**30])
def test_false_total(declared):
    assert total(walk(ROWS, total=declared)) == ("fail", "total_false")
    assert total(GOOD, walk(ROWS, 7, total=declared, probe=SMALL)) == ("fail", "total_false")


@pytest.mark.parametrize("declared", ["23", 23.5, True, [23], {"n": 23}, "many"])
def test_total_is_no_integer(declared):
    assert total(walk(ROWS, total=declared)) == ("fail", "total_not_integer")


def test_an_integral_number_is_an_integer():
    assert total(walk(ROWS, total=23.0)) == ("pass", "total_true")


@pytest.mark.parametrize("declared", [..., None])
def test_no_total(declared):
    body: dict[str, Any] = {} if declared is ... else {"total": declared}
    pages = (page([], body={**body, "items": ROWS}), page([], 2, body={**body, "items": []}))
    assert total(pages) == ("fail", "total_absent")
    assert once(pages) == ("pass", "each_once")


def test_no_total_is_mapped():
    mapped = Operation(items="/items", paging=Paging(style="page"))
    assert total(walk(ROWS, mapped=mapped)) == ("fail", "total_absent")


def test_the_total_of_each_page_is_that_page():
    pages = (page(ROWS[:10]), page(ROWS[10:20], 2), page(ROWS[20:], 3), page([], 4))
    assert total(pages) == ("fail", "total_false")


def test_the_list_changed_while_it_was_walked():
    pages = (
        page(ROWS[:10], 1, total=22), page(ROWS[10:20], 2, total=23), page(ROWS[20:], 3, total=23),
        page([], 4, total=23),
    )  # fmt: skip
    assert total(pages) == ("inconclusive", "total_changed")


def test_an_empty_list_shows_nothing():
    assert total(of([], declared=0), of([], declared=0)) == ("inconclusive", "empty_list")
    assert once(of([], declared=0), of([], declared=0)) == ("inconclusive", "empty_list")


def test_page_two_repeats_an_entry():
    pages = of(ROWS[:10], ROWS[9:19], ROWS[20:], [])
    assert total(pages) == ("pass", "total_true")
    assert once(pages) == ("fail", "item_twice")


def test_a_total_that_counts_each_entry_once_is_true_where_paging_is_wrong():
    repeated = of([*ROWS[:9], ROWS[8]], ROWS[9:19], ROWS[19:], [])
    assert (total(repeated), once(repeated)) == (("pass", "total_true"), ("fail", "item_twice"))
    lossy = of(ROWS[:10], ROWS[11:20], ROWS[20:], [])
    assert (total(lossy), once(lossy)) == (("pass", "total_true"), ("fail", "item_lost"))


def test_a_total_that_no_count_gives_is_false_where_paging_is_wrong():
    lossy = of(ROWS[:10], ROWS[11:20], ROWS[20:], [], declared=24)
    assert total(lossy) == ("fail", "total_false")
    nameless = of([*ROWS[:9], {}], ROWS[11:20], ROWS[20:], [])
    assert total(nameless) == ("fail", "total_false")


def test_the_page_size_changes_the_set():
    assert once(walk(ROWS[1:])) == ("fail", "item_lost")
    assert once(GOOD, walk(ROWS[:-1], 7, probe=SMALL)) == ("fail", "item_lost")


@pytest.mark.parametrize(
    "row", [{}, {"id": None}, {"id": ""}, {"id": []}, {"id": {}}, {"id": [1]}, 5, "e1", None, []]
)
def test_an_item_without_id(row):
    assert once(walk([*ROWS, row])) == ("fail", "item_without_id")


def test_a_fault_of_one_walk_is_not_hidden_by_the_other():
    refused = (page([], status=403),)
    assert total(refused, walk(ROWS, 7, total=22, probe=SMALL)) == ("fail", "total_false")
    assert once(refused, walk([*ROWS, ROWS[0]], 7, probe=SMALL)) == ("fail", "item_twice")


class TestTheEnd:
    """Systems say in many ways that there is no further page."""

    @pytest.mark.parametrize("status", [404, 410, 400, 422])
    def test_not_found_after_the_total(self, status):
        pages = (*GOOD[:-1], page([], 4, status=status))
        assert (total(pages), once(pages)) == (("pass", "total_true"), ("pass", "each_once"))

    @pytest.mark.parametrize("items", [None, ...])
    def test_no_list_after_the_total(self, items):
        body = {"total": 23} if items is ... else {"total": 23, "items": items}
        pages = (*GOOD[:-1], page([], 4, body=body))
        assert (total(pages), once(pages)) == (("pass", "total_true"), ("pass", "each_once"))

    def test_the_last_page_again_after_the_total(self):
        pages = of(ROWS[:10], ROWS[10:20], ROWS[20:], ROWS[20:])
        assert (total(pages), once(pages)) == (("pass", "total_true"), ("pass", "each_once"))

    def test_the_same_page_again_before_the_total(self):
        pages = of(ROWS[:10], ROWS[:10])
        assert (total(pages), once(pages)) == (("inconclusive", "stuck"), ("fail", "stuck"))

    def test_the_same_page_again_without_a_total(self):
        pages = of(ROWS, ROWS, declared=...)
        assert once(pages) == ("inconclusive", "repeat_unclear")
        assert total(pages) == ("inconclusive", "repeat_unclear")

    @pytest.mark.parametrize("status", [404, 500, 403, 302])
    def test_refused_before_the_total(self, status):
        pages = (*GOOD[:2], page([], 3, status=status))
        assert once(pages) == ("fail", "page_refused")
        assert total(pages) == ("inconclusive", "page_refused")

    def test_broken_after_the_total(self):
        pages = (*GOOD[:-1], page([], 4, status=500))
        assert once(pages) == ("fail", "page_refused")

    @pytest.mark.parametrize("status", [401, 404, 429, 500])
    def test_the_first_page_refused(self, status):
        pages = (page([], status=status),)
        assert once(pages) == ("inconclusive", "list_refused")
        assert total(pages) == ("inconclusive", "list_refused")

    def test_limited_on_the_way(self):
        pages = (*GOOD[:2], page([], 3, status=429))
        assert once(pages) == ("inconclusive", "list_refused")

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"<html>", "not_json"),
            (b"", "not_json"),
            ({"items": {}}, "no_list"),
            ({"rows": []}, "no_list"),
            ([], "no_list"),
            ("x", "no_list"),
        ],
    )
    def test_no_list_at_all(self, body, why):
        assert once((page([], body=body),)) == ("fail", why)
        assert total((page([], body=body),)) == ("inconclusive", why)

    def test_cut_by_the_bound(self):
        assert once(GOOD[:2]) == ("inconclusive", "cut")
        assert total(GOOD[:2]) == ("inconclusive", "cut")

    def test_cursor(self):
        mapped = Operation(
            items="/items", total="/total", paging=Paging(style="cursor", cursor="/next")
        )
        last = page([], 2, body={"total": 2, "items": [{"id": "b"}]}, mapped=mapped)
        more = page([], 1, body={"total": 2, "items": [{"id": "a"}], "next": "t"}, mapped=mapped)
        assert once((more, last), (more, last)) == ("pass", "each_once")
        assert once((more,), (more, last)) == ("inconclusive", "cut")

    def test_link(self):
        mapped = Operation(items="/items", total="/total", paging=Paging(style="link"))
        more = page([{"id": "a"}], headers=(("Link", '</p2>; rel="next"'),), mapped=mapped)
        last = page([{"id": "b"}], 2, mapped=mapped)
        assert once((more, last), (more, last)) == ("pass", "each_once")
        assert once((more,), (more, last)) == ("inconclusive", "cut")

    def test_a_single_page(self):
        mapped = Operation(items="/items", total="/total")
        assert once((page(ROWS, mapped=mapped),), GOOD) == ("pass", "each_once")
