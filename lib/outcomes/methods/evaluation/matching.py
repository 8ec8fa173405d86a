"""Which untreated places to compare with: matched on level, trend and deprivation, and clusters.

Sources: Stuart 2010 (Stat Sci 25:1) for matching and balance; standardised mean differences under
0.25 after matching are usual practice, under 0.1 good (Austin 2009, Stat Med 28:3083).
"""

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from operator import attrgetter
from typing import Any, NamedTuple

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
    require_ratio(ratio)
    panel, treated, after = wide(panel, treated, start, minimum=minimum)
    values = alike(
        panel[~after],
        covariates=covariates,
        population=population,
        features=features,
    )
    inside = values.index.get_indexer(treated)
    rows, units = values.to_numpy(), values.index.to_numpy()
    require_matchable(rows, values.index, inside, ratio)
    (chosen,) = choose_in_turn([Choosing(rows, [inside])], ratio)[0]
    pairs = pd.DataFrame(
        {
            "treated": units[chosen.unit].tolist(),
            "match": units[chosen.match].tolist(),
            "distance": chosen.distance,
        }
    )
    matched = np.array(sorted(chosen.match, key=units.__getitem__))
    found = mean_differences(rows, inside, matched)
    balance = pd.DataFrame({"feature": values.columns, **found._asdict()})
    balance["balanced"] = balance["smd_after"].abs() < BALANCED
    return Matching(units[matched].tolist(), pairs, balance, found.balanced)


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
    values = alike(
        panel[~after],
        covariates=covariates,
        population=population,
        features=features,
    )
    at = {unit: k for k, unit in enumerate(values.index)}
    strange = set(chain.from_iterable(sets)).difference(at)
    if strange:
        raise _unmatchable(strange)
    inside = [np.array([at[unit] for unit in members], int) for members in sets]
    require_choice(values.to_numpy(), values.index, inside, ratio)
    found = choose_in_turn([Choosing(values.to_numpy(), inside)], ratio)[0]
    units = values.index.to_numpy()
    return [units[chosen.match].tolist() for chosen in found]


class Choosing(NamedTuple):
    """Sets of units, each of which chooses its matches by what units are alike in."""

    features: np.ndarray  # unit x feature; one that lacks a feature is not chosen
    sets: Sequence[np.ndarray]  # rows of the features


class Chosen(NamedTuple):
    """The pairs of one set in the order in which they were chosen."""

    unit: np.ndarray  # rows of the features
    match: np.ndarray
    distance: np.ndarray  # in standard deviations


def choose_in_turn(choosing: Sequence[Choosing], ratio: int) -> list[list[Chosen]]:
    """Each unit of a set with its nearest other that is free; each round the hardest to match first.

    All sets of one size choose side by side, as they take nothing from each other. ``ratio`` is the
    number of rounds: the matches of fewer are the first of these.
    """
    sizes = {len(members) for _, sets in choosing for members in sets}
    if not sizes:
        return [[] for _ in choosing]
    far, near, inside = _nearest(choosing, (ratio + 1) * max(sizes))
    every = [members for _, sets in choosing for members in sets]
    found: dict[int, Chosen] = {}
    for size in sizes:
        these = [k for k, members in enumerate(every) if len(members) == size]
        rows = np.array([inside[k] for k in these])
        members = np.array([every[k] for k in these])
        unit, place = _greedy(far, near, rows, members, ratio)
        rows = np.take_along_axis(rows, unit, axis=1)
        members = np.take_along_axis(members, unit, axis=1)
        pairs = zip(members, near[rows, place], far[rows, place], strict=True)
        found |= {k: Chosen(*pair) for k, pair in zip(these, pairs, strict=True)}
    in_order = iter([found[k] for k in range(len(every))])
    return [list(islice(in_order, len(sets))) for _, sets in choosing]


