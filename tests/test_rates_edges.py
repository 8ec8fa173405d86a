"""Edges of the rates: the smallest counts, what is shown of a wrong input, shapes in and out."""

import itertools

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid
from outcomes.methods import intervals


def test_two_rates_of_equal_counts_are_still_compared():
    """The p-value of 5 against 5 over unequal times is no certainty, and one event is enough."""
    assert 0.3 < intervals.e_test(5, 1, 5, 2) < 0.5
    assert intervals.e_test(0, 1, 0, 2) == 1.0
    assert 0.6 < intervals.e_test(1, 1, 0, 200) < 0.7


@pytest.mark.parametrize(
    "standard", [[1, 2], [1, 2, -1], [0, 0, 0], [1, 1, 1, 1], [0.0, -0.0, -2.0]]
)
def test_a_standard_needs_one_number_for_each_stratum(standard):
    with pytest.raises(Invalid, match="one non-negative number for each stratum"):
        intervals.standardised([1, 2, 3], [10, 20, 30], standard)


def test_a_stratum_may_have_no_weight_and_text_numbers_are_numbers():
    plain = intervals.standardised([4, 9], [1000, 3000], [1, 0])
    assert plain.estimate == pytest.approx(400)  # 4 in 1,000, for each 100,000
    assert intervals.standardised(["4", "9"], ["1000", "3000"], ["1", "0"]) == plain
    assert intervals.standardised([4, 9], [1000, 3000], [0.5, 0.0]) == pytest.approx(
        plain
    )
    with pytest.raises(
        Invalid, match=r"^A standardised rate needs at least one event; all the"
    ):
        intervals.standardised([0, 0], [10, 10], [1, 1])


def test_a_wrong_input_is_shown_or_counted():
    with pytest.raises(Invalid, match="given x = 5 and n = 4"):
        intervals.wilson(5, 4)
    with pytest.raises(Invalid, match="given x = 2 values from 1 and n = 3"):
        intervals.wilson([1, 5], 3)
    with pytest.raises(Invalid, match="an exposure above 0; given 2 values from 0"):
        intervals.garwood(1, exposure=[0, 7])


@pytest.mark.parametrize("confidence", [0, 1, 1.5, -0.5])
def test_a_confidence_lies_between_0_and_1(confidence):
    with pytest.raises(
        Invalid, match=f"between 0 and 1, such as 0.95; given {confidence}"
    ):
        intervals.jeffreys(1, 9, confidence=confidence)


@pytest.mark.parametrize(("x", "n"), [(np.nan, 9), (1, np.nan), (1, np.inf), (-1, 9)])
def test_a_share_of_what_is_no_number_is_refused(x, n):
    with pytest.raises(Invalid, match="A share needs 0 <= x <= n"):
        intervals.wilson(x, n)
    with pytest.raises(Invalid, match="A rate needs a count of 0 or more; given -1"):
        intervals.garwood(-1)


@pytest.mark.parametrize(
    "method", [intervals.wilson, intervals.clopper_pearson, intervals.jeffreys]
)
def test_a_series_gives_a_frame_and_an_array_gives_arrays(method):
    x, n = pd.Series([1, 2], index=["a", "b"]), pd.Series([9, 9], index=["a", "b"])
    for given in ((x, n), (x, 9), (2, n)):
        assert list(method(*given).index) == ["a", "b"]
    assert isinstance(method(np.array([1, 2]), 9).lower, np.ndarray)
    assert type(method(1, 9).lower) is float


@pytest.mark.parametrize(
    ("method", "given"),
    [
        (intervals.newcombe, (1, 9, 2, 9)),
        (intervals.garwood, (3, 2)),
        (intervals.byar, (3, 2)),
        (intervals.poisson_ratio, (3, 1, 4, 2)),
    ],
)
def test_a_series_in_any_place_gives_a_frame_of_the_same_numbers(method, given):
    def called(values):
        names = ("count", "exposure")
        return (
            method(*values[:1], **{names[1]: values[1]})
            if len(given) == 2
            else method(*values)
        )

    plain = called(given)
    for place in range(len(given)):
        values = [
            pd.Series([v, v], index=["a", "b"]) if i == place else v
            for i, v in enumerate(given)
        ]
        frame = called(values)
        assert list(frame.index) == ["a", "b"]
        assert frame.loc["a"].tolist() == pytest.approx(list(plain))


@pytest.mark.parametrize("count", range(4))
def test_byar_lies_beside_the_exact_limits_from_the_smallest_counts_on(count):
    near, exact = intervals.byar(count), intervals.garwood(count)
    assert list(near) == pytest.approx(list(exact), abs=0.022)
    assert (near.lower == 0) == (count == 0)


def test_garwood_at_the_smallest_counts_and_per_many():
    """Garwood 1936: none gives 0 to 3.69, one gives 0.025 to 5.57."""
    assert intervals.garwood(0).upper == pytest.approx(3.689, abs=0.001)
    one = intervals.garwood(1)
    assert (round(one.lower, 3), round(one.upper, 2)) == (0.025, 5.57)
    many = intervals.garwood(1, exposure=50, per=1000)
    assert many == pytest.approx([20 * v for v in one])


def test_a_ratio_of_rates_follows_its_confidence_and_needs_an_event():
    wide, narrow = (
        intervals.poisson_ratio(3, 1, 8, 1, confidence=c) for c in (0.95, 0.5)
    )
    assert wide.lower < narrow.lower < narrow.upper < wide.upper
    assert intervals.poisson_ratio(1, 1, 0, 1).estimate == np.inf
    assert intervals.poisson_ratio(0, 1, 1, 1).lower == 0
    message = "^A ratio of rates cannot be given where both counts are 0"
    for first, second in itertools.product((0, [0, 3]), (0, [0, 4])):
        with pytest.raises(Invalid, match=message):
            intervals.poisson_ratio(first, 1, second, 1)
