"""Charts and findings as notebooks called them before; a chart gives its figure.

They go when the last notebook draws by :mod:`outcomes.findings.charts`, matplotlib or seaborn, and
calls the findings by their names.
"""

from textwrap import fill

from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.findings import charts
from outcomes.findings.theme import NAVY, ORANGE, canvas, styled


def _drawn(chart, data, height, *, ax=None, xlabel=None, ylabel=None, **options):
    """The figure of a chart in our style, whatever the style of the process."""
    if ax is None:
        _, ax = canvas(height)
    with styled():
        chart(data, ax=ax, **options)
        if xlabel is not None:
            ax.set_xlabel(fill(xlabel, 40))
        if ylabel is not None:
            ax.set_title(fill(formatting.sentence_case(ylabel), 56))
    return ax.figure


def bars(frame, *, label, value, xlabel="", **options):
    height = 0.9 + 0.32 * len(frame)
    options |= {"x": value, "y": label, "xlabel": xlabel}
    return _drawn(charts.bars, frame, height, **options)


def series(frame, *, by=None, ylabel="", **options):
    return _drawn(charts.lines, frame, 3.2, hue=by, ylabel=ylabel, **options)


def waves(
    frame, *, ax=None, start, value, label=None, highlight=(), kind="number", ylabel=""
):
    """Separate weeks as stems at their dates: nothing was measured between."""
    options = {"start": start, "value": value, "label": label, "highlight": highlight}
    return _drawn(_stems, frame, 3.0, ax=ax, kind=kind, ylabel=ylabel, **options)


def _stems(frame, *, ax, start, value, label, highlight, kind):
    for row in frame.to_dict("records"):
        bold = label is not None and str(row[label]) == str(highlight)
        look = {"color": ORANGE if bold else NAVY}
        ax.vlines(row[start], 0, row[value], linewidth=3 if bold else 2, **look)
        ax.plot(row[start], row[value], "D" if bold else "o", markersize=5, **look)
        if bold or row[value] == frame[value].max():
            text, at = formatting.WRITE[kind](row[value]), (row[start], row[value])
            charts.note(
                ax, text, at, bold=True, offset=(0, 6), ha="center", va="bottom"
            )
    charts.month_axis(ax.xaxis)
    ax.margins(y=0.14)
    ax.set_ylim(bottom=0)
    charts._AXIS[kind](ax.yaxis)


def stems(frame, *, start, columns, label, highlight=()):
    """Several counts of the same separate weeks: ``columns`` maps each to its title and kind."""
    shown = {
        c: look for c, look in columns.items() if c in frame and frame[c].notna().any()
    }
    if not shown:
        raise Invalid("there is nothing to draw: none of the columns has a value.")
    rows = {"rows": len(shown), "sharex": True, "squeeze": False}
    figure, axes = canvas(1.75 * len(shown), **rows)
    for ax, (column, (title, kind)) in zip(axes.flat, shown.items(), strict=True):
        look = {"highlight": highlight, "kind": kind, "ylabel": title, "label": label}
        waves(frame.dropna(subset=[column]), ax=ax, start=start, value=column, **look)
    return figure
