"""One count among others: numbers by a second route, and sentences for data that is not there."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, t

from outcomes import data, findings
from outcomes.core.errors import Invalid

WEEKS = pd.DataFrame(
    {
        "week": ["A", "B", "C"],
        "n": [1613, 1874, None],
        "days": [7, 7, 7],
        "part": [50, 45, 60],
    }
)
COUNT = {"label": "week", "count": "n", "exposure": "days", "what": "arrests a day"}
SHARE = {
    "label": "week",
    "part": "part",
    "whole": "n",
    "what": "The share",
    "kind": "week",
}
CITED = {"sources": ["National Police Chiefs' Council"], "caption": "Weeks"}


def test_pace_of_events_is_the_ratio_of_two_rates_with_its_exact_interval():
    facts = findings.pace("pace", WEEKS, ask="B", effort=False, **COUNT, **CITED).facts
    assert facts["value"] == pytest.approx(1874 / 1613)
    low = beta.ppf(
        0.025, 1874, 1614
    )  # the share of the second week in both, Clopper-Pearson
    assert facts["lower"] == pytest.approx(low / (1 - low))
    assert facts["sentence"].startswith(
        "268 arrests a day in B, 1.16 times the rate of A"
    )


def test_pace_of_work_done_has_no_interval_where_few_weeks_are_known():
    """Two windows of fraud reports had 1.13 to 1.20 by Poisson, as if nobody chose their number."""
    facts = findings.pace("pace", WEEKS, ask="B", **COUNT, **CITED).facts
    assert facts["value"] == pytest.approx(1874 / 1613) and facts["lower"] is None
    assert facts["verdict"] != "estimate" and "interval" not in facts["sentence"]
    assert "no interval" in facts["caveats"][-1]


def test_pace_of_work_done_moves_as_far_as_weeks_do():
    """The spread of the other changes: a log ratio of 0.157 each way, t on 5 degrees."""
    step = 0.157 * np.array([1, -1, 1, -1, 1, 1])
    weeks = pd.DataFrame({"week": list("ABCDEFG"), "days": 7})
    weeks["n"] = 1600 * np.exp(np.cumsum([0, *step]))
    facts = findings.pace("pace", weeks, ask="G", **COUNT, **CITED).facts
    reach = np.exp(t.ppf(0.975, 5) * 0.157)
    assert facts["value"] == pytest.approx(np.exp(0.157))
    assert facts["lower"] == pytest.approx(facts["value"] / reach)
    assert facts["upper"] == pytest.approx(facts["value"] * reach)
    assert "no larger than is usual" in facts["sentence"]


@pytest.mark.parametrize("ask", ["A", "C", "D"])
def test_pace_needs_the_week_and_one_before_it(ask):
    found = findings.pace("pace", WEEKS, ask=ask, headline=True, **COUNT, **CITED)
    assert found.facts["verdict"] == "not_enough" and not found.facts["headline"]
    assert "cannot be told" in found.sentence


def test_standing_gives_the_share_the_whole_and_the_reference():
    more = pd.concat([WEEKS, WEEKS[:1].assign(week="D")], ignore_index=True)
    found = findings.standing(
        "share",
        more,
        ask="B",
        reference=0.025,
        reference_label="its share of residents",
        **SHARE,
        **CITED,
    )
    assert found.facts["value"] == pytest.approx(45 / 1874)
    assert (
        "2.4% in B (interval 1.8% to 3.2%); its share of residents is 2.5%"
        in found.sentence
    )
    assert f"it was {100 * 145 / 5100:.1f}%, from 2.4% to 3.1%" in found.sentence
    assert (
        "this one is the lowest of 3 weeks" in found.sentence
    )  # no limits among three


def test_standing_without_the_row_says_so_and_gives_the_others():
    found = findings.standing("share", WEEKS, ask="C", headline=True, **SHARE, **CITED)
    assert found.facts["verdict"] == "not_enough" and not found.facts["headline"]
    assert "In the 2 weeks where it can, it ranged from 2.4% to 3.1%" in found.sentence
    assert (
        "Over all"
        not in findings.standing("share", WEEKS, ask="B", **SHARE, **CITED).sentence
    )
    few = findings.standing("share", WEEKS[:1], ask="A", **SHARE, **CITED)
    assert few.facts["verdict"] == "not_enough"


def test_differing_takes_exact_prints_only():
    frame = pd.DataFrame(
        {
            "fact": ["knives", "knives", "cash", "cash"],
            "value": [139.0, 130.0, 5.0, 6.0],
            "qualifier": ["exact", "exact", "exact", "over"],
            "published": pd.to_datetime(["2020-09-30", None, None, None]),
            "publisher": ["a", "b", "c", "d"],
            "title": "T",
            "figure": ["p", "q", "r", "s"],
            "unit": "count",
            "period_start": pd.Timestamp("2020-09-14"),
            "period_end": pd.Timestamp("2020-09-20"),
        }
    )
    found = findings.differing("x", frame, label="fact", what="count", caption="Prints")
    assert (
        found.sentence
        == "1 count was printed with different values: knives, 130 or 139."
    )
    assert found.facts["verdict"] == "contradicted"
    assert found.facts["value"] == 1 and len(found.facts["table"]["rows"]) == 2
    none = findings.differing(
        "x", frame[2:], label="fact", what="count", caption="Prints"
    )
    assert none.facts["value"] == 0 and none.sentence.startswith("No count was printed")


def test_week_counts_hold_each_count_once_whatever_the_nation_is_called():
    counts = data.week_counts("county_lines")
    assert not counts.duplicated(["wave", "place", "measure"]).any()
    arrests = counts[(counts["measure"] == "arrests") & (counts["place"] == "nation")]
    by_wave = arrests.set_index("wave")["value"]
    assert by_wave["2023-10"] == 1613  # not the 1,600 of a later page
    assert by_wave["2024-11"] == 1660  # two pages give the week's last day differently
    with pytest.raises(Invalid):
        data.week_counts("fraud")


def test_stems_draw_one_chart_for_each_column_with_values():
    frame = pd.DataFrame(
        {
            "start": pd.to_datetime(["2024-01-01", "2024-03-01"]),
            "week": ["A", "B"],
            "n": [1, 2],
            "cash": [3, None],
            "none": [None, None],
        }
    )
    columns = {c: (c, "number") for c in ("n", "cash", "none")}
    assert (
        len(findings.stems(frame, start="start", columns=columns, label="week").axes)
        == 2
    )
    with pytest.raises(Invalid, match="nothing to draw"):
        findings.stems(
            frame, start="start", columns={"none": ("none", "number")}, label="week"
        )
