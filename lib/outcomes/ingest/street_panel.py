"""From counted street files to the clean tables of crime by month, in bounded memory.

Every file is counted by itself and its counts are laid aside on disk; the panel by neighbourhood is
then written one force at a time. So memory grows neither with the number of files nor of forces.
"""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.data import tables
from outcomes.ingest import coverage, geography, street_crime, write

_FINE = ["force", "district", "lsoa", "month", "type", "n"]
_CELL = ["lsoa", "type"]
_PLACE = ["district", *_CELL]
_WORKERS = 2
_TELLS = ["no_location", "duplicates", "outside"]
_NO_POINTS = pd.DataFrame(columns=["lsoa", "name", "force", "district", "x", "y"])


class Places(NamedTuple):
    """What is needed to place a row, from the clean tables."""

    districts: pd.DataFrame
    lsoas: pd.DataFrame
    points: pd.DataFrame
    prefixes: street_crime.Places
    known: set[str]  # codes of neighbourhoods


class Month(NamedTuple):
    """One counted file: what is told of it, and where its counts lie."""

    force: str
    month: pd.Timestamp
    told: dict  # rows, no_location, duplicates, outside, bytes, sha256
    unmatched: int  # rows whose code of 2011 has no match in the codes of 2021
    part: Path
    near: pd.DataFrame  # district, type, n
    fresh: pd.DataFrame  # neighbourhoods that the table lacks


def places(clean: Path) -> Places:
    """The places of a clean folder; without neighbourhoods when it has none yet."""
    held = tables.tables(clean)
    districts = tables.rows("districts", clean=clean)
    lsoas, points = (
        tables.rows(name, clean=clean) if name in held else pd.DataFrame(columns=fields)
        for name, fields in (("lsoas", ["lsoa"]), ("lsoa_points", geography.POINTS))
    )
    points = points.astype({"longitude": float, "latitude": float})
    prefixes = geography.prefixes(districts)
    return Places(districts, lsoas, points, prefixes, set(lsoas["lsoa"]))


def make(
    files: list[street_crime.File],
    clean: Path,
    work: Path,
    tell: Callable[[str], None] = lambda name: None,
) -> list[str]:
    """Write into ``work/clean`` the tables of ``clean`` with the months of ``files`` replaced.

    Returns the changes in words, one for each force and month, and for each month of coverage.
    Raises :class:`Invalid` that lists what is wrong in any of the files.
    """
    (work / "parts").mkdir(parents=True)
    months = _count_all(files, places(clean), work / "parts", tell)
    said = _fine(months, clean, work / "clean")
    return said + _coarse(months, clean, work / "clean")


def _count_all(
    files: list[street_crime.File],
    near: Places,
    parts: Path,
    tell: Callable[[str], None],
) -> list[Month]:
    def one(file: street_crime.File) -> Month | str:
        try:
            return _month(file, near, parts)
        except Invalid as error:
            return str(error)
        finally:
            tell(f"{file.month} {file.force}")

    with ThreadPoolExecutor(_WORKERS) as pool:
        found = list(pool.map(one, files))
    if wrong := [item for item in found if isinstance(item, str)]:
        more = (
            [f"{len(wrong) - 20} more files cannot be used."] if len(wrong) > 20 else []
        )
        raise Invalid(" ".join(wrong[:20] + more))
    return found


def _month(file: street_crime.File, near: Places, parts: Path) -> Month:
    import pyarrow.feather as feather

    data = street_crime.read(file)
    rows = street_crime.rows(file, data, near.prefixes)
    own, blank = rows.own[rows.name], rows.lsoa == 0
    told = {"rows": len(own), "no_location": blank.sum(), "duplicates": rows.duplicates}
    told |= {"outside": (~own & ~blank).sum(), "bytes": len(data)}
    if told["outside"] > own.sum():
        why = f"most of its rows lie outside {file.force}: is it another force's file?"
        raise Invalid(f"{file.name}: {why}")
    told["sha256"] = hashlib.sha256(data).hexdigest()
    cells = street_crime.cells(rows)
    around = cells.group_by(["home", "type"], use_threads=False).aggregate(
        [("n", "sum")]
    )
    around = around.rename_columns(["district", "type", "n"]).to_pandas()
    cells, fresh, unmatched = _to_2021(file, rows, cells, near)
    part = parts / f"{file.force}.{file.month}.feather"
    feather.write_feather(_part(file, cells), part, compression="uncompressed")
    return Month(
        file.force, pd.Timestamp(file.month), told, unmatched, part, around, fresh
    )


