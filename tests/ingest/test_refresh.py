"""Months of street-level crime taken into the tables: whole or not at all."""

import fcntl
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import street_maker as maker
from outcomes.core.errors import Invalid
from outcomes.data import quality
from outcomes.ingest import refresh

TODAY, take = maker.TODAY, maker.take


@pytest.fixture
def data(tmp_path):
    return maker.data_folder(tmp_path)


def covered(data, force="lancashire", month="2024-01-01"):
    frame = pd.read_csv(data / "clean" / "coverage.csv").set_index(["force", "month"])
    return frame.loc[(force, month)]


def test_what_is_taken_twice_changes_nothing(data, tmp_path):
    maker.write(tmp_path / "in", maker.some())
    take(data, tmp_path / "in")
    before, said = maker.state(data), []
    assert take(data, tmp_path / "in", said=said) == []
    assert said == ["lancashire 2024-01: as before.", "Nothing changes."]
    assert maker.state(data) == before


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
            refresh, "_put_in_place", lambda data: None
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


def test_a_figure_is_added_by_a_row_and_a_check(whole_data):
    path = whole_data / "published" / "figures.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    line = lines[1].replace(",1409,", ",1500,").replace("2023-12-31", "2024-12-31")
    path.write_text("".join([*lines, line]), "utf-8")
    assert refresh.remake_figures(whole_data, today=TODAY) == [
        "figures.csv: made anew, 1 rows in, 0 rows out."
    ]
    assert ",1500,count" in (whole_data / "clean" / "figures.csv").read_text("utf-8")
    assert refresh.remake_figures(whole_data, today=TODAY) == []


def test_a_bad_row_leaves_the_figures_as_they_were(whole_data):
    path = whole_data / "published" / "figures.csv"
    before = (whole_data / "clean" / "figures.csv").read_bytes()
    path.write_text(path.read_text("utf-8").replace(",1409,", ',"14,09",', 1), "utf-8")
    with pytest.raises(
        Invalid, match=r"figures.csv row 2, column value: '14,09' is not a plain"
    ):
        refresh.remake_figures(whole_data, today=TODAY)
    assert (whole_data / "clean" / "figures.csv").read_bytes() == before
