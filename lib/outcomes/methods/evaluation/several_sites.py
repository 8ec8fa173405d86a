"""Several sites: starts that differ, and effects of sites pooled in part.

* *Starts that differ*: Callaway & Sant'Anna 2021 (J Econometrics 225:200). For each group of units with
  one start, and each time, the change since the last time before that start, against that of units
  never treated: no unit already treated stands as a comparison. The times after the start are
  averaged by how many units each group has. Errors are those of the influence function, by unit: for
  one start, those of a regression robust to unequal variances. With few treated units they are too
  small: the interval takes Student's t of as many degrees of freedom as there are treated units
  beyond the first of each start, and placebo units are the better measure (``docs/coverage.md``).
* *Partial pooling*: effects of sites, each with its error, differ by more than chance. The random-effects
  mean of DerSimonian & Laird (1986, Control Clin Trials 7:177) weighs them. Its interval is that of
  Knapp & Hartung (2003, Stat Med 22:2693), as the plain one of 5 or 10 sites that differ held the truth
  in 91% alone. Sites that differ by less than their errors allow, such as three equal effects, do not
  make it narrower than these errors (their max(1, q)). That for one more site allows for how badly few
  sites tell how far sites differ: what that variance may be is read off Q (Viechtbauer 2007, Stat Med
  26:37), and predictions are averaged over it (Nagashima, Noma & Furukawa 2019, Stat Methods Med Res
  28:1689; Kronthaler & Held 2025, arXiv:2510.13216). With one estimate of it the interval held 86% after
  10 sites, now 94% (``docs/coverage.md``). Three sites can be pooled, but their interval is very wide.
* *One effect of all sites*: where nothing began, sets of as many areas, each as large as a site, play
  the treated set (:func:`placebo_sites`; MacKinnon & Webb 2020, J Econometrics 218:435). It takes 19
  sets that share no place for a p of 0.05: areas put together anew give more sets, but tell little
  more (``tests/simulate``).
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.core.formatting import count, listed, number, p_value
from outcomes.methods.evaluation.matching import disjoint_sets, distances, ring
from outcomes.methods.evaluation.verdict import smallest_p
from outcomes.methods.intervals import (
    Interval,
    confident,
    mixture_quantile,
    numbers,
    same_rows,
)
from outcomes.methods.minimum_data import like, ordered


class Staggered(NamedTuple):
    """Effects by group and time, and their mean after the starts, in the outcome's units."""

    frame: pd.DataFrame  # group (its start), time, effect, se, after
    overall: float  # mean over group and time after the start, by units
    se: float
    freedom: int  # treated units beyond the first of each start

    def interval(self, *, confidence: float = 0.95) -> Interval:
        """The mean effect with limits by its error; NotEnough with one unit for each start."""
        from scipy.stats import t

        if self.freedom < 1:
            raise NotEnough("One treated unit for each start tells no error.")
        reach = float(t.ppf(0.5 + confident(confidence) / 2, self.freedom)) * self.se
        return Interval(self.overall, self.overall - reach, self.overall + reach)


