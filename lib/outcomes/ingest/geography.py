"""Places: forces, districts and neighbourhoods, and one frame for codes of 2011 and of 2021.

Street files up to October 2022 carry LSOA codes of 2011, later ones those of 2021. A code that did
not change is the same place. Codes that were merged become the new code, exactly. A code that was
split is taken to the new code with the nearest recorded point, so its share is an estimate; the
``unit`` of :func:`lsoas` groups codes of both frames that cover the same ground, exactly.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid
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
    """The slug of data.police.uk for a force: "Devon & Cornwall" is devon-and-cornwall."""
    return _SLUGS.get(name, name.lower().replace("&", "and").replace(" ", "-"))


def districts(source: Path) -> pd.DataFrame:
    """Districts of 2021 with their force and residents, one row each."""
    folder = source / "geography"
    people = read(folder / "population_mid2020_ltla21.csv")
    links = read(folder / "england_wales_ltla24_csp24_pfa24.csv")
    forces_ = {row.ltla24_code: slug(row.pfa24_name) for row in links.itertuples()}
    forces_ |= {row.ltla24_name: slug(row.pfa24_name) for row in links.itertuples()}
    for force, names in _MERGED_SINCE.items():
        forces_ |= dict.fromkeys(names.split(","), force)
    census = read(folder / "census2021_lancashire_ltla21.csv").set_index("ltla21_code")
    census = census["total_population"].astype(float).astype("Int64")
    frame = pd.DataFrame(
        {"district": people["ltla21_code"], "name": people["ltla21_name"]}
    )
    frame["force"] = [
        forces_.get(code) or forces_.get(name)
        for code, name in zip(frame["district"], frame["name"], strict=True)
    ]
    if frame["force"].isna().any():
        raise Invalid(
            f"no force is known for {', '.join(frame.loc[frame.force.isna(), 'name'])}."
        )
    frame["population"] = people["total_population"].astype(float).astype("int64")
    frame["population_2021"] = frame["district"].map(census).astype("Int64")
    return frame


def forces(source: Path, places: pd.DataFrame) -> pd.DataFrame:
    """Forces with an area, and bodies without: force, name, gss, territorial, population."""
    links = read(source / "geography" / "england_wales_ltla24_csp24_pfa24.csv")
    links = links.drop_duplicates("pfa24_code")
    people = places.groupby("force")["population"].sum()
    frame = pd.DataFrame(
        {"force": links["pfa24_name"].map(slug), "gss": links["pfa24_code"]}
    )
    said = {
        "Devon & Cornwall": "Devon and Cornwall",
        "London, City of": "City of London",
    }
    frame["name"] = links["pfa24_name"].replace(said)
    frame["territorial"] = True
    frame["population"] = frame["force"].map(people).astype("Int64")
    bodies = pd.DataFrame({"force": list(_BODIES), "name": list(_BODIES.values())})
    frame = pd.concat(
        [frame, bodies.assign(gss="", territorial=False)], ignore_index=True
    )
    return frame[["force", "name", "gss", "territorial", "population"]]


def prefixes(places: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """What LSOA names begin with ("": no name): the district (GSS) and force each tells of."""
    now = {
        row.name: (row.district, row.force) for row in places.itertuples(index=False)
    }
    held = [
        (now[new], names.split("; ")) for new, names in _ALIASES.items() if new in now
    ]
    old = {name: place for place, names in held for name in names}
    return {"": ("", ""), **now, **old}


def district_of(names: pd.Series, places: pd.DataFrame) -> pd.Series:
    """GSS codes for district names; raises :class:`Invalid` naming those that are not known."""
    found = names.map(
        {name: district for name, (district, _) in prefixes(places).items()}
    )
    if found.isna().any():
        unknown = ", ".join(sorted(names[found.isna()].unique()))
        raise Invalid(f"no district is known by the name of {unknown}.")
    return found


def placed(counts: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Counts by the name of a district (lad) with its code ("": none), and whether it is the
    force's own; of the forces that have districts."""
    frame = counts[counts["force"].isin(places["force"])]
    district = district_of(frame["lad"].replace("NO_LOCATION", ""), places)
    own = district.map(places.set_index("district")["force"]) == frame["force"]
    return frame.assign(district=district, own=own)


def lookup(source: Path) -> pd.DataFrame:
    """Lancashire's codes of 2011 beside those of 2021: lsoa11, lsoa21, change (U, M or S)."""
    frame = read(source / "geography" / "lancashire_lsoa11_lsoa21_ltla22.csv")
    names = {"lsoa11_code": "lsoa11", "lsoa21_code": "lsoa21", "change_code": "change"}
    return frame.rename(columns=names)[list(names.values())]


def to_2021(rows: pd.DataFrame, now: set[str], points: pd.DataFrame) -> pd.Series:
    """The code of 2021 for every row (lsoa, district, x, y) whose code is not among those of now.

    It is that of the nearest point recorded under an heir of the code, in its district.
    """
    moved = [pd.Series(dtype=str)]
    for (code, district), old in rows[~rows["lsoa"].isin(now)].groupby(
        ["lsoa", "district"]
    ):
        own = points[
            points["lsoa_2011"].isin([code, ""]) & (points["district"] == district)
        ]
        own = own[own["lsoa_2011"] == code] if code in set(own["lsoa_2011"]) else own
        if len(own):
            new = own.rename(columns={"longitude": "x", "latitude": "y"})
            moved.append(nearest(old, new[["lsoa", "x", "y"]]))
    return pd.concat(moved)


