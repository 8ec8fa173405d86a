"""Difference in differences, randomisation, synthetic control and matching by second routes."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation import difference_in_differences, matching
from outcomes.methods.evaluation import synthetic_control as synthetic
from outcomes.methods.evaluation.difference_in_differences import did, event_study
from outcomes.methods.evaluation.displacement import rirr
from outcomes.methods.evaluation.matching import contiguous_clusters, match_units
from outcomes.methods.evaluation.placebos import randomisation
from outcomes.methods.evaluation.synthetic_control import (
    fit_synthetic_control,
    simplex_weights,
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


def test_randomisation_over_all_pairs_by_enumeration():
    frame = panel(effect=0.6)
    sets = [list(p) for p in combinations([f"u{k}" for k in range(2, 12)], 2)]
    got = randomisation(frame, ["u0", "u1"], START, sets)
    own = np.log(did(frame, ["u0", "u1"], START).ratio)
    others = frame.drop(columns=["u0", "u1"])
    logs = [np.log(did(others, s, START).ratio) for s in sets]
    assert got.sets == 45 and got.placebo["log"].tolist() == pytest.approx(logs)
    assert got.p == (1 + sum(abs(v) >= abs(own) for v in logs)) / 46
    with pytest.raises(NotEnough, match="at least 19"):
        randomisation(frame, ["u0"], START, sets[:5])


def test_weights_by_grid_search_over_three_donors():
    rng = np.random.default_rng(7)
    x = rng.gamma(5, 10, (12, 3))
    y = x @ [0.55, 0.0, 0.45] + rng.normal(0, 2, 12)
    w = simplex_weights(x, y)
    grid = (
        np.array([(a, b, 1000 - a - b) for a in range(1001) for b in range(1001 - a)])
        / 1000
    )
    loss = ((grid @ x.T - y) ** 2).sum(1)
    assert ((x @ w - y) ** 2).sum() <= loss.min() + 1e-12
    assert np.abs(w - grid[loss.argmin()]).max() <= 0.001


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(2, 40), st.floats(0, 3))
def test_weights_are_optimal_on_any_panel(seed, times, donors, stretch):
    """Second route: no move of weight between two donors, and no random mix, fits better."""
    rng = np.random.default_rng(seed)
    x = rng.poisson(rng.gamma(2, 20, donors), (times, donors)).astype(float)
    x[:, 0] = x[:, -1]  # twins must not upset it
    y = x.mean(1) * stretch + rng.normal(0, 1, times)
    w = simplex_weights(x, y)
    best = ((x @ w - y) ** 2).sum()
    assert w.min() >= 0 and w.sum() == pytest.approx(1)
    mixes = rng.dirichlet(np.full(donors, 0.3), 200)
    toward = 0.999 * w + 0.001 * np.vstack([mixes, np.eye(donors)])
    for m in (mixes, toward):
        assert best <= ((m @ x.T - y) ** 2).sum(1).min() * (1 + 1e-9) + 1e-9


def rates(effect=1.0, seed=3):
    rng = np.random.default_rng(seed)
    time = pd.period_range("2012Q2", periods=55, freq="Q")
    factors = rng.normal(0, 1, (55, 2)).cumsum(0)
    loads = rng.uniform(0.5, 1.5, (2, 15))
    values = 100 + 3 * factors @ loads + rng.normal(0, 1, (55, 15))
    frame = pd.DataFrame(
        values, index=time, columns=[f"force-{k:02d}" for k in range(15)]
    )
    frame["lancashire"] = frame.iloc[:, :3].mean(axis=1) + rng.normal(0, 1, 55)
    frame.loc[frame.index >= "2022Q4", "lancashire"] *= effect
    return frame


def test_synthetic_control_finds_an_effect_put_in_and_none_where_none_is():
    got = fit_synthetic_control(rates(0.8), "lancashire", "2022Q4")
    assert got.ratio == pytest.approx(0.8, abs=0.02)
    assert got.p == 1 / (got.placebo["kept"].sum() + 1) and got.rank == 1
    assert (got.leave_one_out["ratio"] < 0.9).all()
    assert set(got.leave_one_out["dropped"]) == set(got.weights.index)
    nothing = fit_synthetic_control(rates(), "lancashire", "2022Q4")
    assert nothing.ratio == pytest.approx(1, abs=0.02) and nothing.p > 0.05
    assert "close" in nothing.note


def test_synthetic_control_gap_is_actual_less_the_weighted_donors():
    frame = rates(0.8)
    got = fit_synthetic_control(frame, "lancashire", "2022Q4")
    mix = frame[got.weights.index] @ got.weights
    assert got.frame["synthetic"].to_numpy() == pytest.approx(mix.to_numpy(), rel=1e-5)
    late = frame.index >= "2022Q4"
    assert got.effect == pytest.approx(
        (frame["lancashire"] - mix)[late].mean(), rel=1e-4
    )


def places(n=60):
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "longitude": rng.uniform(-3.1, -2.2, n),
            "latitude": rng.uniform(53.5, 54.1, n),
        },
        index=[f"u{k}" for k in range(n)],
    )


def test_matching_takes_the_nearest_and_shows_the_balance():
    frame = panel(units=60, treated=("u0",))
    score = pd.DataFrame({"imd": np.linspace(0, 50, 60)}, index=frame.columns)
    got = match_units(frame, ["u0", "u1"], START, covariates=score, ratio=4)
    assert len(got.units) == len(set(got.units)) == 8 and not {"u0", "u1"} & set(
        got.units
    )
    after, before = got.balance["smd_after"].abs(), got.balance["smd_before"].abs()
    assert after.mean() < before.mean() and set(got.balance["feature"]) == {
        "level",
        "trend",
        "imd",
    }


def test_one_treated_unit_gets_its_true_nearest_neighbours():
    """Second route: rank all units by distance in standard deviations."""
    frame = panel(units=40)
    got = match_units(frame, ["u0"], START, ratio=5)
    early = frame[frame.index < START]
    level = np.log((early.sum() + 0.5) / 36)
    trend = np.log(early[18:].sum() + 0.5) - np.log(early[:18].sum() + 0.5)
    f = pd.DataFrame({"level": level, "trend": trend})
    far = (((f - f.loc["u0"]) / f.std(ddof=1)) ** 2).sum(axis=1).drop("u0")
    assert got.pairs["match"].tolist() == far.nsmallest(5).index.tolist()


def test_matching_looks_only_at_the_time_before():
    frame = panel(units=40)
    late = frame.copy()
    late.loc[late.index >= START, "u5"] *= 9
    assert match_units(frame, ["u0"], START).units == (
        match_units(late, ["u0"], START).units
    )


def test_clusters_are_each_place_with_its_nearest():
    where = places()
    sets = contiguous_clusters(where, 6)
    assert all(len(s) == len(set(s)) == 6 for s in sets)
    assert len({tuple(s) for s in sets}) == len(sets)
    far = matching.distances(where, where)
    assert sets[0] == sorted(where.index[np.argsort(far[0])][:6])
    assert len(contiguous_clusters(where, 6, limit=10)) == 10
    with pytest.raises(NotEnough):
        contiguous_clusters(where, 60)


def test_distances_and_rings_in_kilometres():
    """Preston to Fleetwood is 27 km by any map; a degree of latitude is 111.2 km."""
    spots = pd.DataFrame(
        {"longitude": [-2.703, -3.015, -2.703], "latitude": [53.763, 53.922, 54.763]},
        index=["preston", "fleetwood", "north"],
    )
    far = matching.distances(spots, spots)
    assert far[0, 1] == pytest.approx(27.1, abs=0.5) and far[0, 2] == pytest.approx(
        111.19, abs=0.02
    )
    assert matching.ring(spots, ["preston"], km=30) == ["fleetwood"]


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


def test_distance_is_in_kilometres():
    tower = pd.DataFrame({"longitude": [-3.0553], "latitude": [53.8160]})  # Blackpool
    minster = pd.DataFrame({"longitude": [-2.6963], "latitude": [53.7586]})  # Preston
    apart = matching.distances(tower, minster)
    assert apart.shape == (1, 1)
    flat = np.hypot(
        (3.0553 - 2.6963) * 111.32 * np.cos(np.radians(53.787)), 0.0574 * 111.2
    )
    assert apart[0, 0] == pytest.approx(flat, rel=2e-3)


@pytest.mark.parametrize("lost", [None, "g5"])
def test_a_group_is_ranked_among_all_that_have_events(lost):
    frame = panel(units=78, effect=0.5, treated=[f"u{k}" for k in range(6)])
    groups = {f"g{k}": [f"u{n}" for n in range(6 * k, 6 * k + 6)] for k in range(13)}
    if lost:
        frame[groups[lost]] = 0
    got = difference_in_differences.rank_among_groups(
        frame, groups, "g0", START, minimum=(24, 12)
    )
    n = 13 - bool(lost)
    assert (got.rank, got.from_lowest, got.groups) == (1, 1, n)
    assert got.p == 1 / n and got.clause == f"number 1 of {n} by size of change"
    assert got.left_out == [lost] * bool(lost)
    rest = frame[[u for units in groups.values() for u in units]]
    assert got.change == pytest.approx(did(rest, groups["g0"], START).ratio - 1)
    if lost:
        with pytest.raises(NotEnough):
            difference_in_differences.rank_among_groups(frame, groups, lost, START)


def test_a_mix_of_few_events_is_no_estimate():
    """15 robberies to be expected tell nothing, whatever the rank of their gap."""
    frame = panel(units=30) / 60
    with pytest.raises(NotEnough, match="Too few events to tell"):
        synthetic.fit_synthetic_control_to_counts(frame, "u0", START)
    with pytest.raises(NotEnough, match="Not enough months to tell"):
        synthetic.fit_synthetic_control_to_counts(panel()[-30:], "u0", START)
    nothing = panel().assign(u0=0)
    with pytest.raises(NotEnough, match="no events before the start"):
        synthetic.fit_synthetic_control_to_counts(nothing, "u0", START)


def test_a_mix_of_counts_is_that_of_counts_relative_to_their_mean_before():
    frame = panel(effect=0.5)
    got = synthetic.fit_synthetic_control_to_counts(frame, "u0", START)
    early = frame[frame.index < START].mean()
    plain = fit_synthetic_control(frame / early, "u0", START)
    assert got.ratio == plain.ratio and got.ranked == len(got.gaps.columns) + 1
    assert got.clause.startswith(f"it ranks {got.rank} of {got.ranked} (p = ")
    assert "where the least that 12 can give is 0.08" in got.clause or got.ranked != 12


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
