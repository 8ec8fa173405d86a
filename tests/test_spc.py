"""Charts against NHSRplotthedots, NIST and metafor, and against second routes."""

from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods import funnels, spc

# R: set.seed(123); rnorm(20), with the limits in NHSRplotthedots' own snapshot.
RNORM = [
    -0.56047565,
    -0.23017749,
    1.55870831,
    0.07050839,
    0.12928774,
    1.71506499,
    0.46091621,
    -1.26506123,
    -0.68685285,
    -0.44566197,
    1.22408180,
    0.35981383,
    0.40077145,
    0.11068272,
    -0.55584113,
    1.78691314,
    0.49785048,
    -1.96661716,
    0.70135590,
    -0.47279141,
]
NIST = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


def test_xmr_limits_as_nhsr_publishes():
    got = spc.xmr(RNORM)
    assert (round(got.mean, 7), round(got.lower, 5), round(got.upper, 6)) == (
        0.1416238,
        -3.01138,
        3.294627,
    )
    assert not got.trial and (got.frame["special"] == "").all()


def test_xmr_limits_as_nist_publishes():
    got = spc.xmr(NIST)
    assert round(got.mean, 2) == 50.81
    assert round(got.moving_range, 4) == 1.8778
    assert (round(got.lower, 4), round(got.upper, 4)) == (45.8151, 55.8049)
    reach = (
        3 / 1.128 * got.moving_range
    )  # NIST's own constant, where the chart uses 2.66
    assert (round(got.mean - reach, 4), round(got.mean + reach, 4)) == (
        45.8159,
        55.8041,
    )
    assert got.trial and "10 points" in got.note


def test_seven_on_one_side_as_nhsr_tests():
    assert list(spc.seven_one_side([1] * 8 + [-1])) == [0, 0, 0, 0, 0, 0, 1, 1, 0]
    assert list(spc.seven_one_side([1] * 6 + [-1])) == [0] * 7


def test_trend_of_seven_as_nhsr_tests():
    assert list(spc.trend_of_seven([1, 2, 3, 3, 4, 5, 6])) == [0] * 7
    assert list(spc.trend_of_seven([2, *range(1, 8), 3])) == [0, 0, 0, 0, 0, 0, 0, 1, 0]
    assert list(spc.trend_of_seven(range(7, 0, -1))) == [0, 0, 0, 0, 0, 0, -1]


def test_two_of_three_as_nhsr_tests():
    near = [0, 0, 1, 0, 1, 0, 0]
    assert list(spc.two_of_three(near, [1] * 7)) == [0, 0, 1, 1, 1, 0, 0]
    assert list(spc.two_of_three([0, 0, 1, 1, 0, 0, 0], [1] * 7)) == [
        0,
        1,
        1,
        1,
        1,
        0,
        0,
    ]
    assert not spc.two_of_three(near, [1, -1] * 3 + [1]).any()


def test_screening_drops_a_wild_moving_range_once():
    """By hand: ranges 1 x 10 and 50, 50; 3.267 times the mean of 9.17 is below 50."""
    values = [10, 11] * 3 + [61] + [11, 10] * 3
    got = spc.xmr(values)
    assert got.moving_range == 1
    assert got.frame["special"][6] == spc.OUTSIDE
    assert spc.xmr(values, screen=False).moving_range == pytest.approx((10 + 100) / 12)


def test_a_shift_is_special_and_judged_by_what_is_better():
    values = [10, 12, 11, 10, 12, 11] * 2 + [15] * 7
    got = spc.xmr(values, baseline=12, direction="fewer").frame
    assert (got["verdict"][12:] == "concern").all() and (
        got["direction"][12:] == "high"
    ).all()
    assert (
        spc.xmr(values, baseline=12, direction="more").frame["verdict"][12:]
        == "improvement"
    ).all()
    assert set(spc.xmr(values, baseline=12).frame["verdict"]) == {"", "neither"}


def test_a_gap_breaks_a_run_and_gives_no_moving_range():
    values = [5.0, 6, 5, 6, 5, 6, 9, 9, 9, np.nan, 9, 9, 9, 9]
    got = spc.xmr(values, baseline=6).frame
    assert not (got["special"] == spc.SIDE).any()
    assert np.isnan(got["moving_range"][9]) and np.isnan(got["moving_range"][10])


def test_new_limits_need_a_reason_and_break_runs():
    months = pd.period_range("2022-01", periods=26, freq="M").astype(str)
    values = (
        pd.Series([10, 12] * 13 + [], index=months)
        + np.r_[np.zeros(14), np.full(12, 20)]
    )
    got = spc.xmr(values, rebase=[("2023-03", "the counting rules changed")])
    assert list(got.frame["mean"].unique()) == [11, 31]
    assert (got.frame["special"] == "").all() and not got.trial
    assert list(got.frame["phase"]) == [1] * 14 + [2] * 12
    with pytest.raises(Invalid, match="need a reason"):
        spc.xmr(values, rebase=[("2023-03", " ")])


def test_too_few_points_are_refused():
    with pytest.raises(NotEnough, match="at least 3 points"):
        spc.xmr([1, 2])
    with pytest.raises(Invalid, match="direction"):
        spc.xmr(NIST, direction="less")


