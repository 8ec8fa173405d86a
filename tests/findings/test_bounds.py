"""What published figures allow and where they disagree: words, numbers and the empty cases."""

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
SAID = {"measures": oc.measures(), "sources": ["A page"], "area": "Lancashire"}


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
    found = findings.bounds_by_measure(
        "b", bounds("arrests", "cash_seized"), focus="second", caption="Bounds", **SAID
    )
    assert found.sentence == "Arrests in second: exactly 1,855."
    assert found.facts["detail"] == "Cash seized in second: at least £3,000."
    assert found.facts["alt"] == (
        "Bands by period for 2 measures, one under another; 2 of 4 are lines, where the "
        "total is fixed."
    )
    assert (found.facts["verdict"], found.facts["value"]) == ("estimate", 1855)
    assert found.svg and len(found.frame) == 4


def test_allowed_without_any_figure_has_no_chart_and_is_not_enough():
    found = findings.bounds_by_measure(
        "b", bounds("jail_years"), focus="second", caption="Bounds", **SAID
    )
    assert found.facts["verdict"] == "not_enough" and not found.svg
    with pytest.raises(Invalid, match="no measure"):
        findings.bounds_by_measure(
            "b", bounds("arrests")[:0], focus="second", caption="Bounds", **SAID
        )


def test_one_measure_says_what_its_figures_allow_and_what_that_rests_on():
    found = findings.bounds(
        "b", FIGURES[:2], YEARS, noun="arrests", area="lancashire", focus="second"
    )
    assert found.sentence == (
        "There were exactly 1,855 arrests in November 2023 to October 2024, by the "
        "published figures."
    )
    assert found.facts["detail"].startswith("It follows from: 1,855")
    assert found.facts["alt"] == (
        "A band for each of 2 periods, between 1,212 and 1,855; 2 periods known exactly."
    )
    assert found.facts["verdict"] == "estimate"


def test_a_period_that_nothing_limits_cannot_be_told():
    later = oc.core.periods.one_period("later", "2025-01-01", "2025-12-31")
    found = findings.bounds(
        "b",
        FIGURES[:2],
        later,
        noun="arrests",
        area="lancashire",
        focus="later",
        headline=True,
    )
    assert found.facts["verdict"] == "not_enough" and not found.facts["headline"]
    assert found.sentence.endswith("cannot be told: no published figure limits it.")
    assert found.facts["alt"].endswith("1 period without an upper limit.")


def test_clashing_names_the_figures_or_says_that_there_are_none():
    rivals = FIGURES.assign(period_start=YEARS["start"][0], period_end=YEARS["end"][0])[
        :2
    ]
    clash = oc.methods.reconcile.bounds_by_measure(
        rivals, YEARS, measures=["arrests"]
    ).contradictions
    found = findings.contradictions(
        "c", clash, checked=["arrests"], **SAID | {"sources": rivals}
    )
    assert found.facts["verdict"] == "contradicted"
    assert {m["value"] for m in found.facts["agreement"]["members"]} == {1212, 1855}
    assert found.sentence == (
        "1 of 1 measure has figures that cannot all be right: arrests."
    )
    assert found.facts["detail"].startswith("Arrests")
    assert (
        "1,212 for November 2022 to October 2023 (it would have to be 1,855)"
        in found.facts["detail"]
    )
    unsure = rivals.assign(period_state=["stated", "ambiguous"])
    either = findings.contradictions(
        "c", clash, checked=["arrests"], **SAID | {"sources": unsure}
    )
    assert either.facts["verdict"] == "tested"
    assert either.sentence == "None of 1 measure has figures that cannot all be right."
    assert either.facts["detail"] == (
        "Figures of arrests clash as read, but the period of one can be read in more than one way."
    )
    calm = findings.contradictions("c", clash[:0], checked=["arrests"], **SAID)
    assert calm.facts["verdict"] == "tested" and calm.facts["value"] == 0


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
    found = findings.differing_values(
        "x", frame, label="fact", noun="counts", caption="Prints"
    )
    assert found.sentence == (
        "1 of the counts was published with different values: knives, 130 and 139."
    )
    assert found.facts["verdict"] == "contradicted"
    assert found.facts["value"] == 1 and len(found.facts["table"]["rows"]) == 2
    none = findings.differing_values(
        "x", frame[2:], label="fact", noun="counts", caption="Prints"
    )
    assert none.facts["value"] == 0 and none.sentence.startswith("None of the counts")


def test_prints_that_one_rounding_allows_do_not_differ():
    prints = oc.weeks_of_action("county_lines", vintages="all")
    prints = prints[prints["area"].isin(oc.data.published_figures.NATIONAL)]
    prints = prints.assign(count=prints["measure"] + " " + prints["wave"])
    found = findings.differing_values(
        "d", prints, label="count", noun="counts", caption="c"
    )
    said = found.facts["detail"]
    assert "cash_seized 2023-10" in said and "cannabis_seized 2023-10" not in said
