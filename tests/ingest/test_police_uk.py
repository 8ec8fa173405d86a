"""Raw files to tables that agree with one another and pass their own check."""

import gzip
import json

import pandas as pd
import pytest
from raw_files import LINKS, PLACES, row

from outcomes.core.errors import Invalid
from outcomes.data import schema
from outcomes.ingest import (
    geography,
    police_uk,
    recorded_crime,
    write,
)


def test_a_raw_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Invalid, match=r"no geography/population_mid2020_ltla21\.csv"):
        geography.build(tmp_path, tmp_path / "clean")
    with pytest.raises(Invalid, match=r"no recorded_crime/prc_pfa_long\.parquet"):
        recorded_crime.build(tmp_path, tmp_path / "clean", PLACES)


def test_street_files_go_through_to_tables_that_agree(street, tmp_path, monkeypatch):
    """A force with two small months: the three tables, coverage and places, end to end."""
    for month in ("2022-10", "2024-01"):
        rows = [
            row("a" * 64, month=month),
            row("a" * 64, month=month),
            row("b" * 64, month=month, lsoa=""),
            row("c" * 64, month=month, lsoa="E01006000", name="Wigan 001A"),
            row(month=month, kind="Anti-social behaviour"),
        ]
        street(rows, month=month)
    header = "force,month,crime_type,n\n"
    given = tmp_path / "police_uk"
    for name, text in {
        "force_month_type": header
        + "durham,2024-01,Burglary,70\nlancashire,2024-01,Burglary,9\n",
        "lad_month_type": "force,lad,month,crime_type,n\nlancashire,Wyre,2024-01,Burglary,9\n",
    }.items():
        (given / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    monkeypatch.setattr(geography, "lookup", lambda source: LINKS)
    monkeypatch.setattr(
        geography, "lsoas", lambda source, places, points, group: points
    )
    clean = tmp_path / "clean"
    write.csv(PLACES, clean / "districts.csv", ["district"])
    forces = pd.DataFrame({"force": ["lancashire"], "name": ["Lancashire"]})
    write.csv(forces, clean / "forces.csv", ["force"])
    police_uk.build(tmp_path, clean, PLACES)
    fine = pd.read_parquet(clean / "crime_monthly.parquet")
    assert fine["n"].sum() == 8 and (fine["lsoa"] == "").sum() == 2
    assert set(fine.loc[fine["lsoa"] == "E01006000", "district"]) == {"E08000010"}
    near = pd.read_parquet(clean / "crime_district_monthly.parquet")
    assert near.groupby("district")["n"].sum().to_dict() == {"": 4, "E07000128": 4}
    whole = pd.read_parquet(clean / "crime_force_monthly.parquet")
    assert whole.groupby("force")["n"].sum().to_dict() == {
        "durham": 70,
        "lancashire": 8,
    }
    known = pd.read_csv(clean / "coverage.csv").set_index(["force", "month"])
    month = known.loc[("lancashire", "2024-01-01")]
    assert month[["rows", "no_location", "duplicates", "outside"]].tolist() == [
        4,
        1,
        1,
        1,
    ]
    assert known.loc[("lancashire", "2023-06-01"), "state"] == "missing"


def test_the_written_tables_pass_their_own_check(tmp_path):
    """What the writers make of a small frame is what the checker expects to read."""
    clean = tmp_path / "clean"
    frame = pd.DataFrame(
        {"day": pd.to_datetime(["2024-01-01"]), "n": [1], "ok": [True]}
    )
    write.csv(frame, clean / "small.csv", ["day"])
    kinds = {"day": "date", "n": "integer", "ok": "boolean"}
    fields = [{"name": name, "type": kind} for name, kind in kinds.items()]
    described = {"fields": fields, "primaryKey": ["day"], "foreignKeys": []}
    resource = {"name": "small", "path": "clean/small.csv", "schema": described}
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": [resource]}))
    assert schema.check(clean) == []
