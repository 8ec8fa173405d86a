"""The augmented synthetic control: its misfit before the start taken off by ridge regression.

Source: Ben-Michael, Feller & Rothstein 2021 (JASA 116:1789). To the weights of the synthetic control
come those by which a ridge regression of what followed on what went before would correct its misfit;
they may be negative, so it extrapolates where no mix fits. The penalty is the largest whose error in
times left out one by one is within a standard error of the least: with a large penalty it is the
synthetic control itself. Of 19 placebo units the spread is known badly, which its interval allows for
(``docs/coverage.md``); the rank comes first.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.core.kept_results import keep
from outcomes.methods.evaluation.effect_ranks import EffectRank, rank_effect
from outcomes.methods.evaluation.synthetic_control import simplex_weights
from outcomes.methods.intervals import numbers
from outcomes.methods.minimum_data import apart


class AugmentedSynthetic(NamedTuple):
    """The effect after the start, in the outcome's units, with what it was made of."""

    effect: float
    ratio: float  # the treated mean after the start over what it would have been
    plain: float  # the effect by the synthetic control alone
    misfit: float  # root of the sum of squared gaps before the start
    plain_misfit: float  # that of the synthetic control alone
    penalty: float
    weights: pd.Series  # of the other units, which may be negative; they sum to 1
    frame: pd.DataFrame  # time, treated, synthetic, after
    placebo: pd.DataFrame  # unit, effect
    placebos: EffectRank

    @property
    def clause(self) -> str:
        """What its rank among placebo units allows to be said, as a part of a sentence."""
        return self.placebos.clause


@keep
def fit_augmented_synthetic_control(
    outcome: pd.DataFrame,
    treated: str,
    start: str | pd.Timestamp | int,
    *,
    penalty: float | None = None,
    minimum: tuple[int, int] = (8, 4),
) -> AugmentedSynthetic:
    """What the treated unit would have had, by a mix of others that is corrected for its misfit.

    Parameters
    ----------
    outcome : time x unit of rates, counts or their logarithms; times with a missing cell are left
        out.
    treated, start : the treated unit and the first time of the programme.
    penalty : of the ridge regression, above 0; by default found by leaving out times, for each
        placebo unit anew.
    minimum : the fewest times before and after.

    Raises
    ------
    NotEnough : under ``minimum`` times and with fewer than 3 other units.
    Invalid : for a penalty that is not above 0.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rates = pd.DataFrame(rng.normal(50, 1, (40, 12)) + np.linspace(0, 8, 40)[:, None])
    >>> rates.loc[30:, 0] -= 5
    >>> found = fit_augmented_synthetic_control(rates, 0, 30)
    >>> round(found.effect), found.placebos.rank
    (-5, 1)
    """
    if penalty is not None and not 0 < numbers(penalty) < np.inf:
        raise Invalid(f"A penalty is a finite number above 0; given {penalty}.")
    outcome, (treated,), rest, after = apart(
        outcome, treated, start, minimum=minimum, least=(3, 1)
    )
    own = _estimate(outcome[treated], rest, after, penalty)
    effects = []
    for unit in rest:
        try:
            found = _estimate(rest[unit], rest.drop(columns=unit), after, penalty)
            effects.append(found.effect)
        except NotEnough:  # one without weights must not take the others with it
            effects.append(np.nan)
    y = outcome[treated].to_numpy()
    expected = y[after].mean() - own.effect
    frame = {"time": outcome.index, "treated": y, "synthetic": y - own.gap}
    return AugmentedSynthetic(
        effect=own.effect,
        ratio=float(y[after].mean() / expected) if expected > 0 else np.nan,
        plain=float(own.plain[after].mean()),
        misfit=float(np.linalg.norm(own.gap[~after])),
        plain_misfit=float(np.linalg.norm(own.plain[~after])),
        penalty=own.penalty,
        weights=pd.Series(own.weights, rest.columns, name="weight"),
        frame=pd.DataFrame(frame).assign(after=after),
        placebo=pd.DataFrame({"unit": rest.columns, "effect": effects}),
        placebos=rank_effect(own.effect, effects),
    )


class _Augmented(NamedTuple):
    """The effect, the weights and penalty, and the gaps with and without the correction."""

    effect: float
    weights: np.ndarray
    penalty: float
    gap: np.ndarray
    plain: np.ndarray


def _estimate(y: pd.Series, rest: pd.DataFrame, after, penalty) -> _Augmented:
    own, others = y.to_numpy(), rest.to_numpy()
    # Each time less its mean over the other units, as in the authors' own code.
    mean = others[~after].mean(axis=1)
    early, target = others[~after] - mean[:, None], own[~after] - mean
    mix = simplex_weights(early, target)
    penalty = _penalty(early, target) if penalty is None else float(penalty)
    weights = mix + _correction(early, target - early @ mix, penalty)
    gap, plain = own - others @ weights, own - others @ mix
    return _Augmented(float(gap[after].mean()), weights, penalty, gap, plain)


def _correction(x: np.ndarray, misfit: np.ndarray, penalty: float) -> np.ndarray:
    """The weights to add, in the form whose matrix has a row for each time."""
    gram = x @ x.T + penalty * np.eye(len(x))
    return x.T @ np.linalg.solve(gram, misfit)


def _penalty(x: np.ndarray, y: np.ndarray) -> float:
    """The largest penalty whose error in times left out is within a standard error of the least."""
    grid = np.linalg.norm(x, 2) ** 2 * np.logspace(0, -8, 21)
    errors = []
    for k in range(len(y)):
        kept = np.arange(len(y)) != k
        mix = simplex_weights(x[kept], y[kept])
        misfit = y[kept] - x[kept] @ mix
        # The corrections by all penalties at once, in the directions of the matrix.
        size, along = np.linalg.eigh(x[kept] @ x[kept].T)
        shares = (x[k] @ x[kept].T @ along) * (along.T @ misfit)
        guesses = x[k] @ mix + (shares / (size + grid[:, None])).sum(axis=1)
        errors.append((y[k] - guesses) ** 2)
    table = np.array(errors)
    mean, se = table.mean(axis=0), table.std(axis=0, ddof=1) / np.sqrt(len(y))
    best = mean.argmin()
    return float(grid[mean <= mean[best] + se[best]].max())
