"""Home Office and ONS tables: recorded crime by quarter, by partnership, outcomes, drug deaths."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, reading
from outcomes.data import tables
from outcomes.ingest import geography, write

_CASES = ["force", "quarter", "group", "outcome", "outcome_group"]
_QUARTERLY = [
    *("FY", "Financial Quarter", "Force", "Offence Code", "Offence Description"),
    *("Group", "Offence Subgroup"),
]


def build(source: Path, clean: Path, places: pd.DataFrame) -> None:
    """Write crime_quarterly, offences, crime_annual, case_outcomes and drug_deaths.

    ``places`` are the districts that :func:`geography.build` has written; the table ``areas`` is
    there already.
    """
    folder = source / "recorded_crime"
    with _named(path := geography.source_file(folder / "prc_pfa_long.parquet")):
        raw = pd.read_parquet(path)
        counts = quarterly(raw)
        names = offences(raw, counts)
    keys = ["offence", "force", "quarter"]
    write.parquet(counts, clean / "crime_quarterly.parquet", keys)
    write.csv(names, clean / "offences.csv", ["offence"])
    with _named(path := geography.source_file(folder / "csp_annual_long.csv.gz")):
        counts = annual(geography.read_source(path), places)
    keys = ["year_end", "force", "kind", "csp_name", "offence"]
    write.parquet(counts, clean / "crime_annual.parquet", keys)
    with _named(path := geography.source_file(folder / "outcomes_2024_25.parquet")):
        counts = case_outcomes(pd.read_parquet(path))
    write.parquet(counts, clean / "case_outcomes.parquet", _CASES)
    folder, name = source / "health", "drug_poisoning_deaths_by_area_1993_2020.csv"
    with _named(path := geography.source_file(folder / name)):
        raw = geography.read_source(path)
        deaths = drug_deaths(raw, tables.rows("areas", clean=clean))
    write.csv(deaths, clean / "drug_deaths.csv", ["area", "year"])


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Around the reading of a raw file: what is wrong is said with its name."""
    try:
        with reading(path):
            yield
    except Invalid as error:
        said = str(error)
        raise Invalid(
            said if said.startswith(str(path)) else f"{path.name}: {said}"
        ) from error


def quarterly(raw: pd.DataFrame) -> pd.DataFrame:
    """Recorded crimes by force, quarter and offence code; negative counts are kept as they are.

    A body that changed the spelling of its name, or a code that changed its subgroup, is one.

    Parameters
    ----------
    raw
        The Home Office's table: FY, Financial Quarter, Force, Offence Code, Offence Description,
        Group, Offence Subgroup, n.

    Returns
    -------
    DataFrame
        force, quarter (its first day), offence, n.

    Raises
    ------
    Invalid
        For a column that is not there, a cell that cannot be read, or a row that stands twice: two
        files put together that overlap would double their counts.
    """
    _check_columns(raw, [*_QUARTERLY, "n"], filled=_QUARTERLY)
    again = raw.duplicated(_QUARTERLY).to_numpy()
    if again.any():
        at = int(again.argmax())
        alike = raw[_QUARTERLY].eq(raw[_QUARTERLY].iloc[at]).all(axis=1).to_numpy()
        what = ", ".join(map(str, raw[_QUARTERLY].iloc[at]))
        raise Invalid(
            f"row {at + 2} says again what row {int(alike.argmax()) + 2} does ({what})."
        )
    frame = pd.DataFrame(
        {"force": _slugs(raw["Force"]), "offence": raw["Offence Code"]}
    )
    frame["quarter"] = quarter_start(raw["FY"], raw["Financial Quarter"])
    frame["n"] = _whole_numbers(raw["n"])
    return frame.groupby(["force", "quarter", "offence"], as_index=False)["n"].sum()