def test_a_known_season_is_taken_out():
    months = pd.date_range("2020-01-01", periods=48, freq="MS")
    season = np.exp(np.sin(np.arange(12) / 12 * 2 * np.pi) / 3)
    values = pd.Series(
        np.exp(0.05 * np.arange(48) / 12) * np.tile(season, 4) * 1e6, index=months
    )
    got = spc.deseasonalise(values)
    assert got["factor"][:12].to_numpy() == pytest.approx(
        season / np.exp(np.log(season).mean())
    )
    with pytest.raises(NotEnough, match="seen twice"):
        spc.deseasonalise(values[:23])


BCG = {
    "tpos": [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
    "tneg": [
        119,
        300,
        228,
        13536,
        5036,
        1361,
        2537,
        87886,
        7470,
        1699,
        50448,
        2493,
        16886,
    ],
    "cpos": [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
    "cneg": [
        128,
        274,
        209,
        12619,
        5761,
        1079,
        619,
        87892,
        7232,
        1600,
        27197,
        2338,
        17825,
    ],
}


def test_between_study_variance_of_the_bcg_trials_as_metafor():
    t, tn, c, cn = (np.array(BCG[k], float) for k in ("tpos", "tneg", "cpos", "cneg"))
    effect = np.log(t / (t + tn)) - np.log(c / (c + cn))
    got = spc.dersimonian_laird(effect, 1 / t - 1 / (t + tn) + 1 / c - 1 / (c + cn))
    assert (round(got.tau2, 6), round(got.q, 4)) == (0.308760, 152.2330)
    assert round(got.pooled, 6) == -0.714117
    assert (round(got.se, 6), round(got.fixed, 6)) == (0.178742, -0.430285)


def test_funnel_tau2_is_dersimonian_laird_when_nothing_is_winsorised():
    rng = np.random.default_rng(4)
    n = rng.integers(20_000, 200_000, 40)
    k = rng.poisson(n * 0.01 * rng.gamma(20, 1 / 20, 40))
    got = spc.funnel(k, n, winsorise=0)
    y, v = np.sqrt(k / n), 1 / (4 * n)
    centre = np.sqrt(k.sum() / n.sum())
    w = 1 / v
    q = (w * (y - centre) ** 2).sum()
    assert got.q == pytest.approx(q)
    assert got.tau2 == pytest.approx((q - 39) / (w.sum() - (w**2).sum() / w.sum()))
    assert got.overdispersed
    assert spc.funnel(k, n).tau2 < got.tau2  # winsorising only ever pulls in


@pytest.mark.parametrize("kind", ["rate", "proportion"])
def test_exact_funnel_limits_by_summing_probabilities(kind):
    from math import comb, exp, factorial

    k, n = np.array([3, 5, 8]), np.array([40, 50, 60])
    got = spc.funnel(k, n, kind=kind).frame
    share = 16 / 150

    def pmf(r, size):
        if kind == "rate":
            return exp(-share * size) * (share * size) ** r / factorial(r)
        return comb(size, r) * share**r * (1 - share) ** (size - r)

    ends = {
        "lower_95": 0.025,
        "upper_95": 0.975,
        "lower_998": 0.001,
        "upper_998": 0.999,
    }
    for (row, size), (column, p) in product(enumerate(n), ends.items()):
        total, r = 0.0, 0
        while total + pmf(r, size) < p:
            total += pmf(r, size)
            r += 1
        inside = (p - total) / pmf(r, size)
        assert got[column][row] == pytest.approx(
            max(r - 1 + inside, 0) / size, rel=1e-9
        )


def test_a_far_place_signals_and_labels_follow():
    k = pd.Series([100, 98, 103, 101, 250], index=list("abcde"))
    got = spc.funnel(k, [10_000] * 5, per=1000, overdispersion=False)
    assert got.frame.loc[got.frame["signal"] == "high", "label"].tolist() == ["e"]
    assert got.mean == pytest.approx(652 / 50)
    wider = spc.funnel(k, [10_000] * 5, per=1000, winsorise=0)
    assert (
        wider.overdispersed
        and (wider.frame["upper_998"] > got.frame["upper_998"]).all()
    )


def test_funnels_refuse_in_sentences():
    for call in (
        lambda: spc.funnel([1, 2], [3, 4]),
        lambda: spc.funnel([1, 2, 3], [3, 4, 0]),
        lambda: spc.funnel([0, 0, 0], [3, 4, 5]),
        lambda: spc.funnel([9, 2, 3], [3, 4, 5], kind="proportion"),
        lambda: spc.funnel([1, 2, 3], [3, 4, 5], kind="ratio"),
    ):
        with pytest.raises(ValueError, match=r"\.$"):
            call()


@settings(deadline=None)
@given(st.lists(st.floats(2, 1e6), min_size=3, max_size=40, unique=True))
def test_limits_hold_the_mean_and_near_limits_lie_between(values):
    got = spc.xmr(values).frame
    assert (got["lower"] <= got["near_lower"]).all() and (
        got["near_upper"] <= got["upper"]
    ).all()
    assert (got["near_lower"] <= got["mean"]).all() and (
        got["mean"] <= got["near_upper"]
    ).all()


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 400), min_size=3, max_size=20).filter(lambda k: sum(k) > 0)
)
def test_funnel_limits_hold_the_mean_in_order(counts):
    frame = funnels.funnel(counts, [1000 + 100 * k for k in range(len(counts))]).frame
    order = ["lower_998", "lower_95", "mean", "upper_95", "upper_998"]
    for a, b in pairwise(order):
        if "mean" not in (a, b) or frame["count"].sum() > 30 * len(counts):
            assert (frame[a] <= frame[b] + 1e-9).all()
