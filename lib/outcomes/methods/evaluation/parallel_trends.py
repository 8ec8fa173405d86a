"""How far a result stands if trends before the start did not run in parallel (parallel trends, pre-trends).

Source: Rambachan & Roth 2023 (Rev Econ Stud 90:2555). An event study gives a coefficient for each
period but the last before the start. What parallel trends would make zero is bounded instead:

* *smoothness*: its slope changes by at most ``m`` from one period to the next. At 0 a straight drift
  is carried on. The interval is their fixed-length one, the shortest around an estimate that is linear
  in the coefficients (Armstrong & Kolesár 2018).
* *relative magnitudes*: from one period to the next it moves at most ``m`` times as much as it did
  between two periods before the start. The interval is their conditional one with a least favourable
  critical value (Andrews, Roth & Pakes 2023), on what the bound implies for the average asked.

The breakdown value is the largest ``m`` with which the interval still excludes no effect.

:func:`carry_drift` needs no event study: a straight drift of the treated share of events, with a
step at the start, as in a controlled interrupted time series.
"""

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough, one_of
from outcomes.core.formatting import number
from outcomes.core.kept_results import keep
from outcomes.methods.evaluation.effect_ranks import EffectRank, rank_effect
from outcomes.methods.evaluation.interrupted_time_series import Its, its
from outcomes.methods.evaluation.matching import disjoint_sets
from outcomes.methods.evaluation.placebos import placebo_interval
from outcomes.methods.evaluation.verdict import ALPHA, smallest_p
from outcomes.methods.intervals import Interval, confident, same_rows
from outcomes.methods.minimum_data import totals, wide

DRAWS, GRID = 5000, 4001
"""Draws by which a least favourable critical value is found, with a fixed seed, and values tried."""


class TrendSensitivity(NamedTuple):
    """Intervals by how far trends may part, and where they first hold no effect."""

    kind: str  # "smoothness" or "relative magnitudes"
    original: Interval  # were trends parallel
    frame: pd.DataFrame  # m, lower, upper
    # inf where all sizes exclude no effect; NaN where even the smallest does not
    breakdown: float

    @property
    def clause(self) -> str:
        """What the breakdown value allows to be said, as a part of a sentence."""
        first, most = self.frame.iloc[0], self.frame["m"].iloc[-1]
        if np.isnan(self.breakdown):
            if self.kind == "smoothness" and first["m"] == 0:
                return "carrying the earlier drift on leaves no clear effect"
            return "no effect stays possible however little trends may part"
        if self.breakdown == np.inf:
            tried = "it stands at all sizes tried, up to"
            if self.kind == "smoothness":
                return f"{tried} a drift that bends by {most:.2g} a period"
            return f"{tried} trends that part {number(most, 1)} times as far as before"
        if self.kind == "smoothness":
            return f"it stands while the drift bends by under {self.breakdown:.2g} a period"
        return (
            f"it stands while trends part by under {number(self.breakdown, 1)} times what they "
            "did before"
        )


class _Study(NamedTuple):
    """Coefficients in order of time, those before the start first, with the weights asked for."""

    beta: np.ndarray
    sigma: np.ndarray
    before: int
    weights: np.ndarray
    times: np.ndarray  # in periods from the last before the start
    alpha: float


