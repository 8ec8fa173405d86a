"""Ready-made findings that compare: a place among all places, one window of time with another."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.findings import charts
from outcomes.findings.finding import Finding, finding
from outcomes.findings.theme import styled
from outcomes.methods import intervals, spc

_TEST = (
    "95% and 99.8% limits of a funnel plot, widened where places differ by more than "
    "chance"
)
_FEWEST = 5  # places: with fewer, where one stands is not told
# how a rate or share is written beside others: with one decimal, whatever its size
_WRITE = {
    "rate": partial(formatting.number, decimals=1),
    "proportion": formatting.percent,
}
_KIND = {"rate": "number", "proportion": "percent"}


def position(
    name: str,
    funnel: spc.Funnel | None,
    place: str,
    *,
    noun: str,
    period: str,
    sources: Any,
    base: str = "residents",
    direction: str = "neither",
    highlight: Iterable[str] = (),
    headline: bool = False,
    caveats: Iterable[str] = (),
) -> Finding:
    """Where one place stands among all.

    From :data:`outcomes.methods.spc.FEW` places on, by a funnel plot and its limits. With fewer no
    limits tell anything: then by how it stands to all the others together, and its rank.

    Parameters
    ----------
    name
        Of the finding.
    funnel
        What :func:`outcomes.methods.spc.funnel` gives, its ``noun`` what the places are; None where
        counts of too few are held for one.
    place
        One of its places.
    noun
        What is counted: "blade or point offences"; of a proportion, "failed test purchases".
    base
        What it is counted over, in the plural: "residents", "test purchases".
    highlight
        Other places to name in the chart.
    """
    places = "places" if funnel is None else funnel.noun
    facts = {
        "period": period,
        "area": place,
        "sources": sources,
        "direction": direction,
    }
    known = () if funnel is None else {*funnel.frame["label"].astype(str)}
    few = funnel is None or len(known) < _FEWEST
    if funnel is None or few or place not in known:
        why = f"counts of too few {places} are" if few else "no count of it is"
        return finding(
            name,
            f"Where {place} stands in {period} cannot be told: {why} held here.",
            verdict="not_enough",
            unit=noun,
            caveats=caveats,
            **facts,
        )
    here, table, write = funnel.position(place), funnel.table(), _WRITE[funnel.kind]
    per = f"per {formatting.number(funnel.per)} {base}"
    unit = f"{noun} {per}" if funnel.kind == "rate" else f"{noun}, of {base}"
    ends = formatting.extremes(table, "place", "rate", write)
    look = {"highlight": [place, *highlight], "kind": _KIND[funnel.kind]}
    detail = f"It is {here.ranked}, {here.clause}."
    numbers: dict[str, float] = {places: here.places}
    if funnel.judged:
        numbers["over all"] = here.mean
        with styled():
            ax = charts.funnel(funnel, **look)
            charts.title(ax, unit, xlabel=base)
        alt = (
            f"A funnel of {here.places} {places}, {ends}; its limits narrow with size."
        )
    else:
        detail += f" {formatting.sentence_case(places)} differ {ends}."
        with styled():
            ax = charts.intervals(table, x="rate", y="place", **look)
            charts.title(ax, unit)
        alt = f"A dot and an interval for each of {here.places} {places}, {ends}."
    return finding(
        name,
        standing(funnel, here, noun=noun, base=base, period=period),
        detail=detail,
        alt=alt,
        figure=ax.figure,
        table=table,
        caption=f"{formatting.sentence_case(unit)}, {period}",
        value=here,
        unit=unit,
        verdict="tested" if funnel.judged else "estimate",
        test=_TEST if funnel.judged else "",
        numbers=numbers,
        headline=headline,
        caveats=[*caveats, *funnel.caveats],
        **facts,
    )


def standing(
    funnel: spc.Funnel, here: spc.Position, *, noun: str, base: str, period: str
) -> str:
    """What a funnel says of one place: the answer first, in a sentence.

    Where limits are drawn, whether it is unusual by them; else how it stands to the others.
    """
    write = _WRITE[funnel.kind]
    rate = f"{write(here.rate)} per {formatting.number(funnel.per)} {base}"
    if funnel.kind == "proportion":
        rate = f"{write(here.rate)} of {base}"
    if here.others is None:
        side = "high" if here.rate > here.mean else "low"
        said = f"Nothing unusual in {noun} in {here.place}"
        if here.signal or not here.lower <= here.rate <= here.upper:
            said = f"{formatting.sentence_case(noun)} in {here.place} stood "
            said += f"{'unusually' if here.signal else 'somewhat'} {side}"
        return f"{said}: {rate} in {period}; {write(here.mean)} overall."
    text = f"{here.place}'s rate of {noun} was"
    if funnel.kind == "rate":
        text += f" {formatting.compared(here.others)} elsewhere"
    elif not here.others.sign():
        text += " not clearly different from that elsewhere"
    else:
        side = "above" if here.others.estimate >= 0 else "below"
        apart = formatting.number(abs(here.others.estimate), 1)
        text += f" {apart} percentage points {side} that elsewhere"
    order = f"{formatting.ordinal(here.rank)} of {here.places}"
    return f"{text} in {period}: {rate}, {order}."


def pace(
    name: str,
    data: pd.DataFrame,
    *,
    label: str,
    count: str,
    exposure: str,
    focus: str,
    noun: str,
    step: str,
    sources: Any,
    area: str = "",
    period: str = "",
    direction: str = "neither",
    headline: bool = False,
    caption: str,
    caveats: Iterable[str] = (),
) -> Finding:
    """Counts over unequal lengths of time as rates, one row compared with the row before it.

    Counts of work done follow the effort put in: their ratio has the interval of how far successive
    rows usually differ (:func:`outcomes.methods.intervals.effort_ratio`), and none where too few
    are known. Not for events that nobody chooses the number of: their ratio is
    :func:`outcomes.methods.intervals.poisson_ratio`.

    Parameters
    ----------
    data
        A row for each window, in order of time.
    label, count, exposure
        Its columns: the name of a window, what was counted, and how long it took.
    focus
        The label of the row that the sentence is about.
    noun, step
        What is counted, in the plural, and the length of one exposure: "arrests", "day".
    """
    rows = data.dropna(subset=[count, exposure]).reset_index(drop=True)
    rate = f"{noun} a {step}"
    facts: dict[str, Any] = {"unit": f"ratio of {rate}", "area": area, "period": period}
    facts |= {"sources": sources, "direction": direction}
    caveats = list(caveats)
    if len(rows):
        rows["estimate"] = rows[count] / rows[exposure]
        before = rows["estimate"].shift().replace(0, np.nan)  # 0 gives no ratio
        rows["times the one before"] = rows["estimate"] / before
        columns = [label, count, exposure, "estimate", "times the one before"]
        with styled():
            ax = charts.bars(rows, x="estimate", y=label, highlight=focus)
            charts.title(ax, rate)
        ends = formatting.extremes(rows, label, "estimate")
        facts |= {"table": rows[columns], "caption": caption, "figure": ax.figure}
        facts["alt"] = f"Bars by {label}, {ends}."
    at = rows.index[rows[label].astype(str) == str(focus)]
    if not len(at) or not at[0]:
        return finding(
            name,
            f"How {rate} in {focus} compare with the time before cannot be told: exact "
            "counts of both are not held here.",
            verdict="not_enough",
            caveats=caveats,
            **facts,
        )
    now, before = rows.loc[at[0]], rows.loc[at[0] - 1]
    rates = [formatting.number(row["estimate"], 0) for row in (now, before)]
    told = f"{rates[0]} in {now[label]}, {rates[1]} in {before[label]}"
    if not before["estimate"]:
        facts["unit"] = rate
        return finding(
            name,
            f"{formatting.sentence_case(rate)} cannot be compared: {told}.",
            detail=f"The count of {before[label]} is 0, and nothing is a multiple of it.",
            value=now["estimate"],
            headline=headline,
            caveats=caveats,
            **facts,
        )
    found = intervals.effort_ratio(rows[count], rows[exposure], now.name)
    if pd.isna(found.lower):
        caveats.append(
            "Such counts follow the effort put in, and too few are known to tell how far "
            "they usually move: the ratio has no interval."
        )
        return finding(
            name,
            f"{formatting.sentence_case(rate)}: {told}.",
            detail=f"That is {formatting.number(found.estimate, 2)} times as many.",
            value=found.estimate,
            headline=headline,
            caveats=caveats,
            **facts,
        )
    caveats.append(
        "The interval is how far such counts usually move from one to the next."
    )
    return finding(
        name,
        f"{formatting.sentence_case(rate)} {formatting.change(found)}: {told}.",
        detail=f"That is {formatting.number(found.estimate, 2)} times as many (interval "
        f"{formatting.span(found, decimals=2)}).",
        value=found,
        verdict="estimate",
        headline=headline,
        caveats=caveats,
        **facts,
    )
