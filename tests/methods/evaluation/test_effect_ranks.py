"""The additive placebo test: by hand, and what has no rank."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from outcomes.core.errors import NotEnough
from outcomes.methods.evaluation.effect_ranks import rank_effect
from outcomes.methods.evaluation.synthetic_control import fit_synthetic_control


def test_a_rank_by_size_counts_itself_and_ties_against_it():
    got = rank_effect(-3.0, [1, -3, 2, np.nan])
    assert (got.rank, got.ranked, got.p) == (2, 4, 0.5)
    assert got.se == pytest.approx(np.std([1, -3, 2]))
    assert got.clause == "number 2 of 4 by size (p = 0.50)"


def test_an_interval_allows_for_the_few_effects_that_its_spread_rests_on():
    """Second route: scipy's interval of Student's t; 38 effects widen the normal one by 5%."""
    effects = np.random.default_rng(3).normal(size=38)
    got = rank_effect(2.0, effects)
    spread = effects.std(ddof=1)
    by_scipy = t.interval(0.9, df=37, loc=2.0, scale=spread)
    assert got.interval(confidence=0.9)[1:] == pytest.approx(by_scipy)
    wide = got.interval().upper - 2.0
    assert wide / (1.959964 * got.se) == pytest.approx(1.0475, abs=1e-3)


@pytest.mark.parametrize(
    ("effect", "placebo"), [(1.0, [2.0]), (np.nan, [1.0, 2.0]), (1.0, [np.nan] * 9)]
)
def test_an_effect_without_others_has_no_rank(effect, placebo):
    with pytest.raises(NotEnough, match="placebo units"):
        rank_effect(effect, placebo)


def test_a_synthetic_control_has_an_additive_test_beside_that_of_its_misfit():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(50, 2, (30, 20)))
    frame.loc[20:, 0] -= 8
    found = fit_synthetic_control(frame, 0, 20)
    kept = found.placebo.loc[found.placebo["kept"], "effect"]
    assert found.additive.ranked == found.ranked
    assert found.additive.rank == 1 + (kept.abs() >= abs(found.effect)).sum() == 1
