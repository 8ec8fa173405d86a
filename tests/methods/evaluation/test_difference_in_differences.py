"""Difference in differences and its event study by second routes."""

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation import difference_in_differences
from outcomes.methods.evaluation import synthetic_control as synthetic
from outcomes.methods.evaluation.difference_in_differences import did, event_study
from outcomes.methods.evaluation.displacement import rirr
from outcomes.methods.evaluation.matching import match_units
from outcomes.methods.evaluation.synthetic_control import (
    fit_synthetic_control,
)
from small_panels import START, panel


def test_closed_form_is_the_poisson_regression_with_unit_and_month_effects():
    import statsmodels.api as sm

    frame = panel(effect=0.7)
    got = did(frame, ["u0", "u1"], START)
    long = (
        frame.rename_axis("time")
        .reset_index()
        .melt("time", var_name="unit", value_name="n")
    )
    inside = long["unit"].isin(["u0", "u1"]) & (long["time"] >= START)
    dummies = [
        pd.get_dummies(long[c].astype(str), drop_first=c == "time")
        for c in ("unit", "time")
    ]
    x = pd.concat([inside.rename("d"), *dummies], axis=1).astype(float)
    model = sm.GLM(long["n"], x, family=sm.families.Poisson())
    fit = model.fit(tol=1e-13)
    groups = long["unit"].astype("category").cat.codes.to_numpy()
    options = {"groups": groups, "use_correction": False}
    cluster = model.fit(tol=1e-13, cov_type="cluster", cov_kwds=options)
    assert got.ratio == pytest.approx(np.exp(fit.params["d"]), rel=1e-9)
    assert got.se == pytest.approx(
        fit.bse["d"] * np.sqrt(max(got.dispersion, 1)), rel=1e-6
    )
    assert got.cluster_se == pytest.approx(cluster.bse["d"], rel=1e-6)
    mu = difference_in_differences._two_way_means(
        frame.to_numpy(float),
        frame.columns.isin(["u0", "u1"]),
        frame.index >= START,
        got.ratio,
    )
    assert difference_in_differences._cell_dispersion(
        frame.to_numpy(float), mu
    ) == pytest.approx(fit.pearson_chi2 / fit.df_resid, rel=1e-6)
    assert mu.T.ravel() == pytest.approx(
        fit.mu.to_numpy() if hasattr(fit.mu, "to_numpy") else fit.mu
    )


def test_did_counts_what_was_avoided_and_leaves_out_missing_months():
    frame = panel(effect=0.6).astype(float)
    got = did(frame, ["u0", "u1"], START)
    late = got.frame[got.frame["time"] >= START]
    assert got.avoided == pytest.approx(
        (late["counterfactual"] - late["treated"]).sum()
    )
    assert got.lower < 0.6 < got.upper and got.ratio < 0.75
    frame.iloc[5, 3] = np.nan
    assert did(frame, ["u0", "u1"], START).pre == 35


def test_event_study_bins_by_hand_and_sees_a_drift():
    frame = panel()
    got = event_study(frame, ["u0", "u1"], START, width=3).frame.set_index("event")
    t, c = frame[["u0", "u1"]].sum(axis=1), frame.drop(columns=["u0", "u1"]).sum(axis=1)
    before = t[:"2022-12"].sum() / c[:"2022-12"].sum()
    first = t["2023-01":"2023-03"].sum() / c["2023-01":"2023-03"].sum()
    assert got.loc[0, "ratio"] == pytest.approx(first / before)
    assert list(got.index) == list(range(-12, 4)) and got["before"].sum() == 12
    drifting = frame.astype(float)
    drifting[["u0", "u1"]] = (
        drifting[["u0", "u1"]].mul(np.linspace(1, 3, 48), axis=0)
    ).round()
    assert event_study(drifting, ["u0", "u1"], START).pretrend_p < 0.001
    assert event_study(frame, ["u0", "u1"], START).pretrend_p > 0.05


