"""Findings of evaluations, ready made: effect, time, other choices and outcomes, claims.

Each takes what the analysis room found (:class:`outcomes.methods.evaluation.design.Evaluation`) or the
counts it needs, and returns a Finding. Ratios of changes are shown as changes in per cent.
"""

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.findings import parts, plots
from outcomes.findings.finding import Finding, finding
from outcomes.methods.evaluation.design import Evaluation
from outcomes.methods.evaluation.difference_in_differences import grade_pretrend
from outcomes.methods.evaluation.verdict import ALPHA, smallest_p

_OVERLAP = (
    "Placebo areas overlap one another, so they are fewer in truth than in number: "
)


def effect(
    name: str,
    evaluation: Evaluation,
    *,
    what: str,
    area: str,
    direction: str,
    sources,
    placebos: str = "placebo areas",
    headline: bool = True,
    caveats=(),
) -> Finding:
    """The change against the comparison, its place among placebo areas, and the verdict.

    ``what`` opens the sentence ("Anti-social behaviour"), ``placebos`` names the grey bars.
    """
    facts = {
        "area": area,
        "direction": direction,
        "sources": sources,
        "headline": headline,
    }
    facts["unit"] = "% change against the comparison"
    said = evaluation.verdict(
        noun=what[:1].lower() + what[1:], area=area, direction=direction
    )
    if evaluation.reason:
        return finding(
            name,
            f"{said.sentence} {said.detail}".strip(),
            verdict="not_enough",
            caveats=caveats,
            **facts,
        )
    drawn, months, reach = (
        evaluation.randomisation,
        evaluation.months,
        evaluation.interval(),
    )
    bins = _binned(drawn.placebo["ratio"].to_numpy() - 1)
    look = {"label": area, "ylabel": f"number of {placebos}"}
    rank = f"By size of change it is number {drawn.rank} of {drawn.sets + 1}: "
    rank += f"{area} and {formatting.number(drawn.sets)} {placebos}."
    notes = [rank, *filter(None, [_without_a_ratio(drawn), said.unchecked]), *caveats]
    limits = (np.nan, np.nan) if reach is None else (reach.lower - 1, reach.upper - 1)
    earned = {"verdict": "estimate"}
    if reach is None:
        test = f"placebo rank among {formatting.number(drawn.sets)} {placebos}"
        earned = {"verdict": "tested", "test": test}
    if (
        smallest_p(evaluation.disjoint) > ALPHA
    ):  # placebo areas drawn about it would look like a test
        row = {"change": drawn.ratio - 1, "areas_apart": evaluation.disjoint}
        row["least_p"] = smallest_p(evaluation.disjoint)
        return finding(
            name,
            f"{said.sentence} {said.detail}".strip(),
            verdict="not_enough",
            caption="The change, described",
            numbers=_compared(evaluation),
            caveats=[*filter(None, [said.unchecked]), *caveats],
            **parts.percents(pd.DataFrame([row]), "change"),
            **facts,
        )
    return finding(
        name,
        f"{said.sentence} {said.detail}".strip(),
        **earned,
        numbers=_behind(evaluation),
        figure=plots.placebos(bins, treated=drawn.ratio - 1, **look),
        caption=f"Change in {placebos}, counted in bins",
        **parts.percents(bins, "lower", "upper"),
        period=formatting.period(months.min(), months.max() + pd.offsets.MonthEnd()),
        caveats=[
            *notes,
            f"{_OVERLAP}{evaluation.disjoint} of them share no neighbourhood.",
        ],
        **parts.numbers(drawn.ratio - 1, *limits, times=100),
        **facts,
    )


def _compared(evaluation: Evaluation) -> dict[str, float]:
    return {"neighbourhoods compared with": len(evaluation.comparison)}


def _behind(evaluation: Evaluation) -> dict[str, float]:
    """What the sentence of a verdict says beside the change and its interval."""
    found, seen = _compared(evaluation), evaluation.detectable
    found |= {"p": evaluation.p, "p by itself": evaluation.unadjusted_p}
    drift = evaluation.evidence().pretrend_p
    if not np.isnan(drift):
        found["p of a drift before"] = drift
    if evaluation.family_size > 1:
        found[f"looks at {evaluation.family}"] = evaluation.family_size
    if seen is not None and not evaluation.family_size:
        found |= {"a fall that would usually have shown, %": 100 * (1 - seen.fall)}
        found["a rise that would usually have shown, %"] = 100 * (seen.rise - 1)
    return found


