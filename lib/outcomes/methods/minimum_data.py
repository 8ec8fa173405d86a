"""What must be there before a method is used, said as the sentence to print when it is not."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like

from outcomes.core.errors import Invalid, NotEnough, nearest
from outcomes.core.formatting import month

FEWEST = 20
"""The Office for National Statistics marks a rate of fewer than 20 events as unreliable (User guide
to mortality statistics): chance alone then moves it by a quarter."""


def require_months(
    pre: int,
    post: int,
    *,
    minimum: tuple[int, int] = (24, 12),
    unit: str = "months",
) -> None:
    """Raise NotEnough, with the sentence to print, under the fewest months before or after."""
    if np.shape(minimum) != (2,) or not np.isfinite(minimum).all():
        raise Invalid(f"The minimum is two numbers, before and after; given {minimum}.")
    short = []
    if pre < minimum[0]:
        short.append(f"{pre} {unit} before the start where {minimum[0]} are needed")
    if post < minimum[1]:
        short.append(f"{post} {unit} after the start where {minimum[1]} are needed")
    if short:
        raise NotEnough(f"Not enough {unit} to tell: there are {' and '.join(short)}.")


def require_events(change: Any) -> None:
    """Raise NotEnough when a change (``Did``) rests on fewer than ``FEWEST`` events.

    After the start it is the number to be expected that counts, not the number seen: a programme
    that leaves few events must not be refused for its success.
    """
    sums = change.frame.groupby("after")[["treated", "control"]].sum()
    counts = {
        "before the start": sums["treated"][False],
        "to be expected after the start": sums["treated"][True] + change.avoided,
        "before the start in the comparison": sums["control"][False],
        "after the start in the comparison": sums["control"][True],
    }
    require_counts(counts)


def require_counts(counts: dict[str, float]) -> None:
    """Raise NotEnough when any of the counts, by where they are, is under ``FEWEST``.

    >>> require_counts({"before the start": 41, "after the start": 12})
    Traceback (most recent call last):
    outcomes.core.errors.NotEnough: Too few events to tell: 12 after the start, where at least 20 are needed.
    """
    short = [  # 19.6 must not read "20, where at least 20 are needed"
        f"{n if round(n) < FEWEST else np.floor(10 * n) / 10:,.{int(round(n) >= FEWEST)}f} {where}"
        for where, n in counts.items()
        if n < FEWEST
    ]
    if short:
        raise NotEnough(
            f"Too few events to tell: {' and '.join(short)}, where at least {FEWEST} are needed."
        )


class Wide(NamedTuple):
    """A time x unit frame, the treated units among its columns, and which rows come after."""

    panel: pd.DataFrame
    treated: list
    after: np.ndarray


def wide(
    panel: pd.DataFrame,
    treated: Any,
    start: Any,
    *,
    minimum: tuple[int, int],
    signed: bool = False,
) -> Wide:
    """A time x unit frame in order without missing rows, the treated units, and the rows after.

    Times with any unit missing are left out: an absent month is not a zero. The index is
    checked by :func:`dated`; Invalid for a unit named twice, for an infinite cell, and for one
    below 0 unless ``signed`` allows it.
    """
    several = treated is None or is_list_like(treated)
    treated = list(dict.fromkeys((treated or []) if several else [treated]))
    panel = ordered(panel)
    for name in treated:
        if name not in panel.columns:
            guess = nearest(str(name), panel.columns)
            hint = f" Did you mean {guess!r}?" if guess else ""
            raise Invalid(
                f"The treated unit {name!r} is not a column of the panel.{hint}"
            )
    if not treated or len(treated) >= panel.shape[1]:
        raise NotEnough("A comparison needs at least one treated and one other unit.")
    lacking, times = np.isnan(panel.to_numpy()).sum(axis=0), len(panel)
    if lacking.any():
        panel = panel.dropna(how="any")
    if not signed and (panel.to_numpy() < 0).any():
        unit = panel.columns[(panel < 0).any()][0]
        raise Invalid(
            f"Counts are 0 or more; the unit {unit!r} has {panel[unit].min():g}."
        )
    after = np.asarray(panel.index >= like(start, panel.index))
    try:
        require_months(
            int((~after).sum()), int(after.sum()), minimum=minimum, unit="periods"
        )
    except NotEnough as short:
        most = lacking.max()
        said = (
            f" The unit {panel.columns[lacking.argmax()]!r} lacks {most} of {times} periods."
            if most
            else ""
        )
        raise NotEnough(f"{short}{said}") from None
    return Wide(panel, treated, after)


def membership(units: pd.Index, sets: Iterable[Iterable]) -> np.ndarray:
    """Set x unit: is the unit in the set?

    >>> membership(pd.Index(["a", "b", "c"]), [["a", "c"], ["b"]]).astype(int).tolist()
    [[1, 0, 1], [0, 1, 0]]
    """
    at = {unit: k for k, unit in enumerate(units.tolist())}
    rows = [[at[unit] for unit in members] for members in sets]
    found = np.zeros((len(rows), len(units)), bool)
    for row, members in zip(found, rows, strict=True):
        row[members] = True
    return found


def totals(panel: pd.DataFrame, sets: Iterable[Iterable]) -> np.ndarray:
    """The counts of each set of units together, set x time; NaN where one of them is missing.

    >>> panel = pd.DataFrame({"a": [1, 2], "b": [3, 4], "c": [5, 6]})
    >>> totals(panel, [["a", "c"], ["b"]]).tolist()
    [[6.0, 8.0], [3.0, 4.0]]
    """
    inside = membership(panel.columns, sets).astype(float)
    counts = panel.to_numpy(float).T
    missing = np.isnan(counts)
    if not missing.any():
        return inside @ counts
    found = inside @ np.where(missing, 0, counts)
    return np.where(inside @ missing > 0, np.nan, found)


class Apart(NamedTuple):
    """A time x unit frame, the treated units, the frame of the others, and which rows come after."""

    panel: pd.DataFrame
    treated: list
    others: pd.DataFrame
    after: np.ndarray


def apart(
    outcome: pd.DataFrame,
    treated: Any,
    start: Any,
    *,
    minimum: tuple[int, int],
    least: tuple[int, int],
) -> Apart:
    """What a synthetic comparison starts from: :func:`wide`, the treated units and the others.

    ``least`` are the fewest times before and after that the method can do with at all, whatever
    ``minimum`` asks. Raises NotEnough under either, and with fewer than 3 other units.
    """
    panel, treated, after = wide(outcome, treated, start, minimum=minimum, signed=True)
    require_months(int((~after).sum()), int(after.sum()), minimum=least, unit="periods")
    others = panel.drop(columns=treated)
    if others.shape[1] < 3:
        raise NotEnough(
            "A synthetic comparison needs 3 other units or more; there are "
            f"{others.shape[1]}."
        )
    return Apart(panel, treated, others, after)


def ordered(panel: pd.DataFrame) -> pd.DataFrame:
    """A time x unit frame of finite numbers in order of time, each time and each unit once.

    Invalid names the time, the unit or the cell that does not fit; NotEnough a unit without any
    value, for which every time would be left out.
    """
    _once(panel.columns, "unit")
    try:
        counts = panel.astype(float).to_numpy()
    except (TypeError, ValueError) as wrong:
        raise Invalid(f"A panel holds numbers alone: {wrong}.") from None
    # Names as Python's own words are found far sooner than those that Arrow holds.
    units = panel.columns.astype(object)
    infinite = np.isinf(counts).any(axis=0)
    if infinite.any():
        raise Invalid(f"The unit {units[infinite][0]!r} has an infinite value.")
    empty = np.isnan(counts).all(axis=0)
    if empty.any() and len(panel):
        raise NotEnough(
            f"The unit {units[empty][0]!r} has no value at any time; leave it out."
        )
    return pd.DataFrame(counts, dated(panel.index), units).sort_index()


def dated(index: pd.Index) -> pd.Index:
    """The times of an index, one rule for all methods: dates, of each month at most one.

    Periods become their first day, and dates that pandas holds as objects become its own. Times
    that are no dates (1, 2, 3 ...) stay. Invalid for a time zone, a missing or repeated time, and
    for several days of one month.
    """
    if isinstance(index, pd.MultiIndex):
        raise Invalid(
            f"The index holds the times alone; this one has {index.nlevels} levels."
        )
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    elif index.inferred_type in ("date", "datetime"):
        index = pd.DatetimeIndex(index)
    if index.hasnans:
        raise Invalid("A time is missing from the index.")
    _once(index, "time")
    if not isinstance(index, pd.DatetimeIndex):
        return index
    if index.tz is not None:
        hint = "with index.tz_localize(None) they are plain days."
        raise Invalid(f"Months have no time zone, and these have {index.tz}: {hint}")
    months = 12 * index.year + index.month
    if months.has_duplicates:
        day = index[months.duplicated()][0]
        raise Invalid(
            f"Several days of {month(day)} are given; add up counts by month first."
        )
    return index


def _once(labels: pd.Index, kind: str) -> None:
    if labels.has_duplicates:
        twice = labels[labels.duplicated()][0]
        name = f"{twice:%Y-%m-%d}" if isinstance(twice, pd.Timestamp) else repr(twice)
        raise Invalid(f"The {kind} {name} is given more than once.")


def like(start: Any, index: pd.Index) -> Any:
    """The start as the kind of label the index has: '2023-09' becomes a date beside dates.

    A day within a month, or a month within a quarter or a year that the index counts by, becomes the
    first day of it: the period of the start counts as after it.

    >>> like("2022-11-20", pd.date_range("2021-01-01", periods=9, freq="QS"))
    Timestamp('2022-10-01 00:00:00')
    """
    if isinstance(index, pd.PeriodIndex):
        return pd.Period(start, freq=index.freq)
    if not isinstance(index, pd.DatetimeIndex):
        return start
    try:
        when = (
            pd.Period(start).to_timestamp()
            if isinstance(start, str)
            else pd.Timestamp(start)
        )
    except (ValueError, TypeError):
        when = pd.NaT
    if pd.isna(when) or when.tz is not None:
        raise Invalid(f"The start {start!r} is not a day or month, as 2023-09 is.")
    months = np.asarray(12 * index.year + index.month)
    step = int(np.gcd.reduce(np.diff(np.sort(months)))) if len(index) > 1 else 1
    first = when.to_period("M")
    # Months of which some are picked can lie as far apart as quarters do, but not all through a year.
    if len({*(months % 12)}) * step == 12 and (index.day == 1).all():
        first -= (12 * when.year + when.month - int(months[0])) % step
    return first.to_timestamp()
