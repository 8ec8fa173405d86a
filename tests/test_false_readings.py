"""Sentences that were true of their numbers and read as something else."""

import pandas as pd
import pytest

import outcomes as oc
from outcomes import findings
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
