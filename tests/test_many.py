"""Ready-made findings about several counts: the words, the numbers and the empty cases."""

import pandas as pd

import outcomes as oc
from outcomes import findings

YEARS = pd.DataFrame(
    {
        "label": ["first", "second"],
        "start": pd.to_datetime(["2022-11-01", "2023-11-01"]),
        "end": pd.to_datetime(["2023-10-31", "2024-10-31"]),
    }
)
FIGURES = pd.DataFrame(
    {
        "figure": ["a", "b", "c", "d"],
        "programme": "op_warrior",
        "period_state": "stated",
        "publisher": "A page",
        "title": "T",
        "measure": ["arrests", "arrests", "cash_seized", "cash_seized"],
        "value": [1212.0, 1855.0, 1000.0, 3000.0],
        "qualifier": ["exact", "exact", "exact", "over"],
        "unit": ["count", "count", "£", "£"],
        "period_start": YEARS["start"].tolist() * 2,
        "period_end": YEARS["end"].tolist() * 2,
    }
)
SAID = {"measures": oc.data.measures(), "sources": ["A page"], "area": "Lancashire"}


def bounds(*measures):
    return oc.methods.reconcile.bounds_by_measure(
        FIGURES, YEARS, measures=measures
    ).bounds


def test_growth_between_bounds_is_drawn_by_its_ends_and_by_no_value_between():
    frame = pd.DataFrame(
        {"name": ["cash", "arrests"], "least": [2.08, 0.531], "most": [2.435, 0.531]}
    )
    figure = findings.intervals(
        frame, label="name", lower="least", upper="most", kind="percent"
    )
    written = [t.get_text() for t in figure.axes[0].texts]
    assert written[:2] == ["208.0% to 243.5%", "53.1%"]


def test_dated_figures_of_parts_are_minimums_for_the_county():
    figures = oc.data.figures(programme="op_warrior", dated=True)
    year = oc.core.periods.one_period("2022-23", "2022-11-01", "2023-03-31")
    of = ["arrests", "cannabis_plants_seized", "cash_seized"]
    county = {"area": "lancashire", "parent": oc.data.areas()}
    bounds = oc.methods.reconcile.bounds_by_measure(
        figures, year, measures=of, **county
    ).bounds
    assert bounds["lower"].tolist() == [7, 1080, 42701.5]
    assert bounds["upper"][0] == 1190
    own = figures[figures["area"] == "lancashire"]
    assert oc.methods.reconcile.bounds_by_measure(own, year, measures=of).bounds[
        "lower"
    ].tolist() == [
        0,
        0,
        0,
    ]
