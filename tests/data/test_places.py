"""The tables as a notebook asks for them: by name, with sources, refused in a sentence."""

import pandas as pd
import pytest

import outcomes as oc
from outcomes.core import collection as collections
from outcomes.core.errors import Invalid
from outcomes.data import places, tables, vocabularies
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
        (lambda: oc.neighbourhoods("Leyland"), "district 'Leyland' is not among those"),
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
    types = oc.street_crime("district", force=oc.collection.force, year=2025)["type"]
    assert set(oc.collection.compared) <= {*types, "All crime"}
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


def test_places_have_official_sizes():
    forces = oc.forces()
    assert len(forces) == 43
    assert forces["population"].sum() == 59_719_724  # England and Wales
    lancashire = forces.set_index("name").loc["Lancashire"]
    assert (lancashire["population"], lancashire["gss"]) == (1_515_487, "E23000003")
    districts = oc.districts(force="Lancashire").set_index("name")
    # the census; 89,344 was superseded
    assert districts.loc["Burnley", "population"] == 94658
    assert (districts["population_year"] == 2021).all()
    everywhere = oc.districts()
    assert len(everywhere) == 331 and set(everywhere["population_year"]) == {2020}


def test_one_function_gives_the_best_residents_on_one_basis():
    ours = oc.population(force="Lancashire", year=2025)
    assert ours["population"].sum() == 1_531_123 and len(ours) == 14
    caveat = ours.attrs["caveat"]
    assert "census of March 2021" in caveat and "2025" in caveat
    assert ours.attrs["sources"][0]["title"] == "Census 2021, usual residents"
    everyone = oc.population("force")
    assert set(everyone["population_year"]) == {2020}
    assert everyone["population"].notna().all()
    assert "3.5% fewer to 5.9% more" in everyone.attrs["caveat"]
    error = places.population_error()
    assert error["Burnley"] == pytest.approx(94658 / 89344 - 1)
    with pytest.raises(Invalid, match="level"):
        oc.population("ward")


def test_no_caveat_speaks_of_a_census_that_was_not_out():
    try:
        oc.as_of("2021-06-30")
        assert "nan" not in oc.population("force", year=2020).attrs["caveat"]
    finally:
        oc.as_of("")
    caveat = oc.population("force", year=2025).attrs["caveat"]
    assert "the census of 2021 counted" in caveat


def test_areas_of_the_register_have_the_residents_of_the_districts():
    known = oc.places().set_index("gss")
    people = oc.population(force="Lancashire").set_index("code")["population"]
    assert known.loc[people.index, "population"].tolist() == people.tolist()
    parts = oc.places("district").groupby("parent")["population"].sum()
    divisions = oc.places("division").set_index("name")["population"]
    assert (divisions == parts[divisions.index]).all()
    assert len(oc.places("district")) == 14 and len(oc.places("force")) == 44


def test_names_of_places_inside_a_place():
    assert len(places.place_names("district", within="Lancashire")) == 14
    assert "Coventry" in places.place_names("town")
    assert "Coventry" not in places.place_names("town", within="Lancashire")
    with pytest.raises(Invalid, match="Did you mean 'Lancashire'"):
        places.place_names("town", within="Lancashir")


def test_every_name_that_is_offered_is_there():
    for room in (oc, oc.data):
        for name in dir(room):
            assert getattr(room, name) is not None
    with pytest.raises(AttributeError, match="crime_weekly"):
        _ = oc.data.crime_weekly


def test_panels_hold_every_located_count_of_complete_months_and_no_other():
    made = oc.crime_panels(
        ["drug offences", "all crime"], force=["Lancashire", "Leicestershire"]
    )
    panel = made["drug offences"]
    months = oc.coverage(force="Lancashire").query("state == 'complete'")["month"]
    assert list(panel.index) == list(months)  # Leicestershire has more
    assert panel.shape[1] == 945 + 634 and panel.notna().all(axis=None)
    rows = oc.street_crime("neighbourhood", force="Lancashire")
    drugs = rows[rows["type"].isin(oc.OUTCOMES["drug offences"])]
    inside = drugs[drugs["lsoa"].isin(panel.columns)]
    home = oc.neighbourhoods(force="Lancashire")["lsoa"]
    assert panel[home].to_numpy().sum() == inside["n"].sum()
    assert (made["all crime"] >= panel).all(axis=None)
    assert len(oc.neighbourhoods("Blackpool")) == 94


def test_a_town_or_a_list_of_neighbourhoods_is_a_place_with_a_name():
    inside = places.neighbourhoods("Burnley")["lsoa"].tolist()[:3]
    listed = places.place(", ".join(inside).lower())
    assert str(listed) == "3 neighbourhoods of Burnley"
    assert places.neighbourhoods(listed)["lsoa"].tolist() == inside
    assert places.neighbourhoods(inside)["lsoa"].tolist() == inside
    both = places.neighbourhoods([listed, "Fleetwood"])
    assert len(both) == 3 + len(places.neighbourhoods("Fleetwood"))
    assert (
        places.place(places.place("nelson and brierfield")) == "Nelson and Brierfield"
    )
    with pytest.raises(Invalid, match="No neighbourhood E01999999"):
        places.place(f"{inside[0]}, E01999999")
    with pytest.raises(Invalid, match="Did you mean 'Nelson and Brierfield'"):
        places.place("Nelson")


def test_a_list_of_neighbourhoods_may_be_a_parameter():
    inside = ", ".join(places.neighbourhoods("Wyre")["lsoa"][:2])
    assert vocabularies.check("place", inside, parameter="area") == inside
    vocabularies.check_parameters(place=inside)
    with pytest.raises(Invalid, match="is held here"):
        vocabularies.check("place", "E01999999", parameter="area")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: oc.check_parameters(district="Nelson"), "it is a town in Pendle"),
        (lambda: oc.check_parameters(place="Leyland"), "a town in South Ribble"),
        (
            lambda: oc.check_parameters(district="Leicester"),
            "it is a district in Leicestershire",
        ),
        (
            lambda: oc.street_crime("district", force="Lancashire", area="Fleetwood"),
            "it is a town in Wyre",
        ),
        (lambda: oc.neighbourhoods("Kent"), "it is a force in England"),
    ],
)
def test_a_place_of_another_kind_is_named_as_what_it_is(asked, said):
    with pytest.raises(Invalid, match=said) as caught:
        asked()
    assert "Did you mean" not in str(caught.value)


def test_crime_by_neighbourhood_can_be_asked_of_a_town_and_of_codes():
    town = oc.street_crime(
        "neighbourhood", force="Lancashire", area="Fleetwood", year=2025
    )
    inside = oc.neighbourhoods("Fleetwood")["lsoa"]
    whole = oc.street_crime("neighbourhood", force="Lancashire", area="Wyre", year=2025)
    assert town["n"].sum() == whole.loc[whole["lsoa"].isin(inside), "n"].sum() > 3000
    codes = oc.street_crime(
        "neighbourhood", force="Lancashire", area=", ".join(inside), year=2025
    )
    assert codes["n"].sum() == town["n"].sum()


@pytest.mark.parametrize("table", ["forces", "districts"])
def test_a_place_is_written_as_its_table_has_it_however_it_was_asked(table):
    before = tables.reads()
    for name in places.names(table):
        assert places.true_name(name) == places.true_name(name.upper()) == name
    for code, name in places.names("forces").items():
        assert places.true_name(code) == name
    assert places.true_name("dyfed-powys") == "Dyfed-Powys"
    assert places.true_name("no-such-place") == "No Such Place"
    assert tables.reads() == before
