"""Difference in differences of counts: Poisson with unit and time effects, and its checks.

With one start date and no missing cells, the Poisson estimate has a closed form: the ratio of
the treated units' change to the others' change (the tests hold it equal to the regression). So
thousands of placebo sets cost milliseconds. Sources: Wooldridge 2023 (Econometrics J 26:C31);
for one or few treated areas, randomisation instead of clustered errors: Conley & Taber 2011
(REStat 93:113); MacKinnon & Webb 2020 (J Econometrics 218:435).
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.displacement import rirr
from outcomes.methods.intervals import normal
from outcomes.methods.minimum_data import like, wide


class Did(NamedTuple):
    """Treated units' change over the others' change, with dispersion-scaled and clustered errors.

    ``lower`` and ``upper`` come from the larger of the two. They cover while months vary one by
    one; where units change for good by themselves, or good and bad spells last, they miss two or
    three times too often (``tests/simulate``): use ``randomisation`` and ``placebo_interval``.
    """

    ratio: float
    lower: float
    upper: float
    se: float  # of the log ratio, scaled by dispersion
    cluster_se: float  # of the log ratio, clustered by unit (CR0)
    dispersion: (
        float  # the larger of that of cells and that of the two groups through time
    )
    avoided: float  # events fewer (positive) than the others' change would have given
    treated: int
    control: int
    pre: int
    post: int
    frame: pd.DataFrame  # time, treated, control, expected, after


class EventStudy(NamedTuple):
    """The treated-to-control ratio in each bin of time beside the last bin before the start."""

    frame: pd.DataFrame
    pretrend_p: float
    dispersion: float


def did(
    panel: pd.DataFrame, treated, start, *, confidence=0.95, minimum=(24, 12)
) -> Did:
    """Whether treated units changed differently from the others at ``start``.

    ``panel`` is time x unit of counts; times with a missing cell are left out. Raises NotEnough
    under ``minimum`` times before or after, and when a group has no events before or after.
    """
    panel, treated, after = wide(panel, treated, start, minimum=minimum)
    inside = panel.columns.isin(treated)
    y = panel.to_numpy()
    t, c = y[:, inside].sum(1), y[:, ~inside].sum(1)
    t0, t1, c0, c1 = t[~after].sum(), t[after].sum(), c[~after].sum(), c[after].sum()
    plain = rirr((t0, t1), (c0, c1), confidence=confidence)
    mu = _fitted(y, inside, after, plain.estimate)
    spread = max(_cell_dispersion(y, mu), _group_dispersion(t, c, after.astype(int)))
    cluster = _cluster_se(y, mu, np.outer(after, inside).astype(float))
    se = plain.se * np.sqrt(max(spread, 1.0))
    wider = max(se, cluster) ** 2 / plain.se**2
    found = rirr((t0, t1), (c0, c1), inflation=wider, confidence=confidence)
    expected = np.where(
        after, mu[:, inside].sum(1) / plain.estimate, mu[:, inside].sum(1)
    )
    frame = pd.DataFrame(
        {"time": panel.index, "treated": t, "control": c, "expected": expected}
    )
    frame["after"] = after
    sizes = (int(mask.sum()) for mask in (inside, ~inside, ~after, after))
    avoided = float(t0 * c1 / c0 - t1)
    limits = (found.estimate, found.lower, found.upper)
    return Did(*limits, float(se), cluster, spread, avoided, *sizes, frame)


def event_study(
    panel: pd.DataFrame,
    treated,
    start,
    *,
    width: int = 3,
    confidence=0.95,
    minimum=(24, 12),
) -> EventStudy:
    """The treated-to-control ratio through time, relative to all the time before the start.

    Bins are of ``width`` calendar months from the start, so that missing months leave their place
    empty. Before the start the ratios should wander around a level: ``pretrend_p`` tests that they
    do not drift (a straight line in the log ratio, with dispersion). The frame has event (bins
    from the start), start, end, ratio, lower, upper, before.
    """
    if not isinstance(width, (int, np.integer)) or width < 1:
        raise Invalid(f"A bin is a whole number of months, 1 or more; given {width!r}.")
    panel, treated, _ = wide(panel, treated, start, minimum=minimum)
    if not isinstance(panel.index, pd.DatetimeIndex):
        raise Invalid(
            "An event-time plot needs a panel by month, with the months as its index."
        )
    inside, first = panel.columns.isin(treated), like(start, panel.index)
    steps = 12 * (panel.index.year - first.year) + panel.index.month - first.month
    event = np.floor(steps / width).astype(int)
    y = panel.to_numpy()
    t, c = y[:, inside].sum(1), y[:, ~inside].sum(1)
    rows = pd.DataFrame(
        {"start": panel.index, "end": panel.index, "t": t, "c": c, "event": event}
    )
    bins = rows.groupby("event").agg(
        {"start": "min", "end": "max", "t": "sum", "c": "sum"}
    )
    if (bins[["t", "c"]] == 0).any(axis=None):
        raise NotEnough(
            "A bin of the event-time plot has no events; use a larger width."
        )
    spread = max(_group_dispersion(t, c, event), 1.0)
    bins["log"] = np.log(bins["t"] / bins["c"])
    bins["variance"] = spread * (1 / bins["t"] + 1 / bins["c"])
    early = bins[bins.index < 0]
    frame = _beside_before(bins, spread, normal(confidence))
    return EventStudy(frame, _drift(early["log"], early["variance"]), float(spread))


def _beside_before(bins: pd.DataFrame, spread: float, errors: float) -> pd.DataFrame:
    """The ratio of each bin beside that of all the time before, with limits so many errors away."""
    before = bins.index < 0
    t, c = bins.loc[before, "t"].sum(), bins.loc[before, "c"].sum()
    log, base = bins["log"] - np.log(t / c), spread * (1 / t + 1 / c)
    # A bin before the start is part of what it is held against, which shares its chance with it.
    variance = bins["variance"] + np.where(before, -base, base)
    reach = errors * np.sqrt(variance.clip(lower=0))
    ends = {
        "ratio": np.exp(log),
        "lower": np.exp(log - reach),
        "upper": np.exp(log + reach),
    }
    return bins[["start", "end"]].assign(**ends, before=before).reset_index()


def _fitted(y, inside, after, ratio):
    """Means of the two-way Poisson model in closed form (time x unit)."""
    control = y[:, ~inside].sum(1)
    g0, g1 = control[~after].sum(), control[after].sum()
    share = y[np.ix_(~after, inside)].sum() / g0
    total = y.sum(1)
    g = total / np.where(after, share * ratio + 1, share + 1)
    a = y.sum(0) / np.where(inside, g0 + ratio * g1, g0 + g1)
    return np.outer(g, a) * np.where(np.outer(after, inside), ratio, 1.0)


def _cell_dispersion(y, mu) -> float:
    """Pearson's chi-squared by its degrees of freedom, over units and times with any events."""
    rows, cols = mu.sum(1) > 0, mu.sum(0) > 0
    y, mu = y[np.ix_(rows, cols)], mu[np.ix_(rows, cols)]
    freedom = (y.shape[0] - 1) * (y.shape[1] - 1) - 1
    return float(((y - mu) ** 2 / mu).sum() / freedom) if freedom > 0 else 1.0


