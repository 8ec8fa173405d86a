"""Street-level crime from nothing: neighbourhoods, the other forces' counts, then every month.

``outcomes data build`` begins here; later months come by ``outcomes data refresh``, which takes the
same steps (:mod:`panel`), so both give the same tables.
"""

import shutil
from pathlib import Path

import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.ingest import (
    coverage,
    geography,
    street_crime,
    street_files,
    street_panel,
    write,
)

_FORCE = ["force", "month", "type"]
_DISTRICT = ["force", "district", "month", "type"]


def build(source: Path, clean: Path, places: pd.DataFrame) -> None:
    """Write the street-level tables and lsoas. ``places`` are the districts that
    :func:`geography.build` has written."""
    folder = source / "police_uk"
    folders = [path for path in sorted(folder.glob("*-street")) if path.is_dir()]
    if not folders:
        raise Invalid(
            f"{folder} holds no folder of street files such as lancashire-street."
        )
    files = street_files.find(folders)
    _write_places(source, clean, places, files)
    _write_given(source, clean, places, {file.force for file in files})
    work = clean.parent / ".build"
    try:
        street_panel.make(files, clean, work)
        for path in sorted((work / "clean").iterdir()):
            path.replace(clean / path.name)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_places(
    source: Path, clean: Path, places: pd.DataFrame, files: list[street_crime.File]
) -> None:
    """Neighbourhoods at the mean of their recorded points, and where gone codes are looked for."""
    rows = _points(files, geography.prefixes(places))
    early = rows["month"] < geography.FRAME_2021
    points, group = frames(rows[early], rows[~early], geography.lookup(source))
    write.csv(points, clean / "lsoa_points.csv", geography.POINTS)
    fields = ["lsoa", "name", "force", "district", "x", "y"]
    current = rows.loc[~early, fields].drop_duplicates()
    write.csv(
        geography.lsoas(source, places, current, group), clean / "lsoas.csv", ["lsoa"]
    )


def _points(
    files: list[street_crime.File], places: street_crime.Places
) -> pd.DataFrame:
    """The forces' own rows, counted by point: :func:`street.points`, with force and month."""
    counted = []
    for file in files:
        frame = street_crime.points(
            street_crime.rows(file, street_crime.read(file), places)
        )
        counted.append(frame.assign(force=file.force, month=file.month))
    return pd.concat(counted, ignore_index=True)


def frames(
    before: pd.DataFrame, after: pd.DataFrame, links: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Points for :func:`geography.to_2021`, and the groups of codes that cover the same ground.

    ``before`` and ``after`` are rows of a force's own area in either frame. Where ``links`` (the
    look-up of Lancashire) lacks a code, its heirs are the codes that are new in its district.
    """
    now = set(links["lsoa21"]) | set(after["lsoa"])
    fresh = now - set(before["lsoa"])
    gone = before[~before["lsoa"].isin(now)]
    known = set(links["lsoa11"])
    points = []
    for code, district in (
        gone[["lsoa", "district"]].drop_duplicates().itertuples(index=False)
    ):
        heirs = (
            set(links.loc[links["lsoa11"] == code, "lsoa21"])
            if code in known
            else fresh
        )
        new = after[after["lsoa"].isin(heirs) & (after["district"] == district)]
        new = new.rename(columns={"x": "longitude", "y": "latitude"})
        points.append(
            new.assign(lsoa_2011=code if code in known else "")[geography.POINTS]
        )
    points = pd.concat(
        [pd.DataFrame(columns=geography.POINTS), *points]
    ).drop_duplicates()
    heir = geography.to_2021(gone, now, points)
    pairs = [links[links["change"] != "U"]]
    for code, old in gone[~gone["lsoa"].isin(known)].groupby("lsoa"):
        pairs.append(_heirs(code, heir.reindex(old.index), old["n"]))
    return points, geography.units(pd.concat(pairs))


def _heirs(code: str, heir: pd.Series, n: pd.Series) -> pd.DataFrame:
    """Without a look-up: a code's heirs are those that take at least a twentieth of its rows."""
    share = n.groupby(heir).sum() / n.sum()
    return pd.DataFrame({"lsoa21": share.index[share >= 0.05]}).assign(lsoa11=code)


def _write_given(
    source: Path, clean: Path, places: pd.DataFrame, have: set[str]
) -> None:
    """The panel without street files: counts of the other forces, as they were given."""
    by_force = _given(source / "police_uk" / "force_month_type.csv.gz", have)
    raw = _given(source / "police_uk" / "lad_month_type.csv.gz", have)
    by_district = _given_districts(raw, places)
    write.parquet(by_district, clean / "crime_district_monthly.parquet", _DISTRICT)
    write.parquet(
        by_force[[*_FORCE, "n"]], clean / "crime_force_monthly.parquet", _FORCE
    )
    covered = coverage.build(by_force, coverage.of_districts(raw, places))
    write.csv(covered, clean / "coverage.csv", ["force", "month"])
    for name in ("crime_monthly.parquet", "street_files.csv"):
        (clean / name).unlink(missing_ok=True)


def _given_districts(raw: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Counts by district of the forces that have districts; "" elsewhere or unknown."""
    frame = geography.placed(raw, places)
    frame["district"] = frame["district"].where(frame["own"], "")
    return frame.groupby(_DISTRICT, as_index=False)["n"].sum().query("n > 0")


def _given(path: Path, have: set[str]) -> pd.DataFrame:
    """Counts made elsewhere, without the forces whose street files are at hand."""
    frame = geography.read(path).astype({"n": "int64"})
    unknown = sorted(set(frame["crime_type"]) - set(street_crime.SLUGS))
    if unknown:
        raise Invalid(
            f"{path.name} has a type of crime that is not known: {', '.join(unknown)}."
        )
    month = pd.to_datetime(frame["month"], format="%Y-%m").astype("datetime64[us]")
    frame = frame.assign(type=frame["crime_type"].map(street_crime.SLUGS), month=month)
    return frame[~frame["force"].isin(have)]
