"""What a chart shows, read back from its axes, so that an exercise can ask for a chart."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.container import BarContainer

from outcomes.findings.finding import Finding


def axes_of(answer: Any) -> Axes | None:
    """The axes of a chart, however a learner gave it; None where it is no single chart.

    Takes what matplotlib, pandas and seaborn give back: axes, a figure, a grid or a list of lines;
    and a finding that holds one.

    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> axes_of(figure) is None, axes_of(figure.subplots()) is axes_of(figure)
    (True, True)
    """
    first = answer[0] if isinstance(answer, list) and answer else answer
    first = first.figure if isinstance(first, Finding) else first
    held = np.ravel(getattr(first, "axes", []))
    return held[0] if len(held) == 1 and isinstance(held[0], Axes) else None


def drawn_series(ax: Axes) -> list[pd.Series]:
    """The values that a chart shows: of each group of bars by name, of each line and of dots.

    Lines of two points, such as the mean drawn across, are left to :func:`drawn_levels`.

    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> _ = ax.barh(["a", "b"], [1, 2])
    >>> drawn_series(ax)[0].to_dict()
    {'a': 1, 'b': 2}
    """
    found = []
    for bars in ax.containers:
        if isinstance(bars, BarContainer):
            lying = bars.orientation == "horizontal"
            axis = ax.yaxis if lying else ax.xaxis
            labels = [label.get_text() for label in axis.get_ticklabels()]
            series = pd.Series(np.asarray(bars.datavalues))
            found.append(
                series.set_axis(labels) if len(labels) == len(series) else series
            )
    lines = [np.asarray(line.get_ydata(orig=False)) for line in ax.lines]
    found += [pd.Series(heights) for heights in lines if len(heights) > 2]
    found += [
        pd.Series(np.asarray(dots.get_offsets())[:, 1])
        for dots in ax.collections
        if isinstance(dots, PathCollection)
    ]
    return found


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
