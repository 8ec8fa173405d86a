"""One question by every choice that could have been made: the specification curve, or multiverse.

Sources: Simonsohn, Simmons & Nelson 2020 (Nat Hum Behav 4:1208) for the curve and one test of all of it;
Steegen, Tuerlinckx, Gelman & Vanpaemel 2016 (Perspect Psychol Sci 11:702) for the multiverse. Their test
shuffles who was treated; here every placebo area is taken through the same choices, and the median of
the treated area's changes is ranked among the medians of these areas.
"""

from collections.abc import Sequence
from itertools import chain, product
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid, NotEnough
from outcomes.core.formatting import count, number
from outcomes.core.kept_results import keep
from outcomes.methods.evaluation.matching import (
    Choosing,
    Chosen,
    alike,
    choose_in_turn,
    disjoint_sets,
    mean_differences,
    require_choice,
    require_matchable,
    require_ratio,
    ring,
)
from outcomes.methods.evaluation.placebos import (
    before_after,
    different,
    log_ratios,
    rank_among,
    require_untreated,
)
from outcomes.methods.evaluation.verdict import smallest_p
from outcomes.methods.minimum_data import wide

NEARLY_ALL = 0.9
"""With this share of the choices on one side of no change the direction is called stable."""

NARROW = 0.1
"""The size is called stable where the middle nine tenths of the changes span this much at most."""

RADII, RATIOS = (1.0, 2.0, 5.0), (1, 3, 5)
"""Kilometres of the ring that is compared with nothing, and matches for each unit."""

FEATURES = {
    "on level": ["level"],
    "on level, trend": ["level", "trend"],
    "on level, deprivation": ["level", "deprivation"],
    "on level, trend, deprivation": ["level", "trend", "deprivation"],
}
"""What units are matched on, by what it is called."""


class Specification(NamedTuple):
    """One set of choices, and what follows from it."""

    choices: dict[str, str]  # dimension -> option, both in words
    months: pd.DatetimeIndex
    pool: Sequence[str]  # units that may be compared with
    matching: dict | None = (
        None  # keywords of :func:`match_units`; None: the whole pool
    )


class SpecificationCurve(NamedTuple):
    """The change by every choice, in order of size, and how rare the median of all is."""

    frame: pd.DataFrame  # a column for each dimension; ratio, p, balanced, declared
    median: float  # ratio
    rank: int  # of the median, by size, among placebo areas taken through the same choices
    areas: int  # such placebo areas
    disjoint: int  # of these, those that share no unit
    options: dict[str, list[str]]  # those of each dimension, in order
    left_out: list[str]  # choices without an estimate, with the reason

    @property
    def p(self) -> float:
        """The p of the whole curve, no less than disjoint areas allow."""
        return max(self.rank / (self.areas + 1), smallest_p(self.disjoint))

    @property
    def declared(self) -> float:
        """The ratio by the declared choices."""
        return float(self.frame.loc[self.frame["declared"], "ratio"].iloc[0])

    @property
    def lower_in(self) -> int:
        """In how many choices the change is a fall."""
        return int((self.frame["ratio"] < 1).sum())

    @property
    def stable_direction(self) -> bool:
        """Whether nearly all choices agree on the direction."""
        share = self.lower_in / len(self.frame)
        return max(share, 1 - share) >= NEARLY_ALL

    @property
    def stable_size(self) -> bool:
        """Whether the middle nine tenths of the changes lie close together."""
        low, high = self.frame["ratio"].quantile([0.05, 0.95])
        return high - low <= NARROW

    @property
    def clause(self) -> str:
        """What may be said of the choices, as a part of a sentence."""
        if not self.stable_direction:
            return "even the direction depends on the choices"
        if not self.stable_size:
            return "the direction is stable, the size is not"
        return "the direction and the size are stable"


def ring_option(radius: float) -> str:
    """The option of a ring in words.

    >>> ring_option(2.0)
    'ring of 2 km'
    """
    return f"ring of {number(radius)} km"


