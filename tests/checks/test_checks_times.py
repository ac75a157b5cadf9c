from typing import Any

import pytest
from check_evidence import NOW, detail, entry, judge, listed, page, reply
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.checks.moments import read_when
from cqsc_conform.formats.zones import offset_of
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Verdict


def said(verdict: Verdict | None) -> tuple[str, str] | None:
    return None if verdict is None else (verdict.outcome.value, verdict.code.partition(".")[2])


def seen(requirement: str, timezone: str | None = None, **changes: Any) -> Verdict | None:
    one = reply(entry(**changes), params={"id": "e1"}, timezone=timezone)
    return judge(requirement, pages=(page([]),), details=(one,))


class TestTimes:
    def test_valid(self):
        verdict = judge("DI-CATALOG-021", pages=listed(entry()), details=(detail(),))
        assert said(verdict) == ("pass", "times_valid")
        assert verdict is not None
        assert verdict.count == 1

    @pytest.mark.parametrize(
        ("updated", "outcome", "why"),
        [
            ("2026-02-30T10:00:00+08:00", "fail", "time_calendar"),
            ("2025-02-29", "fail", "time_calendar"),
            ("2026-05-30T25:00:00+08:00", "fail", "time_clock"),
            ("2026-05-30T10:00:00+99:00", "fail", "time_clock"),
            ("2026-05-30T10:00:00", "fail", "time_no_offset"),
            ("20260530T100000+0800", "fail", "time_basic_format"),
            ("20260530", "fail", "time_basic_format"),
            ("2026-05-30 10:00:00", "fail", "time_shape"),
            ("2026/05/30", "fail", "time_shape"),
            ("昨天", "fail", "time_shape"),
            (1780000000, "fail", "time_not_text"),
            (["2026-05-30"], "fail", "time_not_text"),
            (True, "fail", "time_not_text"),
            ("2026-05-30T24:00:00+08:00", "inconclusive", "time_hour_24"),
            ("2016-12-31T23:59:60Z", "inconclusive", "time_leap_second"),
            ("2026-07-01T00:00:00+08:00", "fail", "time_in_future"),
            ("2026-06-01T04:05:00Z", "inconclusive", "time_near_future"),
            ("2026-06-01T04:03:00Z", "pass", "times_valid"),
            ("2026-06-01", "pass", "times_valid"),
            ("2025-03-01T00:00:00+08:00", "pass", "times_valid"),
            ("2025-02-28T23:59:59+08:00", "pass", "times_valid"),
            ("2025-02-28", "pass", "times_valid"),
        ],
    )
    def test_updated(self, updated, outcome, why):
        assert said(seen("DI-CATALOG-021", updated=updated)) == (outcome, why)

    @pytest.mark.parametrize(
        ("published", "why"),
        [
            ("2025-02-29", "time_calendar"),
            ("2025年3月1日", "time_shape"),
            ("20250301", "time_basic_format"),
            (20250301, "time_not_text"),
            ("2026-06-03", "time_in_future"),
        ],
    )
    def test_published(self, published, why):
        assert said(seen("DI-CATALOG-021", published=published)) == ("fail", why)

    def test_published_in_the_future_alone(self):
        verdict = seen("DI-CATALOG-021", published="2026-07-01", updated=...)
        assert said(verdict) == ("fail", "time_in_future")

    def test_the_same_day_is_no_wrong_order_in_any_zone(self):
        for offset in ("+14:00", "-12:00", "Z"):
            verdict = seen(
                "DI-CATALOG-021", published="2026-05-30", updated=f"2026-05-30T00:00:00{offset}"
            )
            assert said(verdict) == ("pass", "times_valid")

    @pytest.mark.parametrize("zone", ["Asia/Shanghai", "+08:00", "Asia/Urumqi", "Z"])
    def test_a_declared_zone_stands_in_for_the_offset(self, zone):
        verdict = seen("DI-CATALOG-021", zone, updated="2026-05-30T10:00:00")
        assert said(verdict) == ("pass", "times_valid")

    def test_a_declared_zone_that_nobody_knows(self):
        verdict = seen("DI-CATALOG-021", "Europe/Paris", updated="2026-05-30T10:00:00")
        assert said(verdict) == ("inconclusive", "time_zone_unknown")
        verdict = seen("DI-CATALOG-021", "Europe/Paris", updated="2026-05-30T10:00:00+02:00")
        assert said(verdict) == ("pass", "times_valid")

    def test_nothing_given(self):
        verdict = seen("DI-CATALOG-021", published=..., updated=None)
        assert said(verdict) == ("inconclusive", "no_times")

    def test_the_moment_of_asking_is_unknown(self):
        one = reply(entry(), sent_at="some day")
        verdict = judge("DI-CATALOG-021", pages=(page([]),), details=(one,))
        assert said(verdict) == ("inconclusive", "asked_unknown")


