"""Synthetic difference in differences: Proposition 99 as published, and known effects."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.synthetic_did import PLACEBO_SETS, fit_synthetic_did

# Packs of cigarettes a head by state, of Abadie, Diamond & Hainmueller 2010.
FILE = Path(__file__).with_name("proposition_99.csv")


@pytest.fixture(scope="module")
def packs():
    return pd.read_csv(FILE, index_col="Year")


@pytest.fixture(scope="module")
def california(packs):
    return fit_synthetic_did(packs, "California", 1989)


def test_proposition_99_as_published(california):
    """Arkhangelsky et al. 2021, table 1: -15.6, by differences -27.3; weights of their package."""
    assert round(california.effect, 1) == -15.6
    assert round(california.unweighted, 5) == -27.34911
    heaviest = california.units.head(4).round(3)
    assert heaviest.to_dict() == {
        "Nevada": 0.124,
        "New Hampshire": 0.105,
        "Connecticut": 0.078,
        "Delaware": 0.070,
    }
    assert california.times[california.times > 0].round(3).to_dict() == {
        1986: 0.366,
        1987: 0.206,
        1988: 0.427,
    }
    assert (california.placebos.rank, california.placebos.ranked) == (2, 39)


def frank_wolfe(a, b, zeta, least, most, weights):
    """The authors' solver, which stops once a step gains less than ``least`` squared."""
    n, values = len(b), []
    for _ in range(most):
        misfit = a @ weights - b
        slope = misfit @ a + n * zeta**2 * weights
        toward = -weights + (np.arange(len(weights)) == slope.argmin())
        gain = a @ toward
        size = -(slope @ toward) / (gain @ gain + n * zeta**2 * toward @ toward)
        weights = weights + np.clip(size, 0, 1) * toward
        misfit = a @ weights - b
        values.append(zeta**2 * weights @ weights + misfit @ misfit / n)
        if len(values) > 2 and values[-2] - values[-1] <= least**2:
            break
    return weights


def published_weights(a, b, zeta, least, *, intercept=True):
    """Their two rounds: 100 steps, what is small taken out, and on from there."""
    if intercept:
        a, b = a - a.mean(axis=0), b - b.mean()
    first = frank_wolfe(a, b, zeta, least, 100, np.full(a.shape[1], 1 / a.shape[1]))
    sparse = np.where(first <= first.max() / 4, 0, first)
    return frank_wolfe(a, b, zeta, least, 10_000, sparse / sparse.sum())


def published(y, others, before, *, control=False):
    """Their estimate: synthetic difference in differences, or their synthetic control."""
    early, late = others[before], others[~before]
    noise = 5.494401018579512  # sd of first differences of the other states before 1989
    least = 1e-5 * noise
    zeta = 1e-6 * noise if control else len(late) ** 0.25 * noise
    units = published_weights(early, y[before], zeta, least, intercept=not control)
    gap = y - others @ units
    if control:
        return gap[~before].mean()
    times = published_weights(early.T, late.mean(axis=0), 1e-6 * noise, least)
    return gap[~before].mean() - gap[before] @ times


def test_the_published_digits_come_of_a_solver_that_stops_early(packs, california):
    """-15.60383 and, as a synthetic control, -19.61966; solved to the end, -15.60540."""
    others = packs.drop(columns="California").to_numpy()
    y, before = packs["California"].to_numpy(), packs.index.to_numpy() < 1989
    assert np.diff(others[before], axis=0).std(ddof=1) == pytest.approx(
        5.4944010, abs=1e-6
    )
    assert round(published(y, others, before), 5) == -15.60383
    assert round(published(y, others, before, control=True), 3) == -19.620
    assert round(california.effect, 4) == -15.6054


def test_the_published_error_is_within_what_their_200_draws_give(california):
    """Table 1 has 8.4, from 200 draws of the 38 states; all 38 give 9.4."""
    effects = california.placebo["effect"].to_numpy()
    rng = np.random.default_rng(0)
    draws = [effects[rng.integers(0, 38, 200)].std() for _ in range(2000)]
    assert np.quantile(draws, 0.01) < 8.4 < np.quantile(draws, 0.99)
    assert round(california.placebos.se, 1) == 9.4


def test_lines_run_together_before_and_part_by_the_effect(california):
    frame = california.frame
    gap = frame["treated"] - frame["synthetic"]
    assert gap[frame["after"]].mean() == pytest.approx(california.effect)
    before = gap[~frame["after"]].to_numpy()
    assert before @ california.times.to_numpy() == pytest.approx(0, abs=1e-9)
    actual = frame.loc[frame["after"], "treated"].mean()
    assert california.ratio == pytest.approx(actual / (actual - california.effect))


def factors(units=24, times=40, effect=0.0, treated=1, seed=0):
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 1, (times, 2)).cumsum(axis=0)
    panel = (
        50 + common @ rng.uniform(0, 2, (2, units)) + rng.normal(0, 1, (times, units))
    )
    panel[30:, :treated] += effect
    return pd.DataFrame(panel, columns=[f"u{k}" for k in range(units)])


def test_an_effect_put_in_is_found_and_moves_the_estimate_by_itself():
    plain = fit_synthetic_did(factors(), "u0", 30)
    moved = fit_synthetic_did(factors(effect=-6), "u0", 30)
    assert moved.effect - plain.effect == pytest.approx(-6)
    assert abs(plain.effect) < 1.5 and moved.placebos.rank == 1
    assert moved.clause.startswith("number 1 of 24 by size (p = 0.042)")


def test_several_treated_units_have_placebo_sets_as_large():
    found = fit_synthetic_did(factors(effect=-6, treated=3), ["u0", "u1", "u2"], 30)
    assert len(found.placebo) == PLACEBO_SETS
    assert {len(set(members)) for members in found.placebo["units"]} == {3}
    assert found.placebos.rank == 1
    again = fit_synthetic_did(factors(effect=-6, treated=3), ["u0", "u1", "u2"], 30)
    assert again.placebos == found.placebos
    sets = [["u3", "u4", "u5"], ["u6", "u7", "u8"]]
    own = fit_synthetic_did(factors(), ["u0", "u1", "u2"], 30, placebo_sets=sets)
    assert own.placebos.ranked == 3


def test_what_has_no_synthetic_comparison_is_refused():
    panel = factors()
    with pytest.raises(NotEnough, match="3 other units"):
        fit_synthetic_did(panel[["u0", "u1", "u2"]], "u0", 30)
    with pytest.raises(NotEnough, match="ever moves"):
        fit_synthetic_did(panel * 0 + 5, "u0", 30)
    with pytest.raises(NotEnough, match="periods"):
        fit_synthetic_did(panel, "u0", 38)
    with pytest.raises(NotEnough, match="too few for placebo sets"):
        fit_synthetic_did(panel.iloc[:, :8], ["u0", "u1", "u2", "u3"], 30)
    with pytest.raises(Invalid, match="not 'u0'"):
        fit_synthetic_did(panel, "u0", 30, placebo_sets=[["u0"]])
    with pytest.raises(Invalid, match="one has none"):
        fit_synthetic_did(panel, "u0", 30, placebo_sets=[[]])
