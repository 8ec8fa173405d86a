"""Places: forces, districts and neighbourhoods, and one frame for codes of 2011 and of 2021.

Street files up to November 2022 carry LSOA codes of 2011, those of 2024 and later ones of 2021; a
code that is known to be of 2011 alone is so in whatever month it stands. A code that did not change
is the same place. Codes that were merged become the new code, exactly. A code that was split is
taken to the new code with the nearest recorded point, so its share is an estimate; the ``unit`` of
:func:`lsoas` groups codes of both frames that cover the same ground, exactly.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.core.collection import collection
from outcomes.core.errors import Invalid
from outcomes.core.formatting import slug as plain_slug
from outcomes.data import tables
from outcomes.ingest import write

# District names of today, and how LSOA names write them or wrote them before a merger.
_ALIASES = {
    "Bristol, City of": "Bristol",
    "Herefordshire, County of": "Herefordshire",
    "Kingston upon Hull, City of": "Kingston upon Hull",
    "Vale of Glamorgan": "The Vale of Glamorgan",
    "Bournemouth, Christchurch and Poole": "Bournemouth; Christchurch; Poole",
    "Dorset": "East Dorset; North Dorset; Purbeck; West Dorset; Weymouth and Portland",
    "West Suffolk": "Forest Heath; St Edmundsbury",
    "East Suffolk": "Suffolk Coastal; Waveney",
    "Somerset West and Taunton": "Taunton Deane; West Somerset",
    "Buckinghamshire": "Aylesbury Vale; Chiltern; South Bucks; Wycombe",
    "North Northamptonshire": "Corby; East Northamptonshire; Kettering; Wellingborough",
    "West Northamptonshire": "Daventry; Northampton; South Northamptonshire",
}

FRAME_2021 = "2023-01"  # street files from this month on carry the LSOA codes of 2021
POINTS = ["lsoa_2011", "district", "lsoa", "longitude", "latitude"]
"""Where a code of 2011 that is gone has to be looked for: points recorded under its heirs. An empty
code of 2011 stands for any of the district, where there is no look-up."""

_LSOA_FIELDS = [
    *("lsoa", "name", "force", "district", "district_name", "ward", "unit", "frame"),
    *("population", "imd2019_rank", "imd2019_decile"),
    *("imd2025_score", "imd2025_rank", "imd2025_decile", "longitude", "latitude"),
]

# Districts of 2021 that had been merged by 2024, the year of the look-up to forces.
_MERGED_SINCE = {
    "cumbria": "Allerdale,Barrow-in-Furness,Carlisle,Copeland,Eden,South Lakeland",
    "north-yorkshire": "Craven,Hambleton,Harrogate,Richmondshire,Ryedale,Scarborough,Selby",
    "avon-and-somerset": "Mendip,Sedgemoor,Somerset West and Taunton,South Somerset",
}

_BODIES = {  # not territorial: they record crime without having an area of their own
    "action-fraud": "Action Fraud",
    "btp": "British Transport Police",
    "cifas": "Cifas",
    "financial-fraud-action-uk": "Financial Fraud Action UK",
    "northern-ireland": "Police Service of Northern Ireland",
    "uk-finance": "UK Finance",
}

_SLUGS = {
    "London, City of": "city-of-london",
    "Metropolitan Police": "metropolitan",
    "British Transport Police": "btp",
}


def slug(name: str) -> str:
    """The slug of data.police.uk for a force.

    Examples
    --------
    >>> slug("Devon & Cornwall"), slug("London, City of")
    ('devon-and-cornwall', 'city-of-london')
    """
    return _SLUGS.get(name) or plain_slug(name.replace("&", "and"))


def build(source: Path, clean: Path) -> pd.DataFrame:
    """Write ``districts``, ``forces`` and ``district_outlines``; return the districts."""
    places = districts(source)
    write.csv(places, clean / "districts.csv", ["district"])
    write.csv(forces(source, places), clean / "forces.csv", ["force"])
    key = ["district", "ring", "point"]
    write.csv(outlines(source, places), clean / "district_outlines.csv", key)
    return places


def source_file(path: Path) -> Path:
    """A file of the source folder; raises :class:`Invalid` when it is not there."""
    if not path.is_file():
        raise Invalid(f"the source folder has no {path.parent.name}/{path.name}.")
    return path


def read_source(path: Path) -> pd.DataFrame:
    """A CSV file of the source folder, every cell as the text that stands there."""
    return tables.text(source_file(path))


def districts(source: Path) -> pd.DataFrame:
    """Districts of 2021: district (GSS code), name, force, and residents of mid-2020 and 2021.

    Raises :class:`Invalid` for a district of no force.
    """
    folder = source / "geography"
    people = read_source(folder / "population_mid2020_ltla21.csv")
    links = read_source(folder / "england_wales_ltla24_csp24_pfa24.csv")
    census = read_source(folder / f"census2021_{collection.force_code}_ltla21.csv")
    slugs = links["pfa24_name"].map(slug)
    by_code = dict(zip(links["ltla24_code"], slugs, strict=True))
    by_name = dict(zip(links["ltla24_name"], slugs, strict=True))
    for force, names in _MERGED_SINCE.items():
        by_name |= dict.fromkeys(names.split(","), force)
    frame = pd.DataFrame(
        {"district": people["ltla21_code"], "name": people["ltla21_name"]}
    )
    frame["force"] = frame["district"].map(by_code).fillna(frame["name"].map(by_name))
    lost = frame.loc[frame["force"].isna(), "name"]
    if len(lost):
        raise Invalid(f"no force is known for {', '.join(lost)}.")
    frame["population"] = people["total_population"].astype(float).astype("int64")
    counted = census.set_index("ltla21_code")["total_population"].astype(float)
    frame["population_2021"] = frame["district"].map(counted).astype("Int64")
    return frame


def forces(source: Path, places: pd.DataFrame) -> pd.DataFrame:
    """Forces with an area, and bodies without: force, name, gss, territorial, population."""
    links = read_source(source / "geography" / "england_wales_ltla24_csp24_pfa24.csv")
    links = links.drop_duplicates("pfa24_code")
    people = places.groupby("force")["population"].sum()
    names = {
        "Devon & Cornwall": "Devon and Cornwall",
        "London, City of": "City of London",
    }
    frame = pd.DataFrame(
        {
            "force": links["pfa24_name"].map(slug),
            "name": links["pfa24_name"].replace(names),
            "gss": links["pfa24_code"],
            "territorial": True,
        }
    )
    frame["population"] = frame["force"].map(people).astype("Int64")
    bodies = pd.DataFrame({"force": list(_BODIES), "name": list(_BODIES.values())})
    bodies = bodies.assign(gss="", territorial=False)
    return pd.concat([frame, bodies], ignore_index=True)


def prefixes(places: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """What LSOA names begin with, and the district (GSS code) and force that each tells of.

    A row without a location has the name "", of no district.

    Examples
    --------
    >>> places = {"district": ["E06000023"], "name": ["Bristol, City of"], "force": ["avon"]}
    >>> prefixes(pd.DataFrame(places))["Bristol"]
    ('E06000023', 'avon')
    """
    pairs = zip(places["district"], places["force"], strict=True)
    found = {"": ("", "")} | dict(zip(places["name"], pairs, strict=True))
    for name, former in _ALIASES.items():
        if name in found:
            found |= dict.fromkeys(former.split("; "), found[name])
    return found


def district_codes(names: pd.Series, places: pd.DataFrame) -> pd.Series:
    """GSS codes for district names; raises :class:`Invalid` naming those that are not known."""
    known = {name: district for name, (district, _) in prefixes(places).items()}
    found = names.map(known)
    if found.isna().any():
        unknown = ", ".join(sorted(names[found.isna()].unique()))
        raise Invalid(f"no district is known by the name of {unknown}.")
    return found


def assign_districts(counts: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Counts of the forces that have districts, with the code of the district.

    Parameters
    ----------
    counts
        force, and lad: the name of a district, or "NO_LOCATION".
    places
        Districts, as :func:`districts` gives them.

    Returns
    -------
    DataFrame
        The counts with district ("": none), and own: whether it lies in the force's area.
    """
    frame = counts[counts["force"].isin(places["force"])]
    district = district_codes(frame["lad"].replace("NO_LOCATION", ""), places)
    own = district.map(places.set_index("district")["force"]) == frame["force"]
    return frame.assign(district=district, own=own)


