"""Shares with their intervals; they go when the last notebook writes its own sentence.

Each takes numbers or a frame, asks the analysis room, and returns a Finding whose sentence was
written by code from the result. Too little data is a result as well: "cannot be told".
"""

import pandas as pd

from outcomes.core import formatting
from outcomes.findings import parts
from outcomes.findings.finding import Finding, finding
from outcomes.methods import intervals


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
