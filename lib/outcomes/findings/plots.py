"""Charts and findings as notebooks called them before; a chart gives its figure.

They go when the last notebook draws by :mod:`outcomes.findings.charts`, matplotlib or seaborn, and
calls the findings by their names.
"""

from textwrap import fill

import pandas as pd

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


def intervals(frame, *, label, estimate=None, xlabel="", **options):
    height = 0.9 + 0.32 * len(frame)
    options |= {"x": estimate, "y": label, "xlabel": xlabel}
    return _drawn(charts.intervals, frame, height, **options)


def bars(frame, *, label, value, xlabel="", **options):
    height = 0.9 + 0.32 * len(frame)
    options |= {"x": value, "y": label, "xlabel": xlabel}
    return _drawn(charts.bars, frame, height, **options)


def series(frame, *, by=None, ylabel="", **options):
    return _drawn(charts.lines, frame, 3.2, hue=by, ylabel=ylabel, **options)


def bounds(frame, *, ylabel="", **options):
    return _drawn(charts.bounds, frame, 3.2, ylabel=ylabel, **options)


def strip(frame, *, row, state, colours, **options):
    options |= {"y": row, "hue": state, "palette": colours}
    return _drawn(charts.strip, frame, 0.75 + 0.24 * frame[row].nunique(), **options)


def funnel(frame, *, xlabel="", ylabel="", **options):
    labels = {"xlabel": xlabel, "ylabel": ylabel}
    return _drawn(charts.funnel, frame, 3.6, **labels, **options)


def gaps(frame, *, others, **options):
    label = "difference from the mix, relative to the mean before"
    return _drawn(charts.gaps, frame, 3.2, placebos=others, ylabel=label, **options)


def placebos(frame, *, ylabel, **options):
    label = "change against the comparison"
    labels = {"xlabel": label, "ylabel": ylabel}
    return _drawn(charts.placebos, frame, 2.8, **labels, **options)


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


def panels(frame: pd.DataFrame, *, by, x, y, columns=2, same_scale=True):
    """Small multiples: one small chart for each value of ``by``, alike in size and scale."""
    groups = list(frame.groupby(by, sort=False))
    rows = -(-len(groups) // columns)
    shared = {"sharex": True, "sharey": same_scale, "squeeze": False}
    figure, axes = canvas(0.3 + 1.15 * rows, rows=rows, columns=columns, **shared)
    for ax, (name, part) in zip(axes.flat, groups, strict=False):
        series(part, ax=ax, x=x, y=y, ylabel=str(name))
        ax.yaxis.get_major_locator().set_params(nbins=3)
        charts.month_axis(ax.xaxis, 5)
    for ax in axes.flat[len(groups) :]:
        ax.remove()
    return figure


def behaviour(name, values=None, *, series="", what="", **options):
    from outcomes.findings.series import process_behaviour

    given = series if values is None else values
    return process_behaviour(name, given, noun=what, **options)


def reconciled(name, figures, periods, *, what, ask, **options):
    from outcomes.findings.bounds import bounds as bounds_of

    return bounds_of(name, figures, periods, noun=what, focus=ask, **options)


def allowed(name, bounds, *, ask, **options):
    from outcomes.findings.bounds import bounds_by_measure

    return bounds_by_measure(name, bounds, focus=ask, **options)


def clashing(name, found, **options):
    from outcomes.findings.bounds import contradictions

    return contradictions(name, found, **options)


def place(
    name,
    frame,
    *,
    label,
    count,
    denominator,
    highlight,
    what,
    of="",
    per=1,
    kind="rate",
    also=(),
    places="places",
    **options,
):
    from outcomes.findings.comparisons import position
    from outcomes.methods import spc

    rows = frame.dropna(subset=[count, denominator])
    columns = {"count": count, "denominator": denominator, "label": label}
    how = {"per": per, "kind": kind, "noun": places}
    funnel = spc.funnel(rows, **columns, **how) if len(rows) > 4 else None
    options |= {"base": of.lstrip("0123456789, ") or denominator.replace("_", " ")}
    return position(name, funnel, highlight, noun=what, highlight=also, **options)


def differing(name, figures, *, what, **options):
    from outcomes.findings.bounds import differing_values

    return differing_values(name, figures, noun=f"{what}s", **options)


def pace(name, data, *, ask="", what="", **options):
    from outcomes.findings.comparisons import pace as pace_of

    if what:
        noun, step = what.rsplit(" a ", 1)
        options |= {"noun": noun, "step": step, "focus": ask}
    return pace_of(name, data, **options)
