"""Where one place stands: by rank and ratio where places are few, by limits where they are many."""

import re

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import findings
from outcomes.core import formatting
from outcomes.methods import intervals

SAID = {
    "label": "name",
    "count": "n",
    "denominator": "population",
    "of": "1,000 residents",
}
SAID |= {"per": 1000, "what": "crimes", "period": "2025", "sources": "Us"}


@pytest.fixture(scope="module")
def districts():
    rows = oc.data.crime_district_monthly(
        force="lancashire",
        month_from="2025-01",
        month_to="2025-12",
        types=oc.data.CRIME_TYPES,
    )
    n = rows.groupby("district")["n"].sum()
    return oc.data.population(force="lancashire").assign(n=lambda f: f["place"].map(n))


def test_fourteen_districts_get_a_rank_and_a_ratio_and_no_limits(districts):
    """Blackpool, first by far, was "within the range"; the picture showed it far outside."""
    found = findings.place(
        "x", districts, highlight="Blackpool", places="districts", **SAID
    )
    assert "the highest of 14 districts" in found.sentence
    assert "limits" not in found.sentence and "within" not in found.sentence
    own, rest = (
        districts[districts["name"].eq("Blackpool") == k].sum() for k in (True, False)
    )
    ratio = (own["n"] / own["population"]) / (rest["n"] / rest["population"])
    assert f"{ratio:.2f} times the rest (interval " in found.sentence
    assert not [c for c in found.frame if "limit" in c] and "limits" not in found.svg
    exact = intervals.poisson(own["n"], exposure=own["population"], per=1000)
    assert found.facts["lower"] == pytest.approx(exact.lower)
    assert found.facts["verdict"] == "estimate"
    row = found.frame.set_index("place").loc["Blackpool"]
    stated = {row["times the rest"], row["ratio lower"], row["ratio upper"]}
    assert all(f"{value:.2f}" in found.sentence for value in stated)


def test_burnley_has_the_rate_of_its_census(districts):
    """113.0 by the estimate of mid-2020, 106.6 by the census in the same row of the same table."""
    found = findings.place(
        "x", districts, highlight="Burnley", places="districts", **SAID
    )
    assert found.facts["value"] == pytest.approx(106.6, abs=0.05)
    assert "1.35 times the rest" in found.sentence


@pytest.mark.parametrize("name", oc.data.district_names())
def test_no_district_is_given_a_verdict(districts, name):
    said = findings.place(
        "x", districts, highlight=name, places="districts", **SAID
    ).sentence
    assert not re.search(r"within|outside|usual|chance", said)
    assert "of 14 districts" in said and "times the rest" in said


def test_shares_of_few_places_are_told_by_their_difference():
    frame = pd.DataFrame(
        {"name": list("ABCDEF"), "n": [10, 5, 6, 7, 8, 9], "population": 50}
    )
    said = SAID | {"kind": "proportion", "of": "", "per": 1, "what": "of shops failed"}
    found = findings.place("x", frame, highlight="A", **said)
    gap, low, high = intervals.newcombe(10, 50, 35, 250)
    assert f"{100 * gap:.1f} percentage points above the rest" in found.sentence
    assert formatting.interval(100 * low, 100 * high, decimals=1) in found.sentence


@pytest.mark.parametrize(
    "rate, where",
    [
        (100, r"within the 95% limits"),
        (125, r"above the 95% limits \(.*\) but within the 99.8% ones"),
        (75, r"below the 95% limits \(.*\) but within the 99.8% ones"),
        (140, r"above the 99.8% limits"),
    ],
)
def test_many_places_are_told_by_the_line_that_is_drawn(rate, where):
    n = np.r_[rate, np.tile([96, 104, 100, 98, 102], 8)]
    frame = pd.DataFrame(
        {"name": [f"P{k}" for k in range(41)], "n": n, "population": 1000}
    )
    found = findings.place("x", frame, highlight="P0", places="forces", **SAID)
    assert re.search(where, found.sentence), found.sentence
    assert found.facts["lower"] < found.facts["upper"]
    printed = formatting.interval(
        found.facts["lower"], found.facts["upper"], decimals=1
    )
    assert f"({printed})" in found.sentence  # the interval printed is the one judged by


def test_shares_that_are_level_are_all_named():
    frame = pd.DataFrame(
        {"year": ["A", "B", "C"], "part": [1, 1, 3], "whole": [10, 10, 10]}
    )
    said = {
        "label": "year",
        "part": "part",
        "whole": "whole",
        "what": "The share",
        "sources": "Us",
    }
    found = findings.shares("x", frame, caption="Shares", **said)
    assert found.sentence == "The share ranges from 10.0% (A and B) to 30.0% (C)."
