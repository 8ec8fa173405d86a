"""Figures in one style: direct labels, bounds as bands, gaps as gaps, never colour alone.

Every function takes a frame and keyword-only options, draws on ``ax`` when one is given and else
makes its own figure, and returns the matplotlib ``Figure``. Column names are arguments, so any
frame will do. Categories are at most four; what matters is navy, the rest grey.
"""

from collections.abc import Callable, Iterable
from functools import wraps

import numpy as np
import pandas as pd

from outcomes.data.errors import Invalid
from outcomes.show import words
from outcomes.show.style import GREY, INK, NAVY, ORANGE, PALE, PLUM, TEAL, canvas, styled

COLOURS = (NAVY, ORANGE, TEAL, PLUM)
_ROW = 0.32  # inches a row of a horizontal chart


def _drawn(height: Callable[[pd.DataFrame], float] | float = 3.2):
    """Give the drawing function an ``ax`` in our style, and return the figure it is part of."""

    def decorate(draw):
        @wraps(draw)
        def outer(frame: pd.DataFrame, *, ax=None, **options):
            if len(frame) == 0:
                raise Invalid(f"there is nothing to draw: {draw.__name__} was given no rows.")
            with styled():
                if ax is None:
                    _, ax = canvas(height(frame) if callable(height) else height)
                draw(frame.reset_index(drop=True), ax=ax, **options)
            return ax.figure

        return outer

    return decorate


def _rows(frame: pd.DataFrame) -> float:
    return 0.9 + _ROW * len(frame)


def _written(kind: str) -> Callable[[float], str]:
    return {"number": words.number, "percent": words.percent, "money": words.money}[kind]


def _axis(axis, kind: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    write = {"number": words.number, "percent": lambda v: words.number(100 * v) + "%"}
    axis.set_major_formatter(FuncFormatter(lambda v, _: write.get(kind, _short_money)(v)))


def _short_money(pounds: float) -> str:
    for size, letter in ((1e6, "m"), (1e3, "k")):
        if abs(pounds) >= size:
            return words.money(pounds / size, 0 if (pounds / size).is_integer() else 1) + letter
    return words.money(pounds)


def _months(axis, most: int = 7) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=min(3, most), maxticks=most)
    axis.set_major_locator(locator)
    axis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))


def _listed_rows(ax, labels: Iterable, highlight: Iterable) -> None:
    """Row labels of a horizontal chart, first row on top; highlighted ones in bold."""
    labels = [str(x) for x in labels]
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.grid(False, axis="y")
    ax.grid(True, axis="x")
    ax.tick_params(length=0)
    for text, label in zip(ax.get_yticklabels(), labels, strict=True):
        text.set_fontweight("bold" if label in highlight else "normal")


def _picked(highlight) -> list[str]:
    return [highlight] if isinstance(highlight, str) else [str(h) for h in highlight or ()]


@_drawn(_rows)
def intervals(
    frame,
    *,
    ax,
    label: str,
    estimate: str,
    lower: str,
    upper: str,
    kind: str = "number",
    highlight=(),
    reference: float | None = None,
    reference_label: str = "",
    xlabel: str = "",
) -> None:
    """A dot and its interval for each row, values written beside; ``kind`` number|percent|money."""
    chosen = _picked(highlight)
    for at, row in frame.iterrows():
        colour = NAVY if not chosen or str(row[label]) in chosen else GREY
        ax.plot([row[lower], row[upper]], [at, at], color=colour, linewidth=2.4)
        ax.plot(row[estimate], at, "o", color=colour, markersize=6)
        if pd.notna(row[estimate]):
            note = (row[estimate], at), (0, 5)
            ax.annotate(
                _written(kind)(row[estimate]),
                *note,
                textcoords="offset points",
                ha="center",
                fontsize=8.5,
            )
    _listed_rows(ax, frame[label], chosen)
    _axis(ax.xaxis, kind)
    if frame[lower].min() >= 0:
        ax.set_xlim(left=0)
    _reference(ax, reference, reference_label, vertical=True)
    ax.set_xlabel(xlabel)


