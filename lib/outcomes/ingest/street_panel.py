"""From counted street files to the clean tables of crime by month, in bounded memory.

Every file is counted by itself and its counts are laid aside on disk; the panel by neighbourhood is
written one force at a time, while the files of the next forces are counted. So memory grows neither
with the number of files nor of forces.
"""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.data import tables
from outcomes.ingest import coverage, geography, street_crime, write

_FINE = ["force", "district", "lsoa", "month", "type", "n"]
_CELL = ["lsoa", "type"]
_PLACE = ["district", *_CELL]
_MONTH = ["force", "month"]
_TELLS = ["no_location", "duplicates", "outside"]
_POINT = ["lsoa", "name", "force", "district", "x", "y"]
_WORKERS = 2
_MOST_SAID = 20


class Places(NamedTuple):
    """What is needed to place a row, from the clean tables."""

    districts: pd.DataFrame
    lsoas: pd.DataFrame
    points: pd.DataFrame
    prefixes: street_crime.Places
    known: set[str]  # codes of neighbourhoods
    names: dict[str, str]  # of forces

    def territorial(self, force: str) -> bool:
        """Whether a force has an area of its own: the Transport Police has none."""
        return bool((self.districts["force"] == force).any())

    def force_named(self, words: str) -> str:
        """The force whose name words begin with ("Merseyside Police"), or "" where none does."""
        said = words.replace("&", "and").casefold()
        found = [
            f for f, name in self.names.items() if said.startswith(name.casefold())
        ]
        return max(found, key=len, default="")


class Month(NamedTuple):
    """One counted file: what is told of it, and where its counts lie."""

    force: str
    month: pd.Timestamp
    told: dict[str, Any]  # rows, no_location, duplicates, outside, bytes, sha256
    unmatched: int  # rows whose code of 2011 has no match in the codes of 2021
    part: Path  # counts by district, neighbourhood and type
    near: pd.DataFrame  # district, type, n
    fresh: pd.DataFrame  # points of neighbourhoods that the tables lack


def read_places(clean: Path) -> Places:
    """The places of a clean folder; without neighbourhoods when it has none yet."""
    held = tables.tables(clean)
    districts = tables.rows("districts", clean=clean)
    lsoas, points = (
        tables.rows(name, clean=clean) if name in held else pd.DataFrame(columns=fields)
        for name, fields in (("lsoas", ["lsoa"]), ("lsoa_points", geography.POINTS))
    )
    points = points.astype({"longitude": float, "latitude": float})
    forces = tables.rows("forces", clean=clean)
    names = dict(zip(forces["force"], forces["name"], strict=True))
    prefixes = geography.prefixes(districts)
    return Places(districts, lsoas, points, prefixes, set(lsoas["lsoa"]), names)


def build(
    files: list[street_crime.File],
    clean: Path,
    work: Path,
    tell: Callable[[str], None] = lambda name: None,
) -> list[str]:
    """Write into ``work/clean`` the tables of ``clean`` with the months of ``files`` replaced.

    Parameters
    ----------
    files
        Street files, one for each force and month.
    clean
        The tables as they are.
    work
        A folder that is not there yet.
    tell
        Is called with the name of each file that is counted.

    Returns
    -------
    list of str
        The changes in words, one for each force and month, and for each month of coverage.

    Raises
    ------
    Invalid
        Listing what is wrong in any of the files.
    """
    (work / "parts").mkdir(parents=True)
    places, new = read_places(clean), work / "clean"

    def count(file: street_crime.File) -> Month | str:
        try:
            return count_month(file, places, work / "parts")
        except Invalid as error:
            return str(error)  # the error itself would hold the file in memory
        finally:
            tell(f"{file.month} {file.force}")

    pool = ThreadPoolExecutor(_WORKERS)
    counting: dict[street_crime.File, Future[Month | str]] = {}
    by_force: dict[str, list[Future[Month | str]]] = {}
    for file in sorted(files, key=lambda file: (file.force, file.month)):
        counting[file] = pool.submit(count, file)
        by_force.setdefault(file.force, []).append(counting[file])
    try:
        changes = write_panel(by_force, clean, new)
    except Invalid:
        counted = [counting[file].result() for file in files]
        refuse([item for item in counted if isinstance(item, str)])
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    counted = [counting[file].result() for file in files]
    months = [item for item in counted if isinstance(item, Month)]
    return changes + write_totals(months, places, clean, new)


