"""Findings ready made: one count among others of its kind, one print of a fact among others.

They complete :mod:`outcomes.findings.ready` for weeks of action and for figures that are printed many
times. Each sentence is written by code from the result; too little data is a result as well.
"""

import pandas as pd

from outcomes.core import formatting
from outcomes.findings import parts, plots
from outcomes.findings.finding import Finding, finding
from outcomes.methods import intervals, reconcile, spc


def pace(
    name: str,
    frame: pd.DataFrame,
    *,
    label: str,
    count: str,
    exposure: str,
    ask: str,
    what: str,
    sources,
    area: str = "",
    period: str = "",
    direction: str = "neither",
    headline: bool = False,
    caption: str,
    caveats=(),
    effort: bool = True,
) -> Finding:
    """Counts over unequal lengths as rates (Garwood), one row compared with the row before it.

    ``what`` names the rate ("arrests a day"). The value is the ratio of the row labelled ``ask``
    to the row above it. Counts of work done follow the effort put in: their ratio has the interval
    of how far successive rows usually differ (:func:`outcomes.methods.intervals.effort_ratio`), and
    none where too few are known. ``effort=False``, for events that nobody chooses the number of,
    gives the exact interval of two Poisson rates.
    """
    rows = frame.dropna(subset=[count, exposure]).reset_index(drop=True)
    facts = {
        "unit": f"ratio of {what}",
        "area": area,
        "period": period,
        "sources": sources,
    }
    facts |= {"direction": direction, "caveats": list(caveats)}
    if len(rows):
        rows = rows.join(intervals.poisson(rows[count], exposure=rows[exposure]))
        rows["times the one before"] = rows["estimate"] / rows["estimate"].shift()
        columns = [label, count, exposure, "estimate", "times the one before"]
        if effort:
            look = {
                "label": label,
                "value": "estimate",
                "highlight": ask,
                "xlabel": what,
            }
            figure = plots.bars(rows, **look)
        else:
            look = {
                "label": label,
                "estimate": "estimate",
                "highlight": ask,
                "xlabel": what,
            }
            figure, columns = (
                plots.intervals(rows, **look),
                [*columns, "lower", "upper"],
            )
        facts |= {"table": rows[columns], "caption": caption, "figure": figure}
    two = parts.with_the_one_before(rows, label, ask)
    if not two:
        text = f"How {what} in {ask} compare with the time before cannot be told: "
        text += "exact counts of both are not held here."
        return finding(name, text, verdict="not_enough", **facts)
    now, before = two
    if effort:
        found = intervals.effort_ratio(rows[count], rows[exposure], now.name)
    else:
        found = intervals.poisson_ratio(
            now[count], now[exposure], before[count], before[exposure]
        )
    text = f"{formatting.number(now['estimate'], 0)} {what} in {ask}, {formatting.number(found.estimate, 2)} "
    text += f"times the rate of {before[label]}"
    facts["headline"] = headline
    if pd.isna(found.lower):
        facts["caveats"] += [
            "Such counts follow the effort put in, and too few are known to tell how far they "
            "usually move: the ratio has no interval."
        ]
        return finding(name, f"{text}.", value=found.estimate, **facts)
    text += f" (interval {formatting.interval(found.lower, found.upper, decimals=2)})"
    if effort:
        facts["caveats"] += [
            "The interval is how far such counts usually move from one to the next."
        ]
        if found.lower < 1 < found.upper:
            text += ", a change no larger than is usual from one to the next"
    facts |= {"verdict": "estimate", **parts.numbers(*found)}
    return finding(name, f"{text}.", **facts)


