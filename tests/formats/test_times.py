from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.times import TimeProblem, read_date, read_date_time

BEIJING = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025-03-01", date(2025, 3, 1)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2025-02-29", TimeProblem.CALENDAR),
        ("2026-02-30", TimeProblem.CALENDAR),
        ("0000-01-01", TimeProblem.CALENDAR),
        ("20250301", TimeProblem.BASIC_FORMAT),
        ("2025-W10-1", TimeProblem.SHAPE),
        ("2025-060", TimeProblem.SHAPE),
        ("2025-3-1", TimeProblem.SHAPE),
        ("2025/03/01", TimeProblem.SHAPE),
        ("２025-03-01", TimeProblem.SHAPE),
        ("2025-03-01 ", TimeProblem.SHAPE),
        ("2025-03-01\n", TimeProblem.SHAPE),
        ("2025-03-01T08:00:00Z", TimeProblem.SHAPE),
        ("+2025-03-01", TimeProblem.SHAPE),
        ("", TimeProblem.SHAPE),
        ("2" * 10_000_000, TimeProblem.SHAPE),
    ],
)
def test_dates(text: str, value: date | TimeProblem) -> None:
    assert read_date(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025-03-01T08:00:00Z", datetime(2025, 3, 1, 8, tzinfo=UTC)),
        ("2025-03-01T08:00:00+08:00", datetime(2025, 3, 1, 8, tzinfo=BEIJING)),
        ("2025-03-01T08:00:00+08", datetime(2025, 3, 1, 8, tzinfo=BEIJING)),
        ("2025-03-01T08:00+08:00", datetime(2025, 3, 1, 8, tzinfo=BEIJING)),
        ("2025-03-01T08:00:00.5Z", datetime(2025, 3, 1, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2025-03-01T08:00:00,123456789Z", datetime(2025, 3, 1, 8, 0, 0, 123_456, tzinfo=UTC)),
        ("2025-03-01T08:00:00", TimeProblem.NO_OFFSET),
        ("2025-03-01T08:00:00z", TimeProblem.SHAPE),
        ("2025-03-01t08:00:00Z", TimeProblem.SHAPE),
        ("2025-03-01 08:00:00Z", TimeProblem.SHAPE),
        ("2025-03-01", TimeProblem.SHAPE),
        ("2025-03-01T08", TimeProblem.SHAPE),
        ("2025-03-01T08:00:00.Z", TimeProblem.SHAPE),
        ("2025-W10-1T08:00:00Z", TimeProblem.SHAPE),
        ("20250301T080000Z", TimeProblem.BASIC_FORMAT),
        ("20250301T080000", TimeProblem.BASIC_FORMAT),
        ("2025-03-01T080000Z", TimeProblem.BASIC_FORMAT),
        ("2025-03-01T08:00:00+0800", TimeProblem.BASIC_FORMAT),
        ("2026-02-30T08:00:00+08:00", TimeProblem.CALENDAR),
        ("2025-03-01T25:00:00Z", TimeProblem.CLOCK),
        ("2025-03-01T08:60:00Z", TimeProblem.CLOCK),
        ("2025-03-01T08:00:61Z", TimeProblem.CLOCK),
        ("2025-03-01T08:00:00+24:00", TimeProblem.CLOCK),
        ("2025-03-01T08:00:00+08:60", TimeProblem.CLOCK),
        ("2025-03-01T08:00:00-00:00", TimeProblem.CLOCK),
        ("2025-03-01T24:00:00Z", TimeProblem.HOUR_24),
        ("2025-03-01T24:00:00.1Z", TimeProblem.CLOCK),
        ("2025-03-01T24:00:01Z", TimeProblem.CLOCK),
        ("2016-12-31T23:59:60Z", TimeProblem.LEAP_SECOND),
        ("2017-01-01T07:59:60+08:00", TimeProblem.LEAP_SECOND),
        ("2016-12-31T23:59:60+08:00", TimeProblem.CLOCK),
        ("0001-01-01T00:00:00+08:00", TimeProblem.CALENDAR),
        ("9999-12-31T23:59:59-08:00", TimeProblem.CALENDAR),
        ("", TimeProblem.SHAPE),
        ("2025-03-01T08:00:00." + "1" * 10_000_000, TimeProblem.SHAPE),
    ],
)
def test_dates_and_times(text: str, value: datetime | TimeProblem) -> None:
    assert read_date_time(text) == value


def test_a_declared_offset_stands_in_for_a_missing_one_only() -> None:
    local = read_date_time("2025-03-01T08:00:00", BEIJING)
    assert local == datetime(2025, 3, 1, tzinfo=UTC)
    assert read_date_time("2025-03-01T08:00:00Z", BEIJING) == datetime(2025, 3, 1, 8, tzinfo=UTC)


def test_midnight_may_be_written_as_24_where_a_profile_says_so() -> None:
    ends = read_date_time("2025-02-28T24:00:00.000Z", hour_24=True)
    assert ends == datetime(2025, 3, 1, tzinfo=UTC)
    never = read_date_time("9999-12-31T24:00:00Z", hour_24=True)
    assert never is TimeProblem.CALENDAR


@given(st.dates())
def test_every_day_is_read_back(day: date) -> None:
    assert read_date(day.isoformat()) == day


@given(
    st.datetimes(
        min_value=datetime(1, 1, 3),  # noqa: DTZ001 - the zone is drawn beside it
        max_value=datetime(9999, 12, 29),  # noqa: DTZ001 - as above
        timezones=st.builds(
            lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-1439, 1439)
        ),
    )
)
def test_every_moment_is_read_back(moment: datetime) -> None:
    assert read_date_time(moment.isoformat()) == moment


@given(st.text(max_size=40) | st.text("0123456789-:TZ+.,W", max_size=32), st.booleans())
def test_any_text_gets_an_answer(text: str, hour_24: bool) -> None:
    read_date(text)
    moment = read_date_time(text, BEIJING, hour_24=hour_24)
    if isinstance(moment, datetime):
        assert moment.astimezone(UTC).tzinfo is UTC