def lookup(source: Path) -> pd.DataFrame:
    """The home force's codes of 2011 beside those of 2021: lsoa11, lsoa21, change (U, M or S)."""
    frame = _read_home(source, "{}_lsoa11_lsoa21_ltla22.csv")
    names = {"lsoa11_code": "lsoa11", "lsoa21_code": "lsoa21", "change_code": "change"}
    return frame.rename(columns=names)[list(names.values())]


def outlines(source: Path, places: pd.DataFrame) -> pd.DataFrame:
    """The outlines of the home force's districts, simple enough for a small map.

    Points are rounded to a thousandth of a degree, about 100 metres, the same for both districts
    at a border, so that no gap opens between them. Rings under a square kilometre are left out:
    slivers of foreshore that no such map could show.

    Returns
    -------
    pandas.DataFrame
        Columns district (GSS), ring and point (both from 1), longitude and latitude in degrees.

    Raises
    ------
    Invalid
        Where the file is missing, or a district of the home force has no outline in it.
    """
    name = f"{collection.force_code}_14_districts_ltla24.geojson"
    file = source_file(source / "geography" / name)
    shapes = json.loads(file.read_text(encoding="utf-8"))["features"]
    found = []
    for shape in shapes:
        code = shape["properties"]["ltla24_code"]
        rings = [
            np.round(polygon[0], 3) for polygon in shape["geometry"]["coordinates"]
        ]
        large = [ring for ring in rings if _area(ring) >= 1]
        for number, ring in enumerate(large, 1):
            moved = np.r_[True, (np.diff(ring, axis=0) != 0).any(axis=1)]
            x, y = ring[moved].T
            at = {"district": code, "ring": number, "point": range(1, len(x) + 1)}
            found.append(pd.DataFrame({**at, "longitude": x, "latitude": y}))
    frame = pd.concat(found, ignore_index=True)
    home = places.loc[places["force"] == collection.force_code]
    lost = home.loc[~home["district"].isin(frame["district"]), "name"]
    if len(lost):
        raise Invalid(f"{file.name} has no outline of {', '.join(lost)}.")
    return frame


