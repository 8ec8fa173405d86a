"""The placebo interval is the inversion of the randomisation test, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.placebos import placebo_interval

ratios = st.lists(st.floats(0.2, 5), min_size=19, max_size=120)


@settings(deadline=None)
@given(st.floats(0.2, 5), ratios)
def test_it_leaves_out_one_exactly_when_the_test_rejects(ratio, placebo):
    got = placebo_interval(ratio, placebo)
    logs, own = np.abs(np.log(placebo)), abs(np.log(ratio))
    # Ties to the last digit are decided by rounding, in either route: leave them out.
    if np.abs(logs - own).min() > 1e-9:
        p = (1 + (logs >= own).sum()) / (len(logs) + 1)
        assert (not got.lower <= 1 <= got.upper) == (p <= 0.05 + 1e-12)
    assert got.lower <= got.estimate <= got.upper


def test_by_hand():
    """Of 39 placebos 0.01 to 0.39 from 0 in the log, the 38th is the last but one."""
    placebo = np.exp(np.arange(1, 40) / 100 * np.tile([1, -1], 20)[:39])
    got = placebo_interval(0.5, placebo)
    assert got.lower == pytest.approx(0.5 * np.exp(-0.38))
    assert got.upper == pytest.approx(0.5 * np.exp(0.38))


def test_too_few_placebos_and_impossible_ratios_are_refused():
    with pytest.raises(NotEnough, match="18 placebo ratios"):
        placebo_interval(0.5, [1.1] * 18)
    with pytest.raises(Invalid):
        placebo_interval(0, [1.1] * 40)
