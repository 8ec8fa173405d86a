"""Findings of evaluations, ready made: effect, time, other choices and outcomes, claims.

Each takes what the analysis room found (:class:`outcomes.analysis.evaluation.Evaluation`) or the
counts it needs, and returns a Finding. Ratios of changes are shown as changes in per cent.
"""

from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.evaluation import Evaluation
from outcomes.analysis.verdicts import ALPHA, drifts
from outcomes.show import charts, plots, words
from outcomes.show.findings import Finding, finding

_OVERLAP = (
    "Placebo areas overlap one another, so they are fewer in truth than in number: {} of them "
    "share no neighbourhood."
)


def effect(
    name: str, evaluation: Evaluation, *, what: str, area: str, better: str, sources,
    placebos: str = "placebo areas", headline: bool = True, caveats=(),
) -> Finding:  # fmt: skip
    """The change against the comparison, its place among placebo areas, and the verdict.

    ``what`` opens the sentence ("Anti-social behaviour"), ``placebos`` names the grey bars.
    """
    facts = {"area": area, "better": better, "sources": sources, "headline": headline}
    facts["unit"] = "% change against the comparison"
    said = evaluation.verdict(outcome=what, place=area, better=better)
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
    rank = f"By size of change it is number {drawn.rank} of {drawn.sets + 1}: "
    rank += f"{area} and {words.number(drawn.sets)} {placebos}."
    notes = [n for n in (rank, said.unchecked) if n]
    return finding(
        name, said.sentence, **_percent(found), verdict="estimate", figure=figure,
        table=table.assign(lower=100 * table["lower"], upper=100 * table["upper"]),
        units={"lower": "%", "upper": "%"}, caption=f"Change in {placebos}, counted in bins",
        period=_span(evaluation.months),
        caveats=[*notes, *caveats, _OVERLAP.format(evaluation.separate)], **facts,
    )  # fmt: skip


def _span(months: pd.DatetimeIndex) -> str:
    return words.period(months.min(), months.max() + pd.offsets.MonthEnd())


def _percent(found: Any) -> dict[str, float]:
    return {
        "value": 100 * (found[0] - 1), "lower": 100 * (found[1] - 1), "upper": 100 * (found[2] - 1)
    }  # fmt: skip


def events(
    name: str, evaluation: Evaluation, *, what: str, area: str, better: str, sources, caveats=(),
) -> Finding:  # fmt: skip
    """The treated area against its comparison through time, before and after the start."""
    facts = {"area": area, "better": better, "sources": sources, "caveats": caveats}
    if evaluation.events is None:
        text = evaluation.reason or "There are too few events by half-year to draw them in time."
        return finding(name, text, verdict="not_enough", **facts)
    frame, p = evaluation.events.frame, evaluation.events.pretrend_p
    grade = drifts(p)
    drift = (
        "cannot be tested"
        if grade == "untested"
        else f"{_GRADES[grade]} (p = {words.number(p, 2)})"
    )
    out = frame[~frame["before"] & ((frame["upper"] < 1) | (frame["lower"] > 1))]
    n = int((~frame["before"]).sum())
    text = (
        f"{what} in {area} against {evaluation.against}, relative to all the time before the "
        f"start: the straight line before it {drift}; after it {len(out)} of "
        f"{words.count(n, 'period')} {'lies' if len(out) == 1 else 'lie'} clear of no difference."
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


_GRADES = {
    "passes": "shows no drift",
    "doubtful": "leaves doubt whether the two drifted apart",
    "fails": "is a drift",
}


def _width(frame: pd.DataFrame) -> int:
    """3 or 6: months to a bin, from how far apart bins lie in time."""
    a, b = frame.iloc[0], frame.iloc[-1]
    months = (b["start"].year - a["start"].year) * 12 + b["start"].month - a["start"].month
    return 3 if months / (b["event"] - a["event"]) < 4.5 else 6


def effects(
    name: str, evaluations: dict[str, Evaluation], *, what: str, area: str, sources,
    primary: str = "", better: str = "fewer", caption: str, caveats=(),
) -> Finding:  # fmt: skip
    """Several evaluations side by side: other outcomes, or the same one by other choices.

    Each counts with its own p (:attr:`Evaluation.p`), which for secondary outcomes is corrected.
    """
    facts = {"area": area, "sources": sources, "better": better}
    told = {k: e for k, e in evaluations.items() if not e.reason}
    short = [f"{k}: {e.reason}" for k, e in evaluations.items() if e.reason]
    if not told:
        return finding(name, next(iter(evaluations.values())).reason, verdict="not_enough", **facts)
    rows = pd.DataFrame([_row(k, e) for k, e in told.items()])
    # By other choices a secondary outcome is seen by itself, as the other choices are.
    secondary = primary in told and told[primary].looks
    p = rows["p_alone" if secondary else "p_counted"]
    clear = rows["case"][(rows["failed_checks"] == "") & (p <= ALPHA)].tolist()
    unsound = words.listed(rows["case"][rows["failed_checks"] != ""])
    looks = "before correction" if secondary else "after correction of secondary outcomes"
    looks = f", {looks} for many looks" if any(e.looks for e in told.values()) else ""
    which = f"{words.listed(clear)} {'is' if len(clear) == 1 else 'are'}" if clear else "none is"
    text = (
        f"{what} in {area}: the change against the comparison runs from "
        f"{words.percent(rows['change'].min(), 0)} to {words.percent(rows['change'].max(), 0)} "
        f"over {words.count(len(rows), 'case')}; {which} more than is usual among placebo areas"
        f"{looks}."
        f"{f' The comparison fails its own checks for: {unsound}.' if unsound else ''}"
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


def _row(case: str, e: Evaluation) -> dict:
    """One evaluation as a row: change, p by itself and as it counts, months and checks."""
    evidence, change = e.evidence(), [v - 1 for v in e.did[:3]]
    return {
        "case": case, **dict(zip(("change", "lower", "upper"), change, strict=True)),
        "p_alone": e.alone, "p_counted": e.p, "pre": e.did.pre, "post": e.did.post,
        "drift": drifts(evidence.drift), "failed_checks": evidence.failed,
    }  # fmt: skip


_KINDS = {
    "effect": "consistent with it",
    "doubtful": "more than is usual, but doubtful",
    "harm": "the opposite of it",
    "none": "cannot be told from chance",
    "unsound": "the comparison failed its own checks",
    "not_enough": "not enough data to tell",
}


def claimed(
    name: str, claim: str, evaluations: dict[str, Evaluation], outcomes, *, area: str, sources,
    better: str = "fewer", headline: bool = True, caveats=(),
) -> Finding:  # fmt: skip
    """A published claim beside the verdict on each outcome it names."""
    said = {
        o: evaluations[o].verdict(outcome=words.sentence_case(o), place=area, better=better)
        for o in outcomes
    }
    found = "; ".join(f"{o}: {_KINDS[v.kind]}" for o, v in said.items())
    text = f"{claim} Tested in {area} against {evaluations[outcomes[0]].against}: {found}."
    rows = [(o, _KINDS[v.kind], f"{v.sentence} {v.unchecked}".strip()) for o, v in said.items()]
    return finding(
        name, text, area=area, better=better, headline=headline, sources=sources, caveats=caveats,
        table=pd.DataFrame(rows, columns=["outcome", "result", "verdict"]),
        caption="The claim, outcome by outcome",
    )  # fmt: skip
