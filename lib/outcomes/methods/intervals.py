"""Proportions and rates with intervals that hold for small numbers.

Scalars in give an :class:`Interval`; lists or arrays give an Interval of arrays; a pandas Series
gives a frame with the same index, ready to join. All counts are non-negative, every denominator
or exposure is above nought, and anything else is refused with a sentence. Wald intervals are not
offered: for 0 of 20 they claim certainty.
"""

from numbers import Real
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.core.periods import ends

MANY = 100_000
"""Events above which summing over every count they could have been would take minutes."""

FEWEST_CHANGES = 4
"""Successive changes that it takes to tell how far counts that follow effort usually move."""


class Interval(NamedTuple):
    """An estimate and the limits of its interval, in the units of the estimate."""

    estimate: float
    lower: float
    upper: float


def wilson(x, n, *, confidence: float = 0.95, continuity: bool = False):
    """The proportion ``x`` of ``n`` with Wilson's score interval; the default for shares.

    Source: Wilson 1927 (JASA 22:209); Newcombe 1998 (Stat Med 17:857), methods 3 and 4.
    """
    k, m = _share(x, n)
    z, p = normal(confidence), k / m
    if not continuity:
        centre, half = 2 * k + z * z, z * np.sqrt(z * z + 4 * k * (1 - p))
        lower, upper = centre - half, centre + half
    else:
        low = z * np.sqrt(np.maximum(z * z - 2 - 1 / m + 4 * p * (m * (1 - p) + 1), 0))
        high = z * np.sqrt(np.maximum(z * z + 2 - 1 / m + 4 * p * (m * (1 - p) - 1), 0))
        lower, upper = 2 * k + z * z - 1 - low, 2 * k + z * z + 1 + high
    scale = 2 * (m + z * z)
    # At 0 and at n the closed form is exact, and rounding must not leave 1e-17 behind.
    lower = np.where(k == 0, 0.0, np.maximum(lower / scale, 0))
    upper = np.where(k == m, 1.0, np.minimum(upper / scale, 1))
    return _shape(p, lower, upper, x, n)


def clopper_pearson(x, n, *, confidence: float = 0.95):
    """The proportion with the exact (conservative) interval of Clopper & Pearson 1934."""
    return _beta(x, n, confidence, 0)


def jeffreys(x, n, *, confidence: float = 0.95):
    """The proportion with the equal-tailed Jeffreys interval, Brown, Cai & DasGupta 2001.

    At 0 and at ``n`` the outer limit is set to 0 or 1, so that it holds the estimate.
    """
    return _beta(x, n, confidence, 0.5)


def _beta(x, n, confidence: float, prior: float):
    """Quantiles of beta distributions, with ``prior`` events added on either side."""
    from scipy.stats import beta

    k, m = _share(x, n)
    a, other = (1 - confident(confidence)) / 2, 1 - prior
    lower = beta.ppf(a, np.maximum(k + prior, 0.5), m - k + other)
    upper = beta.ppf(1 - a, k + other, np.maximum(m - k + prior, 0.5))
    return _shape(
        k / m, np.where(k == 0, 0.0, lower), np.where(k == m, 1.0, upper), x, n
    )


def newcombe(x1, n1, x2, n2, *, confidence: float = 0.95):
    """The difference of two independent proportions, first less second.

    Source: Newcombe 1998 (Stat Med 17:873), method 10 (hybrid of two Wilson intervals).
    """
    _alike(x1, n1, x2, n2)
    k1, m1 = _share(x1, n1)
    k2, m2 = _share(x2, n2)
    a = wilson(k1, m1, confidence=confidence)
    b = wilson(k2, m2, confidence=confidence)
    d = a.estimate - b.estimate
    lower = d - np.hypot(a.estimate - a.lower, b.upper - b.estimate)
    upper = d + np.hypot(a.upper - a.estimate, b.estimate - b.lower)
    return _shape(d, lower, upper, x1, n1, x2, n2)


def garwood(count, *, exposure=1, per: float = 1, confidence: float = 0.95):
    """A Poisson rate, ``count / exposure * per``, with the exact interval of Garwood 1936.

    ``exposure`` is whatever the count ran over: days, people, person-days.
    """
    from scipy.stats import chi2

    k, t = _rate(count, exposure)
    a = (1 - confident(confidence)) / 2
    lower = np.where(k == 0, 0.0, chi2.ppf(a, np.maximum(2 * k, 1)) / 2)
    upper = chi2.ppf(1 - a, 2 * k + 2) / 2
    return _shape(k / t * per, lower / t * per, upper / t * per, count, exposure)


