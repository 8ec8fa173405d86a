"""Dated figures as constraints: the days that each speaks of, and the least and most it allows."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, one_of
from outcomes.data.rounding import CONTINUOUS, QUALIFIERS, limits

NOT_SUMS = ("%", "percent", "grade", "ratio", "yes or no")
_NEEDED = ("figure", "value", "qualifier", "period_start", "period_end")
_READ = (*_NEEDED, "area", "basis", "part", "period_state", "unit")


class Constraints(NamedTuple):
    """What dated figures say, and whether the quantity is counted in whole numbers.

    ``frame`` has figure, value, qualifier, area, start and stop (days since 1970, the last
    excluded), inferred, low and high.
    """

    frame: pd.DataFrame
    integral: bool


class AreaTree(NamedTuple):
    """Which area lies in which, and the level of each where it is known."""

    parent: dict[str, str]
    level: dict[str, str]

    def above(self, area: str) -> list[str]:
        """The areas that an area lies in, nearest first."""
        found: list[str] = []
        while area in self.parent and self.parent[area] not in found:
            area = self.parent[area]
            found.append(area)
        return found


def read_constraints(
    figures: pd.DataFrame, *, integral: bool | None = None
) -> Constraints:
    """The dated figures as constraints; those without a period or a value are left out.

    ``integral`` is judged from unit and values unless given. Raises Invalid for rates and
    percentages, which do not add up over time, and for two units in one frame.
    """
    missing = [c for c in _NEEDED if c not in figures.columns]
    if missing:
        raise Invalid(f"Figures to reconcile need the column {missing[0]!r}.")
    unit = _unit(figures)
    dated = figures.dropna(subset=["period_start", "period_end", "value"])
    if integral is None:
        integral = unit not in CONTINUOUS and bool((dated["value"] % 1 == 0).all())
    frame = dated[["figure", "value", "qualifier"]].reset_index(drop=True)
    frame = frame.astype({"value": float})
    frame["area"] = dated["area"].to_numpy() if "area" in dated else ""
    frame["start"] = day_number(dated["period_start"])
    frame["stop"] = day_number(dated["period_end"]) + 1
    states = dated.get("period_state", pd.Series("", dated.index))
    frame["inferred"] = states.isin(["inferred", "ambiguous"]).to_numpy(bool)
    backwards = frame[frame["stop"] <= frame["start"]]
    if len(backwards):
        raise Invalid(f"Figure {backwards['figure'].iloc[0]!r} ends before it starts.")
    ends = [
        limits(value, one_of(qualifier, QUALIFIERS, "qualifier"), unit)
        for value, qualifier in zip(dated["value"], dated["qualifier"], strict=True)
    ]
    low, high = np.array(ends, float).reshape(-1, 2).T
    if "part" in dated:  # a figure for part of the measure is only a floor
        high = np.where(dated["part"].fillna(False).astype(bool), np.inf, high)
    frame["low"] = np.ceil(low) if integral else low
    frame["high"] = np.floor(high) if integral else high
    return Constraints(frame, integral)


def day_number(dates: Any) -> np.ndarray:
    """Dates as whole days since 1970, so that periods can be cut with plain integers."""
    return pd.to_datetime(pd.Series(dates)).to_numpy("datetime64[D]").astype(np.int64)


def area_tree(parent: dict | pd.DataFrame | None) -> AreaTree:
    """The tree of areas of a mapping, or of a frame with area, parent and perhaps level."""
    level: dict[str, str] = {}
    if parent is not None and not isinstance(parent, dict):
        key = "area" if "area" in parent else "name"
        if "level" in parent:
            level = dict(zip(parent[key], parent["level"], strict=True))
        parent = dict(zip(parent[key], parent["parent"], strict=True))
    known = (parent or {}).items()
    named = {k: v for k, v in known if isinstance(v, str) and v and v != k}
    return AreaTree(named, level)


def figures_of_area(
    figures: pd.DataFrame, area: str | None, tree: AreaTree
) -> pd.DataFrame:
    """The figures that can bear on an area: its own and those of areas above and below it."""
    figures = figures[[c for c in figures if c in _READ]]
    if "basis" in figures:
        figures = figures[figures["basis"] != "change"]
    if "area" not in figures:
        return figures
    names = sorted(figures["area"].dropna().astype(str).unique())
    if area is None:
        if len(names) > 1:
            raise Invalid(
                f"Figures of several areas: name one with area=. {', '.join(names[:12])}"
            )
        return figures
    above = tree.above(area)
    related = [n for n in names if n == area or n in above or area in tree.above(n)]
    return figures[figures["area"].isin(related)]


def _unit(figures: pd.DataFrame) -> str:
    """The one unit of figures that add up over time."""
    if "unit" not in figures or figures.empty:
        return "count"
    units = sorted(figures["unit"].dropna().astype(str).unique())
    if len(units) > 1:
        raise Invalid(
            f"Figures in different units cannot be reconciled: {', '.join(units)}."
        )
    unit = units[0] if units else "count"
    if unit in NOT_SUMS or " per " in f" {unit} ":
        raise Invalid(
            f"Figures in {unit!r} are rates; those of parts do not add to the whole's."
        )
    return unit
