"""Street-level rows to the monthly panel: time and peak memory beside pandas and a bare scan.

    python benchmarks/bench_ingest.py [--rows 5 60] [--rounds 3] [--folder DIR]

Makes files in the schema of data.police.uk: 20 forces, 50,000 rows a file, one row in 20 without a
location, and in one file of ten one row in 20 a duplicate, as in Lancashire's files. Then runs each
way in a process of its own, one after the other in every round, and prints medians of wall and CPU time,
the peak of resident memory, and medians of the paired ratios to ours. In pandas 5 million rows at most:
a whole frame of 20 million needs some 15 GB.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import expect, heading, median, row

ROWS_PER_FILE = 50_000
FORCES = 20
DATA = Path(__file__).parents[1] / "data"
KEYS = ["Month", "LSOA code", "Crime type"]
FEW = 5  # million rows: as many as are read in pandas too


def districts() -> dict[str, list[str]]:
    """Districts of the first forces by name, those without a comma."""
    import pandas as pd

    frame = pd.read_csv(DATA / "clean" / "districts.csv")
    frame = frame[~frame["name"].str.contains(",")]
    groups = frame.groupby("force")["name"].apply(list)
    return dict(groups.head(FORCES))


_ROWS = """
copy (
  with drawn as (
    select id, (hash(id * 31 + {seed}) % 14 + 1)::int as kind,
           hash(id * 17 + {seed}) % 20 = 0 as blank,
           (hash(id * 13 + {seed}) % 5000)::int as point
    from (
      select case when {again} and i % 20 = 1 then i - 1 else i end as id from range({rows}) t(i)
    )
  )
  select case when kind = 1 then null else md5(id || '{name}') || md5(id || 'x') end as "Crime ID",
    '{month}' as "Month", '{force} Police' as "Reported by", '{force} Police' as "Falls within",
    case when not blank then (-3 + point / 10000.0)::decimal(9, 6) end as "Longitude",
    case when not blank then (53 + point / 10000.0)::decimal(9, 6) end as "Latitude",
    case when blank then 'No Location' else 'On or near Church Lane' end as "Location",
    case when not blank then 'E01' || lpad(({first} + point % 900)::varchar, 6, '0') end
      as "LSOA code",
    case when not blank then {names}[point % 900 % {count} + 1] || ' ' ||
      lpad((point % 900 // 6)::varchar, 3, '0') || chr((65 + point % 6)::int) end as "LSOA name",
    {types}[kind] as "Crime type",
    case when kind > 1 then 'Under investigation' end as "Last outcome category",
    null as "Context"
  from drawn
) to '{path}' (header, delimiter ',')
"""


def make(folder: Path, rows: int) -> None:
    """Street files of ``rows`` rows, and a data folder that knows their places."""
    import duckdb
    import pandas as pd

    from outcomes.data.crime_codes import TYPES

    places, lsoas = districts(), []
    with duckdb.connect() as connection:
        for number in range(rows // ROWS_PER_FILE):
            month = f"{2024 + number // FORCES // 12}-{number // FORCES % 12 + 1:02d}"
            force, names = list(places.items())[number % FORCES]
            path = folder / "street" / f"{month}-{force}-street.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            given = {
                "again": number % 10 == 0,
                "seed": number,
                "rows": ROWS_PER_FILE,
                "name": path.name,
                "month": month,
            }
            given |= {"force": force, "path": path, "first": number % FORCES * 1000}
            given |= {
                "names": names,
                "count": len(names),
                "types": list(TYPES.values()),
            }
            connection.execute(_ROWS.format(**given))
    for number in range(FORCES):
        lsoas += [f"E01{number * 1000 + i:06d}" for i in range(900)]
    clean = folder / "data" / "clean"
    clean.mkdir(parents=True)
    for table in ("districts.csv", "forces.csv"):
        shutil.copy(DATA / "clean" / table, clean)
    pd.DataFrame({"lsoa": lsoas, "force": ""}).to_csv(clean / "lsoas.csv", index=False)


def ours(folder: Path) -> int:
    """Files checked, duplicates dropped, places reconciled, five tables written."""
    from outcomes.ingest import street_files, street_panel

    with tempfile.TemporaryDirectory(dir=folder) as work:
        files = street_files.find([folder / "street"])
        street_panel.build(files, folder / "data" / "clean", Path(work))
        import pyarrow.parquet as pq

        made = Path(work) / "clean" / "crime_monthly.parquet"
        return pq.read_table(made, columns=["n"])["n"].to_pandas().sum()


def _counted(frame):
    ident = frame["Crime ID"]
    return frame[ident.isna() | ~ident.duplicated()]


def whole_frame(folder: Path) -> int:
    """pandas: every file read, one frame, duplicates dropped by file, one groupby."""
    import pandas as pd

    frames = [
        pd.read_csv(p).assign(file=p.name)
        for p in sorted((folder / "street").iterdir())
    ]
    frame = pd.concat(frames, ignore_index=True)
    del frames
    again = frame["Crime ID"].notna() & frame.duplicated(["file", "Crime ID"])
    frame = frame[~again]
    return frame.groupby(["file", *KEYS], dropna=False).size().sum()


def file_by_file(folder: Path) -> int:
    """pandas: the same, a file at a time."""
    import pandas as pd

    parts = []
    for path in sorted((folder / "street").iterdir()):
        counted = _counted(pd.read_csv(path)).groupby(KEYS, dropna=False).size()
        parts.append(counted.reset_index().assign(file=path.name))
    return pd.concat(parts)[0].sum()


def bare_count(folder: Path) -> int:
    """DuckDB: rows of all files, nothing else; no cell is looked at."""
    return _scan(folder, "select count(*) as n from {rows}")


def bare_groups(folder: Path) -> int:
    """DuckDB: rows counted by month, LSOA and type; no duplicate dropped, nothing checked."""
    keys = ", ".join(f'"{key}"' for key in KEYS)
    return _scan(folder, f"select {keys}, count(*) as n from {{rows}} group by all")


def _scan(folder: Path, query: str) -> int:
    import duckdb

    from outcomes.ingest.street_crime import HEADER

    rows = "read_csv($files, columns = $columns, header = true, auto_detect = false, delim = ',')"
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        values = {
            "files": str(folder / "street" / "*.csv"),
            "columns": dict.fromkeys(HEADER, "VARCHAR"),
        }
        found = connection.sql(query.format(rows=rows), params=values).to_arrow_table()
        return (
            sum(found["n"].to_pylist())
            if found.num_rows < 2
            else found["n"].to_pandas().sum()
        )


WAYS = {
    f.__name__: f for f in (ours, bare_count, bare_groups, file_by_file, whole_frame)
}


def run(way: str, folder: Path) -> dict:
    """One way in a process of its own: seconds, peak memory in MiB, rows counted.

    The files are read once before, as a way that took all memory may have put them out of it.
    """
    for path in (folder / "street").iterdir():
        path.read_bytes()
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder)]
    return json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )


def child(way: str, folder: Path) -> None:
    began = time.perf_counter()
    rows = int(WAYS[way](folder))
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "rows": rows}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[5, 60], help="Millions of rows."
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--way", choices=WAYS)
    given = parser.parse_args()
    if given.way:
        return child(given.way, given.folder)
    expect(sum(given.rows) * (1.5 + 1.2 * given.rounds) / 60)
    names = ("wall s", "to ours", "CPU s", "to ours", "peak MiB", "to ours", "counted")
    heading("rows", "way", *names)
    with tempfile.TemporaryDirectory() as scratch:
        for millions in given.rows:
            folder = (given.folder or Path(scratch)) / str(millions)
            if not folder.exists():
                make(folder, millions * 1_000_000)
            ways = WAYS if millions <= FEW else ("ours", "bare_groups")
            rounds = [
                {way: run(way, folder) for way in ways} for _ in range(given.rounds)
            ]
            for way in ways:
                cells: list[str | float] = []
                for name in ("seconds", "cpu", "peak"):
                    cells.append(median(r[way][name] for r in rounds))
                    cells.append(median(r[way][name] / r["ours"][name] for r in rounds))
                row(f"{millions} M", way, *cells, f"{rounds[0][way]['rows']:,}")


if __name__ == "__main__":
    main()
