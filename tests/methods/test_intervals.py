"""Proportions and rates against published limits and second routes."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core.errors import Invalid
from outcomes.methods import intervals


@pytest.mark.parametrize(
    ("x", "n", "lower", "upper"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_newcombe_published(x, n, lower, upper):
    got = intervals.wilson(x, n)
    assert (round(got.lower, 4), round(got.upper, 4)) == (lower, upper)
    assert got.estimate == x / n


@pytest.mark.parametrize(
    ("x", "n", "lower", "upper"),
    [
        (10, 42, 0.13480964, 0.38527544),  # test purchases failed, November 2023
        (30, 289, 0.07368527, 0.14432163),  # arrests of searches
        (6, 289, 0.00954897, 0.04454672),  # knives found of searches
    ],
)
def test_wilson_on_the_report_page(x, n, lower, upper):
    got = intervals.wilson(x, n)
    assert (round(got.lower, 8), round(got.upper, 8)) == (lower, upper)


def test_wald_is_not_the_interval_of_any_share():
    """For 0 of 20 Wald's interval is 0 to 0: certainty from twenty trials."""
    assert intervals.wilson(0, 20).upper > 0.11
    assert not hasattr(intervals, "wald")


def test_newcombe_difference_as_published():
    got = intervals.newcombe(56, 70, 48, 80)
    assert (round(got.lower, 4), round(got.upper, 4)) == (0.0524, 0.3339)
    assert got.estimate == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("count", "lower", "upper"),
    [
        (0, 0, 3.6889),
        (1, 0.0253, 5.5716),
        (5, 1.6235, 11.6683),
        (10, 4.7954, 18.3904),
        (17, 9.9031, 27.2186),
        (100, 81.3640, 121.6268),
    ],
)
def test_poisson_as_in_standard_tables(count, lower, upper):
    got = intervals.poisson(count)
    assert (round(got.lower, 4), round(got.upper, 4)) == (lower, upper)


def test_poisson_limits_solve_their_own_equations():
    """Second route: each limit leaves 2.5 % in the tail beyond 17."""
    from scipy.stats import poisson

    got = intervals.poisson(17)
    assert poisson.sf(16, got.lower) == pytest.approx(0.025)
    assert poisson.cdf(17, got.upper) == pytest.approx(0.025)


def test_poisson_ratio_agrees_with_the_exact_binomial_test():
    from scipy.stats import binomtest

    got = intervals.poisson_ratio(30, 365, 18, 300)
    share = binomtest(30, 48).proportion_ci(0.95, method="exact")
    assert got.estimate == pytest.approx((30 / 365) / (18 / 300))
    assert got.lower == pytest.approx(share.low / (1 - share.low) * 300 / 365)
    assert got.upper == pytest.approx(share.high / (1 - share.high) * 300 / 365)
    assert intervals.poisson_ratio(3, 1, 0, 1).upper == np.inf


def test_exposure_in_days_counts_both_ends():
    assert intervals.days("2022-11-01", "2023-10-31") == 365
    assert intervals.days("2024-02-29", "2024-02-29") == 1
    with pytest.raises(Invalid, match="must not come first"):
        intervals.days("2024-01-02", "2024-01-01")


@pytest.mark.parametrize(
    "call",
    [
        lambda: intervals.wilson(0, 0),
        lambda: intervals.wilson([1, 0], [3, 0]),
        lambda: intervals.newcombe(1, 2, 0, 0),
        lambda: intervals.wilson(3, 2),
        lambda: intervals.wilson(-1, 2),
        lambda: intervals.poisson(4, exposure=0),
        lambda: intervals.poisson(-4),
        lambda: intervals.poisson_ratio(0, 1, 0, 1),
        lambda: intervals.wilson(1, 2, confidence=95),
    ],
)
def test_what_cannot_be_given_is_refused_in_a_sentence(call):
    with pytest.raises(Invalid, match=r"\.$"):
        call()


def test_shape_out_follows_shape_in():
    assert isinstance(intervals.wilson(1, 2).lower, float)
    assert intervals.wilson([1, 2], 4).upper.shape == (2,)
    frame = intervals.poisson(
        pd.Series([3, 0], index=["a", "b"]), exposure=[10, 20], per=100
    )
    assert list(frame.columns) == ["estimate", "lower", "upper"]
    assert frame.loc["a", "estimate"] == 30
    assert frame.loc["b", "upper"] == pytest.approx(intervals.poisson(0).upper * 5)


shares = st.integers(1, 5000).flatmap(
    lambda n: st.tuples(st.integers(0, n), st.just(n))
)
levels = st.floats(0.5, 0.999)


@settings(deadline=None)
@given(shares, levels)
def test_every_share_interval_holds_its_estimate_inside_0_and_1(pair, level):
    got = intervals.wilson(*pair, confidence=level)
    assert 0 <= got.lower <= got.estimate <= got.upper <= 1


@settings(deadline=None)
@given(shares, shares, levels)
def test_difference_holds_its_estimate_and_turns_round(a, b, level):
    got, back = (
        intervals.newcombe(*p, *q, confidence=level) for p, q in ((a, b), (b, a))
    )
    assert -1 <= got.lower <= got.estimate <= got.upper <= 1
    assert back.lower == pytest.approx(-got.upper, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 1e6), levels)