def quarter_start(year: pd.Series, number: pd.Series) -> pd.Series:
    """The first day of financial quarters: quarter 1 of "2012/13" is April to June 2012.

    Examples
    --------
    >>> quarter_start(pd.Series(["2012/13"]), pd.Series([4]))[0]
    Timestamp('2013-01-01 00:00:00')
    """
    written = year.astype(str).str.fullmatch(r"\d{4}/\d\d")
    _refuse(year, ~written.astype(bool), "a financial year such as 2012/13")
    _refuse(number, ~number.isin([1, 2, 3, 4]), "a quarter from 1 to 4")
    april = pd.PeriodIndex(year.str[:4] + "-04", freq="M")
    first = april + 3 * (number.to_numpy("int64") - 1)
    return pd.Series(first.to_timestamp().astype("datetime64[us]"), index=year.index)


def offences(raw: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """One row for each offence code, named as in its latest year, with the quarters of its use.

    Parameters
    ----------
    raw
        The Home Office's table, as in :func:`quarterly`, with Offence Description, Group and
        Offence Subgroup.
    counts
        What :func:`quarterly` makes of it.

    Returns
    -------
    DataFrame
        offence, name, group, subgroup, first_quarter, last_quarter and outcomes_only: codes that
        stand in the source for their outcomes alone.
    """
    columns = {
        "Offence Code": "offence",
        "Offence Description": "name",
        "Group": "group",
        "Offence Subgroup": "subgroup",
    }
    names = ["name", "group", "subgroup"]
    frame = (
        raw.rename(columns=columns)
        .groupby(["offence", "FY", *names], as_index=False)
        .size()
        .sort_values(["FY", "size", "name"], kind="stable")
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


def annual(raw: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Recorded crimes by partnership, year and offence, and those assigned to no partnership.

    Parameters
    ----------
    raw
        The table of the ONS as text: period ("YE Dec 2023"), pfa_name, csp_code, csp_name,
        la_code, offence, offences. An empty count is unknown, not a zero, and is left out.
    places
        Districts: the column district holds their codes.

    Returns
    -------
    DataFrame
        year_end, force, kind (force, district or unassigned), csp, csp_name, district, offence, n.
    """
    needed = ["period", "pfa_name", "csp_code", "csp_name", "la_code", "offence"]
    _check_columns(raw, [*needed, "offences"], filled=["period", "pfa_name", "offence"])
    frame = raw[raw["offences"] != ""].rename(columns={"csp_code": "csp"})
    ends = frame["period"].str.removeprefix("YE ")
    month = pd.to_datetime(ends, format="%b %Y", errors="coerce")
    _refuse(frame["period"], month.isna(), "a year such as YE Dec 2023")
    month = pd.PeriodIndex(month, freq="M")
    frame["year_end"] = month.end_time.normalize().astype("datetime64[us]")
    frame["force"] = _slugs(frame["pfa_name"])
    frame["n"] = _whole_numbers(frame["offences"])
    is_district = frame["la_code"].isin(places["district"])
    frame["district"] = frame["la_code"].where(is_district, "")
    unnamed, unassigned = frame["csp_name"] == "", frame["csp"] == ""
    frame["kind"] = np.select(
        [unnamed, unassigned], ["force", "unassigned"], "district"
    )
    return frame[
        [
            *("year_end", "force", "kind", "csp", "csp_name", "district"),
            *("offence", "n"),
        ]
    ]


def case_outcomes(raw: pd.DataFrame) -> pd.DataFrame:
    """Outcomes by force, quarter, offence group and outcome type.

    Parameters
    ----------
    raw
        The Home Office's table: Financial Year, Financial Quarter, Force, Offence Group, Outcome
        Type, Outcome Group, n. It has several rows for one combination; they are summed.

    Returns
    -------
    DataFrame
        force, quarter, group, outcome, outcome_group, n.
    """
    filled = ["Financial Year", "Financial Quarter", "Force", "Offence Group"]
    filled += ["Outcome Type", "Outcome Group"]
    _check_columns(raw, [*filled, "n"], filled=filled)
    frame = pd.DataFrame({"force": _slugs(raw["Force"]), "group": raw["Offence Group"]})
    frame["quarter"] = quarter_start(raw["Financial Year"], raw["Financial Quarter"])
    frame["outcome"] = _whole_numbers(raw["Outcome Type"])
    frame["outcome_group"] = raw["Outcome Group"].str.strip()
    frame["n"] = _whole_numbers(raw["n"])
    return frame.groupby(_CASES, as_index=False)["n"].sum()


def drug_deaths(raw: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """Deaths from drug poisoning, one row for each area and year of registration.

    Parameters
    ----------
    raw
        The table of the ONS as text: code, name, and a column for each year.
    areas
        The table ``areas``, which names the areas by their codes (gss).

    Returns
    -------
    DataFrame
        area, gss, name, year, deaths.

    Raises
    ------
    Invalid
        For an area that the table ``areas`` does not hold, or a cell that cannot be read.

    Examples
    --------
    >>> raw = pd.DataFrame({"code": ["E07000128"], "name": ["WYRE "], "2020": ["9"]})
    >>> areas = pd.DataFrame({"area": ["wyre"], "gss": ["E07000128"]})
    >>> drug_deaths(raw, areas)
       area        gss  name  year  deaths
    0  wyre  E07000128  Wyre  2020       9
    """
    _check_columns(raw, ["code", "name"], filled=["code", "name"])
    years = raw.columns.drop(["code", "name"])
    if len(odd := years[~years.str.fullmatch(r"\d{4}")]):
        raise Invalid(f"column {odd[0]!r} is not a year.")
    raw = raw.assign(**{year: _whole_numbers(raw[year]) for year in years})
    frame = raw.melt(["code", "name"], var_name="year", value_name="deaths")
    frame = frame.rename(columns={"code": "gss"})
    known = areas[areas["gss"] != ""].set_index("gss")["area"]
    frame["area"] = frame["gss"].map(known)
    if frame["area"].isna().any():
        unknown = ", ".join(sorted(frame.loc[frame["area"].isna(), "gss"].unique()))
        raise Invalid(f"areas.csv has no area with the code {unknown}.")
    name = frame["name"].str.strip()
    shouted = name == name.str.upper()
    frame["name"] = name.mask(shouted, name.str.title().str.replace(" And ", " and "))
    frame["year"] = frame["year"].astype("int64")
    return frame[["area", "gss", "name", "year", "deaths"]]


def _slugs(names: pd.Series) -> pd.Series:
    return names.map({name: geography.slug(name) for name in names.unique()})


def _whole_numbers(cells: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(cells, errors="coerce")
    _refuse(cells, numbers.isna() | (numbers % 1 != 0), "a whole number")
    return numbers.astype("int64")


def _check_columns(raw: pd.DataFrame, needed: list[str], *, filled: list[str]) -> None:
    """Raise :class:`Invalid` for a column that is not there, or an empty cell of one to be filled:
    a row without a name falls out of every sum, and nobody misses it."""
    lost = [name for name in needed if name not in raw]
    if lost:
        raise Invalid(
            f"there is no column {lost[0]!r}: its columns are {', '.join(map(str, raw))}."
        )
    for name in filled:
        empty = raw[name].isna() | (raw[name].astype(str).str.strip() == "")
        _refuse(raw[name], empty, "filled, as each must be")


def _refuse(cells: pd.Series, wrong: pd.Series, what: str) -> None:
    """Raise :class:`Invalid` with the first of the cells that are wrong; the header is row 1."""
    if wrong.any():
        at = int(wrong.to_numpy().argmax())
        more = f", nor are {wrong.sum() - 1} more" if wrong.sum() > 1 else ""
        raise Invalid(
            f"{str(cells.iloc[at])!r} in row {cells.index[at] + 2} of column {cells.name!r} is not "
            f"{what}{more}."
        )
