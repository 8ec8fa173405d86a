"""Bounds of several counts: held against the growth the police published, and hand sums."""

import pandas as pd
import pytest

import outcomes as oc
from outcomes.methods.reconcile.several import growth, reconcile_each

YEARS = pd.DataFrame(
    {
        "label": ["first", "second"],
        "start": pd.to_datetime(["2022-11-01", "2023-11-01"]),
        "end": pd.to_datetime(["2023-10-31", "2024-10-31"]),
    }
)


def op_warrior():
    figures = oc.data.figures(programme="op_warrior", area="lancashire", dated=True)
    return figures.assign(part=figures["note"].str.contains("subset"))


def test_arrests_grew_by_the_published_53_per_cent():
    found = growth(
        reconcile_each(op_warrior(), YEARS, of=["arrests"]).bounds, "first", "second"
    )
    published = op_warrior().query("measure == 'arrests_change' and value == 53")
    assert len(published) == 1
    assert found["least"][0] == pytest.approx(1855 / 1212 - 1)
    assert round(100 * found["most"][0]) == published["value"].iloc[0]


def test_each_measure_has_every_period_and_its_bounds_by_month():
    bounds = reconcile_each(op_warrior(), YEARS, of=["arrests", "drugs_seized"]).bounds
    assert list(bounds["measure"]) == [
        "arrests",
        "arrests",
        "drugs_seized",
        "drugs_seized",
    ]
    month = bounds.loc[0, ["month_least", "month_most"]].tolist()
    assert month == pytest.approx([1212 / (365 / (365.25 / 12))] * 2)
    assert bounds["lower"][3] == pytest.approx(1018.5 - 286.5)


def test_a_count_without_figures_has_no_limit_and_no_growth():
    bounds = reconcile_each(op_warrior(), YEARS, of=["people_charged"]).bounds
    assert bounds["upper"].eq(float("inf")).all()
    assert growth(bounds, "first", "second").empty


def test_contradictions_name_each_figure_and_what_it_would_have_to_be():
    found = reconcile_each(
        op_warrior(), YEARS, of=["arrests", "jail_years"]
    ).contradictions
    assert set(found["measure"]) == {"jail_years"}
    assert sorted(found["value"].unique()) == [522, 531]
    assert found.loc[found["value"] == 522, "lower"].iloc[0] == pytest.approx(530.5)