def test_guards_speak():
    frame = panel()
    with pytest.raises(Invalid, match="Did you mean 'u1'"):
        did(frame, "u1x", START)
    with pytest.raises(NotEnough, match="Not enough periods to tell"):
        did(frame, "u1", "2020-05-01")
    with pytest.raises(NotEnough, match="at least 2 donors"):
        fit_synthetic_control(frame[["u0", "u1"]], "u0", START)
    with pytest.raises(NotEnough, match="to match"):
        match_units(frame, ["u0"], START, ratio=12)
    assert synthetic.simplex_weights([[1.0, 1.0]], [5.0]).sum() == 1


@pytest.mark.parametrize("shock", [0.0, 0.5])
def test_the_interval_is_that_of_the_larger_error_and_the_rows_are_counted(shock):
    frame = panel(effect=0.7, shock=shock)
    got = did(frame, ["u0", "u1"], START, confidence=0.9)
    reach = 1.6448536 * max(got.se, got.cluster_se)
    found = np.log([got.lower, got.ratio, got.upper])
    assert found == pytest.approx(
        np.log(got.ratio) + np.array([-reach, 0, reach]), rel=1e-6
    )
    assert (got.treated, got.control, got.pre, got.post) == (2, 10, 36, 12)
    assert got.frame.columns.tolist() == [
        "time",
        "treated",
        "control",
        "counterfactual",
        "after",
    ]
    assert got.frame["after"].tolist() == [False] * 36 + [True] * 12
    early = got.frame[
        :36
    ]  # the model gives each month its own total, and each area its own level
    assert early["counterfactual"].sum() == pytest.approx(early["treated"].sum())
    share = early["treated"].sum() / early["control"].sum()
    total = early["treated"] + early["control"]
    assert early["counterfactual"].to_numpy() == pytest.approx(
        total * share / (1 + share)
    )
    late = got.frame[36:]
    total = (late["treated"] + late["control"]) / (1 + share * got.ratio)
    assert late["counterfactual"].to_numpy() == pytest.approx(total * share)


def test_the_error_of_a_change_counts_good_and_bad_spells_of_the_whole_area():
    """Each month moves all treated areas together, which no single cell shows."""
    frame = panel()
    spells = np.tile([3, 1], 24)
    frame[["u0", "u1"]] = frame[["u0", "u1"]].mul(spells, axis=0)
    got = did(frame, ["u0", "u1"], START)
    t, c = frame[["u0", "u1"]].sum(axis=1), frame.drop(columns=["u0", "u1"]).sum(axis=1)
    chi2 = 0
    for rows in (frame.index < START, frame.index >= START):
        share = t[rows].sum() / (t + c)[rows].sum()
        expected = (t + c)[rows] * share
        chi2 += ((t[rows] - expected) ** 2 / (expected * (1 - share))).sum()
    assert got.dispersion == pytest.approx(chi2 / 46)
    plain = rirr((t[:36].sum(), t[36:].sum()), (c[:36].sum(), c[36:].sum()))
    assert got.se == pytest.approx(plain.se * np.sqrt(chi2 / 46))


