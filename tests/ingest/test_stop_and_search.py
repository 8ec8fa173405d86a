"""Stop-and-search files: counted, duplicates dropped, whole or not at all."""

import json

import pandas as pd
import pytest

import outcomes as oc
import street_maker as maker
from outcomes.core.errors import Invalid
from outcomes.data import quality, tables
from outcomes.ingest import stop_and_search

take = maker.take
NOTHING = "A no further action disposal"


@pytest.fixture
def data(tmp_path):
    """A data folder with one month of crime and no search."""
    folder = maker.data_folder(tmp_path)
    take(
        folder, maker.write(tmp_path / "before", maker.some(month="2023-10"), "2023-10")
    )
    return folder


@pytest.fixture
def give(tmp_path):
    def write(rows, month="2023-11", force="lancashire", **options):
        return maker.write(
            tmp_path / "in", rows, month, force, kind="stop-and-search", **options
        )

    return write


def counts(data):
    return tables.rows("stop_and_search", clean=data / "clean")


def a_week(days=range(13, 20), month="2023-11"):
    """Two searches a day, of which one in an arrest."""
    return [
        maker.search(f"{month}-{day:02}T{hour}:15:00+00:00", outcome)
        for day in days
        for hour, outcome in (("10", "Arrest"), ("21", NOTHING))
    ]


def test_every_row_twice_counts_once(data, give, tmp_path):
    said = []
    give([*a_week(), *a_week()])
    changed = take(data, tmp_path / "in", said=said)
    assert changed == ["stop_and_search.parquet", "stop_and_search_files.csv"]
    assert said == ["lancashire 2023-11, searches: added, 14; 14 duplicates left out."]
    found = counts(data)
    assert found["n"].sum() == 14
    assert set(found["week"]) == {pd.Timestamp("2023-11-13")}
    told = tables.rows("stop_and_search_files", clean=data / "clean").iloc[0]
    assert (told["rows"], told["duplicates"]) == (14, 14)
    assert quality.errors(data / "clean") == []
    assert take(data, tmp_path / "in", said=said) == []
    assert said == ["lancashire 2023-11, searches: as before.", "Nothing changes."]


def test_nothing_of_a_person_or_place_is_kept(data, give, tmp_path):
    give(a_week())
    take(data, tmp_path / "in")
    held = json.dumps(counts(data).astype(str).to_dict("list"))
    assert not any(word in held for word in ("Male", "18-24", "53.759", "Person"))


def test_street_files_and_searches_come_together(data, give, tmp_path):
    give(a_week(month="2024-01", days=range(8, 15)), "2024-01")
    maker.write(tmp_path / "in", maker.some())
    said = []
    changed = take(data, tmp_path / "in", said=said)
    assert {"coverage.csv", "stop_and_search.parquet"} <= set(changed)
    assert any("2024-01, searches: added, 14" in line for line in said)


def test_a_bad_search_keeps_street_files_out_as_well(data, give, tmp_path):
    maker.write(tmp_path / "in", maker.some())
    give([maker.search(Type="Persons search")], "2024-01")
    before = maker.state(data)
    with pytest.raises(Invalid, match="did you mean 'Person search'"):
        take(data, tmp_path / "in")
    assert maker.state(data) == before


def test_another_month_replaces_nothing_and_a_revised_one_does(data, give, tmp_path):
    said = []
    take(data, give(a_week()))
    take(data, give(a_week(month="2023-12", days=range(4, 11)), "2023-12"))
    take(data, give(a_week()[:-1]), said=said)
    assert said == [
        "lancashire 2023-11, searches: revised, 13, -1, in 1 counts of a week, object "
        "and outcome."
    ]
    assert counts(data).groupby("month")["n"].sum().tolist() == [13, 14]


def test_a_force_without_an_area_is_counted(data, give, tmp_path):
    said = []
    take(data, give(a_week(), force="btp"), said=said, forces="btp")
    assert said == ["btp 2023-11, searches: added, 14; 0 duplicates left out."]


