"""Months taken into the tables by month, force and neighbourhood: always the same."""

import csv
import importlib
import io
import random
import threading
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

import street_maker as maker
from outcomes.core.errors import Invalid
from outcomes.data.crime_codes import TYPES
from outcomes.ingest import street_files, street_panel

ROOT = Path(__file__).parents[2]
take = maker.take


@pytest.fixture
def data(tmp_path):
    return maker.data_folder(tmp_path)


def table(data, name):
    frame = pd.read_parquet(data / "clean" / f"{name}.parquet")
    return frame.assign(month=frame["month"].astype(str))


def covered(data, force="lancashire", month="2024-01-01"):
    frame = pd.read_csv(data / "clean" / "coverage.csv").set_index(["force", "month"])
    return frame.loc[(force, month)]


def test_a_month_goes_into_every_table(data, tmp_path):
    rows = [
        *maker.some(6),
        maker.row("f" * 64, lsoa=""),
        maker.row("f" * 64, lsoa="", kind="Drugs"),  # the ID has been seen: a duplicate
        maker.row("e" * 64, lsoa="E01006499", name="Liverpool 034A"),
        *[maker.row(kind="Anti-social behaviour")] * 13,
    ]
    maker.write(tmp_path / "in", rows)
    assert len(take(data, tmp_path / "in")) == 5
    fine = table(data, "crime_monthly")
    assert fine["n"].sum() == 21
    assert fine.loc[fine["type"] == "anti-social-behaviour", "n"].tolist() == [13]
    assert set(fine.loc[fine["lsoa"] == "E01006499", "district"]) == {"E08000012"}
    near = table(data, "crime_district_monthly").groupby("district")["n"].sum()
    assert near.to_dict() == {"": 2, "E07000128": 19}
    whole = table(data, "crime_force_monthly").groupby("type")["n"].sum()
    assert whole.to_dict() == {"anti-social-behaviour": 13, "burglary": 8}
    told = covered(data)[["rows", "no_location", "duplicates", "outside"]]
    assert told.tolist() == [21, 1, 1, 1]


def test_order_and_packing_make_no_difference(tmp_path):
    months = ["2022-10", "2024-01", "2024-02"]
    rows = {month: maker.some(30 + i, month) for i, month in enumerate(months)}
    found = []
    for number, order in enumerate([months, months[::-1], None]):
        data = maker.data_folder(tmp_path / str(number))
        folder = tmp_path / str(number) / "in"
        for month in order or months:
            path = maker.write(folder, rows[month], month, packed=bool(number))
            if order:
                take(data, path)
        if not order:
            take(data, folder)
        found.append(maker.state(data))
    assert found[0] == found[1] == found[2]


def test_a_month_is_replaced_whole_and_the_change_is_said(data, tmp_path):
    maker.write(tmp_path / "old", maker.some(20))
    maker.write(tmp_path / "old", maker.some(20, "2024-02"), "2024-02")
    take(data, tmp_path / "old")
    rows = [
        *maker.some(17),
        maker.row("d" * 64, kind="Drugs"),
        maker.row("c" * 64, kind="Drugs"),
    ]
    maker.write(tmp_path / "new", rows)
    said = []
    take(data, tmp_path / "new", said=said)
    assert said == [
        "lancashire 2024-01: revised, 19 rows, -1 (burglary -3, drugs +2), "
        "in 2 counts of a neighbourhood and type."
    ]
    fine = table(data, "crime_monthly").groupby(["month", "type"])["n"].sum()
    assert fine.to_dict() == {
        ("2024-01-01", "burglary"): 17,
        ("2024-01-01", "drugs"): 2,
        ("2024-02-01", "burglary"): 20,
    }


def test_rows_that_only_moved_are_said_to_have_moved(data, tmp_path):
    maker.write(tmp_path / "old", maker.some(20))
    take(data, tmp_path / "old")
    rows = maker.some(20)
    rows[3][7:9] = "E01025547", "Wyre 006A"
    maker.write(tmp_path / "new", rows)
    said = []
    take(data, tmp_path / "new", said=said)
    assert "+0 (only places differ), in 2 counts" in said[0]


