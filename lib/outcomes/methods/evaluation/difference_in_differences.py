"""Difference in differences of counts: Poisson with unit and time effects, and its checks.

With one start date and no missing cells, the Poisson estimate has a closed form: the ratio of
the treated units' change to the others' change (the tests hold it equal to the regression). So
thousands of placebo sets cost milliseconds. Sources: Wooldridge 2023 (Econometrics J 26:C31);
for one or few treated areas, randomisation instead of clustered errors: Conley & Taber 2011
(REStat 93:113); MacKinnon & Webb 2020 (J Econometrics 218:435).
"""

from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.displacement import rirr
from outcomes.methods.intervals import normal
from outcomes.methods.minimum_data import like, wide

ALPHA, DOUBT = 0.05, 0.25
"""Under the first a pre-trend fails its test; under the second it leaves doubt."""

PRETREND_CLAUSES = {
    "untested": "whether it was already changing before cannot be tested",
    "passes": "it shows no drift before the start",
    "doubtful": "whether it was already changing before is in doubt",
    "fails": "it was already changing before the start",
}


def grade_pretrend(p: float | None) -> str:
    """A test of a drift before the start, graded: passes, doubtful, fails or untested.

    >>> [grade_pretrend(p) for p in (0.03, 0.1, 0.6, float("nan"), None)]
    ['fails', 'doubtful', 'passes', 'untested', '']
    """
    if p is None:
        return ""
    if np.isnan(p):
        return "untested"
    return "fails" if p < ALPHA else "doubtful" if p < DOUBT else "passes"


class Did(NamedTuple):
    """Treated units' change over the others' change, with dispersion-scaled and clustered errors.

    ``lower`` and ``upper`` come from the larger of the two. They cover while months vary one by
    one; where units change for good by themselves, or good and bad spells last, they miss two or
    three times too often (``tests/simulate``): use ``randomisation`` and ``placebo_interval``. An
    evaluation without an estimate holds one without numbers.
    """

    ratio: float = np.nan
    lower: float = np.nan
    upper: float = np.nan
    se: float = np.nan  # of the log ratio, scaled by dispersion
    cluster_se: float = np.nan  # of the log ratio, clustered by unit (CR0)
    dispersion: float = np.nan  # the larger of that of cells and of groups through time
    avoided: float = np.nan  # events fewer (positive) than by the others' change
    treated: int = 0
    control: int = 0
    pre: int = 0
    post: int = 0
    frame: pd.DataFrame = (
        pd.DataFrame()
    )  # time, treated, control, counterfactual, after


class EventStudy(NamedTuple):
    """The treated-to-control ratio in each bin of time beside the last bin before the start."""

    frame: pd.DataFrame
    pretrend_p: float
    dispersion: float
    logs: pd.DataFrame = pd.DataFrame()  # event; log ratio and its variance

    @property
    def coefficients(self) -> pd.Series:
        """The log ratio of each bin to that of the last before the start, which is left out."""
        log = self.logs["log"] - self.logs["log"][self._last]
        return log.drop(self._last)

    @property
    def covariance(self) -> pd.DataFrame:
        """That of :attr:`coefficients`: they share the chance of the bin they are set beside."""
        variance = self.logs["variance"]
        kept = variance.drop(self._last)
        shared = np.diag(kept) + variance[self._last]
        return pd.DataFrame(shared, kept.index, kept.index)

    @property
    def _last(self) -> int:
        return self.logs.index[self.logs.index < 0].max()

    @property
    def width(self) -> int:
        """The calendar months of a bin: 3 or 6, from how far apart bins lie in time."""
        first, last = self.frame.iloc[0], self.frame.iloc[-1]
        months = 12 * (last["start"].year - first["start"].year)
        months += last["start"].month - first["start"].month
        return 3 if months / (last["event"] - first["event"]) < 4.5 else 6

    @property
    def clause(self) -> str:
        """What may be said of the pre-trend, as a part of a sentence."""
        return PRETREND_CLAUSES[grade_pretrend(self.pretrend_p)]


