"""Findings at the outset of an evaluation, ready made: what can be seen, levels, balance."""

import numpy as np
import pandas as pd

from outcomes.analysis import matching
from outcomes.analysis.evaluation import Evaluation
from outcomes.show import plots, words
from outcomes.show.findings import Finding, finding
from outcomes.show.style import NAVY, PALE, TEAL

TREND = 24
"""Months before a start without which no trend is extended past it."""

_STATES = {"compared": NAVY, "at hand": TEAL, "missing": PALE}


def seen(
    name: str, coverage: pd.DataFrame, evaluation: Evaluation, *, area: str, sources,
    headline: bool = True, caveats=(),
) -> Finding:  # fmt: skip
    """What the months at hand allow to be seen of a start, as a strip of months.

    ``coverage`` has force, month, state and reason for each force of the comparison.
    """
    start = evaluation.start
    frame = coverage.assign(at_hand=coverage["state"] == "complete")
    shared = frame.groupby("month")["at_hand"].all()
    months = pd.DatetimeIndex(shared.index[shared])
    before, after = months[months < start], months[months >= start]
    compared = pd.DatetimeIndex([] if evaluation.reason else evaluation.months)
    facts = {"area": area, "sources": sources, "headline": headline, "caveats": caveats}
    state = np.where(frame["month"].isin(compared), "compared", "at hand")
    frame["state"] = np.where(frame["at_hand"], state, "missing")
    frame["force"] = frame["force"].map(words.place)
    figure = plots.strip(frame, row="force", x="month", state="state", colours=_STATES)
    table = frame.assign(month=frame["month"].map(words.month))
    return finding(
        name, _seen(before, after, start, compared, evaluation.reason),
        verdict="not_enough" if evaluation.reason else "informational", value=len(compared),
        unit="months compared", figure=figure, table=table[["force", "month", "state", "reason"]],
        caption="Months of street-level crime at hand and compared", **facts,
    )  # fmt: skip


def _seen(before, after, start, compared, reason: str) -> str:
    if not len(before) or not len(after):
        side = "before" if not len(before) else "from"
        return f"Nothing can be compared: no month {side} {words.month(start)} is at hand. {reason}"
    last, first = before.max(), after.min()
    gap = (first.year - last.year) * 12 + first.month - last.month - 1
    text = (
        f"The months at hand stop at {words.month(last)} and resume in {words.month(first)}: what "
        f"happened in the {words.count(gap, 'month')} between cannot be seen"
        f"{f', the start in {words.month(start)} among them' if first > start else ''}."
        if gap
        else f"The months at hand run through the start in {words.month(start)}."
    )
    n, m = int((compared < start).sum()), int((compared >= start).sum())
    held = f" {words.count(len(before), 'month')} before the start and {len(after)} after are held"
    if reason:
        return f"{text}{held}. {reason}"
    text += f"{held}; {n} and {m} of them are compared"
    text += f", from {words.month(compared.min())} to {words.month(compared.max())}."
    if len(before) < TREND:
        text += f" Under {TREND} months before, no trend is extended past the start."
    return text


