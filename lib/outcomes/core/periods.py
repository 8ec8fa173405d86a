"""Frames of periods to ask a reconciliation about: ``label``, ``start`` and ``end``, both included.

A day is given as ISO text, a date or a time stamp without a time zone.
"""

from collections.abc import Callable
from datetime import date

import pandas as pd

from outcomes.core.errors import Invalid

Day = str | date | pd.Timestamp | None


def one_period(label: str, start: Day, end: Day) -> pd.DataFrame:
    """A frame of one period, to be joined with others by ``pd.concat``.

    Raises
    ------
    Invalid
        When there is no day from ``start`` to ``end``.

    Examples
    --------
    >>> one_period("the week", "2023-11-13", "2023-11-19").to_dict("list")["label"]
    ['the week']
    """
    first, last = ends(start, end)
    return pd.DataFrame({"label": [label], "start": [first], "end": [last]})


def months(start: Day, end: Day) -> pd.DataFrame:
    """Every calendar month which ``start`` to ``end`` touches.

    >>> months("2023-11-15", "2024-01-01")["label"].tolist()
    ['2023-11', '2023-12', '2024-01']
    """
    return _regular(start, end, "M", lambda p: f"{p.year}-{p.month:02d}")


def quarters(start: Day, end: Day) -> pd.DataFrame:
    """Every calendar quarter which ``start`` to ``end`` touches.

    >>> quarters("2023-11-15", "2024-01-01")["label"].tolist()
    ['2023 Q4', '2024 Q1']
    """
    return _regular(start, end, "Q-DEC", lambda p: f"{p.year} Q{p.quarter}")


def calendar_years(start: Day, end: Day) -> pd.DataFrame:
    """Every calendar year which ``start`` to ``end`` touches.

    >>> calendar_years("2023-11-15", "2024-01-01")["label"].tolist()
    ['2023', '2024']
    """
    return _regular(start, end, "Y-DEC", lambda p: str(p.year))


def financial_years(start: Day, end: Day) -> pd.DataFrame:
    """Every year from 1 April to 31 March which ``start`` to ``end`` touches.

    >>> financial_years("2023-03-31", "2023-04-01")["label"].tolist()
    ['2022-23', '2023-24']
    """
    return _regular(start, end, "Y-MAR", lambda p: f"{p.year - 1}-{p.year % 100:02d}")


def ends(start: Day, end: Day) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first and the last day of a period, without hours.

    Raises
    ------
    Invalid
        When there is no day between them, or one of them is no day.

    Examples
    --------
    >>> [str(day.date()) for day in ends("2023-11-13 09:30", "2023-11-19")]
    ['2023-11-13', '2023-11-19']
    """
    days = []
    for value in (start, end):
        try:
            day = pd.NaT if isinstance(value, (int, float)) else pd.Timestamp(value)
        except (TypeError, ValueError):
            day = pd.NaT
        if value is not None and (pd.isna(day) or day.tz is not None):
            raise Invalid(
                f"A period from {start} to {end} has no days: {value!r} is no day."
            )
        days.append(day)
    first, last = days
    if pd.isna(first) or pd.isna(last) or last < first:
        raise Invalid(
            f"A period from {start} to {end} has no days; the end must not come first."
        )
    return first.normalize(), last.normalize()


def _regular(
    start: Day, end: Day, unit: str, label: Callable[[pd.Period], str]
) -> pd.DataFrame:
    first, last = ends(start, end)
    spans = pd.period_range(first, last, freq=unit)
    days = {"start": spans.start_time.normalize(), "end": spans.end_time.normalize()}
    return pd.DataFrame({"label": list(map(label, spans)), **days})
