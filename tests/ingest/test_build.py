"""A build from raw files puts every table in place, or leaves all as they were."""

import shutil

import pandas as pd
import pytest

from outcomes import ingest
from outcomes.core.errors import Invalid
from outcomes.ingest import geography, police_uk, recorded_crime, write

STREET = ("lsoa_points", "lsoas", "crime_district_monthly", "crime_force_monthly")
STREET += ("coverage", "crime_monthly", "street_files")
STREET += ("stop_and_search", "stop_and_search_files")
PLACES = ("districts", "forces", "district_outlines")
RECORDED = ("crime_quarterly", "offences", "crime_annual", "case_outcomes")
RECORDED += ("drug_deaths",)


@pytest.fixture
def steps(whole_data, tmp_path, monkeypatch):
    """The steps of a build, each making its tables as they stand; a test can make one otherwise.

    A folder of raw files is tens of megabytes, and none is kept here.
    """
    held = shutil.copytree(whole_data / "clean", tmp_path / "held")

    def make(clean, names):
        clean.mkdir(exist_ok=True)
        for name in names:
            (file,) = held.glob(f"{name}.*")
            shutil.copyfile(file, clean / file.name)

    def places(source, clean):
        make(clean, PLACES)
        return pd.read_csv(clean / "districts.csv")

    monkeypatch.setattr(geography, "build", places)
    monkeypatch.setattr(police_uk, "build", lambda s, clean, p: make(clean, STREET))
    monkeypatch.setattr(
        recorded_crime, "build", lambda s, clean, p: make(clean, RECORDED)
    )
    return held


def contents(data):
    return {
        path.relative_to(data): path.read_bytes()
        for path in data.rglob("*")
        if path.is_file()
    }


def test_a_step_that_refuses_leaves_every_table_as_it_was(
    steps, whole_data, monkeypatch
):
    (steps / "coverage.csv").write_text("half,made\n")
    before = contents(whole_data)

    def refuse(source, clean, places):
        raise Invalid("the source folder has no health/deaths.csv.")

    monkeypatch.setattr(recorded_crime, "build", refuse)
    with pytest.raises(Invalid, match="no health/deaths"):
        ingest.build(whole_data, whole_data)
    assert contents(whole_data) == before


def test_tables_that_would_not_be_sound_are_not_put_in_place(steps, whole_data):
    counts = pd.read_csv(steps / "coverage.csv")
    counts.loc[counts["rows"].first_valid_index(), "rows"] += 1
    counts = counts.astype(dict.fromkeys(counts.select_dtypes(float), "Int64"))
    write.csv(counts, steps / "coverage.csv", ["force", "month"])
    before = contents(whole_data)
    with pytest.raises(Invalid, match=r"stay as they are: .*adds up to"):
        ingest.build(whole_data, whole_data)
    assert contents(whole_data) == before


def test_a_build_makes_all_tables_and_their_description_whatever_was_there(
    steps, whole_data
):
    before = contents(whole_data)
    (whole_data / "clean" / "crime_monthly.parquet").unlink()
    (whole_data / "clean" / "forces.csv").write_text("damaged")
    (whole_data / "datapackage.json").unlink()
    made = ingest.build(whole_data, whole_data)
    assert "crime_monthly.parquet" in made and contents(whole_data) == before


def test_a_table_that_nothing_describes_is_refused_before_anything_changes(
    steps, whole_data
):
    (whole_data / "clean" / "stray.csv").write_text("a\n1\n")
    (steps / "forces.csv").write_text("made,anew\n")
    before = contents(whole_data)
    with pytest.raises(
        Invalid, match=r"table stray has no description in tables\.toml"
    ):
        ingest.build(whole_data, whole_data)
    assert contents(whole_data) == before
