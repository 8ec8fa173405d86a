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
