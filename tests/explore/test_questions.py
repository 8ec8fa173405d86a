"""What can be asked: every wish settles, and every refusal has its own reason."""

import pandas as pd
import pytest

from outcomes.core.errors import NotEnough
from outcomes.data import crime, published_figures, tables
from outcomes.explore import queries, questions
from outcomes.explore.questions import Option, settle

REASONS = ("chart", "by", "unit", "comparison")


def reasons(options: dict[str, list[Option]], control: str) -> dict[str, str]:
    return {option.value: option.reason for option in options[control]}


def refused(control: str, **wish) -> dict[str, str]:
    return reasons(settle(wish).options, control)


def test_every_wish_settles_on_what_can_be_asked_and_every_refusal_has_a_reason():
    programmes = [option.value for option in settle({}).options["programme"]]
    assert len(programmes) == len(published_figures.programmes()) + 2
    for programme in programmes:
        wish = {"programme": programme, "measure": "no such", "areas": ("x",)}
        question, options = settle(wish | {"chart": questions.USUAL})
        assert question.programme == programme
        assert list(options) == list(questions.LABELS) == list(vars(question))
        for control in REASONS:
            assert not reasons(options, control)[getattr(question, control)]
            said = [r for r in reasons(options, control).values() if r]
            assert all(r.endswith(".") for r in said)


def test_what_cannot_be_asked_is_refused_for_its_own_reason():
    arrests = refused("chart", programme="op_warrior", measure="arrests")
    assert "needs 12 separate months or quarters" in arrests[questions.USUAL]
    change = refused("chart", programme="op_warrior", measure="arrests_change")
    assert "do not add up" in change[questions.ALLOWED]
    crime_of_forces = {"programme": queries.RECORDED}
    assert "by resident" in refused("comparison", **crime_of_forces)[questions.OTHERS]
    charts = refused("chart", **crime_of_forces)
    assert "nothing has to be bounded" in charts[questions.ALLOWED]
    assert "months are missing" in refused("by", programme=queries.STREET)["quarter"]
    two = refused("chart", **crime_of_forces, areas=("Lancashire", "Kent"))
    assert two[questions.USUAL] == "choose one place."


@pytest.mark.parametrize("chart", [questions.ALLOWED, questions.TIME])
def test_what_had_gathered_before_its_period_has_no_rate(chart):
    stocks = published_figures.measures().query("stock and whole")
    measure = stocks.iloc[0]
    programme = measure["programmes"].split()[0]
    wish = {"programme": programme, "measure": measure["measure"], "chart": chart}
    units = refused("unit", **wish)
    assert "gathered before the period" in units[questions.MONTHLY]
    if settle(wish).question.chart == questions.ALLOWED:
        assert units[questions.RATE] == "bounds are of totals, not of rates."


def test_a_chart_holds_as_many_places_as_can_be_told_apart():
    five = ("Cheshire", "Cumbria", "Dorset", "Essex", "Kent")
    question, options = settle({"programme": queries.RECORDED, "areas": five})
    assert question.areas == five[: questions.MOST]
    assert "4 places at most" in reasons(options, "comparison")[questions.OTHERS]


def test_the_years_that_can_be_asked_are_those_that_the_tables_hold(monkeypatch):
    held = crime.recorded_crime("robbery", force="Lancashire")["quarter"]
    years = [str(year) for year in range(held.min().year, held.max().year + 1)]
    ends = settle({"programme": queries.RECORDED}).options["end"]
    assert [option.value for option in ends] == ["", *years]
    covered = crime.coverage(force="Lancashire")
    later = covered.tail(1).assign(month="2031-01-01", state="complete")
    later["month"] = later["month"].astype(covered["month"].dtype)
    months = pd.concat([covered, later], ignore_index=True)
    monkeypatch.setattr(crime, "coverage", lambda **_: months)
    queries.crime_years.cache_clear()
    wish = {"programme": queries.STREET, "end": "2031"}
    assert settle(wish).question.end == "2031"
    queries.crime_years.cache_clear()


def test_years_end_no_earlier_than_they_begin():
    wish = {"programme": "op_warrior", "measure": "arrests", "start": "2024"}
    question, options = settle(wish)
    assert question.start == "2024"
    assert min(option.value for option in options["end"][1:]) == "2024"


@pytest.mark.parametrize("programme", ["op_warrior", *queries.CRIME_TABLES])
def test_of_what_was_not_yet_published_nothing_can_be_asked(programme):
    with tables.whole():
        published_figures.as_of("2005-01-01")
        said = "^Nothing of .+ had been published by 1 January 2005.$"
        with pytest.raises(NotEnough, match=said):
            settle({"programme": programme})


def test_a_place_that_is_asked_twice_is_asked_once():
    wish = {"programme": queries.STREET, "areas": ("Preston", "Wyre", "Preston")}
    assert settle(wish).question.areas == ("Preston", "Wyre")
