"""Findings ready made: the results that many notebooks show, always worded alike.

Each takes numbers or a frame, asks the analysis room, and returns a Finding whose sentence was
written by code from the result. Too little data is a result as well: "cannot be told".
"""

from functools import partial

import pandas as pd

from outcomes.analysis import rates, reconcile, spc
from outcomes.data.errors import NotEnough
from outcomes.show import charts, parts, plots, words
from outcomes.show.findings import Finding, finding

_FUNNEL = {
    "label": "place", "count": "count", "denominator": "denominator", "rate": "rate",
    "lower_998": "lower limit", "upper_998": "upper limit", "signal": "signal",
}  # fmt: skip
_WRITTEN = {"rate": "number", "proportion": "percent"}


def share(
    name: str, part, whole, *, what: str, period: str, area: str, sources, confidence: float = 0.95,
    better: str = "neither", headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """A share with Wilson's interval: "10 of 42 test purchases failed …".

    ``what`` reads on from the two counts ("test purchases failed"). A missing count makes the
    finding say that the share cannot be told, and then it is no headline.
    """
    facts = {"unit": f"share of {what}", "period": period, "area": area, "sources": sources}
    facts |= {"better": better, "headline": headline, "caveats": caveats}
    if pd.isna(part) or pd.isna(whole) or not whole:
        text = f"What share of {what} in {period} cannot be told: both counts were not published."
        return finding(name, text, verdict="not_enough", **facts | {"headline": False})
    p, *limits = rates.wilson(part, whole, confidence=confidence)
    text = f"{words.number(part)} of {words.number(whole)} {what} in {period}: {words.percent(p)}, "
    text += f"with a {words.percent(confidence, 0)} interval of "
    text += f"{words.interval(*limits, kind='percent')}."
    return finding(name, text, verdict="estimate", **parts.numbers(p, *limits), **facts)


def shares(
    name: str, frame: pd.DataFrame, *, label: str, part: str, whole: str, what: str, sources,
    period: str = "", area: str = "", confidence: float = 0.95, highlight=(), caption: str,
    better: str = "neither", headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """Several shares side by side, each with Wilson's interval, as a dot-and-interval chart.

    With a row named by ``highlight`` the sentence compares it with the row before it (Newcombe's
    interval of the difference); otherwise it names the lowest and the highest.
    """
    rows = parts.wilson(frame, label, part, whole, confidence)
    facts = {"period": period, "area": area, "sources": sources, "better": better}
    facts |= {"headline": headline, "caveats": caveats, "unit": "percentage points"}
    if len(rows) < 2:
        text = f"{what} cannot be compared: fewer than two have both counts published."
        return finding(name, text, verdict="not_enough", **facts)
    facts |= parts.charted(rows, label, "share", highlight=highlight, xlabel=what)
    text, numbers = _compared(rows, label, part, whole, what, highlight, confidence)
    return finding(name, text, caption=caption, **numbers, **facts)


def _compared(rows, label, part, whole, what, highlight, confidence):
    """The sentence of :func:`shares`, and its number with interval where there is one."""
    two = parts.with_the_one_before(rows, label, highlight)
    if not two:
        least, most = rows.loc[rows["share"].idxmin()], rows.loc[rows["share"].idxmax()]
        text = f"{what} ranges from {words.percent(least['share'])} ({least[label]}) to "
        return f"{text}{words.percent(most['share'])} ({most[label]}).", {}
    now, before = two
    counts = now[part], now[whole], before[part], before[whole]
    found = parts.numbers(*rates.newcombe(*counts, confidence=confidence), times=100)
    limits = found["lower"], found["upper"]
    clear = "" if limits[0] > 0 or limits[1] < 0 else ", which is consistent with no change"
    text = f"{what} was {words.percent(now['share'])} in {now[label]} and "
    text += f"{words.percent(before['share'])} in {before[label]}: a difference of "
    text += f"{words.number(found['value'], 1)} percentage points (interval "
    text += f"{words.interval(*limits, decimals=1)}){clear}."
    return text, {"verdict": "estimate", **found}


def behaviour(
    name: str, values: pd.Series, *, what: str, sources, area: str, unit: str = "", step: str,
    better: str = "neither", rebase=(), events: dict | None = None, headline: bool = False,
    kind: str = "number", caveats=(),
) -> Finding:  # fmt: skip
    """A process behaviour chart (XmR) of ``values`` by date, with the sentence it supports.

    ``what`` names the series ("recorded trafficking offences"), ``step`` its points ("quarter" or
    "month"). ``rebase`` is a list of (date, reason); see :func:`outcomes.analysis.spc.xmr`.
    """
    facts = {"unit": unit or what, "area": area, "sources": sources, "better": better}
    facts["headline"] = headline
    try:
        chart = spc.xmr(values, better=better, rebase=rebase)
    except NotEnough as reason:
        text = f"Whether {what} by {step} changed cannot be told. {reason}"
        return finding(name, text, verdict="not_enough", caveats=caveats, **facts)
    frame = chart.frame
    text, last = _behaved(frame, what, step, kind)
    columns = ["period", "value", "mean", "lower", "upper", "special"]
    draw = partial(plots.series, x="period", y="value") if _moved(frame) else charts.xmr
    notes = [f"New limits from {words.month(day)}: {why}." for day, why in rebase]
    notes += [chart.note] if chart.trial else []
    return finding(
        name, text, **parts.numbers(last["value"], max(last["lower"], 0), last["upper"]),
        table=frame[columns].assign(period=[_point(p, step) for p in frame["period"]]),
        caption=f"{words.sentence_case(what)} by {step}, with usual range",
        figure=draw(frame, kind=kind, ylabel=f"{what} by {step}", events=events),
        period=_point(last["period"], step), caveats=[*caveats, *notes], **facts,
    )  # fmt: skip


def _point(day, step: str) -> str:
    day = pd.Timestamp(day)
    if step == "year":
        return str(day.year)
    return f"{day.year} Q{day.quarter}" if step == "quarter" else words.month(day)


def _moved(frame: pd.DataFrame) -> bool:
    """Most points signal: the limits of a series that moves so much describe none of it."""
    known = frame.dropna(subset=["value"])
    return (known["special"] != "").sum() > len(known) / 2


def _behaved(frame: pd.DataFrame, what: str, step: str, kind: str) -> tuple[str, pd.Series]:
    frame = frame.dropna(subset=["value"])
    last, special = frame.iloc[-1], frame[frame["special"] != ""]
    write = words.WRITE[kind]
    low, high = write(max(last["lower"], 0)), write(last["upper"])
    text = f"{words.sentence_case(what)}: {write(last['value'])} in {_point(last['period'], step)}"
    noisy = f"{words.number(len(special))} of {words.count(len(frame), step)}"
    if _moved(frame):
        first = f"{write(frame['value'].iloc[0])} in {_point(frame['period'].iloc[0], step)}"
        text += f", from {first}. The series has moved so much that no one range is usual: "
        return f"{text}{noisy} signal change.", last
    if last["special"]:
        text += f", a signal of change ({last['special']}; usual range {low} to {high})"
    else:
        text += f", within the usual range of {low} to {high}"
    if len(special) == 0:
        return f"{text}. No {step} signals change.", last
    return f"{text}. {noisy} signal{'s' if len(special) == 1 else ''} change.", last


def place(
    name: str, frame: pd.DataFrame, *, label: str, count: str, denominator: str, highlight: str,
    what: str, of: str = "", sources, period: str, per: float = 1, kind: str = "rate", also=(),
    better: str = "neither", headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """Where one place stands among all: a funnel plot and the sentence it supports.

    ``what`` names the rate ("blade or point offences") and ``of`` its base ("100,000 residents");
    with ``kind="proportion"`` ``what`` reads on from a percentage ("of test purchases failed").
    ``also`` names other places in the figure.
    """
    rows = frame.dropna(subset=[count, denominator])
    measured = f"{what} per {of}" if of else f"share {what}"
    facts = {"unit": measured, "period": period, "area": highlight, "sources": sources}
    facts |= {"better": better, "headline": headline, "caveats": list(caveats)}
    if len(rows) < 5 or highlight not in set(rows[label]):
        text = f"Where {highlight} stands in {period} cannot be told: too few places published it."
        return finding(name, text, verdict="not_enough", **facts)
    found = spc.funnel(rows[count], rows[denominator], label=rows[label], per=per, kind=kind)
    row = found.frame[found.frame["label"] == highlight].iloc[0]
    table = found.frame[list(_FUNNEL)].rename(columns=_FUNNEL)
    look = {
        "highlight": [highlight, *also],
        "xlabel": of.lstrip("0123456789, ") or words.plain(denominator.replace("_", " ")),
    }
    if found.overdispersed:
        facts["caveats"] += ["Limits are widened, because places differ by more than chance."]
    return finding(
        name, _placed(found.frame, row, what=what, of=of, period=period, kind=_WRITTEN[kind]),
        figure=charts.funnel(found.frame, kind=_WRITTEN[kind], ylabel=measured, **look),
        table=table.sort_values("rate", ascending=False),
        caption=f"{words.sentence_case(measured)}, {period}",
        **parts.numbers(row["rate"], row["lower_998"], row["upper_998"]), **facts,
    )  # fmt: skip


def _placed(frame: pd.DataFrame, row: pd.Series, *, what, of, period, kind) -> str:
    """The sentence of :func:`place`: one row of a funnel, its range and its rank."""
    rate, mean = words.WRITE[kind](row["rate"]), words.WRITE[kind](row["mean"])
    said = f"{row['label']} had {rate} {what} per {of} in {period}"
    if kind == "percent":
        said = f"In {row['label']}, {rate} {what} in {period}"
    where = {"high": "above", "low": "below", "": "within"}[row["signal"]]
    rank = int((frame["rate"] > row["rate"]).sum()) + 1
    said += f", against {mean} over all {len(frame)} places: {where} the range that chance and the "
    said += f"usual differences between places allow (rank {rank} of {len(frame)}, highest first)."
    return said


def reconciled(
    name: str, figures: pd.DataFrame, periods: pd.DataFrame, *, what: str, area: str, ask: str,
    kind: str = "number", parent=None, better: str = "neither", headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """What overlapping published figures allow each of ``periods`` to be, and which figures say so.

    ``ask`` is the label of the period that the sentence is about; ``what`` names the count
    ("arrests"). Contradictions become caveats, each figure with what it would have to be. A
    period that no figure limits cannot be told, and then it is no headline.
    """
    whose = area if parent is not None else None
    bounds, contradictions, _ = reconcile.reconcile(figures, periods, area=whose, parent=parent)
    row, title = bounds[bounds["label"] == ask].iloc[0], words.sentence_case(what)
    text, verdict = _bounded(row, figures, title, kind)
    notes = [c["sentence"] for c in contradictions]
    if row["inferred"]:
        notes = ["The period of a figure it rests on was inferred, not printed.", *notes]
    return finding(
        name, text, value=row["point"], lower=row["lower"], upper=row["upper"], unit=what,
        period=words.period(row["start"], row["end"]), area=words.place(area), better=better,
        verdict=verdict, headline=headline and verdict != "not_enough",
        figure=plots.bounds(bounds, kind=kind, ylabel=title) if len(figures) else None,
        table=_by_period(bounds, figures, kind), caveats=[*caveats, *notes],
        caption=f"{title}: what the published figures allow",
        sources=figures if len(figures) else parts.REGISTER,
    )  # fmt: skip


def _bounded(row: pd.Series, figures: pd.DataFrame, title: str, kind: str) -> tuple[str, str]:
    """The sentence and the verdict of :func:`reconciled` on one period."""
    subject = f"{title} in {words.period(row['start'], row['end'])}"
    if row["lower"] == 0 and row["upper"] == float("inf"):
        return f"{subject} cannot be told: no published figure limits it.", "not_enough"
    text = f"{subject}: {words.between(row['lower'], row['upper'], kind=kind)}, "
    text += f"from {words.listed(_resting_on(row, figures, kind))}"
    if row["state"] == "contradicted":
        return f"{text}; but some of the figures contradict each other.", "contradicted"
    return f"{text}.", "exact" if row["state"] == "exact" else "bounded"


def _by_period(bounds: pd.DataFrame, figures: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The table of :func:`reconciled`: bounds, the figures they rest on, and both by the month."""
    months = ((bounds["end"] - bounds["start"]).dt.days + 1) / (365.25 / 12)
    return bounds[["label", "start", "end", "lower", "upper", "state"]].assign(
        rests_on=["; ".join(_resting_on(row, figures, kind)) for _, row in bounds.iterrows()],
        per_month_at_least=bounds["lower"] / months,
        per_month_at_most=bounds["upper"] / months,
    )


def _resting_on(row: pd.Series, figures: pd.DataFrame, kind: str) -> list[str]:
    return words.stated(figures[figures["figure"].isin(row["binding"])], kind)
