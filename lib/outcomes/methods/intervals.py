"""Shares, rates, differences and ratios with intervals that hold for small numbers.

The formulas are those of statsmodels. Numbers give an :class:`Interval`; lists, arrays and Series
give a frame with the columns estimate, lower and upper, a row for each, with the index of the
Series, ready to join. Counts are 0 or more, denominators and exposures above 0; anything else is
refused with a sentence. Wald's interval is not offered: for 0 of 20 it claims certainty.
"""

from collections.abc import Sequence
from numbers import Real
from statistics import NormalDist
from typing import Any, NamedTuple, TypeAlias, overload

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.core.periods import ends

FEWEST_CHANGES = 4
"""Successive changes that it takes to tell how far counts that follow effort usually move."""

Numbers: TypeAlias = pd.Series | np.ndarray | Sequence[float]


class Interval(NamedTuple):
    """An estimate and the limits of its interval, in the units of the estimate."""

    estimate: float
    lower: float
    upper: float

    def sign(self, null: float = 0) -> int:
        """1 when the interval lies above ``null``, -1 when below it, 0 when it holds it.

        ``null`` is what no difference would be: 0 for a difference, 1 for a ratio.

        >>> Interval(0.2, 0.05, 0.33).sign(), Interval(0.9, 0.7, 1.1).sign(null=1)
        (1, 0)
        """
        return int(self.lower > null) - int(self.upper < null)

    def clause(self, null: float = 0) -> str:
        """What the interval says of a difference from ``null``, to end a sentence with.

        >>> Interval(0.2, 0.05, 0.33).clause()
        'more than chance would give'
        >>> Interval(0.9, 0.7, 1.1).clause(null=1)
        'consistent with no change'
        """
        if self.sign(null):
            return "more than chance would give"
        return "consistent with no change"


@overload
def wilson(
    numerator: float, denominator: float, *, confidence: float = ...
) -> Interval: ...
@overload
def wilson(
    numerator: Numbers, denominator: Numbers | float, *, confidence: float = ...
) -> pd.DataFrame: ...
def wilson(numerator, denominator, *, confidence=0.95):
    """A share, ``numerator / denominator``, with Wilson's score interval.

    The default for shares: it stays between 0 and 1 and holds for small numbers. Raises Invalid
    for a denominator of 0 and for a numerator below 0 or above the denominator.

    Source: Wilson 1927 (JASA 22:209); Newcombe 1998 (Stat Med 17:857), method 3.

    >>> wilson(10, 42).upper.__round__(3)
    0.385
    """
    from statsmodels.stats.proportion import proportion_confint

    k, n = _share(numerator, denominator)
    lower, upper = proportion_confint(
        k, n, alpha=1 - confident(confidence), method="wilson"
    )
    # At 0 and at n the limit is exact, and rounding must not leave 1e-17 behind.
    lower, upper = np.where(k == 0, 0.0, lower), np.where(k == n, 1.0, upper)
    return _shape(k / n, lower, upper, numerator, denominator)


@overload
def newcombe(
    numerator: float,
    denominator: float,
    numerator_2: float,
    denominator_2: float,
    *,
    confidence: float = ...,
) -> Interval: ...
@overload
def newcombe(
    numerator: Numbers,
    denominator: Numbers | float,
    numerator_2: Numbers | float,
    denominator_2: Numbers | float,
    *,
    confidence: float = ...,
) -> pd.DataFrame: ...
def newcombe(numerator, denominator, numerator_2, denominator_2, *, confidence=0.95):
    """The difference of two independent shares, the first less the second.

    Source: Newcombe 1998 (Stat Med 17:873), method 10, a hybrid of two Wilson intervals.

    >>> newcombe(56, 70, 48, 80).clause()
    'more than chance would give'
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    given = numerator, denominator, numerator_2, denominator_2
    _paired(*given)
    k, n = _share(numerator, denominator)
    k_2, n_2 = _share(numerator_2, denominator_2)
    alpha = 1 - confident(confidence)
    lower, upper = confint_proportions_2indep(
        k, n, k_2, n_2, compare="diff", method="newcomb", alpha=alpha
    )
    return _shape(k / n - k_2 / n_2, lower, upper, *given)


@overload
def poisson(
    count: float, *, exposure: float = ..., per: float = ..., confidence: float = ...
) -> Interval: ...
@overload
def poisson(
    count: Numbers,
    *,
    exposure: Numbers | float = ...,
    per: float = ...,
    confidence: float = ...,
) -> pd.DataFrame: ...
def poisson(count, *, exposure: Numbers | float = 1, per: float = 1, confidence=0.95):
    """A rate, ``count / exposure * per``, with the exact interval of a Poisson count.

    ``exposure`` is whatever the count ran over: days, residents, person-days.

    Source: Garwood 1936 (Biometrika 28:437).

    >>> poisson(0).upper.__round__(2)
    3.69
    """
    from statsmodels.stats.rates import confint_poisson

    k, t = _rate(count, exposure)
    lower, upper = confint_poisson(
        k, t, method="exact-c", alpha=1 - confident(confidence)
    )
    return _shape(k / t * per, lower * per, upper * per, count, exposure)


@overload
def poisson_ratio(
    count: float,
    exposure: float,
    count_2: float,
    exposure_2: float,
    *,
    confidence: float = ...,
) -> Interval: ...
@overload
def poisson_ratio(
    count: Numbers,
    exposure: Numbers | float,
    count_2: Numbers | float,
    exposure_2: Numbers | float,
    *,
    confidence: float = ...,
) -> pd.DataFrame: ...
def poisson_ratio(count, exposure, count_2, exposure_2, *, confidence=0.95):
    """The ratio of two Poisson rates, ``(count / exposure) / (count_2 / exposure_2)``.

    Exact given the sum of the counts: the first is then binomial, and the limits of its share
    (Clopper and Pearson 1934) turn into limits of the ratio. Refused when both counts are 0;
    infinite when only the second is.

    Source: Przyborowski & Wilenski 1940 (Biometrika 31:313).

    >>> poisson_ratio(30, 365, 18, 300).clause(null=1)
    'consistent with no change'
    """
    from statsmodels.stats.proportion import proportion_confint

    given = count, exposure, count_2, exposure_2
    _paired(*given)
    k, t = _rate(count, exposure)
    k_2, t_2 = _rate(count_2, exposure_2)
    total = k + k_2
    if np.any(total == 0):
        raise Invalid("A ratio of rates cannot be given where both counts are 0.")
    limits = proportion_confint(
        k + 0 * total, total, alpha=1 - confident(confidence), method="beta"
    )
    with np.errstate(divide="ignore"):
        ratio, lower, upper = (
            np.divide(share, np.subtract(1, share)) * t_2 / t
            for share in (k / total, *limits)
        )
    return _shape(ratio, lower, upper, *given)


def effort_ratio(
    counts: Numbers, exposures: Numbers, at: int, *, confidence: float = 0.95
) -> Interval:
    """The ratio of one rate of a row to the one before it, where counts follow effort.

    For arrests of a week of action or reports after a campaign. ``at`` is the place of the rate in
    the row. Such counts move from one to the next by far more than the chance of counting: the
    spread is that of the *other* successive changes (root mean square of their logarithms, which
    holds the chance of counting as well), and the interval Student's t on as many degrees of
    freedom. ``lower`` and ``upper`` are NaN where fewer than :data:`FEWEST_CHANGES` other changes
    are known or a count is 0. It is never narrower than the exact interval of the two counts, as
    chance in counting them comes on top of any effort.
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