@pytest.mark.parametrize("month", ["2022-10", "2024-01"])
def test_a_split_code_goes_to_the_nearest_point_and_a_merged_one_to_its_heir(
    data, tmp_path, month
):
    """Whatever the month: a code that is known to be gone is no new neighbourhood."""
    points = pd.read_csv(data / "clean" / "lsoa_points.csv")
    split = points[points["lsoa_2011"] == "E01024919"].drop_duplicates("lsoa")
    names = pd.read_csv(data / "clean" / "lsoas.csv").set_index("lsoa")["district_name"]
    rows = [
        maker.row(
            str(i) * 64,
            "E01024919",
            f"{names[at.lsoa]} 001A",
            x=at.longitude,
            y=at.latitude,
        )
        for i, at in enumerate(split.itertuples())
    ]
    rows = [[*cells[:1], month, *cells[2:]] for cells in rows]
    maker.write(tmp_path / "in", rows, month)
    before = (data / "clean" / "lsoas.csv").read_bytes()
    take(data, tmp_path / "in")
    assert set(table(data, "crime_monthly")["lsoa"]) == set(split["lsoa"])
    assert (data / "clean" / "lsoas.csv").read_bytes() == before


def test_a_month_may_hold_a_code_that_is_gone_beside_one_not_met_before(data, tmp_path):
    rows = [
        *maker.some(4),
        maker.row("a" * 64, lsoa="E01024919", name="Wyre 001A"),
        maker.row("b" * 64, lsoa="E01099999", name="Wyre 099A"),
        maker.row("c" * 64, lsoa="E01099999", name="Wyre 099A", kind="Drugs"),
    ]
    maker.write(tmp_path / "in", rows)
    said = []
    take(data, tmp_path / "in", said=said)
    assert said[0] == (
        "lancashire 2024-01: added, 7 rows, 0 of them without a location; 0 duplicates left "
        "out; 1 in old neighbourhoods without a match; 1 neighbourhood not met before."
    )
    fine = table(data, "crime_monthly").groupby("lsoa")["n"].sum()
    assert fine.loc[["E01024919", "E01099999"]].tolist() == [1, 2] and fine.sum() == 7
    lsoas = pd.read_csv(data / "clean" / "lsoas.csv")["lsoa"]
    assert "E01099999" in set(lsoas) and "E01024919" not in set(lsoas)


def test_other_forces_are_passed_over_unless_asked_for(data, tmp_path):
    maker.write(tmp_path / "in", maker.some())
    theirs = maker.some(
        lsoa="E01006499", name="Liverpool 034A", force="Merseyside Police"
    )
    maker.write(tmp_path / "in", theirs, force="merseyside")
    said = []
    take(data, tmp_path / "in", said=said)
    assert said[0] == "merseyside: files are passed over: give --forces."
    assert set(table(data, "crime_force_monthly")["force"]) == {"lancashire"}
    take(data, tmp_path / "in", forces="merseyside")
    assert set(table(data, "crime_force_monthly")["force"]) == {
        "lancashire",
        "merseyside",
    }
    lsoas = pd.read_csv(data / "clean" / "lsoas.csv").set_index("lsoa")
    assert lsoas.loc["E01006499", ["force", "longitude"]].tolist() == [
        "merseyside",
        -3.0,
    ]
    with pytest.raises(Invalid, match="Did you mean 'merseyside'"):
        take(data, tmp_path / "in", forces="merseyside,mersyside")