def _without_a_ratio(drawn) -> str:
    """Placebo areas that are not in the rank, or in it and not in the picture; or ""."""
    said, endless = [], int(np.isinf(drawn.placebo["ratio"]).sum())
    if endless:
        rose = formatting.count(endless, "placebo area")
        said.append(
            f"{rose} rose from no events, which counts as the most extreme; not drawn."
        )
    if drawn.left_out:
        lost = formatting.count(drawn.left_out, "placebo area")
        said.append(f"{lost} without events to compare are left out of the rank.")
    return " ".join(said)


def _binned(values: np.ndarray) -> pd.DataFrame:
    values = values[np.isfinite(values)]
    n, edges = np.histogram(values, bins=min(24, max(8, len(values) // 12)))
    return pd.DataFrame({"lower": edges[:-1], "upper": edges[1:], "n": n})


def events(
    name: str,
    evaluation: Evaluation,
    *,
    what: str,
    area: str,
    direction: str,
    sources,
    caveats=(),
) -> Finding:
    """The treated area against its comparison through time, before and after the start."""
    facts = {
        "area": area,
        "direction": direction,
        "sources": sources,
        "caveats": caveats,
    }
    if evaluation.events is None:
        text = (
            evaluation.reason
            or "There are too few events by half-year to draw them in time."
        )
        return finding(name, text, verdict="not_enough", **facts)
    shown, p = evaluation.events.frame.copy(), evaluation.events.pretrend_p
    shown[["ratio", "lower", "upper"]] -= 1
    after = shown[~shown["before"]]
    clear = int(((after["upper"] < 0) | (after["lower"] > 0)).sum())
    text = f"{what} in {area} against {evaluation.comparison_name}, relative to all the time before the "
    text += f"start: the straight line before it {_DRIFT[grade_pretrend(p)].format(_p(p))}; "
    text += f"after it {clear} of {formatting.count(len(after), 'period')} "
    text += f"{'lies' if clear == 1 else 'lie'} clear of no difference."
    xlabel = f"periods of {_width(shown)} months from the start"
    table = parts.months_named(shown, "start", "end").rename(
        columns={"ratio": "difference"}
    )
    facts |= parts.percents(table, "difference", "lower", "upper")
    return finding(
        name,
        text,
        value=p,
        unit="p of a drift before the start",
        verdict="tested",
        test="straight line through the log ratios before the start",
        figure=plots.event_time(shown, xlabel=xlabel),
        caption="Difference from the comparison by time since the start",
        numbers={
            **_compared(evaluation),
            "periods after the start": len(after),
            "of these clear of no difference": clear,
        },
        **facts,
    )


def _p(p: float) -> str:
    return "p under 0.01" if p < 0.005 else f"p = {formatting.number(p, 2)}"


_DRIFT = {
    "untested": "cannot be tested",
    "passes": "shows no drift ({})",
    "doubtful": "leaves doubt whether the two drifted apart ({})",
    "fails": "is a drift ({})",
}


def _width(frame: pd.DataFrame) -> int:
    """3 or 6: months to a bin, from how far apart bins lie in time."""
    a, b = frame.iloc[0], frame.iloc[-1]
    months = (
        (b["start"].year - a["start"].year) * 12 + b["start"].month - a["start"].month
    )
    return 3 if months / (b["event"] - a["event"]) < 4.5 else 6


def effects(
    name: str,
    evaluations: dict[str, Evaluation],
    *,
    what: str,
    area: str,
    sources,
    primary: str = "",
    direction: str = "fewer",
    caption: str,
    caveats=(),
) -> Finding:
    """Several evaluations side by side: other outcomes, or the same one by other choices.

    Each counts with its own p (:attr:`Evaluation.p`), which for secondary outcomes is corrected,
    and is drawn with the interval that this p is judged by: clear of no change exactly when the
    sentence says that it is more than is usual, and without one where no test is possible.
    """
    facts = {"area": area, "sources": sources, "direction": direction}
    told = {k: e for k, e in evaluations.items() if not e.reason}
    short = [f"{k}: {e.reason}" for k, e in evaluations.items() if e.reason]
    if not told:
        return finding(
            name, next(iter(evaluations.values())).reason, verdict="not_enough", **facts
        )
    # By other choices a secondary outcome is seen by itself, as the other choices are.
    alone = bool(primary in told and told[primary].family_size)
    rows = pd.DataFrame([_row(k, e, alone) for k, e in told.items()])
    text = f"{what} in {area}: the change against the comparison runs from "
    text += f"{formatting.percent(rows['change'].min(), 0)} to {formatting.percent(rows['change'].max(), 0)} "
    text += f"over {formatting.count(len(rows), 'case')}{_unusual(rows, told, alone)}"
    earned = {"verdict": "not_enough"}
    if rows["testable"].any():
        earned = {"verdict": "tested", "test": "placebo rank of each case"}
    shown = parts.charted(rows, "case", "change", **_look(primary))
    if not rows["testable"].any():
        shown["table"] = shown["table"].drop(columns=_JUDGED)
        shown["units"] = {"change": "%"}
    return finding(
        name,
        text,
        caption=caption,
        caveats=[*caveats, *short],
        **earned,
        **shown,
        **facts,
    )


_JUDGED = [
    "lower",
    "upper",
    "p_alone",
    "p_counted",
]  # what only a test that is possible has


def _look(primary: str) -> dict:
    return {
        "highlight": primary,
        "reference": 0,
        "xlabel": "change against the comparison",
    }


def _unusual(rows: pd.DataFrame, told: dict[str, Evaluation], alone: bool) -> str:
    """Which cases changed by more than is usual, which cannot be tested or believed."""
    few = rows["case"][~rows["testable"]]
    clear = rows["case"][
        rows["testable"] & (rows["p_alone" if alone else "p_counted"] <= ALPHA)
    ]
    unsound = formatting.listed(rows["case"][rows["failed_checks"] != ""])
    are = "is" if len(clear) < 2 else "are"
    text = f"; {formatting.listed(clear) or 'none'} {are} more than is usual among placebo areas"
    if any(e.family_size > 1 for e in told.values()):
        family = next(e.family for e in told.values() if e.family_size > 1)
        looks = "before correction" if alone else f"after correction of the {family}"
        text += f", {looks} for many looks"
    if len(few):
        some = len(few) < len(rows)
        text = (
            f"{text}; no test is possible of {formatting.listed(few)}"
            if some
            else (", described only: no test is possible of any")
        )
        text += ", as too few areas of the size are apart"
    return text + (
        f". The comparison fails its own checks for: {unsound}." if unsound else "."
    )


def _row(case: str, e: Evaluation, alone: bool) -> dict:
    """One evaluation as a row: change, p by itself and as it counts, months and checks."""
    evidence, reach = e.evidence(), e.interval(adjusted=not alone)
    testable, judged = e.testable, dict.fromkeys(_JUDGED, np.nan)
    if reach is not None:
        judged |= {"lower": reach.lower - 1, "upper": reach.upper - 1}
    if testable:
        judged |= {"p_alone": e.unadjusted_p, "p_counted": e.p}
    return {
        "case": case,
        "change": e.did.ratio - 1,
        **judged,
        "testable": testable,
        "pre": e.did.pre,
        "post": e.did.post,
        "drift": grade_pretrend(evidence.pretrend_p),
        "failed_checks": "; ".join(evidence.failed),
    }


_KINDS = {
    "effect": "consistent with it",
    "doubtful": "more than is usual, but doubtful",
    "harm": "the opposite of it",
    "none": "cannot be told from chance",
    "untestable": "no test is possible",
    "unsound": "the comparison failed its own checks",
    "not_enough": "not enough data to tell",
}


def claimed(
    name: str,
    claim: str,
    evaluations: dict[str, Evaluation],
    outcomes,
    *,
    area: str,
    sources,
    direction: str = "fewer",
    headline: bool = True,
    caveats=(),
) -> Finding:
    """A published claim beside the verdict on each outcome it names."""
    said = {
        o: evaluations[o].verdict(noun=o, area=area, direction=direction)
        for o in outcomes
    }
    found = "; ".join(f"{o}: {_KINDS[v.kind]}" for o, v in said.items())
    text = f"{claim} Tested in {area} against {evaluations[outcomes[0]].comparison_name}: {found}."
    rows = [
        (o, _KINDS[v.kind], f"{v.sentence} {v.detail} {v.unchecked}".strip())
        for o, v in said.items()
    ]
    earned = {
        "verdict": "tested",
        "test": "placebo rank of each outcome that the claim names",
    }
    if all(v.kind in ("untestable", "not_enough") for v in said.values()):
        earned = {"verdict": "not_enough"}
    return finding(
        name,
        text,
        area=area,
        direction=direction,
        headline=headline,
        sources=sources,
        caveats=caveats,
        table=pd.DataFrame(rows, columns=["outcome", "result", "verdict"]),
        caption="The claim, outcome by outcome",
        **earned,
    )
