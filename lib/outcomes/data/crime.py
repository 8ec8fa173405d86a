"""Recorded crime, by name: what each table of counts can be asked.

Two families never mix. **Street-level** rows (data.police.uk) are counted by month and place, and
carry anti-social behaviour, which is not crime: ``CRIME_TYPES`` leaves it out. **Recorded crime**
(Home Office) is counted by quarter and offence for whole forces, without a gap.

An absent street-level row is a zero only in a month that is complete (:func:`coverage`); a month
that is missing is never a zero. Only complete months are given, with their zeros.
"""

from typing import Any

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, spelt
from outcomes.data import citations, crime_codes, tables
from outcomes.data.crime_codes import OFFENCE_GROUPS
from outcomes.data.doors import Names, Year, as_list, door
from outcomes.data.places import codes, held_forces, named, neighbourhoods

type_names: dict[str, str] = crime_codes.TYPES
"""The 14 types of data.police.uk: the short name that a parameter has, and the name in a frame."""

ASB: str = type_names[crime_codes.ASB]
"""Anti-social behaviour, as the column ``type`` calls it."""

CRIME_TYPES: list[str] = [type_names[code] for code in crime_codes.CRIME_TYPES]
"""The 13 types that are crimes, as the column ``type`` calls them. Anti-social behaviour is no
crime and is counted apart, always."""

OUTCOMES: dict[str, list[str]] = {
    outcome: [type_names[code] for code in types]
    for outcome, types in crime_codes.OUTCOMES.items()
}
"""Outcomes that an evaluation may declare, in words, and the types that each adds up."""

STREET_TABLES = {
    "force": "crime_force_monthly",
    "district": "crime_district_monthly",
    "neighbourhood": "crime_monthly",
}
"""The tables of street-level crime, by the kind of place that they count."""


@door
def street_crime(
    by: str,
    *,
    force: Names,
    year: Year | None = None,
    area: Names | None = None,
    gaps: bool = False,
) -> pd.DataFrame:
    """Street-level counts of complete months by kind of place, month and type.

    Parameters
    ----------
    by : "force", "district" or "neighbourhood".
    force : the forces whose files are counted.
    year : one calendar year (2025 or "2025"); all that are held otherwise.
    area : districts to keep; by neighbourhood also a town, or what else :func:`neighbourhoods` takes.
    gaps : True keeps a row for each month that is not whole, from the first that is to the last:
        n is missing there, and a column ``reason`` says why, so that no line is drawn across it.

    Returns
    -------
    One row for each place, month and type, zeros included: force, month (first day), type
    (:data:`type_names`), n, force_code, type_code, and

    - by district: district and district_code (GSS), of the force's own districts. Rows without a
      location, or in another force's district, are in the counts of the force only;
    - by neighbourhood: lsoa, district and district_code. Neighbourhoods have rows only where a
      crime was recorded. Where no area is asked for, rows without a location are among them
      (lsoa ""). Months that are known of a force by its counts alone are left out.

    ``attrs["sources"]`` cites the months.

    >>> street_crime("district", force="Lancashire", year=2025)["district"].nunique()
    14
    """
    by = spelt(by, STREET_TABLES, "by")
    if area is not None and by == "force":
        raise Invalid(
            "area cannot be given by force; count by district or neighbourhood."
        )
    if gaps and by == "neighbourhood":
        raise Invalid("gaps are of forces and districts; count by one of these.")
    table = STREET_TABLES[by]
    where = {"force": held_forces(table, force)}
    every = tables.read("coverage", **where)
    from_file = every["duplicates"].notna() | (by != "neighbourhood")
    months = every[(every["state"] == "complete") & from_file]
    if year is not None:
        months = _of_year(months, int(year))
    if area is not None:
        where |= _inside(by, area)
    frame = tables.read(table, **where)
    if by == "neighbourhood":
        frame = frame.merge(months[["force", "month"]])
        if area is not None and frame.empty:
            raise Invalid(
                f"{', '.join(as_list(area))} has no neighbourhood of this force."
            )
        frame = frame.sort_values(["force", "lsoa", "month", "type"])
    else:
        units = months[["force"]].drop_duplicates()
        if by == "district":
            units = tables.read("districts", ["force", "district"], **where)
            if units.empty:
                raise Invalid(
                    f"{', '.join(as_list(area))} has no district of this force."
                )
        frame = _with_zeros(frame, units, months)
        if gaps:
            frame = _with_gaps(frame, every).sort_values([*units, "month", "type"])
    in_words = tables.in_words(frame["type"], type_names)
    frame = frame.assign(type_code=frame["type"], type=in_words)
    rows = frame
    places = {"district": "districts"} if by != "force" else {}
    frame = named(frame, force="forces", **places).reset_index(drop=True)
    first = [
        c for c in ("force", "district", "lsoa", "month", "type", "n") if c in frame
    ]
    frame = frame[[*first, *(c for c in frame if c not in first)]]
    return citations.cited(frame, table, rows, months)


