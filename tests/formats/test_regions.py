from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.regions import RegionTable, read_regions

SHIPPED = Path(__file__).parents[2] / "profiles" / "tables" / "gbt2260-cqsc.csv"
TABLE = read_regions(SHIPPED.read_text(encoding="utf-8"))
HEAD = "code,name_zh,name_en,level,valid_from,valid_to"


@pytest.mark.parametrize(
    ("code", "on", "stood"),
    [
        ("500103", "2025-03-01", True),
        ("510104", "2026-03-01", True),
        ("500105", "2025-11-05", True),
        ("500105", "2025-11-06", False),
        ("500112", "2026-01-01", False),
        ("500105", "2018-10-31", True),
        # Nobody at hand knows on which day of the year the change took place.
        ("510118", "2019-12-31", False),
        ("510118", "2020-06-30", None),
        ("510118", "2020-12-31", True),
        ("510132", "2019-12-31", True),
        ("510132", "2020-06-30", None),
        ("510132", "2021-01-01", False),
        ("513402", "2020-12-31", False),
        ("513425", "2022-01-01", False),
        # Before the first list that was read.
        ("500103", "2017-05-01", None),
        ("510981", "2017-05-01", False),
        ("510132", "2017-05-01", None),
        ("500199", "2017-05-01", None),
        # Not listed.
        ("500199", "2025-03-01", False),
        ("510299", "2024-03-01", False),
        ("510299", "2026-03-01", None),
        ("500157", "2025-11-05", False),
        ("500157", "2025-11-06", None),
        ("500257", "2025-11-06", False),
        ("510101", "2024-03-01", None),
        ("513401", "2024-03-01", True),
        # Not of these two places, and of no place.
        ("110101", "2024-03-01", None),
        ("990101", "2024-03-01", False),
        ("50010", "2024-03-01", False),
        ("5001031", "2024-03-01", False),
        ("５00103", "2024-03-01", False),
    ],
)
def test_which_codes_stood_when(code: str, on: str, stood: bool | None) -> None:
    assert TABLE.valid_on(code, date.fromisoformat(on)) is stood


def test_summary_rows_are_told_apart() -> None:
    row = TABLE.region("500100", date(2025, 3, 1))
    assert row is not None
    assert row.level == "summary"
    assert TABLE.region("500105", date(2026, 1, 1)) is None


def test_the_shipped_table_keeps_the_published_counts() -> None:
    def count(prefix: str, on: date) -> int:
        levels = {"district", "county", "county_city", "autonomous_county"}
        return sum(
            row.level in levels and row.valid_on(on) is True
            for code, rows in TABLE.regions.items()
            for row in rows
            if code.startswith(prefix)
        )

    assert count("50", date(2025, 11, 5)) == 38
    assert count("51", date(2024, 12, 31)) == 183
    assert count("51", date(2018, 12, 31)) == 183
    assert TABLE.edition == "2025-11-06"


def test_the_new_area_is_not_guessed() -> None:
    assert not any(row.name_zh == "两江新区" for rows in TABLE.regions.values() for row in rows)


def test_a_known_beginning_speaks_for_times_before_the_table() -> None:
    table = read_regions(
        f"# edition: x\n# covers: 50 2018-10-31 2025-11-06\n{HEAD}\n"
        "500120,璧山区,Bishan District,district,2014-06-05,\n"
    )
    assert table.valid_on("500120", date(2015, 1, 1)) is True
    assert table.valid_on("500120", date(2014, 6, 4)) is False


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "edition"),
        ("# edition: x", "covers"),
        ("# edition: x\n# covers: 50 2018-10-31", "line 2"),
        ("# edition: x\n# covers: 50 2018-10-31 2018-02-30", "line 2"),
        ("# edition: x\n# unsettled: 5001xx 2018-10-31", "line 2"),
        ("# edition: x\n# covers: 50 2018-10-31 2025-11-06\ncode,name", "columns"),
        (f"# edition: x\n# covers: 50 2018-10-31 2025-11-06\n{HEAD}\n500103,,", "line 4"),
        (f"# edition: x\n# covers: 50 2018-10-31 2025-11-06\n{HEAD}\n5001,a,b,c,,", "line 4"),
        (f"# edition: x\n# covers: 50 2018-10-31 2025-11-06\n{HEAD}\n500103,a,b,c,x,", "line 4"),
        (f"# edition: x\n# covers: 50 2018-10-31 2025-11-06\n{HEAD}\n500103,a,b,c,0000,", "line 4"),
        (f'# edition: x\n# covers: 50 2018-10-31 2025-11-06\n{HEAD}\n500103,"a', "line 4"),
    ],
)
def test_a_broken_table_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        read_regions(text)


@given(st.text(max_size=200) | st.text("# editoncvrsul:0123456789-?,\n", max_size=200))
def test_any_text_is_a_table_or_refused(text: str) -> None:
    try:
        assert isinstance(read_regions(text), RegionTable)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either way is right


@given(st.text(max_size=8) | st.from_regex(r"5[01][0-9]{4}", fullmatch=True), st.dates())
def test_any_code_and_day_get_an_answer(code: str, on: date) -> None:
    assert TABLE.valid_on(code, on) in {True, False, None}
