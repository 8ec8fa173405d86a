"""The figure on the page is the figure in the notebook: compared pixel by pixel in Chromium.

A chart that the library did not make, and one of ours that holds what the small SVG cannot, is
matplotlib's own SVG: no pixel may differ. Ours are written small: their marks may differ where an
edge falls between pixels, as coordinates are kept to a twentieth of a point, and nowhere else.
"""

import base64
import io
import re
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.text import Text
from PIL import Image

import foreign_charts
import lab_driver as driver
from empty_figure import canvas
from outcomes.core.errors import Invalid
from outcomes.data import privacy
from outcomes.findings import charts, finding, theme
from outcomes.findings import svg as drawing
from outcomes.publish import html_checks

TEMPLATE = Path(html_checks.__file__).parent / "templates" / "base.html.j2"


POLICY = re.search(r'content="(default-src[^"]*)"', TEMPLATE.read_text())[1].split(
    "{%"
)[0]


PAGE = "<!doctype html><meta http-equiv=Content-Security-Policy content=\"{}\"><img {}src='{}'>"


FONT = re.compile(r"font-family: [^;\"]*")


@pytest.fixture(scope="module")
def pixels():
    """A function that gives the pixels of an image as a page of ours shows it."""
    with driver.browser("no figure was compared with matplotlib's") as chrome:
        page = chrome.new_page(viewport={"width": 1200, "height": 1200})

        def shown(address: str, look: str = "") -> np.ndarray:
            page.set_content(PAGE.format(POLICY, look, address.replace("'", "%27")))
            page.evaluate("document.images[0].decode()")
            shot = page.locator("img").screenshot()
            return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)

        yield shown


