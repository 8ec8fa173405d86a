"""One evaluation by one design: comparison, change, placebo areas, checks and verdict together.

The same steps are taken for the treated area and for each placebo area, the matching included, so
that the rank of the treated area is among things made alike. Too little data is a result as well:
``reason`` then holds the sentence to print and the rest is empty.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid, NotEnough
from outcomes.core.kept_results import keep
from outcomes.methods.evaluation.difference_in_differences import (
    Did,
    EventStudy,
    did,
    event_study,
    grade_pretrend,
)
from outcomes.methods.evaluation.displacement import rirr
from outcomes.methods.evaluation.matching import (
    Matching,
    contiguous_clusters,
    disjoint_sets,
    match_sets,
    match_units,
)
from outcomes.methods.evaluation.parallel_trends import CarriedDrift, carry_drift
from outcomes.methods.evaluation.placebos import (
    Randomisation,
    placebo_interval,
    randomisation,
)
from outcomes.methods.evaluation.verdict import (
    ALPHA,
    BECAUSE,
    Evidence,
    Verdict,
    reach_verdict,
    smallest_p,
)
from outcomes.methods.intervals import Interval
from outcomes.methods.minimum_data import (
    dated,
    like,
    ordered,
    require_events,
    require_months,
)
from outcomes.methods.multiple_testing import benjamini_hochberg
from outcomes.methods.power import ENOUGH, Detectable, minimum_detectable

_SAME_MONTHS = (
    "Only calendar months that are there both before and after the start count, as a season would "
    "otherwise be compared with another."
)

WIDTHS, FOLLOWED = (3, 6), (6, 1)
"""Months of a bin when an outcome is followed in time, and the fewest months before and after."""


class Evaluation(NamedTuple):
    """What was found, or why nothing could be.

    ``did`` has an interval of its own that is too narrow for one area: see :meth:`interval`.
    Where there is a ``reason`` there is no estimate, and its numbers are NaN.
    """

    start: pd.Timestamp
    reason: str = ""  # why there is no estimate, as a sentence
    reason_detail: str = ""
    months: pd.DatetimeIndex = pd.DatetimeIndex([])  # those compared
    pool: str = "other neighbourhoods"  # what the comparison is taken from
    placebo_areas: str = "areas of the same size"  # what the placebo areas are called
    comparison: Sequence[str] = ()  # units compared with; empty only with a reason
    matching: Matching | None = None
    did: Did = Did()
    events: EventStudy | None = None  # None: too few events to follow in time
    randomisation: Randomisation = Randomisation()
    detectable: Detectable | None = None
    checks: dict[str, bool | None] | None = None
    disjoint: int = 0  # placebo areas that share no unit
    placebo_sets: Sequence[Sequence[str]] = ()  # placebo areas that have a ratio
    # What each was compared with; None: the rest of the comparison.
    comparisons: Sequence[Sequence[str]] | None = None
    adjusted_p: float | None = None  # p adjusted by :func:`adjust_for_multiple_testing`
    family_size: int = 0  # outcomes it was adjusted for
    family: str = "secondary outcomes"  # what these are called
    alternatives: "dict[str, Evaluation] | None" = None  # the same by other choices

    @property
    def comparison_name(self) -> str:
        """What is compared with, in words: "54 matched neighbourhoods"."""
        if self.matching:
            return f"{len(self.comparison)} matched neighbourhoods"
        return self.pool

    @property
    def placebo_pairs(self) -> list[tuple[Sequence[str], Sequence[str]]]:
        """The placebo areas that have a ratio, each with what it was compared with."""
        comparisons = self.comparisons
        if comparisons is None:
            pool = self.comparison
            comparisons = [_others(pool, units) for units in self.placebo_sets]
        return list(zip(self.placebo_sets, comparisons, strict=True))

    @property
    def unadjusted_p(self) -> float:
        """p by itself, but no less than disjoint placebo areas allow."""
        return max(self.randomisation.p, smallest_p(self.disjoint))

    @property
    def p(self) -> float:
        """p as it counts: adjusted for multiple testing if the outcome is a secondary one."""
        return self.unadjusted_p if self.adjusted_p is None else self.adjusted_p

    @property
    def confidence(self) -> float:
        """The confidence of the interval that its p, as it counts, is judged by.

        An adjustment asks a p by itself to be under a smaller limit; the interval keeps that limit.
        """
        return 1 - ALPHA * min(1.0, self.unadjusted_p / self.p)

    @property
    def testable(self) -> bool:
        """Whether enough placebo areas are disjoint for any test."""
        return not self.reason and smallest_p(self.disjoint) <= ALPHA

    def interval(self, *, adjusted: bool = True) -> Interval | None:
        """The ratios not ruled out at the level its p is judged at, or at 95 % if not ``adjusted``.

        It excludes 1 exactly when that p is at most ``ALPHA``. None where there is no such
        interval: where too few placebo areas are disjoint for any test.
        """
        p = self.p if adjusted else self.unadjusted_p
        if not self.testable:
            return None
        try:
            found = placebo_interval(
                self.did.ratio,
                self.randomisation.placebo["ratio"],
                confidence=self.confidence if adjusted else 1 - ALPHA,
            )
        except NotEnough:
            return None
        # The floor of disjoint areas can hold a p up that the spread alone would let pass.
        return found if (p <= ALPHA) != (found.lower <= 1 <= found.upper) else None

    @property
    def change(self) -> Interval:
        """The change in per cent, with the limits of :meth:`interval` or NaN where it has none."""
        found = self.interval()
        ratios = (self.did.ratio, np.nan, np.nan) if found is None else found[:3]
        return Interval(*(100 * (ratio - 1) for ratio in ratios))

    def require_estimate(self) -> None:
        """Raise NotEnough with the reason where there is no estimate."""
        if self.reason:
            raise NotEnough(f"{self.reason} {self.reason_detail}".strip())

    def missing_location_bounds(
        self, panel: pd.DataFrame, treated: Sequence[str], missing: pd.Series
    ) -> pd.DataFrame:
        """How far counts without a location could move the change (:func:`missing_location_bounds`).

        ``missing`` is month -> counts without a location. Adds the column change, the ratio less 1.
        Raises NotEnough where there is no estimate.
        """
        self.require_estimate()
        after = np.asarray(self.months >= self.start)
        sides = []
        for series in (
            panel[list(treated)].sum(axis=1),
            panel[list(self.comparison)].sum(axis=1),
            missing,
        ):
            counts = series.reindex(self.months).fillna(0)
            sides.append((counts[~after].sum(), counts[after].sum()))
        rows = missing_location_bounds(*sides)
        return rows.assign(change=rows["ratio"] - 1)

    def carry_drift(self, panel: pd.DataFrame, treated: Sequence[str]) -> CarriedDrift:
        """What is left of the change once the drift before the start is carried on.

        Of every month that both have, as a drift takes time to show (:func:`carry_drift`). Raises
        NotEnough where there is no estimate.
        """
        self.require_estimate()
        return carry_drift(
            panel,
            treated,
            self.start,
            comparison=self.comparison,
            placebo_sets=self.placebo_pairs,
            minimum=(self.did.pre, self.did.post),
        )

    @property
    def pretrend(self) -> str:
        """The grade of a drift before the start: passes, doubtful, fails, untested, or ""."""
        return "" if self.reason else grade_pretrend(self.evidence().pretrend_p)

    @property
    def unequal_months(self) -> str:
        """What to say where calendar months do not count equally often on one side; or ""."""
        return unequal_months(self.months, self.start)

    def evidence(self, direction: str = "neither") -> Evidence:
        """All that speaks for and against it, for the table of :mod:`verdict`."""
        interval = self.interval()
        sound = {k: e for k, e in (self.alternatives or {}).items() if e.sound}
        same_start = {k: e for k, e in sound.items() if e.start == self.start}
        return Evidence(
            ratio=self.did.ratio,
            p=self.p,
            direction=direction,
            interval=None if interval is None else (interval.lower, interval.upper),
            unadjusted_p=self.randomisation.p,
            disjoint=self.disjoint,
            family_size=self.family_size,
            family=self.family,
            confidence=self.confidence,
            checks=self.checks,
            pretrend_p=self.events.pretrend_p if self.events else np.nan,
            other_comparison=None
            if self.alternatives is None
            else any(e.pool != self.pool for e in same_start.values()),
            not_replicated=[k for k, e in same_start.items() if not self._agrees(e)],
            placebo_date=any(
                e.p <= ALPHA for k, e in sound.items() if k not in same_start
            ),
            detectable=self.detectable,
        )

    @property
    def clause(self) -> str:
        """What may be said of the change, whichever direction is better: "no clear change"."""
        return self.verdict(noun="", area="", direction="neither").clause

    @property
    def sound(self) -> bool:
        """Whether there is an estimate that can be tested, and passed its own checks."""
        return self.testable and not self.evidence().failed

    def _agrees(self, other: "Evaluation") -> bool:
        return other.p <= ALPHA and (other.did.ratio < 1) == (self.did.ratio < 1)

    def verdict(self, *, noun: str, area: str, direction: str) -> Verdict:
        """The words that this evaluation has earned (:func:`reach_verdict`)."""
        if self.reason:
            return Verdict(
                "not_enough",
                self.reason,
                self.reason_detail,
                because=BECAUSE["not_enough"],
            )
        return reach_verdict(
            self.evidence(direction),
            noun=noun,
            area=area,
            comparison=self.comparison_name,
        )


@keep
def evaluate(
    panel: pd.DataFrame,
    treated: Sequence[str],
    start: str | pd.Timestamp,
    *,
    pool: Sequence[str],
    placebo_sets: Sequence[Sequence[str]],
    matched: bool = True,
    covariates: pd.DataFrame | None = None,
    population: pd.Series | None = None,
    minimum: tuple[int, int] = (24, 12),
    same_months: bool = True,
    unchecked: Sequence[str] = (),
    nearby: Sequence[str] = (),
    pool_name: str = "other neighbourhoods",
    comparisons: Sequence[Sequence[str]] | None = None,
    placebo_name: str = "areas of the same size",
) -> Evaluation:
    """Whether ``treated`` changed differently from comparable units at ``start``.

    Parameters
    ----------
    panel : month x unit of counts; months with a missing cell are left out.
    treated, start : the treated units and the first month of the programme.
    pool : units that may be compared with: neither treated nor next to them.
    placebo_sets : placebo areas, lists of units of the pool (:func:`contiguous_clusters`).
    matched : compare with matched units (:func:`match_units`), or else with the whole pool.
    covariates, population : what units are matched on beside their level and trend.
    minimum : the fewest months before and after.
    same_months : compare the same calendar months before and after
        (:func:`same_calendar_months`).
    unchecked : what no data can check, to be said with the verdict.
    nearby : untreated units near the treated ones, when the pool is elsewhere: they should have
        moved as the pool did, or the two regions differ for other reasons.
    pool_name, placebo_name : the pool and the placebo areas in words, for sentences.
    comparisons : what each placebo area is compared with, where it is not the rest of the pool.

    Returns
    -------
    Evaluation : with ``reason`` where there are too few months, events or placebo areas.

    Raises
    ------
    Invalid : for a unit that is no column of the panel.
    """
    treated, pool = list(treated), list(pool)
    blank = Evaluation(
        start=like(start, dated(panel.index)),
        pool=pool_name,
        placebo_areas=placebo_name,
    )
    apart = [] if comparisons is None else [*placebo_sets, *comparisons]
    compared = list(dict.fromkeys(chain(treated, pool, *apart)))
    used = list(dict.fromkeys([*compared, *nearby]))
    # Names as Python's own words are found far sooner than those that Arrow holds.
    panel = panel.set_axis(panel.columns.astype(object), axis=1)
    known = set(panel.columns)
    for unit in used:
        if unit not in known:
            raise Invalid(f"The unit {unit!r} is not a column of the panel.")
    try:
        panel = ordered(panel[used])
    except NotEnough as short:
        return blank._replace(reason=str(short))
    whole = panel[compared].dropna(how="any")
    months = whole.index
    if same_months:
        months = same_calendar_months(months, start, minimum=minimum)
    blank = blank._replace(months=months)
    before = int((months < blank.start).sum())
    try:
        require_months(before, len(months) - before, minimum=minimum)
    except NotEnough as short:
        why = "" if len(months) == len(whole) else _SAME_MONTHS
        return blank._replace(reason=str(short), reason_detail=why)
    features = {"covariates": covariates, "population": population}
    try:
        found = _estimate(
            blank,
            whole.loc[months],
            treated,
            pool,
            placebo_sets,
            minimum,
            features if matched else None,
            comparisons,
        )
        checks = _comparison_checks(found, panel, nearby, minimum)
    except NotEnough as short:
        return blank._replace(reason=str(short))
    return found._replace(
        events=follow_in_time(whole[[*treated, *found.comparison]], treated, start),
        checks=checks | dict.fromkeys(unchecked),
    )


def _estimate(
    blank, rows, treated, pool, placebo_sets, minimum, features, comparisons
) -> Evaluation:
    """Comparison, change and placebo areas; matched on ``features`` unless these are None."""
    matching, comparison = None, pool
    if features is not None:
        matching = match_units(
            rows, treated, blank.start, minimum=(minimum[0], 0), **features
        )
        comparison = matching.units
        comparisons = match_sets(rows[pool], placebo_sets, blank.start, **features)
    change = did(rows[[*treated, *comparison]], treated, blank.start, minimum=minimum)
    require_events(change)
    drawn = randomisation(
        rows,
        treated,
        blank.start,
        placebo_sets,
        comparison=comparison,
        comparisons=comparisons,
        minimum=minimum,
    )
    ranked = [placebo_sets[k] for k in drawn.placebo["set"]]
    return blank._replace(
        matching=matching,
        comparison=comparison,
        did=change,
        randomisation=drawn,
        # With few placebo areas their spread says less than their ranks do.
        detectable=minimum_detectable(placebo=drawn.placebo["ratio"])
        if len(drawn.placebo) >= ENOUGH
        else None,
        disjoint=len(disjoint_sets(ranked)),
        placebo_sets=ranked,
        comparisons=None
        if comparisons is None
        else [comparisons[k] for k in drawn.placebo["set"]],
    )


def _others(pool: Sequence[str], members: Sequence[str]) -> list[str]:
    inside = set(members)
    return [unit for unit in pool if unit not in inside]


def _comparison_checks(found, panel, nearby, minimum) -> dict[str, bool | None]:
    """Balance where there was matching; the places nearby where the comparison is elsewhere."""
    checks: dict[str, bool | None] = {}
    if found.matching:
        checks["balance before the start"] = found.matching.balanced
    if len(nearby):
        rows = panel.loc[found.months, [*nearby, *found.comparison]]
        moved = did(rows, list(nearby), found.start, minimum=minimum)
        checks["places near by moving with the comparison"] = bool(
            moved.lower < 1 < moved.upper
        )
    return checks


def follow_in_time(panel, treated, start) -> EventStudy | None:
    """By quarter, or by half-year where quarters are too thin; None where both are."""
    for width in WIDTHS:
        try:
            return event_study(panel, treated, start, width=width, minimum=FOLLOWED)
        except NotEnough:
            continue
    return None


def designs(
    places: pd.DataFrame,
    treated: Sequence[str],
    ring: Sequence[str],
    *,
    home: str,
    away: str,
    unchecked: Sequence[str] = (),
    minimum: tuple[int, int] = (24, 12),
    limit: int | None = None,
    groups: str | None = None,
) -> dict[str, dict]:
    """The keywords of :func:`evaluate` for three comparisons: matched, county, and another force.

    Parameters
    ----------
    places : by unit: force, longitude, latitude, population, imd2025_score.
    treated : the treated units.
    ring : units next to the treated ones, which are not compared with.
    home, away : the force of the treated units, and another, where nothing began; its slug is the
        key of the third.
    limit : the most placebo areas, spread evenly through all there are.
    groups : a column of ``places``, such as the district. The placebo areas of the two comparisons
        without matching are then its groups, of both forces, where these are too few that lie
        apart and are as large as a district; each is compared as the treated one is, with the rest
        of its own force or with the other force.
    """
    barred = {*treated, *ring}
    pools, sets = {}, {}
    for force in (home, away):
        inside = places.index[places["force"] == force]
        pools[force] = [unit for unit in inside if unit not in barred]
        try:
            sets[force] = contiguous_clusters(
                places.loc[pools[force]], len(treated), limit=limit
            )
        except NotEnough:  # without placebo areas the evaluation gives its reason
            sets[force] = []
    deprivation = places[["imd2025_score"]].set_axis(["deprivation in 2025"], axis=1)
    found = {}
    for key, force, name in (
        ("matched", home, "other neighbourhoods"),
        ("county", home, "the rest of the county"),
        (formatting.slug(away), away, formatting.place(away)),
    ):
        found[key] = {
            "pool": pools[force],
            "placebo_sets": sets[force],
            "matched": key == "matched",
            "nearby": pools[home] if force == away else [],
            "pool_name": name,
            "covariates": None if force == away else deprivation,
            "population": None if force == away else places["population"],
            "unchecked": unchecked,
            "minimum": minimum,
        }
    if groups:
        free = places[places["force"].isin(pools) & ~places.index.isin(barred)]
        towns = [
            (force, list(units))
            for (force, _), units in free.groupby(["force", groups]).groups.items()
        ]
        other = {home: away, away: home}
        against = {
            "county": [_others(pools[force], units) for force, units in towns],
            formatting.slug(away): [pools[other[force]] for force, _ in towns],
        }
        for key, comparisons in against.items():
            found[key] |= {
                "placebo_sets": [units for _, units in towns],
                "comparisons": comparisons,
                "placebo_name": "other districts",
            }
    return found


def adjust_for_multiple_testing(
    evaluations: dict[str, Evaluation],
    *,
    primary: str | Sequence[str],
    families: dict[str, Sequence[str]] | None = None,
) -> dict[str, Evaluation]:
    """Each outcome with the p that counts: primary ones as they are, others adjusted.

    Parameters
    ----------
    evaluations : by outcome.
    primary : the outcome, or outcomes, declared before looking: those that a claim names.
    families : outcomes that are adjusted together, by what they are called ("parts of ..."). A sum
        and its parts are no family, as they are one thing counted twice. Without it all that are
        not primary are one.

    Raises
    ------
    Invalid : where an outcome that is not primary has no family, or two.
    """
    first = [*primary] if isinstance(primary, list | tuple) else [primary]
    rest = [k for k in evaluations if k not in first]
    families = {"secondary outcomes": rest} if families is None else families
    placed = [k for members in families.values() for k in members]
    if sorted(placed) != sorted(rest):
        raise Invalid(
            "Each outcome that is not primary belongs to one family of tests."
        )
    found = dict(evaluations)
    for family, members in families.items():
        tested = [k for k in members if not found[k].reason]
        p = [found[k].p for k in tested]
        adjusted = benjamini_hochberg(p)["adjusted"].tolist() if tested else []
        for k, value in zip(tested, adjusted, strict=True):
            found[k] = found[k]._replace(
                adjusted_p=value, family_size=len(tested), family=family
            )
    return found


def same_calendar_months(
    index: pd.DatetimeIndex,
    start: str | pd.Timestamp,
    *,
    minimum: tuple[int, int] = (24, 12),
) -> pd.DatetimeIndex:
    """The months to compare so that each calendar month counts as often before as any other.

    Calendar months that lack one side are left out. Of the rest the latest are taken, equally many
    of each, separately before and after; where that leaves fewer than ``minimum``, all are kept,
    unequally, which :func:`unequal_months` says.
    """
    index = dated(index)
    if not isinstance(index, pd.DatetimeIndex):
        raise Invalid(
            "Calendar months are those of dates: give the months as the index."
        )
    months = pd.Series(index.month, index=index).sort_index()
    after = months.index >= like(start, index)
    shared = set(months[after]) & set(months[~after])
    months, after = months[months.isin(shared)], after[months.isin(shared)]
    picked = []
    for side, least in ((months[~after], minimum[0]), (months[after], minimum[1])):
        if side.empty:
            return index
        equal = side.groupby(side).tail(side.value_counts().min())
        picked.append(equal if len(equal) >= least else side)
    return pd.DatetimeIndex(np.concatenate([p.index for p in picked])).sort_values()


def unequal_months(index: pd.DatetimeIndex, start: str | pd.Timestamp) -> str:
    """What to say where calendar months do not count equally often on one side of the start."""
    after = np.asarray(index >= like(start, index))
    said = []
    for side, months in (("before", index[~after]), ("after", index[after])):
        often = months.month.value_counts()
        if len(often) and often.min() < often.max():
            said.append(f"{often.min()} to {often.max()} times each {side} the start")
    if not said:
        return ""
    text = f"Calendar months do not count equally: {' and '.join(said)}"
    return f"{text}, so the season is not wholly balanced."


def missing_location_bounds(
    treated: tuple[float, float],
    control: tuple[float, float],
    missing: tuple[float, float],
) -> pd.DataFrame:
    """How far events without a location could move a difference in differences.

    Each argument is a pair (before, after) of counts; those ``missing`` a location may have
    happened in the treated area or elsewhere. One row for each of the four extremes: case, before,
    after (what share of the missing was inside), ratio. The control is left as it is.

    >>> missing_location_bounds((100, 80), (1000, 1000), (10, 20))["ratio"].round(2).tolist()
    [0.8, 0.91, 0.73, 1.0]
    """
    cases = [
        ("none of them inside", 0, 0),
        ("all of them inside", 1, 1),
        ("all before and none after", 1, 0),
        ("none before and all after", 0, 1),
    ]
    rows = pd.DataFrame(cases, columns=["case", "before", "after"])
    rows["ratio"] = [
        rirr(
            (
                treated[0] + row.before * missing[0],
                treated[1] + row.after * missing[1],
            ),
            control,
        ).estimate
        for row in rows.itertuples()
    ]
    return rows
