import pytest
from exchange_evidence import ROWS, judge, profile, record, requirement, walk

from cqsc_conform.checks import registered
from cqsc_conform.formats.uscc import uscc_check_character

ALL = ("020", "021", "022", "023", "024", "025")


def of(number, **changes):
    return judge(number, pages=walk([*ROWS, record(20, **changes)]))


@pytest.mark.parametrize("number", ALL)
def test_good_records_pass(number):
    assert judge(number, pages=walk(ROWS))[0] == "pass"


@pytest.mark.parametrize("number", ALL)
def test_nothing_seen_is_never_a_pass(number):
    assert judge(number, pages=walk([]))[0] == "inconclusive"
    assert judge(number, pages=walk([{"id": "a"}, {"id": "b"}]))[0] == "inconclusive"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"region": "510299", "created": "2024-03-01"}, ("fail", "region_invalid")),
        ({"region": "510299"}, ("inconclusive", "region_unsettled")),
        ({"region": "500105", "created": "2025-03-01"}, ("pass", "regions_valid")),
        ({"region": "500105"}, ("fail", "region_invalid")),
        ({"region": "500105", "created": ..., "updated": "2025-03-01"}, ("pass", "regions_valid")),
        ({"region": "500100"}, ("fail", "region_summary")),
        ({"region": 500103}, ("fail", "not_text")),
        ({"region": "500157"}, ("inconclusive", "region_unsettled")),
        ({"region": "渝中区"}, ("fail", "region_invalid")),
    ],
)
def test_regions(changes, said):
    assert of("020", **changes) == said


def test_regions_on_days_that_nobody_can_read():
    spaced = dict.fromkeys(("created", "updated"), "2026-03-01 08:00:00")
    rows = [record(n, **spaced) for n in range(3)]
    assert judge("020", pages=walk(rows)) == ("inconclusive", "times_unread")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("91350100M000100Y4Z", ("fail", "uscc_charset")),
        ("91500000MA5CQTC040", ("fail", "uscc_check")),
        ("91500000MA5CQTC04", ("fail", "uscc_length")),
        (915, ("fail", "not_text")),
    ],
)
def test_social_credit_codes(code, said):
    assert of("021", uscc=code) == said


def test_a_code_that_is_odd_inside_passes_with_a_note():
    front = "91500000MA5CQTC17"
    code = front + uscc_check_character(front)
    assert of("021", uscc=code) == ("pass", "uscc_valid_inside_odd")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("500103189912310010", "citizen_check_character"),
        ("510104188502290027", "citizen_birth"),
        ("500103209912310010", "citizen_future"),
        ("990103189912310016", "citizen_province"),
        ("11010519491231002x", "citizen_charset"),
        ("500103189912310", "citizen_first_generation"),
        ("5001031899", "citizen_length"),
        (5, "not_text"),
    ],
)
def test_citizen_numbers(number, code):
    assert of("022", citizen_id=number) == ("fail", code)


def test_a_number_of_an_abolished_district_is_good():
    assert of("022", citizen_id="500105189912310050") == ("pass", "citizen_ids_valid")


def test_no_citizen_number_stands_in_a_verdict():
    use = requirement("022").check
    for number in ("500103189912310010", "11010519491231002x", 500103189912310010):
        verdict = registered()[use.check].function(walk([record(20, citizen_id=number)]))
        assert "5001031899" not in repr(verdict)
        assert "1101051949" not in repr(verdict)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sex": "3"}, ("fail", "sex_unknown")),
        ({"sex": "男"}, ("fail", "sex_unknown")),
        ({"sex": 1}, ("fail", "not_text")),
        ({"industry": "98"}, ("fail", "industry_division")),
        ({"industry": "A39"}, ("fail", "industry_mismatch")),
        ({"industry": "U01"}, ("fail", "industry_section")),
        ({"industry": "制造业"}, ("fail", "industry_shape")),
        ({"sex": ..., "industry": ...}, ("pass", "classes_valid")),
    ],
)
def test_classes(changes, said):
    assert of("023", **changes) == said


def test_data_of_one_kind_of_code_need_not_have_the_other():
    assert judge("023", pages=walk([record(0, sex=...)])) == ("pass", "industries_valid")


@pytest.mark.parametrize(
    ("longitude", "latitude", "code"),
    [
        (29.556742, 106.562883, "position_swapped"),
        (0, 0, "position_null"),
        (121.4737, 31.2304, "position_outside"),
        (35645123.4, 3273456.7, "position_projected"),
        (106.5628, 291.0, "position_range"),
        (106.56288312345, 29.5567, "position_noise"),
        ("106.5628", 29.5567, "position_no_number"),
        (106.5628, None, "position_no_number"),
        (True, 29.5, "position_no_number"),
        ({}, 29.5, "position_no_number"),
    ],
)
def test_positions(longitude, latitude, code):
    assert of("024", longitude=longitude, latitude=latitude) == ("fail", code)


def test_precision_is_told_of_all_together():
    coarse = [record(n, longitude=106.56, latitude=29.55) for n in range(12)]
    assert judge("024", pages=walk(coarse)) == ("fail", "position_coarse")
    assert judge("024", pages=walk([*coarse, ROWS[0]])) == ("pass", "positions_valid")
    # A few may happen to end in zeros.
    assert judge("024", pages=walk(coarse[:4])) == ("pass", "positions_valid")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "12.30"}, "number_no_number"),
        ({"amount": True}, "number_no_number"),
        ({"amount": -0.01}, "number_range"),
        ({"amount": 1e13}, "number_range"),
        ({"amount": 12.345}, "number_noise"),
        ({"amount": 23.399999618530273}, "number_noise"),
        ({"amount_unit": "万元"}, "unit_differs"),
        ({"count": -1}, "number_range"),
        ({"count": 1.5}, "number_no_integer"),
        ({"count": 2**53}, "number_large"),
        ({"count": "7"}, "number_no_number"),
        ({"count": "-9007199254740993"}, "number_range"),
        ({"count": "x" * 20}, "number_no_number"),
        ({"count": []}, None),
    ],
)
def test_numbers(changes, code):
    wanted = ("pass", "numbers_valid") if code is None else ("fail", code)
    assert of("025", **changes) == wanted


@pytest.mark.parametrize("count", [0, 7.0, 2**53 - 1, "9007199254740993", "1" * 40])
def test_good_counts(count):
    assert of("025", count=count) == ("pass", "numbers_valid")


def test_the_profile_is_whole():
    ids = [each.id for each in profile().requirements]
    assert ids == [f"DI-EXCHANGE-{n:03d}" for n in range(1, 27)]
    writes = {each.id for each in profile().requirements
              if any(c.ics == "seeded_environment" for c in each.applies)}  # fmt: skip
    assert writes == {"DI-EXCHANGE-005", "DI-EXCHANGE-014", "DI-EXCHANGE-026"}
    assert not profile().ics["seeded_environment"].default
    assert not profile().ics["synthetic_persons"].default
