"""Where one place stands: by rank and ratio where places are few, by limits where they are many."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

import outcomes as oc
from outcomes import findings
from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.findings import sentences
from outcomes.methods import intervals, spc

SAID = {"noun": "crimes", "period": "2025", "sources": "Us"}


def rates(frame, **options):
    """A funnel of crimes per 1,000 residents."""
    columns = {"count": "n", "denominator": "population", "label": "name", "per": 1000}
    return spc.funnel(frame, **columns | options)


@pytest.fixture(scope="module")
def districts():
    rows = oc.street_crime("district", force="Lancashire", year=2025)
    rows = rows[rows["type"].isin(oc.CRIME_TYPES)]
    n = rows.groupby("district")["n"].sum()
    return oc.districts(force="Lancashire").assign(n=lambda f: f["name"].map(n))


def told(districts, place):
    return findings.position("x", rates(districts, noun="districts"), place, **SAID)


def test_fourteen_districts_get_a_rank_and_a_ratio_and_no_limits(districts):
    """Blackpool, first by far, was "within the range"; the picture showed it far outside."""
    found = told(districts, "Blackpool")
    detail = found.facts["detail"]
    assert "the highest of 14 districts" in detail and "1st of 14" in found.sentence
    assert not re.search("limits|within", found.sentence + detail)
    own, rest = (
        districts[districts["name"].eq("Blackpool") == k].sum() for k in (True, False)
    )
    ratio = (own["n"] / own["population"]) / (rest["n"] / rest["population"])
    assert f"{ratio:.2f} times the rest (interval " in detail
    assert not [c for c in found.frame if "limit" in c] and "limits" not in found.svg
    exact = intervals.poisson(own["n"], exposure=own["population"], per=1000)
    assert found.facts["lower"] == pytest.approx(exact.lower)
    assert found.facts["verdict"] == "estimate"
    row = found.frame.set_index("place").loc["Blackpool"]
    stated = {row["times the rest"], row["ratio lower"], row["ratio upper"]}
    assert all(f"{value:.2f}" in detail for value in stated)


def test_burnley_has_the_rate_of_its_census(districts):
    """113.0 by the estimate of mid-2020, 106.6 by the census in the same row of the same table."""
    found = told(districts, "Burnley")
    assert found.facts["value"] == pytest.approx(106.6, abs=0.05)
    assert "1.35 times the rest" in found.facts["detail"]
    assert found.sentence == (
        "Burnley's rate of crimes was 35% higher than elsewhere in 2025: 106.6 per 1,000 "
        "residents, 2nd of 14."
    )


@pytest.mark.parametrize("name", sorted(oc.districts(force="Lancashire")["name"]))
def test_no_district_is_given_a_verdict(districts, name):
    found = told(districts, name)
    said = found.sentence + found.facts["detail"]
    assert not re.search(r"within|outside|usual|chance", said)
    assert "of 14 districts" in said and "times the rest" in said
    assert sentences.word_count(found.sentence) <= sentences.WORDS


def test_shares_of_few_places_are_told_by_their_difference():
    frame = pd.DataFrame(
        {"name": list("ABCDEF"), "n": [22, 5, 6, 7, 8, 9], "population": 50}
    )
    shops = rates(frame, kind="proportion", per=1, noun="towns")
    found = findings.position(
        "x", shops, "A", **SAID | {"noun": "failed tests", "base": "tests"}
    )
    gap, low, high = intervals.newcombe(22, 50, 35, 250)
    assert f"{100 * gap:.1f} percentage points above that elsewhere" in found.sentence
    assert "44.0% of tests, 1st of 6" in found.sentence
    detail = found.facts["detail"]
    assert formatting.interval(100 * low, 100 * high, decimals=1) in detail


def test_a_share_that_may_be_as_high_elsewhere_is_said_to_be_neither():
    """As a rate is: 10 of 50 beside 35 of 250, whose difference may be none."""
    frame = pd.DataFrame(
        {"name": list("ABCDEF"), "n": [10, 5, 6, 7, 8, 9], "population": 50}
    )
    said = SAID | {"noun": "failed tests", "base": "tests"}
    shops = rates(frame, kind="proportion", per=1, noun="towns")
    assert findings.position("x", shops, "A", **said).sentence == (
        "A's rate of failed tests was not clearly different from that elsewhere in 2025: "
        "20.0% of tests, 1st of 6."
    )


@pytest.mark.parametrize(
    ("rate", "said", "where"),
    [
        (100, "Nothing unusual in crimes in P0: 100.0", r"within the 95% limits"),
        (
            125,
            "Crimes in P0 stood somewhat high",
            r"above the 95% .* within the 99.8% ones",
        ),
        (
            75,
            "Crimes in P0 stood somewhat low",
            r"below the 95% .* within the 99.8% ones",
        ),
        (140, "Crimes in P0 stood unusually high", r"above the 99.8% limits"),
        (62, "Crimes in P0 stood unusually low", r"below the 99.8% limits"),
    ],
)
def test_many_places_are_told_by_the_line_that_is_drawn(rate, said, where):
    n = np.r_[rate, np.tile([96, 104, 100, 98, 102], 8)]
    frame = pd.DataFrame(
        {"name": [f"P{k}" for k in range(41)], "n": n, "population": 1000}
    )
    found = findings.position("x", rates(frame, noun="forces"), "P0", **SAID)
    detail = found.facts["detail"]
    assert found.sentence.startswith(said) and re.search(where, detail), detail
    assert found.facts["lower"] < found.facts["upper"]
    printed = formatting.interval(
        found.facts["lower"], found.facts["upper"], decimals=1
    )
    assert f"({printed})" in detail  # the interval printed is the one judged by
    assert found.facts["alt"].startswith("A funnel of 41 forces, from ")


@pytest.mark.parametrize("places", [None, 4, 30])
def test_a_place_among_too_few_or_that_is_not_there_cannot_be_told(places):
    funnel = None
    if places:
        names = [f"P{k}" for k in range(places)]
        funnel = rates(pd.DataFrame({"name": names, "n": 9, "population": 99}))
    found = findings.position("x", funnel, "Q", headline=True, **SAID)
    assert found.facts["verdict"] == "not_enough" and not found.facts["headline"]
    assert "cannot be told" in found.sentence


WEEKS = pd.DataFrame({"week": ["A", "B", "C"], "n": [1613, 1874, None], "days": 7})
COUNT = {"label": "week", "count": "n", "exposure": "days"}
COUNT |= {"noun": "arrests", "step": "day"}
CITED = {"sources": ["National Police Chiefs' Council"], "caption": "Weeks"}


def test_a_place_without_a_count_is_not_said_to_be_one_of_too_few(districts):
    found = told(districts, "Kent")
    assert "no count of it is held here" in found.sentence
    assert "too few" not in found.sentence


def test_a_place_that_stands_twice_is_refused(districts):
    with pytest.raises(Invalid, match="stands twice"):
        rates(pd.concat([districts, districts]))


def test_pace_of_work_done_has_no_interval_where_few_weeks_are_known():
    """Two windows of fraud reports had 1.13 to 1.20 by Poisson, as if nobody chose their number."""
    found = findings.pace("pace", WEEKS, focus="B", **COUNT, **CITED)
    facts = found.facts
    assert facts["value"] == pytest.approx(1874 / 1613) and facts["lower"] is None
    assert facts["verdict"] != "estimate" and "interval" not in facts["detail"]
    assert "no interval" in facts["caveats"][-1]
    assert found.sentence == "Arrests a day: 268 in B, 230 in A."


def test_pace_of_work_done_moves_as_far_as_weeks_do():
    """The spread of the other changes: a log ratio of 0.157 each way, t on 5 degrees."""
    step = 0.157 * np.array([1, -1, 1, -1, 1, 1])
    weeks = pd.DataFrame({"week": list("ABCDEFG"), "days": 7})
    weeks["n"] = 1600 * np.exp(np.cumsum([0, *step]))
    facts = findings.pace("pace", weeks, focus="G", **COUNT, **CITED).facts
    reach = np.exp(t.ppf(0.975, 5) * 0.157)
    assert facts["value"] == pytest.approx(np.exp(0.157))
    assert facts["lower"] == pytest.approx(facts["value"] / reach)
    assert facts["upper"] == pytest.approx(facts["value"] * reach)
    assert "did not clearly change" in facts["sentence"]


def test_pace_beside_a_week_without_any_says_both_and_no_ratio():
    weeks = pd.DataFrame({"week": list("ABC"), "n": [0, 14, 21], "days": 7})
    found = findings.pace("pace", weeks, focus="B", **COUNT, **CITED)
    assert found.sentence == "Arrests a day cannot be compared: 2 in B, 0 in A."
    facts = found.facts
    assert (facts["value"], facts["unit"]) == (2, "arrests a day")
    assert facts["lower"] is None and "times as many" not in facts["detail"]
    ratios = found.frame["times the one before"]
    assert ratios.isna().tolist() == [True, True, False] and ratios[2] == 1.5


@pytest.mark.parametrize("focus", ["A", "C", "D"])
def test_pace_needs_the_week_and_one_before_it(focus):
    found = findings.pace("pace", WEEKS, focus=focus, headline=True, **COUNT, **CITED)
    assert found.facts["verdict"] == "not_enough" and not found.facts["headline"]
    assert "cannot be told" in found.sentence
