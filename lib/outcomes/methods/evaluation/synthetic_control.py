"""Synthetic control: a weighted mix of other areas that tracked the treated one before the start.

Sources: Abadie, Diamond & Hainmueller 2010 (JASA 105:493) for the method and placebo ranks; 2015
(AJPS 59:495) for leave-one-out. Weights are non-negative and sum to 1; the least-squares optimum is
found exactly by non-negative least squares and held to its optimality conditions. On sparse counts
that solver fails once or twice in 200 fits; bounded-variable least squares (Stark & Parker 1995,
Comput Stat 10:129) then takes its place. Not to be used when the fit before the start is poor: see
``note``.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.core.formatting import count, p_value
from outcomes.core.kept_results import keep
from outcomes.methods.evaluation.effect_ranks import EffectRank, rank_effect
from outcomes.methods.evaluation.verdict import Evidence, Verdict, reach_verdict
from outcomes.methods.minimum_data import (
    like,
    require_counts,
    require_months,
    wide,
)

FIT = 0.10
"""The largest gap before the start, as a share of the level, with which a mix fits."""

FIT_FILTER = 5
"""Placebo units whose squared gap before is more than so many times the treated unit's are left out
of the ranking, as their gaps after say nothing."""


class Synthetic(NamedTuple):
    """The treated unit beside its synthetic self, with placebos and what each donor matters."""

    ratio: float  # actual over synthetic after the start
    effect: float  # mean gap after the start, in the outcome's units
    fit: float  # root mean squared gap before the start, over the mean
    mspe_ratio: float  # squared gaps after over before
    p: float  # rank of mspe_ratio among all units that fit as well; NaN where it has no rank
    rank: int  # 0 where it has none: no placebo fits as well, or no gap before to measure by
    weights: pd.Series  # donors with any weight, largest first
    frame: pd.DataFrame  # time, actual, synthetic, gap, after
    placebo: pd.DataFrame  # unit, fit, ratio, effect, mspe_ratio, kept
    gaps: pd.DataFrame  # time x unit, gaps of the placebos kept
    leave_one_out: pd.DataFrame  # dropped, ratio, effect, fit
    note: str

    @property
    def ranked(self) -> int:
        """How many units are ranked, the treated one among them."""
        return int(self.placebo["kept"].sum()) + 1

    @property
    def additive(self) -> EffectRank:
        """The rank by the size of the gap after, rather than by how it compares with that before.

        Raises NotEnough under 2 placebo units that fit as well.
        """
        return rank_effect(
            self.effect, self.placebo.loc[self.placebo["kept"], "effect"]
        )

    def evidence(self, direction: str = "neither") -> Evidence:
        """All that speaks for and against it, for the table of :mod:`verdict`."""
        others = self.ranked - 1
        same_side = (self.leave_one_out["ratio"] < 1) == (self.ratio < 1)
        return Evidence(
            self.ratio,
            self.p,
            direction,
            unadjusted_p=self.p,
            disjoint=others,
            family="other offences",
            other_comparison=True,
            not_replicated=[]
            if same_side.all()
            else ["every mix without one of its forces"],
            checks={
                "fit before the start": self.fit <= FIT,
                "forces to rank it among": self.rank > 0,
            },
            few=f"only {count(others, 'other force')} {'fits' if others == 1 else 'fit'} "
            "well enough to rank it among",
        )

    @property
    def clause(self) -> str:
        """What its rank allows to be said, as a part of a sentence."""
        if self.ranked == 1:
            return "no placebo area fitted as well, so it has no rank"
        if not self.rank:
            return "it has no rank, as it had no gap before"
        least = (
            f", where the least that {self.ranked} can give is {1 / self.ranked:.2f}"
        )
        few = least if self.ranked < 20 else ""
        return f"it ranks {self.rank} of {self.ranked} ({p_value(self.p)}{few})"


def simplex_weights(donors: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The w >= 0 with sum 1 that minimises ||target - donors @ w||, exactly.

    ``donors`` is time x donor. Where several mixes fit equally well one of them is returned.
    NotEnough when neither solver finds a mix that fits best.

    >>> simplex_weights(np.array([[1.0, 3.0], [2.0, 6.0]]), np.array([2.0, 4.0])).round(6).tolist()
    [0.5, 0.5]
    """
    x, y = np.asarray(donors, float), np.asarray(target, float)
    if (
        x.ndim != 2
        or not x.size
        or len(x) != len(y)
        or not (np.isfinite(x).all() and np.isfinite(y).all())
    ):
        raise Invalid(
            "A mix needs a finite number of each donor at each time of the target."
        )
    # As the weights sum to 1, the misfit is that of x - y; and of all u >= 0, scaling only trades
    # the misfit of u / sum(u) against (sum(u) - 1) ** 2, so the best u has the best weights.
    apart = x - y[:, None]
    size = np.sqrt((apart**2).sum(axis=0).min()) or 1.0
    for solve in (_nnls, _bvls):
        u = solve(
            np.vstack([apart / size, np.ones(x.shape[1])]), np.r_[np.zeros(len(y)), 1.0]
        )
        if u is not None and u.sum() > 0 and _optimal(apart / size, u / u.sum()):
            return u / u.sum()
    raise NotEnough(
        "No mix of the donors could be shown to fit best; there is no estimate."
    )


