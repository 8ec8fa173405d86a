"""What one printed figure allows: rounding, words such as "over", and figures that are one."""

import numpy as np
import pytest

from outcomes.core.errors import Invalid
from outcomes.data import rounding


@pytest.mark.parametrize(
    ("one", "two", "how_one", "how_two", "alike"),
    [
        (1300000, 1347298, "over", "exact", True),
        (148000, 148612, "over", "exact", True),
        (1200, 1212, "exact", "exact", True),
        (1200, 1409, "exact", "exact", False),
        (1300000, 1200000, "over", "exact", False),
        (18000, 52070, "over", "exact", False),
        (200, 103, "over", "exact", False),
        (150000, 148612, "nearly", "exact", True),
        (1112, 1312, "exact", "exact", False),
        (1000, 1019, "approx", "exact", True),
        (17, 17, "exact", "exact", True),
        (17, 18, "exact", "exact", False),
    ],
)
def test_two_prints_are_one_within_the_rounding_of_the_rounder(
    one, two, how_one, how_two, alike
):
    assert rounding.same(one, two, how_one, how_two) is alike
    assert rounding.same(two, one, how_two, how_one) is alike


@pytest.mark.parametrize(
    ("value", "qualifier", "unit", "low", "high"),
    [
        (1200, "exact", "count", 1150, 1250),
        (1200, "over", "count", 1200, np.inf),
        (1200, "at_least", "count", 1200, np.inf),
        (1200, "nearly", "count", 1080, 1200),
        (1200, "approx", "count", 1080, 1320),
        (0, "exact", "count", 0, 0.5),
        (26, "exact", "years", 25.5, 26.5),
    ],
)
def test_what_a_figure_allows_its_own_total_to_be(value, qualifier, unit, low, high):
    assert rounding.limits(value, qualifier, unit) == (low, high)


def test_what_is_counted_is_whole():
    assert rounding.counted(26, "exact", "count") == (26, 26)
    assert rounding.counted(26, "exact", "years") == (25.5, 26.5)
    assert rounding.counted(26, "over", "count") == (26, np.inf)


@pytest.mark.parametrize("value", [True, None, "12", np.inf, np.nan])
def test_what_is_no_number_has_no_rounding(value):
    with pytest.raises(Invalid, match="is not a number"):
        rounding.tolerance(value)


@pytest.mark.parametrize(
    ("value", "unit", "room"),
    [
        (1409, "count", 0.5),
        (1200, "count", 50),
        (10_550, "plants", 5),
        (1_300_000, "£", 50_000),
        (1_347_298, "GBP", 0.5),
        (360_942.6, "£", 0.005),
        (608.417, "years", 0.0005),
        (20, "count", 0.5),
        (0, "count", 0.5),
    ],
)
def test_rounding_is_half_of_the_last_place_printed(value, unit, room):
    assert rounding.tolerance(value, unit) == pytest.approx(room, rel=1e-12)
