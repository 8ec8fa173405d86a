"""Sensitivity to earlier trends: as published, by other routes, and what a drift carried on leaves."""

import numpy as np
import pandas as pd
import pytest

import small_panels
from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.difference_in_differences import did, event_study
from outcomes.methods.evaluation.interrupted_time_series import its
from outcomes.methods.evaluation.parallel_trends import (
    assess_parallel_trends,
    carry_drift,
)

# Profits of restaurants by year, 2004 to 2012 without 2008, and their covariance: Benzarti & Carloni
# 2019, as the package HonestDiD of Rambachan & Roth has them (``BCdata_EventStudy``).
PROFITS = [0.006696351804, 0.02934503369, -0.006472972222, 0.0730149895]
PROFITS += [0.1959611177, 0.3120639026, 0.2395415455, 0.1260425001]
LOWER = """
8.428358124e-4
4.768686777e-4 6.425420288e-4
2.618051076e-4 3.987425007e-4 5.229949602e-4
2.354220342e-4 2.435515198e-4 2.11768609e-4 3.089595411e-4
1.676371467e-4 2.201960306e-4 1.840722252e-4 1.197866077e-4 3.59970436e-4
1.128707663e-4 1.804591157e-4 1.45852784e-4 1.334081317e-4 2.478818642e-4 4.263949813e-4
1.992816215e-5 3.84376508e-5 7.005197403e-5 1.016335009e-4 1.749579242e-4 2.171437809e-4
4.886697861e-4
-1.368265366e-4 -2.960421989e-5 5.952994979e-5 1.079051726e-4 1.654256921e-4 2.892747871e-4
3.805322049e-4 7.61739444e-4"""
COVARIANCE = np.zeros((8, 8))
COVARIANCE[np.tril_indices(8)] = [float(v) for v in LOWER.split()]
COVARIANCE = COVARIANCE + np.tril(COVARIANCE, -1).T
FIRST = [1, 0, 0, 0]


def test_profits_of_restaurants_by_smoothness_as_published():
    """HonestDiD's fixed-length intervals, whose own quantiles are simulated, to three digits."""
    published = {
        0: (0.131411, 0.216170),
        0.01: (0.154965, 0.270385),
        0.1: (0.119444, 0.418508),
        0.2: (0.019444, 0.518508),
    }
    got = assess_parallel_trends(
        PROFITS, COVARIANCE, 4, kind="smoothness", sizes=[*published], weights=FIRST
    )
    assert got.original[1:] == pytest.approx((0.1587749428, 0.2331472927), abs=1e-9)
    limits = got.frame[["lower", "upper"]].to_numpy()
    assert limits == pytest.approx(np.array([*published.values()]), abs=2e-4)
    assert got.breakdown == np.inf


def test_profits_of_restaurants_by_relative_magnitudes_as_published():
    """HonestDiD's C-LF intervals, by its grid of a thousand: its steps are 0.0008."""
    published = {
        0.5: (0.118129, 0.271584),
        1.0: (0.067231, 0.318684),
        1.5: (0.013294, 0.369582),
    }
    got = assess_parallel_trends(
        PROFITS, COVARIANCE, 4, sizes=[*published, 2], weights=FIRST
    )
    limits = got.frame[["lower", "upper"]].to_numpy()
    assert limits[:3] == pytest.approx(np.array([*published.values()]), abs=1e-3)
    assert limits[3, 0] == pytest.approx(-0.042162, abs=1e-3)
    assert 1.5 < got.breakdown < 2
    assert got.clause == (
        "it stands while trends part by under 1.6 times what they did before"
    )


@pytest.mark.parametrize(
    ("kind", "sizes", "clause"),
    [
        (
            "smoothness",
            [0, 0.2],
            "it stands at all sizes tried, up to a drift that bends by 0.2 a period",
        ),
        (
            "relative magnitudes",
            [0.5, 1.5],
            "it stands at all sizes tried, up to trends that part 1.5 times as far as before",
        ),
        ("relative magnitudes", [1, 4], "it stands while trends part by under 1."),
        ("smoothness", [0, 1], "it stands while the drift bends by under 0.2"),
    ],
)
def test_the_clause_says_how_far_it_stands(kind, sizes, clause):
    look = {"kind": kind, "sizes": sizes, "weights": FIRST}
    got = assess_parallel_trends(PROFITS, COVARIANCE, 4, **look)
    assert got.clause.startswith(clause)


