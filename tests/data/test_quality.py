"""The gate: what stops a build, and what a reader is told instead."""

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from outcomes.core import formatting
from outcomes.data import quality
from outcomes.ingest import write

DATA = Path(__file__).parents[2] / "data"
TODAY = date(2026, 11, 24)


@pytest.fixture
def data(tmp_path):
    """A copy of the whole data folder."""
    shutil.copytree(DATA, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def small(tmp_path):
    """The tables that are CSV, which are quick to check."""
    clean = tmp_path / "data" / "clean"
    clean.mkdir(parents=True)
    whole = json.loads((DATA / "datapackage.json").read_text("utf-8"))
    whole["resources"] = [r for r in whole["resources"] if r["format"] == "csv"]
    for resource in whole["resources"]:
        shutil.copy(DATA / resource["path"], clean)
    (tmp_path / "data" / "datapackage.json").write_text(json.dumps(whole), "utf-8")
    return tmp_path / "data"


@pytest.fixture(scope="module")
def cautions():
    return quality.cautions(DATA / "clean", today=TODAY)


def said(cautions, table="", **of):
    return [
        c.said
        for c in cautions
        if (not table or table in c.tables)
        and all(c.where.get(k) == v for k, v in of.items())
    ]


def test_the_tables_as_they_are_pass():
    assert quality.errors(DATA / "clean", today=TODAY) == []


def test_gaps_and_blanks_are_said_in_words_with_their_area(cautions):
    found = said(cautions, table="crime_monthly", force="lancashire")
    months = pd.read_csv(DATA / "clean/coverage.csv", parse_dates=["month"])
    months = (
        months[months["force"] == "lancashire"].set_index("month")["state"] != "missing"
    )
    lost = formatting.month_runs(months.index[~months].to_series())
    assert lost.startswith("June 2020, August to September 2020")
    last = f"{months.index[months].max():%B %Y}"
    assert (
        f"Street-level crime of Lancashire is held here to {last}, without {lost}."
        in found
    )
    # SOURCE.txt of the downloads: 12-15 % of rows without a location in May to September 2021
    assert any(
        "no location in February 2020 and May to September 2021" in line
        for line in found
    )


def test_contradictions_name_the_programme_and_the_publishers(cautions):
    jail = said(cautions, programme="op_warrior", area="lancashire")
    assert (
        len(jail) == 1
        and "531 (Office of the Police" in jail[0]
        and "522 (Lanc" in jail[0]
    )
    adder = said(cautions, programme="project_adder", area="blackpool")
    assert adder[0].endswith("and at least 200 in one part of it.")


def test_a_revised_series_is_no_contradiction(cautions):
    assert not said(cautions, programme="modern_slavery")


def test_age_depends_on_the_day(cautions):
    aged = [c.said for c in cautions if c.aged]
    assert aged[0].startswith("Street-level crime ends with Dec") and len(aged) == 2
    young = quality.cautions(DATA / "clean", today=date(2026, 3, 1))
    assert young == [c for c in cautions if not c.aged]


def change(path, column, row, value):
    frame = pd.read_parquet(path)
    frame["month" if "month" in frame else "year_end"] = pd.to_datetime(
        frame["month" if "month" in frame else "year_end"]
    )
    frame.loc[row, column] = value
    write.parquet(frame, path, ["force"])


def test_tables_that_disagree_are_errors(data):
    path = data / "clean" / "crime_monthly.parquet"
    first = pd.read_parquet(path).iloc[0]
    change(path, "n", 0, int(first["n"]) + 1)
    (error,) = quality.errors(data / "clean", today=TODAY)
    assert error.startswith("crime_monthly: n of lancashire in ")
    assert "and in crime_force_monthly to" in error


def test_half_a_year_as_a_year_is_an_error(data):
    path = data / "clean" / "crime_annual.parquet"
    frame = pd.read_parquet(path)
    half = (frame["force"] == "cumbria") & (
        frame["year_end"].astype(str) == "2024-12-31"
    )
    frame["n"] = frame["n"].where(~half, frame["n"] // 2)
    frame["year_end"] = pd.to_datetime(frame["year_end"])
    write.parquet(frame, path, ["year_end", "force", "kind", "csp_name", "offence"])
    (error,) = quality.errors(data / "clean", today=TODAY)
    assert error.startswith("crime_annual: n of cumbria in the year to 2024-12-31 is ")


def test_a_partial_month_is_said_with_its_reason(small, cautions):
    assert not any("incomplete for Lancashire" in line for line in said(cautions))
    path = small / "clean" / "coverage.csv"
    text = path.read_text("utf-8")
    known = "lancashire,2024-01-01,complete,,"
    assert known in text
    path.write_text(
        text.replace(known, "lancashire,2024-01-01,partial,Half is lost.,"), "utf-8"
    )
    found = said(quality.cautions(small / "clean", today=TODAY), force="lancashire")
    assert "January 2024 is incomplete for Lancashire. Half is lost." in found


@pytest.mark.parametrize(
    ("published", "by", "future"),
    [
        ("2026-11", "2026-11-30", False),
        ("2026", "2026-12-31", False),
        ("2026-11-24", "2026-11-24", False),
        ("2026-11-25", "2026-11-25", True),
        ("2026-12", "2026-12-31", True),
        ("2027", "2027-12-31", True),
        ("", "2026-11-25", True),
    ],
)
def test_a_page_may_be_dated_to_the_month_or_year_that_runs(
    small, published, by, future
):
    pages = pd.read_csv(small / "clean" / "sources.csv", dtype=str)
    at = pages.index[pages["source"].notna()][3]
    pages.loc[at, ["published", "published_by"]] = published, by
    pages.to_csv(small / "clean" / "sources.csv", index=False)
    figures = pd.read_csv(small / "clean" / "figures.csv", dtype=str)
    row = figures.index[figures["source"] == pages["source"][at]][0] + 2
    errors = quality.errors(small / "clean", today=TODAY)
    assert (
        errors
        == [
            f"sources: published lies in the future: {published or by!r} of the page in row {row} "
            "of data/published/figures.csv, dated there or in publication_days.csv."
        ]
        * future
    )


@pytest.mark.parametrize(
    ("table", "old", "new", "error"),
    [
        (
            "coverage",
            "lancashire,2024-01-01",
            "lancashire,2031-01-01",
            "month lies in the future",
        ),
        ("figures", ",22,%", ",222,%", "value is out of range: '222' %"),
        (
            "figures",
            ",1409,count",
            ",-1409,count",
            "value is out of range: '-1409' count",
        ),
        (
            "figures",
            ",op_warrior,",
            ",op_worrier,",
            "programme is not in programmes.programme",
        ),
    ],
)
def test_each_breach_stops_the_build(small, table, old, new, error):
    path = small / "clean" / f"{table}.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    found, cautions = quality.check(small / "clean", today=TODAY)
    assert any(line.startswith(f"{table}: ") and error in line for line in found), found
    assert cautions == []


CASES = [
    ({"measure": "arrests", "value": "1"}, True),
    ({"measure": "arrests", "value": "1", "note": "Part of the 3 of the day."}, False),
    ({"measure": "arrests", "value": "1", "note": "Denominator 12."}, False),
    ({"measure": "arrests", "value": "2"}, False),
    ({"measure": "people_charged", "value": "1"}, True),
    ({"measure": "people_sentenced", "value": "1"}, True),
    ({"measure": "test_purchase_failures", "value": "1"}, False),
    (
        {"measure": "jail_years", "value": "5", "note": "Seed page; single offender."},
        True,
    ),
    ({"measure": "jail_years", "value": "5", "note": "Sentence of the driver."}, True),
    ({"measure": "fraud_losses", "value": "20000", "note": "One victim."}, True),
    (
        {"measure": "fraud_losses", "value": "20000", "note": "Twenty-one victims."},
        False,
    ),
]


@pytest.mark.parametrize(("cells", "refused"), CASES)
def test_one_persons_case_is_no_figure(small, cells, refused):
    path = small / "clean" / "figures.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    units = pd.read_csv(small / "clean/measures.csv").set_index("measure")["unit"]
    for column, value in (
        {"note": "", "unit": units[cells["measure"]]} | cells
    ).items():
        frame.loc[0, column] = value
    frame.to_csv(path, index=False)
    said = [
        e
        for e in quality.errors(small / "clean", today=TODAY)
        if "one person's case" in e
    ]
    assert len(said) == refused
    if refused:
        assert said[0].startswith(
            f"figures: row 2 tells of one person's case: {cells['measure']} "
        )


def test_a_measure_of_one_person_is_refused_whatever_its_value(small):
    path = small / "clean" / "measures.csv"
    text = path.read_text("utf-8")
    assert ",years of prison sentences," in text
    path.write_text(
        text.replace(",years of prison sentences,", ",prison sentence,", 1), "utf-8"
    )
    found = quality.errors(small / "clean", today=TODAY)
    assert found and all("one person's case: jail_years " in e for e in found)
