"""Home Office and ONS tables: recorded crime by quarter, by partnership, outcomes, drug deaths."""

from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.ingest import geography, write

_CASES = ["force", "quarter", "group", "outcome", "outcome_group"]
_COUNTY = (
    "E10000017"  # without Blackburn with Darwen and Blackpool: not the force's area
)
_ENDS = {
    "YE Dec 2023": "2023-12-31",
    "YE Dec 2024": "2024-12-31",
    "YE Jun 2025": "2025-06-30",
}


def build(source: Path, clean: Path, places: pd.DataFrame) -> None:
    """Write crime_quarterly, offences, crime_annual, case_outcomes and drug_deaths."""
    folder = source / "recorded_crime"
    raw = pd.read_parquet(geography.there(folder / "prc_pfa_long.parquet"))
    counts = quarterly(raw)
    write.parquet(
        counts, clean / "crime_quarterly.parquet", ["offence", "force", "quarter"]
    )
    write.csv(offences(raw, counts), clean / "offences.csv", ["offence"])
    years = annual(folder / "csp_annual_long.csv.gz", places)
    keys = ["year_end", "force", "kind", "csp_name", "offence"]
    write.parquet(years, clean / "crime_annual.parquet", keys)
    cases = case_outcomes(
        pd.read_parquet(geography.there(folder / "outcomes_2024_25.parquet"))
    )
    write.parquet(cases, clean / "case_outcomes.parquet", _CASES)
    deaths = drug_deaths(
        source / "health" / "drug_poisoning_deaths_by_area_1993_2020.csv"
    )
    write.csv(deaths, clean / "drug_deaths.csv", ["area", "year"])


def quarterly(raw: pd.DataFrame) -> pd.DataFrame:
    """Force × quarter × offence code: one count each; negative counts are kept as they are.

    A body that changed the spelling of its name, or a code that changed its subgroup, is one.
    """
    frame = pd.DataFrame(
        {"force": _slugs(raw["Force"]), "offence": raw["Offence Code"]}
    )
    frame["quarter"] = quarter(raw["FY"], raw["Financial Quarter"])
    frame["n"] = _whole(raw["n"])
    return frame.groupby(["force", "quarter", "offence"], as_index=False)["n"].sum()


def quarter(year: pd.Series, number: pd.Series) -> pd.Series:
    """First day of a financial quarter: quarter 1 of "2012/13" is April to June 2012."""
    first = pd.to_datetime(year.str[:4] + "-04-01")
    months = first.dt.year * 12 + 3 + (number.astype("int64") - 1) * 3
    text = (
        (months // 12).astype(str)
        + "-"
        + (months % 12 + 1).astype(str).str.zfill(2)
        + "-01"
    )
    return pd.to_datetime(text).astype("datetime64[us]")


def offences(raw: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """One row for each code, named as in its latest year; when it was used, and if it still is."""
    fields = {
        "Offence Code": "offence",
        "Offence Description": "name",
        "Group": "group",
    }
    frame = raw.rename(columns={**fields, "Offence Subgroup": "subgroup"})
    names = ["name", "group", "subgroup"]
    frame = frame.groupby(["offence", "FY", *names], as_index=False).size()
    frame = (
        frame.sort_values(["FY", "size", "name"], kind="stable")
        .groupby("offence")
        .tail(1)
    )
    mark = r"\s*\(outcomes? only\)$"
    frame["outcomes_only"] = frame["name"].str.contains(mark)
    frame["name"] = frame["name"].str.replace(mark, "", regex=True)
    used = counts[counts["n"] != 0].groupby("offence")["quarter"]
    frame["first_quarter"] = frame["offence"].map(used.min())
    frame["last_quarter"] = frame["offence"].map(used.max())
    return frame[["offence", *names, "first_quarter", "last_quarter", "outcomes_only"]]


def annual(path: Path, places: pd.DataFrame) -> pd.DataFrame:
    """Partnerships × year × offence, with each force's total and what it could not assign."""
    raw = geography.read(path)
    raw = raw[raw["offences"] != ""]  # an empty cell is unknown, not a zero
    frame = raw.rename(columns={"csp_code": "csp"})
    frame["year_end"] = pd.to_datetime(raw["period"].map(_ENDS)).astype(
        "datetime64[us]"
    )
    frame["force"], frame["n"] = _slugs(raw["pfa_name"]), _whole(raw["offences"])
    frame["district"] = raw["la_code"].where(
        raw["la_code"].isin(places["district"]), ""
    )
    unnamed, unassigned = raw["csp_name"] == "", raw["csp_code"] == ""
    frame["kind"] = np.select(
        [unnamed, unassigned], ["force", "unassigned"], "district"
    )
    columns = [
        "year_end",
        "force",
        "kind",
        "csp",
        "csp_name",
        "district",
        "offence",
        "n",
    ]
    return frame[columns]


def case_outcomes(raw: pd.DataFrame) -> pd.DataFrame:
    """Force × quarter × offence group × outcome type: the rows of the source summed."""
    frame = pd.DataFrame({"force": _slugs(raw["Force"]), "group": raw["Offence Group"]})
    frame["quarter"] = quarter(raw["Financial Year"], raw["Financial Quarter"])
    frame["outcome"] = raw["Outcome Type"].astype("int64")
    frame["outcome_group"] = raw["Outcome Group"].str.strip()
    frame["n"] = _whole(raw["n"])
    return frame.groupby(_CASES, as_index=False)["n"].sum()


def drug_deaths(path: Path) -> pd.DataFrame:
    """One row for each area and year of registration."""
    raw = geography.read(path)
    frame = raw.melt(["code", "name"], var_name="year", value_name="deaths")
    name = frame["name"].str.strip()
    name = name.where(
        name != name.str.upper(), name.str.title().str.replace(" And ", " and ")
    )
    area = (
        name.str.lower()
        .str.replace(" ", "-")
        .mask(frame["code"] == _COUNTY, "lancashire-12")
    )
    frame = frame.assign(area=area, name=name, gss=frame["code"])
    frame[["year", "deaths"]] = frame[["year", "deaths"]].astype("int64")
    return frame[["area", "gss", "name", "year", "deaths"]]


def _slugs(names: pd.Series) -> pd.Series:
    return names.map({name: geography.slug(name) for name in names.unique()})


def _whole(numbers: pd.Series) -> pd.Series:
    value = pd.to_numeric(numbers)
    if value.isna().any() or (value % 1 != 0).any():
        raise Invalid("a count of recorded crimes is absent or not a whole number.")
    return value.astype("int64")
