"""Figures of other places beside a page's own, and whether a change of their size would show here."""

import numpy as np
import pytest

import outcomes as oc
from outcomes import findings
from outcomes.core.errors import Invalid

SAID = {"caption": "Elsewhere"}


@pytest.fixture
def figures():
    return oc.published_figures(programme="evaluations_elsewhere")


@pytest.mark.parametrize(
    ("size", "smallest", "said"),
    [
        (
            0.16,
            0.29,
            "would not stand out in Wyre: the smallest that usually does is 29%.",
        ),
        (0.16, 0.16, "would stand out in Wyre: the smallest that usually does is 16%."),
        (0.4, 0.29, "would stand out in Wyre: the smallest that usually does is 29%."),
        (0.16, np.nan, "would not stand out in Wyre, and nor would any other."),
        (0.16, None, "would not stand out in Wyre, and nor would any other."),
    ],
)
def test_a_change_of_the_size_found_elsewhere_would_show_or_not(size, smallest, said):
    reach = findings.Reach(size, smallest, "Wyre")
    assert reach.clause == f"A fall of {size:.0%} {said}"
    assert reach._replace(change="rise").clause.startswith("A rise of ")


@pytest.mark.parametrize("size", [0, -0.16, np.nan])
def test_no_change_has_no_reach(size):
    with pytest.raises(Invalid, match="size above 0"):
        _ = findings.Reach(size, 0.29, "Wyre").clause


def test_every_figure_stands_in_the_table_with_its_page(figures):
    found = findings.elsewhere(
        "x", "It fell elsewhere.", figures, detail="By far.", **SAID
    )
    assert len(found.frame) == len(figures) > 10
    assert {"publisher", "note", "period_start"} <= set(found.frame)
    pages = {one["url"] for one in found.facts["sources"]}
    assert set(figures["url"]) <= pages
    assert found.facts["area"] == "other places" and found.facts["detail"] == "By far."


def test_columns_without_a_word_are_left_out_and_one_place_is_named(figures):
    one = figures[figures["measure"] == "hotspot_policing_fall"]
    reach = findings.Reach(one["value"].iloc[0] / 100, 0.29, "Wyre")
    found = findings.elsewhere("x", "It fell elsewhere.", one, reach=reach, **SAID)
    assert "period_start" not in found.frame
    assert found.facts["area"] == "Hot spots of 53 studies"
    assert found.facts["detail"] == reach.clause
