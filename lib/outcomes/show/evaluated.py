"""Findings of evaluations, ready made: what can be seen, balance, effect, other choices.

Each takes what the analysis room found (:class:`outcomes.analysis.evaluation.Evaluation`) or the
counts it needs, and returns a Finding. Ratios of changes are shown as changes in per cent.
"""

from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis import matching
from outcomes.analysis.evaluation import Evaluation, corrected
from outcomes.show import charts, plots, words
from outcomes.show.findings import Finding, finding
from outcomes.show.style import NAVY, PALE, TEAL

TREND = 24
"""Months before a start without which no trend is extended past it."""

_STATES = {"compared": NAVY, "at hand": TEAL, "missing": PALE}
_OVERLAP = (
    "Placebo areas overlap one another, so they are fewer in truth than in number: {} of them "
    "share no neighbourhood."
)


def seen(
    name: str, coverage: pd.DataFrame, start, evaluation: Evaluation, *, area: str, sources,
    headline: bool = True, caveats=(),
) -> Finding:  # fmt: skip
    """What the months at hand allow to be seen of a start, as a strip of months.

    ``coverage`` has force, month, state and reason for each force of the comparison.
    """
    start = pd.Timestamp(start)
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


def balanced(name: str, evaluation: Evaluation, *, area: str, sources, caveats=()) -> Finding:
    """What is compared with, and whether it was alike before the start."""
    facts = {"area": area, "sources": sources, "caveats": caveats}
    if evaluation.reason:
        return finding(name, evaluation.reason, verdict="not_enough", **facts)
    units = words.count(len(evaluation.comparison), "neighbourhood")
    if evaluation.matching is None:
        text = f"{area} is compared with all {units} neither in it nor beside it, unmatched."
        return finding(name, text, value=len(evaluation.comparison), unit="neighbourhoods", **facts)
    table = evaluation.matching.balance
    worst = table.loc[table["smd_after"].abs().idxmax()]
    text = (
        f"{area} is compared with {units}, matched on what was known before the start. "
        f"{'All features are' if evaluation.matching.balanced else 'Not all features are'} in "
        f"balance: the largest difference left is {words.number(abs(worst['smd_after']), 2)} of a "
        f"standard deviation ({worst['feature']}), where "
        f"{words.number(matching.BALANCED, 2)} is the most allowed and "
        f"{words.number(table['smd_before'].abs().max(), 2)} was the largest without matching."
    )
    return finding(
        name, text, value=abs(worst["smd_after"]), unit="standard deviations", table=table,
        caption="Balance before the start, in standard deviations", **facts,
    )  # fmt: skip


