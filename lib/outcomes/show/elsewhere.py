"""Findings about other places, ready made: a mix, the surroundings, a rank, and no place at all."""

import pandas as pd

from outcomes.analysis import differences, displacement, matching, synthetic
from outcomes.analysis.evaluation import Evaluation, bounded_by_unplaced
from outcomes.analysis.guards import require_months
from outcomes.data.errors import NotEnough
from outcomes.show import charts, plots, words
from outcomes.show.findings import Finding, finding

_NUMBERS = {"value": "change", "lower": "lower", "upper": "upper"}


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
    name: str, panel: pd.DataFrame, treated, near, evaluation: Evaluation, *, pool, sets,
    what: str, area: str, km: float, sources, covariates=None, population=None, caveats=(),
) -> Finding:  # fmt: skip
    """Whether the surroundings gained or lost: weighted counts (WDD) and the quotient (WDQ).

    The area and the ring are each set against as many matched neighbourhoods of the pool, one for
    one, since differences of counts need a control of the same size. ``sets`` are placebo areas,
    whose changes say how far counts stray by themselves.
    """
    facts = {"area": area, "sources": sources, "better": "fewer", "unit": f"{what}, in all"}
    known = {"covariates": covariates, "population": population}
    try:
        if evaluation.reason or not len(near):
            none = f"No neighbourhood has its centre within {words.number(km)} km."
            raise NotEnough(f"{evaluation.reason or none} Displacement cannot be measured.")
        rows = panel.loc[evaluation.months]
        table = _rings(rows, treated, near, pool, evaluation.start, known)
        both, moved, spread, alone = _moved(table, rows[pool], sets, evaluation, known)
    except NotEnough as reason:
        return finding(name, str(reason), verdict="not_enough", caveats=caveats, **facts)
    reading = ", which is not to be read while no effect in the area itself is shown"
    if evaluation.verdict(outcome=what, place=area, better="fewer").kind == "effect":
        reading = f": {moved.reading}"
    none = ", which is consistent with none" if both.lower <= 0 <= both.upper else ""
    text = (
        f"Counting the ring of {words.count(len(near), 'neighbourhood')} within "
        f"{words.number(km)} km, {area} had {words.number(abs(both.estimate), 0)} "
        f"{'fewer' if both.estimate < 0 else 'more'} {what} over {evaluation.did.post} months than "
        f"its match's change would have given (interval "
        f"{words.interval(both.lower, both.upper, decimals=0)}){none}. The displacement quotient "
        f"is {words.number(moved.wdq, 2)}{reading}."
    )
    warning = (
        f"The changes of placebo areas vary {words.number(spread, 1)} times as much as by chance "
        "alone, so the interval is widened for it. Without that, the area alone would seem to have "
        f"changed by {words.number(alone.estimate, 0)} "
        f"({words.interval(alone.lower, alone.upper, decimals=0)})."
    )
    return finding(
        name, text, value=both.estimate, lower=both.lower, upper=both.upper, verdict="estimate",
        table=table.rename_axis("place").reset_index(), caveats=[*caveats, warning],
        caption=f"{words.sentence_case(what)} in the area, the ring and their matches", **facts,
    )  # fmt: skip


def _moved(table, rows, sets, evaluation: Evaluation, known):
    """The change with the ring, the quotient, how far towns stray, and the area's change alone."""
    own, match, ring, other = table[["before", "after"]].itertuples(index=False, name=None)
    time = {"exposure": (evaluation.did.pre, evaluation.did.post)}
    towns = matching.separate(sets)
    theirs = matching.match_sets(rows, towns, evaluation.start, ratio=1, **known)
    counts = (
        [_counts(rows, u, evaluation.start) for u in pair]
        for pair in zip(towns, theirs, strict=True)
    )
    spread = displacement.overdispersion([displacement.wdd(*pair, **time) for pair in counts])
    both = displacement.wdd(
        own, match, near_treated=ring, near_control=other, inflation=spread, **time
    )
    return both, displacement.wdq(own, ring, match), spread, displacement.wdd(own, match, **time)


def _rings(rows, treated, near, pool, start, known) -> pd.DataFrame:
    """Counts before and after in the area, the ring and the match of each."""
    known = {**known, "ratio": 1, "minimum": (1, 0)}
    own = matching.match_units(rows[[*treated, *pool]], treated, start, **known).units
    left = [u for u in pool if u not in set(own)]
    other = matching.match_units(rows[[*near, *left]], near, start, **known).units
    groups = {"area": list(treated), "area's match": own, "ring": list(near), "ring's match": other}
    counts = [(len(u), *_counts(rows, u, start)) for u in groups.values()]
    return pd.DataFrame(counts, list(groups), ["neighbourhoods", "before", "after"])