def staggered_effects(outcome: pd.DataFrame, starts: Mapping[str, object]) -> Staggered:
    """What programmes that began at different times did, against units that never had one.

    Parameters
    ----------
    outcome : time x unit of rates, counts or their logarithms, without a missing cell.
    starts : treated unit -> its first time; all other units were never treated.

    Raises
    ------
    NotEnough : with fewer than 2 units never treated, or no start with a time before it.
    Invalid : for a unit that is no column, and for a missing cell.

    Examples
    --------
    >>> rates = pd.DataFrame({"a": [1, 1, 4, 4], "b": [2, 2, 2, 5], "c": [3] * 4, "d": [5] * 4})
    >>> staggered_effects(rates, {"a": 2, "b": 3}).overall
    3.0
    """
    outcome = ordered(outcome)
    strange = [unit for unit in starts if unit not in outcome.columns]
    if strange:
        raise Invalid(f"The treated unit {strange[0]!r} is not a column of the panel.")
    if outcome.isna().any(axis=None):
        raise Invalid("Starts that differ need a panel without a missing cell.")
    group = pd.Series({u: like(start, outcome.index) for u, start in starts.items()})
    never = outcome.columns.difference(group.index, sort=False)
    if len(never) < 2:
        raise NotEnough(f"{len(never)} units were never treated; 2 are needed.")
    n, y, times = outcome.shape[1], outcome.T, outcome.index
    rows, influence = [], {}
    for start in sorted(set(group)):
        before = times[times < start]
        members = group.index[group == start]
        if not len(before) or not (times >= start).any():
            continue
        for time in times[1:]:
            # Before the start: the change since the time before (as in ``did``).
            at = times.get_loc(time)
            base = before[-1] if time >= start else times[at - 1]
            change = y[time] - y[base]
            own, others = change[members], change[never]
            scores = pd.Series(0.0, outcome.columns)
            scores[members] = (own - own.mean()) * n / len(members)
            scores[never] = -(others - others.mean()) * n / len(never)
            se = float(np.sqrt((scores**2).mean() / n))
            effect = float(own.mean() - others.mean())
            rows.append((start, time, effect, se, time >= start))
            influence[start, time] = scores
    if not rows:
        raise NotEnough("No programme has a time before and a time after its start.")
    frame = pd.DataFrame(rows, columns=["group", "time", "effect", "se", "after"])
    scores = pd.DataFrame(influence)
    after = frame["after"].to_numpy()
    size = frame["group"].map(group.value_counts()).to_numpy(float)
    weights = np.where(after, size, 0.0) / size[after].sum()
    overall = float(weights @ frame["effect"])
    # The share of units in each group is itself an estimate.
    drift = pd.Series(0.0, scores.index)
    for row in frame[after].itertuples():
        drift[group.index[group == row.group]] += row.effect - overall
    drift *= n / size[after].sum()
    total = scores.to_numpy() @ weights + drift.to_numpy()
    se = float(np.sqrt((total**2).mean() / n))
    used = group.isin(frame.loc[after, "group"])
    freedom = int(used.sum()) - group[used].nunique()
    return Staggered(frame, overall, se, freedom)


class Pooled(NamedTuple):
    """The mean effect of sites, how much they differ, and what one more site may show."""

    mean: Interval
    se: float  # of the mean, were the variance between sites known
    between: float  # standard deviation between sites
    between_limits: tuple[float, float]  # of ``between``, at the same confidence
    q: float  # Cochran's, with sites - 1 degrees of freedom
    p_alike: float  # of Q: whether the sites differ by no more than chance
    next_site: Interval
    frame: pd.DataFrame  # site, effect, se, weight, pooled

    @property
    def i2(self) -> float:
        """The share of the differences between sites that is not chance."""
        return max(0.0, 1 - (len(self.frame) - 1) / self.q) if self.q > 0 else 0.0


