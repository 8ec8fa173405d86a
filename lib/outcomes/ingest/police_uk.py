"""data.police.uk street files: from rows to monthly counts.

A row is one recorded crime or incident. A Crime ID that came before in the same file is a
duplicate and is dropped; anti-social behaviour has no Crime ID, so all its rows are kept: two that
look alike are two incidents. A row without a location is counted under "", never dropped.
"""

import gzip
import re
import zlib
from pathlib import Path

import pandas as pd

from outcomes.data.codes import TYPES
from outcomes.data.errors import Invalid
from outcomes.ingest import coverage, geography, write

HEADER = [
    *("Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location"),
    *("LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context"),
]
_NAME = re.compile(r"(\d{4}-\d{2})-([a-z-]+)-street\.csv(\.gz)?")
_SLUGS = {name: slug for slug, name in TYPES.items()}
_FRAME_2021 = "2023-01"  # files from this month on carry the LSOA codes of 2021

# One row of the answer is one point: force, month, lsoa, its name, type, x, y, n, duplicates.
_COUNT = """
with numbered as (
  select *, row_number() over () as line
  from read_csv($path, columns = $columns, header = true, delim = ',', quote = '"', escape = '"',
                auto_detect = false, strict_mode = true, parallel = false)
), marked as (
  select *, "Crime ID" is not null
    and row_number() over (partition by "Crime ID" order by line) > 1 as again
  from numbered
)
select $force as force, "Month" as month, coalesce("LSOA code", '') as lsoa,
       coalesce("LSOA name", '') as name, "Crime type" as type,
       cast("Longitude" as double) as x, cast("Latitude" as double) as y,
       count(*) filter (not again) as n, count(*) filter (again) as duplicates
from marked group by all order by all
"""


def build(source: Path, clean: Path, places: pd.DataFrame) -> None:
    """Write the street-level tables: crime_monthly, crime_force_monthly, crime_district_monthly,
    coverage and lsoas. ``places`` are the districts of :func:`geography.districts`."""
    rows = street(source / "police_uk")
    rows["district"] = geography.district_of(rows["name"].str[:-5], places)
    rows["own"] = rows["district"].map(places.set_index("district")["force"]) == rows["force"]
    rows, group = _to_2021(rows, geography.lookup(source))
    _write_lsoas(source, clean, places, rows, group)
    month = _counts(rows, ["force", "district", "lsoa", "month", "type"])
    write.parquet(month, clean / "crime_monthly.parquet", ["force", "lsoa", "month", "type"])
    own = rows["district"].where(rows["own"], "")
    near = _counts(rows.assign(district=own), ["force", "district", "month", "type"])
    by_district = pd.concat([near, _given_districts(source, places, set(rows["force"]))])
    keys = ["force", "district", "month", "type"]
    write.parquet(by_district, clean / "crime_district_monthly.parquet", keys)
    by_force = _given_forces(source, set(rows["force"]))
    by_force = pd.concat([_counts(rows, ["force", "month", "type"]), by_force])
    write.parquet(by_force, clean / "crime_force_monthly.parquet", ["force", "month", "type"])
    known = coverage.of_street(rows), coverage.of_districts(_given_districts_raw(source), places)
    write.csv(
        coverage.build(by_force, pd.concat(known)), clean / "coverage.csv", ["force", "month"]
    )


def street(folder: Path) -> pd.DataFrame:
    """All street files under ``*-street`` folders, counted by point, in one frame."""
    import duckdb

    paths = sorted(folder.glob("*-street/*-street.csv*"))
    if not paths:
        raise Invalid(f"{folder} holds no street file such as 2024-01-lancashire-street.csv.gz.")
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        return pd.concat([read_file(connection, path) for path in paths], ignore_index=True)


def read_file(connection, path: Path) -> pd.DataFrame:
    """One street file counted by point: force, month, lsoa, name, type (slug), x, y, n, duplicates.

    Raises :class:`Invalid` for a file that is cut short, has other columns, holds another month
    than its name says, or a type of crime that is not known.
    """
    import duckdb

    found = _NAME.fullmatch(path.name)
    if not found:
        raise Invalid(f"{path.name} is not named like 2024-01-lancashire-street.csv.gz.")
    _check_whole(path)
    columns = dict.fromkeys(HEADER, "VARCHAR")
    values = {"path": str(path), "columns": columns, "force": found[2]}
    try:
        frame = connection.execute(_COUNT, values).df()
    except duckdb.Error as error:
        raise Invalid(f"{path.name} cannot be read as CSV: {str(error).splitlines()[0]}") from None
    other = sorted(set(frame["month"]) - {found[1]})
    if other:
        raise Invalid(f"{path.name} holds rows of {', '.join(other)}, not of {found[1]} alone.")
    return _typed(frame, path.name)


