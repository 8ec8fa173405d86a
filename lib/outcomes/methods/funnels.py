"""Many places at once: the funnel plot with exact limits and additive overdispersion.

Source: Spiegelhalter 2005 (Stat Med 24:1185); the between-place variance by DerSimonian & Laird
1986 (Control Clin Trials 7:177) after winsorising, as Spiegelhalter's appendix sets out.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough, one_of
from outcomes.methods.intervals import labels_of, normal, numbers

LEVELS = {"95": 0.95, "998": 0.998}
FEW = 20
"""Places below which a funnel tells nothing: with 14 that differ as districts do, one at 1.5 times
the rest is flagged never, and one at three times in four draws of five (``tests/simulate``)."""


class Funnel(NamedTuple):
    """A row per place, the common rate, and how much places vary beyond chance (tau2, Q)."""

    frame: pd.DataFrame
    mean: float
    tau2: float
    q: float
    overdispersed: bool


class Pooled(NamedTuple):
    """The between-study variance, Cochran's Q, and the random and fixed pooled effects."""

    tau2: float
    q: float
    pooled: float
    se: float
    fixed: float


def funnel(
    count,
    denominator,
    *,
    label=None,
    per: float = 1,
    kind: str = "rate",
    overdispersion: bool = True,
    winsorise: float = 0.10,
) -> Funnel:
    """Which places differ from the common rate by more than chance and usual variation allow.

    ``kind`` is "rate" (Poisson; a denominator of people or days) or "proportion" (binomial). The
    frame has label, count, denominator, rate, mean, lower_95, upper_95, lower_998, upper_998 (all
    times ``per``), z, and signal ("high" or "low" outside the 99.8 % limits, else ""). When places
    vary no more than chance, limits are exact; otherwise they are widened by tau2 on the scale
    that steadies the variance (square root, or arcsine for proportions). Winsorising keeps far
    places from hiding themselves; where there are none, the 95 % limits hold some 90 % of places
    (``tests/simulate``), so read the 99.8 % ones.
    """
    k, n = numbers(count), numbers(denominator)
    _check(k, n, kind)
    if not 0 < numbers(per) < np.inf:
        raise Invalid(f"A rate is for a number of people or days above 0; given {per}.")
    if not 0 <= numbers(winsorise) < 0.5:
        raise Invalid(
            f"The share pulled in at each end is from 0 to under 0.5; given {winsorise}."
        )
    centre = k.sum() / n.sum()
    forward, back = _scale(kind)
    variance = 1 / (4 * n)
    z = (forward(k / n) - forward(centre)) / np.sqrt(variance)
    tau2, q = (
        _between(z, variance, winsorise)
        if overdispersion
        else (0.0, float((z**2).sum()))
    )
    frame = pd.DataFrame(
        {"label": labels_of(count, label), "count": k, "denominator": n}
    )
    frame["rate"], frame["mean"] = k / n * per, centre * per
    for name, level in LEVELS.items():
        low, high = (
            _exact(p, centre, n, kind) for p in ((1 - level) / 2, (1 + level) / 2)
        )
        if tau2 > 0:
            reach = normal(level) * np.sqrt(variance + tau2)
            low, high = back(forward(centre) - reach), back(forward(centre) + reach)
        frame[f"lower_{name}"], frame[f"upper_{name}"] = low * per, high * per
    frame["z"] = z * np.sqrt(variance / (variance + tau2))
    above, below = (
        frame["rate"] > frame["upper_998"],
        frame["rate"] < frame["lower_998"],
    )
    frame["signal"] = np.select([above, below], ["high", "low"], "")
    return Funnel(frame, float(centre * per), tau2, q, tau2 > 0)


def dersimonian_laird(effects, variances) -> Pooled:
    """Between-study variance by moments and the pooled effect it gives.

    Invalid unless there are two effects or more, all finite, each with a variance above 0.
    """
    y, v = numbers(effects), numbers(variances)
    alike = y.ndim == 1 and y.shape == v.shape and len(y) > 1
    if not alike or not np.isfinite([y, v]).all() or not (v > 0).all():
        raise Invalid(
            "Pooling needs two finite effects or more, each with a variance above 0."
        )
    w = 1 / v
    fixed = (w * y).sum() / w.sum()
    q = float((w * (y - fixed) ** 2).sum())
    tau2 = _moments(q, w)
    random = 1 / (v + tau2)
    pooled, se = (random * y).sum() / random.sum(), random.sum() ** -0.5
    return Pooled(tau2, q, float(pooled), float(se), float(fixed))


def _between(z, variance, winsorise: float) -> tuple[float, float]:
    """Spiegelhalter's tau2 from z-scores, with the outermost share pulled in to the rest."""
    low, high = np.quantile(z, [winsorise, 1 - winsorise])
    q, w = float((np.clip(z, low, high) ** 2).sum()), 1 / variance
    return _moments(q, w), q


def _moments(q: float, w) -> float:
    return max(0.0, float((q - (len(w) - 1)) / (w.sum() - (w**2).sum() / w.sum())))


def _exact(p: float, centre: float, n, kind: str):
    """The count whose cumulative probability is ``p``, interpolated, as a rate of ``n``."""
    from scipy.stats import binom, poisson

    law = poisson(centre * n) if kind == "rate" else binom(n, centre)
    r = law.ppf(p)
    top, step = law.cdf(r), law.pmf(r)
    return np.maximum(r - (top - p) / step, 0) / n


def _scale(kind: str):
    if kind == "rate":
        return np.sqrt, lambda v: np.maximum(v, 0) ** 2
    return (
        lambda p: np.arcsin(np.sqrt(p)),
        lambda v: np.sin(np.clip(v, 0, np.pi / 2)) ** 2,
    )


def _check(k, n, kind: str) -> None:
    one_of(kind, ("rate", "proportion"), "kind")
    if k.ndim != 1 or k.shape != n.shape:
        raise Invalid("A funnel needs a row of counts and as many denominators.")
    if len(k) < 3:
        raise NotEnough(f"A funnel needs at least 3 places; there are {len(k)}.")
    if (~np.isfinite(n) | (n <= 0)).any():
        raise Invalid("A funnel needs a denominator above 0 for every place.")
    if (~np.isfinite(k) | (k < 0)).any() or (kind == "proportion" and (k > n).any()):
        raise Invalid(
            "A funnel needs counts of 0 or more, and for proportions no more than n."
        )
    if k.sum() == 0:
        raise NotEnough("A funnel needs at least one event; every count is 0.")
