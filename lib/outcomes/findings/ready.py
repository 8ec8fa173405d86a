"""Findings ready made: the results that many notebooks show, always worded alike.

Each takes numbers or a frame, asks the analysis room, and returns a Finding whose sentence was
written by code from the result. Too little data is a result as well: "cannot be told".
"""

from functools import partial

import pandas as pd

from outcomes import data
from outcomes.core import formatting
from outcomes.core.errors import NotEnough
from outcomes.findings import parts, plots
from outcomes.findings.finding import Finding, finding
from outcomes.methods import intervals, spc
from outcomes.methods.reconcile import bounds, describe_contradictions

_XMR = "limits of an individuals chart (XmR) and its rules for runs"
_FUNNEL_TEST = (
    "95% and 99.8% limits of a funnel plot, widened where places differ by more "
    "than chance"
)
_WRITTEN = {"rate": "number", "proportion": "percent"}
_RATED = {
    "rate": partial(formatting.number, decimals=1),
    "proportion": formatting.percent,
}
"""How a rate or share is written beside others: with one decimal, whatever its size."""


def share(
    name: str,
    part,
    whole,
    *,
    what: str,
    period: str,
    area: str,
    sources,
    confidence: float = 0.95,
    direction: str = "neither",
    headline: bool = False,
    caveats=(),
) -> Finding:
    """A share with Wilson's interval: "10 of 42 test purchases failed …".

    ``what`` reads on from the two counts ("test purchases failed"). A missing count makes the
    finding say that the share cannot be told, and then it is no headline.
    """
    facts = {
        "unit": f"share of {what}",
        "period": period,
        "area": area,
        "sources": sources,
    }
    facts |= {"direction": direction, "headline": headline, "caveats": caveats}
    if pd.isna(part) or pd.isna(whole) or not whole:
        text = f"What share of {what} in {period} cannot be told: not both counts are held here."
        return finding(name, text, verdict="not_enough", **facts | {"headline": False})
    p, *limits = intervals.wilson(part, whole, confidence=confidence)
    text = f"{formatting.number(part)} of {formatting.number(whole)} {what} in {period}: {formatting.percent(p)}, "
    text += f"with a {formatting.percent(confidence, 0)} interval of "
    text += f"{formatting.interval(*limits, kind='percent')}."
    facts["numbers"] = {what: part, "out of": whole}
    return finding(name, text, verdict="estimate", **parts.numbers(p, *limits), **facts)


def shares(
    name: str,
    frame: pd.DataFrame,
    *,
    label: str,
    part: str,
    whole: str,
    what: str,
    sources,
    period: str = "",
    area: str = "",
    confidence: float = 0.95,
    highlight=(),
    caption: str,
    since_first: bool = False,
    direction: str = "neither",
    headline: bool = False,
    caveats=(),
) -> Finding:
    """Several shares side by side, each with Wilson's interval, as a dot-and-interval chart.

    With a row named by ``highlight`` the sentence compares it with the row before it (Newcombe's
    interval of the difference), with ``since_first`` the last row with the first; otherwise it
    names the lowest and the highest.
    """
    rows = parts.wilson(frame, label, part, whole, confidence)
    facts = {"period": period, "area": area, "sources": sources, "direction": direction}
    facts |= {"headline": headline, "caveats": caveats, "unit": "percentage points"}
    if len(rows) < 2:
        text = (
            f"{what} cannot be compared: both counts of fewer than two are held here."
        )
        return finding(name, text, verdict="not_enough", **facts)
    facts |= parts.charted(rows, label, "share", highlight=highlight, xlabel=what)
    two = parts.with_the_one_before(rows, label, highlight)
    two = (rows.iloc[-1], rows.iloc[0]) if since_first else two
    text, numbers = _compared(rows, two, label, part, whole, what, confidence)
    return finding(name, text, caption=caption, **numbers, **facts)