def specifications(
    places: pd.DataFrame,
    treated: Sequence[str],
    months: dict[str, pd.DatetimeIndex],
    *,
    home: str,
    away: str,
    radii: Sequence[float] = RADII,
    ratios: Sequence[int] = RATIOS,
) -> list[Specification]:
    """Every set of choices: features, number of matches, radius, months and comparison.

    Parameters
    ----------
    places : by unit: force, longitude, latitude, population, imd2025_score.
    treated : the treated units.
    months : the months compared, by what they are called.
    home, away : the force of the treated units, and another, where nothing began.
    radii : kilometres around the treated units in which nothing is compared with.
    ratios : how many units are matched with each.
    """
    deprivation = places[["imd2025_score"]].set_axis(["deprivation"], axis=1)
    population = places["population"]
    inside = places.index[places["force"] == home].tolist()
    pools = {}
    for radius in radii:
        barred = {*treated, *ring(places, treated, km=radius)}
        pools[radius] = [unit for unit in inside if unit not in barred]
    found = []
    for (radius, pool), (when, index) in product(pools.items(), months.items()):
        near = {"ring": ring_option(radius), "months": when}
        for (on, features), ratio in product(FEATURES.items(), ratios):
            choices = {
                "comparison": "matched",
                "alike in": on,
                "matches": f"{count(ratio, 'match', 'matches')} each",
            }
            matching = {
                "features": features,
                "covariates": deprivation,
                "population": population,
                "ratio": ratio,
            }
            found.append(Specification(choices | near, index, pool, matching))
        found.append(Specification({"comparison": "county"} | near, index, pool))
    elsewhere = places.index[places["force"] == away].tolist()
    for when, index in months.items():
        choices = {"comparison": formatting.place(away), "months": when}
        found.append(Specification(choices, index, elsewhere))
    return found


@keep
def specification_curve(
    panel: pd.DataFrame,
    treated: Sequence[str],
    start: str | pd.Timestamp,
    specifications: Sequence[Specification],
    placebo_sets: Sequence[Sequence[str]],
    *,
    declared: dict[str, str],
    minimum: tuple[int, int] = (12, 12),
) -> SpecificationCurve:
    """The change of ``treated`` at ``start`` by every set of choices.

    Parameters
    ----------
    panel : month x unit of counts.
    treated, start : the treated units and the first month of the programme.
    specifications : the sets of choices (:func:`specifications`).
    placebo_sets : placebo areas that may be compared by each of them: of units that lie outside the
        widest ring.
    declared : the choices that were declared before looking.
    minimum : the fewest months before and after; choices with fewer are left out.

    Raises
    ------
    NotEnough : where no choice has an estimate, or the declared one has none.
    Invalid : where none of the specifications is the declared one.
    """
    if not any(spec.choices == declared for spec in specifications):
        raise Invalid("The declared choices are not among the specifications.")
    # Names as Python's own words are found far sooner than those that Arrow holds.
    panel = panel.set_axis(panel.columns.astype(object), axis=1)
    at = different(placebo_sets)
    areas = [list(dict.fromkeys(a)) for a in (treated, *(placebo_sets[k] for k in at))]
    shared: dict[tuple, list[int]] = {}
    for k, spec in enumerate(specifications):
        key = tuple(spec.pool), tuple(spec.months)
        shared.setdefault(key, []).append(k)
    changes: dict[int, _Changes | NotEnough] = {}
    for these in shared.values():
        alike_ones = [specifications[k] for k in these]
        found = _changes(panel, areas, start, alike_ones, minimum)
        changes |= zip(these, found, strict=True)
    rows, logs, left_out = [], [], []
    for k, spec in enumerate(specifications):
        chosen, found = spec.choices == declared, changes[k]
        try:
            if isinstance(found, NotEnough):
                raise found
            own, placebo = found.logs[0], found.logs[1:]
            p = rank_among(own, placebo) / (1 + np.count_nonzero(~np.isnan(placebo)))
        except NotEnough as reason:
            if chosen:
                raise
            left_out.append(f"{', '.join(spec.choices.values())}: {reason}")
            continue
        ratio = float(np.exp(own))
        found_here = {"ratio": ratio, "p": p, "balanced": found.balanced}
        rows.append(spec.choices | found_here | {"declared": chosen})
        logs.append(placebo)
    every = [spec.choices for spec in specifications]
    medians = pd.DataFrame(np.transpose(logs), at).dropna(how="all").median(axis=1)
    frame = pd.DataFrame(rows).sort_values("ratio", kind="stable", ignore_index=True)
    median = float(np.log(frame["ratio"]).median())
    return SpecificationCurve(
        frame=frame,
        median=float(np.exp(median)),
        rank=1 + int((medians.abs() >= abs(median) - 1e-12).sum()),
        areas=len(medians),
        disjoint=len(disjoint_sets(placebo_sets[int(k)] for k in medians.index)),
        left_out=left_out,
        options={
            name: list(dict.fromkeys(filter(None, (c.get(name) for c in every))))
            for name in dict.fromkeys(chain.from_iterable(every))
        },
    )


class _Changes(NamedTuple):
    """By one set of choices: the log ratio of each area, the treated one first."""

    logs: np.ndarray
    balanced: bool | None


