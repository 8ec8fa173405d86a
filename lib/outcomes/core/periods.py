"""Frames of periods (label, start, end; both ends included) to ask a reconciliation about."""

import pandas as pd

from outcomes.core.errors import Invalid


def one_period(label: str, start, end) -> pd.DataFrame:
    """A frame of one period, to be joined with others by ``pd.concat``."""
    first, last = ends(start, end)
    return pd.DataFrame({"label": [label], "start": [first], "end": [last]})


def months(start, end) -> pd.DataFrame:
    """Every calendar month which ``start`` to ``end`` touches, labelled ``2023-11``."""
    return _regular(start, end, "M", lambda p: f"{p.year}-{p.month:02d}")


def quarters(start, end) -> pd.DataFrame:
    """Every calendar quarter which ``start`` to ``end`` touches, labelled ``2023 Q4``."""
    return _regular(start, end, "Q-DEC", lambda p: f"{p.year} Q{p.quarter}")


def calendar_years(start, end) -> pd.DataFrame:
    """Every calendar year which ``start`` to ``end`` touches, labelled ``2023``."""
    return _regular(start, end, "Y-DEC", lambda p: str(p.year))


def financial_years(start, end) -> pd.DataFrame:
    """Every year from 1 April to 31 March which ``start`` to ``end`` touches: ``2022-23``."""
    return _regular(start, end, "Y-MAR", lambda p: f"{p.year - 1}-{p.year % 100:02d}")


def _regular(start, end, unit: str, label) -> pd.DataFrame:
    first, last = ends(start, end)
    spans = pd.period_range(first, last, freq=unit)
    days = {"start": spans.start_time.normalize(), "end": spans.end_time.normalize()}
    return pd.DataFrame({"label": list(map(label, spans)), **days})


def ends(start, end) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first and the last day of a period; Invalid when there is none between them."""
    first, last = _day(start, start, end), _day(end, start, end)
    if pd.isna(first) or pd.isna(last) or last < first:
        raise Invalid(
            f"A period from {start} to {end} has no days; the end must not come first."
        )
    return first.normalize(), last.normalize()


def _day(value, start, end) -> pd.Timestamp:
    """A day without a time zone, of a date or of text; a number is none."""
    try:
        day = pd.NaT if isinstance(value, (int, float)) else pd.Timestamp(value)
    except (TypeError, ValueError):
        day = pd.NaT
    if value is not None and (pd.isna(day) or day.tz is not None):
        raise Invalid(
            f"A period from {start} to {end} has no days: {value!r} is no day."
        )
    return day