def refuse(wrong: list[str]) -> None:
    """Raise :class:`Invalid` with what is wrong in the files of a refresh, if anything is."""
    said = wrong[:_MOST_SAID]
    if len(wrong) > _MOST_SAID:
        said.append(f"{len(wrong) - _MOST_SAID} more files cannot be used.")
    if said:
        raise Invalid(" ".join(said))


def count_month(file: street_crime.File, places: Places, parts: Path) -> Month:
    """Count one file under codes of 2021, and lay its counts aside in the folder ``parts``.

    Raises :class:`Invalid` where the file cannot be used, or most of it lies outside its force.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.feather as feather

    data = street_crime.read(file)
    rows, duplicates, recorded_by = street_crime.parse(file, data, places.prefixes)
    if (named := places.force_named(recorded_by)) not in ("", file.force):
        raise Invalid(
            f"{file.name}: most of its rows fall within {recorded_by!r}: is it the file of {named}?"
        )
    if not places.territorial(file.force):
        return _without_area(file, data, rows, parts)
    own, located = rows["home"].is_valid(), rows["lsoa"].is_valid()
    inside = pc.sum(own).as_py()
    outside = pc.sum(located).as_py() - inside
    if outside > inside:
        raise Invalid(
            f"{file.name}: most of its rows lie outside {file.force}: is it another force's file?"
        )
    told = {
        "rows": len(rows),
        "no_location": rows["lsoa"].null_count,
        "duplicates": duplicates,
        "outside": outside,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    near = street_crime.count(rows, ["home", "type"]).rename_columns(
        {"home": "district"}
    )
    words = rows["lsoa"].filter(own).unique().cast(pa.string())
    codes = {*words.to_pylist()} - places.known
    part = street_crime.count(rows, _PLACE)
    fresh, unmatched = pd.DataFrame(columns=_POINT), 0
    if codes:
        points = street_crime.points(rows.filter(_among(rows["lsoa"], codes, own)))
        early = file.month < geography.FRAME_2021
        # a code that is known to be of 2011 is so in whatever month it stands
        gone = points["lsoa"].isin(places.points["lsoa_2011"]) | early
        if not gone.all():
            fresh = points[~gone].assign(force=file.force)[_POINT].drop_duplicates()
            fresh = fresh.sort_values(["lsoa", "x", "y"], ignore_index=True)
        if gone.any():
            old = points[gone].reset_index(drop=True)
            heirs = geography.codes_2021(old, set(), places.points)
            unmatched = int(old["n"].drop(heirs.index).sum())
            moved = _among(rows["lsoa"], {*old["lsoa"]}, own)
            old["lsoa"] = heirs.reindex(old.index).fillna(old["lsoa"])
            stay = street_crime.count(rows.filter(pc.invert(moved)), _PLACE)
            old = pa.Table.from_pandas(old, stay.schema, preserve_index=False)
            both = pa.concat_tables([stay, old])
            part = both.group_by(_PLACE, use_threads=False).aggregate([("n", "sum")])
            part = part.rename_columns({"n_sum": "n"})
    month = pd.Timestamp(file.month)
    part = part.append_column("force", pa.repeat(file.force, len(part)))
    part = part.append_column("month", pa.repeat(month.date(), len(part)))
    path = parts / f"{file.force}.{file.month}.feather"
    part = part.select(_FINE).cast(_schema())
    feather.write_feather(part, path, compression="uncompressed")
    return Month(file.force, month, told, unmatched, path, near.to_pandas(), fresh)


def _among(codes: Any, some: set[str], own: Any) -> Any:
    """Which rows of the force's own area lie in some of the neighbourhoods."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.and_(own, pc.is_in(codes, pa.array(some, pa.string())))


