"""A month of crime comes: taken out of the real tables and put back, and a month that nobody has
published yet, made by copying. Every citation, gap and sentence follows; nobody edits anything."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import street_maker as maker
from outcomes.cli import app
from outcomes.core import formatting
from outcomes.data import quality
from outcomes.data.crime_codes import ASB, TYPES
from outcomes.ingest import write

pytestmark = pytest.mark.build
ROOT = Path(__file__).parents[2]
FORCES = {
    "lancashire": "Lancashire Constabulary",
    "leicestershire": "Leicestershire Police",
}
PAGES = ("area-profile/burnley", "clear-hold-build", "data-quality")
PANELS = ("crime_monthly", "crime_district_monthly", "crime_force_monthly")
KEYS = {
    "crime_monthly": "lsoa",
    "crime_district_monthly": "district",
    "crime_force_monthly": "",
}


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    own = shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.setenv("OUTCOMES_DATA", str(own))
    return own


def months(data: Path, force: str = "lancashire") -> pd.Series:
    """The months at hand of a force."""
    held = pd.read_csv(data / "clean/coverage.csv", parse_dates=["month"])
    return held.loc[(held["force"] == force) & (held["state"] != "missing"), "month"]


def street(
    data: Path, folder: Path, force: str, month: pd.Timestamp, called: pd.Timestamp
) -> None:
    """The street file of a month as its counts in the clean tables have it, called as another."""
    counts = pd.read_parquet(data / "clean/crime_monthly.parquet")
    counts = counts[
        (counts["force"] == force) & (pd.to_datetime(counts["month"]) == month)
    ]
    held = pd.read_csv(data / "clean/coverage.csv", parse_dates=["month"])
    told = held[(held["force"] == force) & (held["month"] == month)].iloc[0]
    names = pd.read_csv(data / "clean/districts.csv").set_index("district")["name"]
    when, rows = f"{called:%Y-%m}", []
    for one in counts.itertuples():
        place = {
            "lsoa": one.lsoa,
            "name": f"{names.get(one.district, '')} 001A",
            "month": when,
        }
        for n in range(one.n):
            ident = hashlib.sha256(
                f"{when}{force}{one.lsoa}{one.type}{n}".encode()
            ).hexdigest()
            row = {"ident": "" if one.type == ASB else ident, "kind": TYPES[one.type]}
            rows.append(maker.row(**row, **place, force=FORCES[force]))
    again = next(row for row in rows if row[0])  # an ID that is there twice is left out
    maker.write(
        folder, rows + [again] * int(told["duplicates"]), month=when, force=force
    )


def take_out(data: Path, month: pd.Timestamp) -> None:
    """The tables as they were before this month was at hand."""
    clean = data / "clean"
    for name in PANELS:
        frame = pd.read_parquet(clean / f"{name}.parquet").assign(
            month=lambda f: pd.to_datetime(f["month"])
        )
        gone = frame["force"].isin(FORCES) & (frame["month"] == month)
        keys = [k for k in ("force", KEYS[name], "month", "type") if k]
        write.parquet(frame[~gone], clean / f"{name}.parquet", keys)
    path = clean / "street_files.csv"
    files = pd.read_csv(path, parse_dates=["month"])
    write.csv(files[files["month"] != month], path, ["force", "month"])
    path = clean / "coverage.csv"
    held = pd.read_csv(path, parse_dates=["month"]).astype({"rows": "Int64"})
    gone = held["force"].isin(FORCES) & (held["month"] == month)
    counts = ["rows", "no_location", "duplicates", "outside"]
    held[counts] = held[counts].astype("Int64")
    held.loc[gone, counts] = pd.NA
    held.loc[gone, "state"], held.loc[gone, "reason"] = "missing", "No copy is at hand."
    write.csv(held, path, ["force", "month"])


def refresh(*words: str) -> str:
    done = CliRunner().invoke(app, ["data", "refresh", *words, "--yes"])
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    return done.output


def built(data: Path, *pages: str) -> dict[str, dict]:
    """Pages of the real plan as the tables of a data folder make them, each with its text."""
    out = data.parent / "site"
    wanted = pages or PAGES
    command = [sys.executable, "-m", "outcomes", "build", *wanted, "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((out / "latest/manifest.json").read_text(encoding="utf-8"))
    found = {e["handle"]: e for e in record["pages"]}
    for handle, entry in found.items():
        html = (out / f"latest/{handle}.html").read_text(encoding="utf-8")
        html = re.sub(
            r'<style.*?</style>|<details class="code">.*?</details>',
            "",
            html,
            flags=re.S,
        )
        entry["text"] = " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
    return found


def cited(pages: dict[str, dict]) -> set[str]:
    """What the pages cite of street-level crime."""
    sources = (s for e in pages.values() for f in e["findings"] for s in f["sources"])
    return {s["title"] for s in sources if s["source"] == "police_uk"}


def whole(data: Path) -> str:
    """How the street-level months of Lancashire are cited, all of them."""
    held = months(data)
    span = len(pd.period_range(held.min(), held.max(), freq="M"))
    return f"{held.min():%B %Y} to {held.max():%B %Y}, {len(held)} of {span} months"


def lost(data: Path, force: str = "lancashire") -> str:
    held = months(data, force)
    every = pd.date_range(held.min(), held.max(), freq="MS")
    return formatting.month_runs(every.difference(pd.DatetimeIndex(held)).to_series())


def test_a_month_is_taken_out_and_put_back_and_pages_follow(data, tmp_path):
    was, shown = maker.state(data), whole(data)
    held = months(data)
    month = held[held.diff(-1).idxmin()]  # the last before the longest gap
    for force in FORCES:
        street(data, tmp_path / "in", force, month, month)
    take_out(data, month)
    gaps, short = lost(data), whole(data)
    assert short != shown and quality.errors(data / "clean") == []
    without = built(data)
    titles = cited(without)
    assert any(short in title for title in titles)
    assert not any(shown in title for title in titles), (
        "a citation that is written by hand"
    )
    for handle, entry in without.items():
        assert shown not in entry["text"], f"{handle} cites months that are not at hand"
    assert f"without {gaps}." in without["area-profile/burnley"]["text"]
    said = refresh(str(tmp_path / "in"))
    assert f"lancashire {month:%Y-%m}: added, " in said and "leicestershire" in said
    now = maker.state(data)
    moved = {name for name in was if was[name] != now[name]}
    assert moved == {"clean/street_files.csv"}, "the counts are those that were there"
    pages = built(data)
    assert any(whole(data) in title for title in cited(pages)) and whole(data) == shown
    assert not any(short in title for title in cited(pages)), (
        "the words of before were kept"
    )
    assert f"without {lost(data)}." in pages["area-profile/burnley"]["text"]
    assert {e["state"] for e in pages.values()} == {"built"}, "each page noticed"


def test_the_next_month_comes_and_no_page_cites_a_wrong_period(data, tmp_path):
    before, last = whole(data), months(data).max()
    new = last + pd.DateOffset(months=1)
    for force in FORCES:
        street(data, tmp_path / "in", force, last, new)
    said = refresh(str(tmp_path / "in"))
    assert f"lancashire {new:%Y-%m}: added, " in said
    after = whole(data)
    assert f"to {new:%B %Y}, {len(months(data))} of " in after
    pages = built(data)
    titles = cited(pages)
    assert any(after in title for title in titles)
    old_end = re.compile(rf"{months(data).min():%B %Y} to {last:%B %Y}")
    assert not [title for title in titles if before in title or old_end.search(title)]
    for handle, entry in pages.items():
        assert not old_end.search(entry["text"]), (
            f"{handle} says a period that has gone on"
        )
        assert f"ends in {last:%B %Y}" not in entry["text"], handle
        assert f"Data to {new:%B %Y}" in entry["text"], (
            f"{handle} does not say how new it is"
        )


def test_the_searches_of_a_week_stand_beside_what_was_published(data, tmp_path):
    page = "op-sceptre/2023-11"
    without = built(data, page)[page]["text"]
    command = "outcomes data refresh --from 2023-11 --to 2023-11"
    assert "cannot be counted here" in without and command in without
    rows = [
        maker.search(f"2023-11-{day:02}T{hour}:{minute:02}:00+00:00", outcome)
        for day in range(1, 31)
        for hour, outcome in (
            ("10", "Arrest"),
            ("15", "Community resolution"),
            ("22", "A no further action disposal"),
        )
        for minute in range(14)
    ]
    maker.write(tmp_path / "in", [*rows, *rows], "2023-11", kind="stop-and-search")
    said = refresh(str(tmp_path / "in"))
    assert "searches: added, 1,260; 1,260 duplicates left out" in said
    text = built(data, page)[page]["text"]
    assert "has 294 searches in the week of November 2023; 98 led to an arrest." in text
    assert "stop and search" in text and "cannot be counted here" not in text
