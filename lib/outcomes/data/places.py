"""Places by name: forces, districts, neighbourhoods, and whatever a figure may be about.

A place may be given by its name, its slug or its code ("West Lancashire", "west-lancashire",
"E07000127"). Frames carry the name, and the code beside it.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeGuard, overload

import pandas as pd

from outcomes.core import formatting
from outcomes.core.collection import collection
from outcomes.core.errors import Invalid, NotEnough, nearest, one_of, spelt
from outcomes.data import citations, tables
from outcomes.data.doors import Names, Year, as_list, door

_KEYS = {"forces": "force", "districts": "district", "areas": "area"}
"""The tables of places, and the column of each that holds the code."""

_BASES = {
    2021: ("population_2021", "ons_census", "the census of March 2021"),
    2020: ("population", "ons_population", "estimates for the middle of 2020"),
}
"""Counts of residents, best first (a census before an estimate rolled forward from the census
before it): year -> column, source and its name in words."""


# ---------------------------------------------------------------- names and codes


def names(table: str) -> pd.Series:
    """The names of places in a table (forces, districts or areas), by code.

    >>> names("forces")["kent"]
    'Kent'
    """
    known = _names(table)
    codes = pd.Index(known, dtype="str", name=_KEYS[table])
    return pd.Series(known.values(), codes, dtype="str", name="name")


def _names(table: str) -> dict[str, str]:
    return tables.mapping(table, _KEYS[table], "name")


def true_name(asked: str) -> str:
    """The name of a district, force or other area as its table writes it, of its name, slug or code.

    One that no table holds is written as :func:`outcomes.core.formatting.place` writes it. What is
    read to find out is not noted: no number rests on it.

    >>> true_name("dyfed-powys"), true_name("Burnley"), true_name("metropolitan")
    ('Dyfed-Powys', 'Burnley', 'Metropolitan Police')
    """
    for table in ("districts", "forces", "areas"):
        with tables.unnoted():
            known = _names(table)
        by_name = {name: name for name in known.values()} | known
        with suppress(Invalid):
            return by_name[spelt(asked, by_name, "place")]
    return formatting.place(asked)


@overload
def codes(table: str, given: None) -> None: ...
@overload
def codes(table: str, given: Names) -> list[str]: ...
def codes(table: str, given: Any) -> list[str] | None:
    """The codes of places given by name, slug or code, sorted; None stays None.

    Raises :class:`Invalid` with the nearest name. Of districts the sentence lists those of the
    home force.

    >>> codes("districts", ["West Lancashire", "burnley"])
    ['E07000117', 'E07000127']
    """
    if given is None:
        return None
    known = _names(table)
    by_name = {name: code for code, name in known.items()}
    by_name |= {code: code for code in known}
    found = set()
    for place in as_list(given):
        try:
            found.add(by_name[spelt(place, by_name, _KEYS[table])])
        except Invalid:
            offered = list(known.values())
            if table == "districts":
                where = {"force": collection.force_code}
                home = tables.rows("districts", ["district"], where)["district"]
                offered = [known[code] for code in home]
                refuse_place(place, offered, "district")
            one_of(place, offered, _KEYS[table])
            raise
    return sorted(found)


def refuse_place(given: Any, allowed: Iterable[str], what: str) -> None:
    """Raise :class:`Invalid` for a place that is known, and is none of those allowed: it says
    what it is. Of any other name nothing is said.

    >>> refuse_place("Leyland", ["Preston"], "district")
    Traceback (most recent call last):
    outcomes.core.errors.Invalid: district 'Leyland' is not among those that can be asked here: it \
