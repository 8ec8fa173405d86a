"""A series beside its usual range, its trend and its revisions: words, numbers, empty cases."""

import re

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import findings
from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.findings import sentences, series
from outcomes.methods import spc


def test_revisions_are_first_against_latest_print_and_every_number_is_in_the_table():
    found = findings.revisions("revisions", "nrm_referrals")
    table, facts = found.frame, found.facts
    assert len(table) >= 13 and (table["prints"] > 1).all()
    assert (table["revision"] == table["latest"] - table["first"]).all()
    moved = table[table["revision"] != 0]
    assert facts["value"] == len(moved)
    ends = formatting.interval(moved["revision"].min(), moved["revision"].max())
    assert ends in facts["detail"]
    assert f"{formatting.number(table['change'].abs().max(), 2)}%" in found.sentence
    prints = oc.published_figures(
        measure="nrm_referrals", area="United Kingdom", vintages="all", dated=True
    )
    for row in table.itertuples():
        start = pd.Period(row.quarter.replace(" ", ""), "Q").start_time
        own = prints[
            (prints["period_start"] == start) & (prints["qualifier"] == "exact")
        ]
        own = own[(own["period_end"] - start).dt.days < 93]
        assert {row.first, row.latest} <= set(own["value"])


def test_a_series_printed_once_cannot_show_a_revision():
    found = findings.revisions("revisions", "nrm_referrals_female")
    assert found.facts["verdict"] == "not_enough" and found.facts["table"] is None
    assert "cannot be told" in found.sentence


def test_only_a_published_series_is_revised():
    with pytest.raises(Invalid, match="nrm_referrals"):
        findings.revisions("revisions", "nrm_referral")


@pytest.mark.parametrize("name", oc.series_names(family="recorded"))
def test_no_declared_series_is_said_to_signal_in_most_of_its_points(name):
    """On the real data: 55 of 55 quarters of blades signalled when judged by all 13 years."""
    said = findings.process_behaviour("x", name)
    if said.facts["upper"] is None:
        assert "No usual range" in said.facts["caveats"][0]
        assert "unusual" not in said.sentence
    else:
        assert (said.frame["special"] != "").sum() <= 4


EVERY = [(name, "") for name in oc.series_names()]
EVERY += [(name, "Blackburn with Darwen") for name in oc.series_names(family="street")]


@pytest.mark.parametrize(("name", "area"), EVERY)
def test_a_declared_series_is_told_in_25_words_and_three_numbers(name, area):
    found = findings.process_behaviour("x", name, area)
    assert sentences.word_count(found.sentence) <= sentences.WORDS, found.sentence
    assert sentences.number_count(found.sentence) <= sentences.NUMBERS, found.sentence
    assert found.facts["detail"]
    assert (found.facts.get("alt", "") != "") is (found.figure is not None)


def test_one_series_says_the_same_under_any_name_and_events():
    one = findings.process_behaviour("trafficking", "trafficking")
    other = findings.process_behaviour(
        "by-quarter",
        oc.series("trafficking"),
        "Lancashire",
        events={"a": "2022-11-01"},
    )
    keys = ["sentence", "detail", "alt", "value", "lower", "upper", "unit", "period"]
    keys += ["area", "verdict", "table"]
    assert {k: one.facts[k] for k in keys} == {k: other.facts[k] for k in keys}
    assert "ecorded drug trafficking in Lancashire" in one.sentence


def test_what_trends_is_told_by_a_verb_and_a_size_with_both_ends():
    said = findings.process_behaviour("x", "nrm_referrals")
    assert re.search(
        r"more than quadrupled: [\d,]+ in \d{4} Q\d, from 1,322 in 2017 Q3",
        said.sentence,
    )
    assert "is usual" not in said.sentence and said.facts["upper"] is None
    assert "by counting error alone" in said.facts["detail"]
    steps = pd.Series(
        range(10, 40), index=pd.date_range("2019-01-01", periods=30, freq="MS")
    )
    told = findings.process_behaviour(
        "x", steps, "here", noun="calls", step="month", sources="Us"
    )
    assert told.sentence == (
        "Calls in here nearly quadrupled: 39 in June 2021, from 10 in January 2019."
    )
    assert told.facts["numbers"] == {"times the first": 3.9}


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (7406 / 406, "rose more than 18-fold"),
        (7.5, "rose more than sevenfold"),
        (8, "rose eightfold"),
    ],
)
def test_a_growth_beyond_seven_times_is_said_as_large_as_it_is(ratio, said):
    assert series.trend(ratio) == said


