"""Charts: what they draw, how they are called, and the style of the house."""

import inspect

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.axes import Axes

from outcomes import charts
from outcomes.core.errors import Invalid
from outcomes.findings import charts as module
from outcomes.findings import theme
from outcomes.methods import spc

MONTHS = pd.date_range("2019-12-01", "2022-10-01", freq="MS").append(
    pd.date_range("2024-01-01", "2024-04-01", freq="MS")
)
ROWS = pd.DataFrame(
    {
        "place": ["A place with a name of more than one line", "Burnley"],
        "estimate": [0.2, 0.5],
        "lower": [0.1, 0.4],
        "upper": [0.4, 0.6],
    }
)


@pytest.fixture(autouse=True)
def style():
    """The style of the house, which goes with the test."""
    with plt.rc_context():
        charts.set_theme()
        yield


def by_month(seed=0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"month": MONTHS, "n": rng.poisson(100, len(MONTHS))})


def monthly() -> pd.Series:
    values = np.random.default_rng(1).poisson(50, 36).astype(float)
    values[-1] = 150
    return pd.Series(values, pd.date_range("2021-01-01", periods=36, freq="MS"))


def sized():
    rng = np.random.default_rng(2)
    names = [f"place {n}" for n in range(25)]
    size = rng.integers(500, 9000, 25)
    data = pd.DataFrame({"n": rng.poisson(size / 100), "people": size, "place": names})
    return spc.funnel(data, count="n", denominator="people", label="place", per=1000)


def changes() -> pd.DataFrame:
    edges = np.linspace(-0.5, 0.4, 10)
    return pd.DataFrame({"lower": edges, "upper": edges + 0.1, "n": range(10)})


def effects() -> pd.DataFrame:
    ratio = np.linspace(-0.1, 0.1, 9)
    return pd.DataFrame(
        {
            "event": range(-4, 5),
            "start": pd.date_range("2021-01-01", periods=9, freq="QS"),
            "end": pd.date_range("2021-03-01", periods=9, freq="3MS"),
            "ratio": ratio,
            "lower": ratio - 0.1,
            "upper": ratio + 0.1,
        }
    )


def differences() -> pd.DataFrame:
    time = pd.date_range("2020-01-01", periods=12, freq="MS")
    return pd.DataFrame({"time": time, "here": 0.1, "a": 0.0, "b": -0.1})


def periods() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["the first year", "the second year", "after", "before"],
            "lower": [1212, 300, 10, 0],
            "upper": [1212, np.inf, 500, np.inf],
        }
    )


def states() -> pd.DataFrame:
    month = pd.date_range("2020-01-01", periods=6, freq="MS")
    return pd.DataFrame(
        {"month": month, "force": "Kent", "state": list("hhhmmh")}
    ).drop(index=1)


def choices() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "change": [-0.2, 0.1, -0.05],
            "declared": [True, False, False],
            "against": ["matched", "county", "matched"],
            "months": ["all months", None, "all months"],
        }
    )


