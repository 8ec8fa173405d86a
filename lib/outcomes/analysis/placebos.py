"""Placebos: areas and dates without the programme, and what they say of the one with it.

With one or few treated areas the spread of changes in untreated areas is the spread of the
estimate: Conley & Taber 2011 (REStat 93:113); MacKinnon & Webb 2020 (J Econometrics 218:435).
Regression errors for one town were found to miss far too often here (``tests/simulate``).
"""

from itertools import combinations, product
from math import ceil
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.analysis.differences import did
from outcomes.analysis.guards import like, wide
from outcomes.analysis.rates import Interval
from outcomes.data.errors import Invalid, NotEnough


class Randomisation(NamedTuple):
    """The observed ratio's place among the ratios of placebo sets."""

    p: float
    ratio: float
    rank: int
    sets: int
    placebo: pd.DataFrame


class Changes(NamedTuple):
    """A difference of mean changes with its CR1 t and two exact p-values."""

    estimate: float
    t: float
    p_permutation: float
    p_wild: float


def randomisation(
    panel: pd.DataFrame, treated, start, sets, *, comparison=None, comparisons=None,
    minimum=(24, 12),
) -> Randomisation:  # fmt: skip
    """How unusual the treated set's ratio is among placebo sets of units that had no programme.

    Each set in ``sets`` plays the treated; the rest of the untreated units are its comparison, or
    the list at the same place in ``comparisons`` (then ``comparison`` is that of the treated).
    ``p`` is two-sided on the log ratio and counts the treated set itself, so that it is never 0.
    """
    panel, treated, after = wide(panel, treated, start, minimum=minimum)
    free = {*panel.columns} - {*treated}
    rests = [None] * len(sets) if comparisons is None else comparisons
    pairs = [(free.intersection(s), rest) for s, rest in zip(sets, rests, strict=True)]
    own, *logs = _logs(panel, after, free, [(treated, comparison), *pairs])
    placebo = pd.DataFrame({"set": range(len(sets)), "log": logs})
    placebo = placebo[np.isfinite(placebo["log"])].reset_index(drop=True)
    if len(placebo) < 19:
        found = f"There are {len(placebo)} placebo sets"
        raise NotEnough(f"{found}; at least 19 are needed for a p of 0.05.")
    rank = 1 + int((placebo["log"].abs() >= abs(own) - 1e-12).sum())
    placebo["ratio"] = np.exp(placebo["log"])
    ratio = float(np.exp(own))
    return Randomisation(rank / (len(placebo) + 1), ratio, rank, len(placebo), placebo)


def _logs(panel, after, free: set, pairs) -> list[float]:
    """The log ratio of each set's change to that of the rest (None: all that is free) but itself;
    NaN where one of them has no events."""
    sums = np.stack([panel[~after].sum().to_numpy(), panel[after].sum().to_numpy()])
    at = {unit: k for k, unit in enumerate(panel.columns)}

    def total(units) -> np.ndarray:
        return sums[:, [at[u] for u in units]].sum(axis=1)

    whole, logs = total(free), []
    for members, rest in pairs:
        t = total(members)
        others = free.intersection(members if rest is None else rest)
        c = whole - total(others) if rest is None else total(others.difference(members))
        logs.append(np.log(t[1] * c[0] / (t[0] * c[1])) if min(*t, *c) > 0 else np.nan)
    return logs


def placebo_dates(panel: pd.DataFrame, treated, start, dates, *, minimum=(12, 6)) -> pd.DataFrame:
    """The ratio at pretended starts, using only times before the real one: date, ratio, pre, post.

    A sound comparison finds nothing at dates when nothing began.
    """
    ordered = panel.sort_index()
    early = ordered[ordered.index < like(start, ordered.index)]
    rows = []
    for date in dates:
        found = did(early, treated, date, minimum=minimum)
        rows.append((date, found.ratio, found.lower, found.upper, found.pre, found.post))
    return pd.DataFrame(rows, columns=["date", "ratio", "lower", "upper", "pre", "post"])


def compare_changes(before, after, treated) -> Changes:
    """Mean change of treated units less that of the others, tested exactly for few units.

    ``treated`` is a mask. All ways of choosing as many treated units are enumerated, and all
    Rademacher signs of the residuals under no effect (Webb & MacKinnon's restricted wild test).
    """
    change = np.asarray(after, float) - np.asarray(before, float)
    mask = np.asarray(treated, bool)
    estimate, t = _mean_difference(change, mask)
    sets = combinations(range(len(change)), int(mask.sum()))
    others = [_mean_difference(change, np.isin(np.arange(len(change)), s))[0] for s in sets]
    permuted = np.mean(np.abs(others) >= abs(estimate) - 1e-12)
    centred = change - change.mean()
    wild = [
        abs(_mean_difference(centred * np.array(signs), mask)[1])
        for signs in product([-1, 1], repeat=len(change))
    ]
    return Changes(estimate, t, float(permuted), float(np.mean(np.array(wild) >= abs(t) - 1e-9)))


def placebo_interval(ratio: float, placebo, *, confidence: float = 0.95) -> Interval:
    """The ratios that placebo areas do not rule out: it leaves out 1 exactly when p <= 1 - c.

    ``placebo`` are the ratios of areas without the programme (``randomisation(...).placebo``). It
    reaches as far on either side (of the logarithm) as all but the outermost placebos do from 1.
    Raises NotEnough when there are too few of them for the confidence asked.
    """
    if not 0 < confidence < 1 or not ratio > 0:
        raise Invalid("An interval needs a ratio above 0 and a confidence between 0 and 1.")
    size = np.sort(np.abs(np.log(np.asarray(placebo, float))))
    size = size[np.isfinite(size)]
    place = ceil(round(confidence * (len(size) + 1), 9))
    if place > len(size):
        raise NotEnough(f"There are {len(size)} placebo ratios, too few for {confidence:.0%}.")
    reach = size[place - 1]
    return Interval(float(ratio), float(ratio * np.exp(-reach)), float(ratio * np.exp(reach)))


def _mean_difference(change, mask) -> tuple[float, float]:
    """The difference of means and its t with CR1 errors, one cluster for each unit."""
    a, b = change[mask], change[~mask]
    n = len(change)
    spread = ((a - a.mean()) ** 2).sum() / len(a) ** 2 + ((b - b.mean()) ** 2).sum() / len(b) ** 2
    # CR1 with a cluster for each row of the first-difference regression: n/(n-1) * (n-1)/(n-2).
    se = np.sqrt(spread * n / (n - 2))
    estimate = a.mean() - b.mean()
    if se == 0:  # no spread at all: any difference is beyond doubt, and none is none
        return float(estimate), 0.0 if estimate == 0 else float(np.copysign(np.inf, estimate))
    return float(estimate), float(estimate / se)
