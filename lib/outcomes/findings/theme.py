"""The look of every figure: Analysis Function style, fixed fonts, the same SVG bytes anywhere."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as Xml

import numpy as np

from outcomes.core.errors import Invalid
from outcomes.findings.foreign_svg import cleaned
from outcomes.findings.svg import INK, SIZE, WIDER, Unknown, small

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAVY, TEAL, PLUM, ORANGE, GREY = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D"
PALE, SIGNAL = "#BFBFBF", "#A33B00"
_OURS = "outcomes"  # the name of a figure that this module made
NAMES_OF_ROWS = ("FixedFormatter", "StrCategoryFormatter")
WIDTH = 5.0  # inches

_RC = {
    # DejaVu ships with matplotlib, so the layout is measured alike on every machine. It is wider
    # than the fonts that browsers substitute, so nothing clips.
    "font.family": "DejaVu Sans",
    "font.size": SIZE,
    **dict.fromkeys(("axes.labelsize", "axes.titlesize", "legend.fontsize"), "medium"),
    **dict.fromkeys(("xtick.labelsize", "ytick.labelsize"), "medium"),
    **dict.fromkeys(
        ("xtick.major.size", "ytick.major.size"), 0
    ),  # the grid marks the values
    "xtick.major.pad": 9,  # clear of the number at the foot of the other axis
    "axes.facecolor": "none",
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # given, so that matplotlib need not look for it
    **dict.fromkeys(
        ("axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor", "text.color"), INK
    ),
    **dict.fromkeys(("figure.facecolor", "savefig.facecolor"), "white"),
    "svg.fonttype": "none",
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "butt",
    "grid.color": "#D9D9D9",
    "text.parse_math": False,  # a "$" in a label is a dollar, never a formula
    "figure.constrained_layout.use": True,
    "figure.figsize": (WIDTH, 3.2),
    "figure.hooks": [f"{__name__}:_ours"],  # what pyplot does with each new figure
}
# Characters that XML forbids, that cannot be seen, or that turn the direction of reading.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


@contextmanager
def styled(more: dict | None = None) -> Iterator[None]:
    """Analysis Function style for the figures drawn inside; nothing leaks out of the block."""
    from matplotlib import rc_context

    with rc_context(_look() | (more or {})):
        yield


def set_theme() -> None:
    """The house style for every chart drawn from here on, whoever draws it; as seaborn's does.

    A figure is by default as wide as a page's column and laid out to hold its labels, and its SVG
    is the same bytes wherever it is drawn.
    """
    import matplotlib as mpl

    mpl.rcParams.update(_look())
    # seaborn's grids lay themselves out
    warnings.filterwarnings("ignore", "The figure layout has changed to tight")


def _ours(figure) -> None:
    figure.set_gid(_OURS)


def is_ours(figure: "Figure") -> bool:
    """Whether a figure is in our style: its SVG is the whole figure, and not cut to what is drawn."""
    return figure.get_gid() == _OURS


@cache
def _look() -> dict:
    from matplotlib import rc_params_from_file

    sheet = str(files("afcharts") / "afcharts.mplstyle")
    return rc_params_from_file(sheet, use_default_template=False) | _RC


def svg(drawn: Any) -> str:
    """A figure, or axes or a grid of seaborn, as SVG: the same bytes for the same figure.

    A figure in our style is written small where all of it is known to come out alike. Any
    other is as matplotlib draws it, and is cut to what is drawn, as in a notebook.

    Raises
    ------
    Invalid : when it is no figure, or holds what may not stand on a page.
    """
    figure, out = figure_of(drawn), io.StringIO()
    fixed: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "outcomes",
        "svg.image_inline": True,
    }
    undated: dict[str, Any] = {"metadata": {"Date": None, "Creator": None}}
    if is_ours(figure):
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        with styled(fixed), settled(figure):  # one drawing, layout included
            FigureCanvasSVG(figure).print_svg(out, **undated)
    else:
        from matplotlib import rc_context

        with rc_context(fixed):
            figure.savefig(out, format="svg", bbox_inches="tight", **undated)
    root = Xml.fromstring(_UNSEEN.sub("", out.getvalue()))
    if not is_ours(figure):
        return cleaned(root) + "\n"
    with suppress(Unknown):
        return small(root) + "\n"
    return cleaned(root).replace(">", f">{WIDER}", 1) + "\n"


def figure_of(drawn: Any) -> "Figure":
    """The matplotlib figure that something is, or is part of."""
    from matplotlib.figure import Figure, SubFigure

    figure = getattr(drawn, "figure", drawn)  # of axes, and of seaborn's grids
    while isinstance(figure, SubFigure):
        figure = figure.figure
    if isinstance(figure, Figure):
        return figure
    kind = f"{type(drawn).__module__.split('.')[0]}.{type(drawn).__name__}"
    more = (
        ": draw it by .on(figure).plot() and give the figure"
        if hasattr(drawn, "on")
        else ""
    )
    raise Invalid(
        f"figure must be a matplotlib figure or its axes, not a {kind}{more}."
    )


@contextmanager
def settled(figure):
    """Fix the ticks, measure each text once, and take empty labels out: matplotlib works all that
    out anew in each of the dozens of looks that a layout and a drawing take. Afterwards the figure
    is as it was."""
    from matplotlib.legend import Legend
    from matplotlib.text import Text
    from matplotlib.ticker import FixedFormatter, FixedLocator

    axes = [axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
    before = [
        (thing, vars(thing).copy()) for a in axes for thing in (a.major, a.label, a)
    ]
    inside = [child for one in (figure, *figure.axes) for child in one.get_children()]
    texts = [child for child in inside if isinstance(child, Text)]
    for legend in (child for child in inside if isinstance(child, Legend)):
        texts += legend.get_texts()
    try:
        for axis in axes:
            at: Any = np.asarray(axis.get_majorticklocs())
            labels = axis.major.formatter.format_ticks(at)
            low, high = np.sort(axis.get_view_interval())
            slack = 1e-6 * (high - low)  # matplotlib draws by a finer one
            seen = np.flatnonzero((at >= low - slack) & (at <= high + slack))
            at = at[: seen.max(initial=-1) + 1]  # those after it are never drawn
            if not axis.major.formatter.get_offset():  # "1e6" at the end of an axis
                axis.set_major_locator(FixedLocator(at))
                axis.set_major_formatter(FixedFormatter(labels))
                texts += [tick.label1 for tick in axis.get_major_ticks(len(at))]
            if not axis.label.get_text():
                axis.label.set_visible(False)
                axis.set_label_coords(0, 0)
            texts.append(axis.label)
        for text in texts:
            _measure_once(text)
        for ax in figure.axes:
            _measure_together(ax)
        yield
    finally:
        for text in texts:
            vars(text).pop("_get_layout", None)
        for ax in figure.axes:
            vars(ax).pop("get_tightbbox", None)
        for thing, was in before:
            vars(thing).update(was)


def _measure_once(text) -> None:
    """Keep the extents of a text about its place: only the place moves while a figure is drawn."""
    measure, held = text._get_layout, {}
    if text.get_wrap():  # to lines that its place leaves room for
        return

    def kept(renderer):
        said = text.get_text()  # of a tick it is set late
        if said not in held:
            held[said] = measure(renderer)
        return held[said]

    text._get_layout = kept


def _measure_together(ax) -> None:
    """Measure the texts inside axes all at once: one by one they are most of what a layout takes."""
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    measure, drawn = ax.get_tightbbox, ax.get_default_bbox_extra_artists()
    texts: list[Any] = [a for a in drawn if type(a) is Text and a.get_text()]
    texts = [text for text in texts if not (text.get_clip_on() or text.get_wrap())]
    others = [artist for artist in drawn if artist not in texts]

    def measured(renderer=None, **more):
        box = measure(renderer, bbox_extra_artists=others, **more)
        if box is None or not texts:
            return box
        about = np.array([text._get_layout(renderer)[0].extents for text in texts])
        at = np.array(
            [t.get_transform().transform(t.get_unitless_position()) for t in texts]
        )
        ends = about + np.tile(at, 2)
        ends = np.vstack([ends[np.isfinite(ends).all(axis=1)], box.extents])
        return Bbox.from_extents(*ends[:, :2].min(axis=0), *ends[:, 2:].max(axis=0))

    ax.get_tightbbox = measured


def values_drawn(figure: "Figure") -> set[float]:
    """The values that a figure's bars, lines and points stand for, not the places of named rows."""
    found: list[Any] = []
    for ax in figure.axes:
        for bars in ax.containers:
            across = getattr(bars, "orientation", "") == "horizontal"
            for bar in getattr(bars, "patches", []):
                found.append(bar.get_width() if across else bar.get_height())
        marks = [np.asarray(line.get_xydata()) for line in ax.lines]
        marks += [np.asarray(points.get_offsets()) for points in ax.collections]
        for at, axis in enumerate((ax.xaxis, ax.yaxis)):
            named = type(axis.get_major_formatter()).__name__ in NAMES_OF_ROWS
            found += [] if named else [n for mark in marks for n in mark[:, at]]
    return {float(n) for n in found}
