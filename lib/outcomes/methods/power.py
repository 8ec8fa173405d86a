"""Statistical power: how large a change would have had to be to be seen."""

from math import ceil
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.intervals import Numbers, confident, normal, numbers

ENOUGH = 99  # placebos from which their own distribution is used, not its spread alone


class Detectable(NamedTuple):
    """The smallest fall and rise, as ratios, that the design would usually have shown."""

    fall: float
    rise: float
    power: float


def minimum_detectable(
    *,
    se: float | None = None,
    placebo: Numbers | None = None,
    power: float = 0.8,
    confidence: float = 0.95,
) -> Detectable:
    """How large a change would have had to be to be seen, so that "no effect found" has a size.

    The minimum detectable effect. From :data:`ENOUGH` placebos it is the change that, added to
    their logarithms, passes the limit of :func:`placebos.placebo_interval` with the ``power``
    asked. With fewer, the spread of their logarithms stands for ``se``. A ratio of 0 or infinity
    is the most extreme change there is and counts as one.

    Parameters
    ----------
    se
        The standard error of a log ratio.
    placebo
        In its place, the ratios of placebo sets.
    power
        How often a change of that size would be seen.
    confidence
        Of the interval that has to exclude no change.

    Raises
    ------
    NotEnough
        Under 19 placebos, and when so many are infinite that no change would show.

    Notes
    -----
    Source: Bloom 1995 (Eval Rev 19:547).

    Examples
    --------
    >>> round(minimum_detectable(se=0.1).fall, 3)
    0.756
    """
    if (se is None) == (placebo is None):
        raise Invalid("Give either se or the placebo ratios.")
    for share in (confident(confidence), numbers(power)):
        if not 0 < share < 1:
            raise Invalid(
                f"The power must lie between 0 and 1, such as 0.8; given {share}."
            )
    if se is not None and not 0 < numbers(se) < np.inf:
        raise Invalid(f"A standard error is a finite number above 0; given {se}.")
    if se is None:
        with np.errstate(divide="ignore"):
            logs = np.log(ratios_of(placebo))
        logs = np.sort(logs[~np.isnan(logs)])
        if len(logs) < 19:
            raise NotEnough(
                f"There are {len(logs)} placebo ratios; at least 19 are needed."
            )
        if len(logs) >= ENOUGH:
            place = ceil(round(confidence * (len(logs) + 1), 9))
            if place > len(logs):
                raise NotEnough(
                    f"There are {len(logs)} placebo ratios, too few for {confidence}."
                )
            limit = np.sort(np.abs(logs))[place - 1]
            _finite(logs, limit)
            most, least = np.quantile(logs, [power, 1 - power], method="weibull")
            _finite(logs, limit, most, least)
            fall, rise = np.exp(-limit - most), np.exp(limit - least)
            return Detectable(float(min(fall, 1.0)), float(max(rise, 1.0)), power)
        se = float(np.sqrt((logs**2).mean()))
        _finite(logs, se)
    reach = (normal(confidence) + NormalDist().inv_cdf(power)) * se
    return Detectable(float(np.exp(-reach)), float(np.exp(reach)), power)


def ratios_of(placebo: Numbers) -> np.ndarray:
    """Ratios of placebo sets, NaN for those that have none; Invalid for one below 0."""
    ratios = numbers(placebo)
    if (ratios < 0).any():
        raise Invalid(
            f"A ratio of changes is 0 or more; given {ratios[ratios < 0][0]}."
        )
    return ratios


def _finite(logs: np.ndarray, *parts: float) -> None:
    if not np.isfinite(parts).all():
        found = f"{int(np.isinf(logs).sum())} of {len(logs)} placebo areas"
        raise NotEnough(
            f"{found} fell to no events or rose from none, so no change would show."
        )