@pytest.mark.parametrize("spells", [1, 3])
def test_each_bin_of_the_drift_has_limits_by_hand(spells):
    """Second route: the drift by weighted least squares of the bins before the start."""
    import statsmodels.api as sm
    from scipy.stats import norm

    frame = panel()
    frame[["u0", "u1"]] = frame[["u0", "u1"]].mul(np.tile([spells, 1], 24), axis=0)
    got = event_study(frame, ["u0", "u1"], START, confidence=0.9)
    t, c = frame[["u0", "u1"]].sum(axis=1), frame.drop(columns=["u0", "u1"]).sum(axis=1)
    bins = np.arange(48) // 3 - 12
    t3, c3 = t.groupby(bins).sum(), c.groupby(bins).sum()
    expected = (t + c) * (t3 / (t3 + c3)).loc[bins].to_numpy()
    rest = 1 - (t3 / (t3 + c3)).loc[bins].to_numpy()
    spread = max(((t - expected) ** 2 / (expected * rest)).sum() / 32, 1)
    assert got.dispersion == pytest.approx(spread) and (spread > 1) == (spells > 1)
    t0, c0 = t[:36].sum(), c[:36].sum()
    one, base = 1 / t3 + 1 / c3, 1 / t0 + 1 / c0
    log = np.log(t3 / c3) - np.log(t0 / c0)
    reach = 1.6448536 * np.sqrt(spread * (one + np.where(bins[::3] < 0, -base, base)))
    for column, values in (
        ("ratio", log),
        ("lower", log - reach),
        ("upper", log + reach),
    ):
        assert got.frame[column].to_numpy() == pytest.approx(np.exp(values), rel=1e-6)
    assert got.frame["start"].tolist() == frame.index[::3].tolist()
    assert got.frame["end"].tolist() == frame.index[2::3].tolist()
    weights = 1 / (spread * one[:12])
    fit = sm.WLS(log[:12], sm.add_constant(np.arange(12)), weights=weights).fit()
    z = fit.params.iloc[1] / np.sqrt(fit.normalized_cov_params.iloc[1, 1])
    assert got.pretrend_p == pytest.approx(2 * norm.sf(abs(z)))


def test_a_drift_needs_three_bins_and_every_bin_an_event():
    frame = panel()
    few = event_study(frame["2022-07":], "u0", START, minimum=(6, 1))
    assert np.isnan(few.pretrend_p)
    three = event_study(frame["2022-04":], "u0", START, minimum=(6, 1))
    assert 0 < three.pretrend_p < 1
    frame.loc["2022-01":"2022-03", "u0"] = 0
    with pytest.raises(NotEnough) as caught:
        event_study(frame, "u0", START)
    assert str(caught.value) == (
        "A bin of the event-time plot has no events; use a larger width."
    )
    assert len(event_study(frame, "u0", START, width=6).frame) == 8


def test_an_area_and_a_month_without_events_change_nothing():
    frame = panel()
    plain = did(frame, ["u0", "u1"], START)
    empty = did(frame.assign(empty=0), ["u0", "u1"], START)
    assert empty[:7] == pytest.approx(plain[:7]) and empty.control == plain.control + 1
    frame.iloc[5] = 0
    dark, without = (
        did(frame, "u0", START),
        did(frame.drop(index=frame.index[5]), "u0", START),
    )
    assert (dark.ratio, dark.cluster_se) == pytest.approx(
        (without.ratio, without.cluster_se)
    )


def test_pairs_at_once_have_the_drift_of_each_alone():
    rng = np.random.default_rng(8)
    months = pd.date_range("2020-01-01", periods=48, freq="MS")
    area, rest = rng.poisson(9.0, (5, 48)), rng.poisson(300.0, (5, 48))
    area[3, 6:9] = 0  # a quarter without events
    bins = difference_in_differences.event_bins(months, pd.Timestamp("2023-01"), 3)
    found = difference_in_differences.pretrend_p_values(area, rest, bins)
    assert np.isnan(found).tolist() == [False, False, False, True, False]
    for k in (0, 1, 2, 4):
        pair = pd.DataFrame({"area": area[k], "rest": rest[k]}, months)
        assert found[k] == event_study(pair, "area", "2023-01").pretrend_p


@pytest.mark.filterwarnings("error")
def test_a_quarter_without_any_event_is_refused_in_silence():
    months = pd.date_range("2020-01-01", periods=48, freq="MS")
    empty = pd.DataFrame({"area": 5, "rest": 50}, months)
    empty.loc["2021-01":"2021-03"] = 0
    with pytest.raises(NotEnough, match="no events; use a larger width"):
        event_study(empty, "area", "2023-01")