def _to_2021(file: street_crime.File, rows: street_crime.Rows, cells, near: Places):
    """Counts under codes of 2021, the points of neighbourhoods that are new, and the number of rows
    whose old code has no match."""
    import pyarrow as pa
    import pyarrow.compute as pc

    own = pc.field("home") != ""
    strange = sorted(set(cells.filter(own)["lsoa"].unique().to_pylist()) - near.known)
    if not strange:
        return cells, _NO_POINTS, 0
    points = street_crime.points(rows, strange)
    if file.month >= geography.FRAME_2021:
        fresh = points.assign(force=file.force)[[*_NO_POINTS.columns]].drop_duplicates()
        return cells, fresh.sort_values(["lsoa", "x", "y"], ignore_index=True), 0
    heirs = geography.to_2021(points, set(), near.points)
    lost = points.drop(heirs.index)
    moved = pd.concat([lost, points.loc[heirs.index].assign(lsoa=heirs)])[
        [*_PLACE, "n"]
    ]
    moved = pa.Table.from_pandas(moved, preserve_index=False)
    others = cells.filter(~(own & pc.field("lsoa").isin(strange))).select(
        [*_PLACE, "n"]
    )
    return (
        pa.concat_tables([others, moved.cast(others.schema)]),
        _NO_POINTS,
        int(lost["n"].sum()),
    )


def _part(file: street_crime.File, cells):
    """Counts of one file as rows of crime_monthly. A code that goes by two names has one."""
    import pyarrow as pa

    cells = cells.group_by(_PLACE, use_threads=False).aggregate([("n", "sum")])
    made = {name: cells[name] for name in _PLACE} | {"n": cells["n_sum"]}
    made["force"] = pa.repeat(file.force, len(cells))
    made["month"] = pa.repeat(pd.Timestamp(file.month).date(), len(cells))
    return pa.table(made).select(_FINE).cast(_schema())


def _schema():
    import pyarrow as pa

    kinds = {"month": pa.date32(), "n": pa.int32()}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in _FINE])


def _fine(months: list[Month], clean: Path, new: Path) -> list[str]:
    """Write crime_monthly; say for each month what it adds or changes."""
    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.feather as feather

    path, said = clean / "crime_monthly.parquet", []
    old = ds.dataset(path if path.is_file() else _schema().empty_table())
    forces = {*old.to_table(["force"])["force"].to_pylist(), *(m.force for m in months)}

    def forces_in_turn() -> Iterator[pa.Table]:
        for force in sorted(forces):
            held = old.to_table(filter=ds.field("force") == force)
            for month in sorted(
                (m for m in months if m.force == force), key=lambda m: m.month
            ):
                own, part = (
                    ds.field("month") == month.month.date(),
                    feather.read_table(month.part),
                )
                said.append(_change(month, held.filter(own), part))
                held = pa.concat_tables([held.filter(~own), part])
            yield held.sort_by(
                [(name, "ascending") for name in ("lsoa", "month", "type")]
            )

    write.stream(forces_in_turn(), new / path.name)
    return said


def _change(month: Month, before, cells) -> str:
    """What one month adds or changes, in words."""
    name, told = f"{month.force} {month.month:%Y-%m}", month.told
    note = (
        f"; {month.unmatched:,} in old neighbourhoods without a match"
        if month.unmatched
        else ""
    )
    if not len(before):
        return (
            f"{name}: added, {told['rows']:,} rows, {told['no_location']:,} of them without a "
            f"location; {told['duplicates']:,} duplicates left out{note}."
        )
    sums = [table.to_pandas().groupby(_CELL)["n"].sum() for table in (before, cells)]
    both = pd.concat(sums, axis=1, keys=["old", "new"]).fillna(0)
    moved = both[both["old"] != both["new"]]
    if moved.empty:
        return f"{name}: as before{note}."
    gap = (both["new"] - both["old"]).groupby("type").sum()
    kinds = [f"{kind} {n:+,.0f}" for kind, n in gap[gap != 0].items()]
    where = ", ".join(kinds) or "only places differ"
    return (
        f"{name}: revised, {told['rows']:,} rows, {gap.sum():+,.0f} ({where}), in {len(moved):,} "
        f"counts of a neighbourhood and type{note}."
    )


