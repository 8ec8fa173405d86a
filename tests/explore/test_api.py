"""What an analyst types first: short names, tab completion, columns that say what they mean."""

import subprocess
import sys

import pandas as pd
import pytest

import outcomes as oc
from outcomes.core.errors import Invalid
from outcomes.data import tables


def test_the_import_is_light_and_the_names_are_there_for_tab():
    code = "import sys, outcomes; print(*dir(outcomes)); print('pandas' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    ).stdout
    names, heavy = said.splitlines()
    assert heavy == "False"
    there = {"published_figures", "street_crime", "recorded_crime", "programmes"}
    assert there | {"help", "describe", "explore"} <= set(names.split())


def test_a_misspelled_name_is_answered_with_the_nearest():
    with pytest.raises(AttributeError, match="Did you mean 'published_figures'"):
        oc.publishd_figures  # noqa: B018
    with pytest.raises(Invalid, match="Did you mean 'op_sceptre'"):
        oc.help("op_scepter")
    with pytest.raises(Invalid, match="Did you mean 'Blackpool'"):
        oc.street_crime("district", force="Lancashire", area="Blackpol")
    with pytest.raises(Invalid, match="Did you mean 'trafficking'"):
        oc.recorded_crime("traficking")
    with pytest.raises(Invalid, match="Did you mean 'arrests'"):
        oc.published_figures(measure="arests")


def test_every_column_says_what_it_means_and_still_does_after_a_filter():
    for frame in (
        oc.published_figures(),
        oc.weeks_of_action("op_sceptre"),
        oc.programmes(),
        oc.street_crime("district", force="Lancashire", area="Burnley"),
        oc.recorded_crime("92A", force="Kent"),
    ):
        told = oc.describe(frame.head(3))
        assert list(told["column"]) == list(frame.columns)
        assert (told["description"] != "").all()


def test_columns_of_a_table_of_ones_own_mean_what_its_description_says(
    tmp_path, monkeypatch
):
    (own := tmp_path / "own").mkdir()
    (tmp_path / "clean").symlink_to(tables.root() / "clean")
    (own / "survey.csv").write_text("place,safe\nWyre,61.5\n")
    (own / "survey.toml").write_text(
        'title = "Survey"\npublisher = "Us"\nlicence = "OGL"\n[columns]\n'
        'place = "text"\n'
        'safe = { type = "number", about = "Residents who feel safe.", unit = "%" }\n'
    )
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path))
    told = oc.describe(oc.own("survey").assign(mine=1)).set_index("column")
    said = ["number", "%", "Residents who feel safe."]
    assert told.loc["safe"].to_list() == said
    assert told.loc["place", "type"] == "text"
    assert told.loc["mine"].to_list() == ["", "", ""]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("op_sceptre", "Take knives off the streets"),
        ("Op Sceptre", "Take knives off the streets"),
        ("arrests", "Unit: count"),
        ("burglary", "a type of street-level crime"),
        ("burglary", "oc.recorded_crime('burglary')"),
        ("lsoa", "Lower layer super output area"),
        ("blackpool", "Blackpool: a district"),
        ("ASB", "is not a crime in these data"),
        ("stop and search", "oc.published_figures(measure='stop_searches')"),
        ("cash seized", "Unit: £"),
        ("Fraud investment", "oc.published_figures(programme='fraud')"),
        ("nelson and brierfield", "oc.neighbourhoods('Nelson and Brierfield')"),
        ("28A", "Burglary in a dwelling"),
        ("Lancashire Constabulary", "force='Lancashire'"),
        ("drug offences", "'drug offences' is part of: "),
        ("coverage", "Table coverage."),
        ("denominator", "Source:"),
        ("", "oc.published_figures"),
    ],
)
def test_help_knows_programmes_measures_places_tables_and_terms(word, said):
    assert said in repr(oc.help(word))


CALLS = {
    "programme": lambda word: oc.published_figures(programme=word),
    "measure": lambda word: oc.published_figures(measure=word, vintages="All"),
    "area": lambda word: oc.published_figures(area=word),
    "week": lambda word: oc.weeks_of_action(word),
    "group": lambda word: oc.recorded_crime(word, force="KENT"),
    "by": lambda word: oc.street_crime(word, force="lancashire", year=2025),
    "district": lambda word: oc.street_crime(
        "district", force="Lancashire", area=word, year=2025
    ),
    "town": lambda word: oc.neighbourhoods(word),
    "level": lambda word: oc.places(word),
}


