"""What must be there before a method is used."""

import pandas as pd
import pytest

from outcomes.core.errors import NotEnough
from outcomes.methods import minimum_data


def test_a_count_short_of_twenty_is_not_printed_as_twenty():
    with pytest.raises(NotEnough, match=r"19\.9 before the start, where at least 20"):
        minimum_data.require_counts({"before the start": 19.96})
    with pytest.raises(NotEnough, match="18 before the start"):
        minimum_data.require_counts({"before the start": 18.4})


@pytest.mark.parametrize(
    ("start", "freq", "first"),
    [
        ("2022-01", "MS", "2022-01-01"),
        ("2022-01-15", "MS", "2022-01-01"),
        (pd.Timestamp("2022-01-31 12:00"), "MS", "2022-01-01"),
        ("2022-11", "QS", "2022-10-01"),
        ("2022-12-24", "QS", "2022-10-01"),
        ("2022-07", "YS", "2022-01-01"),
        ("2022-11", "QE", "2022-11-01"),  # its label, 31 December, comes after that
    ],
)
def test_the_period_that_holds_the_start_counts_as_after_it(start, freq, first):
    index = pd.date_range("2019-01-01", periods=24, freq=freq)
    assert minimum_data.like(start, index) == pd.Timestamp(first)


def test_months_that_are_picked_are_no_quarters():
    months = pd.date_range("2019-01-01", periods=60, freq="MS")
    picked = months[months.month.isin([1, 4])]
    assert minimum_data.like("2022-03", picked) == pd.Timestamp("2022-03-01")