def did(
    panel: pd.DataFrame,
    treated: str | Sequence[str],
    start: str | pd.Timestamp | int,
    *,
    confidence: float = 0.95,
    minimum: tuple[int, int] = (24, 12),
) -> Did:
    """Whether treated units changed differently from the others at ``start``.

    Parameters
    ----------
    panel : time x unit of counts; times with a missing cell are left out.
    treated, start : the treated units and the first time of the programme.
    confidence : of the interval.
    minimum : the fewest times before and after.

    Raises
    ------
    NotEnough : under ``minimum`` times, and when a group has no events before or after.

    Examples
    --------
    >>> months = pd.date_range("2020-01-01", periods=36, freq="MS")
    >>> panel = pd.DataFrame({"town": [10] * 24 + [5] * 12, "rest": 50}, months)
    >>> round(did(panel, "town", "2022-01").ratio, 2)
    0.5
    """
    panel, treated, after = wide(panel, treated, start, minimum=minimum)
    inside = panel.columns.isin(treated)
    y = panel.to_numpy()
    t, c = y[:, inside].sum(1), y[:, ~inside].sum(1)
    t0, t1, c0, c1 = t[~after].sum(), t[after].sum(), c[~after].sum(), c[after].sum()
    plain = rirr((t0, t1), (c0, c1), confidence=confidence)
    mu = _two_way_means(y, inside, after, plain.estimate)
    spread = max(_cell_dispersion(y, mu), float(_group_dispersion(t, c, after)))
    cluster = _cluster_se(y, mu, np.outer(after, inside).astype(float))
    se = plain.se * np.sqrt(max(spread, 1.0))
    wider = max(se, cluster) ** 2 / plain.se**2
    found = rirr((t0, t1), (c0, c1), inflation=wider, confidence=confidence)
    fitted = mu[:, inside].sum(1)
    frame = pd.DataFrame(
        {
            "time": panel.index,
            "treated": t,
            "control": c,
            "counterfactual": np.where(after, fitted / plain.estimate, fitted),
            "after": after,
        }
    )
    return Did(
        ratio=found.estimate,
        lower=found.lower,
        upper=found.upper,
        se=float(se),
        cluster_se=cluster,
        dispersion=spread,
        avoided=float(t0 * c1 / c0 - t1),
        treated=int(inside.sum()),
        control=int((~inside).sum()),
        pre=int((~after).sum()),
        post=int(after.sum()),
        frame=frame,
    )


def event_study(
    panel: pd.DataFrame,
    treated: str | Sequence[str],
    start: str | pd.Timestamp,
    *,
    width: int = 3,
    confidence: float = 0.95,
    minimum: tuple[int, int] = (24, 12),
) -> EventStudy:
    """The treated-to-control ratio through time, relative to all the time before the start.

    Bins are of ``width`` calendar months from the start, so that missing months leave their place
    empty. Before the start the ratios should wander around a level (parallel trends):
    ``pretrend_p`` tests that they do not drift (a straight line in the log ratio, with
    dispersion). The frame has event (bins from the start), start, end, ratio, lower, upper,
    before. Raises NotEnough where a bin has no events.
    """
    if not isinstance(width, (int, np.integer)) or width < 1:
        raise Invalid(f"A bin is a whole number of months, 1 or more; given {width!r}.")
    panel, treated, _ = wide(panel, treated, start, minimum=minimum)
    if not isinstance(panel.index, pd.DatetimeIndex):
        raise Invalid(
            "An event-time plot needs a panel by month, with the months as its index."
        )
    inside = panel.columns.isin(treated)
    y = panel.to_numpy()
    t, c = y[:, inside].sum(1), y[:, ~inside].sum(1)
    months = event_bins(panel.index, like(start, panel.index), width)
    event, first, many = np.unique(months, return_index=True, return_counts=True)
    if not _has_events(t, c, months):
        raise NotEnough(
            "A bin of the event-time plot has no events; use a larger width."
        )
    log, variance, spread = _bin_ratios(t, c, months)
    logs = pd.DataFrame(
        {"log": log, "variance": variance}, pd.Index(event, name="event")
    )
    before, early = event < 0, months < 0
    pretrend_p = _pretrend_p(event[before], log[before], variance[before])
    t, c = t[early].sum(), c[early].sum()
    log, base = log - np.log(t / c), spread * (1 / t + 1 / c)
    # A bin before the start is part of what it is compared with, and shares its chance with it.
    variance = variance + np.where(before, -base, base)
    reach = normal(confidence) * np.sqrt(variance.clip(min=0))
    frame = {
        "event": event,
        "start": panel.index[first],
        "end": panel.index[first + many - 1],
        "ratio": np.exp(log),
        "lower": np.exp(log - reach),
        "upper": np.exp(log + reach),
        "before": before,
    }
    return EventStudy(pd.DataFrame(frame), pretrend_p, float(spread), logs)


