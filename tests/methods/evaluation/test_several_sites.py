"""Starts that differ and sites pooled in part: by hand, by regression, and by published trials."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation import evaluate
from outcomes.methods.evaluation.matching import distances, ring
from outcomes.methods.evaluation.several_sites import (
    placebo_sites,
    pool_sites,
    staggered_effects,
)

BCG = pd.DataFrame(
    {
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
)
"""Vaccination against tuberculosis, as in the documentation of metafor."""


def panel(seed=1, effect=-3.0):
    """Forty units by 20 quarters of any force; ten begin at 8, five at 14."""
    rng = np.random.default_rng(seed)
    rates = rng.normal(50, 2, 40) + rng.normal(0, 1, (20, 40))
    rates += np.linspace(0, 5, 20)[:, None]
    frame = pd.DataFrame(rates).add_prefix("u")
    starts = {f"u{k}": 8 if k < 10 else 14 for k in range(15)}
    for unit, start in starts.items():
        frame.loc[start:, unit] += effect
    return frame, starts


def test_trials_of_a_vaccine_are_pooled_as_published():
    n1, n2 = BCG["tpos"] + BCG["tneg"], BCG["cpos"] + BCG["cneg"]
    log = np.log(BCG["tpos"] / n1 / (BCG["cpos"] / n2))
    variance = 1 / BCG["tpos"] - 1 / n1 + 1 / BCG["cpos"] - 1 / n2
    got = pool_sites(log, np.sqrt(variance))
    assert got.mean.estimate == pytest.approx(-0.714117, abs=5e-7)
    assert got.se == pytest.approx(0.178742, abs=5e-7)
    assert got.q == pytest.approx(152.2330, abs=5e-5)
    assert got.between**2 == pytest.approx(0.308760, abs=5e-7)
    assert got.next_site.lower < got.mean.lower and got.p_alike < 1e-20
    toward = (got.frame["pooled"] - got.mean.estimate).abs()
    assert (toward <= (log - got.mean.estimate).abs()).all()


def odds_ratios():
    """Log odds ratios of the trials, and their errors."""
    log = np.log(BCG["tpos"] * BCG["cneg"] / (BCG["tneg"] * BCG["cpos"]))
    return log, np.sqrt((1 / BCG).sum(axis=1))


def test_how_far_sites_differ_has_the_published_limits():
    """metafor-project.org, van Houwelingen et al. 2002: Q-profile, 0.1302 to 1.1812.

    Its solver stops within 0.0001: with 0.1302 Q is 23.331, and the quantile wanted is 23.337.
    """
    got = pool_sites(*odds_ratios())
    assert np.square(got.between_limits) == pytest.approx([0.1302, 1.1812], abs=1e-4)


CISAPRIDE = pd.DataFrame(
    {
        "treated": [15, 12, 29, 42, 14, 44, 14, 29, 10, 17, 38, 19, 21],
        "of": [16, 16, 34, 56, 22, 54, 17, 58, 14, 26, 44, 29, 38],
        "control": [9, 1, 18, 31, 6, 17, 7, 23, 3, 6, 12, 22, 19],
        "of_control": [16, 16, 34, 56, 22, 55, 15, 58, 15, 27, 45, 30, 38],
    }
)
"""Trials of Hartung & Knapp 2001 (Stat Med 20:3875), as in the documentation of pimeta."""


def cisapride():
    """Log odds ratios with half an event more in each cell, and their errors."""
    x = CISAPRIDE
    cells = [x["treated"], x["of"] - x["treated"]]
    cells += [x["of_control"] - x["control"], x["control"]]
    a, b, c, d = (cell + 0.5 for cell in cells)
    return np.log(a * c / (b * d)), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)


def test_one_more_site_is_near_what_the_bootstrap_of_the_same_idea_printed():
    """pimeta: 4.141 (0.533 to 33.692), by draws and a variance between that is known less well."""
    got = pool_sites(*cisapride())
    assert round(np.exp(got.next_site.estimate), 3) == 4.141
    assert round(got.between**2, 3) == 0.718 and round(got.i2, 3) == 0.699
    assert np.log([0.533, 33.692]) == pytest.approx(got.next_site[1:], abs=0.07)


def test_one_more_site_by_drawing_what_the_variance_between_may_be():
    """Second route: draw Q, find the variance it belongs to, draw the mean and the site."""
    from scipy.optimize import brentq

    effects, errors = (column.to_numpy() for column in cisapride())
    rng = np.random.default_rng(2)

    def weighed(tau2):
        weight = 1 / (errors**2 + tau2)
        return weight, (weight * effects).sum() / weight.sum()

    def excess(tau2, q):
        weight, mean = weighed(tau2)
        return (weight * (effects - mean) ** 2).sum() - q

    sites = []
    for q in rng.chisquare(12, 4000):
        tau2 = brentq(excess, 0, 100, args=(q,)) if excess(0, q) > 0 else 0.0
        weight, mean = weighed(tau2)
        mean = rng.normal(mean, weight.sum() ** -0.5, 5)
        sites.extend(rng.normal(mean, tau2**0.5))
    got = pool_sites(*cisapride()).next_site
    assert np.quantile(sites, [0.025, 0.975]) == pytest.approx(got[1:], abs=0.06)


def test_a_further_site_after_three_may_show_almost_anything():
    got = pool_sites(pd.Series([-0.1, -0.2, -0.3]), pd.Series([0.1, 0.1, 0.1]))
    assert got.next_site.upper - got.next_site.lower > 6 * got.se
    assert got.between_limits[0] == pytest.approx(0, abs=1e-6) and got.between == 0


def test_the_mean_of_sites_is_that_of_statsmodels():
    """Second route: its random effects by the same estimate of the variance between."""
    from statsmodels.stats.meta_analysis import combine_effects

    effects = pd.Series([-0.3, 0.1, -0.5, -0.2, 0.0])
    errors = pd.Series([0.1, 0.15, 0.2, 0.05, 0.12])
    got = pool_sites(effects, errors)
    other = combine_effects(effects.to_numpy(), errors.to_numpy() ** 2, method_re="dl")
    assert got.between**2 == pytest.approx(other.tau2)
    assert got.mean.estimate == pytest.approx(other.mean_effect_re)
    assert got.se == pytest.approx(other.sd_eff_w_re)
    assert got.mean[1:] == pytest.approx(other.conf_int(alpha=0.05, use_t=True)[3])


@pytest.mark.parametrize("effects", [[-0.2] * 3, [-0.25, -0.2, -0.15]])
def test_sites_that_hardly_differ_are_no_surer_than_their_errors(effects):
    got = pool_sites(pd.Series(effects), pd.Series([0.3] * 3))
    reach = 4.302653 * 0.3 / 3**0.5  # Student's t of two degrees
    assert got.between == 0
    assert got.mean == pytest.approx((-0.2, -0.2 - reach, -0.2 + reach))
    assert got.mean.clause() == "consistent with no change"


EMPLOYMENT = Path(__file__).with_name("county_employment.csv")
"""Teen employment (log) in 500 counties of the United States, 2003 to 2007, by the year in which the
minimum wage rose (0: never): the example of Callaway and Sant'Anna 2021. Mean and covariances of each
group alone, which is all that the estimate depends on; worked out from the data of their package."""

PUBLISHED = {
    (2004, 2004): (-0.0105, 0.0233),
    (2004, 2005): (-0.0704, 0.0310),
    (2004, 2006): (-0.1373, 0.0364),
    (2004, 2007): (-0.1008, 0.0344),
    (2006, 2004): (0.0065, 0.0233),
    (2006, 2005): (-0.0028, 0.0196),
    (2006, 2006): (-0.0046, 0.0178),
    (2006, 2007): (-0.0412, 0.0202),
    (2007, 2004): (0.0305, 0.0150),
    (2007, 2005): (-0.0027, 0.0164),
    (2007, 2006): (-0.0311, 0.0179),
    (2007, 2007): (-0.0261, 0.0167),
}
"""Group, time: effect and analytical error by R's did, against counties never treated."""