def test_a_new_forces_old_codes_without_a_match_are_said(data, tmp_path):
    place = {"lsoa": "E01006499", "name": "Liverpool 034A"}
    rows = maker.some(5, "2022-10", **place, force="Merseyside Police")
    maker.write(tmp_path / "in", rows, "2022-10", "merseyside")
    said = []
    take(data, tmp_path / "in", forces="all", said=said)
    assert said[0].endswith("; 5 in old neighbourhoods without a match.")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_recount_one_row_at_a_time_agrees(data, tmp_path, seed):
    """Another route to the same counts: the csv module and a set of IDs."""
    draw = random.Random(seed)
    rows = []
    for _ in range(400):
        kind = draw.choice(list(TYPES.values()))
        ident = "" if kind == "Anti-social behaviour" else f"{draw.randrange(300):064x}"
        lsoa = draw.choice([maker.WYRE, ("E01025547", "Wyre 006A"), ("", "")])
        rows.append(maker.row(ident, *lsoa, kind=kind))
    path = maker.write(tmp_path / "in", rows)
    take(data, path)
    seen, want, duplicates = set(), Counter(), 0
    with path.open(encoding="utf-8") as stream:
        for cells in csv.DictReader(stream):
            if cells["Crime ID"] in seen:
                duplicates += 1
                continue
            seen |= {cells["Crime ID"]} - {""}
            want[cells["LSOA code"], cells["Crime type"]] += 1
    fine = table(data, "crime_monthly")
    have = {(cell.lsoa, TYPES[cell.type]): cell.n for cell in fine.itertuples()}
    assert have == want and covered(data)["duplicates"] == duplicates > 0


def test_memory_does_not_hold_the_files(data, tmp_path):
    """Counting goes file by file: what is laid aside on disk is all that is kept."""
    for number in range(1, 5):
        maker.write(
            tmp_path / "in", maker.some(5, f"2024-0{number}"), f"2024-0{number}"
        )
    street_panel.build(
        street_files.find([tmp_path / "in"]), data / "clean", tmp_path / "work"
    )
    assert len(list((tmp_path / "work" / "parts").glob("*.feather"))) == 4
    assert not list((tmp_path / "work" / "parts").glob("*.csv"))


@pytest.fixture
def two_forces(tmp_path):
    """Files of two forces, the later by name with the earlier month."""
    maker.write(tmp_path / "in", maker.some(5, "2024-02"), "2024-02")
    place = {"lsoa": "E01006499", "name": "Liverpool 034A"}
    theirs = maker.some(5, **place, force="Merseyside Police")
    maker.write(tmp_path / "in", theirs, force="merseyside")
    return street_files.find([tmp_path / "in"])


def test_a_force_is_written_while_the_next_is_counted(
    data, tmp_path, two_forces, monkeypatch
):
    written, count = threading.Event(), street_panel.count_month
    stream = street_panel.write.stream

    def counted(file, *more):
        assert file.force == "lancashire" or written.wait(20)
        return count(file, *more)

    def streamed(tables, path):
        def noted():
            for table in tables:
                yield table
                written.set()

        stream(noted(), path)

    monkeypatch.setattr(street_panel, "count_month", counted)
    monkeypatch.setattr(street_panel.write, "stream", streamed)
    street_panel.build(two_forces, data / "clean", tmp_path / "work")
    assert written.is_set()


def test_what_is_wrong_is_said_by_month_whatever_is_counted_first(
    data, tmp_path, two_forces
):
    def broken(file):
        return file._replace(open=lambda: io.BytesIO(b"no,street,file\n"))

    with pytest.raises(Invalid) as wrong:
        files = [broken(file) for file in two_forces]
        street_panel.build(files, data / "clean", tmp_path / "work")
    said = str(wrong.value)
    assert -1 < said.index("2024-01-merseyside") < said.index("2024-02-lancashire")


def test_the_benchmark_runs_and_pandas_counts_as_many(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    bench = importlib.import_module("bench_ingest")
    bench.make(tmp_path, 2 * bench.ROWS_PER_FILE)
    assert bench.bare_count(tmp_path) == 2 * bench.ROWS_PER_FILE
    counted = bench.ours(tmp_path)
    assert counted == bench.whole_frame(tmp_path) < 2 * bench.ROWS_PER_FILE
