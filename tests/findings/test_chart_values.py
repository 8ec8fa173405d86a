"""The values of a chart that a reader may point at: each mark's cell in the table beside it."""

import numpy as np
import pandas as pd
import pytest

from outcomes.findings import chart_values, charts, finding
from outcomes.findings.theme import styled
from outcomes.methods import spc


def marks(ax, frame):
    ax.figure.draw_without_rendering()
    return chart_values.marks(ax.figure, frame)


@pytest.fixture(autouse=True)
def house():
    with styled():
        yield


def wards() -> pd.DataFrame:
    return pd.DataFrame(
        {"ward": ["Park", "Bank", "Mill"], "rank": [0, 1, 2], "n": [7, 5, 2]}
    )


def test_bars_are_where_they_end_and_places_of_rows_are_no_values():
    found = marks(charts.bars(wards(), x="n", y="ward"), wards())
    assert [(mark.row, mark.column) for mark in found] == [(0, 2), (1, 2), (2, 2)]
    assert found[0].x > found[1].x > found[2].x
    assert found[0].y < found[1].y < found[2].y


def test_points_of_a_series_are_told_apart_though_values_recur():
    values = np.tile([5.0, 9.0, 7.0, 5.0], 6)
    days = pd.date_range("2020-01-01", periods=24, freq="MS")
    frame = spc.process_behaviour(pd.Series(values, days)).frame
    found = marks(charts.process_behaviour(frame), frame)
    places = [(mark.row, mark.column) for mark in found]
    assert places == [(row, list(frame).index("value")) for row in range(24)]
    assert [m.x for m in found] == sorted(m.x for m in found)


def test_shares_find_the_percentages_of_the_table():
    frame = pd.DataFrame({"place": ["a", "b"], "estimate": [0.25, 0.5]})
    frame = frame.assign(lower=[0.1, 0.4], upper=[0.4, 0.6])
    ax = charts.intervals(frame, y="place", kind="percent")
    shown = frame.assign(estimate=100 * frame["estimate"])[["place", "estimate"]]
    assert [(m.row, m.column) for m in marks(ax, shown)] == [(0, 1), (1, 1)]


def test_what_the_table_does_not_hold_and_lines_of_reference_are_left_out():
    frame = wards()
    ax = charts.bars(frame, x="n", y="ward")
    ax.axvline(2, color="black")
    assert len(marks(ax, frame)) == 3
    assert marks(ax, frame.assign(n=[70, 50, 20])) == []


def test_a_value_of_two_rows_is_said_of_neither():
    frame = pd.DataFrame({"place": ["a", "b"], "n": [5, 5]})
    ax = charts.bars(frame[:1], x="n", y="place")
    assert marks(ax, frame) == []


def test_a_finding_says_where_its_values_stand_in_numbers_alone():
    ax = charts.bars(wards(), x="n", y="ward")
    texts = {"alt": "Three bars.", "caption": "Wards", "sources": ["x"]}
    html = finding(
        "wards", "Park has the most.", figure=ax, table=wards(), **texts
    ).html()
    said = html.partition('data-marks="')[2].partition('"')[0]
    assert [mark.split(",")[:2] for mark in said.split()] == [
        ["0", "2"],
        ["1", "2"],
        ["2", "2"],
    ]
    assert set(said) <= set("0123456789, ")
