"""Findings at the outset of an evaluation, ready made: what can be seen, levels, balance."""

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.findings import parts, plots
from outcomes.findings.finding import Finding, finding
from outcomes.findings.theme import NAVY, PALE, TEAL
from outcomes.methods.evaluation import matching
from outcomes.methods.evaluation.design import Evaluation

TREND = 24
"""Months before a start without which no trend is extended past it."""

_STATES = {"compared": NAVY, "held": TEAL, "missing": PALE}


def seen(
    name: str,
    coverage: pd.DataFrame,
    evaluation: Evaluation,
    *,
    area: str,
    sources,
    headline: bool = True,
    caveats=(),
) -> Finding:
    """What the months at hand allow to be seen of a start, as a strip of months.

    ``coverage`` has force, month, state and reason for each force of the comparison.
    """
    start = evaluation.start
    frame = coverage.assign(at_hand=coverage["state"] == "complete")
    shared = frame.groupby("month")["at_hand"].all()
    months = pd.DatetimeIndex(shared.index[shared])
    before, after = months[months < start], months[months >= start]
    compared = pd.DatetimeIndex([] if evaluation.reason else evaluation.months)
    caveats = [
        *caveats,
        *filter(None, ["" if evaluation.reason else evaluation.unequal_months]),
    ]
    facts = {"area": area, "sources": sources, "headline": headline, "caveats": caveats}
    state = np.where(frame["month"].isin(compared), "compared", "held")
    frame["state"] = np.where(frame["at_hand"], state, "missing")
    frame["force"] = frame["force"].map(formatting.place)
    return finding(
        name,
        _seen(before, after, start, compared, evaluation.reason),
        verdict="not_enough" if evaluation.reason else "published",
        value=None if evaluation.reason else len(compared),
        unit="months compared",
        numbers=_months(before, after, start, compared),
        caption="Months of street-level crime held here and compared",
        figure=plots.strip(
            frame, row="force", x="month", state="state", colours=_STATES
        ),
        table=parts.months_named(frame[["force", "month", "state", "reason"]], "month"),
        **facts,
    )


def _months(before, after, start, compared) -> dict[str, float]:
    found = {
        "months held before the start": len(before),
        "months held after it": len(after),
    }
    if len(compared):
        n = int((compared < start).sum())
        found |= {"compared before": n, "compared after": len(compared) - n}
    if len(before) < TREND:
        found["months that a trend needs"] = TREND
    return found


def _seen(before, after, start, compared, reason: str) -> str:
    if not len(before) or not len(after):
        side = "before" if not len(before) else "from"
        lack = f"no month {side} {formatting.month(start)} is held here"
        return f"Nothing can be compared: {lack}. {reason}"
    last, first = before.max(), after.min()
    gap = (first.year - last.year) * 12 + first.month - last.month - 1
    text = f"The months held here run through the start in {formatting.month(start)}."
    if gap:
        absent = [last + pd.DateOffset(months=1), first - pd.DateOffset(months=1)]
        text = f"The months held here stop at {formatting.month(last)} and resume in "
        text += (
            f"{formatting.month(first)}: the {formatting.count(gap, 'month')} between"
        )
        text += (
            f", the start in {formatting.month(start)} among them,"
            if first > start
            else ""
        )
        text += f" {'is' if gap == 1 else 'are'} public and not held here ("
        text += "`outcomes data refresh --from {:%Y-%m} --to {:%Y-%m}`".format(*absent)
        text += f" brings {'it' if gap == 1 else 'them'})."
    n, m = int((compared < start).sum()), int((compared >= start).sum())
    held = f" {formatting.count(len(before), 'month')} before the start and {len(after)} after are held"
    if reason:
        return f"{text}{held}. {reason}"
    text += f"{held}; {n} and {m} of them are compared"
    text += f", from {formatting.month(compared.min())} to {formatting.month(compared.max())}."
    if len(before) < TREND:
        text += f" Under {TREND} months before, no trend is extended past the start."
    return text


