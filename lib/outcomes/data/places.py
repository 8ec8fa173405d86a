"""Places: police forces, districts and neighbourhoods, and the ways a person may name them."""

import re
from typing import Any

import pandas as pd

from outcomes.core.errors import Invalid, NotEnough, one_of
from outcomes.data import citations, tables
from outcomes.data.doors import Distance, Flag, Held, HeldOrAll, Name, Names, door
from outcomes.data.earth import distances

WARDS = {"Fleetwood": ("Wyre", ("Mount", "Park", "Pharos", "Rossall", "Warren"))}
"""Towns that can be made from whole wards: the town, its district, its wards."""


_BASES = {
    2020: ("population", "ons_population", "estimates for the middle of 2020"),
    2021: ("population_2021", "ons_census", "the census of March 2021"),
}
"""What the columns of residents hold, by year: column, source and its name in words."""
_SECURE = (2021, 2020)
"""The bases, best first: a census before an estimate rolled forward from the census before it."""


@door("districts")
def population(
    level: Name = "district", *, force: Held = None, year: Any = None
) -> pd.DataFrame:
    """Residents to count against: the best that is held for all the places asked, on one basis.

    ``level`` is "district" (2021) or "force"; ``force`` (slugs) keeps those of some forces.
    Columns: place (GSS code or slug), name, force, population, population_year. The districts of
    Lancashire have those of Census 2021, and so has its force asked alone; where any place asked
    has no census here, all have the estimates of mid-2020, so that places are compared on one
    basis.

    ``attrs["sources"]`` cites it and ``attrs["caveat"]`` says its year and what is known of its
    error; with ``year``, the year of the counts, how far it lies from them. The estimates were
    rolled forward from 2011: :func:`population_error` measures them against the census. Raises
    NotEnough where none had been published by the day of the page.
    """
    one_of(level, ("district", "force"), "level")
    if isinstance(year, pd.Period) or (
        year is not None and not re.fullmatch(r"(19|20)\d\d", str(year))
    ):
        raise Invalid(f"population: year={year!r} is not a year; write it as 2025.")
    frame = tables.read("districts", force=force_slugs(force))
    basis = next((b for b in _SECURE if frame[_BASES[b][0]].notna().all()), None)
    if basis is None:
        raise NotEnough(
            "No count of residents of all these places had been published by then."
        )
    column, source, said = _BASES[basis]
    frame = frame.assign(
        population=frame[column].astype("int64"), population_year=basis
    )
    if level == "force":
        frame = frame.groupby("force", as_index=False)[["population"]].sum()
        frame = frame.merge(tables.read("forces", ["force", "name"])).assign(
            population_year=basis
        )
    frame = frame.rename(columns={level: "place"}).assign(
        force=lambda f: f["place" if level == "force" else "force"]
    )
    made = frame[["place", "name", "force", "population", "population_year"]]
    made.attrs |= {
        "sources": [citations.source(source)],
        "caveat": _caveat(basis, said, year),
    }
    return made


def _caveat(basis: int, said: str, year: Any) -> str:
    text = f"Residents are those of {said}"
    if year is not None and abs(int(year) - basis) > 1:
        text += f", and the counts those of {int(year)}: what changed between is in no interval"
    worst = (
        population_error().dropna()
    )  # none where the census was not out by the day asked
    if basis == 2020 and len(worst):
        text += f". For districts of Lancashire the census of 2021 counted from {-worst.min():.1%} "
        text += f"fewer to {worst.max():.1%} more than they say"
    return text + "."


@door()
def population_error() -> pd.Series:
    """How much more the census of 2021 counted than the estimates of mid-2020, by district, as a
    share; for the districts that have both (those of Lancashire)."""
    both = tables.read("districts").dropna(subset=["population", "population_2021"])
    return (both["population_2021"] / both["population"] - 1).set_axis(both["name"])


def _peopled(frame: pd.DataFrame, level: str, force: Any) -> pd.DataFrame:
    """Rows of districts or forces with the population to count them against."""
    made = frame.drop(columns=["population", "population_2021"], errors="ignore")
    try:
        people = population(level, force=force)
    except NotEnough:
        return made.assign(population=float("nan"), population_year=float("nan"))
    known = people.set_index("place")
    for column in ("population", "population_year"):
        made[column] = made[level].map(known[column])
    made.attrs["sources"] = people.attrs["sources"]
    return made


@door("forces")
def forces(*, territorial: Flag = None) -> pd.DataFrame:
    """Police forces: force (slug), name, gss, territorial (bool), population and population_year
    (:func:`population`: residents of mid-2020, the only ones held for all).

    Rates per resident mean nothing for City of London, where few live and many work.
    """
    return _peopled(tables.read("forces", territorial=territorial), "force", None)