def _area(ring: np.ndarray) -> float:
    """The area within a ring of degrees, in square kilometres, as on a plane there (shoelace)."""
    x, y = np.radians(ring).T * 6371
    x = x * np.cos(np.radians(ring[:, 1].mean()))
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


def _read_home(source: Path, name: str) -> pd.DataFrame:
    """A file on the neighbourhoods of the home force, by its name with "{}" for the force."""
    return read_source(source / "geography" / name.format(collection.force_code))


def codes_2021(
    rows: pd.DataFrame, current: set[str], points: pd.DataFrame
) -> pd.Series:
    """The code of 2021 of every row whose code is not among the current ones.

    It is that of the nearest point recorded under an heir of the code, in its district.

    Parameters
    ----------
    rows
        lsoa, district, x, y.
    current
        Codes of 2021.
    points
        Points recorded under heirs, with the columns :data:`POINTS`.

    Returns
    -------
    Series
        By the index of ``rows``; rows whose code has no heir are left out.
    """
    moved = [pd.Series(dtype=str)]
    gone = rows[~rows["lsoa"].isin(current)]
    for (code, district), old in gone.groupby(["lsoa", "district"]):
        near = points[points["district"] == district]
        heirs = near[near["lsoa_2011"] == code]
        if heirs.empty:
            heirs = near[near["lsoa_2011"] == ""]
        if len(heirs):
            new = heirs.rename(columns={"longitude": "x", "latitude": "y"})
            moved.append(nearest_codes(old, new))
    return pd.concat(moved)


def nearest_codes(old: pd.DataFrame, new: pd.DataFrame) -> pd.Series:
    """For each old point the code of the nearest new point; of two as near, the first code.

    A degree of longitude is shortened by the latitude.

    Parameters
    ----------
    old
        x, y: degrees.
    new
        x, y, lsoa.

    Examples
    --------
    >>> new = pd.DataFrame({"x": [0.15, 0.0], "y": [60.0, 60.1], "lsoa": ["east", "north"]})
    >>> nearest_codes(pd.DataFrame({"x": [0.0], "y": [60.0]}), new).tolist()
    ['east']
    """
    new = new.sort_values(["lsoa", "x", "y"], kind="stable", ignore_index=True)
    scale = np.cos(np.radians(new["y"].mean()))
    east = np.subtract.outer(old["x"].to_numpy(), new["x"].to_numpy()) * scale
    north = np.subtract.outer(old["y"].to_numpy(), new["y"].to_numpy())
    nearest = np.argmin(east**2 + north**2, axis=1)
    return pd.Series(new["lsoa"].to_numpy()[nearest], index=old.index)