def _nnls(a, b) -> np.ndarray | None:
    from scipy.optimize import nnls

    try:
        return nnls(a, b)[0]
    except RuntimeError:  # too many steps
        return None


def _bvls(a, b) -> np.ndarray:
    from scipy.optimize import lsq_linear

    most = 50 * a.shape[1]
    found = lsq_linear(a, b, (0, np.inf), method="bvls", tol=1e-14, max_iter=most).x
    return found.clip(0)


def fit_synthetic_control(
    outcome: pd.DataFrame,
    treated: str,
    start: str | pd.Timestamp,
    *,
    minimum: tuple[int, int] = (8, 4),
) -> Synthetic:
    """What the treated unit would have had, made from the others, and how unusual the gap is.

    Parameters
    ----------
    outcome : time x unit of rates (per head) or counts; times with a missing cell are left out.
    treated, start : the treated unit and the first time of the programme.
    minimum : the fewest times before and after.

    Returns
    -------
    Synthetic : a unit that fits without any gap before the start has no rank: p is NaN, and
        ``note`` says so. A placebo that has no estimate is left out and counted there.

    Raises
    ------
    NotEnough : when the treated unit has no estimate: its mix has no events after the start.
    """
    outcome, (treated,), after = wide(
        outcome, treated, start, minimum=minimum, signed=True
    )
    require_months(
        int((~after).sum()), int(after.sum()), minimum=(1, 1), unit="periods"
    )
    donors = outcome.shape[1] - 1
    if donors < 2:
        raise NotEnough(
            f"A synthetic control needs at least 2 donors; there are {donors}."
        )
    units, names = np.ascontiguousarray(outcome.to_numpy().T), outcome.columns
    at = int(names.get_loc(treated))
    pool = [k for k in range(len(names)) if k != at]
    mix = _fit_mix(units, at, pool, after)
    own = mix.summary
    if not np.isfinite([own["ratio"], own["fit"]]).all():
        side = "after" if np.isfinite(own["fit"]) else "before"
        raise NotEnough(
            f"There are no events {side} the start to compare with, so no estimate."
        )
    frame = {"time": outcome.index, "actual": units[at], "synthetic": mix.synthetic}
    weights = pd.Series(mix.weights, names[pool].tolist(), name="weight")
    weights = weights[weights > 1e-6].sort_values(ascending=False, kind="stable")
    found, gaps = _placebos(units, names, pool, after)
    found["kept"] = found["mspe_pre"] <= FIT_FILTER * own["mspe_pre"]
    found["kept"] &= found["mspe_ratio"].notna()
    kept = found.loc[found["kept"], "unit"].tolist()
    ranked = kept and np.isfinite(own["mspe_ratio"])
    further = int((found["kept"] & (found["mspe_ratio"] >= own["mspe_ratio"])).sum())
    return Synthetic(
        ratio=own["ratio"],
        effect=own["effect"],
        fit=own["fit"],
        mspe_ratio=own["mspe_ratio"],
        p=(1 + further) / (len(kept) + 1) if ranked else np.nan,
        rank=1 + further if ranked else 0,
        weights=weights,
        frame=pd.DataFrame(frame | {"gap": mix.gap, "after": after}),
        placebo=found.drop(columns="mspe_pre"),
        gaps=pd.DataFrame({unit: gaps[unit] for unit in kept}, outcome.index),
        leave_one_out=_leave_one_out(units, names, at, pool, weights, after),
        note=_note(own, found),
    )


