"""What every figure shares: its frame, axes in words and months, labels and unbroken runs."""

from collections.abc import Callable, Iterable
from functools import wraps
from textwrap import fill, wrap

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.findings.theme import GREY, INK, NAVY, ORANGE, PLUM, TEAL, canvas, styled

COLOURS = (NAVY, ORANGE, TEAL, PLUM)
# the same hues, dark enough to be read as text on white (contrast of 4.5 to 1 and more)
TEXT_OF = {NAVY: NAVY, ORANGE: "#A33B00", TEAL: "#17655E", PLUM: PLUM}
_NAME = 0.09  # of the height of a chart: the name of a dated line
HANGING = {
    "xycoords": ("data", "axes fraction"),
    "va": "top",
}  # of a note under the upper edge


def drawn(height: Callable[[pd.DataFrame], float] | float = 3.2):
    """Give a drawing function an ``ax`` in our style, and return the figure it is part of."""

    def decorate(draw):
        @wraps(draw)
        def outer(frame: pd.DataFrame, *, ax=None, **options):
            missing = "y" in options and frame[options["y"]].isna().all()
            if len(frame) == 0 or missing:
                what = "only missing values" if len(frame) else "no rows"
                raise Invalid(
                    f"there is nothing to draw: {draw.__name__} was given {what}."
                )
            with styled():
                if ax is None:
                    _, ax = canvas(height(frame) if callable(height) else height)
                draw(frame.reset_index(drop=True), ax=ax, **options)
            return ax.figure

        return outer

    return decorate


def note(ax, text, at, *, offset=(5, 0), colour=INK, bold=False, **extra) -> None:
    """A short text ``offset`` points from ``at``, allowed to stand beside the plot."""
    extra = {"va": "center", "annotation_clip": False} | extra
    extra |= {
        "color": TEXT_OF.get(colour, colour),
        "fontweight": "bold" if bold else "normal",
    }
    ax.annotate(text, at, xytext=offset, textcoords="offset points", **extra)


def short_money(pounds: float) -> str:
    """£1,500,000 as "£1.5m", for an axis."""
    for size, letter in ((1e6, "m"), (1e3, "k")):
        if abs(pounds) >= size:
            short = round(pounds / size, 3)
            return formatting.money(short, 0 if short.is_integer() else 1) + letter
    return formatting.money(pounds)


def scale(axis, kind: str) -> None:
    """Four to six round ticks, written as numbers, percentages or money."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    write = {
        "percent": lambda v: formatting.number(round(100 * v, 6)) + "%",
        "money": short_money,
    }
    axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    chosen = write.get(kind, lambda v: formatting.number(round(v, 9)))
    axis.set_major_formatter(FuncFormatter(lambda v, _: chosen(v)))


def across(ax, label: str, kind: str = "number") -> None:
    """The horizontal axis: its scale, and what it measures."""
    scale(ax.xaxis, kind)
    ax.set_xlabel(fill(label, 40))


def upright(ax, label: str, kind: str = "number") -> None:
    """The vertical axis: its scale, and what it measures, above the chart in lines that fit."""
    scale(ax.yaxis, kind)
    ax.set_title(fill(formatting.sentence_case(label), 56))


def months(axis, most: int = 7) -> None:
    """A time axis in months and years, ``most`` ticks at most."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=min(3, most), maxticks=most)
    axis.set_major_locator(locator)
    axis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))


def row_labels(ax, labels: Iterable, highlight: Iterable = ()) -> None:
    """Row labels of a horizontal chart, first row on top; highlighted ones in bold."""
    labels = [str(x) for x in labels]
    ax.set_yticks([])
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.grid(False, axis="y")
    ax.grid(True, axis="x")
    place = {"xycoords": ("axes fraction", "data"), "ha": "right"}
    for at, label in enumerate(labels):
        lines = wrap(
            label, 28
        )  # each a text of its own, so that all end at the axis in any font
        for up, line in enumerate(lines):
            offset = (-6, 12 * ((len(lines) - 1) / 2 - up))
            note(ax, line, (0, at), offset=offset, bold=label in highlight, **place)


def picked(highlight) -> list[str]:
    """``highlight`` as a list of labels, whether one or many were given."""
    return [highlight] if isinstance(highlight, str) else [str(h) for h in highlight]


def usual_step(x: pd.Series) -> pd.Timedelta | None:
    """Half as long again as the usual distance between points: more than that is a gap."""
    steps = x.drop_duplicates().sort_values().diff().dropna()
    return (
        steps.median() * 1.5
        if len(steps) and pd.api.types.is_datetime64_any_dtype(x)
        else None
    )


def runs(x: pd.Series, y: pd.Series, step: pd.Timedelta | None) -> np.ndarray:
    """A number for each unbroken run of points, so that a line never crosses a gap."""
    x, known = x.reset_index(drop=True), y.notna().reset_index(drop=True)
    gap = x.diff() > step if step is not None else pd.Series(False, index=x.index)
    return (gap | (known != known.shift())).cumsum().to_numpy()


def unbroken(frame: pd.DataFrame, x: str, y: str) -> list[pd.DataFrame]:
    """The parts of ``frame`` between gaps."""
    return [
        part
        for _, part in frame.groupby(runs(frame[x], frame[y], usual_step(frame[x])))
    ]


def label_ends(ax, ends: list[tuple]) -> None:
    """Names beside the last points, pushed apart so that none covers another."""
    low, high = ax.get_ylim()
    line, at, before = (high - low) * 0.075, -np.inf, 0.0
    for x, y, name, colour in sorted(ends, key=lambda e: e[1]):
        text = fill(name, 14)
        half = line * (text.count("\n") + 1) / 2
        at, before = max(y, at + before + half), half
        note(ax, text, (x, at), colour=colour, bold=True)


def time_frame(ax, x: pd.Series, events: dict | None = None) -> None:
    """Month ticks, and dashed lines for ``events`` (label to date, or None), named above all data.

    To be called when the data are drawn: the axis is made higher for the names.
    """
    if pd.api.types.is_datetime64_any_dtype(x):
        months(ax.xaxis)
    dated = [
        (text, pd.Timestamp(day))
        for text, day in (events or {}).items()
        if day is not None
    ]
    low, high = ax.get_ylim()
    if dated:
        ax.set_ylim(low, low + (high - low) / (1 - _NAME * min(len(dated), 3)))
    for at, (text, day) in enumerate(dated):
        ax.axvline(day, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
        note(ax, text, (day, 1 - _NAME * (at % 3)), offset=(3, -2), **HANGING)