def pool_sites(
    effects: pd.Series, errors: pd.Series, *, confidence: float = 0.95
) -> Pooled:
    """Effects of several sites pooled in part: each is drawn to the mean as far as it is uncertain.

    Parameters
    ----------
    effects, errors : by site, such as log ratios and their standard errors.
    confidence : of the intervals.

    Raises
    ------
    NotEnough : with fewer than 3 sites.
    Invalid : for an error that is not above 0, or errors of other sites than the effects.

    Examples
    --------
    >>> found = pool_sites(pd.Series([-0.1, -0.2, -0.3]), pd.Series([0.1, 0.1, 0.1]))
    >>> round(found.mean.estimate, 2), round(found.between, 2)
    (-0.2, 0.0)
    """
    from scipy.stats import chi2, t

    same_rows(effects, errors)
    effects = pd.Series(effects)
    y, se = numbers(effects), numbers(errors)
    if len(y) < 3:
        raise NotEnough(f"Pooling takes 3 sites or more; there are {len(y)}.")
    if len(se) != len(y) or not (np.isfinite([*y, *se]).all() and (se > 0).all()):
        raise Invalid("Each site needs an effect and an error above 0.")
    fixed = 1 / se**2
    centre = (fixed @ y) / fixed.sum()
    q = float(fixed @ (y - centre) ** 2)
    room = fixed.sum() - (fixed**2).sum() / fixed.sum()
    tau2 = max(0.0, (q - (len(y) - 1)) / room)
    weight = 1 / (se**2 + tau2)
    mean, spread = float(weight @ y / weight.sum()), float(weight.sum() ** -0.5)
    apart = np.sqrt(weight @ (y - mean) ** 2 / (len(y) - 1)) if tau2 else 1.0
    level = 0.5 + confident(confidence) / 2
    reach = float(t.ppf(level, len(y) - 1) * spread * apart)
    ends = _variances(y, se, chi2.ppf([level, 1 - level], len(y) - 1))
    drawn = tau2 / (tau2 + se**2)
    return Pooled(
        mean=Interval(mean, mean - reach, mean + reach),
        se=spread,
        between=float(np.sqrt(tau2)),
        between_limits=tuple(np.sqrt(ends).tolist()),
        q=q,
        p_alike=float(chi2.sf(q, len(y) - 1)),
        next_site=Interval(mean, *_next_site(y, se, level)),
        frame=pd.DataFrame(
            {
                "site": effects.index,
                "effect": y,
                "se": se,
                "weight": weight / weight.sum(),
                "pooled": drawn * y + (1 - drawn) * mean,
            }
        ),
    )


