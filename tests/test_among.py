"""One count among others: numbers by a second route, and sentences for data that is not there."""

import pandas as pd
import pytest

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
SHARE = {
    "label": "week",
    "part": "part",
    "whole": "n",
    "what": "The share",
    "kind": "week",
}
CITED = {"sources": ["National Police Chiefs' Council"], "caption": "Weeks"}


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