def byar(count, *, exposure=1, per: float = 1, confidence: float = 0.95):
    """A Poisson rate with Byar's approximate interval, the practice of ONS and OHID for 10 or more.

    Source: Breslow & Day 1987, volume II, p. 69. Below 10 use :func:`garwood`.
    """
    k, t = _rate(count, exposure)
    lower, upper = _byar_counts(k, normal(confidence))
    return _shape(k / t * per, lower / t * per, upper / t * per, count, exposure)


def poisson_ratio(x1, t1, x2, t2, *, confidence: float = 0.95):
    """The ratio of two Poisson rates, ``(x1/t1) / (x2/t2)``, exact given their sum.

    The share x1/(x1+x2) is binomial, so its Clopper-Pearson limits turn into limits of the ratio
    (Przyborowski & Wilenski 1940). Refused when both counts are 0; infinite when only x2 is.
    """
    _alike(x1, t1, x2, t2)
    k1, e1 = _rate(x1, t1)
    k2, e2 = _rate(x2, t2)
    if np.any(k1 + k2 == 0):
        raise Invalid("A ratio of rates cannot be given where both counts are 0.")
    share = clopper_pearson(k1, k1 + k2, confidence=confidence)
    with np.errstate(divide="ignore"):
        limits = [np.divide(s, np.subtract(1, s)) * e2 / e1 for s in share]
    return _shape(*limits, x1, t1, x2, t2)


def e_test(x1, t1, x2, t2) -> float:
    """The two-sided p-value that two Poisson rates are equal.

    Source: Krishnamoorthy & Thomson 2004 (J Stat Plan Inference 119:23); above :data:`MANY` events
    their statistic is as good as normal, and is taken so.
    """
    from scipy.stats import poisson_means_test

    if np.size(x1) + np.size(x2) + np.size(t1) + np.size(t2) > 4:
        raise Invalid("The test compares one count with one other.")
    k1, e1 = (float(v) for v in _rate(x1, t1))
    k2, e2 = (float(v) for v in _rate(x2, t2))
    if k1 % 1 or k2 % 1:
        raise Invalid(
            f"The test compares counts, whole numbers of events; given {k1} and {k2}."
        )
    if k1 + k2 == 0:
        return 1.0
    if k1 + k2 > MANY:
        z = abs(k1 * e2 - k2 * e1) / np.hypot(np.sqrt(k1) * e2, np.sqrt(k2) * e1)
        return 2 * NormalDist().cdf(-z)
    return float(poisson_means_test(int(k1), e1, int(k2), e2).pvalue)


