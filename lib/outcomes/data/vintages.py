"""What of a table had been published by a day, as ``data/tables.toml`` declares it.

Figures go by the day of their page; tables of counts by the end of a period and the wait for its
publication. Only the latest revision of a table is held: as of a day, its counts are those of
today for the periods that were out by then.
"""

from typing import Any

import numpy as np
import pandas as pd

_MONTHS = {"month": 1, "quarter": 3}  # length of a period that is told by its first day


def needed(resource: dict[str, Any]) -> list[str]:
    """The columns that tell when a row was published; none where a table is not cut by rows.

    >>> needed({"printed": "published"}), needed({"covers": "month", "lag": {"days": 50}})
    (['published'], ['month'])
    """
    return [c for c in (resource.get("printed"), _column(resource)) if c]


def published_by(
    day: str, frame: pd.DataFrame, resource: dict[str, Any]
) -> pd.DataFrame:
    """The rows and cells that had been published by ``day`` (YYYY-MM-DD).

    An undated row is left out: whether it was in print cannot be told. Counts are those of the
    latest revision, which may have been printed otherwise on that day.

    >>> pages = pd.DataFrame({"published": pd.to_datetime(["2024-01-01", "2025-01-01", None])})
    >>> len(published_by("2024-06-30", pages, {"printed": "published"}))
    1
    """
    until, lag = pd.Timestamp(day), resource.get("lag", {})
    if column := resource.get("printed"):
        frame = frame[frame[column] <= until]
    if lag.get("day", day) > day:
        frame = frame[:0]
    wait = pd.Timedelta(days=lag.get("days", 0))
    if column := _column(resource):
        frame = frame[_ends(frame[column], column) + wait <= until]
    for column in set(resource.get("cells", [])) & set(frame):
        late = _ends(frame[column], "quarter") + wait > until
        frame = frame.assign(**{column: frame[column].mask(late)})
    late = [
        c
        for c, known in resource.get("known", {}).items()
        if known > day and c in frame
    ]
    return frame.assign(**dict.fromkeys(late, np.nan)).reset_index(drop=True)


def _column(resource: dict[str, Any]) -> str:
    return resource.get("covers", "") if "days" in resource.get("lag", {}) else ""


def _ends(periods: pd.Series, column: str) -> Any:
    """The last days of periods."""
    if column == "year":
        return pd.to_datetime(periods.astype(str) + "-12-31")
    if column not in _MONTHS:
        return periods
    return periods + pd.DateOffset(months=_MONTHS[column]) - pd.Timedelta(days=1)
