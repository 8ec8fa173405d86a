"""The tables as a notebook asks for them: by name, with sources, refused in a sentence."""

import pandas as pd
import pytest

import outcomes as oc
from outcomes.core import collection as collections
from outcomes.core.errors import Invalid
from outcomes.findings.finding import cite

FRAMES = {
    "annual_crime": lambda: oc.annual_crime(force="Lancashire"),
    "case_outcomes": lambda: oc.case_outcomes(force="Kent"),
    "coverage": lambda: oc.coverage(force="Lancashire"),
    "districts": lambda: oc.districts(force="Lancashire"),
    "drug_deaths": lambda: oc.drug_deaths("Blackpool"),
    "forces": oc.forces,
    "neighbourhoods": lambda: oc.neighbourhoods("Burnley"),
    "places": oc.places,
    "population": lambda: oc.population("force"),
    "published_figures": lambda: oc.published_figures(programme="fraud"),
    "recorded_crime": lambda: oc.recorded_crime("trafficking"),
    "street_crime": lambda: oc.street_crime("district", force="Lancashire", year=2025),
    "weeks_of_action": lambda: oc.weeks_of_action("op_sceptre"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_has_names_sources_and_columns_that_say_what_they_mean(name):
    frame = FRAMES[name]()
    assert cite(frame) and len(frame)
    for column in ("force", "district", "area", "parent"):
        if column in frame:
            slugs = frame[column].str.fullmatch(r"[a-z]+(-[a-z]+)*|[EWK]\d{8}")
            assert not slugs.any(), frame.loc[slugs, column].unique()
    assert (oc.describe(frame)["description"] != "").all()


def test_a_place_may_be_given_by_name_slug_or_code():
    rows = [
        oc.street_crime("district", force=force, year="2025", area=area)
        for force, area in [
            ("Lancashire", "West Lancashire"),
            ("lancashire", "west-lancashire"),
            ("LANCASHIRE", "E07000127"),
        ]
    ]
    assert rows[0].equals(rows[1]) and rows[0].equals(rows[2])


def test_street_crime_agrees_with_the_tables():
    force = oc.street_crime("force", force="Lancashire", year=2025)
    table = oc.data.tables.rows("crime_force_monthly", None, {"force": "lancashire"})
    table = table[table["month"].dt.year == 2025]
    assert force["n"].sum() == table["n"].sum()
    assert len(force) == 12 * 14
    district = oc.street_crime("district", force="Lancashire", year=2025)
    assert len(district) == 12 * 14 * 14 and 0 < district["n"].sum() < force["n"].sum()
    small = oc.street_crime("neighbourhood", force="Lancashire", year=2025)
    assert small["n"].sum() == force["n"].sum() and (small["lsoa"] == "").any()
    inside = oc.street_crime(
        "neighbourhood", force="Lancashire", year=2025, area="Burnley"
    )
    mine = district.loc[district["district"] == "Burnley", "n"].sum()
    assert inside["n"].sum() == mine


def test_a_group_of_offences_is_one_offence_added_up():
    whole = oc.recorded_crime("burglary", force="Lancashire")
    parts = oc.recorded_crime(
        ["domestic_burglary", "non_domestic_burglary"], force="Lancashire"
    )
    assert set(parts["offence"]) == {"domestic_burglary", "non_domestic_burglary"}
    assert (
        whole.groupby("quarter")["n"].sum().equals(parts.groupby("quarter")["n"].sum())
    )
    assert whole["quarter"].is_unique


def test_a_fact_has_one_row_and_all_its_prints_when_asked():
    latest = oc.published_figures(programme="op_sceptre")
    every = oc.published_figures(programme="op_sceptre", vintages="all")
    assert latest["fact"].is_unique and len(every) > len(latest)
    assert set(every["fact"]) == set(latest["fact"])
    first = oc.published_figures(measure="nrm_referrals", vintages="first")
    last = oc.published_figures(measure="nrm_referrals")
    assert (first["value"] != last["value"]).any()


@pytest.mark.parametrize("programme", ["op_sceptre", "county_lines"])
def test_a_week_has_one_first_day_and_one_row_a_measure(programme):
    weeks = oc.weeks_of_action(programme)
    assert not weeks.duplicated(["week", "area", "measure"]).any()
    assert weeks.groupby("wave")["week"].nunique().eq(1).all()
    assert ((weeks["week_end"] - weeks["week"]).dt.days + 1).between(5, 9).all()
    old = oc.data.waves(programme).set_index("wave")
    assert weeks.groupby("wave")["week"].first().equals(old["start"].rename("week"))


def test_a_town_of_whole_wards_has_its_neighbourhoods():
    town = oc.neighbourhoods("Fleetwood")
    assert set(town["ward"]) == set(oc.collection.towns["Fleetwood"].wards)
    both = oc.neighbourhoods(["Fleetwood", "Burnley"])
    assert len(both) == len(town) + len(oc.neighbourhoods("Burnley"))
    assert len(oc.neighbourhoods(force=["Lancashire", "Leicestershire"])) == len(
        oc.neighbourhoods()
    )


@pytest.mark.parametrize(
    "call, said",
    [
        (
            lambda: oc.street_crime("ward", force="Lancashire"),
            "Allowed: force, district",
        ),
        (
            lambda: oc.street_crime("force", force="Lancashir"),
            "Did you mean 'Lancashire'",
        ),
        (lambda: oc.street_crime("district", force="Cumbria", year=1999), "years held"),
        (lambda: oc.street_crime("neighbourhood", force="Cumbria"), "has no row of"),
        (
            lambda: oc.street_crime("district", force="Lancashire", area="Carlisle"),
            "no district of this force",
        ),
        (
            lambda: oc.street_crime("force", force="Kent", area="Burnley"),
            "by district or",
        ),
        (lambda: oc.street_crime("force", force="Kent", year="25"), "is not a year"),
        (lambda: oc.recorded_crime("traficking"), "Did you mean 'trafficking'"),
        (lambda: oc.annual_crime(force="Atlantis"), "force 'Atlantis' is not known"),
        (lambda: oc.published_figures(area="Blackpol"), "Did you mean 'Blackpool'"),
        (
            lambda: oc.published_figures(vintages="newest"),
            "Allowed: latest, first, all",
        ),
        (lambda: oc.published_figures(measure="arests"), "Did you mean 'arrests'"),
        (lambda: oc.weeks_of_action("op_warrior"), "Allowed: county_lines, op_sceptre"),
        (lambda: oc.neighbourhoods("Fletwood"), "Did you mean 'Fleetwood'"),
        (lambda: oc.neighbourhoods("Leyland"), "district 'Leyland' is not known"),
        (lambda: oc.neighbourhoods("Carlisle"), "No neighbourhood of Carlisle"),
        (lambda: oc.drug_deaths("Kent"), "No drug deaths are held of Kent"),
        (lambda: oc.places("planet"), "level 'planet' is not known"),
        (lambda: oc.check_parameters(district="Burnly"), "Did you mean 'Burnley'"),
    ],
)
def test_a_wrong_question_is_answered_in_a_sentence(call, said):
    with pytest.raises(Invalid, match=said):
        call()


def test_the_collection_says_what_is_local():
    assert oc.collection.force_code == "lancashire"
    known = oc.places().set_index("name")
    assert known.loc[
        [oc.collection.force, *oc.collection.divisions], "level"
    ].tolist() == [
        "force",
        *["division"] * 3,
    ]
    districts = {name for row in oc.collection.map for name in row if name}
    assert districts == set(oc.districts(force=oc.collection.force)["name"])
    assert set(oc.collection.comparison_forces) <= set(oc.forces()["name"])


@pytest.mark.parametrize(
    "text, said",
    [
        ("title = 'x'\n", "needs 'organisation', as text"),
        ("titel = 'x'\n", "Did you mean 'title'"),
        ("title = \n", "cannot be read as TOML"),
    ],
)
def test_a_broken_declaration_is_told_in_a_sentence(tmp_path, text, said):
    file = tmp_path / "collection.toml"
    with pytest.raises(Invalid, match="is not there"):
        collections.read(file)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=said):
        collections.read(file)


def test_as_of_a_day_every_table_obeys():
    try:
        oc.as_of("2022-01-01")
        assert oc.recorded_crime("robbery")["quarter"].max() < pd.Timestamp(
            "2022-01-01"
        )
        assert (oc.published_figures()["published"] <= "2022-01-01").all()
    finally:
        oc.as_of("")
