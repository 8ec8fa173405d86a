"""What a printed figure claims, quarrels between statements, and several counts at their edges."""

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid
from outcomes.methods.reconcile import constraints
from outcomes.methods.reconcile.several import growth, reconcile_each
from outcomes.methods.reconcile.statements import hold
from test_reconcile import figures
from test_statements import ONE, WHOLE, row

YEAR = ("2023-01-01", "2023-12-31")


def claimed(value, qualifier="exact", unit="count", **extra):
    """The least and the most that one figure of 2023 allows."""
    found, _ = constraints.read(figures(("a", value, qualifier, *YEAR, unit), **extra))
    return found["low"][0], found["high"][0]


@pytest.mark.parametrize(
    ("value", "qualifier", "unit", "allowed"),
    [
        (1409, "exact", "count", (1409, 1409)),
        (1210, "exact", "count", (1205, 1215)),
        (1205, "nearly", "count", (1085, 1205)),  # 1,084.5 and more, in whole numbers
        (1205, "approx", "count", (1085, 1325)),
        (1200, "over", "count", (1200, np.inf)),
        (1, "approx", "count", (1, 1)),
        (10, "nearly", "count", (9, 10)),
        (1200, "exact", "£", (1150, 1250)),
        (12.5, "exact", "£", (12.495, 12.505)),  # to the penny
        (1205, "nearly", "kg", (1084.5, 1205)),
        (608.4, "exact", "years", (608.35, 608.45)),
        (1.5, "exact", "count", (1.45, 1.55)),  # not a whole number, whatever its unit
    ],
)
def test_what_one_figure_allows(value, qualifier, unit, allowed):
    assert claimed(value, qualifier, unit) == pytest.approx(allowed)


@pytest.mark.parametrize("part", [True, False, None])
def test_a_figure_for_part_of_the_measure_has_no_upper_limit(part):
    assert claimed(1409, part=[part]) == (1409, np.inf if part else 1409)


@pytest.mark.parametrize(
    ("unit", "whole"),
    [("count", True), ("plants", True), *((u, False) for u in constraints.CONTINUOUS)],
)
def test_only_things_that_are_counted_come_in_whole_numbers(unit, whole):
    rows = figures(("a", 100, "exact", *YEAR, unit))
    assert constraints.read(rows)[1] is whole
    assert constraints.read(rows, integral=not whole)[1] is not whole


def test_days_run_from_the_first_to_the_day_after_the_last():
    rows = figures(
        ("a", 5, "exact", "1970-01-02", "1970-01-02"),
        ("undated", 5, "exact", "2023-01-01", None),
        ("b", 7, "exact", "1970-01-01", "1970-01-31"),
        ("c", 7, "exact", "1970-01-01", "1970-01-31"),
        period_state=["inferred", "stated", "ambiguous", "stated"],
    )
    found, _ = constraints.read(rows)
    assert found["figure"].tolist() == ["a", "b", "c"]
    assert found[["start", "stop"]].to_numpy().tolist() == [[1, 2], [0, 31], [0, 31]]
    assert found["inferred"].tolist() == [True, True, False]
    assert found["area"].tolist() == ["", "", ""] and found["value"].tolist() == [
        5,
        7,
        7,
    ]
    plain, _ = constraints.read(rows.drop(columns="period_state").assign(area="x"))
    assert not plain["inferred"].any() and plain["area"].tolist() == ["x"] * 3


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            figures(("a", 1, "exact", *YEAR)).drop(columns=["value", "qualifier"]),
            "Figures to reconcile need the column 'value'.",
        ),
        (
            figures(
                ("a", 1, "exact", *YEAR), ("b", 1, "exact", "2023-02-02", "2023-02-01")
            ),
            "Figure 'b' ends before it starts.",
        ),
        (
            figures(("a", 1, "exact", *YEAR, "kg"), ("b", 1, "exact", *YEAR, "count")),
            "Figures in different units cannot be reconciled: count, kg.",
        ),
        *(
            (
                figures(("a", 1, "exact", *YEAR, unit)),
                f"Figures in {unit!r} are rates; those of parts do not add to the whole's.",
            )
            for unit in (
                "%",
                "percent",
                "grade",
                "ratio",
                "per 1,000 residents",
                "£ per head",
            )
        ),
        (
            figures(("a", 1, "about", *YEAR)),
            "qualifier 'about' is not known. Allowed: exact, over, at_least, nearly, approx.",
        ),
    ],
)
def test_figures_that_cannot_be_added_up_are_refused_in_these_words(rows, sentence):
    with pytest.raises(Invalid) as caught:
        constraints.read(rows)
    assert str(caught.value) == sentence