def _changes(
    panel: pd.DataFrame,
    areas: Sequence[Sequence[str]],
    start: str | pd.Timestamp,
    specifications: Sequence[Specification],
    minimum: tuple[int, int],
) -> list[_Changes | NotEnough]:
    """What follows from choices that share their pool and their months, or why nothing does."""
    treated, *placebo_sets = areas
    pool, months = list(specifications[0].pool), specifications[0].months
    units = list(dict.fromkeys(chain(treated, pool, *placebo_sets)))
    try:
        rows, _, after = wide(panel.loc[months, units], treated, start, minimum=minimum)
    except NotEnough as reason:
        return [reason] * len(specifications)
    require_untreated({*units} - {*treated}, [pool, *placebo_sets])
    at = {unit: k for k, unit in enumerate(units)}
    inside = [np.array([at[unit] for unit in area]) for area in areas]
    candidates = rows.columns.isin(pool)
    sums = before_after(rows, after)
    own = _each(sums, inside)
    rest = sums[candidates].sum(axis=0) - _each(sums * candidates[:, None], inside)
    matches = _match(rows[~after], inside, candidates, specifications)
    found: list[_Changes | NotEnough] = []
    for spec in specifications:
        if spec.matching is None:
            found.append(_Changes(log_ratios(own, rest), None))
            continue
        matched, ratio = matches[_but_number(spec)], spec.matching["ratio"]
        if isinstance(matched, NotEnough):
            found.append(matched)
            continue
        # Matches are chosen in rounds, one for each unit: fewer are the first of more.
        pairs = zip(matched.chosen, inside, strict=True)
        compared = [chosen.match[: ratio * len(area)] for chosen, area in pairs]
        apart = mean_differences(matched.features, inside[0], compared[0])
        logs = log_ratios(own, _each(sums, compared))
        found.append(_Changes(logs, apart.balanced))
    return found


class _Matched(NamedTuple):
    """What units are alike in (unit x feature), and the matches of each area."""

    features: np.ndarray
    chosen: list[Chosen]


def _match(
    early: pd.DataFrame,
    areas: Sequence[np.ndarray],
    candidates: np.ndarray,
    specifications: Sequence[Specification],
) -> dict[tuple, _Matched | NotEnough]:
    """The most matches that are asked for, by the choices but their number.

    The treated area, which comes first, and the placebo areas choose from the candidates; the
    treated units count in the spread of the features for the treated area alone.
    """
    treated, *placebo = areas
    compared = candidates.copy()
    compared[treated] = True
    matched = [(_but_number(s), s.matching) for s in specifications if s.matching]
    most = max((matching["ratio"] for _, matching in matched), default=0)
    found: dict[tuple, _Matched | NotEnough] = {}
    choosing: list[Choosing] = []
    known: dict[tuple, pd.DataFrame] = {}  # what all features are, by what they are of
    for _, matching in matched:
        require_ratio(matching["ratio"])
    for key, matching in dict(matched).items():
        covariates = matching.get("covariates")
        population = matching.get("population")
        about = id(covariates), id(population)
        if about not in known:
            known[about] = alike(early, covariates=covariates, population=population)
        features = known[about]
        if matching.get("features") is not None:
            features = features[list(matching["features"])]
        features = features.to_numpy(float)
        own = np.where(compared[:, None], features, np.nan)
        others = np.where(candidates[:, None], features, np.nan)
        try:
            require_matchable(own, early.columns, treated, most)
            require_choice(others, early.columns, placebo, most)
        except NotEnough as reason:
            found[key] = reason
            continue
        found[key] = _Matched(own, [])
        choosing += [Choosing(own, [treated]), Choosing(others, placebo)]
    chosen = iter(choose_in_turn(choosing, most))
    for each in found.values():
        if isinstance(each, _Matched):
            each.chosen.extend([*next(chosen), *next(chosen)])
    return found


def _but_number(specification: Specification) -> tuple[str, ...]:
    """The choices but the number of matches."""
    return tuple(v for k, v in specification.choices.items() if k != "matches")


def _each(sums: np.ndarray, groups: Sequence[np.ndarray]) -> np.ndarray:
    """The rows of each group together (group x column)."""
    first = np.cumsum([0, *map(len, groups)])[:-1]
    return np.add.reduceat(sums[np.concatenate(groups)], first, axis=0)


def describe_choices(curve: SpecificationCurve, *, noun: str, area: str) -> str:
    """How many choices there are, and between which changes they lie, as a sentence.

    >>> frame = pd.DataFrame({"ratio": [0.8, 0.9, 1.1], "declared": [True, False, False]})
    >>> curve = SpecificationCurve(frame, 0.9, 3, 99, 30, {}, [])
    >>> describe_choices(curve, noun="burglary", area="Fleetwood")
    'By 2 of 3 choices burglary in Fleetwood came out lower than expected, by 1 higher.'
    """
    lower, all_of = curve.lower_in, len(curve.frame)
    said = f"{noun} in {area} came out"
    if lower in (0, all_of):
        side = "lower" if lower else "higher"
        return f"By all {count(all_of, 'choice')} {said} {side} than expected."
    more, less = ("lower", "higher") if 2 * lower >= all_of else ("higher", "lower")
    most = max(lower, all_of - lower)
    return (
        f"By {number(most)} of {count(all_of, 'choice')} {said} {more} than expected, "
        f"by {number(all_of - most)} {less}."
    )
