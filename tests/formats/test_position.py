import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.position import Box, decimals, problem_with_position, read_boxes
from cqsc_conform.resources import profiles_root

BOXES = read_boxes((profiles_root() / "tables" / "cgcs2000-box.csv").read_text(encoding="utf-8"))
BOX = BOXES["cqsc"]


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [(106.55, 29.56), (104.06, 30.66), (97.35, 26.05), (110.20, 34.32), (102.26, 27.89)],
)
def test_places_of_the_two_regions(longitude, latitude):
    assert problem_with_position(longitude, latitude, BOX) is None
    assert problem_with_position(latitude, longitude, BOX) == "swapped"


@pytest.mark.parametrize(
    ("longitude", "latitude", "problem"),
    [
        (0.0, 0.0, "null"),
        (0, 0, "null"),
        (121.47, 31.23, "outside"),
        (-106.55, 29.56, "outside"),
        (106.55, -29.56, "outside"),
        (110.21, 30.0, "outside"),
        (106.55, 91.0, "range"),
        (10633.0, 29.56, "range"),
        (35645123.4, 3273456.7, "projected"),
        (3273456.7, 35645123.4, "projected"),
        (float("inf"), 29.56, "range"),
    ],
)
def test_the_problem_is_named(longitude, latitude, problem):
    assert problem_with_position(longitude, latitude, BOX) == problem


@given(st.floats(97.35, 110.20), st.floats(26.05, 34.32))
def test_a_swapped_pair_never_hides(longitude, latitude):
    assert problem_with_position(longitude, latitude, BOX) is None
    assert problem_with_position(latitude, longitude, BOX) == "swapped"


def test_one_box_holds_the_two():
    for name in ("50", "51"):
        box = BOXES[name]
        assert BOX.holds(box.west, box.south)
        assert BOX.holds(box.east, box.north)


@pytest.mark.parametrize(
    ("value", "places"),
    [(106, 0), (106.0, 0), (106.5, 1), (106.550, 2), (106.562883, 6), (0.1 + 0.2, 17), (1e-7, 7),
     (1e22, 0), (-29.56, 2)],
)  # fmt: skip
def test_decimals_as_shortest_written(value, places):
    assert decimals(value) == places


def test_a_number_without_end_has_none():
    assert decimals(float("nan")) == decimals(float("inf")) == 0


@pytest.mark.parametrize("text", ["", "a\n", "name,west\nx,1\n"])
def test_another_table_is_refused(text):
    with pytest.raises(ValueError, match="columns"):
        read_boxes(text)


def test_a_box_has_numbers():
    head = "name,west,east,south,north,zh,en,basis\n"
    with pytest.raises(ValueError, match="could not convert"):
        read_boxes(head + "x,a,2,3,4,,,\n")
    assert read_boxes(head + "x,1,2,3,4,,,\n") == {"x": Box(1, 2, 3, 4)}