def test_a_unit_is_read_by_its_words_and_may_be_lacking():
    assert claimed(1409, unit="persons") == (1409, 1409)
    assert claimed(1409, unit=None) == (1409, 1409)
    rows = figures(("a", 1409, "exact", *YEAR))
    assert constraints.read(rows.drop(columns="unit"))[0]["low"][0] == 1409
    assert len(constraints.read(rows[:0])[0]) == 0


def told(one, *others, parent=None):
    """What ``others`` say of a figure that is not among them."""
    frame = pd.DataFrame(others, columns=list(one))
    return hold(pd.DataFrame([one]), frame, whole=WHOLE, parent=parent).iloc[0]


GRADE = row("a", 4, *YEAR, measure="hmicfrs_soc_grade")


def test_a_figure_that_agrees_has_nothing_against_it_and_no_quarrel():
    held = told(ONE, row("b", 31, "2023-03-01", "2023-03-31"))
    told_of = ["state", "against", "quarrel", "others"]
    assert held[told_of].tolist() == ["not_contradicted", "", "", 1]
    assert held["lower"] == 31 and np.isnan(held["upper"])
    assert told(ONE)[told_of].tolist() == ["no_other_source", "", "", 0]


def test_an_overlap_that_limits_nothing_is_no_other_source():
    held = told(ONE, row("b", 100, "2022-07-01", "2023-06-30"))
    assert (
        held["state"] == "no_other_source"
        and np.isnan([held["lower"], held["upper"]]).all()
    )


def test_a_copy_counts_once_whether_of_the_figure_or_of_another():
    copies = [row("b", 100, *YEAR, copy_of="a"), row("c", 100, *YEAR, copy_of="d")]
    assert told(ONE, copies[0])[["state", "others"]].tolist() == ["no_other_source", 0]
    assert told(ONE, copies[1])["others"] == 1  # what it copies is not at hand
    assert told(ONE, copies[1], row("d", 100, *YEAR))["others"] == 1


@pytest.mark.parametrize(
    ("start", "end", "near"),
    [
        ("2023-12-31", "2024-01-31", True),
        ("2022-01-01", "2023-01-01", True),
        ("2024-01-01", "2024-01-31", False),
        ("2022-01-01", "2022-12-31", False),
        ("2023-06-01", None, True),
    ],
)
def test_statements_bear_on_each_other_where_they_share_a_day(start, end, near):
    other = row("b", 4, start, end, measure="hmicfrs_soc_grade")
    held = told(GRADE, other)
    assert (held["state"], held["others"]) == (
        ("confirmed", 1) if near else ("no_other_source", 0)
    )
    for change in ({"area": "blackpool"}, {"programme": "x"}, {"measure": "y"}):
        assert told(GRADE, other | change)["others"] == 0


def test_a_note_that_records_a_contradiction_has_no_say():
    for one in (ONE, GRADE):
        for note in (
            "CONTRADICTION: two pages differ.",
            "CONTRADICTED by the seed.",
            "",
        ):
            held = told(one | {"note": note})
            assert held[["state", "against"]].tolist() == ["no_other_source", ""]
            undated = told(one | {"note": note, "period_end": pd.NaT})
            assert undated[["state", "against"]].tolist() == ["not_enough", ""]
    clash = told(ONE, row("b", 250, "2023-03-01", "2023-03-31"))
    assert clash["against"] == (
        "These figures cannot all be right: 250 for March 2023 (it would have to be at most "
        "150); 100 for January 2023 to December 2023 (it would have to be at least 245)."
    )


def test_a_figure_without_a_start_is_undated_and_has_no_rate():
    held = told(ONE | {"period_start": pd.NaT}, row("b", 100, *YEAR))
    assert held["state"] == "not_enough" and np.isnan(held["per_day"])
    assert np.isnan(told(GRADE)["per_day"])


