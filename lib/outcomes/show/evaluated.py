"""Findings of evaluations, ready made: effect, time, other choices and outcomes, claims.

Each takes what the analysis room found (:class:`outcomes.analysis.evaluation.Evaluation`) or the
counts it needs, and returns a Finding. Ratios of changes are shown as changes in per cent.
"""

import numpy as np
import pandas as pd

from outcomes.analysis.evaluation import Evaluation
from outcomes.analysis.verdicts import ALPHA, drifts
from outcomes.show import charts, parts, words
from outcomes.show.findings import Finding, finding

_OVERLAP = "Placebo areas overlap one another, so they are fewer in truth than in number: "


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
    drawn, months = evaluation.randomisation, evaluation.months
    bins = _binned(drawn.placebo["ratio"].to_numpy() - 1)
    look = {"label": area, "ylabel": f"number of {placebos}"}
    rank = f"By size of change it is number {drawn.rank} of {drawn.sets + 1}: "
    rank += f"{area} and {words.number(drawn.sets)} {placebos}."
    notes = [rank, *filter(None, [said.unchecked]), *caveats]
    return finding(
        name, said.sentence, verdict="estimate",
        figure=charts.placebos(bins, treated=drawn.ratio - 1, **look),
        caption=f"Change in {placebos}, counted in bins", **parts.percents(bins, "lower", "upper"),
        period=words.period(months.min(), months.max() + pd.offsets.MonthEnd()),
        caveats=[*notes, f"{_OVERLAP}{evaluation.separate} of them share no neighbourhood."],
        **parts.numbers(*_changes(evaluation), times=100), **facts,
    )  # fmt: skip


def _binned(values: np.ndarray) -> pd.DataFrame:
    n, edges = np.histogram(values, bins=min(24, max(8, len(values) // 12)))
    return pd.DataFrame({"lower": edges[:-1], "upper": edges[1:], "n": n})


def _changes(evaluation: Evaluation) -> list[float]:
    """The change against the comparison, a share, and its interval."""
    return [ratio - 1 for ratio in evaluation.did[:3]]


def events(
    name: str, evaluation: Evaluation, *, what: str, area: str, better: str, sources, caveats=(),
) -> Finding:  # fmt: skip
    """The treated area against its comparison through time, before and after the start."""
    facts = {"area": area, "better": better, "sources": sources, "caveats": caveats}
    if evaluation.events is None:
        text = evaluation.reason or "There are too few events by half-year to draw them in time."
        return finding(name, text, verdict="not_enough", **facts)
    shown, p = evaluation.events.frame.copy(), evaluation.events.pretrend_p
    shown[["ratio", "lower", "upper"]] -= 1
    after = shown[~shown["before"]]
    clear = int(((after["upper"] < 0) | (after["lower"] > 0)).sum())
    text = f"{what} in {area} against {evaluation.against}, relative to all the time before the "
    text += f"start: the straight line before it {_DRIFT[drifts(p)].format(words.number(p, 2))}; "
    text += f"after it {clear} of {words.count(len(after), 'period')} "
    text += f"{'lies' if clear == 1 else 'lie'} clear of no difference."
    xlabel = f"periods of {_width(shown)} months from the start"
    table = parts.months_named(shown, "start", "end").rename(columns={"ratio": "difference"})
    facts |= parts.percents(table, "difference", "lower", "upper")
    return finding(
        name, text, value=p, unit="p of a drift before the start", verdict="tested",
        test="a straight line before the start, against none",
        figure=charts.event_time(shown, xlabel=xlabel),
        caption="Difference from the comparison by time since the start", **facts,
    )  # fmt: skip


_DRIFT = {
    "untested": "cannot be tested",
    "passes": "shows no drift (p = {})",
    "doubtful": "leaves doubt whether the two drifted apart (p = {})",
    "fails": "is a drift (p = {})",
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
    text = f"{what} in {area}: the change against the comparison runs from "
    text += f"{words.percent(rows['change'].min(), 0)} to {words.percent(rows['change'].max(), 0)} "
    text += f"over {words.count(len(rows), 'case')}; {_unusual(rows, told, primary)}"
    look = {"highlight": primary, "reference": 0, "xlabel": "change against the comparison"}
    return finding(
        name, text, caption=caption, caveats=[*caveats, *short], verdict="tested",
        test="rank of each change among those of placebo areas",
        **parts.charted(rows, "case", "change", **look), **facts,
    )  # fmt: skip


def _unusual(rows: pd.DataFrame, told: dict[str, Evaluation], primary: str) -> str:
    """Which cases changed by more than is usual, and which are not to be believed."""
    # By other choices a secondary outcome is seen by itself, as the other choices are.
    secondary = primary in told and told[primary].looks
    p = rows["p_alone" if secondary else "p_counted"]
    clear = rows["case"][(rows["failed_checks"] == "") & (p <= ALPHA)]
    unsound = words.listed(rows["case"][rows["failed_checks"] != ""])
    are = "is" if len(clear) < 2 else "are"
    text = f"{words.listed(clear) or 'none'} {are} more than is usual among placebo areas"
    if any(e.looks for e in told.values()):
        looks = "before correction" if secondary else "after correction of secondary outcomes"
        text += f", {looks} for many looks"
    return text + (f". The comparison fails its own checks for: {unsound}." if unsound else ".")


def _row(case: str, e: Evaluation) -> dict:
    """One evaluation as a row: change, p by itself and as it counts, months and checks."""
    evidence = e.evidence()
    return {
        "case": case, **dict(zip(("change", "lower", "upper"), _changes(e), strict=True)),
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
        verdict="tested", test="each outcome that the claim names, by the design declared for it",
        table=pd.DataFrame(rows, columns=["outcome", "result", "verdict"]),
        caption="The claim, outcome by outcome",
    )  # fmt: skip
