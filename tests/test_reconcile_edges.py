"""Reconciling at its edges: what is refused, what a contradiction says, and what has no limit."""

import numpy as np
import pandas as pd
import pytest

from outcomes.core import periods
from outcomes.core.errors import Invalid
from outcomes.methods.reconcile import model, reconciliation
from test_reconcile import figures

YEAR = ("2023-01-01", "2023-12-31")
FIRST, SECOND = ("2023-01-01", "2023-06-30"), ("2023-07-01", "2023-12-31")
ASKED = periods.one_period("2023", *YEAR)


def bound(*rows, asked=ASKED, **options):
    return reconciliation.bounds(figures(*rows), asked, **options).bounds.iloc[0]


@pytest.mark.parametrize(
    ("rows", "asked", "sentence"),
    [
        (
            figures(("a", 5, "exact", *YEAR)),
            ASKED.drop(columns=["start", "end"]),
            "Periods need the columns label, start and end; 'start' is missing.",
        ),
        (
            figures(("a", 5, "exact", *YEAR)),
            ASKED.assign(end=ASKED["start"] - pd.Timedelta(days=1)),
            "A period asked about ends before it starts.",
        ),
        (
            figures(*(("a", 5, "exact", *YEAR),) * 14, area=list("nmlkjihgfedcba")),
            ASKED,
            "Figures of several areas: name one with area=. a, b, c, d, e, f, g, h, i, j, k, l",
        ),
    ],
)
def test_what_cannot_be_reconciled_is_refused_in_these_words(rows, asked, sentence):
    with pytest.raises(Invalid) as caught:
        reconciliation.bounds(rows, asked)
    assert str(caught.value) == sentence


def test_one_day_may_be_asked_about():
    day = periods.one_period("day", "2023-03-01", "2023-03-01")
    got = bound(("a", 5, "exact", "2023-03-01", "2023-03-01"), asked=day)
    assert (got["lower"], got["upper"], got["point"], got["state"]) == (
        5,
        5,
        5,
        "exact",
    )


def test_without_figures_nothing_is_known():
    got = reconciliation.bounds(figures()[:0], ASKED)
    row = got.bounds.iloc[0]
    assert (row["lower"], row["upper"], row["state"], row["binding"]) == (
        0,
        np.inf,
        "open",
        [],
    )
    assert np.isnan(row["point"]) and got.path.empty and got.contradictions == []


def test_halves_that_are_whole_numbers_bound_a_year_to_whole_numbers():
    got = bound(("a", 109, "exact", *FIRST), ("b", 205, "nearly", *SECOND))
    assert (got["lower"], got["upper"], got["state"]) == (109 + 185, 314, "bounded")
    assert (
        got["binding"] == ["a", "b"] and np.isnan(got["point"]) and not got["inferred"]
    )
    loose = bound(("a", 109.5, "exact", *FIRST), ("b", 205, "nearly", *SECOND))
    assert (loose["lower"], loose["upper"]) == pytest.approx((109.45 + 184.5, 314.55))


@pytest.mark.parametrize(("room", "state"), [(0.5, "exact"), (0.6, "bounded")])
def test_what_is_weighed_is_exact_within_one(room, state):
    rows = (
        ("a", 100 + room, "nearly", *YEAR, "kg"),
        ("b", 100 - room, "over", *YEAR, "kg"),
    )
    got = bound(*rows)
    assert got["state"] == state
    assert got["point"] == pytest.approx(
        100 if state == "exact" else np.nan, nan_ok=True
    )


def test_only_figures_of_the_same_line_of_areas_bear_on_one():
    rows = figures(
        ("town", 11, "exact", *YEAR),
        ("county", 45, "exact", *YEAR),
        ("street", 7, "exact", *YEAR),
        ("other town", 20, "exact", *YEAR),
        ("other force", 3, "exact", *YEAR),
        area=["town", "county", "street", "other town", "elsewhere"],
    )
    tree = {
        "town": "county",
        "other town": "county",
        "street": "town",
        "county": None,
        "x": "x",
    }

    def limits(area, parent=tree):
        row = reconciliation.bounds(rows, ASKED, area=area, parent=parent).bounds.iloc[
            0
        ]
        return row["lower"], row["upper"]

    assert limits("county") == (45, 45) and limits("town") == (11, 11)
    assert limits("elsewhere") == (3, 3) and limits("nowhere") == (0, np.inf)
    rows = rows[rows["figure"] != "town"]
    assert limits("town") == (7, 45)  # the other town is of another line
    frame = pd.DataFrame({"area": list(tree), "parent": list(tree.values())})
    assert limits("town", frame) == (7, 45)
    rows = rows[rows["figure"] != "county"]
    assert limits("county") == (27, np.inf) and limits("county", None) == (0, np.inf)


def test_changes_from_a_year_before_are_no_totals():
    rows = figures(
        ("a", 11, "exact", *YEAR), ("b", 50, "exact", *YEAR), basis=["total", "change"]
    )
    assert reconciliation.bounds(rows, ASKED).bounds["state"][0] == "exact"


def test_areas_that_may_overlap_are_each_held_under_the_whole_alone():
    rows = figures(
        ("a", 11, "exact", *YEAR), ("b", 20, "exact", *YEAR), area=["n", "s"]
    )
    tree = pd.DataFrame({"area": ["n", "s"], "parent": ["county"] * 2})
    for level, least in (("district", 31), *((w, 20) for w in model.OVERLAPPING)):
        got = reconciliation.bounds(
            rows, ASKED, area="county", parent=tree.assign(level=level)
        ).bounds
        assert got["lower"][0] == least