def assess_parallel_trends(
    estimates: Sequence[float] | pd.Series,
    covariance: np.ndarray | pd.DataFrame,
    before: int,
    *,
    kind: str = "relative magnitudes",
    sizes: Sequence[float] = (0, 0.5, 1, 1.5, 2),
    weights: Sequence[float] | None = None,
    times: Sequence[int] | None = None,
    confidence: float = 0.95,
) -> TrendSensitivity:
    """The interval of an effect by how far trends may part, and the breakdown value.

    Parameters
    ----------
    estimates, covariance : the coefficients of an event study in order of time, without that of the
        last period before the start, which is 0, and their covariance. With names, both are of the
        same rows in the same order, each once.
    before : how many of them lie before it.
    kind : "smoothness" or "relative magnitudes".
    sizes : the values of ``m``, rising: in units of the outcome for smoothness, else a multiple.
    weights : of the periods after the start; by default their mean.
    times : the period of each coefficient, counted from the last before the start, where some are
        missing; by default they follow one another.
    confidence : of the intervals.

    Raises
    ------
    Invalid : for numbers that do not fit together.
    NotEnough : where there is no coefficient before the start, or none after it.

    Examples
    --------
    >>> found = assess_parallel_trends([0.01, -0.02, 0.3], 0.001 * np.eye(3), 2, sizes=[0, 1, 2])
    >>> found.frame["lower"].gt(0).tolist()
    [True, True, True]
    """
    from scipy.stats import norm

    one_of(kind, ("smoothness", "relative magnitudes"), "kind")
    _require_rows(estimates, covariance)
    beta, sigma = np.asarray(estimates, float), np.asarray(covariance, float)
    after = len(beta) - before
    if before < 1 or after < 1:
        raise NotEnough(
            "Sensitivity to earlier trends needs a period before the last and one after it."
        )
    asked = np.full(after, 1 / after) if weights is None else np.asarray(weights, float)
    if sigma.shape != (len(beta),) * 2 or asked.shape != (after,):
        raise Invalid(
            "Coefficients, their covariance and the weights differ in number."
        )
    if not np.isfinite([*beta, *sigma.flat, *asked]).all():
        raise Invalid(
            "Coefficients, their covariance and the weights are finite numbers."
        )
    m = np.asarray(sizes, float)
    if not len(m) or (m < 0).any() or (np.diff(m) <= 0).any():
        raise Invalid("The sizes are numbers of 0 or more, rising.")
    when = np.r_[np.arange(-before, 0), np.arange(1, after + 1)]
    when = when if times is None else np.asarray(times, int)
    if (
        len(when) != len(beta)
        or (np.diff(when) <= 0).any()
        or (when < 0).sum() != before
    ):
        raise Invalid(
            "The times rise, and are below 0 for each period before the start."
        )
    study = _Study(beta, sigma, before, asked, when, 1 - confident(confidence))
    interval = _fixed_length if kind == "smoothness" else _relative
    rows = [(size, *interval(study, size)[1:]) for size in m]
    frame = pd.DataFrame(rows, columns=["m", "lower", "upper"])
    late = np.r_[np.zeros(before), asked]
    centre, se = late @ beta, np.sqrt(late @ sigma @ late)
    reach = norm.ppf(1 - study.alpha / 2) * se
    original = Interval(float(centre), float(centre - reach), float(centre + reach))
    return TrendSensitivity(kind, original, frame, _breakdown(study, interval, frame))


def _require_rows(estimates: Any, covariance: Any) -> None:
    """Refuse coefficients that are not in order of time, and a covariance of other rows."""
    named = [estimates] if isinstance(estimates, pd.Series) else []
    if isinstance(covariance, pd.DataFrame):
        named += [pd.Series(0, at) for at in (covariance.index, covariance.columns)]
    same_rows(*named)
    for rows in named[:1]:
        names = (
            rows.index.inferred_type == "string"
        )  # "−3" to "2" are in no order of words
        ordered = names or rows.index.is_monotonic_increasing
        if rows.index.has_duplicates or not ordered:
            raise Invalid("Coefficients stand in order of time, each period once.")


class CarriedDrift(NamedTuple):
    """The step at the start beyond a straight drift, beside the plain change."""

    step: Its  # the ratio of treated to comparison, with the drift carried on
    plain: float  # the same ratio without a drift
    ranks: EffectRank | None  # of the log step among placebo sets; None under 19
    placebo: pd.Series  # log steps of placebo sets
    disjoint: int = 0  # placebo sets that share no unit

    @property
    def p(self) -> float:
        """Of the rank of the step by size among placebo sets; NaN without these.

        It is no less than sets that share no unit allow.
        """
        least = smallest_p(self.disjoint)
        return np.nan if self.ranks is None else max(self.ranks.p, least)

    @property
    def interval(self) -> Interval | None:
        """The ratios that placebo sets do not rule out; None under 19 that share no unit, or where
        nothing is."""
        if self.ranks is None or smallest_p(self.disjoint) > ALPHA:
            return None
        try:
            return placebo_interval(self.step.ratio, np.exp(self.placebo))
        except NotEnough:
            return None

    @property
    def explained(self) -> float:
        """The share of the plain change, by its logarithm, that the drift gives: 1 is all of it."""
        return float(1 - np.log(self.step.ratio) / np.log(self.plain))

    @property
    def clause(self) -> str:
        """How much of the plain change the drift gives, as a part of a sentence."""
        if abs(np.log(self.plain)) < 0.01:
            return "there is no change for an earlier drift to give"
        if self.explained < -0.1:
            return "carried on, the drift before the start makes it larger"
        words = [(0.9, "all of it"), (0.5, "most of it"), (0.1, "part of it")]
        much = next((w for share, w in words if self.explained >= share), "none of it")
        return f"carried on, the drift before the start gives {much}"


