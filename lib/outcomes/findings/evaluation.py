"""What each page on an evaluation shows: months, levels, balance, effect, time, and alternatives.

Each function takes what was found (:class:`outcomes.methods.evaluation.Evaluation`), the treated
area and ``noun``, what was counted, in the plural or as a mass ("drug offences", "robbery"). Ratios
of changes are shown as changes in per cent. Too little data is a finding as well.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.formatting import (
    count,
    extremes,
    listed,
    month,
    number,
    p_value,
    percent,
    refresh_clause,
    sentence_case,
    signed_percent,
    span,
)
from outcomes.data import places
from outcomes.findings import charts
from outcomes.findings.finding import Finding, finding
from outcomes.findings.theme import GREY, NAVY, PALE, TEAL
from outcomes.methods.evaluation import (
    ALPHA,
    BALANCED,
    Detection,
    Evaluation,
    grade_pretrend,
)

TREND = 24
"""Months before a start without which no trend is extended past it."""

STATES = {"compared": NAVY, "held": TEAL, "missing": PALE}
"""The colour of a month: compared, available but not compared, missing."""


def months_compared(
    name: str,
    evaluation: Evaluation,
    area: str,
    coverage: pd.DataFrame,
    *,
    sources: Any,
    headline: bool = True,
    caveats: Iterable[str] = (),
) -> Finding:
    """Which months are available around a start, and which are compared, as a strip of months.

    ``coverage`` has force, month, state and reason for each force of the comparison.
    """
    start = evaluation.start
    frame = coverage.assign(available=coverage["state"] == "complete")
    shared = frame.groupby("month")["available"].all()
    months = pd.DatetimeIndex(shared.index[shared])
    before, after = months[months < start], months[months >= start]
    compared = pd.DatetimeIndex([] if evaluation.reason else evaluation.months)
    frame["state"] = np.where(frame["month"].isin(compared), "compared", "held")
    frame.loc[~frame["available"], "state"] = "missing"
    frame["force"] = frame["force"].map(places.true_name)
    numbers = {
        "months held before the start": len(before),
        "months held after it": len(after),
    }
    if len(compared):
        numbers["compared before"] = int((compared < start).sum())
        numbers["compared after"] = int((compared >= start).sum())
    if len(before) < TREND:
        numbers["months that a trend needs"] = TREND
    unequal = "" if evaluation.reason else evaluation.unequal_months
    ax = charts.strip(frame, x="month", y="force", hue="state", palette=STATES)
    states = frame["state"].value_counts().reindex(list(STATES), fill_value=0)
    return finding(
        name,
        evaluation.reason or _months_sentence(before, after, start),
        detail=_months_detail(before, after, evaluation),
        alt="A strip of months for "
        f"{listed(frame['force'].unique())}, from {month(months.min())} to "
        f"{month(months.max())}: {number(states['compared'])} compared, "
        f"{number(states['held'])} available only, {number(states['missing'])} missing.",
        figure=ax,
        table=frame[["force", "month", "state", "reason"]].assign(
            month=frame["month"].map(month)
        ),
        caption="Months of street-level crime held here and compared",
        verdict="not_enough" if evaluation.reason else "published",
        value=None if evaluation.reason else len(compared),
        unit="months compared",
        numbers=numbers,
        area=area,
        direction="neither",
        sources=sources,
        headline=headline,
        caveats=[*caveats, *([unequal] if unequal else [])],
    )


def _months_sentence(before, after, start) -> str:
    last, first = before.max(), after.min()
    if _months_between(last, first) == 0:
        return f"The months available run through the start in {month(start)} without a gap."
    stop = f"The months available stop at {month(last)} and resume in {month(first)}"
    if first > start:
        return f"{stop}, so the months around the start in {month(start)} are not seen."
    return f"{stop}, when the programme began."


def _months_detail(before, after, evaluation: Evaluation) -> str:
    """How many months are available and compared, and what would bring the missing ones."""
    start = month(evaluation.start)
    if not len(before) or not len(after):
        side = "before" if not len(before) else "from"
        return f"No month {side} {start} is available here, so nothing can be compared."
    said = [
        f"{count(len(before), 'month')} before the start and {number(len(after))} after are "
        "available"
    ]
    if evaluation.reason:
        said = [evaluation.reason_detail, f"{said[0]}."]
    else:
        compared = evaluation.months
        n = int((compared < evaluation.start).sum())
        said[0] += (
            f"; {number(n)} and {number(len(compared) - n)} of them are compared, from "
            f"{month(compared.min())} to {month(compared.max())}."
        )
    gap = _months_between(before.max(), after.min())
    if gap:
        first = before.max() + pd.DateOffset(months=1)
        last = after.min() - pd.DateOffset(months=1)
        said.append(
            f"The {count(gap, 'month')} between {'is' if gap == 1 else 'are'} public: "
            f"{refresh_clause(first, last, gap)}."
        )
    if len(before) < TREND:
        said.append(
            f"Under {TREND} months before, no trend is extended past the start."
        )
    return " ".join(filter(None, said))


def _months_between(last: pd.Timestamp, first: pd.Timestamp) -> int:
    return 12 * (first.year - last.year) + first.month - last.month - 1


def levels(
    name: str,
    evaluation: Evaluation,
    area: str,
    panel: pd.DataFrame,
    treated: Sequence[str],
    *,
    noun: str,
    people: pd.Series,
    direction: str,
    sources: Any,
    caveats: Iterable[str] = (),
) -> Finding:
    """Counts for each 1,000 residents by month, in the area and in what it is compared with.

    ``panel`` is month x unit, ``people`` unit -> residents. Where the comparison's residents are
    not known, both are drawn relative to their mean before the start.
    """
    facts: dict[str, Any] = {"area": area, "direction": direction}
    facts |= {"sources": sources, "caveats": caveats}
    if evaluation.reason:
        return _not_enough(name, evaluation, **facts)
    against = sentence_case(evaluation.comparison_name)
    groups = {area: list(treated), against: list(evaluation.comparison)}
    level = pd.DataFrame({k: panel[units].sum(axis=1) for k, units in groups.items()})
    early = evaluation.months[evaluation.months < evaluation.start]
    late = evaluation.months[evaluation.months >= evaluation.start]
    known = people[groups[against]].notna().all()
    if known:
        unit = "for each 1,000 residents a month"
        level /= pd.Series(
            {k: people[units].sum() / 1000 for k, units in groups.items()}
        )
    else:
        unit = "% of the mean before the start"
        level /= level.loc[early].mean() / 100
    then, now = level.loc[early].mean(), level.loc[late].mean()
    if known:
        sentence = (
            f"{sentence_case(noun)} in {area} went from {number(then[area])} before the start to "
            f"{number(now[area])} after it, per 1,000 residents a month."
        )
        detail = (
            f"The rate in {evaluation.comparison_name} went from {number(then[against])} to "
            f"{number(now[against])}, over the same months."
        )
    else:
        sentence = (
            f"{sentence_case(noun)} in {area} was {number(now[area])}% of the mean before the "
            f"start, against {number(now[against])}% in {evaluation.comparison_name}."
        )
        detail = (
            f"Residents of {evaluation.comparison_name} are not known here, so each is relative to "
            "its own mean before the start."
        )
    table = level.rename_axis("month").reset_index()
    ax = charts.lines(
        table.melt("month", var_name="place", value_name="n"),
        x="month",
        y="n",
        hue="place",
        events={"start": evaluation.start},
    )
    charts.title(ax, unit)
    return finding(
        name,
        sentence,
        detail=detail,
        alt=f"Two lines by month with gaps where months are missing: {area} "
        f"{extremes(table, 'month', area)}, {evaluation.comparison_name} "
        f"{extremes(table, 'month', against)}.",
        figure=ax,
        table=table.assign(month=table["month"].map(month)),
        caption=f"{sentence_case(noun)}, {unit}",
        value=now[area],
        unit=unit,
        numbers={
            f"{place}, {side}": mean[place]
            for place in groups
            for side, mean in (("before", then), ("after", now))
        },
        **facts,
    )


def balance(
    name: str,
    evaluation: Evaluation,
    area: str,
    *,
    sources: Any,
    caveats: Iterable[str] = (),
) -> Finding:
    """What is compared with, and whether it was alike before the start."""
    facts: dict[str, Any] = {"area": area, "direction": "neither"}
    facts |= {"sources": sources, "caveats": caveats}
    if evaluation.reason:
        return _not_enough(name, evaluation, **facts)
    units = len(evaluation.comparison)
    if evaluation.matching is None:
        return finding(
            name,
            f"{area} is compared with {evaluation.comparison_name}, all of its "
            f"{count(units, 'neighbourhood')}.",
            detail="They were taken as they are, so the two may have differed before the start.",
            value=units,
            unit="neighbourhoods",
            **facts,
        )
    matching = evaluation.matching
    table = matching.balance.rename(
        columns={"smd_before": "difference before", "smd_after": "difference after"}
    )
    apart = table["difference after"].abs()
    worst = table.loc[np.isclose(apart, matching.largest), "feature"]
    alike = "alike" if matching.balanced else "not alike"
    return finding(
        name,
        f"{area} and the {count(units, 'neighbourhood')} it is compared with were {alike} "
        "before the start.",
        detail=f"The largest difference left is {number(matching.largest, 2)} of a standard "
        f"deviation ({listed(worst)}), where {number(BALANCED, 2)} is the most allowed; without "
        f"matching it was {number(table['difference before'].abs().max(), 2)}.",
        table=table,
        caption="Balance before the start, in standard deviations",
        value=matching.largest,
        unit="standard deviations",
        verdict="tested",
        test=f"standardised mean difference under {number(BALANCED, 2)}",
        numbers={"neighbourhoods compared with": units},
        **facts,
    )


def what_could_be_found(
    name: str,
    found: Detection | None,
    area: str,
    *,
    noun: str,
    elsewhere: float | None = None,
    known: str,
    test: str,
    direction: str = "fewer",
    reason: str = "",
    sources: Any,
    caveats: Iterable[str] = (),
) -> Finding:
    """How often the design would have found changes of each size, beside what is known elsewhere.

    ``elsewhere`` is the size that evaluations elsewhere report (0.16 is 16 %), ``known`` says so as
    the words before it; without a size it is a sentence. ``test`` names what the changes were put
    into. Where nothing could have been found, ``found`` is None and ``reason`` says why.
    """
    facts: dict[str, Any] = {"area": area, "direction": direction}
    facts |= {"sources": sources}
    if found is None:
        return finding(
            name,
            reason,
            verdict="not_enough",
            **facts,
        )
    judged = ["told from chance", "called an effect"]
    curve = found.frame.set_axis([found.change, *judged], axis=1)
    fig, ax = plt.subplots()
    alike = curve[judged[0]].equals(curve[judged[1]])  # one line would hide the other
    shown = judged[:1] if alike else judged
    for column, color in zip(shown, (NAVY, TEAL), strict=False):
        named = " and ".join(judged) if alike else column
        ax.plot(curve[found.change], curve[column], color=color, label=named)
    detail, numbers, marked = known, {}, ""
    if elsewhere is not None:
        ax.axvline(elsewhere, color=GREY, linestyle="--", label="usual elsewhere")
        size = percent(elsewhere, 0)
        shares = [found.share(elsewhere, by=by) for by in ("rank", "verdict")]
        detail = (
            f"{known} {size}: of these it would tell {percent(shares[0], 0)} from chance, "
            f"and could call {percent(shares[1], 0)} an effect."
        )
        numbers = {"found elsewhere, %": 100 * elsewhere}
        numbers |= dict(zip(judged, shares, strict=True))
        marked = f"; a dashed line marks {size}"
    fig.legend(loc="outside lower left", ncols=2)
    charts.title(
        ax,
        f"Share of {found.change}s found, by size",
        xlabel=f"size of the {found.change}",
        ylabel="",
    )
    charts.percent_axis(ax.xaxis)
    charts.percent_axis(ax.yaxis)
    first, last = (
        " and ".join(percent(row[column], 0) for column in shown)
        for _, row in curve.iloc[[0, -1]].iterrows()
    )
    step = 5 if len(curve) < 100 else 20
    return finding(
        name,
        f"For {noun} in {area}, {found.clause}.",
        detail=f"{detail} {found.shortfall}".rstrip(),
        alt=f"{'One line' if alike else 'Two lines'} of the share of {found.change}s found by "
        f"their size, told from chance and called an effect, from {first} with no {found.change} "
        f"to {last} with a {found.change} of {percent(curve[found.change].iloc[-1], 0)}{marked}.",
        figure=fig,
        table=100 * curve.iloc[::step].reset_index(drop=True),
        units=dict.fromkeys(curve, "%"),
        caption=f"Share of {found.change}s that this study would have found",
        value=None if np.isnan(found.smallest) else 100 * found.smallest,
        unit=f"% {found.change}, found in four of five cases",
        numbers=numbers
        | {"areas": found.areas, "called an effect at most": found.most_called},
        verdict="tested",
        test=test,
        caveats=["“Usually” means in four of five cases.", *caveats],
        **facts,
    )


def effect(
    name: str,
    evaluation: Evaluation,
    area: str,
    *,
    noun: str,
    direction: str,
    sources: Any,
    headline: bool = True,
    caveats: Iterable[str] = (),
) -> Finding:
    """The change against the comparison, its place among placebo areas, and the verdict.

    The bars are how many placebo areas, where nothing began, changed by so much.
    """
    facts: dict[str, Any] = {"area": area, "direction": direction}
    facts |= {"sources": sources, "headline": headline}
    if evaluation.reason:
        return _not_enough(name, evaluation, caveats=caveats, **facts)
    said = evaluation.verdict(noun=noun, area=area, direction=direction)
    drawn, change = evaluation.randomisation, evaluation.did.ratio - 1
    unchecked = [said.unchecked] if said.unchecked else []
    if not evaluation.testable:  # placebo areas drawn about it would look like a test
        row = {"change": 100 * change, "areas_apart": evaluation.disjoint}
        row["least_p"] = 1 / (evaluation.disjoint + 1)
        return finding(
            name,
            said.sentence,
            detail=said.detail,
            table=pd.DataFrame([row]),
            caption="The change, described",
            units={"change": "%"},
            unit="% change against the comparison",
            numbers=_compared(evaluation),
            verdict="not_enough",
            caveats=[*unchecked, *caveats],
            **facts,
        )
    finite = drawn.placebo["ratio"][np.isfinite(drawn.placebo["ratio"])] - 1
    n, edges = np.histogram(finite, bins=min(24, max(8, len(finite) // 12)))
    bins = pd.DataFrame({"lower": edges[:-1], "upper": edges[1:], "n": n})
    ranked = f"{area}\n{number(drawn.rank)} of {number(drawn.sets + 1)} by size"
    called = evaluation.placebo_areas
    ax = charts.placebos(bins, treated=change, label=ranked)
    charts.title(ax, f"number of {called}", xlabel="change against the comparison")
    areas = f"{number(drawn.sets)} {called}"
    overlap = (
        "Placebo areas overlap one another, so they are fewer in truth than in number: "
        f"{evaluation.disjoint} of them share no neighbourhood. A second heap in the chart is the "
        "same neighbourhoods counted again."
    )
    facts["verdict"] = "estimate"
    if evaluation.interval() is None:
        facts |= {"verdict": "tested", "test": f"placebo rank among {areas}"}
    return finding(
        name,
        said.sentence,
        detail=said.detail,
        alt=f"{'Dots that count' if len(finite) <= charts.FEW else 'A histogram of'} the changes of {areas}, from "
        f"{span((edges[0], edges[-1]), percent, decimals=0)}, half of them from "
        f"{span(tuple(finite.quantile([0.25, 0.75])), percent, decimals=0)}; a line marks {area} at "
        f"{percent(change, 0)}.",
        figure=ax,
        table=bins.assign(lower=100 * bins["lower"], upper=100 * bins["upper"]),
        caption=f"Change in {called}, counted in bins",
        units={"lower": "%", "upper": "%"},
        value=evaluation.change,
        unit="% change against the comparison",
        period=formatting.period(
            evaluation.months.min(), evaluation.months.max() + pd.offsets.MonthEnd()
        ),
        numbers=_numbers_behind(evaluation),
        caveats=[
            f"By size of change it is number {drawn.rank} of {drawn.sets + 1}: {area} and "
            f"{areas}.",
            *_without_a_ratio(drawn),
            *unchecked,
            *caveats,
            *([overlap] if evaluation.disjoint < drawn.sets else []),
        ],
        **facts,
    )


def event_study(
    name: str,
    evaluation: Evaluation,
    area: str,
    *,
    noun: str,
    direction: str,
    sources: Any,
    caveats: Iterable[str] = (),
) -> Finding:
    """The treated area against its comparison through time, before and after the start."""
    facts: dict[str, Any] = {"area": area, "direction": direction}
    facts |= {"sources": sources, "caveats": caveats}
    if evaluation.reason:
        return _not_enough(name, evaluation, **facts)
    if evaluation.events is None:
        return finding(
            name,
            "There are too few events by half-year to draw them in time.",
            verdict="not_enough",
            **facts,
        )
    events = evaluation.events
    shown = events.frame.copy()
    shown[["ratio", "lower", "upper"]] -= 1
    early, late = shown[shown["before"]], shown[~shown["before"]]
    apart = (shown["upper"] < 0) | (shown["lower"] > 0)
    clear, earlier = (
        int(apart[~shown["before"]].sum()),
        int(apart[shown["before"]].sum()),
    )
    step = "quarter" if events.width == 3 else "half-year"
    whole = shown["start"] + pd.DateOffset(months=events.width - 1)
    if short := int((shown["end"] < whole).sum()):
        few = (
            f"{sentence_case(step)}s of fewer than {events.width} months, as others are missing: "
            f"{short} of {len(shown)}."
        )
        facts["caveats"] = [few, *caveats]
    p = "" if np.isnan(events.pretrend_p) else f" ({p_value(events.pretrend_p)})"
    table = shown.rename(columns={"ratio": "difference"})
    for column in ("difference", "lower", "upper"):
        table[column] *= 100
    ax = charts.event_study(shown, start=evaluation.start)
    charts.title(ax, f"difference from before, by {step}")
    return finding(
        name,
        f"By counting error alone, {noun} in {area} lay apart in "
        f"{number(clear) if clear else 'none'} of {count(len(late), step)} after the start.",
        detail=f"That was so in {number(earlier) if earlier else 'none'} of {number(len(early))} before "
        "it; places without the programme stray as well, which the intervals leave out. Beside "
        f"its comparison, {events.clause}{p}. Each {step} is set beside all the time "
        "before the start.",
        alt=f"A dot and an interval for each {step}: before the start from "
        f"{span((early['ratio'].min(), early['ratio'].max()), percent, decimals=0)}, after it from "
        f"{span((late['ratio'].min(), late['ratio'].max()), percent, decimals=0)}.",
        figure=ax,
        table=table.assign(
            start=table["start"].map(month), end=table["end"].map(month)
        ),
        caption="Difference from the comparison by time since the start",
        units=dict.fromkeys(("difference", "lower", "upper"), "%"),
        value=events.pretrend_p,
        unit="p of a drift before the start",
        verdict="tested",
        test="straight line through the log ratios before the start",
        numbers=_compared(evaluation)
        | {
            "periods after the start": len(late),
            "of these clear of no difference": clear,
            "periods before the start": len(early),
            "of these clear as well": earlier,
        },
        **facts,
    )


def effects(
    name: str,
    evaluations: dict[str, Evaluation],
    area: str,
    *,
    noun: str = "",
    primary: str = "",
    direction: str = "fewer",
    caption: str,
    sources: Any,
    caveats: Iterable[str] = (),
) -> Finding:
    """Several evaluations side by side: other outcomes, or one outcome by other choices.

    With ``noun`` they are one outcome by other choices; without it each is an outcome. Each counts
    with its own p (:attr:`Evaluation.p`), adjusted for secondary outcomes, and is drawn with the
    interval that this p is judged by: it excludes no change exactly when the finding says that it is
    more than is usual. By other choices a secondary outcome stands by itself, as the choices do.
    """
    facts: dict[str, Any] = {"area": area, "direction": direction, "sources": sources}
    found = {k: e for k, e in evaluations.items() if not e.reason}
    if not found:
        first = next(iter(evaluations.values()))
        return _not_enough(name, first, caveats=caveats, **facts)
    adjusted = not (primary in found and found[primary].family_size)
    rows = pd.DataFrame([_row(k, e, adjusted) for k, e in found.items()])
    rows = rows.sort_values("change", ascending=False)
    rows = rows.sort_values(
        "case", key=lambda case: case != primary, kind="stable", ignore_index=True
    )
    testable = rows["testable"].any()
    ax = charts.intervals(
        rows, x="change", y="case", kind="percent", highlight=primary, reference=0
    )
    charts.title(ax, "change against the comparison")
    bare = listed(rows.loc[rows["testable"] & rows["lower"].isna(), "case"])
    n = int(rows["lower"].notna().sum())
    drawn = f", {number(n)} with an interval" if testable else ""
    percents = ["change", "lower", "upper"] if testable else ["change"]
    table = rows.assign(**{column: 100 * rows[column] for column in percents})
    if not testable:
        table = table.drop(columns=["lower", "upper", "p_alone", "p_counted"])
    opening = f"By {count(len(rows), 'choice')}, {noun} in {area} came out"
    if not noun:
        opening = f"{count(len(rows), 'outcome')} in {area} came out"
    ends = span((rows["change"].min(), rows["change"].max()), signed_percent)
    return finding(
        name,
        f"{opening} from {ends} against what was expected.",
        detail=_unusual(rows, found, adjusted),
        alt=f"A dot for each of {len(rows)}{drawn}, "
        f"{extremes(rows, 'case', 'change', percent, decimals=0)}; a line marks no change. "
        f"Rows go from the highest down{f', below {primary}, in bold' if primary in found else ''}.",
        figure=ax,
        table=table,
        caption=caption,
        units=dict.fromkeys(percents, "%"),
        verdict="tested" if testable else "not_enough",
        test="placebo rank of each case" if testable else "",
        caveats=[
            *caveats,
            *([f"Too few areas are apart for an interval of: {bare}."] if bare else []),
            *(
                f"Left out: {k}. {e.reason} {e.reason_detail}".strip()
                for k, e in evaluations.items()
                if e.reason
            ),
        ],
        **facts,
    )


def _row(case: str, e: Evaluation, adjusted: bool) -> dict:
    """One evaluation as a row: change, p by itself and as it counts, months and checks."""
    evidence, interval = e.evidence(), e.interval(adjusted=adjusted)
    return {
        "case": case,
        "change": e.did.ratio - 1,
        "lower": np.nan if interval is None else interval.lower - 1,
        "upper": np.nan if interval is None else interval.upper - 1,
        "p_alone": e.unadjusted_p if e.testable else np.nan,
        "p_counted": e.p if e.testable else np.nan,
        "testable": e.testable,
        "pre": e.did.pre,
        "post": e.did.post,
        "drift": grade_pretrend(evidence.pretrend_p),
        "failed_checks": "; ".join(evidence.failed),
    }


def _unusual(rows: pd.DataFrame, found: dict[str, Evaluation], adjusted: bool) -> str:
    """Which cases changed by more than is usual, which cannot be tested or believed."""
    p = rows["p_counted" if adjusted else "p_alone"]
    names = rows["case"].str.replace("comparison: ", "against ")
    clear = listed(names[rows["testable"] & (p <= ALPHA)])
    text = f"More than is usual among places without the programme: {clear or 'none'}"
    family = next((e.family for e in found.values() if e.family_size > 1), None)
    if family and adjusted:
        text += f", with the {family} corrected for how many were looked at"
    elif family:
        text += ", before correction for how many outcomes were looked at"
    few = names[~rows["testable"]]
    why = "as too few areas of the size are apart"
    if len(few) == len(rows):
        text = f"Described only: no test is possible of any, {why}"
    elif len(few):
        text += f"; no test is possible of {listed(few)}, {why}"
    unsound = listed(names[rows["failed_checks"] != ""])
    if unsound:
        text += f". The comparison fails its own checks for: {unsound}"
    return f"{text}."


def _not_enough(name: str, evaluation: Evaluation, **facts: Any) -> Finding:
    """The finding that an evaluation without an estimate gives: its reason."""
    return finding(
        name,
        evaluation.reason,
        detail=evaluation.reason_detail,
        verdict="not_enough",
        **facts,
    )


def _compared(evaluation: Evaluation) -> dict[str, float]:
    return {"neighbourhoods compared with": len(evaluation.comparison)}


def _numbers_behind(evaluation: Evaluation) -> dict[str, float]:
    """What the words of a verdict say beside the change and its interval."""
    found = _compared(evaluation)
    found |= {"p": evaluation.p, "p by itself": evaluation.unadjusted_p}
    if evaluation.events and not np.isnan(evaluation.events.pretrend_p):
        found["p of a drift before"] = evaluation.events.pretrend_p
    if evaluation.family_size > 1:
        found[f"looks at {evaluation.family}"] = evaluation.family_size
    if evaluation.detectable is not None and not evaluation.family_size:
        fall, rise = evaluation.detectable.fall, evaluation.detectable.rise
        found["a fall that would usually have stood out, %"] = 100 * (1 - fall)
        found["a rise that would usually have stood out, %"] = 100 * (rise - 1)
    return found


def _without_a_ratio(drawn) -> list[str]:
    """Placebo areas that are not in the rank, or in it and not in the picture."""
    said, endless = [], int(np.isinf(drawn.placebo["ratio"]).sum())
    if endless:
        rose = count(endless, "placebo area")
        said.append(
            f"{rose} rose from no events, which counts as the most extreme; not drawn."
        )
    if drawn.left_out:
        lost = count(drawn.left_out, "placebo area")
        said.append(f"{lost} without events to compare are left out of the rank.")
    return said