def test_a_quarrel_of_others_is_told_of_the_same_place_and_time_only():
    early = [
        row("b", 50, "2020-01-01", "2020-06-30"),
        row("c", 80, "2020-02-01", "2020-03-31"),
    ]
    late = [
        row("d", 50, "2023-01-01", "2023-06-30"),
        row("e", 80, "2023-02-01", "2023-03-31"),
    ]
    away = [one | {"area": "blackpool"} for one in late]
    assert told(ONE, *early)["quarrel"] == ""
    found = told(ONE | {"value": 500.0}, *late)
    assert (
        found["state"] == "not_contradicted"
        and "cannot all be right" in found["quarrel"]
    )
    again = [
        row("f", 7, "2023-07-01", "2023-07-31"),
        row("g", 9, "2023-07-01", "2023-07-31"),
    ]
    both = told(ONE | {"value": 500.0}, *late, *again)["quarrel"]
    assert both.count("These figures cannot all be right: ") == 2 and "). These" in both
    tree = {"blackpool": "lancashire"}
    assert told(ONE | {"value": 500.0}, *away, parent=tree)["quarrel"] == ""
    assert told(ONE | {"value": 500.0}, away[0], parent=tree)["lower"] == 50
    assert (
        told(ONE, *(late[0] | {"measure": "x"}, late[1] | {"programme": "y"}))[
            "quarrel"
        ]
        == ""
    )


def test_others_that_limit_a_figure_from_both_sides():
    held = told(
        ONE | {"value": 250.0},
        row("b", 31, "2023-03-01", "2023-03-31"),
        row("c", 205, "2022-07-01", "2024-06-30"),
    )
    assert held[["state", "lower", "upper"]].tolist() == ["contradicted", 31, 205]
    assert "cannot all be right" in held["against"]


PERIODS = pd.DataFrame(
    {
        "label": ["one", "two"],
        "start": pd.to_datetime(["2022-01-01", "2023-01-01"]),
        "end": pd.to_datetime(["2022-12-31", "2023-12-31"]),
    }
)


def several(*rows, of, **options):
    frame = figures(*(r[1:] for r in rows)).assign(measure=[r[0] for r in rows])
    if "area" in options:
        frame["area"] = [r[1] for r in rows]
    return reconcile_each(frame, PERIODS, of=of, **options)


def test_growth_is_told_only_of_counts_that_are_limited_and_not_nought():
    first, second = ("2022-01-01", "2022-12-31"), YEAR
    found = several(
        ("known", "a", 109, "exact", *first),
        ("known", "b", 218, "exact", *second),
        ("open", "c", 109, "exact", *first),
        ("open", "d", 200, "over", *second),
        ("unlimited", "e", 100, "over", *first),
        ("unlimited", "f", 109, "exact", *second),
        ("nought", "g", 0, "exact", *first),
        ("nought", "h", 109, "exact", *second),
        ("rounded", "i", 200, "exact", *first),
        ("rounded", "j", 300, "exact", *second),
        ("one", "k", 1, "exact", *first),
        ("one", "l", 2, "exact", *second),
        of=["known", "open", "unlimited", "nought", "rounded", "one", "known"],
    )
    assert len(found.bounds) == 12 and found.bounds.columns[0] == "measure"
    got = growth(found.bounds, "one", "two")
    assert got.columns.tolist() == ["measure", "least", "most"]
    assert got["measure"].tolist() == ["known", "rounded", "one"]
    assert got[["least", "most"]].to_numpy().ravel() == pytest.approx(
        [1, 1, 250 / 250 - 1, 350 / 150 - 1, 1, 1]
    )
    assert found.contradictions.empty and found.contradictions.columns.tolist() == [
        "measure",
        "set",
        "figure",
        "value",
        "qualifier",
        "start",
        "end",
        "lower",
        "upper",
        "sentence",
    ]


def test_each_contradicting_set_has_its_number_and_its_sentence():
    clash = [
        (name, f"{name}{k}-{value}", value, "exact", start, end)
        for name, spans in (
            ("x", [("2022-01-01", "2022-06-30"), ("2023-01-01", "2023-06-30")]),
            ("y", [("2022-01-01", "2022-06-30")]),
        )
        for k, (start, end) in enumerate(spans)
        for value in (51, 87)
    ]
    found = several(*clash, of=["x", "y"]).contradictions
    assert found[["measure", "set"]].to_numpy().tolist() == [
        ["x", 0],
        ["x", 0],
        ["x", 1],
        ["x", 1],
        ["y", 0],
        ["y", 0],
    ]
    assert found["sentence"].str.contains("cannot").all()


def test_several_counts_of_an_area_are_limited_by_its_parts():
    rows = [("arrests", "town", 109, "exact", *YEAR)]
    tree = {"town": "county"}
    whole = several(*rows, of=["arrests"], area="county", parent=tree).bounds
    assert (
        whole["lower"].tolist() == [0, 109] and whole["upper"].tolist() == [np.inf] * 2
    )
    town = several(*rows, of=["arrests"], area="town", parent=tree).bounds
    assert town["upper"].tolist() == [np.inf, 109]