def judge_synthetic_control(
    found: Synthetic,
    *,
    noun: str,
    area: str,
    direction: str,
    p: float | None = None,
    family_size: int = 0,
) -> Verdict:
    """What the synthetic control of a force has earned the right to say.

    Its checks are the fit before the start (``FIT`` of the level at most) and that there are other
    forces to rank it among; every mix without one of its forces must find the same side.

    Parameters
    ----------
    found : what :func:`fit_synthetic_control` gave.
    noun, area : what was counted, in the plural or as a mass, and where.
    direction : "fewer", "more" or "neither": the direction of improvement.
    p, family_size : for a secondary outcome the p adjusted for multiple testing, and of how many
        outcomes; the primary one counts with its own p.

    Raises
    ------
    Invalid : for a direction that is none, or a ratio of 0.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rates = pd.DataFrame(rng.normal(50, 2, (40, 24)))
    >>> rates[0] = rates[[3, 5]].mean(axis=1) + rng.normal(0, 1, 40)
    >>> rates.loc[30:, 0] *= 0.5
    >>> found = fit_synthetic_control(rates, 0, 30)
    >>> judge_synthetic_control(found, noun="theft", area="Kent", direction="fewer").kind
    'effect'
    """
    evidence = found.evidence(direction)._replace(
        p=found.p if p is None else p, family_size=family_size
    )
    mix = f"a mix of {count(len(found.weights), 'other force')}"
    return reach_verdict(evidence, noun=noun, area=area, comparison=mix)


@keep
def fit_synthetic_control_to_counts(
    counts: pd.DataFrame,
    treated: str,
    start: str | pd.Timestamp,
    *,
    minimum: tuple[int, int] = (24, 12),
) -> Synthetic:
    """A synthetic control of counts, each unit relative to its own mean before the start.

    So neither size nor population matters. Units without events before the start are left out.

    Parameters
    ----------
    counts : month x unit, the units not overlapping.
    treated, start : the treated unit and the first month of the programme.
    minimum : the fewest months before and after.

    Raises
    ------
    NotEnough : under ``minimum`` months, and where fewer than ``FEWEST`` events stand before the
        start or are to be expected after it.
    """
    after = np.asarray(counts.index >= like(start, counts.index))
    require_months(int((~after).sum()), int(after.sum()), minimum=minimum)
    early = counts[~after].mean()
    if not early[treated] > 0:
        raise NotEnough(
            f"{treated} has no events before the start, so nothing can be mixed."
        )
    relative = counts[counts.columns[early > 0]] / early[early > 0]
    found = fit_synthetic_control(relative, treated, start, minimum=minimum)
    expected = found.frame.loc[found.frame["after"], "synthetic"].sum()
    require_counts(
        {
            "before the start": counts.loc[~after, treated].sum(),
            "to be expected after the start": expected * early[treated],
        }
    )
    return found


