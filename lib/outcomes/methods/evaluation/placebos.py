"""Placebos: areas without the programme, and what they say of the one with it.

With one or few treated areas the spread of changes in untreated areas is the spread of the
estimate: Conley & Taber 2011 (REStat 93:113); MacKinnon & Webb 2020 (J Econometrics 218:435).
Regression errors for one town were found to miss far too often here (``tests/simulate``).
"""

from collections.abc import Iterable, Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.intervals import Interval, numbers
from outcomes.methods.minimum_data import membership, wide
from outcomes.methods.power import ratios_of


class Randomisation(NamedTuple):
    """The observed ratio's place among the ratios of placebo sets."""

    p: float = np.nan
    ratio: float = np.nan
    rank: int = (
        0  # by size of change, the largest first, the treated set itself counted
    )
    sets: int = 0
    placebo: pd.DataFrame = (
        pd.DataFrame()
    )  # set (its place among those given), log, ratio
    left_out: int = 0  # sets without any events to compare, which have no rank

    @property
    def clause(self) -> str:
        """Its rank as a part of a sentence: "number 123 of 789 by size of change"."""
        return f"number {self.rank:,} of {self.sets + 1:,} by size of change"


def randomisation(
    panel: pd.DataFrame,
    treated: Sequence[str],
    start: str | pd.Timestamp,
    placebo_sets: Sequence[Sequence[str]],
    *,
    comparison: Sequence[str] | None = None,
    comparisons: Sequence[Sequence[str]] | None = None,
    minimum: tuple[int, int] = (24, 12),
) -> Randomisation:
    """How unusual the treated set's ratio is among placebo sets of units that had no programme.

    Each placebo set plays the treated; ``p`` is two-sided on the log ratio and counts the treated
    set itself, so that it is never 0. A set given twice counts once. One that fell to no events, or
    rose from none, is as extreme as can be and counts as that; one without any ratio is left out
    and counted in ``left_out``.

    Parameters
    ----------
    panel : time x unit of counts.
    treated, start : the treated units and the first time of the programme.
    placebo_sets : sets of untreated units.
    comparison, comparisons : what the treated set, and each placebo set, is compared with; by
        default the rest of the untreated units.
    minimum : the fewest times before and after.

    Raises
    ------
    NotEnough : when the treated have no ratio, and under 19 sets.
    Invalid : for a set with a treated or an unknown unit.
    """
    panel, treated, after = wide(panel, treated, start, minimum=minimum)
    free = {*panel.columns} - {*treated}
    rests = [None] * len(placebo_sets) if comparisons is None else list(comparisons)
    if len(rests) != len(placebo_sets):
        raise Invalid(
            f"There are {len(rests)} comparisons for {len(placebo_sets)} placebo sets."
        )
    at = different(placebo_sets)
    pairs = [(placebo_sets[k], rests[k]) for k in at]
    require_untreated(free, [comparison, *(units for pair in pairs for units in pair)])
    logs = _log_ratios(panel, after, free, [(treated, comparison), *pairs])
    rank = rank_among(logs[0], logs[1:])
    placebo = pd.DataFrame({"set": at, "log": logs[1:]}).dropna(ignore_index=True)
    placebo["ratio"], n = np.exp(placebo["log"]), len(placebo)
    ratio = float(np.exp(logs[0]))
    return Randomisation(rank / (n + 1), ratio, rank, n, placebo, len(at) - n)


def different(sets: Iterable[Iterable]) -> list[int]:
    """The places of sets that differ from all before them.

    >>> different([["a", "b"], ["b", "a"], ["c"]])
    [0, 2]
    """
    first: dict[frozenset, int] = {}
    for k, members in enumerate(sets):
        first.setdefault(frozenset(members), k)
    return list(first.values())


def rank_among(own: float, placebo: np.ndarray) -> int:
    """The rank of a log ratio by size among those of placebo sets, itself counted.

    Sets whose log ratio is NaN have no rank. Raises NotEnough where the log ratio is not finite,
    with under 19 sets, and where none of these changed.
    """
    if not np.isfinite(own):
        raise NotEnough(
            "The treated units or their comparison have no events before or after the start, so "
            "their change has no ratio, and no rank among placebo sets."
        )
    size = np.abs(placebo[~np.isnan(placebo)])
    if len(size) < 19:
        found = f"There are {len(size)} placebo sets"
        raise NotEnough(f"{found}; at least 19 are needed for a p of 0.05.")
    if size.max() <= 1e-12:
        raise NotEnough(
            f"All {len(size)} placebo sets changed exactly as the rest did, which does not tell "
            "how far places differ by chance."
        )
    return 1 + int((size >= abs(own) - 1e-12).sum())


def require_untreated(free: set, groups: Iterable) -> None:
    """Raise Invalid for a group with no unit, or with one that is treated or not in the panel."""
    for units in groups:
        if units is None:
            continue
        if not len(units):
            raise Invalid("A placebo set or a comparison has no unit.")
        if not free.issuperset(units):
            strange = [u for u in units if u not in free]
            said = "is treated itself or is not a column of the panel"
            raise Invalid(
                f"A placebo set or comparison holds the unit {strange[0]!r}, which {said}."
            )


def _log_ratios(
    panel: pd.DataFrame, after: np.ndarray, free: set, pairs: list
) -> np.ndarray:
    """The log ratio of each set's change to that of the rest (None: all that is free) but itself."""
    sums = before_after(panel, after)
    sets, rests = zip(*pairs, strict=True)
    inside = membership(panel.columns, sets)
    outside = membership(panel.columns, [() if r is None else r for r in rests])
    outside[[r is None for r in rests]] = True
    outside &= ~inside & panel.columns.isin(list(free))
    return log_ratios(inside @ sums, outside @ sums)


def before_after(panel: pd.DataFrame, after: np.ndarray) -> np.ndarray:
    """The counts of each unit before and after the start (unit x 2)."""
    counts = panel.to_numpy(float)
    return np.stack([counts[~after].sum(axis=0), counts[after].sum(axis=0)], axis=1)


def log_ratios(treated: np.ndarray, control: np.ndarray) -> np.ndarray:
    """The log ratio of the change of each set to that of its control, both counts before and after.

    Infinite where one of them fell to no events or rose from none, NaN where that says nothing.
    """
    (t0, t1), (c0, c1) = treated.T, control.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(np.divide(t1 * c0, t0 * c1))


def placebo_interval(
    ratio: float, placebo: Sequence[float] | pd.Series, *, confidence: float = 0.95
) -> Interval:
    """The ratios that placebo areas do not rule out: it excludes 1 exactly when p <= 1 - c.

    ``placebo`` are the ratios of areas without the programme (``randomisation(...).placebo``). It
    reaches as far on either side (of the logarithm) as all but the outermost placebos do from 1.
    Raises NotEnough when there are too few of them for the confidence asked, or when so many fell
    to nothing or rose from it that nothing is ruled out.

    >>> placebo_interval(0.5, [0.8, 1.25] * 20).upper
    0.625
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
