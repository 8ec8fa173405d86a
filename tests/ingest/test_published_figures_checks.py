"""Broken figures: a sentence that names row and column."""

import csv
import shutil
from datetime import date

import pandas as pd
import pytest

import street_maker as maker
from outcomes.core.errors import Invalid
from outcomes.data import quality
from outcomes.ingest import published_figures, published_figures_checks

FIGURES = {
    "a value with separators astray": ("value", "12,00", "is not a plain number"),
    "a value with a currency": ("value", "£12", "is not a plain number"),
    "a value in full-width digits": ("value", "１２", "is not a plain number"),
    "a value beyond all numbers": ("value", "1e400", "is not a plain number"),
    "a value that is no number": ("value", "NaN", "is not a plain number"),
    "a value with a percent sign": ("value", "12%", "is not a plain number"),
    "no value": ("value", "", "is not a plain number"),
    "a day in two digits": ("period_start", "01/02/23", "is not a day written"),
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
    "an address with a space": ("source_url", "https://a b", "is not a web address"),
    "an address of nothing": ("source_url", "https://", "is not a web address"),
    "an address in half a bracket": (
        "source_url",
        "http://[::1",
        "is not a web address",
    ),
    "an address of this machine": (
        "source_url",
        "https://localhost/x",
        "is not a web address",
    ),
    "an address with a name in it": (
        "source_url",
        "https://me:pw@example.org",
        "is not a web address",
    ),
    "an address of another kind": (
        "source_url",
        "ftp://example.org",
        "is not a web address",
    ),
    "an address that acts": (
        "source_url",
        "javascript:alert(1)",
        "is not a web address",
    ),
    "an address with two dots": (
        "source_url",
        "https://a..org/x",
        "is not a web address",
    ),
    "a period of the year one": ("period_start", "0001-01-01", "is before 1990-01-01"),
    "a period of another century": (
        "period_start",
        "1899-01-01",
        "is before 1990-01-01",
    ),
    "a period without end": (
        "period_end",
        "2099-12-31",
        "over 15 years after the start",
    ),
    "a page older than its period": (
        "published_date",
        "2019-05-01",
        "is long before the period",
    ),
    "a page of another century": (
        "published_date",
        "1066",
        "is long before the period",
    ),
    "a value past all belief": ("value", "9" * 13, "is more than anything here can be"),
    "a character that turns the text": ("note", "a\u202eb", "cannot be seen"),
    "a character of no width": ("publisher", "The\u200bPCC", "cannot be seen"),
    "a bell": ("source_title", "Report\x07", "cannot be seen"),
}
OTHERS = {
    "an area that is its own parent": (
        "areas",
        "parent",
        lambda r: r["area"],
        "lies in itself",
    ),
    "an area with a negative number": (
        "areas",
        "population",
        lambda r: "-5",
        "residents",
    ),
    "an area of no such code": (
        "areas",
        "gss",
        lambda r: "E1",
        "is not a code such as",
    ),
    "residents of no year": (
        "areas",
        "population_year",
        lambda r: "3020",
        "is not a year",
    ),
    "a programme of the year one": (
        "programmes",
        "start",
        lambda r: "0001-01-01",
        "from 1990",
    ),
    "a name that turns": (
        "programmes",
        "name",
        lambda r: "Op\u202e Warrior",
        "cannot be seen",
    ),
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


@pytest.mark.parametrize(
    ("table", "column", "value", "said"), OTHERS.values(), ids=OTHERS
)
def test_what_no_place_or_programme_can_be_is_refused(
    tmp_path, table, column, value, said
):
    folder = published(tmp_path / "published", lambda rows: rows)
    path = folder / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[0][column] = value(rows[0])
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(
        Invalid, match=rf"{table}\.csv row 2, column {column}: .*{said}"
    ):
        published_figures.build(folder, tmp_path / "clean")


def test_areas_that_lie_in_each_other_are_refused():
    columns = published_figures_checks.INPUTS["areas"]
    areas = pd.DataFrame(
        [["a", "A", "town", "", "b", "", ""], ["b", "B", "town", "", "a", "", ""]]
    )
    found = published_figures_checks._area_problems(areas.set_axis(columns, axis=1))
    assert [f.partition(":")[0] for f in found] == [
        "areas.csv row 2, column parent",
        "areas.csv row 3, column parent",
    ]


@pytest.mark.parametrize("column", ["period_start", "period_end"])
def test_a_period_that_is_yet_to_come_stops_the_gate(tmp_path, column):
    clean = tmp_path / "data" / "clean"
    shutil.copytree(maker.DATA / "clean", clean)
    shutil.copy(maker.DATA / "datapackage.json", tmp_path / "data")
    frame = pd.read_csv(clean / "figures.csv", dtype=str, keep_default_na=False)
    frame.loc[0, ["period_start", "period_end"]] = ["2026-11-29", "2026-12-31"]
    frame.loc[0, "period_start"] = (
        "2026-12-01" if column == "period_start" else "2026-11-01"
    )
    frame.to_csv(clean / "figures.csv", index=False)
    errors = quality.errors(clean, today=date(2026, 11, 24))
    assert any(f"figures: {column} lies in the future: '2026-12" in e for e in errors)


def test_the_register_as_it_is_has_no_problem_and_nothing_to_come(tmp_path):
    published_figures.build(maker.DATA / "published", tmp_path / "clean")
    assert quality.errors(maker.DATA / "clean") == []


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


def test_what_a_spreadsheet_saves_is_read_as_it_was_meant(tmp_path):
    """Its code page, days turned round, months as names, thousands apart, and a byte order mark."""
    plain = published(tmp_path / "plain", lambda rows: rows)
    saved = published(tmp_path / "saved", lambda rows: rows)
    path = saved / "figures.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["note"] = "£5 – at least"
    for folder, encoding, as_saved in (
        (plain, "utf-8", False),
        (saved, "cp1252", True),
    ):
        written = [dict(row) for row in rows]
        written[0]["value"] = "1200"
        written[0]["published_date"] = "2024-11"
        for row in written if as_saved else []:
            for column in ("period_start", "period_end"):
                if row[column]:
                    row[column] = "/".join(reversed(row[column].split("-")))
        if as_saved:
            written[0] |= {"value": "1,200", "published_date": "Nov-24"}
        with (folder / "figures.csv").open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(written)
    columns = published_figures_checks.INPUTS["figures"]
    read = published_figures_checks.read_input
    meant = read(plain / "figures.csv", columns)
    pd.testing.assert_frame_equal(read(path, columns), meant)
    marked = b"\xef\xbb\xbf" + (plain / "figures.csv").read_bytes()
    path.write_bytes(marked)
    pd.testing.assert_frame_equal(read(path, columns), meant)


@pytest.mark.parametrize("spelt", ["1409.0", "1409.00", "1,409", "1,409.0"])
def test_a_figure_is_the_same_however_its_number_is_spelt(tmp_path, spelt):
    """A spreadsheet drops the zeros after a point; the figure keeps its name all the same."""

    def figures(folder, value):
        def given(rows):
            rows[0]["value"] = value
            return rows

        given = published(folder / "published", given)
        days = published_figures_checks.INPUTS["publication_days"]
        (given / "publication_days.csv").write_text(",".join(days) + "\n")
        published_figures.build(given, folder / "clean")
        return pd.read_csv(folder / "clean" / "figures.csv", dtype=str)["figure"]

    again = figures(tmp_path / "a", spelt)
    assert again.tolist() == figures(tmp_path / "b", "1409").tolist()


def test_a_figure_that_stands_twice_is_found_in_another_spelling(tmp_path):
    def doubled(rows):
        return [*rows, rows[0] | {"value": rows[0]["value"] + ".0"}]

    folder = published(tmp_path / "published", doubled)
    with pytest.raises(Invalid, match="stands twice with the same programme, measure"):
        published_figures.build(folder, tmp_path / "clean")


@pytest.mark.parametrize(
    ("spelt", "read"),
    [
        ("24.0", "24"),
        ("0.50", "0.5"),
        ("12.05", "12.05"),
        ("100", "100"),
        ("-3.00", "-3"),
        ("0.0", "0"),
        ("0,125", "0,125"),
        ("1,250", "1250"),
    ],
)
def test_a_value_is_read_in_its_shortest_spelling(spelt, read):
    cells = pd.Series([spelt], name="value")
    assert published_figures_checks._as_meant("figures.csv", cells).tolist() == [read]


def test_days_with_the_month_first_are_one_sentence_for_the_whole_column(tmp_path):
    def turned(rows):
        for row in rows:
            row["period_end"] = "01/31/2023"
        return rows

    folder = published(tmp_path / "published", turned)
    with pytest.raises(Invalid, match=r"month first, so that 4 days of column period_"):
        published_figures.build(folder, tmp_path / "clean")