def _typed(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    unknown = sorted(set(frame["type"]) - set(_SLUGS))
    if unknown:
        raise Invalid(f"{where} has a type of crime that is not known: {', '.join(unknown)}.")
    month = pd.to_datetime(frame["month"], format="%Y-%m").astype("datetime64[us]")
    return frame.assign(type=frame["type"].map(_SLUGS), month=month)


def _check_whole(path: Path) -> None:
    """Read a file to its end: a gzip stream that was cut short says so only there."""
    opener = gzip.open if path.suffix == ".gz" else open
    last = b"\n"
    try:
        with opener(path, "rb") as stream:
            first = stream.readline().decode("utf-8-sig").strip()
            while block := stream.read(1 << 20):
                last = block[-1:]
    except (EOFError, OSError, zlib.error):
        raise Invalid(f"{path.name} is damaged or cut short; download it again.") from None
    if first.split(",") != HEADER:
        raise Invalid(f"{path.name} does not begin with the columns {', '.join(HEADER)}.")
    if last != b"\n":
        raise Invalid(f"{path.name} ends within a row; download it again.")


def _to_2021(rows: pd.DataFrame, links: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Rows with codes of 2021, and the groups of codes that cover the same ground."""
    early = rows["month"] < pd.Timestamp(_FRAME_2021)
    before, after = rows[rows["own"] & early], rows[rows["own"] & ~early]
    now = set(links["lsoa21"]) | set(after["lsoa"])
    fresh = now - set(before["lsoa"])
    pairs, moved = [links[links["change"] != "U"]], {}
    gone = before[~before["lsoa"].isin(now)]
    for (code, district), old in gone.groupby(["lsoa", "district"]):
        heirs = set(links.loc[links["lsoa11"] == code, "lsoa21"]) or fresh
        new = after[after["lsoa"].isin(heirs) & (after["district"] == district)]
        heir = geography.nearest(old, new[["lsoa", "x", "y"]].drop_duplicates())
        moved |= heir.to_dict()
        if code not in set(links["lsoa11"]):
            pairs.append(_heirs(code, heir, old["n"]))
    code = pd.Series(moved).reindex(rows.index)
    rows = rows.assign(lsoa=code.fillna(rows["lsoa"]))
    return rows, geography.units(pd.concat(pairs))


def _heirs(code: str, heir: pd.Series, n: pd.Series) -> pd.DataFrame:
    """Without a look-up: a code's heirs are those that take at least a twentieth of its rows."""
    share = n.groupby(heir).sum() / n.sum()
    return pd.DataFrame({"lsoa21": share.index[share >= 0.05]}).assign(lsoa11=code)


def _write_lsoas(
    source: Path, clean: Path, places: pd.DataFrame, rows: pd.DataFrame, group: dict[str, str]
) -> None:
    """The neighbourhoods, each placed at the mean of the points recorded under its code of 2021."""
    current = rows[rows["own"] & (rows["month"] >= pd.Timestamp(_FRAME_2021))]
    points = current[["lsoa", "name", "force", "district", "x", "y"]].drop_duplicates()
    frame = geography.lsoas(source, places, points, group)
    write.csv(frame, clean / "lsoas.csv", ["lsoa"])


def _counts(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return rows.groupby(keys, as_index=False, sort=True)["n"].sum().query("n > 0")


def _given_forces(source: Path, have: set[str]) -> pd.DataFrame:
    """Counts of the forces whose street files are not at hand: force, month, type, n."""
    frame = _given(source / "police_uk" / "force_month_type.csv.gz")
    return frame[~frame["force"].isin(have)][["force", "month", "type", "n"]]


def _given_districts_raw(source: Path) -> pd.DataFrame:
    return _given(source / "police_uk" / "lad_month_type.csv.gz")


def _given_districts(source: Path, places: pd.DataFrame, have: set[str]) -> pd.DataFrame:
    """Counts by district of the other forces that have districts; "" elsewhere or unknown."""
    frame = _given_districts_raw(source)
    frame = frame[frame["force"].isin(set(places["force"]) - have)]
    frame["district"] = geography.district_of(frame["lad"].replace("NO_LOCATION", ""), places)
    own = frame["district"].map(places.set_index("district")["force"]) == frame["force"]
    return _counts(
        frame.assign(district=frame["district"].where(own, "")),
        ["force", "district", "month", "type"],
    )


def _given(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise Invalid(f"the source folder has no police_uk/{path.name}.")
    frame = pd.read_csv(path, dtype={"n": "int64"}, keep_default_na=False, encoding="utf-8")
    return _typed(frame.rename(columns={"crime_type": "type"}), path.name)