is a town in South Ribble. Allowed: Preston.
    """
    every = tables.rows("areas", ["area", "name", "level", "parent"])
    every["parent"] = every["parent"].map(every.set_index("area")["name"])
    other = tables.rows("districts", ["name", "force"]).assign(level="district")
    forces = tables.rows("forces", ["force", "name"]).set_index("force")["name"]
    other["parent"] = other["force"].map(forces)
    both = pd.concat([every, other])
    known = both[both["name"].str.casefold() == str(given).strip().casefold()]
    if known.empty or nearest(str(given), allowed):
        return
    first = known.iloc[0]
    inside = f" in {first['parent']}" if isinstance(first["parent"], str) else ""
    raise Invalid(
        f"{what} {given!r} is not among those that can be asked here: it is a "
        f"{first['level']}{inside}. Allowed: {', '.join(allowed)}."
    )


@overload
def held_forces(table: str, given: None) -> None: ...
@overload
def held_forces(table: str, given: Names) -> list[str]: ...
def held_forces(table: str, given: Any) -> list[str] | None:
    """The slugs of forces that a table has rows of; None stays None.

    Raises :class:`Invalid` for a force that it has none of.

    >>> held_forces("crime_monthly", "Lancashire")
    ['lancashire']
    """
    asked = codes("forces", given)
    held = tables.distinct(table, "force") if asked else []
    for slug in asked or ():
        if slug not in held:
            raise Invalid(
                f"{table} has no row of {slug!r}; it holds {', '.join(sorted(held))}."
            )
    return asked


def named(frame: pd.DataFrame, **columns: str) -> pd.DataFrame:
    """A frame with names beside codes: ``named(frame, force="forces")``.

    The column ``force`` of codes becomes ``force_code``, last, and ``force`` holds the names; a
    code of no place ("", or one that the table lacks) has the name "".

    >>> named(pd.DataFrame({"force": ["kent", ""]}), force="forces").to_numpy().tolist()
    [['Kent', 'kent'], ['', '']]
    """
    attrs = frame.attrs
    for column, table in columns.items():
        words = tables.in_words(frame[column], _names(table))
        frame = frame.assign(**{f"{column}_code": frame[column], column: words})
    frame.attrs = attrs
    return frame


def _town(name: str) -> str | None:
    """The town of ``collection.toml`` that is spelt so; None for any other place."""
    with suppress(Invalid):
        return spelt(name, collection.towns, "town")
    return None


# ---------------------------------------------------------------- tables of places


@door
def population(
    level: str = "district", *, force: Names | None = None, year: Year | None = None
) -> pd.DataFrame:
    """Residents to count against: the best that is held for all the places asked, on one basis.

    Parameters
    ----------
    level : "district" (2021) or "force".
    force : keep the places of some forces.
    year : the year of the counts; the caveat then says how far the residents lie from them.

    Returns
    -------
    One row a place: name, code, force, force_code, population, population_year.
    ``attrs["sources"]`` cites the basis; ``attrs["caveat"]`` says its year, and what is known of
    its error.

    Where every place asked has a count of Census 2021, that is taken; where one has none, all have
    the estimates of mid-2020, so that places are compared on one basis. The estimates were rolled
    forward from 2011: :func:`population_error` measures them against the census.

    Raises :class:`NotEnough` where none had been published by the day of the page.

    >>> population("force")["population_year"].unique().tolist()
    [2020]
    """
    level = spelt(level, ("district", "force"), "level")
    if isinstance(year, pd.Period) or (
        year is not None and not re.fullmatch(r"(19|20)\d\d", str(year))
    ):
        raise Invalid(f"population: year={year!r} is not a year; write it as 2025.")
    frame = tables.read("districts", force=codes("forces", force))
    basis = next((b for b, (c, *_) in _BASES.items() if frame[c].notna().all()), None)
    if basis is None:
        raise NotEnough(
            "No count of residents of all these places had been published by then."
        )
    column, source, words = _BASES[basis]
    frame["population"] = frame[column].astype("int64")
    if level == "force":
        frame = frame.groupby("force", as_index=False)["population"].sum()
        frame = frame.assign(
            district=frame["force"],
            name=tables.in_words(frame["force"], _names("forces")),
        )
    frame = frame.rename(columns={"district": "code"}).assign(population_year=basis)
    caveat = f"Residents are those of {words}"
    if year is not None and abs(int(year) - basis) > 1:
        caveat += (
            f", and the counts those of {year}: what changed between is in no interval"
        )
    error = population_error().dropna()  # none before the census was published
    if basis == 2020 and len(error):
        caveat += (
            f". For districts of {collection.force} the census of 2021 counted from "
            f"{-error.min():.1%} fewer to {error.max():.1%} more than they say"
        )
    frame = named(frame, force="forces")
    frame = frame[
        ["name", "code", "force", "force_code", "population", "population_year"]
    ]
    frame.attrs = {
        "table": "districts",
        "sources": citations.Sources([citations.source(source)]),
        "caveat": f"{caveat}.",
    }
    return frame


@door
def population_error() -> pd.Series:
    """How much more the census of 2021 counted than the estimates of mid-2020, by district.

    A share, for the districts that have both (those of the home force).

    >>> round(population_error()["Burnley"], 3).item()
    0.059
    """
    both = tables.read("districts").dropna(subset=["population", "population_2021"])
    return (both["population_2021"] / both["population"] - 1).set_axis(both["name"])


def _with_residents(frame: pd.DataFrame, level: str, force: Any) -> pd.DataFrame:
    """Districts or forces with the population to count them against, NaN where none was out."""
    try:
        people = population(level, force=force)
    except NotEnough:
        return frame.assign(population=float("nan"), population_year=float("nan"))
    known = people.set_index("code")
    for column in ("population", "population_year"):
        frame[column] = frame["code"].map(known[column])
    frame.attrs = people.attrs | {"table": f"{level}s"}
    return frame


@door
def forces() -> pd.DataFrame:
    """Police forces with a territory: name, code (slug), gss, population, population_year.

    Rates per resident mean nothing for City of London, where few live and many work.

    >>> forces().set_index("name").loc["Kent", "code"]
    'kent'
    """
    frame = tables.read("forces", ["name", "force", "gss"], territorial=True)
    return _with_residents(frame.rename(columns={"force": "code"}), "force", None)


@door
def districts(*, force: Names | None = None) -> pd.DataFrame:
    """Districts of England and Wales (2021), or of some forces.

    Columns: name, code (GSS), force, force_code, population and population_year
    (:func:`population`: Census 2021 for the home force asked alone, else mid-2020).

    >>> len(districts(force="Lancashire"))
    14
    """
    frame = tables.read(
        "districts", ["name", "district", "force"], force=codes("forces", force)
    )
    frame = named(frame.rename(columns={"district": "code"}), force="forces")
    return _with_residents(frame, "district", force)


_CODES = re.compile(r"[EW]01\d{6}(?:[\s,;]+[EW]01\d{6})*")


def is_list_of_codes(text: Any) -> TypeGuard[str]:
    """Whether a text is codes of neighbourhoods, with commas between.

    >>> is_list_of_codes("E01024889, E01024890"), is_list_of_codes("Burnley")
    (True, False)
    """
    return isinstance(text, str) and bool(_CODES.fullmatch(text.strip().upper()))


class Place(str):
    """A place by the name that sentences give it, with the neighbourhoods that it was asked as."""

    lsoas: tuple[str, ...] = ()


@door
def place(asked: str) -> Place:
    """A district, a town or a list of neighbourhoods, by the name that sentences give it.

    Parameters
    ----------
    asked : a district, a town that ``collection.toml`` makes of whole wards, or codes of
        neighbourhoods (LSOA, 2021) with commas between: "E01025002, E01025003".

    Returns
    -------
    Its name, which :func:`neighbourhoods` understands; a list is "2 neighbourhoods of Burnley".

    Raises :class:`Invalid` for what is none of these, with the nearest.

    >>> place("E01024889, E01024890"), place("fleetwood")
    ('2 neighbourhoods of Burnley', 'Fleetwood')
    """
    if isinstance(asked, Place):
        return asked
    if not is_list_of_codes(asked):
        return Place(_town(asked) or neighbourhoods(asked)["district"].iloc[0])
    lsoas = tuple(dict.fromkeys(re.split(r"[\s,;]+", asked.strip().upper())))
    known = tables.rows("lsoas", ["lsoa", "district_name"]).set_index("lsoa")
    if unknown := [code for code in lsoas if code not in known.index]:
        raise Invalid(f"No neighbourhood {formatting.listed(unknown)} is held here.")
    inside = known["district_name"].reindex(lsoas).unique()
    named = Place(
        f"{formatting.count(len(lsoas), 'neighbourhood')} of {formatting.listed(inside)}"
    )
    named.lsoas = lsoas
    return named


@door
def neighbourhoods(
    district: Names | None = None, *, force: Names | None = None
) -> pd.DataFrame:
    """Neighbourhoods (LSOA, 2021): where they lie, who lives there, how deprived they are.

    Parameters
    ----------
    district : a district, a town that ``collection.toml`` makes of whole wards, codes of
        neighbourhoods, what :func:`place` gives, or a list of them.
    force : keep the neighbourhoods of some forces.

    Returns
    -------
    lsoa, name, ward, district, district_code, force, force_code, population (mid-2020),
    imd2019_rank, imd2019_decile, imd2025_score, imd2025_rank, imd2025_decile, longitude, latitude,
    unit, frame. ``unit`` groups codes of 2011 and 2021 which cover the same ground. Forces of
    comparison have no ward, population or deprivation here.

    Raises :class:`Invalid` for a place of which there is none, with the nearest name.

    >>> len(neighbourhoods("Fleetwood"))
    18
    """
    towns = collection.towns
    asked, lsoas = [], []
    for given in as_list(district):
        if is_list_of_codes(given):
            given = place(given)
        lsoas += getattr(given, "lsoas", ())
        asked += [_town(given) or given] * (not getattr(given, "lsoas", ()))
    whole = [name for name in asked if name not in towns]
    if whole:
        home = tables.rows("districts", ["name", "district", "force"])
        known = home[["name", "district"]].stack()
        mine = home.loc[home["force"] == collection.force_code, "name"]
        for name in whole:
            with suppress(Invalid):
                spelt(name, known, "district")
                continue
            offered = [*towns, *sorted(mine)]
            refuse_place(name, offered, "district")
            one_of(name, offered, "district")
    held = (
        tables.rows("lsoas", ["lsoa", "district"], {"lsoa": lsoas}) if lsoas else None
    )
    around = [] if held is None else held["district"].tolist()
    wanted = codes(
        "districts",
        [*whole, *around, *(towns[t].district for t in asked if t in towns)],
    )
    frame = tables.read(
        "lsoas", district=wanted or None, force=held_forces("lsoas", force)
    )
    if wanted and frame.empty:
        raise Invalid(f"No neighbourhood of {', '.join(asked)} is held here.")
    keep = frame["lsoa"].isin(lsoas)
    keep |= frame["district"].isin(codes("districts", whole) or [])
    for town in (towns[t] for t in asked if t in towns):
        inside = frame["district"].isin(codes("districts", town.district))
        keep |= inside & frame["ward"].isin(town.wards)
    frame = frame[keep].reset_index(drop=True) if wanted else frame
    frame = frame.rename(
        columns={"district": "district_code", "district_name": "district"}
    )
    frame = named(frame, force="forces")
    first = ["lsoa", "name", "ward", "district", "district_code", "force", "force_code"]
    last = ["unit", "frame"]
    frame = frame[[*first, *(c for c in frame if c not in [*first, *last]), *last]]
    return citations.cited(frame, "lsoas")


@door
def places(level: str | None = None) -> pd.DataFrame:
    """Every place that a published figure may be about, of one level where one is asked.

    Columns: name, code (slug), level (nation, region, county, force, division, district, town,
    neighbourhood, hotspot, group), parent (the name of the place it lies in), gss, population and
    population_year (2021: the census, for districts of the home force and what they make up; 2020:
    estimates, for forces and nations).

    >>> places("division")["parent"].unique().tolist()
    ['Lancashire']
    """
    if level is not None:
        levels = sorted(tables.distinct("areas", "level"))
        level = spelt(level, levels, "level")
    frame = tables.read("areas", level=level)
    frame = frame.rename(columns={"area": "code"})
    frame["parent"] = tables.in_words(frame["parent"], _names("areas"))
    columns = [
        "name",
        "code",
        "level",
        "parent",
        "gss",
        "population",
        "population_year",
    ]
    return citations.cited(frame[columns], "areas")


@door
def place_names(level: str, *, within: str = "") -> list[str]:
    """Names of the places of a level, sorted: ``place_names("district", within="Lancashire")``.

    ``within`` keeps those that lie in a place, by the chain of parents.

    >>> place_names("division", within="Lancashire")
    ['East Division', 'South Division', 'West Division']
    """
    frame = places()
    names, levels, parents = (frame[c].tolist() for c in ("name", "level", "parent"))
    level = spelt(level, sorted(set(levels)), "level")
    inside = set(names)
    if within:
        within = spelt(within, names, "place")
        inside, size = {within}, 0
        while len(inside) > size:
            size = len(inside)
            inside |= {
                n for n, parent in zip(names, parents, strict=True) if parent in inside
            }
        inside.remove(within)
    return sorted(
        n for n, at in zip(names, levels, strict=True) if at == level and n in inside
    )