def counties():
    """Counties with exactly these means and covariances, and the first year of each."""
    rng, panels, starts = np.random.default_rng(0), [], {}
    for start, group in pd.read_csv(EMPLOYMENT).groupby("start"):
        years = group["year"].astype(str)
        drawn = rng.normal(size=(group["counties"].iloc[0], len(years)))
        drawn -= drawn.mean(axis=0)
        plain = np.linalg.cholesky(np.cov(drawn.T, ddof=0))
        wanted = np.linalg.cholesky(group[years].to_numpy())
        values = drawn @ np.linalg.inv(plain).T @ wanted.T + group["mean"].to_numpy()
        names = [f"{start}-{k}" for k in range(len(values))]
        panels.append(pd.DataFrame(values.T, group["year"], names))
        starts |= dict.fromkeys(names, start) if start else {}
    return pd.concat(panels, axis=1), starts


def test_minimum_wages_as_published():
    """Callaway and Sant'Anna's own package: each group and time, and the mean of all after."""
    got = staggered_effects(*counties())
    found = got.frame.set_index(["group", "time"])[["effect", "se"]].round(4)
    assert {at: tuple(row) for at, row in found.iterrows()} == PUBLISHED
    assert (round(got.overall, 5), round(got.se, 5)) == (-0.03995, 0.01203)


