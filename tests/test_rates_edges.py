"""Edges of the rates: sizes that meet exactly, what is shown of a wrong input, shapes in and out."""

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis import rates
from outcomes.data.errors import Invalid


def test_two_rates_of_equal_counts_are_still_compared():
    """The p-value of 5 against 5 over unequal times is no certainty, and one event is enough."""
    assert 0.3 < rates.e_test(5, 1, 5, 2) < 0.5
    assert rates.e_test(0, 1, 0, 2) == 1.0
    assert 0.6 < rates.e_test(1, 1, 0, 200) < 0.7


@pytest.mark.parametrize(
    "standard", [[1, 2], [1, 2, -1], [0, 0, 0], [1, 1, 1, 1], [0.0, -0.0, -2.0]]
)
def test_a_standard_needs_one_number_for_each_stratum(standard):
    with pytest.raises(Invalid, match="one non-negative number for each stratum"):
        rates.standardised([1, 2, 3], [10, 20, 30], standard)


def test_a_stratum_may_have_no_weight_and_text_numbers_are_numbers():
    plain = rates.standardised([4, 9], [1000, 3000], [1, 0])
    assert plain.estimate == pytest.approx(400)  # 4 in 1,000, for each 100,000
    assert rates.standardised(["4", "9"], ["1000", "3000"], ["1", "0"]) == plain
    assert rates.standardised([4, 9], [1000, 3000], [0.5, 0.0]) == pytest.approx(plain)
    with pytest.raises(Invalid, match=r"^A standardised rate needs at least one event; all the"):
        rates.standardised([0, 0], [10, 10], [1, 1])


def test_a_wrong_input_is_shown_or_counted():
    with pytest.raises(Invalid, match="given x = 5 and n = 4"):
        rates.wilson(5, 4)
    with pytest.raises(Invalid, match="given x = 2 values from 1 and n = 3"):
        rates.wilson([1, 5], 3)
    with pytest.raises(Invalid, match="an exposure above 0; given 2 values from 0"):
        rates.garwood(1, exposure=[0, 7])


@pytest.mark.parametrize("method", [rates.wilson, rates.clopper_pearson, rates.jeffreys])
def test_a_series_gives_a_frame_and_an_array_gives_arrays(method):
    x, n = pd.Series([1, 2], index=["a", "b"]), pd.Series([9, 9], index=["a", "b"])
    for given in ((x, n), (x, 9), (2, n)):
        assert list(method(*given).index) == ["a", "b"]
    assert isinstance(method(np.array([1, 2]), 9).lower, np.ndarray)
    assert type(method(1, 9).lower) is float
