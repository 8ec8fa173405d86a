"""One force against a mix of others: a known difference is found, and a bad fit is admitted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import small_panels
from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation import synthetic_control
from outcomes.methods.evaluation.synthetic_control import (
    fit_synthetic_control,
    judge_synthetic_control,
    simplex_weights,
)

QUARTERS = pd.date_range("2013-01-01", periods=52, freq="QS")
START = "2022-10-01"
FORCES = [f"force-{i}" for i in range(24)]


def rates(ratio):
    """Forces with noise of their own; force-0 is the mean of two others, then ``ratio`` of it."""
    rng = np.random.default_rng(7)
    rows = (
        50
        + rng.normal(0, 4, (52, 24)).cumsum(axis=0) * 0.3
        + rng.normal(0, 1, (52, 24))
    )
    rows[:, 0] = (rows[:, 3] + rows[:, 5]) / 2 + rng.normal(0, 1.2, 52)
    rows[QUARTERS >= START, 0] *= ratio
    return pd.DataFrame(rows, index=QUARTERS, columns=FORCES)


def judged(found, **more):
    look = {"noun": "recorded things", "area": "Force 0", "direction": "more"}
    return judge_synthetic_control(found, **look | more)


def test_a_halving_is_measured_and_ranked_first():
    found = fit_synthetic_control(rates(0.5), "force-0", START)
    assert 100 * (found.ratio - 1) == pytest.approx(-50, abs=2)
    assert found.rank == 1
    said = judged(found)
    assert said.kind == "harm" and "the opposite of its aim" in said.sentence
    assert "more than chance would explain" in said.detail
    assert judged(found, direction="fewer").kind == "effect"
    assert judged(found, p=0.03, family_size=2).kind == "doubtful"


def test_no_change_is_not_called_one():
    found = fit_synthetic_control(rates(1.0), "force-0", START)
    assert abs(found.ratio - 1) < 0.02
    said = judged(found)
    assert (
        said.clause == "no clear change"
        and "places without the programme" in said.detail
    )


def test_too_few_quarters_have_no_estimate():
    with pytest.raises(NotEnough, match="periods"):
        fit_synthetic_control(rates(1.0).iloc[-15:], "force-0", START)


def test_without_a_force_to_rank_it_among_the_check_fails():
    exact = rates(1.0)
    exact.loc[exact.index < START, "force-0"] = exact["force-3"]
    said = judged(fit_synthetic_control(exact, "force-0", START))
    assert said.kind == "unsound"
    assert "forces to rank it among" in said.detail


def test_a_mix_that_does_not_fit_fails_its_check():
    poor = rates(1.0)
    poor["force-0"] = np.random.default_rng(1).uniform(20, 80, 52)
    said = judged(fit_synthetic_control(poor, "force-0", START))
    assert "the mix did not fit before the start" in said.sentence


def test_few_forces_are_said_to_be_few_that_fit_and_not_to_overlap():
    few = rates(1.0)[FORCES[:13]]
    found = fit_synthetic_control(few, "force-0", START)
    said = judged(found)
    assert said.kind == "untestable"
    forces = f"nly {found.ranked - 1} other forces fit well enough to rank it among"
    assert forces in said.detail and said.because == f"o{forces}"
    assert "overlap" not in said.detail


def test_a_direction_that_is_none_is_refused():
    with pytest.raises(Invalid, match="direction"):
        judged(fit_synthetic_control(rates(1.0), "force-0", START), direction="less")


MIXED = pd.DataFrame(
    {
        "here": [5.0, 7] * 4 + [12, 12, 9, 9],
        "a": [4.0, 8] * 6,
        "b": [6.0, 6] * 6,
        "c": [9.0] * 12,
    }
)


def test_a_mix_of_two_areas_by_hand():
    """Half of ``a`` and half of ``b`` is the treated area before; after, it is 6 more or 3."""
    got = fit_synthetic_control(MIXED, "here", 8)
    assert got.weights.to_dict() == pytest.approx({"a": 0.5, "b": 0.5})
    assert got.frame["synthetic"].tolist() == pytest.approx([5, 7] * 6)
    assert got.frame["gap"].tolist() == pytest.approx([0] * 8 + [7, 5, 4, 2])
    assert got.frame["after"].tolist() == [False] * 8 + [True] * 4
    assert (got.ratio, got.effect) == pytest.approx((42 / 24, 4.5))
    assert got.fit == pytest.approx(0, abs=1e-9)
    assert got.leave_one_out.columns.tolist() == ["dropped", "ratio", "effect", "fit"]
    left = got.leave_one_out.set_index("dropped")
    assert (
        left.loc["a", "ratio"] == pytest.approx(42 / 24) and left.loc["a", "fit"] > 0.1
    )


@pytest.mark.parametrize(
    ("noise", "quality"),
    [
        (0.3, "close (gaps of 5.0%"),
        (0.6, "fair (gaps of 10.0%"),
        (0.61, "poor (gaps of 10.2%"),
    ],
)
def test_the_fit_is_told_in_words_with_how_many_areas_are_ranked(noise, quality):
    """``here`` is 6 give or take ``noise``, where all the others are 6."""
    frame = pd.DataFrame(6.0, range(12), list("abc"))
    frame["a"] += np.tile([5, -5], 6)
    frame["here"] = 6 + noise * np.tile([1, 1, -1, -1], 3)
    frame.loc[8:, "b"] = 6.5
    got = fit_synthetic_control(frame, "here", 8)
    assert got.note == (
        f"The fit before the start is {quality} of the level); 2 of 3 placebo areas fit no worse "
        "than 5 times as badly and are ranked."
    )
    assert got.placebo["kept"].tolist() == [False, True, True]
    assert got.placebo.columns.tolist() == [
        "unit",
        "ratio",
        "effect",
        "fit",
        "mspe_ratio",
        "kept",
    ]
    assert got.gaps.columns.tolist() == ["b", "c"] and (got.gaps[:8].abs() < 1e-6).all(
        axis=None
    )


@pytest.mark.parametrize(
    ("moved", "ratio", "kept"),
    [(1, np.inf, [False, True, True]), (0, np.nan, [False] * 3)],
)
def test_an_area_that_fits_without_a_gap_has_no_rank(moved, ratio, kept):
    """``here`` is ``a`` before the start and ``b`` is ``c``: four areas without any gap."""
    frame = pd.DataFrame(
        {"here": [5.0, 7] * 6, "a": [5.0, 7] * 6, "b": [9.0] * 12, "c": [9.0] * 12}
    )
    frame.loc[8:, ["here", "b"]] += moved
    got = fit_synthetic_control(frame, "here", 8)
    assert got.mspe_ratio == pytest.approx(ratio, nan_ok=True)
    assert got.rank == 0 and np.isnan(got.p) and got.note.endswith("so it has no rank.")
    assert got.placebo["kept"].tolist() == kept


def test_without_an_area_that_fits_as_well_there_is_no_rank():
    frame = MIXED.drop(columns="c")
    got = fit_synthetic_control(frame, "here", 8)
    assert np.isnan(got.p) and "0 of 2 placebo areas" in got.note


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


@settings(deadline=None)
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


def force_rates(effect=1.0, seed=3):
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
    got = fit_synthetic_control(force_rates(0.8), "lancashire", "2022Q4")
    assert got.ratio == pytest.approx(0.8, abs=0.02)
    assert got.p == 1 / (got.placebo["kept"].sum() + 1) and got.rank == 1
    assert (got.leave_one_out["ratio"] < 0.9).all()
    assert set(got.leave_one_out["dropped"]) == set(got.weights.index)
    nothing = fit_synthetic_control(force_rates(), "lancashire", "2022Q4")
    assert nothing.ratio == pytest.approx(1, abs=0.02) and nothing.p > 0.05
    assert "close" in nothing.note


def test_synthetic_control_gap_is_actual_less_the_weighted_donors():
    frame = force_rates(0.8)
    got = fit_synthetic_control(frame, "lancashire", "2022Q4")
    mix = frame[got.weights.index] @ got.weights
    assert got.frame["synthetic"].to_numpy() == pytest.approx(mix.to_numpy(), rel=1e-5)
    late = frame.index >= "2022Q4"
    assert got.effect == pytest.approx(
        (frame["lancashire"] - mix)[late].mean(), rel=1e-4
    )


def test_a_mix_of_few_events_is_no_estimate():
    """15 robberies to be expected tell nothing, whatever the rank of their gap."""
    frame = small_panels.panel(units=30) / 60
    with pytest.raises(NotEnough, match="Too few events to tell"):
        synthetic_control.fit_synthetic_control_to_counts(
            frame, "u0", small_panels.START
        )
    with pytest.raises(NotEnough, match="Not enough months to tell"):
        synthetic_control.fit_synthetic_control_to_counts(
            small_panels.panel()[-30:], "u0", small_panels.START
        )
    nothing = small_panels.panel().assign(u0=0)
    with pytest.raises(NotEnough, match="no events before the start"):
        synthetic_control.fit_synthetic_control_to_counts(
            nothing, "u0", small_panels.START
        )


def test_a_mix_of_counts_is_that_of_counts_relative_to_their_mean_before():
    frame = small_panels.panel(effect=0.5)
    got = synthetic_control.fit_synthetic_control_to_counts(
        frame, "u0", small_panels.START
    )
    early = frame[frame.index < small_panels.START].mean()
    plain = fit_synthetic_control(frame / early, "u0", small_panels.START)
    assert got.ratio == plain.ratio and got.ranked == len(got.gaps.columns) + 1
    assert got.clause.startswith(f"it ranks {got.rank} of {got.ranked} (p = ")
    assert "where the least that 12 can give is 0.08" in got.clause or got.ranked != 12
