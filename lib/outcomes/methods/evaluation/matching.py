"""Which untreated places to compare with: matched on level, trend and deprivation, and clusters.

Sources: Stuart 2010 (Stat Sci 25:1) for matching and balance; standardised mean differences under
0.25 after matching are usual practice, under 0.1 good (Austin 2009, Stat Med 28:3083).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from outcomes.core.errors import Invalid, NotEnough
from outcomes.core.kept_results import keep
from outcomes.methods.minimum_data import wide

BALANCED = 0.25


_EARTH = 6371.0088  # radius in kilometres


def distances(a: pd.DataFrame, b: pd.DataFrame) -> np.ndarray:
    """Great-circle kilometres from each place of ``a`` to each of ``b`` (haversine).

    Both have ``longitude`` and ``latitude`` in degrees.
    """
    lon1, lat1 = (
        np.radians(a[c].to_numpy(float))[:, None] for c in ("longitude", "latitude")
    )
    lon2, lat2 = (
        np.radians(b[c].to_numpy(float))[None, :] for c in ("longitude", "latitude")
    )
    h = np.sin((lat2 - lat1) / 2) ** 2
    h = h + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH * np.arcsin(np.sqrt(np.clip(h, 0, 1)))


class Matching(NamedTuple):
    """The matched comparison units, which treated unit each stands for, and the balance."""

    units: list
    pairs: pd.DataFrame  # treated, match, distance
    balance: (
        pd.DataFrame
    )  # feature, treated, pool, matched, smd_before, smd_after, balanced
    balanced: bool

    @property
    def largest(self) -> float:
        """The largest standardised mean difference left."""
        return float(self.balance["smd_after"].abs().max())

    @property
    def clause(self) -> str:
        """What may be said of the balance, as a part of a sentence."""
        if self.balanced:
            return "the two were alike before the start"
        return "the two were not alike before the start"


def match_units(
    panel: pd.DataFrame,
    treated: Sequence[str],
    start: str | pd.Timestamp,
    *,
    covariates: pd.DataFrame | None = None,
    population: pd.Series | None = None,
    ratio: int = 3,
    features: Sequence[str] | None = None,
    minimum: tuple[int, int] = (24, 0),
) -> Matching:
    """For each treated unit the ``ratio`` untreated ones nearest before the start, without reuse.

    Parameters
    ----------
    panel : time x unit of counts; only times before ``start`` are looked at.
    treated, start : the treated units and the first time of the programme.
    covariates : unit x further features, such as a deprivation score.
    population : unit -> people, to compare rates and not sizes.
    ratio : how many units are matched with each.
    features : of level, trend and the covariates, those that are matched on; all by default.
    minimum : the fewest times before and after.

    Raises
    ------
    NotEnough : where there are too few times, or too few units to match.
    Invalid : for a treated unit that lacks a feature, and for a ratio under 1.
    """
    found = match_by_ratio(
        panel,
        treated,
        start,
        [ratio],
        covariates=covariates,
        population=population,
        features=features,
        minimum=minimum,
    )
    return found[ratio]


def match_by_ratio(
    panel: pd.DataFrame,
    treated: Sequence[str],
    start: str | pd.Timestamp,
    ratios: Sequence[int],
    *,
    covariates: pd.DataFrame | None = None,
    population: pd.Series | None = None,
    features: Sequence[str] | None = None,
    minimum: tuple[int, int] = (24, 0),
) -> dict[int, Matching]:
    """:func:`match_units` with each of several ratios, its distances worked out once.

    Matches are chosen in rounds, one for each unit: fewer are the first of more.
    """
    for ratio in ratios:
        if not isinstance(ratio, (int, np.integer)) or ratio < 1:
            raise Invalid(
                f"The ratio is how many units are matched with each; given {ratio!r}."
            )
    most = max(ratios)
    panel, treated, after = wide(panel, treated, start, minimum=minimum)
    values = _features(panel[~after], population, covariates, features)
    lacking = set(values.index[values.isna().any(axis=1)])
    if lacking & set(treated):
        raise Invalid(
            f"The treated unit {sorted(lacking & set(treated))[0]!r} lacks a value."
        )
    barred = {*treated, *lacking}
    pool = [unit for unit in values.index if unit not in barred]
    if len(pool) < most * len(treated):
        wanted = f"{len(treated)} treated ones with {most} each"
        raise NotEnough(f"There are {len(pool)} units to match {wanted}.")
    candidates, size = [*treated, *pool], len(treated)
    far, nearest = _distances(values.loc[candidates], slice(size), (most + 1) * size)
    unit, place = _greedy(far, nearest, np.arange(size)[None], most)
    pairs = pd.DataFrame(
        {
            "treated": [candidates[k] for k in unit[0]],
            "match": [candidates[k] for k in nearest[unit[0], place[0]]],
            "distance": far[unit[0], place[0]],
        }
    )
    found = {}
    for ratio in ratios:
        first = pairs.head(ratio * size)
        units = sorted(first["match"])
        balance = _balance(values, treated, pool, units)
        balanced = bool(balance["balanced"].all())
        found[ratio] = Matching(units, first, balance, balanced)
    return found


def match_sets(
    panel: pd.DataFrame,
    sets: Sequence[Sequence[str]],
    start: str | pd.Timestamp,
    *,
    covariates: pd.DataFrame | None = None,
    population: pd.Series | None = None,
    ratio: int = 3,
    features: Sequence[str] | None = None,
) -> list[list]:
    """The comparison of each of many placebo sets, chosen as :func:`match_units` would choose it.

    ``panel`` must not hold the treated units, nor any that may not be used. Distances are worked
    out once, and all sets of one size choose at once.
    """
    panel, _, after = wide(panel, list(panel.columns[:1]), start, minimum=(1, 0))
    values = _features(panel[~after], population, covariates, features).dropna()
    most = max(map(len, sets), default=0)
    if len(values) < (ratio + 1) * most:
        raise NotEnough(
            f"There are {max(len(values) - most, 0)} units to match a placebo area of {most} "
            f"with {ratio} each."
        )
    strange = {u for members in sets for u in members}.difference(values.index)
    if strange:
        raise Invalid(
            f"The placebo areas hold {min(strange, key=str)!r}, which cannot be matched."
        )
    far, nearest = _distances(
        values, slice(None), (ratio + 1) * max(map(len, sets), default=1)
    )
    units = values.index.tolist()
    found: dict[int, list] = {}
    for size in {*map(len, sets)}:
        these = [k for k, members in enumerate(sets) if len(members) == size]
        inside = values.index.get_indexer([u for k in these for u in sets[k]])
        inside = inside.reshape(len(these), size)
        matched = nearest[_greedy(far, nearest, inside, ratio)].tolist()
        found |= dict(
            zip(these, ([units[k] for k in row] for row in matched), strict=True)
        )
    return [found[k] for k in range(len(sets))]


def _distances(
    features: pd.DataFrame, rows: slice, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of the units at ``rows``, the distances to the ``most`` nearest in standard deviations, and
    which these are."""
    scaled = (features / features.std(ddof=1).replace(0, 1)).to_numpy()
    far = np.sqrt(sum((x[rows, None] - x[None]) ** 2 for x in scaled.T))
    near = np.argpartition(far, min(most, far.shape[1]) - 1, axis=1)[:, :most]
    near.sort(axis=1)  # so that ties go by place, wherever this runs
    order = np.argsort(np.take_along_axis(far, near, axis=1), axis=1, kind="stable")
    near = np.take_along_axis(near, order, axis=1)
    return np.take_along_axis(far, near, axis=1), near