def effect(
    name: str, evaluation: Evaluation, *, what: str, area: str, comparison: str, better: str,
    sources, placebos: str = "placebo areas", headline: bool = True, caveats=(),
) -> Finding:  # fmt: skip
    """The change against the comparison, its place among placebo areas, and the verdict.

    ``what`` opens the sentence ("Anti-social behaviour"), ``comparison`` names what it is
    compared with, ``placebos`` what the grey bars are.
    """
    facts = {"area": area, "better": better, "sources": sources, "headline": headline}
    facts["unit"] = "% change against the comparison"
    said = evaluation.verdict(outcome=what, place=area, comparison=comparison, better=better)
    if evaluation.reason:
        return finding(name, said.sentence, verdict="not_enough", caveats=caveats, **facts)
    drawn, found = evaluation.randomisation, evaluation.did
    change = np.sort(drawn.placebo["ratio"].to_numpy() - 1)
    n, edges = np.histogram(change, bins=min(24, max(8, len(change) // 12)))
    table = pd.DataFrame({"lower": edges[:-1], "upper": edges[1:], "n": n})
    figure = charts.placebos(
        table, treated=drawn.ratio - 1, label=area, ylabel=f"number of {placebos}",
        xlabel="change against the comparison",
    )  # fmt: skip
    rank = f" By size of change it is number {drawn.rank} of {drawn.sets + 1}: "
    rank += f"{area} and {words.number(drawn.sets)} {placebos}."
    return finding(
        name, said.sentence + rank, **_percent(found), verdict="estimate", figure=figure,
        table=table.assign(lower=100 * table["lower"], upper=100 * table["upper"]),
        units={"lower": "%", "upper": "%"}, caption=f"Change in {placebos}, counted in bins",
        period=_span(evaluation.months),
        caveats=[*caveats, _OVERLAP.format(evaluation.separate)], **facts,
    )  # fmt: skip


def _span(months: pd.DatetimeIndex) -> str:
    return words.period(months.min(), months.max() + pd.offsets.MonthEnd())


def _percent(found: Any) -> dict[str, float]:
    return {
        "value": 100 * (found[0] - 1), "lower": 100 * (found[1] - 1), "upper": 100 * (found[2] - 1)
    }  # fmt: skip


def events(
    name: str, evaluation: Evaluation, *, what: str, area: str, comparison: str, better: str,
    sources, caveats=(),
) -> Finding:  # fmt: skip
    """The treated area against its comparison through time, before and after the start."""
    facts = {"area": area, "better": better, "sources": sources, "caveats": caveats}
    if evaluation.events is None:
        text = evaluation.reason or "There are too few events by half-year to draw them in time."
        return finding(name, text, verdict="not_enough", **facts)
    frame, p = evaluation.events.frame, evaluation.events.pretrend_p
    drift = "cannot be tested" if np.isnan(p) else f"has p = {words.number(p, 2)}"
    flat = "" if np.isnan(p) else " (a drift)" if p < 0.05 else " (no clear drift)"
    out = frame[~frame["before"] & ((frame["upper"] < 1) | (frame["lower"] > 1))]
    n = int((~frame["before"]).sum())
    text = (
        f"{what} in {area} against {comparison}, relative to all the time before the start: the "
        f"straight line before it {drift}{flat}; after it {len(out)} of {words.count(n, 'period')} "
        f"{'lies' if len(out) == 1 else 'lie'} clear of no difference."
    )
    wide = frame["event"].to_numpy()
    shown = frame.assign(**{c: frame[c] - 1 for c in ("ratio", "lower", "upper")})
    figure = charts.event_time(
        shown, time="event", estimate="ratio", kind="percent", ylabel="difference from before",
        xlabel=f"periods of {_width(frame)} months from the start",
    )  # fmt: skip
    units = dict.fromkeys(("ratio", "lower", "upper"), "%")
    table = shown.assign(
        start=frame["start"].map(words.month), end=frame["end"].map(words.month), event=wide,
        **{c: 100 * shown[c] for c in units},
    )  # fmt: skip
    return finding(
        name, text, value=p, unit="p of a drift before the start", figure=figure, units=units,
        table=table.rename(columns={"ratio": "difference"}), verdict="informational",
        caption="Difference from the comparison by time since the start", **facts,
    )  # fmt: skip


def _width(frame: pd.DataFrame) -> int:
    """3 or 6: months to a bin, from how far apart bins lie in time."""
    a, b = frame.iloc[0], frame.iloc[-1]
    months = (b["start"].year - a["start"].year) * 12 + b["start"].month - a["start"].month
    return 3 if months / (b["event"] - a["event"]) < 4.5 else 6


def effects(
    name: str, evaluations: dict[str, Evaluation], *, what: str, area: str, sources,
    primary: str = "", adjust: bool = False, better: str = "fewer", caption: str, caveats=(),
) -> Finding:  # fmt: skip
    """Several evaluations side by side: other outcomes, or the same one by other choices.

    With ``adjust`` the p-values of all but ``primary`` are corrected for many looks.
    """
    facts = {"area": area, "sources": sources, "better": better}
    told = {k: e for k, e in evaluations.items() if not e.reason}
    short = [f"{k}: {e.reason}" for k, e in evaluations.items() if e.reason]
    if not told:
        return finding(name, next(iter(evaluations.values())).reason, verdict="not_enough", **facts)
    rows = pd.DataFrame(
        [
            (k, *(v - 1 for v in e.did[:3]), e.randomisation.p, _drift(e), e.did.pre, e.did.post)
            for k, e in told.items()
        ],
        columns=["case", "change", "lower", "upper", "p", "drift_p", "pre", "post"],
    )
    if adjust:
        rows["p_corrected"] = rows["case"].map(corrected(told, primary=primary))
    tested = rows["p_corrected"] if adjust else rows["p"]
    clear = rows["case"][tested <= 0.05].tolist()
    looks = ", after correction of all but the primary outcome for many looks" if adjust else ""
    which = f"{words.listed(clear)} {'is' if len(clear) == 1 else 'are'}" if clear else "none is"
    text = (
        f"{what} in {area}: the change against the comparison runs from "
        f"{words.percent(rows['change'].min(), 0)} to {words.percent(rows['change'].max(), 0)} "
        f"over {words.count(len(rows), 'case')}; {which} "
        f"more than is usual among placebo areas{looks}."
    )
    figure = plots.intervals(
        rows, label="case", estimate="change", lower="lower", upper="upper", kind="percent",
        highlight=primary, reference=0, xlabel="change against the comparison",
    )  # fmt: skip
    units = dict.fromkeys(("change", "lower", "upper"), "%")
    table = rows.assign(**{c: 100 * rows[c] for c in units})
    return finding(
        name, text, verdict="informational", table=table, units=units, caption=caption,
        figure=figure, caveats=[*caveats, *short], **facts,
    )  # fmt: skip


def _drift(evaluation: Evaluation) -> float:
    return evaluation.events.pretrend_p if evaluation.events else np.nan
