"""A series before and after a date: quasi-Poisson interrupted time series, alone or with another.

Sources: Bernal, Cummins & Gasparrini 2017 (Int J Epidemiol 46:348) for the design, and 2018 (47:2082)
for the controlled form; Newey & West 1987 (Econometrica 55:703) for the HAC errors. The periods
after are compared with what is predicted from those before, their trend and their season: the
counterfactual. A series alone cannot tell the programme from anything else that began at the same
time. Beside a ``comparison`` whatever moved both in a period drops out: a binomial model of the
share of the two, which gives the estimates of a Poisson model with an effect of each period.

The interval is not the HAC one: with 14 terms in eight years HAC errors hold the truth four times
in five (``tests/simulate``), as residuals vary too little and too briefly. Counts vary instead as in
Zeger 1988 (Biometrika 75:621): by the chance of the model, and around it by a process of which each
period keeps a part of the last. How large it is and how much it keeps are known badly from so few
periods, so that no one value is taken: errors are averaged over all values, each as likely as the
residuals make it (restricted likelihood, Patterson & Thompson 1971, Biometrika 58:545; averaged as in
Zellner & Tiao 1964, JASA 59:763): of what is kept 0 to 0.95, of the variance from half the model's to
ten times what is seen, alike by its logarithm. With one value, the t of Satterthwaite or of series
drawn with it, the interval held the truth in 88 to 92% where much is kept; now in 95%
(``docs/coverage.md``).
"""

from collections.abc import Sequence
from typing import NamedTuple
from warnings import catch_warnings

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.intervals import (
    Interval,
    confident,
    mixture_quantile,
    numbers,
)
from outcomes.methods.minimum_data import dated, like, require_counts, require_months


class Its(NamedTuple):
    """The ratio of what was observed to what was predicted, at the start, with its checks."""

    ratio: float  # the step in the level
    lower: float
    upper: float
    slope: Interval | None  # the ratio by which a year more changes it; None: not asked
    overall: Interval  # fitted over predicted, all that came after together
    se: float  # of the log ratio, for the interval: dispersion and autocorrelation
    autocorrelation: float  # how much of what moves counts a period keeps of the last
    model_se: float  # were periods independent and their variance the model's
    quasi_se: float  # were periods independent
    hac_se: float  # Newey-West over ``lags`` periods, a sensitivity check
    dispersion: float
    ljung_box: float  # p-value that the residuals are free of autocorrelation
    negative_binomial: (
        float  # the ratio by it, a sensitivity check; NaN with a comparison
    )
    pre: int
    post: int
    frame: (
        pd.DataFrame
    )  # time, observed, fitted, counterfactual; comparison where given

    @property
    def clause(self) -> str:
        """What the interval of all that came after allows to be said, as a part of a sentence."""
        return self.overall.clause(null=1)