def _reference(ax, value: float | None, text: str, *, vertical: bool) -> None:
    if value is None:
        return
    (ax.axvline if vertical else ax.axhline)(value, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    if vertical:
        place = (value, 1), ax.get_xaxis_transform()
        ax.text(*place[0], text, transform=place[1], ha="center", va="bottom", fontsize=8.5)
    else:
        ax.text(
            1,
            value,
            text,
            transform=ax.get_yaxis_transform(),
            ha="right",
            va="bottom",
            fontsize=8.5,
        )


@_drawn(_rows)
def bars(
    frame, *, ax, label: str, value: str, kind: str = "number", highlight=(), xlabel: str = ""
) -> None:
    """Horizontal bars from zero, each with its value written at its end."""
    import seaborn as sns

    chosen = _picked(highlight)
    colours = [NAVY if not chosen or str(x) in chosen else PALE for x in frame[label]]
    # one colour a bar by position: seaborn then needs no legend and no grouping
    sns.barplot(
        x=frame[value],
        y=frame.index.astype(str),
        hue=frame.index.astype(str),
        ax=ax,
        palette=colours,
        legend=False,
        saturation=1,
        width=0.7,
    )
    for at, v in enumerate(frame[value]):
        ax.annotate(
            f" {_written(kind)(v)}", (0 if pd.isna(v) else max(v, 0), at), va="center", fontsize=9
        )
    _listed_rows(ax, frame[label], chosen)
    _axis(ax.xaxis, kind)
    ax.margins(x=0.16)
    ax.set_xlim(left=min(0, frame[value].min()))
    ax.set_xlabel(xlabel)
    ax.set_ylabel("")


def _runs(x: pd.Series, y: pd.Series, step: pd.Timedelta | None) -> pd.Series:
    """A number for each unbroken run of points, so that a line never crosses a gap."""
    x, known = x.reset_index(drop=True), y.notna().reset_index(drop=True)
    gap = x.diff() > step if step is not None else pd.Series(False, index=x.index)
    return (gap | (known != known.shift())).cumsum()


def _usual_step(x: pd.Series) -> pd.Timedelta | None:
    """Half as long again as the usual distance between points: more than that is a gap."""
    steps = x.drop_duplicates().sort_values().diff().dropna()
    return steps.median() * 1.5 if len(steps) and pd.api.types.is_datetime64_any_dtype(x) else None


@_drawn()
def series(
    frame,
    *,
    ax,
    x: str,
    y: str,
    by: str | None = None,
    highlight=(),
    kind: str = "number",
    events: dict | None = None,
    shade: tuple | None = None,
    ylabel: str = "",
    zero: bool = True,
) -> None:
    """Lines over time, labelled at their ends; absent periods are drawn as gaps.

    ``events`` maps a label to the date it marks; ``shade`` is a pair of dates to set apart.
    """
    import seaborn as sns

    step = _usual_step(frame[x])
    groups = list(frame.groupby(by, sort=False)) if by else [("", frame)]
    chosen = _picked(highlight) or [str(name) for name, _ in groups][:4]
    ends = []
    for at, (name, part) in enumerate(sorted(groups, key=lambda g: str(g[0]) in chosen)):
        part = part.sort_values(x)
        bold = str(name) in chosen
        colour = COLOURS[chosen.index(str(name)) % 4] if bold else PALE
        run = _runs(part[x], part[y], step).to_numpy()
        sns.lineplot(
            data=part.assign(_run=run),
            x=x,
            y=y,
            units="_run",
            estimator=None,
            ax=ax,
            color=colour,
            linewidth=1.8 if bold else 0.8,
            zorder=2 + at * 0.01,
        )
        _lonely(ax, part, x, y, run, colour)
        last = part.dropna(subset=[y]).tail(1)
        if bold and by and len(last):
            ends.append((last[x].iloc[0], last[y].iloc[0], str(name), colour))
    _label_ends(ax, ends)
    _frame_time(ax, frame, x, events, shade)
    _axis(ax.yaxis, kind)
    if zero and frame[y].min() >= 0:
        ax.set_ylim(bottom=0)
    ax.set(xlabel="", ylabel="")
    ax.set_title(ylabel, fontsize=10, loc="left")


def _lonely(ax, part: pd.DataFrame, x: str, y: str, run: np.ndarray, colour: str) -> None:
    """A point with gaps on both sides has no line: draw it as a dot."""
    alone = part[pd.Series(run, index=part.index).map(pd.Series(run).value_counts()) == 1]
    ax.plot(alone[x], alone[y], "o", color=colour, markersize=3.5)


def _label_ends(ax, ends: list[tuple]) -> None:
    """Names beside the last points, pushed apart so that none covers another."""
    if not ends:
        return
    low, high = ax.get_ylim()
    room, at = (high - low) * 0.075, -np.inf
    for x, y, name, colour in sorted(ends, key=lambda e: e[1]):
        at = max(y, at + room)
        ax.annotate(
            name,
            (x, at),
            xytext=(5, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            fontsize=9,
            fontweight="bold",
            annotation_clip=False,
        )


def _frame_time(ax, frame, x: str, events: dict | None, shade: tuple | None) -> None:
    if pd.api.types.is_datetime64_any_dtype(frame[x]):
        _months(ax.xaxis)
    if shade:
        ax.axvspan(*map(pd.Timestamp, shade), color="#EFEFEF", zorder=0)
    for at, (text, day) in enumerate((events or {}).items()):
        ax.axvline(pd.Timestamp(day), color=GREY, linewidth=1, linestyle=(0, (4, 3)))
        ax.annotate(
            text,
            (pd.Timestamp(day), 1 - 0.09 * (at % 3)),
            xytext=(3, -2),
            fontsize=8.5,
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
        )


@_drawn()
def bounds(
    frame,
    *,
    ax,
    start: str = "start",
    end: str = "end",
    lower: str = "lower",
    upper: str = "upper",
    path: pd.DataFrame | None = None,
    kind: str = "number",
    per_month: bool = False,
    ylabel: str = "",
) -> None:
    """What the figures allow, as a band for each period; a thick line where they allow one value.

    ``path`` (start, end, per_day) is drawn as a thin line: an assumption, not data.
    """
    top = _top(frame, lower, upper)
    for row in frame.to_dict("records"):
        low, high, left, right = row[lower], row[upper], row[start], row[end] + pd.Timedelta(days=1)
        exact = low == high
        shown = high if np.isfinite(high) else top
        ax.fill_between(
            [left, right],
            low,
            shown,
            color=NAVY,
            alpha=0.9 if exact else 0.28,
            linewidth=0,
            hatch=None if np.isfinite(high) else "///",
            edgecolor="white",
        )
        for edge in {low, shown} if np.isfinite(high) else {low}:
            ax.plot([left, right], [edge, edge], color=NAVY, linewidth=3 if exact else 1.2)
        text = words.between(low, high, kind=kind).removeprefix("exactly ").replace("between ", "")
        ax.annotate(
            text.replace(" and ", " to "),
            (left + (right - left) / 2, shown),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
        )
    if path is not None:
        _path(ax, path)
    _months(ax.xaxis)
    _axis(ax.yaxis, kind)
    ax.set_ylim(0, top * 1.15)
    ax.set_title(ylabel, fontsize=10, loc="left")


def _top(frame: pd.DataFrame, lower: str, upper: str) -> float:
    finite = frame[upper][np.isfinite(frame[upper])]
    highest = max([*finite, *(1.3 * frame[lower]), 1e-9])
    return highest


def _path(ax, path: pd.DataFrame) -> None:
    x = [d for row in path.itertuples() for d in (row.start, row.end + pd.Timedelta(days=1))]
    y = [v for row in path.itertuples() for v in (row.level, row.level)]
    ax.plot(x, y, color=ORANGE, linewidth=1, linestyle=(0, (5, 2)))
    ax.annotate(
        "steadiest rate (assumption)",
        (x[-1], y[-1]),
        xytext=(-2, -10),
        fontsize=8.5,
        textcoords="offset points",
        ha="right",
        color="#A33B00",
    )


@_drawn(3.4)
def xmr(
    frame,
    *,
    ax,
    x: str,
    value: str = "value",
    mean: str = "mean",
    lower: str = "lower",
    upper: str = "upper",
    special: str = "special",
    kind: str = "number",
    ylabel: str = "",
    events: dict | None = None,
) -> None:
    """A process behaviour chart: values, mean, limits; points that signal are ringed."""
    step = _usual_step(frame[x])
    run = _runs(frame[x], frame[value], step).to_numpy()
    for _, part in frame.groupby(run):
        ax.plot(part[x], part[value], "-o", color=NAVY, linewidth=1.2, markersize=3)
        ax.plot(part[x], part[mean], color=GREY, linewidth=1)
        for edge in (lower, upper):
            ax.plot(part[x], part[edge], color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    hot = frame[frame[special].fillna("").astype(str).str.len() > 0]
    ax.plot(
        hot[x],
        hot[value],
        "o",
        markersize=7,
        markerfacecolor="none",
        markeredgecolor="#A33B00",
        markeredgewidth=1.8,
    )
    last = frame.dropna(subset=[mean]).iloc[-1]
    for column, text in ((upper, "upper limit"), (mean, "mean"), (lower, "lower limit")):
        ax.annotate(
            text,
            (last[x], last[column]),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            annotation_clip=False,
        )
    _frame_time(ax, frame, x, events, None)
    _axis(ax.yaxis, kind)
    ax.set_title(ylabel, fontsize=10, loc="left")


@_drawn(3.6)
def funnel(
    frame,
    *,
    ax,
    label: str,
    size: str,
    rate: str,
    highlight=(),
    kind: str = "number",
    limits: Iterable[tuple[str, str, str]] = (
        ("lower95", "upper95", "95%"),
        ("lower998", "upper998", "99.8%"),
    ),
    centre: str = "centre",
    xlabel: str = "",
    ylabel: str = "",
) -> None:
    """Rates against size with limits that narrow as size grows; highlighted units are named."""
    ordered = frame.sort_values(size)
    chosen = _picked(highlight)
    for (low, high, text), dash in zip(limits, ((0, (2, 2)), (0, (6, 2))), strict=False):
        for edge in (low, high):
            ax.plot(ordered[size], ordered[edge], color=GREY, linewidth=1, linestyle=dash)
        ax.annotate(
            text,
            (ordered[size].iloc[-1], ordered[high].iloc[-1]),
            xytext=(4, 0),
            va="center",
            textcoords="offset points",
            fontsize=8.5,
            annotation_clip=False,
        )
    ax.plot(ordered[size], ordered[centre], color=GREY, linewidth=1)
    inside = ordered[label].astype(str).isin(chosen)
    ax.plot(ordered[size][~inside], ordered[rate][~inside], "o", color="#8A8A8A", markersize=4)
    for row in ordered[inside].to_dict("records"):
        ax.plot(row[size], row[rate], "D", color=NAVY, markersize=7)
        ax.annotate(
            str(row[label]),
            (row[size], row[rate]),
            xytext=(7, 5),
            color=NAVY,
            textcoords="offset points",
            fontsize=9.5,
            fontweight="bold",
        )
    _axis(ax.xaxis, "number")
    _axis(ax.yaxis, kind)
    ax.set_xlabel(xlabel)
    ax.set_title(ylabel, fontsize=10, loc="left")


@_drawn()
def event_time(
    frame,
    *,
    ax,
    time: str = "time",
    estimate: str = "estimate",
    lower: str = "lower",
    upper: str = "upper",
    kind: str = "number",
    xlabel: str = "",
    ylabel: str = "",
    reference: float = 0.0,
) -> None:
    """Effects by time since the start; everything before the start is shaded and should be flat."""
    first = min(frame[time].min(), -1) - 0.5
    ax.axvspan(first, -0.5, color="#EFEFEF", zorder=0)
    ax.axhline(reference, color=GREY, linewidth=1)
    ax.vlines(frame[time], frame[lower], frame[upper], color=NAVY, linewidth=1.6)
    ax.plot(frame[time], frame[estimate], "o", color=NAVY, markersize=4)
    ax.annotate(
        "before",
        (first, 1),
        xycoords=("data", "axes fraction"),
        xytext=(4, -4),
        textcoords="offset points",
        va="top",
        fontsize=9,
    )
    ax.set_xlim(first, frame[time].max() + 0.5)
    _axis(ax.yaxis, kind)
    ax.set_xlabel(xlabel)
    ax.set_title(ylabel, fontsize=10, loc="left")


@_drawn()
def gaps(
    frame,
    *,
    ax,
    x: str,
    treated: str,
    others: Iterable[str] = (),
    start=None,
    kind: str = "number",
    ylabel: str = "",
    label: str = "",
    others_label: str = "other places",
    start_label: str = "start",
) -> None:
    """One place's difference from its comparison, against the same for placebo places (grey)."""
    step = _usual_step(frame[x])
    run = _runs(frame[x], frame[treated], step).to_numpy()
    for _, part in frame.groupby(run):
        for name in others:
            ax.plot(part[x], part[name], color=PALE, linewidth=0.6)
        ax.plot(part[x], part[treated], color=NAVY, linewidth=2.2)
    ax.axhline(0, color=GREY, linewidth=1)
    last = frame.dropna(subset=[treated]).iloc[-1]
    ax.annotate(
        label or treated,
        (last[x], last[treated]),
        xytext=(5, 0),
        color=NAVY,
        va="center",
        textcoords="offset points",
        fontsize=9,
        fontweight="bold",
        annotation_clip=False,
    )
    ax.annotate(
        f"grey: {others_label}",
        (0, 0),
        xycoords="axes fraction",
        xytext=(4, 5),
        textcoords="offset points",
        fontsize=8.5,
        color=INK,
    )
    _frame_time(ax, frame, x, {start_label: start} if start is not None else None, None)
    _axis(ax.yaxis, kind)
    ax.set_title(ylabel, fontsize=10, loc="left")


@_drawn(3.0)
def waves(
    frame,
    *,
    ax,
    start: str,
    value: str,
    label: str | None = None,
    highlight=(),
    kind: str = "number",
    ylabel: str = "",
) -> None:
    """Separate weeks as stems at their dates; nothing was measured between, so nothing is drawn."""
    chosen = _picked(highlight)
    for row in frame.to_dict("records"):
        picked = label is not None and str(row[label]) in chosen
        colour = ORANGE if picked else NAVY
        ax.vlines(row[start], 0, row[value], color=colour, linewidth=3 if picked else 2)
        ax.plot(
            row[start],
            row[value],
            "D" if picked else "o",
            color=colour,
            markersize=6 if picked else 4,
        )
        if picked or row[value] == frame[value].max():
            ax.annotate(
                _written(kind)(row[value]),
                (row[start], row[value]),
                xytext=(0, 6),
                ha="center",
                textcoords="offset points",
                fontsize=9,
                fontweight="bold",
            )
    _months(ax.xaxis)
    _axis(ax.yaxis, kind)
    ax.margins(y=0.14)
    ax.set_ylim(bottom=0)
    ax.set_title(ylabel, fontsize=10, loc="left")


@_drawn(lambda frame: 0.7 + 0.2 * frame.iloc[:, 0].nunique())
def strip(frame, *, ax, row: str, x: str, state: str, colours: dict[str, str]) -> None:
    """States over months, a row each: one tile a month, an absent month left white.

    ``colours`` maps each state to its colour, in the order of the key written above the chart.
    """
    names = list(dict.fromkeys(frame[row]))
    for name, colour in colours.items():
        part = frame[frame[state] == name]
        at = part[row].map({n: i for i, n in enumerate(names)})
        ax.barh(at, pd.Timedelta(days=28), left=part[x], height=0.72, color=colour, linewidth=0)
    _listed_rows(ax, names, ())
    ax.grid(False)
    _months(ax.xaxis)
    import matplotlib.patches as patches

    key = [patches.Patch(color=c, label=n) for n, c in colours.items()]
    ax.legend(
        handles=key,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=len(key),
        fontsize=8.5,
        handlelength=1,
        borderpad=0,
        columnspacing=1.2,
    )


def panels(
    frame: pd.DataFrame,
    *,
    by: str,
    x: str,
    y: str,
    columns: int = 3,
    highlight=(),
    kind: str = "number",
    same_scale: bool = True,
    events: dict | None = None,
):
    """Small multiples: one small chart for each value of ``by``, alike in size and scale."""
    groups = list(frame.groupby(by, sort=False))
    rows = -(-len(groups) // columns)
    chosen = _picked(highlight)
    with styled():
        figure, axes = canvas(
            0.3 + 1.15 * rows,
            rows=rows,
            columns=columns,
            sharex=True,
            sharey=same_scale,
            squeeze=False,
        )
        for ax, (name, part) in zip(axes.flat, groups, strict=False):
            series(part, ax=ax, x=x, y=y, kind=kind)
            ax.set_title(
                str(name), fontsize=9, fontweight="bold" if str(name) in chosen else "normal"
            )
            ax.tick_params(labelsize=7.5)
            _months(ax.xaxis, 3)
            for day in (events or {}).values():
                ax.axvline(pd.Timestamp(day), color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        for ax in axes.flat[len(groups) :]:
            ax.remove()
    return figure
