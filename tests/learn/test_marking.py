"""Marking: what can be said of an answer, and of a chart."""

import re
from collections import namedtuple

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import outcomes as oc
from outcomes import learn
from outcomes.learn import marking
from outcomes.methods import intervals


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ((1, 212), "comma"),
        (intervals.wilson(10, 42), r"3 values in one.* \.estimate, \.lower or \.upper"),
        (namedtuple("Many", "a b c d e f")(*range(6)), "by its name, with a dot"),
        ("1212", "quotation marks"),
        (pd.Series([1, 2]), r"\.sum\(\)"),
        (pd.Series([1, 2]).sum, r"put \(\) after it"),
        (True, "True or False"),
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        (object(), "cannot be read"),
        ({}, "cannot be read"),
        (12120, "ten times too large"),
        (1.212, "thousand times too small"),
        (-1212, "other way round"),
        (1300, "too large"),
        (900, "too small"),
    ],
)
def test_what_is_no_number_or_off_by_a_factor_is_said_plainly(answer, named):
    said = learn.check("first-year", answer)
    assert said.state == "not quite" and re.search(named, said.text), said


def test_a_sign_forgotten_is_said_plainly():
    assert "the sign is not" in learn.check("per-month", -100.6).text


def test_a_column_of_one_number_is_told_how_to_take_it_out():
    assert ".iloc[0]" in learn.check("at-least", pd.Series([213.0])).text


def test_remarks_fit_the_kind_of_answer():
    crimes = learn.check("read-a-chart", 1_009_300).text
    assert "hundred times too large" in crimes and "share" not in crimes
    assert "part of 1" in marking.slip(0.238, 23.8, "%")
    assert "every 1,000" in marking.slip(0.1066, 106.6, "per 1,000")


@pytest.mark.parametrize(
    ("answer", "right", "near", "said"),
    [
        (81, 80.917, 0.051, "80.9"),
        (-23, -22.84, 0.051, "−22.8"),
        (-22, -22.84, 0.051, ""),
        (80, 80.917, 0.051, ""),
        (0, 0.4, 0.051, ""),
        (81.2, 80.917, 0.051, ""),
        (1213, 1212, 0, ""),
        (10_727, 10_725.6, 0.51, ""),
    ],
)
def test_a_rounded_answer_is_told_the_decimal(answer, right, near, said):
    text = marking.rounding(answer, right, near)
    assert said in text and bool(text) == bool(said)


def test_a_chart_needs_the_right_names_and_each_line_across():
    facts = {"rates": pd.Series([1.0, 2.0], ["a", "b"]), "mean": 1.5}
    asked = {"chart": "rates", "mistakes": [], "right": "Yes, {mean}.", "levels": []}
    _, ax = plt.subplots()
    ax.bar(["b", "a"], [1, 2])
    assert "wrong names" in marking.mark_chart(asked, ax, facts).remark
    _, ax = plt.subplots()
    ax.bar(["b", "a"], [2, 1])
    assert marking.mark_chart(asked, ax, facts) == (True, "Yes, 1.5.")
    asked["levels"] = [{"value": "mean", "says": "No line at {mean}."}]
    assert marking.mark_chart(asked, ax, facts) == (False, "No line at 1.5.")
    ax.axhline(1.5)
    assert marking.mark_chart(asked, ax, facts).right


NAMES = pd.Series(["Burnley", "Hyndburn"])


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (NAMES[NAMES == "Hyndburn"], r"one name in it\. Is \.iloc\[0\] missing"),
        (["Hyndburn"], r"\.iloc\[0\]"),
        (NAMES, "one name was asked"),
        (NAMES.to_frame(), "one name was asked"),
        (NAMES.idxmax, r"put \(\) after it"),
        (1, "That is the row; its name stands in column district"),
        (NAMES.index[1], "That is the row"),
        (4, "quotation marks"),
        (True, "quotation marks"),
        (43.75, "quotation marks"),
    ],
)
def test_a_name_in_another_form_is_told_how_to_take_it_out(answer, named):
    said = learn.check("survey-most", answer)
    assert said.state == "not quite" and re.search(named, said.text), said


def survey_chart():
    survey = learn.survey()
    survey["share"] = 100 * survey["worried"] / survey["asked"]
    return plt.subplots()[1].barh(survey["district"], survey["share"])[0].axes


def test_a_finding_is_asked_and_not_its_chart_alone():
    said = learn.check("survey-finding", survey_chart())
    assert said.state == "not quite" and "no finding yet" in said.text
    made = {
        "sentence": "People in Hyndburn are worried most often.",
        "sources": "A survey that nobody took",
    }
    shown = made | {"alt": "Bars of six districts.", "figure": survey_chart()}
    said = learn.check("survey-finding", oc.finding("worried", **shown))
    assert said.state == "not quite" and "add detail=" in said.text
    shown |= {"detail": "The 95% interval is 31% to 58%.", "figure": survey_chart()}
    assert (
        learn.check("survey-finding", oc.finding("worried", **shown)).state == "right"
    )
    for other in (oc.finding("worried", **made), 3):
        said = learn.check("survey-finding", other)
        assert said.state == "not quite" and "finding with a chart" in said.text