def test_the_line_of_an_area_is_nearest_first_and_ends_where_it_turns_round():
    tree = {"a": "b", "b": "c", "c": "a"}
    assert model.line("a", tree) == ["b", "c", "a"]
    assert model.line("z", tree) == []


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (
            (522, "exact"),
            (531, "exact"),
            "522 for 2023 (it would have to be 531); 531 for 2023 (it would have to be 522)",
        ),
        (
            (109, "nearly"),
            (200, "over"),
            "nearly 109 for 2023 (it would have to be at least 200); over 200 for 2023 (it would "
            "have to be 99 to 109)",
        ),
        (
            (109, "approx"),
            (200, "at_least"),
            "about 109 for 2023 (it would have to be at least 200); at least 200 for 2023 (it "
            "would have to be 99 to 119)",
        ),
        (
            (1_234_567, "exact"),
            (2_000_001, "exact"),
            "1,234,567 for 2023 (it would have to be 2,000,001); 2,000,001 for 2023 (it would "
            "have to be 1,234,567)",
        ),
    ],
)
def test_a_contradiction_is_told_in_these_words(first, second, sentence):
    got = reconciliation.bounds(
        figures(("a", *first, *YEAR), ("b", *second, *YEAR)), ASKED
    )
    words = sentence.replace("2023 (", "January 2023 to December 2023 (")
    found = got.contradictions[0]
    assert found["sentence"] == f"These figures cannot all be right: {words}."
    assert found["figures"] == ["a", "b"] and got.bounds["state"][0] == "contradicted"
    one = found["members"][0]
    assert (one["figure"], one["value"], one["qualifier"]) == ("a", *first)
    assert (one["start"], one["end"]) == tuple(map(pd.Timestamp, YEAR))


def test_a_count_that_may_be_one_of_two_numbers_is_not_exact():
    got = bound(("a", 40, "at_least", *YEAR), ("b", 41, "nearly", *YEAR))
    assert (got["lower"], got["upper"], got["state"]) == (40, 41, "bounded")
    assert np.isnan(got["point"])


def test_a_figure_for_the_very_period_is_the_reason_before_a_sum():
    halves = ("a", 40, "exact", *FIRST), ("b", 60, "exact", *SECOND)
    got = bound(
        *halves, ("least", 100, "at_least", *YEAR), ("most", 100, "nearly", *YEAR)
    )
    assert got["binding"] == ["least", "most"] and bound(*halves)["binding"] == [
        "a",
        "b",
    ]


def test_a_contradiction_is_told_of_the_periods_it_bears_on_only():
    rows = figures(
        ("a", 51, "exact", *FIRST),
        ("b", 87, "exact", *FIRST),
        ("spring", 7, "exact", "2023-04-01", "2023-04-30"),
        ("next", 109, "nearly", "2024-01-01", "2024-12-31"),
    )
    spans = {
        "April": ("2023-04-01", "2023-04-30"),
        "May": ("2023-05-01", "2023-05-31"),
        "last day": ("2023-06-30", "2023-06-30"),
        "July": ("2023-07-01", "2023-07-31"),
        "2024": ("2024-01-01", "2024-12-31"),
    }
    asked = pd.concat([periods.one_period(k, *v) for k, v in spans.items()])
    got = reconciliation.bounds(rows, asked).bounds.set_index("label")["state"]
    assert got.to_dict() == {
        "April": "exact",
        "May": "contradicted",
        "last day": "contradicted",
        "July": "open",
        "2024": "bounded",
    }


def test_the_path_has_its_days_totals_and_rates():
    got = reconciliation.bounds(
        figures(
            ("a", 62, "exact", "2023-01-01", "2023-01-31"),
            ("b", 84, "exact", "2023-02-01", "2023-02-28"),
        ),
        ASKED,
    ).path
    assert got.columns.tolist() == ["start", "end", "total", "per_day"]
    assert got["start"].tolist() == [
        pd.Timestamp("2023-01-01"),
        pd.Timestamp("2023-02-01"),
    ]
    assert got["end"].tolist() == [
        pd.Timestamp("2023-01-31"),
        pd.Timestamp("2023-02-28"),
    ]
    assert got[["total", "per_day"]].to_numpy().tolist() == [[62, 2], [84, 3]]


def test_whether_totals_are_whole_numbers_may_be_said():
    one = ("a", 205, "nearly", *YEAR)
    assert bound(one)["lower"] == 185 and bound(one, integral=False)["lower"] == 184.5
    two = figures(one, one, area=["n", "s"])
    with pytest.raises(Invalid, match=r"name one with area=\. n, s$"):
        reconciliation.bounds(two, ASKED)


def test_a_period_rests_on_a_contradiction_outside_its_own_time():
    quarter = ("2023-01-01", "2023-03-31")
    rows = (
        ("y", 101, "exact", *YEAR),
        ("h", 41, "exact", *FIRST),
        ("q", 61, "over", *quarter),
    )
    got = bound(*rows, asked=periods.one_period("second half", *SECOND))
    assert got["state"] == "contradicted" and "h" in got["binding"]
    assert (
        bound(*rows[:2], asked=periods.one_period("second half", *SECOND))["state"]
        == "exact"
    )


def test_of_three_statements_of_one_period_neighbours_are_named():
    rows = [
        (name, value, "exact", *YEAR)
        for name, value in (("a", 143), ("b", 101), ("c", 121))
    ]
    got = reconciliation.bounds(figures(*rows), ASKED)
    assert [c["figures"] for c in got.contradictions] == [["b", "c"], ["a", "c"]]
    assert tuple(got.bounds.loc[0, ["lower", "upper", "state"]]) == (
        101,
        143,
        "contradicted",
    )
