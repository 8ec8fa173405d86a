"""Recorded crime: what each table of counts can be asked.

Two families never mix. **Street-level** rows (data.police.uk) are counted by month and place, and
carry anti-social behaviour, which is not crime: ``CRIME_TYPES`` leaves it out. **Recorded crime**
(Home Office) is counted by quarter and offence code for whole forces, without a gap.

An absent row is a zero only in a month that is ``complete`` in :func:`coverage`; a month that is
missing is never a zero. ``fill=True`` gives the complete grid of such months, zeros included.
"""

from typing import Any

import pandas as pd

from outcomes.core.errors import Invalid, one_of
from outcomes.data import citations, tables
from outcomes.data.crime_codes import OFFENCE_GROUPS, OUTCOMES, TYPES
from outcomes.data.doors import Flag, Held, HeldOrBlank, Month, Name, Names, door
from outcomes.data.places import district_codes, force_slugs, forces, forces_of, listed


@door("crime_monthly")
def crime_monthly(
    *,
    force: Names = None,
    district: Names = None,
    lsoa: HeldOrBlank = None,
    month_from: Month = None,
    month_to: Month = None,
    types: Names = None,
    fill: Flag = False,
) -> pd.DataFrame:
    """Street-level counts of Lancashire and Leicestershire by neighbourhood, month and type.

    Columns: force, district (GSS code; "" without location), lsoa (2021 code; "" without
    location), month (first day), type (:data:`TYPES`), n. ``district`` may be a code or a name, and
    then only rows of the district's own force are returned. ``fill=True`` gives, for complete
    months only, every LSOA of the force (and "" when no place is asked for) with its zeros.
    """
    codes = district_codes(district)
    force = forces_of(codes) if codes is not None and force is None else force
    force = force_slugs(force, "crime_monthly")
    where = {"force": force, "district": codes, "lsoa": lsoa, "type": _types(types)}
    frame = _between(tables.read("crime_monthly", **where), month_from, month_to)
    if not fill:
        return frame
    units = _neighbourhoods(codes, force, lsoa)
    return _filled(frame, units, types, month_from, month_to)


@door()
def crime_panels(outcomes: Names, *, force: Names) -> dict[str, pd.DataFrame]:
    """For each outcome (:data:`OUTCOMES`) its counts, month x LSOA, with zeros, for comparisons.

    Only months that are complete in every ``force`` are rows; every LSOA of the forces is a column.
    Rows without a location, or that a force recorded in another's area, are not in them.
    """
    slugs = force_slugs(force, "crime_monthly")
    names = [one_of(name, OUTCOMES, "outcome") for name in listed(outcomes)]
    frame = tables.read("crime_monthly", force=slugs)
    home = tables.read("lsoas", ["lsoa", "force"], force=slugs).set_index("lsoa")[
        "force"
    ]
    frame = frame[frame["lsoa"].map(home) == frame["force"]]
    months = set.intersection(*(set(months_present(f)) for f in slugs))
    grid = {"index": sorted(months), "columns": home.index.tolist()}
    held = coverage(force=slugs)
    cited = citations.sources_of(
        "crime_monthly", frame, held[held["month"].isin(months)]
    )
    made = {}
    for name in names:
        rows = frame[frame["type"].isin(OUTCOMES[name])]
        table = rows.groupby(["month", "lsoa"])["n"].sum().unstack(fill_value=0)
        made[name] = table.reindex(**grid, fill_value=0).rename_axis(
            index="month", columns="lsoa"
        )
        made[name].attrs["sources"] = cited
    return made


@door("crime_force_monthly")
def crime_force_monthly(
    *,
    force: Names = None,
    month_from: Month = None,
    month_to: Month = None,
    types: Names = None,
    fill: Flag = False,
) -> pd.DataFrame:
    """Street-level counts of whole forces: force, month, type, n.

    Lancashire and Leicestershire have most months from December 2019; the others January to April
    2024 and 2025 only. ``fill=True`` adds the zeros of complete months and drops partial months.
    """
    where = {"force": force_slugs(force, "crime_force_monthly"), "type": _types(types)}
    frame = _between(tables.read("crime_force_monthly", **where), month_from, month_to)
    if not fill:
        return frame
    units = coverage(force=where["force"])[["force"]].drop_duplicates()
    return _filled(frame, units, types, month_from, month_to)


@door("crime_district_monthly")
def crime_district_monthly(
    *,
    district: Names = None,
    force: Names = None,
    month_from: Month = None,
    month_to: Month = None,
    types: Names = None,
    fill: Flag = False,
) -> pd.DataFrame:
    """Street-level counts by district (2021 GSS code): force, district, month, type, n.

    Only rows that a force recorded in its own districts carry a code; rows without a location, or
    in another force's district, are counted under "" so that the rows of a force add up to its
    total. ``fill=True`` gives every own district of complete months, without the "" rows.
    """
    codes = district_codes(district)
    where = {"district": codes, "force": force_slugs(force), "type": _types(types)}
    frame = _between(
        tables.read("crime_district_monthly", **where), month_from, month_to
    )
    if not fill:
        return frame
    units = tables.read(
        "districts", ["force", "district"], district=codes, force=where["force"]
    )
    return _filled(frame[frame["district"] != ""], units, types, month_from, month_to)


