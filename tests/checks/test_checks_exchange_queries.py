import pytest
from exchange_evidence import ROWS, judge, record, reply, walk

PAGES = walk(ROWS)
NEWEST = walk(ROWS[::-1], at="exchange.order/newest")
OLDEST = walk(ROWS, at="exchange.order/oldest", most=1)


def refusal(status, at="altered"):
    return reply({"title": "no"}, place=f"exchange.cursor/{at}.1", status=status)


def cursor(altered=400, foreign=400):
    return judge("007", altered=refusal(altered), foreign=(refusal(foreign, "foreign"),))


def test_cursors_are_refused():
    assert cursor() == ("pass", "cursor_refused")
    assert cursor(404, 422) == ("pass", "cursor_refused")


@pytest.mark.parametrize("status", [200, 302, 500, 503])
def test_cursors_that_are_not(status):
    assert cursor(altered=status) == ("fail", "cursor_altered")
    assert cursor(foreign=status) == ("fail", "cursor_foreign")


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_refusal_of_something_else(status):
    assert cursor(altered=status) == ("inconclusive", "cursor_not_told")


def order(newest=NEWEST, oldest=OLDEST, pages=PAGES):
    return judge("008", pages=pages, newest=newest, oldest=oldest)


def test_orders():
    assert order() == ("pass", "order_true")


def test_ties_stand_as_they_like():
    rows = [record(n, updated=f"2026-04-0{n // 4 + 1}T08:00:00+08:00") for n in range(12)]
    down = [*rows[8:], *rows[4:8], *rows[:4]]
    said = order(walk(down), walk(rows, most=1), walk(rows))
    assert said == ("pass", "order_true")


def test_instants_are_compared_and_not_texts():
    rows = [record(0, updated="2026-04-01T01:00:00+00:00"),
            record(1, updated="2026-04-01T08:00:00+08:00")]  # fmt: skip
    assert order(walk(rows), walk(rows[::-1]), walk(rows)) == ("pass", "order_true")


def test_disorders():
    assert order(newest=walk(ROWS)) == ("fail", "disorder")
    assert order(oldest=walk(ROWS[::-1], most=1)) == ("fail", "disorder")
    assert order(newest=walk([*ROWS[::-1][:5], *ROWS[::-1][6:]])) == ("fail", "lost_in_order")
    for status, outcome in ((400, "inconclusive"), (403, "inconclusive"), (500, "fail")):
        refused = (reply({"title": "no"}, status=status),)
        assert order(newest=refused) == (outcome, "sort_refused")


def test_one_value_has_no_order():
    rows = [record(n, updated="2026-04-01T08:00:00+08:00") for n in range(3)]
    assert order(walk(rows), walk(rows), walk(rows)) == ("inconclusive", "one_value")
    assert order(pages=walk([])) == ("inconclusive", "walk_empty")
    assert order(newest=walk(ROWS[::-1], most=1)) == ("inconclusive", "walk_cut")


MIXED = [record(n, region="500103" if n % 3 else "510104") for n in range(12)]
MINE = [each for each in MIXED if each["region"] == "510104"]


def by_region(found, nothing=(), pages=None):
    got = walk(found, at="exchange.filter/found", params={"region": "510104"})
    none = walk(list(nothing), at="exchange.filter/nothing", params={"region": "zz"})
    return judge("009", pages=pages or walk(MIXED), found=got, nothing=none)


def test_filters():
    assert by_region(MINE) == ("pass", "filter_exact")
    assert by_region([*MINE, MIXED[1]]) == ("fail", "filter_extra")
    assert by_region(MINE[1:]) == ("fail", "filter_lost")
    assert by_region([]) == ("fail", "filter_lost")
    assert by_region(MINE, MIXED[:2]) == ("fail", "filter_ignored")
    assert by_region(MINE, pages=walk([])) == ("inconclusive", "walk_empty")


def test_nothing_may_be_refused_and_may_not_break():
    found = walk(MINE, params={"region": "510104"})
    for status, said in ((400, ("pass", "filter_exact")), (500, ("fail", "filter_refused"))):
        none = (reply({"title": "no"}, status=status, params={"region": "zz"}),)
        assert judge("009", pages=walk(MIXED), found=found, nothing=none) == said


def test_a_filter_that_is_refused_shows_nothing():
    found = (reply({"title": "no"}, status=403, params={"region": "510104"}),)
    said = judge("009", pages=walk(MIXED), found=found, nothing=walk([]))
    assert said == ("inconclusive", "walk_refused")


def by_time(lower, upper, pages=PAGES, bound="2026-04-05T08:00:00+08:00"):
    return judge(
        "010",
        pages=pages,
        lower=walk(lower, params={"updated_from": bound}),
        upper=walk(upper, params={"updated_before": bound}),
    )


def test_bounds():
    assert by_time(ROWS[4:], ROWS[:4]) == ("pass", "range_exact")
    assert by_time(ROWS[4:], ROWS[:4], bound="2026-04-05T00:00:00Z") == ("pass", "range_exact")


def test_bounds_that_are_not_exact():
    assert by_time(ROWS[5:], ROWS[:4]) == ("fail", "filter_lost")
    assert by_time(ROWS[3:], ROWS[:4]) == ("fail", "filter_extra")
    assert by_time(ROWS[4:], ROWS[:5]) == ("fail", "filter_extra")
    assert by_time(ROWS[4:], ROWS[:3]) == ("fail", "filter_lost")


def test_times_that_nobody_can_read():
    rows = [record(0, updated="gestern"), *ROWS[1:]]
    assert by_time(ROWS[4:], ROWS[:4], walk(rows)) == ("inconclusive", "times_unread")
    assert by_time(ROWS[4:], ROWS[:4], bound="x") == ("inconclusive", "times_unread")


def selected(rows, **more):
    return judge("011", pages=PAGES, selected=reply({"items": rows}, **more))


SHORT = [{"id": each["id"], "name": each["name"]} for each in ROWS[:5]]


def test_selections():
    assert selected(SHORT) == ("pass", "fields_selected")
    assert selected(ROWS[:5]) == ("fail", "field_unwanted")
    assert selected([{"id": "r00"}]) == ("fail", "field_absent")
    assert selected([{"id": "r00", "name": "x"}]) == ("fail", "field_differs")
    assert selected(SHORT, status=400) == ("inconclusive", "selection_refused")
    assert selected(SHORT, status=500) == ("fail", "selection_refused")
    assert selected([]) == ("inconclusive", "nothing_compared")
    assert selected([{"id": "z", "name": "z"}]) == ("inconclusive", "nothing_compared")


def test_fields_that_no_record_has_cannot_be_left_out():
    bare = walk([{"id": "r00", "name": "渝中区登记"}])
    said = judge("011", pages=bare, selected=reply({"items": SHORT[:1]}))
    assert said == ("inconclusive", "nothing_compared")