@door("districts")
def districts(*, force: Held = None) -> pd.DataFrame:
    """Districts of England and Wales (2021): district (GSS), name, force, population and
    population_year (:func:`population`: Census 2021 for Lancashire asked alone, else mid-2020)."""
    return _peopled(tables.read("districts", force=force), "district", force)


@door()
def district_names() -> list[str]:
    """Names of the 14 districts of Lancashire, sorted."""
    return sorted(districts(force="lancashire")["name"])


@door("lsoas")
def lsoas(*, district: Names = None, force: HeldOrAll = "lancashire") -> pd.DataFrame:
    """Neighbourhoods (LSOA, 2021 frame): where they lie, who lives there, how deprived they are.

    Columns: lsoa, name, force, district, district_name, ward, unit, frame, population (mid-2020),
    imd2019_rank, imd2019_decile, imd2025_score, imd2025_rank, imd2025_decile, longitude, latitude.
    ``unit`` groups codes of both frames which cover the same ground. Leicestershire (``force``)
    has no ward, population or deprivation here.
    """
    codes = district_codes(district)
    if codes is not None and force == "lancashire":
        force = None
    elif codes is not None and force is not None:
        one_of(listed(force)[0], forces_of(codes), "force of these districts")
    if codes is not None:
        force_slugs(forces_of(codes), "lsoas")
    return tables.read("lsoas", district=codes, force=force)


@door()
def lsoas_of(place: Name) -> list[str]:
    """The LSOAs of a district of Lancashire, or of a town made of whole wards (:data:`WARDS`).

    Fleetwood is 18 neighbourhoods of Wyre. Raises :class:`Invalid` for any other town: its limits
    are not those of wards, so it cannot be drawn.
    """
    district, wards = WARDS.get(place, (place, None))
    if wards is None:
        one_of(place, [*WARDS, *district_names()], "place")
    frame = lsoas(district=district)
    return sorted(
        frame["lsoa"] if wards is None else frame.loc[frame["ward"].isin(wards), "lsoa"]
    )


@door()
def neighbours(lsoa: Names, km: Distance = 1.0) -> list[str]:
    """The ring: LSOAs with a centre within ``km`` of the centre of one of a set, the set left out.

    Distances are on a sphere between the means of recorded points. Raises :class:`Invalid` for a
    code that is not at hand.
    """
    frame = lsoas(force=None)
    frame = frame[frame["longitude"].notna()]
    inside = set(listed(lsoa))
    for code in sorted(inside):
        one_of(code, frame["lsoa"], "LSOA")
    chosen = frame["lsoa"].isin(inside)
    apart = distances(frame[~chosen], frame[chosen]).min(axis=1)
    return sorted(frame.loc[~chosen, "lsoa"][apart <= km])


def district_codes(district: Any) -> list[str] | None:
    """GSS codes of districts given by code, name or slug; None stays None (no filter).

    Raises :class:`Invalid` with the nearest name among the 14 districts of Lancashire.
    """
    if district is None:
        return None
    frame = districts()
    codes = {code.lower(): code for code in frame["district"]}
    codes |= {
        _plain(name): code
        for name, code in zip(frame["name"], codes.values(), strict=True)
    }
    asked = listed(district)
    for name in asked:
        if _plain(name) not in codes:
            one_of(name, district_names(), "district")
    return sorted({codes[_plain(name)] for name in asked})


def forces_of(district: list[str]) -> list[str]:
    """The forces whose area holds these districts (GSS codes), sorted."""
    frame = districts()
    return sorted(frame.loc[frame["district"].isin(district), "force"].unique())


def force_slugs(force: Any, table: str = "") -> list[str] | None:
    """Force slugs, checked; None stays None. Raises :class:`Invalid` with the nearest slug, and for
    a force of which ``table`` has no row."""
    if force is None:
        return None
    known = forces()["force"]
    slugs = sorted({one_of(name, known, "force") for name in listed(force)})
    held = set(tables.rows(table, ["force"])["force"]) if table else set(slugs)
    for slug in slugs:
        if slug not in held:
            raise Invalid(
                f"{table} has no row of {slug!r}; it holds {', '.join(sorted(held))}."
            )
    return slugs


def listed(value: Any) -> list:
    """A single name as a list of one; any other collection as a list."""
    return [value] if isinstance(value, str) else list(value)


def _plain(name: str) -> str:
    return str(name).lower().replace("-", " ")
