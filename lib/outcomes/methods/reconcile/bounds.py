"""What overlapping, rounded and qualified figures allow any period's total to be.

Time is cut at the boundary of every figure and of every period asked about. Each figure is then
one or two linear inequalities over the pieces, no piece is below zero, and a part of an area
holds no more than the whole. For each period two linear programmes (HiGHS) give the least and
the most that all figures allow, and their dual prices name the figures that bind.

When no history satisfies every figure, the smallest sets of figures that contradict each other are
found. One of each set is wrong and which is unknown, so bounds are those of every choice of
wrong figures together; periods that touch the set say so.

Assumptions: figures with one ``area`` count the same thing; totals add over time; nothing is
negative. Do not use it for rates, shares, stocks at a date, or measures of different scope.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.core.kept_results import keep
from outcomes.methods.reconcile.conflicts import (
    Conflicts,
    Contradiction,
    find_conflicts,
)
from outcomes.methods.reconcile.constraints import (
    area_tree,
    day_number,
    figures_of_area,
    read_constraints,
)
from outcomes.methods.reconcile.model import Model, build_model

MONTH = 365.25 / 12
"""Days of an average month."""

_MEMBERS = [
    "set",
    "figure",
    "value",
    "qualifier",
    "start",
    "end",
    "lower",
    "upper",
    "sentence",
]


class Reconciliation(NamedTuple):
    """The bounds of each period, and the sets of figures that contradict each other.

    ``model`` holds all figures, with those that contradict each other loosened.
    """

    bounds: pd.DataFrame
    contradictions: list[Contradiction]
    model: Model

    @property
    def path(self) -> pd.DataFrame:
        """The steadiest history that every figure allows: start, end, total, per_day. It is an
        assumption and not data."""
        path = self.model.steadiest_path()
        days = {
            "start": path.first.astype("datetime64[D]").astype("datetime64[s]"),
            "end": (path.stop - 1).astype("datetime64[D]").astype("datetime64[s]"),
        }
        rates = path.totals / (path.stop - path.first)
        return pd.DataFrame({**days, "total": path.totals, "per_day": rates})


class MeasureBounds(NamedTuple):
    """Bounds of every measure and period, and the figures that contradict each other."""

    bounds: pd.DataFrame
    contradictions: pd.DataFrame


def bounds(
    figures: pd.DataFrame,
    periods: pd.DataFrame,
    *,
    area: str | None = None,
    parent: dict | pd.DataFrame | None = None,
    integral: bool | None = None,
) -> Reconciliation:
    """The least and most that published figures allow each period's total to be.

    Parameters
    ----------
    figures
        One row a statement: figure (id), value, qualifier, period_start, period_end (both days
        included), and where known unit, area, period_state, and part (True where the figure
        counts only part of the measure, so that it is a floor). Undated rows are left out.
    periods
        label, start, end (both included); :mod:`outcomes.core.periods` makes them.
    area
        Whose total is asked; needed when the figures cover several areas.
    parent
        Sub-area -> area (a mapping, or a frame with area, parent and perhaps level): with it,
        figures of the parts bound the whole from below and the whole bounds its parts from above.
        Parts of one level are added up, as they do not overlap. Kinds of a thing (cannabis and
        class A within all drugs) can stand in for areas.
    integral
        Whether totals are whole numbers; by default judged from unit and values.

    Returns
    -------
    Reconciliation
        ``bounds`` has label, start, end, lower, upper (inf when nothing limits it), point (where
        they meet, else NaN), state, binding (ids of every figure that states a binding limit,
        copies included) and inferred (a binding figure's period was inferred). state is ``exact``
        (known to the unit), ``bounded``, ``open`` (no upper limit) or ``contradicted``.

    Raises
    ------
    Invalid
        For rates and percentages, figures of several areas or units, and periods without days.

    Examples
    --------
    >>> from outcomes.core.periods import one_period
    >>> figures = pd.DataFrame({"figure": ["a", "b"], "value": [1212, 2031]})
    >>> figures["qualifier"] = "exact"
    >>> figures["period_start"] = pd.Timestamp("2022-11-01")
    >>> figures["period_end"] = pd.to_datetime(["2023-10-31", "2024-10-31"])
    >>> year = one_period("the second year", "2023-11-01", "2024-10-31")
    >>> bounds(figures, year).bounds[["lower", "upper", "state"]].values.tolist()
    [[819.0, 819.0, 'exact']]
    """
    read = _read(figures, periods, area, parent, integral)
    asked, stated = read.asked, read.constraints
    inferred = stated.groupby("figure", sort=False)["inferred"].last()
    conflicts = find_conflicts(read.model, stated)
    rows = [_bound(conflicts, p, inferred, read.whole) for p in asked.itertuples()]
    found = pd.concat([asked[["label", "start", "end"]], pd.DataFrame(rows)], axis=1)
    return Reconciliation(found, conflicts.contradictions, conflicts.loosened)


def contradictions(
    figures: pd.DataFrame,
    periods: pd.DataFrame,
    *,
    area: str | None = None,
    parent: dict | pd.DataFrame | None = None,
) -> list[Contradiction]:
    """The sets of figures that contradict each other, without the bounds of a period.

    The arguments are those of :func:`bounds`; ``periods`` only cut time.

    >>> from outcomes.core.periods import one_period
    >>> figures = pd.DataFrame({"figure": ["a", "b"], "value": [12, 20], "qualifier": "exact"})
    >>> figures["period_start"] = pd.to_datetime(["2023-01-01", "2023-01-01"])
    >>> figures["period_end"] = pd.to_datetime(["2023-12-31", "2023-06-30"])
    >>> year = one_period("2023", "2023-01-01", "2023-12-31")
    >>> [one.figures for one in contradictions(figures, year)]
    [['a', 'b']]
    """
    read = _read(figures, periods, area, parent, None)
    return find_conflicts(read.model, read.constraints).contradictions


class _Read(NamedTuple):
    """Periods with their days, what figures say of them, and whether they are whole numbers."""

    asked: pd.DataFrame
    constraints: pd.DataFrame
    whole: bool
    model: Model


def _read(
    figures: pd.DataFrame,
    periods: pd.DataFrame,
    area: str | None,
    parent: dict | pd.DataFrame | None,
    integral: bool | None,
) -> _Read:
    missing = [c for c in ("label", "start", "end") if c not in periods.columns]
    if missing:
        raise Invalid(
            f"Periods need the columns label, start and end; {missing[0]!r} is missing."
        )
    asked = periods[["label", "start", "end"]].reset_index(drop=True)
    asked["first"] = day_number(asked["start"])
    asked["stop"] = day_number(asked["end"]) + 1
    if (asked["stop"] <= asked["first"]).any():
        raise Invalid("A period asked about ends before it starts.")
    tree = area_tree(parent)
    stated, whole = read_constraints(
        figures_of_area(figures, area, tree), integral=integral
    )
    home = area if area is not None else next(iter(stated["area"]), "")
    model = build_model(stated, asked, area=home, tree=tree)
    return _Read(asked, stated, whole, model)


def _bound(conflicts: Conflicts, period: Any, inferred: pd.Series, whole: bool) -> dict:
    """Bounds of one period with the figures that bind and the state they leave it in."""
    low, high = conflicts.alternatives.range(period.first, period.stop)
    lower, upper = low.value, high.value
    if whole:
        lower = float(np.ceil(lower - 1e-6)) + 0.0
        upper = float(np.floor(upper + 1e-6)) if np.isfinite(upper) else np.inf
    binding = inferred[inferred.index.isin([*low.figures, *high.figures])]
    exact = upper - lower <= (0 if whole else 1 + 1e-9)
    state = "exact" if exact else "bounded" if np.isfinite(upper) else "open"
    if _disputed(conflicts, period, {*low.figures, *high.figures}, exact):
        state = "contradicted"
    return {
        "lower": lower,
        "upper": upper,
        "point": (lower + upper) / 2 if exact else np.nan,
        "state": state,
        "binding": binding.index.tolist(),
        "inferred": bool(binding.any()),
    }


def _disputed(conflicts: Conflicts, period: Any, figures: set, exact: bool) -> bool:
    """Whether a contradiction bears on a period: by its figures, or by its time unless exact.

    By its figures also where they would bind were all of them loosened, so that a limit which is
    wide only because one of them may be wrong does not pass for an undisputed one.
    """
    if not conflicts.contradictions:
        return False
    near = conflicts.loosened.range(period.first, period.stop)
    figures = figures.union(near.lower.figures, near.upper.figures)
    for found in conflicts.contradictions:
        if figures & set(found.figures):
            return True
        for member in found.members:
            apart = member["start"] > period.end or member["end"] < period.start
            if not exact and not apart:
                return True
    return False


@keep
def bounds_by_measure(
    figures: pd.DataFrame,
    periods: pd.DataFrame,
    *,
    measures: Iterable[str],
    by: str = "measure",
    area: str | None = None,
    parent: dict | pd.DataFrame | None = None,
) -> MeasureBounds:
    """What the figures allow each of several measures to be in each period.

    A reconciliation for each, put under one another. ``by`` is the column that names the measure;
    one without a figure has no limit. ``area`` and ``parent`` are those of :func:`bounds`.

    ``bounds`` has its columns after ``by``, with month_least and month_most: the bounds for an
    average month, as totals of periods of different length do not compare. ``contradictions``
    has a row for each figure of each contradicting set: what it would have to be (lower, upper)
    were the others right.
    """
    kin = {"area": area, "parent": parent}
    # Asked about no measure at all, the columns alone.
    frames = [bounds(figures[:0], periods, **kin).bounds[:0].assign(**{by: ""})]
    members = []
    for name in dict.fromkeys(measures):
        found = bounds(figures[figures[by] == name], periods, **kin)
        frames.append(found.bounds.assign(**{by: name}))
        for number, one in enumerate(found.contradictions):
            shared = {by: name, "set": number, "sentence": one.sentence}
            members += [member | shared for member in one.members]
    frame = pd.concat(frames[1:] or frames, ignore_index=True)
    months = ((frame["end"] - frame["start"]).dt.days + 1) / MONTH
    frame = frame.assign(
        month_least=frame["lower"] / months, month_most=frame["upper"] / months
    )
    first = [by, *(c for c in frame.columns if c != by)]
    return MeasureBounds(frame[first], pd.DataFrame(members, columns=[by, *_MEMBERS]))


def growth(
    bounds: pd.DataFrame, before: str, after: str, *, by: str = "measure"
) -> pd.DataFrame:
    """The least and the most growth between two periods that their bounds allow.

    Returns ``by``, least and most (shares: 0.53 is 53 % more), of measures limited in both periods
    and not zero at least in the first. Periods must be of one length, or ``bounds`` by month.
    """
    one = bounds[bounds["label"] == before].set_index(by)
    two = bounds[bounds["label"] == after].set_index(by).reindex(one.index)
    out = pd.DataFrame({"least": two["lower"] / one["upper"] - 1})
    out["most"] = two["upper"] / one["lower"].where(one["lower"] > 0) - 1
    known = out["most"].notna() & np.isfinite(out["most"]) & np.isfinite(one["upper"])
    return out[known].reset_index()
