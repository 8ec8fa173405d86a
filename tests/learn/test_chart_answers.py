"""What a chart shows, read back from its axes, however it was drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns

from outcomes.learn import chart_answers

VALUES = pd.Series([3.0, 1.0, 2.0], index=["a", "b", "c"])
TABLE = VALUES.rename("v").rename_axis("k").reset_index()
DRAWN = {
    "seaborn, lying": lambda: sns.barplot(TABLE, x="v", y="k"),
    "seaborn, standing": lambda: sns.barplot(TABLE, x="k", y="v"),
    "seaborn, a list": lambda: sns.barplot(VALUES),
    "seaborn, a grid": lambda: sns.catplot(TABLE, x="v", y="k", kind="bar"),
    "seaborn, a colour each": lambda: sns.barplot(TABLE, x="v", y="k", hue="k"),
    "seaborn, a palette": lambda: sns.barplot(
        TABLE, x="v", y="k", hue="k", palette="viridis", legend=False
    ),
    "seaborn, a palette alone": lambda: sns.barplot(
        TABLE, x="k", y="v", palette="viridis"
    ),
    "seaborn, two groups": lambda: sns.barplot(
        TABLE.assign(g=["x", "y", "x"]), x="v", y="k", hue="g"
    ),
    "pandas, a table": lambda: TABLE.plot.bar(x="k", y="v"),
    "matplotlib, standing": lambda: plt.bar(TABLE["k"], TABLE["v"]),
    "matplotlib, lying": lambda: plt.barh(TABLE["k"], TABLE["v"]),
    "matplotlib, one by one": lambda: [plt.bar(k, v) for k, v in VALUES.items()],
    "matplotlib, with errors": lambda: plt.errorbar(TABLE["k"], TABLE["v"], yerr=0.1),
    "seaborn, a line": lambda: sns.lineplot(VALUES),
    "seaborn, dots": lambda: sns.scatterplot(VALUES),
    "pandas, standing": lambda: VALUES.plot.bar(),
    "pandas, lying": lambda: VALUES.plot.barh(),
    "pandas, a line": lambda: VALUES.plot(),
    "matplotlib, lines": lambda: plt.plot(VALUES),
    "matplotlib, a figure": lambda: plt.plot(VALUES)[0].figure,
}


@pytest.fixture(autouse=True)
def a_figure_of_its_own():
    plt.figure()


@pytest.mark.filterwarnings("ignore:\\s*Passing `palette` without")
@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_values_are_read_back_however_they_were_drawn(draw):
    ax = chart_answers.axes_of(draw())
    assert ax is not None
    assert chart_answers.shows(ax, VALUES)
    assert not chart_answers.shows(ax, 2 * VALUES)
    assert not chart_answers.shows(ax, VALUES[:2])


@pytest.mark.parametrize("answer", [None, 3, "chart", [], [1], VALUES, plt])
def test_what_is_no_single_chart_has_no_axes(answer):
    assert chart_answers.axes_of(answer) is None
    assert chart_answers.axes_of(plt.subplots(2)[0]) is None


def test_bars_beside_the_wrong_names_show_the_numbers_only():
    ax = sns.barplot(x=["c", "b", "a"], y=VALUES.to_numpy())
    assert not chart_answers.shows(ax, VALUES)
    assert chart_answers.shows(ax, VALUES, names=False)


def test_order_and_rounding_to_a_decimal_do_not_matter():
    rates = pd.Series([80.917, 40.04, 106.63], index=["a", "b", "c"])
    ax = sns.barplot(rates.round(1).sort_values())
    assert chart_answers.shows(ax, rates)


def test_lines_across_are_levels_and_no_values():
    ax = sns.lineplot(VALUES)
    ax.axhline(2.5)
    ax.hlines([1.5, 3.5], 0, 2)
    ax.axvline(1)
    assert sorted(chart_answers.drawn_levels(ax)) == [1.5, 2.5, 3.5]
    assert len(chart_answers.drawn_series(ax)) == 1
    assert np.allclose(chart_answers.drawn_series(ax)[0], VALUES)


def test_bars_of_two_groups_are_read_with_their_names():
    ax = sns.barplot(TABLE, x="v", y="k", hue="k")
    assert not chart_answers.shows(ax, VALUES.set_axis(["c", "b", "a"]))
    assert chart_answers.shows(ax, VALUES.set_axis(["c", "b", "a"]), names=False)


def test_bars_one_over_the_other_are_no_series():
    ax = plt.bar("a", 3.0)[0].axes
    ax.bar("a", 1.0)
    ax.bar("b", 2.0)
    assert not chart_answers.shows(ax, VALUES, names=False)