def _counts(rows, units, start) -> tuple[float, float]:
    total, after = rows[units].to_numpy().sum(axis=1), rows.index >= start
    return float(total[~after].sum()), float(total[after].sum())


def ranked(
    name: str, panel: pd.DataFrame, groups: dict[str, list], treated: str, start, *, what: str,
    sources, better: str, minimum=(24, 12), kind: str = "area", caveats=(),
) -> Finding:  # fmt: skip
    """Each area's change against all the others together, and the rank of the treated one.

    ``groups`` maps each area to its units, columns of ``panel`` (month x unit); ``kind`` is what
    an area is called. Under 19 other areas a rank is no test, and the sentence says so.
    """
    facts = {"area": treated, "sources": sources, "better": better, "caveats": caveats}
    facts["unit"] = "% change against the others"
    whole = panel[[u for units in groups.values() for u in units]].dropna(how="any")
    try:
        found = {
            k: differences.did(whole, v, start, minimum=minimum)[:3] for k, v in groups.items()
        }
    except NotEnough as reason:
        return finding(name, str(reason), verdict="not_enough", **facts)
    rows = pd.DataFrame(
        [(k, *(v - 1 for v in r)) for k, r in found.items()],
        columns=["area", "change", "lower", "upper"],
    ).sort_values("change", ignore_index=True)
    size = rows["change"].abs().rank(ascending=False, method="min")
    at = rows.index[rows["area"] == treated][0]
    own, n = rows.loc[at], len(rows)
    text = (
        f"{what} in {treated} changed by {words.percent(own['change'], 0)} against the other "
        f"{words.count(n - 1, kind)}: number {int(size[at])} of {n} by size of change, and number "
        f"{at + 1} from the lowest."
    )
    if n < 20:
        text += f" The least p that {n} can give is {words.number(1 / n, 2)}: a rank, not a test."
    units = dict.fromkeys(("change", "lower", "upper"), "%")
    figure = plots.intervals(
        rows, label="area", estimate="change", lower="lower", upper="upper", kind="percent",
        highlight=treated, reference=0, xlabel="change against the others",
    )  # fmt: skip
    return finding(
        name, text, **{k: 100 * own[v] for k, v in _NUMBERS.items()}, verdict="estimate",
        figure=figure, table=rows.assign(**{c: 100 * rows[c] for c in units}), units=units,
        caption=f"{what}: each {kind} against the others", **facts,
    )  # fmt: skip


def unplaced(
    name: str, panel: pd.DataFrame, treated, unknown: pd.Series, evaluation: Evaluation, *,
    what: str, area: str, sources, better: str, caveats=(),
) -> Finding:  # fmt: skip
    """How far counts without a location could move the result, both ways.

    ``unknown`` is month -> counts of the treated area's force that have no location.
    """
    facts = {"area": area, "sources": sources, "better": better, "caveats": caveats}
    if evaluation.reason:
        return finding(name, evaluation.reason, verdict="not_enough", **facts)
    months = evaluation.months
    after = months >= evaluation.start
    series = [panel[list(u)].sum(axis=1) for u in (treated, evaluation.comparison)]
    series = [s.reindex(months).fillna(0) for s in (*series, unknown)]
    rows = bounded_by_unplaced(*((s[~after].sum(), s[after].sum()) for s in series))
    rows["change"] = rows["ratio"] - 1
    low, high = rows["change"].min(), rows["change"].max()
    same = rows["change"][rows["before"] == rows["after"]]
    own = rows["change"].iloc[0]
    cross = "could be a fall or a rise" if low < 0 < high else "keeps its direction"
    text = (
        f"{what} in {area} against {evaluation.against}: {words.percent(own, 0)} from located "
        f"counts. Were none or all of the counts without a location {area}'s, "
        f"{words.interval(same.min(), same.max(), kind='percent', decimals=0)}; were all on one "
        "side of the start only, "
        f"{words.interval(low, high, kind='percent', decimals=0)}: the change {cross}."
    )
    figure = plots.bars(rows, label="case", value="change", kind="percent", xlabel="change")
    return finding(
        name, text, value=100 * own, lower=100 * low, upper=100 * high, verdict="bounded",
        unit="% change against the comparison", figure=figure, units={"change": "%"},
        table=rows[["case", "change"]].assign(change=100 * rows["change"]),
        caption="What the change would be, by where the unplaced counts happened", **facts,
    )  # fmt: skip
