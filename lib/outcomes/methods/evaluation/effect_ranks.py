"""An effect in the outcome's units, and its rank among the effects found in placebo units.

A ratio of misfits (:mod:`synthetic_control`) asks whether the gap after is unusual for how well a unit
fitted before; the additive test asks whether its size is. Sources: Abadie, Diamond & Hainmueller
2010 (JASA 105:493); Firpo & Possebom 2018 (J Causal Inference 6:20160026) compare the two. The spread
of placebo effects is the standard error of Arkhangelsky et al. 2021 (AER 111:4088), algorithm 4; as it
is itself estimated, from n effects, the interval takes Student's t of n - 1 degrees of freedom, and
the deviation that divides by n - 1 (Donald & Lang 2007, Rev Econ Stat 89:221).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import NotEnough
from outcomes.core.formatting import p_value
from outcomes.methods.intervals import Interval, confident


class EffectRank(NamedTuple):
    """Where an effect stands by size among those of placebo units, and how far these spread."""

    effect: float
    rank: int  # by size, the largest first, itself counted
    ranked: int  # placebo units that have an effect, and itself
    se: float  # standard deviation of the placebo effects

    @property
    def p(self) -> float:
        """The share of all that are at least as large."""
        return self.rank / self.ranked

    @property
    def clause(self) -> str:
        """What its rank allows to be said, as a part of a sentence."""
        return f"number {self.rank} of {self.ranked} by size ({p_value(self.p)})"

    def interval(self, *, confidence: float = 0.95) -> Interval:
        """The effect with limits by the spread of placebo effects, as if these were normal.

        How few they are is allowed for; the rank, which takes no shape for granted, comes first.
        """
        from scipy.stats import t

        n = self.ranked - 1
        level = 0.5 + confident(confidence) / 2
        reach = float(t.ppf(level, n - 1)) * self.se * (n / (n - 1)) ** 0.5
        return Interval(self.effect, self.effect - reach, self.effect + reach)


def rank_effect(effect: float, placebo: pd.Series | np.ndarray) -> EffectRank:
    """The rank of an effect among those found where nothing happened.

    Parameters
    ----------
    effect : in the outcome's units.
    placebo : the effects of placebo units; NaN for one that has none, which has no rank.

    Raises
    ------
    NotEnough : under 2 placebo units that have an effect, or an effect that is no number.

    Examples
    --------
    >>> rank_effect(-3.0, [1.0, -2.0, 4.0]).clause
    'number 2 of 4 by size (p = 0.50)'
    """
    effects = np.asarray(placebo, float)
    effects = effects[np.isfinite(effects)]
    if len(effects) < 2 or not np.isfinite(effect):
        raise NotEnough(
            f"There are {len(effects)} placebo units with an effect; at least 2 are needed."
        )
    size = abs(effect) * (1 - 1e-12)  # rounding must not break a tie
    rank = 1 + int((np.abs(effects) >= size).sum())
    spread = float(np.sqrt(((effects - effects.mean()) ** 2).mean()))
    return EffectRank(float(effect), rank, len(effects) + 1, spread)