def its(
    values: pd.Series,
    start: str | pd.Timestamp,
    *,
    comparison: pd.Series | None = None,
    exposure: pd.Series | None = None,
    slope: bool = False,
    harmonics: int | None = None,
    breaks: Sequence[tuple[str, str]] = (),
    lags: int = 12,
    confidence: float = 0.95,
    minimum: tuple[int, int] = (24, 12),
) -> Its:
    """The step in a count by month or quarter at ``start``, given its trend and season.

    Parameters
    ----------
    values : counts by the first day of each month or quarter; NaN is a missing one, never a zero.
    start : the first period of the programme.
    comparison : counts of another place or of something else that would move alike; a period that
        either lacks, or where neither has an event, is left out.
    exposure : what counts are proportional to, such as residents; with a comparison, the exposure
        of ``values`` over that of the comparison.
    slope : whether the trend may change at the start as well. The level is then that at the end of
        the last period before.
    harmonics : how many pairs of sines and cosines follow the year, under half its periods; 0 for no
        season. By default each month (or quarter) of the year has a level of its own.
    breaks : (date, reason) of other steps to allow for, such as a change of counting rules.
    lags : periods over which the Newey-West errors reach.
    confidence : of the interval.
    minimum : the fewest periods before and after.

    Raises
    ------
    NotEnough : under ``minimum`` periods, under ``FEWEST`` events before or to be expected after,
        and where a month of the year, or one side of a step, is not there or has no events: then
        it has no season or size.
    Invalid : for counts below 0 or infinite, an exposure that is not above 0, and more harmonics
        than the periods of a year can tell apart.

    Examples
    --------
    >>> months = pd.date_range("2019-01-01", periods=60, freq="MS")
    >>> halved = pd.Series([100 + 10 * (k % 12) for k in range(60)], months)
    >>> halved[months >= "2022-01-01"] /= 2
    >>> round(its(halved, "2022-01").ratio, 2)
    0.5
    """
    rows = _rows(values, comparison, exposure)
    after = np.asarray(rows.index >= like(start, rows.index))
    known = rows.notna().all(axis=1).to_numpy()
    pre, post = int((known & ~after).sum()), int((known & after).sum())
    month = np.asarray(rows.index.year * 12 + rows.index.month)
    step = int(np.gcd.reduce(np.diff(month))) if len(month) > 1 else 1
    unit = {1: "months", 3: "quarters"}.get(step, "periods")
    require_months(pre, post, minimum=minimum, unit=unit)
    _require_harmonics(harmonics, step, unit)
    design = _design(rows.index, after, step, harmonics, breaks)
    if not slope:
        design = design.drop(columns="slope")
    kept, late = rows[known], after[known]
    _require_sides(design[known], kept, unit.removesuffix("s"))
    x, at = design[known].to_numpy(), (month[known] - month[0]) // step
    fit = _fit(x, kept)
    changed = design.columns.isin(["change", "slope"])
    lines = pd.DataFrame(
        {
            "time": rows.index,
            "observed": rows["observed"].to_numpy(),
            "fitted": rows["base"] * np.exp(design @ fit.beta),
            "counterfactual": rows["base"] * np.exp(design @ (fit.beta * ~changed)),
        }
    ).reset_index(drop=True)
    expected = lines["counterfactual"].to_numpy()[known]
    before = kept.loc[~late, "observed"].sum()
    require_counts(
        {
            "before the start": before,
            "to be expected after the start": expected[late].sum(),
        }
    )
    bread = np.linalg.inv(x.T @ (x * fit.variance[:, None]))
    noise = _noise(x, fit, bread, at)

    def interval(contrast: np.ndarray, log: float) -> Interval:
        far = noise.reach(contrast, confidence)
        return Interval(*np.exp([log, log - far, log + far]).tolist())

    level = np.eye(x.shape[1])[1]
    fitted = lines["fitted"].to_numpy()[known][late]
    mean = fitted @ x[late] * changed / fitted.sum()
    total = np.log(fitted.sum() / expected[late].sum())
    return Its(
        *interval(level, fit.beta[1]),
        slope=interval(np.eye(x.shape[1])[3], fit.beta[3]) if slope else None,
        overall=interval(mean, total),
        se=noise.se(level),
        autocorrelation=float(noise.weight @ noise.kept),
        **_checks(x, kept, fit, bread, at, lags),
        pre=pre,
        post=post,
        frame=lines
        if comparison is None
        else lines.assign(comparison=rows["comparison"].to_numpy()),
    )


class _Fit(NamedTuple):
    """Coefficients, and for each period the residual and the variance of the model."""

    beta: np.ndarray
    residual: np.ndarray
    variance: np.ndarray


class _Noise(NamedTuple):
    """What moves counts besides the model's own chance: values it may have, and how likely each is."""

    weight: np.ndarray  # of each pair of the values below; they sum to 1
    extra: np.ndarray  # variance over that of the model; below 0 where it is less
    kept: np.ndarray  # share of it that a period keeps of the last
    pull: np.ndarray  # period x coefficient: how far a standardised residual moves it
    gap: np.ndarray  # periods between each two

    def variances(self, contrast: np.ndarray) -> np.ndarray:
        """The variance of a sum of coefficients, for each pair of values."""
        pull = self.pull @ contrast
        lags = np.bincount(self.gap.ravel(), np.outer(pull, pull).ravel())
        return lags[0] + self.extra * (
            self.kept[:, None] ** np.arange(len(lags)) @ lags
        )

    def se(self, contrast: np.ndarray) -> float:
        """The standard error of a sum of coefficients."""
        return float(np.sqrt(self.weight @ self.variances(contrast)))

    def reach(self, contrast: np.ndarray, confidence: float) -> float:
        """How far an interval reaches on either side."""
        spreads = np.sqrt(self.variances(contrast))
        level = 0.5 + confident(confidence) / 2
        return mixture_quantile(level, np.zeros(len(spreads)), spreads, self.weight)


