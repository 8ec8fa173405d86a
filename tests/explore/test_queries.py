"""What a question rests on, by a second route."""

from pathlib import Path

import pandas as pd
import pytest

from outcomes.data import crime, places, published_figures, tables
from outcomes.explore import queries
from outcomes.explore.queries import Question

ROBBERY = Question("recorded_crime", "robbery", ("Lancashire",), by="calendar year")


def test_figures_are_those_whose_period_overlaps_the_years():
    every = published_figures.published_figures(
        programme="op_warrior", measure="arrests", area="Lancashire", vintages="all"
    )
    arrests = Question("op_warrior", "arrests", ("Lancashire",))
    assert set(queries.figures(arrests)["figure"]) == set(every["figure"])
    arrests.start = arrests.end = "2023"
    first, last = every["period_start"], every["period_end"]
    dated = every[first.notna() | last.notna()]
    inside = dated[
        ~(dated["period_end"] < "2023-01-01") & ~(dated["period_start"] > "2023-12-31")
    ]
    assert 0 < len(inside) < len(every)
    assert set(queries.figures(arrests)["figure"]) == set(inside["figure"])
    assert queries.figures(arrests, latest=True)["fact"].is_unique


def test_figures_of_parts_are_those_of_places_within():
    lancashire = Question("op_warrior", "arrests", ("Lancashire",))
    found = set(queries.figures_with_parts(lancashire)["area"])
    above = places.places().set_index("name")["parent"]
    assert len(found) > 1
    for area in found - {"Lancashire"}:
        while area and area != "Lancashire":
            area = above[area]
        assert area == "Lancashire"


def test_figures_of_a_level_are_of_one_kind_of_place():
    question = Question("op_sceptre", "arrests", ("Lancashire",))
    rows = queries.figures_of_level(question)
    assert set(rows["level"]) == {"force"} and rows["area"].nunique() > 1


def test_counts_are_of_whole_periods_only():
    table = crime.recorded_crime("robbery", force="Lancashire")
    whole = table.groupby(table["quarter"].dt.year)["n"].agg(["sum", "size"])
    whole = whole.loc[whole["size"] == 4, "sum"]
    counts = queries.crime_counts(ROBBERY)
    assert dict(zip(counts["period"].dt.year, counts["n"], strict=True)) == dict(whole)
    assert counts.attrs["sources"][0]["title"]


def test_a_period_that_one_place_lacks_is_whole_for_the_others(monkeypatch):
    counts = queries._counted.__wrapped__(None, "recorded_crime", "robbery")
    gone = (counts["area"] == "Kent") & (counts["day"] == "2023-04-01")
    monkeypatch.setattr(queries, "_counted", lambda *_: counts[~gone])
    found = queries.crime_counts(ROBBERY, everywhere=True)
    years = found.groupby("area")["period"].nunique()
    assert years["Kent"] == years["Lancashire"] - 1


def test_negative_counts_are_nought(monkeypatch):
    counts = queries._counted.__wrapped__(None, "recorded_crime", "robbery")
    monkeypatch.setattr(queries, "_counted", lambda *_: counts.assign(n=-1))
    assert set(queries.crime_counts(ROBBERY)["n"]) == {0}


def test_rates_of_the_city_of_london_are_left_out():
    areas = queries.crime_places(None, queries.RECORDED)["area"]
    assert "City of London" not in set(areas) and len(areas) == 42
    street = queries.crime_places(None, queries.STREET)
    levels = street["level"].value_counts()
    assert (levels["district"], levels["force"]) == (14, 1)


def test_the_county_is_its_districts_and_a_town_its_neighbourhoods():
    burglary = Question(
        "street_crime", "burglary", ("Lancashire", "Fleetwood"), by="month"
    )
    counts = queries.crime_counts(burglary, everywhere=True).set_index("period")
    month = counts.loc["2025-03-01"].set_index("area")["n"]
    table = crime.street_crime("district", force="Lancashire", year=2025)
    rows = table[(table["type"] == "Burglary") & (table["month"] == "2025-03-01")]
    assert month["Lancashire"] == rows["n"].sum()
    small = crime.street_crime("neighbourhood", force="Lancashire", area="Wyre")
    small = small[(small["type"] == "Burglary") & (small["month"] == "2025-03-01")]
    inside = small["lsoa"].isin(places.neighbourhoods("Fleetwood")["lsoa"])
    assert month["Fleetwood"] == small.loc[inside, "n"].sum()


def test_a_regular_series_has_a_gap_where_a_period_was_not_published():
    question = Question("modern_slavery", "nrm_referrals", ("United Kingdom",))
    values = queries.regular_series(question)
    assert values.name == "quarter"
    assert values.index.freqstr.startswith("QS")
    assert values.count() >= 12


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [("cash_seized", 1200, "£1,200"), ("arrests_change", 53, "53%")],
)
def test_values_are_written_in_the_unit_of_their_measure(measure, value, text):
    subject = queries.subject(Question("op_warrior", measure))
    assert subject.write(value) == text


def test_residents_are_those_of_the_table_of_places():
    known = places.places().set_index("name")["population"]
    found = queries.residents(["Preston", "no such place"])
    assert found["Preston"] == known["Preston"] and pd.isna(found["no such place"])


def test_what_is_kept_is_of_the_day_of_the_page():
    """Asked before a day is set, on it, and after: each time what was published by then."""
    arrests = Question("op_warrior", "arrests", ("Lancashire",))
    now = queries.figures(arrests)
    with tables.whole():
        published_figures.as_of("2024-06-30")
        then = queries.figures(arrests)
        years = queries.crime_years(tables.state(), queries.RECORDED)
    assert 0 < len(then) < len(now)
    assert then["published"].max() <= pd.Timestamp("2024-06-30")
    assert years.stop < queries.crime_years(tables.state(), queries.RECORDED).stop
    assert len(queries.figures(arrests)) == len(now)


def test_a_table_that_is_replaced_is_read_anew(monkeypatch, tmp_path):
    (clean := tmp_path / "clean").mkdir()
    for file in (tables.root() / "clean").iterdir():
        (clean / file.name).symlink_to(Path(file).resolve())
    figures = tables.path_of("figures")
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path))
    arrests = Question("op_warrior", "arrests", ("Lancashire",))
    before = queries.figures(arrests)
    rows = pd.read_csv(figures, dtype=str, keep_default_na=False)
    gone = rows["figure"] == before["figure"].iloc[0]
    (clean / "figures.csv").unlink()
    rows[~gone].to_csv(clean / "figures.csv", index=False)
    assert len(queries.figures(arrests)) == len(before) - 1