def levels(
    name: str, panel: pd.DataFrame, treated, evaluation: Evaluation, *, people: pd.Series,
    what: str, area: str, sources, better: str, caveats=(),
) -> Finding:  # fmt: skip
    """Counts for each 1,000 residents by month, in the area and in what it is compared with.

    ``people`` is unit -> residents. Where the comparison's are not known, both are drawn relative
    to their mean before the start.
    """
    facts = {"area": area, "sources": sources, "better": better, "caveats": caveats}
    if evaluation.reason:
        return finding(name, evaluation.reason, verdict="not_enough", **facts)
    groups = {area: list(treated), words.sentence_case(evaluation.against): evaluation.comparison}
    counts = pd.DataFrame({k: panel[list(u)].sum(axis=1) for k, u in groups.items()})
    months, early = evaluation.months, evaluation.months < evaluation.start
    known = people[list(evaluation.comparison)].notna().all()
    base = counts.loc[months[early]].mean() / 100
    if known:
        base = pd.Series({k: people[list(u)].sum() / 1000 for k, u in groups.items()})
    unit = "for each 1,000 residents a month" if known else "% of the mean before the start"
    level = counts / base
    then, now = level.loc[months[early]].mean(), level.loc[months[~early]].mean()
    said = [
        f"{words.number(then[k])} before and {words.number(now[k])} after in {k}" for k in groups
    ]
    said[1] = said[1].replace(words.sentence_case(evaluation.against), evaluation.against)
    long = level.rename_axis("month").reset_index().melt("month", var_name="place", value_name="n")
    figure = plots.series(
        long, x="month", y="n", by="place", events={"start": evaluation.start}, ylabel=unit
    )
    table = level.rename_axis("month").reset_index()
    return finding(
        name, f"{what}, {unit}, over the months compared: {words.listed(said)}.", value=now[area],
        unit=unit, figure=figure, table=table.assign(month=table["month"].map(words.month)),
        caption=f"{what}, {unit}", **facts,
    )  # fmt: skip


def balanced(name: str, evaluation: Evaluation, *, area: str, sources, caveats=()) -> Finding:
    """What is compared with, and whether it was alike before the start."""
    facts = {"area": area, "sources": sources, "caveats": caveats}
    if evaluation.reason:
        return finding(name, evaluation.reason, verdict="not_enough", **facts)
    units = words.count(len(evaluation.comparison), "neighbourhood")
    if evaluation.matching is None:
        text = f"{area} is compared with {evaluation.against}: {units}, unmatched."
        return finding(name, text, value=len(evaluation.comparison), unit="neighbourhoods", **facts)
    plainer = {"smd_before": "difference before", "smd_after": "difference after"}
    table = evaluation.matching.balance.rename(columns=plainer)
    worst = table.loc[table["difference after"].abs().idxmax()]
    left, most = abs(worst["difference after"]), table["difference before"].abs().max()
    text = (
        f"{area} is compared with {units}, matched on what was known before the start. "
        f"{'All features are' if evaluation.matching.balanced else 'Not all features are'} in "
        f"balance: the largest difference left is {words.number(left, 2)} of a "
        f"standard deviation ({worst['feature']}), where "
        f"{words.number(matching.BALANCED, 2)} is the most allowed and "
        f"{words.number(most, 2)} was the largest without matching."
    )
    return finding(
        name, text, value=left, unit="standard deviations", table=table,
        caption="Balance before the start, in standard deviations", **facts,
    )  # fmt: skip


def placeless(
    name: str, coverage: pd.DataFrame, *, area: str, sources, start=None, many: float = 0.1,
    caveats=(),
) -> Finding:  # fmt: skip
    """What share of a force's rows names no place, month by month, and when it was over ``many``.

    ``coverage`` has month, state, rows and no_location of one force; only complete months count.
    """
    rows = coverage[coverage["state"] == "complete"].reset_index(drop=True)
    rows["share"] = rows["no_location"] / rows["rows"]
    often = [words.month(m) for m in rows["month"][rows["share"] > many]]
    text = (
        f"Of all rows of {area}, {words.percent(rows['share'].min())} to "
        f"{words.percent(rows['share'].max())} a month have no location; it was over "
        f"{words.percent(many, 0)} in {words.count(len(often), 'month')}"
        f"{': ' if often else ''}{words.listed(often)}."
    )
    figure = plots.series(
        rows, x="month", y="share", kind="percent", ylabel="share of rows without a location",
        events=None if start is None else {"start": start},
    )  # fmt: skip
    table = rows[["month", "rows", "no_location", "share"]]
    return finding(
        name, text, value=rows["share"].max(), unit="share of rows", area=area, sources=sources,
        figure=figure, caption=f"Rows without a location, {area}", caveats=caveats,
        table=table.assign(month=table["month"].map(words.month)),
    )  # fmt: skip