def test_each_group_and_time_is_a_difference_of_mean_changes():
    frame, starts = panel()
    got = staggered_effects(frame, starts)
    never = frame.columns[15:]
    for row in got.frame.itertuples():
        own = [unit for unit, start in starts.items() if start == row.group]
        base = row.group - 1 if row.after else row.time - 1
        change = frame.loc[row.time] - frame.loc[base]
        assert row.effect == pytest.approx(change[own].mean() - change[never].mean())
        x = pd.Series(0.0, [*own, *never])
        x[own] = 1
        fit = sm.OLS(change[x.index], sm.add_constant(x)).fit(cov_type="HC0")
        assert row.se == pytest.approx(fit.bse.iloc[1])
    late = got.frame[got.frame["after"]]
    size = late["group"].map({8: 10, 14: 5})
    assert got.overall == pytest.approx(np.average(late["effect"], weights=size))
    assert got.overall == pytest.approx(-3, abs=1)


def test_with_one_start_the_error_of_the_mean_is_that_of_the_regression():
    frame, starts = panel()
    first = {unit: start for unit, start in starts.items() if start == 8}
    frame = frame.drop(columns=[unit for unit in starts if unit not in first])
    got = staggered_effects(frame, first)
    change = frame.loc[8:].mean() - frame.loc[7]
    x = pd.Series(frame.columns.isin(list(first)), frame.columns).astype(float)
    fit = sm.OLS(change, sm.add_constant(x)).fit(cov_type="HC0")
    assert (got.overall, got.se) == pytest.approx((fit.params.iloc[1], fit.bse.iloc[1]))


def test_an_interval_allows_for_few_treated_units():
    """As wide as that of a t test of as many; 13 of 15 units are beyond the first of their start."""
    got = staggered_effects(*panel())
    assert got.freedom == 13
    assert got.interval().upper - got.overall == pytest.approx(2.160369 * got.se)
    frame, _starts = panel()
    with pytest.raises(NotEnough, match="tells no error"):
        staggered_effects(frame, {"u0": 8, "u1": 14}).interval()