class _Mix(NamedTuple):
    """One unit against a mix of others."""

    summary: dict[str, float]
    weights: np.ndarray
    synthetic: np.ndarray
    gap: np.ndarray


def _fit_mix(units: np.ndarray, treated: int, pool: list[int], after) -> _Mix:
    """The mix of the ``pool`` that is nearest to the treated before the start (unit x time)."""
    y, x = units[treated], units.take(pool, axis=0).T
    w = simplex_weights(x[~after], y[~after])
    synthetic = x @ w
    gap = y - synthetic
    gap[np.abs(gap) <= 1e-9 * np.abs(y).max()] = 0.0  # rounding is no gap
    pre, post = (gap[~after] ** 2).mean(), (gap[after] ** 2).mean()
    summary = {
        "ratio": _quotient(y[after].sum(), synthetic[after].sum()),
        "effect": float(gap[after].mean()),
        "fit": _quotient(np.sqrt(pre), abs(y[~after].mean())),
        "mspe_ratio": _quotient(post, pre),
        "mspe_pre": float(pre),
    }
    return _Mix(summary, w, synthetic, gap)


def _quotient(a: float, b: float) -> float:
    """a / b, where nothing over nothing is not a number."""
    if b == 0:
        return np.nan if a == 0 else np.inf
    return float(a / b)


def _placebos(
    units: np.ndarray, names: pd.Index, pool: list[int], after: np.ndarray
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Each donor in turn as if treated, made from the other donors (the treated unit left out)."""
    rows, gaps = [], {}
    for k in pool:
        try:
            mix = _fit_mix(units, k, [c for c in pool if c != k], after)
            found = mix.summary
            gaps[names[k]] = mix.gap
        except NotEnough:  # one that has no mix must not take the others with it
            found = dict.fromkeys(
                ("ratio", "effect", "fit", "mspe_ratio", "mspe_pre"), np.nan
            )
        rows.append({"unit": names[k]} | found)
    return pd.DataFrame(rows), gaps


def _leave_one_out(
    units: np.ndarray, names: pd.Index, treated: int, pool: list[int], weights, after
) -> pd.DataFrame:
    rows = []
    for dropped in weights.index if len(pool) > 2 else []:
        try:
            others = [c for c in pool if names[c] != dropped]
            found = _fit_mix(units, treated, others, after).summary
        except NotEnough:
            found = dict.fromkeys(("ratio", "effect", "fit"), np.nan)
        rows.append((dropped, found["ratio"], found["effect"], found["fit"]))
    return pd.DataFrame(rows, columns=["dropped", "ratio", "effect", "fit"])


def _optimal(apart, w) -> bool:
    """The Karush-Kuhn-Tucker conditions: on the simplex, and no donor would improve the fit."""
    gradient = apart.T @ (apart @ w)
    level, used = gradient @ w, w > 1e-7
    room = 1e-7 * max(1.0, np.abs(gradient).max())
    feasible = w.min() >= 0 and abs(w.sum() - 1) < 1e-9
    flat = np.abs(gradient[used] - level).max() <= room
    return bool(feasible and flat and gradient.min() >= level - room)


def _note(own: dict, found: pd.DataFrame) -> str:
    fit, tried, lost = own["fit"], len(found), int(found["mspe_ratio"].isna().sum())
    quality = "close" if fit <= 0.05 else "fair" if fit <= 0.10 else "poor"
    text = (
        f"The fit before the start is {quality} (gaps of {fit:.1%} of the level); "
        f"{int(found['kept'].sum())} of {tried} placebo areas fit no worse than {FIT_FILTER} "
        "times as badly and are ranked."
    )
    if lost:
        text += f" Left out of all ranks: {lost} of {tried}, which have no estimate or no gap."
    if not np.isfinite(own["mspe_ratio"]):
        text += " There is no gap before the start to measure the one after by, so it has no rank."
    return text