CALLS = {
    "bars": (ROWS, {"x": "estimate", "y": "place", "kind": "percent"}),
    "intervals": (ROWS, {"y": "place", "kind": "percent"}),
    "lines": (by_month(), {"x": "month", "y": "n"}),
    "bounds": (periods(), {}),
    "strip": (
        states(),
        {
            "x": "month",
            "y": "force",
            "hue": "state",
            "palette": {"h": charts.NAVY, "m": charts.PALE},
        },
    ),
    "process_behaviour": (
        spc.process_behaviour(monthly()),
        {"events": {"start": "2022-01-01"}},
    ),
    "funnel": (sized(), {"highlight": "place 3"}),
    "event_study": (effects(), {"start": "2022-01-01"}),
    "gaps": (
        differences(),
        {
            "treated": "here",
            "placebos": ["a", "b"],
            "start": "2020-06-01",
            "label": "Burnley",
        },
    ),
    "placebos": (changes(), {"treated": 0.2, "label": "Burnley"}),
    "specification_curve": (
        choices(),
        {"choices": {"against": ["matched", "county"], "months": ["all months"]}},
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_chart_takes_data_first_and_returns_its_axes(name):
    chart, (data, options) = getattr(charts, name), CALLS[name]
    ax = chart(data, **options)
    assert isinstance(ax, Axes) and ax.figure.get_figwidth() == theme.WIDTH
    assert plt.fignum_exists(ax.figure.number)  # a notebook shows it
    again = chart(data, **options)
    assert again is not ax and theme.svg(again) == theme.svg(ax)
    _, given = plt.subplots()
    assert chart(data, **options, ax=given) is given and given.has_data()


@pytest.mark.parametrize("name", CALLS)
def test_all_but_the_data_goes_by_keyword_and_is_typed(name):
    (first, *others) = inspect.signature(getattr(charts, name)).parameters.values()
    assert first.kind is first.POSITIONAL_OR_KEYWORD
    assert all(p.kind is p.KEYWORD_ONLY for p in others)
    assert all(p.annotation is not p.empty for p in others if p.name != "start")
    assert others[-1].name == "ax" and others[-1].default is None


@pytest.mark.parametrize("name", sorted({*CALLS} - {"process_behaviour", "funnel"}))
def test_nothing_to_draw_is_said(name):
    data, options = CALLS[name]
    with pytest.raises(Invalid, match=f"{name} was given no rows"):
        getattr(charts, name)(data[:0], **options)


def test_a_series_of_missing_values_is_said():
    with pytest.raises(Invalid, match="lines was given only missing values"):
        charts.lines(by_month().assign(n=np.nan), x="month", y="n")


@pytest.mark.parametrize(
    "label",
    [
        lambda ax: charts.title(ax, "crimes", xlabel="month", ylim=(0, 9)),
        lambda ax: charts.note(ax, "here", (0, 0)),
        lambda ax: charts.month_axis(ax.xaxis),
        lambda ax: charts.number_axis(ax.yaxis),
        lambda ax: charts.percent_axis(ax.yaxis),
        lambda ax: charts.money_axis(ax.yaxis),
        lambda ax: charts.direct_labels(ax),
        lambda ax: charts.set_theme(),
    ],
)
def test_what_only_labels_returns_nothing(label):
    _, ax = plt.subplots()
    assert label(ax) is None


def test_every_public_name_is_there():
    assert all(hasattr(module, name) for name in module.__all__)


def test_the_style_makes_figures_of_seaborn_ours():
    fig, ax = plt.subplots()
    sns.barplot(ROWS, x="estimate", y="place", ax=ax)
    assert tuple(fig.get_size_inches()) == (5, 3.2)
    assert "xlink" not in theme.svg(fig)  # written small
    assert theme.svg(fig) == theme.svg(ax)


def test_a_figure_without_the_style_is_as_matplotlib_draws_it():
    with plt.rc_context():
        plt.rcdefaults()
        fig, _ = plt.subplots()
    assert fig.get_gid() is None


def test_a_grid_of_seaborn_does_not_warn(recwarn):
    charts.set_theme()  # pytest has filters of its own for each test
    sns.relplot(by_month(), x="month", y="n", kind="line", height=2)
    assert not recwarn.list


def left(text) -> float:
    text.figure.draw_without_rendering()
    return text.get_window_extent().x0


def test_rows_named_by_numbers_have_a_title_like_others():
    # a heat map writes the numbers themselves beside its rows, not words
    _, ax = plt.subplots()
    sns.heatmap(pd.DataFrame([[1, 2], [3, 4]], [2019, 2020]), ax=ax)
    charts.title(ax, "Months with a file")
    assert ax.get_title(loc="left") == "Months with a file"


def test_a_title_can_be_given_again():
    """Whoever tries a word in JupyterLab, or draws on axes that had names of rows, sees the last."""
    ax = charts.bars(ROWS, x="estimate", y="place")
    named = sns.barplot(ROWS, x="estimate", y="place", ax=plt.figure().add_subplot())
    for drawn in (ax, named):
        charts.title(drawn, "Share by place")
        written = [text.get_text() for text in drawn.texts]
        charts.title(drawn, "Share of all")
        assert drawn.get_title(loc="left") == "Share of all"
        assert [text.get_text() for text in drawn.texts] == written != []


def test_a_title_stands_at_the_axes_or_left_of_the_names_of_rows():
    ax = charts.lines(by_month(), x="month", y="n")
    charts.title(ax, "crimes by month")
    assert ax.get_title(loc="left") == "Crimes by month"
    assert left(ax._left_title) == pytest.approx(ax.get_window_extent().x0, abs=1)
    ax = charts.bars(ROWS, x="estimate", y="place")
    charts.title(ax, "share by place", xlabel="of all")
    assert left(ax._left_title) < 10 and ax.get_xlabel() == "of all"
    _, ax = plt.subplots()
    sns.barplot(ROWS, x="estimate", y="place", ax=ax)
    charts.title(ax, "Share by place")
    assert left(ax._left_title) < 10


@pytest.mark.parametrize(
    ("axis", "limits", "texts"),
    [
        (charts.number_axis, (0, 2000), ["0", "500", "1,000", "1,500", "2,000"]),
        (charts.percent_axis, (0, 0.4), ["0%", "10%", "20%", "30%", "40%"]),
        (charts.money_axis, (0, 2e6), ["£0", "£500k", "£1m", "£1.5m", "£2m"]),
    ],
)
def test_axes_write_round_values(axis, limits, texts):
    _, ax = plt.subplots()
    ax.set_ylim(limits)
    axis(ax.yaxis)
    assert [label.get_text() for label in ax.get_yticklabels()] == texts


def test_svg_is_the_same_bytes_twice_and_changes_with_the_data():
    first, again, other = (
        theme.svg(charts.lines(by_month(seed), x="month", y="n")) for seed in (0, 0, 1)
    )
    assert first == again != other


def test_a_line_never_crosses_a_gap():
    ax = charts.lines(by_month(), x="month", y="n")
    dates = [np.asarray(line.get_xdata(), "datetime64[D]") for line in ax.lines]
    assert len(dates) == 2  # before and after the months that are absent
    assert max(x[-1] - x[0] for x in dates) < np.timedelta64(1100, "D")


def test_a_missing_value_breaks_the_line_and_a_point_alone_is_a_dot():
    month = pd.date_range("2024-01-01", periods=6, freq="MS")
    frame = pd.DataFrame({"month": month, "n": [1, 2, np.nan, 4, np.nan, 6]})
    ax = charts.lines(frame, x="month", y="n")
    assert [list(line.get_ydata()) for line in ax.lines] == [[1, 2], [4], [6], [4, 6]]
    assert ax.lines[-1].get_marker() == "o"


def test_lines_are_named_at_their_ends_and_no_name_covers_another():
    frame = pd.concat(by_month().assign(force=f) for f in ("Kent", "Essex", "Surrey"))
    ax = charts.lines(frame, x="month", y="n", hue="force", highlight=["Kent", "Essex"])
    names = {text.get_text(): text.get_position()[1] for text in ax.texts}
    low, high = ax.get_ylim()
    assert names.keys() == {"Kent", "Essex"}
    assert abs(names["Kent"] - names["Essex"]) > 0.07 * (high - low)


def test_bounds_have_a_row_each_with_both_ends_and_no_ink_where_nothing_is_known():
    ax = charts.bounds(periods())
    drawn = {(*line.get_xdata(), *line.get_ydata()) for line in ax.lines}
    assert drawn == {(1212, 1212, 0, 0), (300, 300, 1, 1), (10, 500, 2, 2)}
    said = [text.get_text() for text in ax.texts]
    assert said[:4] == ["1,212", "at least 300", "10 to 500", "no limit known"]
    assert said[4:] == ["The first year", "The second year", "After", "Before"]


def test_long_bounds_stand_in_two_lines_within_the_axes():
    frame = periods().assign(lower=2_084_760, upper=2_918_664)
    ax = charts.bounds(frame, kind="money")
    assert ax.texts[0].get_text() == "£2,084,760\nto £2,918,664"
    assert ax.get_xlim()[0] + 1e-9 >= 0 and ax.get_xlim()[1] > 2_918_664


def test_few_placebo_places_are_dots_and_many_are_bars():
    few = charts.placebos(changes(), treated=0.2, label="Burnley")
    (dots,) = [line for line in few.lines if line.get_marker() == "o"]
    assert len(dots.get_xdata()) == changes()["n"].sum() and not few.patches
    many = charts.placebos(
        changes().assign(n=lambda rows: 2 * rows["n"]), treated=0.2, label="Burnley"
    )
    assert len(many.patches) == len(changes())
    for ax in (few, many):
        assert all(tick % 1 == 0 for tick in ax.get_yticks())


def test_a_name_in_a_funnel_and_the_line_to_it_keep_clear_of_other_names():
    frame = sized()
    two = frame.frame.nlargest(2, "denominator")["label"].tolist()
    ax = charts.funnel(frame, highlight=two)
    charts.title(ax, "Crimes per 1,000 residents")
    ax.figure.draw_without_rendering()
    first, second = (text.get_window_extent() for text in ax.texts)
    assert not first.overlaps(second)


@pytest.mark.parametrize("names", [["start"], ["start", "end", "pledge", "more"]])
def test_the_name_of_a_dated_line_stands_above_the_data(names):
    months = pd.date_range("2024-01-01", periods=12, freq="MS")
    frame = pd.DataFrame({"month": months, "n": range(12)})
    events = dict.fromkeys(names, "2024-12-01") | {"not yet": None}
    ax = charts.lines(frame, x="month", y="n", events=events)
    low, high = ax.get_ylim()
    lowest = min(
        text.get_position()[1] for text in ax.texts if text.get_text() in names
    )
    assert (high - low) * (lowest - 0.09) >= 11 - 1e-9
    assert "not yet" not in {text.get_text() for text in ax.texts}


def test_a_process_behaviour_chart_rings_the_points_that_signal():
    found = spc.process_behaviour(monthly())
    ax = charts.process_behaviour(found)
    (ring,) = [x for x in ax.lines if x.get_markeredgecolor() == charts.SIGNAL]
    wanted = found.frame.loc[found.frame["special"] != "", "value"]
    assert list(ring.get_ydata()) == list(wanted) and 150 in list(wanted)
    frame = charts.process_behaviour(found.frame)
    assert theme.svg(frame) == theme.svg(ax)


def test_a_funnel_names_what_is_highlighted():
    ax = charts.funnel(sized(), highlight=["place 3", "place 7"])
    names = {text.get_text() for text in ax.texts}
    assert names == {"place 3", "place 7"}
    key = [text.get_text() for text in ax.get_legend().texts]
    assert key == ["all together", "95% limits", "99.8% limits"]


def test_intervals_without_an_estimate_write_both_ends():
    ax = charts.intervals(ROWS, x=None, y="place", kind="percent")
    texts = {text.get_text() for text in ax.texts}
    assert {"10.0% to 40.0%", "40.0% to 60.0%"} <= texts
    ax = charts.intervals(
        ROWS, y="place", kind="percent", reference=0.55, reference_label="all"
    )
    assert {"20.0%", "50.0%", "all"} <= {text.get_text() for text in ax.texts}


@pytest.mark.parametrize("reference", [0.05, 0.3, 0.55])
@pytest.mark.parametrize("rows", [1, 2])
def test_the_name_of_a_reference_covers_neither_title_nor_values(reference, rows):
    ax = charts.intervals(
        ROWS[:rows],
        y="place",
        kind="percent",
        reference=reference,
        reference_label="its share of all residents of England and Wales",
    )
    charts.title(ax, "share of the places that a long title of two lines is about")
    ax.figure.draw_without_rendering()
    (name,) = (text for text in ax.texts if "residents" in text.get_text())
    box, whole = name.get_window_extent(), ax.figure.bbox
    assert whole.x0 <= box.x0 and box.x1 <= whole.x1
    others = [ax._left_title, *(text for text in ax.texts if text is not name)]
    assert not any(box.overlaps(text.get_window_extent()) for text in others)


def test_bars_with_a_highlight_leave_the_rest_grey():
    ax = charts.bars(ROWS, x="estimate", y="place", highlight="Burnley")
    assert [bar.get_facecolor() for bar in ax.patches] == [
        pytest.approx(plt.matplotlib.colors.to_rgba(color))
        for color in (charts.PALE, charts.NAVY)
    ]


def test_tiles_of_one_state_are_joined_and_a_gap_is_left_white():
    data, options = CALLS["strip"]
    ax = charts.strip(data, **options)
    assert len(ax.patches) == 4  # h, gap, h, mm, h
    assert [text.get_text() for text in ax.figure.legends[0].texts] == ["h", "m"]


def test_growth_between_bounds_is_drawn_by_its_ends_and_by_no_value_between():
    frame = pd.DataFrame(
        {"name": ["cash", "arrests"], "least": [2.08, 0.531], "most": [2.435, 0.531]}
    )
    ax = charts.intervals(
        frame, x=None, y="name", lower="least", upper="most", kind="percent"
    )
    written = [t.get_text() for t in ax.texts]
    assert written[:2] == ["208.0% to 243.5%", "53.1%"]


def test_a_specification_curve_marks_what_was_declared_and_each_option_chosen():
    options = {"against": ["matched", "county"], "months": ["all months"]}
    ax = charts.specification_curve(choices(), choices=options)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[-3:] == ["matched", "county", "all months"]
    curve, *rows = (line for line in ax.lines if line.get_marker() != "None")
    assert list(curve.get_ydata()) == [-0.2, -0.05, 0.1]
    assert [list(line.get_xdata()) for line in rows] == [[0, 1], [2], [0, 1], [0]]
    assert rows[-1].get_ydata()[0] == -0.2
    assert [text.get_text() for text in ax.texts] == ["declared"]
