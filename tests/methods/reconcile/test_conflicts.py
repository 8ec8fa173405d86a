"""Which figures contradict each other, and what each would have to be."""

import pandas as pd

from figure_maker import figures
from outcomes.methods.reconcile import conflicts, constraints, model

YEAR = ("2023-01-01", "2023-12-31")
FIRST, SECOND = ("2023-01-01", "2023-06-30"), ("2023-07-01", "2023-12-31")


def found_in(*rows):
    stated, _ = constraints.read_constraints(figures(*rows))
    days = constraints.day_number(["2023-01-01", "2024-01-01"])
    asked = pd.DataFrame({"first": days[:1], "stop": days[1:]})
    built = model.build_model(stated, asked, area="", tree=constraints.area_tree(None))
    return conflicts.find_conflicts(built, stated)


def test_ways_to_blame_are_the_smallest_and_none_is_believed_where_they_are_too_many():
    one, two, far = frozenset("ab"), frozenset("bc"), frozenset("xy")
    found = conflicts.hitting_sets([one, far, two])
    assert found == [frozenset(way) for way in ("acx", "acy", "bx", "by")]
    many = [frozenset((2 * k, 2 * k + 1)) for k in range(8)]
    assert len(conflicts.hitting_sets(many[:7])) == 128
    assert conflicts.hitting_sets(many) == [frozenset(range(16))]


def test_sets_are_empty_when_everything_agrees():
    found = found_in(("h1", 31, "exact", *FIRST), ("year", 101, "exact", *YEAR))
    assert found.contradictions == []
    assert conflicts.smallest_conflict(found.loosened) == []
    assert found.alternatives.choices == [frozenset()]


def test_a_set_that_cannot_hold_names_what_each_figure_would_have_to_be():
    rows = [("h1", 60, "exact", *FIRST), ("h2", 70, "exact", *SECOND)]
    found = found_in(*rows, ("year", 99, "exact", *YEAR))
    (one,) = found.contradictions
    assert one.figures == ["h1", "h2", "year"]
    needs = {m["figure"]: (m["lower"], m["upper"]) for m in one.members}
    assert needs == {"h1": (29, 29), "h2": (39, 39), "year": (130, 130)}
    assert one.sentence.startswith("These figures cannot all be right: 60 for January")
    assert "(it would have to be 29)" in one.sentence
    assert found.loosened.breach is None
    assert len(found.alternatives.choices) == 3
