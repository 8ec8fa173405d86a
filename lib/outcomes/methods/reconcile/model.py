"""The linear programme behind a reconciliation: cuts of time, sides of figures, HiGHS.

The unknowns are the running totals of each area at each cut, which never fall, so that a period's
total is a difference of two of them. A *side* is one inequality: the total of an area from cut
``i`` to cut ``j`` is at most (sign +1) or at least (sign -1) ``limit``, said by ``figures``.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

_DUAL = 1e-9
# Areas of these levels can overlap one another, so each is held under its whole alone.
OVERLAPPING = ("group", "hotspot", "neighbourhood", "region")


class Side(NamedTuple):
    """One inequality: sign * total(area, i, j) <= sign * limit, and the figures that state it."""

    area: int
    i: int
    j: int
    sign: int
    limit: float
    figures: tuple


@dataclass(frozen=True)
class Programme:
    """Running totals at ``cuts`` for each area, and what figures say of their differences."""

    cuts: np.ndarray  # days since 1970, sorted
    areas: tuple[str, ...]
    within: tuple[
        tuple[int, tuple[int, ...]], ...
    ]  # (whole, parts that do not overlap)
    home: int  # the area asked about
    sides: tuple[Side, ...]

    @property
    def size(self) -> int:
        return len(self.areas) * len(self.cuts)

    def total(self, area: int, i: int, j: int) -> np.ndarray:
        """The cost vector that picks out an area's total from cut i to cut j."""
        cost = np.zeros(self.size)
        cost[area * len(self.cuts) + j], cost[area * len(self.cuts) + i] = 1, -1
        return cost

    def with_sides(self, sides) -> "Programme":
        return replace(self, sides=tuple(sides))

    def solve(self, cost, *, elastic: bool = False, extra=None):
        """Minimise ``cost`` over histories; ``elastic`` prices every breach of a side at 1.

        ``extra`` is (cost of further non-negative variables, rows over all variables): rows <= 0.
        """
        from scipy.optimize import linprog
        from scipy.sparse import block_array, csr_array

        matrix, limit = self._matrix
        if elastic:
            n = len(self.sides)
            slack = csr_array(
                (-np.ones(n), (range(n), range(n))), shape=(matrix.shape[0], n)
            )
            matrix = block_array([[matrix, slack]])
            cost = np.r_[cost, np.ones(n)]
        if extra is not None:
            price, rows = extra
            matrix = block_array(
                [[matrix, None], [rows[:, : self.size], rows[:, self.size :]]]
            )
            limit, cost = np.r_[limit, np.zeros(rows.shape[0])], np.r_[cost, price]
        return linprog(
            cost, A_ub=csr_array(matrix), b_ub=limit, bounds=(0, None), method="highs"
        )

    @cached_property
    def breach(self):
        """The elastic solution when some side must be broken, else None."""
        if not self.sides:
            return None
        found = self.solve(np.zeros(self.size), elastic=True)
        scale = max(abs(s.limit) for s in self.sides)
        return found if found.fun > 1e-6 + 1e-10 * scale else None

    def between(self, area: int, i: int, j: int):
        """Least and most of an area's total from cut i to cut j, with the figures whose dual price
        is not nought."""
        if (area, i, j) not in self._known:
            self._known[area, i, j] = self._between(area, i, j)
        return self._known[area, i, j]

    @cached_property
    def _known(self) -> dict:
        return {}

    def _between(self, area: int, i: int, j: int):
        ends = []
        for sign in (-1, 1):
            found = self.solve(-sign * self.total(area, i, j))
            if (
                found.status != 0
            ):  # nothing limits it: 'unbounded', or so presolve cannot tell
                return ends[0], (np.inf, ())
            prices = np.abs(found.ineqlin.marginals[: len(self.sides)])
            bind = [s for s, p in zip(self.sides, prices, strict=True) if p > _DUAL]
            value = round(abs(float(found.fun)), 6)
            ends.append((value, tuple(f for s in bind for f in s.figures)))
        return tuple(ends)

    def range(self, first: int, stop: int):
        """Least and most of the home area's total over days [first, stop), with their figures."""
        i, j = (int(k) for k in np.searchsorted(self.cuts, [first, stop]))
        if not self.sides:
            return (0.0, ()), (np.inf, ())
        ends = zip((-1, 1), self.between(self.home, i, j), strict=True)
        return tuple(self._direct(i, j, sign, *end) for sign, end in ends)

    def steadiest(self):
        """The home area's totals between cuts with the least total variation of the daily rate."""
        from scipy.sparse import csr_array, diags

        own = [s for s in self.sides if s.area == self.home]
        if not own:
            return np.empty(0, int), np.empty(0, int), np.empty(0)
        a, b = min(s.i for s in own), max(s.j for s in own)
        days, at, n = np.diff(self.cuts)[a:b], self.home * len(self.cuts) + a, b - a
        # Rates from running totals, then their differences; each is priced by a further variable.
        rate = diags([1 / days, -1 / days], offsets=[1, 0], shape=(n, n + 1))
        step = diags([1.0, -1.0], offsets=[1, 0], shape=(n - 1, n)) @ rate
        rest = np.zeros((n - 1, at)), np.zeros((n - 1, self.size - at - n - 1))
        change, price = np.hstack([rest[0], step.toarray(), rest[1]]), -np.eye(n - 1)
        rows = csr_array(np.block([[change, price], [-change, price]]))
        extra = (np.ones(n - 1), rows) if n > 1 else None
        found = self.solve(np.zeros(self.size), extra=extra)
        totals = np.diff(found.x[at : at + n + 1])
        return self.cuts[a:b], self.cuts[a + 1 : b + 1], np.round(totals, 6) + 0.0

    def _direct(self, i, j, sign, value, ids):
        """Prefer a figure for this very period as the reason: it explains more than a sum does."""
        for s in self.sides:
            same = (s.area, s.i, s.j, s.sign) == (self.home, i, j, sign)
            if same and abs(s.limit - value) <= 1e-6 * max(1, abs(value)):
                return value, s.figures
        return value, ids

    @cached_property
    def _matrix(self):
        """Rows of the sides first, then that running totals never fall, then parts and wholes."""
        from scipy.sparse import coo_array, csr_array

        width, cells, limit = len(self.cuts), [], []
        for s in self.sides:
            row, at = len(limit), s.area * width
            cells += [(row, at + s.j, s.sign), (row, at + s.i, -s.sign)]
            limit.append(s.sign * s.limit)
        steps = [((-1.0,), (area,)) for area in range(len(self.areas))]
        steps += [
            ((1.0,) * len(parts) + (-1.0,), (*parts, whole))
            for whole, parts in self.within
        ]
        for weights, areas in steps:
            for k in range(width - 1):
                for weight, area in zip(weights, areas, strict=True):
                    at = area * width + k
                    cells += [(len(limit), at + 1, weight), (len(limit), at, -weight)]
                limit.append(0.0)
        if not cells:
            return csr_array((0, self.size)), np.array(limit)
        rows, cols, data = zip(*cells, strict=True)
        shape = (len(limit), self.size)
        return csr_array(
            coo_array((np.array(data, float), (rows, cols)), shape)
        ), np.array(limit)


