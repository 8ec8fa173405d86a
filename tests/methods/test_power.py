"""The smallest change that would have been seen: by its definition, and at its edges."""

import numpy as np
import pytest

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods import power
from outcomes.methods.evaluation.placebos import placebo_interval


def test_minimum_detectable_by_its_own_definition():
    """A true change of that size passes the two-sided 5 % test four times in five."""
    from scipy.stats import norm

    got = power.minimum_detectable(se=0.1)
    assert norm.cdf(-norm.ppf(0.975) - np.log(got.fall) / 0.1) == pytest.approx(0.8)
    assert got.fall * got.rise == pytest.approx(1)
    ratios = np.exp(0.1 * np.array([-1, 1] * 20))
    assert power.minimum_detectable(placebo=ratios).fall == pytest.approx(got.fall)
    logs = (
        np.arange(-60, 39) / 100
    )  # 99: the 95th size is 0.56, the 80th from below 0.19
    skew = power.minimum_detectable(placebo=np.exp(logs))
    assert np.log([skew.fall, skew.rise]) == pytest.approx([-0.56 - 0.19, 0.56 + 0.41])
    with pytest.raises(NotEnough):
        power.minimum_detectable(placebo=[1.1, 0.9])
    with pytest.raises(Invalid):
        power.minimum_detectable()


def test_the_spread_of_98_placebos_stands_for_their_error_and_99_speak_for_themselves():
    logs = np.linspace(-0.2, 0.1, 98)
    got = power.minimum_detectable(placebo=np.exp(logs), power=0.9, confidence=0.9)
    reach = (1.281552 + 1.644854) * np.sqrt((logs**2).mean())
    assert np.log([got.fall, got.rise]) == pytest.approx([-reach, reach], rel=1e-6)
    assert (got.power, power.minimum_detectable(se=1).power) == (0.9, 0.8)
    many = np.arange(-60, 39) / 1000
    got = power.minimum_detectable(placebo=np.exp(many), confidence=0.9)
    assert np.log([got.fall, got.rise]) == pytest.approx(
        [-0.051 - 0.019, 0.051 + 0.041]
    )
    assert power.minimum_detectable(placebo=[1.1] * 19).rise > 1.1
    # So little is asked of it that placebos pass the limit without any change.
    assert power.minimum_detectable(placebo=np.exp(many), power=0.01).fall == 1
    assert power.minimum_detectable(placebo=np.exp(-many), power=0.01).rise == 1


def test_infinite_placebos_count_as_the_most_extreme():
    few, plain = (
        [1.1, 0.9] * 60,
        power.minimum_detectable(placebo=[1.1, 0.9] * 60),
    )
    logs = [np.exp(x) for x in np.linspace(-0.3, 0.3, 120)]
    with_zero = power.minimum_detectable(placebo=[*logs, 0, 0, 0])
    without = power.minimum_detectable(placebo=logs)
    assert with_zero.fall < without.fall and with_zero.rise > without.rise
    assert (
        power.minimum_detectable(placebo=[*few, np.nan]) == plain
    )  # nothing known is not extreme
    assert (
        placebo_interval(0.9, [*logs, 0, 0, 0]).upper
        > placebo_interval(0.9, logs).upper
    )


def test_what_would_show_needs_an_error_or_enough_placebos():
    with pytest.raises(Invalid) as said:
        power.minimum_detectable(se=1, placebo=[1] * 20)
    assert str(said.value) == "Give either se or the placebo ratios."
    with pytest.raises(NotEnough) as said:
        power.minimum_detectable(placebo=[1.1] * 18 + [np.nan])
    assert str(said.value) == "There are 18 placebo ratios; at least 19 are needed."
