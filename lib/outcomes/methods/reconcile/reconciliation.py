"""What overlapping, rounded and qualified figures allow any period's total to be.

Time is cut at the boundary of every figure and of every period asked about. Each figure is then
one or two linear inequalities over the pieces, no piece is below nought, and a part of an area
holds no more than the whole. For each period two linear programmes (HiGHS) give the least and
the most that all figures allow, and their dual prices name the figures that bind.

When no history satisfies every figure, a smallest set of figures that contradict each other is
found (elastic programme, then a deletion filter: Chinneck 2008, *Feasibility and Infeasibility
in Optimization*, chapter 6), and so on until the rest agree. One of each set is wrong and which is
unknown, so bounds are those of every choice of culprits together (``contradiction``); periods that
touch the set say so.

Assumptions: figures with one ``area`` count the same thing; totals add over time; nothing is
negative. Do not use it for rates, shares, stocks at a date, or measures of different scope.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.core.periods import one_period
from outcomes.methods.reconcile import constraints as _claims
from outcomes.methods.reconcile.conflicts import Settled, settle
from outcomes.methods.reconcile.model import Programme, build, line

__all__ = ["Reconciliation", "bounds", "one_period"]


class Reconciliation(NamedTuple):
    """The bounds of each period, and the sets of figures that contradict each other."""

    bounds: pd.DataFrame
    contradictions: list[dict]
    agreed: Programme  # all figures, with those that contradict loosened

    @property
    def path(self) -> pd.DataFrame:
        """The steadiest history that every figure allows: start, end, total, per_day. It is an
        assumption and not data."""
        first, stop, totals = self.agreed.steadiest()
        start, end = (
            d.astype("datetime64[D]").astype("datetime64[s]") for d in (first, stop - 1)
        )
        rates = totals / (stop - first)
        return pd.DataFrame(
            {"start": start, "end": end, "total": totals, "per_day": rates}
        )


def bounds(
    figures: pd.DataFrame,
    periods: pd.DataFrame,
    *,
    area: str | None = None,
    parent: dict | pd.DataFrame | None = None,
    integral: bool | None = None,
) -> Reconciliation:
    """The least and most that published figures allow each period's total to be.

    figures   one row per statement: figure (id), value, qualifier, period_start, period_end (both
              days included), and if at hand unit, area, period_state, and part (True where the
              figure counts only part of the measure, so that it is a floor). Undated rows are
              left out.
    periods   label, start, end (both included): see ``financial_years``, ``months`` and others.
    area      whose total is asked; needed when the figures cover several areas.
    parent    sub-area -> area (a mapping, or a frame with area, parent and perhaps level): with
              it, figures of the parts bound the whole from below and the whole bounds its parts
              from above. Parts of one level are added up, as they do not overlap. Kinds of a
              thing (cannabis and class A within all drugs) can stand in for areas.
    integral  whether totals are whole numbers; by default judged from unit and values.

    ``bounds`` has label, start, end, lower, upper (inf when nothing limits it), point (where
    they meet, else NaN), state, binding (ids of every figure that states a binding limit, copies
    included), inferred (a binding figure's period was inferred). state is ``exact`` (known to the
    unit), ``bounded``, ``open`` (no upper limit) or ``contradicted``. ``contradictions`` are
    dicts: figures, members (figure, value, qualifier, start, end, lower, upper: what it would
    have to be were the others right) and sentence.
    """
    tree, level = _tree(parent)
    stated, integral = _claims.read(_of_area(figures, area, tree), integral=integral)
    asked = _asked(periods)
    home = area if area is not None else next(iter(stated["area"]), "")
    programme = build(stated, asked, area=home, parent=tree, level=level)
    settled = settle(programme, stated)
    inferred = dict(
        zip(stated["figure"].tolist(), stated["inferred"].tolist(), strict=True)
    )
    rows = [_bound(settled, p, inferred, integral) for p in asked.itertuples()]
    bounds = pd.concat([asked[["label", "start", "end"]], pd.DataFrame(rows)], axis=1)
    return Reconciliation(bounds, settled.contradictions, settled.loosened)


def _bound(settled: Settled, period, inferred, integral) -> dict:
    """Bounds of one period with the figures that bind and the state they leave it in."""
    (lower, low_ids), (upper, high_ids) = settled.blame.range(period.first, period.stop)
    if integral:
        lower = float(np.ceil(lower - 1e-6)) + 0.0
        upper = float(np.floor(upper + 1e-6)) if np.isfinite(upper) else np.inf
    ids = set(low_ids) | set(high_ids)
    binding = [f for f in inferred if f in ids]
    exact = upper - lower <= (0 if integral else 1 + 1e-9)
    state = "exact" if exact else "bounded" if np.isfinite(upper) else "open"
    if _touched(period, settled, ids, exact):
        state = "contradicted"
    point = (lower + upper) / 2 if exact else np.nan
    bounds = {"lower": lower, "upper": upper, "point": point, "state": state}
    return {**bounds, "binding": binding, "inferred": any(inferred[f] for f in binding)}


def _touched(period, settled: Settled, ids: set, exact: bool) -> bool:
    """Whether a contradiction bears on a period: by its figures, or by its time unless exact.

    By its figures also where they would bind were all of them loosened, so that a limit which is
    wide only because one of them may be wrong does not pass for an undisputed one.
    """
    if not settled.contradictions:
        return False
    near = settled.loosened.range(period.first, period.stop)
    ids = ids.union(*(figures for _, figures in near))
    for found in settled.contradictions:
        if ids & set(found["figures"]):
            return True
        for m in found["members"]:
            if not exact and m["start"] <= period.end and m["end"] >= period.start:
                return True
    return False


def _asked(periods: pd.DataFrame) -> pd.DataFrame:
    missing = [c for c in ("label", "start", "end") if c not in periods.columns]
    if missing:
        raise Invalid(
            f"Periods need the columns label, start and end; {missing[0]!r} is missing."
        )
    asked = periods[["label", "start", "end"]].reset_index(drop=True)
    asked["first"] = _claims.day_number(asked["start"])
    asked["stop"] = _claims.day_number(asked["end"]) + 1
    if (asked["stop"] <= asked["first"]).any():
        raise Invalid("A period asked about ends before it starts.")
    return asked


def _tree(parent) -> tuple[dict, dict]:
    """Sub-area -> area, and the level of each area where a frame says."""
    level = {}
    if isinstance(parent, pd.DataFrame):
        level = (
            dict(zip(parent["area"], parent["level"], strict=True))
            if "level" in parent
            else {}
        )
        parent = dict(zip(parent["area"], parent["parent"], strict=True))
    known = (parent or {}).items()
    return {k: v for k, v in known if isinstance(v, str) and v and v != k}, level


def _of_area(figures: pd.DataFrame, area, tree: dict) -> pd.DataFrame:
    """The figures that can bear on an area: its own and those of its line in the tree."""
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
    related = [
        n for n in names if n == area or area in line(n, tree) or n in line(area, tree)
    ]
    return figures[figures["area"].isin(related)]
