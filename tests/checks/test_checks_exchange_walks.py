import pytest
from exchange_evidence import ROWS, judge, ones, record, reply, small, walk

PAGES = walk(ROWS)
EMPTY = walk([])
REFUSED = (reply({"title": "no"}, status=403),)
CUT = walk(ROWS, most=2)
GONE_ROUND = (*PAGES[:2], PAGES[1])


def of_one(pages=PAGES, other=None, single=None):
    return judge("002", pages=pages, small=other or small(), ones=single or ones())


def test_pages_of_one():
    assert of_one() == ("pass", "pages_of_one")
    assert of_one(walk(ROWS[:1]), small(ROWS[:1]), ones(ROWS[:1])) == ("pass", "pages_of_one")


@pytest.mark.parametrize(
    ("pages", "code"),
    [(EMPTY, "walk_empty"), (REFUSED, "walk_refused"), (CUT, "walk_cut"),
     (GONE_ROUND, "walk_loop")],
)  # fmt: skip
def test_a_walk_that_is_not_whole_is_no_ground(pages, code):
    assert of_one(pages) == ("inconclusive", code)


def test_pages_of_one_that_skip():
    assert of_one(single=ones(ROWS[::2])) == ("fail", "other_record")
    assert of_one(single=ones([ROWS[0], *ROWS[:5]])) == ("fail", "other_record")


def test_pages_of_one_that_hold_none_or_two():
    assert of_one(single=walk(ROWS, 2, most=3)) == ("fail", "not_one")
    empty = (reply({"items": [], "next": "c1"}), reply({"items": [], "next": "c2"}))
    assert of_one(single=empty) == ("fail", "not_one")


def test_pages_of_one_that_end_early():
    assert of_one(single=ones(ROWS[:3])) == ("fail", "ended_early")


def test_pages_of_one_that_are_refused():
    no, broken = reply({"title": "no"}, status=400), reply({"title": "no"}, status=500)
    assert of_one(single=(*ones()[:2], no)) == ("fail", "page_of_one_refused")
    # A page of one may be smaller than the system gives at all.
    assert of_one(single=(no,)) == ("inconclusive", "page_of_one_refused")
    assert of_one(single=(broken,)) == ("fail", "page_of_one_refused")


def test_one_page_of_one_is_too_little():
    assert of_one(single=ones()[:1]) == ("inconclusive", "too_few_pages")


def test_another_order_for_another_size_is_not_judged_here():
    assert of_one(other=small(ROWS[::-1])) == ("inconclusive", "order_unstable")
    # What one lost or repeated is judged where paging is.
    assert of_one(other=small([*ROWS[:4], ROWS[3], *ROWS[5:]])) == ("pass", "pages_of_one")


def limits(beyond, pages=PAGES, other=None):
    return judge("003", pages=pages, small=other or small(), beyond=beyond)


def large(count, **more):
    rows = [record(n % 28, id=f"x{n}") for n in range(count)]
    return reply({"items": rows, "next": None}, place="exchange.limits/beyond.1", **more)


def test_limits_kept():
    assert limits(large(12)) == ("pass", "limit_kept")
    assert limits(large(50)) == ("pass", "limit_kept")
    assert limits(large(0, status=400)) == ("pass", "large_refused")


def test_limits_broken():
    assert limits(large(51)) == ("fail", "not_clamped")
    assert limits(large(12, status=500)) == ("fail", "large_unclear")
    assert limits(large(12, status=429)) == ("inconclusive", "large_unclear")
    assert limits(reply(b"<html>")) == ("fail", "large_unclear")
    over = tuple(reply({"items": ROWS[:4]}, params={"page_size": "3"}) for _ in range(2))
    assert limits(large(12), other=over) == ("fail", "limit_ignored")


def test_no_full_page_shows_no_limit():
    few = walk(ROWS[:2])
    assert limits(large(2), few, small(ROWS[:2])) == ("inconclusive", "no_full_page")


def cursors(pages=PAGES, other=None, single=None):
    return judge("006", pages=pages, small=other or small(), ones=single or ones())


def test_cursors_lead_on():
    assert cursors() == ("pass", "cursor_leads_on")


def test_cursors_that_do_not():
    def with_next(*values):
        return tuple(reply({"items": ROWS[:1], "next": each}) for each in values)

    assert cursors(single=with_next("a", "b", "a")) == ("fail", "cursor_twice")
    assert cursors(single=with_next("x" * 4097)) == ("fail", "cursor_long")
    assert cursors(single=with_next({"after": 5})) == ("fail", "cursor_no_text")
    assert cursors(single=with_next(10, 20, 30)) == ("pass", "cursor_leads_on")


def test_no_cursor_at_all():
    one = walk(ROWS[:1])
    assert cursors(one, small(ROWS[:1]), ones(ROWS[:1])) == ("inconclusive", "no_cursor")


MADE = (reply({"id": "n3"}, "records.create", status=201),)
DROPPED = (reply(b"", "records.delete", status=204),)
NEW = [record(n, id=f"a{n}") for n in range(3)]


def moving(growing, shrinking, pages=PAGES, made=MADE, dropped=DROPPED):
    return judge(
        "005", pages=pages, growing=growing, shrinking=shrinking, created=made, dropped=dropped
    )


def test_walks_that_stand():
    assert moving(walk(ROWS), walk([*NEW, *ROWS])) == ("pass", "walk_stable")
    # What was created meanwhile may come or not; what was deleted too.
    assert moving(walk([*ROWS, *NEW]), walk(ROWS)) == ("pass", "walk_stable")


def test_walks_that_shift():
    repeated = walk([*ROWS[:5], *ROWS[3:]])
    lossy = walk([*ROWS[:5], *ROWS[8:]])
    assert moving(repeated, walk(ROWS)) == ("fail", "repeated_while_created")
    assert moving(lossy, walk(ROWS)) == ("fail", "lost_while_created")
    assert moving(walk(ROWS), repeated) == ("fail", "repeated_while_deleted")
    assert moving(walk(ROWS), lossy) == ("fail", "lost_while_deleted")


def test_nothing_moved_nothing_is_told():
    refused = (reply({"title": "no"}, "records.create", status=403),)
    assert moving(walk(ROWS), walk(ROWS), made=refused) == ("inconclusive", "change_refused")
    assert moving(walk(ROWS), walk(ROWS), dropped=refused) == ("inconclusive", "change_refused")
    assert moving(walk(ROWS, 50), walk(ROWS)) == ("inconclusive", "too_few_pages")
    assert moving(walk(ROWS), CUT) == ("inconclusive", "walk_cut")
    assert moving(walk(ROWS), walk(ROWS), EMPTY) == ("inconclusive", "walk_empty")


def test_a_repeat_shows_in_a_walk_that_broke_off():
    assert moving((*walk(ROWS[:5]), *walk(ROWS[3:8]), *REFUSED), walk(ROWS)) == (
        "fail", "repeated_while_created",
    )  # fmt: skip
