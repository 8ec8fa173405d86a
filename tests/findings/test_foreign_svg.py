"""matplotlib's own SVG, cleaned: what may not stand on a page is refused or taken off."""

import re
from xml.etree import ElementTree as Xml

import matplotlib.pyplot as plt
import numpy as np
import pytest

import foreign_charts
from outcomes.core.errors import Invalid
from outcomes.findings import foreign_svg, theme


@pytest.fixture(autouse=True)
def plain():
    """matplotlib as it comes, without the house's theme: each figure is an analyst's own."""
    with plt.style.context("default"):
        yield


def test_what_may_not_stand_on_a_page_is_refused_with_the_reason():
    ax = foreign_charts.axes()
    ax.tripcolor(*foreign_charts.MANY[:3], shading="gouraud")
    with pytest.raises(Invalid, match="rasterized=True"):
        theme.svg(ax)
    ax = foreign_charts.axes()
    ax.scatter(*np.random.default_rng(1).normal(size=(2, 20_000)))
    with pytest.raises(Invalid, match=r"takes 1\.\d MB, and 1 MB is the most"):
        theme.svg(ax)


def test_links_and_names_of_an_analyst_are_not_carried_to_the_page():
    ax = foreign_charts.axes()
    ax.plot([1, 2], url="https://evil.example/", gid="x' onload='alert(1)")
    title = ax.set_title("<script>", url="javascript:alert(1)")
    text = theme.svg(ax)
    assert (
        not re.search("evil|javascript|onload|<script", text)
        and "&lt;script&gt;" in text
    )
    title.set_fontfamily("x;fill:url(http://evil.example)")
    with pytest.raises(Invalid, match="a figure may not hold style="):
        theme.svg(ax)


def test_only_what_is_shown_is_left_and_every_name_is_ours():
    root = Xml.fromstring(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 10'><metadata>who</metadata>"
        "<g id='axes_1'><g/><path id='m1' d='M 0 0 L 1 1'/></g><a><text>a &lt; b</text></a>"
        "<g clip-path='url(#far)'><path d='M 1 1'/></g>"
        "<defs><clipPath id='far'><rect width='3'/></clipPath></defs></svg>"
    )
    assert foreign_svg.cleaned(root).partition("butt'>")[2] == (
        "<path d='M0 0L1 1'/><text>a &lt; b</text><g clip-path='url(#i0)'><path d='M1 1'/></g>"
        "<defs><clipPath id='i0'><rect width='3'/></clipPath></defs></svg>"
    )


@pytest.mark.parametrize(
    "inside",
    [
        "<script/>",
        "<foreignObject/>",
        "<path onload='x'/>",
        "<use href='#m'/>",
        "<path style='fill:url(https://evil.example)'/>",
    ],
)
def test_what_could_act_or_load_is_refused(inside):
    root = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'>{inside}</svg>"
    with pytest.raises(Invalid, match="a figure may"):
        foreign_svg.cleaned(Xml.fromstring(root))