def _nearest(
    choosing: Sequence[Choosing], most: int
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Of each unit that chooses, how far its ``most`` nearest are and which these are, in order;
    and of each set the rows in which they stand."""
    tables, inside, many = [], [], 0
    for features, sets in filter(attrgetter("sets"), choosing):
        known = np.flatnonzero(_known(features))
        values = np.ascontiguousarray(features[known].T)
        spread = values.std(axis=1, ddof=1)
        scaled = values / np.where(spread > 0, spread, 1)[:, None]
        chooses, place = np.unique(np.concatenate(sets), return_inverse=True)
        rows = np.searchsorted(known, chooses)
        square = np.zeros((len(rows), len(known)))
        for x in scaled:
            square += (x[rows, None] - x) ** 2
        width = min(most, len(known))
        near = np.argpartition(square, width - 1, axis=1)[:, :width]
        near.sort(axis=1)  # so that ties go by place, wherever this runs
        far = np.sqrt(np.take_along_axis(square, near, axis=1))
        order = np.argsort(far, axis=1, kind="stable")
        near = known[np.take_along_axis(near, order, axis=1)]
        tables.append((np.take_along_axis(far, order, axis=1), near))
        ends = np.cumsum([len(members) for members in sets])
        inside += np.split(many + place, ends[:-1])
        many += len(chooses)
    shape = (many, most)
    far, near = np.full(shape, np.inf), np.zeros(shape, int)
    ends = np.cumsum([0, *(len(table[0]) for table in tables)])
    for first, (these, those) in zip(ends, tables, strict=False):
        at = slice(first, first + len(these)), slice(these.shape[1])
        far[at], near[at] = these, those
    return far, near, inside


def _greedy(
    far: np.ndarray, near: np.ndarray, rows: np.ndarray, members: np.ndarray, ratio: int
) -> tuple[np.ndarray, np.ndarray]:
    """The turns of sets of one size: of each pair its unit's place in the set and the place of the
    match among that unit's nearest. ``rows`` are those of the units in ``far`` and ``near``."""
    sets, size = rows.shape
    row, place = np.arange(sets)[:, None], np.zeros_like(rows)
    taken = np.zeros((sets, max(near.max(initial=0), members.max(initial=0)) + 1), bool)
    taken[row, members] = True
    units, places = [], []
    for _ in range(ratio):
        place = _first_free(taken, near, rows, place)
        order = np.argsort(-far[rows, place], axis=1, kind="stable")
        for turn in range(size):
            at = order[:, turn, None]
            unit = rows[row, at]
            free = _first_free(taken, near, unit, place[row, at])
            place[row, at] = free
            taken[row, near[unit, free]] = True
            units.append(at)
            places.append(free)
    return np.hstack(units), np.hstack(places)


def _first_free(
    taken: np.ndarray, near: np.ndarray, unit: np.ndarray, place: np.ndarray
) -> np.ndarray:
    """From ``place`` on, the first place among the unit's nearest that its set has not taken."""
    row = np.arange(len(unit))[:, None]
    while (busy := taken[row, near[unit, place]]).any():
        place = place + busy
    return place


def _known(features: np.ndarray) -> np.ndarray:
    """Which units lack no feature."""
    return np.all(np.isfinite(features), axis=1)


def require_ratio(ratio: int) -> None:
    """Raise Invalid for a number of matches that is none."""
    if not isinstance(ratio, (int, np.integer)) or ratio < 1:
        raise Invalid(
            f"The ratio is how many units are matched with each; given {ratio!r}."
        )


def require_matchable(
    features: np.ndarray, units: pd.Index, treated: np.ndarray, ratio: int
) -> None:
    """Raise Invalid for a treated unit without a value, NotEnough with too few others to match.

    ``treated`` are rows of the ``features`` (unit x feature).
    """
    known = _known(features)
    if not known[treated].all():
        lacking = sorted(units[treated[~known[treated]]])
        raise Invalid(f"The treated unit {lacking[0]!r} lacks a value.")
    others = int(known.sum()) - len(treated)
    if others < ratio * len(treated):
        wanted = f"{len(treated)} treated ones with {ratio} each"
        raise NotEnough(f"There are {others} units to match {wanted}.")


def require_choice(
    features: np.ndarray, units: pd.Index, sets: Sequence[np.ndarray], ratio: int
) -> None:
    """Raise NotEnough with too few units to match the largest set, Invalid for one without a value.

    ``sets`` are rows of the ``features`` (unit x feature).
    """
    known = _known(features)
    most, there = max(map(len, sets), default=0), int(known.sum())
    if there < (ratio + 1) * most:
        raise NotEnough(
            f"There are {max(there - most, 0)} units to match a placebo area of {most} "
            f"with {ratio} each."
        )
    members = np.concatenate([*sets, np.array([], int)])
    if not known[members].all():
        raise _unmatchable(set(units[members[~known[members]]]))


def _unmatchable(units: set) -> Invalid:
    first = min(units, key=str)
    return Invalid(f"The placebo areas hold {first!r}, which cannot be matched.")


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
    at = places[["longitude", "latitude"]]
    near = distances(at[~inside], at[inside]).min(axis=1) <= km
    return sorted(places.index[~inside][near])


def alike(
    early: pd.DataFrame,
    *,
    covariates: pd.DataFrame | None = None,
    population: pd.Series | None = None,
    features: Sequence[str] | None = None,
) -> pd.DataFrame:
    """What units are alike in (unit x feature), or some of it: level, trend and covariates.

    The level is the log of the mean count or rate, the trend the log's change between the two halves
    of the time. Half an event is added so that empty places have a level. NaN where it is not known.
    """
    half, counts = len(early) // 2, early.to_numpy(float)
    people: float | np.ndarray = 1.0
    if population is not None:
        people = _of(early.columns, population).to_numpy(float)
        # One whose residents are not known lacks the feature.
        people = np.where((people > 0) & (people < np.inf), people, np.nan)
    first, second = counts[:half].sum(axis=0) + 0.5, counts[half:].sum(axis=0) + 0.5
    trend = np.log(second / (len(early) - half)) - np.log(first / half)
    level = np.log((counts.sum(axis=0) + 0.5) / len(early) / people)
    found = pd.DataFrame({"level": level, "trend": trend}, early.columns)
    if covariates is not None:
        clash = [
            c for c in covariates if c in found or not is_numeric_dtype(covariates[c])
        ]
        if clash:
            raise Invalid(
                f"The covariate {clash[0]!r} is no number, or has the name of a feature."
            )
        more = _of(early.columns, covariates).replace([np.inf, -np.inf], np.nan)
        found = pd.concat([found, more], axis=1)
    return found if features is None else found[list(features)]


def _of(units: pd.Index, table: Any) -> Any:
    """The rows of some units; of a unit that is there twice the first."""
    # Names as Python's own words are found far sooner than those that Arrow holds.
    table = table.set_axis(table.index.astype(object))
    if table.index.has_duplicates:
        table = table[~table.index.duplicated()]
    return table.reindex(units)


class Differences(NamedTuple):
    """Of each feature the means of three groups and the standardised differences of the first."""

    treated: np.ndarray
    pool: np.ndarray
    matched: np.ndarray
    smd_before: np.ndarray  # from the pool
    smd_after: np.ndarray  # from the matched

    @property
    def balanced(self) -> bool:
        """Whether the treated and the matched are alike."""
        return bool((np.abs(self.smd_after) < BALANCED).all())


def mean_differences(
    features: np.ndarray, treated: np.ndarray, matched: np.ndarray
) -> Differences:
    """Standardised mean differences; the spread is that of the treated and the pool together.

    ``features`` is unit x feature, ``treated`` and ``matched`` are rows of it; the pool are the
    others that lack nothing.
    """
    known = _known(features)
    values = np.ascontiguousarray(features.T)
    spread = values.compress(known, axis=1).std(axis=1, ddof=1)
    known[treated] = False
    groups = (treated, np.flatnonzero(known), matched)
    inside, pool, alike = (values.take(g, axis=1).mean(axis=1) for g in groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = (
            np.where(spread > 0, (inside - other) / spread, 0)
            for other in (pool, alike)
        )
    return Differences(inside, pool, alike, before, after)
