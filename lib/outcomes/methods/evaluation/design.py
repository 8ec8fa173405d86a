"""One evaluation by one design: comparison, change, placebo areas, checks and verdict together.

The same steps are taken for the treated area and for each placebo area, the matching included, so
that the rank of the treated area is among things made alike. Too little data is a result as well:
``reason`` then holds the sentence to print and the rest is empty.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.difference_in_differences import (
    Did,
    EventStudy,
    did,
    event_study,
)
from outcomes.methods.evaluation.displacement import rirr
from outcomes.methods.evaluation.matching import (
    Matching,
    contiguous_clusters,
    match_sets,
    match_units,
    separate,
)
from outcomes.methods.evaluation.placebos import (
    Randomisation,
    placebo_interval,
    randomisation,
)
from outcomes.methods.evaluation.verdict import (
    ALPHA,
    Evidence,
    Verdict,
    least_p,
    verdict,
)
from outcomes.methods.intervals import Interval
from outcomes.methods.minimum_data import (
    dated,
    like,
    ordered,
    require_events,
    require_months,
)
from outcomes.methods.multiple_testing import (
    Detectable,
    benjamini_hochberg,
    minimum_detectable,
)

_SHARED = (
    "Only calendar months that are held both before and after the start count, as a season would "
    "otherwise be compared with another."
)


class Evaluation(NamedTuple):
    """What was found, or why nothing could be."""

    reason: str = ""
    start: pd.Timestamp | None = None
    months: pd.DatetimeIndex | None = None  # those compared
    pool: str = "other neighbourhoods"  # what the comparison is taken from
    comparison: Sequence[str] = ()  # units compared with; empty only with a reason
    matching: Matching | None = None
    did: Did | None = (
        None  # its own interval is too narrow for one area: see :meth:`interval`
    )
    events: EventStudy | None = None
    randomisation: Randomisation | None = None
    detectable: Detectable | None = None
    checks: dict | None = None
    separate: int = 0  # placebo areas that do not overlap
    corrected: float | None = None  # p corrected for many looks: :func:`declared`
    looks: int = 0  # secondary outcomes it was corrected for
    family: str = "secondary outcomes"  # what these are called
    others: "dict[str, Evaluation] | None" = None  # the same outcome by other choices

    @property
    def against(self) -> str:
        """What was compared with, in words."""
        return (
            f"{len(self.comparison)} matched neighbourhoods"
            if self.matching
            else self.pool
        )

    @property
    def alone(self) -> float:
        """p by itself, but not under what separate placebo areas allow."""
        return max(self.randomisation.p, least_p(self.separate))

    @property
    def p(self) -> float:
        """p as it counts: corrected for many looks if the outcome is a secondary one."""
        return self.alone if self.corrected is None else self.corrected

    @property
    def level(self) -> float:
        """The confidence of the interval that its p, as it counts, is judged by.

        A correction asks a p by itself to be under a smaller limit; the interval keeps that limit.
        """
        return 1 - ALPHA * min(1.0, self.alone / self.p)

    def interval(self, *, alone: bool = False) -> Interval | None:
        """The ratios not ruled out at the level its p is judged at, or, ``alone``, at 95 %.

        It leaves out 1 exactly when that p is at most ``ALPHA``. None where there is no such
        interval: where too few placebo areas are apart for any test.
        """
        p = self.alone if alone else self.p
        if least_p(self.separate) > ALPHA:
            return None
        level = 1 - ALPHA if alone else self.level
        try:
            found = placebo_interval(
                self.did.ratio, self.randomisation.placebo["ratio"], confidence=level
            )
        except NotEnough:
            return None
        # The floor of separate areas can hold a p up that the spread alone would let pass.
        return found if (p <= ALPHA) != (found.lower <= 1 <= found.upper) else None

    @property
    def uneven(self) -> str:
        """What to say where calendar months do not count equally often on one side; or ""."""
        return "" if self.months is None else unequal(self.months, self.start)

    def evidence(self, direction: str = "neither") -> Evidence:
        """All that speaks for and against it, for the table of :mod:`verdicts`."""
        found, tried, reach = self.did, self.others is not None, self.interval()
        sound = {k: e for k, e in (self.others or {}).items() if e.sound}
        same = {k: e for k, e in sound.items() if e.start == self.start}
        return Evidence(
            found.ratio,
            self.p,
            direction,
            reach and (reach.lower, reach.upper),
            self.randomisation.p,
            self.separate,
            self.looks,
            self.family,
            self.level,
            self.checks,
            drift=self.events.pretrend_p if self.events else np.nan,
            elsewhere=any(e.pool != self.pool for e in same.values())
            if tried
            else None,
            unfound=[k for k, e in same.items() if not self._agrees(e)],
            pretended=any(e.p <= ALPHA for k, e in sound.items() if k not in same),
            detectable=self.detectable,
        )

    @property
    def sound(self) -> bool:
        """Whether there is an estimate whose comparison passed its own checks."""
        return not self.reason and not self.evidence().failed

    def _agrees(self, other: "Evaluation") -> bool:
        return other.p <= ALPHA and (other.did.ratio < 1) == (self.did.ratio < 1)

    def verdict(self, *, outcome: str, place: str, direction: str) -> Verdict:
        """The sentence that this evaluation has earned (:func:`verdicts.verdict`)."""
        if self.reason:
            return Verdict(self.reason, "not_enough")
        words = {"outcome": outcome, "place": place, "comparison": self.against}
        return verdict(self.evidence(direction), **words)


def evaluate(
    panel: pd.DataFrame,
    treated,
    start,
    *,
    pool,
    sets,
    matched: bool = True,
    covariates: pd.DataFrame | None = None,
    population: pd.Series | None = None,
    minimum=(24, 12),
    alike: bool = True,
    unchecked: Sequence[str] = (),
    beside: Sequence[str] = (),
    name: str = "other neighbourhoods",
) -> Evaluation:
    """Whether ``treated`` changed differently from comparable units at ``start``.

    panel      month x unit of counts; months with a missing cell are left out.
    pool       units that may be compared with: neither treated nor next to them.
    sets       placebo areas, lists of units of the pool (:func:`matching.contiguous_clusters`).
    matched    compare with matched units, or else with the whole pool.
    alike      compare the same calendar months before and after (:func:`like_for_like`).
    beside     untreated units near the treated ones, when the pool is elsewhere: they should have
               moved as the pool did, or the two regions differ for other reasons.
    unchecked  what no data at hand can check, to be said with the verdict.
    name       the pool in words, for sentences.
    """
    treated, pool = list(treated), list(pool)
    blank = Evaluation(start=like(start, dated(panel.index)), pool=name)
    for unit in [*treated, *pool, *beside]:
        if unit not in panel.columns:
            raise Invalid(f"The unit {unit!r} is not a column of the panel.")
    try:
        panel = ordered(panel[list(dict.fromkeys([*treated, *pool, *beside]))])
    except NotEnough as short:
        return blank._replace(reason=str(short))
    whole = panel[[*treated, *pool]].dropna(how="any")
    months = (
        like_for_like(whole.index, start, minimum=minimum) if alike else whole.index
    )
    blank = blank._replace(months=months)
    known = {"covariates": covariates, "population": population} if matched else None
    before = int((months < blank.start).sum())
    try:
        require_months(before, len(months) - before, minimum=minimum)
    except NotEnough as short:
        why = "" if len(months) == len(whole) else f" {_SHARED}"
        return blank._replace(reason=f"{short}{why}")
    try:
        made = _estimated(whole.loc[months], treated, start, pool, sets, minimum, known)
        near = (
            panel.loc[months, [*beside, *made["comparison"]]] if len(beside) else None
        )
        checks = _checks(made["matching"], near, beside, start, minimum)
    except NotEnough as short:
        return blank._replace(reason=str(short))
    events = _events(whole[[*treated, *made["comparison"]]], treated, start)
    return blank._replace(
        **made, events=events, checks=checks | dict.fromkeys(unchecked)
    )


def _estimated(rows, treated, start, pool, sets, minimum, known: dict | None) -> dict:
    """Comparison, change, placebo areas and what they would have shown; matched where ``known``."""
    matching, units, others = None, pool, None
    if known is not None:
        matching = match_units(rows, treated, start, minimum=(minimum[0], 0), **known)
        units, others = matching.units, match_sets(rows[pool], sets, start, **known)
    change = did(rows[[*treated, *units]], treated, start, minimum=minimum)
    require_events(change)
    kin = {"comparison": units, "comparisons": others, "minimum": minimum}
    drawn = randomisation(rows, treated, start, sets, **kin)
    return {
        "matching": matching,
        "comparison": units,
        "randomisation": drawn,
        "did": change,
        "detectable": minimum_detectable(placebo=drawn.placebo["ratio"]),
        "separate": len(separate(sets[k] for k in drawn.placebo["set"])),
    }


def designs(
    places: pd.DataFrame,
    treated,
    near,
    *,
    home: str,
    away: str,
    unchecked=(),
    minimum=(24, 12),
    limit: int | None = None,
) -> dict[str, dict]:
    """The keywords of :func:`evaluate` for three comparisons: matched, county, and another force.

    places  by unit: force, longitude, latitude, population, imd2025_score.
    near    units next to the treated ones, which are not compared with.
    home    the force of the treated units; ``away`` another, where nothing began.
    limit   the most placebo areas, spread evenly through all there are.
    """
    barred, made = {*treated, *near}, {}
    pools = {
        f: [u for u in places.index[places["force"] == f] if u not in barred]
        for f in (home, away)
    }
    sets = {f: _sets(places.loc[p], len(treated), limit) for f, p in pools.items()}
    deprived = places[["imd2025_score"]].set_axis(["deprivation in 2025"], axis=1)
    known = {"covariates": deprived, "population": places["population"]}
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
        checks["places near by moving with the comparison"] = bool(
            found.lower < 1 < found.upper
        )
    return checks


def declared(
    evaluations: dict[str, Evaluation],
    *,
    primary,
    families: dict[str, Sequence[str]] | None = None,
) -> dict[str, Evaluation]:
    """Each with its part: declared outcomes by themselves, all others corrected for many looks.

    primary   the outcome, or outcomes, declared before looking: those that a claim names.
    families  what others are corrected together, by what they are called ("parts of ..."). A sum
              and its parts are no family, as they are one thing counted twice. Without it all that
              are not primary are one.
    """
    primary = list(primary) if isinstance(primary, (list, tuple)) else [primary]
    rest = [k for k in evaluations if k not in primary]
    families = {"secondary outcomes": rest} if families is None else families
    placed = [k for looks in families.values() for k in looks]
    if sorted(placed) != sorted(rest):
        raise Invalid(
            "Each outcome that is not primary belongs to one family of looks."
        )
    found = dict(evaluations)
    for family, names in families.items():
        looks = [k for k in names if not found[k].reason]
        p = [found[k].p for k in looks]
        adjusted = benjamini_hochberg(p)["adjusted"].tolist() if looks else []
        for k, corrected in zip(looks, adjusted, strict=True):
            many = {"corrected": corrected, "looks": len(looks), "family": family}
            found[k] = found[k]._replace(**many)
    return found


def _events(panel, treated, start) -> EventStudy | None:
    """By quarter, or by half-year where quarters are too thin; None where both are."""
    for width in (3, 6):
        try:
            return event_study(panel, treated, start, width=width, minimum=(6, 1))
        except NotEnough:
            continue
    return None


def like_for_like(
    index: pd.DatetimeIndex, start, *, minimum=(24, 12)
) -> pd.DatetimeIndex:
    """The months to compare so that each calendar month counts as often before as any other.

    Calendar months that lack one side are left out. Of the rest the latest are taken, equally many
    of each, separately before and after; where that leaves fewer than ``minimum``, all are kept,
    unequally, which :func:`unequal` says.
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


def unequal(index: pd.DatetimeIndex, start) -> str:
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