def test_what_chance_could_have_moved_has_only_gone_up_and_down():
    assert series.trend(1.3) == "rose by 30%"
    level = np.r_[np.arange(40.0, 80), np.arange(80.0, 41, -1)]
    index = pd.date_range("2015-01-01", periods=len(level), freq="MS")
    told = findings.process_behaviour(
        "x", pd.Series(level, index), "here", noun="calls", step="month", sources="Us"
    )
    assert told.sentence.startswith("Calls in here moved up and down: 42 in ")


def test_a_series_nobody_printed_for_two_quarters_cannot_be_told():
    said = findings.process_behaviour("x", "nrm_referrals_male")
    assert said.facts["verdict"] == "not_enough" and "cannot be told" in said.sentence
    assert "Fewer than two quarters" in said.facts["detail"]


def test_what_is_too_sparse_for_limits_says_why():
    sparse = pd.Series([0, 1] * 10, pd.date_range("2020-01-01", periods=20, freq="MS"))
    said = findings.process_behaviour(
        "x", sparse, "here", noun="calls", step="month", sources="Us", headline=True
    )
    assert said.sentence == "Whether calls in here changed cannot be told."
    assert "0 or 1" in said.facts["detail"] and not said.facts["headline"]


LEVEL = [50, 54, 47, 52, 49, 53, 48, 51] * 3


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ([50], "No clear change in calls: 50 in 25; "),
        ([90], "Calls stood unusually high in 25, at 90; "),
        ([9], "Calls stood unusually low in 25, at 9"),
        (
            [50, 51, 52, 53, 54, 55, 56],
            "Calls rose six points or more in a row, to 56",
        ),
        (
            [56, 55, 54, 53, 52, 51, 50],
            "Calls fell six points or more in a row, to 50",
        ),
        ([53] * 6 + [54], "Calls stayed above the usual average for over six points"),
        ([48, 49] * 4, "Calls stayed below the usual average for over six points"),
        ([60, 51, 60], "Calls came close to unusually high in 27, at 60"),
        ([90, 50], "Calls stood unusually high in 1 of 26 points, but not in 26."),
        ([90, 9, 50], "Calls changed in 2 of 27 points, but not in 27."),
    ],
)
def test_each_rule_has_its_words(end, said):
    values = pd.Series([*LEVEL, *end], range(1, len(LEVEL) + len(end) + 1))
    chart = spc.process_behaviour(values, baseline=len(LEVEL))
    assert series.movement(chart, "calls").startswith(said)


def test_a_series_below_0_has_a_usual_range_below_0():
    days = pd.date_range("2023-01-01", periods=24, freq="MS")
    values = pd.Series(-np.array(LEVEL, float), days)
    look = {"noun": "the balance", "step": "month", "sources": "Us"}
    found = findings.process_behaviour("x", values, **look)
    assert found.facts["lower"] < found.facts["value"] < found.facts["upper"] < 0
    assert found.facts["value"] == -51


def test_a_usual_season_taken_out_is_said_aside():
    found = findings.process_behaviour("x", "street_burglary")
    assert "season aside" in found.sentence + found.facts["detail"]
    assert "season taken out" in found.facts["unit"]
    assert "season taken out" in found.figure.axes[0].get_title(loc="left")


def test_a_series_of_a_few_points_is_not_said_to_have_grown():
    few = findings.process_behaviour("s", "nrm_referrals_child").facts
    assert (
        "NRM referrals for exploitation as children in the United Kingdom"
        in few["sentence"]
    )
    assert any(
        "a usual range needs 8 points, and there are 2" in c for c in few["caveats"]
    )
    many = findings.process_behaviour("s", "nrm_referrals").facts
    assert any("it has grown over most of the years" in c for c in many["caveats"])


def test_a_usual_range_over_a_gap_says_how_many_points_it_has():
    found = findings.process_behaviour("s", "street_burglary").facts
    held = oc.coverage(force="Lancashire").query("state == 'complete'")["month"]
    n = held.between("2021-04-01", "2024-04-01").sum()
    assert (
        f"April 2021 to April 2024, {n} of 37 months held here;" in found["caveats"][0]
    )
    quarters = findings.process_behaviour("s", "burglary").facts
    assert "held here" not in quarters["caveats"][0]


def test_a_count_as_recorded_has_no_unit_of_one_adjusted():
    found = findings.process_behaviour("s", "street_all_crime", "Blackpool").facts
    assert "season taken out" not in found["sentence"] + found["unit"]


@pytest.mark.parametrize("asked", ["Dyfed-Powys", "dyfed-powys"])
def test_a_place_is_named_as_it_names_itself(asked):
    found = findings.process_behaviour("s", "robbery", asked)
    assert found.facts["area"] == "Dyfed-Powys"
    assert "Dyfed Powys" not in str(found.facts)
