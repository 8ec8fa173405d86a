"""One series before and after a date: quasi-Poisson interrupted time series.

Source: Bernal, Cummins & Gasparrini 2017 (Int J Epidemiol 46:348). The months after are compared
with what the months before, their trend and their season foretell. It cannot tell the programme
from anything else that began at the same time; prefer a comparison (``did``) where one exists.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.analysis.guards import require_months
from outcomes.data.errors import Invalid


class Its(NamedTuple):
    """The ratio of what was seen to what was foretold, at the start, with its checks.

    ``lower`` and ``upper`` use the larger of the quasi-Poisson and the HAC standard error.
    """

    ratio: float
    lower: float
    upper: float
    quasi: tuple  # ratio's interval by quasi-Poisson
    hac: tuple  # ratio's interval by HAC
    se: float
    hac_se: float
    dispersion: float
    slope: float  # ratio by which the trend changes each month; NaN unless asked for
    ljung_box: float  # p-value that residuals are free of autocorrelation
    negative_binomial: float  # the ratio by negative binomial, a sensitivity check
    pre: int
    post: int
    frame: pd.DataFrame  # time, value, fitted, expected (without the change)


def its(
    values: pd.Series,
    start,
    *,
    exposure=None,
    season: bool = True,
    slope: bool = False,
    breaks=(),
    lags: int = 12,
    confidence: float = 0.95,
    minimum=(24, 12),
) -> Its:
    """The step in a monthly count at ``start``, given its trend and season.

    ``values`` is indexed by the first day of each month; NaN is a missing month, never a nought.
    ``breaks`` are (date, reason) of other steps to allow for, such as a change of counting rules.
    ``slope`` lets the trend change too. Raises NotEnough under 24 months before or 12 after.
    """
    import statsmodels.api as sm

    series = _monthly(values)
    after = np.asarray(series.index >= pd.Timestamp(start))
    known = series.notna().to_numpy()
    pre, post = int((known & ~after).sum()), int((known & after).sum())
    require_months(pre, post, minimum=minimum)
    design = _design(series.index, after, season=season, slope=slope, breaks=breaks)
    offset = None if exposure is None else np.log(np.asarray(exposure, float))[known]
    x, y = design[known], series.to_numpy()[known]
    model = sm.GLM(y, x, family=sm.families.Poisson(), offset=offset)
    quasi = model.fit(scale="X2", tol=1e-12)
    hac = model.fit(scale="X2", tol=1e-12, cov_type="HAC", cov_kwds={"maxlags": lags})
    se, hac_se = float(quasi.bse["change"]), float(hac.bse["change"])
    beta = float(quasi.params["change"])
    quasi_ci, hac_ci = _ratio(beta, se, confidence), _ratio(beta, hac_se, confidence)
    box = sm.stats.acorr_ljungbox(quasi.resid_pearson, lags=[min(lags, len(y) // 5)])
    lower, upper = quasi_ci if se >= hac_se else hac_ci
    return Its(
        float(np.exp(beta)),
        lower,
        upper,
        quasi_ci,
        hac_ci,
        se,
        hac_se,
        float(quasi.scale),
        float(np.exp(quasi.params["slope"])) if slope else np.nan,
        float(box["lb_pvalue"].iloc[0]),
        _negative_binomial(y, x, offset),
        pre,
        post,
        _frame(series, design, quasi, exposure),
    )


def _design(index, after, *, season, slope, breaks) -> pd.DataFrame:
    months = (index.year - index.year[0]) * 12 + index.month - index.month[0]
    design = pd.DataFrame({"const": 1.0, "change": after.astype(float)}, index=index)
    design["trend"] = np.asarray(months, float) / 12
    if slope:
        first = months[after][0] if after.any() else 0
        design["slope"] = np.where(after, months - first, 0.0)
    for date, reason in breaks:
        if not str(reason).strip():
            raise Invalid(f"A break at {date} needs a reason that can be printed.")
        design[f"break {date}"] = np.asarray(index >= pd.Timestamp(date), float)
    if season:
        for month in range(2, 13):
            design[f"month {month}"] = (index.month == month).astype(float)
    return design


def _monthly(values: pd.Series) -> pd.Series:
    series = pd.Series(values, dtype=float)
    series.index = pd.DatetimeIndex(series.index)
    if not series.index.is_monotonic_increasing or series.index.has_duplicates:
        raise Invalid("The months of a series must be in order, each once.")
    return series


def _ratio(beta: float, se: float, confidence: float) -> tuple[float, float]:
    from statistics import NormalDist

    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    return float(np.exp(beta - z * se)), float(np.exp(beta + z * se))


def _negative_binomial(y, x, offset) -> float:
    """The ratio by NB2 with the dispersion of a moments fit; NaN when nothing is left over."""
    import statsmodels.api as sm

    fit = sm.GLM(y, x, family=sm.families.Poisson(), offset=offset).fit()
    extra = (((y - fit.mu) ** 2 - fit.mu) / fit.mu**2).sum() / fit.df_resid
    if extra <= 0:
        return float(np.exp(fit.params["change"]))
    family = sm.families.NegativeBinomial(alpha=extra)
    return float(np.exp(sm.GLM(y, x, family=family, offset=offset).fit().params["change"]))


def _frame(series, design, fit, exposure) -> pd.DataFrame:
    log = np.zeros(len(design)) if exposure is None else np.log(np.asarray(exposure, float))
    without = design.copy()
    without[[c for c in ("change", "slope") if c in without]] = 0.0
    return pd.DataFrame(
        {
            "time": series.index,
            "value": series.to_numpy(),
            "fitted": np.exp(design.to_numpy() @ fit.params.to_numpy() + log),
            "expected": np.exp(without.to_numpy() @ fit.params.to_numpy() + log),
        }
    )