def units(pairs: pd.DataFrame) -> dict[str, str]:
    """Codes of both frames that cover the same ground: each code → the first code of its group.

    Groups are the connected components of the pairs.

    Parameters
    ----------
    pairs
        lsoa11 and lsoa21: codes that share ground.

    Examples
    --------
    >>> units(pd.DataFrame({"lsoa11": ["b", "a"], "lsoa21": ["y", "y"]}))
    {'a': 'a', 'b': 'a', 'y': 'a'}
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    both = pairs[["lsoa11", "lsoa21"]].to_numpy().ravel()
    numbers, codes = pd.factorize(both, sort=True)
    old, new = numbers.reshape(-1, 2).T
    ground = coo_array((np.ones(len(old)), (old, new)), shape=(len(codes), len(codes)))
    _, group = connected_components(ground, directed=False)
    first = pd.Series(codes).groupby(group).transform("first")
    return dict(zip(codes, first, strict=True))


def lsoas(
    source: Path, places: pd.DataFrame, recorded: pd.DataFrame, group: dict[str, str]
) -> pd.DataFrame:
    """Neighbourhoods of 2021 that a street force holds, with what is known of each.

    Parameters
    ----------
    source
        The folder of raw files.
    places
        Districts, as :func:`districts` gives them.
    recorded
        lsoa, name, force, district, x, y: the recorded points of the codes of 2021.
    group
        What :func:`units` gives.

    Returns
    -------
    DataFrame
        The table ``lsoas``. Longitude and latitude are the mean of the recorded points.
    """
    centre = recorded.groupby(["lsoa", "name", "force", "district"], as_index=False)
    frame = centre[["x", "y"]].mean().round({"x": 5, "y": 5})
    frame = frame.rename(columns={"x": "longitude", "y": "latitude"})
    wards = _read_home(source, "{}_lsoa21_ward24_ltla24.csv")
    wards = wards.set_index("lsoa21_code")["ward24_name"]
    frame["ward"] = frame["lsoa"].map(wards).fillna("")
    named = places.set_index("district")["name"]
    frame["district_name"] = frame["district"].map(named)
    frame["unit"] = frame["lsoa"].map(group).fillna(frame["lsoa"])
    frame = frame.merge(statistics_2011(source), how="left", on="lsoa")
    frame["frame"] = frame["frame"].fillna("")
    poor = _read_home(source, "imd2025_{}_lsoa21.csv").set_index("lsoa21_code")
    for field, kind in (("score", "float64"), ("rank", "Int64"), ("decile", "Int64")):
        value = frame["lsoa"].map(poor[f"IMD_{field}"].astype(float))
        frame[f"imd2025_{field}"] = value.astype(kind)
    return frame[_LSOA_FIELDS]


def statistics_2011(source: Path) -> pd.DataFrame:
    """Residents of mid-2020 and deprivation of 2019, brought from the codes of 2011 to 2021's.

    Merged codes are summed and have no rank of their own. The residents of a split code are
    shared equally, and each part carries the rank of the whole.

    Returns
    -------
    DataFrame
        lsoa, population, imd2019_rank, imd2019_decile, frame (unchanged, merged or split).
    """
    people = _read_home(source, "population_mid2020_{}_lsoa11.csv")
    people = people.set_index("lsoa11_code")["total_population"].astype(float)
    poor = _read_home(source, "imd2019_{}_lsoa11.csv").set_index("lsoa11_code")
    links = lookup(source).sort_values(["lsoa11", "lsoa21"], ignore_index=True)
    by_code = links.groupby("lsoa11")
    total = links["lsoa11"].map(people.astype("int64"))
    parts = by_code["lsoa21"].transform("size")
    # the first parts take the remainder, so that the parts add up to the whole
    links["population"] = total // parts + (by_code.cumcount() < total % parts)
    for field in ("rank", "decile"):
        value = links["lsoa11"].map(poor[f"IMD_{field}"].astype(float).astype("Int64"))
        links[f"imd2019_{field}"] = value.where(links["change"] != "M")
    links["frame"] = links["change"].map(
        {"U": "unchanged", "M": "merged", "S": "split"}
    )
    frame = links.groupby("lsoa21", as_index=False).agg(
        population=("population", "sum"),
        imd2019_rank=("imd2019_rank", "max"),
        imd2019_decile=("imd2019_decile", "max"),
        frame=("frame", "first"),
    )
    frame = frame.rename(columns={"lsoa21": "lsoa"})
    return frame.astype({"population": "Int64"})
