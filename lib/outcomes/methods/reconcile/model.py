"""The linear programme behind a reconciliation, solved by HiGHS.

The unknowns are the running totals of each area at each cut of time, which never fall, so that a
period's total is a difference of two of them. Each figure is one or two inequalities: the total of
an area from cut ``i`` to cut ``j`` is at most (sign +1) or at least (sign -1) ``limit``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outcomes.methods.reconcile.constraints import AreaTree

# Areas of these levels can overlap one another, so each is held under its whole alone.
OVERLAPPING = ("group", "hotspot", "neighbourhood", "region")
_DUAL = 1e-9  # the price from which an inequality binds


class Inequality(NamedTuple):
    """sign * total(area, i, j) <= sign * limit, and the figures that state it."""

    area: int
    i: int
    j: int
    sign: int
    limit: float
    figures: tuple


class Limit(NamedTuple):
    """The least or the most of a total, and the figures that make it so."""

    value: float
    figures: tuple


class Range(NamedTuple):
    """The least and the most of a total."""

    lower: Limit
    upper: Limit


class Path(NamedTuple):
    """Totals of the days from ``first`` to before ``stop``, one piece of time after another."""

    first: np.ndarray
    stop: np.ndarray
    totals: np.ndarray


class Whole(NamedTuple):
    """An area, and parts of it that do not overlap."""

    area: int
    parts: tuple[int, ...]


@dataclass(frozen=True)
class Model:
    """Running totals at ``cuts`` for each area, and what figures say of their differences.

    ``cuts`` are days since 1970 in order, and ``home`` is the area asked about.
    """

    cuts: np.ndarray
    areas: tuple[str, ...]
    wholes: tuple[Whole, ...]
    home: int
    inequalities: tuple[Inequality, ...]

    @property
    def size(self) -> int:
        """How many running totals there are."""
        return len(self.areas) * len(self.cuts)

    def with_inequalities(self, inequalities: Iterable[Inequality]) -> "Model":
        """The same cuts and areas under other figures."""
        return replace(self, inequalities=tuple(inequalities))

    def solve(
        self,
        cost: np.ndarray,
        *,
        elastic: bool = False,
        extra_cost: np.ndarray | None = None,
        extra_rows: Any = None,
    ) -> Any:
        """Minimise ``cost`` over all histories that the figures allow.

        ``elastic`` lets every inequality be broken, at a price of 1 for each unit.
        ``extra_cost`` is that of further variables, none below 0, and ``extra_rows`` are
        inequalities over all variables: rows <= 0.
        """
        from scipy.optimize import linprog
        from scipy.sparse import block_array, csr_array

        matrix, limit = self._matrix
        if elastic:
            n = len(self.inequalities)
            slack = csr_array(
                (-np.ones(n), (range(n), range(n))), shape=(matrix.shape[0], n)
            )
            matrix = block_array([[matrix, slack]])
            cost = np.r_[cost, np.ones(n)]
        if extra_cost is not None:
            left, right = extra_rows[:, : self.size], extra_rows[:, self.size :]
            matrix = block_array([[matrix, None], [left, right]])
            limit = np.r_[limit, np.zeros(extra_rows.shape[0])]
            cost = np.r_[cost, extra_cost]
        return linprog(
            cost, A_ub=csr_array(matrix), b_ub=limit, bounds=(0, None), method="highs"
        )

    @cached_property
    def breach(self) -> Any:
        """The elastic solution when some inequality must be broken, else None."""
        if not self.inequalities:
            return None
        found = self.solve(np.zeros(self.size), elastic=True)
        scale = max(abs(s.limit) for s in self.inequalities)
        return found if found.fun > 1e-6 + 1e-10 * scale else None

    def priced(self, solution: Any) -> list[Inequality]:
        """The inequalities that have a dual price in a solution: those that bind."""
        prices = np.abs(solution.ineqlin.marginals[: len(self.inequalities)])
        paired = zip(self.inequalities, prices, strict=True)
        return [s for s, price in paired if price > _DUAL]

    def area_range(self, area: int, i: int, j: int) -> Range:
        """The least and most of an area's total from cut i to cut j."""
        key = area, i, j
        if key not in self._ranges:
            total = np.zeros(self.size)
            total[area * len(self.cuts) + j], total[area * len(self.cuts) + i] = 1, -1
            lower = self._end(total) or Limit(0.0, ())
            upper = self._end(-total) or Limit(np.inf, ())
            self._ranges[key] = Range(lower, upper)
        return self._ranges[key]

    def _end(self, cost: np.ndarray) -> Limit | None:
        """The end of a total's range; None where nothing limits it."""
        found = self.solve(cost)
        if found.status != 0:  # 'unbounded', or so presolve cannot tell
            return None
        figures = tuple(f for s in self.priced(found) for f in s.figures)
        return Limit(round(abs(float(found.fun)), 6), figures)

    @cached_property
    def _ranges(self) -> dict[tuple[int, int, int], Range]:
        return {}

    def range(self, first: int, stop: int) -> Range:
        """The least and most of the home area's total over days [first, stop)."""
        if not self.inequalities:
            return Range(Limit(0.0, ()), Limit(np.inf, ()))
        i, j = (int(k) for k in np.searchsorted(self.cuts, [first, stop]))
        lower, upper = self.area_range(self.home, i, j)
        return Range(
            self._stated_directly(lower, i, j, -1),
            self._stated_directly(upper, i, j, 1),
        )

    def _stated_directly(self, end: Limit, i: int, j: int, sign: int) -> Limit:
        """Prefer a figure for this very period as the reason: it explains more than a sum does."""
        for s in self.inequalities:
            same = (s.area, s.i, s.j, s.sign) == (self.home, i, j, sign)
            if same and abs(s.limit - end.value) <= 1e-6 * max(1, abs(end.value)):
                return Limit(end.value, s.figures)
        return end

    def steadiest_path(self) -> Path:
        """The home area's totals between cuts with the least total variation of the daily rate."""
        from scipy.sparse import csr_array, diags

        own = [s for s in self.inequalities if s.area == self.home]
        if not own:
            return Path(np.empty(0, int), np.empty(0, int), np.empty(0))
        a, b = min(s.i for s in own), max(s.j for s in own)
        days, at, n = np.diff(self.cuts)[a:b], self.home * len(self.cuts) + a, b - a
        extra: dict[str, Any] = {}
        if n > 1:
            # Rates from running totals, then their differences, each priced by a variable.
            rate = diags([1 / days, -1 / days], offsets=[1, 0], shape=(n, n + 1))
            step = diags([1.0, -1.0], offsets=[1, 0], shape=(n - 1, n)) @ rate
            left, right = (
                np.zeros((n - 1, at)),
                np.zeros((n - 1, self.size - at - n - 1)),
            )
            change, price = np.hstack([left, step.toarray(), right]), -np.eye(n - 1)
            rows = np.block([[change, price], [-change, price]])
            extra = {"extra_cost": np.ones(n - 1), "extra_rows": csr_array(rows)}
        found = self.solve(np.zeros(self.size), **extra)
        totals = np.round(np.diff(found.x[at : at + n + 1]), 6) + 0.0
        return Path(self.cuts[a:b], self.cuts[a + 1 : b + 1], totals)

    @cached_property
    def _matrix(self) -> tuple[Any, np.ndarray]:
        """Rows of the inequalities first, then that totals never fall, then parts and wholes."""
        from scipy.sparse import coo_array, csr_array

        width, cells, limit = len(self.cuts), [], []
        for s in self.inequalities:
            row, at = len(limit), s.area * width
            cells += [(row, at + s.j, s.sign), (row, at + s.i, -s.sign)]
            limit.append(s.sign * s.limit)
        steps = [{area: -1.0} for area in range(len(self.areas))]
        steps += [
            dict.fromkeys(whole.parts, 1.0) | {whole.area: -1.0}
            for whole in self.wholes
        ]
        for weights in steps:
            for k in range(width - 1):
                for area, weight in weights.items():
                    at = area * width + k
                    cells += [(len(limit), at + 1, weight), (len(limit), at, -weight)]
                limit.append(0.0)
        if not cells:
            return csr_array((0, self.size)), np.array(limit)
        rows, columns, data = zip(*cells, strict=True)
        shape = (len(limit), self.size)
        matrix = coo_array((np.array(data, float), (rows, columns)), shape)
        return csr_array(matrix), np.array(limit)