def _group_dispersion(t, c, group) -> float:
    """How much the treated share of events varies within each group of times, beyond chance."""
    total, chi2 = t + c, 0.0
    for g in np.unique(group):
        at = (group == g) & (total > 0)
        share = t[at].sum() / total[at].sum()
        if 0 < share < 1:
            chi2 += (
                (t[at] - share * total[at]) ** 2 / (total[at] * share * (1 - share))
            ).sum()
    freedom = len(t) - len(np.unique(group))
    return float(chi2 / freedom) if freedom > 0 else 1.0


def _cluster_se(y, mu, d) -> float:
    """CR0 standard error of the log ratio: scores of the partialled-out treatment by unit."""
    units, times = mu.sum(0), mu.sum(1)
    scale = np.divide(1.0, units, out=np.zeros_like(units), where=units > 0)
    lhs = np.diag(times) - (mu * scale) @ mu.T
    rhs = (mu * d).sum(1) - mu @ (scale * (mu * d).sum(0))
    v = np.linalg.lstsq(lhs, rhs, rcond=None)[0]
    u = scale * (mu * (d - v[:, None])).sum(0)
    rest = d - u - v[:, None]
    scores = (rest * (y - mu)).sum(0)
    return float(np.sqrt((scores**2).sum()) / (mu * rest * d).sum())


def _drift(log: pd.Series, variance: pd.Series) -> float:
    """p-value of a straight line through the log ratios before the start; NaN under 3 bins."""
    if len(log) < 3:
        return np.nan
    w, x = 1 / variance.to_numpy(), log.index.to_numpy(float)
    centred = x - (w * x).sum() / w.sum()
    slope = (w * centred * log.to_numpy()).sum() / (w * centred**2).sum()
    z = abs(slope) * np.sqrt((w * centred**2).sum())
    return float(2 * (1 - NormalDist().cdf(z)))
