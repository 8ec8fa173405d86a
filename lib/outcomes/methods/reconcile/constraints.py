"""Dated figures as claims: the days that each speaks of, and the least and the most it allows."""

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, one_of
from outcomes.data.rounding import CONTINUOUS, QUALIFIERS, limits

NOT_SUMS = ("%", "percent", "grade", "ratio", "yes or no")
_NEEDED = ("figure", "value", "qualifier", "period_start", "period_end")


def read(figures: pd.DataFrame, *, integral: bool | None = None):
    """The dated figures as claims: figure, area, start and stop (half-open days), low, high.

    Returns the claims and whether the quantity is counted in whole numbers. Raises ``Invalid``
    for rates and percentages, which do not add up over time, and for two units in one frame.
    """
    missing = [c for c in _NEEDED if c not in figures.columns]
    if missing:
        raise Invalid(f"Figures to reconcile need the column {missing[0]!r}.")
    unit = _unit(figures)
    dated = figures.dropna(subset=["period_start", "period_end", "value"])
    if integral is None:
        integral = unit not in CONTINUOUS and bool((dated["value"] % 1 == 0).all())
    out = (
        dated[["figure", "value", "qualifier"]]
        .reset_index(drop=True)
        .astype({"value": float})
    )
    out["area"] = dated["area"].to_numpy() if "area" in dated else ""
    out["start"] = day_number(dated["period_start"])
    out["stop"] = day_number(dated["period_end"]) + 1
    states = dated.get("period_state", pd.Series("", dated.index))
    out["inferred"] = states.isin(["inferred", "ambiguous"]).to_numpy(bool)
    backwards = out[out["stop"] <= out["start"]]
    if len(backwards):
        raise Invalid(f"Figure {backwards['figure'].iloc[0]!r} ends before it starts.")
    out["low"], out["high"] = _ends(dated, unit, integral)
    return out, integral


def _ends(
    dated: pd.DataFrame, unit: str, integral: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that each figure allows its own total to be."""
    pairs = zip(dated["value"], dated["qualifier"], strict=True)
    ends = [limits(v, one_of(q, QUALIFIERS, "qualifier"), unit) for v, q in pairs]
    low, high = np.array(ends, float).reshape(-1, 2).T
    if "part" in dated:  # a figure for part of the measure is only a floor
        high = np.where(dated["part"].fillna(False).astype(bool), np.inf, high)
    if not integral:
        return low, high
    return np.ceil(low), np.floor(high)


def day_number(dates) -> np.ndarray:
    """Dates as whole days since 1970, so that periods can be cut with plain integers."""
    return pd.to_datetime(pd.Series(dates)).to_numpy("datetime64[D]").astype(np.int64)


def _unit(figures: pd.DataFrame) -> str:
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
