"""Starts that differ and sites pooled in part: by hand, by regression, and by published trials."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.several_sites import pool_sites, staggered_effects

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
    se = (got.mean.upper - got.mean.lower) / 2 / 1.959964
    assert se == pytest.approx(0.178742, abs=5e-7)
    assert got.q == pytest.approx(152.2330, abs=5e-5)
    assert got.between**2 == pytest.approx(0.308760, abs=5e-7)
    assert got.next_site.lower < got.mean.lower and got.p_alike < 1e-20
    toward = (got.frame["pooled"] - got.mean.estimate).abs()
    assert (toward <= (log - got.mean.estimate).abs()).all()


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


def test_intervals_cover_and_false_alarms_are_few():
    covered = [
        found.lower <= -3 <= found.upper
        for found in (staggered_effects(*panel(k)).interval() for k in range(400))
    ]
    assert 0.91 <= np.mean(covered) <= 0.98


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