def _without_area(
    file: street_crime.File, data: bytes, rows: Any, parts: Path
) -> Month:
    """The counts of a force without an area of its own: of the force alone, by type."""
    import pyarrow.feather as feather

    digest = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    told = {"rows": len(rows), **dict.fromkeys(_TELLS), **digest}
    path = parts / f"{file.force}.{file.month}.feather"
    feather.write_feather(_schema().empty_table(), path, compression="uncompressed")
    near = street_crime.count(rows, ["type"]).to_pandas().assign(district="")
    month, fresh = pd.Timestamp(file.month), pd.DataFrame(columns=_POINT)
    return Month(file.force, month, told, 0, path, near, fresh)


def _schema() -> Any:
    """The columns of crime_monthly, for Arrow."""
    import pyarrow as pa

    kinds = {"month": pa.date32(), "n": pa.int32()}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in _FINE])


def write_panel(
    counting: dict[str, list[Future[Month | str]]], clean: Path, new: Path
) -> list[str]:
    """Write crime_monthly with some months replaced; what each adds or changes, in words.

    Parameters
    ----------
    counting
        The months of each force, in order, or what is wrong with one; each is waited for when the
        forces before are written.
    clean
        The tables as they are.
    new
        The folder for the new table.

    Raises
    ------
    Invalid
        With the first thing wrong, in which case the table is not whole.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as ds
    import pyarrow.feather as feather

    path, changes = clean / "crime_monthly.parquet", []
    old = ds.dataset(path if path.is_file() else _schema().empty_table())
    forces = {*pc.unique(old.to_table(["force"])["force"]).to_pylist(), *counting}

    def forces_in_turn() -> Iterator[pa.Table]:
        for force in sorted(forces):
            held = old.to_table(filter=ds.field("force") == force)
            for future in counting.get(force, []):
                month = future.result()
                if isinstance(month, str):
                    raise Invalid(month)
                same = ds.field("month") == month.month.date()
                part = feather.read_table(month.part)
                changes.append(describe_change(month, held.filter(same), part))
                held = pa.concat_tables([held.filter(~same), part])
            keys = ("lsoa", "month", "type", "district")
            yield held.sort_by([(key, "ascending") for key in keys])

    write.stream(forces_in_turn(), new / path.name)
    return changes


def describe_change(month: Month, before: Any, after: Any) -> str:
    """What one month adds or changes, in words; ``before`` and ``after`` are Arrow tables."""
    name, told = f"{month.force} {month.month:%Y-%m}", month.told
    note = ""
    if month.unmatched:
        note = f"; {month.unmatched:,} in old neighbourhoods without a match"
    if strange := month.fresh["lsoa"].nunique():
        note += f"; {formatting.count(strange, 'neighbourhood')} not met before"
    if told["duplicates"] is None:
        return (
            f"{name}: {told['rows']:,} rows, of the force alone: it has no area here."
        )
    if not len(before):
        return (
            f"{name}: added, {told['rows']:,} rows, {told['no_location']:,} of them without a "
            f"location; {told['duplicates']:,} duplicates left out{note}."
        )
    old, new = (
        table.to_pandas().groupby(_CELL)["n"].sum() for table in (before, after)
    )
    gap = new.sub(old, fill_value=0)
    if not gap.any():
        return f"{name}: as before{note}."
    by_type = gap.groupby("type").sum()
    kinds = [f"{kind} {n:+,.0f}" for kind, n in by_type[by_type != 0].items()]
    where = ", ".join(kinds) or "only places differ"
    return (
        f"{name}: revised, {told['rows']:,} rows, {gap.sum():+,.0f} ({where}), in "
        f"{(gap != 0).sum():,} counts of a neighbourhood and type{note}."
    )


def write_totals(
    months: list[Month], places: Places, clean: Path, new: Path
) -> list[str]:
    """Write the tables by district and force, coverage, digests of files, new neighbourhoods.

    Returns the months that were not replaced and are now judged otherwise, in words: the force's
    usual month has moved.
    """
    near = pd.concat([m.near.assign(force=m.force, month=m.month) for m in months])
    told = pd.DataFrame(
        [{"force": m.force, "month": m.month, **m.told} for m in months]
    )
    taken = [(m.force, m.month) for m in months]
    keys = ["force", "district", "month", "type"]
    path = clean / "crime_district_monthly.parquet"
    placed = near[near["force"].isin(places.districts["force"])]
    by_district = with_months(path, placed[[*keys, "n"]], taken)
    write.parquet(by_district, new / path.name, keys)
    keys = [*_MONTH, "type"]
    path = clean / "crime_force_monthly.parquet"
    by_force = near.groupby(keys, as_index=False)["n"].sum()
    by_force = with_months(path, by_force, taken)
    write.parquet(by_force, new / path.name, keys)
    path = clean / "street_files.csv"
    digests = with_months(path, told[[*_MONTH, "bytes", "sha256"]], taken)
    write.csv(digests, new / path.name, _MONTH)
    path = clean / "coverage.csv"
    known = with_months(path, told[[*_MONTH, *_TELLS]], taken)
    covered = coverage.build(by_force, known)
    write.csv(covered, new / path.name, _MONTH)
    fresh = pd.concat([m.fresh for m in months])
    if len(fresh):
        lsoas = add_neighbourhoods(
            tables.text(clean / "lsoas.csv"), fresh, places.districts
        )
        write.csv(lsoas, new / "lsoas.csv", ["lsoa"])
    if not path.is_file():
        return []
    old = tables.rows("coverage", clean=clean)
    old = old.assign(month=pd.to_datetime(old["month"])).set_index(_MONTH)["state"]
    both = covered.set_index(_MONTH)[["state"]].join(old.rename("old"), how="inner")
    replaced = both.index.isin(taken)
    moved = both[~replaced & (both["old"] != both["state"])].sort_index()
    return [
        f"{force} {month:%Y-%m}: {row.old} until now, {row.state} beside the new months."
        for (force, month), row in moved.iterrows()
    ]


def with_months(
    path: Path, fresh: pd.DataFrame, taken: list[tuple[str, pd.Timestamp]]
) -> pd.DataFrame:
    """The rows of a table with those of the forces and months ``taken`` replaced by fresh ones."""
    fresh = fresh.astype({"month": "datetime64[us]"})
    if not path.is_file():
        return fresh
    old = tables.rows(path.stem, clean=path.parent)
    old["month"] = pd.to_datetime(old["month"]).astype("datetime64[us]")
    # text where nothing describes the table yet
    counts = old.columns.intersection(_TELLS)
    old[counts] = old[counts].apply(pd.to_numeric)
    pairs = pd.MultiIndex.from_frame(old[_MONTH])
    kept = old[~pairs.isin(taken)]
    return pd.concat([kept[list(fresh.columns)], fresh], ignore_index=True)


def add_neighbourhoods(
    old: pd.DataFrame, points: pd.DataFrame, districts: pd.DataFrame
) -> pd.DataFrame:
    """The table of neighbourhoods with new ones, each at the mean of its recorded points.

    Parameters
    ----------
    old
        The table ``lsoas`` as text.
    points
        lsoa, name, force, district, x, y: points under codes that the table lacks.
    districts
        The table ``districts``.
    """
    names = districts.set_index("district")["name"]
    points = points.drop_duplicates(["lsoa", "x", "y"]).sort_values(["lsoa", "name"])
    new = points.groupby("lsoa", as_index=False).agg(
        name=("name", "first"),
        force=("force", "first"),
        district=("district", "first"),
        x=("x", "mean"),
        y=("y", "mean"),
    )
    new = new.assign(
        longitude=new["x"].map("{:.5f}".format),
        latitude=new["y"].map("{:.5f}".format),
        district_name=new["district"].map(names),
        unit=new["lsoa"],
    )
    return pd.concat([old, new.reindex(columns=old.columns, fill_value="")])