def _rows(values, comparison, exposure) -> pd.DataFrame:
    """Observed counts, their exposure, the comparison where given, and what the lines rest on."""
    rows = pd.DataFrame({"observed": _series(values)})
    rows["exposure"] = (
        1.0 if exposure is None else _series(exposure).reindex(rows.index)
    )
    if (rows["exposure"] <= 0).any():
        raise Invalid("An exposure is above 0.")
    rows["base"] = rows["exposure"]
    if comparison is not None:
        rows["comparison"] = _series(comparison).reindex(rows.index)
        rows["base"] *= rows["comparison"]
        nothing = rows["observed"] + rows["comparison"] == 0  # it tells no share
        rows.loc[nothing, "observed"] = np.nan
    return rows


def _series(values: pd.Series) -> pd.Series:
    series = pd.Series(numbers(values), pd.Series(values).index)
    if not series.index.is_monotonic_increasing or series.index.has_duplicates:
        raise Invalid("The months of a series must be in order, each once.")
    series.index = dated(series.index)
    if not isinstance(series.index, pd.DatetimeIndex):
        raise Invalid("A series of months needs their first days as its index.")
    if np.isinf(series).any() or (series < 0).any():
        raise Invalid("Counts must be finite and 0 or more.")
    return series


def _design(index, after, step, harmonics, breaks) -> pd.DataFrame:
    """Columns: level, change, trend and slope by the year, other steps, the season."""
    month = np.asarray(index.year * 12 + index.month)
    first = month[after].min(initial=month.max() + step)
    columns = {
        "level": np.ones(len(index)),
        "change": after.astype(float),
        "trend": (month - month[0]) / 12,
        "slope": np.where(after, month - first + step, 0) / 12,
    }
    for date, reason in breaks:
        if not str(reason).strip():
            raise Invalid(f"A break at {date} needs a reason that can be printed.")
        columns[f"break {date}"] = np.asarray(index >= like(date, index), float)
    season = np.asarray(index.month - 1) // step
    for k in range(1, 12 // step if harmonics is None else 1):
        columns[f"season {k}"] = (season == k).astype(float)
    for k in range(1, (harmonics or 0) + 1):
        turn = 2 * np.pi * k * np.asarray(index.month) / 12
        columns |= {f"sine {k}": np.sin(turn), f"cosine {k}": np.cos(turn)}
    return pd.DataFrame(columns, index=index)


def _require_harmonics(harmonics: int | None, step: int, unit: str) -> None:
    """Refuse what is no whole number of pairs, or as many as half the periods of a year."""
    if harmonics is None:
        return
    whole = isinstance(harmonics, (int, np.integer)) and harmonics >= 0
    if not whole or 2 * step * harmonics >= 12:
        raise Invalid(
            "Harmonics are a whole number of pairs of sines and cosines, under half of the "
            f"{12 // step} {unit} of a year; given {harmonics!r}."
        )


def _require_sides(design: pd.DataFrame, rows: pd.DataFrame, unit: str) -> None:
    """Raise NotEnough where a step or a part of the year could be of any size."""
    steps = design.filter(regex="^(change|break|season)")
    seasons = steps.filter(like="season")
    if seasons.shape[1]:
        steps = steps.assign(first=1 - seasons.sum(axis=1))
    for counts in (rows[c].to_numpy() for c in ("observed", "comparison") if c in rows):
        sums = [counts @ side for side in (steps.to_numpy(), 1 - steps.to_numpy())]
        if np.min(sums) == 0:
            raise NotEnough(
                f"Not enough to tell: before or after a step, or in one {unit} of the year, "
                f"there is no {unit} with events, so its size cannot be estimated."
            )
    if np.linalg.matrix_rank(design) < design.shape[1]:
        steps = design.filter(regex="^(level|change|break)")
        if np.linalg.matrix_rank(steps) < steps.shape[1]:
            raise NotEnough(
                f"Two of the steps fall between the same {unit}s and cannot be told apart."
            )
        raise NotEnough(
            f"Not enough {unit}s to tell: the steps, the trend and the season have "
            f"{design.shape[1]} sizes, which {len(design)} {unit}s cannot tell apart."
        )


def _fit(x: np.ndarray, rows: pd.DataFrame, extra: float = 0.0) -> _Fit:
    """A log-linear model with variance mu + extra * mu**2, or the share beside a comparison."""
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    y, offset = rows["observed"].to_numpy(), np.log(rows["exposure"].to_numpy())
    family = families.NegativeBinomial(alpha=extra) if extra else families.Poisson()
    of = y
    if "comparison" in rows:
        family, of = families.Binomial(), rows[["observed", "comparison"]].to_numpy()
    with catch_warnings(action="ignore"):  # of a series that the model fits exactly
        found = GLM(of, x, family=family, offset=offset).fit(
            tol=1e-12, tol_criterion="params"
        )
    mu, variance = found.mu, found.mu
    if "comparison" in rows:
        total = rows[["observed", "comparison"]].sum(axis=1).to_numpy()
        mu, variance = total * found.mu, total * found.mu * (1 - found.mu)
    return _Fit(found.params, y - mu, variance)


def _checks(x, rows, fit: _Fit, bread, at, lags: int) -> dict:
    """Other standard errors of the change, and the checks of the residuals."""
    residual, left = fit.residual / np.sqrt(fit.variance), len(x) - x.shape[1]
    spread = float((residual**2).sum() / left)
    scores = (x * fit.residual[:, None]) @ bread[:, 1]
    weights = 1 - np.abs(at[:, None] - at[None, :]) / (lags + 1)  # Bartlett's
    other = np.nan
    if "comparison" not in rows:
        extra = (fit.residual**2 - fit.variance) / fit.variance**2
        other = np.exp(_fit(x, rows, extra=max(extra.sum() / left, 0.0)).beta[1])
    return {
        "model_se": float(np.sqrt(bread[1, 1])),
        "quasi_se": float(np.sqrt(spread * bread[1, 1])),
        "hac_se": float(np.sqrt(scores @ weights.clip(0) @ scores)),
        "dispersion": spread,
        "ljung_box": _ljung_box(residual, min(lags, len(x) // 5)),
        "negative_binomial": float(other),
    }


def _ljung_box(residual: np.ndarray, lags: int) -> float:
    """The p-value that there is no autocorrelation (Ljung & Box 1978, Biometrika 65:297).

    That of statsmodels loads scipy.signal for it, which takes longer than a whole series.
    """
    from scipy.stats import chi2

    n, lag, around = len(residual), np.arange(1, lags + 1), residual - residual.mean()
    share = np.correlate(around, around, "full")[n : n + lags] / (around @ around)
    return float(chi2.sf(n * (n + 2) * (share**2 / (n - lag)).sum(), lags))


def _noise(x, fit: _Fit, bread, at) -> _Noise:
    """The restricted likelihood of what may move counts, by the standardised residuals."""
    from scipy.linalg import null_space

    root = np.sqrt(fit.variance)
    rows = x * root[:, None]
    free = null_space(rows.T)  # sums of residuals in which no coefficient has a part
    seen = free.T @ (fit.residual / root)
    gap = np.abs(at[:, None] - at[None, :])
    most = 10 * max(seen @ seen / len(seen), 1.0)
    extra, grid = np.geomspace(0.5, most, 36) - 1, np.arange(0, 1, 0.05)
    log = []
    for kept in grid:
        size, axes = np.linalg.eigh(free.T @ kept**gap @ free)
        spread = 1 + extra[:, None] * np.where(extra[:, None] < 0, 1, size)
        log.append(-(np.log(spread) + (axes.T @ seen) ** 2 / spread).sum(axis=1) / 2)
    weight = np.exp(np.array(log) - np.max(log)).ravel()
    kept, extra = (g.ravel() for g in np.meshgrid(grid, extra, indexing="ij"))
    kept = np.where(extra < 0, 0, kept)  # less than chance is nothing to keep
    return _Noise(weight / weight.sum(), extra, kept, rows @ bread, gap)