def nearest(old: pd.DataFrame, new: pd.DataFrame) -> pd.Series:
    """For each old point the code of the nearest new point (degrees); a tie takes the first code.

    ``old`` has x, y; ``new`` has x, y, lsoa. A degree of longitude is shortened by the latitude.
    """
    new = new.sort_values(["lsoa", "x", "y"], kind="stable", ignore_index=True)
    scale = np.cos(np.radians(new["y"].mean()))
    east = (old["x"].to_numpy()[:, None] - new["x"].to_numpy()[None, :]) * scale
    north = old["y"].to_numpy()[:, None] - new["y"].to_numpy()[None, :]
    return pd.Series(
        new["lsoa"].to_numpy()[np.argmin(east**2 + north**2, axis=1)], index=old.index
    )


def units(pairs: pd.DataFrame) -> dict[str, str]:
    """Codes of both frames that cover the same ground: each code → the first code of its group."""
    group: dict[str, str] = {}
    for old, new in sorted(zip(pairs["lsoa11"], pairs["lsoa21"], strict=True)):
        one, other = group.get(old, old), group.get(new, new)
        first, last = min(one, other), max(one, other)
        group = {code: first if held == last else held for code, held in group.items()}
        group |= {old: first, new: first}
    return group


def lsoas(
    source: Path, places: pd.DataFrame, recorded: pd.DataFrame, group: dict[str, str]
) -> pd.DataFrame:
    """Neighbourhoods of 2021 that a street force holds, with what is known of each.

    ``recorded`` has lsoa, name, force, district, x, y: the recorded points of the codes of 2021.
    """
    centre = recorded.groupby(["lsoa", "name", "force", "district"], as_index=False)
    frame = (
        centre[["x", "y"]].mean().rename(columns={"x": "longitude", "y": "latitude"})
    )
    frame = frame.round({"longitude": 5, "latitude": 5})
    wards = read(source / "geography" / "lancashire_lsoa21_ward24_ltla24.csv")
    frame["ward"] = (
        frame["lsoa"].map(wards.set_index("lsoa21_code")["ward24_name"]).fillna("")
    )
    named = places.set_index("district")["name"]
    frame["district_name"] = frame["district"].map(named)
    frame["unit"] = frame["lsoa"].map(group).fillna(frame["lsoa"])
    frame = frame.merge(_before(source), how="left", on="lsoa")
    frame["frame"] = frame["frame"].fillna("")
    poor = read(source / "geography" / "imd2025_lancashire_lsoa21.csv").set_index(
        "lsoa21_code"
    )
    for field in ("score", "rank", "decile"):
        value = frame["lsoa"].map(poor[f"IMD_{field}"].astype(float))
        frame[f"imd2025_{field}"] = value if field == "score" else value.astype("Int64")
    return frame[_LSOA_FIELDS]


def _before(source: Path) -> pd.DataFrame:
    """Residents of mid-2020 and deprivation of 2019, brought from the codes of 2011.

    Merged codes are summed and have no rank of their own. The residents of a split code are
    shared equally, and each part carries the rank of the whole.
    """
    folder = source / "geography"
    people = read(folder / "population_mid2020_lancashire_lsoa11.csv").set_index(
        "lsoa11_code"
    )
    poor = read(folder / "imd2019_lancashire_lsoa11.csv").set_index("lsoa11_code")
    links = lookup(source).sort_values(
        ["lsoa11", "lsoa21"], kind="stable", ignore_index=True
    )
    total = links["lsoa11"].map(
        people["total_population"].astype(float).astype("int64")
    )
    parts = links.groupby("lsoa11")["lsoa21"].transform("size")
    # the first parts take the remainder, so that the parts add up to the whole
    extra = links.groupby("lsoa11").cumcount() < total % parts
    links["population"] = total // parts + extra.astype("int64")
    whole = links["change"] != "M"
    for field, column in (
        ("imd2019_rank", "IMD_rank"),
        ("imd2019_decile", "IMD_decile"),
    ):
        value = links["lsoa11"].map(poor[column].astype(float).astype("Int64"))
        links[field] = value.where(whole)
    links["frame"] = links["change"].map(
        {"U": "unchanged", "M": "merged", "S": "split"}
    )
    how = {
        "population": "sum",
        "imd2019_rank": "max",
        "imd2019_decile": "max",
        "frame": "first",
    }
    frame = (
        links.groupby("lsoa21", as_index=False)
        .agg(how)
        .rename(columns={"lsoa21": "lsoa"})
    )
    return frame.astype({"population": "Int64"})


def there(path: Path) -> Path:
    """A file of the source folder; raises :class:`Invalid` when it is not there."""
    if not path.is_file():
        raise Invalid(f"the source folder has no {path.parent.name}/{path.name}.")
    return path


def read(path: Path) -> pd.DataFrame:
    """A CSV file of the source folder, as text."""
    return pd.read_csv(there(path), dtype=str, keep_default_na=False, encoding="utf-8")


def build(source: Path, clean: Path) -> pd.DataFrame:
    """Write ``districts`` and ``forces``; return the districts."""
    places = districts(source)
    write.csv(places, clean / "districts.csv", ["district"])
    write.csv(forces(source, places), clean / "forces.csv", ["force"])
    return places
