"""Least squares on a panel with unit and time effects and errors clustered by unit.

The additive twin of ``did``, for rates and as a sensitivity check. Clustered errors come in
several small-sample conventions, which differ by a tenth when units are few, so the one used is
named and belongs in the report. Source: Cameron & Miller 2015 (J Hum Resour 50:317).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough, one_of
from outcomes.methods.intervals import numbers

# N rows, G clusters, k regressors, K regressors and effects.
CONVENTIONS = {
    "CR0": "no correction",
    "linearmodels": "N/(N-k), or N/(N-K) unless every effect lies within a cluster",
    "CRV1": "G/(G-1) and (N-1)/(N-k-1), effects not counted, as fixest and pyfixest",
    "dummies": "G/(G-1) and (N-1)/(N-K), every effect counted, as statsmodels and Stata's regress",
    "HC1": "not clustered: N/(N-K)",
}


class Linear(NamedTuple):
    """Coefficients and standard errors by name of regressor, with the convention used."""

    beta: pd.Series
    se: pd.Series
    convention: str
    rows: int
    clusters: int


def least_squares(
    data: pd.DataFrame,
    y: str,
    x: str | Sequence[str],
    *,
    unit: str | None = None,
    time: str | None = None,
    cluster: str | None = None,
    convention: str = "CRV1",
) -> Linear:
    """Regress column ``y`` on columns ``x`` with effects of the columns ``unit`` and ``time``.

    Without effects there is a constant, ``const``. ``cluster`` is a column, by default ``unit``;
    without either the errors are HC1. Raises NotEnough under 2 clusters.
    """
    one_of(convention, CONVENTIONS, "convention")
    effects, label = [c for c in (unit, time) if c is not None], cluster or unit
    convention = convention if label else "HC1"
    for column in [
        y,
        *([x] if isinstance(x, str) else x),
        *effects,
        *([label] if label else []),
    ]:
        one_of(column, data.columns, "column")
    names = [*([] if effects else ["const"]), *([x] if isinstance(x, str) else x)]
    target, design, every = _swept(data.assign(const=1.0), [y, *names], effects)
    if not np.isfinite(design).all() or not np.isfinite(target).all():
        raise Invalid("A regression needs a finite number in every row of its columns.")
    # Beside the size before the effects were swept out: what is left of a column may be rounding.
    size = np.sqrt(
        (np.column_stack([data.assign(const=1.0)[c] for c in names]) ** 2).sum(axis=0)
    )
    if every >= len(data) or np.linalg.matrix_rank(
        design / np.maximum(size, 1e-300), 1e-9
    ) < len(names):
        raise NotEnough(
            "The regressors and effects cannot be told apart in so few rows."
        )
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ design.T @ target
    alone = convention == "HC1"
    groups = np.arange(len(data)) if alone else pd.factorize(data[label])[0]
    count = int(groups.max()) + 1
    if count < 2:
        raise NotEnough("Clustered errors need at least 2 clusters.")
    scores = np.zeros((count, len(beta)))
    np.add.at(scores, groups, design * (target - design @ beta)[:, None])
    within = all((data.groupby(c)[label].nunique() == 1).all() for c in effects)
    factor = _factor(convention, len(data), count, len(beta), every, within)
    se = np.sqrt(np.diag(bread @ scores.T @ scores @ bread) * factor)
    return Linear(
        pd.Series(beta, names), pd.Series(se, names), convention, len(data), count
    )


def _swept(data, names: list, effects: list):
    """Target and design with the effects' means swept out, and how many terms there are in all."""
    both = np.column_stack([numbers(data[c]) for c in names])
    every = len(names) - 1
    if effects:
        dummies = np.hstack([pd.get_dummies(data[c]) for c in effects]).astype(float)
        both = both - dummies @ np.linalg.lstsq(dummies, both, rcond=None)[0]
        every += int(np.linalg.matrix_rank(dummies))
    return both[:, 0], both[:, 1:], every


def _factor(convention: str, n: int, g: int, k: int, every: int, within: bool) -> float:
    return {
        "CR0": 1.0,
        "HC1": n / (n - every),
        "linearmodels": n / (n - (k if within else every)),
        "CRV1": g / (g - 1) * (n - 1) / (n - (k if every == k else k + 1)),
        "dummies": g / (g - 1) * (n - 1) / (n - every),
    }[convention]
