"""What a published figure allows its own total to be, and what cannot be added up."""

import numpy as np
import pytest

from figure_maker import figures
from outcomes.core.errors import Invalid
from outcomes.methods.reconcile import constraints

YEAR = ("2023-01-01", "2023-12-31")


def claimed(value, qualifier="exact", unit="count", **extra):
    """The least and the most that one figure of 2023 allows."""
    found, _ = constraints.read_constraints(
        figures(("a", value, qualifier, *YEAR, unit), **extra)
    )
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
    [
        ("count", True),
        ("plants", True),
        *((u, False) for u in constraints.CONTINUOUS if u not in constraints.NOT_SUMS),
    ],
)
def test_only_things_that_are_counted_come_in_whole_numbers(unit, whole):
    rows = figures(("a", 100, "exact", *YEAR, unit))
    assert constraints.read_constraints(rows)[1] is whole
    assert constraints.read_constraints(rows, integral=not whole)[1] is not whole


@pytest.mark.parametrize("unit", [*constraints.NOT_SUMS, "% per year"])
def test_rates_do_not_add_to_a_whole(unit):
    with pytest.raises(Invalid, match="are rates; those of parts do not add"):
        constraints.read_constraints(figures(("a", 1, "exact", *YEAR, unit)))


def test_days_run_from_the_first_to_the_day_after_the_last():
    rows = figures(
        ("a", 5, "exact", "1970-01-02", "1970-01-02"),
        ("undated", 5, "exact", "2023-01-01", None),
        ("b", 7, "exact", "1970-01-01", "1970-01-31"),
        ("c", 7, "exact", "1970-01-01", "1970-01-31"),
        period_state=["inferred", "stated", "ambiguous", "stated"],
    )
    found, _ = constraints.read_constraints(rows)
    assert found["figure"].tolist() == ["a", "b", "c"]
    assert found[["start", "stop"]].to_numpy().tolist() == [[1, 2], [0, 31], [0, 31]]
    assert found["inferred"].tolist() == [True, True, False]
    assert found["area"].tolist() == ["", "", ""] and found["value"].tolist() == [
        5,
        7,
        7,
    ]
    plain, _ = constraints.read_constraints(
        rows.drop(columns="period_state").assign(area="x")
    )
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
        constraints.read_constraints(rows)
    assert str(caught.value) == sentence


def test_a_unit_is_read_by_its_words_and_may_be_lacking():
    assert claimed(1409, unit="persons") == (1409, 1409)
    assert claimed(1409, unit=None) == (1409, 1409)
    rows = figures(("a", 1409, "exact", *YEAR))
    assert constraints.read_constraints(rows.drop(columns="unit"))[0]["low"][0] == 1409
    assert len(constraints.read_constraints(rows[:0])[0]) == 0


def test_the_line_of_an_area_is_nearest_first_and_ends_where_it_turns_round():
    tree = constraints.area_tree({"a": "b", "b": "c", "c": "a"})
    assert tree.above("a") == ["b", "c", "a"]
    assert tree.above("z") == []
