"""Coverage: for every force and month, is it all here, in part or missing, and why?"""

import numpy as np
import pandas as pd

from outcomes.core.collection import collection
from outcomes.data.crime_codes import ASB
from outcomes.ingest import geography

COLUMNS = [
    *("force", "month", "state", "reason"),
    *("rows", "no_location", "duplicates", "outside"),
]
NOT_HELD = (
    "Not held here; “outcomes data refresh” brings it where data.police.uk serves it."
)
# A month is in part when it falls under these shares of the force's own median month. Types of
# crime are judged where the median month has at least _ENOUGH of them.
_LOW_TOTAL = 0.5
_LOW_ASB = 0.2
_LOW_TYPE = 0.45
_LOW_TYPES = 5  # types under _LOW_TYPE at once
_ENOUGH = 25


def location_counts(counts: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Rows without a location, and rows outside the force's area, of each force and month.

    Parameters
    ----------
    counts
        Counts by the name of a district: force, lad ("NO_LOCATION": none), month, n.
    places
        Districts, as :func:`outcomes.ingest.geography.districts` gives them.

    Returns
    -------
    DataFrame
        force, month, no_location, outside.

    Examples
    --------
    >>> places = pd.DataFrame({"district": ["E1"], "name": ["Wyre"], "force": ["lancashire"]})
    >>> counts = pd.DataFrame({"force": "lancashire", "lad": ["NO_LOCATION", "Wyre"]})
    >>> location_counts(counts.assign(month="2024-01", n=[4, 50]), places)
            force    month  no_location  outside
    0  lancashire  2024-01            4        0
    """
    frame = geography.assign_districts(counts, places)
    blank = frame["district"] == ""
    frame["no_location"] = frame["n"].where(blank, 0)
    frame["outside"] = frame["n"].where(~blank & ~frame["own"], 0)
    by_month = frame.groupby(["force", "month"], as_index=False)
    return by_month[["no_location", "outside"]].sum()


def build(by_force: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """One row for each force with an area or a file, and each month from the first to the last.

    Why a month is missing is said in ``collection.toml``.

    Parameters
    ----------
    by_force
        force, month, type, n.
    known
        force, month, and no_location, duplicates and outside where they are known.

    Returns
    -------
    DataFrame
        The table ``coverage``: state is complete, partial or missing.
    """
    months = pd.date_range(by_force["month"].min(), by_force["month"].max(), freq="MS")
    why = collection.missing_months
    forces = sorted({*by_force["force"], *(key for key in why if " " not in key)})
    grid = pd.MultiIndex.from_product([forces, months], names=["force", "month"])
    frame = pd.DataFrame(index=grid)
    frame["rows"] = by_force.groupby(["force", "month"])["n"].sum().astype("Int64")
    known = known.set_index(["force", "month"])
    for column in ("no_location", "duplicates", "outside"):
        frame[column] = known.get(column, pd.Series(dtype="Int64")).astype("Int64")
    missing = frame["rows"].isna()
    partial = partial_months(by_force).reindex(grid, fill_value="")
    frame["state"] = np.select(
        [missing, partial != ""], ["missing", "partial"], "complete"
    )
    said = [
        why.get(f"{force} {month:%Y-%m}") or why.get(force, NOT_HELD)
        for force, month in grid
    ]
    frame["reason"] = partial.mask(missing, said)
    return frame.reset_index()[COLUMNS]


def partial_months(by_force: pd.DataFrame) -> pd.Series:
    """Months that are here and cannot be whole, judged by the force's own median month.

    Parameters
    ----------
    by_force
        force, month, type, n.

    Returns
    -------
    Series
        By force and month, the reason as a sentence; months that may be whole are left out.

    Examples
    --------
    >>> months = pd.date_range("2024-01-01", periods=3, freq="MS")
    >>> counts = pd.DataFrame({"force": "durham", "month": months, "type": "burglary"})
    >>> partial_months(counts.assign(n=[300, 310, 40])).iloc[0]
    "The file holds under half of the force's usual month of crimes: it is incomplete."
    """
    counts = by_force.pivot_table(
        index=["force", "month"],
        columns="type",
        values="n",
        aggfunc="sum",
        fill_value=0,
    ).reindex(columns=sorted({*by_force["type"], ASB}), fill_value=0)
    usual = counts.groupby(level="force").transform("median")
    total = counts.drop(columns=ASB).sum(axis=1)
    share = total / total.groupby(level="force").transform("median")
    few = ((counts < _LOW_TYPE * usual) & (usual >= _ENOUGH)).sum(axis=1)
    few_asb = (counts[ASB] < _LOW_ASB * usual[ASB]) & (usual[ASB] >= _ENOUGH)
    said = pd.Series("", index=counts.index)
    said[few_asb] = "The file lacks most of the force's anti-social behaviour."
    said[few >= _LOW_TYPES] = (
        "Several types of crime stand at under half of the force's usual month, so the file is "
        "incomplete or its types are mixed up."
    )
    said[share < _LOW_TOTAL] = (
        "The file holds under half of the force's usual month of crimes: it is incomplete."
    )
    return said[said != ""]