def test_a_straight_drift_is_carried_on_by_generalised_least_squares():
    """Second route at a smoothness of 0: the line through the origin that fits best."""
    got = assess_parallel_trends(
        PROFITS, COVARIANCE, 4, kind="smoothness", sizes=[0], weights=FIRST
    )
    x = np.zeros((8, 5))
    x[:, 0] = [-4, -3, -2, -1, 1, 2, 3, 4]
    x[4:, 1:] = np.eye(4)
    inverse = np.linalg.inv(COVARIANCE)
    spread = np.linalg.inv(x.T @ inverse @ x)
    effect = (spread @ x.T @ inverse @ PROFITS)[1]
    reach = 1.959963985 * np.sqrt(spread[1, 1])
    assert got.frame.iloc[0, 1:].tolist() == pytest.approx(
        [effect - reach, effect + reach], abs=1e-5
    )


def test_periods_that_are_missing_keep_their_place():
    """A drift of 0.1 a period, seen at -6, -5, 0, 3: nothing is left, whatever the gaps."""
    times = np.array([-6, -5, 3, 4])
    covariance = 1e-4 * np.eye(4)
    got = assess_parallel_trends(
        0.1 * times, covariance, 2, kind="smoothness", sizes=[0, 0.01], times=times
    )
    assert got.frame.iloc[0, 1:].mean() == pytest.approx(0, abs=1e-6)
    assert np.isnan(got.breakdown)
    assert got.clause == "carrying the earlier drift on leaves no clear effect"
    relative = assess_parallel_trends(
        0.1 * times, covariance, 2, sizes=[0, 1], times=times
    )
    assert relative.frame["lower"].tolist()[1] < 0 < relative.frame["lower"].tolist()[0]


@pytest.mark.parametrize("kind", ["smoothness", "relative magnitudes"])
def test_the_interval_holds_the_effect_where_trends_part_as_far_as_allowed(kind):
    """200 draws of a study whose trends part by just what is allowed: 95 % at least."""
    rng, held = np.random.default_rng(5), 0
    covariance = 0.02 * (np.eye(4) + 1)
    drift = np.array([-0.2, -0.1, 0.1, 0.2])
    truth = drift + np.array([0, 0, 0.5, 0.5])
    size = 0 if kind == "smoothness" else 1
    for draw in rng.multivariate_normal(truth, covariance, 200):
        got = assess_parallel_trends(draw, covariance, 2, kind=kind, sizes=[size])
        held += got.frame["lower"][0] <= 0.5 <= got.frame["upper"][0]
    assert held >= 184


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(NotEnough, match="before the last"):
        assess_parallel_trends([1.0], [[1.0]], 0)
    with pytest.raises(Invalid, match="differ in number"):
        assess_parallel_trends([1.0, 2.0], np.eye(3), 1)
    with pytest.raises(Invalid, match="finite"):
        assess_parallel_trends([1.0, np.nan], np.eye(2), 1)
    with pytest.raises(Invalid, match="rising"):
        assess_parallel_trends([1.0, 2.0], np.eye(2), 1, sizes=[1, 0])
    with pytest.raises(Invalid, match="times rise"):
        assess_parallel_trends([1.0, 2.0], np.eye(2), 1, times=[1, 2])
    with pytest.raises(Invalid, match="kind"):
        assess_parallel_trends([1.0, 2.0], np.eye(2), 1, kind="rough")


def test_named_coefficients_are_in_order_of_time_with_their_own_covariance():
    estimates = pd.Series([0.01, -0.02, 0.3], [-3, -2, 0])
    covariance = pd.DataFrame(0.001 * np.eye(3), estimates.index, estimates.index)
    plain = assess_parallel_trends(estimates.tolist(), covariance.to_numpy(), 2)
    assert assess_parallel_trends(estimates, covariance, 2).frame.equals(plain.frame)
    backwards = covariance.iloc[::-1, ::-1]
    with pytest.raises(Invalid, match="not of the same rows in the same order"):
        assess_parallel_trends(estimates, backwards, 2)
    with pytest.raises(Invalid, match="not of the same rows in the same order"):
        assess_parallel_trends(estimates, covariance.iloc[:, ::-1], 2)
    with pytest.raises(Invalid, match="in order of time"):
        assess_parallel_trends(estimates.iloc[::-1], backwards, 2)
    with pytest.raises(Invalid, match="each period once"):
        assess_parallel_trends(estimates.set_axis([-2, -2, 0]), np.eye(3), 2)


