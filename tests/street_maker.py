"""Small street files and a small data folder, made for tests."""

import csv
import gzip
import hashlib
import io
import json
import shutil
from datetime import date
from pathlib import Path

from outcomes import ingest
from outcomes.ingest import stop_and_search, street_crime

TODAY = date(2026, 11, 24)
DATA = Path(__file__).parents[1] / "data"
NAMES = {"lancashire": "Lancashire Constabulary", "merseyside": "Merseyside Police"}
TABLES = (
    *(
        "forces",
        "districts",
        "lsoas",
        "lsoa_points",
        "crime_monthly",
        "crime_district_monthly",
    ),
    *("crime_force_monthly", "coverage", "street_files"),
    *("stop_and_search", "stop_and_search_files"),
)
WYRE = "E01025548", "Wyre 007A"


def row(
    ident="", lsoa=WYRE[0], name=WYRE[1], kind="Burglary", x=-3.0, y=53.92, **cells
):
    """One row as a list of cells; no location when ``lsoa`` is empty."""
    place = [f"{x:.6f}", f"{y:.6f}", "On or near High Street", lsoa, name]
    if not lsoa:
        place = ["", "", "No Location", "", ""]
    month, force = (
        cells.pop("month", "2024-01"),
        cells.pop("force", "Lancashire Constabulary"),
    )
    made = [ident, month, force, force, *place, kind, "Under investigation", ""]
    for column, value in cells.items():
        made[street_crime.HEADER.index(column.replace("_", " "))] = value
    return made


def some(n=20, month="2024-01", **options):
    """Rows with an ID each."""
    return [
        row(hashlib.sha256(f"{month}{i}".encode()).hexdigest(), month=month, **options)
        for i in range(n)
    ]


def text(rows, header=street_crime.HEADER):
    """The file as text."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def search(date="2024-01-10T12:00:00+00:00", outcome="Arrest", **cells):
    """One row of a stop-and-search file as a list of cells."""
    made = dict.fromkeys(street_crime.SEARCH_HEADER, "") | {
        "Type": "Person search",
        "Date": date,
        "Latitude": "53.759000",
        "Longitude": "-2.699000",
        "Gender": "Male",
        "Age range": "18-24",
        "Legislation": "Police and Criminal Evidence Act 1984 (section 1)",
        "Object of search": "Offensive weapons",
        "Outcome": outcome,
    }
    return list(
        (made | {name.replace("_", " "): v for name, v in cells.items()}).values()
    )


def write(
    folder, rows, month="2024-01", force="lancashire", packed=False, kind="street"
):
    """Write a file of one kind; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{month}-{force}-{kind}.csv{'.gz' if packed else ''}"
    header = street_crime.HEADERS[kind]
    raw = (rows if isinstance(rows, str) else text(rows, header)).encode()
    path.write_bytes(gzip.compress(raw, mtime=0) if packed else raw)
    return path


def take(data, *paths, said=None, yes=True, **options):
    """Take files into a data folder; ``said`` is filled with what was asked, ``yes`` the reply."""

    def agreed(lines, tables):
        if said is not None:
            said[:] = lines
        return yes

    return ingest.take_months(list(paths), data, agreed=agreed, today=TODAY, **options)


def data_folder(folder):
    """A data folder with the real places and no month of crime."""
    clean = folder / "data" / "clean"
    clean.mkdir(parents=True)
    for name in TABLES[:4]:
        shutil.copy(DATA / "clean" / f"{name}.csv", clean)
    stop_and_search.build([], clean, clean)
    whole = json.loads((DATA / "datapackage.json").read_text("utf-8"))
    whole["resources"] = [r for r in whole["resources"] if r["name"] in TABLES]
    (folder / "data" / "datapackage.json").write_text(json.dumps(whole), "utf-8")
    return folder / "data"


def state(data):
    """Every file of a data folder and its digest, the cache of downloads apart."""
    return {
        path.relative_to(data).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(data.rglob("*"))
        if path.is_file() and ".downloads" not in path.parts
    }