def street_total(
    types: list[str], *, force: str, district: str | None = None
) -> pd.Series:
    """Street-level counts of types together, of a force or one of its districts, by complete month.

    What :func:`street_crime` gives, added up: ``types`` and ``district`` are codes.

    >>> int(street_total(["robbery"], force="Lancashire").min()) >= 0
    True
    """
    table = STREET_TABLES["district" if district else "force"]
    where = {"force": held_forces(table, force)}
    months = tables.read("coverage", **where)
    months = months[months["state"] == "complete"]
    if district:
        where["district"] = [district]
    rows = tables.read(table, **where)
    rows = rows[rows["type"].isin(types)]
    total = rows.groupby("month")["n"].sum().reindex(months["month"], fill_value=0)
    sources = citations.sources_of(table, rows, months)
    total.attrs = {"table": table, "sources": sources}
    return total.sort_index()


def _inside(by: str, area: Names) -> dict[str, list[str]]:
    """The rows of an area: those of districts, or by neighbourhood of what lies in districts."""
    try:
        return {"district": codes("districts", area)}
    except Invalid:
        if by != "neighbourhood":
            raise
    inside = neighbourhoods(area)
    return {"district": sorted({*inside["district_code"]}), "lsoa": [*inside["lsoa"]]}


def _with_zeros(
    counts: pd.DataFrame, units: pd.DataFrame, months: pd.DataFrame
) -> pd.DataFrame:
    """Every place, complete month and type, in order: an absent row is a zero.

    ``units`` are places by force, and perhaps district; ``months`` those of each force.
    """
    units = units.sort_values([*units], ignore_index=True)
    place, days = units.columns[-1], np.unique(months["month"])
    kinds = pd.Series(sorted(type_names), dtype="str")
    cell = np.stack(
        [
            _positions(units[place], counts[place]),
            _positions(days, counts["month"]),
            _positions(kinds, counts["type"]),
        ]
    )
    forces = units["force"].unique()
    force = _positions(forces, units["force"])
    own = _positions(forces, counts["force"]) == force[cell[0]]
    own &= (cell >= 0).all(axis=0)
    n = np.zeros((len(units), len(days), len(kinds)), dtype="int64")
    np.add.at(n, tuple(cell[:, own]), counts["n"].to_numpy()[own])
    complete = np.zeros((len(forces), len(days)), dtype=bool)
    at = _positions(forces, months["force"]), _positions(days, months["month"])
    complete[at[0][at[0] >= 0], at[1][at[0] >= 0]] = True
    unit, day = complete[force].nonzero()
    frame = units.iloc[np.repeat(unit, len(kinds))].reset_index(drop=True)
    frame["month"] = days[np.repeat(day, len(kinds))]
    frame["type"] = kinds.array[np.tile(np.arange(len(kinds)), len(unit))]
    return frame.assign(n=n[unit, day].ravel())


def _positions(keys: Any, column: pd.Series) -> np.ndarray:
    """Where each value of a column stands among keys, -1 where it is none of them."""
    at, values = pd.factorize(column)
    return pd.Index(keys).get_indexer(values)[at]


def _of_year(months: pd.DataFrame, year: int) -> pd.DataFrame:
    held = months["month"].dt.year
    if year not in held.to_numpy():
        raise Invalid(
            f"year {year} has no complete month of street-level crime here: the years held "
            f"are {held.min()} to {held.max()}."
        )
    return months[held == year]


def _with_gaps(counts: pd.DataFrame, coverage: pd.DataFrame) -> pd.DataFrame:
    """Counts with a row for each month between the first and the last of a force that is not whole."""
    span = counts.groupby("force")["month"].agg(first="min", last="max")
    missing = coverage[coverage["state"] != "complete"].join(span, on="force")
    inside = missing["month"].between(missing["first"], missing["last"])
    missing = missing.loc[inside, ["force", "month", "reason"]]
    series = [c for c in ("force", "district", "type") if c in counts]
    absent = counts[series].drop_duplicates().merge(missing, on="force")
    counts = counts.assign(reason="").astype({"n": "Int64"})
    return pd.concat([counts, absent.assign(n=pd.NA).astype({"n": "Int64"})])