def effort_ratio(counts, exposures, at: int, *, confidence: float = 0.95) -> Interval:
    """The ratio of one rate of a row of rates to the one before it, with the interval that holds
    where counts follow effort (arrests of a week of action, reports after a campaign).

    ``at`` is the place of the rate in the row. Such counts move from one to the next by far more
    than the chance of counting: the spread is that of the *other* successive changes (root mean
    square of their logarithms, which holds the chance of counting as well), and the interval
    Student's t on as many degrees of freedom. ``lower`` and ``upper`` are NaN where fewer than
    :data:`FEWEST_CHANGES` other changes are known or a count is 0. It is never narrower than the
    exact interval of the two counts, as chance in counting them comes on top of any effort.
    """
    from scipy.stats import t as student

    k, e = np.broadcast_arrays(*_rate(counts, exposures))
    if k.ndim != 1:
        raise Invalid(f"A row of counts is needed; given {_show(counts)}.")
    if not 0 < at < len(k):
        raise Invalid(
            f"A rate is compared with the one before it; given place {at} of {len(k)}."
        )
    rate = k / e
    if rate[at - 1] == 0:
        raise Invalid("A ratio of rates cannot be given where the count before is 0.")
    ratio = float(rate[at] / rate[at - 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        changes = np.delete(np.diff(np.log(rate)), at - 1)
    changes = changes[np.isfinite(changes)]
    if len(changes) < FEWEST_CHANGES or ratio == 0:
        return Interval(ratio, float("nan"), float("nan"))
    spread = float(np.sqrt((changes**2).mean()))
    reach = student.ppf(0.5 + confident(confidence) / 2, len(changes)) * spread
    exact = poisson_ratio(k[at], e[at], k[at - 1], e[at - 1], confidence=confidence)
    lower, upper = ratio * float(np.exp(-reach)), ratio * float(np.exp(reach))
    return Interval(ratio, min(lower, exact.lower), max(upper, exact.upper))


def standardised(
    counts, populations, standard, *, per: float = 100_000, confidence=0.95
):
    """A directly standardised rate over strata (ages, types), with Dobson's interval.

    ``standard`` holds the standard population of each stratum. Source: Dobson, Kuulasmaa,
    Eberle & Scherer 1991 (Stat Med 10:457), with Byar's limits, as OHID's Fingertips does.
    """
    k, m = _rate(np.asarray(counts, float), np.asarray(populations, float))
    w = np.asarray(standard, float)
    if not w.shape == k.shape == m.shape or not 0 < w.sum() < np.inf or (w < 0).any():
        raise Invalid(
            "The standard population needs one non-negative number for each stratum."
        )
    if k.sum() == 0:
        raise Invalid(
            "A standardised rate needs at least one event; all the counts are 0."
        )
    w = w / w.sum()
    if (w * k).sum() == 0:
        raise Invalid(
            "A standardised rate needs an event in a stratum of the standard population."
        )
    rate, variance, total = (w * k / m).sum(), (w**2 * k / m**2).sum(), k.sum()
    low, high = _byar_counts(np.asarray(total), normal(confidence))
    scale = np.sqrt(variance / total)
    moved = (0, scale * (low - total), scale * (high - total))
    return Interval(*(float((rate + m) * per) for m in moved))


def days(start, end) -> int:
    """The number of days from ``start`` to ``end``, both included: the exposure of a period."""
    first, last = ends(start, end)
    return (last - first).days + 1


def _byar_counts(k, z):
    root = np.sqrt(np.maximum(k, 1))
    lower = np.where(
        k == 0, 0.0, k * (1 - 1 / (9 * np.maximum(k, 1)) - z / (3 * root)) ** 3
    )
    upper = (k + 1) * (1 - 1 / (9 * (k + 1)) + z / (3 * np.sqrt(k + 1))) ** 3
    return lower, upper


def numbers(values) -> np.ndarray:
    """Values as numbers; Invalid where they are none."""
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        raise Invalid(f"Numbers are needed; given {str(values)[:60]!r}.") from None


def _alike(*given) -> list[np.ndarray]:
    """Numbers that go together, one by one."""
    arrays = [numbers(values) for values in given]
    try:
        np.broadcast_shapes(*(a.shape for a in arrays))
    except ValueError:
        many = " and ".join(str(a.size) for a in arrays)
        raise Invalid(
            f"As many numbers are needed on either side; given {many}."
        ) from None
    return arrays


def _share(x, n):
    k, m = _alike(x, n)
    if np.any(m == 0):
        raise Invalid("A share of nothing cannot be given: the denominator n is 0.")
    if np.any(~np.isfinite(k) | ~np.isfinite(m) | (k < 0) | (k > m)):
        raise Invalid(
            f"A share needs 0 <= x <= n; given x = {_show(x)} and n = {_show(n)}."
        )
    return k, m


def _rate(count, exposure):
    k, t = _alike(count, exposure)
    if np.any(~np.isfinite(t) | (t <= 0)):
        raise Invalid(f"A rate needs an exposure above 0; given {_show(exposure)}.")
    if np.any(~np.isfinite(k) | (k < 0)):
        raise Invalid(f"A rate needs a count of 0 or more; given {_show(count)}.")
    return k, t


def _show(values) -> str:
    flat = np.ravel(np.asarray(values))
    return str(flat[0]) if flat.size == 1 else f"{flat.size} values from {flat.min()}"


def normal(confidence: float) -> float:
    """How many standard errors an interval reaches on either side: 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + confident(confidence) / 2)


def confident(confidence: float) -> float:
    """A confidence that an interval can have; Invalid for any other."""
    if (
        not isinstance(confidence, Real)
        or not 0 < confidence < 1
        or 0.5 + confidence / 2 == 1
    ):
        raise Invalid(
            f"The confidence must lie between 0 and 1, such as 0.95; given {confidence}."
        )
    return confidence


def _shape(estimate, lower, upper, *given):
    """The same shape out as in: floats for scalars, a frame for a Series, else arrays."""
    series = next((g for g in given if isinstance(g, pd.Series)), None)
    if series is not None:
        columns = {"estimate": estimate, "lower": lower, "upper": upper}
        return pd.DataFrame(columns, index=series.index)
    if np.ndim(estimate) == 0:
        return Interval(float(estimate), float(lower), float(upper))
    return Interval(np.asarray(estimate), np.asarray(lower), np.asarray(upper))


def labels_of(values, labels=None) -> np.ndarray:
    """The ``labels`` given for a row of values, or else a Series' own index, or else 0, 1, 2 …"""
    own = values.index if isinstance(values, pd.Series) else np.arange(len(values))
    if labels is not None and len(labels) != len(values):
        raise Invalid(f"{len(labels)} labels are given for {len(values)} values.")
    return np.asarray(own if labels is None else labels)