@pytest.mark.parametrize(
    ("call", "exact", "spellings"),
    [
        ("programme", "op_sceptre", ["Op Sceptre", "OP-SCEPTRE", " op sceptre "]),
        ("measure", "cash_seized", ["Cash seized", "cash-seized"]),
        ("area", "East Division", ["east division", "east-division"]),
        ("week", "county_lines", ["County Lines"]),
        ("group", "drug_possession", ["Drug possession", "drug-possession"]),
        ("by", "district", ["District", "DISTRICT"]),
        ("district", "West Lancashire", ["west lancashire", "west-lancashire"]),
        ("town", "Nelson and Brierfield", ["nelson and brierfield"]),
        ("level", "division", ["Division"]),
    ],
)
def test_capitals_hyphens_and_spaces_matter_nowhere(call, exact, spellings):
    """One rule for every name that a function of the data room takes."""
    expected = CALLS[call](exact)
    assert len(expected)
    for word in spellings:
        pd.testing.assert_frame_equal(CALLS[call](word), expected)


def test_a_parameter_of_a_notebook_is_spelt_as_it_is_used():
    """A notebook goes on with what it was given, so there the right spelling is told."""
    with pytest.raises(Invalid, match="is spelt 'Burnley'"):
        oc.check_parameters(district="burnley")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"start": "twenty"}, "From 'twenty' is not a year written YYYY"),
        ({"end": None}, "To None is not a year written YYYY"),
        ({"measure": ["robbery"]}, "Measure takes one, not a list"),
        ({"areas": 5}, "Places 5 is not known. Allowed: Avon and Somerset"),
        ({"chart": 7}, "Chart 7 is not known. Allowed: Over time"),
    ],
)
def test_a_value_of_another_kind_is_refused_in_a_sentence(given, said):
    asked = {"measure": "robbery", "areas": "Kent"} | given
    with pytest.raises(Invalid, match=said):
        oc.explore.ask("recorded_crime", **asked)


def test_a_year_as_a_number_and_places_as_a_column_are_what_they_say():
    frame = oc.street_crime("district", force="Lancashire")
    two = frame["district"].drop_duplicates().head(2)
    found = oc.explore.ask("street_crime", "burglary", two, start=2021)
    assert found.facts["area"] == " and ".join(two)
    same = oc.explore.ask("street_crime", "burglary", list(two), start="2021")
    assert found.sentence == same.sentence and "from 2021 to" in found.sentence
    assert oc.explore.open("recorded_crime", start=2020).question.start == "2020"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"programme": "op_scepter"}, "Did you mean 'op_sceptre'"),
        ({"measure": "arests"}, "Did you mean 'arrests'"),
        ({"areas": ["Kent", "Prestn"]}, "Did you mean 'Preston'"),
        ({"chart": "over tine"}, "Did you mean 'Over time'"),
        ({"by": "quater"}, "Did you mean 'quarter'"),
        ({"unit": "as counted"}, "Did you mean 'As counted'"),
        ({"comparison": "Other place"}, "Did you mean 'Other places'"),
        ({"fact": "op_warrior.arrests"}, "Figure 'op_warrior.arrests' is not known"),
        ({"start": "2020s"}, "not a year"),
    ],
)
def test_the_controls_refuse_what_is_no_option_anywhere(given, said):
    """And stay as they were; what is an option of another question gives way."""
    with pytest.raises(Invalid, match=said):
        oc.explore.open(**({"programme": "op_warrior"} | given))
    shown = oc.explore.open("op_warrior", "burglary", "Kent", start=1950)
    before = shown.question
    assert (before.measure, before.areas) == ("arrests", ("Lancashire",))
    with pytest.raises(Invalid, match=said):
        shown.set(**given)
    assert shown.question == before


def test_the_controls_take_one_place_by_name_and_know_their_own_names():
    shown = oc.explore.open("street_crime", "burglary")
    shown.set(areas="Preston")
    assert shown.question.areas == ("Preston",)
    with pytest.raises(Invalid, match="'area' is not known"):
        shown.set(area="Preston")


def test_help_knows_the_functions_by_name():
    said = str(oc.help("oc.street_crime"))
    assert said.startswith("oc.street_crime(by, force, year, area, gaps): Street-level")