@door("crime_quarterly")
def crime_quarterly(
    *,
    force: Names = None,
    offence: Names = None,
    quarter_from: Month = None,
    quarter_to: Month = None,
    territorial: Flag = True,
) -> pd.DataFrame:
    """Home Office recorded crime: force, quarter (first day), offence (code), n.

    Without a gap from April 2012 on. ``offence`` is a code, a list of codes, or the name
    of a group in :data:`OFFENCE_GROUPS`. ``n`` can be negative: records cancelled in a later
    quarter. ``territorial=False`` adds the British Transport Police and the fraud bodies.
    """
    if force is None and territorial:
        force = forces(territorial=True)["force"].tolist()
    frame = tables.read(
        "crime_quarterly", force=force_slugs(force), offence=_offences(offence)
    )
    return _between(frame, quarter_from, quarter_to, "quarter")


@door("crime_annual")
def crime_annual(
    *,
    district: Names = None,
    force: Names = None,
    offence: Held = None,
    kind: Held = None,
) -> pd.DataFrame:
    """Recorded crime by community safety partnership, in the years that ONS prints.

    Columns: year_end, force, kind (force | district | unassigned), csp, csp_name, district (GSS),
    offence (ONS name), n. In Lancashire a partnership is a district, and 2.4-3.1 % of offences
    are unassigned: they belong to the force but to no district. The last two years share six
    months: never add them.
    """
    codes = district_codes(district)
    where = {
        "district": codes,
        "force": force_slugs(force),
        "offence": offence,
        "kind": kind,
    }
    return tables.read("crime_annual", **where)


@door("case_outcomes")
def case_outcomes(*, force: Names = None, group: Held = None) -> pd.DataFrame:
    """Outcomes of investigations, 2024/25: force, quarter, group (offence group), outcome (Home
    Office outcome type; 0 is not yet assigned), outcome_group, n (summed)."""
    return tables.read(
        "case_outcomes", force=force_slugs(force, "case_outcomes"), group=group
    )


@door("coverage")
def coverage(*, force: Names = None) -> pd.DataFrame:
    """What the street-level tables hold: one row for each force and month.

    Columns: force, month, state (complete | partial | missing), reason ("" when complete), rows
    (counted, duplicates removed), no_location, duplicates, outside (another force's area). Counts
    are NaN where the file is missing or the number is not known.
    """
    return tables.read("coverage", force=force_slugs(force, "coverage"))


@door()
def months_present(
    force: Name = "lancashire", *, partial: Flag = False
) -> pd.DatetimeIndex:
    """The months a force has, sorted: complete ones, and partial ones when asked for."""
    frame = coverage(force=force)
    states = ["complete", "partial"] if partial else ["complete"]
    return pd.DatetimeIndex(frame.loc[frame["state"].isin(states), "month"])


@door("offences")
def offences() -> pd.DataFrame:
    """Home Office offence codes: offence, name (latest), group, subgroup, first_quarter and
    last_quarter (with a count other than zero), outcomes_only (bool: no longer recorded)."""
    return tables.read("offences")


@door("drug_deaths")
def drug_deaths(area: Held = None) -> pd.DataFrame:
    """Deaths by drug poisoning registered 1993-2020: area (slug), gss, name, year, deaths.

    The series ends before Project ADDER began: a baseline, never an outcome of it. A death is
    counted in the year it was registered, often the year after it happened.
    """
    return tables.read("drug_deaths", area=area)


def _types(types: Any) -> list[str] | None:
    return (
        None
        if types is None
        else [one_of(name, TYPES, "type") for name in listed(types)]
    )


def _offences(offence: Any) -> list[str] | None:
    """Offence codes, from codes or names of groups; checked."""
    if offence is None:
        return None
    known = [*OFFENCE_GROUPS, *offences()["offence"]]
    asked = [one_of(name, known, "offence") for name in listed(offence)]
    return sorted({code for name in asked for code in OFFENCE_GROUPS.get(name, [name])})


def _between(
    frame: pd.DataFrame, start: Any, end: Any, column: str = "month"
) -> pd.DataFrame:
    """Rows whose month lies from ``start`` to ``end``, both included."""
    keep = pd.Series(True, index=frame.index)
    if start is not None:
        keep &= frame[column] >= _date(start)
    if end is not None:
        keep &= frame[column] <= _date(end)
    return frame[keep].reset_index(drop=True)


def _date(given: Any) -> pd.Timestamp:
    try:
        return pd.Timestamp(given)
    except ValueError:
        raise Invalid(
            f"date {given!r} is not a date; write it as 2024-01 or 2024-01-31."
        ) from None


def _neighbourhoods(codes: list | None, force: list | None, lsoa: Any) -> pd.DataFrame:
    """The neighbourhoods a filled grid must hold, with "" (no location) when no place is asked."""
    keys = ["force", "district", "lsoa"]
    units = tables.read("lsoas", keys, district=codes, force=force, lsoa=lsoa)
    if codes is not None or lsoa is not None:
        return units
    blank = units[["force"]].drop_duplicates().assign(district="", lsoa="")
    return pd.concat([blank, units], ignore_index=True)[keys]


def _filled(
    frame: pd.DataFrame, units: pd.DataFrame, types: Any, start: Any, end: Any
) -> pd.DataFrame:
    """The complete grid of units, complete months and types: an absent row becomes a zero."""
    months = coverage(force=sorted(units["force"].unique()))
    months = _between(months[months["state"] == "complete"], start, end)[
        ["force", "month"]
    ]
    kinds = pd.DataFrame({"type": sorted(_types(types) or TYPES)})
    grid = units.merge(months, on="force").merge(kinds, how="cross")
    frame = frame.merge(months, on=["force", "month"])
    filled = grid.merge(frame, how="outer", on=list(grid.columns), sort=True)
    return filled.assign(n=filled["n"].fillna(0).astype("int64"))
