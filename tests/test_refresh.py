"""Months of street-level crime taken into the tables: whole or not at all, and always the same."""

import csv
import fcntl
import os
import random
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import street_maker as maker
from outcomes import ingest
from outcomes.core.errors import Invalid
from outcomes.data import quality
from outcomes.data.crime_codes import TYPES
from outcomes.ingest import refresh

TODAY = date(2026, 11, 24)


@pytest.fixture
def data(tmp_path):
    return maker.data_folder(tmp_path)


def take(data, *paths, said=None, yes=True, **options):
    def agreed(lines, tables):
        if said is not None:
            said[:] = lines
        return yes

    return ingest.take_months(list(paths), data, agreed=agreed, today=TODAY, **options)


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


def test_what_is_taken_twice_changes_nothing(data, tmp_path):
    maker.write(tmp_path / "in", maker.some())
    take(data, tmp_path / "in")
    before, said = maker.state(data), []
    assert take(data, tmp_path / "in", said=said) == []
    assert said == ["lancashire 2024-01: as before.", "Nothing changes."]
    assert maker.state(data) == before


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


def test_an_archive_gives_what_the_folder_gives(tmp_path):
    folder, states = tmp_path / "in", []
    for month in ("2024-01", "2024-02"):
        maker.write(folder, maker.some(month=month), month)
    with zipfile.ZipFile(tmp_path / "archive.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.iterdir()):
            packed.write(path, f"{path.name[:7]}/{path.name}")
            packed.writestr(
                f"{path.name[:7]}/{path.name[:7]}-lancashire-outcomes.csv", "a\n1\n"
            )
    for number, source in enumerate((folder, tmp_path / "archive.zip")):
        data = maker.data_folder(tmp_path / str(number))
        take(data, source)
        states.append(maker.state(data))
    assert states[0] == states[1]


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


def test_without_agreement_nothing_is_written(data, tmp_path):
    before = maker.state(data)
    maker.write(tmp_path / "in", maker.some())
    assert take(data, tmp_path / "in", yes=False) == []
    assert maker.state(data) == before


def test_the_gate_keeps_unsound_tables_out(data, tmp_path):
    maker.write(tmp_path / "in", maker.some())
    take(data, tmp_path / "in")
    path = data / "clean" / "districts.csv"
    path.write_text(
        path.read_text("utf-8").replace("lancashire,", "lancs,", 1), "utf-8"
    )
    before = maker.state(data)
    maker.write(tmp_path / "in", maker.some(25))
    with pytest.raises(
        Invalid, match=r"stay as they are: districts: force is not in forces"
    ):
        take(data, tmp_path / "in")
    assert maker.state(data) == before


def test_one_bad_file_keeps_all_the_others_out(data, tmp_path):
    before = maker.state(data)
    maker.write(tmp_path / "in", maker.some())
    maker.write(tmp_path / "in", [maker.row("a" * 64, kind="Piracy")])
    maker.write(tmp_path / "in", maker.some(month="2024-02"), "2024-02")
    with pytest.raises(Invalid, match="Piracy"):
        take(data, tmp_path / "in")
    assert maker.state(data) == before


def test_a_change_that_was_cut_off_is_finished_by_the_next_run(
    data, tmp_path, monkeypatch
):
    maker.write(tmp_path / "in", maker.some())
    with monkeypatch.context() as patch:
        patch.setattr(
            refresh, "_put", lambda data: None
        )  # the power goes just after the rename
        take(data, tmp_path / "in")
    assert quality.errors(data / "clean") == [
        "A refresh was cut off while tables were put in place: run outcomes data refresh."
    ]
    said = []
    assert take(data, tmp_path / "in", said=said) == []
    assert said[-1] == "Nothing changes." and covered(data)["rows"] == 20


def test_two_refreshes_do_not_meet(data, tmp_path):
    maker.write(tmp_path / "in", maker.some())
    with (data / ".refresh-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Invalid, match="another refresh"):
            take(data, tmp_path / "in")


def test_a_split_code_goes_to_the_nearest_point_and_a_merged_one_to_its_heir(
    data, tmp_path
):
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
    rows = [[*cells[:1], "2022-10", *cells[2:]] for cells in rows]
    maker.write(tmp_path / "in", rows, "2022-10")
    take(data, tmp_path / "in")
    assert set(table(data, "crime_monthly")["lsoa"]) == set(split["lsoa"])


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
    rows = maker.some(5, "2022-10", lsoa="E01006499", name="Liverpool 034A")
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
    from outcomes.ingest import street_files, street_panel

    street_panel.make(
        street_files.find([tmp_path / "in"]), data / "clean", tmp_path / "work"
    )
    assert len(list((tmp_path / "work" / "parts").glob("*.feather"))) == 4
    assert not list((tmp_path / "work" / "parts").glob("*.csv"))


def outcomes(data, *arguments, answer=""):
    command = Path(sys.executable).with_name("outcomes")
    environment = {**os.environ, "OUTCOMES_DATA": str(data)}
    options = {
        "capture_output": True,
        "text": True,
        "env": environment,
        "input": answer,
    }
    return subprocess.run([command, "data", *arguments], **options)


def test_the_command_shows_the_change_and_asks(data, tmp_path):
    maker.write(tmp_path / "in", maker.some(month="2024-01"))
    before = maker.state(data)
    ran = outcomes(data, "refresh", tmp_path / "in", answer="n\n")
    assert ran.returncode == 0 and "lancashire 2024-01: added, 20 rows" in ran.stdout
    assert "stay as they are" in ran.stdout and maker.state(data) == before
    ran = outcomes(data, "refresh", tmp_path / "in", "--yes")
    assert ran.returncode == 0 and "Changed: coverage.csv" in ran.stdout, ran.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "'nowhere' does not exist"),
        ([], "give a SOURCE"),
        (["--from", "2022-11", "--host", "ftp://x"], "is not an address"),
    ],
)
def test_what_cannot_be_refreshed_is_a_sentence_and_exit_code_2(data, arguments, said):
    before = maker.state(data)
    ran = outcomes(data, "refresh", *arguments, "--yes")
    assert ran.returncode == 2 and said in ran.stderr and ran.stdout == ""
    assert maker.state(data) == before
