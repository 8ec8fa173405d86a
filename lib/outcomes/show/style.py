"""The look of every figure: Analysis Function style, fixed fonts, the same SVG bytes anywhere."""

import io
import re
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

from outcomes.show.drawing import INK, SIZE, small

NAVY, TEAL, PLUM, ORANGE, GREY = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D"
PALE, SIGNAL = "#BFBFBF", "#A33B00"
WIDTH = 5.0  # inches: at a phone's 390 pixels the smallest text is still 11 pixels high

_RC = {
    # DejaVu ships with matplotlib, so the layout is measured alike on every machine. It is wider
    # than the fonts that browsers substitute, so nothing clips.
    "font.family": "DejaVu Sans",
    "font.size": SIZE,
    **dict.fromkeys(("axes.labelsize", "axes.titlesize", "legend.fontsize"), "medium"),
    **dict.fromkeys(("xtick.labelsize", "ytick.labelsize"), "medium"),
    **dict.fromkeys(("xtick.major.size", "ytick.major.size"), 0),  # the grid marks the values
    "xtick.major.pad": 5,
    "axes.facecolor": "none",
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # given, so that matplotlib need not look for it
    **dict.fromkeys(("axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor", "text.color"), INK),
    **dict.fromkeys(("figure.facecolor", "savefig.facecolor"), "white"),
    "svg.fonttype": "none",
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "butt",
    "grid.color": "#D9D9D9",
    "text.parse_math": False,  # a "$" in a label is a dollar, never a formula
    "figure.constrained_layout.use": True,
}
# Characters that XML forbids, that cannot be seen, or that turn the direction of reading.
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


@contextmanager
def styled():
    """Analysis Function style for the figures drawn inside; nothing leaks out of the block."""
    from matplotlib import rc_context

    with rc_context(_look()):
        yield


@cache
def _look() -> dict:
    from matplotlib import rc_params_from_file

    sheet = files("afcharts") / "afcharts.mplstyle"
    return rc_params_from_file(sheet, use_default_template=False) | _RC


def canvas(height: float = 3.2, *, rows: int = 1, columns: int = 1, **options):
    """A new figure and its axes, ``height`` inches tall, kept out of pyplot's list of figures."""
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=(WIDTH, height))
        return figure, figure.subplots(rows, columns, **options)


def svg(figure) -> str:
    """The figure as a small SVG, byte for byte the same for the same figure."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    out = io.StringIO()
    with styled():  # one drawing, layout included; ``savefig`` would draw once more to lay out
        _settle(figure)
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None})
    return small(_UNSEEN.sub("", out.getvalue())) + "\n"


def _settle(figure) -> None:
    """Fix the ticks, and take empty labels out: matplotlib works both out anew in each of the
    dozens of looks that a layout takes."""
    from matplotlib.ticker import FixedFormatter, FixedLocator

    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        at = axis.get_majorticklocs()
        labels = axis.major.formatter.format_ticks(at)
        axis.set_major_locator(FixedLocator(at))
        axis.set_major_formatter(FixedFormatter(labels))
        if not axis.label.get_text():
            axis.label.set_visible(False)
            axis.set_label_coords(0, 0)