def encoded(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def made(figure):
    texts = {"alt": "A chart.", "sources": "Home Office"}
    return finding("a-chart", "There were 3.", figure=figure, **texts)


def address(found) -> str:
    """The address of a finding's figure on a page."""
    return re.search(r' src="([^"]*)"', found.html())[1]


def matplotlibs(drawn) -> str:
    """matplotlib's own SVG of a chart as a notebook shows it, in the fonts of the house."""
    out = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none"}):
        drawn.figure.savefig(out, format="svg", bbox_inches="tight")
    return FONT.sub(f"font-family: {drawing.FONTS}", out.getvalue())


def ours(figure) -> str:
    """matplotlib's own SVG of a figure of ours, with the ticks and the layout that it is given."""
    out = io.StringIO()
    with theme.styled(), theme.settled(figure):
        FigureCanvasSVG(figure).print_svg(out)
    return FONT.sub(f"font-family: {drawing.FONTS}", out.getvalue())


@pytest.mark.browser
@pytest.mark.parametrize("chart", foreign_charts.CHARTS, ids=lambda c: c.__name__)
def test_a_chart_that_the_library_did_not_make_is_as_matplotlib_draws_it(
    chart, pixels, tmp_path
):
    drawn = chart()
    found = made(drawn)
    own = pixels(encoded(matplotlibs(drawn)))
    on_page = pixels(address(found))
    assert on_page.shape == own.shape and np.array_equal(on_page, own)
    assert len(np.unique(own.reshape(-1, 3), axis=0)) > 5  # something is drawn
    assert found.svg == theme.svg(chart())
    hosts = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert (
        set(re.findall(r"https?://[^'\"]+", found.svg)) == hosts
        and "DejaVu" not in found.svg
    )
    html = f"<!doctype html><html lang=en-GB><title>x</title><h1>x</h1>{found.html()}"
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    assert html_checks.problems(html, "page.html", ["page.html"]) == []
    assert privacy.scan(tmp_path, ["."]) == []


def limits(ax):
    ax.set_ylim(2, 4)


def hatched(ax):
    ax.bar([1, 2], [3, 4], hatch="xx")


def picture(ax):
    ax.imshow([[1, 2], [3, 4]])


def pale_words(ax):
    ax.bar([1], [5], color="navy")
    ax.text(1, 2, "on the bar", color="white", ha="center")


def words_at_an_angle(ax):
    ax.text(1, 2, "slowly up", rotation=12.5)


def words_under_a_mark(ax):
    ax.text(1, 2, "covered", zorder=0)
    ax.bar([1], [5], width=3)


def words_cut(ax):
    ax.text(5, 0, "cut at the frame", clip_on=True)


def formula(ax):
    ax.text(1, 2, "$x^2$", parse_math=True)


def cut_to_a_shape(ax):
    (line,) = ax.plot([0, 2], [5, 0], lw=9)
    line.set_clip_path(plt.Circle((1, 2), 0.5, transform=ax.transData))


def pie(ax):
    ax.pie([1, 3])  # three quarters are eight curves, as a circle is


def thousands(ax):
    ax.plot([0, 2], [1e7, 5e7])


def linked(ax):
    ax.plot([0, 2], [1, 5], url="https://evil.example/")


ADDED = (
    *(
        limits,
        hatched,
        picture,
        pale_words,
        words_at_an_angle,
        words_under_a_mark,
        words_cut,
    ),
    *(formula, cut_to_a_shape, linked),
)


@pytest.mark.browser
@pytest.mark.parametrize("add", ADDED, ids=lambda a: a.__name__)
def test_a_chart_of_ours_to_which_more_was_added_is_as_matplotlib_draws_it(add, pixels):
    def drawn():
        with theme.styled():
            data = pd.DataFrame({"a": ["x", "y"], "n": [3, 5]})
            ax = charts.bars(data, x="n", y="a")
        ax.set(xlim=(0, 5.5))
        add(ax)
        return ax.figure

    own, on_a_phone = encoded(ours(drawn())), "width=390 "  # where no word is smaller
    found = pixels(address(made(drawn())), on_a_phone)
    assert np.array_equal(found, pixels(own, on_a_phone))


@pytest.mark.browser
def test_words_are_large_on_a_phone_and_smaller_where_a_chart_is_wide(pixels):
    """The rule inside the drawing holds although the policy of the page allows no style to it."""
    figure, ax = canvas(1)
    ax.axis("off")
    middle = {"transform": ax.transAxes, "va": "center", "ha": "center"}
    ax.text(0.5, 0.5, "I" * 9, fontsize=drawing.SIZE, **middle)
    on = address(made(figure))
    high = {}
    for width in (320, 400, 440, 600):
        dark = (pixels(on, f"width={width} ") < 128).any(axis=(1, 2))
        high[width] = np.ptp(np.flatnonzero(dark))
    assert high[320] >= 8 and high[400] > high[320] and high[440] < high[400]
    assert high[600] > high[440]


def without_words(svg: str) -> str:
    return re.sub(r"<text.*?</text>", "", svg, flags=re.DOTALL)


def months(ax):
    ax.plot(range(24), foreign_charts.FRAME["n"][:24], "o-", markersize=3)


def rings_over_each_other(ax):
    at = [0.5 + n / 100 for n in range(100)]
    ax.plot(at, at, "o", markersize=20, markerfacecolor="white", markeredgewidth=2)
    ax.set(xlim=(0, 2), ylim=(0, 2))


def areas_wound_either_way(ax):
    ax.fill([1, 3, 3, 1], [1, 1, 3, 3], color="navy")
    ax.fill([2, 2, 4, 4], [2, 4, 4, 2], color="navy")
    ax.set(xlim=(0, 5), ylim=(0, 5))


def a_black_bar(ax):
    ax.bar([1, 2], [3, 4], color="black")
    ax.set(xlim=(0, 3))


def a_disc_and_wedges(ax):
    ax.add_patch(plt.Circle((2, 2), 1, color="navy"))
    ax.set(xlim=(0, 5), ylim=(0, 5))


def discs_under_and_over_a_line(ax):
    ax.scatter([1, 2], [1, 1], s=2000, color="navy")
    ax.plot([0.9, 2.1], [1.1, 1.1], color="orange", lw=6)
    ax.scatter([1.5], [1.2], s=2000, color="navy", zorder=3)  # over the line
    ax.set(xlim=(0, 3), ylim=(0, 2))


SMALL = (
    *(
        months,
        rings_over_each_other,
        areas_wound_either_way,
        a_black_bar,
        a_disc_and_wedges,
    ),
    *(discs_under_and_over_a_line, pie, thousands),
)


@pytest.mark.browser
@pytest.mark.parametrize("draw", SMALL, ids=lambda d: d.__name__)
def test_marks_written_small_are_where_and_as_matplotlib_draws_them(draw, pixels):
    def drawn():
        figure, ax = canvas(3)
        with theme.styled():
            draw(ax)
        return figure

    own = without_words(ours(drawn()))
    small = without_words(theme.svg(drawn()))
    assert "xlink" not in small  # it is the small one
    off = abs(pixels(encoded(small)) - pixels(encoded(own))).max(axis=2)
    # a hairline that falls on another pixel is some two hundred of them; a lost mark is more
    assert (off > 16).mean() < 0.01 and (off > 64).sum() < 250


def test_an_offset_at_the_end_of_an_axis_of_ours_is_not_lost():
    figure, ax = canvas(3)
    with theme.styled():
        thousands(ax)
    assert ">1e7<" in theme.svg(figure)


def test_a_figure_is_left_as_it_was():
    figure, ax = canvas(3)
    with theme.styled():
        months(ax)
    theme.svg(figure)
    ax.set(xlim=(100, 105), xlabel="Month")
    text = theme.svg(figure)
    assert ">101<" in text and ">Month<" in text


def test_each_text_is_measured_once_in_a_drawing_and_anew_in_the_next(monkeypatch):
    asked, measure = [], Text._get_layout
    monkeypatch.setattr(
        Text, "_get_layout", lambda *a: asked.append(a[0].get_text()) or measure(*a)
    )
    with theme.styled():
        ax = charts.bars(pd.DataFrame({"ward": ["Park"], "n": [3]}), x="n", y="ward")
        charts.title(ax, "Crimes")
    low = theme.svg(ax)
    assert asked.count("Park") == asked.count("Crimes") == asked.count("1") == 1
    ax.set_title("Crimes", loc="left", fontsize=40)
    assert theme.svg(ax) != low and asked.count("Crimes") == 2


def test_a_tab_between_words_keeps_them_apart():
    ax = foreign_charts.axes()
    ax.set_title("tab\there")
    with warnings.catch_warnings(action="ignore"):  # that DejaVu has no sign for it
        assert ">tab here<" in theme.svg(ax)


def test_axes_a_grid_and_a_part_of_a_figure_may_be_given():
    ax = foreign_charts.dashes()
    assert theme.svg(ax) == theme.svg(ax.figure)
    whole = plt.figure()
    whole.subfigures(1, 2)[1].add_subplot().plot([1, 2])
    assert theme.svg(whole.subfigs[1]) == theme.svg(whole)
    assert theme.svg(foreign_charts.facets()).startswith("<svg")


def test_what_is_no_figure_is_refused():
    import seaborn.objects as so

    with pytest.raises(
        Invalid, match=r"not a seaborn\.Plot: draw it by \.on\(figure\)\.plot\(\)"
    ):
        theme.svg(so.Plot(foreign_charts.FRAME, x="month"))
    with pytest.raises(
        Invalid, match=r"matplotlib figure or its axes, not a builtins\.list"
    ):
        theme.svg([plt.figure()])
