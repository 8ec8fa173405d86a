"""Placebos: areas and dates without the programme, and what they say of the one with it.

With one or few treated areas the spread of changes in untreated areas is the spread of the
estimate: Conley & Taber 2011 (REStat 93:113); MacKinnon & Webb 2020 (J Econometrics 218:435).
Regression errors for one town were found to miss far too often here (``tests/simulate``).
"""

from itertools import combinations, product
from math import ceil, comb
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.difference_in_differences import did
from outcomes.methods.intervals import Interval, numbers
from outcomes.methods.minimum_data import like, ordered, wide
from outcomes.methods.multiple_testing import ratios_of

EACH = 2**12
"""The most ways of choosing, or of signs, that are looked at one by one (signs of 12 units)."""

DRAWS = 9_999
"""Random ways that stand for all where there are more than ``EACH``."""


class Randomisation(NamedTuple):
    """The observed ratio's place among the ratios of placebo sets."""

    p: float
    ratio: float
    rank: int
    sets: int
    placebo: pd.DataFrame
    left_out: int = 0  # sets without any events to compare, which have no rank


class Changes(NamedTuple):
    """A difference of mean changes with its CR1 t and two exact p-values."""

    estimate: float
    t: float
    p_permutation: float
    p_wild: float
    drawn: int = 0  # ``DRAWS`` where there were too many ways to look at each


def randomisation(
    panel: pd.DataFrame,
    treated,
    start,
    sets,
    *,
    comparison=None,
    comparisons=None,
    minimum=(24, 12),
) -> Randomisation:
    """How unusual the treated set's ratio is among placebo sets of units that had no programme.

    Each set in ``sets`` plays the treated; the rest of the untreated units are its comparison, or
    the list at the same place in ``comparisons`` (then ``comparison`` is that of the treated).
    ``p`` is two-sided on the log ratio and counts the treated set itself, so that it is never 0.

    A set given twice counts once. One that fell to no events, or rose from none, is as extreme as
    can be and counts as that; one without any ratio is left out and counted in ``left_out``.
    Raises NotEnough when the treated have no ratio, and under 19 sets; Invalid for a set with a
    treated or an unknown unit.
    """
    panel, treated, after = wide(panel, treated, start, minimum=minimum)
    free = {*panel.columns} - {*treated}
    rests = [None] * len(sets) if comparisons is None else list(comparisons)
    if len(rests) != len(sets):
        raise Invalid(
            f"There are {len(rests)} comparisons for {len(sets)} placebo sets."
        )
    # Of sets that are the same, the first.
    at = sorted({frozenset(s): k for k, s in reversed(list(enumerate(sets)))}.values())
    pairs = [(sets[k], rests[k]) for k in at]
    _known(free, [comparison, *(units for pair in pairs for units in pair)])
    own, *logs = _logs(panel, after, free, [(treated, comparison), *pairs])
    if not np.isfinite(own):
        raise NotEnough(
            "The treated units or their comparison have no events before or after the start, so "
            "their change has no ratio, and no rank among placebo sets."
        )
    placebo = pd.DataFrame({"set": at, "log": logs}).dropna(ignore_index=True)
    if len(placebo) < 19:
        found = f"There are {len(placebo)} placebo sets"
        raise NotEnough(f"{found}; at least 19 are needed for a p of 0.05.")
    if placebo["log"].abs().max() <= 1e-12:
        raise NotEnough(
            f"All {len(placebo)} placebo sets changed exactly as the rest did, which does not tell "
            "how far places differ by chance."
        )
    rank = 1 + int((placebo["log"].abs() >= abs(own) - 1e-12).sum())
    placebo["ratio"], n = np.exp(placebo["log"]), len(placebo)
    ratio = float(np.exp(own))
    return Randomisation(rank / (n + 1), ratio, rank, n, placebo, len(at) - n)


def _known(free: set, groups) -> None:
    """Raise Invalid for a group with no unit, or with one that is treated or not in the panel."""
    for units in groups:
        if units is None:
            continue
        if not len(units):
            raise Invalid("A placebo set or a comparison has no unit.")
        strange = [u for u in units if u not in free]
        if strange:
            said = "is treated itself or is not a column of the panel"
            raise Invalid(
                f"A placebo set or comparison holds the unit {strange[0]!r}, which {said}."
            )


def _logs(panel, after, free: set, pairs) -> list[float]:
    """The log ratio of each set's change to that of the rest (None: all that is free) but itself;
    infinite where one of them fell to no events or rose from none, NaN where that says nothing."""
    sums = np.stack([panel[~after].sum().to_numpy(), panel[after].sum().to_numpy()])
    at = {unit: k for k, unit in enumerate(panel.columns)}

    def total(units) -> np.ndarray:
        return sums[:, [at[u] for u in units]].sum(axis=1)

    whole, logs = total(free), []
    for members, rest in pairs:
        t = total({*members})
        others = free.intersection(members if rest is None else rest)
        c = whole - total(others) if rest is None else total(others.difference(members))
        with np.errstate(divide="ignore", invalid="ignore"):
            logs.append(float(np.log(np.divide(t[1] * c[0], t[0] * c[1]))))
    return logs


