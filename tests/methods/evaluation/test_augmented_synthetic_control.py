"""The augmented synthetic control: Proposition 99 by another package, and by its definition."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.augmented_synthetic_control import (
    fit_augmented_synthetic_control,
)
from outcomes.methods.evaluation.synthetic_control import fit_synthetic_control

FILE = Path(__file__).with_name("proposition_99.csv")


@pytest.fixture(scope="module")
def packs():
    return pd.read_csv(FILE, index_col="Year")


@pytest.mark.parametrize(
    ("penalty", "effect"), [(1, -12.4074), (100, -14.3434), (10_000, -18.2710)]
)
def test_proposition_99_by_another_package(packs, penalty, effect):
    """augsynth-py 0.6.0, itself held to the authors' R package, without unit effects."""
    got = fit_augmented_synthetic_control(packs, "California", 1989, penalty=penalty)
    assert got.effect == pytest.approx(effect, abs=2e-4)


def test_it_is_the_estimate_less_the_bias_that_a_ridge_regression_expects(packs):
    """Second route: equation 4 of the paper, a regression for each year after the start."""
    got = fit_augmented_synthetic_control(packs, "California", 1989, penalty=500)
    early, late = packs[packs.index < 1989], packs[packs.index >= 1989]
    others = packs.columns.drop("California")
    mix = fit_synthetic_control(packs, "California", 1989)
    weights = mix.weights.reindex(others).fillna(0)
    x = early[others].sub(early[others].mean(axis=1), axis=0).T
    target = early["California"] - early[others].mean(axis=1)
    effects = []
    for year in late.index:
        y = late.loc[year, others] - late.loc[year, others].mean()
        slope = np.linalg.solve(x.T @ x + 500 * np.eye(len(early)), x.T @ y)
        bias = (target - x.T @ weights) @ slope
        expected = late.loc[year, others] @ weights + bias
        effects.append(late.loc[year, "California"] - expected)
    assert got.effect == pytest.approx(np.mean(effects), abs=1e-4)
    assert got.plain == pytest.approx(mix.effect)


def test_a_large_penalty_leaves_the_synthetic_control_and_a_small_one_fits(packs):
    large = fit_augmented_synthetic_control(packs, "California", 1989, penalty=1e12)
    assert large.effect == pytest.approx(large.plain, abs=1e-4)
    small = fit_augmented_synthetic_control(packs, "California", 1989, penalty=1e-3)
    assert small.misfit < 1e-3 < small.plain_misfit
    found = fit_augmented_synthetic_control(packs, "California", 1989)
    assert small.penalty < found.penalty < large.penalty
    assert found.misfit < found.plain_misfit
    assert found.weights.sum() == pytest.approx(1) and found.weights.min() < 0
    gap = found.frame["treated"] - found.frame["synthetic"]
    assert gap[found.frame["after"]].mean() == pytest.approx(found.effect)
    assert found.clause == "number 3 of 39 by size (p = 0.077)"


def test_a_misfit_that_no_mix_can_help_is_taken_off():
    """A unit above all others: the plain mix calls its level an effect, this one does not."""
    rng = np.random.default_rng(3)
    walks = rng.normal(0, 1, (40, 15)).cumsum(axis=0)
    panel = pd.DataFrame(100 + walks + rng.normal(0, 0.2, (40, 15)))
    panel[0] = 20 + 0.5 * (panel[1] + panel[2]) + 0.2 * panel[3]
    found = fit_augmented_synthetic_control(panel, 0, 30)
    assert abs(found.effect) < 0.3 * abs(found.plain)


def test_what_cannot_be_augmented_is_refused(packs):
    with pytest.raises(Invalid, match="penalty"):
        fit_augmented_synthetic_control(packs, "California", 1989, penalty=0)
    with pytest.raises(NotEnough, match="3 other units"):
        fit_augmented_synthetic_control(packs.iloc[:, :3], "Alabama", 1989)
    with pytest.raises(NotEnough, match="periods"):
        fit_augmented_synthetic_control(packs, "California", 1972)