def build(
    stated: pd.DataFrame,
    asked: pd.DataFrame,
    *,
    area: str,
    parent: dict,
    level: dict | None = None,
) -> Programme:
    """Cut time at every boundary and turn each distinct claim into its sides."""
    cuts = np.unique(
        np.r_[stated["start"], stated["stop"], asked["first"], asked["stop"]]
    )
    cuts = cuts.astype(np.int64)
    names = sorted({area, *stated["area"]})
    place = {name: k for k, name in enumerate(names)}
    sides = []
    for key, group in stated.groupby(
        ["area", "start", "stop", "low", "high"], sort=True
    ):
        name, start, stop, low, high = key
        i, j = (int(k) for k in np.searchsorted(cuts, [start, stop]))
        ids = tuple(group["figure"])
        if low > 0:
            sides.append(Side(place[name], i, j, -1, float(low), ids))
        if np.isfinite(high):
            sides.append(Side(place[name], i, j, 1, float(high), ids))
    within = _within(place, parent, level or {})
    return Programme(cuts, tuple(names), within, place[area], tuple(sides))


def _within(place: dict, parent: dict, level: dict) -> tuple:
    """The parts of each whole that share a level, for parts of two levels may overlap."""
    groups: dict[tuple, list[int]] = {}
    for name, k in place.items():
        # The closest wider area which has figures, so that gaps in the tree do not cut the line.
        whole = next((above for above in line(name, parent) if above in place), None)
        if whole is not None:
            kind = level.get(name, "")
            alone = name if kind in OVERLAPPING else ""
            groups.setdefault((place[whole], kind, alone), []).append(k)
    return tuple(
        (whole, tuple(parts)) for (whole, _, _), parts in sorted(groups.items())
    )


def line(area: str, parent: dict) -> list[str]:
    """The parents of an area, nearest first."""
    above = []
    while area in parent and parent[area] not in above:
        area = parent[area]
        above.append(area)
    return above
