"""One force against a mix of others: a known difference is found, and a bad fit is admitted."""

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.synthetic_control import (
    fit_synthetic_control,
    judge_synthetic_control,
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
        said.clause == "no clear change" and "would usually have shown" in said.detail
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
