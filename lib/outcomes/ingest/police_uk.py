"""Street-level crime from nothing: neighbourhoods, the other forces' counts, then every month.

``outcomes data build`` begins here; later months come by ``outcomes data refresh``, which takes the
same steps (:mod:`outcomes.ingest.street_panel`), so both give the same tables.
"""

import shutil
from pathlib import Path

import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.ingest import (
    coverage,
    geography,
    stop_and_search,
    street_crime,
    street_files,
    street_panel,
    write,
)

_HEIR_SHARE = 0.05  # without a look-up, an heir takes at least this share of a code


def build(source: Path, clean: Path, places: pd.DataFrame) -> None:
    """Write the tables of street-level crime, coverage and neighbourhoods.

    Parameters
    ----------
    source
        The folder of raw files; ``police_uk`` in it holds a folder of street files for each
        force that publishes by neighbourhood here, such folders of stop-and-search files where
        there are any, and counts of the other forces.
    clean
        Where the tables go: it holds none of them yet.
    places
        The districts that :func:`outcomes.ingest.geography.build` has written.

    Raises
    ------
    Invalid
        Where there is no folder of street files, or a file cannot be used.
    """
    folder = source / "police_uk"
    folders = [path for path in sorted(folder.glob("*-street")) if path.is_dir()]
    if not folders:
        raise Invalid(f"{folder} holds no folder of street files: FORCE-street.")
    every = street_files.find([*folders, *sorted(folder.glob("*-stop-and-search"))])
    files = [file for file in every if file.kind == street_crime.STREET]
    searches = [file for file in every if file.kind == street_crime.SEARCHES]
    # Neighbourhoods at the mean of their recorded points, and where gone codes are looked for.
    prefixes = geography.prefixes(places)
    counted = [
        street_crime.points(
            street_crime.parse(file, street_crime.read(file), prefixes).table
        ).assign(force=file.force, month=file.month)
        for file in files
    ]
    rows = pd.concat(counted, ignore_index=True)
    links = geography.lookup(source)
    gone = {*links["lsoa11"]} - {*links["lsoa21"]}
    early = (rows["month"] < geography.FRAME_2021) | rows["lsoa"].isin(gone)
    points, group = match_frames(rows[early], rows[~early], links)
    write.csv(points, clean / "lsoa_points.csv", geography.POINTS)
    fields = ["lsoa", "name", "force", "district", "x", "y"]
    current = rows.loc[~early, fields].drop_duplicates()
    lsoas = geography.lsoas(source, places, current, group)
    write.csv(lsoas, clean / "lsoas.csv", ["lsoa"])
    # The panel without street files: counts of the other forces, as they were given.
    have = {file.force for file in files}
    by_force = _given_counts(folder / "force_month_type.csv.gz", have)
    given = _given_counts(folder / "lad_month_type.csv.gz", have)
    near = geography.assign_districts(given, places)
    near["district"] = near["district"].where(near["own"], "")
    keys = ["force", "district", "month", "type"]
    near = near.groupby(keys, as_index=False)["n"].sum().query("n > 0")
    write.parquet(near, clean / "crime_district_monthly.parquet", keys)
    keys = ["force", "month", "type"]
    write.parquet(by_force[[*keys, "n"]], clean / "crime_force_monthly.parquet", keys)
    covered = coverage.build(by_force, coverage.location_counts(given, places))
    write.csv(covered, clean / "coverage.csv", ["force", "month"])
    stop_and_search.build(searches, clean, clean)
    # Every month of street files, as a refresh takes them.
    work = clean.parent / ".build"
    try:
        street_panel.build(files, clean, work)
        for path in sorted((work / "clean").iterdir()):
            path.replace(clean / path.name)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def match_frames(
    before: pd.DataFrame, after: pd.DataFrame, links: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Points for :func:`geography.codes_2021`, and the groups of codes that cover the same ground.

    Where the look-up lacks a code, its heirs are the codes that are new in its district and take
    at least a twentieth of its rows.

    Parameters
    ----------
    before, after
        Rows of a force's own area in the frame of 2011 and of 2021: lsoa, district, x, y, n.
    links
        The look-up of the home force: lsoa11, lsoa21, change.

    Returns
    -------
    tuple
        Points with the columns :data:`geography.POINTS`, and each code's group, as
        :func:`geography.units` gives it.
    """
    current = set(links["lsoa21"]) | set(after["lsoa"])
    fresh = current - set(before["lsoa"])
    gone = before[~before["lsoa"].isin(current)]
    known = gone["lsoa"].isin(links["lsoa11"])
    points = [pd.DataFrame(columns=geography.POINTS)]
    for (code, district), old in gone.groupby(["lsoa", "district"], sort=False):
        looked_up = known[old.index[0]]
        heirs = links.loc[links["lsoa11"] == code, "lsoa21"] if looked_up else fresh
        new = after[after["lsoa"].isin(heirs) & (after["district"] == district)]
        new = new.rename(columns={"x": "longitude", "y": "latitude"})
        new = new.assign(lsoa_2011=code if looked_up else "")
        points.append(new[geography.POINTS])
    found = pd.concat(points).drop_duplicates()
    unknown = gone[~known].assign(lsoa21=geography.codes_2021(gone, current, found))
    n = unknown.groupby(["lsoa", "lsoa21"])["n"].sum()
    share = n.div(unknown.groupby("lsoa")["n"].sum(), level="lsoa")
    guessed = share[share >= _HEIR_SHARE].index.to_frame(index=False)
    guessed = guessed.rename(columns={"lsoa": "lsoa11"})
    pairs = pd.concat([links[links["change"] != "U"], guessed])
    return found, geography.units(pairs)


def _given_counts(path: Path, have: set[str]) -> pd.DataFrame:
    """Counts made elsewhere, without the forces whose street files are at hand."""
    frame = geography.read_source(path).astype({"n": "int64"})
    frame["type"] = frame["crime_type"].map(street_crime.SLUGS)
    unknown = frame.loc[frame["type"].isna(), "crime_type"].unique()
    if len(unknown):
        raise Invalid(
            f"{path.name} has a type of crime that is not known: {', '.join(sorted(unknown))}."
        )
    month = pd.to_datetime(frame["month"], format="%Y-%m").astype("datetime64[us]")
    return frame.assign(month=month)[~frame["force"].isin(have)]