def placebo_dates(
    panel: pd.DataFrame, treated, start, dates, *, minimum=(12, 6)
) -> pd.DataFrame:
    """The ratio at pretended starts, using only times before the real one: date, ratio, pre, post.

    A sound comparison finds nothing at dates when nothing began.
    """
    panel = ordered(panel)
    early = panel[panel.index < like(start, panel.index)]
    rows = []
    for date in dates:
        found = did(early, treated, date, minimum=minimum)
        rows.append(
            (date, found.ratio, found.lower, found.upper, found.pre, found.post)
        )
    return pd.DataFrame(
        rows, columns=["date", "ratio", "lower", "upper", "pre", "post"]
    )


def compare_changes(before, after, treated) -> Changes:
    """Mean change of treated units less that of the others, tested exactly for few units.

    ``treated`` is a mask. Of the ways of choosing as many treated units, and of the Rademacher
    signs of the residuals under no effect (Webb & MacKinnon's restricted wild test), each is
    looked at up to ``EACH`` of them (12 units, for signs); above it ``DRAWS`` at random, with a
    fixed seed, stand for all, and what was seen counts as one more (Phipson & Smyth 2010, Stat
    Appl Genet Mol Biol 9:39). Invalid for changes that are not finite or a mask that chooses none.
    """
    if np.ndim(before) != 1 or np.shape(before) != np.shape(after):
        raise Invalid("Every unit needs a finite number before and after.")
    change = numbers(after) - numbers(before)
    mask, n = np.isin(treated, [1]), len(change)
    if not np.isin(treated, [0, 1]).all():
        raise Invalid("A mask is True or False for each unit.")
    if mask.shape != change.shape or not 0 < mask.sum() < n or n < 3:
        raise Invalid(
            "Changes need a mask that chooses some, not all, of 3 units or more."
        )
    if not np.isfinite(change).all():
        raise Invalid("Every unit needs a finite number before and after.")
    (estimate, t), rng = _mean_difference(change, mask), np.random.default_rng(14)
    centred, chosen = change - change.mean(), int(mask.sum())
    ways, signs = comb(n, chosen), 2**n
    sets = (
        combinations(range(n), chosen)
        if ways <= EACH
        else (rng.permutation(n)[:chosen] for _ in range(DRAWS))
    )
    others = [_mean_difference(change, np.isin(np.arange(n), s))[0] for s in sets]
    flips = (
        product([-1, 1], repeat=n) if signs <= EACH else rng.choice([-1, 1], (DRAWS, n))
    )
    wild = [_mean_difference(centred * np.array(flip), mask)[1] for flip in flips]
    return Changes(
        estimate,
        t,
        _share(others, estimate, 1e-12, ways),
        _share(wild, t, 1e-9, signs),
        DRAWS if max(ways, signs) > EACH else 0,
    )


def _share(found, seen: float, room: float, ways: int) -> float:
    """What share is as far from 0 as ``seen``; of draws, ``seen`` itself is one more."""
    as_far, drawn = int((np.abs(found) >= abs(seen) - room).sum()), ways > EACH
    return (as_far + drawn) / (len(found) + drawn)


def placebo_interval(ratio: float, placebo, *, confidence: float = 0.95) -> Interval:
    """The ratios that placebo areas do not rule out: it leaves out 1 exactly when p <= 1 - c.

    ``placebo`` are the ratios of areas without the programme (``randomisation(...).placebo``). It
    reaches as far on either side (of the logarithm) as all but the outermost placebos do from 1.
    Raises NotEnough when there are too few of them for the confidence asked, or when so many fell
    to nothing or rose from it that nothing is ruled out.
    """
    if not 0 < numbers(confidence) < 1 or not 0 < numbers(ratio) < np.inf:
        raise Invalid(
            "An interval needs a ratio above 0 and a confidence between 0 and 1."
        )
    with np.errstate(divide="ignore"):
        size = np.sort(np.abs(np.log(ratios_of(placebo))))
    size = size[~np.isnan(size)]
    place = ceil(round(confidence * (len(size) + 1), 9))
    if place > len(size):
        raise NotEnough(
            f"There are {len(size)} placebo ratios, too few for {confidence:.0%}."
        )
    reach = size[place - 1]
    if size[-1] <= 1e-12:
        raise NotEnough(
            "No placebo area changed at all, so nothing is known of what chance does."
        )
    if np.isinf(reach):
        found = f"{int(np.isinf(size).sum())} of {len(size)} placebo areas"
        raise NotEnough(
            f"{found} fell to no events or rose from none, so nothing is ruled out."
        )
    return Interval(
        float(ratio), float(ratio * np.exp(-reach)), float(ratio * np.exp(reach))
    )


def _mean_difference(change, mask) -> tuple[float, float]:
    """The difference of means and its t with CR1 errors, one cluster for each unit."""
    a, b = change[mask], change[~mask]
    n = len(change)
    spread = ((a - a.mean()) ** 2).sum() / len(a) ** 2 + (
        (b - b.mean()) ** 2
    ).sum() / len(b) ** 2
    # CR1 with a cluster for each row of the first-difference regression: n/(n-1) * (n-1)/(n-2).
    se = np.sqrt(spread * n / (n - 2))
    estimate = a.mean() - b.mean()
    if se == 0:  # no spread at all: any difference is beyond doubt, and none is none
        return float(estimate), 0.0 if estimate == 0 else float(
            np.copysign(np.inf, estimate)
        )
    return float(estimate), float(estimate / se)
