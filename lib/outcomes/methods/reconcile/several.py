"""Bounds of several counts at once: one reconciliation each, put under one another.

A page that compares measures asks each of them for the same periods. Totals of periods of
different length do not compare, so each bound is also given for an average month.
"""

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from outcomes.methods.reconcile import reconciliation

MONTH = 365.25 / 12
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


class Several(NamedTuple):
    """Bounds of every count and period, and the figures that contradict each other."""

    bounds: pd.DataFrame
    contradictions: pd.DataFrame


def reconcile_each(
    figures: pd.DataFrame,
    periods: pd.DataFrame,
    *,
    of: Iterable[str],
    by: str = "measure",
    area: str | None = None,
    parent=None,
) -> Several:
    """What the figures allow each count named in ``of`` to be in each of ``periods``.

    ``by`` is the column that names the count; one without a figure has no limit. ``area`` and
    ``parent`` are those of :func:`outcomes.methods.reconcile.reconciliation.bounds`. ``bounds`` has its
    columns after ``by``, with month_least and month_most, the bounds for an average month.
    ``contradictions`` has a row for each figure of each contradicting set: what it would have to
    be (lower, upper) were the others right.
    """
    bounds, clashes = [], []
    for name in dict.fromkeys(of):
        found = reconciliation.bounds(
            figures[figures[by] == name], periods, area=area, parent=parent
        )
        bounds.append(found.bounds.assign(**{by: name}))
        for at, one in enumerate(found.contradictions):
            rows = [
                m | {by: name, "set": at, "sentence": one["sentence"]}
                for m in one["members"]
            ]
            clashes += rows
    if not bounds:  # nothing was asked: the columns alone
        none = reconciliation.bounds(
            figures[:0], periods, area=area, parent=parent
        ).bounds
        bounds = [none[:0].assign(**{by: ""})]
    frame = pd.concat(bounds, ignore_index=True)
    months = ((frame["end"] - frame["start"]).dt.days + 1) / MONTH
    frame = frame.assign(
        month_least=frame["lower"] / months, month_most=frame["upper"] / months
    )
    first = [by, *(c for c in frame.columns if c != by)]
    return Several(frame[first], pd.DataFrame(clashes, columns=[by, *_MEMBERS]))


def growth(
    bounds: pd.DataFrame, before: str, after: str, *, by: str = "measure"
) -> pd.DataFrame:
    """The least and the most growth between two periods that their bounds allow.

    Returns ``by``, least and most (shares: 0.53 is 53 % more), of counts limited in both periods
    and not nought at least in the first. Periods must be of one length, or ``bounds`` by month.
    """
    one = bounds[bounds["label"] == before].set_index(by)
    two = bounds[bounds["label"] == after].set_index(by).reindex(one.index)
    out = pd.DataFrame({"least": two["lower"] / one["upper"] - 1})
    out["most"] = two["upper"] / one["lower"].where(one["lower"] > 0) - 1
    limited = (
        out["most"].notna()
        & (out["most"] < float("inf"))
        & (one["upper"] < float("inf"))
    )
    return out[limited].reset_index()