def build_model(
    constraints: pd.DataFrame, periods: pd.DataFrame, *, area: str, tree: AreaTree
) -> Model:
    """Cut time at every boundary and turn each distinct constraint into its inequalities.

    ``constraints`` is the frame of :class:`Constraints`; ``periods`` has first and stop, as days.
    """
    ends = [constraints["start"], constraints["stop"]]
    cuts = np.unique(np.r_[*ends, periods["first"], periods["stop"]]).astype(np.int64)
    names = sorted({area, *constraints["area"]})
    place = {name: k for k, name in enumerate(names)}
    inequalities = []
    distinct = ["area", "start", "stop", "low", "high"]
    for (name, start, stop, low, high), group in constraints.groupby(distinct):
        i, j = (int(k) for k in np.searchsorted(cuts, [start, stop]))
        ids = tuple(group["figure"])
        if low > 0:
            inequalities.append(Inequality(place[name], i, j, -1, float(low), ids))
        if np.isfinite(high):
            inequalities.append(Inequality(place[name], i, j, 1, float(high), ids))
    # Parts of one level do not overlap and can be added; those of two levels may.
    groups: dict[tuple[int, str, str], list[int]] = {}
    for name, k in place.items():
        # The closest wider area which has figures, so that gaps in the tree do not cut the line.
        whole = next((above for above in tree.above(name) if above in place), None)
        if whole is not None:
            level = tree.level.get(name, "")
            alone = name if level in OVERLAPPING else ""
            groups.setdefault((place[whole], level, alone), []).append(k)
    wholes = [Whole(key[0], tuple(parts)) for key, parts in sorted(groups.items())]
    return Model(cuts, tuple(names), tuple(wholes), place[area], tuple(inequalities))
