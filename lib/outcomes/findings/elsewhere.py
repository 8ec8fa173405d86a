"""Findings about other places, ready made: a mix, the surroundings, a rank, and no place at all."""

import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import NotEnough
from outcomes.findings import parts, plots
from outcomes.findings.finding import Finding, finding
from outcomes.methods.evaluation import (
    difference_in_differences,
    displacement,
    matching,
    synthetic_control,
)
from outcomes.methods.evaluation.design import Evaluation, missing_location_bounds
from outcomes.methods.minimum_data import require_counts, require_months


def mixed(
    name: str,
    outcome: pd.DataFrame,
    treated: str,
    start,
    *,
    what: str,
    sources,
    direction: str,
    minimum=(24, 12),
    caveats=(),
) -> Finding:
    """A synthetic control: the treated area against a mix of other areas, with placebo lines.

    ``outcome`` is month x area of counts, the areas not overlapping; each is taken relative to its
    own mean before the start, so that size and population do not matter.
    """
    facts = {"area": treated, "sources": sources, "direction": direction}
    facts["unit"] = "% above or below its own mix of other areas"
    try:
        found = _mix(outcome, treated, pd.Timestamp(start), minimum)
    except NotEnough as reason:
        return finding(
            name, str(reason), verdict="not_enough", caveats=caveats, **facts
        )
    frame = found.frame.merge(found.gaps, left_on="time", right_index=True)
    lines = list(found.gaps.columns[:: max(1, len(found.gaps.columns) // 12)])
    figure = plots.gaps(frame, treated="gap", others=lines, start=start, label=treated)
    earned = {"verdict": "not_enough"}
    if found.rank:
        earned = {"verdict": "tested", "value": 100 * (found.ratio - 1)}
        earned |= {
            "test": f"placebo rank among {int(found.placebo['kept'].sum()) + 1} areas"
        }
    return finding(
        name,
        _against_its_mix(found, treated, what),
        figure=figure,
        **earned,
        table=parts.months_named(frame[["time", "actual", "synthetic", "gap"]], "time"),
        caption=f"{what} relative to the mean before the start: {treated} and its mix",
        numbers={
            "areas in the mix": len(found.weights),
            "areas ranked": found.placebo["kept"].sum() + 1,
            "usual miss before": found.fit,
            **({"p": found.p} if found.rank else {}),
        },
        caveats=[*caveats, found.note],
        **facts,
    )


def _mix(
    outcome: pd.DataFrame, treated: str, start, minimum
) -> synthetic_control.Synthetic:
    """The mix for counts relative to their own mean before the start."""
    after = outcome.index >= start
    require_months(int((~after).sum()), int(after.sum()), minimum=minimum)
    early = outcome[~after].mean()
    if not early[treated] > 0:
        raise NotEnough(
            f"{treated} has no events before the start, so nothing can be mixed."
        )
    relative = outcome[outcome.columns[early > 0]] / early[early > 0]
    found = synthetic_control.fit_synthetic_control(
        relative, treated, start, minimum=minimum
    )
    expected = found.frame.loc[found.frame["after"], "synthetic"].sum() * early[treated]
    before = outcome.loc[~after, treated].sum()
    require_counts({"before the start": before, "to be expected after it": expected})
    return found


def _against_its_mix(
    found: synthetic_control.Synthetic, treated: str, what: str
) -> str:
    kept = int(found.placebo["kept"].sum())
    place = "no placebo area fitted as well, so it has no rank"
    if kept and not found.rank:
        place = "it has no rank, as it had no gap before"
    if found.rank:
        least = f", where the least that {kept + 1} can give is {formatting.number(1 / (kept + 1), 2)}"
        place = (
            f"it ranks {found.rank} of {kept + 1} (p = {formatting.number(found.p, 2)}"
        )
        place += f"{least})" if kept < 19 else ")"
    apart = abs(found.ratio - 1)
    side = f"{formatting.percent(apart, 0)} {'below' if found.ratio < 1 else 'above'}"
    return (
        f"{what} in {treated} after the start came out {side if apart >= 0.005 else 'level with'} "
        "a mix of "
        f"{formatting.count(len(found.weights), 'area')} that had moved alike before; by how much its "
        f"gap grew, {place}. The usual miss before the start was "
        f"{formatting.percent(found.fit, 0)} of the mean."
    )


def displaced(
    name: str,
    panel: pd.DataFrame,
    treated,
    near,
    evaluation: Evaluation,
    *,
    pool,
    sets,
    what: str,
    area: str,
    km: float,
    sources,
    covariates=None,
    population=None,
    caveats=(),
) -> Finding:
    """Whether the surroundings gained or lost: weighted counts (WDD) and the quotient (WDQ).

    The area and the ring are each set against as many matched neighbourhoods of the pool, one for
    one, since differences of counts need a control of the same size. ``sets`` are placebo areas,
    whose changes say how far counts stray by themselves.
    """
    facts = {
        "area": area,
        "sources": sources,
        "direction": "fewer",
        "unit": f"{what}, in all",
    }
    known = {"covariates": covariates, "population": population}
    try:
        if evaluation.reason or not len(near):
            none = f"No neighbourhood has its centre within {formatting.number(km)} km."
            raise NotEnough(evaluation.reason or none)
        rows = panel.loc[evaluation.months]
        table = _rings(rows, treated, near, pool, evaluation.start, known)
        both, spread, alone, lost = _moved(table, rows[pool], sets, evaluation, known)
    except NotEnough as reason:
        text = f"{reason} Displacement cannot be measured."
        return finding(name, text, verdict="not_enough", caveats=caveats, **facts)
    text = (
        f"Counting the ring of {formatting.count(len(near), 'neighbourhood')} within "
    )
    text += f"{formatting.number(km)} km, {_with_the_ring(both, table, evaluation, what, area)}"
    return finding(
        name,
        text,
        verdict="estimate",
        table=table.rename_axis("place").reset_index(),
        caption=f"{formatting.sentence_case(what)} in the area, the ring and their matches",
        caveats=[*caveats, _strayed(spread, alone, lost)],
        **facts,
        numbers={
            "months after the start": evaluation.did.post,
            "km": km,
            "ring": len(near),
        },
        **parts.numbers(both.estimate, both.lower, both.upper),
    )


def _with_the_ring(both, table, evaluation: Evaluation, what: str, area: str) -> str:
    quotient = ""  # it is not to be read while no effect in the area itself is shown
    if evaluation.verdict(noun=what, area=area, direction="fewer").kind == "effect":
        own, match, ring, _ = table[["before", "after"]].itertuples(
            index=False, name=None
        )
        moved = displacement.wdq(own, ring, match)
        quotient = f" The displacement quotient is {formatting.number(moved.wdq, 2)}: {moved.clause}."
    none = (
        ", which is consistent with no change" if both.lower <= 0 <= both.upper else ""
    )
    ends = [
        f"{formatting.number(abs(end), 0)} {'fewer' if end < 0 else 'more'}"
        for end in (both.lower, both.upper)
    ]
    return (
        f"{area} had {formatting.number(abs(both.estimate), 0)} "
        f"{'fewer' if both.estimate < 0 else 'more'} {what} over {evaluation.did.post} months than "
        f"its match's change would have given (interval {formatting.listed(ends, 'to')}){none}."
        f"{quotient}"
    )


def _strayed(spread: float, alone: displacement.Change, lost: int) -> str:
    without = (
        f" Left out, without any event: {formatting.count(lost, 'placebo area')}."
        if lost
        else ""
    )
    return (
        f"The changes of placebo areas vary {formatting.number(spread, 1)} times as much as by chance "
        "alone, so the interval is widened for it. Without that, the area alone would seem to have "
        f"changed by {formatting.number(alone.estimate, 0)} "
        f"({formatting.interval(alone.lower, alone.upper, decimals=0)}).{without}"
    )


def _moved(table, rows, sets, evaluation: Evaluation, known):
    """The change with the ring, how far towns stray, the change of the area alone, and how many
    towns have no event."""
    own, match, ring, other = table[["before", "after"]].itertuples(
        index=False, name=None
    )
    time = {"exposure": (evaluation.did.pre, evaluation.did.post)}
    towns = matching.disjoint_sets(sets)
    theirs = matching.match_sets(rows, towns, evaluation.start, ratio=1, **known)
    pairs = zip(towns, theirs, strict=True)
    counts = ([_counts(rows, u, evaluation.start) for u in pair] for pair in pairs)
    counts = [pair for pair in counts if sum(map(sum, pair)) > 0]
    spread = displacement.overdispersion(
        [displacement.wdd(*pair, **time) for pair in counts]
    )
    rings = {"ring_treated": ring, "ring_control": other, "inflation": spread}
    both = displacement.wdd(own, match, **rings, **time)
    return both, spread, displacement.wdd(own, match, **time), len(towns) - len(counts)


def _rings(rows, treated, near, pool, start, known) -> pd.DataFrame:
    """Counts before and after in the area, the ring and the match of each."""
    known = {**known, "ratio": 1, "minimum": (1, 0)}
    own = matching.match_units(rows[[*treated, *pool]], treated, start, **known).units
    left = [u for u in pool if u not in set(own)]
    other = matching.match_units(rows[[*near, *left]], near, start, **known).units
    groups = {
        "area": list(treated),
        "area's match": own,
        "ring": list(near),
        "ring's match": other,
    }
    counts = [(len(u), *_counts(rows, u, start)) for u in groups.values()]
    return pd.DataFrame(counts, list(groups), ["neighbourhoods", "before", "after"])


def _counts(rows, units, start) -> tuple[float, float]:
    total, after = rows[units].to_numpy().sum(axis=1), rows.index >= start
    return float(total[~after].sum()), float(total[after].sum())


def ranked(
    name: str,
    panel: pd.DataFrame,
    groups: dict[str, list],
    treated: str,
    start,
    *,
    what: str,
    sources,
    direction: str,
    minimum=(24, 12),
    kind: str = "area",
    caveats=(),
) -> Finding:
    """Each area's change against all the others together, and the rank of the treated one.

    ``groups`` maps each area to its units, columns of ``panel`` (month x unit); ``kind`` is what
    an area is called. It is judged by that rank alone, so no interval is drawn; under 19 other
    areas no rank can rule out chance, and the sentence says so. An area without events has none.
    """
    facts = {"area": treated, "sources": sources, "direction": direction}
    facts["unit"] = "% change against the others"
    try:
        rows, lost = _each_against_the_others(panel, groups, treated, start, minimum)
    except NotEnough as reason:
        return finding(
            name, str(reason), verdict="not_enough", caveats=caveats, **facts
        )
    caveats = [
        *caveats,
        *[f"Without events to compare, so not ranked: {formatting.listed(lost)}."][
            : len(lost)
        ],
    ]
    size = rows["change"].abs().rank(ascending=False, method="min")
    at, n = rows.index[rows["area"] == treated][0], len(rows)
    change, p = rows.loc[at, "change"], size[at] / n
    text = f"{what} in {treated} changed by {formatting.percent(change, 0)} against the other "
    text += f"{formatting.count(n - 1, kind)}: number {int(size[at])} of {n} by size of change, and "
    text += f"number {at + 1} from the lowest."
    text += f" By that rank p = {formatting.number(p, 2)}"
    text += (
        f", where the least that {n} can give is {formatting.number(1 / n, 2)}."
        if n < 20
        else "."
    )
    look = {"highlight": treated, "reference": 0, "xlabel": "change against the others"}
    return finding(
        name,
        text,
        verdict="tested",
        test=f"rank among {formatting.count(n, kind)}",
        value=100 * change,
        numbers={"p of the rank": p, "the least p": 1 / n, f"other {kind}s": n - 1},
        caption=f"{what}: each {kind} against the others",
        **parts.percents(rows, "change"),
        figure=plots.intervals(
            rows,
            label="area",
            estimate="change",
            lower="change",
            upper="change",
            kind="percent",
            **look,
        ),
        caveats=caveats,
        **facts,
    )


def _each_against_the_others(
    panel, groups: dict[str, list], treated: str, start, minimum
):
    """The change of each area, the lowest first, and the areas that have none."""
    whole = panel[[u for units in groups.values() for u in units]].dropna(how="any")
    found, lost = {}, []
    for area, units in groups.items():
        try:
            found[area] = (
                difference_in_differences.did(
                    whole, units, start, minimum=minimum
                ).ratio
                - 1
            )
        except NotEnough:  # one without events must not take the others with it
            if area == treated:
                raise
            lost.append(area)
    rows = pd.Series(found, name="change")
    return rows.rename_axis("area").reset_index().sort_values(
        "change", ignore_index=True
    ), lost


def unplaced(
    name: str,
    panel: pd.DataFrame,
    treated,
    unknown: pd.Series,
    evaluation: Evaluation,
    *,
    what: str,
    area: str,
    sources,
    direction: str,
    caveats=(),
) -> Finding:
    """How far counts without a location could move the result, both ways.

    ``unknown`` is month -> counts of the treated area's force that have no location.
    """
    facts = {
        "area": area,
        "sources": sources,
        "direction": direction,
        "caveats": caveats,
    }
    if evaluation.reason:
        return finding(name, evaluation.reason, verdict="not_enough", **facts)
    rows = _wherever_they_were(panel, treated, unknown, evaluation)
    change, whole = rows["change"], {"kind": "percent", "decimals": 0}
    low, high = change.min(), change.max()
    same = change[rows["before"] == rows["after"]]
    text = f"{what} in {area} against {evaluation.comparison_name}: {formatting.percent(change.iloc[0], 0)} "
    text += f"from located counts. Were none or all of the counts without a location {area}'s, "
    text += f"{formatting.interval(same.min(), same.max(), **whole)}; were all on one side of the start "
    text += f"only, {formatting.interval(low, high, **whole)}: the change "
    text += "could be a fall or a rise." if low < 0 < high else "keeps its direction."
    return finding(
        name,
        text,
        verdict="estimate",
        unit="% change against the comparison",
        figure=plots.bars(
            rows, label="case", value="change", kind="percent", xlabel="change"
        ),
        caption="What the change would be, by where the unplaced counts happened",
        numbers={"neighbourhoods compared with": len(evaluation.comparison)},
        **parts.percents(rows[["case", "change"]], "change"),
        **parts.numbers(change.iloc[0], low, high, times=100),
        **facts,
    )


def _wherever_they_were(
    panel, treated, unknown, evaluation: Evaluation
) -> pd.DataFrame:
    """The change by each case of where and when the counts without a location happened."""
    months = evaluation.months
    after = months >= evaluation.start
    series = [panel[list(u)].sum(axis=1) for u in (treated, evaluation.comparison)]
    series = [s.reindex(months).fillna(0) for s in (*series, unknown)]
    rows = missing_location_bounds(*((s[~after].sum(), s[after].sum()) for s in series))
    return rows.assign(change=rows["ratio"] - 1)
