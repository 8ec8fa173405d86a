"""Sentences that were true of their numbers and read as something else."""

import pandas as pd
import pytest

import outcomes as oc
from outcomes import findings
from outcomes.findings import ready
from outcomes.ingest import coverage

SOURCE = {"title": "t", "publisher": "p", "url": "u", "published": ""}


@pytest.fixture(autouse=True)
def _no_day():
    yield
    oc.data.as_of("")


def shares(rows):
    frame = pd.DataFrame(rows, columns=["year", "part", "whole"])
    return findings.shares(
        "s",
        frame,
        label="year",
        part="part",
        whole="whole",
        what="The share",
        caption="c",
        highlight=frame["year"].iloc[-1],
        sources=[SOURCE],
    ).facts["sentence"]


def test_a_difference_is_that_of_the_shares_as_printed():
    said = shares([("2021", 5468, 12727), ("2023", 7432, 16990)])
    assert (
        "43.74% in 2023 and 42.96% in 2021: a difference of 0.78 percentage points"
        in said
    )
    said = shares([("2021", 100, 1000), ("2023", 300, 1000)])
    assert (
        "30.0% in 2023 and 10.0% in 2021: a difference of 20.0 percentage points"
        in said
    )


def test_two_weeks_are_not_the_whole_story_when_others_lie_outside_them():
    said = shares([("a", 27, 70), ("b", 14, 89), ("c", 4, 15), ("d", 10, 42)])
    assert said.endswith(
        "Over the 4 years held here it ranges from 15.7% (b) to 38.6% (a)."
    )
    assert "Over the" not in shares([("a", 27, 70), ("b", 14, 89)])


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (406, 7406, "more than 18 times"),
        (1, 7.5, "more than seven times"),
        (2, 16, "8 times"),
    ],
)
def test_a_growth_beyond_seven_times_is_said_as_large_as_it_is(first, last, said):
    assert ready._times(first, last) == said


def test_prints_that_one_rounding_allows_do_not_differ():
    prints = oc.data.week_figures("county_lines").query(
        "area in @oc.data.former.NATIONAL"
    )
    prints = prints.assign(count=prints["measure"] + " " + prints["wave"])
    found = findings.differing("d", prints, label="count", what="count", caption="c")
    said = found.facts["sentence"]
    assert "cash_seized 2023-10" in said and "cannabis_seized 2023-10" not in said


def test_a_series_of_a_few_points_is_not_said_to_have_grown():
    few = findings.behaviour("s", series="nrm_referrals_child").facts
    assert (
        "NRM referrals for exploitation as children in the United Kingdom"
        in few["sentence"]
    )
    assert any(
        "a usual range needs 8 points, and there are 2" in c for c in few["caveats"]
    )
    many = findings.behaviour("s", series="nrm_referrals").facts
    assert any("it has grown over most of the years" in c for c in many["caveats"])


def test_a_usual_range_over_a_gap_says_how_many_points_it_has():
    found = findings.behaviour("s", series="street_burglary").facts
    held = oc.data.coverage(force="lancashire").query("state == 'complete'")["month"]
    n = held.between("2021-04-01", "2024-04-01").sum()
    assert (
        f"April 2021 to April 2024, {n} of 37 months held here;" in found["caveats"][0]
    )
    quarters = findings.behaviour("s", series="burglary").facts
    assert "held here" not in quarters["caveats"][0]


def test_a_count_as_recorded_has_no_unit_of_one_adjusted():
    found = findings.behaviour("s", series="street_all_crime", area="Blackpool").facts
    assert "season taken out" not in found["sentence"] + found["unit"]


def test_no_caveat_speaks_of_a_census_that_was_not_out():
    oc.data.as_of("2021-06-30")
    assert "nan" not in oc.data.population("force", year=2020).attrs["caveat"]
    oc.data.as_of("")
    assert (
        "the census of 2021 counted"
        in oc.data.population("force", year=2025).attrs["caveat"]
    )


def test_a_file_that_is_not_held_is_not_said_to_be_missing_from_the_world():
    reasons = set(oc.data.coverage().query("state == 'missing'")["reason"])
    assert coverage._NO_COPY in reasons and "outcomes data refresh" in coverage._NO_COPY
    assert not [reason for reason in reasons if "at hand" in reason]


def test_what_is_not_held_is_not_said_to_be_unpublished():
    found = findings.share(
        "s", None, 4, what="tests failed", period="2020", area="a", sources=[SOURCE]
    )
    assert "not both counts are held here" in found.facts["sentence"]