def _compared(rows, two, label, part, whole, what, confidence):
    """The sentence of :func:`shares`, and its number with interval where there is one."""
    ends = (rows["share"].min(), rows["share"].max())

    def spread(digits: int) -> str:
        said = [  # a tie names all that share it
            f"{formatting.percent(end, digits)} ({formatting.listed(rows.loc[rows['share'] == end, label])})"
            for end in ends
        ]
        return f"ranges from {formatting.listed(said, 'to')}."

    if not two:
        return f"{what} {spread(1)}", {}
    now, before = two
    counts = now[part], now[whole], before[part], before[whole]
    found = parts.numbers(
        *intervals.newcombe(*counts, confidence=confidence), times=100
    )
    limits = found["lower"], found["upper"]
    clear = (
        "" if limits[0] > 0 or limits[1] < 0 else ", which is consistent with no change"
    )
    shown = [round(100 * row["share"], 1) for row in two]
    alike = f"{shown[0] - shown[1]:.1f}" == f"{found['value']:.1f}"
    digits = (
        1 if alike else 2
    )  # what is printed as a difference must be that of what is printed
    said = [formatting.percent(row["share"], digits) for row in two]
    text = f"{what} was {said[0]} in {now[label]} and {said[1]} in {before[label]}: a difference "
    text += (
        f"of {formatting.number(found['value'], digits)} percentage points (interval "
    )
    text += f"{formatting.interval(*limits, decimals=digits)}){clear}."
    if {*ends} - {row["share"] for row in two}:  # the two are not the whole story
        text += f" Over the {formatting.count(len(rows), label)} held here it {spread(digits)}"
    return text, {"verdict": "estimate", **found}


def behaviour(
    name: str,
    values: pd.Series | None = None,
    *,
    series: str = "",
    since: str = "",
    what: str = "",
    sources=None,
    area: str = "",
    unit: str = "",
    step: str = "",
    direction: str = "neither",
    rebase=(),
    events: dict | None = None,
    headline: bool = False,
    kind: str = "number",
    caveats=(),
) -> Finding:
    """A process behaviour chart (XmR) by date, with the sentence it supports.

    With ``series``, a name that :func:`outcomes.data.series` declares, all else but the events is
    declared: values, noun, unit, usual range, so that every page that shows it says the same; only
    ``area`` (by name) and the start of the usual range (``since``) may be others than declared.

    Without, ``values`` are judged by all of themselves: ``what`` names them ("recorded trafficking
    offences"), ``step`` its points ("quarter" or "month"), ``rebase`` is a list of (date, reason);
    see :func:`outcomes.methods.spc.process_behaviour`. A series most of whose points signal has no usual range:
    it is told by its change from the first point to the last.
    """
    more = {"events": events, "headline": headline, "caveats": list(caveats)}
    if series:
        return _declared(name, data.series(series), since=since, area=area, **more)
    facts = {
        "unit": unit or what,
        "area": area,
        "sources": sources,
        "direction": direction,
    }
    facts["headline"] = headline
    try:
        chart = spc.process_behaviour(values, direction=direction, rebase=rebase)
    except NotEnough as reason:
        text = f"Whether {what} by {step} changed cannot be told. {reason}"
        return finding(name, text, verdict="not_enough", caveats=caveats, **facts)
    notes = [*caveats, *chart.caveats]
    facts |= {
        "what": what,
        "step": step,
        "kind": kind,
        "events": events,
        "headline": headline,
    }
    if chart.moved:
        return _by_change(name, chart.frame, caveats=notes, **facts)
    known, signals = len(chart.judged), len(chart.signals)
    facts["numbers"] = {"points": known, "of these signals": signals}
    signs = f"No {step} signals change."
    if signals:
        signs = f"{formatting.number(signals)} of {formatting.count(known, step)} "
        signs += f"signal{'s' if signals == 1 else ''} change."
    return _in_range(name, chart, chart.frame, signs, caveats=notes, **facts)


