"""Days and months in words, the same on any machine.

``strftime`` would not do: its ``%B`` follows the locale, and its ``%-d`` fails on Windows.
"""

import pandas as pd

MONTHS = (
    None,
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def date(day) -> str:
    """``2023-11-13`` → "13 November 2023"."""
    if pd.isna(day):
        return "date not stated"
    day = pd.Timestamp(day)
    return f"{day.day} {month(day)}"


def month(day) -> str:
    """``2023-11-13`` → "November 2023"; a period of a month is that month."""
    if pd.isna(day):
        return "date not stated"
    day = day if isinstance(day, pd.Period) else pd.Timestamp(day)
    return f"{MONTHS[day.month]} {day.year}"