def standing(
    name: str,
    frame: pd.DataFrame,
    *,
    label: str,
    part: str,
    whole: str,
    ask: str,
    what: str,
    kind: str,
    sources,
    area: str = "",
    reference: float | None = None,
    reference_label: str = "",
    direction: str = "neither",
    headline: bool = False,
    caption: str,
    caveats=(),
) -> Finding:
    """One of several shares (Wilson), and whether chance alone would let it stray so far (funnel).

    ``what`` names the share ("Lancashire's share of national arrests"), ``kind`` its rows
    ("week"). ``reference`` is a share to hold it against, named by ``reference_label``.
    """
    rows = parts.wilson(frame, label, part, whole)
    facts = {
        "unit": what,
        "period": ask,
        "area": area,
        "sources": sources,
        "direction": direction,
    }
    facts["caveats"] = caveats
    if len(rows) < 2:
        text = f"{what} cannot be compared: both counts of fewer than two {kind}s are held here."
        return finding(name, text, verdict="not_enough", **facts)
    look = {
        "highlight": ask,
        "reference": reference,
        "reference_label": reference_label,
    }
    facts |= {
        "caption": caption,
        **parts.charted(rows, label, "share", xlabel=what, **look),
    }
    beside = (
        f"; {reference_label} is {formatting.percent(reference)}"
        if reference is not None
        else ""
    )
    at = rows[rows[label].astype(str) == ask]
    if not len(at):
        text = f"{what} in {ask} cannot be told: not both exact counts are held here. In the "
        text += f"{formatting.count(len(rows), kind)} where it can, it ranged from "
        text += formatting.interval(
            rows["share"].min(), rows["share"].max(), kind="percent"
        )
        return finding(name, f"{text}{beside}.", verdict="not_enough", **facts)
    share, *limits = at.iloc[0][["share", "lower", "upper"]]
    text = f"{what} was {formatting.percent(share)} in {ask} (interval "
    text += f"{formatting.interval(*limits, kind='percent')}){beside}."
    facts |= {
        "verdict": "estimate",
        "headline": headline,
        **parts.numbers(share, *limits),
    }
    over = {
        f"share over all {kind}s": rows[part].sum() / rows[whole].sum(),
        f"{kind}s": len(rows),
    }
    facts["numbers"] = over | (
        {reference_label: reference} if reference is not None else {}
    )
    return finding(
        name, f"{text}{_among(rows, label, part, whole, at.index[0], kind)}", **facts
    )


def _among(
    rows: pd.DataFrame, label: str, part: str, whole: str, at: int, kind: str
) -> str:
    """How one share stands among the others: a rank and the range, or limits where there are
    enough of them for limits to tell anything."""
    if len(rows) < 3:
        return ""
    own, mean = rows["share"], rows[part].sum() / rows[whole].sum()
    text = f" Over all {formatting.count(len(rows), kind)} it was {formatting.percent(mean)}"
    if len(rows) < spc.FEW:
        rank = int((own > own[at]).sum()) + 1
        text += f", from {formatting.interval(own.min(), own.max(), kind='percent')}: this one is "
        return f"{text}{formatting.ranked(rank, own, kind + 's')}."
    found = spc.funnel(
        rows, count=part, denominator=whole, label=label, kind="proportion"
    ).frame.loc[at]
    where = "outside" if found["signal"] else "within"
    limits = formatting.interval(
        max(found["lower_998"], 0), found["upper_998"], kind="percent"
    )
    text += (
        f", and this {kind} is {where} the 99.8% limits of what chance and the usual "
    )
    return f"{text}differences allow ({limits})."


def differing(
    name: str,
    figures: pd.DataFrame,
    *,
    label: str,
    what: str,
    caption: str,
    area: str = "",
    sources=None,
    headline: bool = False,
    caveats=(),
) -> Finding:
    """Facts of which exact prints differ by more than rounding, each with its values: "655 or 665".

    ``label`` is a column that names the fact each row states; ``what`` counts them ("national
    count"). Every differing print is in the table, first to last.
    """
    exact = figures[figures["qualifier"] == "exact"].reset_index(drop=True)
    read = reconcile.value_limits(exact).assign(of=exact[label]).groupby("of")
    apart = read["low"].transform("max") > read["high"].transform(
        "min"
    )  # 100 may be 103, rounded
    prints = exact[apart].sort_values(
        [label, "published", "value"], na_position="first"
    )
    facts = {"unit": f"{what}s", "area": area, "caveats": caveats}
    if not len(prints):
        text = f"No {what} was printed exactly with two different values."
        shown = sources if sources is not None else figures
        return finding(name, text, value=0, sources=shown, **facts)
    said = [
        f"{fact}, {formatting.listed(dict.fromkeys(map(formatting.number, sorted(rows['value']))), 'or')}"
        for fact, rows in prints.groupby(label, sort=False)
    ]
    text = f"{formatting.count(len(said), what)} {'was' if len(said) == 1 else 'were'} printed with "
    text += f"different values: {'; '.join(said)}."
    return finding(
        name,
        text,
        value=len(said),
        agreement=reconcile.find_differing(prints, by=label),
        headline=headline,
        sources=prints,
        table=prints[[label, "value", "published", "publisher"]],
        caption=caption,
        **facts,
    )
