"""The linear programme behind a reconciliation: hand sums, and what a figure is blamed for."""

import numpy as np
import pandas as pd
import pytest

from figure_maker import figures
from outcomes.methods.reconcile import constraints, model

HALF, YEAR = ("2023-01-01", "2023-06-30"), ("2023-01-01", "2023-12-31")
DAYS = constraints.day_number(["2023-01-01", "2023-07-01", "2024-01-01"])
ASKED = pd.DataFrame({"first": DAYS[:2], "stop": DAYS[1:]})


def built(*rows):
    stated, _ = constraints.read_constraints(figures(*rows))
    return model.build_model(stated, ASKED, area="", tree=constraints.area_tree(None))


def test_what_is_left_of_a_year_is_its_difference_and_rests_on_both_figures():
    found = built(("half", 30, "exact", *HALF), ("year", 101, "exact", *YEAR))
    assert found.cuts.tolist() == DAYS.tolist() and found.size == 3
    lower, upper = found.range(DAYS[1], DAYS[2])
    assert (lower.value, upper.value) == (71, 71)
    assert {*lower.figures} == {*upper.figures} == {"half", "year"}
    assert found.breach is None


def test_a_figure_for_the_very_period_is_the_reason_and_the_first_of_several():
    found = built(("sum", 30, "exact", *HALF), ("again", 30, "over", *HALF))
    assert found.range(DAYS[0], DAYS[1]).upper == (30, ("sum",))
    assert found.range(DAYS[0], DAYS[1]).lower.value == 30


def test_without_figures_nothing_is_limited_and_there_is_no_path():
    found = built()
    assert found.range(DAYS[0], DAYS[2]) == ((0, ()), (np.inf, ()))
    assert found.breach is None and len(found.steadiest_path().totals) == 0


def test_what_no_history_allows_is_a_breach_and_its_figures_have_a_price():
    found = built(("half", 300, "exact", *HALF), ("year", 101, "exact", *YEAR))
    names = {f for s in found.priced(found.breach) for f in s.figures}
    assert names == {"half", "year"}


def test_the_steadiest_path_spreads_a_total_by_days():
    path = built(("year", 365, "exact", *YEAR)).steadiest_path()
    assert path.totals == pytest.approx([181, 184])
    assert (path.stop - path.first).tolist() == [181, 184]