def test_what_cannot_be_done_is_said():
    frame, _starts = panel()
    with pytest.raises(Invalid, match="'u99' is not a column"):
        staggered_effects(frame, {"u99": 3})
    with pytest.raises(NotEnough, match="were never treated"):
        staggered_effects(frame[["u0", "u20"]], {"u0": 8})
    with pytest.raises(NotEnough, match="No programme has a time before"):
        staggered_effects(frame, {"u0": 0})
    with pytest.raises(Invalid, match="missing cell"):
        staggered_effects(frame.drop(index=3).reindex(range(20)), {"u0": 8})
    with pytest.raises(NotEnough, match="3 sites or more"):
        pool_sites(pd.Series([1.0, 2.0]), pd.Series([1.0, 1.0]))
    with pytest.raises(Invalid, match="an error above 0"):
        pool_sites(pd.Series([1.0, 2.0, 3.0]), pd.Series([1.0, 0.0, 1.0]))


@pytest.fixture(scope="module")
def land():
    """Four hundred places of a force that nobody has met, and 48 months of counts."""
    rng = np.random.default_rng(4)
    names = [f"X{k:03d}" for k in range(400)]
    places = pd.DataFrame(
        {
            "longitude": rng.uniform(0, 0.6, 400),
            "latitude": rng.uniform(51, 51.4, 400),
        },
        names,
    )
    months = pd.date_range("2030-01-01", periods=48, freq="MS")
    level = rng.gamma(4, 1, 400)
    return places, pd.DataFrame(rng.poisson(level, (48, 400)), months, names)


def nearest(places, unit, size):
    far = distances(places.loc[[unit]], places)[0]
    return places.index[np.argsort(far)[:size]].tolist()


def test_placebo_sites_are_made_like_the_treated_ones(land):
    places, _counts = land
    sites = [nearest(places, "X007", 5), nearest(places, "X200", 3)]
    drawn = placebo_sites(places, sites, km=1.5, sets=199)
    assert drawn.treated == [*sites[0], *sites[1]] and drawn.sizes == [5, 3]
    near = ring(places, drawn.treated, km=1.5)
    assert set(drawn.pool) == set(places.index) - {*drawn.treated, *near}
    assert len({frozenset(units) for units in drawn.sets}) == len(drawn.sets) == 199
    pool = places.loc[drawn.pool]
    far = pd.DataFrame(distances(pool, pool), pool.index, pool.index)
    widest = far.apply(lambda row: np.sort(row)[4], axis=1).max()
    for units in drawn.sets:
        assert len({*units}) == 8 and {*units} <= {*drawn.pool}
        inside = far.loc[units, units]
        # Two areas: from some place five are near, and from some other place the rest.
        assert (
            min(inside.loc[start].nsmallest(5).iloc[-1] for start in units)
            <= 2 * widest
        )
    assert drawn.disjoint >= 0.75 * len(drawn.pool) // 8
    assert drawn.least_p == 1 / (drawn.disjoint + 1)
    assert f"{drawn.disjoint} of the sets have no place in common" in drawn.clause
    assert placebo_sites(places, sites, km=1.5, sets=199) == drawn


def test_several_sites_of_any_force_are_evaluated_together(land):
    places, counts = land
    sites = [nearest(places, u, 4) for u in ("X007", "X200", "X300")]
    drawn = placebo_sites(places, sites, km=1.5)
    found = evaluate(counts, start="2032-01", **drawn.design)
    assert found.disjoint == drawn.disjoint >= 19 and found.p >= drawn.least_p
    assert found.p > 0.05
    moved = counts.copy()
    moved.loc["2032-01":, drawn.treated] //= 2
    again = evaluate(moved, start="2032-01", **drawn.design)
    assert again.p == pytest.approx(drawn.least_p) and again.did.ratio < 0.7


def test_sites_that_cannot_be_drawn_are_refused(land):
    places, _counts = land
    with pytest.raises(Invalid, match="'Y1' is none of the places"):
        placebo_sites(places, [["Y1"]])
    with pytest.raises(Invalid, match="one has none or is in two"):
        placebo_sites(places, [["X001"], ["X001"]])
    with pytest.raises(Invalid, match="one has none or is in two"):
        placebo_sites(places, [["X001"], []])
    with pytest.raises(NotEnough, match="too few for 390"):
        placebo_sites(places, [places.index[:390].tolist()])