def _greedy(
    far: np.ndarray, nearest: np.ndarray, inside: np.ndarray, ratio: int
) -> tuple[np.ndarray, np.ndarray]:
    """Each unit of a set with its nearest other that is free; each round the hardest to match first.

    ``inside`` is set x unit of one size; all sets choose side by side, as they take nothing from
    each other. Of each set's pairs in turn: the unit, and the place of its match among the nearest.
    """
    sets, size = inside.shape
    row, place = np.arange(sets)[:, None], np.zeros_like(inside)
    most = max(nearest.max(initial=0), inside.max(initial=0))
    taken = np.zeros((sets, most + 1), bool)
    taken[row, inside] = True
    units, places = [], []
    for _ in range(ratio):
        place = _first_free(taken, nearest, inside, place)
        order = np.argsort(-far[inside, place], axis=1, kind="stable")
        for turn in range(size):
            at = order[:, turn, None]
            unit = inside[row, at]
            place[row, at] = _first_free(taken, nearest, unit, place[row, at])
            taken[row, nearest[unit, place[row, at]]] = True
            units.append(unit)
            places.append(place[row, at])
    return np.hstack(units), np.hstack(places)


def _first_free(
    taken: np.ndarray, nearest: np.ndarray, unit: np.ndarray, place: np.ndarray
) -> np.ndarray:
    """From ``place`` on, the first place among the unit's nearest that its set has not taken."""
    row = np.arange(len(unit))[:, None]
    while (busy := taken[row, nearest[unit, place]]).any():
        place = place + busy
    return place


