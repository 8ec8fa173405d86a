"""From the figures as transcribed to the clean tables."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from outcomes.core.errors import Invalid
from outcomes.data import tables
from outcomes.ingest.published_figures import build, plain_notes
from outcomes.ingest.published_figures_checks import last_day

PUBLISHED = Path(__file__).parents[2] / "data" / "published"
CLEAN = Path(__file__).parents[2] / "data" / "clean"
TABLES = ("programmes", "measures", "areas", "sources", "figures")

# Every number on page 5 of the annual report 2023-24, read from the page by hand.
SEED = [
    ("op_warrior", "arrests", "lancashire", 1409, "exact"),
    ("op_warrior", "cannabis_plants_seized", "lancashire", 18000, "over"),
    ("op_warrior", "drugs_seized", "lancashire", 318, "exact"),
    ("op_warrior", "cash_seized", "lancashire", 1_300_000, "over"),
    ("inspection", "hmicfrs_soc_grade", "lancashire", 4, "exact"),
    ("clear_hold_build", "pilot_forces", "england-and-wales", 7, "exact"),
    ("clear_hold_build", "lancashire_among_pilot_forces", "lancashire", 1, "exact"),
    ("clear_hold_build", "site_launch", "fleetwood", 1, "exact"),
    ("project_adder", "disruptions", "blackpool", 305, "exact"),
    ("project_adder", "gangs_disrupted", "adder-areas", 2000, "at_least"),
    ("project_adder", "arrests", "blackpool", 443, "exact"),
    ("project_adder", "cash_seized", "blackpool", 360_942.60, "exact"),
    ("modern_slavery", "anti_slavery_pledge_launched", "lancashire", 1, "exact"),
    ("no_more_knives", "students_reached", "preston", 5000, "over"),
    ("no_more_knives", "students_reached", "lancashire", 2000, "at_least"),
    ("county_lines", "arrests", "east-division", 17, "exact"),
    ("county_lines", "cash_seized", "east-division", 148_000, "over"),
    ("op_sceptre", "knives_recovered", "lancashire", 1100, "over"),
    ("op_sceptre", "knives_surrendered", "lancashire", 1112, "exact"),
    ("op_sceptre", "stop_searches", "lancashire", 289, "exact"),
    ("op_sceptre", "stop_searches_to_arrest", "lancashire", 30, "exact"),
    ("op_sceptre", "stop_searches_knife_found", "lancashire", 6, "exact"),
    ("op_sceptre", "weapon_sweeps", "lancashire", 44, "exact"),
    ("op_sceptre", "schools_engaged", "lancashire", 99, "exact"),
    ("op_sceptre", "diversion_visits", "lancashire", 62, "exact"),
    ("op_sceptre", "schools_for_bins", "lancashire", 32, "exact"),
    ("op_sceptre", "test_purchases", "lancashire", 42, "exact"),
    ("op_sceptre", "test_purchase_failures", "lancashire", 10, "exact"),
    ("fraud", "economic_crime_officers", "lancashire", 2, "exact"),
]


@pytest.fixture(scope="module")
def figures() -> pd.DataFrame:
    return tables.read("figures")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(PUBLISHED / "figures.csv", dtype=str, keep_default_na=False)


@pytest.fixture
def copy(tmp_path) -> Path:
    return Path(shutil.copytree(PUBLISHED, tmp_path / "published"))


def change(folder: Path, table: str, row: int, **cells: str) -> None:
    """Set cells of a row, counted as in a spreadsheet: the header is row 1."""
    frame = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
    for column, value in cells.items():
        frame.loc[row - 2, column] = value
    frame.to_csv(folder / f"{table}.csv", index=False)


def made(folder: Path, name: str = "clean") -> pd.DataFrame:
    build(folder, folder.parent / name)
    return pd.read_csv(
        folder.parent / name / "figures.csv", dtype=str, keep_default_na=False
    )


@pytest.mark.parametrize(("programme", "measure", "area", "value", "qualifier"), SEED)
def test_a_number_on_the_seed_page_is_in_the_register(
    figures, programme, measure, area, value, qualifier
):
    seed = figures[figures["seed"] & (figures["programme"] == programme)]
    found = seed[(seed["measure"] == measure) & (seed["area"] == area)]
    assert list(found["value"]) == [value]
    assert list(found["qualifier"]) == [qualifier]


def test_the_seed_page_has_no_other_figure(figures):
    assert figures["seed"].sum() == len(SEED)


def test_the_clean_tables_are_what_the_published_files_make(tmp_path):
    build(PUBLISHED, tmp_path)
    for table in TABLES:
        new, old = tmp_path / f"{table}.csv", CLEAN / f"{table}.csv"
        assert new.read_bytes() == old.read_bytes(), (
            f"run the build again: {table}.csv differs"
        )
        assert b"\r" not in new.read_bytes()


def test_identifiers_are_unique(figures):
    assert figures["figure"].is_unique
    for table, key in (
        ("sources", "source"),
        ("areas", "area"),
        ("measures", "measure"),
    ):
        assert tables.read(table)[key].is_unique


def test_every_label_is_mapped_and_every_map_is_used(rows):
    def pairs(name: str, *columns: str) -> set:
        frame = pd.read_csv(PUBLISHED / f"{name}.csv", dtype=str, keep_default_na=False)
        return set(frame[list(columns)].itertuples(index=False, name=None))

    def labels(*columns: str) -> set:
        return set(rows[list(columns)].itertuples(index=False, name=None))

    assert labels("programme") == pairs("map_programmes", "label")
    assert labels("programme", "measure") == pairs("map_measures", "label", "measure")
    assert labels("area", "area_level") == pairs("map_areas", "label", "level")
    assert labels("unit") == pairs("map_units", "label")


def test_no_figure_is_lost(rows, figures):
    assert len(figures) == len(rows) > 1600
    assert figures["value"].sum() == pytest.approx(rows["value"].astype(float).sum())


def test_a_corrected_note_leaves_the_identifier_and_a_new_value_does_not(copy):
    before = made(copy, "before")
    change(copy, "figures", 2, note="Corrected.")
    change(copy, "figures", 3, value="18001")
    after = made(copy, "after")
    assert after.loc[0, "figure"] == before.loc[0, "figure"]
    assert after.loc[1, "figure"] != before.loc[1, "figure"]


def test_every_problem_is_listed_with_its_place_and_the_nearest_word(copy):
    change(copy, "figures", 4, measure="drugs_siezed_total")
    change(copy, "figures", 5, value="1,300,00", period_end="31.12.2023")
    change(copy, "figures", 6, area="Lancashir")
    change(copy, "figures", 7, qualifier="about", unit="arests")
    with pytest.raises(Invalid) as caught:
        made(copy)
    text = str(caught.value)
    assert text.startswith("6 problems")
    assert "row 4, column measure: 'drugs_siezed_total'" in text
    assert "did you mean 'drugs_seized_total'?" in text
    assert "row 5, column value: '1,300,00' is not a plain number" in text
    assert "row 5, column period_end: '31.12.2023' is not a day" in text
    assert "row 6, column area: 'Lancashir'" in text
    assert "did you mean 'Lancashire'?" in text
    assert "row 7, column qualifier: 'about'" in text
    assert "row 7, column unit: 'arests'" in text
    assert "did you mean 'arrests'?" in text
    assert not (copy.parent / "clean").exists()


@pytest.mark.parametrize(
    ("table", "row", "cells", "words"),
    [
        ("figures", 2, {"period_start": "2024-01-01"}, "before the start"),
        ("figures", 2, {"published_date": "2024-13"}, "not a year, month or day"),
        ("figures", 2, {"published_date": "0000"}, "not a year, month or day"),
        ("figures", 2, {"source_url": "page 5"}, "not a web address"),
        ("figures", 2, {"unit": "kg"}, "unit of its measure 'arrests'"),
        ("map_areas", 2, {"area": "nowhere"}, "not in areas.csv"),
        ("map_measures", 2, {"slug": "nothing_known"}, "not in measures.csv"),
        ("measures", 2, {"kind": "result"}, "not among the words allowed"),
        ("areas", 3, {"area": "england"}, "stands twice"),
        ("publication_days", 2, {"url": "https://x.org"}, "is not in figures.csv"),
        (
            "publication_days",
            2,
            {"published": "2023-13"},
            "is not a year, month or day",
        ),
        ("publication_days", 2, {"by": "2023"}, "is not a day written YYYY-MM-DD"),
        (
            "publication_days",
            2,
            {"by": "2023-10-01"},
            "is after the last day that published can",
        ),
        (
            "publication_days",
            2,
            {"published": "", "by": ""},
            "is empty, and so is published",
        ),
        ("publication_days", 2, {"how": ""}, "is empty: say how the day was found"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused(copy, table, row, cells, words):
    change(copy, table, row, **cells)
    with pytest.raises(Invalid, match=words):
        made(copy)


def test_a_page_that_prints_no_date_has_the_day_that_was_found(copy):
    """The day found is never later than it can be, and never stands beside one that is printed."""
    days = pd.read_csv(copy / "publication_days.csv", dtype=str, keep_default_na=False)
    found = made(copy).merge(days, on="url", suffixes=("", "_found"))
    last = found["by"].where(found["by"] != "", found["published_found"].map(last_day))
    assert len(days) > 40 and set(days["url"]) == set(found["url"])
    assert (found["published"] == last).all() and (found["published"] != "").all()
    text = pd.read_csv(
        copy.parent / "clean/sources.csv", dtype=str, keep_default_na=False
    )
    told = text.merge(days, on="url")
    assert (told["published_x"] == told["published_y"]).all()
    seed = text.loc[text["seed"] == "true"].iloc[0]
    assert (seed["published"], seed["published_by"]) == ("2024", "2024-12-31")
    change(
        copy, "figures", 2, source_url=days.loc[0, "url"], published_date="2023-09-01"
    )
    with pytest.raises(
        Invalid, match=r"publication_days.csv row 2, column url: .* has its date"
    ):
        made(copy)


def test_a_day_that_was_found_makes_no_copy_of_two_pages(copy):
    """Only printed days can say that two pages came out within a fortnight of each other."""
    before = (made(copy)["copy_of"] != "").sum()
    pd.DataFrame(columns=["url", "published", "by", "how"]).to_csv(
        copy / "publication_days.csv", index=False
    )
    assert before == (made(copy, "undated")["copy_of"] != "").sum() > 100


def test_a_row_that_stands_twice_is_refused(copy, rows):
    pd.concat([rows, rows.tail(1)]).to_csv(copy / "figures.csv", index=False)
    with pytest.raises(Invalid, match=f"row {len(rows) + 2}, .*stands twice"):
        made(copy)


def test_a_print_of_the_same_release_points_to_the_first(figures):
    copies = figures[figures["copy_of"] != ""].set_index("figure")
    first = figures.set_index("figure").loc[copies["copy_of"]]
    assert (first["fact"].to_numpy() == copies["fact"].to_numpy()).all()
    assert (first["value"].to_numpy() == copies["value"].to_numpy()).all()
    assert (first["copy_of"] == "").all()
    assert not copies["seed"].any()
    told = figures["note"].str.contains("count once")
    release = figures[told & figures["measure"].ne("drugs_seized")]
    assert (release["copy_of"] != "").all()


def test_a_restatement_long_after_is_not_a_copy(figures):
    year = figures[
        (figures["measure"] == "nrm_referrals") & (figures["value"] == 19125)
    ]
    assert sorted(zip(year["publisher"], year["copy_of"] != "", strict=True)) == [
        ("Home Office", False),
        (
            "Home Office (Dandy Booksellers listing)",
            True,
        ),  # 13 days after the Home Office
        ("The Independent (Home Office data)", False),  # five months after
    ]


def test_a_week_printed_with_another_last_day_is_the_same_fact(figures):
    bins = figures[
        (figures["measure"] == "knives_surrendered") & (figures["value"] == 1112)
    ]
    assert set(bins["period_end"].dt.day) == {19, 20}
    assert set(bins["fact"]) == {
        "op_sceptre.knives_surrendered.lancashire.week.2023-11"
    }


def test_two_undated_pages_are_two_facts(figures):
    undated = figures[figures["period_start"].isna() & figures["period_end"].isna()]
    assert (undated.groupby("fact")["source"].nunique() == 1).all()


def test_marks_of_a_note_set_the_state_of_the_period_and_the_basis(figures, rows):
    assert figures["value"].tolist() == rows["value"].astype(float).tolist()
    unclear = {"ambiguous", "unstated"}
    for mark, column, states in (
        ("PERIOD AMBIGUOUS", "period_state", {"ambiguous"}),
        ("PERIOD NOT STATED", "period_state", unclear),
        ("PERIOD INFERRED", "period_state", {"inferred", *unclear}),
        ("CODED", "basis", {"coded"}),
        ("DERIVED SUM", "basis", {"derived_sum"}),
    ):
        marked = rows["note"].str.contains(mark).to_numpy()
        assert marked.any() and set(figures.loc[marked, column]) <= states, mark
    inferred = (figures["period_state"] == "inferred").to_numpy()
    assert rows.loc[inferred, "note"].str.contains("PERIOD INFERRED").all()
    assert (figures["basis"] == "derived_sum").sum() == 4
    blank = figures[figures["period_start"].isna() & figures["period_end"].isna()]
    assert set(blank["period_state"]) == unclear


def test_readers_see_notes_without_marks_and_shouted_words(figures):
    """What is written in capitals is a name: no note has the same word in small letters."""
    words = figures["note"].str.findall(r"\b[A-Za-z]{3,}\b").explode().dropna()
    capitals = set(words[words.str.isupper()].str.lower())
    assert capitals and capitals.isdisjoint(words[words.str.islower()])
    assert (
        not figures["note"].str.contains(r"\bseed\b|\bexcerpt\b|in the store\b").any()
    )


@pytest.mark.parametrize(
    ("note", "plain"),
    [
        ("PERIOD INFERRED national wave, May 2023.", "National wave, May 2023."),
        ("PERIOD NOT STATED. Undated post.", "Undated post."),
        ("PERIOD AMBIGUOUS. AMBIGUOUS: two readings.", "Two readings."),
        (
            "Grades. CODED: the page prints the word.",
            "Grades. The page prints the word.",
        ),
        ("One of two sums. PERIOD AMBIGUOUS.", "One of two sums."),
        ("Nothing to add.", "Nothing to add."),
        ("", ""),
    ],
)
def test_a_note_without_its_marks_is_a_sentence(note, plain):
    assert plain_notes(pd.Series([note])).tolist() == [plain]


def one(figures: pd.DataFrame, measure: str, area: str, **where) -> float:
    rows = figures[(figures["measure"] == measure) & (figures["area"] == area)]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert rows["value"].nunique() == 1, rows[["value", "period_start", "publisher"]]
    return rows["value"].iloc[0]


def test_parts_add_up_to_the_whole_that_the_same_page_prints(figures):
    places = ("accrington", "blackburn", "burnley", "darwen", "nelson", "rossendale")
    arrests = [one(figures, "modern_slavery_arrests", place) for place in places]
    east = one(figures, "modern_slavery_arrests", "east-division")
    assert sum(arrests) == east == 250
    rest = [
        one(figures, "modern_slavery_arrests", place)
        for place in ("preston", "blackpool", "rest-of-lancashire")
    ]
    years = figures[figures["period_start"] == "2015-01-01"]
    assert east + sum(rest) == one(years, "modern_slavery_arrests", "lancashire") == 744


@pytest.mark.parametrize(
    ("area", "start"),
    [("england-and-wales", "2018-02-12"), ("merseyside", "2023-05-15")],
)
def test_purchases_passed_and_failed_add_up_to_those_made(figures, area, start):
    counts = {
        name: one(figures, name, area, period_start=pd.Timestamp(start))
        for name in ("test_purchases", "test_purchase_passes", "test_purchase_failures")
    }
    assert counts["test_purchases"] == sum(counts.values()) / 2


def test_populations_are_those_of_the_office_for_national_statistics():
    areas = tables.read("areas").set_index("area")
    forces = areas[areas["level"] == "force"]
    # Mid-2020 estimate for England and Wales: 59,719,724.
    assert (
        forces["population"].sum()
        == areas.loc["england-and-wales", "population"]
        == 59_719_724
    )
    divisions = areas[areas["level"] == "division"]
    districts = areas[areas["level"] == "district"]
    # Of districts the census is held: 1,531,123. Of forces only mid-2020, for all of them alike.
    assert divisions["population"].sum() == districts["population"].sum() == 1_531_123
    assert set(divisions["population_year"]) | set(districts["population_year"]) == {
        2021
    }
    assert areas.loc["lancashire", ["population", "population_year"]].tolist() == [
        1_515_487,
        2020,
    ]
    assert districts["gss"].str.match(r"E0[67]\d{6}$").all()


def test_nobody_is_named_in_a_note(rows):
    titled = re.compile(
        r"\b(?:Supt|Superintendent|Inspector|Sergeant|Sgt|PC|Commander|Cllr|Mr|Mrs|Ms|Dr) [A-Z]"
    )
    assert not rows["note"].str.contains(titled).any()
    assert not rows.stack().str.contains(r"\bDavid\b").any()
