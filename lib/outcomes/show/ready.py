"""Findings ready made: the results that many notebooks show, always worded alike.

Each takes numbers or a frame, asks the analysis room, and returns a Finding whose sentence was
written by code from the result. Too little data is a result as well: "cannot be told".
"""

import pandas as pd

from outcomes.analysis import rates, reconcile, spc
from outcomes.data.errors import NotEnough
from outcomes.show import charts, plots, words
from outcomes.show.findings import Finding, finding


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
    p, low, high = rates.wilson(part, whole, confidence=confidence)
    text = (
        f"{words.number(part)} of {words.number(whole)} {what} in {period}: {words.percent(p)}, "
        f"with a {words.percent(confidence, 0)} interval of "
        f"{words.interval(low, high, kind='percent', decimals=1)}."
    )
    return finding(name, text, value=p, lower=low, upper=high, verdict="estimate", **facts)


def shares(
    name: str, frame: pd.DataFrame, *, label: str, part: str, whole: str, what: str, sources,
    period: str = "", area: str = "", confidence: float = 0.95, highlight=(), caption: str,
    better: str = "neither", headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """Several shares side by side, each with Wilson's interval, as a dot-and-interval chart.

    With a row named by ``highlight`` the sentence compares it with the row before it (Newcombe's
    interval of the difference); otherwise it names the lowest and the highest.
    """
    rows = frame.dropna(subset=[part, whole]).reset_index(drop=True)
    rows = rows[rows[whole] > 0].reset_index(drop=True)
    facts = {"period": period, "area": area, "sources": sources, "better": better}
    facts |= {"headline": headline, "caveats": caveats, "unit": "percentage points"}
    if len(rows) < 2:
        text = f"{what} cannot be compared: fewer than two have both counts published."
        return finding(name, text, verdict="not_enough", **facts)
    found = rates.wilson(rows[part], rows[whole], confidence=confidence)
    found = pd.DataFrame(found).rename(columns={"estimate": "share"})
    shown = rows[[label, part, whole]].join(found)
    options = {"label": label, "estimate": "share", "lower": "lower", "upper": "upper"}
    figure = plots.intervals(shown, kind="percent", highlight=highlight, xlabel=what, **options)
    units = dict.fromkeys(("share", "lower", "upper"), "%")
    table = shown.assign(**{c: 100 * shown[c] for c in units})
    picture = {"table": table, "caption": caption, "figure": figure, "units": units}
    text, numbers = _compared(shown, label, part, whole, what, highlight, confidence)
    return finding(name, text, **numbers, **facts, **picture)


def _compared(rows, label, part, whole, what, highlight, confidence):
    """The sentence of :func:`shares`, and its number with interval where there is one."""
    at = [i for i in rows.index[1:] if str(rows[label][i]) == str(highlight)]
    if not at:
        least, most = rows.loc[rows["share"].idxmin()], rows.loc[rows["share"].idxmax()]
        text = (
            f"{what} ranges from {words.percent(least['share'])} ({least[label]}) to "
            f"{words.percent(most['share'])} ({most[label]})."
        )
        return text, {"verdict": "informational"}
    now, before = rows.loc[at[0]], rows.loc[at[0] - 1]
    d, low, high = rates.newcombe(
        now[part], now[whole], before[part], before[whole], confidence=confidence
    )
    clear = "" if low > 0 or high < 0 else ", which is consistent with no change"
    text = (
        f"{what} was {words.percent(now['share'])} in {now[label]} and "
        f"{words.percent(before['share'])} in {before[label]}: a difference of "
        f"{words.number(100 * d, 1)} percentage points (interval "
        f"{words.interval(100 * low, 100 * high, decimals=1)}){clear}."
    )
    numbers = {"value": 100 * d, "lower": 100 * low, "upper": 100 * high, "verdict": "estimate"}
    return text, numbers


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
    text, last = _behaved(chart, what, step, kind)
    table = frame[["period", "value", "mean", "lower", "upper", "special"]]
    table = table.assign(period=[_point(p, step) for p in table["period"]])
    drawn = {"kind": kind, "ylabel": f"{what} by {step}", "events": events}
    if _moved(frame):
        figure = plots.series(frame, x="period", y="value", **drawn)
    else:
        figure = charts.xmr(frame, **drawn)
    caption = f"{words.sentence_case(what)} by {step}, with usual range"
    reasons = [f"New limits from {words.month(d)}: {why}." for d, why in rebase]
    trial = [chart.note] if chart.trial else []
    limits = {"value": last["value"], "lower": max(last["lower"], 0), "upper": last["upper"]}
    return finding(
        name, text, **limits, period=_point(last["period"], step), verdict="informational",
        table=table, caption=caption, figure=figure, caveats=[*caveats, *reasons, *trial], **facts,
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


def _behaved(chart, what: str, step: str, kind: str) -> tuple[str, pd.Series]:
    frame = chart.frame.dropna(subset=["value"])
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
    facts |= {"better": better, "headline": headline}
    if len(rows) < 5 or highlight not in set(rows[label]):
        text = f"Where {highlight} stands in {period} cannot be told: too few places published it."
        return finding(name, text, verdict="not_enough", caveats=caveats, **facts)
    found = spc.funnel(rows[count], rows[denominator], label=rows[label], per=per, kind=kind)
    row = found.frame[found.frame["label"] == highlight].iloc[0]
    where = {"high": "above", "low": "below", "": "within"}[row["signal"]]
    write = words.percent if kind == "proportion" else words.number
    rank = int((found.frame["rate"] > row["rate"]).sum()) + 1
    said = f"{highlight} had {write(row['rate'])} {what} per {of} in {period}"
    if kind == "proportion":
        said = f"In {highlight}, {write(row['rate'])} {what} in {period}"
    text = (
        f"{said}, against {write(row['mean'])} over all {len(rows)} places: {where} the range that "
        "chance and the usual differences between places allow "
        f"(rank {rank} of {len(rows)}, highest first)."
    )
    named = {"label": "place", "lower_998": "lower limit", "upper_998": "upper limit"}
    columns = ["label", "count", "denominator", "rate", "lower_998", "upper_998", "signal"]
    shown = found.frame[columns].rename(columns=named)
    figure = charts.funnel(
        found.frame, highlight=[highlight, *also], ylabel=measured,
        xlabel=of.lstrip("0123456789, ") or "size of base",
        kind="percent" if kind == "proportion" else "number",
    )  # fmt: skip
    wide = ["Limits are widened, because places differ by more than chance."]
    numbers = {"value": row["rate"], "lower": row["lower_998"], "upper": row["upper_998"]}
    return finding(
        name, text, verdict="informational", table=shown.sort_values("rate", ascending=False),
        caption=f"{words.sentence_case(measured)}, {period}", figure=figure,
        caveats=[*caveats, *(wide if found.overdispersed else [])], **numbers, **facts,
    )  # fmt: skip


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
    found = reconcile.reconcile(figures, periods, area=whose, parent=parent)
    bounds = found.bounds
    row = bounds[bounds["label"] == ask].iloc[0]
    verdict = {"exact": "exact", "contradicted": "contradicted"}.get(row["state"], "bounded")
    binding = figures[figures["figure"].isin(row["binding"])]
    when = words.period(row["start"], row["end"])
    subject = f"{words.sentence_case(what)} in {when}"
    text = (
        f"{subject}: {words.between(row['lower'], row['upper'], kind=kind)}, "
        f"from {words.listed(words.stated(binding, kind))}"
        f"{'' if verdict != 'contradicted' else '; but some of the figures contradict each other'}."
    )
    if row["lower"] == 0 and row["upper"] == float("inf"):
        verdict, headline = "not_enough", False
        text = f"{subject} cannot be told: no published figure limits it."
    said = [c["sentence"] for c in found.contradictions]
    inferred = ["The period of a figure it rests on was inferred, not printed."]
    inferred = inferred if row["inferred"] else []
    months = ((bounds["end"] - bounds["start"]).dt.days + 1) / (365.25 / 12)
    figure = None
    if len(figures):
        figure = plots.bounds(bounds, kind=kind, ylabel=words.sentence_case(what))
    table = bounds[["label", "start", "end", "lower", "upper", "state"]].assign(
        rests_on=[
            "; ".join(words.stated(figures[figures["figure"].isin(b)], kind))
            for b in bounds["binding"]
        ],
        per_month_at_least=bounds["lower"] / months,
        per_month_at_most=bounds["upper"] / months,
    )
    upper = row["upper"] if row["upper"] != float("inf") else None
    numbers = {"value": row["point"], "lower": row["lower"], "upper": upper}
    return finding(
        name, text, **numbers, unit=what, period=when, area=words.place(area), better=better,
        verdict=verdict, headline=headline, figure=figure, table=table,
        caption=f"{words.sentence_case(what)}: what the published figures allow",
        caveats=[*caveats, *inferred, *said],
        sources=figures if len(figures) else ["The register of published figures"],
    )  # fmt: skip
