"""Where the marks of a chart stand, each with the cell of the table beside it that holds its value.

A chart on a page is an image, in which nothing can act. The page's script shows the value of a mark
from the table, when a reader points at it or comes to it by the keyboard; this says which cell that
is. A mark whose cell is not plain is left out: nothing is said that the table does not hold.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from outcomes.findings.theme import NAMES_OF_ROWS

MOST = 400
"""Marks of a chart: more stand too close to be pointed at."""


FEW = 4
"""Marks that could stand in order in a column by accident."""


class Mark(NamedTuple):
    """A mark: row and column of its cell, and its place from the left and the top, in thousandths."""

    row: int
    column: int
    x: int
    y: int


def marks(figure: Any, frame: pd.DataFrame) -> list[Mark]:
    """The marks of a figure that is drawn, those that stand in ``frame``.

    Examples
    --------
    >>> from outcomes.findings import charts
    >>> rows = pd.DataFrame({"ward": ["Park", "Bank"], "n": [3, 5]})
    >>> ax = charts.bars(rows, x="n", y="ward")
    >>> ax.figure.draw_without_rendering()
    >>> [(mark.row, mark.column) for mark in marks(ax.figure, rows)]
    [(0, 1), (1, 1)]
    """
    held = [
        (at, frame.iloc[:, at].to_numpy(float))
        for at, kind in enumerate(frame.dtypes)
        if at and is_numeric_dtype(kind) and not is_bool_dtype(kind)
    ]
    if not held:
        return []
    found: dict[tuple[int, int], Mark] = {}
    size = np.array([figure.bbox.width, figure.bbox.height])
    for ax, points, values in _groups(figure):
        cells = _cells(values, held)
        at = ax.transData.transform(points) / size
        for cell, (x, y) in zip(cells, at, strict=True):
            if cell and 0 <= x <= 1 and 0 <= y <= 1:
                place = round(1000 * x), round(1000 * (1 - y))
                found.setdefault(place, Mark(*cell, *place))
    return sorted(found.values()) if len(found) <= MOST else []


def _groups(figure: Any) -> Iterator[tuple[Any, np.ndarray, list[np.ndarray]]]:
    """The marks of one look in one pair of axes: where they stand, and what they may stand for."""
    for ax in figure.axes:
        looks: dict[Any, list[np.ndarray]] = {}
        for line in ax.lines:
            xy = np.asarray(line.get_xydata(), float).reshape(-1, 2)
            marked = line.get_marker() not in ("", "None", None)
            level = len(xy) > 1 and np.ptp(xy[:, 1]) == 0
            if not all(line.get_transform().contains_branch_seperately(ax.transData)):
                continue  # a line across the axes, as of a reference
            if marked or (line.get_linestyle() == "-" and not level):
                edge = str(line.get_markeredgecolor())
                look = str(line.get_color()), line.get_marker(), edge
                looks.setdefault(look, []).append(xy)
        for points in ax.collections:
            looks[id(points)] = [np.asarray(points.get_offsets(), float)]
        axes = [at for at, axis in ((1, ax.yaxis), (0, ax.xaxis)) if not _named(axis)]
        for parts in looks.values():
            xy = np.concatenate(parts)
            xy = xy[np.isfinite(xy).all(axis=1)]
            if len(xy) and axes:
                yield ax, xy, [xy[:, at] for at in axes]
        for bars in ax.containers:
            across = getattr(bars, "orientation", "") == "horizontal"
            boxes = [bar.get_bbox() for bar in getattr(bars, "patches", [])]
            if boxes:
                middle = np.array([(box.min + box.max) / 2 for box in boxes])
                at = 0 if across else 1
                middle[:, at] = [(box.x1, box.y1)[at] for box in boxes]
                yield ax, middle, [middle[:, at]]


def _named(axis: Any) -> bool:
    """Whether an axis has names or nothing at all along it, so that places on it are no values."""
    if type(axis.get_major_formatter()).__name__ in NAMES_OF_ROWS:
        return True
    fixed = type(axis.get_major_locator()).__name__ in ("FixedLocator", "NullLocator")
    return fixed and not len(axis.get_majorticklocs())


def _cells(
    ways: list[np.ndarray], held: list[tuple[int, np.ndarray]]
) -> list[tuple[int, int] | None]:
    """The cell of each mark: all from one column in its order, or where one row alone has the value.

    Where fewer than half are found so, what is found is an accident, and none is told.
    """
    for values in ways:
        for scale in (1, 100):
            for column, cells in held:
                if rows := _in_order(values * scale, cells):
                    return [(row, column) for row in rows]
    best: list[tuple[int, int] | None] = []
    columns, table = [column for column, _ in held], np.array([c for _, c in held])
    for values in ways:
        cells = [_only(value, columns, table) for value in values]
        if sum(map(bool, cells)) > sum(map(bool, best)):
            best = cells
    half = 2 * sum(map(bool, best)) >= len(ways[0])
    return best if half else [None] * len(ways[0])


def _in_order(values: np.ndarray, cells: np.ndarray) -> list[int]:
    """The rows that hold the values one after the other; [] where one is not found.

    Few values must be the only ones of their size.
    """
    rows, after = [], 0
    if len(values) < FEW and np.isin(cells, values).sum() > len(values):
        return []
    for value in values:
        at = np.flatnonzero(_is_near(cells[after:], value))
        if not len(at):
            return []
        rows.append(after + int(at[0]))
        after = rows[-1] + 1
    return rows


def _only(
    value: float, columns: list[int], table: np.ndarray
) -> tuple[int, int] | None:
    """The cell that holds a value, if the cells that do are of one row; columns lie in ``table``."""
    at, rows = np.nonzero(_is_near(table, value))
    return (int(rows[0]), columns[at[0]]) if len(set(rows.tolist())) == 1 else None


def _is_near(cells: np.ndarray, value: float) -> np.ndarray:
    """As numpy's isclose, which takes ten times as long to see that all is finite."""
    return np.abs(cells - value) <= 1e-12 + 1e-9 * abs(value)