def test_rate_intervals_hold_their_estimate(count, exposure, level):
    got = intervals.poisson(count, exposure=exposure, confidence=level)
    assert 0 <= got.lower <= got.estimate <= got.upper


@settings(deadline=None)
@given(st.integers(0, 500), st.integers(0, 500), st.floats(0.1, 100), levels)
def test_ratio_holds_its_estimate(x1, x2, t, level):
    if x1 + x2:
        got = intervals.poisson_ratio(x1, t, x2, 1, confidence=level)
        assert 0 <= got.lower <= got.estimate <= got.upper


def test_a_wrong_input_is_shown_or_counted():
    with pytest.raises(Invalid, match="given 5 of 4"):
        intervals.wilson(5, 4)
    with pytest.raises(Invalid, match="given 2 values from 1 of 3"):
        intervals.wilson([1, 5], 3)
    with pytest.raises(Invalid, match="an exposure above 0; given 2 values from 0"):
        intervals.poisson(1, exposure=[0, 7])


@pytest.mark.parametrize("confidence", [0, 1, 1.5, -0.5])
def test_a_confidence_lies_between_0_and_1(confidence):
    with pytest.raises(
        Invalid, match=f"between 0 and 1, such as 0.95; given {confidence}"
    ):
        intervals.wilson(1, 9, confidence=confidence)


@pytest.mark.parametrize(("x", "n"), [(np.nan, 9), (1, np.nan), (1, np.inf), (-1, 9)])
def test_a_share_of_what_is_no_number_is_refused(x, n):
    with pytest.raises(
        Invalid, match="A share needs a numerator from 0 to the denominator"
    ):
        intervals.wilson(x, n)
    with pytest.raises(Invalid, match="A rate needs a count of 0 or more; given -1"):
        intervals.poisson(-1)


def test_more_than_one_number_gives_a_frame():
    method = intervals.wilson
    x, n = pd.Series([1, 2], index=["a", "b"]), pd.Series([9, 9], index=["a", "b"])
    for pair in ((x, n), (x, 9), (2, n)):
        assert list(method(*pair).index) == ["a", "b"]
    assert list(method(np.array([1, 2]), 9).index) == [0, 1]
    assert type(method(1, 9).lower) is float


@pytest.mark.parametrize(
    ("method", "given"),
    [
        (intervals.newcombe, (1, 9, 2, 9)),
        (intervals.poisson, (3, 2)),
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


@pytest.mark.parametrize(
    "method", [intervals.wilson, intervals.poisson_ratio, intervals.newcombe]
)
def test_series_of_other_places_are_not_paired_by_position(method):
    """Counts of a group come in alphabetical order, and residents in that of their table."""
    counts = pd.Series([10, 20], ["a", "b"])
    people = pd.Series([100, 40], ["b", "a"])
    more = (5, 50) if method is not intervals.wilson else ()
    given = (counts, people, *more)
    with pytest.raises(Invalid, match=r"b.reindex\(a.index\)"):
        method(*given)
    assert method(counts, people.reindex(counts.index), *more).index.tolist() == [
        "a",
        "b",
    ]


def test_poisson_at_the_smallest_counts_and_per_many():
    """Garwood 1936: none gives 0 to 3.69, one gives 0.025 to 5.57."""
    assert intervals.poisson(0).upper == pytest.approx(3.689, abs=0.001)
    one = intervals.poisson(1)
    assert (round(one.lower, 3), round(one.upper, 2)) == (0.025, 5.57)
    many = intervals.poisson(1, exposure=50, per=1000)
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


@pytest.mark.parametrize(
    ("limits", "null", "sign"),
    [
        ((0.1, 0.3), 0, 1),
        ((-0.3, -0.1), 0, -1),
        ((-0.1, 0.1), 0, 0),
        ((0.0, 0.2), 0, 0),
        ((0.8, 1.2), 1, 0),
        ((1.1, 1.2), 1, 1),
        ((0.5, 0.9), 1, -1),
    ],
)
def test_an_interval_says_whether_it_holds_no_difference(limits, null, sign):
    found = intervals.Interval(sum(limits) / 2, *limits)
    assert found.sign(null) == sign
    clear = found.clause(null) == "more than chance would give"
    assert clear == (sign != 0)
    assert clear or found.clause(null) == "consistent with no change"


def test_the_ratio_of_work_done_is_refused_where_there_is_none():
    with pytest.raises(Invalid, match="count before is 0"):
        intervals.effort_ratio([0, 5], [1, 1], 1)
    with pytest.raises(Invalid, match="the one before"):
        intervals.effort_ratio([4, 5], [1, 1], 0)


def test_an_interval_of_effort_is_never_narrower_than_chance_in_counting():
    for counts in ([5, 5, 5, 5, 5, 5, 50], [1000, 1010, 990, 1005, 995, 4, 6]):
        exact = intervals.poisson_ratio(counts[6], 1, counts[5], 1)
        found = intervals.effort_ratio(counts, [1] * 7, 6)
        assert found.lower <= exact.lower < 0.9 * found.estimate
        assert found.upper >= exact.upper > 1.1 * found.estimate
