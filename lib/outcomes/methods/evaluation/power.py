"""What an evaluation could have found: changes put into the placebo areas, judged as the treated one is.

A fall (or a rise) is put into each placebo area in turn; the share in which it is found is the power
(Black, Hollingsworth, Nunes & Simon 2022, J Public Econ 213:104713, simulate so with real panels).
*By rank* a fall is found where its p among the other placebo areas is ``ALPHA`` at most. *By the
verdict* the area must also show no drift before the start, every sound alternative of the
evaluation with the same placebo areas must find the fall, and a placebo date must show nothing. So
the second share is what the page could have called an effect. What is known of the treated area
whatever its change decides first, by the verdict's own table (:attr:`Evidence.blocked`): where a
check of it failed, or a doubt is left, a fall of no size is called an effect. Alternatives with other
placebo areas are left out, and of a synthetic control the mixes without one of its units, so the
second share is at most this.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import NotEnough, one_of
from outcomes.core.formatting import percent
from outcomes.core.kept_results import keep
from outcomes.methods.evaluation.design import FOLLOWED, WIDTHS, Evaluation
from outcomes.methods.evaluation.difference_in_differences import (
    event_bins,
    grade_pretrend,
    pretrend_p_values,
)
from outcomes.methods.evaluation.synthetic_control import Synthetic
from outcomes.methods.evaluation.verdict import ALPHA, smallest_p
from outcomes.methods.minimum_data import dated, totals

POWER = 0.8
"""Found in four of five cases: the power that is called enough."""

AREAS = 100
"""The most placebo areas whose drift before the start is looked at, spread evenly through all."""


class Detection(NamedTuple):
    """How often changes of each size would be found, and the smallest found often enough."""

    frame: pd.DataFrame  # size, by_rank, by_verdict: shares
    areas: int  # placebo areas
    left_out: list[str]  # alternatives that have other placebo areas
    change: str = "fall"  # or "rise"
    blocked: str = ""  # what keeps a change of any size from being called an effect

    @property
    def smallest(self) -> float:
        """The least change found by rank in ``POWER`` of the areas; NaN where none is."""
        return self._smallest("by_rank")

    @property
    def smallest_by_verdict(self) -> float:
        """The least change found by the verdict in ``POWER`` of the areas; NaN where none is."""
        return self._smallest("by_verdict")

    def share(self, size: float, *, by: str = "verdict") -> float:
        """The share of areas in which a change of this size (0.16 is 16 %) is found."""
        return float(np.interp(size, self.frame["size"], self.frame[f"by_{by}"]))

    @property
    def most_called(self) -> float:
        """The largest share called an effect, over changes of every size tried."""
        return float(self.frame["by_verdict"].max())

    @property
    def clause(self) -> str:
        """What would stand out and be called an effect, as a part of a sentence.

        "Usually" is in four of five cases.
        """
        if np.isnan(self.smallest):
            most = percent(self.frame["size"].max(), 0)
            return f"no {self.change} of up to {most} would usually stand out"
        size = percent(self.smallest, 0)
        said = f"a {self.change} of {size} or more would usually stand out"
        if not self.most_called:
            return f"{said}, but none could be called an effect"
        if self.most_called < POWER:
            return f"{said}, but none would usually be called an effect"
        called = percent(self.smallest_by_verdict, 0)
        if called == size:
            return f"{said} and be called an effect"
        return f"{said}, and one of {called} or more be called an effect"

    @property
    def shortfall(self) -> str:
        """How few changes could be called an effect, and why, as a sentence; "" where enough are."""
        if self.most_called >= POWER:
            return ""
        if self.most_called:
            most = percent(self.most_called, 0)
            return f"Of {self.change}s of any size tried, {most} at most would be called an effect."
        why = f": {self.blocked}" if self.blocked else ""
        return f"No {self.change} of any size tried could be called an effect{why}."

    def _smallest(self, column: str) -> float:
        enough = self.frame.loc[self.frame[column] >= POWER, "size"]
        return float(enough.min()) if len(enough) else np.nan


@keep
def detection_power(evaluation: Evaluation, panel: pd.DataFrame) -> Detection:
    """How often the evaluation would have found falls of 1 to 80 %.

    Parameters
    ----------
    evaluation : with its ``alternatives``: without another comparison nothing is called an effect.
    panel : month x unit of counts, with the placebo areas and what they are compared with.

    Raises
    ------
    NotEnough : where the evaluation has no estimate, or too few placebo areas for any test.

    Examples
    --------
    >>> from outcomes.methods.evaluation import evaluate
    >>> rng = np.random.default_rng(1)
    >>> months = pd.date_range("2019-01-01", periods=48, freq="MS")
    >>> panel = pd.DataFrame(rng.poisson(50, (48, 61)), months).add_prefix("u")
    >>> pool = [f"u{k}" for k in range(1, 61)]
    >>> found = evaluate(panel, ["u0"], "2022-01", pool=pool, placebo_sets=[[u] for u in pool],
    ...                  matched=False)
    >>> detection_power(found, panel).share(0.3, by="rank")
    1.0
    """
    evaluation.require_estimate()
    if not evaluation.testable:
        few = f"only {evaluation.disjoint} placebo areas do not overlap"
        raise NotEnough(f"No fall of any size could be found: {few}.")
    areas = [frozenset(units) for units in evaluation.placebo_sets]
    falls = np.arange(81) / 100
    by_rank = _found(_logs(evaluation, areas), falls, evaluation.disjoint)
    looked = np.unique(
        np.linspace(0, len(areas) - 1, min(AREAS, len(areas))).astype(int)
    )
    left_out, blocked = [], evaluation.evidence().blocked
    by_verdict = by_rank[looked] & (not blocked)
    if not blocked:
        by_verdict &= _steady(evaluation, panel, looked)[:, None]
    for name, other in (evaluation.alternatives or {}).items():
        logs = None if other.reason else _logs(other, areas)
        if logs is None or np.isnan(logs).all():
            left_out.append(name)
        elif other.sound and other.start == evaluation.start:
            by_verdict &= _found(logs, falls, other.disjoint)[looked]
        elif other.sound:
            usual = _p(logs, logs[:, None])[looked] > ALPHA
            by_verdict &= usual
    frame = pd.DataFrame(
        {
            "size": falls,
            "by_rank": by_rank.mean(axis=0),
            "by_verdict": by_verdict.mean(axis=0),
        }
    )
    return Detection(frame, len(areas), left_out, blocked=blocked)


def mix_detection_power(
    found: Synthetic, outcome: pd.DataFrame, *, change: str = "fall"
) -> Detection:
    """How often a synthetic control would have found falls of 1 to 80 %, or rises of 1 to 300 %.

    Parameters
    ----------
    found : the synthetic control, with its placebo units.
    outcome : time x unit of rates or counts, as it was given.
    change : "fall" or "rise".

    Raises
    ------
    NotEnough : with so few placebo units that fit as well that no change has a p of ``ALPHA``.

    Examples
    --------
    >>> from outcomes.methods.evaluation import fit_synthetic_control
    >>> rng = np.random.default_rng(1)
    >>> rates = pd.DataFrame(rng.normal(50, 2, (40, 30)))
    >>> found = fit_synthetic_control(rates, 0, 30)
    >>> mix_detection_power(found, rates).share(0.3, by="rank") > 0.9
    True
    """
    one_of(change, ("fall", "rise"), "change")
    ranked = found.ranked - 1
    if not found.rank or smallest_p(ranked) > ALPHA:
        raise NotEnough(
            f"No {change} of any size could be found: only {ranked} places fit as well."
        )
    sizes = np.arange(81 if change == "fall" else 301) / 100
    after = found.frame["after"].to_numpy()
    gaps, units = found.gaps.to_numpy(), found.gaps.columns
    level = outcome.loc[found.frame["time"], units].to_numpy()[after]
    early = (gaps[~after] ** 2).mean(axis=0)
    late = [
        gaps[after] + (-size if change == "fall" else size) * level for size in sizes
    ]
    ratios = np.array([(moved**2).mean(axis=0) for moved in late]).T / early[:, None]
    right = np.array([moved.mean(axis=0) for moved in late]).T
    by_rank = _p(ratios[:, 0], ratios) <= ALPHA
    by_rank &= right < 0 if change == "fall" else right > 0
    blocked = found.evidence().blocked
    by_verdict = by_rank & (not blocked)
    frame = {"by_rank": by_rank.mean(axis=0), "by_verdict": by_verdict.mean(axis=0)}
    sized = pd.DataFrame({"size": sizes, **frame})
    return Detection(sized, ranked, [], change, blocked)


def _logs(evaluation: Evaluation, areas: list[frozenset]) -> np.ndarray:
    """The log ratio of each area in an evaluation; NaN for one that it has not."""
    sets = [frozenset(units) for units in evaluation.placebo_sets]
    logs = pd.Series(evaluation.randomisation.placebo["log"].to_numpy(), sets)
    return logs[~logs.index.duplicated()].reindex(areas).to_numpy()


def _found(logs: np.ndarray, falls: np.ndarray, disjoint: int) -> np.ndarray:
    """Area x fall: whether the fall, put into the area, is found by its rank among the others."""
    moved = logs[:, None] + np.log1p(-falls)
    p = np.maximum(_p(logs, moved), smallest_p(disjoint))
    return (p <= ALPHA) & (moved < 0)


def _p(logs: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """The p of each value among the other areas, two-sided, itself counted.

    The same rank is asked as of the treated area, which stands among one area more.
    """
    size = np.sort(np.abs(logs[~np.isnan(logs)]))
    larger = len(size) - np.searchsorted(size, np.abs(moved) - 1e-12)
    itself = np.abs(logs)[:, None] >= np.abs(moved) - 1e-12
    return (1 + larger - itself) / (len(size) + 1)


def _steady(
    evaluation: Evaluation, panel: pd.DataFrame, looked: np.ndarray
) -> np.ndarray:
    """Whether each of some placebo areas shows no drift before the start, as the verdict asks."""
    pairs = evaluation.placebo_pairs
    pairs = [pairs[k] for k in looked]
    panel = panel.set_axis(dated(panel.index)).sort_index()
    area, comparison = (totals(panel, sets) for sets in zip(*pairs, strict=True))
    complete = np.isfinite(area + comparison)
    steady = np.zeros(len(pairs), bool)
    for there in np.unique(complete, axis=0):  # mostly the same months for all
        these = np.flatnonzero((complete == there).all(axis=1))
        months = panel.index[there]
        before = int((months < evaluation.start).sum())
        if before < FOLLOWED[0] or len(months) - before < FOLLOWED[1]:
            continue
        pair = area[these][:, there], comparison[these][:, there]
        found = np.full(len(these), np.nan)
        for width in WIDTHS:  # as :func:`follow_in_time`
            p = pretrend_p_values(*pair, event_bins(months, evaluation.start, width))
            found = np.where(np.isnan(found), p, found)
        steady[these] = [grade_pretrend(p) == "passes" for p in found]
    return steady