@door
def crime_panels(outcomes: Names, *, force: Names) -> dict[str, pd.DataFrame]:
    """For each outcome (:data:`OUTCOMES`) its counts, month x LSOA, zeros included.

    What an evaluation compares. Rows are the months that are complete in every force; columns are
    all LSOAs of the forces. Rows without a location, or that a force recorded in another's area,
    are not in them. ``attrs["sources"]`` of each cites the months.

    >>> crime_panels("burglary", force="Lancashire")["burglary"].columns.name
    'lsoa'
    """
    slugs = held_forces("crime_monthly", force)
    wanted = [spelt(name, OUTCOMES, "outcome") for name in as_list(outcomes)]
    frame = tables.read("crime_monthly", force=slugs)
    home = tables.read("lsoas", ["lsoa", "force"], force=slugs)
    lsoas = pd.Index(home["lsoa"])
    lsoa = _positions(lsoas, frame["lsoa"])  # -1 where it is of no force asked
    force = _positions(slugs, home["force"])[lsoa]
    inside = (lsoa >= 0) & (force == _positions(slugs, frame["force"]))
    held = tables.read("coverage", force=slugs)
    held = held[held["duplicates"].notna()]  # counted from its file, by neighbourhood
    complete = held[held["state"] == "complete"].groupby("month")["force"].nunique()
    months = complete.index[complete == len(slugs)]
    cited = citations.sources_of(
        "crime_monthly", frame, held[held["month"].isin(months)]
    )
    month = _positions(months, frame["month"])  # -1 where it is not complete
    inside &= month >= 0
    cell = month * len(home) + lsoa
    panels = {}
    for name in wanted:
        mine = inside & frame["type"].isin(crime_codes.OUTCOMES[name]).to_numpy()
        size = len(months) * len(home)
        counts = np.bincount(cell[mine], frame["n"].to_numpy()[mine], size).astype(int)
        counts = counts.reshape(len(months), len(home))
        panels[name] = pd.DataFrame(counts, months, lsoas)
        panels[name].attrs["sources"] = cited
    return panels


@door
def recorded_crime(
    offence: Names | None = None, *, force: Names | None = None
) -> pd.DataFrame:
    """Offences recorded by the police (Home Office), by quarter and force, from April 2012 on.

    Parameters
    ----------
    offence : a code ("92A"), a group of codes (:data:`OFFENCE_GROUPS`: "trafficking"), or a list
        of them; every code otherwise.
    force : forces, or a body without a territory ("Action Fraud"); all territorial forces
        otherwise.

    Returns
    -------
    One row for each offence asked, force and quarter: force, quarter (first day), offence, n,
    force_code, offence_code. Of a group, ``offence`` and ``offence_code`` are its name, and ``n``
    adds up its codes, so that a code that ended is joined with the one after it. ``n`` can be
    negative: records cancelled in a later quarter.

    >>> recorded_crime("trafficking", force="Lancashire")["offence"].unique().tolist()
    ['trafficking']
    """
    if force is None:
        slugs = tables.read("forces", ["force"], territorial=True)["force"].tolist()
    else:
        slugs = held_forces("crime_quarterly", force)
    spoken = tables.mapping("offences", "offence", "name")
    known = [*OFFENCE_GROUPS, *spoken]
    asked = [spelt(name, known, "offence") for name in as_list(offence)]
    groups = {name: OFFENCE_GROUPS.get(name, [name]) for name in asked}
    wanted = sorted({code for group in groups.values() for code in group})
    frame = tables.read("crime_quarterly", force=slugs, offence=wanted or None)
    rows = frame
    if groups:
        keys = ["force", "quarter"]
        counts = [
            frame[frame["offence"].isin(group)]
            .groupby(keys, as_index=False)["n"]
            .sum()
            .assign(offence=name)
            for name, group in groups.items()
        ]
        frame = pd.concat(counts, ignore_index=True)
    counted = frame["offence"]
    words = {code: spoken.get(code, code) for code in counted.unique()}
    frame = frame.assign(offence_code=counted, offence=tables.in_words(counted, words))
    columns = ["force", "quarter", "offence", "n", "force_code", "offence_code"]
    frame = named(frame, force="forces")[columns]
    return citations.cited(frame, "crime_quarterly", rows)


