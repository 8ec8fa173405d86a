"""Charts in the house style, called as seaborn's are: data first, columns by keyword, ``ax=None``.

A chart returns its Axes, so that whatever matplotlib knows can be done to it afterwards. Without
``ax`` it makes a figure of its own, as wide as a page's column and as tall as its rows need;
seaborn would take the current one. Helpers that only label return None, so that a notebook does
not print them.

``kind`` says how values are written: "number", "percent" (of shares) or "money". What
``highlight`` names is navy or bold, the rest grey. Charts of a method take its result
(:func:`process_behaviour`, :func:`funnel`), so that drawing and sentence cannot differ.

>>> from outcomes import charts
>>> ax = charts.bars(pd.DataFrame({"ward": ["Park", "Bank"], "n": [3, 5]}), x="n", y="ward")
>>> charts.title(ax, "Crimes by ward")
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise, product
from textwrap import fill, wrap
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib import category, dates, ticker
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis, YAxis
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.findings.svg import INK, SIZE
from outcomes.findings.theme import (
    GREY,
    NAVY,
    ORANGE,
    PALE,
    PLUM,
    SIGNAL,
    TEAL,
    WIDTH,
    set_theme,
    settled,
)
from outcomes.methods import spc

__all__ = [
    "GREY",
    "NAVY",
    "ORANGE",
    "PALE",
    "PLUM",
    "SIGNAL",
    "TEAL",
    "bars",
    "bounds",
    "direct_labels",
    "event_study",
    "funnel",
    "gaps",
    "intervals",
    "lines",
    "money_axis",
    "month_axis",
    "note",
    "number_axis",
    "percent_axis",
    "placebos",
    "process_behaviour",
    "set_theme",
    "specification_curve",
    "strip",
    "title",
]

PALETTE = (NAVY, ORANGE, TEAL, PLUM)
_READABLE = {ORANGE: "#A33B00", TEAL: "#17655E"}  # as text: contrast of 4.5 to 1
_DASHED, _DOTTED, _EVENT = (0, (6, 2)), (0, (2, 2)), (0, (4, 3))
_NAME = 0.1  # of the height of a chart: the name of a dated line
_UNDER_THE_EDGE = {"xycoords": ("data", "axes fraction"), "va": "top"}
_WIDE = 10  # letters: labels of ticks that are longer are names, not numbers
_LETTERS = 38  # of a note that stand side by side in the width of a chart
_LINE = 1.2 * SIZE  # points from a line of words to the next
_NAMES, _TITLE, _LABEL = 20, 42, 30  # letters of a line of a name, a title, of an axis
FEW = 60  # places that are a dot each
_AROUND = 1.0  # inches of a chart's height: title, numbers and name of its axis


# -- axes and words --------------------------------------------------------------------------------


def title(
    ax: Axes, text: str, *, xlabel: str | None = None, ylabel: str | None = None, **more
) -> None:
    """A title in lines that fit, and what else ``Axes.set`` takes.

    It begins at the left edge of the axes, or of the figure where names of rows would push it out
    to the right, and says so where the upright axis does not begin at 0. Names of rows begin with a
    capital and stand in lines that fit, for which the figure is made higher. To be called when the
    data are drawn.
    """
    # the words alone: an axis that is written otherwise afterwards has fewer ticks to make
    write, shown = ax.yaxis.get_major_formatter(), ax.yaxis.get_tick_params()
    at = list(ax.get_yticks()) if shown.get("labelleft", True) else []
    ticks = [str(word) for word in write.format_ticks(at)] if at else []
    if ticks and isinstance(write, category.StrCategoryFormatter):
        _write_names(ax, ticks)
    elif ticks and min(ax.get_ylim()) > 0:
        text += " (axis not from 0)"
    place: dict[str, Any] = {}
    if not ticks or max(map(len, ticks)) > _WIDE:
        pad = ScaledTranslation(3 / 72, 6 / 72, ax.figure.dpi_scale_trans)
        edge = blended_transform_factory(ax.figure.transFigure, ax.transAxes)
        place = {"transform": edge + pad}
    ax.set_title(fill(formatting.sentence_case(text), _TITLE), **place)
    labels = {"xlabel": xlabel, "ylabel": ylabel}
    letters = {"xlabel": 24 if place else _LABEL, "ylabel": _LABEL}
    ax.set(
        **{k: fill(v, letters[k]) for k, v in labels.items() if v is not None}, **more
    )


def _round_ticks(axis: Axis, write) -> None:
    ends = max((len(write(value)) for value in axis.get_view_interval()), default=0)
    # numbers stand side by side along the axis below, and must leave room for one another
    most = 5 if isinstance(axis, YAxis) or ends < 5 else 4 if ends < 8 else 3
    axis.set_major_locator(ticker.MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: write(value)))


def number_axis(axis: Axis) -> None:
    """Four to six round ticks, written as numbers: 1,500."""
    _round_ticks(axis, lambda value: formatting.number(round(value, 9)))


def percent_axis(axis: Axis) -> None:
    """Four to six round ticks of shares, written in per cent: 0.25 as 25%."""
    _round_ticks(axis, lambda value: formatting.number(round(100 * value, 6)) + "%")


def money_axis(axis: Axis) -> None:
    """Four to six round ticks of pounds: £1,500,000 as £1.5m."""
    _round_ticks(axis, _short_money)


def _short_money(pounds: float) -> str:
    for size, letter in ((1e6, "m"), (1e3, "k")):
        if abs(pounds) >= size:
            short = round(pounds / size, 3)
            return formatting.money(short, 0 if short.is_integer() else 1) + letter
    return formatting.money(pounds)


_AXIS = {"number": number_axis, "percent": percent_axis, "money": money_axis}


def month_axis(axis: Axis, most: int = 6) -> None:
    """Dates as months and years, ``most`` ticks at most."""
    locator = dates.AutoDateLocator(minticks=2, maxticks=most)
    axis.set_major_locator(locator)
    axis.set_major_formatter(dates.ConciseDateFormatter(locator, show_offset=False))


def note(
    ax: Axes,
    text: str,
    at: tuple[float, float],
    *,
    offset: tuple[float, float] = (5, 0),
    color: str = INK,
    bold: bool = False,
    xycoords: str | tuple[str, str] = "data",
    **more,
) -> None:
    """A short text ``offset`` points from ``at``, which may stand beside the plot.

    ``xycoords`` and ``more`` are what ``Axes.annotate`` takes. A colour that is too pale to be read
    is darkened.
    """
    look: dict[str, Any] = {
        "color": _READABLE.get(color, color),
        "fontweight": "bold" if bold else "normal",
        "va": "center",
    }
    pair = (xycoords, xycoords) if isinstance(xycoords, str) else xycoords
    known = {"data": ax.transData, "axes fraction": ax.transAxes}
    if "arrowprops" in more or not {*pair} <= {*known}:
        look |= {"xycoords": xycoords, "textcoords": "offset points"}
        ax.annotate(text, at, xytext=offset, annotation_clip=False, **look | more)
        return
    # a text alone is laid out in half of the time that an annotation takes
    place = known[pair[0]]
    if pair[0] != pair[1]:
        place = blended_transform_factory(*(known[each] for each in pair))
    across, up = offset
    shift = ScaledTranslation(across / 72, up / 72, ax.figure.dpi_scale_trans)
    ax.text(*at, text, transform=place + shift, **look | more)


def direct_labels(ax: Axes) -> None:
    """The name of each labelled line beside its last point, in its colour, in place of a legend.

    Names are pushed apart so that none covers another.
    """
    ends = []
    for line in ax.get_lines():
        x, y = np.asarray(line.get_xydata()).T
        known = np.flatnonzero(np.isfinite(y))
        if not str(line.get_label()).startswith("_") and len(known):
            ends.append((y[known[-1]], x[known[-1]], line))
    low, high = ax.get_ylim()
    height, at, before = (high - low) * 0.1, -np.inf, 0.0
    for y, x, line in sorted(ends, key=lambda end: end[0]):
        text = fill(str(line.get_label()), 12, break_long_words=False)
        half = height * (text.count("\n") + 1) / 2
        at, before = max(y, at + before + half), half
        note(ax, text, (x, at), color=line.get_color(), bold=True)


def _start(
    data: pd.DataFrame, ax: Axes | None, height: float, chart: str, y=""
) -> Axes:
    """The axes to draw on; refuses data in which there is nothing to draw."""
    if data.empty or (y and data[y].isna().all()):
        what = "no rows" if data.empty else "only missing values"
        raise Invalid(f"there is nothing to draw: {chart} was given {what}.")
    if ax is None:
        _, ax = plt.subplots(figsize=(WIDTH, height), layout="constrained")
    return ax


def _names(highlight) -> list[str]:
    return [highlight] if isinstance(highlight, str) else [str(h) for h in highlight]


def _row_names(ax: Axes, names: Iterable, highlight: Iterable = ()) -> None:
    """Names of the rows of a horizontal chart, the first on top; highlighted ones in bold."""
    names = [str(name) for name in names]
    ax.set_yticks([])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(False, axis="y")
    ax.grid(True, axis="x")
    _write_names(ax, names, highlight)


def _write_names(ax: Axes, names: list[str], highlight: Iterable = ()) -> None:
    """Names beside the rows 0, 1, 2 … of a chart, which is made higher for those of many lines."""
    lines = [wrap(formatting.sentence_case(name), _NAMES) or [""] for name in names]
    ax.set_yticks([])
    place = {"xycoords": ("axes fraction", "data"), "ha": "right"}
    for at, (name, texts) in enumerate(zip(names, lines, strict=True)):
        # each line a text of its own, so that all end at the axis in any font
        for up, text in enumerate(texts):
            offset = (-6, _LINE * ((len(texts) - 1) / 2 - up))
            note(ax, text, (0, at), offset=offset, bold=name in highlight, **place)
    pairs = pairwise(map(len, lines))
    need = max((sum(pair) / 2 for pair in pairs), default=len(lines[0])) * _LINE / 72
    figure = cast(Figure, ax.figure)
    room = (figure.get_figheight() - _AROUND) / len(lines)
    if need > room and len(figure.axes) == 1:
        figure.set_figheight(_AROUND + need * len(lines))


def _events(ax: Axes, x: pd.Series, events: dict | None) -> None:
    """Month ticks, and a dashed line for each event, its name above all data.

    To be called when the data are drawn: the axis is made higher for the names.
    """
    if pd.api.types.is_datetime64_any_dtype(x):
        month_axis(ax.xaxis)
    dated = {
        k: pd.Timestamp(day) for k, day in (events or {}).items() if day is not None
    }
    low, high = ax.get_ylim()
    if dated:
        top = low + (high - low) / (1 - _NAME * min(len(dated), 3))
        ax.set_ylim(low, top, auto=None)
    for at, (text, day) in enumerate(dated.items()):
        ax.axvline(day, color=GREY, linewidth=1, linestyle=_EVENT)
        left, right = ax.get_xlim()
        late = dates.date2num(day) > (left + 2 * right) / 3  # its name runs inwards
        side: dict[str, Any] = {"ha": "right" if late else "left", **_UNDER_THE_EDGE}
        place = (day, 1 - _NAME * (at % 3))
        note(ax, text, place, offset=(-3 if late else 3, -2), **side)


def _runs(
    data: pd.DataFrame, x: str, y: str, step: pd.Timedelta | None = None
) -> Iterator[pd.DataFrame]:
    """The unbroken runs of points, so that no line crosses a gap.

    A gap is a missing value, or dates further apart than half as long again as is usual (``step``
    where the usual distance is that of more data than these).
    """
    step = step or _usual_step(data[x])
    known = data[y].notna()
    apart = data[x].diff() > step if step else pd.Series(False, index=data.index)
    for _, run in data.groupby((apart | (known != known.shift())).cumsum()):
        yield run


def _usual_step(x: pd.Series) -> pd.Timedelta | None:
    if not pd.api.types.is_datetime64_any_dtype(x):
        return None
    steps = x.drop_duplicates().sort_values().diff().dropna()
    return steps.median() * 1.5 if len(steps) else None


# -- charts ----------------------------------------------------------------------------------------


def bars(
    data: pd.DataFrame,
    *,
    x: str,
    y: str,
    highlight: str | Iterable[str] = (),
    kind: str = "number",
    ax: Axes | None = None,
) -> Axes:
    """Horizontal bars of ``x`` from zero, a row for each ``y``, each with its value at its end.

    Below zero that is the left-hand end.
    """
    data = data.reset_index(drop=True)
    ax = _start(data, ax, _AROUND + 0.32 * len(data), "bars")
    chosen = _names(highlight)
    bold = data[y].astype(str).isin(chosen) | (not chosen)
    ax.barh(data.index, data[x], height=0.7, color=np.where(bold, NAVY, PALE))
    write = _writer(data[x], kind)
    for at, value in data[x].items():
        end, below = 0 if pd.isna(value) else value, value < 0
        side: dict[str, Any] = {"ha": "right" if below else "left"}
        beside = (-4 if below else 4, 0)
        note(ax, write(value), (end, at), offset=beside, **side)
    _row_names(ax, data[y], chosen)
    ends = data[x].fillna(0)
    sizes = ends.map(lambda value: len(write(value)))
    _leave_room(ax, ends.min(), ends.max(), sizes[ends < 0].max(), sizes.max())
    _AXIS[kind](ax.xaxis)
    return ax


def _writer(values: pd.Series, kind: str) -> Callable[[float], str]:
    """How values of one chart are written: numbers with as many decimals each."""
    if kind != "number":
        return formatting.WRITE[kind]
    decimals = formatting.usual_decimals(*values.dropna())
    return lambda value: formatting.number(value, decimals)


def _leave_room(ax: Axes, low: float, high: float, left: float, right: float) -> None:
    """Let the axis below hold a zero and the values, and words of as many letters at its ends."""
    low, high = min(low, 0), max(high, 0)
    wide = 72 * WIDTH - 0.6 * SIZE * _NAMES  # points: the room beside the names of rows
    before, after = (
        0 if pd.isna(n) else (n + 1) * 0.6 * SIZE / wide for n in (left, right)
    )
    whole = (high - low or 1) / (1 - before - after)
    ax.set_xlim(low - before * whole, high + after * whole)


def intervals(
    data: pd.DataFrame,
    *,
    x: str | None = "estimate",
    y: str,
    lower: str = "lower",
    upper: str = "upper",
    highlight: str | Iterable[str] = (),
    reference: float | None = None,
    reference_label: str = "",
    kind: str = "number",
    ax: Axes | None = None,
) -> Axes:
    """A dot at ``x`` and its interval for each ``y``, the estimate written above it.

    With ``x=None`` a row is a band from the least to the most, with both ends written: where bounds
    are known and no value between them is likelier than another, none is drawn. ``reference`` is
    an upright line, ``reference_label`` its name.
    """
    data, chosen = data.reset_index(drop=True), _names(highlight)
    line_name = fill(reference_label, 18)
    above_rows = 0.1 + 0.55 * (line_name.count("\n") + 1) if line_name else 0
    ax = _start(data, ax, _AROUND + 0.38 * (len(data) + above_rows), "intervals")
    write = _writer(data[x or lower], kind)
    for at, row in data.iterrows():
        low, high = row[lower], row[upper]
        color = NAVY if not chosen or str(row[y]) in chosen else GREY
        if x is None:
            ax.plot([low, high], [at] * 2, color=color, lw=7, solid_capstyle="butt")
            ax.plot([low, high], [at] * 2, "|", color=color, markersize=12)
            text = " to ".join(dict.fromkeys([write(low), write(high)]))
            middle = (low + high) / 2
            note(ax, text, (middle, at), offset=(0, 6), ha="center", va="bottom")
            continue
        ax.plot([low, high], [at, at], color=color, linewidth=2.4)
        ax.plot(row[x], at, "o", color=color, markersize=6)
    _row_names(ax, data[y], chosen)
    if reference is not None:
        end = 1 - above_rows / (len(data) + 0.2 + above_rows)
        ax.axvline(reference, ymax=end, color=GREY, linewidth=1, linestyle=_EVENT)
    ax.margins(x=0.1)  # room for values at the ends
    if data[lower].min() >= 0:
        ax.set_xlim(left=0)
    if reference is not None and line_name:
        # Above the line, in a band clear of title and values; near an end it runs inwards.
        ax.set_ylim(top=-0.6 - above_rows)
        low, high = ax.get_xlim()
        share = (reference - low) / (high - low)
        side = "left" if share < 1 / 3 else "right" if share > 2 / 3 else "center"
        at = (reference, -0.6)
        note(ax, line_name, at, offset=(0, 2), ha=side, va="bottom")
    low, high = ax.get_xlim()
    for at, value in data[x].dropna().items() if x is not None else ():
        # beside the names of the rows a value stands to the right, and does not touch them
        near = (value - low) / (high - low) < 0.12
        side = "left" if near else "center"
        shift = (-4 if near else 0, 5)
        note(ax, write(value), (value, at), offset=shift, ha=side, va="bottom")
    _AXIS[kind](ax.xaxis)
    return ax


def lines(
    data: pd.DataFrame,
    *,
    x: str,
    y: str,
    hue: str | None = None,
    highlight: str | Iterable[str] = (),
    events: dict | None = None,
    kind: str = "number",
    ax: Axes | None = None,
) -> Axes:
    """Lines over time, one for each ``hue``, four at most in colour and named at their ends.

    Absent periods are gaps; a point between two gaps is a dot. ``events`` maps names to dates (None:
    left out), drawn as dashed lines.
    """
    ax = _start(data, ax, 3.2, "lines", y)
    groups = (
        {str(k): part for k, part in data.groupby(hue, sort=False)}
        if hue
        else {"": data}
    )
    chosen = _names(highlight) or list(groups)[:4]
    step = _usual_step(data[x])
    for name in sorted(groups, key=lambda name: name in chosen):
        bold = name in chosen
        color = PALETTE[chosen.index(name) % 4] if bold else PALE
        runs = _runs(groups[name].sort_values(x), x, y, step)
        runs = [run for run in runs if run[y].notna().all()]
        for run in runs:
            (line,) = ax.plot(
                run[x], run[y], color=color, linewidth=1.8 if bold else 0.8
            )
        if runs and bold and hue:
            line.set_label(name)
        alone = [run.iloc[0] for run in runs if len(run) == 1]
        if alone:  # dots, which at zero are drawn whole
            at, height = [point[x] for point in alone], [point[y] for point in alone]
            edge: dict[str, Any] = {"clip_on": False, "in_layout": False}
            ax.plot(at, height, "o", color=color, markersize=3.5, **edge)
    if data[y].min() >= 0:
        _stand_on_zero(ax)
    _events(ax, data[x], events)
    direct_labels(ax)
    _AXIS[kind](ax.yaxis)
    return ax


def _stand_on_zero(ax: Axes) -> None:
    """Let the axis begin at zero, now and when an analyst adds a taller line."""
    ax.set_ylim(bottom=0, auto=None)
    for line in ax.lines[:1]:
        line.sticky_edges.y.append(0)
        first = np.asarray(line.get_xdata(orig=False))[0]
        ax.update_datalim(np.array([[first, 0]]), updatex=False)


def bounds(
    data: pd.DataFrame,
    *,
    y: str = "label",
    lower: str = "lower",
    upper: str = "upper",
    kind: str = "number",
    ax: Axes | None = None,
) -> Axes:
    """What figures allow for each ``y``, in a row of its own; a dot where they allow one value.

    A band runs from the least to the most, both of which stand beside it. Where nothing limits a
    row from above a mark stands at the least alone: ink is what is known.
    """
    data = data.reset_index(drop=True)
    least, limited = data[lower].fillna(0), np.isfinite(data[upper])
    ends, texts = data[upper].where(limited, least), []
    for at, (low, end) in enumerate(zip(least, ends, strict=True)):
        text = formatting.between(low, end if limited[at] else np.inf, kind=kind)
        if low == 0 and not limited[at]:
            text = "no limit known"
        for word, short in {"exactly ": "", "between ": "", " and ": " to "}.items():
            text = text.replace(word, short)
        texts.append(text if len(text) < _NAMES else text.replace(" to ", "\nto "))
    letters = max((len(x) for text in texts for x in text.split("\n")), default=0)
    row_height = 0.46 if any("\n" in text for text in texts) else 0.34
    ax = _start(data, ax, _AROUND + row_height * len(data), "bounds")
    for at, (low, end) in enumerate(zip(least, ends, strict=True)):
        if limited[at] and low < end:
            ax.plot([low, end], [at] * 2, color=PALE, lw=9, solid_capstyle="butt")
        if low > 0 or limited[at]:
            mark = "o" if limited[at] and low == end else "|"
            ax.plot([low, end], [at] * 2, mark, color=NAVY, ms=6 if mark == "o" else 13)
        note(ax, texts[at], (end, at), offset=(8, 0))
    _row_names(ax, data[y])
    _leave_room(ax, 0, ends.max(), np.nan, letters + 1)
    _AXIS[kind](ax.xaxis)
    return ax


def strip(
    data: pd.DataFrame,
    *,
    x: str,
    y: str,
    hue: str,
    palette: dict,
    ax: Axes | None = None,
) -> Axes:
    """States over months, a row for each ``y``: tiles of equal states joined, gaps left white.

    ``palette`` maps each state of ``hue`` to its colour, in the order of the key above the chart.
    """
    ax = _start(data, ax, _AROUND + 0.28 * data[y].nunique(), "strip")
    names = list(dict.fromkeys(data[y]))
    for at, name in enumerate(names):
        part = data[data[y] == name].sort_values(x).reset_index(drop=True)
        changed = part[hue] != part[hue].shift()
        apart = part[x].diff() > pd.Timedelta(days=32)
        for left, right in pairwise([*part.index[changed | apart], len(part)]):
            first, last = part[x][left], part[x][right - 1] + pd.offsets.MonthEnd()
            color = palette[part[hue][left]]
            ax.barh(at, last - first, left=first, height=0.7, color=color, linewidth=0)
    _row_names(ax, names)
    ax.grid(False)
    month_axis(ax.xaxis)
    key = [Patch(color=color, label=state) for state, color in palette.items()]
    room = 72 * WIDTH // (0.62 * SIZE * (max(map(len, palette)) + 4))
    look = {"columnspacing": 1.2, "handlelength": 1, "borderpad": 0}
    place = {"loc": "outside upper left", "ncols": max(1, min(len(key), int(room)))}
    ax.figure.legend(handles=key, **place, **look)
    return ax


def process_behaviour(
    chart: spc.Chart | pd.DataFrame,
    *,
    events: dict | None = None,
    kind: str = "number",
    ax: Axes | None = None,
) -> Axes:
    """A process behaviour chart (XmR): a series, its mean and limits; points that signal are ringed.

    The axis begins at zero unless that would take half of its height.
    ``chart`` is the result of :func:`outcomes.methods.spc.process_behaviour`, or its frame.
    """
    frame = chart.frame if isinstance(chart, spc.Chart) else chart
    data = frame.reset_index(drop=True)
    ax = _start(data, ax, 3.4, "process_behaviour")
    for run in _runs(data, "period", "value"):
        ax.plot(
            run["period"], run["value"], "-o", color=NAVY, linewidth=1.2, markersize=3
        )
        # the points before a usual range begins have none
        level = run.dropna(subset=["mean"])
        level = level if level["mean"].nunique() != 1 else level.iloc[[0, -1]]
        for column, dash in (("mean", "-"), ("lower", _DASHED), ("upper", _DASHED)):
            ax.plot(
                level["period"], level[column], color=GREY, linewidth=1, linestyle=dash
            )
    drawn = data[["value", "lower", "upper"]]
    if 0 <= drawn.min(axis=None) <= drawn.max(axis=None) / 2:
        _stand_on_zero(ax)
    signals = data[data["special"].fillna("").astype(str) != ""]
    ring = {
        "markerfacecolor": "none",
        "markeredgecolor": SIGNAL,
        "markeredgewidth": 1.8,
    }
    ax.plot(signals["period"], signals["value"], "o", markersize=7, **ring)
    last = data.dropna(subset=["mean"]).iloc[-1]
    names = {"upper": "upper limit", "mean": "mean", "lower": "lower limit"}
    for column, name in names.items():
        note(ax, name, (last["period"], last[column]), offset=(8, 0))
    _events(ax, data["period"], events)
    _AXIS[kind](ax.yaxis)
    return ax


def funnel(
    funnel: spc.Funnel | pd.DataFrame,
    *,
    highlight: str | Iterable[str] = (),
    kind: str = "number",
    ax: Axes | None = None,
) -> Axes:
    """Rates against size with limits that narrow as it grows; highlighted units are named.

    ``funnel`` is the result of :func:`outcomes.methods.spc.funnel`, or its frame.
    """
    frame = funnel.frame if isinstance(funnel, spc.Funnel) else funnel
    data = frame.sort_values("denominator")
    ax = _start(data, ax, 3.6, "funnel")
    size = data["denominator"]
    ax.plot(size, data["mean"], color=GREY, linewidth=1, label="all together")
    for level, name, dash in (("95", "95%", _DOTTED), ("998", "99.8%", _DASHED)):
        look: dict[str, Any] = {"color": GREY, "linewidth": 1, "linestyle": dash}
        ax.plot(size, data[f"lower_{level}"], **look)
        ax.plot(size, data[f"upper_{level}"], label=f"{name} limits", **look)
    named = data["label"].astype(str).isin(_names(highlight))
    ax.plot(size[~named], data["rate"][~named], "o", color="#8A8A8A", markersize=4)
    ax.plot(size[named], data["rate"][named], "D", color=NAVY, markersize=7)
    if 0 <= data["rate"].min() <= data["rate"].max() / 2:
        _stand_on_zero(ax)
    place = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.25), "ncols": 2}
    ax.legend(**place, columnspacing=1.2, handlelength=1.6, borderpad=0)
    number_axis(ax.xaxis)
    _AXIS[kind](ax.yaxis)
    ax.set_title("\n")  # names are placed in the room that a title leaves
    figure = cast(Figure, ax.get_figure(root=True))
    if layout := figure.get_layout_engine():
        with settled(figure):
            layout.execute(figure)
    ax.set_title("")
    taken = _points_of_lines(ax)
    for row in data[named].to_dict("records"):
        point = row["denominator"], row["rate"]
        taken = np.concatenate(
            [taken, _name_point(ax, str(row["label"]), point, taken)]
        )
    return ax


def _points_of_lines(ax: Axes) -> np.ndarray:
    """Points all along the lines and at the marks of a chart, in points of the page."""
    size, found = 72 / ax.figure.dpi, []
    for settle in (ax.get_xlim, ax.get_ylim):  # before anything is measured
        settle()
    for line in ax.get_lines():
        at = ax.transData.transform(np.asarray(line.get_xydata())) * size
        if line.get_linestyle() != "None" and len(at) > 1:
            x = np.arange(at[:, 0].min(), at[:, 0].max(), 4)
            at = np.column_stack([x, np.interp(x, *at.T)])
        found.append(at)
    return np.concatenate(found)


def _name_point(
    ax: Axes, text: str, point: tuple[float, float], taken: np.ndarray
) -> np.ndarray:
    """Name a point, in bold, where it covers least of what is ``taken``; gives what it takes."""
    wide, high = 0.65 * SIZE * len(text), SIZE
    at = ax.transData.transform(point) * 72 / ax.figure.dpi
    edge = ax.transAxes.transform([[0, 0], [1, 1]]) * 72 / ax.figure.dpi
    covered, places = {}, {}
    sideways, upwards = (7, -7, 45, -45, 80, 115), (0, 14, -14, 31, -31, 48, -48)
    for by, up in product(sideways, upwards):
        left = at[0] + by if by > 0 else at[0] + by - wide
        low = np.array([left, at[1] + up - high / 2])
        top = low + np.array([wide, high])
        inside = ((taken > low - 4) & (taken < top + 4)).all(axis=1).sum()
        outside = (low < edge[0]).any() or (top > edge[1]).any()
        covered[by, up] = inside + 1000 * outside + np.hypot(by, up) / 50
        across = np.tile(np.linspace(low[0], top[0], 30), 3)
        heights = np.repeat(at[1] + up + np.array([-4, 0, 4]), 30)
        places[by, up] = np.column_stack([across, heights])
        if max(abs(by), abs(up)) > 26:  # a line leads to it, clear of marks and names
            line_to = np.linspace(at, at + np.array([by, up]), 12)
            apart = np.hypot(*(taken[:, None] - line_to[2:]).T)
            covered[by, up] += (apart < 4).sum()
            places[by, up] = np.concatenate([places[by, up], line_to])
    by, up = min(covered, key=lambda place: covered[place])
    line = {"arrowstyle": "-", "color": NAVY, "linewidth": 0.8, "shrinkA": 0}
    line["relpos"] = (0 if by > 0 else 1, 0.5)  # it leads to the near end of the name
    more: dict[str, Any] = {"arrowprops": line} if max(abs(by), abs(up)) > 26 else {}
    more["ha"] = "left" if by > 0 else "right"
    note(ax, text, point, offset=(by, up), color=NAVY, bold=True, **more)
    return places[by, up]


def event_study(
    data: pd.DataFrame, *, start: str | pd.Timestamp, ax: Axes | None = None
) -> Axes:
    """Effects through time; the time before the start is shaded, and should lie flat.

    ``data`` is the frame of
    :func:`outcomes.methods.evaluation.difference_in_differences.event_study`, its ratios less 1;
    ``start`` is the day the programme began.
    """
    ax = _start(data, ax, 3.2, "event_study")
    last = data["end"] + pd.offsets.MonthEnd(0)
    middle = data["start"] + (last - data["start"]) / 2
    first, room = data["start"].min(), pd.Timedelta(days=45)
    ax.axvspan(first - room, pd.Timestamp(start), color="#EFEFEF", zorder=0)
    ax.axhline(0, color=GREY, linewidth=1)
    ax.vlines(middle, data["lower"], data["upper"], color=NAVY, linewidth=1.6)
    ax.plot(middle, data["ratio"], "o", color=NAVY, markersize=4)
    ax.set_xlim(first - room, last.max() + room)
    _events(ax, middle, {"start": start})
    percent_axis(ax.yaxis)
    return ax


def gaps(
    data: pd.DataFrame,
    *,
    treated: str,
    placebos: Iterable[str],
    start: str | pd.Timestamp,
    label: str,
    ax: Axes | None = None,
) -> Axes:
    """One place's difference from its comparison over ``time``, beside placebo places (grey).

    ``treated`` and ``placebos`` are columns of shares, ``start`` the day the programme began.
    """
    ax = _start(data, ax, 3.2, "gaps")
    for run in _runs(data, "time", treated):
        for name in placebos:
            ax.plot(run["time"], run[name], color=PALE, linewidth=0.6)
        ax.plot(run["time"], run[treated], color=NAVY, linewidth=2.2)
    ax.axhline(0, color=GREY, linewidth=1)
    last = data.dropna(subset=[treated]).iloc[-1]
    note(ax, label, (last["time"], last[treated]), color=NAVY, bold=True)
    ax.set_xlabel("grey: placebo areas")
    _events(ax, data["time"], {"start": start})
    percent_axis(ax.yaxis)
    return ax


def placebos(
    data: pd.DataFrame, *, treated: float, label: str, ax: Axes | None = None
) -> Axes:
    """How many (``n``) placebo places changed by between ``lower`` and ``upper``, and the treated.

    Few places are a dot each, many are bars.
    """
    ax = _start(data, ax, 2.8, "placebos")
    width = data["upper"] - data["lower"]
    if data["n"].sum() <= FEW:
        middle = (data["lower"] + width / 2).repeat(data["n"])
        above = middle.groupby(level=0).cumcount() + 0.5
        ax.plot(middle, above, "o", color="#8A8A8A", markersize=7)
    else:
        look: dict[str, Any] = {"color": PALE, "edgecolor": "white"}
        ax.bar(data["lower"], data["n"], width, align="edge", **look)
    lines = label.count("\n") + 1
    clear = 1 - 0.14 * lines  # the name stands above all but its own line
    ax.axvline(0, ymax=clear, color=GREY, linewidth=1)
    ax.axvline(treated, color=NAVY, linewidth=2.4)
    ax.set_ylim(0, data["n"].max() / clear * 1.05)
    right = treated > (data["lower"].min() + data["upper"].max()) / 2
    place = {"offset": (-5 if right else 5, -3), "ha": "right" if right else "left"}
    note(ax, label, (treated, 1), color=NAVY, bold=True, **place, **_UNDER_THE_EDGE)
    percent_axis(ax.xaxis)
    number_axis(ax.yaxis)
    ax.yaxis.set_major_locator(
        ticker.MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10], integer=True)
    )
    return ax


def specification_curve(
    data: pd.DataFrame,
    *,
    choices: dict[str, list[str]],
    estimate: str = "change",
    declared: str = "declared",
    ax: Axes | None = None,
) -> Axes:
    """A share by every set of choices, the lowest first, over a mark for each option chosen.

    ``choices`` are columns and the options of each, which get a row each below the curve; of a set
    that has no such choice the cell is empty. ``declared`` is the column that says which set was
    declared.
    """
    data = data.sort_values(estimate, kind="stable", ignore_index=True)
    options = [(column, option) for column in choices for option in choices[column]]
    ax = _start(data, ax, 2.2 + 0.24 * len(options), "specification_curve", estimate)
    low, high = min(data[estimate].min(), 0), max(data[estimate].max(), 0)
    step = (high - low) / 9  # rows are a ninth of the curve's height apart
    levels = ticker.MaxNLocator(4).tick_values(low, high)
    levels = [level for level in levels if low - step / 4 <= level <= high]
    places = [low - step * (at + 1.5) for at in range(len(options))]
    names = [formatting.percent(level, 0) for level in levels]
    ax.axhline(0, color=GREY, linewidth=1)
    ax.plot(data.index, data[estimate], "o", color=GREY, markersize=2.5)
    for at, (choice, option) in zip(places, options, strict=True):
        chosen = data.index[data[choice] == option]
        ax.plot(chosen, [at] * len(chosen), "|", color=TEAL, markersize=5)
    ax.set_yticks([*levels, *places], [*names, *(option for _, option in options)])
    ax.set_ylim(min(places, default=low) - step, high + step)
    ax.set_xticks([])
    for at in data.index[data[declared].astype(bool)]:
        height = data.loc[at, estimate]
        ax.axvline(at, color=NAVY, linewidth=0.8)
        ax.plot([at], [height], "o", color=NAVY, markersize=7)
        right = at > 0.5 * len(data)
        place = {"offset": (-8 if right else 8, -9), "ha": "right" if right else "left"}
        note(ax, "declared", (at, height), color=NAVY, bold=True, **place)
    return ax