def _variances(y: np.ndarray, se: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The variances between sites with which Cochran's Q would be each ``q``; 0 where it is less."""
    low, high = np.zeros(len(q)), ((y - y.mean()) ** 2).sum() / q
    for _ in range(60):  # Q falls as the variance grows
        middle = (low + high) / 2
        weight = 1 / (se**2 + middle[:, None])
        apart = y - (weight @ y / weight.sum(axis=1))[:, None]
        beyond = (weight * apart**2).sum(axis=1) > q
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return low


def _next_site(y: np.ndarray, se: np.ndarray, level: float) -> tuple[float, float]:
    """Limits for the true effect of one more site, over all that the variance between may be."""
    from scipy.stats import chi2

    tau2 = _variances(y, se, chi2.ppf((np.arange(200) + 0.5) / 200, len(y) - 1))
    weight = 1 / (se**2 + tau2[:, None])
    total = weight.sum(axis=1)
    parts = weight @ y / total, np.sqrt(tau2 + 1 / total)
    return mixture_quantile(1 - level, *parts), mixture_quantile(level, *parts)


class PlaceboSites(NamedTuple):
    """Sets of areas without the programme, made like the treated sites, and what they allow."""

    treated: list[str]  # the units of all sites
    pool: list[str]  # units that are neither treated nor near
    sets: list[list[str]]  # those that share no unit come first
    sizes: list[int]  # units of each site

    @property
    def design(self) -> dict[str, list]:
        """The keywords of :func:`evaluate` that it gives."""
        return {"treated": self.treated, "pool": self.pool, "placebo_sets": self.sets}

    @property
    def disjoint(self) -> int:
        """How many of the sets share no unit."""
        return len(disjoint_sets(self.sets))

    @property
    def least_p(self) -> float:
        """The least p that so few disjoint sets allow."""
        return smallest_p(self.disjoint)

    @property
    def clause(self) -> str:
        """How they were drawn, and the least p they allow, as a part of a sentence."""
        sizes = listed([number(size) for size in self.sizes])
        areas = f"{count(len(self.sizes), 'area')} of {sizes} places"
        return (
            f"{number(len(self.sets))} sets of {areas}, drawn from {number(len(self.pool))} "
            f"elsewhere; {number(self.disjoint)} of the sets have no place in common, "
            f"so that the least p is {p_value(self.least_p).removeprefix('p = ')}"
        )


def placebo_sites(
    places: pd.DataFrame,
    sites: Sequence[Sequence[str]],
    *,
    km: float = 2.0,
    sets: int = 499,
    seed: int = 0,
) -> PlaceboSites:
    """Sets of areas that play the treated sites: as many, each of as many neighbours, and apart.

    First come sets that share no place: areas are cut from the edge inwards until no more fit, and
    put together by chance. Further sets are areas around places drawn by chance.

    Parameters
    ----------
    places : by unit: longitude, latitude; of any force, with the treated units.
    sites : the units of each site.
    km : how near a place is to a site, in kilometres, to be compared with nothing.
    sets : how many sets.
    seed : of the draws.

    Raises
    ------
    NotEnough : with too few places for one set.
    Invalid : for a site without a unit, a unit that is no place, or one in two sites.

    Examples
    --------
    >>> row = pd.DataFrame({"longitude": np.arange(60) / 10, "latitude": 54.0})
    >>> row.index = [f"u{k}" for k in range(60)]
    >>> drawn = placebo_sites(row, [["u5", "u6"], ["u40"]], km=1, sets=99)
    >>> drawn.clause
    '99 sets of 2 areas of 2 and 1 places, drawn from 57 elsewhere; 19 of the sets have no place in \
common, so that the least p is 0.05'
    """
    treated = list(chain.from_iterable(sites))
    strange = [unit for unit in treated if unit not in places.index]
    if strange or not all(map(len, sites)) or len({*treated}) < len(treated):
        said = f"{strange[0]!r} is none of the places" if strange else "one has none"
        raise Invalid(f"Each site has units of its own, and {said} or is in two.")
    barred = {*treated, *ring(places, treated, km=km)}
    pool = [unit for unit in places.index if unit not in barred]
    sizes = sorted(map(len, sites), reverse=True)
    if len(pool) < sum(sizes):
        raise NotEnough(
            f"{len(pool)} places are neither treated nor near: too few for {sum(sizes)}."
        )
    towards = _Nearest(distances(places.loc[pool], places.loc[pool]))
    rng = np.random.default_rng(seed)
    found = dict.fromkeys(map(frozenset, _apart(towards, sizes, rng)))
    for _ in range(20 * sets):
        if len(found) >= sets:
            break
        free = np.ones(len(pool), bool)
        drawn = [towards.area(n, rng.permutation(len(pool)), free) for n in sizes]
        if all(drawn):
            found.setdefault(frozenset(chain.from_iterable(drawn)))
    named = [[pool[k] for k in sorted(one)] for one in found]
    return PlaceboSites(treated, pool, named[:sets], sizes)


class _Nearest:
    """Places by number, and from each the others in order of distance."""

    def __init__(self, far: np.ndarray) -> None:
        self.far, self.order = far, np.argsort(far, axis=1, kind="stable")

    def area(self, size: int, starts: np.ndarray, free: np.ndarray) -> list[int]:
        """The free places nearest the first start that has them near, no longer free then.

        They may reach twice as far as all of its nearest do. Empty where no start has them.
        """
        for start in starts[free[starts]]:
            order = self.order[start]
            units = order[free[order]][:size]
            reach = self.far[start, units[-1]]
            if len(units) == size and reach <= 2 * self.far[start, order[size - 1]]:
                free[units] = False
                return units.tolist()
        return []


def _apart(
    towards: _Nearest, sizes: list[int], rng: np.random.Generator
) -> list[list[int]]:
    """Sets that share no place: areas cut from the edge inwards, put together by chance."""
    free = np.ones(len(towards.far), bool)
    inwards = np.argsort(-towards.far.mean(axis=1), kind="stable")
    rounds = []
    while all(cut := [towards.area(size, inwards, free) for size in sizes]):
        rounds.append(cut)
    by_size = [
        [rounds[k][at] for k in rng.permutation(len(rounds))]
        for at in range(len(sizes))
    ]
    return [list(chain.from_iterable(areas)) for areas in zip(*by_size, strict=True)]
