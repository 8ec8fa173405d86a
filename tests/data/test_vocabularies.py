"""Vocabularies of parameters: what a page may be asked for."""

from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes import data
from outcomes.core.errors import Invalid, NotEnough
from outcomes.data import vocabularies as module
from outcomes.data.vocabularies import check, choices

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", module.vocabularies())
def test_every_vocabulary_lists_text_once_and_accepts_it(name):
    listed = choices(name)
    assert listed, f"{name} has no value"
    assert len(set(listed)) == len(listed)
    assert [check(name, value) for value in listed] == listed
    if name in module.SEVERAL:
        assert check(name, listed) == listed


def test_districts_are_the_fourteen_of_the_force_area():
    listed = choices("district")
    assert len(listed) == 14
    assert {"Blackpool", "Blackburn with Darwen", "Wyre"} <= set(listed)


def test_waves_have_three_measures_for_the_county_and_others_are_left_out():
    assert "2023-11" in choices("sceptre_wave")
    assert "2020-11" not in choices(
        "sceptre_wave"
    )  # only West Division published figures
    frame = oc.weeks_of_action("op_sceptre", area="Lancashire", vintages="all")
    for wave in choices("sceptre_wave"):
        assert frame.loc[frame["wave"] == wave, "measure"].nunique() >= 3


def test_weeks_include_the_week_of_the_annual_report():
    assert "2024-03" in choices("county_lines_week")
    assert "2022-03" not in choices(
        "county_lines_week"
    )  # two national measures, one local


def test_places_of_the_tour_are_in_the_county():
    listed = choices("nmk_area")
    assert listed[0] == "Lancashire" and {"Preston", "Hyndburn"} <= set(listed)
    assert not {"Salford", "Coventry", "North West"} & set(listed)


def test_measures_on_offer_add_up_over_time():
    known = oc.measures().set_index("measure")
    for name in ("op_warrior_measure", "fraud_measure"):
        assert known.loc[choices(name), "whole"].all()
    expected = {
        "arrests",
        "cannabis_plants_seized",
        "drugs_seized",
        "cash_seized",
        "jail_years",
    }
    assert expected <= set(choices("op_warrior_measure"))


def test_series_are_words_with_a_measure_behind_each():
    listed = choices("modern_slavery_series")
    assert {"referrals", "adults", "children", "county lines"} <= set(listed)
    assert set(module.SERIES.values()) <= set(oc.measures("modern_slavery")["measure"])


def test_crime_types_are_the_fourteen_of_the_police_site():
    assert len(choices("crime_type")) == 14


def test_years_and_starts_leave_enough_data():
    assert choices("crime_year") == ["2025", "2021"]
    starts = choices("trend_since")
    assert (
        starts[0] == "2012-04" and starts[-1] == "2021-04"
    )  # the latest quarter is 2025 Q4


def test_the_latest_year_follows_the_months_that_are_held(monkeypatch):
    held = pd.read_csv(data.root() / "clean" / "coverage.csv", parse_dates=["month"])
    held = held[held["force"] == "lancashire"].reset_index(drop=True)
    monkeypatch.setattr(module.tables, "read", lambda table, **where: held)
    newest = held.loc[held["state"] == "complete", "month"].max()
    assert (
        module.latest_choice("crime_year", "")
        == str(newest.year)
        == choices("crime_year")[0]
    )
    held.loc[held["month"] == newest - pd.DateOffset(months=3), "state"] = "missing"
    assert (
        module.latest_choice("crime_year", "")
        == choices("crime_year")[0]
        < str(newest.year)
    )
    module.check_parameters(crime_year="")
    held["state"] = "missing"
    with pytest.raises(NotEnough, match="No crime_year is held"):
        module.latest_choice("crime_year", "")
    with pytest.raises(Invalid, match="latest value"):
        module.latest_choice("district", "")


def test_no_page_names_the_year_it_takes_by_default():
    notebook = (ROOT / "notebooks" / "county" / "area_profile.ipynb").read_text("utf-8")
    assert 'year = \\"\\"  # crime_year' in notebook


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("district", "Burnly", "Did you mean 'Burnley'"),
        ("sceptre_wave", "2023-12", "Did you mean '2023-11'"),
        (
            "op_warrior_measure",
            ["arrests", "arests"],
            "'arests'.*Did you mean 'arrests'",
        ),
        ("period_unit", "month", "Allowed: financial year, calendar year, quarter"),
        ("distrct", "Burnley", "Did you mean 'district'"),
    ],
)
def test_a_wrong_value_is_answered_with_what_is_allowed(name, wrong, words):
    with pytest.raises(Invalid, match=words):
        check(name, wrong)


def test_the_message_names_the_parameter():
    with pytest.raises(Invalid, match=r"^wave '2020-01' is not known"):
        check("sceptre_wave", "2020-01", parameter="wave")


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        ("date", ""),
        ("date", "2024-02-29"),
        ("month", "2023-09"),
        ("probability", 0.95),
        ("positive", 1),
        ("positive", 2.5),
        ("yes_no", False),
    ],
)
def test_a_value_of_its_kind_is_returned_as_it_is(kind, good):
    assert check(kind, good) is good


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("date", "2023-02-29"),
        ("date", "2023-2-1"),
        ("date", 20230201),
        ("month", ""),
        ("month", "2023-13"),
        ("month", "2023-09-01"),
        ("probability", 0),
        ("probability", 1),
        ("probability", 95),
        ("probability", True),
        ("positive", 0),
        ("positive", float("nan")),
        ("positive", float("inf")),
        ("yes_no", "yes"),
    ],
)
def test_a_value_not_of_its_kind_is_refused(kind, bad):
    with pytest.raises(Invalid, match="is not"):
        check(kind, bad)


def test_a_kind_has_no_list():
    with pytest.raises(Invalid, match="no list"):
        choices("probability")
