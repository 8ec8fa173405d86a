"""All data of a release as one ZIP file: every table, all findings, and notes that say what each is.

The same release gives the same bytes: entries are in order and bear the time of the release.
"""

import io
import zipfile
from datetime import datetime
from pathlib import Path

from outcomes.core.collection import collection
from outcomes.findings.verdicts import NO_LIMIT
from outcomes.publish.csv_files import credit, table

FILE = "all-data.zip"
NOTES = ["file", "page", "title", "holds", "area", "period", "unit", "mark", "source"]
ABOUT = """{title}: all data of the release {release}

notes.csv     what each file holds: its page, area, period, unit and source
findings.csv  every finding with its value, limits, unit, period, area and sources
answers.csv   every page's question and answer
The folders hold the table behind each finding, named after its page.

Files are CSV in UTF-8. In cells, [c] stands for confidential and [z] for not applicable; an empty
cell, or [x], is not available. "{no_limit}" stands where a source gives a least number alone.
Contains public sector information licensed under the Open Government Licence v3.0.
Not an official statistic. Questions and corrections: {contact}
"""


def notes(entries: list[dict]) -> str:
    """The notes sheet: one row for each table of the release, as CSV."""
    rows = (
        [
            f"{entry['handle']}/{fact['name']}.csv",
            entry["path"],
            entry["title"],
            fact.get("caption") or fact["sentence"],
            *(fact.get(key, "") for key in ("area", "period", "unit", "verdict")),
            credit(fact["sources"]),
        ]
        for entry in entries
        for fact in entry["findings"]
        if fact.get("caption")
    )
    return table(NOTES, rows)


def bundle(folder: Path, entries: list[dict], release: str) -> bytes:
    """The CSV files of a release that is in ``folder`` as one ZIP file, with notes.

    Parameters
    ----------
    entries
        The manifest's records of the pages, in the order of the plan.
    release
        The name of the release, whose first part is the time that every entry bears.
    """
    about = {"title": collection.title, "release": release, "no_limit": NO_LIMIT}
    texts = {
        "about.txt": ABOUT.format(**about, contact=collection.contact).encode("utf-8"),
        "notes.csv": notes(entries).encode("utf-8"),
    }
    paths = sorted(folder.rglob("*.csv"))
    texts |= {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths}
    made = datetime.strptime(release[:15], "%Y%m%dT%H%M%S")
    when = max(made, datetime(1980, 1, 1)).timetuple()[:6]  # the first that ZIP knows
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in texts.items():
            entry = zipfile.ZipInfo(name, when)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # the same bytes on every system
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
