"""The linear programme behind a reconciliation: pieces of time, sides of figures, HiGHS.

A *side* is one inequality: the total of an area from cut ``i`` to cut ``j`` is at most (sign +1)
or at least (sign -1) ``limit``, said by ``figures``.
"""

from dataclasses import dataclass, replace
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
    """Pieces of time between ``cuts`` for each area, and what is known of their totals."""

    cuts: np.ndarray  # days since 1970, sorted
    areas: tuple[str, ...]
    within: tuple[tuple[int, tuple[int, ...]], ...]  # (whole, parts that do not overlap)
    home: int  # the area asked about
    sides: tuple[Side, ...]

    @property
    def pieces(self) -> int:
        return max(len(self.cuts) - 1, 0)

    def columns(self, side) -> range:
        """The variables that a side's total adds up."""
        return range(side.area * self.pieces + side.i, side.area * self.pieces + side.j)

    def with_sides(self, sides) -> "Programme":
        return replace(self, sides=tuple(sides))

    def solve(self, cost, *, elastic: bool = False, extra=None):
        """Minimise ``cost`` over histories; ``elastic`` prices every breach of a side at 1.

        ``extra`` is (columns of further non-negative variables, their cost, rows, limits).
        """
        from scipy.optimize import linprog

        matrix, limit = self._matrix()
        cost = np.asarray(cost, float)
        if elastic:
            matrix, cost = self._elastic(matrix, cost)
        if extra is not None:
            matrix, limit, cost = _extend(matrix, limit, cost, extra)
        if matrix.shape[0] == 0:
            matrix = limit = None
        return linprog(cost, A_ub=matrix, b_ub=limit, bounds=(0, None), method="highs")

    def range(self, first: int, stop: int):
        """Least and most of the home area's total over days [first, stop), with their figures."""
        i, j = np.searchsorted(self.cuts, [first, stop])
        cost = np.zeros(len(self.areas) * self.pieces)
        cost[self.home * self.pieces + i : self.home * self.pieces + j] = 1
        low = self._end(cost, i, j, sign=-1)
        if self._unlimited(i, j):
            return low, (np.inf, ())
        return low, self._end(-cost, i, j, sign=1)

    def steadiest(self):
        """The home area's pieces with the least total variation of the rate per day."""
        own = [s for s in self.sides if s.area == self.home]
        if not own:
            return np.empty(0, int), np.empty(0, int), np.empty(0)
        a, b = min(s.i for s in own), max(s.j for s in own)
        days = np.diff(self.cuts)[a:b]
        n, start = b - a, self.home * self.pieces + a
        rows = np.zeros((2 * (n - 1), len(self.areas) * self.pieces + n - 1))
        for k in range(n - 1):
            for row, sign in ((2 * k, 1), (2 * k + 1, -1)):
                rows[row, start + k] = -sign / days[k]
                rows[row, start + k + 1] = sign / days[k + 1]
                rows[row, len(self.areas) * self.pieces + k] = -1
        free = np.zeros(len(self.areas) * self.pieces)
        found = self.solve(free, extra=(n - 1, np.ones(n - 1), rows, np.zeros(len(rows))))
        return (
            self.cuts[a:b],
            self.cuts[a + 1 : b + 1],
            np.round(found.x[start : start + n], 6) + 0.0,
        )

    def _end(self, cost, i, j, *, sign):
        found = self.solve(cost)
        value = round(abs(float(found.fun)), 6)
        direct = [s for s in self.sides if (s.area, s.i, s.j, s.sign) == (self.home, i, j, sign)]
        for side in direct:  # a figure for this very period explains more than a sum does
            if abs(side.limit - value) <= 1e-6 * max(1, abs(value)):
                return value, side.figures
        if not self.sides:
            return value, ()
        prices = np.abs(found.ineqlin.marginals[: len(self.sides)])
        return value, tuple(
            f for s, p in zip(self.sides, prices, strict=True) if p > _DUAL for f in s.figures
        )

    def _unlimited(self, i, j) -> bool:
        """Whether some piece has no upper limit from its area's figures or a wider area's."""
        wider, frontier = {self.home}, [self.home]
        while frontier:
            area = frontier.pop()
            frontier += [w for w, parts in self.within if area in parts and w not in wider]
            wider |= set(frontier)
        covered = np.zeros(self.pieces, bool)
        for s in self.sides:
            if s.sign > 0 and s.area in wider:
                covered[s.i : s.j] = True
        return not covered[i:j].all()

    def _matrix(self):
        from scipy.sparse import csr_array

        size, lists = len(self.areas) * self.pieces, [self.columns(s) for s in self.sides]
        cols = [c for columns in lists for c in columns]
        data = [
            float(s.sign) for s, columns in zip(self.sides, lists, strict=True) for _ in columns
        ]
        rows = [r for r, columns in enumerate(lists) for _ in columns]
        limit = [s.sign * s.limit for s in self.sides]
        for whole, parts in self.within:
            for piece in range(self.pieces):
                new = [area * self.pieces + piece for area in (*parts, whole)]
                cols += new
                data += [1.0] * len(parts) + [-1.0]
                rows += [len(limit)] * len(new)
                limit.append(0.0)
        return csr_array((data, (rows, cols)), shape=(len(limit), size)), np.array(limit)

    def _elastic(self, matrix, cost):
        from scipy.sparse import csr_array, eye_array, hstack, vstack

        n, rest = len(self.sides), matrix.shape[0] - len(self.sides)
        slack = vstack([-eye_array(n), csr_array((rest, n))]) if rest else -eye_array(n)
        return hstack([matrix, slack], format="csr"), np.r_[cost, np.ones(n)]


def _extend(matrix, limit, cost, extra):
    from scipy.sparse import csr_array, hstack, vstack

    count, price, rows, limits = extra
    wide = hstack([matrix, csr_array((matrix.shape[0], count))], format="csr")
    return vstack([wide, csr_array(rows)], format="csr"), np.r_[limit, limits], np.r_[cost, price]


def build(
    stated: pd.DataFrame, asked: pd.DataFrame, *, area: str, parent: dict, level: dict | None = None
) -> Programme:
    """Cut time at every boundary and turn each distinct claim into its sides."""
    cuts = np.unique(np.r_[stated["start"], stated["stop"], asked["first"], asked["stop"]])
    cuts = cuts.astype(np.int64)
    names = sorted({area, *stated["area"]})
    place = {name: k for k, name in enumerate(names)}
    sides = []
    for key, group in stated.groupby(["area", "start", "stop", "low", "high"], sort=True):
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
        whole = _nearest(name, parent, place)
        if whole is not None:
            kind = level.get(name, "")
            alone = name if kind in OVERLAPPING else ""
            groups.setdefault((place[whole], kind, alone), []).append(k)
    return tuple((whole, tuple(parts)) for (whole, _, _), parts in sorted(groups.items()))


def _nearest(name: str, parent: dict, place: dict) -> str | None:
    """The closest wider area which has figures, so that gaps in the tree do not cut the line."""
    seen = {name}
    while (name := parent.get(name)) and name not in seen:
        if name in place:
            return name
        seen.add(name)
    return None