@keep
def carry_drift(
    panel: pd.DataFrame,
    treated: str | Sequence[str],
    start: str | pd.Timestamp,
    *,
    comparison: Sequence[str],
    placebo_sets: Sequence[tuple[Sequence[str], Sequence[str]]] = (),
    minimum: tuple[int, int] = (24, 12),
) -> CarriedDrift:
    """What is left of a change once a straight drift of the treated share is carried on.

    Parameters
    ----------
    panel : month x unit of counts; months that a treated or a compared unit lacks are left out.
    treated, start : the treated units and the first month of the programme.
    comparison : the units they are compared with.
    placebo_sets : pairs of untreated units and those they are compared with, columns as well.
    minimum : the fewest months before and after.

    Raises
    ------
    NotEnough : as :func:`its` does.

    Examples
    --------
    >>> months = pd.date_range("2019-01-01", periods=60, freq="MS")
    >>> falling = [400 * 0.98**k for k in range(60)]
    >>> panel = pd.DataFrame({"town": falling, "rest": 1000}, months)
    >>> found = carry_drift(panel, "town", "2022-01", comparison=["rest"])
    >>> round(found.plain, 2), round(found.step.ratio, 2), found.clause
    (0.54, 1.0, 'carried on, the drift before the start gives all of it')
    """
    units = [treated] if isinstance(treated, str) else list(treated)
    compared, treated, after = wide(
        panel[[*units, *comparison]], units, start, minimum=minimum
    )
    t = compared[treated].sum(axis=1)
    c = compared.drop(columns=treated).sum(axis=1)
    found = its(t, start, comparison=c, harmonics=0, minimum=minimum)
    plain = t[after].sum() * c[~after].sum() / (t[~after].sum() * c[after].sum())
    steps, apart = np.array([]), 0
    if len(placebo_sets):
        rows = panel.loc[compared.index]
        sums = [totals(rows, sets) for sets in zip(*placebo_sets, strict=True)]
        steps = _steps(np.stack(sums, axis=1), after, compared.index)
        ranked = np.isfinite(steps)
        kept = compress((units for units, _ in placebo_sets), ranked)
        apart = len(disjoint_sets(kept))
        steps = steps[ranked]
    enough = len(steps) >= 19
    rank = rank_effect(np.log(found.ratio), steps) if enough else None
    return CarriedDrift(found, float(plain), rank, pd.Series(steps), apart)


def _steps(
    counts: np.ndarray, after: np.ndarray, index: pd.DatetimeIndex
) -> np.ndarray:
    """The log step of each set (set x pair x month) by iterated weighted least squares at once."""
    year = np.asarray(index.year * 12 + index.month) / 12
    x = np.column_stack([np.ones(len(year)), after, year - year.mean()]).astype(float)
    t, n = counts[:, 0], counts.sum(axis=1)
    share = t.sum(axis=1) / n.sum(axis=1)
    beta = np.zeros((len(t), 3))
    with np.errstate(divide="ignore", invalid="ignore"):
        beta[:, 0] = np.log(share / (1 - share))
        usable = np.isfinite(beta[:, 0])
        usable &= (t[:, after].sum(axis=1) > 0) & (t[:, ~after].sum(axis=1) > 0)
        for _ in range(50):
            p = 1 / (1 + np.exp(-beta[usable] @ x.T))
            weight = n[usable] * p * (1 - p)
            gram = np.einsum("sm,mi,mj->sij", weight, x, x)
            score = (t[usable] - n[usable] * p) @ x
            move = np.linalg.solve(gram, score[..., None])[..., 0]
            beta[usable] += move
            if np.abs(move).max(initial=0) < 1e-10:
                break
    return np.where(usable, beta[:, 1], np.nan)


def _breakdown(study: _Study, interval: Callable, frame: pd.DataFrame) -> float:
    """The largest size whose interval excludes 0, to a thousandth; inf where all sizes do."""
    clear = ((frame["lower"] > 0) | (frame["upper"] < 0)).to_numpy()
    if not clear[0]:
        return np.nan
    if clear.all():
        return np.inf
    first = int(clear.argmin())
    low, high = frame["m"].iloc[first - 1], frame["m"].iloc[first]
    while high - low > 1e-3 * frame["m"].iloc[-1]:
        middle = (low + high) / 2
        holds = interval(study, middle).sign(0) != 0
        low, high = (middle, high) if holds else (low, middle)
    return float(low)