def test_files_of_other_forces_are_passed_over(data, give, tmp_path):
    give(a_week(), force="kent")
    give(a_week())
    said = []
    take(data, tmp_path / "in", said=said)
    assert said[0] == "kent: files are passed over: give --forces."
    assert set(counts(data)["force"]) == {"lancashire"}


@pytest.mark.parametrize(
    "cells, said",
    [
        ({"date": "2023-12-02T10:00:00+00:00"}, "is not in 2023-11, the month"),
        ({"date": "13/11/2023 10:00"}, "is not a time written like"),
        ({"date": "2023-11-31T10:00:00+00:00"}, "is not a time written like"),
        ({"Type": "Search"}, "is a type of search that is not known"),
        ({"outcome": "x" * 101}, "is not a line of at most 100 characters"),
    ],
)
def test_a_bad_row_is_one_sentence(data, give, cells, said):
    path = give([*a_week(), maker.search(**{"date": "2023-11-20T10:00:00Z"} | cells)])
    with pytest.raises(Invalid) as error:
        take(data, path)
    assert f"{path.name} row 16, column " in str(error.value)
    assert said in str(error.value) and str(error.value).count(" row ") == 1


def test_a_file_of_another_form_is_refused(data, give):
    with pytest.raises(Invalid, match="A stop-and-search file begins with the columns"):
        take(data, give("Type,Date\nPerson search,2023-11-13\n"))
    header = maker.text([], maker.street_crime.SEARCH_HEADER)
    with pytest.raises(Invalid, match="has a header and no rows"):
        take(data, give(header))
    with pytest.raises(Invalid, match="row 2 has 14 cells, not 15"):
        take(data, give([maker.search("2023-11-13T10:00:00+00:00")[:-1]]))


def test_an_outcome_not_met_before_is_told(data, give):
    said = []
    take(
        data, give([maker.search("2023-11-13T10:00:00Z", "Written warning")]), said=said
    )
    assert said[0].endswith("outcomes not met before: Written warning.")


def test_summer_days_are_days_of_london(data, give):
    # a force that gives no hour has midnight in London, 23:00 of the day before in UTC
    rows = [maker.search("2024-06-30T23:00:00+00:00", NOTHING)]
    take(data, give([*rows, *a_week(range(2, 4), "2024-07")], "2024-07"))
    assert set(counts(data)["week"]) == {pd.Timestamp("2024-07-01")}


def test_weeks_are_given_where_all_their_days_are_held(data, give, monkeypatch):
    monkeypatch.setenv("OUTCOMES_DATA", str(data))
    take(data, give(a_week(range(13, 31))))
    week = oc.stop_and_search("week", force="Lancashire")
    # the week of 27 November ends in December
    assert set(week["week"].dt.day) == {13, 20}
    assert week.groupby("arrest")["n"].sum().tolist() == [14, 14]
    assert oc.stop_and_search("month", force="Lancashire")["n"].sum() == 36
    take(data, give(a_week(range(1, 4), "2023-12"), "2023-12"))
    week = oc.stop_and_search("week", force="Lancashire")
    assert week.groupby("week")["n"].sum().to_dict() == {
        pd.Timestamp("2023-11-13"): 14,
        pd.Timestamp("2023-11-20"): 14,
        pd.Timestamp("2023-11-27"): 14,
    }
    assert "stop and search" in week.attrs["sources"][0]["title"]


def test_no_file_held_is_an_empty_table(data, monkeypatch):
    monkeypatch.setenv("OUTCOMES_DATA", str(data))
    assert oc.stop_and_search("week", force="Lancashire").empty
    with pytest.raises(Invalid, match="Lancashire"):
        oc.stop_and_search("week", force="Lancashir")


def test_an_unsound_table_is_refused(data, give):
    take(data, give(a_week()))
    clean = data / "clean"
    frame = counts(data).assign(n=0)
    stop_and_search.write.parquet(
        frame, clean / "stop_and_search.parquet", stop_and_search.KEYS
    )
    assert any("n is below 1" in said for said in quality.errors(clean))
