"""Coverage: for every force and month, is it all here, in part or missing, and why?"""

import numpy as np
import pandas as pd

from outcomes.data.crime_codes import ASB
from outcomes.ingest import geography

# Why a month is missing: by force and month, then by force; otherwise the last sentence.
_WHY = {
    "lancashire 2020-06": "The file was too large for the copy these data come from.",
    "lancashire 2020-08": "The file was too large for the copy these data come from.",
    "lancashire 2020-09": "The file was too large for the copy these data come from.",
    "metropolitan": "The force's files were too large for the copy these data come from.",
    "west-midlands": "The force's files were too large for the copy these data come from.",
    "west-yorkshire": "The force's files were too large for the copy these data come from.",
    "greater-manchester": "The force has no street file in any copy held here.",
}
_NO_COPY = (
    "Not held here; `outcomes data refresh` brings it where data.police.uk serves it."
)

_LOW_TOTAL = 0.5  # of the force's own median month
_LOW_ASB = 0.2
_LOW_TYPES = (
    5  # types under _LOW_TYPE of their own median month, where that is at least _ENOUGH
)
_LOW_TYPE = 0.45
_ENOUGH = 25


def of_districts(frame: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """From counts by district: force, month, no_location, outside; duplicates are not known."""
    frame = geography.placed(frame, places)
    blank = frame["district"] == ""
    frame["no_location"] = frame["n"].where(blank, 0)
    frame["outside"] = frame["n"].where(~blank & ~frame["own"], 0)
    return frame.groupby(["force", "month"], as_index=False)[
        ["no_location", "outside"]
    ].sum()


def build(by_force: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """One row for each force with an area or a file, and each month from the first to the last.

    ``by_force`` has force, month, type, n; ``known`` force, month, no_location, duplicates and
    outside, where they are known.
    """
    months = pd.date_range(by_force["month"].min(), by_force["month"].max(), freq="MS")
    forces = sorted({*by_force["force"], *(name for name in _WHY if " " not in name)})
    grid = pd.MultiIndex.from_product([forces, months], names=["force", "month"])
    frame = pd.DataFrame(index=grid)
    frame["rows"] = by_force.groupby(["force", "month"])["n"].sum().astype("Int64")
    known = known.set_index(["force", "month"])
    for column in ("no_location", "duplicates", "outside"):
        frame[column] = known.get(column, pd.Series(dtype="Int64")).astype("Int64")
    partial = _partial(by_force)
    lost, short = frame["rows"].isna(), frame.index.isin(partial.index)
    frame["state"] = np.select([lost, short], ["missing", "partial"], "complete")
    frame = frame.reset_index()
    frame["reason"] = [_reason(row, partial) for row in frame.itertuples()]
    columns = [
        "force",
        "month",
        "state",
        "reason",
        "rows",
        "no_location",
        "duplicates",
        "outside",
    ]
    return frame[columns]


def _reason(row, partial: pd.Series) -> str:
    if row.state == "missing":
        dated = f"{row.force} {row.month:%Y-%m}"
        return _WHY.get(dated) or _WHY.get(row.force) or _NO_COPY
    return partial[row.force, row.month] if row.state == "partial" else ""


def _partial(by_force: pd.DataFrame) -> pd.Series:
    """Months that are there but cannot be whole, judged by the force's own median month."""
    counts = by_force.pivot_table(
        index=["force", "month"],
        columns="type",
        values="n",
        aggfunc="sum",
        fill_value=0,
    )
    crimes = counts.drop(columns=ASB, errors="ignore")
    usual = counts.groupby(level="force").transform("median")
    total = crimes.sum(axis=1)
    share = total / total.groupby(level="force").transform("median")
    short = ((counts < _LOW_TYPE * usual) & (usual >= _ENOUGH)).sum(axis=1)
    said = pd.Series("", index=counts.index)
    said[short >= _LOW_TYPES] = (
        "Several types of crime stand at under half of the force's usual month, so the file is "
        "incomplete or its types are mixed up."
    )
    said[share < _LOW_TOTAL] = (
        "The file holds under half of the force's usual month of crimes: it is incomplete."
    )
    if ASB in counts:
        few = (counts[ASB] < _LOW_ASB * usual[ASB]) & (usual[ASB] >= _ENOUGH)
        said[few & (said == "")] = (
            "The file lacks most of the force's anti-social behaviour."
        )
    return said[said != ""]
