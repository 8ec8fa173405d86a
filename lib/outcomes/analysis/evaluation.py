"""One evaluation by one design: comparison, change, placebo areas, checks and verdict together.

The same steps are taken for the treated area and for each placebo area, the matching included, so
that the rank of the treated area is among things made alike. Too little data is a result as well:
``reason`` then holds the sentence to print and the rest is empty.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.analysis.differences import Did, EventStudy, did, event_study
from outcomes.analysis.displacement import rirr
from outcomes.analysis.guards import like, require_months
from outcomes.analysis.impact import (
    Detectable,
    Verdict,
    benjamini_hochberg,
    minimum_detectable,
    verdict,
)
from outcomes.analysis.matching import (
    Matching,
    contiguous_clusters,
    match_sets,
    match_units,
    separate,
)
from outcomes.analysis.placebos import Randomisation, placebo_interval, randomisation
from outcomes.data.errors import NotEnough


class Evaluation(NamedTuple):
    """What was found, or why nothing could be."""

    reason: str = ""
    months: pd.DatetimeIndex | None = None  # those compared
    comparison: Sequence[str] = ()  # units compared with; empty only with a reason
    matching: Matching | None = None
    did: Did | None = None  # its interval is that of the placebo areas, in step with their p
    events: EventStudy | None = None
    randomisation: Randomisation | None = None
    detectable: Detectable | None = None
    checks: dict | None = None
    separate: int = 0  # placebo sets that do not overlap
    pool: str = "other neighbourhoods"  # what the comparison is taken from

    @property
    def against(self) -> str:
        """What was compared with, in words."""
        return f"{len(self.comparison)} matched neighbourhoods" if self.matching else self.pool

    @property
    def failed(self) -> str:
        """The checks that failed, in words; empty when none did."""
        return "; ".join(k for k, passed in (self.checks or {}).items() if passed is False)

    def verdict(self, *, outcome: str, place: str, better: str, p: float | None = None) -> Verdict:
        """The sentence that this evaluation has earned (:func:`impact.verdict`); ``p`` is its own
        unless a corrected one is given (:func:`corrected`)."""
        if self.reason:
            return Verdict(self.reason, "not_enough")
        found = self.did
        return verdict(
            outcome=outcome, place=place, comparison=self.against, better=better,
            ratio=found.ratio, lower=found.lower, upper=found.upper, checks=self.checks,
            p=self.randomisation.p if p is None else p, detectable=self.detectable,
        )  # fmt: skip


def evaluate(
    panel: pd.DataFrame, treated, start, *, pool, sets, matched: bool = True,
    covariates: pd.DataFrame | None = None, population: pd.Series | None = None, ratio: int = 3,
    minimum=(24, 12), alike: bool = True, unchecked: Sequence[str] = (), beside: Sequence[str] = (),
    name: str = "other neighbourhoods",
) -> Evaluation:  # fmt: skip
    """Whether ``treated`` changed differently from comparable units at ``start``.

    panel      month x unit of counts; months with a missing cell are left out.
    pool       units that may be compared with: neither treated nor next to them.
    sets       placebo areas, lists of units of the pool (:func:`matching.contiguous_clusters`).
    matched    compare with matched units (``ratio`` for each), or else with the whole pool.
    alike      compare the same calendar months before and after (:func:`like_for_like`).
    beside     untreated units near the treated ones, when the pool is elsewhere: they should have
               moved as the pool did, or the two regions differ for other reasons.
    unchecked  what no data at hand can check, to be said with the verdict.
    name       the pool in words, for sentences.
    """
    treated, pool = list(treated), list(pool)
    whole = panel[[*treated, *pool]].dropna(how="any")
    months = like_for_like(whole.index, start, minimum=minimum) if alike else whole.index
    known = {"covariates": covariates, "population": population, "ratio": ratio}
    early = (minimum[0], 0)
    rows = whole.loc[months]
    try:
        before = int((months < like(start, months)).sum())
        require_months(before, len(months) - before, minimum=minimum)
        matching = match_units(rows, treated, start, minimum=early, **known) if matched else None
        units = matching.units if matching else pool
        others = match_sets(rows[pool], sets, start, **known) if matched else None
        change = did(rows[[*treated, *units]], treated, start, minimum=minimum)
        drawn = randomisation(
            rows, treated, start, sets, comparison=units, comparisons=others, minimum=minimum
        )
        # Regression errors for one town miss far too often, so its interval is the placebos'.
        found = placebo_interval(change.ratio, drawn.placebo["ratio"])
        change = change._replace(lower=found.lower, upper=found.upper)
        near = panel.loc[months, [*beside, *units]] if len(beside) else None
        checks = _checks(matching, near, beside, start, minimum)
    except NotEnough as short:
        return Evaluation(reason=str(short), months=months, pool=name)
    events = _events(whole[[*treated, *units]], treated, start)
    drift = events.pretrend_p if events else np.nan
    checks["no drift before the start"] = None if np.isnan(drift) else bool(drift >= 0.05)
    checks |= dict.fromkeys(unchecked)
    found = minimum_detectable(placebo=drawn.placebo["ratio"])
    apart = len(separate(sets))
    facts = ("", months, units, matching, change, events, drawn, found, checks, apart, name)
    return Evaluation(*facts)


def designs(
    places: pd.DataFrame, treated, near, *, home: str, away: str, unchecked=(), minimum=(24, 12),
    limit: int | None = None,
) -> dict[str, dict]:  # fmt: skip
    """The keywords of :func:`evaluate` for three comparisons: matched, county, and another force.

    places  by unit: force, longitude, latitude, population, imd2025_score.
    near    units next to the treated ones, which are not compared with.
    home    the force of the treated units; ``away`` another, where nothing began.
    limit   the most placebo areas, spread evenly through all there are.
    """
    barred, made = {*treated, *near}, {}
    pools = {
        f: [u for u in places.index[places["force"] == f] if u not in barred] for f in (home, away)
    }
    sets = {f: _sets(places.loc[p], len(treated), limit) for f, p in pools.items()}
    known = {"covariates": places[["imd2025_score"]], "population": places["population"]}
    known |= {"unchecked": unchecked, "minimum": minimum}
    for key, force, name in (
        ("matched", home, "other neighbourhoods"),
        ("county", home, "the rest of the county"),
        (away, away, away.title()),
    ):
        beside = pools[home] if force == away else []
        rest = {"matched": key == "matched", "beside": beside, "name": name}
        made[key] = {"pool": pools[force], "sets": sets[force], **rest, **known}
    return made


def _sets(places, size, limit) -> list:
    """No placebo area where too few places are left: the evaluation then gives its reason."""
    try:
        return contiguous_clusters(places, size, limit=limit)
    except NotEnough:
        return []


def _checks(matching, near, beside, start, minimum) -> dict[str, bool | None]:
    """Balance where there was matching; the surroundings where the comparison is elsewhere."""
    checks: dict[str, bool | None] = {}
    if matching:
        checks["balance before the start"] = matching.balanced
    if near is not None:
        found = did(near, list(beside), start, minimum=minimum)
        checks["places near by moving with the comparison"] = bool(found.lower < 1 < found.upper)
    return checks


def corrected(evaluations: dict[str, Evaluation], *, primary: str) -> dict[str, float]:
    """The p-value of each evaluation that has one, all but the primary corrected for many looks."""
    p = {k: e.randomisation.p for k, e in evaluations.items() if not e.reason}
    rest = [k for k in p if k != primary]
    if rest:
        found = benjamini_hochberg([p[k] for k in rest], labels=rest)
        p |= dict(zip(found["label"], found["adjusted"], strict=True))
    return p


def _events(panel, treated, start) -> EventStudy | None:
    """By quarter, or by half-year where quarters are too thin; None where both are."""
    for width in (3, 6):
        try:
            return event_study(panel, treated, start, width=width, minimum=(6, 1))
        except NotEnough:
            continue
    return None


def like_for_like(index: pd.DatetimeIndex, start, *, minimum=(24, 12)) -> pd.DatetimeIndex:
    """The months to compare so that each calendar month counts as often before as any other.

    Calendar months that lack one side are left out. Of the rest the latest are taken, equally many
    of each, separately before and after; where that leaves fewer than ``minimum``, all are kept.
    """
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


def bounded_by_unplaced(treated, control, unplaced) -> pd.DataFrame:
    """How far events without a location could move a difference in differences.

    Each argument is a pair (before, after) of counts; ``unplaced`` may have happened in the treated
    area or elsewhere. One row for each of the four extremes: case, before, after (what share of the
    unplaced was inside), ratio. The control is left as it is.
    """
    cases = [
        ("none of them inside", 0, 0),
        ("all of them inside", 1, 1),
        ("all before and none after", 1, 0),
        ("none before and all after", 0, 1),
    ]
    rows = []
    for case, before, after in cases:
        inside = (treated[0] + before * unplaced[0], treated[1] + after * unplaced[1])
        rows.append((case, before, after, rirr(inside, control).estimate))
    return pd.DataFrame(rows, columns=["case", "before", "after", "ratio"])