def levels(
    name: str,
    panel: pd.DataFrame,
    treated,
    evaluation: Evaluation,
    *,
    people: pd.Series,
    what: str,
    area: str,
    sources,
    direction: str,
    caveats=(),
) -> Finding:
    """Counts for each 1,000 residents by month, in the area and in what it is compared with.

    ``people`` is unit -> residents. Where the comparison's are not known, both are drawn relative
    to their mean before the start.
    """
    facts = {
        "area": area,
        "sources": sources,
        "direction": direction,
        "caveats": caveats,
    }
    if evaluation.reason:
        return finding(name, evaluation.reason, verdict="not_enough", **facts)
    against = formatting.sentence_case(evaluation.comparison_name)
    groups = {area: treated, against: evaluation.comparison}
    level, unit = _levels(panel, groups, evaluation, people)
    early = evaluation.months < evaluation.start
    then, now = (level.loc[evaluation.months[part]].mean() for part in (early, ~early))
    said = [
        f"{formatting.number(then[k])} before and {formatting.number(now[k])} after in {place}"
        for k, place in ((area, area), (against, evaluation.comparison_name))
    ]
    facts["numbers"] = {
        f"{place}, {side}": mean[k]
        for k, place in ((area, area), (against, evaluation.comparison_name))
        for side, mean in (("before", then), ("after", now))
    }
    table = level.rename_axis("month").reset_index()
    long = table.melt("month", var_name="place", value_name="n")
    look = {"by": "place", "events": {"start": evaluation.start}, "ylabel": unit}
    return finding(
        name,
        f"{what}, {unit}, over the months compared: {formatting.listed(said)}.",
        value=now[area],
        unit=unit,
        figure=plots.series(long, x="month", y="n", **look),
        caption=f"{what}, {unit}",
        table=parts.months_named(table, "month"),
        **facts,
    )


def _levels(
    panel, groups: dict, evaluation: Evaluation, people
) -> tuple[pd.DataFrame, str]:
    """Counts of each group by month over its residents, if they are known, and their unit."""
    counts = pd.DataFrame({k: panel[list(u)].sum(axis=1) for k, u in groups.items()})
    if people[list(evaluation.comparison)].notna().all():
        thousands = pd.Series(
            {k: people[list(u)].sum() / 1000 for k, u in groups.items()}
        )
        return counts / thousands, "for each 1,000 residents a month"
    early = evaluation.months[evaluation.months < evaluation.start]
    return counts / (counts.loc[early].mean() / 100), "% of the mean before the start"


def balanced(
    name: str, evaluation: Evaluation, *, area: str, sources, caveats=()
) -> Finding:
    """What is compared with, and whether it was alike before the start."""
    facts = {"area": area, "sources": sources, "caveats": caveats}
    if evaluation.reason:
        return finding(name, evaluation.reason, verdict="not_enough", **facts)
    units = formatting.count(len(evaluation.comparison), "neighbourhood")
    if evaluation.matching is None:
        text = (
            f"{area} is compared with {evaluation.comparison_name}: {units}, unmatched."
        )
        return finding(
            name, text, value=len(evaluation.comparison), unit="neighbourhoods", **facts
        )
    plainer = {"smd_before": "difference before", "smd_after": "difference after"}
    table = evaluation.matching.balance.rename(columns=plainer)
    apart = table["difference after"].abs()
    left, most = apart.max(), table["difference before"].abs().max()
    worst = formatting.listed(
        table.loc[np.isclose(apart, left), "feature"]
    )  # level: each is named
    text = (
        f"{area} is compared with {units}, matched on what was known before the start. "
    )
    text += (
        "All features are" if evaluation.matching.balanced else "Not all features are"
    )
    text += f" in balance: the largest difference left is {formatting.number(left, 2)} of a standard "
    text += (
        f"deviation ({worst}), where {formatting.number(matching.BALANCED, 2)} is the "
    )
    text += f"most allowed and {formatting.number(most, 2)} was the largest without matching."
    return finding(
        name,
        text,
        value=left,
        unit="standard deviations",
        table=table,
        verdict="tested",
        test=f"standardised mean difference under {formatting.number(matching.BALANCED, 2)}",
        numbers={"neighbourhoods compared with": len(evaluation.comparison)},
        caption="Balance before the start, in standard deviations",
        **facts,
    )


def placeless(
    name: str,
    coverage: pd.DataFrame,
    *,
    area: str,
    sources,
    start=None,
    many: float = 0.1,
    caveats=(),
) -> Finding:
    """What share of a force's rows names no place, month by month, and when it was over ``many``.

    ``coverage`` has month, state, rows and no_location of one force; only complete months count.
    """
    rows = coverage[coverage["state"] == "complete"].reset_index(drop=True)
    rows["share"] = rows["no_location"] / rows["rows"]
    often = [formatting.month(m) for m in rows["month"][rows["share"] > many]]
    text = f"Of all rows of {area}, {formatting.percent(rows['share'].min())} to "
    text += f"{formatting.percent(rows['share'].max())} a month have no location; it was over "
    text += f"{formatting.percent(many, 0)} in {formatting.count(len(often), 'month')}"
    text += f": {formatting.listed(often)}." if often else "."
    look = {"kind": "percent", "events": {"start": start}}
    look["ylabel"] = "share of rows without a location"
    return finding(
        name,
        text,
        value=rows["share"].max(),
        unit="share of rows",
        area=area,
        sources=sources,
        figure=plots.series(rows, x="month", y="share", **look),
        caption=f"Rows without a location, {area}",
        caveats=caveats,
        numbers={"over this share": many, "months": len(often)},
        table=parts.months_named(
            rows[["month", "rows", "no_location", "share"]], "month"
        ),
    )
