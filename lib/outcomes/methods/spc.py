"""Signal and noise in a series: the individuals chart (XmR) by NHS "Making Data Count" rules.

Limits are the mean ± 2.66 times the mean moving range, where moving ranges above 3.267 times
their mean are screened out first. A point is special when it lies outside the limits, in 7
rising or falling, in 7 on one side of the mean, or in 2 of 3 near the same limit. Sources:
NHS England 2019, *Making Data Count*; NHSRplotthedots 0.2 (the same rules in R); Wheeler 2000,
*Understanding Variation*. Not for seasonal series before :func:`deseasonalise`. Counts so small
that most points are 0 or 1 are refused (Montgomery 2019, *Introduction to Statistical Quality
Control*, section 7.3.3: events that rare are judged by the time between them). A series that
trends has no usual range: :func:`judged` says so.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough, one_of
from outcomes.methods.funnels import Funnel, dersimonian_laird, funnel
from outcomes.methods.intervals import numbers

__all__ = ["Chart", "Funnel", "dersimonian_laird", "deseasonalise", "funnel", "xmr"]

FEWEST = 8  # points before the latest year that a usual range needs
SETTLED = 12  # points before limits stop being trial limits
BETTER = ("more", "fewer", "neither")
OUTSIDE, TREND = "outside the limits", "7 rising or falling"
SIDE, NEAR = "7 on one side of the mean", "2 of 3 near a limit"


class Chart(NamedTuple):
    """An XmR chart: a row per point, the latest limits, and whether they are only trial limits."""

    frame: pd.DataFrame
    mean: float
    lower: float
    upper: float
    moving_range: float
    points: int
    trial: bool
    note: str


def xmr(
    values,
    *,
    baseline=None,
    direction: str | None = None,
    rebase=(),
    screen: bool = True,
    counts: bool = False,
) -> Chart:
    """Limits and special-cause points of a series in order of time.

    values    a Series (its index names the periods) or a list; NaN is a gap, which breaks runs. So
              is a month or quarter that is absent from an index of dates.
    baseline  which points set the limits: None for all, ``n`` for the first n, or a pair of labels.
    better    "more", "fewer" or "neither": which way is improvement.
    rebase    pairs of (label, reason): fresh limits from that label on; a reason is required.
    counts    limits are never narrower than counting error: three times the root of the mean.

    The frame has period, value, mean, lower, upper, near_lower, near_upper, moving_range, phase,
    special (the rule met, or ""), direction (high, low, rising, falling or "") and verdict
    (improvement, concern, neither or ""). Raises NotEnough under 3 points and for sparse counts;
    Invalid for an index out of order or repeated, for infinite values and for counts below 0.
    """
    series = regular(values)
    if np.isinf(series).any() or (counts and (series < 0).any()):
        below = "" if np.isinf(series).any() else " of 0 or more"
        raise Invalid(
            f"A chart needs finite values{below}; given {series.min()}, {series.max()}."
        )
    direction = one_of(direction or "neither", BETTER, "direction")
    phases = _phases(series, rebase)
    parts = [
        _part(p, None if k else baseline, screen, counts) for k, p in enumerate(phases)
    ]
    frame = pd.concat([p[0].assign(phase=k + 1) for k, p in enumerate(parts)])
    frame = _judge(frame.reset_index(drop=True), direction)
    last, points, moving = frame.iloc[-1], parts[-1][1], parts[-1][2]
    trial = points < SETTLED
    until = f" and are trial limits until there are {SETTLED}" if trial else ""
    note = f"The limits rest on {points} points{until}."
    return Chart(
        frame, last["mean"], last["lower"], last["upper"], moving, points, trial, note
    )


def regular(values) -> pd.Series:
    """A series of numbers in order of time, with a row of NaN for each date that was left out.

    Dates all on one day of the month are months, quarters or years apart, others days; where they
    keep to no step (weeks of action) nothing is added. Raises Invalid for labels out of order.
    """
    series = _numbers(values)
    index = series.index
    if isinstance(index, pd.PeriodIndex):
        index = series.index = index.to_timestamp()
    if not (index.is_monotonic_increasing and index.is_unique):
        wrong = "in order of time" if index.is_unique else "only one of each"
        raise Invalid(
            f"The points of a series must be {wrong}; sort or add them up first."
        )
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 3:
        return series
    monthly = len(set(index.day)) == 1 and len(set(index - index.normalize())) == 1
    place = index.year * 12 + index.month if monthly else index.to_julian_date()
    steps = np.diff(np.asarray(place))
    if (np.round(steps / steps.min()) * steps.min() != steps).any():
        return series
    apart = {"months": int(steps.min())} if monthly else {"days": float(steps.min())}
    return series.reindex(
        pd.date_range(index[0], index[-1], freq=pd.DateOffset(**apart))
    )


def _numbers(values) -> pd.Series:
    given = pd.Series(values)
    return pd.Series(numbers(given), given.index)


def _sparse(known: pd.Series) -> str:
    """Why a series is too sparse for limits ("" when it is not): most points alike, or 0 and 1."""
    if known.nunique() == 1 and known.iloc[0] != 0:
        return ""
    whole = (known >= 0).all() and (known % 1 == 0).all()
    if whole and known.median() <= 1:
        return f"{(known <= 1).sum()} of {len(known)} points are 0 or 1"
    if len(known) > 3 and known.diff().abs().median() == 0:
        return "most points are the same as the one before"
    return ""


def _part(series: pd.Series, baseline, screen: bool, counts: bool):
    """One phase with its own mean and limits; the number of points and mean moving range too."""
    moving = series.diff().abs()
    inside = _baseline(series, baseline)
    known = series[inside].dropna()
    ranges = series[inside].diff().abs().dropna()
    if len(known) < 3 or ranges.empty:
        found = f"there are {len(known)}"
        raise NotEnough(
            f"A chart needs at least 3 points, two of them in a row; {found}."
        )
    if why := _sparse(known):
        raise NotEnough(f"Such small numbers have no usual range: {why}.")
    if screen and ranges.mean() > 0:
        ranges = ranges[ranges < 3.267 * ranges.mean()]
    mean, bar = known.mean(), ranges.mean()
    if counts:
        bar = max(bar, 3 * np.sqrt(mean) / 2.66)
    frame = pd.DataFrame(
        {"period": series.index, "value": series.to_numpy(), "mean": mean}
    )
    for name, reach in (
        ("lower", -1),
        ("upper", 1),
        ("near_lower", -2 / 3),
        ("near_upper", 2 / 3),
    ):
        frame[name] = mean + reach * 2.66 * bar
    frame["moving_range"] = moving.to_numpy()
    return frame, len(known), float(bar)


class Judged(NamedTuple):
    """A declared series judged: its chart, and how its latest year stands to the time before.

    ``factors`` are those of the season that was taken out, by month of the year (empty: none).
    ``moving`` says that most of the earlier points signal against their own limits: then those
    limits describe nothing, and the series is told by its change.
    """

    chart: Chart
    factors: pd.Series
    latest: int
    moving: bool

    @property
    def late(self) -> pd.DataFrame:
        """The points of the latest year that are known."""
        return self.chart.frame.tail(self.latest).dropna(subset=["value"])

    @property
    def base(self) -> pd.DataFrame:
        """The points that set the limits."""
        return self.chart.frame.iloc[: -self.latest].dropna(subset=["value"])


def judged(
    values: pd.Series,
    *,
    latest: int,
    season: bool = False,
    direction: str = "neither",
) -> Judged:
    """Counts judged as the declared series are: the latest year by all points before it.

    ``latest`` is how many points make the latest year. With ``season`` the usual season is taken
    out first, by all points (:func:`deseasonalise`). Limits are those of :func:`xmr`, never
    narrower than counting error. Raises NotEnough where fewer than 8 points come before, or where
    there are too many small numbers.
    """
    if not isinstance(latest, (int, np.integer)) or latest < 1:
        raise Invalid(
            f"The latest year is a whole number of points, 1 or more; given {latest!r}."
        )
    series, factors = regular(values), pd.Series(dtype=float)
    if season:
        found = deseasonalise(series)
        series = found["adjusted"]
        factors = found["factor"].groupby(series.index.month).first()
    before = series.iloc[:-latest]
    if before.notna().sum() < FEWEST:
        found = before.notna().sum()
        raise NotEnough(
            f"A usual range needs {FEWEST} points before the latest year; there are {found}."
        )
    chart = xmr(series, baseline=len(before), direction=direction, counts=True)
    own = _judge(
        chart.frame.iloc[: len(before)].drop(columns=["special", "direction"]),
        direction,
    )
    moving = (own["special"] != "").sum() > own["value"].notna().sum() / 2
    return Judged(chart, factors, latest, bool(moving))


def _judge(frame: pd.DataFrame, direction: str) -> pd.DataFrame:
    value, side = (
        frame["value"].to_numpy(),
        np.nan_to_num(np.sign(frame["value"] - frame["mean"])),
    )
    outside = (value > frame["upper"].to_numpy()) | (value < frame["lower"].to_numpy())
    near = (value > frame["near_upper"].to_numpy()) | (
        value < frame["near_lower"].to_numpy()
    )
    near &= ~outside
    phase = frame["phase"].to_numpy()
    trend, run, pair = (
        np.zeros(len(value)),
        np.zeros(len(value), bool),
        np.zeros(len(value), bool),
    )
    for k in np.unique(phase):  # runs do not cross a change of limits
        at = phase == k
        trend[at] = _whole_run(trend_of_seven(value[at]))
        run[at] = _whole_run(seven_one_side(side[at])) != 0
        pair[at] = two_of_three(near[at], side[at]) & near[at]
    rules = [(outside, OUTSIDE), (trend != 0, TREND), (run, SIDE), (pair, NEAR)]
    frame["special"] = np.select([r for r, _ in rules], [name for _, name in rules], "")
    ways = np.where(side > 0, "high", "low").astype(object)
    ways = np.where(
        (frame["special"] == TREND), np.where(trend > 0, "rising", "falling"), ways
    )
    frame["direction"] = np.where(frame["special"] == "", "", ways)
    frame["verdict"] = [_verdict(d, direction) for d in frame["direction"]]
    return frame


def _verdict(moved: str, direction: str) -> str:
    if moved == "" or direction == "neither":
        return "" if moved == "" else "neither"
    up = moved in ("high", "rising")
    return "improvement" if up == (direction == "more") else "concern"


def seven_one_side(side) -> np.ndarray:
    """1 at each point that is the 7th or later in a row on one side of the mean."""
    return pd.Series(side, dtype=float).rolling(7).sum().abs().eq(7).to_numpy(float)


def trend_of_seven(values) -> np.ndarray:
    """1 (rising) or -1 (falling) at each point that ends 7 in a row; ties and gaps break it."""
    steps = np.sign(pd.Series(np.asarray(values, float)).diff())
    whole = steps.rolling(6).sum().abs() == 6
    return steps.where(whole, 0.0).to_numpy()


def two_of_three(near, side) -> np.ndarray:
    """Whether a point is in any 3 in a row, all on one side, 2 or more of them near the limit."""
    near, side = np.asarray(near, bool), np.asarray(side, float)
    out = np.zeros(len(near), bool)
    for k in range(len(near) - 2):
        if near[k : k + 3].sum() >= 2 and abs(side[k : k + 3].sum()) == 3:
            out[k : k + 3] = True
    return out


def _whole_run(ends: np.ndarray) -> np.ndarray:
    """Spread a flag at the 7th point back over the six before it."""
    out = np.zeros(len(ends))
    for k in np.flatnonzero(ends):
        out[k - 6 : k + 1] = np.where(
            out[k - 6 : k + 1] == 0, ends[k], out[k - 6 : k + 1]
        )
    return out


def _baseline(series: pd.Series, baseline) -> np.ndarray:
    if baseline is None:
        return np.ones(len(series), bool)
    if isinstance(baseline, (int, np.integer)):
        return np.arange(len(series)) < baseline
    if np.shape(baseline) != (2,):
        raise Invalid(
            f"A baseline is a number of points or a pair of labels; given {baseline!r}."
        )
    start, end = baseline
    return np.asarray((series.index >= start) & (series.index <= end))


def _phases(series: pd.Series, rebase) -> list[pd.Series]:
    cuts = [0]
    if not all(np.shape(pair) == (2,) for pair in rebase or ()):
        raise Invalid("New limits are given as pairs of a label and a reason.")
    for label, reason in rebase or ():
        if not str(reason).strip():
            raise Invalid(f"New limits from {label} need a reason that can be printed.")
        at = np.flatnonzero(np.asarray(series.index >= label))
        if not len(at) or at[0] <= cuts[-1]:
            raise Invalid(
                f"New limits cannot start at {label}: it is not a later point here."
            )
        cuts.append(int(at[0]))
    return [
        series.iloc[a:b] for a, b in zip(cuts, [*cuts[1:], len(series)], strict=True)
    ]


def deseasonalise(values: pd.Series, *, season=None) -> pd.DataFrame:
    """A monthly (or quarterly) series with its usual season taken out: value, factor, adjusted.

    Least squares of log(value + 0.5) on a straight line and a term for each season; the factor of
    a season is its geometric size beside the average one. ``season`` defaults to the month of the
    index. The line runs over the dates, so neither order nor absent rows matter. Raises NotEnough
    unless every season has been seen twice, Invalid for counts below 0.
    """
    series = _numbers(values)
    if isinstance(series.index, pd.PeriodIndex):
        series.index = series.index.to_timestamp()
    if season is None and not isinstance(series.index, pd.DatetimeIndex):
        raise Invalid("A season is that of dates: give them as the index, or season=.")
    if season is not None and len(season) != len(series):
        raise Invalid(f"{len(season)} seasons are given for {len(series)} values.")
    if series.notna().sum() < 2:
        raise NotEnough(
            "The season cannot be taken out until each month has been seen twice."
        )
    if np.isinf(series).any() or (series < 0).any():
        raise Invalid(
            f"A season is taken out of counts of 0 or more; given {series.min()}."
        )
    months = (
        np.asarray(season)
        if season is not None
        else pd.DatetimeIndex(series.index).month
    )
    dated = isinstance(series.index, pd.DatetimeIndex)
    if dated and not series.index.is_unique:
        raise Invalid(
            "A season is taken out of one value for each date; some stand twice."
        )
    row = np.arange(len(series))
    time = series.index.year + (series.index.month - 1) / 12 if dated else row / 12
    time = np.asarray(time, float) - min(
        time
    )  # in years: the fit stays well conditioned
    known = series.notna().to_numpy()
    labels, place = np.unique(months, return_inverse=True)
    if np.bincount(place[known], minlength=len(labels)).min() < 2:
        raise NotEnough(
            "The season cannot be taken out until each month has been seen twice."
        )
    design = np.column_stack([time, np.eye(len(labels))[place]])
    target = np.log(series.to_numpy()[known] + 0.5)
    terms = np.linalg.lstsq(design[known], target, rcond=None)[0][1:]
    factor = np.exp(terms - terms.mean())[place]
    return pd.DataFrame(
        {"value": series, "factor": factor, "adjusted": series / factor}
    )
