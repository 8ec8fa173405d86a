"""Broken figures: a sentence that names row and column."""

import csv
import shutil

import pytest

import street_maker as maker
from outcomes.core.errors import Invalid
from outcomes.ingest import published_figures, published_figures_checks

FIGURES = {
    "a value with a separator": ("value", "1,200", "is not a plain number"),
    "a value with a currency": ("value", "£12", "is not a plain number"),
    "a value in full-width digits": ("value", "１２", "is not a plain number"),
    "a value beyond all numbers": ("value", "1e400", "is not a plain number"),
    "a value that is no number": ("value", "NaN", "is not a plain number"),
    "a value with a percent sign": ("value", "12%", "is not a plain number"),
    "no value": ("value", "", "is not a plain number"),
    "a day, day first": (
        "period_start",
        "01/02/2023",
        "is not a day written YYYY-MM-DD",
    ),
    "a day as a number": ("period_end", "45292", "is not a day written YYYY-MM-DD"),
    "a day that does not exist": ("period_end", "2023-02-30", "is not a day written"),
    "a month as a day": ("period_end", "2023-12", "is not a day written"),
    "an end before its start": (
        "period_end",
        "2001-01-01",
        "is before the start of the period",
    ),
    "a date of print in words": (
        "published_date",
        "May 2024",
        "is not a year, month or day",
    ),
    "an area that is not known": ("area", "Lancashre", "did you mean 'Lancashire'"),
    "an area of no map": (
        "area",
        "Freedonia",
        "with level 'force' is not in map_areas.csv",
    ),
    "a measure that is not known": ("measure", "arests", "did you mean 'arrests'"),
    "a programme that is not known": (
        "programme",
        "Op Worrier",
        "is not in map_programmes.csv",
    ),
    "a unit that is not known": ("unit", "furlongs", "is not in map_units.csv"),
    "a hedge that is not known": (
        "qualifier",
        "around",
        "is not among the words allowed",
    ),
    "no publisher": ("publisher", "", "is empty"),
    "no address": ("source_url", "page 5", "is not a web address"),
}


def published(folder, change):
    """The published figures with the first few rows changed; nothing else."""
    shutil.copytree(maker.DATA / "published", folder)
    path = folder / "figures.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))[:4]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, published_figures_checks.INPUTS["figures"])
        writer.writeheader()
        writer.writerows(change(rows))
    return folder


@pytest.mark.parametrize("case", FIGURES)
def test_a_bad_figure_is_named_by_row_and_column(tmp_path, case):
    column, value, said = FIGURES[case]

    def change(rows):
        rows[1][column] = value
        return rows

    folder = published(tmp_path / "published", change)
    with pytest.raises(
        Invalid, match=rf"figures\.csv row 3, column {column}: .*{said}"
    ):
        published_figures.build(folder, tmp_path / "clean")
    assert not (tmp_path / "clean").exists()


def test_a_figure_that_stands_twice_is_refused(tmp_path):
    folder = published(tmp_path / "published", lambda rows: [*rows, rows[0]])
    with pytest.raises(Invalid, match=r"figures\.csv row 6, .* stands twice"):
        published_figures.build(folder, tmp_path / "clean")
    assert not (tmp_path / "clean").exists()


def test_figures_with_a_column_too_many_or_too_few_are_refused(tmp_path):
    folder = published(tmp_path / "published", lambda rows: rows)
    path = folder / "figures.csv"
    for text in (
        path.read_text("utf-8").replace("note\n", "note,more\n", 1),
        "a,b\n1,2\n",
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(
            Invalid, match=r"figures\.csv must have the columns programme, measure"
        ):
            published_figures.build(folder, tmp_path / "clean")
