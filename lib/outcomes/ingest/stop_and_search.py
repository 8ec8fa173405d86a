"""Stop-and-search files of data.police.uk: from rows to counts by month, week, object and outcome.

A row is one search. Rows that are alike in every column are one search, and the others are dropped
and counted: a file can hold every row twice. What a row tells of a person (sex, age, ethnicity) and
of the place is not kept.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.data import tables
from outcomes.data.crime_codes import SEARCH_OUTCOMES
from outcomes.ingest import street_crime, street_panel, write
from outcomes.ingest.published_figures_checks import hint

TYPES = ("Person search", "Vehicle search", "Person and Vehicle search")
TABLE, FILES = "stop_and_search", "stop_and_search_files"
KEYS = ["force", "month", "week", "object", "outcome"]
TOLD = ["force", "month", "rows", "duplicates", "bytes", "sha256"]
_HOUR = timedelta(hours=1)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{0,100}")


class Month(NamedTuple):
    """One counted file: what is told of it, and its counts with the columns :data:`KEYS` and n."""

    force: str
    month: pd.Timestamp
    told: dict[str, Any]  # rows, duplicates, bytes, sha256
    counts: pd.DataFrame


def build(
    files: list[street_crime.File],
    clean: Path,
    new: Path,
    tell: Callable[[str], None] = lambda name: None,
) -> list[str]:
    """Write into ``new`` the tables of searches in ``clean`` with the months of ``files`` replaced.

    Parameters
    ----------
    files
        Stop-and-search files, one for each force and month. Without any, tables that are not there
        yet are written empty.
    clean
        The tables as they are.
    new
        Where the tables go.
    tell
        Is called with the name of each file that is counted.

    Returns
    -------
    list of str
        The changes in words, one for each force and month.

    Raises
    ------
    Invalid
        Listing what is wrong in any of the files.
    """
    months, wrong = [], []
    for file in files:
        try:
            months.append(count_month(file))
        except Invalid as error:
            wrong.append(str(error))
        tell(f"{file.month} {file.force}")
    street_panel.refuse(wrong)
    taken = [(month.force, month.month) for month in months]
    counts = pd.concat([_no_counts(), *(month.counts for month in months)])
    told = pd.DataFrame(
        [{"force": m.force, "month": m.month, **m.told} for m in months], columns=TOLD
    )
    path, ledger = clean / f"{TABLE}.parquet", clean / f"{FILES}.csv"
    whole = street_panel.with_months(path, counts, taken)
    changes = [describe_change(month, clean) for month in months]
    write.parquet(whole, new / path.name, KEYS)
    held = street_panel.with_months(ledger, told, taken)
    write.csv(held, new / ledger.name, TOLD[:2])
    return changes


def _no_counts() -> pd.DataFrame:
    days = pd.Series([], dtype="datetime64[us]")
    kinds = {"month": days, "week": days, "n": pd.Series([], dtype="int64")}
    text = pd.Series([], dtype="str")
    return pd.DataFrame({name: kinds.get(name, text) for name in [*KEYS, "n"]})


def count_month(file: street_crime.File) -> Month:
    """Count the searches of one file; a week is named by its Monday, by the clock in London.

    Raises :class:`Invalid` where the file cannot be used, with what is wrong in its rows.
    """
    data = street_crime.read(file)
    street_crime.raise_problems(file, data, cell_problems)
    every = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)
    if every.empty:
        raise Invalid(f"{file.name} has a header and no rows.")
    rows = every.drop_duplicates()
    days = london(rows["Date"])
    month = pd.Timestamp(file.month)
    counts = (
        pd.DataFrame(
            {
                "force": file.force,
                "month": month,
                "week": days.dt.to_period("W-SUN").dt.start_time,
                "object": rows["Object of search"],
                "outcome": rows["Outcome"],
            }
        )
        .groupby(KEYS, as_index=False)
        .size()
        .rename(columns={"size": "n"})
    )
    days_only = {"month": "datetime64[us]", "week": "datetime64[us]"}
    told = {
        "rows": len(rows),
        "duplicates": len(every) - len(rows),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    return Month(file.force, month, told, counts.astype(days_only))


def london(times: pd.Series) -> pd.Series:
    """Times of a file as the clock in London shows them, without their zone.

    A force that publishes days only has its summer days as 23:00 of the day before in UTC.

    Examples
    --------
    >>> london(pd.Series(["2024-06-30T23:00:00+00:00"])).iloc[0]
    Timestamp('2024-07-01 00:00:00')
    """
    utc = pd.to_datetime(times, utc=True, format="ISO8601")
    return utc.dt.tz_convert("Europe/London").dt.tz_localize(None)


def cell_problems(row: dict[str, str], month: str) -> Iterator[tuple[str, str]]:
    """What is wrong in one row of a month's file: columns, each with the reason.

    Examples
    --------
    >>> row = dict.fromkeys(street_crime.SEARCH_HEADER, "") | {"Type": "Person search"}
    >>> list(cell_problems(row | {"Date": "2024-02-10T12:00:00+00:00"}, "2024-01"))
    [('Date', "is not in 2024-01, the month of the file's name.")]
    """
    if row["Type"] not in TYPES:
        yield "Type", f"is a type of search that is not known{hint(row['Type'], TYPES)}"
    try:
        when = datetime.fromisoformat(row["Date"]).astimezone(UTC)
    except ValueError:
        when = None
    if when is None or not _TIME.fullmatch(row["Date"]):
        yield "Date", "is not a time written like 2024-01-31T12:30:00+00:00."
    # an hour at the edge may be of the month by one clock and not by another
    elif month not in {f"{when + hour:%Y-%m}" for hour in (-_HOUR, _HOUR)}:
        yield "Date", f"is not in {month}, the month of the file's name."
    for column in ("Object of search", "Outcome"):
        if not _TEXT.fullmatch(row[column]):
            yield column, "is not a line of at most 100 characters."


def describe_change(month: Month, clean: Path) -> str:
    """What one month adds or changes, in words, beside the tables in ``clean``."""
    name, told = f"{month.force} {month.month:%Y-%m}, searches", month.told
    path = clean / f"{TABLE}.parquet"
    old = pd.DataFrame(columns=[*KEYS, "n"])
    if path.is_file():
        where = {"force": month.force, "month": month.month}
        old = tables.rows(TABLE, None, where, clean=clean)
    strange = sorted({*month.counts["outcome"]} - {*SEARCH_OUTCOMES, ""})
    note = f"; outcomes not met before: {', '.join(strange)}" if strange else ""
    n = f"{told['rows']:,}"
    if old.empty:
        return f"{name}: added, {n}; {told['duplicates']:,} duplicates left out{note}."
    both = pd.concat([old.assign(n=-old["n"]), month.counts]).groupby(KEYS)["n"].sum()
    if not both.any():
        return f"{name}: as before{note}."
    return (
        f"{name}: revised, {n}, {both.sum():+,}, in {(both != 0).sum():,} counts of a "
        f"week, object and outcome{note}."
    )
