"""Proportions and rates against published limits and second routes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core.errors import Invalid
from outcomes.methods import intervals

PAIRS = [(81, 263), (15, 148), (0, 20), (1, 29)]  # Newcombe 1998, Table I


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
    ("method", "expected"),
    [
        (
            lambda x, n: intervals.wilson(x, n, continuity=True),
            [(0.2535, 0.3682), (0.0598, 0.1644), (0, 0.2005), (0.0018, 0.1963)],
        ),
        (
            intervals.clopper_pearson,
            [(0.2527, 0.3676), (0.0578, 0.1617), (0, 0.1684), (0.0009, 0.1776)],
        ),
    ],
    ids=["wilson-continuity", "clopper-pearson"],
)
def test_other_share_intervals_as_published(method, expected):
    got = [method(x, n) for x, n in PAIRS]
    assert [(round(g.lower, 4), round(g.upper, 4)) for g in got] == expected


def test_jeffreys_as_statsmodels_computes_it():
    expected = [(0.2545, 0.3656), (0.0604, 0.1576), (0.0, 0.1166), (0.0037, 0.1501)]
    got = [intervals.jeffreys(x, n) for x, n in PAIRS]
    assert [(round(g.lower, 4), round(g.upper, 4)) for g in got] == expected


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
    methods = (intervals.wilson, intervals.clopper_pearson, intervals.jeffreys)
    assert min(m(0, 20).upper for m in methods) > 0.11
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
def test_garwood_as_in_standard_tables(count, lower, upper):
    got = intervals.garwood(count)
    assert (round(got.lower, 4), round(got.upper, 4)) == (lower, upper)


@pytest.mark.parametrize(
    ("count", "lower", "upper"),
    [
        (10, 4.7874, 18.3915),
        (17, 9.8975, 27.2201),
        (30, 20.2369, 42.8284),
        (100, 81.3621, 121.6279),
    ],
)
def test_byar_to_the_digits_of_the_reference(count, lower, upper):
    got = intervals.byar(count)
    assert (round(got.lower, 4), round(got.upper, 4)) == (lower, upper)


@pytest.mark.parametrize(
    ("pair", "p"), [((6, 2), 0.1749), ((3, 0), 0.0884), ((20, 10), 0.0688)]
)
def test_e_test_as_krishnamoorthy_and_thomson(pair, p):
    assert round(intervals.e_test(pair[0], 1, pair[1], 1), 4) == p


def test_e_test_by_a_direct_sum():
    """Second route: sum the two Poisson laws at the pooled rate over all tables as extreme."""
    from scipy.stats import poisson

    k1, t1, k2, t2 = 6, 2.0, 11, 1.5
    rate = (k1 + k2) / (t1 + t2)

    def z(a, b):
        return np.abs(a / t1 - b / t2) / np.sqrt(
            np.maximum(a / t1**2 + b / t2**2, 1e-300)
        )

    a, b = np.meshgrid(np.arange(120), np.arange(120), indexing="ij")
    weight = poisson.pmf(a, rate * t1) * poisson.pmf(b, rate * t2)
    expected = weight[z(a, b) >= z(k1, k2) - 1e-12].sum()
    assert intervals.e_test(k1, t1, k2, t2) == pytest.approx(expected, abs=1e-9)


def test_garwood_limits_solve_their_own_equations():
    """Second route: each limit leaves 2.5 % in the tail beyond 17."""
    from scipy.stats import poisson

    got = intervals.garwood(17)
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


def test_standardised_reduces_to_byar_for_one_stratum():
    one = intervals.standardised([30], [12_000], [1], per=1000)
    assert one == pytest.approx(intervals.byar(30, exposure=12_000, per=1000))


def test_standardised_by_hand():
    got = intervals.standardised([10, 20], [1000, 4000], [3, 1], per=1000)
    assert got.estimate == pytest.approx(0.75 * 10 + 0.25 * 5)
    variance = 0.75**2 * 10 / 1000**2 + 0.25**2 * 20 / 4000**2
    half = np.sqrt(variance / 30) * 1000
    assert got.lower == pytest.approx(8.75 + half * (20.2369 - 30), abs=1e-4)
    assert got.upper == pytest.approx(8.75 + half * (42.8284 - 30), abs=1e-4)


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
        lambda: intervals.garwood(4, exposure=0),
        lambda: intervals.garwood(-4),
        lambda: intervals.poisson_ratio(0, 1, 0, 1),
        lambda: intervals.wilson(1, 2, confidence=95),
        lambda: intervals.standardised([0, 0], [10, 10], [1, 1]),
    ],
)
def test_what_cannot_be_given_is_refused_in_a_sentence(call):
    with pytest.raises(Invalid, match=r"\.$"):
        call()


def test_shape_out_follows_shape_in():
    assert isinstance(intervals.wilson(1, 2).lower, float)
    assert intervals.wilson([1, 2], 4).upper.shape == (2,)
    frame = intervals.garwood(
        pd.Series([3, 0], index=["a", "b"]), exposure=[10, 20], per=100
    )
    assert list(frame.columns) == ["estimate", "lower", "upper"]
    assert frame.loc["a", "estimate"] == 30
    assert frame.loc["b", "upper"] == pytest.approx(intervals.garwood(0).upper * 5)


shares = st.integers(1, 5000).flatmap(
    lambda n: st.tuples(st.integers(0, n), st.just(n))
)
levels = st.floats(0.5, 0.999)


@settings(deadline=None)
@given(shares, levels)
def test_every_share_interval_holds_its_estimate_inside_0_and_1(pair, level):
    methods = [intervals.wilson, intervals.clopper_pearson, intervals.jeffreys]
    for got in [m(*pair, confidence=level) for m in methods] + [
        intervals.wilson(*pair, confidence=level, continuity=True)
    ]:
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
    for method in (intervals.garwood, intervals.byar):
        got = method(count, exposure=exposure, confidence=level)
        assert 0 <= got.lower <= got.estimate <= got.upper


@settings(deadline=None)
@given(st.integers(0, 500), st.integers(0, 500), st.floats(0.1, 100), levels)
def test_ratio_holds_its_estimate(x1, x2, t, level):
    if x1 + x2:
        got = intervals.poisson_ratio(x1, t, x2, 1, confidence=level)
        assert 0 <= got.lower <= got.estimate <= got.upper
