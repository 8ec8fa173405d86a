"""Parametric bootstrap of a series without change: how often nothing looks like something.

The series drawn are first-order autoregressive: each point depends on the one before as much as
the points of the real series do (its autocorrelation), over the same months or quarters, with the
same gaps, level, spread, season and counting error, and goes through the same steps as the real one
(:func:`outcomes.methods.spc.process_behaviour` with ``latest``). Signals of the chart's rules and
the size of the movement of the latest year are both compared with them. Sources: Box, Jenkins,
Reinsel & Ljung 2015, *Time Series Analysis*, chapter 3; Marriott & Pope 1954 (Biometrika 41:390)
for the bias of the autocorrelation; Davison & Hinkley 1997, *Bootstrap Methods*, section 4.2, for
the p-value.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods import spc

MOST = 0.85
"""The most that an autocorrelation is taken for: beyond it a series wanders, and has no usual
level."""


class NoChange(NamedTuple):
    """What series drawn without change do, and how the real one stands among them."""

    autocorrelation: float
    """Of the real series, 0 to :data:`MOST`."""
    signals: float
    """Share of the series drawn with a signal in the latest year."""
    independent: float
    """The same, were no point to depend on the one before."""
    strength: float
    """Latest year less usual level, in standard errors by moving ranges."""
    error: float
    """That standard error, in units of the series."""
    p: float
    """Share of the series drawn that moved as much."""
    sizes: np.ndarray
    """How much they moved, sorted."""

    def reach(self, alpha: float) -> float:
        """The strength that a share ``alpha`` of the series drawn reaches."""
        return float(np.quantile(self.sizes, 1 - alpha))


def autocorrelation(history: pd.Series, *, season: bool = False) -> float:
    """The first-order autocorrelation of a series about its straight line, from 0 to :data:`MOST`.

    Of logarithms, with the season taken out when asked; neighbours across a gap are left out, and
    the bias of short series, some (1 + 4 r) / n, is added back. Raises NotEnough under 12 pairs.
    """
    series = spc.regular(history)
    adjusted = series / spc.season(series) if season else series
    if np.isinf(series).any() or (series < 0).any():
        raise Invalid(
            f"An autocorrelation is that of counts of 0 or more; given {series.min()}."
        )
    logs, time = np.log(adjusted.to_numpy() + 0.5), np.arange(len(series))
    known = np.isfinite(logs)
    if known.sum() < 12:
        raise NotEnough(
            f"An autocorrelation is that of 12 pairs of points; there are {known.sum()} points."
        )
    left = logs - np.polyval(np.polyfit(time[known], logs[known], 1), time)
    pairs = np.column_stack([left[:-1], left[1:]])
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    if len(pairs) < 12:
        raise NotEnough(
            f"An autocorrelation is that of 12 pairs of points; there are {len(pairs)}."
        )
    r = 2 * (pairs[:, 0] * pairs[:, 1]).sum() / (pairs**2).sum()
    return float(np.clip(r + (1 + 4 * r) / len(pairs), 0, MOST))


def no_change(
    values: pd.Series,
    chart: spc.Chart,
    *,
    history: pd.Series,
    draws: int = 2000,
    seed: int = 0,
) -> NoChange:
    """What chance alone does to a series that was judged as ``chart``.

    ``values`` are those that were judged, ``history`` all that are available: the autocorrelation
    is theirs. Raises Invalid for a chart of which no latest year was judged.
    """
    if chart.latest_points is None:
        raise Invalid("The chart has to be judged by its latest year: give latest=.")
    correlation = autocorrelation(history, season=len(chart.factors) > 0)
    rng = np.random.default_rng(seed)
    dependent = _draw(values, chart, rng, correlation, draws)
    alone = _draw(values, chart, rng, 0.0, draws)
    own = chart.frame["value"].to_numpy()[None]
    found = _strengths(own, len(chart.frame) - chart.latest_points)
    sizes = np.sort(np.abs(dependent.strength))
    p = (1 + (sizes >= abs(found.size[0])).sum()) / (1 + len(sizes))
    return NoChange(
        correlation,
        dependent.signals,
        alone.signals,
        float(found.size[0]),
        float(found.error[0]),
        float(p),
        sizes,
    )


class _Drawn(NamedTuple):
    strength: np.ndarray
    signals: float


def _draw(
    values: pd.Series,
    chart: spc.Chart,
    rng: np.random.Generator,
    correlation: float,
    draws: int,
) -> _Drawn:
    """Made-up series of no change, judged as the real one was; those that would have been told by
    their change, as the real one was not, are left out."""
    series = spc.regular(values)
    known, before = series.notna().to_numpy(), len(series) - (chart.latest_points or 0)
    base = chart.base["value"]
    spread = max(_spread(base, correlation), np.sqrt(base.mean()))
    noise = np.empty((draws, len(series)))
    noise[:, 0] = rng.normal(size=draws)
    for at in range(1, len(series)):
        fresh = rng.normal(size=draws) * np.sqrt(1 - correlation**2)
        noise[:, at] = correlation * noise[:, at - 1] + fresh
    made = np.maximum(base.mean() + spread * noise, 0)
    if len(chart.factors):
        months = series.index.month
        made = _deseasonalised(made * chart.factors[months].to_numpy(), months, known)
    made[:, ~known] = np.nan
    mean, reach = _limits(made, before)
    kept = (
        special(made[:, :before], mean, reach).sum(axis=1) <= known[:before].sum() / 2
    )
    made, mean, reach = made[kept], mean[kept], reach[kept]
    late = special(made, mean, reach)[:, before:].any(axis=1)
    return _Drawn(_strengths(made, before).size, float(late.mean()))


def _spread(base: pd.Series, correlation: float) -> float:
    """The standard deviation of a series that leans on its past, from its usual range.

    The larger of two estimates, each too small by itself where a series leans: from all points
    (Box and others 2015, section 2.1, for the bias) and from one point to the next.
    """
    n = len(base)
    lags = np.arange(1, n)
    kept = 1 - 2 / (n - 1) * ((1 - lags / n) * correlation**lags).sum()
    steps = spc.regular(base).diff().abs().mean() / 1.128
    return max(base.std() / np.sqrt(max(kept, 0.1)), steps / np.sqrt(1 - correlation))


def _deseasonalised(
    made: np.ndarray, months: pd.Index, known: np.ndarray
) -> np.ndarray:
    """:func:`outcomes.methods.spc.season` for many series of the same dates at once."""
    labels, place = np.unique(months, return_inverse=True)
    design = np.column_stack([np.arange(len(months)) / 12, np.eye(len(labels))[place]])
    terms = np.linalg.pinv(design[known]) @ np.log(made[:, known] + 0.5).T
    terms = terms[1:] - terms[1:].mean(axis=0)
    return made / np.exp(terms)[place].T


def _limits(made: np.ndarray, before: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean and how far the limits lie from it, by the points before the latest year."""
    base = made[:, :before]
    mean, ranges = (
        np.nanmean(base, axis=1, keepdims=True),
        np.abs(np.diff(base, axis=1)),
    )
    ranges = np.where(
        ranges <= 3.267 * np.nanmean(ranges, axis=1, keepdims=True), ranges, np.nan
    )
    reach = 2.66 * np.nanmean(ranges, axis=1, keepdims=True)
    return mean, np.maximum(reach, 3 * np.sqrt(np.maximum(mean, 0)))


