"""Findings ready made: one count among others of its kind, one print of a fact among others.

They complete :mod:`outcomes.findings.ready` for weeks of action and for figures that are printed many
times. Each sentence is written by code from the result; too little data is a result as well.
"""

import pandas as pd

from outcomes.core import formatting
from outcomes.findings import parts
from outcomes.findings.finding import Finding, finding
from outcomes.methods import spc


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