def _coarse(months: list[Month], clean: Path, new: Path) -> list[str]:
    """Write the tables by district and force, coverage, the files' digests, new neighbourhoods."""
    near = pd.concat([m.near.assign(force=m.force, month=m.month) for m in months])
    told = pd.DataFrame(
        [{"force": m.force, "month": m.month, **m.told} for m in months]
    )
    whole = near.groupby(["force", "month", "type"], as_index=False)["n"].sum()

    def put(name: str, frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
        frame = _replaced(clean / name, frame, months)
        (write.csv if name.endswith(".csv") else write.parquet)(frame, new / name, keys)
        return frame

    keys = ["force", "district", "month", "type"]
    put("crime_district_monthly.parquet", near[[*keys, "n"]], keys)
    by_force = put("crime_force_monthly.parquet", whole, ["force", "month", "type"])
    keys = ["force", "month"]
    put("street_files.csv", told[[*keys, "bytes", "sha256"]], keys)
    known = _replaced(clean / "coverage.csv", told[[*keys, *_TELLS]], months)
    covered = coverage.build(by_force, known)
    write.csv(covered, new / "coverage.csv", keys)
    fresh = pd.concat([m.fresh for m in months])
    if len(fresh):
        _neighbourhoods(fresh, clean, new)
    return _other_states(clean / "coverage.csv", covered, months)


def _replaced(path: Path, fresh: pd.DataFrame, months: list[Month]) -> pd.DataFrame:
    """The rows of a table with those of ``months`` replaced by fresh ones."""
    fresh = fresh.astype({"month": "datetime64[us]"})
    if not path.is_file():
        return fresh
    old = tables.rows(path.stem, clean=path.parent)
    old["month"] = pd.to_datetime(old["month"]).astype("datetime64[us]")
    counts = old.columns.intersection(
        _TELLS
    )  # text where nothing describes the table yet
    old[counts] = old[counts].apply(pd.to_numeric)
    pairs = pd.MultiIndex.from_frame(old[["force", "month"]])
    kept = old[~pairs.isin([(m.force, m.month) for m in months])]
    return pd.concat([kept[list(fresh.columns)], fresh], ignore_index=True)


def _neighbourhoods(fresh: pd.DataFrame, clean: Path, new: Path) -> None:
    """Add neighbourhoods that were not known, each at the mean of its recorded points."""
    path = clean / "lsoas.csv"
    old = tables.text(path)
    names = places(clean).districts.set_index("district")["name"]
    fresh = fresh.drop_duplicates(["lsoa", "x", "y"]).sort_values(["lsoa", "name"])
    how = {
        "name": "first",
        "force": "first",
        "district": "first",
        "x": "mean",
        "y": "mean",
    }
    fresh = fresh.groupby("lsoa", as_index=False).agg(how)
    fresh = fresh.assign(
        longitude=fresh["x"].map("{:.5f}".format),
        latitude=fresh["y"].map("{:.5f}".format),
        district_name=fresh["district"].map(names),
        unit=fresh["lsoa"],
    )
    both = pd.concat([old, fresh.reindex(columns=old.columns, fill_value="")])
    write.csv(both, new / "lsoas.csv", ["lsoa"])


def _other_states(path: Path, covered: pd.DataFrame, months: list[Month]) -> list[str]:
    """Months that were not replaced and are now judged otherwise: the usual month has moved."""
    if not path.is_file():
        return []
    old = tables.rows(path.stem, clean=path.parent)
    old["month"] = pd.to_datetime(old["month"])
    old = old.set_index(["force", "month"])["state"]
    new = covered.set_index(["force", "month"])["state"]
    mine = {(m.force, m.month) for m in months}
    both = pd.concat([old, new], axis=1, keys=["old", "new"]).dropna()
    moved = both[both["old"] != both["new"]].sort_index()
    return [
        f"{force} {month:%Y-%m}: {row.old} until now, {row.new} beside the new months."
        for (force, month), row in zip(moved.index, moved.itertuples(), strict=True)
        if (force, month) not in mine
    ]