def days(start: Any, end: Any) -> int:
    """The number of days from ``start`` to ``end``, both included: the exposure of a period.

    >>> days("2022-11-01", "2023-10-31")
    365
    """
    first, last = ends(start, end)
    return (last - first).days + 1


def numbers(values: Any) -> np.ndarray:
    """Values as numbers; Invalid where they are none."""
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        raise Invalid(f"Numbers are needed; given {str(values)[:60]!r}.") from None


def normal(confidence: float) -> float:
    """How many standard errors an interval reaches on either side: 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + confident(confidence) / 2)


def mixture_quantile(
    level: float,
    means: np.ndarray,
    spreads: np.ndarray,
    weights: np.ndarray | None = None,
) -> float:
    """The value below which lies a share ``level`` of a mixture of normal distributions.

    >>> round(mixture_quantile(0.975, np.array([0.0, 0.0]), np.array([1.0, 1.0])), 2)
    1.96
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    def beyond(value: float) -> float:
        return np.average(ndtr((value - means) / spreads), weights=weights) - level

    far = 40 * np.max(spreads)
    return float(brentq(beyond, np.min(means) - far, np.max(means) + far, xtol=1e-12))


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


def _paired(*given) -> list[np.ndarray]:
    """Numbers that go together, one by one."""
    arrays = [numbers(values) for values in given]
    try:
        np.broadcast_shapes(*(a.shape for a in arrays))
    except ValueError:
        many = " and ".join(str(a.size) for a in arrays)
        raise Invalid(
            f"As many numbers are needed on either side; given {many}."
        ) from None
    same_rows(*given)
    return arrays


def same_rows(*given: Any) -> None:
    """Refuse Series that are not of the same rows in the same order: numbers go together by place.

    >>> same_rows(pd.Series([1, 2], ["a", "b"]), pd.Series([8, 9], ["a", "b"]))
    """
    held = [values.index for values in given if isinstance(values, pd.Series)]
    if any(not index.equals(held[0]) for index in held[1:]):
        raise Invalid(
            "The series are not of the same rows in the same order: bring the second into the order "
            "of the first, as in b.reindex(a.index)."
        )


def _share(numerator, denominator) -> list[np.ndarray]:
    k, n = _paired(numerator, denominator)
    if np.any(n == 0):
        raise Invalid("A share of nothing cannot be given: the denominator is 0.")
    if np.any(~np.isfinite(k) | ~np.isfinite(n) | (k < 0) | (k > n)):
        raise Invalid(
            "A share needs a numerator from 0 to the denominator; given "
            f"{_show(numerator)} of {_show(denominator)}."
        )
    return [part.copy() for part in np.broadcast_arrays(k, n)]


def _rate(count, exposure) -> list[np.ndarray]:
    k, t = _paired(count, exposure)
    if np.any(~np.isfinite(t) | (t <= 0)):
        raise Invalid(f"A rate needs an exposure above 0; given {_show(exposure)}.")
    if np.any(~np.isfinite(k) | (k < 0)):
        raise Invalid(f"A rate needs a count of 0 or more; given {_show(count)}.")
    return [k, t]


def _show(values) -> str:
    flat = np.ravel(np.asarray(values))
    return str(flat[0]) if flat.size == 1 else f"{flat.size} values from {flat.min()}"


def _shape(estimate, lower, upper, *given) -> Interval | pd.DataFrame:
    """An Interval for numbers; a frame for more, with the index of the first Series given."""
    if all(np.ndim(values) == 0 for values in given):
        return Interval(float(estimate), float(lower), float(upper))
    index = next((g.index for g in given if isinstance(g, pd.Series)), None)
    columns = {"estimate": estimate, "lower": lower, "upper": upper}
    return pd.DataFrame(columns, index=index)
