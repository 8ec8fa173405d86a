"""The answers, from the data by the library and by hand."""

import shutil
from pathlib import Path

import pandas as pd

from outcomes import learn

ROOT = Path(__file__).parents[2]


def test_by_hand_and_by_the_library_give_the_published_arithmetic():
    assert (
        learn.check("first-year", 3067 - 1855).state
        == "right"
        == learn.check("first-year", 1212).state
    )
    assert learn.check("two-months", 197).state == "right"
    assert (
        learn.check("upper-end", 38.5).state == "right"
    )  # Wilson 10 of 42, as on the page
    assert learn.check("highest-rate", " burnley ").state == "right"


def test_new_data_change_the_right_answer_with_them(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    file = tmp_path / "data/clean/crime_monthly.parquet"
    rows = pd.read_parquet(file)
    here = (rows["month"].astype(str).str[:7] == "2025-06") & (
        rows["district"] == "E07000117"
    )
    before = int(rows.loc[here, "n"].sum())
    rows.loc[rows.index[here & (rows["type"] == "burglary")][0], "n"] += 7
    rows.to_parquet(file, index=False)
    assert learn.check("all-records", before).state == "right"
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    assert learn.check("all-records", before).state == "not quite"
    assert learn.check("all-records", before + 7).state == "right"
