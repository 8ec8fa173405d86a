"""One month of a further force at a time, and forces without an area of their own, on real tables."""

import re
import shlex
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as parquet
import pytest

import street_maker as maker
from outcomes.core.errors import Invalid
from outcomes.data import quality

TODAY, take = maker.TODAY, maker.take
LIVERPOOL = "E01033762", "Liverpool 024C"


@pytest.fixture
def data(tmp_path) -> Path:
    """The collection's own tables, in which most forces are known by their counts alone."""
    for name in ("clean", "published"):
        shutil.copytree(maker.DATA / name, tmp_path / "data" / name)
    for name in ("datapackage.json", "tables.toml"):
        shutil.copy(maker.DATA / name, tmp_path / "data")
    return tmp_path / "data"


def mersey(folder, month="2024-01", n=30) -> Path:
    rows = maker.some(
        n,
        month,
        lsoa=LIVERPOOL[0],
        name=LIVERPOOL[1],
        x=-2.98,
        y=53.41,
        force="Merseyside Police",
    )
    return maker.write(folder, rows, month, "merseyside")


def months(data, table: str, force: str) -> pd.Series:
    frame = pd.read_parquet(data / f"clean/{table}.parquet")
    return frame[frame["force"] == force].groupby("month")["n"].sum()


def test_one_month_of_a_further_force_leaves_its_others_as_counts_of_the_force(
    data, tmp_path
):
    before = months(data, "crime_force_monthly", "merseyside")
    changed = take(data, mersey(tmp_path / "in"), forces="merseyside")
    assert "crime_monthly.parquet" in changed
    after = months(data, "crime_force_monthly", "merseyside")
    assert len(after) == len(before) and after.iloc[0] == 30
    assert after.iloc[1:].tolist() == before.iloc[1:].tolist()
    assert months(data, "crime_monthly", "merseyside").tolist() == [30]
    assert quality.errors(data / "clean", today=TODAY) == []


def test_then_another_month_can_follow(data, tmp_path):
    for month in ("2024-01", "2024-02"):
        take(data, mersey(tmp_path / month, month), forces="merseyside")
    assert months(data, "crime_monthly", "merseyside").tolist() == [30, 30]


def test_neighbourhoods_have_no_zeros_in_months_that_are_counted_of_the_force_alone(
    data, tmp_path, monkeypatch
):
    import outcomes as oc

    for month in ("2024-01", "2024-02", "2024-03"):
        take(data, mersey(tmp_path / month, month, n=9000), forces="merseyside")
    monkeypatch.setenv("OUTCOMES_DATA", str(data))
    near = oc.street_crime("neighbourhood", force="Merseyside")
    panel = oc.crime_panels("burglary", force="Merseyside")["burglary"]
    held = {pd.Timestamp(f"2024-0{n}-01") for n in (1, 2, 3)}
    assert set(near["month"]) <= held and set(panel.index) <= held
    assert len(oc.street_crime("force", force="Merseyside")["month"].unique()) > 3


def test_a_month_that_is_lost_from_a_table_is_still_an_error(data):
    path = data / "clean/crime_monthly.parquet"
    table = parquet.read_table(path)
    frame = table.select(["force", "month"]).to_pandas()
    first = frame.loc[frame["force"] == "lancashire", "month"].min()
    kept = (frame["force"] != "lancashire") | (frame["month"] != first)
    parquet.write_table(table.filter(kept.to_numpy()), path)
    errors = quality.errors(data / "clean", today=TODAY)
    assert any("n of lancashire in" in e and "adds up to 0" in e for e in errors)


def transport(folder, month="2024-01") -> Path:
    places = [maker.WYRE, LIVERPOOL, ("E01000001", "City of London 001A")]
    rows = [
        maker.row(
            f"{n:064x}", code, name, month=month, force="British Transport Police"
        )
        for n, (code, name) in enumerate(places * 4)
    ]
    return maker.write(folder, rows, month, "btp")


@pytest.mark.parametrize("asked", ["all", "btp", "btp,lancashire"])
def test_a_force_without_an_area_is_counted_for_itself_and_blocks_nothing(
    data, tmp_path, asked
):
    transport(tmp_path / "in")
    maker.write(tmp_path / "in", maker.some())
    said = []
    take(data, tmp_path / "in", forces=asked, said=said)
    assert months(data, "crime_force_monthly", "btp")[date(2024, 1, 1)] == 12
    assert months(data, "crime_monthly", "btp").empty
    assert "btp 2024-01: 12 rows, of the force alone: it has no area here." in said
    assert ("lancashire" in " ".join(said)) == (
        asked != "btp" or "passed over" in str(said)
    )
    assert quality.errors(data / "clean", today=TODAY) == []


def test_northern_ireland_is_known_by_name_and_not_said_to_lack_locations(
    data, tmp_path
):
    rows = maker.some(15, lsoa="", name="", force="Police Service of Northern Ireland")
    maker.write(tmp_path / "in", rows, force="northern-ireland")
    said = []
    take(data, tmp_path / "in", forces="northern-ireland", said=said)
    assert not re.search("without a location|have no location", " ".join(said))
    assert "of the force alone" in " ".join(said)


def test_every_force_of_the_tables_may_be_asked_for(data, tmp_path):
    known = pd.read_csv(data / "clean/forces.csv")["force"]
    for force in known:
        other = maker.write(tmp_path / "lancashire", maker.some())
        given = mersey(tmp_path / "in") if force != "merseyside" else other
        with pytest.raises(Invalid, match=r"^there is no file of "):
            take(data, given, forces=force)
    with pytest.raises(Invalid, match=r"Did you mean 'merseyside'"):
        take(data, mersey(tmp_path / "in"), forces="mersyside")


def test_the_example_of_contributing_works_on_data_of_the_shape_it_speaks_of(
    data, tmp_path
):
    text = (maker.DATA.parent / "CONTRIBUTING.md").read_text("utf-8")
    (option,) = re.findall(r"`(--forces [a-z]+)`", text)
    take(data, mersey(tmp_path / "in"), forces=shlex.split(option)[1])
    assert "2024-01-lancashire-street.csv" in text
    maker.write(tmp_path / "packed", maker.some(), packed=True)
    take(data, tmp_path / "packed")
