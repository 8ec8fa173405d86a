"""Synthetic difference in differences: units and times weighted so that trends run in parallel.

Source: Arkhangelsky, Athey, Hirshberg, Imbens & Wager 2021 (AER 111:4088). Units are weighted as by a
synthetic control that may differ in level, and the times before as if to predict those after; then
it is a difference in differences with these weights. The variance is that of placebo units
(algorithm 4), over all of them where one unit is treated. Both problems are solved exactly; the
authors' own solver stops early, which for Proposition 99 moves the third digit. Of 19 placebo units
the spread is known badly, which its interval allows for (``docs/coverage.md``); the rank comes first.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.core.kept_results import keep
from outcomes.methods.evaluation.effect_ranks import EffectRank, rank_effect
from outcomes.methods.evaluation.synthetic_control import simplex_weights
from outcomes.methods.minimum_data import apart

PLACEBO_SETS = 200
"""Sets of untreated units drawn where several units are treated."""


class SyntheticDid(NamedTuple):
    """The effect after the start, in the outcome's units, with what it was made of."""

    effect: float
    ratio: float  # the treated mean after the start over what it would have been
    unweighted: float  # the plain difference in differences
    units: pd.Series  # weights of the other units, the largest first
    times: pd.Series  # weights of the times before the start
    frame: pd.DataFrame  # time, treated, synthetic (at the treated level), after
    placebo: pd.DataFrame  # units, effect
    placebos: EffectRank

    @property
    def clause(self) -> str:
        """What its rank among placebo units allows to be said, as a part of a sentence."""
        return self.placebos.clause


@keep
def fit_synthetic_did(
    outcome: pd.DataFrame,
    treated: str | Sequence[str],
    start: str | pd.Timestamp | int,
    *,
    placebo_sets: Sequence[Sequence[str]] | None = None,
    minimum: tuple[int, int] = (8, 4),
) -> SyntheticDid:
    """What the treated units would have had, by units and times that foretell them.

    Parameters
    ----------
    outcome : time x unit of rates, counts or their logarithms; times with a missing cell are left
        out.
    treated, start : the treated units, taken by their mean, and the first time of the programme.
    placebo_sets : sets of untreated units, as large as the treated one. By default each unit, or
        for several treated units ``PLACEBO_SETS`` of that many drawn with a fixed seed.
    minimum : the fewest times before and after.

    Raises
    ------
    NotEnough : under ``minimum`` times, with fewer than 3 other units, or where nothing ever moves.
    Invalid : for a placebo set with a treated or an unknown unit.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rates = pd.DataFrame(rng.normal(50, 1, (40, 12)) + np.linspace(0, 8, 40)[:, None])
    >>> rates.loc[30:, 0] -= 5
    >>> found = fit_synthetic_did(rates, 0, 30)
    >>> round(found.effect), found.placebos.rank
    (-5, 1)
    """
    outcome, treated, rest, after = apart(
        outcome, treated, start, minimum=minimum, least=(2, 1)
    )
    noise = float(np.diff(rest[~after], axis=0).std(ddof=1))
    if not noise > 0:
        raise NotEnough("No other unit ever moves, so nothing is known of chance.")
    sets = _placebo_sets(rest.columns, len(treated), placebo_sets)
    own = _estimate(outcome[treated].mean(axis=1), rest, after, noise, len(treated))
    effects = []
    for members in sets:
        left = rest.drop(columns=list(members))
        mean = rest[list(members)].mean(axis=1)
        try:
            found = _estimate(mean, left, after, noise, len(treated))
            effects.append(found.effect)
        except NotEnough:  # one without weights must not take the others with it
            effects.append(np.nan)
    y = outcome[treated].mean(axis=1)
    level = own.gap[~after] @ own.times
    frame = pd.DataFrame(
        {
            "time": outcome.index,
            "treated": y.to_numpy(),
            "synthetic": y.to_numpy() - own.gap + level,
            "after": after,
        }
    )
    change = outcome[after].mean() - outcome[~after].mean()
    expected = y[after].mean() - own.effect
    units = pd.Series(own.units, rest.columns, name="weight")
    return SyntheticDid(
        effect=own.effect,
        ratio=float(y[after].mean() / expected) if expected > 0 else np.nan,
        unweighted=float(change[treated].mean() - change[rest.columns].mean()),
        units=units[units > 1e-6].sort_values(ascending=False, kind="stable"),
        times=pd.Series(own.times, outcome.index[~after], name="weight"),
        frame=frame,
        placebo=pd.DataFrame({"units": [tuple(s) for s in sets], "effect": effects}),
        placebos=rank_effect(own.effect, effects),
    )


class _Weighted(NamedTuple):
    """The effect, the weights of units and times, and the gap at each time."""

    effect: float
    units: np.ndarray
    times: np.ndarray
    gap: np.ndarray


def _estimate(y: pd.Series, rest: pd.DataFrame, after, noise, treated) -> _Weighted:
    own, others = y.to_numpy(), rest.to_numpy()
    early, late = others[~after], others[after]
    ridge = (treated * len(late)) ** 0.25 * noise
    units = _penalised_weights(early, own[~after], ridge)
    times = _penalised_weights(early.T, late.mean(axis=0), 1e-6 * noise)
    gap = own - others @ units
    return _Weighted(float(gap[after].mean() - gap[~after] @ times), units, times, gap)


def _penalised_weights(x: np.ndarray, y: np.ndarray, ridge: float) -> np.ndarray:
    """The simplex weights that fit ``y`` up to a constant, with a penalty that spreads them."""
    x, y = x - x.mean(axis=0), y - y.mean()
    spread = np.sqrt(len(y)) * ridge * np.eye(x.shape[1])
    return simplex_weights(np.vstack([x, spread]), np.r_[y, np.zeros(x.shape[1])])


def _placebo_sets(units, size: int, given) -> list[Sequence[str]]:
    if given is None and size == 1:
        return [[unit] for unit in units]
    if given is None:
        if len(units) < size + 2:
            raise NotEnough(
                f"{len(units)} other units are too few for placebo sets of {size}."
            )
        rng = np.random.default_rng(0)
        return [
            units[np.sort(rng.choice(len(units), size, replace=False))].tolist()
            for _ in range(PLACEBO_SETS)
        ]
    for members in given:
        strange = [unit for unit in members if unit not in units]
        if strange or not len(members):
            raise Invalid(
                "A placebo set holds untreated units of the panel"
                + (f", not {strange[0]!r}." if strange else "; one has none.")
            )
    return [list(members) for members in given]
