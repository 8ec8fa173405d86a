"""The clean tables are what the data package says, and the dictionary says the same."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from outcomes.data import schema
from outcomes.ingest import write

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def small(tmp_path):
    """Two small tables that refer to each other, and one figure, as the package has them."""
    clean = tmp_path / "clean"
    clean.mkdir()
    (clean / "forces.csv").write_text(
        "force,name,gss,territorial,population\nlancashire,Lancashire,E23000003,true,1515487\n"
    )
    (clean / "coverage.csv").write_text(
        "force,month,state,reason,rows,no_location,duplicates,outside\n"
        "lancashire,2024-01-01,complete,,13974,422,0,39\n"
        "lancashire,2024-05-01,missing,No copy.,,,,\n"
    )
    figures = (DATA / "clean" / "figures.csv").read_text(encoding="utf-8")
    first = "".join(figures.splitlines(keepends=True)[:2])
    (clean / "figures.csv").write_text(first, encoding="utf-8")
    whole = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    names = ("forces", "coverage", "figures")
    kept = [item for item in whole["resources"] if item["name"] in names]
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": kept}))
    return clean


def test_the_clean_tables_are_as_described():
    assert schema.check(DATA / "clean") == []


def test_the_dataset_stays_small():
    assert sum(path.stat().st_size for path in (DATA / "clean").iterdir()) < 12e6


def test_sound_tables_have_no_problem(small):
    assert schema.check(small) == []


@pytest.mark.parametrize(
    ("table", "old", "new", "said"),
    [
        (
            "coverage",
            "complete",
            "compleat",
            "state is not one of complete, partial, missing",
        ),
        ("coverage", ",reason", "", "has the columns"),
        (
            "coverage",
            "13974",
            "13974.5",
            "rows is not an integer: 1 row, such as '13974.5' in row 2",
        ),
        (
            "coverage",
            "422",
            "-1",
            "no_location is below 0: 1 row, such as '-1' in row 2",
        ),
        ("coverage", "2024-05-01", "2024-13-01", "month is not a date"),
        ("coverage", "2024-05-01", "01/05/2024", "month is not a date"),
        (
            "coverage",
            "2024-05-01",
            "2024-01-01",
            "force, month should be unique but repeats",
        ),
        (
            "coverage",
            "lancashire,2024-05",
            "lancs,2024-05",
            "force is not in forces.force: 1 row",
        ),
        ("forces", "E23000003", "23000003", "gss does not match [EW]\\d{8}"),
        ("forces", "Lancashire", "", "name is empty: 1 row"),
        ("forces", "true", "yes", "territorial is not true or false"),
        ("forces", "population", "people", "has the columns"),
        ("figures", ",1409,", ",nan,", "value is not a number"),
        ("figures", ",1409,", ',"1,409",', "value is not a number"),
        (
            "figures",
            ",1409,",
            ",1e400,",
            "value is not a number: 1 row, such as '1e400'",
        ),
        ("figures", ",1409,", ",１４０９,", "value is not a number"),
    ],
)
def test_each_breach_is_named(small, table, old, new, said):
    path = small / f"{table}.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    problems = schema.check(small)
    assert any(
        said in problem and problem.startswith(f"{table}: ") for problem in problems
    ), problems


def test_a_parquet_table_is_held_to_its_types_too(tmp_path):
    shutil.copytree(DATA / "clean", tmp_path / "clean")
    shutil.copy(DATA / "datapackage.json", tmp_path)
    path = tmp_path / "clean" / "crime_force_monthly.parquet"
    keys = ["force", "month", "type"]
    frame = pd.read_parquet(path)
    frame.loc[0, "type"] = "asb"
    write.parquet(frame.assign(month=frame["month"].astype(str)), path, keys)
    problems = schema.check(tmp_path / "clean")
    assert problems == ["crime_force_monthly: month is stored as string, not as date."]
    write.parquet(frame.assign(month=pd.to_datetime(frame["month"])), path, keys)
    problems = schema.check(tmp_path / "clean")
    assert (
        len(problems) == 1 and "type is not one of anti-social-behaviour" in problems[0]
    )
    assert "1 row, such as 'asb'" in problems[0]
    path.unlink()
    problems = schema.check(tmp_path / "clean")
    assert problems == [
        "crime_force_monthly: the file clean/crime_force_monthly.parquet is not there."
    ]