def disjoint_sets(sets: Iterable[Sequence[str]]) -> list[list[str]]:
    """Of sets that overlap, those that share no unit with one kept before, in order.

    >>> disjoint_sets([["a", "b"], ["b", "c"], ["c", "d"]])
    [['a', 'b'], ['c', 'd']]
    """
    kept, used = [], set()
    for members in sets:
        if used.isdisjoint(members):
            kept.append(list(members))
            used |= set(members)
    return kept


@keep
def contiguous_clusters(
    places: pd.DataFrame, size: int, *, limit: int | None = None
) -> list[list[str]]:
    """Sets of ``size`` neighbours to play a treated town: each place with its nearest others.

    ``places`` has longitude and latitude by unit (index). Each different set is kept once, in
    the order of the units; ``limit`` keeps that many, spread evenly through the list. Raises
    NotEnough where there are no more places than ``size``.

    >>> on_a_line = pd.DataFrame({"longitude": [0, 1, 3], "latitude": 54.0}, list("abc"))
    >>> contiguous_clusters(on_a_line, 2)
    [['a', 'b'], ['b', 'c']]
    """
    if not isinstance(size, (int, np.integer)) or size < 1:
        raise Invalid(f"A cluster is of one place or more; given {size!r}.")
    if (
        places[["longitude", "latitude"]].isna().any(axis=None)
        or places.index.has_duplicates
    ):
        raise Invalid("Each place needs a name of its own and a position.")
    if len(places) <= size:
        found = f"there are {len(places)}"
        raise NotEnough(f"Clusters of {size} need more than {size} places; {found}.")
    near = np.argsort(distances(places, places), axis=1, kind="stable")[
        :, :size
    ].tolist()
    names = places.index.tolist()
    found = [
        list(s)
        for s in dict.fromkeys(tuple(sorted(names[k] for k in row)) for row in near)
    ]
    if limit is not None and len(found) > limit:
        found = [
            found[i] for i in np.linspace(0, len(found) - 1, limit).round().astype(int)
        ]
    return found


def ring(places: pd.DataFrame, treated: Sequence[str], *, km: float) -> list[str]:
    """The places within ``km`` of any treated place, without the treated ones themselves.

    >>> on_a_line = pd.DataFrame({"longitude": [0, 0.01, 3], "latitude": 54.0}, list("abc"))
    >>> ring(on_a_line, ["a"], km=2)
    ['b']
    """
    inside = places.index.isin(list(treated))
    if not inside.any():
        raise Invalid("None of the treated places has a position.")
    if not km > 0:
        raise Invalid(f"A ring is some km wide; given {km}.")
    near = distances(places[~inside], places[inside]).min(axis=1) <= km
    return sorted(places.index[~inside][near])


def _features(
    early: pd.DataFrame,
    population: pd.Series | None,
    covariates: pd.DataFrame | None,
    chosen: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Level (log of the mean count or rate), trend (the log's change between the two halves) and
    the covariates, or those ``chosen``. Half an event is added so that empty places have a level."""
    half = len(early) // 2
    people = 1.0
    if population is not None:
        people = (
            population[~population.index.duplicated()]
            .reindex(early.columns)
            .astype(float)
        )
        # One whose residents are not known lacks the feature.
        people = people.where((people > 0) & (people < np.inf))
    first, second = early.iloc[:half].sum() + 0.5, early.iloc[half:].sum() + 0.5
    trend = np.log(second / (len(early) - half)) - np.log(first / half)
    level = np.log((early.sum() + 0.5) / len(early) / people)
    features = pd.DataFrame({"level": level, "trend": trend})
    if covariates is None:
        return features if chosen is None else features[list(chosen)]
    clash = [
        c for c in covariates if c in features or not is_numeric_dtype(covariates[c])
    ]
    if clash:
        raise Invalid(
            f"The covariate {clash[0]!r} is no number, or has the name of a feature."
        )
    features = features.join(covariates.replace([np.inf, -np.inf], np.nan), how="left")
    return features if chosen is None else features[list(chosen)]


def _balance(
    features: pd.DataFrame, treated: list, pool: list, units: list
) -> pd.DataFrame:
    """Standardised mean differences; the spread is that of the treated and pool together."""
    spread = features.loc[[*treated, *pool]].std(ddof=1).replace(0, np.nan)
    groups = {"treated": treated, "pool": pool, "matched": units}
    frame = pd.DataFrame({k: features.loc[v].mean() for k, v in groups.items()})
    frame["smd_before"] = ((frame["treated"] - frame["pool"]) / spread).fillna(0)
    frame["smd_after"] = ((frame["treated"] - frame["matched"]) / spread).fillna(0)
    frame["balanced"] = frame["smd_after"].abs() < BALANCED
    return frame.rename_axis("feature").reset_index()