def _fixed_length(study: _Study, m: float) -> Interval:
    """The shortest interval around a linear estimate whose bias the smoothness bounds."""
    from scipy.optimize import minimize
    from scipy.stats import ncx2, norm

    before, times = study.before, study.times
    # Row k: what a bend of 1 at period k adds to each coefficient, the drift at 0 being straight.
    bend = [np.maximum(0, k - times) for k in range(times[0] + 1, 0)]
    bend = np.array(bend + [np.maximum(0, times - k) for k in range(times[-1])], float)
    early, late = bend[:, :before], bend[:, before:] @ study.weights
    drift = times[before:] @ study.weights
    unit = np.sqrt(study.weights @ study.sigma[before:, before:] @ study.weights)

    # x holds the weights of the periods before, and for each bend what it adds to the bias.
    def half(x: np.ndarray) -> tuple[float, np.ndarray]:
        whole = np.r_[x[:before], study.weights]
        pull = study.sigma @ whole
        se = np.sqrt(whole @ pull)
        bias = m * x[before:].sum() / se
        reach = np.sqrt(ncx2.ppf(1 - study.alpha, 1, bias**2))
        near, far = norm.pdf([reach - bias, reach + bias])
        slope = (near - far) / (near + far)
        by_weight = (reach - bias * slope) * pull[:before] / se
        return se * reach / unit, np.r_[by_weight, np.full(len(bend), m * slope)] / unit

    size = np.eye(len(bend))
    above, below = np.hstack([-early, size]), np.hstack([early, size])
    straight = np.r_[times[:before], np.zeros(len(bend))]
    limits = [
        {
            "type": "eq",
            "fun": lambda x: straight @ x + drift,
            "jac": lambda x: straight,
        },
        {"type": "ineq", "fun": lambda x: above @ x - late, "jac": lambda x: above},
        {"type": "ineq", "fun": lambda x: below @ x + late, "jac": lambda x: below},
    ]
    tried = []
    for leans in {
        0,
        before - 1,
    }:  # starts that lean on the first or the last period before
        v = np.zeros(before)
        v[leans] = -drift / times[leans]
        start = np.r_[v, np.abs(early @ v + late)]
        options = {"maxiter": 1000, "ftol": 1e-12}
        tried.append(
            minimize(
                half,
                start,
                jac=True,
                method="SLSQP",
                constraints=limits,
                options=options,
            )
        )
    best = min(tried, key=lambda found: found.fun)
    v = best.x[:before]
    centre = float(v @ study.beta[:before] + study.weights @ study.beta[before:])
    reach = float(best.fun * unit)
    return Interval(centre, centre - reach, centre + reach)


def _relative(study: _Study, m: float) -> Interval:
    """The union over which earlier step was the largest of the values not rejected."""
    before, asked = study.before, study.weights
    estimate = np.r_[np.zeros(before), asked]
    steps = np.eye(before, k=1) - np.eye(before)
    steps = np.hstack(
        [steps, np.zeros((before, len(asked)))]
    )  # the last to 0, at the start
    tails = np.abs(
        np.cumsum(asked[::-1])
    ).sum()  # each later step moves all that follow it
    ends = []
    for step in [*steps, *-steps]:
        rows = np.array(
            [estimate - m * tails * step, -estimate - m * tails * step, -step]
        )
        ends.append(_not_rejected(rows, study))
    centre = float(estimate @ study.beta)
    found = np.array([e for e in ends if e is not None])
    if not len(found):
        return Interval(centre, centre, centre)
    return Interval(centre, float(found[:, 0].min()), float(found[:, 1].max()))


def _not_rejected(rows: np.ndarray, study: _Study) -> np.ndarray | None:
    """The least and most effect for which no moment ``rows @ beta`` less it is clearly above 0."""
    y, cover = rows @ study.beta, rows @ study.sigma @ rows.T
    sd = np.sqrt(np.diag(cover))
    if (sd == 0).any():
        y, cover, sd = y[sd > 0], cover[np.ix_(sd > 0, sd > 0)], sd[sd > 0]
    pull = np.array([1.0, -1.0, 0.0])[: len(y)]
    draws = np.random.default_rng(0).standard_normal((DRAWS, len(y)))
    root = np.linalg.svd(cover)
    normal = draws @ (root[0] * np.sqrt(root[1])).T / sd
    kappa = study.alpha / 10
    least = float(np.quantile(normal.max(axis=1), 1 - kappa))
    level = (study.alpha - kappa) / (1 - kappa)
    width = np.abs(y[:2]).sum() + 20 * sd[:2].max()
    grid = np.linspace(-width, width, GRID)
    z = (y - np.outer(grid, pull)) / sd
    kept = grid[_accepted(z, cover / np.outer(sd, sd), least, level)]
    return np.array([kept.min(), kept.max()]) if len(kept) else None


def _accepted(
    z: np.ndarray, corr: np.ndarray, least: float, level: float
) -> np.ndarray:
    """Where the largest moment is usual, given which it is and what the others leave it."""
    from scipy.stats import norm

    accepted = np.zeros(len(z), bool)
    for top in range(z.shape[1]):
        at = z.argmax(axis=1) == top
        beside = corr[top]
        free = beside < 1 - 1e-12
        bounds = (z[at][:, free] - beside[free] * z[at][:, [top]]) / (1 - beside[free])
        lower = bounds.max(axis=1, initial=-np.inf)
        low, high = norm.cdf(lower), norm.cdf(least)
        usual = norm.ppf(low + (1 - level) * np.maximum(high - low, 0))
        accepted[at] = z[at][:, top] <= np.where(
            high > low, np.maximum(0, usual), least
        )
        accepted[at] &= z[at][:, top] <= least
    return accepted