def _declared(name, of, *, since, area, events, headline, caveats) -> Finding:
    """The finding of :func:`behaviour` for a declared series."""
    slug = area.lower().replace(" ", "-") or of.area
    values, start = of.values(slug), pd.Timestamp(since or of.start)
    values = values.loc[values.first_valid_index() :]
    place = formatting.place(slug)
    where = f"the {place}" if place.startswith("United") else place
    what = f"{of.noun} in {where}"
    facts = {"what": what, "unit": of.unit, "area": place, "step": of.step}
    facts |= {
        "sources": values.attrs["sources"],
        "direction": of.direction,
        "headline": headline,
    }
    facts |= {"events": events, "kind": "number"}
    if start == pd.Timestamp(of.start):
        facts["series"] = of.name
    plain = pd.DataFrame({"period": values.index, "value": values.to_numpy()})
    if of.change:
        few = f"a usual range needs {spc.FEWEST} points, and there are {values.notna().sum()}"
        why = of.change if values.notna().sum() >= spc.FEWEST else few
        return _by_change(name, plain, caveats=[*caveats, _no_range(why)], **facts)
    try:
        chart = spc.process_behaviour(
            values[start:], latest=of.latest, season=of.season, direction=of.direction
        )
    except NotEnough as reason:
        keep = {
            k: v
            for k, v in facts.items()
            if k in ("unit", "area", "sources", "direction", "series")
        }
        text = f"Whether {facts['what']} by {of.step} changed cannot be told. {reason}"
        return finding(name, text, verdict="not_enough", caveats=caveats, **keep)
    if chart.moved:
        first, last = map(chart.named, chart.base["period"].iloc[[0, -1]])
        why = f"most points of {first} to {last} signal change against the range that they give "
        why += "themselves"
        facts |= {
            "start": start,
            "season": of.season,
            "caveats": [*caveats, _no_range(why)],
        }
        facts["unit"] = facts["unit"].removesuffix(", season taken out")
        return _by_change(name, plain, **facts)
    frame = chart.frame.drop(columns=["value", "moving_range"])
    if len(chart.factors):
        facts["what"] += ", season taken out"
        plain["value"] /= plain["period"].dt.month.map(chart.factors)
    frame = plain.merge(frame, on="period", how="left").assign(
        special=lambda f: (
            f["special"].fillna("").where(f["period"].isin(chart.judged["period"]), "")
        )
    )
    rules = chart.signals.groupby("special", sort=False)["period"]
    facts["numbers"] = {
        "points of the latest year": len(chart.judged),
        "of these signals": len(chart.signals),
    }
    facts["numbers"] |= {f"of these {rule}": len(days) for rule, days in rules}
    signs = chart.detail
    if not len(chart.factors) and values.index[0] < start:
        signs += f" The count of {chart.named(values.index[0])} was "
        signs += f"{formatting.number(values.iloc[0])}."
    begins = [f"It begins there because {of.why}."]
    if since and since != of.start:
        begins = []
    usual, *trial = chart.caveats
    notes = [*caveats, usual, *begins, *trial]
    return _in_range(name, chart, frame, signs, caveats=notes, **facts)


def _no_range(why: str) -> str:
    return f"No usual range is drawn: {why}."


def _in_range(name, chart, frame, signs, *, what, step, kind, events, **facts):
    """A finding on the latest point of a series and its usual range; ``signs``: what signals."""
    last = chart.latest
    when = formatting.period_name(last["period"], step)
    clause = chart.range_clause(formatting.WRITE[kind])
    text = f"{formatting.sentence_case(what)}: "
    text += f"{chart.latest_value(formatting.WRITE[kind])} in {when}, {clause}"
    columns = ["period", "value", "mean", "lower", "upper", "special"]
    return finding(
        name,
        f"{text}. {signs}",
        **parts.numbers(last["value"], max(last["lower"], 0), last["upper"]),
        verdict="tested",
        test=_XMR,
        table=frame[columns].assign(
            period=[formatting.period_name(p, step) for p in frame["period"]]
        ),
        caption=f"{formatting.sentence_case(what)} by {step}, with usual range",
        figure=plots.xmr(frame, kind=kind, ylabel=f"{what} by {step}", events=events),
        period=when,
        **facts,
    )


