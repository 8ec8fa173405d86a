"""What a chart shows, read back from its axes, so that an exercise can ask for a chart."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.container import BarContainer, Container

from outcomes.findings.finding import Finding


def axes_of(answer: Any) -> Axes | None:
    """The axes of a chart, however a learner gave it; None where it is no single chart.

    Takes what matplotlib, pandas and seaborn give back: axes, a figure, a grid, a list of lines or
    a group of bars; and a finding that holds one.

    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> axes_of(figure) is None, axes_of(figure.subplots()) is axes_of(figure)
    (True, True)
    """
    first = answer[0] if isinstance(answer, list) and answer else answer
    first = first.figure if isinstance(first, Finding) else first
    if isinstance(first, Container):
        first = next(iter(first.get_children()), None)
    held = np.ravel(getattr(first, "axes", []))
    return held[0] if len(held) == 1 and isinstance(held[0], Axes) else None


def drawn_series(ax: Axes) -> list[pd.Series]:
    """The values that a chart shows: of bars by name, of each line and of dots.

    Bars that stand apart are one series, whichever groups they were drawn in, as when each has a
    colour of its own; each group is one as well. Lines of two points, such as the mean drawn
    across, are left to :func:`drawn_levels`.

    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> _ = ax.barh(["a", "b"], [1, 2])
    >>> drawn_series(ax)[0].to_dict()
    {'a': 1, 'b': 2}
    """
    found = [*_drawn_bars(ax, lying=False), *_drawn_bars(ax, lying=True)]
    lines = [np.asarray(line.get_ydata(orig=False)) for line in ax.lines]
    found += [pd.Series(heights) for heights in lines if len(heights) > 2]
    found += [
        pd.Series(np.asarray(dots.get_offsets())[:, 1])
        for dots in ax.collections
        if isinstance(dots, PathCollection)
    ]
    return found


def _drawn_bars(ax: Axes, *, lying: bool) -> list[pd.Series]:
    """Each group of bars by name, and all groups as one where no two bars stand at one place."""
    groups = []
    for bars in (one for one in ax.containers if isinstance(one, BarContainer)):
        if lying == (bars.orientation == "horizontal"):
            edges = [(bar.get_y(), bar.get_height()) for bar in bars.patches]
            if not lying:
                edges = [(bar.get_x(), bar.get_width()) for bar in bars.patches]
            at = [round(edge + width / 2, 6) for edge, width in edges]
            groups.append(pd.Series(np.asarray(bars.datavalues), at))
    if len(groups) > 1 and (together := pd.concat(groups)).index.is_unique:
        groups.append(together)
    axis = ax.yaxis if lying else ax.xaxis
    labels = [label.get_text() for label in axis.get_ticklabels()]
    ticks = list(zip(axis.get_ticklocs(), labels, strict=True))

    def name(at: float) -> str:
        near = [(abs(tick - at), label) for tick, label in ticks]
        away, label = min(near, default=(1.0, ""))
        return label if away < 0.5 else ""

    return [bars.rename(index=name) for bars in groups]


def drawn_levels(ax: Axes) -> list[float]:
    """The heights of the straight lines that run across a chart."""
    heights = [np.asarray(line.get_ydata(orig=False)) for line in ax.lines]
    for lines in ax.collections:
        if isinstance(lines, LineCollection):
            heights += [np.asarray(part)[:, 1] for part in lines.get_segments()]
    return [float(y[0]) for y in heights if len(y) and np.ptp(y) == 0]


def shows(ax: Axes, values: pd.Series, *, names: bool = True) -> bool:
    """Whether a chart shows these values, in any order; bars stand beside their names.

    Without ``names``, whichever name a bar stands beside.
    """
    wanted = values.set_axis([str(name) for name in values.index]).astype(float)
    for drawn in drawn_series(ax):
        if len(drawn) != len(wanted):
            continue
        if names and set(drawn.index) == set(wanted.index):
            same = np.isclose(drawn.reindex(wanted.index), wanted, 0.002, 0.06)
        else:
            same = np.isclose(np.sort(drawn), np.sort(wanted), 0.002, 0.06)
        if same.all():
            return True
    return False
