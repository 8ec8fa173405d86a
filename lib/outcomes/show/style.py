"""The look of every figure: Analysis Function style, fixed fonts, the same SVG bytes anywhere."""

import io
import re
from contextlib import contextmanager

NAVY, TEAL, PLUM, ORANGE, GREY = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D"
PALE = "#BFBFBF"
INK = "#1A1A1A"
WIDTH = 5.6  # inches; wide enough for a desk, and the text is still readable at phone width

_RC = {
    # DejaVu ships with matplotlib, so the layout is measured alike on every machine. It is wider
    # than the fonts that browsers substitute, so nothing clips.
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.labelsize": 10,
    "axes.titlesize": 11,
    "axes.labelcolor": INK,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "butt",
    "grid.color": "#D9D9D9",
    "text.color": INK,
    "text.parse_math": False,  # a "$" in a label is a dollar, never a formula
    "figure.constrained_layout.use": True,
}
_SHEET = "afcharts.afcharts"  # matplotlib finds a style sheet that ships inside a package
_STACK = "Arial, Helvetica, sans-serif"  # no quoted name: the SVG must fit in an attribute


@contextmanager
def styled(salt: str = "outcomes"):
    """Analysis Function style for the figures drawn inside; nothing leaks out of the block."""
    import matplotlib.style as looks

    with looks.context([_SHEET, _RC | {"svg.hashsalt": salt}]):
        yield


def canvas(height: float = 3.2, *, rows: int = 1, columns: int = 1, **options):
    """A new figure and its axes, ``height`` inches tall, kept out of pyplot's list of figures."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    return figure, figure.subplots(rows, columns, **options)


def svg(figure, salt: str) -> str:
    """The figure as a small SVG, byte for byte the same for the same figure."""
    out = io.StringIO()
    with styled(salt):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r' transform="rotate\(-?0 [^"]*"', "", text)
    text = re.sub(r"-?\d+\.\d{2,}", lambda m: f"{float(m[0]):.1f}".removesuffix(".0"), text)
    text = re.sub(r"('DejaVu Sans')(, [^;\"]*)?", _STACK, text)
    return _classes(re.sub(r">\s+<", "><", text).strip()) + "\n"


def _classes(text: str) -> str:
    """Styles that stand more than once become classes: a chart of many marks halves in size."""
    styles = re.findall(r' style="([^"]*)"', text)
    shared = [s for s in dict.fromkeys(styles) if styles.count(s) > 1]
    for at, one in enumerate(shared):
        text = text.replace(f' style="{one}"', f' class="s{at}"')
    rules = "".join(f".s{at}{{{one}}}" for at, one in enumerate(shared))
    return text.replace("</style>", f"{rules}</style>", 1)