def test_an_event_study_gives_its_coefficients_beside_the_last_period_before():
    """Second route: the logarithm of the ratio of two bins, and the variance of a difference."""
    panel = small_panels.panel()
    study = event_study(panel, "u0", small_panels.START)
    logs, variance = study.logs["log"], study.logs["variance"]
    assert -1 not in study.coefficients.index
    assert study.coefficients[-2] == pytest.approx(logs[-2] - logs[-1])
    assert study.covariance.loc[-2, -2] == pytest.approx(variance[-2] + variance[-1])
    assert study.covariance.loc[-2, 0] == pytest.approx(variance[-1])
    # Beside all the time before, the same ratios moved by one constant.
    beside_all = np.log(study.frame.set_index("event")["ratio"])
    assert (logs - beside_all).std() == pytest.approx(0, abs=1e-9)


MONTHS = pd.date_range("2019-01-01", periods=60, freq="MS")


def drifting(rng, effect=1.0, sets=30):
    """A town whose share falls by 20 % a year, and others that only vary, each beside its match."""
    late = MONTHS >= "2022-01-01"
    mean = {
        "town": 200 * 0.8 ** (np.arange(60) / 12) * np.where(late, effect, 1),
        "rest": 900,
    }
    for k in range(sets):
        mean |= {f"a{k}": 100.0, f"b{k}": 300.0}
    counts = {
        name: rng.poisson(m, 60) if np.ndim(m) == 0 else rng.poisson(m)
        for name, m in mean.items()
    }
    pairs = [([f"a{k}"], [f"b{k}"]) for k in range(sets)]
    return pd.DataFrame(counts, MONTHS), pairs


def test_a_drift_carried_on_gives_all_of_a_change_or_leaves_an_effect():
    panel, pairs = drifting(np.random.default_rng(2))
    got = carry_drift(panel, "town", "2022-01", comparison=["rest"], placebo_sets=pairs)
    assert got.plain == pytest.approx(
        did(panel[["town", "rest"]], "town", "2022-01").ratio
    )
    assert got.plain < 0.7 and 0.85 < got.step.ratio < 1.15
    assert got.clause == "carried on, the drift before the start gives all of it"
    assert got.p > 0.1 and len(got.placebo) == 30
    panel, pairs = drifting(np.random.default_rng(2), effect=0.6)
    cut = carry_drift(panel, "town", "2022-01", comparison=["rest"], placebo_sets=pairs)
    assert cut.step.ratio == pytest.approx(0.6, abs=0.07) and cut.p == 1 / 31
    assert cut.clause.endswith("gives part of it") or cut.clause.endswith("most of it")


def test_the_steps_of_placebo_sets_are_those_of_the_series_model():
    """Second route: the controlled interrupted time series of each, one by one."""
    panel, pairs = drifting(np.random.default_rng(3), sets=25)
    got = carry_drift(panel, "town", "2022-01", comparison=["rest"], placebo_sets=pairs)
    for k in (0, 7, 24):
        alone = its(panel[f"a{k}"], "2022-01", comparison=panel[f"b{k}"], harmonics=0)
        assert got.placebo[k] == pytest.approx(np.log(alone.ratio), abs=1e-8)


def test_placebo_sets_that_overlap_tell_no_more_than_those_that_do_not():
    """Thirty sets that share a unit are one: no interval, and no p under a half."""
    panel, pairs = drifting(np.random.default_rng(2), effect=0.6)
    look = {"comparison": ["rest"]}
    apart = carry_drift(panel, "town", "2022-01", placebo_sets=pairs, **look)
    assert apart.disjoint == 30 and apart.interval.upper < 1
    nested = [
        ([*units, "a0"] if k else units, rest) for k, (units, rest) in enumerate(pairs)
    ]
    got = carry_drift(panel, "town", "2022-01", placebo_sets=nested, **look)
    assert got.ranks.ranked == 31 and got.disjoint == 1
    assert got.interval is None and got.p == 0.5


def test_too_few_placebo_sets_give_no_rank_and_no_change_has_nothing_to_explain():
    panel, pairs = drifting(np.random.default_rng(4))
    few = carry_drift(
        panel, "town", "2022-01", comparison=["rest"], placebo_sets=pairs[:5]
    )
    assert np.isnan(few.p)
    level = pd.DataFrame({"town": 100.0, "rest": 900.0}, MONTHS)
    same = carry_drift(level, "town", "2022-01", comparison=["rest"])
    assert same.clause == "there is no change for an earlier drift to give"