@door
def annual_crime(*, force: Names | None = None) -> pd.DataFrame:
    """Recorded crime by community safety partnership, in the years that ONS publishes.

    Returns
    -------
    year_end, force, kind (force, district or unassigned), district ("" where the partnership is not
    one district), partnership, offence (ONS name), n, force_code, district_code (GSS),
    partnership_code.

    In Lancashire a partnership is a district, and 2.4-3.1 % of offences are unassigned: they belong
    to the force but to no district. The last two years share six months: never add them.

    >>> annual_crime(force="Lancashire").query("kind == 'district'")["district"].nunique()
    14
    """
    frame = tables.read("crime_annual", force=held_forces("crime_annual", force))
    frame = frame.rename(columns={"csp_name": "partnership", "csp": "partnership_code"})
    frame = named(frame, force="forces", district="districts")
    first = ["year_end", "force", "kind", "district", "partnership", "offence", "n"]
    frame = frame[[*first, "force_code", "district_code", "partnership_code"]]
    return citations.cited(frame, "crime_annual")


@door
def case_outcomes(*, force: Names | None = None) -> pd.DataFrame:
    """Outcomes of investigations, 2024/25, by force, quarter and group of offences.

    Columns: force, quarter (first day), group (of offences), outcome (Home Office outcome type; 0
    is not yet assigned), outcome_group, n, force_code.

    >>> case_outcomes(force="Kent")["quarter"].nunique()
    4
    """
    frame = tables.read("case_outcomes", force=held_forces("case_outcomes", force))
    return named(citations.cited(frame, "case_outcomes"), force="forces")


@door
def coverage(*, force: Names | None = None) -> pd.DataFrame:
    """What the street-level tables hold: one row for each force and month.

    Columns: force, month, state (complete, partial or missing), reason ("" when complete), rows
    (counted, duplicates removed), no_location, duplicates, outside (another force's area),
    force_code. Counts are NaN where the file is missing or the number is not known.

    >>> set(coverage()["state"]) <= {"complete", "partial", "missing"}
    True
    """
    frame = tables.read("coverage", force=held_forces("coverage", force))
    return named(citations.cited(frame, "coverage"), force="forces")


@door
def stop_and_search(by: str, *, force: Names) -> pd.DataFrame:
    """Stop and searches of the months, or of the weeks, whose files are held.

    Parameters
    ----------
    by : "month" or "week". A week runs from Monday to Sunday, and is given where the files of all
        its days are held.
    force : the forces that searched.

    Returns
    -------
    force, month or week (first day), object (what was looked for), outcome, arrest (bool: the
    outcome is an arrest), n, force_code. There is no row where no file is held:
    ``outcomes data refresh --from 2023-11 --to 2023-11`` takes a month in. data.police.uk publishes
    every search by itself, so small counts are public; what it tells of persons is not held here.

    >>> list(stop_and_search("week", force="Lancashire"))
    ['force', 'week', 'object', 'outcome', 'arrest', 'n', 'force_code']
    """
    by = spelt(by, ("month", "week"), "by")
    where = {"force": codes("forces", force)}
    held = tables.read("stop_and_search_files", ["force", "month"], **where)
    frame = tables.read("stop_and_search", **where)
    months = pd.MultiIndex.from_frame(held)
    for days in (0, 6) if by == "week" else ():
        day = frame["week"] + pd.Timedelta(days=days)
        month = day.dt.to_period("M").dt.start_time
        frame = frame[pd.MultiIndex.from_arrays([frame["force"], month]).isin(months)]
    rows = frame
    frame = frame.groupby(["force", by, "object", "outcome"], as_index=False)["n"].sum()
    frame = named(frame, force="forces")
    frame["arrest"] = frame["outcome"].isin(crime_codes.ARRESTS)
    frame = frame[["force", by, "object", "outcome", "arrest", "n", "force_code"]]
    return citations.cited(frame, "stop_and_search", rows)


@door
def offences() -> pd.DataFrame:
    """Home Office offence codes: offence, name (latest), group, subgroup, first_quarter and
    last_quarter (with a count other than zero), outcomes_only (bool: no longer recorded).

    >>> offences().set_index("offence").loc["92A", "group"]
    'Drug offences'
    """
    return citations.cited(tables.read("offences"), "offences")


@door
def drug_deaths(area: Names | None = None) -> pd.DataFrame:
    """Deaths by drug poisoning registered 1993-2020: area, year, deaths, area_code, gss.

    A death is counted in the year it was registered, often the year after it happened.

    >>> drug_deaths("Blackpool")["year"].max().item()
    2020
    """
    frame = tables.read("drug_deaths", area=codes("areas", area))
    if frame.empty:
        held = sorted(set(tables.rows("drug_deaths", ["name"])["name"]))
        raise Invalid(
            f"No drug deaths are held of {', '.join(as_list(area))}; only of {', '.join(held)}."
        )
    frame = named(frame, area="areas")[["area", "year", "deaths", "area_code", "gss"]]
    return citations.cited(frame, "drug_deaths")
