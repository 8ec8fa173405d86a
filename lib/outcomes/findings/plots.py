"""Figures in one style: direct labels, bounds as bands, gaps as gaps, never colour alone.

Every function takes a frame and keyword-only options, draws on ``ax`` when one is given and else
makes its own figure, and returns the matplotlib ``Figure``. Column names are arguments, so any
frame will do. ``kind`` says how values are written: "number", "percent" (of shares) or "money".
Categories are at most four; what matters is navy, the rest grey.
"""

from itertools import pairwise

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.findings.axes import (
    COLOURS,
    across,
    drawn,
    label_ends,
    months,
    note,
    picked,
    row_labels,
    runs,
    time_frame,
    upright,
    usual_step,
)
from outcomes.findings.theme import GREY, NAVY, ORANGE, PALE, canvas

LETTERS = 50  # of a note that stand side by side in the width of a chart


def _rows(frame: pd.DataFrame) -> float:
    return 0.9 + 0.32 * len(frame)


@drawn(_rows)
def intervals(
    frame,
    *,
    ax,
    label,
    estimate=None,
    lower="lower",
    upper="upper",
    kind="number",
    highlight=(),
    reference=None,
    reference_label="",
    xlabel="",
) -> None:
    """A dot and its interval for each row, the estimate written above it.

    Without ``estimate`` a row is a band from the least to the most, with both ends written: where
    bounds are known and no value between them is likelier than another, none is drawn.
    """
    chosen = picked(highlight)
    for at, row in frame.iterrows():
        colour = NAVY if not chosen or str(row[label]) in chosen else GREY
        if estimate is None:
            _ends(ax, row[lower], row[upper], at, kind, colour)
            continue
        ax.plot([row[lower], row[upper]], [at, at], color=colour, linewidth=2.4)
        ax.plot(row[estimate], at, "o", color=colour, markersize=6)
        if pd.notna(row[estimate]):
            text = formatting.WRITE[kind](row[estimate])
            note(ax, text, (row[estimate], at), offset=(0, 5), ha="center", va="bottom")
    row_labels(ax, frame[label], chosen)
    if reference is not None:  # before the axis is fixed, which has to hold it
        ax.axvline(reference, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    if frame[lower].min() >= 0:
        ax.set_xlim(left=0)
    if reference_label:
        _above(ax, reference, reference_label)
    across(ax, xlabel, kind)


def _ends(ax, low: float, high: float, at: int, kind: str, colour: str) -> None:
    """A band with what its ends are, or one mark where they are the same as written."""
    ax.plot([low, high], [at, at], color=colour, linewidth=7, solid_capstyle="butt")
    ax.plot([low, high], [at, at], "|", color=colour, markersize=12)
    ends = dict.fromkeys(formatting.WRITE[kind](v) for v in (low, high))
    text = " to ".join(ends)
    note(ax, text, ((low + high) / 2, at), offset=(0, 6), ha="center", va="bottom")


def _above(ax, x: float, text: str) -> None:
    """The name of an upright line above it; near an end of the axis it runs inwards."""
    least, most = ax.get_xlim()
    share = (x - least) / (most - least)
    side = "right" if share > 0.85 else "left" if share < 0.15 else "center"
    place = {"xycoords": ("data", "axes fraction"), "ha": side, "va": "bottom"}
    note(ax, text, (x, 1), offset=(0, 2), **place)


@drawn(_rows)
def bars(frame, *, ax, label, value, kind="number", highlight=(), xlabel="") -> None:
    """Horizontal bars from zero, each with its value written at its end."""
    chosen = picked(highlight)
    colours = [NAVY if not chosen or str(x) in chosen else PALE for x in frame[label]]
    ax.barh(frame.index, frame[value], height=0.7, color=colours)
    for row, v in enumerate(frame[value]):
        note(
            ax,
            formatting.WRITE[kind](v),
            (0 if pd.isna(v) else max(v, 0), row),
            offset=(4, 0),
        )
    row_labels(ax, frame[label], chosen)
    ax.margins(x=0.16)
    ax.set_xlim(left=min(0, frame[value].min()))
    across(ax, xlabel, kind)


@drawn()
def series(
    frame, *, ax, x, y, by=None, highlight=(), kind="number", events=None, ylabel=""
) -> None:
    """Lines over time, labelled at their ends; absent periods are gaps, ``events`` dated lines."""
    groups = list(frame.groupby(by, sort=False)) if by else [("", frame)]
    chosen = picked(highlight) or [str(name) for name, _ in groups][:4]
    step, ends = usual_step(frame[x]), []
    for name, part in sorted(groups, key=lambda g: str(g[0]) in chosen):
        bold = str(name) in chosen
        colour = COLOURS[chosen.index(str(name)) % 4] if bold else PALE
        part = part.sort_values(x)
        _line(ax, part, x, y, step, colour, 1.8 if bold else 0.8)
        last = part.dropna(subset=[y]).tail(1)
        if bold and by and len(last):
            ends.append((last[x].iloc[0], last[y].iloc[0], str(name), colour))
    if frame[y].min() >= 0:
        ax.set_ylim(bottom=0)
    time_frame(ax, frame[x], events)
    label_ends(ax, ends)
    ax.set(xlabel="", ylabel="")
    upright(ax, ylabel, kind)


def _line(ax, part, x, y, step, colour, width) -> None:
    """One line, broken at gaps; a point with gaps on both sides is drawn as a dot."""
    import seaborn as sns

    run = runs(part[x], part[y], step)
    look = {"color": colour, "linewidth": width}
    ax.set(
        xlabel=" ", ylabel=" "
    )  # where there are labels, seaborn does not look at every tick
    sns.lineplot(
        data=part.assign(_run=run),
        x=x,
        y=y,
        units="_run",
        estimator=None,
        ax=ax,
        **look,
    )
    alone = part[~pd.Series(run, index=part.index).duplicated(keep=False)]
    edge = {"clip_on": False, "in_layout": False}  # a point at nought is drawn whole
    ax.plot(alone[x], alone[y], "o", color=colour, markersize=3.5, **edge)


@drawn()
def bounds(
    frame, *, ax, lower="lower", upper="upper", kind="number", ylabel=""
) -> None:
    """What the figures allow, as a band for each period; a thick line where they allow one value.

    Where nothing limits a period its place is empty, within a broken line: ink is what is known.
    Columns start and end are the first and last day. A band too narrow for its numbers goes
    without them; the table has them.
    """
    finite = frame[upper][np.isfinite(frame[upper])]
    top = max([*finite, *(1.3 * frame[lower]), 1e-9])
    whole = frame["end"].max() - frame["start"].min()
    for row in frame.to_dict("records"):
        span = row["start"], row["end"] + pd.Timedelta(days=1)
        room = LETTERS * (span[1] - span[0]) / whole
        _band(ax, *span, row[lower], row[upper], top, kind, room=room)
    months(ax.xaxis)
    ax.set_ylim(0, top * 1.15)
    upright(ax, ylabel, kind)


def _band(ax, left, right, low, high, top, kind, *, room: float) -> None:
    """One period's bounds: a band, open above where no figure limits it; named if it has room."""
    exact, limited = low == high, np.isfinite(high)
    shown = high if limited else top
    if not limited:
        sides = [left, left, right, right], [top, low, low, top]
        ax.plot(*sides, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    else:
        look = {"color": NAVY, "alpha": 0.9 if exact else 0.28, "linewidth": 0}
        ax.bar(left, shown - low, right - left, bottom=low, align="edge", **look)
    for edge in sorted({low, shown}) if limited else [low] * (low > 0):
        ax.plot([left, right], [edge, edge], color=NAVY, linewidth=3 if exact else 1.2)
    words_of = formatting.between(low, high, kind=kind).removeprefix("exactly ")
    text = words_of.replace("between ", "").replace(" and ", " to ")
    text = text if limited or low > 0 else "no limit known"
    if len(text) <= room:
        note(
            ax,
            text,
            (left + (right - left) / 2, shown),
            offset=(0, 4),
            ha="center",
            va="bottom",
        )


@drawn(3.0)
def waves(
    frame, *, ax, start, value, label=None, highlight=(), kind="number", ylabel=""
) -> None:
    """Separate weeks as stems at their dates; nothing was measured between, so nothing is drawn."""
    chosen = picked(highlight)
    for row in frame.to_dict("records"):
        bold = label is not None and str(row[label]) in chosen
        colour = ORANGE if bold else NAVY
        ax.vlines(row[start], 0, row[value], color=colour, linewidth=3 if bold else 2)
        ax.plot(
            row[start], row[value], "D" if bold else "o", color=colour, markersize=5
        )
        if bold or row[value] == frame[value].max():
            place = {"offset": (0, 6), "ha": "center", "va": "bottom"}
            note(
                ax,
                formatting.WRITE[kind](row[value]),
                (row[start], row[value]),
                bold=True,
                **place,
            )
    months(ax.xaxis)
    ax.margins(y=0.14)
    ax.set_ylim(bottom=0)
    upright(ax, ylabel, kind)


def stems(frame, *, start, columns, label, highlight=()):
    """Several counts of the same separate weeks, one small chart of stems under another.

    ``columns`` maps a column to its title and kind: ``{"arrests": ("arrests", "number")}``.
    """
    shown = {
        c: look for c, look in columns.items() if c in frame and frame[c].notna().any()
    }
    if not shown:
        raise Invalid("there is nothing to draw: none of the columns has a value.")
    figure, axes = canvas(
        1.75 * len(shown), rows=len(shown), sharex=True, squeeze=False
    )
    for ax, (column, (title, kind)) in zip(axes.flat, shown.items(), strict=True):
        look = {"highlight": highlight, "kind": kind, "ylabel": title}
        waves(
            frame.dropna(subset=[column]),
            ax=ax,
            start=start,
            value=column,
            label=label,
            **look,
        )
    return figure


@drawn(lambda frame: 0.75 + 0.24 * frame.iloc[:, 0].nunique())
def strip(frame, *, ax, row, x, state, colours) -> None:
    """States over months, a row for each ``row``: tiles of equal states joined, gaps left white.

    ``colours`` maps each state to its colour, in the order of the key above the chart.
    """
    from matplotlib.patches import Patch

    names = list(dict.fromkeys(frame[row]))
    for at, name in enumerate(names):
        part = frame[frame[row] == name].sort_values(x).reset_index(drop=True)
        change = (part[state] != part[state].shift()) | (
            part[x].diff() > pd.Timedelta(days=32)
        )
        for left, right in pairwise([*part.index[change], len(part)]):
            first, last = part[x][left], part[x][right - 1] + pd.offsets.MonthEnd()
            look = {"height": 0.7, "color": colours[part[state][left]], "linewidth": 0}
            ax.barh(at, last - first, left=first, **look)
    row_labels(ax, names)
    ax.grid(False)
    months(ax.xaxis)
    key = [Patch(color=c, label=n) for n, c in colours.items()]
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "handlelength": 1}
    ax.legend(handles=key, ncols=len(key), columnspacing=1.2, borderpad=0, **place)


def panels(frame, *, by, x, y, columns=2, same_scale=True):
    """Small multiples: one small chart for each value of ``by``, alike in size and scale."""
    groups = list(frame.groupby(by, sort=False))
    rows = -(-len(groups) // columns)
    shared = {"sharex": True, "sharey": same_scale, "squeeze": False}
    figure, axes = canvas(0.3 + 1.15 * rows, rows=rows, columns=columns, **shared)
    for ax, (name, part) in zip(axes.flat, groups, strict=False):
        series(part, ax=ax, x=x, y=y, ylabel=str(name))
        ax.yaxis.get_major_locator().set_params(nbins=3)
        months(ax.xaxis, 5)
    for ax in axes.flat[len(groups) :]:
        ax.remove()
    return figure
