"""Tables of published figures follow from ``data/published``, or what does not is said."""

from datetime import date
from pathlib import Path

from typer.testing import CliRunner

from outcomes.cli import app
from outcomes.core.errors import Invalid
from outcomes.ingest import published_figures, published_figures_stamp, refresh

DATA = Path(__file__).parents[2] / "data"
TODAY = date(2026, 11, 24)


def test_tables_edited_by_hand_are_refused_row_by_row_by_check_and_build(
    whole_data, monkeypatch
):
    """Clean 1,419 beside published 1,409 would have been published as "data revised"."""
    path = whole_data / "clean" / "figures.csv"
    assert (
        refresh.remake_figures(whole_data, today=TODAY)
        == []
        == published_figures_stamp.breaches(whole_data)
    )
    text = path.read_text("utf-8")
    path.write_text(
        text.replace(",1409,", ",1419,", 1).replace(",18000,", ",19000,", 1), "utf-8"
    )
    said = (
        "figures.csv row 2, column value: '1419' does not follow from data/published, which makes "
        "'1409' of 'f8290becc'."
    )
    monkeypatch.setenv("OUTCOMES_DATA", str(whole_data))
    for command in (
        ["data", "check"],
        ["build", "op-warrior", "--out", str(whole_data / "site")],
    ):
        done = CliRunner().invoke(app, command)
        assert said in str(done.exception) and "'19000'" in str(done.exception)
        assert (
            isinstance(done.exception, Invalid) and not (whole_data / "site").exists()
        )
    assert ",1419," in path.read_text("utf-8"), (
        "an edit is never taken back without a word"
    )
    told = refresh.remake_figures(whole_data, today=TODAY, remake=True)
    assert told == ["figures.csv: made anew, 2 rows in, 2 rows out."]
    assert (
        path.read_text("utf-8") == text
        and published_figures_stamp.breaches(whole_data) == []
    )


def test_each_way_not_to_follow_is_said(whole_data):
    assert refresh.remake_figures(whole_data, today=TODAY) == []
    clean = whole_data / "clean"
    lines = (clean / "areas.csv").read_text("utf-8").splitlines(keepends=True)
    (clean / "areas.csv").write_text(
        "".join([lines[0], *lines[2:], "x,X,,,,,\n"]), "utf-8"
    )
    lines = (clean / "sources.csv").read_text("utf-8").splitlines(keepends=True)
    (clean / "sources.csv").write_text("".join([lines[0], *lines[:0:-1]]), "utf-8")
    (clean / "programmes.csv").unlink()
    found = published_figures_stamp.breaches(whole_data)
    assert any(
        s.startswith("programmes.csv lacks 'op_warrior', which data/published")
        for s in found
    )
    last = len((clean / "areas.csv").read_text("utf-8").splitlines())
    assert f"areas.csv row {last}: no row of data/published makes 'x'." in found
    assert "sources.csv is not as data/published makes it: order or spelling." in found
    assert found[-1].startswith(
        "After a change of data/published run outcomes data check"
    )
    (whole_data / "published" / "measures.csv").write_text("x\n", "utf-8")
    assert published_figures_stamp.breaches(whole_data)[0].startswith(
        "measures.csv must have the columns"
    )


def test_what_is_made_from_changed_rows_is_due_a_check_before_a_build(whole_data):
    assert refresh.remake_figures(whole_data, today=TODAY) == []
    path = whole_data / "published" / "figures.csv"
    path.write_text(path.read_text("utf-8").replace(",1409,", ",1419,", 1), "utf-8")
    assert (
        "no row of data/published makes 'f8290becc'"
        in published_figures_stamp.breaches(whole_data)[0]
    )
    assert refresh.remake_figures(whole_data, today=TODAY) == [
        "figures.csv: made anew, 1 rows in, 1 rows out."
    ]
    assert published_figures_stamp.breaches(whole_data) == []


def test_the_tables_here_follow_from_what_they_are_made_of(tmp_path):
    published_figures.build(DATA / "published", tmp_path)
    assert list(published_figures_stamp.differences(tmp_path, DATA / "clean")) == []
    assert published_figures_stamp.breaches(
        DATA
    ) == [] and published_figures_stamp.unchanged(DATA)
