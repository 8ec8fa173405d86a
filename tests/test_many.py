"""Ready-made findings about several counts: the words, the numbers and the empty cases."""

import pandas as pd
import pytest

import outcomes as oc
from outcomes import findings
from outcomes.core.errors import Invalid

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


@pytest.mark.parametrize(
    ("lower", "upper", "unit", "said"),
    [
        (1212, 1212, "count", "exactly 1,212"),
        (0, 47298, "£", "at most £47,298"),
        (3, float("inf"), "kg", "at least 3 kg"),
        (0, float("inf"), "kg", "not limited"),
        (0, 0, "count", "exactly 0"),
    ],
)
def test_amounts_read_as_a_person_would_say_them(lower, upper, unit, said):
    assert findings.amount(lower, upper, unit) == said


def test_allowed_says_the_last_period():
    found = findings.allowed(
        "b", bounds("arrests", "cash_seized"), ask="second", caption="Bounds", **SAID
    )
    assert found.sentence == "Arrests in second: exactly 1,855."
    assert found.facts["detail"] == "Cash seized in second: at least £3,000."
    assert (found.facts["verdict"], found.facts["value"]) == ("estimate", 1855)
    assert found.svg and len(found.frame) == 4


def test_allowed_without_any_figure_has_no_chart_and_is_not_enough():
    found = findings.allowed(
        "b", bounds("jail_years"), ask="second", caption="Bounds", **SAID
    )
    assert found.facts["verdict"] == "not_enough" and not found.svg
    with pytest.raises(Invalid, match="no measure"):
        findings.allowed(
            "b", bounds("arrests")[:0], ask="second", caption="Bounds", **SAID
        )


def test_growth_between_bounds_is_drawn_by_its_ends_and_by_no_value_between():
    frame = pd.DataFrame(
        {"name": ["cash", "arrests"], "least": [2.08, 0.531], "most": [2.435, 0.531]}
    )
    figure = findings.intervals(
        frame, label="name", lower="least", upper="most", kind="percent"
    )
    written = [t.get_text() for t in figure.axes[0].texts]
    assert written[:2] == ["208.0% to 243.5%", "53.1%"]


def test_what_nothing_limits_is_left_empty():
    frame = YEARS.assign(lower=[0.0, 3.0], upper=[float("inf"), 5.0])
    figure = findings.bounds(frame, kind="number")
    heights = [patch.get_height() for patch in figure.axes[0].patches]
    assert heights == [2.0]
    assert "no limit known" in [t.get_text() for t in figure.axes[0].texts]


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


def test_clashing_names_the_figures_or_says_that_there_are_none():
    rivals = FIGURES.assign(period_start=YEARS["start"][0], period_end=YEARS["end"][0])[
        :2
    ]
    clash = oc.methods.reconcile.bounds_by_measure(
        rivals, YEARS, measures=["arrests"]
    ).contradictions
    found = findings.clashing(
        "c", clash, checked=["arrests"], **SAID | {"sources": rivals}
    )
    assert found.facts["verdict"] == "contradicted"
    assert {m["value"] for m in found.facts["agreement"]["members"]} == {1212, 1855}
    assert found.sentence == (
        "1 of 1 measure has figures that cannot all be right: arrests."
    )
    assert (
        "1,212 for November 2022 to October 2023 (it would have to be 1,855)"
        in found.facts["detail"]
    )
    unsure = rivals.assign(period_state=["stated", "ambiguous"])
    either = findings.clashing(
        "c", clash, checked=["arrests"], **SAID | {"sources": unsure}
    )
    assert either.facts["verdict"] == "tested"
    assert either.sentence == "None of 1 measure has figures that cannot all be right."
    assert either.facts["detail"] == (
        "Figures of arrests clash as read, but the period of one can be read in more than one way."
    )
    calm = findings.clashing("c", clash[:0], checked=["arrests"], **SAID)
    assert calm.facts["verdict"] == "tested" and calm.facts["value"] == 0