def event_bins(index: pd.DatetimeIndex, start: pd.Timestamp, width: int) -> np.ndarray:
    """The bin of each month: 0 begins at the start and holds ``width`` calendar months."""
    steps = 12 * (index.year - start.year) + index.month - start.month
    return np.floor(steps / width).to_numpy(int)


def pretrend_p_values(
    treated: np.ndarray, control: np.ndarray, bins: np.ndarray
) -> np.ndarray:
    """The ``pretrend_p`` of :func:`event_study` for many pairs of series at once (pair x month).

    NaN where a bin has no events, and with fewer than 3 bins before the start.
    """
    event = np.unique(bins)
    before = event < 0
    found = np.full(len(treated), np.nan)
    there = _has_events(treated, control, bins)
    log, variance, _ = _bin_ratios(treated[there], control[there], bins)
    pairs = zip(log[:, before], variance[:, before], strict=True)
    found[there] = [_pretrend_p(event[before], *pair) for pair in pairs]
    return found


def _has_events(t: np.ndarray, c: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Whether both series have events in each bin."""
    first = np.unique(bins, return_index=True)[1]
    sums = [np.add.reduceat(counts, first, axis=-1) for counts in (t, c)]
    return np.all(sums, axis=(0, -1))


def _bin_ratios(
    t: np.ndarray, c: np.ndarray, bins: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each bin the log ratio and its variance, and the dispersion, of 1 at least."""
    spread = np.maximum(_group_dispersion(t, c, bins), 1.0)
    first = np.unique(bins, return_index=True)[1]
    t, c = (np.add.reduceat(counts, first, axis=-1) for counts in (t, c))
    return np.log(t / c), spread[..., None] * (1 / t + 1 / c), spread


def _two_way_means(
    y: np.ndarray, inside: np.ndarray, after: np.ndarray, ratio: float
) -> np.ndarray:
    """Means of the two-way Poisson model in closed form (time x unit)."""
    control = y[:, ~inside].sum(1)
    g0, g1 = control[~after].sum(), control[after].sum()
    share = y[np.ix_(~after, inside)].sum() / g0
    total = y.sum(1)
    g = total / np.where(after, share * ratio + 1, share + 1)
    a = y.sum(0) / np.where(inside, g0 + ratio * g1, g0 + g1)
    return np.outer(g, a) * np.where(np.outer(after, inside), ratio, 1.0)


def _cell_dispersion(y: np.ndarray, mu: np.ndarray) -> float:
    """Pearson's chi-squared by its degrees of freedom, over units and times with any events."""
    rows, cols = mu.sum(1) > 0, mu.sum(0) > 0
    y, mu = y[np.ix_(rows, cols)], mu[np.ix_(rows, cols)]
    freedom = (y.shape[0] - 1) * (y.shape[1] - 1) - 1
    return float(((y - mu) ** 2 / mu).sum() / freedom) if freedom > 0 else 1.0


def _group_dispersion(t: np.ndarray, c: np.ndarray, group: np.ndarray) -> np.ndarray:
    """How much the treated share of events varies within each group of times, beyond chance.

    The last axis of the counts is time; groups follow one another.
    """
    first, many = np.unique(group, return_index=True, return_counts=True)[1:]
    total = t + c
    sums = (np.add.reduceat(counts, first, axis=-1) for counts in (t, total))
    share = np.repeat(np.divide(*sums), many, axis=-1)
    variance = total * share * (1 - share)
    square = (t - share * total) ** 2
    chi2 = np.divide(square, variance, out=np.zeros_like(square), where=variance > 0)
    freedom = t.shape[-1] - len(first)
    if freedom <= 0:
        return np.ones(t.shape[:-1])
    groups = np.split(chi2, first[1:], axis=-1)
    return sum(each.sum(axis=-1) for each in groups) / freedom


def _cluster_se(y: np.ndarray, mu: np.ndarray, d: np.ndarray) -> float:
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


def _pretrend_p(event: np.ndarray, log: np.ndarray, variance: np.ndarray) -> float:
    """p-value of a straight line through the log ratios before the start; NaN under 3 bins."""
    if len(log) < 3:
        return np.nan
    weight = 1 / np.sqrt(variance)
    (slope, _), cov = np.polyfit(event, log, 1, w=weight, cov="unscaled")
    return float(2 * (1 - NormalDist().cdf(abs(slope) / np.sqrt(cov[0, 0]))))
