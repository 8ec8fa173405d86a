"""Findings about other places, ready made: a mix of them as comparison, and the surroundings."""

import pandas as pd

from outcomes.analysis import displacement, matching, synthetic
from outcomes.analysis.evaluation import Evaluation
from outcomes.analysis.guards import require_months
from outcomes.data.errors import NotEnough
from outcomes.show import charts, words
from outcomes.show.findings import Finding, finding


def mixed(
    name: str, outcome: pd.DataFrame, treated: str, start, *, what: str, sources, better: str,
    minimum=(24, 12), caveats=(),
) -> Finding:  # fmt: skip
    """A synthetic control: the treated area against a mix of other areas, with placebo lines.

    ``outcome`` is month x area of counts, the areas not overlapping; each is taken relative to its
    own mean before the start, so that size and population do not matter.
    """
    facts = {"area": treated, "sources": sources, "better": better}
    facts["unit"] = "% above or below its own mix of other areas"
    try:
        after = outcome.index >= pd.Timestamp(start)
        require_months(int((~after).sum()), int(after.sum()), minimum=minimum)
        early = outcome[~after].mean()
        if not early[treated] > 0:
            raise NotEnough(f"{treated} has no events before the start, so nothing can be mixed.")
        found = synthetic.synthetic_control(
            outcome[outcome.columns[early > 0]] / early[early > 0], treated, start, minimum=minimum
        )
    except NotEnough as reason:
        return finding(name, str(reason), verdict="not_enough", caveats=caveats, **facts)
    frame = found.frame.merge(found.gaps, left_on="time", right_index=True)
    lines = list(found.gaps.columns[:: max(1, len(found.gaps.columns) // 12)])
    figure = charts.gaps(
        frame, x="time", treated="gap", others=lines, start=start, kind="percent", label=treated,
        ylabel="difference from the mix, relative to the mean before", others_label="placebo areas",
    )  # fmt: skip
    kept = int(found.placebo["kept"].sum())
    place = "no placebo area fitted as well, so it has no rank"
    if kept:
        place = f"it ranks {found.rank} of {kept + 1} (p = {words.number(found.p, 2)})"
    text = (
        f"{what} in {treated} after the start was {words.percent(abs(found.ratio - 1), 0)} "
        f"{'below' if found.ratio < 1 else 'above'} a mix of "
        f"{words.count(len(found.weights), 'area')} that had moved alike before; by how much its "
        f"gap grew, {place}. The usual miss before the start was "
        f"{words.percent(found.fit, 0)} of the mean."
    )
    shown = frame[["time", "actual", "synthetic", "gap"]]
    return finding(
        name, text, value=100 * (found.ratio - 1), verdict="informational", figure=figure,
        table=shown.assign(time=shown["time"].map(words.month)), caveats=[*caveats, found.note],
        caption=f"{what} relative to the mean before the start: {treated} and its mix", **facts,
    )  # fmt: skip


def displaced(
    name: str, panel: pd.DataFrame, treated, near, start, evaluation: Evaluation, *, pool,
    what: str, area: str, km: float, sources, covariates=None, population=None, caveats=(),
) -> Finding:  # fmt: skip
    """Whether the surroundings gained or lost: weighted counts (WDD) and the quotient (WDQ).

    The area and the ring are each set against as many matched neighbourhoods of the pool, one for
    one, since differences of counts need a control of the same size.
    """
    facts = {"area": area, "sources": sources, "better": "fewer", "unit": f"{what}, in all"}
    short = evaluation.reason or (
        "" if len(near) else f"No neighbourhood has its centre within {words.number(km)} km."
    )
    try:
        if short:
            raise NotEnough(f"{short} Displacement cannot be measured.")
        table, sums = _rings(panel.loc[evaluation.months], treated, near, pool, start, covariates,
                             population)  # fmt: skip
        spread = max(evaluation.did.dispersion, 1.0)
        time = (evaluation.did.pre, evaluation.did.post)
        both = displacement.wdd(
            sums["area"], sums["area's match"], near_treated=sums["ring"],
            near_control=sums["ring's match"], exposure=time, inflation=spread,
        )  # fmt: skip
        alone = displacement.wdd(sums["area"], sums["area's match"], exposure=time)
        moved = displacement.wdq(sums["area"], sums["ring"], sums["area's match"])
    except NotEnough as reason:
        return finding(name, str(reason), verdict="not_enough", caveats=caveats, **facts)
    usual = evaluation.randomisation.p > 0.05
    reading = f": {moved.reading}"
    if usual:
        reading = ", which is not to be read while the area's own change is within chance"
    none = both.lower <= 0 <= both.upper
    text = (
        f"Counting the ring of {words.count(len(near), 'neighbourhood')} within "
        f"{words.number(km)} km, {area} had {words.number(abs(both.estimate), 0)} "
        f"{'fewer' if both.estimate < 0 else 'more'} {what} over {time[1]} months than its "
        f"match's change would have given (interval "
        f"{words.interval(both.lower, both.upper, decimals=0)})"
        f"{', which is consistent with none' if none else ''}. The displacement quotient is "
        f"{words.number(moved.wdq, 2)}{reading}."
    )
    naive = words.interval(alone.lower, alone.upper, decimals=0)
    warning = (
        f"Counts vary {words.number(spread, 1)} times as much as by chance alone, so the interval "
        "is widened for it. Without that, the area alone would seem to have changed by "
        f"{words.number(alone.estimate, 0)} ({naive})."
    )
    return finding(
        name, text, value=both.estimate, lower=both.lower, upper=both.upper, verdict="estimate",
        table=table, caption=f"{words.sentence_case(what)} in the area, the ring and their matches",
        caveats=[*caveats, warning], **facts,
    )  # fmt: skip


def _rings(rows, treated, near, pool, start, covariates, population):
    """Counts before and after in the area, the ring and the match of each, and as a table."""
    known = {"covariates": covariates, "population": population, "ratio": 1, "minimum": (1, 0)}
    own = matching.match_units(rows[[*treated, *pool]], treated, start, **known).units
    left = [u for u in pool if u not in set(own)]
    other = matching.match_units(rows[[*near, *left]], near, start, **known).units
    groups = {"area": list(treated), "area's match": own, "ring": list(near), "ring's match": other}
    after = rows.index >= pd.Timestamp(start)
    sums = {
        k: (float(rows.loc[~after, u].to_numpy().sum()), float(rows.loc[after, u].to_numpy().sum()))
        for k, u in groups.items()
    }
    table = pd.DataFrame(
        [(k, len(groups[k]), *v) for k, v in sums.items()],
        columns=["place", "neighbourhoods", "before", "after"],
    )
    return table, sums