class _Strengths(NamedTuple):
    size: np.ndarray
    error: np.ndarray


def _strengths(made: np.ndarray, before: int) -> _Strengths:
    """The latest year's mean less the usual one, in standard errors, and that error."""
    mean, reach = _limits(made, before)
    late = made[:, before:]
    many = [np.isfinite(part).sum(axis=1) for part in (late, made[:, :before])]
    error = reach[:, 0] / 3 * np.sqrt(1 / many[0] + 1 / many[1])
    return _Strengths((np.nanmean(late, axis=1) - mean[:, 0]) / error, error)


def special(made: np.ndarray, mean: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Which points of many series, a row each, the rules of :func:`outcomes.methods.spc.process_behaviour` call
    special, by one mean and reach of the limits for each row."""
    with np.errstate(invalid="ignore"):
        side = np.nan_to_num(np.sign(made - mean))
        outside = np.abs(made - mean) > reach
        near = (np.abs(made - mean) > reach * 2 / 3) & ~outside
        steps = np.nan_to_num(np.sign(np.diff(made, axis=1)))
    found = outside.copy()
    for flags, length in ((steps, 6), (side, 7)):
        if made.shape[1] < 7:
            continue
        whole = (
            np.abs(sliding_window_view(flags, length, axis=1).sum(axis=-1)) == length
        )
        for k in range(7):
            found[:, k : k + whole.shape[1]] |= whole
    two = sliding_window_view(near, 3, axis=1).sum(axis=-1) >= 2
    two &= np.abs(sliding_window_view(side, 3, axis=1).sum(axis=-1)) == 3
    for k in range(3):
        found[:, k : k + two.shape[1]] |= two & near[:, k : k + two.shape[1]]
    return found
