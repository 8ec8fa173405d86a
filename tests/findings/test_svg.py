"""The small SVG of a figure: every mark where and as matplotlib draws it."""

import re
from xml.etree import ElementTree as Xml

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from empty_figure import canvas
from outcomes.findings import charts, svg, theme

MONTHS = pd.date_range("2019-12-01", "2022-10-01", freq="MS").append(
    pd.date_range("2024-01-01", "2024-04-01", freq="MS")
)


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"m": MONTHS, "n": rng.poisson(100, len(MONTHS))})
    with theme.styled():
        ax = charts.lines(frame, x="m", y="n")
        charts.title(ax, "Crimes")
    plt.close(ax.figure)
    return ax.figure


def test_svg_fits_in_an_attribute_and_names_no_outside_host():
    text = theme.svg(drawn())
    assert '"' not in text
    assert set(re.findall(r"https?://[^']+", text)) == {"http://www.w3.org/2000/svg"}


def test_the_small_svg_has_every_mark_where_matplotlib_put_it():
    """A second route: positions and sizes asked of matplotlib itself, in points from the top."""
    figure, ax = canvas(2)
    ax.plot([1, 2, 4], [3, 1, 2], "o", color="#111111", markersize=6, markeredgewidth=1)
    ax.plot(
        [3], [3], "o", markersize=8, markerfacecolor="none", markeredgecolor="#222222"
    )
    ax.plot([1, 4], [1, 3], color="#333333")
    text = theme.svg(figure)
    d = {m[1]: m[2] for m in re.finditer(r"stroke:(#\w+)[^']*' d='([^']*)'", text)}
    wide = dict(re.findall(r"stroke:(#\w+);stroke-width:([\d.]+)", text))
    points = {
        "#111": [(1, 3), (2, 1), (4, 2)],
        "#222": [(3, 3)],
        "#333": [(1, 1), (4, 3)],
    }
    for colour, wanted in points.items():
        drawn = ax.transData.transform(wanted) * 72 / figure.dpi
        wanted = [(x, 144 - y) for x, y in drawn]
        moves = re.findall(r"-?[\d.]+", d[colour].split("a")[0].replace("h0", ""))
        found = np.cumsum(np.array(moves, float).reshape(-1, 2), axis=0)
        found[:, 0] += 4 if colour == "#222" else 0  # a ring begins at its left
        assert np.allclose(found, wanted, atol=0.11), colour
    assert float(wide["#111"]) == 7  # the marker and its edge
    assert "a4 4 0 1 0 8 0 4 4 0 1 0-8 0" in d["#222"]


def written(inside: str) -> str:
    """The small SVG of what stands inside an SVG of matplotlib's."""
    head = "xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 10'"
    return svg.small(Xml.fromstring(f"<svg {head}>{inside}</svg>"))


LINE = "<path d='M 1 1 L {0} 3' style='fill: none; stroke: #112233'/>"


def test_marks_of_one_look_are_one_path_unless_something_lies_between():
    one = written(LINE.format(5) + LINE.format(7))
    assert one.count("<path") == 1 and "stroke:#123" in one
    between = "<path d='M 0 2 L 9 2' style='fill: none; stroke: #ff0000'/>"
    assert written(LINE.format(5) + between + LINE.format(7)).count("<path") == 3


@pytest.mark.parametrize(
    "inside",
    [
        "<image/>",
        "<path d='M 1 1' style='fill: url(#h)'/>",
        "<path d='M 1 1' style='mix-blend-mode: multiply'/>",
        "<path d='M 1 1' transform='scale(2)'/>",
        "<text x='1' y='1' style='font-size: 9px; fill: #ffffff'>pale</text>",
        "<text transform='rotate(12.5 1 1)' style='font-size: 9px'>askew</text>",
    ],
)
def test_what_it_does_not_know_is_left_to_matplotlib(inside):
    with pytest.raises(svg.Unknown):
        written(inside)