class TestAge:
    @pytest.mark.parametrize(
        ("period", "updated", "outcome", "why"),
        [
            ("每日", "2026-06-01T08:00:00+08:00", "pass", "ages_within_period"),
            ("每日", "2026-04-22T08:00:00+08:00", "fail", "data_stale"),
            ("实时", "2026-05-30T08:00:00+08:00", "fail", "data_stale"),
            ("每年", "2025-01-17T08:00:00+08:00", "fail", "data_stale"),
            ("每年", "2025-07-01T08:00:00+08:00", "pass", "ages_within_period"),
            ("每月", "2026-05-01T08:00:00+08:00", "pass", "ages_within_period"),
            # 24 h and 20 % are 28.8 h: 2026-05-30T23:12Z
            ("每日", "2026-05-30T23:12:00Z", "inconclusive", "age_at_limit"),
            ("每日", "2026-05-30T23:10:00Z", "fail", "data_stale"),
            ("每日", "2026-05-30T23:14:00Z", "pass", "ages_within_period"),
            ("每日", "2026-07-01T00:00:00Z", "pass", "ages_within_period"),
            ("每日", "2026-05-31", "inconclusive", "age_at_limit"),
            ("每日", "2026-05-29", "fail", "data_stale"),
            ("每周", "2026-05-31", "pass", "ages_within_period"),
            ("不定期", "2001-01-01T00:00:00Z", "inconclusive", "no_age_promised"),
            ("经常", "2001-01-01T00:00:00Z", "inconclusive", "no_age_promised"),
            (["每日"], "2001-01-01T00:00:00Z", "inconclusive", "no_age_promised"),
            ("每日", "2026-02-30T00:00:00Z", "inconclusive", "no_age_promised"),
            ("每日", 5, "inconclusive", "no_age_promised"),
            ("每日", ..., "inconclusive", "age_unknown"),
        ],
    )
    def test_age(self, period, updated, outcome, why):
        verdict = seen("DI-CATALOG-009", update_period=period, updated=updated)
        assert said(verdict) == (outcome, why)

    def test_measures_the_oldest(self):
        old = entry(id="old", updated="2026-04-22T04:00:00Z")
        older = entry(id="older", updated="2026-04-12T04:00:00Z")
        verdict = judge("DI-CATALOG-009", pages=listed(entry(), old, older), details=(detail(),))
        assert verdict is not None
        assert verdict.args["entry"] == "older"
        (age,) = verdict.measured
        assert (age.name, age.unit, age.value, age.limit) == ("age", "d", 50.0, 1.2)
        assert age.uncertainty is not None
        assert 0 < age.uncertainty < 0.01
        assert (verdict.count, verdict.bad) == (3, 2)

    def test_a_list_need_not_show_the_time(self):
        verdict = judge(
            "DI-CATALOG-009", pages=listed(entry(updated=...)), details=(detail(updated=...),)
        )
        assert said(verdict) == ("inconclusive", "age_unknown")
        verdict = judge("DI-CATALOG-009", pages=listed(entry(updated=...)), details=(detail(),))
        assert said(verdict) == ("pass", "ages_within_period")

    def test_a_stale_entry_outweighs_one_at_the_limit(self):
        edge = entry(id="edge", updated="2026-05-30T23:12:00Z")
        stale = entry(id="stale", updated="2020-01-01T00:00:00Z")
        verdict = judge("DI-CATALOG-009", pages=listed(edge, stale), details=(detail(),))
        assert verdict is not None
        assert verdict.outcome is Outcome.FAIL


class TestRegions:
    @pytest.mark.parametrize(
        ("region", "published", "outcome", "why"),
        [
            ("500103", "2025-03-01", "pass", "regions_valid"),
            (500103, "2025-03-01", "pass", "regions_valid"),
            ("500112", "2025-03-01", "pass", "regions_valid"),
            ("500112", "2025-11-05", "pass", "regions_valid"),
            ("500112", "2025-11-06", "fail", "region_invalid"),
            ("500105", "2026-01-01T00:00:00+08:00", "fail", "region_invalid"),
            ("510299", "2024-03-01", "fail", "region_invalid"),
            ("999999", "2025-03-01", "fail", "region_invalid"),
            ("50010", "2025-03-01", "fail", "region_invalid"),
            ("渝中区", "2025-03-01", "fail", "region_invalid"),
            ("５００１０３", "2025-03-01", "fail", "region_invalid"),
            ("500100", "2025-03-01", "fail", "region_summary"),
            ("110101", "2025-03-01", "inconclusive", "region_unsettled"),
            ("500157", "2026-05-01", "inconclusive", "region_unsettled"),
            (5.5, "2025-03-01", "fail", "not_text"),
            (True, "2025-03-01", "fail", "not_text"),
            (["500103"], "2025-03-01", "fail", "not_text"),
            (..., "2025-03-01", "fail", "region_missing"),
            ("500103", "2025-02-30", "inconclusive", "no_region"),
            ("500103", ..., "inconclusive", "no_region"),
        ],
    )
    def test_region(self, region, published, outcome, why):
        verdict = seen("DI-CATALOG-007", region=region, published=published)
        assert said(verdict) == (outcome, why)

    def test_the_list_may_show_it_alone(self):
        verdict = judge("DI-CATALOG-007", pages=listed(entry()), details=(detail(region=...),))
        assert said(verdict) == ("pass", "regions_valid")


@pytest.mark.parametrize("zone", [None, "Europe/Paris", "+15:00", "+08:60", "8", "+8:00", ""])
def test_unknown_zones(zone):
    assert offset_of(zone) is None


@given(st.text(max_size=40) | st.none() | st.integers() | st.floats())
def test_any_value_is_read_or_named(value):
    when = read_when(value, reply({}, sent_at=NOW, timezone="+08:00"))
    assert isinstance(when, str) or when.first <= when.last


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59Z"])
def test_the_ends_of_time_are_read(text):
    when = read_when(text, reply({}, timezone=None))
    assert not isinstance(when, str)
    assert when.first <= when.last
    assert seen("DI-CATALOG-021", updated=text) is not None
    assert seen("DI-CATALOG-009", updated=text) is not None
