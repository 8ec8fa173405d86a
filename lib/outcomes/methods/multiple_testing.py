"""Corrections for many looks, and what could have been seen."""

from math import ceil
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.intervals import confident, labels_of, normal, numbers

ENOUGH = 99  # placebos from which their own distribution is used, not its spread alone


class Detectable(NamedTuple):
    """The smallest fall and rise, as ratios, that the design would usually have shown."""

    fall: float
    rise: float
    power: float


def benjamini_hochberg(p_values, *, q: float = 0.05, labels=None) -> pd.DataFrame:
    """Which of many tests stand when the share of false alarms is held at ``q``.

    Returns label, p, adjusted, rejected, in the order given. Source: Benjamini & Hochberg 1995
    (JRSS B 57:289). The primary outcome is not among them: it is declared and tested alone.
    """
    p = numbers(p_values)
    if not 0 < q < 1:
        raise Invalid(f"The share of false alarms lies between 0 and 1; given {q}.")
    if p.ndim != 1 or len(p) == 0 or (~np.isfinite(p) | (p < 0) | (p > 1)).any():
        raise Invalid("Every p-value must lie between 0 and 1.")
    order = np.argsort(p, kind="stable")
    raw = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum.accumulate(raw[::-1])[::-1]
    names = labels_of(p_values, labels)
    found = {"label": names, "p": p, "adjusted": adjusted, "rejected": adjusted <= q}
    return pd.DataFrame(found)


def minimum_detectable(
    *,
    se: float | None = None,
    placebo=None,
    power: float = 0.8,
    confidence: float = 0.95,
) -> Detectable:
    """How large a change would have had to be to be seen, so that "no effect found" has a size.

    ``placebo`` are the ratios of placebo sets. From ``ENOUGH`` of them it is the change that, added
    to their logarithms, passes the limit of :func:`placebos.placebo_interval` with the ``power``
    asked. With fewer, the spread of their logarithms stands for ``se``, the standard error of a
    log ratio, which can be given instead (Bloom 1995, Eval Rev 19:547). A ratio of 0 or infinity
    is the most extreme change there is and counts as one. NotEnough under 19, and when so many are
    infinite that no change would show.
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


def ratios_of(placebo) -> np.ndarray:
    """Ratios of placebo sets, NaN for those that have none; Invalid for one below 0."""
    ratios = numbers(placebo)
    if (ratios < 0).any():
        raise Invalid(
            f"A ratio of changes is 0 or more; given {ratios[ratios < 0][0]}."
        )
    return ratios


def _finite(logs, *parts) -> None:
    if not np.isfinite(parts).all():
        found = f"{int(np.isinf(logs).sum())} of {len(logs)} placebo areas"
        raise NotEnough(
            f"{found} fell to no events or rose from none, so no change would show."
        )