def _by_change(
    name, frame, *, what, step, kind, events, start=None, season=False, **facts
) -> Finding:
    """A finding on a series without a usual range: its first and last point, and its last year.

    The first point is the first from ``start`` on, of the same time of the year when the series
    has a ``season``; the chart and the table have all.
    """
    known, write = frame.dropna(subset=["value"]), formatting.WRITE[kind]
    own = known if start is None else known[known["period"] >= start]
    own = own[own["period"].dt.month == own["period"].iloc[-1].month] if season else own
    table = frame[["period", "value"]].assign(
        period=[formatting.period_name(p, step) for p in frame["period"]]
    )
    if len(own) < 2:
        text = f"How {what} by {step} changed cannot be told: fewer than two {step}s are held here."
        keep = {k: v for k, v in facts.items() if k != "headline"}
        return finding(name, text, verdict="not_enough", **keep)
    first, last = own.iloc[0], own.iloc[-1]
    text = (
        f"{formatting.sentence_case(what)}: {write(last['value'])} in "
        f"{formatting.period_name(last['period'], step)}, "
    )
    text += f"{_times(first['value'], last['value'])} the {write(first['value'])} of "
    text += f"{formatting.period_name(first['period'], step)}."
    if first["value"] > 0 and last["value"] >= len(_MANY) * first["value"]:
        facts["numbers"] = {"whole times the first": last["value"] // first["value"]}
    year = data.declared_series.YEAR.get(step)
    if year and kind == "number":
        table["year to its end"] = sums = frame["value"].rolling(year).sum()
        now, before = sums.iloc[-1], sums.shift(year).iloc[-1]
        if pd.notna(now + before):
            text += f" The year to its end had {write(now)}, the year before {write(before)}."
    return finding(
        name,
        text,
        value=last["value"],
        table=table,
        caption=f"{formatting.sentence_case(what)} by {step}",
        figure=plots.series(
            frame, x="period", y="value", kind=kind, ylabel=what, events=events
        ),
        period=formatting.period_name(last["period"], step),
        **facts,
    )


_MANY = ("twice", "three times", "four times", "five times", "six times", "seven times")


def _times(first: float, last: float) -> str:
    """How ``last`` stands to ``first`` in words, to be followed by "the" and the first."""
    if first <= 0:
        return "after"
    ratio = last / first
    if ratio >= 2:
        whole = int(ratio)
        most = (
            _MANY[whole - 2]
            if whole < len(_MANY) + 2
            else f"{formatting.number(whole)} times"
        )
        return most if ratio == whole else f"more than {most}"
    steps = [(1.5, "more than one and a half times"), (1.1, "above"), (0.9, "near")]
    steps += [(0.5, "below"), (0, "less than half")]
    return next(say for edge, say in steps if ratio >= edge)


def place(
    name: str,
    frame: pd.DataFrame,
    *,
    label: str,
    count: str,
    denominator: str,
    highlight: str,
    what: str,
    of: str = "",
    sources,
    period: str,
    per: float = 1,
    kind: str = "rate",
    also=(),
    direction: str = "neither",
    headline: bool = False,
    caveats=(),
    places: str = "places",
) -> Finding:
    """Where one place stands among all, and the sentence it supports.

    ``what`` names the rate ("blade or point offences") and ``of`` its base ("100,000 residents");
    with ``kind="proportion"`` ``what`` reads on from a percentage ("of test purchases failed").
    ``also`` names other places in the figure, ``places`` what they are ("districts").

    From :data:`outcomes.methods.spc.FEW` places on, a funnel plot and its limits. With fewer
    no limits tell anything: then its rank, how it stands to all the others together, and how far
    places differ, each place drawn with the interval of its own count.
    """
    rows = frame.dropna(subset=[count, denominator])
    measured = f"{what} per {of}" if of else f"share {what}"
    facts = {"unit": measured, "period": period, "area": highlight, "sources": sources}
    facts |= {"direction": direction, "headline": headline, "caveats": list(caveats)}
    if len(rows) < 5 or highlight not in set(rows[label]):
        text = f"Where {highlight} stands in {period} cannot be told: counts of too few {places} "
        text += "are held here."
        return finding(name, text, verdict="not_enough", **facts)
    facts["caption"] = f"{formatting.sentence_case(measured)}, {period}"
    funnel = spc.funnel(
        rows,
        count=count,
        denominator=denominator,
        label=label,
        per=per,
        kind=kind,
        noun=places,
    )
    here, write, table = funnel.position(highlight), _RATED[kind], funnel.table()
    text = f"{highlight} had {write(here.rate)} {what} per {of} in {period}"
    if kind == "proportion":
        text = f"In {highlight}, {write(here.rate)} {what} in {period}"
    facts["caveats"] += funnel.caveats
    facts |= parts.numbers(here.rate, here.lower, here.upper)
    facts["numbers"] = {places: here.places}
    marked = {"highlight": [highlight, *also], "kind": _WRITTEN[kind]}
    if not funnel.judged:
        most, least = table.iloc[0], table.iloc[-1]
        text += f": {here.ranked}, {here.clause}. {formatting.sentence_case(places)} differ from "
        text += f"{write(least['rate'])} ({least['place']}) to {write(most['rate'])} "
        return finding(
            name,
            f"{text}({most['place']}).",
            table=table,
            verdict="estimate",
            figure=plots.intervals(
                table, label="place", estimate="rate", xlabel=measured, **marked
            ),
            **facts,
        )
    facts["numbers"] |= {"over all": here.mean}
    size = of.lstrip("0123456789, ")
    return finding(
        name,
        f"{text}: {here.ranked}, against {write(here.mean)} over all; {here.clause}.",
        figure=plots.funnel(
            funnel.frame,
            xlabel=size or formatting.plain(denominator.replace("_", " ")),
            ylabel=measured,
            **marked,
        ),
        table=table,
        verdict="tested",
        test=_FUNNEL_TEST,
        **facts,
    )


def reconciled(
    name: str,
    figures: pd.DataFrame,
    periods: pd.DataFrame,
    *,
    what: str,
    area: str,
    ask: str,
    kind: str = "number",
    parent=None,
    direction: str = "neither",
    headline: bool = False,
    caveats=(),
) -> Finding:
    """What overlapping published figures allow each of ``periods`` to be, and which figures say so.

    ``ask`` is the label of the period that the sentence is about; ``what`` names the count
    ("arrests"). Contradictions become caveats, each figure with what it would have to be. A
    period that no figure limits cannot be told, and then it is no headline.
    """
    whose = area if parent is not None else None
    found = bounds(figures, periods, area=whose, parent=parent)
    rows = found.bounds
    row, title = rows[rows["label"] == ask].iloc[0], formatting.sentence_case(what)
    text, facts = _bounded(row, figures, title, kind, area)
    if row["state"] == "contradicted":
        agreement = describe_contradictions(found.contradictions, figures)
        facts = facts if agreement is None else {"agreement": agreement}
    notes = [c.sentence for c in found.contradictions]
    if row["inferred"]:
        notes = [
            "The period of a figure it rests on was inferred, not printed.",
            *notes,
        ]
    return finding(
        name,
        text,
        value=row["point"],
        lower=row["lower"],
        upper=row["upper"],
        unit=what,
        period=formatting.period(row["start"], row["end"]),
        area=formatting.place(area),
        direction=direction,
        headline=headline and facts.get("verdict") != "not_enough",
        **facts,
        figure=plots.bounds(rows, kind=kind, ylabel=title) if len(figures) else None,
        table=_by_period(rows, figures, kind, area),
        caveats=[*caveats, *notes],
        caption=f"{title}: what the published figures allow",
        sources=figures if len(figures) else parts.REGISTER,
    )


def _bounded(
    row: pd.Series, figures: pd.DataFrame, title: str, kind: str, area: str
) -> tuple[str, dict]:
    """The sentence and the verdict of :func:`reconciled` on one period."""
    subject = f"{title} in {formatting.period(row['start'], row['end'])}"
    if row["lower"] == 0 and row["upper"] == float("inf"):
        text = f"{subject} cannot be told: no published figure limits it."
        return text, {"verdict": "not_enough"}
    text = f"{subject}: {formatting.between(row['lower'], row['upper'], kind=kind)}, "
    text += f"from {formatting.listed(_resting_on(row, figures, kind, area))}"
    if row["state"] == "contradicted":
        text += "; but some of the figures contradict each other"
    return f"{text}.", {"verdict": "estimate"}


def _by_period(
    rows: pd.DataFrame, figures: pd.DataFrame, kind: str, area: str
) -> pd.DataFrame:
    """The table of :func:`reconciled`: bounds, the figures they rest on, and both by the month."""
    months = ((rows["end"] - rows["start"]).dt.days + 1) / (365.25 / 12)
    table = rows[["label", "start", "end", "lower", "upper", "state"]].assign(
        rests_on=[
            "; ".join(_resting_on(row, figures, kind, area))
            for _, row in rows.iterrows()
        ]
    )
    if (
        "measure" in figures
        and set(figures["measure"]) & data.published_figures.stocks()
    ):
        return table  # what had gathered before its period has no rate
    return table.assign(
        per_month_at_least=rows["lower"] / months,
        per_month_at_most=rows["upper"] / months,
    )


def _resting_on(
    row: pd.Series, figures: pd.DataFrame, kind: str, area: str
) -> list[str]:
    return formatting.stated(
        figures[figures["figure"].isin(row["binding"])], kind, home=area
    )
