"""The look of every figure: Analysis Function style, fixed fonts, the same SVG bytes anywhere."""

import io
import re
from collections import Counter
from contextlib import contextmanager
from xml.etree import ElementTree

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
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_SHEET = "afcharts.afcharts"  # matplotlib finds a style sheet that ships inside a package
# Characters that XML forbids, that cannot be seen, or that turn the direction of reading.
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
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
    text = re.sub(r"-?\d+\.\d{2,}", _short, _UNSEEN.sub("", out.getvalue()))
    text = re.sub(r" font-family: [^;\"]*;", "", text)
    text = re.sub(r' transform="rotate\(-?0 [^"]*"', "", text)
    return _small(text[text.index("<svg") :]) + "\n"


def _short(number: re.Match) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0").replace("-0.", "-.")


def _small(text: str) -> str:
    """The same picture in half the bytes: what a browser does not need is left out."""
    for prefix, space in (("", _SVG), ("xlink", _XLINK)):
        ElementTree.register_namespace(prefix, space)
    root = ElementTree.fromstring(text)
    _prune(root)
    named = [e.get("id") for e in root.iter() if e.get("id")]
    shared = Counter(e.get("style") for e in root.iter() if e.get("style"))
    classes = {s: f"s{at}" for at, s in enumerate(s for s, n in shared.items() if n > 1)}
    for element in root.iter():
        if element.get("style") in classes:
            element.set("class", classes[element.attrib.pop("style")])
        if element.get("d"):
            element.set("d", _path(element.get("d")))
    rules = "".join(f".{c}{{{s}}}" for s, c in classes.items())
    sheet = f"*{{stroke-linejoin:round}}text{{font-family:{_STACK}}}{rules}"
    root.find(f".//{{{_SVG}}}style").text = re.sub(r"([:;]) ", r"\1", sheet)
    text = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    text = text.replace(" />", "/>").replace("xlink:href", "href")
    for at, name in enumerate(named):
        text = re.sub(rf'(id="|"#|url\(#){name}\b', rf"\g<1>i{at}", text)
    return re.sub(r' xmlns:xlink="[^"]*"|(?<=>)\s+(?=<)', "", text).strip()


def _prune(parent) -> None:
    """Drop metadata and empty marks, and lift what is in a group that says nothing."""
    for child in list(parent):
        _prune(child)
        at = list(parent).index(child)
        tag = child.tag.rpartition("}")[2]
        idle = tag == "g" and not set(child.attrib) - {"id"}
        if idle:
            parent[at : at + 1] = list(child)
        elif tag == "metadata" or (tag == "path" and not child.get("d")):
            parent.remove(child)
        elif tag == "g":
            child.attrib.pop("id", None)


def _path(d: str) -> str:
    """Coordinates alone: a line to a point needs no letter after a move or a line."""
    return re.sub(r"\s*([A-Za-z])\s*", r"\1", " ".join(d.split())).replace("L", " ")
