"""Signal and noise in a series: the process behaviour chart (XmR).

The rules are those of NHS "Making Data Count": limits are the mean ± 2.66 times the mean moving
range, where moving ranges above 3.267 times their mean are screened out first. A point is special
when it lies outside the limits, in 7 rising or falling, in 7 on one side of the mean, or in 2 of 3
near the same limit. Sources: NHS England 2019, *Making Data Count*; NHSRplotthedots 0.2 (the same
rules in R); Wheeler 2000, *Understanding Variation*. Not for seasonal series before :func:`season`
is taken out. Counts so small that most points are 0 or 1 are refused (Montgomery 2019,
*Introduction to Statistical Quality Control*, section 7.3.3: events that rare are judged by the
time between them). A series that trends has no usual range: :attr:`Chart.moved` says so.

Limits go out of date when a process moves to another level for good. :attr:`Chart.shift` is the prompt
to ask so: new limits (``rebase``) are right where the change is seen, its cause is known and will last,
and it has been watched for long enough (PQ Systems, *When should you recalculate limits?*). The chart
answers the first and the last of these; people have to answer the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from outcomes.core import formatting
from outcomes.core.errors import Invalid, NotEnough, one_of
from outcomes.methods.funnels import FEW, Funnel, Position, funnel
from outcomes.methods.intervals import Numbers, numbers

__all__ = [
    "FEW",
    "Chart",
    "Funnel",
    "Position",
    "Shift",
    "funnel",
    "process_behaviour",
    "season",
]

FEWEST = 8  # points before the latest year that a usual range needs
SETTLED = 12  # points before limits stop being trial limits
RUN = 7  # points on one side of the mean that signal change
DIRECTIONS = ("more", "fewer", "neither")
OUTSIDE, TREND = "outside the limits", "7 rising or falling"
SIDE, NEAR = "7 on one side of the mean", "2 of 3 near a limit"

Counts = TypeVar("Counts", pd.Series, pd.DataFrame)


class Shift(NamedTuple):
    """A run on one side of the mean that lasts to the end of a series."""

    since: Any
    points: int
    side: str  # "above" or "below"

    @property
    def settled(self) -> bool:
        """Whether new limits on these points alone would be more than trial limits."""
        return self.points >= SETTLED


class _Written(NamedTuple):
    value: str
    lower: str
    upper: str


@dataclass(frozen=True)
class Chart:
    """A series, its usual range, and which of its points signal change.

    ``frame`` has a row for each point: period, value, mean, lower, upper, near_lower, near_upper,
    moving_range, phase (of the limits), special (the rule met, or ""), direction (high, low,
    rising, falling or "") and verdict (improvement, concern, neither or "").
    """

    frame: pd.DataFrame
    points: int
    """How many points set the latest limits."""
    moving_range: float
    moved: bool
    """Most points signal against limits of their own: a series that moves so much has no usual
    range, and is told by its change."""
    latest_points: int | None = None
    """How many points are judged by those before them; None where all are judged by all."""
    factors: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    """Those of the season that was taken out, by month of the year (empty: none)."""
    rebase: tuple[tuple, ...] = ()

    @property
    def latest(self) -> pd.Series:
        """The latest point that is known: a row of the frame."""
        return self.frame.iloc[np.flatnonzero(self.frame["value"].notna())[-1]]

    @property
    def mean(self) -> float:
        """The mean of the latest limits."""
        return float(self.frame["mean"].iloc[-1])

    @property
    def lower(self) -> float:
        """The lower limit at the end of the series."""
        return float(self.frame["lower"].iloc[-1])

    @property
    def upper(self) -> float:
        """The upper limit at the end of the series."""
        return float(self.frame["upper"].iloc[-1])

    @property
    def base(self) -> pd.DataFrame:
        """The known points before those that are judged: all, where all are judged by all."""
        before = self.frame
        if self.latest_points is not None:
            before = self.frame.iloc[: -self.latest_points]
        return before[before["value"].notna()]

    @cached_property
    def judged(self) -> pd.DataFrame:
        """The known points that are judged: those of the latest year, or all."""
        late = self.frame
        if self.latest_points is not None:
            late = self.frame.tail(self.latest_points)
        return late[late["value"].notna()]

    @cached_property
    def signals(self) -> pd.DataFrame:
        """The judged points that signal change."""
        return self.judged[self.judged["special"] != ""]

    @property
    def shift(self) -> Shift | None:
        """The run of seven or more on one side of the mean that the series ends in, if it does.

        A prompt to consider new limits; a gap and a change of limits end the run.
        """
        own = self.frame[self.frame["phase"] == self.frame["phase"].iloc[-1]]
        side = np.sign(own["value"] - own["mean"]).to_numpy()
        run = int(np.argmin([*(side == side[-1])[::-1], False]))
        if run < RUN or np.isnan(side[-1]) or not side[-1]:
            return None
        side_said = "above" if side[-1] > 0 else "below"
        return Shift(own["period"].iloc[-run], run, side_said)

    def assurance(self, target: float, direction: str) -> str:
        """Whether a target will be met while nothing changes: "met", "missed" or "either".

        A target beyond the usual range is met, or missed, every time; one within it is met and
        missed as chance has it (NHSRplotthedots, ``ptd_calculate_assurance_type``). ``direction``
        is "more" where values should reach the target at least, "fewer" at most.

        >>> chart = process_behaviour([10, 12] * 6)
        >>> chart.assurance(20, "fewer"), chart.assurance(20, "more"), chart.assurance(11, "more")
        ('met', 'missed', 'either')
        """
        one_of(direction, DIRECTIONS[:2], "direction")
        if self.lower <= target <= self.upper:
            return "either"
        return "met" if (target > self.upper) == (direction == "fewer") else "missed"

    @property
    def trial(self) -> bool:
        """Whether the limits rest on so few points that they are trial limits."""
        return self.points < SETTLED

    @property
    def note(self) -> str:
        """On how many points the limits rest, as a sentence."""
        until = f" and are trial limits until there are {SETTLED}" if self.trial else ""
        return f"The limits rest on {self.points} points{until}."

    @cached_property
    def step(self) -> str:
        """What a point is, by the dates of the series: "month", "quarter", "year" or "point"."""
        index = pd.Index(self.frame["period"])
        if not isinstance(index, pd.DatetimeIndex) or len(set(index.day)) != 1:
            return "point"
        apart = np.diff(index.year * 12 + index.month)
        steps = {1: "month", 3: "quarter", 12: "year"}
        return steps.get(int(apart.min()), "point") if len(apart) else "point"

    @property
    def clause(self) -> str:
        """How the latest point stands to the usual range, to follow "was"."""
        return self.range_clause()

    def range_clause(self, write: Callable[..., str] = formatting.number) -> str:
        """The :attr:`clause` with its limits written by ``write``, such as formatting.percent."""
        if self.moved:
            return "in a series that moved too much to have a usual range"
        rule = self.latest["special"]
        if rule:
            return f"a signal of change ({rule}; usual range {self.usual_range(write)})"
        return f"within the usual range of {self.usual_range(write)}"

    def usual_range(self, write: Callable[..., str] = formatting.number) -> str:
        """The latest limits in words: "260 to 380"."""
        _, lower, upper = self._written(write)
        return f"{lower} to {upper}"

    def latest_value(self, write: Callable[..., str] = formatting.number) -> str:
        """The latest known value, written as finely as the limits of :meth:`range_clause`."""
        return self._written(write).value

    @property
    def latest_limits(self) -> tuple[float, float]:
        """The limits of the latest point; where no value is below 0, neither is the lower one."""
        lower, upper = self.latest[["lower", "upper"]]
        return lower if (self.frame["value"] < 0).any() else max(lower, 0), upper

    def _written(self, write: Callable[..., str]) -> _Written:
        """Value and limits in words, finer where they would read alike and are not."""
        value, (lower, upper) = self.latest["value"], self.latest_limits
        said = _Written(write(value), write(lower), write(upper))
        if (said.value == said.lower and value != lower) or (
            said.value == said.upper and value != upper
        ):
            return _Written(write(value, 1), write(lower, 1), write(upper, 1))
        return said

    @property
    def detail(self) -> str:
        """How many of the judged points signal change and by which rule, as a sentence."""
        known, found, step = self.judged, self.signals, self.step
        if self.latest_points is None:
            if found.empty:
                return f"No {step} signals change."
            verb = "signals" if len(found) == 1 else "signal"
            many = f"{formatting.number(len(found))} of {formatting.count(len(known), step)}"
            return f"{many} {verb} change."
        late = f"Of the latest {formatting.count(len(known), step)}"
        if found.empty:
            return f"{late}, none signals change."
        rules = found.groupby("special", sort=False)["period"]
        said = [
            f"{rule} ({len(days)})"
            if len(found) > 4
            else f"{formatting.listed(map(self.named, days))} ({rule})"
            for rule, days in rules
        ]
        one = "one signals" if len(found) == 1 else f"{len(found)} signal"
        return f"{late}, {one} change: {'; '.join(said)}."

    @property
    def base_span(self) -> str:
        """Over what the usual range is taken, in words: "2019 Q1 to 2024 Q4", and how many of its
        points are available where some are not."""
        ends = self.base["period"].iloc[[0, -1]]
        span = formatting.listed(map(self.named, ends), "to")
        every = int(self.frame["period"].between(*ends).sum())
        if every > len(self.base):  # a span with gaps is not a span of points
            span += f", {len(self.base)} of {every} {self.step}s held here"
        return span

    @property
    def caveats(self) -> list[str]:
        """What a reader must know of the limits, as sentences."""
        write = str if self.step == "point" else formatting.month
        notes = [f"New limits from {write(day)}: {why}." for day, why in self.rebase]
        if self.latest_points is not None:
            notes.append(
                f"The usual range is that of {self.base_span}; limits are never narrower than "
                "counting error."
            )
        return [*notes, self.note] if self.trial else notes

    def named(self, period: Any) -> str:
        """A period of the series in words: "March 2024", "2024 Q1" or "2024"."""
        if self.step != "point":
            return formatting.period_name(period, self.step)
        dated = isinstance(period, pd.Timestamp)
        return formatting.date(period) if dated else str(period)

    def table(self) -> pd.DataFrame:
        """The points, in words, with their limits and the rule that each meets."""
        columns = ["period", "value", "mean", "lower", "upper", "special"]
        return self.frame[columns].assign(
            period=[self.named(period) for period in self.frame["period"]]
        )


def process_behaviour(
    values: Numbers,
    *,
    direction: str = "neither",
    latest: int | None = None,
    season: bool = False,
    rebase: Sequence[tuple] = (),
    baseline: int | tuple | None = None,
    screen: bool = True,
    counts: bool = False,
) -> Chart:
    """The usual range of a series in order of time, and which points signal change.

    Parameters
    ----------
    values
        A Series whose index names the periods, or a list. NaN is a gap, which breaks runs; so is a
        month or quarter that is absent from an index of dates.
    direction
        "more", "fewer" or "neither": which way is improvement.
    latest
        How many points make the latest year, to be judged by all points before it, with limits
        never narrower than counting error. By default all points are judged by all.
    season
        Whether the usual season is taken out first, by all points (:func:`season`).
    rebase
        Pairs of (label, reason): fresh limits from that label on; a reason is required.
    baseline
        Which points set the limits: None for all, n for the first n, or a pair of labels.
    screen
        Whether moving ranges far above the others are left out.
    counts
        Limits are never narrower than counting error: three times the root of the mean.

    Raises
    ------
    NotEnough
        Under 3 points, for sparse counts, and with ``latest`` under 8 points before it.
    Invalid
        For an index out of order or repeated, for infinite values, for counts below 0.

    Examples
    --------
    >>> chart = process_behaviour([10, 12] * 6 + [17], baseline=12, direction="fewer")
    >>> chart.clause
    'a signal of change (outside the limits; usual range 5.7 to 16.3)'
    >>> chart.signals["verdict"].tolist()
    ['concern']
    """
    series, factors = regular(values), pd.Series(dtype=float)
    direction = one_of(direction, DIRECTIONS, "direction")
    if latest is not None:
        if baseline is not None or len(rebase):
            raise Invalid("The latest year is judged by all points before it alone.")
        if not isinstance(latest, (int, np.integer)) or latest < 1:
            raise Invalid(
                "The latest year is a whole number of points, 1 or more; "
                f"given {latest!r}."
            )
    if season:
        found = _season(series)
        series = series / found
        factors = found.groupby(pd.DatetimeIndex(series.index).month).first()
    if latest is not None:
        before = series.iloc[:-latest]
        if before.notna().sum() < FEWEST:
            raise NotEnough(
                f"A usual range needs {FEWEST} points before the latest year; there are "
                f"{before.notna().sum()}."
            )
        baseline, counts = len(before), True
    if np.isinf(series).any() or (counts and (series < 0).any()):
        below = "" if np.isinf(series).any() else " of 0 or more"
        raise Invalid(
            f"A chart needs finite values{below}; given {series.min()}, {series.max()}."
        )
    phases = [
        _phase(part, None if number else baseline, screen, counts)
        for number, part in enumerate(_phases(series, rebase))
    ]
    frame = pd.concat(
        [phase.frame.assign(phase=number) for number, phase in enumerate(phases, 1)],
        ignore_index=True,
    )
    base = frame if latest is None else frame.iloc[: len(series) - latest]
    moved = (_rules(base).special != "").sum() > base["value"].notna().sum() / 2
    return Chart(
        _judge(frame, direction),
        phases[-1].points,
        phases[-1].moving_range,
        bool(moved),
        latest,
        factors,
        tuple((label, reason) for label, reason in rebase),
    )


def regular(values: Numbers) -> pd.Series:
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
    if (steps == steps[0]).all():
        return series
    if (np.round(steps / steps.min()) * steps.min() != steps).any():
        return series
    apart = {"months": int(steps.min())} if monthly else {"days": float(steps.min())}
    return series.reindex(
        pd.date_range(index[0], index[-1], freq=pd.DateOffset(**apart))
    )


def _numbers(values: Numbers) -> pd.Series:
    given = pd.Series(values)
    return pd.Series(numbers(given), given.index)


def _sparse(known: np.ndarray) -> str:
    """Why a series is too sparse for limits ("" when it is not): most points alike, or 0 and 1."""
    if (known == known[0]).all() and known[0] != 0:
        return ""
    whole = (known >= 0).all() and (known % 1 == 0).all()
    if whole and np.median(known) <= 1:
        return f"{(known <= 1).sum()} of {len(known)} points are 0 or 1"
    if len(known) > 3 and np.median(np.abs(np.diff(known))) == 0:
        return "most points are the same as the one before"
    return ""


class _Phase(NamedTuple):
    frame: pd.DataFrame
    points: int
    moving_range: float


def _phase(
    series: pd.Series, baseline: int | tuple | None, screen: bool, counts: bool
) -> _Phase:
    """The points between two changes of limits, with their own mean and limits."""
    values = series.to_numpy()
    inside = values[_baseline(series, baseline)]
    known, ranges = inside[~np.isnan(inside)], np.abs(np.diff(inside))
    ranges = ranges[~np.isnan(ranges)]
    if len(known) < 3 or not len(ranges):
        raise NotEnough(
            "A chart needs at least 3 points, two of them in a row; there are "
            f"{len(known)}."
        )
    if why := _sparse(known):
        raise NotEnough(f"Such small numbers have no usual range: {why}.")
    if screen and ranges.mean() > 0:
        ranges = ranges[ranges < 3.267 * ranges.mean()]
    mean, bar = known.mean(), ranges.mean()
    if counts:
        bar = max(bar, 3 * np.sqrt(mean) / 2.66)
    reach = 2.66 * bar
    frame = pd.DataFrame(
        {
            "period": series.index,
            "value": values,
            "mean": mean,
            "lower": mean - reach,
            "upper": mean + reach,
            "near_lower": mean + -2 / 3 * 2.66 * bar,
            "near_upper": mean + 2 / 3 * 2.66 * bar,
            "moving_range": np.abs(np.diff(values, prepend=np.nan)),
        }
    )
    return _Phase(frame, len(known), float(bar))


class _Rules(NamedTuple):
    """For each point the rule that it meets or "", its side of the mean, and which way a trend
    that it is part of goes."""

    special: np.ndarray
    side: np.ndarray
    trend: np.ndarray


def _rules(frame: pd.DataFrame) -> _Rules:
    value, mean, lower, upper, near_lower, near_upper = (
        frame[name].to_numpy()
        for name in ("value", "mean", "lower", "upper", "near_lower", "near_upper")
    )
    side = np.nan_to_num(np.sign(value - mean))
    outside = (value > upper) | (value < lower)
    near = ((value > near_upper) | (value < near_lower)) & ~outside
    phase = frame["phase"].to_numpy()
    trend = np.zeros(len(value))
    run, pair = np.zeros(len(value), bool), np.zeros(len(value), bool)
    for k in np.unique(phase):  # runs do not cross a change of limits
        at = phase == k
        trend[at] = _whole_run(trend_of_seven(value[at]))
        run[at] = _whole_run(seven_one_side(side[at])) != 0
        pair[at] = two_of_three(near[at], side[at]) & near[at]
    rules = [(outside, OUTSIDE), (trend != 0, TREND), (run, SIDE), (pair, NEAR)]
    special = np.select([r for r, _ in rules], [name for _, name in rules], "")
    return _Rules(special, side, trend)


def _judge(frame: pd.DataFrame, direction: str) -> pd.DataFrame:
    """The frame with the rule that each point meets, which way it points and what that means."""
    special, side, trend = _rules(frame)
    ways = np.where(side > 0, "high", "low").astype(object)
    ways = np.where(special == TREND, np.where(trend > 0, "rising", "falling"), ways)
    ways = np.where(special == "", "", ways)
    if direction == "neither":
        verdict = np.where(special == "", "", "neither")
    else:
        up = np.isin(ways, ["high", "rising"])
        good = np.where(up == (direction == "more"), "improvement", "concern")
        verdict = np.where(special == "", "", good)
    return frame.assign(special=special, direction=ways, verdict=verdict)


def seven_one_side(side: Numbers) -> np.ndarray:
    """1 at each point that is the 7th or later in a row on one side of the mean."""
    return (np.abs(_sums(np.asarray(side, float), 7)) == 7).astype(float)


def trend_of_seven(values: Numbers) -> np.ndarray:
    """1 (rising) or -1 (falling) at each point that ends 7 of them, six changes in a row one way.

    Ties and gaps break it.
    """
    steps = np.sign(np.diff(np.asarray(values, float), prepend=np.nan))
    return np.where(np.abs(_sums(steps, 6)) == 6, steps, 0.0)


def _sums(values: np.ndarray, length: int) -> np.ndarray:
    """The sum of each point and those before it, so many together; NaN where there are fewer."""
    out = np.full(len(values), np.nan)
    if len(values) >= length:
        out[length - 1 :] = sliding_window_view(values, length).sum(axis=1)
    return out


def two_of_three(near: Numbers, side: Numbers) -> np.ndarray:
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


def _baseline(series: pd.Series, baseline: int | tuple | None) -> np.ndarray:
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


def _phases(series: pd.Series, rebase: Sequence[tuple]) -> list[pd.Series]:
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


def season(values: Counts) -> Counts:
    """The usual season of monthly or quarterly counts, as a factor for each date.

    Least squares of log(value + 0.5) on a straight line and a term for each month of the year; the
    factor of a month is its geometric size beside the average one. Divide by it to take the season
    out: ``values / season(values)``. Of a frame each column has its own. The line runs over the
    dates, so neither order nor absent rows matter.

    Raises NotEnough unless every month (or quarter) has been seen twice; Invalid for an index that
    is not of dates, each once, and for counts below 0.

    >>> dates = pd.date_range("2022-01-01", periods=12, freq="QS")
    >>> season(pd.Series([50, 100, 100, 200] * 3, dates)).head(4).round(2).tolist()
    [0.5, 1.0, 1.0, 1.99]
    """
    if isinstance(values, pd.DataFrame):
        return values.apply(_season)
    return _season(values)


def _season(values: pd.Series) -> pd.Series:
    series = _numbers(values)
    index = series.index
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if not isinstance(index, pd.DatetimeIndex):
        raise Invalid("A season is that of dates: give them as the index.")
    unseen = "The season cannot be taken out until each month has been seen twice."
    if series.notna().sum() < 2:
        raise NotEnough(unseen)
    if np.isinf(series).any() or (series < 0).any():
        raise Invalid(
            f"A season is taken out of counts of 0 or more; given {series.min()}."
        )
    if not index.is_unique:
        raise Invalid(
            "A season is taken out of one value for each date; some stand twice."
        )
    time = np.asarray(index.year + (index.month - 1) / 12, float)
    time = time - time.min()  # in years: the fit stays well conditioned
    known = series.notna().to_numpy()
    labels, place = np.unique(index.month, return_inverse=True)
    if np.bincount(place[known], minlength=len(labels)).min() < 2:
        raise NotEnough(unseen)
    design = np.column_stack([time, np.eye(len(labels))[place]])
    target = np.log(series.to_numpy()[known] + 0.5)
    terms = np.linalg.lstsq(design[known], target, rcond=None)[0][1:]
    return pd.Series(np.exp(terms - terms.mean())[place], values.index)
