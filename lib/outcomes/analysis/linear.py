"""Least squares on a panel with unit and time effects and errors clustered by unit.

The additive twin of ``did``, for rates and as a sensitivity check. Clustered errors come in
several small-sample conventions, which differ by a tenth when units are few, so the one used is
named and belongs in the report. Source: Cameron & Miller 2015 (J Hum Resour 50:317).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.data.errors import NotEnough, one_of

CONVENTIONS = {
    "CR0": "no correction",
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
    data: pd.DataFrame, y: str, x, *, unit=None, time=None, cluster=None, convention="CRV1"
) -> Linear:
    """Regress column ``y`` on columns ``x`` with effects of the columns ``unit`` and ``time``.

    Without effects a constant is added. ``cluster`` is a column, by default ``unit``; see
    ``CONVENTIONS`` for the corrections; without either the errors are HC1. Raises NotEnough under
    2 clusters.
    """
    one_of(convention, CONVENTIONS, "convention")
    names = [x] if isinstance(x, str) else list(x)
    effects = _effects(data, [c for c in (unit, time) if c is not None])
    target, design = data[y].to_numpy(float), data[names].to_numpy(float)
    held = effects @ np.linalg.lstsq(effects, np.column_stack([target, design]), rcond=None)[0]
    target, design = target - held[:, 0], design - held[:, 1:]
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ design.T @ target
    left = target - design @ beta
    label = cluster or unit
    convention = "HC1" if label is None else convention
    robust = convention == "HC1"
    groups = np.arange(len(data)) if robust else pd.factorize(data[label], sort=True)[0]
    count = int(groups.max()) + 1
    if count < 2:
        raise NotEnough("Clustered errors need at least 2 clusters.")
    scores = np.zeros((count, len(names)))
    np.add.at(scores, groups, design * left[:, None])
    total = len(names) + np.linalg.matrix_rank(effects)
    factor = _factor(convention, len(data), count, len(names), total)
    se = np.sqrt(np.diag(bread @ scores.T @ scores @ bread) * factor)
    return Linear(pd.Series(beta, names), pd.Series(se, names), convention, len(data), count)


def _factor(convention: str, n: int, g: int, k: int, total: int) -> float:
    if convention == "CR0":
        return 1.0
    if convention == "HC1":
        return n / (n - total)
    return g / (g - 1) * (n - 1) / (n - (k + 1 if convention == "CRV1" else total))


def _effects(data: pd.DataFrame, columns: list) -> np.ndarray:
    if not columns:
        return np.ones((len(data), 1))
    return pd.concat([pd.get_dummies(data[c].astype(str)) for c in columns], axis=1).to_numpy(float)
