"""Places: police forces, districts and neighbourhoods, and the ways a person may name them."""

from typing import Any

import pandas as pd

from outcomes.data import store
from outcomes.data.doors import Distance, Flag, Held, HeldOrAll, Name, Names, door
from outcomes.data.earth import distances
from outcomes.data.errors import one_of

WARDS = {"Fleetwood": ("Wyre", ("Mount", "Park", "Pharos", "Rossall", "Warren"))}
"""Towns that can be made from whole wards: the town, its district, its wards."""


@door("forces")
def forces(*, territorial: Flag = None) -> pd.DataFrame:
    """Police forces: force (slug), name, gss, territorial (bool), population (mid-2020, residents).

    Rates per resident mean nothing for City of London, where few live and many work.
    """
    return store.read("forces", territorial=territorial)


@door("districts")
def districts(*, force: Held = None) -> pd.DataFrame:
    """Districts of England and Wales (2021): district (GSS), name, force, population (mid-2020),
    population_2021 (census; the 14 districts of Lancashire only)."""
    return store.read("districts", force=force)


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
    return store.read("lsoas", district=codes, force=force)


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
    return sorted(frame["lsoa"] if wards is None else frame.loc[frame["ward"].isin(wards), "lsoa"])


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
    codes |= {_plain(name): code for name, code in zip(frame["name"], codes.values(), strict=True)}
    asked = listed(district)
    for name in asked:
        if _plain(name) not in codes:
            one_of(name, district_names(), "district")
    return sorted({codes[_plain(name)] for name in asked})


def forces_of(district: list[str]) -> list[str]:
    """The forces whose area holds these districts (GSS codes), sorted."""
    frame = districts()
    return sorted(frame.loc[frame["district"].isin(district), "force"].unique())


def force_slugs(force: Any) -> list[str] | None:
    """Force slugs, checked; None stays None. Raises :class:`Invalid` with the nearest slug."""
    if force is None:
        return None
    known = forces()["force"]
    return sorted({one_of(name, known, "force") for name in listed(force)})


def listed(value: Any) -> list:
    """A single name as a list of one; any other collection as a list."""
    return [value] if isinstance(value, str) else list(value)


def _plain(name: str) -> str:
    return str(name).lower().replace("-", " ")
